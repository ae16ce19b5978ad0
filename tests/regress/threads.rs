//! Threads that are not to be had, more of them than cores, and what drivers say where there is no display.

use std::process::Output;

use crate::support::room::Room;

/// Runs the program in a shell that does `before` first.
#[cfg(target_os = "linux")]
fn limited(room: &Room, before: &str, arguments: &str) -> Output {
    let mut shell = std::process::Command::new("sh");
    let script = format!("{before}; exec '{}' {arguments}", env!("CARGO_BIN_EXE_neuropil"));
    shell.args(["-c", &script]).current_dir(room.path("")).output().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn threads_that_the_system_does_not_give_are_a_sentence() {
    let room = Room::new("no-threads");
    let mut refused = 0;
    // Room for stacks is what runs out here: each step leaves a little more, until all threads are there.
    for kib in (24..64).step_by(2).map(|step| step * 10_000) {
        let run = "run brunel --scale 0.05 --seconds 0.01 --device cpu --out out --force";
        let output = limited(&room, &format!("ulimit -v {kib}; export RUST_MIN_STACK=100000000"), run);
        let said = String::from_utf8(output.stderr).unwrap();
        match output.status.code() {
            Some(0) => break,
            Some(2) if said.starts_with("error: no thread to ") => {
                assert_eq!(said.lines().count(), 1, "{said}");
                assert!(said.contains("--threads") && said.contains("ulimit"), "{said}");
                assert!(!room.path("out").exists(), "something is left");
                refused += 1;
            }
            code => panic!("{kib} KiB: {code:?}, {said}"),
        }
    }
    assert!(refused > 0, "the limit was never met");
}

#[test]
fn more_threads_than_cores_are_told_and_play_the_same_spikes() {
    let room = Room::new("many-threads");
    let spikes = |threads: &str| {
        let run = ["run", "cuba-4k", "--seconds", "0.05", "--device", "cpu", "--out", "out", "--force"];
        let output = room.run(&[&run[..], &["--threads", threads]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        (std::fs::read_to_string(room.path("out/spikes.csv")).unwrap(), said)
    };
    let (one, quiet) = spikes("1");
    let (many, said) = spikes("4096");
    assert!(one.lines().count() > 100 && one == many);
    assert_eq!(quiet, "");
    assert!(said.starts_with("note: 4096 threads are more than the ") && said.lines().count() == 1, "{said}");
}

#[test]
#[cfg(feature = "gpu")]
fn drivers_say_nothing_where_there_is_no_display() {
    if !crate::twins::gpu() {
        return;
    }
    let room = Room::new("no-display");
    let gpu = ["run", "c-elegans", "--seconds", "0.01", "--device", "gpu", "--out", "out", "--force"];
    let auto = ["run", "brunel", "--seconds", "0.01", "--scale", "0.1", "--out", "out", "--force"];
    for folder in [None, Some(""), Some("here")] {
        for arguments in [&["devices"][..], &gpu, &auto] {
            let mut command = room.command(arguments);
            match folder {
                None => command.env_remove("XDG_RUNTIME_DIR"),
                Some(folder) => command.env("XDG_RUNTIME_DIR", folder),
            };
            let output = command.output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(0), "{said}");
            let foreign: Vec<&str> = said.lines().filter(|line| !line.starts_with("note: ")).collect();
            assert!(foreign.is_empty(), "{arguments:?}: {said}");
            let software = neuropil::device::gpu::adapters().first().is_some_and(|adapter| adapter.software);
            assert_eq!(said.contains("is a software adapter"), software && arguments == gpu, "{arguments:?}: {said}");
        }
    }
}
