//! Lists and tables that come with an experiment.

use super::{case, printed};
use crate::errors::Room;

/// Relays that say when they were reached: `size` of them, driven by `stimulus`.
fn relays(room: &Room, size: u32, stimulus: &str) {
    let relay = format!("[[population]]\nname = \"relay\"\nsize = {size}\nmodel = \"parrot_neuron\"\n");
    let head = "[simulation]\nduration = 110.0\n";
    room.write(
        "relay.toml",
        format!("{head}{relay}[[stimulus]]\ntype = \"spike_generator\"\nto = \"relay\"\n{stimulus}\n"),
    );
}

/// (time in tenths of a ms, neuron) of a table of spikes, of one population if one is named.
fn spikes(room: &Room, name: &str, population: Option<&str>) -> Vec<(u64, String)> {
    let text = std::fs::read_to_string(room.path(name)).unwrap();
    let fields = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<&str>>());
    let wanted = fields.filter(|fields| population.is_none_or(|population| fields[1] == population));
    wanted.map(|f| ((f[0].parse::<f64>().unwrap() * 10.0).round() as u64, f[2].to_owned())).collect()
}

#[test]
fn spikes_of_a_run_can_be_replayed() {
    let room = case("w14-false-zero");
    printed(&room, &["run", "traced.toml", "--set", "n.I_e=[400, 700, 1000]", "--out", "one"]);
    relays(&room, 3, "file = \"one/spikes.csv\"\ndelay = 1.0");
    printed(&room, &["run", "relay.toml", "--out", "replayed"]);
    let mut later = spikes(&room, "one/spikes.csv", None);
    assert!(later.len() > 20);
    later.iter_mut().for_each(|spike| spike.0 += 10);
    assert_eq!(spikes(&room, "replayed/spikes.csv", None), later);
    // Too few to take them all.
    relays(&room, 2, "file = \"one/spikes.csv\"");
    let sentence = room.refused(&["run", "relay.toml"]);
    assert!(sentence.contains("neuron = 2 is no index of relay, which has 2 neurons"), "{sentence}");
}

#[test]
fn of_several_populations_one_is_replayed_by_name() {
    let room = case("w14-false-zero");
    let text = std::fs::read_to_string(room.path("traced.toml")).unwrap();
    let second = "[[population]]\nname = \"m\"\nsize = 2\nmodel = \"iaf_psc_exp\"\nparams = { I_e = 700.0 }\n";
    room.write("two.toml", text + second);
    printed(&room, &["run", "two.toml", "--out", "two"]);
    relays(&room, 3, "file = \"two/spikes.csv\"");
    let sentence = room.refused(&["run", "relay.toml"]);
    assert!(sentence.contains("several populations (m, n); say whose with population = \"...\""), "{sentence}");
    for population in ["m", "n"] {
        relays(&room, 3, &format!("file = \"two/spikes.csv\"\npopulation = \"{population}\""));
        printed(&room, &["run", "relay.toml", "--out", population]);
        let mut later = spikes(&room, "two/spikes.csv", Some(population));
        later.iter_mut().for_each(|spike| spike.0 += 10);
        assert!(later.len() > 10);
        assert_eq!(spikes(&room, &format!("{population}/spikes.csv"), None), later);
    }
    relays(&room, 3, "file = \"two/spikes.csv\"\npopulation = \"o\"");
    let sentence = room.refused(&["run", "relay.toml"]);
    assert!(sentence.contains("unknown population 'o' in ") && sentence.contains("did you mean"), "{sentence}");
    room.write("plain.csv", "neuron,time_ms\n0,1.0\n");
    relays(&room, 3, "file = \"plain.csv\"\npopulation = \"m\"");
    assert!(room.refused(&["run", "relay.toml"]).contains("there is no column 'population'"));
    relays(&room, 3, "spike_times = [1.0]\npopulation = \"m\"");
    assert!(room.refused(&["run", "relay.toml"]).contains("population goes with file"));
}

#[test]
fn the_start_of_nest_can_be_written() {
    // NEST 3.10 with the same parameters, V_m = -70 mV at first.
    let room = case("w08-initial-vm");
    let run = ["run", "rest.toml", "--threads", "1", "--device", "cpu", "--out"];
    let times =
        |out: &str| spikes(&room, &format!("{out}/spikes.csv"), None).into_iter().map(|s| s.0).collect::<Vec<u64>>();
    printed(&room, &[&run[..], &["nest", "--set", "n.V_m=-70"]].concat());
    assert_eq!(times("nest"), [139, 219, 299]);
    printed(&room, &[&run[..], &["own"]].concat());
    assert_eq!(times("own"), [1, 81, 161, 241]);
    let help = printed(&room, &["run", "--help-format"]).split_whitespace().collect::<Vec<&str>>().join(" ");
    assert!(help.contains("NEST starts at -70 mV whatever E_L is: initial = { V_m = -70.0 }"), "{help}");
}
