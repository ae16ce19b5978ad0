//! The program: `--trials`, `--trial`, `--sweep`.

use std::process::Output;

use crate::support::program::{Room, net};

const BUSY: &str = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"fixed_indegree\"\nindegree = 3\nweight = 30\n\
                    [[stimulus]]\ntype = \"poisson_generator\"\nto = \"exc\"\nrate = 20000.0\nweight = 100.0\n\
                    [[record]]\nwhat = \"spikes\"\n[[record]]\nwhat = \"V_m\"\nfrom = \"exc[0, 3]\"";

fn success(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn room(test: &str) -> Room {
    let room = Room::new(test);
    room.write("net.toml", net(BUSY).replace("duration = 5.0", "duration = 100.0"));
    room
}

fn read(room: &Room, name: &str) -> Vec<u8> {
    std::fs::read(room.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether two output folders hold the same tables and pictures.
fn same(room: &Room, one: &str, two: &str) -> bool {
    let files = ["spikes.csv", "traces_exc_V_m.csv", "raster.png", "traces_exc_V_m.png"];
    files.iter().all(|file| read(room, &format!("{one}/{file}")) == read(room, &format!("{two}/{file}")))
}

#[test]
fn each_trial_is_a_run_of_its_own() {
    let room = room("trials");
    for threads in ["1", "2"] {
        let out = format!("batch-{threads}");
        let text = success(room.run(&["run", "net.toml", "--trials", "5", "--threads", threads, "--out", &out]));
        assert!(text.contains("trials      5 of 100 ms") && text.contains(" ± "), "{text}");
        assert!(text.contains(&format!("{out}, trials.csv and a folder each")), "{text}");
    }
    success(room.run(&["run", "net.toml", "--out", "plain"]));
    success(room.run(&["run", "net.toml", "--trial", "3", "--out", "third"]));
    for batch in ["batch-1", "batch-2"] {
        assert!(same(&room, "plain", &format!("{batch}/trial-000")));
        assert!(same(&room, "third", &format!("{batch}/trial-003")));
        assert!(!same(&room, "plain", &format!("{batch}/trial-003")));
    }
    assert_eq!(read(&room, "plain/experiment.toml"), read(&room, "batch-1/trial-000/experiment.toml"));
    // What a trial leaves runs again to the same.
    success(room.run(&["run", "batch-2/trial-004/experiment.toml", "--out", "again"]));
    assert!(same(&room, "again", "batch-1/trial-004"));
    let table = String::from_utf8(read(&room, "batch-1/trials.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "folder,seed,trial,spikes,mean_rate_hz,duration_ms,wall_s");
    assert!(lines.len() == 6 && lines[4].starts_with("trial-003,1,3,"), "{table}");
    let spikes = String::from_utf8(read(&room, "third/spikes.csv")).unwrap().lines().count() - 1;
    assert_eq!(lines[4].split(',').nth(3), Some(spikes.to_string().as_str()));
}

#[test]
fn json_is_one_object_of_all_trials() {
    let room = room("trials-json");
    let text = success(room.run(&["run", "net.toml", "--trials", "3", "--json"]));
    let batch: serde_json::Value = serde_json::from_str(&text).unwrap();
    let trials = batch["trials"].as_array().unwrap();
    assert_eq!(trials.len(), 3);
    let rates: Vec<f64> = trials.iter().map(|trial| trial["mean_rate_hz"].as_f64().unwrap()).collect();
    let mean = rates.iter().sum::<f64>() / 3.0;
    let sd = (rates.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
    assert!((batch["mean_rate_hz"]["mean"].as_f64().unwrap() - mean).abs() < 1e-9);
    assert!((batch["mean_rate_hz"]["sd"].as_f64().unwrap() - sd).abs() < 1e-9 && sd > 0.0);
    assert_eq!(trials[2]["trial"].as_u64(), Some(2));
    assert_eq!(trials[2]["output"].as_str(), Some("neuropil-out/net-1/trial-002"));
}

#[test]
fn rows_of_a_sweep_are_runs_with_set() {
    let room = room("sweep");
    room.write(
        "sweep.csv",
        "exc.V_th, poisson_generator->exc.rate, exc->exc.indegree, seed\n\
         -55, 20000, 3, 1\n-54.5, 20000, 3, 1\n# wiring of its own\n-55, 20000, 4, 1\n-55, 15000, 3, 1\n-55, 2e4, 3, 9\n",
    );
    let run = ["run", "net.toml", "--sweep", "sweep.csv", "--trials", "2", "--threads", "2", "--out", "all"];
    let text = success(room.run(&run));
    assert!(text.contains("exc.V_th") && text.contains("-54.5"), "{text}");
    let sets = [
        ("plain", &[][..]),
        ("threshold", &["--set", "exc.V_th=-54.5"]),
        ("wiring", &["--set", "exc->exc.indegree=4"]),
        ("rate", &["--set", "poisson_generator->exc.rate=15000"]),
        ("seed", &["--seed", "9"]),
    ];
    for (row, (name, set)) in sets.iter().enumerate() {
        success(room.run(&[&["run", "net.toml", "--out", name][..], set].concat()));
        assert!(same(&room, name, &format!("all/trial-{:03}", 2 * row)), "{name}");
        assert!(row == 0 || !same(&room, name, "plain"), "{name} changes nothing");
    }
    let second = ["run", "net.toml", "--set", "exc.V_th=-54.5", "--trial", "1", "--out", "second"];
    success(room.run(&second));
    assert!(same(&room, "second", "all/trial-003"));
    success(room.run(&["run", "all/trial-005/experiment.toml", "--out", "again"]));
    assert!(same(&room, "again", "all/trial-005"));
    let table = String::from_utf8(read(&room, "all/trials.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    let header = "folder,seed,trial,exc.V_th,poisson_generator->exc.rate,exc->exc.indegree,spikes,mean_rate_hz,";
    assert!(lines.len() == 11 && lines[0].starts_with(header), "{table}");
    assert!(lines[10].starts_with("trial-009,9,1,-55,2e4,3,"), "{table}");
}

#[test]
fn presets_sweep_what_they_let_change() {
    let room = room("sweep-preset");
    room.write("sweep.csv", "preset.scale,excitatory.V_th\n0.02,20\n0.02,19\n0.03,20\n");
    let run = ["run", "brunel", "--seconds", "0.05", "--device", "cpu"];
    success(room.run(&[&run[..], &["--sweep", "sweep.csv", "--out", "all"]].concat()));
    let one = ["--set", "excitatory.V_th=19", "--scale", "0.02", "--out", "one"];
    success(room.run(&[&run[..], &one].concat()));
    success(room.run(&[&run[..], &["--scale", "0.03", "--out", "two"]].concat()));
    assert_eq!(read(&room, "one/spikes.csv"), read(&room, "all/trial-001/spikes.csv"));
    assert_eq!(read(&room, "two/spikes.csv"), read(&room, "all/trial-002/spikes.csv"));
}

#[test]
fn spikes_of_trials_are_streamed_to_files_of_their_own() {
    let room = room("trials-stream");
    success(room.run(&["run", "net.toml", "--trials", "2", "--threads", "2", "--spikes", "s.csv", "--out", "batch"]));
    for (number, file) in [("0", "s-000.csv"), ("1", "s-001.csv")] {
        let out = format!("alone-{number}");
        success(room.run(&["run", "net.toml", "--trial", number, "--out", &out]));
        assert!(read(&room, &format!("{out}/spikes.csv")) == read(&room, file));
        assert!(!room.path(&format!("batch/trial-00{number}/spikes.csv")).exists());
    }
    let said = room.refused(&["run", "net.toml", "--trials", "2", "--spikes", "s.csv"]);
    assert_eq!(said, "s-000.csv: is there already; choose another name, or say --force to replace it");
}

#[test]
fn earlier_trials_are_replaced_by_force_alone() {
    let room = room("trials-force");
    success(room.run(&["run", "net.toml", "--trials", "3", "--out", "out"]));
    assert_eq!(
        room.refused(&["run", "net.toml", "--trials", "2", "--out", "out"]),
        "out: holds an earlier run; choose another folder, or say --force to replace that run"
    );
    success(room.run(&["run", "net.toml", "--trials", "2", "--out", "out", "--force"]));
    assert!(room.path("out/trial-001").is_dir() && !room.path("out/trial-002").exists());
    success(room.run(&["run", "net.toml", "--out", "out", "--force"]));
    assert!(room.path("out/spikes.csv").is_file() && !room.path("out/trial-000").exists());
    assert!(!room.path("out/trials.csv").exists());
    success(room.run(&["run", "net.toml", "--trials", "2", "--out", "out", "--force"]));
    assert!(room.path("out/trial-001").is_dir() && !room.path("out/spikes.csv").exists());
    room.write("out/thesis.tex", "precious");
    let said = room.refused(&["run", "net.toml", "--trials", "2", "--out", "out", "--force"]);
    assert_eq!(said, "out: is not empty and holds no earlier run; choose a new or empty folder");
}

#[test]
fn batches_that_are_refused() {
    let room = room("trials-refused");
    let trials = |more: &[&str]| room.refused(&[&["run", "net.toml"][..], more].concat());
    assert_eq!(trials(&["--trials", "0"]), "--trials 0: it must lie between 1 and 100000");
    assert_eq!(trials(&["--trials", "9999999"]), "--trials 9999999: it must lie between 1 and 100000");
    assert_eq!(
        trials(&["--trials", "2", "--checkpoint", "c"]),
        "--checkpoint: several trials have no checkpoint; play one with --trial, or leave --checkpoint out"
    );
    assert_eq!(trials(&["--sweep", "none.csv"]), "none.csv: there is no such file");
    let cases = [
        ("", "s.csv: the file is empty; its first line must name settings as --set does, such as exc.V_th or seed"),
        ("exc.V_th\n", "s.csv: there is no line of values below the header; add one for each trial"),
        ("exc.V_th,exc.V_th\n1,2\n", "s.csv, line 1: column 'exc.V_th' is there twice"),
        ("exc.V_th,\n1,2\n", "s.csv, line 1: column 2 has no name; name a setting, such as exc.V_th"),
        ("threads\n1\n", "s.csv, line 1: threads is one for all trials; give it with --set and leave the column out"),
        ("exc.V_th,seed\n-55,1\n-55\n", "s.csv, line 3: this line has 1 field, and the header line has 2"),
        ("exc.V_th\n-55\nhigh\n", "s.csv, line 3: exc.V_th = 'high' is not a finite number"),
        ("exc.V_th\nNaN\n", "s.csv, line 2: exc.V_th = 'NaN' is not a finite number"),
        ("exc.V_th,seed\n-55,\n", "s.csv, line 2: seed = '' is not a finite number"),
        ("exz.V_th\n-55\n", "unknown population 'exz' in s.csv, line 2, column 'exz.V_th'; did you mean 'exc'?"),
        ("sede\n1\n", "unknown key 'sede' in s.csv, line 2, column 'sede'; did you mean 'seed'?"),
        ("seed\n1.5\n", "s.csv, line 2, column 'seed': `1.5` is given, expected a whole number, 0 or more"),
        (
            "poisson_generator->exc.rat\n1\n",
            "unknown key 'rat' in s.csv, line 2, column 'poisson_generator->exc.rat'; did you mean 'rate'?",
        ),
        (
            "exc->inh.weight\n1\n",
            "unknown projection 'exc->inh' in s.csv, line 1, column 'exc->inh.weight'; did you mean 'exc->exc'?",
        ),
        // Found by building: the second row is wrong, and nothing of the first is played.
        (
            "exc.V_t\n-55\n",
            "s.csv, line 2: net.toml, line 6: unknown parameter 'V_t' in population 'exc' (iaf_psc_exp); did you mean 'V_th'?",
        ),
        ("exc.C_m\n250\n-250\n", "s.csv, line 3: net.toml, line 6: exc.C_m = -250 must be greater than 0 pF"),
        ("exc.V_reset\n-70\n-40\n", "s.csv, line 3: exc.V_reset = -40 must be below V_th = -55 mV"),
    ];
    for (content, expected) in cases {
        room.write("s.csv", content);
        assert_eq!(trials(&["--sweep", "s.csv"]), expected, "for {content:?}");
    }
    // The partner: a file without mistakes is played.
    room.write("s.csv", "exc.V_th\n-55\n");
    success(room.run(&["run", "net.toml", "--sweep", "s.csv", "--out", "out"]));
}

#[test]
fn explain_plan_counts_the_states_of_all_that_run() {
    let room = room("trials-explain");
    let neurons = |more: &[&str]| {
        let text =
            success(room.run(&[&["run", "net.toml", "--explain-plan", "--json", "--threads", "4"], more].concat()));
        let outline: serde_json::Value = serde_json::from_str(&text).unwrap();
        (outline["memory"]["rings"].as_u64().unwrap(), outline["memory"]["synapses"].as_u64().unwrap())
    };
    let (one, four) = (neurons(&[]), neurons(&["--trials", "64"]));
    assert_eq!(four, (u64::from(neuropil::device::cores().min(4)) * one.0, one.1));
}

#[cfg(unix)]
#[test]
fn an_interrupted_batch_keeps_what_was_simulated() {
    let room = room("trials-interrupt");
    let arguments =
        ["run", "net.toml", "--seconds", "36000", "--trials", "9", "--threads", "2", "--out", "out", "--json"];
    let mut child = room
        .command(&arguments)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !(room.path("out/trial-000").is_dir() && room.path("out/trial-001").is_dir()) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let batch = crate::support::program::interrupted(&mut child);
    assert_eq!((batch["interrupted"].as_bool(), batch["trials"].as_array().unwrap().len()), (Some(true), 2));
    for file in ["trials.csv", "trial-000/spikes.csv", "trial-001/summary.json"] {
        assert!(room.path("out").join(file).is_file(), "{file}");
    }
    assert!(!room.path("out/trial-002").exists());
}

#[test]
fn a_sweep_is_carried_along() {
    let room = room("sweep-carried");
    room.write("rows.csv", "exc.V_th\n-55\n-54\n");
    room.write("input.csv", "neuron,time_ms\n0,1.0\n");
    let more = "[[stimulus]]\ntype = \"spike_generator\"\nto = \"exc\"\nfile = \"input.csv\"\n";
    let experiment = String::from_utf8(read(&room, "net.toml")).unwrap() + more;
    room.write("net.toml", experiment);
    success(room.run(&["run", "net.toml", "--sweep", "rows.csv", "--out", "all"]));
    assert_eq!(read(&room, "all/inputs/sweep.csv"), read(&room, "rows.csv"));
    assert_eq!(read(&room, "all/inputs/input.csv"), read(&room, "input.csv"));
    let again = ["run", "all/trial-000/experiment.toml", "--sweep", "all/inputs/sweep.csv", "--out"];
    success(room.run(&[&again[..], &["again"]].concat()));
    assert!(same(&room, "all/trial-001", "again/trial-001") && !same(&room, "all/trial-000", "again/trial-001"));
    // Also in its own place, and gone with the sweep.
    success(room.run(&[&again[..], &["all", "--force"]].concat()));
    assert_eq!(read(&room, "all/inputs/sweep.csv"), read(&room, "rows.csv"));
    success(room.run(&["run", "net.toml", "--trials", "2", "--out", "all", "--force"]));
    assert!(!room.path("all/inputs/sweep.csv").exists() && room.path("all/inputs/input.csv").is_file());
}
