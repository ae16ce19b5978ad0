//! The program: folders, devices, presets, interrupts, and that what works leaves what it should.

use crate::support::program::{Room, net};

fn success(room: &Room, arguments: &[&str]) -> String {
    let output = room.run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const BUSY: &str = "[[stimulus]]\ntype = \"poisson_generator\"\nto = \"exc\"\nrate = 20000.0\nweight = 100.0\n\
                    [[record]]\nwhat = \"spikes\"\n[[record]]\nwhat = \"V_m\"\nfrom = \"exc[0, 3]\"";

#[test]
fn a_run_leaves_tables_pictures_and_itself() {
    let room = Room::new("run");
    room.write("net.toml", net(BUSY));
    let table = success(&room, &["run", "net.toml", "--seconds", "0.05"]);
    for word in ["device      CPU, 1 thread, f32", "neurons     10", "synapses", "mean rate", "neuropil-out/net-1"] {
        assert!(table.contains(word), "{table}");
    }
    for file in
        ["spikes.csv", "raster.png", "summary.json", "experiment.toml", "traces_exc_V_m.csv", "traces_exc_V_m.png"]
    {
        assert!(room.path("neuropil-out/net-1").join(file).is_file(), "{file}");
    }
    assert!(!table.contains('\x1b'), "colours without a terminal");
    let again = success(&room, &["run", "neuropil-out/net-1/experiment.toml", "--out", "again", "--json"]);
    let facts: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!((facts["name"].as_str(), facts["interrupted"].as_bool()), (Some("net"), Some(false)));
    let read = |path: &str| std::fs::read_to_string(room.path(path)).unwrap();
    assert!(read("again/spikes.csv").lines().count() > 10);
    assert_eq!(read("again/spikes.csv"), read("neuropil-out/net-1/spikes.csv"));
    success(&room, &["run", "net.toml", "--seconds", "0.05", "--seed", "2"]);
    assert_ne!(read("again/spikes.csv"), read("neuropil-out/net-2/spikes.csv"));

    std::fs::remove_file(room.path("again/raster.png")).unwrap();
    success(&room, &["plot", "again"]);
    assert!(room.path("again/raster.png").is_file());
    success(&room, &["plot", "again", "--from", "10", "--to", "20"]);
    assert!(room.path("again/raster_10-20ms.png").is_file());
}

#[test]
fn the_spikes_of_a_part_are_written_as_that_part() {
    let room = Room::new("part");
    room.write(
        "net.toml",
        net(&BUSY.replace("what = \"spikes\"", "what = \"spikes\"\nfrom = [\"exc[4..6]\", \"exc[6..9]\"]")),
    );
    success(&room, &["run", "net.toml", "--seconds", "0.05", "--out", "out"]);
    let spikes = std::fs::read_to_string(room.path("out/spikes.csv")).unwrap();
    assert!(spikes.lines().count() > 5);
    for line in spikes.lines().skip(1) {
        // Indices are those of the whole population, as in the tables of traces.
        let fields: Vec<&str> = line.split(',').collect();
        assert!(fields[1] == "exc" && (4..9).contains(&fields[2].parse::<u32>().unwrap()), "{line}");
    }
    success(&room, &["plot", "out"]);
}

#[test]
fn an_output_folder_that_is_taken() {
    let room = Room::new("taken");
    room.write("net.toml", net(""));
    std::fs::create_dir(room.path("mine")).unwrap();
    room.write("mine/thesis.tex", "precious");
    for force in [&["run", "net.toml", "--out", "mine"][..], &["run", "net.toml", "--out", "mine", "--force"]] {
        assert_eq!(room.refused(force), "mine: is not empty and holds no earlier run; choose a new or empty folder");
    }
    success(&room, &["run", "net.toml", "--out", "run"]);
    assert_eq!(
        room.refused(&["run", "net.toml", "--out", "run"]),
        "run: holds an earlier run; choose another folder, or say --force to replace that run"
    );
    success(&room, &["run", "net.toml", "--out", "run", "--force"]);
}

#[test]
fn an_output_folder_that_cannot_be() {
    let room = Room::new("unwritable");
    room.write("net.toml", net(""));
    let sentence = "net.toml: is a file, and the output needs a folder; choose another with --out";
    assert_eq!(room.refused(&["run", "net.toml", "--out", "net.toml"]), sentence);
    assert_eq!(room.refused(&["run", "net.toml", "--out", "net.toml/deeper"]), sentence);
}

#[test]
fn a_run_that_fails_takes_its_new_folders_away() {
    let room = Room::new("fails");
    // Found when the network is planned, after the folder was claimed.
    room.write(
        "net.toml",
        net("").replace("size = 10", "size = 10\nparams = { C_m = { normal = { mean = 0, sd = 1 } } }"),
    );
    room.refused(&["run", "net.toml", "--out", "a/b/c"]);
    room.refused(&["run", "net.toml"]);
}

#[test]
fn a_gpu_that_is_not_there() {
    let room = Room::new("gpu");
    room.write("net.toml", net(""));
    let arguments = ["run", "net.toml", "--device", "gpu", "--adapter", "no such adapter"];
    let said = room.refused(&arguments);
    assert!(said.starts_with("no usable GPU: "), "{said}");
    assert!(said.ends_with("use --device cpu, or --device auto to take what there is"), "{said}");
    assert_eq!(
        room.refused(&["run", "net.toml", "--device", "gpu", "--precision", "f64"]),
        "precision: the GPU player runs in f32; use --device cpu for f64"
    );
}

#[test]
fn a_preset_that_is_none() {
    let room = Room::new("preset");
    let said = room.refused(&["run", "brunell"]);
    assert!(said.starts_with("unknown preset 'brunell'") && said.ends_with("did you mean 'brunel'?"), "{said}");
    assert_eq!(room.refused(&["presets", "brunell"]), said);
    let said = room.refused(&["run", "brunel", "--set", "simulation.dt=0.3"]);
    assert_eq!(said, "simulation: dt = 0.3 ms, and the preset brunel has dt = 0.1 ms; leave dt out");
    let said = room.refused(&["run", "brunel", "--set", "nobody.V_th=3"]);
    assert!(said.starts_with("unknown population 'nobody' in preset; known: "), "{said}");
}

#[test]
fn presets_are_listed_and_run() {
    let room = Room::new("presets");
    let list = success(&room, &["presets"]);
    assert!(list.contains("brunel") && !list.contains('\x1b'));
    let json: serde_json::Value = serde_json::from_str(&success(&room, &["presets", "--json"])).unwrap();
    assert!(json.as_array().unwrap().len() >= 3);
    assert!(success(&room, &["presets", "brunel"]).len() > 500);
    let options = ["--set", "preset.scale=0.02", "--seconds", "0.02", "--device", "cpu", "--json"];
    let facts = success(&room, &[&["run", "brunel"][..], &options].concat());
    let facts: serde_json::Value = serde_json::from_str(&facts).unwrap();
    assert_eq!((facts["neurons"].as_u64(), facts["output"].as_str()), (Some(250), Some("neuropil-out/brunel-1")));
    let options = ["--scale", "0.04", "--seconds", "0.01", "--device", "cpu", "--json"];
    let facts = success(&room, &[&["run", "brunel"][..], &options].concat());
    let facts: serde_json::Value = serde_json::from_str(&facts).unwrap();
    assert_eq!(facts["neurons"].as_u64(), Some(500));
    let again = std::fs::read_to_string(room.path("neuropil-out/brunel-2/experiment.toml")).unwrap();
    assert!(again.contains("scale = 0.04"), "{again}");
}

#[test]
fn help_has_examples_and_devices_are_said() {
    let room = Room::new("help");
    for arguments in [
        &["--help"][..],
        &["run", "--help"],
        &["presets", "--help"],
        &["plot", "--help"],
        &["connectome", "info", "--help"],
    ] {
        assert!(success(&room, arguments).contains("Examples:"), "{arguments:?}");
    }
    assert!(success(&room, &["run", "--help-format"]).contains("[[population]]"));
    assert!(success(&room, &["devices"]).contains("CPU\n  threads"));
    let json: serde_json::Value = serde_json::from_str(&success(&room, &["devices", "--json"])).unwrap();
    assert!(json["cpu_threads"].as_u64().unwrap() >= 1);
}

#[test]
fn options_that_cannot_be() {
    let room = Room::new("options");
    room.write("net.toml", net(""));
    assert_eq!(
        room.refused(&["run", "net.toml", "--seconds", "-1"]),
        "--seconds -1: write a number of seconds above 0, such as 0.5"
    );
    assert_eq!(
        room.refused(&["run", "net.toml", "--set", "exc.tau_n=3"]),
        "net.toml, line 6: unknown parameter 'tau_n' in population 'exc' (iaf_psc_exp); did you mean 'tau_m'?"
    );
    assert_eq!(
        room.refused(&["run", "net.toml", "--seed", "18446744073709551615"]),
        "--seed: 18446744073709551615 must be at most 9223372036854775807"
    );
    assert_eq!(
        room.refused(&["run", "net.toml", "--scale", "0.5"]),
        "--scale 0.5: this experiment does not start from a preset; change the sizes in its file"
    );
    // Options that do not exist are refused by the parser of the command line, with its own hints below.
    assert_eq!(room.run(&["run", "net.toml", "--sed", "1"]).status.code(), Some(2));
    assert_eq!(room.refused(&["plot", "."]), ".: holds no summary.json; name an output folder of `neuropil run`");
}

/// What a run of ten hours of biological time says that only a signal ends.
#[cfg(unix)]
fn interrupted(room: &Room) -> serde_json::Value {
    let mut child = room
        .command(&["run", "net.toml", "--seconds", "36000", "--out", "out", "--json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The handler is in place before the folder is.
    while !room.path("out").is_dir() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    crate::support::program::interrupted(&mut child)
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_keeps_what_was_simulated() {
    let room = Room::new("interrupt");
    room.write("net.toml", net(BUSY));
    let facts = interrupted(&room);
    assert_eq!(facts["interrupted"].as_bool(), Some(true));
    let simulated = facts["duration_ms"].as_f64().unwrap();
    assert!(simulated > 0.0 && simulated < 3.6e7, "{simulated}");
    for file in ["spikes.csv", "raster.png", "experiment.toml", "summary.json"] {
        assert!(room.path("out").join(file).is_file(), "{file}");
    }
}

#[cfg(unix)]
#[test]
fn a_run_interrupted_before_it_records_can_be_repeated() {
    let room = Room::new("interrupt-early");
    room.write("net.toml", net(BUSY).replace("duration = 5.0", "duration = 5.0\ntransient = 35999000"));
    let facts = interrupted(&room);
    assert!(facts["duration_ms"].as_f64().unwrap() < 3.5999e7);
    let experiment = std::fs::read_to_string(room.path("out/experiment.toml")).unwrap();
    assert!(experiment.contains("duration = 36000000"), "{experiment}");
    success(&room, &["run", "out/experiment.toml", "--explain-plan"]);
}
