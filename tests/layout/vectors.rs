//! Registers of any width give the same bits.

use std::fmt::Write;

use crate::support::room::Room;

/// All models in Rust, an odd number of neurons each, with Poisson input and their potentials recorded.
fn network(rate: f64) -> String {
    let mut text = "[simulation]\nduration = 60.0\ndevice = \"cpu\"\nthreads = 1\n".to_string();
    for model in neuropil::models::native() {
        let name = model.declaration().name;
        let conductance = name.contains("cond");
        let weight = if conductance {
            4.0
        } else if name.contains("delta") {
            0.8
        } else {
            90.0
        };
        let _ = write!(
            text,
            "[[population]]\nname = \"{name}\"\nsize = 277\nmodel = \"{name}\"\n\
             [[stimulus]]\ntype = \"poisson_generator\"\nto = \"{name}\"\nrate = {rate}\nweight = {weight}\n"
        );
        // A relay that repeats what it hears would never fall silent.
        if name != "parrot_neuron" {
            let _ = write!(
                text,
                "[[projection]]\nfrom = \"{name}\"\nto = \"{name}\"\nrule = \"fixed_indegree\"\nindegree = 9\n\
                 weight = {weight}\ndelay = 1.7\n\
                 [[record]]\nwhat = \"V_m\"\nfrom = \"{name}[0, 276]\"\ninterval = 0.5\n"
            );
        }
    }
    text + "[[record]]\nwhat = \"spikes\"\n"
}

/// Spikes and potentials with registers of this width.
fn outcome(room: &Room, vectors: &str, precision: &str) -> Vec<Vec<u8>> {
    let out = format!("{vectors}-{precision}");
    let arguments = ["run", "net.toml", "--precision", precision, "--out", &out];
    let output = room.command(&arguments).env("NEUROPIL_VECTORS", vectors).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let csv =
        |path: &std::path::PathBuf| path.starts_with(room.path(&out)) && path.extension().is_some_and(|e| e == "csv");
    let files = room.contents().into_iter().filter(csv);
    files.map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn spikes_and_states_are_the_same_for_any_vectors() {
    let room = Room::new("vectors");
    room.write("net.toml", network(4000.0));
    for precision in ["f32", "f64"] {
        let narrow = outcome(&room, "none", precision);
        assert!(narrow.len() == 6 && narrow.iter().any(|file| file.len() > 20_000), "{} files", narrow.len());
        // A machine without them falls back on what it has, and compares that.
        for wide in ["avx2", "avx512"] {
            assert!(outcome(&room, wide, precision) == narrow, "{wide}, {precision}");
        }
    }
    let other = Room::new("vectors-other");
    other.write("net.toml", network(4001.0));
    assert!(outcome(&other, "none", "f32") != outcome(&room, "again", "f32"), "another rate goes unnoticed");
}
