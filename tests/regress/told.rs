//! Values that cannot be meant, and the words in which that is told.

use super::printed;
use crate::support::program::{Room, net, sentence};
use neuropil::network::Receptor;
use neuropil::prelude::*;

fn stimulus(more: &str) -> String {
    sentence("told-stimulus", &format!("[[stimulus]]\nto = \"exc\"\n{more}"))
}

#[test]
fn a_current_changes_from_the_first_step_on() {
    let stairs = |times: &str| {
        stimulus(&format!(
            "type = \"step_current_generator\"\namplitude_times = {times}\namplitude_values = [9.0, 1.0]"
        ))
    };
    let early = "amplitude time 0 ms is too early; the first allowed time is one step, 0.1 ms";
    assert!(stairs("[0.0, 1.0]").ends_with(early), "{}", stairs("[0.0, 1.0]"));
    let rounded = "time 0.04 ms is rounded to 0, and the first allowed time is one step, 0.1 ms; off_grid = \"up\" moves it there";
    let told = stairs("[0.04, 1.0]\noff_grid = \"round\"");
    assert!(told.ends_with(rounded), "{told}");
    let told = stimulus("type = \"spike_generator\"\nspike_times = [0.04]\noff_grid = \"round\"");
    assert!(told.ends_with(rounded), "{told}");
    let told = stimulus("type = \"spike_generator\"\nspike_times = [0.0]");
    assert!(told.ends_with("spike time 0 ms is too early; the first allowed time is one step, 0.1 ms"), "{told}");
    let mut network = Network::new(0.1.ms());
    let all = network.add("n", 1, IafPscExp::default()).unwrap();
    let at = |time: f64| StepCurrentGenerator { times: vec![time], amplitudes: vec![1.0] };
    assert!(network.stimulate(&all, at(0.0), Static::new(1.0, 1.0)).is_err());
    network.stimulate(&all, at(0.1), Static::new(1.0, 1.0)).unwrap();
    let mut named = Static::new(1.0, 1.0);
    named.receptor = Receptor::Named("in".into());
    assert!(network.stimulate(&all, at(0.1), named).is_err());
}

#[test]
fn a_current_has_no_receptor() {
    for kind in [
        "type = \"dc_generator\"\namplitude = 1.0",
        "type = \"step_current_generator\"\namplitude_times = [1.0]\namplitude_values = [1.0]",
    ] {
        let told = stimulus(&format!("{kind}\nreceptor = \"ex\""));
        assert!(
            told.ends_with("a current goes to no receptor, and receptor = \"ex\" is given; leave it out"),
            "{told}"
        );
    }
}

#[test]
fn true_is_no_number() {
    let neuron = |value: &str| {
        sentence("told-flag", &format!("[[population]]\nname = \"b\"\nsize = 2\nmodel = \"iaf_psc_exp\"\n{value}"))
    };
    let told = neuron("params = { tau_m = true }");
    assert!(told.ends_with("population 'b': tau_m = true is no number, and tau_m is no flag"), "{told}");
    let told = neuron("initial = { V_m = false }");
    assert!(told.ends_with("V_m = false is no number, and V_m is no flag"), "{told}");
    for key in ["weight", "delay"] {
        let more = format!("[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"all_to_all\"\n{key} = true");
        let told = sentence("told-flag", &more);
        assert!(told.ends_with(&format!("{key} = true is no number, and {key} is no flag")), "{told}");
    }
    let room = Room::new("told-flag-kept");
    let flag =
        "[[population]]\nname = \"b\"\nsize = 2\nmodel = \"iaf_psc_delta\"\nparams = { refractory_input = true }";
    room.write("net.toml", net(flag));
    printed(&room, &["run", "net.toml", "--out", "o"]);
    let written = std::fs::read_to_string(room.path("o/experiment.toml")).unwrap();
    assert!(written.contains("refractory_input = true\n"), "{written}");
}

#[test]
fn a_recorder_that_can_find_nothing_is_refused_with_its_line() {
    for (record, said) in [
        ("what = \"V_m\"\ninterval = 20.0", "no sample falls into the recorded time, since there is one every 20 ms"),
        ("what = \"V_m\"\nstart = 0.5\nstop = 0.7\ninterval = 1.0", "no sample falls into the recorded time"),
        ("what = \"V_m\"\nstart = 30.0", "recording begins at 30 ms, and the run ends at 5 ms"),
        ("what = \"spikes\"\nstart = 30.0", "recording begins at 30 ms"),
    ] {
        let told = sentence("told-record", &format!("[[record]]\n{record}"));
        assert!(told.starts_with("net.toml, line 11: record: ") && told.contains(said), "{told}");
    }
    let room = Room::new("told-transient");
    for (transient, said) in [
        ("30.0", "net.toml, line 1: record: recording begins at 30 ms"),
        (
            "0.05",
            "net.toml, line 1: simulation: transient = 0.05 ms is not a whole number of steps of 0.1 ms from 0 on",
        ),
    ] {
        room.write("net.toml", net("").replace("duration", &format!("transient = {transient}\nduration")));
        let told = room.refused(&["run", "net.toml"]);
        assert!(told.contains(said), "{told}");
    }
    room.write("net.toml", net("[[record]]\nwhat = \"V_m\"\ninterval = 5.0"));
    printed(&room, &["run", "net.toml", "--out", "o"]);
    assert_eq!(std::fs::read_to_string(room.path("o/traces_exc_V_m.csv")).unwrap().lines().count(), 2);
}

#[test]
fn options_are_told_by_their_names() {
    let room = Room::new("told-options");
    room.write("net.toml", net("").replace("threads = 1", ""));
    for (option, value, said) in [
        ("--seconds", "0", "--seconds 0: write a number of seconds above 0, such as 0.5"),
        ("--seconds", "inf", "--seconds inf: write a number of seconds above 0"),
        ("--threads", "0", "--threads 0: write a whole number from 1 to 4096"),
        ("--threads", "-1", "--threads -1: write a whole number from 1 to 4096"),
        ("--memory", "0", "--memory 0: it is no size; write it as 6GiB, 500MB or in bytes"),
        ("--seconds", "0.00995", "time: --seconds = 9.95 ms is not a whole number of steps of 0.1 ms"),
        ("--seconds", "1e-7", "time: --seconds = 0.0001 ms is not a whole number of steps of 0.1 ms"),
        ("--adapter", "x", "adapter = \"x\" chooses a GPU, and device is cpu; leave one of them out"),
    ] {
        let told = room.refused(&["run", "net.toml", option, value]);
        assert!(told.contains(said), "{told}");
    }
    for (arguments, said) in [
        (["--seconds", "-1"], "--seconds -1: write a number of seconds above 0, such as 0.5"),
        (["--seconds", "nan"], "--seconds nan: write a number of seconds above 0, such as 0.5"),
        (["--seconds", "0.00995"], "time: --seconds = 9.95 ms is not a whole number of steps of 0.1 ms"),
        (["--warm-up", "0.00995"], "time: --warm-up = 9.95 ms is not a whole number of steps of 0.1 ms"),
        (["--warm-up", "-1"], "--warm-up: -1 s must be 0 or greater"),
    ] {
        let told = room.refused(&[&["bench", "brunel"], &arguments[..]].concat());
        assert_eq!(told, said);
    }
    // A duration that the file gives is one of the file.
    room.write("off.toml", net("").replace("duration = 5.0", "duration = 9.95"));
    let told = room.refused(&["run", "off.toml"]);
    assert!(told.contains("duration = 9.95 ms is not a whole number of steps"), "{told}");
    printed(&room, &["run", "net.toml", "--seconds", "0.0097", "--out", "o"]);
    let written = std::fs::read_to_string(room.path("o/experiment.toml")).unwrap();
    assert!(written.contains("duration = 9.7\n"), "{written}");
}

#[test]
fn sentences_hold_no_words_of_the_program() {
    let joined = |weight: &str| {
        let head = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"all_to_all\"\nweight = ";
        sentence("told-words", &format!("{head}{weight}"))
    };
    for (weight, said) in [
        ("{ binomial = { n = 3, p = 1.5 } }", "binomial = { n = 3, p = 1.5 }: p must lie between 0 and 1"),
        ("{ normal = { mean = 1.0, sd = -1.0 } }", "normal = { mean = 1, sd = -1 }: a standard deviation must be"),
        ("{ normal = { mean = 0.0, sd = 1.0 }, min = 90.0 }", "no draw of normal = { mean = 0, sd = 1 } falls between"),
        (
            "{ normal_clipped = { mean = 0.0, sd = 1.0, low = 2.0, high = 1.0 } }",
            "its least value, 2, exceeds its largest, 1",
        ),
    ] {
        let told = joined(weight);
        assert!(told.contains(said), "{told}");
    }
    let record = |what: &str| format!("[[record]]\nwhat = \"spikes\"\nfrom = \"exc[{what}]\"\n");
    let told = sentence("told-words", &format!("{}{}start = 1.0", record("0"), record("1")));
    assert!(told.contains("spikes are recorded from 0 ms on elsewhere, and here from 1 ms on"), "{told}");
    for range in ["3..0", "0..0"] {
        let told = sentence("told-words", &record(range));
        assert!(told.ends_with("a range without a neuron; 0..3 is the neurons 0, 1 and 2"), "{told}");
    }
    let more = "[[population]]\nname = \"b\"\nsize = 2\nmodel = \"iaf_psc_exp\"\nparams = { t_ref = -1.0 }";
    let told = sentence("told-words", more);
    assert!(told.ends_with("b.t_ref = -1 must be 0 ms or greater"), "{told}");
}

#[test]
fn tables_whose_columns_stand_between_others_than_commas_are_told_so() {
    let room = Room::new("told-separator");
    let list = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"t.csv\"";
    let spikes = "[[stimulus]]\ntype = \"spike_generator\"\nto = \"exc\"\nfile = \"t.csv\"";
    for (more, header) in [(list, "source;target;weight"), (spikes, "neuron\ttime_ms"), (list, "source|target")] {
        room.write("net.toml", net(more));
        room.write("t.csv", format!("{header}\n"));
        let told = room.refused(&["run", "net.toml"]);
        assert!(told.contains("t.csv, line 1: the columns stand between ") && told.contains("by commas"), "{told}");
    }
    room.write("net.toml", net(""));
    room.write("s.csv", "exc.V_th;seed\n-50;1\n");
    let told = room.refused(&["run", "net.toml", "--sweep", "s.csv"]);
    assert!(told.contains("s.csv, line 1: the columns stand between semicolons; separate them by commas"), "{told}");
}

/// Where a text says "1 nodes" or the like.
fn many_of_one(text: &str) -> Option<String> {
    let wrong = |pair: &&[&str]| pair[0] == "1" && pair[1].len() > 3 && pair[1].ends_with('s') && pair[1] != "less";
    text.lines().find_map(|line| {
        let words = line.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
        let words: Vec<&str> = words.collect();
        words.windows(2).find(wrong).map(|pair| pair.join(" "))
    })
}

#[test]
fn one_thing_is_told_as_one() {
    let room = Room::new("told-one");
    let alone = net("").replace("size = 10", "size = 1").replace("duration = 5.0", "duration = 0.1");
    room.write("net.toml", &alone);
    room.write("list.csv", "source,target,weight\nA,A,1\n");
    for (arguments, said) in [
        (&["run", "net.toml", "--explain-plan"][..], "0 synapses"),
        (&["run", "net.toml", "--out", "o"], "in 1 step of 0.1 ms"),
        (&["connectome", "info", "list.csv"], "the largest of 1 node\n"),
        (&["connectome", "convert", "list.csv", "list.npz"], "1 edge among 1 node\n"),
    ] {
        let told = printed(&room, arguments);
        assert!(told.contains(said) && many_of_one(&told).is_none(), "{:?} in {told}", many_of_one(&told));
    }
    for (more, said) in [
        ("[[record]]\nwhat = \"V_m\"\nfrom = \"exc[5]\"", "which has 1 neuron (0 to 0)"),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"edges.csv\"",
            "is no index of exc, which has 1 neuron (0 to 0)",
        ),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"short.csv\"",
            "this line has 1 field, and the header line has 3",
        ),
        ("params = { V_th = [1.0, 2.0] }", "2 values for 1 item"),
    ] {
        room.write("edges.csv", "source,target,weight\n0,3,1\n");
        room.write("short.csv", "source,target,weight\n0\n");
        room.write("wrong.toml", format!("{alone}\n{more}\n"));
        let told = room.refused(&["run", "wrong.toml"]);
        assert!(told.contains(said) && many_of_one(&told).is_none(), "{told}");
    }
    assert_eq!(many_of_one("a list of 1 nodes,").as_deref(), Some("1 nodes"), "and the test sees one that is not");
}
