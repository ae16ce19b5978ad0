//! The program: `--spikes`.

use crate::support::program::{Room, net};
use std::process::Output;

const BUSY: &str = "[[stimulus]]\ntype = \"poisson_generator\"\nto = \"exc\"\nrate = 20000.0\nweight = 100.0";

fn success(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn summary(room: &Room, folder: &str) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(room.path(folder).join("summary.json")).unwrap()).unwrap()
}

#[test]
fn a_streamed_run_leaves_the_same_but_its_spikes_elsewhere() {
    let room = Room::new("streamed");
    room.write("net.toml", net(BUSY));
    let run = ["run", "net.toml", "--seconds", "0.5", "--out"];
    success(room.run(&[&run[..], &["kept"]].concat()));
    let table = success(room.run(&[&run[..], &["streamed", "--spikes", "s.csv"]].concat()));
    assert!(table.contains(", written to s.csv in ") && table.contains(" beside the run"), "{table}");
    let read = |name: &str| std::fs::read(room.path(name)).unwrap();
    assert!(read("s.csv") == read("kept/spikes.csv") && read("s.csv").len() > 1000);
    assert!(!room.path("streamed/spikes.csv").exists() && !room.path("s.csv.partial").exists());
    assert!(read("streamed/raster.png") == read("kept/raster.png"));
    let (kept, streamed) = (summary(&room, "kept"), summary(&room, "streamed"));
    for key in ["spikes", "neurons", "cv_isi", "silent_fraction"] {
        assert_eq!(kept["statistics"][key], streamed["statistics"][key], "{key}");
    }
    assert_eq!(kept["run"]["rates_hz"], streamed["run"]["rates_hz"]);
    assert!(streamed["run"]["spikes_file"]["writer_s"].as_f64().unwrap() >= 0.0);
    // Pictures are drawn again from the file, and the run again from its experiment.
    std::fs::remove_file(room.path("streamed/raster.png")).unwrap();
    success(room.run(&["plot", "streamed"]));
    assert!(read("streamed/raster.png") == read("kept/raster.png"));
    success(room.run(&["run", "streamed/experiment.toml", "--out", "again"]));
    assert!(read("again/spikes.csv") == read("s.csv"));
}

#[test]
fn files_that_cannot_be_streamed_to() {
    let room = Room::new("stream-refused");
    room.write("net.toml", net(BUSY));
    room.write("there.csv", "precious");
    room.write("half.npy.partial", "half");
    let refused = |file: &str| room.refused(&["run", "net.toml", "--spikes", file]);
    let ending = "its ending says no format of spikes; use .csv, .npy or .parquet";
    for name in ["spikes", "spikes.txt", "spikes.csv.gz"] {
        assert_eq!(refused(name), format!("{name}: {ending}"));
    }
    assert_eq!(refused("there.csv"), "there.csv: is there already; choose another name, or say --force to replace it");
    assert_eq!(
        refused("half.npy"),
        "half.npy.partial: is left of a run that did not finish; resume that run, or say --force to replace its spikes"
    );
    assert!(refused("no/s.csv").ends_with("; create the folder first"));
    success(room.run(&["run", "net.toml", "--spikes", "there.csv", "--force"]));
    assert!(std::fs::read_to_string(room.path("there.csv")).unwrap().starts_with("time_ms,"));
}

/// A file may not grow beyond 16 KiB: the run stops with one sentence, and what is left is whole.
#[cfg(unix)]
#[test]
fn a_full_disk_stops_the_run_and_leaves_whole_spikes() {
    let room = Room::new("stream-full");
    room.write("net.toml", net(BUSY));
    success(room.run(&["run", "net.toml", "--seconds", "60", "--spikes", "whole.npy", "--out", "whole"]));
    success(room.run(&["run", "net.toml", "--seconds", "60", "--spikes", "whole.csv", "--out", "csv"]));
    for file in ["s.npy", "s.csv"] {
        let program = room.command(&["run", "net.toml", "--seconds", "60", "--spikes", file, "--out", "out"]);
        let mut command = std::process::Command::new("sh");
        command.arg("-c").arg("trap '' XFSZ; ulimit -f 32; exec \"$0\" \"$@\"");
        command.arg(program.get_program()).args(program.get_args()).current_dir(room.path(""));
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.starts_with(&format!("error: {file}: cannot be written (")), "{said}");
        assert!(
            said.trim().ends_with(&format!(" are in {file}.partial")) && said.trim().lines().count() == 1,
            "{said}"
        );
        assert!(!room.path("out").exists() && !room.path(file).exists());
        let (left, whole) = (
            std::fs::read(room.path(&format!("{file}.partial"))),
            std::fs::read(room.path(&format!("whole.{}", &file[2..]))),
        );
        let (left, whole) = (left.unwrap(), whole.unwrap());
        assert!(left.len() > 4000 && left.len() < 16_385, "{}", left.len());
        // The header of an NPY file says how many there are.
        let header = if file == "s.npy" { 128 } else { 0 };
        assert!(left[header..] == whole[header..left.len()]);
        match file {
            "s.csv" => assert_eq!(left.last(), Some(&b'\n')),
            _ => {
                let count = format!("'shape': ({},)", (left.len() - 128) / 8);
                assert!(String::from_utf8_lossy(&left[..128]).contains(&count));
            }
        }
    }
}
