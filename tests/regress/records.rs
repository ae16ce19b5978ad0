//! What was not recorded is not told as nothing.

use neuropil::prelude::*;

use super::{case, printed};
use crate::support::room::Room;

fn json(room: &Room, name: &str) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(room.path(name)).unwrap()).unwrap()
}

/// Lines of a table below its header.
fn lines(room: &Room, name: &str) -> usize {
    std::fs::read_to_string(room.path(name)).unwrap().lines().count() - 1
}

#[test]
fn a_table_of_a_variable_is_recorded_beside_all_spikes() {
    let room = case("w14-false-zero");
    let run = ["run", "traced.toml", "--threads", "1", "--device", "cpu", "--out"];
    let told = printed(&room, &[&run[..], &["o"]].concat());
    assert!(told.contains("spikes      45\n") && told.contains("mean rate   150 Hz"), "{told}");
    assert_eq!((lines(&room, "o/spikes.csv"), lines(&room, "o/traces_n_V_m.csv")), (45, 100));
    let summary = json(&room, "o/summary.json");
    assert_eq!(summary["run"]["rates_hz"]["n"], 150.0);
    assert_eq!(summary["statistics"]["neurons"], 3);
    assert!(room.path("o/raster.png").exists());
    // Nothing is nothing where it was measured.
    let told = printed(&room, &[&run[..], &["silent", "--set", "n.I_e=0"]].concat());
    assert!(told.contains("spikes      0\n") && told.contains("mean rate   0 Hz"), "{told}");
    assert_eq!(lines(&room, "silent/spikes.csv"), 0);
}

#[test]
fn spikes_that_are_not_kept_are_counted_all_the_same() {
    let room = case("w14-false-zero");
    let run = ["run", "traced.toml", "--set", "simulation.spikes=false", "--out"];
    let told = printed(&room, &[&run[..], &["o"]].concat());
    assert!(told.contains("spikes      45, counted and not kept") && told.contains("mean rate   150 Hz"), "{told}");
    assert!(!room.path("o/spikes.csv").exists() && !room.path("o/raster.png").exists());
    let summary = json(&room, "o/summary.json");
    assert!(summary["statistics"].is_null() && summary["populations"].as_array().unwrap().is_empty(), "{summary}");
    assert!(summary["run"]["recorded_spikes"].is_null());
    assert_eq!((&summary["run"]["spikes"], &summary["run"]["rates_hz"]["n"]), (&45.into(), &150.0.into()));
    // What is there is drawn, and what is not is said.
    assert_eq!(printed(&room, &["plot", "o"]), "o/traces_n_V_m.png\n");
    let sentence = room.refused(&["plot", "o", "--from", "10"]);
    assert!(
        sentence.contains("counted and not kept") && sentence.contains("--set simulation.spikes=true"),
        "{sentence}"
    );
    // What it leaves runs again to the same.
    printed(&room, &["run", "o/experiment.toml", "--out", "again"]);
    assert_eq!(json(&room, "again/summary.json")["run"]["spikes"], 45);
    assert!(!room.path("again/spikes.csv").exists());
    // An earlier list does not stay beside a run that keeps none.
    printed(&room, &["run", "traced.toml", "--out", "same"]);
    assert!(room.path("same/spikes.csv").exists());
    printed(&room, &[&run[..], &["same", "--force"]].concat());
    assert!(!room.path("same/spikes.csv").exists() && !room.path("same/raster.png").exists());
}

#[test]
fn spikes_of_some_neurons_are_not_told_as_those_of_all() {
    let room = case("w14-false-zero");
    let text = std::fs::read_to_string(room.path("traced.toml")).unwrap();
    let driven = "params = { I_e = [1000.0, 0.0, 1000.0] }";
    let text = text
        .replace("params = { I_e = 1000.0 }", driven)
        .replace("what = \"V_m\"", "what = \"spikes\"\nfrom = \"n[1..3]\"");
    room.write("some.toml", text);
    let told = printed(&room, &["run", "some.toml", "--out", "o"]);
    assert!(told.contains("spikes      30, of which the 15 of 2 of 3 neurons were recorded (n[1..3])"), "{told}");
    assert!(told.contains("mean rate   100 Hz"), "{told}");
    assert_eq!(lines(&room, "o/spikes.csv"), 15);
    let summary = json(&room, "o/summary.json");
    assert_eq!((&summary["run"]["rates_hz"]["n"], &summary["statistics"]["rate_hz"]), (&100.0.into(), &75.0.into()));
    assert_eq!((&summary["run"]["recorded_neurons"], &summary["run"]["recorded_spikes"]), (&2.into(), &15.into()));
    // Streamed, it is the same.
    let told = printed(&room, &["run", "some.toml", "--out", "s", "--spikes", "s.csv"]);
    assert!(told.contains("spikes      30, of which the 15 of 2 of 3 neurons"), "{told}");
    let streamed = json(&room, "s/summary.json");
    assert_eq!(streamed["run"]["rates_hz"], summary["run"]["rates_hz"]);
    assert_eq!(lines(&room, "s.csv"), 15);
}

#[test]
fn presets_record_the_neurons_that_tables_name() {
    let room = Room::new("records-preset");
    let preset = "[simulation]\nduration = 50.0\n[preset]\nname = \"brunel\"\nscale = 0.02\n";
    room.write("all.toml", preset);
    room.write("some.toml", format!("{preset}[[record]]\nwhat = \"spikes\"\nfrom = \"excitatory[0..20]\"\n"));
    printed(&room, &["run", "all.toml", "--out", "all"]);
    printed(&room, &["run", "some.toml", "--out", "some"]);
    let (all, some) = (json(&room, "all/summary.json"), json(&room, "some/summary.json"));
    assert_eq!(all["run"]["rates_hz"], some["run"]["rates_hz"]);
    assert!(all["run"]["spikes"].as_u64().unwrap() > 100);
    assert_eq!(
        (lines(&room, "all/spikes.csv") as u64, &some["statistics"]["neurons"]),
        (all["run"]["spikes"].as_u64().unwrap(), &20.into())
    );
    assert!(lines(&room, "some/spikes.csv") < lines(&room, "all/spikes.csv"));
}

#[test]
fn trials_and_sweeps_count_what_they_do_not_keep() {
    let room = case("w14-false-zero");
    room.write("sweep.csv", "n.I_e\n1000\n0\n2000\n");
    let rows = |out: &str, more: &[&str]| {
        let table = printed(
            &room,
            &[&["run", "traced.toml", "--sweep", "sweep.csv", "--trials", "2", "--out", out], more].concat(),
        );
        assert!(table.contains("150.00") && table.contains("0.00"), "{table}");
        let text = std::fs::read_to_string(room.path(&format!("{out}/trials.csv"))).unwrap();
        text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect::<Vec<String>>()
    };
    let (kept, counted) = (rows("kept", &[]), rows("counted", &["--set", "simulation.spikes=false"]));
    assert_eq!(kept, counted);
    assert_eq!(kept[1], "trial-000,1,0,1000,45,150,100");
    assert!(room.path("kept/trial-000/spikes.csv").exists() && !room.path("counted/trial-000/spikes.csv").exists());
    // One trial has no deviation.
    let one = printed(&room, &["run", "traced.toml", "--trials", "1", "--out", "one", "--json"]);
    let one: serde_json::Value = serde_json::from_str(&one).unwrap();
    assert!(one["mean_rate_hz"]["mean"] == 150.0 && one["mean_rate_hz"]["sd"].is_null(), "{one}");
}

#[test]
fn counts_go_on_after_a_checkpoint() {
    let room = case("w14-false-zero");
    for (name, more) in
        [("counted", &["--set", "simulation.spikes=false"][..]), ("streamed", &["--spikes", "s.csv"]), ("kept", &[])]
    {
        let file = format!("{name}.checkpoint");
        let out = format!("{name}-first");
        let first = ["run", "traced.toml", "--seconds", "0.04", "--checkpoint", &file, "--out", &out];
        let first = printed(&room, &[&first[..], more, &["--json"]].concat());
        let first: serde_json::Value = serde_json::from_str(&first).unwrap();
        assert!((1..45).contains(&first["spikes"].as_u64().unwrap()), "{first}");
        let whole = printed(&room, &["resume", &file, "--seconds", "0.06", "--out", name, "--json"]);
        let whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
        assert_eq!((&whole["spikes"], &whole["rates_hz"]["n"]), (&45.into(), &150.0.into()), "{name}");
        assert_eq!(room.path(&format!("{name}/spikes.csv")).exists(), name == "kept");
    }
}

#[test]
fn what_cannot_be_both_kept_and_not_is_refused() {
    let room = case("w14-false-zero");
    let sentence = room.refused(&["run", "traced.toml", "--set", "simulation.spikes=false", "--spikes", "s.npy"]);
    assert!(sentence.contains("s.npy: no spikes would go there, since spikes = false in [simulation]"), "{sentence}");
    let sentence =
        room.refused(&["run", "traced.toml", "--set", "simulation.spikes=false", "--spikes", "s.npy", "--trials", "2"]);
    assert!(sentence.contains("no spikes would go there"), "{sentence}");
    let text = std::fs::read_to_string(room.path("traced.toml")).unwrap();
    room.write("both.toml", text.replace("V_m", "spikes").replace("duration", "spikes = false\nduration"));
    let sentence = room.refused(&["run", "both.toml"]);
    assert!(sentence.contains("both.toml, line") && sentence.contains("take one of them out"), "{sentence}");
}

#[test]
fn a_rate_is_that_of_its_neurons_whatever_is_recorded() {
    let mut net = Network::new(0.1.ms());
    let fast = net.add("fast", 2, IafPscExp { I_e: 1000.0, ..default() }).unwrap();
    let idle = net.add("idle", 2, IafPscExp::default()).unwrap();
    let traced = net.record(&fast, Variable::every("V_m", 1.0)).unwrap();
    let one = net.record(fast.slice(0..1).and(&idle), Spikes).unwrap();
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    let sentence = sim.rate(one).unwrap_err().to_string();
    assert!(sentence.contains("there is no rate before any time has been recorded"), "{sentence}");
    sim.run(100.0.ms()).unwrap();
    assert_eq!((sim.rate(traced).unwrap(), sim.rate(one).unwrap()), (150.0, 50.0));
    assert_eq!(sim.spike_counts(), [15, 15, 0, 0]);
    // Counted alone, there is no list to mistake for an empty one.
    let mut counted = net.build(Device::cpu(), Seed(1)).unwrap();
    counted.count_spikes().unwrap();
    counted.run(100.0.ms()).unwrap();
    assert_eq!((counted.rate(one).unwrap(), counted.spike_count()), (50.0, 30));
    assert!(counted.all_spikes().is_empty() && counted.recorded_populations().is_empty());
    let sentence = counted.recorded_spikes().unwrap_err().to_string();
    assert!(sentence.contains("counted and not kept"), "{sentence}");
    assert!(sim.count_spikes().is_err(), "some are kept already");
}

/// Two populations, driven by chance, for half a second, with more in `[simulation]` and after the rest.
fn busy(room: &Room, name: &str, simulation: &str, more: &str) {
    let populations =
        ["exc", "inh"].map(|name| format!("[[population]]\nname = \"{name}\"\nsize = 20\nmodel = \"iaf_psc_exp\"\n"));
    let drive = "[[stimulus]]\ntype = \"poisson_generator\"\nto = \"*\"\nrate = 20000.0\nweight = 60.0\n";
    room.write(name, format!("[simulation]\nduration = 500.0\n{simulation}\n{}{drive}{more}", populations.concat()));
}

/// The times of a table of spikes, in ms.
fn times(room: &Room, name: &str) -> Vec<f64> {
    let text = std::fs::read_to_string(room.path(name)).unwrap();
    text.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn a_transient_is_left_out_of_spikes_rates_statistics_and_pictures() {
    let room = Room::new("records-window");
    busy(&room, "all.toml", "", "");
    busy(&room, "late.toml", "", "[[record]]\nwhat = \"spikes\"\nstart = 200.0\nstop = 400.0\n");
    printed(&room, &["run", "all.toml", "--out", "all"]);
    let told = printed(&room, &["run", "late.toml", "--out", "late"]);
    assert!(told.contains("; from 200 to 400 ms\n"), "{told}");
    // After the start, until and with the stop, as NEST's recorders.
    let mut within = times(&room, "all/spikes.csv");
    let before = within.len();
    within.retain(|&time| time > 200.0 && time <= 400.0);
    assert!(within.len() > 100 && within.len() < before);
    assert_eq!(times(&room, "late/spikes.csv"), within);
    let late = json(&room, "late/summary.json");
    assert_eq!((&late["duration_ms"], &late["recorded_ms"]), (&500.0.into(), &serde_json::json!([200.0, 400.0])));
    let rate = within.len() as f64 / 40.0 / 0.2;
    for told in [&late["statistics"]["rate_hz"], &late["run"]["mean_rate_hz"]] {
        assert!((told.as_f64().unwrap() - rate).abs() < 1e-9, "{told} {rate}");
    }
    assert!(json(&room, "all/summary.json")["recorded_ms"].is_null());
    // The picture is that of the same time of the whole run, but for its title.
    printed(&room, &["plot", "late"]);
    let drawn = std::fs::read(room.path("late/raster.png")).unwrap();
    printed(&room, &["run", "late/experiment.toml", "--out", "again"]);
    assert!(drawn == std::fs::read(room.path("again/raster.png")).unwrap());
    assert!(drawn != std::fs::read(room.path("all/raster.png")).unwrap());
    let sentence = room.refused(&["plot", "late", "--from", "100"]);
    assert!(sentence.contains("100 to 400 ms does not lie within what was recorded, 200 to 400 ms"), "{sentence}");
    // Streamed and counted, it is the same; and so it is in parts.
    for file in ["s.csv", "s.npy"] {
        printed(&room, &["run", "late.toml", "--out", file, "--spikes", &format!("file-{file}")]);
        let streamed = json(&room, &format!("{file}/summary.json"));
        for key in ["spikes", "rate_hz", "silent_fraction", "cv_isi", "cv_neurons"] {
            assert_eq!(streamed["statistics"][key], late["statistics"][key], "{key}");
        }
        assert!(drawn == std::fs::read(room.path(&format!("{file}/raster.png"))).unwrap());
        printed(&room, &["plot", file]);
        assert!(drawn == std::fs::read(room.path(&format!("{file}/raster.png"))).unwrap());
    }
    assert!(std::fs::read(room.path("file-s.csv")).unwrap() == std::fs::read(room.path("late/spikes.csv")).unwrap());
    let parts = ["run", "late.toml", "--seconds", "0.3", "--checkpoint", "c", "--out", "part"];
    printed(&room, &parts);
    printed(&room, &["resume", "c", "--seconds", "0.2", "--out", "rest"]);
    assert_eq!(times(&room, "rest/spikes.csv"), within);
    assert_eq!(json(&room, "rest/summary.json")["run"]["rates_hz"], late["run"]["rates_hz"]);
}

#[test]
fn a_transient_goes_for_all_that_is_recorded_unless_a_table_says_else() {
    let room = Room::new("records-transient");
    let traces = "[[record]]\nwhat = \"V_m\"\nfrom = \"exc[0..2]\"\n[[record]]\nwhat = \"V_m\"\nfrom = \"inh[0]\"\nstart = 10.0\n\
                  stop = 12.0\n";
    busy(&room, "net.toml", "transient = 490.0", traces);
    printed(&room, &["run", "net.toml", "--out", "o"]);
    assert!(times(&room, "o/spikes.csv").iter().all(|&time| time > 490.0));
    assert_eq!(times(&room, "o/traces_exc_V_m.csv"), (491..=500).map(f64::from).collect::<Vec<_>>());
    assert_eq!(times(&room, "o/traces_inh_V_m.csv"), [11.0, 12.0]);
    // The samples are those of a run that records all.
    busy(&room, "whole.toml", "", traces.lines().take(3).map(|line| format!("{line}\n")).collect::<String>().as_str());
    printed(&room, &["run", "whole.toml", "--out", "w"]);
    let tail = |name: &str| {
        let text = std::fs::read_to_string(room.path(name)).unwrap();
        text.lines().rev().take(10).map(str::to_owned).collect::<Vec<String>>()
    };
    assert_eq!(tail("o/traces_exc_V_m.csv"), tail("w/traces_exc_V_m.csv"));
    printed(&room, &["plot", "o"]);
    // Rates alone, without the transient.
    let counted =
        ["run", "net.toml", "--set", "simulation.spikes=false", "--set", "simulation.transient=400", "--json"];
    let counted: serde_json::Value =
        serde_json::from_str(&printed(&room, &[&counted[..], &["--out", "c"]].concat())).unwrap();
    let late = times(&room, "w/spikes.csv").iter().filter(|&&time| time > 400.0).count() as f64;
    assert!((counted["mean_rate_hz"].as_f64().unwrap() - late / 40.0 / 0.1).abs() < 1e-9, "{counted}");
}

#[test]
fn times_at_which_nothing_could_be_recorded_are_refused() {
    let room = Room::new("records-refused");
    let refused = |simulation: &str, more: &str, words: &str| {
        busy(&room, "net.toml", simulation, more);
        let sentence = room.refused(&["run", "net.toml"]);
        assert!(sentence.contains(words) && sentence.contains("net.toml"), "{sentence}");
    };
    let spikes = |keys: &str| format!("[[record]]\nwhat = \"spikes\"\n{keys}\n");
    refused("transient = 500.0", "", "recording begins at 500 ms, and the run ends at 500 ms");
    refused("", &spikes("start = 1e12"), "recording begins at 1000000000000 ms, and the run ends at 500 ms");
    refused("", &spikes("start = inf"), "start = inf ms lies beyond the end of any run");
    refused("", &spikes("start = 100.0\nstop = 100.0"), "stop = 100 ms must lie after start = 100 ms");
    refused("", &spikes("start = -1.0"), "start = -1 ms");
    refused("", &spikes("start = 0.05"), "start = 0.05 ms is not a whole number of steps");
    let two = spikes("from = \"exc\"\nstart = 10.0") + &spikes("from = \"inh\"");
    refused("", &two, "give all that record spikes the same start and stop");
}
