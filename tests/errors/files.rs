//! Files that cannot be read, or do not hold what they should.

use crate::support::program::{Room, net, sentence};

const LISTED: &str = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"connections.csv\"";

/// What the program says of a list of connections.
fn connections(test: &str, csv: &[u8]) -> String {
    let room = Room::new(test);
    room.write("net.toml", net(LISTED));
    room.write("connections.csv", csv);
    let said = room.refused(&["run", "net.toml"]);
    let path = room.path("connections.csv").display().to_string();
    said.strip_prefix("net.toml, line 11: ").expect(&said).replace(&path, "connections.csv")
}

#[test]
fn connections_with_a_mistake() {
    let cases: [(&str, &[u8], &str); 11] = [
        (
            "target",
            b"source,target,weight,delay_ms\n0,1,5,1\n3,10,5,1\n",
            "connections.csv, line 3: target = 10 is no index of exc, which has 10 neurons (0 to 9)",
        ),
        (
            "negative",
            b"source,target,weight,delay_ms\n-1,1,5,1\n",
            "connections.csv, line 2: source = -1 is no index of exc, which has 10 neurons (0 to 9)",
        ),
        (
            "fraction",
            b"source,target\n0.5,1\n",
            "connections.csv, line 2: source = 0.5 is no index of exc, which has 10 neurons (0 to 9)",
        ),
        ("nan", b"source,target,weight\n0,1,NaN\n", "connections.csv, line 2: weight = NaN is not a finite number"),
        ("text", b"source,target,weight\n0,1,big\n", "connections.csv, line 2: weight = 'big' is not a number"),
        (
            "ragged",
            b"source,target,weight\n0,1,5\n0,1\n",
            "connections.csv, line 3: this line has 2 fields, and the header line has 3",
        ),
        (
            "column",
            b"source,target,wieght\n0,1,5\n",
            "unknown column 'wieght' in connections.csv, line 1; did you mean 'weight'?",
        ),
        (
            "missing_column",
            b"source,weight\n0,5\n",
            "connections.csv, line 1: there is no column 'target', only source, weight; add it to the header line",
        ),
        (
            "empty_csv",
            b"",
            "connections.csv: the file is empty; its first line must name columns: source, target, weight, delay_ms",
        ),
        (
            "latin1",
            b"source,target,weight\n0,1,5\n0,1,\xb5\n",
            "connections.csv, line 3: this is not UTF-8 text; save the file as UTF-8",
        ),
        (
            "short_delay",
            b"source,target,weight,delay_ms\n0,1,5,0.01\n",
            "connections.csv, line 2: projection exc -> exc: delay 0.01 ms is below dt = 0.1 ms; the shortest delay is one step",
        ),
    ];
    for (test, csv, expected) in cases {
        assert_eq!(connections(test, csv), expected);
    }
}

#[test]
fn connections_without_a_mistake_run() {
    let room = Room::new("connections_right");
    room.write("net.toml", net(LISTED));
    room.write("connections.csv", "source,target,weight,delay_ms\n0,1,5,1\n3,9,5,1\n");
    assert_eq!(room.run(&["run", "net.toml"]).status.code(), Some(0));
}

#[test]
fn a_list_of_connections_that_is_missing() {
    let room = Room::new("missing_list");
    room.write("net.toml", net(LISTED));
    let path = room.path("connections.csv");
    assert_eq!(
        room.refused(&["run", "net.toml"]),
        format!("net.toml, line 11: {}: there is no such file", path.display())
    );
}

#[test]
fn neurons_that_are_missing_or_there_twice() {
    let more = "[[population]]\nname = \"b\"\nsize = 2\nmodel = \"iaf_psc_exp\"\nneurons = \"neurons.csv\"";
    let room = Room::new("neurons");
    room.write("net.toml", net(more));
    let path = room.path("neurons.csv").display().to_string();
    let cases = [
        ("index,V_m\n0,-60\n0,-61\n", ", line 3: index 0 is there twice"),
        ("index,V_m\n1,-60\n", ": there is no line for index 0; population 'b' has 2 neurons and needs one each"),
        ("index,V_m\n2,-60\n", ", line 2: index = 2 is no index of population 'b', which has 2 neurons (0 to 1)"),
        ("index,V_n\n0,-60\n1,-60\n", ""),
    ];
    for (csv, expected) in cases {
        room.write("neurons.csv", csv);
        let said = room.refused(&["run", "net.toml"]);
        let expected = match expected {
            "" => format!("net.toml, line 11: unknown column 'V_n' in {path}, line 1; did you mean 'V_m'?"),
            problem => format!("net.toml, line 11: {path}{problem}"),
        };
        assert_eq!(said, expected);
    }
}

#[test]
fn an_experiment_that_is_missing_empty_or_not_text() {
    let room = Room::new("experiment_files");
    assert_eq!(room.refused(&["run", "net.toml"]), "net.toml: there is no such file");
    room.write("net.toml", "");
    assert_eq!(
        room.refused(&["run", "net.toml"]),
        "net.toml: the file is empty; `neuropil run --help-format` shows what an experiment file holds"
    );
    room.write("net.toml", b"[simulation]\nduration = 5\n# \xff\n");
    assert_eq!(room.refused(&["run", "net.toml"]), "net.toml, line 3: this is not UTF-8 text; save the file as UTF-8");
    room.write("net.toml", "[simulation]\nduration = 5\n");
    assert_eq!(
        room.refused(&["run", "net.toml"]),
        "net.toml: there is neither a [[population]] nor a [preset]; `neuropil run --help-format` shows what an experiment \
         file holds"
    );
    std::fs::create_dir(room.path("folder.toml")).unwrap();
    assert_eq!(room.refused(&["run", "folder.toml"]), "folder.toml: this is a folder; name an experiment file");
}

#[test]
fn an_experiment_that_is_not_toml() {
    let said = sentence("syntax", "[[projection]\nfrom = 1");
    assert!(said.starts_with("net.toml, line 11: this is not TOML: "), "{said}");
}
