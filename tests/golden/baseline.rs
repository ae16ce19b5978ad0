//! The same spikes, states, synapses and predicted memory as ever: `baseline.csv` holds what every preset gave when it was
//! written, and a change of any of it must be meant.
//!
//! Columns: preset, scale, ms, bits of the number type; neurons, synapses, spikes; CRC-32 of the spikes (step and neuron,
//! 32 bits each, little-endian) and of all states at the end (as f64, in the order of populations, variables, neurons); and
//! bytes predicted for the network. A row that has changed is printed as it is now.
//!
//! Derived values are made with the platform's exp and ln, so elsewhere than on Linux with glibc last bits may differ.

use crate::networks::network;
use neuropil::files::Checksum;
use neuropil::prelude::*;

const TABLE: &str = include_str!("baseline.csv");

/// A row of the table as it is now.
fn row(preset: &str, scale: f64, ms: f64, bits: u32, seed: u64) -> String {
    let net = network(preset, scale);
    let precision = if bits == 32 { Precision::F32 } else { Precision::F64 };
    let options = PlanOptions { shards: 2, threads: 2, memory: Some(8 << 30), ..default() };
    let device = || Device::cpu().precision(precision).threads(2);
    let outline = Simulation::outline(&net, device(), Seed(seed), &options).unwrap();
    let mut simulation = Simulation::new(net, device(), Seed(seed), &options).unwrap();
    simulation.run(ms.ms()).unwrap();
    let mut spikes = Checksum::default();
    for Spike { step, id } in simulation.all_spikes() {
        spikes.update(&step.to_le_bytes());
        spikes.update(&id.to_le_bytes());
    }
    let count = simulation.all_spikes().len();
    let mut states = Checksum::default();
    for value in simulation.checkpoint().unwrap().state.iter().flatten().flatten() {
        states.update(&value.to_bits().to_le_bytes());
    }
    let synapses = outline.stored + outline.drawn;
    let (neurons, bytes) = (outline.neurons, outline.memory.total());
    let (spikes, states) = (spikes.sum(), states.sum());
    format!("{preset},{scale},{ms},{bits},{neurons},{synapses},{count},{spikes:08x},{states:08x},{bytes}")
}

/// The rows of the table on a preset, as they are written and as they are now.
fn rows(preset: &str, seed: u64) -> (Vec<String>, Vec<String>) {
    let written = TABLE.lines().skip(1).filter(|line| line.split(',').next() == Some(preset));
    let written: Vec<String> = written.map(str::to_owned).collect();
    let now = written.iter().map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        row(preset, fields[1].parse().unwrap(), fields[2].parse().unwrap(), fields[3].parse().unwrap(), seed)
    });
    let now = now.collect();
    (written, now)
}

fn unchanged(preset: &str) {
    let (written, now) = rows(preset, 1);
    assert!(written.len() >= 2, "{preset} has no rows in f32 and f64");
    assert!(written == now, "changed; now:\n{}\nwritten:\n{}", now.join("\n"), written.join("\n"));
}

macro_rules! unchanged {
    ($($test:ident $preset:literal;)*) => {
        $(#[test]
        fn $test() {
            unchanged($preset);
        })*

        #[test]
        fn every_preset_has_a_baseline() {
            let presets = neuropil::connectomes::networks::all().iter().map(|preset| preset.name);
            assert_eq!(presets.collect::<Vec<_>>(), [$($preset),*]);
        }
    };
}

unchanged! {
    c_elegans_is_unchanged "c-elegans";
    c_elegans_gap_is_unchanged "c-elegans-gap";
    c_elegans_graded_is_unchanged "c-elegans-graded";
    larva_is_unchanged "larva";
    optic_lobe_is_unchanged "optic-lobe";
    human_dti_is_unchanged "human-dti";
    brunel_is_unchanged "brunel";
    vogels_abbott_is_unchanged "vogels-abbott";
    vogels_abbott_coba_is_unchanged "vogels-abbott-coba";
    cuba_4k_is_unchanged "cuba-4k";
    coba_4k_is_unchanged "coba-4k";
    cuba_40k_is_unchanged "cuba-40k";
    coba_hh_is_unchanged "coba-hh";
    hpc_benchmark_is_unchanged "hpc-benchmark";
    stdp_balance_is_unchanged "stdp-balance";
    astrocyte_brunel_is_unchanged "astrocyte-brunel";
    calcium_waves_is_unchanged "calcium-waves";
    working_memory_is_unchanged "working-memory";
    microcircuit_is_unchanged "microcircuit";
    microcircuit_thalamic_is_unchanged "microcircuit-thalamic";
    sparse_1m_is_unchanged "sparse-1m";
    fly_scale_is_unchanged "fly-scale";
    multi_area_is_unchanged "multi-area";
}

#[test]
fn another_seed_changes_the_baseline() {
    let (written, now) = rows("c-elegans", 2);
    assert!(written.iter().zip(&now).all(|(written, now)| written != now));
}
