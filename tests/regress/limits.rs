//! Endless, huge and odd files, threads and outputs.

use std::process::Command;

use crate::support::program::{Room, net};

/// Virtual memory that the program may have in these tests, KiB: far less than the files have.
const CEILING: u64 = 1 << 20;

/// What the program says, which must refuse at once and in little memory: one clean sentence, exit code 2.
fn refused(room: &Room, arguments: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_neuropil");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {CEILING}; exec timeout 60 \"$@\""), "sh", program]);
    let output = command.args(arguments).current_dir(room.path("")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?} said {said}");
    let sentence = said.strip_prefix("error: ").expect(&said).strip_suffix('\n').expect(&said);
    assert!(clean(sentence), "{arguments:?} said {sentence:?}");
    sentence.to_owned()
}

fn clean(sentence: &str) -> bool {
    sentence.chars().count() <= 1700 && !sentence.chars().any(neuropil::quote::is_hidden)
}

/// A file of `size` bytes of which only `start` is written.
fn sparse(room: &Room, name: &str, start: &[u8], size: u64) {
    room.write(name, start);
    std::fs::File::options().write(true).open(room.path(name)).unwrap().set_len(size).unwrap();
}

/// A room in which every way in of the program leads to the file `odd`.
fn all_ways_in(test: &str) -> (Room, Vec<Vec<&'static str>>) {
    let room = Room::new(test);
    let population = "[[population]]\nname = \"b\"\nsize = 10\nmodel = \"iaf_psc_exp\"\n";
    let nets = [
        ("list.toml", "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"./odd\"".to_owned()),
        ("neurons.toml", format!("{population}neurons = \"./odd\"")),
        ("value.toml", format!("{population}params = {{ C_m = {{ file = \"./odd\", column = \"C_m\" }} }}")),
        (
            "inputs.toml",
            "[[stimulus]]\ntype = \"spike_generator\"\nto = \"exc\"\nweight = 1.0\nfile = \"./odd\"".to_owned(),
        ),
        ("graph.toml", format!("{}connectome = \"./odd\"", population.replace("size = 10\n", ""))),
        ("net.toml", String::new()),
    ];
    let mut ways = vec![vec!["run", "./odd"], vec!["resume", "odd"], vec!["connectome", "info", "./odd"]];
    for (name, more) in nets {
        room.write(name, net(&more));
        ways.push(match name {
            "net.toml" => vec!["run", name, "--sweep", "odd"],
            _ => vec!["run", name],
        });
    }
    (room, ways)
}

#[test]
fn an_endless_device_is_no_file_on_any_way_in() {
    let (room, ways) = all_ways_in("ways-device");
    for device in ["/dev/zero", "/dev/urandom", "/dev/null"] {
        let _ = std::fs::remove_file(room.path("odd"));
        std::os::unix::fs::symlink(device, room.path("odd")).unwrap();
        for way in &ways {
            let said = refused(&room, way);
            assert!(said.contains("odd: this is a device and not a file; name a"), "{way:?} said {said}");
        }
    }
    let said = refused(&room, &["run", "/dev/zero"]);
    assert_eq!(said, "/dev/zero: this is a device and not a file; name an experiment file");
}

#[test]
fn a_folder_or_a_socket_is_no_file_on_any_way_in() {
    let (room, ways) = all_ways_in("ways-folder");
    std::fs::create_dir(room.path("odd")).unwrap();
    for way in &ways {
        assert!(refused(&room, way).contains("odd: this is a folder; name a"), "{way:?}");
    }
    std::fs::remove_dir(room.path("odd")).unwrap();
    // Paths of sockets must be short.
    let socket = std::env::temp_dir().join(format!("neuropil-{}.socket", std::process::id()));
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    std::os::unix::fs::symlink(&socket, room.path("odd")).unwrap();
    for way in &ways {
        assert!(refused(&room, way).contains("odd: this is a device and not a file"), "{way:?}");
    }
    std::fs::remove_file(socket).unwrap();
}

#[test]
fn a_huge_file_of_nothing_is_refused_in_little_memory_on_any_way_in() {
    let (room, ways) = all_ways_in("ways-sparse");
    // Within the limits of lists, and beyond them.
    for size in [2 << 30, 100 << 30] {
        sparse(&room, "odd", b"", size);
        for way in &ways {
            let said = refused(&room, way);
            let expected = match way[..] {
                ["resume", ..] => "is not a checkpoint of neuropil",
                ["run", "./odd"] => {
                    "over the limit of 64.0 MiB; if that is right, set NEUROPIL_MAX_FILE to a larger size"
                }
                _ if size > 2 << 30 => "it has 100.0 GiB, over the limit of 2.0 GiB; ",
                _ => "line 1: there is a byte 0, so it is not text; name a text file, in UTF-8",
            };
            let unknown = size <= 2 << 30 && said.contains("it is no text and in no format that is known");
            assert!(said.contains(expected) || unknown, "{way:?} said {said}");
        }
    }
}

#[test]
fn a_huge_file_that_begins_as_a_known_format_is_refused_in_little_memory() {
    let room = Room::new("sparse-known");
    let npy = b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'fortran_order': False, 'shape': (16384, 16384), }";
    let starts: [&[u8]; 9] = [
        b"PK\x03\x04\x14\x00",
        b"{\"nodes\": [",
        b"<?xml version=\"1.0\"?>\n<graphml>",
        b"PAR1",
        npy,
        b"MATLAB 5.0 MAT-file",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
        b"source,target\n0,1\n",
        b"\x89neuropil run\r\n\x1a",
    ];
    for start in starts {
        sparse(&room, "odd.file", start, (2 << 30) - 5);
        refused(&room, &["connectome", "info", "odd.file"]);
        refused(&room, &["resume", "odd.file"]);
    }
}

#[test]
fn a_line_without_an_end_is_refused_early() {
    let (room, ways) = all_ways_in("long-line");
    room.write("odd", "7".repeat(17 << 20));
    for way in ways.iter().filter(|way| way[0] != "resume") {
        let said = refused(&room, way);
        assert!(said.contains("it has a line of more than 16 MiB"), "{way:?} said {said}");
    }
}

#[test]
fn the_limit_of_a_file_is_named_and_can_be_changed() {
    let room = Room::new("limit");
    room.write("net.toml", net("[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"list.csv\""));
    room.write("list.csv", format!("source,target\n{}", "0,1\n".repeat(500)));
    let with = |size: &str| {
        let output =
            room.command(&["run", "net.toml", "--out", "out", "--force"]).env("NEUROPIL_MAX_FILE", size).output();
        (output.as_ref().unwrap().status.code(), String::from_utf8(output.unwrap().stderr).unwrap())
    };
    let (code, said) = with("1 kB");
    let expected = "list.csv: it has 2.0 KiB, over the limit of 1000 B; if that is right, set NEUROPIL_MAX_FILE to a larger \
                    size, such as NEUROPIL_MAX_FILE=100GiB\n";
    assert!(code == Some(2) && said.ends_with(expected), "{said}");
    assert_eq!(with("2kB").0, Some(2));
    assert_eq!(with("2100").0, Some(0));
    let (code, said) = with("much");
    assert_eq!(
        (code, said.as_str()),
        (Some(2), "error: NEUROPIL_MAX_FILE: 'much' is no size; write it as 6GiB, 500MB or in bytes\n")
    );
}

#[test]
fn a_pipe_is_read_to_its_end_and_not_waited_for_without_a_writer() {
    let room = Room::new("pipe");
    room.write("net.toml", net(""));
    let program = env!("CARGO_BIN_EXE_neuropil");
    let shell = |script: &str| {
        let output =
            Command::new("timeout").args(["60", "sh", "-c", script, "sh", program]).current_dir(room.path("")).output();
        (output.as_ref().unwrap().status.code(), String::from_utf8(output.unwrap().stderr).unwrap())
    };
    assert_eq!(shell("cat net.toml | \"$1\" run /dev/stdin --out a"), (Some(0), String::new()));
    assert_eq!(shell("mkfifo slow; (sleep 1; cat net.toml) > slow & \"$1\" run ./slow --out b").0, Some(0));
    let unused = "error: ./unused: nobody writes into this pipe\n".to_owned();
    assert_eq!(shell("mkfifo unused; \"$1\" run ./unused"), (Some(2), unused));
    assert_eq!(shell("printf 'a,b\\n0,1\\n' | \"$1\" connectome info /dev/stdin --json").0, Some(2));
    assert_eq!(shell("printf 'source,target\\n0,1\\n' | \"$1\" connectome info /dev/stdin --json").0, Some(0));
    #[cfg(feature = "formats")]
    for name in ["codex.parquet", "list.xlsx", "list.xlsb", "list.xls", "list.ods"] {
        let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/fixtures").join(name);
        std::fs::copy(fixture, room.path("binary")).unwrap();
        let said = shell("cat binary | \"$1\" connectome info /dev/stdin --json");
        assert_eq!(said, (Some(0), String::new()), "{name}");
    }
    let (code, said) = shell("yes | \"$1\" run /dev/stdin");
    assert!(
        code == Some(2) && said.starts_with("error: /dev/stdin: it has more than the limit of 64.0 MiB; "),
        "{said}"
    );
}

#[test]
fn a_pattern_of_many_stars_is_matched_in_one_pass() {
    let room = Room::new("stars");
    let nodes = |pattern: &str| {
        let text = format!(
            "[simulation]\nduration = 1.0\ndevice = \"cpu\"\n[[population]]\nname = \"b\"\nmodel = \"iaf_psc_exp\"\n\
             connectome = \"./list.csv\"\nnodes = {{ name = \"{pattern}\" }}"
        );
        room.write("net.toml", text);
    };
    let name = "a".repeat(4000);
    room.write("list.csv", format!("source,target\n{name},aba\nabba,{name}\n"));
    nodes(&("*a".repeat(40) + "*b"));
    refused(&room, &["run", "net.toml"]);
    for (pattern, count) in [("*a*a*", 3), ("a*b*a", 2), ("ab*ba", 1), ("*bb*", 1), ("*", 3), ("a**a", 3), ("aba", 1)] {
        nodes(pattern);
        let output = room.run(&["run", "net.toml", "--json"]);
        let facts: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(facts["neurons"], count, "{pattern}");
    }
}

#[test]
fn what_is_quoted_of_a_file_is_escaped_and_cut() {
    let room = Room::new("escaped");
    let wild = "\u{1b}[31m\u{202e}\u{200b}\u{9b}2J\u{7}";
    let long = "x".repeat(12_000);
    for (text, shown) in [(wild, r"\u{1b}[31m\u{202e}\u{200b}\u{9b}2J\u{7}"), (&long, "xxx...")] {
        let key = text.replace('\u{1b}', "\\u001b").replace('\u{9b}', "\\u009b").replace('\u{7}', "\\u0007");
        let experiments = [
            net(&format!("\"{key}\" = 1")),
            net(&format!("[[projection]]\nfrom = \"exc{key}\"\nto = \"exc\"\nrule = \"all_to_all\"")),
            net(&format!("[[stimulus]]\ntype = \"{key}\"\nto = \"exc\"")),
            net(&format!("[[record]]\nwhat = \"V_m\"\nfrom = \"exc[{key}]\"")),
            format!("[preset]\nname = \"{key}\""),
        ];
        for experiment in experiments {
            room.write("net.toml", experiment);
            let said = refused(&room, &["run", "net.toml"]);
            assert!(said.contains(shown), "{said}");
        }
        room.write("net.toml", net(""));
        for assignment in
            [format!("exc.{text}=1"), format!("{text}.V_th=1"), format!("exc.V_th={text}"), text.to_owned()]
        {
            refused(&room, &["run", "net.toml", "--set", &assignment]);
        }
        for list in
            [format!("source,target,{text}\n0,1,2\n"), format!("source,target,weight\n0,1,{text}\n"), text.to_owned()]
        {
            room.write("list.csv", list);
            room.write("list.toml", net("[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"list.csv\""));
            refused(&room, &["run", "list.toml"]);
            room.run(&["connectome", "info", "list.csv"]);
        }
        refused(&room, &["run", &format!("./{}", &text[..text.len().min(200)])]);
    }
}

#[test]
fn a_file_whose_name_is_odd_is_still_named_exactly() {
    let room = Room::new("odd-name");
    let name = format!("{}.toml", "n".repeat(200));
    assert_eq!(refused(&room, &["run", &name]), format!("{name}: there is no such file"));
    assert_eq!(refused(&room, &["run", "a b\n.toml"]), "a b\\n.toml: there is no such file");
}

#[test]
fn a_summary_cannot_lead_out_of_its_folder() {
    let room = Room::new("summary-leads-out");
    room.write("net.toml", net("[[record]]\nwhat = \"V_m\""));
    assert!(room.run(&["run", "net.toml", "--out", "out"]).status.success());
    let summary = std::fs::read_to_string(room.path("out/summary.json")).unwrap();
    assert!(summary.contains("\"traces_exc_V_m.csv\""), "{summary}");
    room.write("out/summary.json", summary.replace("\"traces_exc_V_m.csv\"", "\"../net.toml\""));
    let said = refused(&room, &["plot", "out"]);
    assert!(said.ends_with("its trace '../net.toml' is not the name of a file beside it"), "{said}");
    refused(&room, &["run", "net.toml", "--out", "out", "--force"]);
    assert!(room.path("net.toml").is_file());
}

#[test]
fn a_mistake_on_the_command_line_is_one_sentence() {
    let room = Room::new("command-line");
    let whole = "write a whole number, 0 or more (and less than 2^64)";
    let threads = "write a whole number from 1 to 4096";
    let cases = [
        ("run brunel --seed -1", format!("--seed -1: {whole}")),
        ("run brunel --seed 1.5", format!("--seed 1.5: {whole}")),
        ("run brunel --seed=", format!("--seed '': {whole}")),
        ("run brunel --threads 99999999999999999999999", format!("--threads 99999999999999999999999: {threads}")),
        ("run brunel --trials -3", format!("--trials -3: {whole}")),
        ("run brunel --seconds abc", "--seconds abc: write a number of seconds above 0, such as 0.5".into()),
        ("run brunel --sede 1", "command line: there is no option '--sede'; did you mean '--seed'?".into()),
        (
            "run brunel --\u{1b}[31m",
            "command line: there is no option '--\\u{1b}[31m'; --help lists what there is".into(),
        ),
        ("run brunel --seed", "--seed: its value is missing; write --seed <N>".into()),
        ("run", "command line: <PRESET | FILE.toml> is missing; --help shows examples".into()),
        ("run brunel --device tpu", "unknown value 'tpu' in --device; did you mean 'cpu'?".into()),
        ("run brunel --trials 2 --trial 3", "--trials: it does not go with --trial; leave one out".into()),
        ("run brunel --seed 1 --seed 2", "--seed: it is given twice; give it once".into()),
        (
            "run brunel --force",
            "command line: --out <FOLDER> or --spikes <FILE> is missing; --help shows examples".into(),
        ),
        ("run a b", "command line: 'b' is one argument too many; --help lists what there is".into()),
        ("runn brunel", "command line: there is no command 'runn'; did you mean 'run'?".into()),
        ("bench --runs 5000", "--runs 5000: 5000 is not in 1..=1000".into()),
    ];
    for (line, expected) in cases {
        assert_eq!(room.refused(&line.split(' ').collect::<Vec<_>>()), expected, "{line}");
    }
    let help = room.run(&["run", "--help"]);
    assert!(help.status.success() && String::from_utf8(help.stdout).unwrap().contains("Usage: neuropil run"));
}

#[test]
fn outputs_are_looked_at_before_the_simulation() {
    let room = Room::new("outputs");
    room.write("net.toml", net("[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"list.csv\""));
    room.write("list.csv", "source,target,weight,delay_ms\n0,1,1,1.5\n");
    let folder = "names a folder; name a file";
    assert_eq!(room.refused(&["run", "net.toml", "--spikes", "x.npy/"]), format!("x.npy/: {folder}"));
    assert_eq!(room.refused(&["run", "net.toml", "--checkpoint", "c/"]), format!("c/: {folder}"));
    let input = "is a file that the network is made from; choose another name";
    let over = ["run", "net.toml", "--force", "--spikes", "./list.csv"];
    assert_eq!(room.refused(&over), format!("./list.csv: {input}"));
    let both = ["run", "net.toml", "--spikes", "a.npy", "--checkpoint", "./a.npy"];
    assert!(room.refused(&both).contains("cannot hold both checkpoints and spikes"));
    for (name, problem) in [("a\\nb".to_owned(), "a line end"), ("n".repeat(5000), "has 5000 bytes")] {
        room.write("net.toml", net("").replace("\"exc\"", &format!("\"{name}\"")));
        assert!(room.refused(&["run", "net.toml"]).contains(problem));
        room.write("net.toml", format!("[simulation]\nname = \"{name}\"\n{}", &net("")["[simulation]\n".len()..]));
        assert!(room.refused(&["run", "net.toml"]).contains("name must be one line of at most 200 bytes"));
    }
}

#[test]
fn lists_that_do_not_fit_into_memory_end_as_a_sentence() {
    let room = Room::new("many-rows");
    let rows = |head: &str| format!("{head}\n{}", "0,1\n".repeat(6_000_000));
    room.write("edges.csv", rows("source,target"));
    room.write("rows.csv", rows("source,target"));
    let table = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"rows.csv\"\n";
    room.write("net.toml", net(table));
    let program = env!("CARGO_BIN_EXE_neuropil");
    for (arguments, words) in [
        (&["connectome", "info", "edges.csv"][..], "there is no memory for more edges; free some, or read fewer"),
        (&["run", "net.toml", "--threads", "1"], "there is no memory for more lines; free some, or read fewer"),
    ] {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v 150000; exec timeout 60 \"$@\"", "sh", program]).args(arguments);
        let output = command.current_dir(room.path("")).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(words), "{arguments:?}: {:?} {said}", output.status);
    }
}
