//! Tables that people and programs wrote: numbers, quotes and separators.

use super::printed;
use crate::support::program::{Room, net};

#[test]
fn a_number_that_would_become_zero_or_infinite_is_refused_with_its_place() {
    let room = Room::new("lost-numbers");
    let joined = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"edges.csv\"\n";
    let edges =
        |weight: &str| room.write("edges.csv", format!("source,target,weight,delay_ms\n0,1,3,1\n1,2,{weight},1\n"));
    let neurons = |v: &str| {
        room.write("n.csv", format!("index,I_e\n{}", (0..10).map(|i| format!("{i},{v}\n")).collect::<String>()))
    };
    room.write("net.toml", net(joined).replace("[[projection]]", "neurons = \"n.csv\"\n[[projection]]"));
    let (small, large) =
        ("is too small for a number of 64 bits; write 0 if it is meant", "is too large for a number of 64 bits");
    for (number, problem) in [("1e-400", small), ("-2.5E-999", small), ("1e400", large)] {
        edges(number);
        neurons("1");
        assert_eq!(
            room.refused(&["run", "net.toml"]).rsplit_once("line ").unwrap().1,
            format!("3: weight = {number} {problem}")
        );
        edges("2");
        neurons(number);
        assert_eq!(
            room.refused(&["run", "net.toml"]).rsplit_once("line ").unwrap().1,
            format!("2: I_e = {number} {problem}")
        );
        neurons("0e-400");
        let said = room.refused(&[
            "run",
            "net.toml",
            "--set",
            &format!("exc.V_th={{ uniform = {{ low = -50.0, high = {number} }} }}"),
        ]);
        assert!(said.starts_with("--set ") && said.ends_with(&format!(": {number} {problem}")), "{said}");
        room.write("s.csv", format!("exc.C_m\n200\n{number}\n"));
        let said = room.refused(&["run", "net.toml", "--sweep", "s.csv"]);
        assert_eq!(said, format!("s.csv, line 3: exc.C_m = '{number}' {problem}"));
        room.write("toml.toml", net(&format!("params = {{ C_m = 250.0,\n V_th = [1.0, {number}] }}")));
        assert_eq!(room.refused(&["run", "toml.toml"]), format!("toml.toml, line 12: {number} {problem}"));
    }
    printed(&room, &["run", "net.toml", "--set", "exc.C_m=0.1e3", "--out", "o"]);
}

#[test]
fn tables_of_a_run_are_read_with_the_same_care() {
    let room = Room::new("own-tables");
    room.write("net.toml", net("[[record]]\nwhat = \"V_m\"\nfrom = \"exc[0, 3]\""));
    printed(&room, &["run", "net.toml", "--set", "exc.I_e=900.0", "--seconds", "0.05", "--out", "o"]);
    printed(&room, &["plot", "o"]);
    for (name, line, problem) in [
        ("spikes.csv", "0.1,\"exc,0\n0.2,exc,0", "a quote (\") opens here and is not closed; close it or remove it"),
        ("traces_exc_V_m.csv", "\"1.0,-70,-70\n2.0,-70,-70", "a quote (\") opens here and is not closed; close it or"),
        ("traces_exc_V_m.csv", "1.0,-70,1e-400", "is too small for a number of 64 bits; write 0 if it is meant"),
    ] {
        let whole = std::fs::read_to_string(room.path("o").join(name)).unwrap();
        let header = whole.lines().next().unwrap();
        room.write(&format!("o/{name}"), format!("{header}\n{line}\n"));
        let said = room.refused(&["plot", "o"]);
        assert!(said.contains(&format!("o/{name}, line 2: ")) && said.contains(problem), "{name}: {said}");
        room.write(&format!("o/{name}"), whole);
    }
}

#[test]
fn the_separator_that_is_found_is_named_with_what_to_do() {
    let room = Room::new("separators");
    let file = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"edges.csv\"\n\
                [[stimulus]]\ntype = \"spike_generator\"\nto = \"exc\"\nweight = 1.0\nfile = \"inputs.csv\"\n";
    room.write("net.toml", net(file).replace("[[projection]]", "neurons = \"n.csv\"\n[[projection]]"));
    let write = |name: &str, separator: &str| {
        let rows = (0..10).map(|i| format!("{i},1\n")).collect::<String>();
        let text = match name {
            "edges.csv" => "source,target,weight,delay_ms\n# from, to\n0,1,3,1\n".to_owned(),
            "inputs.csv" => "# when\nneuron,time_ms\n0,1\n".to_owned(),
            "n.csv" => format!("index,I_e\n{rows}# the end\n"),
            _ => "exc.C_m,seed\n# first\n200,1\n".to_owned(),
        };
        room.write(name, text.replace(',', separator));
    };
    let all = ["edges.csv", "inputs.csv", "n.csv", "s.csv"];
    all.iter().for_each(|name| write(name, ","));
    printed(&room, &["run", "net.toml", "--sweep", "s.csv", "--out", "o"]);
    for name in all {
        for (separator, words) in [
            (";", "semicolons; separate them by commas, and write 0.5 for 0,5"),
            ("\t", "tabs; separate them by commas"),
            ("|", "bars; separate them by commas"),
            (" ", "blanks; separate them by commas"),
        ] {
            write(name, separator);
            let said = room.refused(&["run", "net.toml", "--sweep", "s.csv"]);
            assert!(said.ends_with(&format!("{name}, line 1: the columns stand between {words}")), "{said}");
        }
        write(name, ",");
    }
}
