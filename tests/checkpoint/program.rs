//! The program: killed, out of space, moved, changed; what it goes on with gives the run that never stopped.

use crate::support::program::{Room, net};
use neuropil::random::{Draws, Purpose, stream};
use std::process::{Output, Stdio};
use std::time::Duration;

pub const BUSY: &str = "[[stimulus]]\ntype = \"poisson_generator\"\nto = \"exc\"\nrate = 20000.0\nweight = 100.0\n\
                    [[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"fixed_indegree\"\nindegree = 4\nweight = 60.0\n\
                    delay = { uniform = { low = 0.3, high = 8.0 } }\n\
                    [[record]]\nwhat = \"spikes\"\n[[record]]\nwhat = \"V_m\"\nfrom = \"exc[0, 3]\"";

fn success(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn read(room: &Room, name: &str) -> Vec<u8> {
    std::fs::read(room.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Kills the program at `kills` moments, going on after each; the results must be those in `reference`.
///
/// Whenever a run comes to its end before it is killed, the next begins anew.
fn killed(room: &Room, kills: u32, more: &[&str], results: &[(&str, &str)]) -> u32 {
    let run = ["run", "net.toml", "--seconds", "3", "--out", "out", "--force"];
    let checkpoint = ["--checkpoint", "c.checkpoint", "--checkpoint-every", "2ms"];
    let run = [&run[..], &checkpoint, more].concat();
    let mut delays = Draws::new(5, stream(Purpose::Poisson, 9), u64::from(kills));
    let (mut killed, mut ended, mut resumed) = (0, 0, 0);
    while killed < kills || ended == 0 {
        let go_on = room.path("c.checkpoint").exists();
        resumed += u32::from(go_on && killed < kills);
        let mut command = room.command(if go_on { &["resume", "c.checkpoint"] } else { &run });
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        if killed < kills {
            std::thread::sleep(Duration::from_micros(u64::from(delays.word() % 90_000)));
            // Not yet waited for, so the number is still the child's own; a kill is SIGKILL.
            child.kill().unwrap();
        }
        let output = child.wait_with_output().unwrap();
        killed += u32::from(output.status.code().is_none());
        if room.path("out/summary.json").exists() {
            for (found, expected) in results {
                assert!(read(room, found) == read(room, expected), "{found} after {killed} kills");
            }
            ended += 1;
            std::fs::remove_file(room.path("c.checkpoint")).unwrap();
            std::fs::remove_dir_all(room.path("out")).unwrap();
        } else {
            assert!(output.status.code().is_none(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    resumed
}

#[cfg(unix)]
#[test]
fn a_run_killed_fifty_times_gives_the_same_files() {
    let room = Room::new("killed");
    room.write("net.toml", net(BUSY));
    success(room.run(&["run", "net.toml", "--seconds", "3", "--out", "whole"]));
    assert!(read(&room, "whole/spikes.csv").len() > 10_000);
    let files = [("out/spikes.csv", "whole/spikes.csv"), ("out/traces_exc_V_m.csv", "whole/traces_exc_V_m.csv")];
    let resumed = killed(&room, 50, &[], &files);
    assert!(resumed >= 25, "only {resumed} of 50 kills hit a run that was gone on with");
    success(room.run(&["run", "net.toml", "--seconds", "3", "--out", "other", "--seed", "2"]));
    assert!(read(&room, "other/spikes.csv") != read(&room, "whole/spikes.csv"));
    // Temporary files of killed writers are gone, but for the last one's.
    let left = room.contents().iter().filter(|path| path.to_string_lossy().ends_with(".partial")).count();
    assert!(left <= 1, "{:?}", room.contents());
}

#[cfg(unix)]
#[test]
fn streams_of_killed_runs_are_whole() {
    for (file, kills) in [("spikes.csv", 25), ("spikes.npy", 25)] {
        let room = Room::new(&format!("killed-{file}"));
        room.write("net.toml", net(BUSY));
        let whole = format!("whole-{file}");
        success(room.run(&["run", "net.toml", "--seconds", "3", "--out", "whole", "--spikes", &whole]));
        assert!(read(&room, &whole).len() > 10_000);
        let resumed = killed(&room, kills, &["--spikes", file], &[(file, &whole)]);
        assert!(resumed >= 10, "{resumed}");
    }
}

#[test]
fn a_run_in_parts_is_the_run_in_one() {
    let room = Room::new("parts");
    room.write("net.toml", net(BUSY));
    success(room.run(&["run", "net.toml", "--seconds", "0.3", "--out", "whole"]));
    success(room.run(&["run", "net.toml", "--seconds", "0.1", "--checkpoint", "c.checkpoint"]));
    let first = read(&room, "c.checkpoint");
    let more = ["resume", "c.checkpoint", "--seconds", "0.2", "--threads", "2"];
    success(room.run(&[&more[..], &["--out", "a", "--checkpoint", "d.checkpoint"]].concat()));
    assert!(read(&room, "c.checkpoint") == first, "the checkpoint that is read stays as it is");
    success(room.run(&[&more[..], &["--out", "b"]].concat()));
    for folder in ["a", "b"] {
        assert!(read(&room, &format!("{folder}/spikes.csv")) == read(&room, "whole/spikes.csv"));
    }
    let summary: serde_json::Value = serde_json::from_slice(&read(&room, "b/summary.json")).unwrap();
    assert_eq!(summary["duration_ms"].as_f64(), Some(300.0));
    // What was gone on with repeats as a whole, and a checkpoint of a run that has ended writes its results again.
    success(room.run(&["run", "b/experiment.toml", "--out", "again"]));
    assert!(read(&room, "again/spikes.csv") == read(&room, "whole/spikes.csv"));
    success(room.run(&["resume", "d.checkpoint", "--out", "ended"]));
    assert!(read(&room, "ended/spikes.csv") == read(&room, "whole/spikes.csv"));
}

#[test]
fn a_stream_goes_on_after_its_end_and_a_changed_one_is_refused() {
    let room = Room::new("stream-parts");
    room.write("net.toml", net(BUSY));
    for file in ["s.csv", "s.npy"] {
        let whole = format!("whole-{file}");
        success(room.run(&["run", "net.toml", "--seconds", "0.3", "--spikes", &whole]));
        success(room.run(&["run", "net.toml", "--seconds", "0.1", "--spikes", file, "--checkpoint", "c"]));
        let (part, checkpoint) = (read(&room, file), read(&room, "c"));
        let more = ["resume", "c", "--seconds", "0.2"];
        let mut changed = part.clone();
        // A neuron for another: the last digit of a line, or the lowest byte of an id.
        let at = if file == "s.csv" { changed.len() - 2 } else { changed.len() - 4 };
        changed[at] ^= 1;
        std::fs::write(room.path(file), changed).unwrap();
        let said = room.refused(&more);
        assert!(said.contains("does not hold the spikes that the checkpoint knows of; put the file"), "{said}");
        std::fs::write(room.path(file), &part[..part.len() - 1]).unwrap();
        let said = room.refused(&more);
        assert!(
            said.contains("neither this file nor ") && said.contains("spikes before the checkpoint; say where"),
            "{said}"
        );
        std::fs::rename(room.path(file), room.path("moved.part")).unwrap();
        std::fs::write(room.path(&format!("moved-{file}")), &part).unwrap();
        success(room.run(&[&more[..], &["--spikes", &format!("moved-{file}")]].concat()));
        assert!(read(&room, &format!("moved-{file}")) == read(&room, &whole));
        assert!(part != read(&room, &whole) && checkpoint != read(&room, "c"));
    }
}

#[test]
fn files_of_the_network_must_not_change() {
    let room = Room::new("checkpoint-files");
    room.write("edges.csv", "source,target,weight,delay_ms\n0,1,300,1\n1,2,300,2\n");
    room.write("net.toml", net(&format!("{BUSY}\n[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"edges.csv\"")));
    success(room.run(&["run", "net.toml", "--seconds", "0.05", "--checkpoint", "c.checkpoint", "--out", "out"]));
    // The experiment itself may go: the checkpoint holds it.
    std::fs::remove_file(room.path("net.toml")).unwrap();
    let resume = ["resume", "c.checkpoint", "--seconds", "0.05", "--checkpoint", "d.checkpoint", "--out"];
    success(room.run(&[&resume[..], &["first"]].concat()));
    room.write("edges.csv", "source,target,weight,delay_ms\n0,1,300,1\n1,2,301,2\n");
    let said = room.refused(&[&resume[..], &["second"]].concat());
    assert!(said.contains("edges.csv: has changed since the checkpoint was written"), "{said}");
    std::fs::remove_file(room.path("edges.csv")).unwrap();
    let said = room.refused(&[&resume[..], &["second"]].concat());
    assert!(said.contains("edges.csv: cannot be read ("), "{said}");
}

#[test]
fn options_that_cannot_be() {
    let room = Room::new("checkpoint-options");
    room.write("net.toml", net(BUSY));
    room.write("thesis.tex", "precious");
    let refused = |options: &[&str]| room.refused(&[&["run", "net.toml"], options].concat());
    assert_eq!(
        refused(&["--checkpoint", "thesis.tex"]),
        "thesis.tex: is there already and is no checkpoint; choose another name"
    );
    assert!(refused(&["--checkpoint", "no/c"]).ends_with("; create the folder first"));
    assert_eq!(
        refused(&["--checkpoint", "c", "--checkpoint-every", "0.25ms"]),
        "time: --checkpoint-every = 0.25 ms is not a whole number of steps of 0.1 ms"
    );
    assert_eq!(
        refused(&["--checkpoint", "c", "--spikes", "s.parquet"]).split_once(": ").unwrap().0,
        "s.parquet",
        "a Parquet file cannot be gone on with"
    );
    for wrong in ["10", "-1s", "ten s", "0ms"] {
        let output = room.run(&["run", "net.toml", "--checkpoint", "c", &format!("--checkpoint-every={wrong}")]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(2) && said.contains("with its unit, such as 500ms, 10s or 2min"),
            "{said}"
        );
    }
    success(room.run(&["run", "net.toml", "--checkpoint", "c"]));
    let resume = |options: &[&str]| room.refused(&[&["resume", "c"], options].concat());
    assert_eq!(resume(&["--seconds", "-1"]), "--seconds -1: write a number of seconds above 0, such as 0.5");
    assert!(resume(&["--seconds", "0.00995"]).contains("--seconds = 9.95 ms is not a whole number of steps"));
    assert!(resume(&["--spikes", "s.npy"]).starts_with("s.npy: the run keeps its spikes in the checkpoint; "));
    assert!(resume(&["--device", "gpu", "--adapter", "no such adapter"]).starts_with("no usable GPU: "));
}

/// Runs the program where no file may grow beyond `blocks` of 512 bytes; a write beyond is an error, not a signal.
#[cfg(unix)]
fn limited(room: &Room, blocks: u32, arguments: &[&str]) -> Output {
    let program = room.command(arguments);
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut command = std::process::Command::new("sh");
    command.arg("-c").arg(script).arg(program.get_program()).args(program.get_args());
    command.current_dir(room.path("")).output().unwrap()
}

#[cfg(unix)]
#[test]
fn a_full_disk_keeps_the_last_checkpoint() {
    let room = Room::new("checkpoint-full");
    room.write("net.toml", net(BUSY));
    success(room.run(&["run", "net.toml", "--seconds", "0.5", "--out", "whole"]));
    // The kept spikes outgrow the limit sooner or later.
    let every = ["--checkpoint", "c.checkpoint", "--checkpoint-every", "5ms", "--out", "out"];
    let output = limited(&room, 12, &[&["run", "net.toml", "--seconds", "0.5"], &every[..]].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("error: c.checkpoint: cannot be written (") && said.trim().lines().count() == 1, "{said}");
    assert!(said.trim().ends_with("; the last checkpoint there is whole"), "{said}");
    assert!(!room.path("out").exists(), "a run that failed takes its folder away");
    assert!(!room.contents().iter().any(|path| path.to_string_lossy().ends_with(".partial")), "{:?}", room.contents());
    success(room.run(&["resume", "c.checkpoint"]));
    assert!(read(&room, "out/spikes.csv") == read(&room, "whole/spikes.csv"));
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_to_is_refused_first() {
    use std::os::unix::fs::PermissionsExt;
    let room = Room::new("checkpoint-read-only");
    room.write("net.toml", net(BUSY));
    std::fs::create_dir(room.path("locked")).unwrap();
    std::fs::set_permissions(room.path("locked"), std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(room.path("locked/probe"), "").is_ok() {
        // Permissions bind everybody but root; there is a file system that binds root too.
        let said = room.refused(&["run", "net.toml", "--checkpoint", "/proc/c.checkpoint"]);
        assert!(said.starts_with("/proc/c.checkpoint: cannot be written ("), "{said}");
        return;
    }
    let said = room.refused(&["run", "net.toml", "--checkpoint", "locked/c.checkpoint"]);
    assert!(said.ends_with("; choose a folder you may write to"), "{said}");
}

#[test]
fn a_name_without_a_checkpoint_is_a_sentence() {
    let room = Room::new("checkpoint-missing");
    for (name, words) in [("nowhere", "there is no such file"), (".", "this is a folder; name a checkpoint")] {
        assert_eq!(room.refused(&["resume", name]), format!("{name}: {words}"));
    }
    room.write("notes.txt", "not this");
    let said = room.refused(&["resume", "notes.txt"]);
    assert!(said.starts_with("notes.txt: is not a checkpoint of neuropil; "), "{said}");
    let (mut checkpoint, _) = super::damage::whole(&room);
    let said = room.refused(&["resume", "a.checkpoint"]);
    assert!(said.starts_with("a.checkpoint: was not written by `neuropil run`; "), "{said}");
    checkpoint.recent.clear();
    let failed = checkpoint.write(&room.path("nowhere/a.checkpoint")).unwrap_err().to_string();
    assert!(failed.ends_with("; create the folder first"), "{failed}");
}
