//! `neuropil bench` with the real program.

use crate::support::room::Room;

fn success(room: &Room, arguments: &[&str]) -> String {
    let output = room.run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A workload that takes milliseconds.
const TINY: [&str; 12] = [
    "bench",
    "vogels-abbott",
    "--scale",
    "0.05",
    "--seconds",
    "0.01",
    "--warm-up",
    "0.02",
    "--runs",
    "2",
    "--threads",
    "1",
];

#[test]
fn workloads_are_listed() {
    let room = Room::new("bench-list");
    let list = success(&room, &["bench", "--list"]);
    let quick = list.find("  brunel ").unwrap();
    assert!(
        list.starts_with("Measured when none is named:\n") && list.find("Other presets:").unwrap() > quick,
        "{list}"
    );
    let json: serde_json::Value = serde_json::from_str(&success(&room, &["bench", "--list", "--json"])).unwrap();
    let all = json.as_array().unwrap();
    assert_eq!(all.len(), neuropil::connectomes::networks::all().len());
    let of = |name: &str| all.iter().find(|listed| listed["name"] == name).unwrap().clone();
    assert_eq!((of("brunel")["standard"].as_bool(), of("c-elegans")["standard"].as_bool()), (Some(true), Some(false)));
}

#[test]
fn models_are_listed() {
    let room = Room::new("bench-list-models");
    let list = success(&room, &["bench", "--models", "--list"]);
    let names: Vec<&str> = list.lines().skip(1).map(str::trim).collect();
    let measured = neuropil::models::all();
    let measured: Vec<&str> = measured.iter().map(|model| model.declaration().name).collect();
    assert!(list.starts_with("Measured when none is named:\n") && names == measured, "{list}");
    let json: Vec<String> = serde_json::from_str(&success(&room, &["bench", "--list", "--models", "--json"])).unwrap();
    assert_eq!(json, measured);
    assert_ne!(success(&room, &["bench", "--list"]), list, "workloads are others");
}

#[test]
fn a_measurement_is_one_line_of_json() {
    let room = Room::new("bench-json");
    let text = success(&room, &[&TINY[..], &["--device", "cpu", "--json", "--seed", "5"]].concat());
    assert_eq!(text.lines().count(), 1, "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let number = |path: &str| json.pointer(path).and_then(|v| v.as_f64()).unwrap_or_else(|| panic!("{path}: {text}"));
    let exact = [
        ("/neurons", 200.0),
        ("/synapses", 16_000.0),
        ("/threads", 1.0),
        ("/seed", 5.0),
        ("/scale", 0.05),
        ("/segment_s", 0.01),
        ("/warm_up_s", 0.02),
        ("/dispatches_per_step", 0.0),
    ];
    exact.into_iter().for_each(|(path, value)| assert_eq!(number(path), value, "{path}"));
    let positive = [
        "/wall_per_biological/median",
        "/wall_per_biological/min",
        "/mean_rate_hz",
        "/events_per_biological_second",
        "/events_per_wall_second",
        "/bytes_per_synapse",
        "/network_bytes",
        "/build_s",
        "/roofline/needed_bytes",
        "/roofline/moved_bytes",
        "/roofline/ns_per_update",
    ];
    positive.into_iter().for_each(|path| assert!(number(path) > 0.0, "{path}"));
    assert_eq!(json["segments"].as_array().unwrap().len(), 2);
    assert!(number("/wall_per_biological/min") <= number("/wall_per_biological/median"));
    assert!(number("/roofline/moved_bytes") > number("/roofline/needed_bytes"));
    let shares = ["synchronisation", "updates", "events"].map(|part| number(&format!("/roofline/{part}")));
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{shares:?}");
    assert!(json["device"].as_str().unwrap().starts_with("CPU, 1 thread"));
    assert_eq!(json["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    assert!(json["roofline"]["limit"].is_string() && json["against"].is_null());
    if cfg!(target_os = "linux") {
        assert!(number("/peak_memory_bytes") > number("/network_bytes"));
        // Arrays of 256 MiB for the copy are not the workload's memory.
        assert!(number("/peak_memory_bytes") < f64::from(256 << 20));
    }
    assert!(room.contents().is_empty());
}

#[test]
fn the_same_seed_counts_the_same_events() {
    let room = Room::new("bench-same");
    let events = |seed: &str| {
        let text = success(&room, &[&TINY[..], &["--json", "--seed", seed]].concat());
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json["segments"].as_array().unwrap().iter().map(|s| s["events"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let reference = events("5");
    assert_eq!(events("5"), reference);
    assert_ne!(events("6"), reference);
}

#[test]
fn several_workloads_end_in_an_overview() {
    let room = Room::new("bench-table");
    let options = ["vogels-abbott-coba", "--seed", "3"];
    let text = success(&room, &[&TINY[..], &options].concat());
    for word in [
        "  device  ",
        "  wall time  ",
        "  must move  ",
        "  limit  ",
        "2 x 10 ms in steps of 0.1 ms after 20 ms of warm-up",
    ] {
        assert_eq!(text.matches(word).count(), 2, "{word}: {text}");
    }
    let overview = text.rsplit("\n\n").next().unwrap();
    assert_eq!(overview.lines().count(), 3, "{overview}");
    assert!(overview.contains("x biological") && !text.contains('\x1b'), "{text}");
}

#[test]
fn what_cannot_be_measured() {
    let room = Room::new("bench-refused");
    let said = room.refused(&["bench", "brunel", "brunell"]);
    assert!(said.starts_with("unknown workload 'brunell' in neuropil bench --list"), "{said}");
    assert!(said.ends_with("did you mean 'brunel'?"), "{said}");
    assert_eq!(
        room.refused(&["bench", "brunel", "--seconds", "0"]),
        "--seconds 0: write a number of seconds above 0, such as 0.5"
    );
    assert_eq!(room.refused(&["bench", "brunel", "--warm-up", "-1"]), "--warm-up: -1 s must be 0 or greater");
    let said = room.refused(&["bench", "brunel", "--warm-up", "0.00015"]);
    assert!(said.contains("warm-up = 0.15 ms is not a whole number of steps"), "{said}");
    let said = room.refused(&["bench", "vogels-abbott", "c-elegans", "--scale", "2"]);
    assert_eq!(said, "preset c-elegans: it is one given connectome, so scale = 2 must be left at 1");
    let said = room.refused(&["bench", "brunel", "--threads", "0"]);
    assert_eq!(said, "--threads 0: write a whole number from 1 to 4096");
    // Found by the process of its own, which says so; its exit code is the program's.
    let said = room.refused(&["bench", "brunel", "--device", "gpu", "--precision", "f64"]);
    assert_eq!(said, "precision: the GPU player runs in f32; use --device cpu for f64");
}

#[test]
fn help_has_examples() {
    let room = Room::new("bench-help");
    let help = success(&room, &["bench", "--help"]);
    assert!(help.contains("Examples:") && help.contains("--against") && !help.contains("--worker"), "{help}");
}

#[cfg(unix)]
mod against {
    use std::os::unix::fs::PermissionsExt;

    use super::{Room, TINY};

    /// A program that stands for a Python with a simulator: answers to --list with `list`, else with `run`.
    fn fake(room: &Room, list: &str, run: &str) {
        let script = format!("#!/bin/sh\ncase \"$*\" in\n*--list*) {list} ;;\n*) {run} ;;\nesac\n");
        room.write("fake", script);
        std::fs::set_permissions(room.path("fake"), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    const LIST: &str = r#"echo greetings; echo '{"peer": "fake 1.0", "workloads": ["vogels-abbott"]}'"#;

    fn answer(neurons: u32) -> String {
        format!(
            r#"echo "$@" >> asked; echo '{{"neurons": {neurons}, "synapses": 16000, "build_s": 1.5, "wall_s": 1000.0, "rate_hz": 5.0, "threads": 1}}'; echo done"#
        )
    }

    #[test]
    fn ours_and_theirs_take_turns() {
        let room = Room::new("bench-turns");
        fake(&room, LIST, &answer(200));
        let run = |options: &[&str]| {
            let arguments = [&TINY[..], &["--against", "nest=./fake", "--seed", "4"], options].concat();
            // Where the scripts go must be empty again.
            let output = room.command(&arguments).env("TMPDIR", room.path("")).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let json: serde_json::Value = serde_json::from_str(&run(&["--json"])).unwrap();
        let against = &json["against"];
        assert_eq!((against["peer"].as_str(), against["threads"].as_u64()), (Some("fake 1.0"), Some(1)));
        assert_eq!(against["wall_per_biological"].as_f64(), Some(100_000.0));
        let pairs = against["pairs"].as_array().unwrap();
        let segments = json["segments"].as_array().unwrap();
        assert_eq!((pairs.len(), segments.len()), (2, 2));
        let mut ratios = Vec::new();
        for (pair, segment) in pairs.iter().zip(segments) {
            assert_eq!(pair["ours_s"], segment["wall_s"]);
            let ratio = 1000.0 / segment["wall_s"].as_f64().unwrap();
            assert_eq!(pair["ratio"].as_f64(), Some(ratio));
            ratios.push(ratio);
        }
        assert_eq!(against["ratio"].as_f64(), Some(0.5 * (ratios[0] + ratios[1])));
        let asked = std::fs::read_to_string(room.path("asked")).unwrap();
        let options = "vogels-abbott --threads=1 --seconds=0.01 --warm=0.02 --seed=4 --scale=0.05";
        assert_eq!(asked.matches(options).count(), 2, "{asked}");
        assert!(asked.contains("nest_bench.py "), "{asked}");
        assert_eq!(room.contents(), [room.path("asked"), room.path("fake")]);

        let table = run(&[]);
        assert!(table.contains("against") && table.contains("fake 1.0 needs"), "{table}");
        assert!(!table.contains("neurons: not the same work"), "{table}");
        fake(&room, LIST, &answer(4000));
        let table = run(&[]);
        assert!(table.contains("theirs has 4,000 neurons: not the same work"), "{table}");
    }

    #[test]
    fn a_peer_that_cannot_be() {
        let room = Room::new("bench-peer");
        let refused = |arguments: &[&str]| room.refused(&[&["bench", "brunel"], arguments].concat());
        assert_eq!(refused(&["--against", "nets"]), "unknown peer 'nets' in --against; did you mean 'nest'?");
        let said = refused(&["--against", "nest=./nowhere"]);
        assert!(said.starts_with("--against nest=./nowhere: the interpreter cannot be started: "), "{said}");
        fake(&room, "echo 'ModuleNotFoundError: No module named nest' >&2; exit 1", "exit 1");
        let said = refused(&["--against", "brian2=./fake"]);
        assert_eq!(
            said,
            "--against brian2=./fake: brian2 cannot be imported (ModuleNotFoundError: No module named nest); \
             name a Python that has it, as brian2=PYTHON"
        );
        fake(&room, LIST, "exit 1");
        let said = refused(&["--against", "nest=./fake"]);
        assert_eq!(said, "--against nest=./fake: it has no workload brunel; it has vogels-abbott");
    }

    #[test]
    fn a_peer_that_fails_says_why() {
        let room = Room::new("bench-fails");
        fake(&room, LIST, "echo 'MemoryError: too much' >&2; exit 3");
        let said = room.refused(&[&TINY[..], &["--against", "nest=./fake"]].concat());
        assert!(said.starts_with("--against nest=./fake: it failed on vogels-abbott ("), "{said}");
        assert!(said.ends_with("): MemoryError: too much"), "{said}");
        fake(&room, LIST, "echo nothing to say");
        let said = room.refused(&[&TINY[..], &["--against", "nest=./fake"]].concat());
        assert!(said.ends_with("): it gave no answer"), "{said}");
    }

    /// Sends an interrupt to a bench that would take ten hours, once `started`; it must end with nothing said.
    fn interrupted(room: &Room, arguments: &[&str], started: impl Fn(u32) -> bool) {
        let mut command = room.command(arguments);
        let mut child = command.env("TMPDIR", room.path("")).stdout(std::process::Stdio::piped()).spawn().unwrap();
        while !started(child.id()) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let mut text = String::new();
        std::io::Read::read_to_string(child.stdout.as_mut().unwrap(), &mut text).unwrap();
        assert_eq!(text, "");
    }

    #[test]
    fn an_interrupt_ends_theirs() {
        let room = Room::new("bench-interrupt");
        fake(&room, LIST, "touch started; exec sleep 36000");
        let arguments = [&TINY[..], &["--against", "nest=./fake"]].concat();
        interrupted(&room, &arguments, |_| room.path("started").is_file());
        assert_eq!(room.contents(), [room.path("fake"), room.path("started")]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_interrupt_ends_ours() {
        let room = Room::new("bench-interrupt-ours");
        // The signal goes to the first process alone; it must end the one that measures.
        let worker = std::cell::Cell::new(0);
        interrupted(&room, &["bench", "vogels-abbott", "--scale", "0.05", "--seconds", "36000"], |id| {
            let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
            worker.set(children.split_whitespace().next().map_or(0, |child| child.parse().unwrap()));
            worker.get() > 0
        });
        assert!(!std::path::Path::new(&format!("/proc/{}", worker.get())).exists());
        assert!(room.contents().is_empty());
    }

    #[test]
    fn the_scripts_of_the_peers_say_what_there_is() {
        // Each script lists its workloads once its simulator is imported; here stand-ins for the modules are enough.
        let room = Room::new("bench-scripts");
        let python = std::process::Command::new("python3").args(["-c", "import numpy"]).output();
        if !python.is_ok_and(|output| output.status.success()) {
            println!("SKIPPED: no python3 with numpy");
            return;
        }
        std::fs::create_dir(room.path("nest")).unwrap();
        room.write("nest/__init__.py", "__version__ = 'stand-in'\n");
        let arguments = ["bench", "c-elegans", "--against", "nest"];
        let output = room.command(&arguments).env("PYTHONPATH", room.path("")).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("it has no workload c-elegans; it has brunel, coba-4k, cuba-40k, cuba-4k"), "{said}");
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn results_are_written_to_a_file() {
    let room = Room::new("bench-out");
    let arguments = [&TINY[..], &["cuba-4k", "--device", "cpu", "--out", "results.json"]].concat();
    success(&room, &arguments);
    let text = std::fs::read_to_string(room.path("results.json")).unwrap();
    let results: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let names: Vec<&str> = results.iter().map(|report| report["workload"].as_str().unwrap()).collect();
    assert_eq!(names, ["vogels-abbott", "cuba-4k"]);
    assert!(results.iter().all(|report| report["wall_per_biological"]["median"].as_f64().unwrap() > 0.0));
    // Told before anything is timed, so nothing is printed.
    let said = room.refused(&arguments);
    assert_eq!(said, "results.json: there is such a file already; name another, or say --force to replace it");
    let said = room.refused(&["bench", "cuba-4k", "--out", "no/such/results.json"]);
    assert!(said.starts_with("no/such/results.json: "), "{said}");
    let said = room.refused(&["bench", "cuba-4k", "--out", "."]);
    assert!(said.ends_with("names a folder; name a file"), "{said}");
    success(&room, &[&arguments[..], &["--force"]].concat());
}

#[test]
fn updates_of_models_are_set_beside_the_machine() {
    let room = Room::new("bench-models");
    let text = success(&room, &["bench", "--models", "iaf_psc_delta", "--precision", "f32"]);
    assert!(text.contains("ns/update") && text.contains("iaf_psc_delta") && text.contains("One thread:"), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&success(&room, &["bench", "--models", "izhikevich", "--precision", "f64", "--json"]))
            .unwrap();
    assert_eq!((json["model"].as_str(), json["precision"].as_str()), (Some("izhikevich"), Some("f64")));
    assert!(json["over_floor"].as_f64().unwrap() > 0.0, "{json}");
    // Receptors that are called by number.
    let text = success(&room, &["bench", "--models", "aeif_cond_alpha_multisynapse", "--precision", "f32"]);
    assert!(text.contains("aeif_cond_alpha_multisynapse"), "{text}");
    let output = room.run(&["bench", "--models", "iaf_psc_dleta"]);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && complaint.contains("iaf_psc_delta"), "{complaint}");
}
