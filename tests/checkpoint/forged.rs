//! Checkpoints with a sound seal and checksum that say what no run has written: each is refused in a sentence, or gone on
//! with to the spikes of the run that was never stopped; nothing else is touched either way.

use super::program::BUSY;
use crate::support::program::{Room, net};
use neuropil::checkpoint::Checkpoint;
use neuropil::record::stream::Position;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A run of 50 ms that was stopped after 20 ms as if it had crashed, beside files that belong to nobody.
fn stopped(test: &str, more: &[&str]) -> Room {
    let room = Room::new(test);
    room.write("edges.csv", "source,target,weight,delay_ms\n0,1,300,1\n1,2,300,2\n");
    room.write("net.toml", net(&format!("{BUSY}\n[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"edges.csv\"")));
    let ran = |arguments: &[&str]| assert_eq!(room.run(arguments).status.code(), Some(0), "{arguments:?}");
    ran(&["run", "net.toml", "--seconds", "0.05", "--out", "whole"]);
    ran(&[&["run", "net.toml", "--seconds", "0.02", "--checkpoint", "c", "--out", "out"], more].concat());
    std::fs::remove_dir_all(room.path("out")).unwrap();
    forge(&room, "c", |c| {
        let experiment = c.note["experiment"].as_str().unwrap().replace("duration = 20.0", "duration = 50.0");
        c.note["experiment"] = experiment.into();
    });
    std::fs::create_dir(room.path("precious")).unwrap();
    for file in ["thesis.tex", ".notes.7.partial", "spikes.csv", "traces_a.csv"] {
        room.write(&format!("precious/{file}"), file);
    }
    room
}

/// The checkpoint "c" with a change, as `name`.
fn forge(room: &Room, name: &str, change: impl FnOnce(&mut Checkpoint)) {
    let mut checkpoint = Checkpoint::read(&room.path("c")).unwrap();
    change(&mut checkpoint);
    checkpoint.write(&room.path(name)).unwrap();
}

/// What every file of the room holds.
fn bytes(room: &Room) -> BTreeMap<PathBuf, Vec<u8>> {
    room.contents()
        .into_iter()
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

/// What is said of the checkpoint "c" with a change; empty where it was gone on with to the right spikes.
fn said(room: &Room, change: impl FnOnce(&mut Checkpoint)) -> String {
    forge(room, "forged", change);
    let before = bytes(room);
    let output = room.run(&["resume", "forged", "--checkpoint", "next"]);
    let said = String::from_utf8(output.stderr).unwrap();
    if output.status.code() == Some(0) {
        let spikes = ["out", "neuropil-out/net-1"].map(|folder| room.path(folder).join("spikes.csv"));
        let spikes = spikes.iter().chain([&room.path("s.csv")]).find(|path| path.exists()).unwrap().clone();
        assert!(std::fs::read(spikes).unwrap() == std::fs::read(room.path("whole/spikes.csv")).unwrap());
    } else {
        assert_eq!(output.status.code(), Some(2), "{said}");
        let sentence = said.strip_prefix("error: ").expect(&said).trim_end();
        assert!(!sentence.contains('\n') && !sentence.is_empty(), "{said}");
        assert!(bytes(room) == before, "refused, and yet something is another: {said}");
    }
    for folder in ["out", "neuropil-out"] {
        let _ = std::fs::remove_dir_all(room.path(folder));
    }
    for file in ["next", "s.csv"] {
        let _ = std::fs::remove_file(room.path(file));
    }
    for (path, content) in before {
        let now = std::fs::read(&path).ok();
        let own = path.ends_with("s.csv.partial");
        assert!(own || now.as_ref() == Some(&content), "{} has changed", path.display());
        std::fs::write(path, content).unwrap();
    }
    if output.status.code() == Some(0) { String::new() } else { said }
}

/// What is said of it with another value in its note.
fn noted(room: &Room, place: &str, value: Value) -> String {
    said(room, |c| *c.note.pointer_mut(place).unwrap() = value)
}

#[test]
fn what_is_not_changed_is_gone_on_with() {
    let room = stopped("forged-none", &[]);
    assert_eq!(said(&room, |_| ()), "");
    assert_eq!(said(&room, |c| c.run_time_s = 1e12), "");
    assert_eq!(noted(&room, "/every_ms", json!(0.1)), "");
    assert_eq!(noted(&room, "/folder", json!("precious")), "", "a folder of other files stays as it is");
    std::fs::remove_file(room.path("precious/thesis.tex")).unwrap();
    assert_eq!(noted(&room, "/folder", json!("precious")), "", "and one of tables without their experiment, too");
}

#[test]
fn what_a_killed_run_had_begun_is_in_no_way_of_the_next() {
    let room = Room::new("begun");
    room.write("net.toml", net(BUSY));
    std::fs::create_dir(room.path("out")).unwrap();
    room.write("out/.write-test.7.partial", "");
    assert_eq!(room.run(&["run", "net.toml", "--out", "out"]).status.code(), Some(0));
    assert!(!room.path("out/.write-test.7.partial").exists() && room.path("out/spikes.csv").exists());
    std::fs::create_dir(room.path("other")).unwrap();
    room.write("other/.spikes.csv.7.partial", "");
    room.write("other/thesis.tex", "");
    assert!(room.refused(&["run", "net.toml", "--out", "other"]).contains("is not empty and holds no earlier run"));
}

#[test]
fn files_that_its_experiment_is_not_made_from_are_refused_unread() {
    let room = stopped("forged-files", &[]);
    let file = Checkpoint::read(&room.path("c")).unwrap().note["files"][0].clone();
    let with = |key: &str, value: Value| {
        let mut other = file.clone();
        other[key] = value;
        other
    };
    let lists = "forged: lists other files than its experiment is made from; take an earlier copy";
    let foreign = "forged: was not written by `neuropil run`";
    let changed = "edges.csv: has changed since the checkpoint was written";
    for (files, expected) in [
        (json!([]), lists),
        (json!([file, file]), lists),
        (Value::Array(vec![file.clone(); 20_000]), lists),
        (json!([with("path", json!("/dev/zero"))]), lists),
        (json!([with("path", json!("../../../../etc/passwd"))]), lists),
        (json!([with("path", json!(""))]), lists),
        (json!([with("path", json!("a\u{0}\u{1b}[31m\n".repeat(5000)))]), lists),
        (json!([with("bytes", json!(0))]), changed),
        (json!([with("bytes", json!(u64::MAX))]), changed),
        (json!([with("crc32", json!(1))]), changed),
        (json!([with("bytes", json!(-1))]), foreign),
        (json!([with("bytes", json!(1.5))]), foreign),
        (json!([with("bytes", json!("48"))]), foreign),
        (json!([with("crc32", json!(u64::MAX))]), foreign),
        (json!([with("path", json!(7))]), foreign),
        (json!([7]), foreign),
        (json!({}), foreign),
        (json!(null), foreign),
    ] {
        let said = noted(&room, "/files", files);
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn times_that_no_run_has_are_refused() {
    let room = stopped("forged-times", &[]);
    for every in [json!(0), json!(-1), json!(1e308), json!(1e-300), json!(-0.0), json!(0.05), json!(1e17)] {
        let said = noted(&room, "/every_ms", every.clone());
        assert!(said.contains("--checkpoint-every"), "{every}: {said}");
    }
    for every in [json!(null), json!("10s"), json!([1])] {
        assert!(noted(&room, "/every_ms", every).contains("was not written by `neuropil run`"));
    }
    let senseless = "holds a checkpoint that makes no sense";
    for run_time in [-1.0, 1e13, 1e308, f64::NAN, f64::INFINITY] {
        assert!(said(&room, |c| c.run_time_s = run_time).contains(senseless), "{run_time}");
    }
    for step in [0, 1, 1 << 32, u64::MAX] {
        assert!(said(&room, |c| c.step = step).contains(senseless), "{step}");
    }
    for step in [150, 500, 1 << 31] {
        let said = said(&room, |c| c.step = step);
        assert!(said.contains("; take an earlier copy"), "{step}: {said}");
    }
    let late = said(&room, |c| (c.step, c.recent) = (501, vec![]));
    assert!(late.contains("forged: is of a time after the end of its run; take an earlier copy"), "{late}");
}

#[test]
fn an_experiment_that_is_not_the_runs_is_refused() {
    let room = stopped("forged-experiment", &[]);
    let own = Checkpoint::read(&room.path("c")).unwrap().note["experiment"].as_str().unwrap().to_owned();
    let deep = format!("a = {}", "[".repeat(100_000));
    for text in
        ["", "x", "[[[[", &deep, "[simulation]\nduration = 1e308", &own.replace("size = 10", "size = 4000000000")]
    {
        assert_ne!(noted(&room, "/experiment", json!(text)), "", "{}", &text[..text.len().min(50)]);
    }
    let other = noted(&room, "/experiment", json!(own.replace("300", "301").replace("60.0", "61.0")));
    assert!(other.contains("checkpoint: it is of another network"), "{other}");
    for (folder, taken) in [("edges.csv", false), ("/proc/nowhere", false), ("", false), ("a\0b", false), ("out", true)]
    {
        assert_eq!(noted(&room, "/folder", json!(folder)).is_empty(), taken, "{folder:?}");
    }
}

#[test]
fn spikes_that_were_not_streamed_there_are_refused_and_no_file_is_cut() {
    let room = stopped("forged-stream", &["--spikes", "s.csv"]);
    std::fs::rename(room.path("s.csv"), room.path("s.csv.partial")).unwrap();
    assert_eq!(said(&room, |_| ()), "");
    let position = Checkpoint::read(&room.path("c")).unwrap().stream.unwrap();
    let at = |position: Position| move |c: &mut Checkpoint| c.stream = Some(position);
    let none = Position { bytes: 0, spikes: 0, crc32: 0 };
    for (i, position) in [
        none,
        Position { bytes: 27, ..none },
        Position { bytes: position.bytes - 1, ..position },
        Position { bytes: u64::MAX, ..position },
        Position { spikes: position.spikes - 1, ..position },
        Position { crc32: !position.crc32, ..position },
    ]
    .into_iter()
    .enumerate()
    {
        let said = said(&room, at(position));
        assert_ne!(said, "", "position {i}");
    }
    let cut = said(&room, |c| {
        c.stream = Some(none);
        c.counts.fill(0);
        c.emitted = 0;
        c.recent.clear();
    });
    assert!(cut.contains("s.csv.partial: does not hold the spikes that the checkpoint knows of"), "{cut}");
    let nowhere = noted(&room, "/spikes", json!(null));
    assert!(nowhere.contains("forged: does not say where its spikes are; take an earlier copy"), "{nowhere}");
    let input = noted(&room, "/spikes", json!(room.path("edges.csv")));
    assert!(input.contains("edges.csv: is a file that the network is made from"), "{input}");
    for spikes in ["/dev/null.csv", "forged", "precious", "precious/traces_a.csv", "a\0.csv", "", "s.parquet"] {
        assert_ne!(noted(&room, "/spikes", json!(spikes)), "", "{spikes}");
    }
}
