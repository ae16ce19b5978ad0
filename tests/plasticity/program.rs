//! Weights in an output folder.

use crate::support::program::Room;

const NET: &str = r#"
[simulation]
duration = 60.0
device = "cpu"

[[population]]
name = "e"
size = 20
model = "iaf_psc_exp"

[[population]]
name = "i"
size = 5
model = "iaf_psc_exp"

[[projection]]
from = "*"
to = "*"
rule = "fixed_indegree"
indegree = 10
weight = 60.0
synapse = "stdp_synapse"
params = { Wmax = 120.0 }

[[stimulus]]
type = "poisson_generator"
to = "*"
rate = 12000.0
weight = 60.0
"#;

fn table(room: &Room, file: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(room.path(file)).unwrap();
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn weights_are_written_over_time_and_at_the_end_with_their_histograms() {
    let room = Room::new("weights_over_time");
    let record = "[[record]]\nwhat = \"weights\"\n\n[[record]]\nwhat = \"weights\"\ninterval = 20.0\n\n\
                  [[record]]\nwhat = \"weights\"\nfrom = \"i\"\nto = \"e[0..10]\"\ninterval = 30.0\n";
    room.write("net.toml", format!("{NET}\n{record}"));
    let output = room.run(&["run", "net.toml", "--out", "out"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("3 times, every 20 ms"), "{said}");
    let (whole, last) = (table(&room, "out/weights-over-time-0.csv"), table(&room, "out/weights-0.csv"));
    assert_eq!(whole[0], ["time_ms", "source", "target", "weight"]);
    assert_eq!((whole.len() - 1, last.len() - 1), (3 * 250, 250));
    // The last sample is of the end of the run, synapse by synapse.
    for (own, end) in whole[501..].iter().zip(&last[1..]) {
        assert_eq!((own[0].as_str(), &own[1..]), ("60.0", &end[..3]));
    }
    assert!(whole[1..251].iter().zip(&last[1..]).any(|(own, end)| own[3] != end[2]), "nothing was learned");
    let part = table(&room, "out/weights-over-time-1.csv");
    assert!(part[1..].iter().all(|line| line[1].parse::<u32>().unwrap() >= 20 && line[2].parse::<u32>().unwrap() < 10));
    let pictures = ["weights-0.png", "weights-over-time-0.png", "weights-over-time-1.png"];
    assert!(pictures.iter().all(|file| room.path("out").join(file).is_file()));
    // A run in its place leaves none of them.
    room.write("net.toml", NET);
    assert!(room.run(&["run", "net.toml", "--out", "out", "--force"]).status.success());
    assert!(!room.contents().iter().any(|path| path.to_string_lossy().contains("weights-")));
}

#[test]
fn memory_for_recorded_weights_is_predicted() {
    let room = Room::new("weights_memory");
    let samples = |interval: &str| {
        room.write("net.toml", format!("{NET}\n[[record]]\nwhat = \"weights\"\n{interval}\n"));
        let output = room.run(&["run", "net.toml", "--explain-plan", "--json"]);
        let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        plan["memory"]["samples"].as_u64().unwrap()
    };
    assert_eq!(samples(""), 0);
    assert_eq!(samples("interval = 10.0"), 250 * (6 * 8 + 20));
    assert_eq!(samples("interval = 10.0\nfrom = \"i\""), 50 * (6 * 8 + 20));
}

#[test]
fn tables_of_weights_that_cannot_be_are_told() {
    let room = Room::new("weights_refused");
    for (keys, told) in [
        ("up_to_date = true", "without interval, weights are written once"),
        ("from = \"e\"", "without interval, weights are written once"),
        ("interval = 0.25", "interval = 0.25 ms is not a whole number of steps"),
        ("interval = 100.0", "no sample falls into the recorded time"),
        ("interval = 10.0\neach_send = true", "interval goes with weights at equal intervals, and each_send"),
        ("up_to_date = true\neach_send = true", "up_to_date goes with weights at equal intervals, and each_send"),
        ("each_send = true\nstart = 70.0", "recording begins at 70 ms, and the run ends at 60 ms"),
        ("interval = 10.0\nfc = true", "fc goes with \"rate\", \"lfp\" or \"bold\""),
    ] {
        room.write("net.toml", format!("{NET}\n[[record]]\nwhat = \"weights\"\n{keys}\n"));
        let said = room.refused(&["run", "net.toml"]);
        assert!(said.contains(told) && said.contains("net.toml, line"), "{said}");
    }
    for what in ["V_m", "spikes", "rate", "lfp", "bold"] {
        for (name, key) in
            [("to", "to = \"e\""), ("up_to_date", "up_to_date = true"), ("each_send", "each_send = true")]
        {
            room.write("net.toml", format!("{NET}\n[[record]]\nwhat = \"{what}\"\n{key}\n"));
            let said = room.refused(&["run", "net.toml"]);
            assert!(said.contains(&format!("{name} goes with weights, and not with {what}; leave it out")), "{said}");
        }
    }
}

#[test]
fn what_synapses_send_is_written_and_drawn() {
    let room = Room::new("weights_sent");
    let record = "[[record]]\nwhat = \"weights\"\n\n[[record]]\nwhat = \"weights\"\neach_send = true\n\n\
                  [[record]]\nwhat = \"weights\"\nfrom = \"i\"\nto = \"e[0..10]\"\neach_send = true\nstart = 20.0\n";
    room.write("net.toml", format!("{NET}\n{record}"));
    let output = room.run(&["run", "net.toml", "--out", "out"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("in weights-sent-1.csv"), "{said}");
    let (sent, last) = (table(&room, "out/weights-sent-0.csv"), table(&room, "out/weights-0.csv"));
    assert_eq!(sent[0], ["time_ms", "source", "target", "weight", "delay_ms", "synapse"]);
    assert!(sent.len() > 100, "{}", sent.len());
    // Synapses are numbered as they stand in the table of all of them.
    for own in &sent[1..] {
        let synapse = &last[1 + own[5].parse::<usize>().unwrap()];
        assert_eq!((&own[1..3], own[4].parse::<f64>().unwrap()), (&synapse[..2], synapse[3].parse::<f64>().unwrap()));
    }
    // What was sent last before the last ms is what was left.
    let taken = sent[1..].iter().filter(|own| own[0].parse::<f64>().unwrap() <= 59.0);
    let left: std::collections::BTreeMap<_, _> = taken.map(|own| (&own[5], &own[3])).collect();
    assert!(
        left.iter().all(|(synapse, weight)| **weight == last[1 + synapse.parse::<usize>().unwrap()][2]),
        "{left:?}"
    );
    let part = table(&room, "out/weights-sent-1.csv");
    let numbers = |own: &[String]| [0, 1, 2].map(|k| own[k].parse::<f64>().unwrap());
    assert!(
        part.len() > 10
            && part[1..].iter().map(|own| numbers(own)).all(|[ms, s, t]| ms > 20.0 && s >= 20.0 && t < 10.0)
    );
    let summary = std::fs::read_to_string(room.path("out/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["run"]["sent"][0]["spikes"], sent.len() - 1);
    for number in [0, 1] {
        assert!(room.path("out").join(format!("weights-sent-{number}.png")).is_file());
    }
    room.write("net.toml", NET);
    assert!(room.run(&["run", "net.toml", "--out", "out", "--force"]).status.success());
    assert!(!room.contents().iter().any(|path| path.to_string_lossy().contains("weights-")));
}

#[test]
fn what_was_sent_before_a_stop_is_in_the_table_of_a_run_that_goes_on() {
    let room = Room::new("weights_sent_resumed");
    room.write("net.toml", format!("{NET}\n[[record]]\nwhat = \"weights\"\neach_send = true\n"));
    assert!(room.run(&["run", "net.toml", "--out", "whole"]).status.success());
    let half = ["run", "net.toml", "--out", "half", "--seconds", "0.0317", "--checkpoint", "kept"];
    assert!(room.run(&half).status.success());
    assert!(room.run(&["resume", "kept", "--seconds", "0.0283", "--out", "rest"]).status.success());
    let read = |folder: &str| std::fs::read_to_string(room.path(folder).join("weights-sent-0.csv")).unwrap();
    assert!(read("rest") == read("whole") && read("half") != read("whole"));
}
