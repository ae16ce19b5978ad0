//! Names of populations, neurons and settings: what can be said once, and means one thing.

use super::printed;
use crate::support::program::{Room, net, sentence};
use neuropil::prelude::*;

fn named(name: &str) -> String {
    sentence("names", &format!("[[population]]\nname = {name}\nsize = 2\nmodel = \"iaf_psc_exp\""))
}

#[test]
fn names_of_populations_that_mean_something_else_are_refused() {
    for (name, said) in [
        ("\"exc[0]\"", "its name holds [, with which neurons are selected and values set; choose another"),
        ("\"*\"", "its name holds *,"),
        ("\"a,b\"", "its name holds ,,"),
        ("\"a=b\"", "its name holds =,"),
        ("\"a->b\"", "its name holds ->, which stands between the ends of a projection"),
        ("\"simulation\"", "its name is that of a table of experiment files"),
        ("\"plan\"", "its name is that of a table"),
        ("\"preset\"", "its name is that of a table"),
        ("\" a\"", "its name begins or ends with a blank"),
        ("\"a\\nb\"", "its name holds a line end or another control character"),
    ] {
        let sentence = named(name);
        assert!(sentence.contains("net.toml, line 11") && sentence.contains(said), "{sentence}");
    }
    let mut network = Network::new(0.1.ms());
    for name in ["a[0]", "*", "a->b", "a,b", "simulation", ""] {
        assert!(network.add(name, 2, IafPscExp::default()).is_err(), "{name}");
    }
    network.add("V1-23E.left (a + b)", 2, IafPscExp::default()).unwrap();
}

/// Three neurons with these names, and what is recorded of them.
fn neurons(room: &Room, names: [&str; 3], more: &str) {
    let quoted = names.map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
    room.write("n.csv", format!("index,name\n0,{}\n1,{}\n2,{}\n", quoted[0], quoted[1], quoted[2]));
    room.write(
        "net.toml",
        format!(
            "[simulation]\nduration = 5.0\n[[population]]\nname = \"n\"\nmodel = \"iaf_psc_exp\"\nneurons = \"n.csv\"\n{more}\n"
        ),
    );
}

#[test]
fn names_of_neurons_are_refused_as_those_of_populations_are() {
    let room = Room::new("neuron-names");
    let long = "x".repeat(121);
    for (names, said) in [
        (["a", "", ""], "n.csv, line 3: population 'n': this neuron has no name; give each its own"),
        (["a", "b\u{7}", "c"], "n.csv, line 3: population 'n': the neuron's name holds a line end or another control"),
        (["a\nb", "c", "d"], "the neuron's name holds a line end"),
        (["a", "b", &long], "n.csv, line 4: population 'n': the neuron's name has 121 bytes; 120 are the most"),
        (["a", "b", "a"], "two neurons are called 'a'"),
    ] {
        neurons(&room, names, "");
        let sentence = room.refused(&["run", "net.toml"]);
        assert!(sentence.contains(said), "{sentence}");
    }
}

#[test]
fn a_quote_in_the_name_of_a_neuron_is_written_twice() {
    let room = Room::new("neuron-quotes");
    let names = ["say \"a\"", "b, c", "d"];
    let record = |from: &str| format!("[[record]]\nwhat = \"V_m\"\nfrom = '''{from}'''");
    for (from, columns) in [
        ("n[\"say \"\"a\"\"\"]", "time_ms,\"say \"\"a\"\"\""),
        ("n[say \"a\", \"b, c\"]", "time_ms,\"say \"\"a\"\"\",\"b, c\""),
    ] {
        neurons(&room, names, &record(from));
        printed(&room, &["run", "net.toml", "--out", "o", "--force"]);
        let table = std::fs::read_to_string(room.path("o/traces_n_V_m.csv")).unwrap();
        assert_eq!(table.lines().next(), Some(columns));
    }
    neurons(&room, names, &record("n[\"say \\\"a\\\"\"]"));
    let sentence = room.refused(&["run", "net.toml"]);
    assert!(sentence.ends_with("; a quote within a name in quotes is written twice"), "{sentence}");
}

/// Two projections with the same ends, and another.
fn twins(room: &Room) {
    let joined = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"all_to_all\"\nweight = 1.0\n";
    let other = "[[stimulus]]\ntype = \"poisson_generator\"\nto = \"exc\"\nrate = 5.0\n";
    room.write("net.toml", net(&format!("{joined}{joined}{other}{other}")));
}

#[test]
fn a_setting_changes_one_table() {
    let room = Room::new("one-table");
    twins(&room);
    for (set, said) in [
        (
            "exc->exc.weight=3",
            "several tables are exc->exc; say which, projection[0] or projection[1], in place of exc->exc",
        ),
        ("poisson_generator->exc.rate=3", "say which, stimulus[0] or stimulus[1]"),
        ("projection[2].weight=3", "there is no projection[2]; the file has 2 such tables, counted from 0"),
        ("projection[x].weight=3", "there is no projection[x]"),
        ("simulation.seed=1\ndt=0.5", "--set simulation.seed=1\\ndt=0.5: "),
        ("exc.V_th=-50\n[plan]", "--set exc.V_th=-50\\n[plan]: "),
    ] {
        let sentence = room.refused(&["run", "net.toml", "--set", set]);
        assert!(sentence.contains(said), "{sentence}");
    }
    printed(
        &room,
        &["run", "net.toml", "--set", "projection[1].weight=3", "--set", "stimulus[0].rate=7", "--out", "o"],
    );
    let written = std::fs::read_to_string(room.path("o/experiment.toml")).unwrap();
    let values = |key: &str| written.lines().filter(|line| line.starts_with(key)).collect::<Vec<_>>().join(" ");
    assert_eq!(values("weight"), "weight = 1.0 weight = 3.0");
    assert_eq!(values("rate"), "rate = 7.0 rate = 5.0");
}

#[test]
fn a_value_is_set_once() {
    let room = Room::new("set-twice");
    twins(&room);
    for (first, second) in [
        ("exc.V_th=-50", "exc.V_th=-51"),
        ("exc.V_th=-50", " exc.V_th = -50"),
        ("exc.V_th=-50", "*.V_th=-51"),
        ("simulation.seed=1", "simulation.seed=2"),
        ("plan.rows=stored", "plan.rows=drawn"),
        ("projection[1].weight=3", "projection[1].weight=4"),
    ] {
        let sentence = room.refused(&["run", "net.toml", "--set", first, "--set", "exc.C_m=200", "--set", second]);
        let said = format!("--set {second}: --set {first} sets the same value; leave one out");
        assert_eq!(sentence, said);
        room.write("s.csv", "exc.tau_m\n10\n20\n");
        let sentence = room.refused(&["run", "net.toml", "--sweep", "s.csv", "--set", first, "--set", second]);
        assert_eq!(sentence, said);
    }
    let one = std::fs::read_to_string(room.path("net.toml")).unwrap();
    let last = one.rfind("[[projection]]").unwrap();
    room.write("one.toml", &one[..last]);
    let named = ["--set", "projection[0].weight=3", "--set", "exc->exc.weight=4"];
    let sentence = room.refused(&[&["run", "one.toml"], &named[..]].concat());
    assert!(sentence.ends_with("--set projection[0].weight=3 sets the same value; leave one out"), "{sentence}");
    // A general value and an exception are no mistake.
    let both = ["--set", "*.V_th=-50", "--set", "exc.V_th=-51", "--set", "exc.C_m=200", "--out", "o"];
    printed(&room, &[&["run", "net.toml"], &both[..]].concat());
    let written = std::fs::read_to_string(room.path("o/experiment.toml")).unwrap();
    assert!(written.contains("V_th = -51") && !written.contains("V_th = -50"), "{written}");
}

#[test]
fn a_value_of_a_sweep_is_given_once() {
    let room = Room::new("sweep-twice");
    twins(&room);
    for (columns, options, said) in [
        ("seed,simulation.seed", "", "columns 'seed' and 'simulation.seed' set the same value; keep one of them"),
        ("exc.V_th,*.V_th", "", "columns 'exc.V_th' and '*.V_th' set the same value"),
        ("projection[0].weight,exc->exc.weight", "", "several tables are exc->exc"),
        ("seed,exc.V_th", "--seed=3", "--seed: it sets simulation.seed, and column 'seed' of the sweep does, too"),
        ("exc.V_th,simulation.duration", "--seconds=3", "--seconds: it sets simulation.duration, and column"),
        (
            "exc.V_th,seed",
            "--set=exc.V_th=-50",
            "--set: it sets exc.V_th, and column 'exc.V_th' of the sweep does, too",
        ),
        ("*.V_th,seed", "--set=exc.V_th=-50", "--set: it sets exc.V_th, and column '*.V_th' of the sweep does, too"),
        ("threads,exc.V_th", "--threads=2", "threads is one for all trials"),
    ] {
        room.write("s.csv", format!("{columns}\n10,20\n"));
        let mut arguments = vec!["run", "net.toml", "--sweep", "s.csv"];
        arguments.extend(Some(options).filter(|options| !options.is_empty()));
        let sentence = room.refused(&arguments);
        assert!(sentence.contains(said), "{sentence}");
    }
    let sentence = room.refused(&["run", "net.toml", "--seed", "3", "--set", "simulation.seed=4"]);
    assert!(sentence.contains("--seed: it sets simulation.seed, and --set does, too; leave one out"), "{sentence}");
    // A general value and an exception are no mistake.
    room.write("s.csv", "*.V_th,exc.V_th,seed\n-50,-51,3\n");
    printed(&room, &["run", "net.toml", "--sweep", "s.csv", "--seconds", "0.004", "--set", "exc.C_m=200"]);
}
