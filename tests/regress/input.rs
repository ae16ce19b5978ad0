//! Lists and tables that come with an experiment.

use super::{case, printed};
use crate::support::room::Room;

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

/// A network made from files of every kind, in folders where two have one name.
fn made_from_files(room: &Room) {
    for folder in ["a", "b"] {
        std::fs::create_dir_all(room.path(folder)).unwrap();
    }
    room.write("a/list.csv", "source,target,weight,delay_ms\n0,1,900,1\n1,2,900,2\n");
    room.write("b/list.csv", "neuron,time_ms\n0,3.0\n0,20.0\n2,40.0\n");
    room.write("a/neurons.csv", "index,V_th\n0,-55\n1,-56\n2,-57\n");
    room.write("a/values.csv", "tau_m\n9\n10\n11\n");
    room.write("b/edges.csv", "source,target,weight\nx,y,3\ny,x,2\n");
    room.write(
        "net.toml",
        "[simulation]\nduration = 60.0\n\
         [[population]]\nname = \"n\"\nsize = 3\nmodel = \"iaf_psc_exp\"\nneurons = \"a/neurons.csv\"\n\
         params.tau_m = { file = \"a/values.csv\", column = \"tau_m\" }\n\
         [[population]]\nname = \"m\"\nmodel = \"iaf_psc_exp\"\nconnectome = \"b/edges.csv\"\nparams.I_e = 500.0\n\
         [[projection]]\nfrom = \"n\"\nto = \"n\"\nfile = \"a/list.csv\"\n\
         [[projection]]\nfrom = \"m\"\nto = \"m\"\nconnectome = \"b/edges.csv\"\nweight_scale = 300.0\nsign = \"excitatory\"\n\
         [[stimulus]]\ntype = \"spike_generator\"\nto = \"n\"\nfile = \"b/list.csv\"\nweight = 5000.0\n",
    );
}

/// The names in a folder, in order.
fn names(room: &Room, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(room.path(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const COPIES: [&str; 5] = ["2-list.csv", "edges.csv", "list.csv", "neurons.csv", "values.csv"];

#[test]
fn an_output_folder_runs_elsewhere_without_the_files_it_came_from() {
    let room = Room::new("carried");
    made_from_files(&room);
    let told = printed(&room, &["run", "net.toml", "--out", "o"]);
    assert!(!told.contains("Not copied"), "{told}");
    printed(&room, &["run", "net.toml", "--trials", "2", "--out", "batch"]);
    let read = |name: &str| std::fs::read(room.path(name)).unwrap();
    let spikes = read("o/spikes.csv");
    assert!(spikes.iter().filter(|&&byte| byte == b'\n').count() > 5);
    assert_eq!(
        (names(&room, "o/inputs"), names(&room, "batch/inputs")),
        (COPIES.map(str::to_owned).into(), COPIES.map(str::to_owned).into())
    );
    let text = String::from_utf8(read("o/experiment.toml")).unwrap();
    assert!(!text.contains(room.path("").to_str().unwrap()) && text.contains("\"inputs/2-list.csv\""), "{text}");
    // Elsewhere, and nothing is left of where it came from.
    let other = Room::new("carried-to");
    for name in ["o", "batch"] {
        std::fs::rename(room.path(name), other.path(name)).unwrap();
    }
    for name in ["a", "b"] {
        std::fs::remove_dir_all(room.path(name)).unwrap();
    }
    for (number, of) in ["o", "batch/trial-000"].into_iter().enumerate() {
        let out = format!("again-{number}");
        printed(&other, &["run", &format!("{of}/experiment.toml"), "--out", &out]);
        assert!(std::fs::read(other.path(&format!("{out}/spikes.csv"))).unwrap() == spikes, "{of}");
        assert_eq!(names(&other, &format!("{out}/inputs")), COPIES);
    }
    // A run in the place of the one whose copies it reads.
    printed(&other, &["run", "o/experiment.toml", "--out", "o", "--force"]);
    assert!(std::fs::read(other.path("o/spikes.csv")).unwrap() == spikes);
    assert_eq!(names(&other, "o/inputs"), COPIES);
    printed(&other, &["run", "o/experiment.toml", "--out", "o", "--force"]);
    // What another input would give is another run.
    std::fs::write(other.path("o/inputs/neurons.csv"), "index,V_th\n0,-60\n1,-61\n2,-62\n").unwrap();
    printed(&other, &["run", "o/experiment.toml", "--out", "changed"]);
    assert!(std::fs::read(other.path("changed/spikes.csv")).unwrap() != spikes);
}

#[test]
fn copies_of_an_earlier_run_go_with_it() {
    let room = Room::new("carried-replaced");
    made_from_files(&room);
    room.write(
        "plain.toml",
        "[simulation]\nduration = 5.0\n[[population]]\nname = \"n\"\nsize = 1\nmodel = \"parrot_neuron\"\n",
    );
    printed(&room, &["run", "net.toml", "--out", "o"]);
    printed(&room, &["run", "plain.toml", "--out", "o", "--force"]);
    assert!(!room.path("o/inputs").exists());
    printed(&room, &["run", "net.toml", "--trials", "2", "--out", "batch"]);
    room.write("batch/inputs/mine.csv", "kept");
    printed(&room, &["run", "plain.toml", "--trials", "2", "--out", "batch", "--force"]);
    assert_eq!(names(&room, "batch/inputs"), ["mine.csv"], "what is not the run's stays");
    printed(&room, &["run", "plain.toml", "--out", "none"]);
    assert!(!room.path("none/inputs").exists());
}

#[test]
fn inputs_too_large_to_be_copied_are_named_where_they_are() {
    let room = Room::new("carried-large");
    made_from_files(&room);
    let comment = format!("# {}\n", "-".repeat(98)).repeat(neuropil::experiment::MAX_COPIED as usize / 101 + 1);
    let table = std::fs::read_to_string(room.path("a/list.csv")).unwrap();
    room.write("a/list.csv", table + &comment);
    let told = printed(&room, &["run", "net.toml", "--out", "o"]);
    assert!(told.contains("Not copied into the output folder") && told.contains("a/list.csv"), "{told}");
    assert_eq!(names(&room, "o/inputs"), ["edges.csv", "list.csv", "neurons.csv", "values.csv"]);
    let summary: serde_json::Value =
        serde_json::from_slice(&std::fs::read(room.path("o/summary.json")).unwrap()).unwrap();
    assert_eq!(summary["run"]["inputs_left"], serde_json::json!([room.path("a/list.csv")]));
    let text = std::fs::read_to_string(room.path("o/experiment.toml")).unwrap();
    assert!(text.contains(room.path("a/list.csv").to_str().unwrap()), "{text}");
    printed(&room, &["run", "o/experiment.toml", "--out", "again"]);
    assert!(std::fs::read(room.path("again/spikes.csv")).unwrap() == std::fs::read(room.path("o/spikes.csv")).unwrap());
}

#[test]
fn spikes_that_are_no_text_are_told_by_what_they_are() {
    let room = case("w14-false-zero");
    for (file, what) in [("s.npy", "a NumPy array"), ("s.parquet", "Parquet")] {
        printed(&room, &["run", "traced.toml", "--spikes", file, "--out", "one", "--force"]);
        relays(&room, 3, &format!("file = \"{file}\""));
        let said = room.refused(&["run", "relay.toml", "--out", "replayed"]);
        assert!(said.contains(&format!("{file}: it is {what}, and only text is read here")), "{said}");
        assert!(said.contains("--spikes FILE.csv"), "{said}");
    }
    printed(
        &room,
        &["run", "traced.toml", "--set", "n.I_e=[400, 700, 1000]", "--spikes", "s.csv", "--out", "one", "--force"],
    );
    relays(&room, 3, "file = \"s.csv\"");
    printed(&room, &["run", "relay.toml", "--out", "replayed"]);
    assert!(spikes(&room, "replayed/spikes.csv", None).len() > 20, "the same as text is played");
}

#[test]
fn a_value_is_given_here_or_in_the_neurons_file_and_not_in_both() {
    let room = Room::new("neurons-once");
    room.write("q.csv", "index,V_th,V_m\n0,-50,-69\n1,-51,-51\n");
    let net = |keys: &str| {
        room.write(
            "net.toml",
            format!(
                "[simulation]\nduration = 1.0\ndevice = \"cpu\"\n[[population]]\nname = \"n\"\nmodel = \"iaf_psc_exp\"\n\
                 neurons = \"q.csv\"\n{keys}\n"
            ),
        );
    };
    for (keys, name) in [("params = { V_th = -40.0, I_e = 600.0 }", "V_th"), ("initial = { V_m = -60.0 }", "V_m")] {
        net(keys);
        let said = format!("{name} is given here and in its neurons file; keep one of them");
        assert!(room.refused(&["run", "net.toml"]).contains(&said), "{keys}");
    }
    net("params = { I_e = 600.0 }");
    printed(&room, &["run", "net.toml", "--out", "out", "--json"]);
}

#[test]
fn gap_junctions_that_are_not_simulated_are_told() {
    let room = Room::new("gaps-told");
    let net = |lines: &str, more: &str| {
        room.write("e.csv", format!("source,target,weight,type\n{lines}"));
        room.write(
            "net.toml",
            format!(
                "[simulation]\nduration = 1.0\ndevice = \"cpu\"\n[[population]]\nname = \"n\"\nmodel = \"iaf_psc_exp\"\n\
                 connectome = \"e.csv\"\n[[projection]]\nfrom = \"n\"\nto = \"n\"\nweight = 1.0\nconnectome = {more}\n"
            ),
        );
    };
    net("A,B,1,chemical\nB,C,2,gap\n", "\"e.csv\"");
    let text = printed(&room, &["run", "net.toml", "--out", "out"]);
    assert!(text.contains("1 gap junctions, which no [[coupling]] takes"), "{text}");
    net("A,B,1,chemical\nB,C,2,chemical\n", "\"e.csv\"");
    let text = printed(&room, &["run", "net.toml", "--out", "out", "--force"]);
    assert!(!text.contains("gap junctions"), "{text}");
    net("A,B,1,gap\nB,C,2,gap\n", "\"e.csv\"");
    assert!(room.refused(&["run", "net.toml"]).contains("its 2 edges are gap junctions, which are no synapses"));
    net("A,B,1,chemical\n", "{ file = \"e.csv\", weight = \"weight\" }");
    let said = room.refused(&["run", "net.toml"]);
    assert!(said.contains("give connectome the same options in both tables"), "{said}");
}

#[test]
fn values_of_a_file_are_not_taken_in_the_order_of_its_lines_beside_an_index_of_another_name() {
    let room = Room::new("values-index");
    room.write(
        "net.toml",
        "[simulation]\nduration = 1.0\ndevice = \"cpu\"\n[[population]]\nname = \"n\"\nsize = 2\nmodel = \"iaf_psc_exp\"\n\
         initial = { V_m = { file = \"v.csv\", column = \"V\" } }\n[[record]]\nwhat = \"V_m\"\n",
    );
    for header in ["Index", "neuron", "id", "name"] {
        room.write("v.csv", format!("{header},V\n1,-60\n0,-61\n"));
        let said = room.refused(&["run", "net.toml"]);
        assert!(said.contains(&format!("column '{header}' is not read; call it 'index'")), "{said}");
    }
    room.write("v.csv", "index,V,note\n1,-60,3\n0,-61,4\n");
    printed(&room, &["run", "net.toml", "--out", "out"]);
    let traces = std::fs::read_to_string(room.path("out/traces_n_V_m.csv")).unwrap();
    let first: Vec<f64> = traces.lines().nth(1).unwrap().split(',').map(|field| field.parse().unwrap()).collect();
    assert!(first[1] < first[2], "{traces}");
}

#[test]
fn replayed_names_are_those_of_the_neurons() {
    let room = Room::new("replayed-names");
    room.write("n.csv", "index,name\n0,x\n1,y\n");
    room.write(
        "net.toml",
        "[simulation]\nduration = 5.0\ndevice = \"cpu\"\n[[population]]\nname = \"a\"\nmodel = \"parrot_neuron\"\n\
         neurons = \"n.csv\"\n[[stimulus]]\ntype = \"spike_generator\"\nto = \"a\"\nfile = \"s.csv\"\n",
    );
    room.write("s.csv", "time_ms,population,neuron,name\n1.0,a,0,y\n2.0,a,1,x\n");
    let said = room.refused(&["run", "net.toml"]);
    assert!(said.contains("s.csv, line 2: neuron 0 is called 'x', and the line says 'y'"), "{said}");
    room.write("s.csv", "time_ms,population,neuron,name\n1.0,a,0,x\n2.0,a,1,y\n");
    printed(&room, &["run", "net.toml", "--out", "out"]);
}

#[test]
fn params_and_initial_do_not_give_one_value_twice() {
    let room = Room::new("params-initial");
    let net = |keys: &str| {
        let head = "[simulation]\nduration = 1.0\ndevice = \"cpu\"\n[[population]]\nname = \"n\"\nsize = 2\n";
        room.write("net.toml", format!("{head}model = \"iaf_psc_exp\"\n{keys}\n"));
    };
    net("params = { E_L = -65.0 }\ninitial = { E_L = -60.0 }");
    assert!(room.refused(&["run", "net.toml"]).contains("E_L is given in params and in initial; keep one of them"));
    for steps in ["2.5", "-1.0", "1e30", "{ uniform = { low = 0.0, high = 3.0 } }"] {
        net(&format!("initial = {{ refractory = {steps} }}"));
        let said = room.refused(&["run", "net.toml"]);
        assert!(said.contains("a whole number from 0 to 16777216"), "{said}");
    }
    net("initial = { refractory = { uniform_int = { max = 5 } } }");
    printed(&room, &["run", "net.toml", "--out", "out"]);
}
