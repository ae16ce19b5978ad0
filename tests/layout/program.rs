//! What `neuropil run` promises of its memory, and what it uses.

use crate::support::room::Room;

fn success(output: std::process::Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Memory that was predicted for a run of a preset, and what it used, MiB.
fn promised_and_used(preset: &str, options: &[&str]) -> (f64, f64) {
    let room = Room::new(&format!("memory-{preset}-{}", options.join("-").replace(['/', '.', '='], "-")));
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let mib = |value: &serde_json::Value| value.as_f64().unwrap() / f64::from(1 << 20);
    let arguments = [&["run", preset, "--device", "cpu"], options].concat();
    let plan = read(&success(room.run(&[&arguments, &["--explain-plan", "--json"][..]].concat())));
    let phases = ["reading", "building", "running", "results"].map(|phase| mib(&plan["phases"][phase]));
    success(room.run(&[&arguments, &["--out", "out"][..]].concat()));
    let of_run = |folder: &str| {
        let summary = std::fs::read_to_string(room.path("out").join(folder).join("summary.json")).ok()?;
        Some(mib(&read(&summary)["run"]["peak_memory_bytes"]))
    };
    let used = ["", "trial-000", "trial-001", "trial-002", "trial-003"].iter().filter_map(|folder| of_run(folder));
    (phases.into_iter().fold(0.0, f64::max), used.fold(0.0, f64::max))
}

/// Within 5 % below and 10 % above, or 16 MiB: what the allocator keeps and the pages of code that are read differ by so much.
fn keeps(promised: f64, used: f64) -> bool {
    (0.95..=1.1).contains(&(promised / used)) || (promised - used).abs() <= 16.0
}

#[cfg(target_os = "linux")]
#[test]
fn memory_promised_is_memory_used() {
    let runs: [(&str, &[&str]); 7] = [
        ("c-elegans", &[]),
        // Without pictures, which trials side by side may or may not draw at the same time.
        ("larva", &["--trials", "4", "--threads", "2", "--precision", "f64", "--set", "simulation.spikes=false"]),
        ("optic-lobe", &["--seconds", "0.02"]),
        ("brunel", &["--precision", "f64", "--threads", "1", "--seconds", "0.1"]),
        ("fly-scale", &["--scale", "0.4", "--seconds", "0.02", "--threads", "2"]),
        ("sparse-1m", &["--scale", "0.3", "--precision", "f64", "--seconds", "0.02", "--threads", "2"]),
        ("sparse-1m", &["--scale", "0.3", "--seconds", "0.02", "--set", "plan.rows=procedural"]),
    ];
    for (preset, options) in runs {
        let (promised, used) = promised_and_used(preset, options);
        assert!(keeps(promised, used), "{preset} {options:?}: {promised:.1} MiB promised, {used:.1} MiB used");
        // The partner: a prediction that forgets a fifth of it is found out where there is much of it.
        assert!(used < 120.0 || !keeps(0.8 * promised, used), "{preset} {options:?}: {used:.1} MiB");
    }
}
