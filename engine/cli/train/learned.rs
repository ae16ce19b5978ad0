//! The results of a training, for people and for scripts.

use std::path::Path;

use neuropil::bench::machine::{load, processor};
use neuropil::quote;
use neuropil::text::{count, counted};
use neuropil::train::fit::Epoch;
use serde::Serialize;

use super::super::early::Early;
use super::super::style;
use super::super::tables::{pairs, seconds, short};
use super::TrainOptions;

/// The results of a training, which `--json` prints and `training.json` holds.
#[derive(Debug, Serialize)]
pub struct Learned {
    pub task: &'static str,
    pub interrupted: bool,
    /// Number of trained weights.
    pub parameters: usize,
    pub epochs: Vec<Epoch>,
    /// Share of the test set that is right, from 0 to 1.
    pub accuracy: Option<f64>,
    pub loss: Option<f64>,
    pub spikes_per_sample: Option<f64>,
    /// An estimate for hardware of 45 nm, from counts of multiplications (4.6 pJ) and additions (0.9 pJ), Horowitz 2014.
    pub energy_per_sample_nj: Option<f64>,
    /// Wall time of the training.
    pub train_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<Engine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_exit: Option<Early>,
    pub seed: u64,
    pub folder: String,
}

/// Spikes of the trained network in the simulator, compared with those in training.
#[derive(Debug, Serialize)]
pub struct Engine {
    pub device: &'static str,
    pub samples: usize,
    /// Samples all of whose spikes are equal.
    pub same: usize,
    pub spikes: u64,
    /// Spikes that only one of the two has.
    pub differing: u64,
    /// Wall time of the simulation.
    pub play_s: f64,
}

/// The summary as a table for people.
pub fn table(learned: &Learned, folder: &Path) -> String {
    let percent = |share: Option<f64>| share.map_or("-".into(), |share| format!("{:.2} %", 100.0 * share));
    let mut rows = vec![
        ("task", learned.task.to_owned()),
        ("weights", count(learned.parameters as u64)),
        ("accuracy", format!("{} of the test set", percent(learned.accuracy))),
        ("epochs", learned.epochs.len().to_string()),
        ("time", seconds(learned.train_s)),
    ];
    if let (Some(spikes), Some(energy)) = (learned.spikes_per_sample, learned.energy_per_sample_nj) {
        rows.push(("spikes", format!("{} a sample", short(spikes))));
        rows.push((
            "energy",
            format!("about {} nJ a sample, at 4.6 pJ a multiplication and 0.9 pJ an addition", short(energy)),
        ));
    }
    if let Some(engine) = &learned.engine {
        let (samples, spikes) = (counted(engine.samples as u64, "sample"), counted(engine.spikes, "spike"));
        let same = match engine.differing {
            0 => format!("{samples} played in {}: all {spikes} the same", seconds(engine.play_s)),
            some => format!("{} of {samples} the same; {} of {spikes} differ", engine.same, count(some)),
        };
        rows.push(("engine", same));
    }
    if let Some(early) = &learned.early_exit {
        rows.extend(early.rows());
    }
    rows.push(("folder", quote::path(folder)));
    rows.push(("next", format!("neuropil run {}", quote::path(&folder.join("experiment.toml")))));
    pairs(&rows.iter().map(|(name, value)| (*name, value.clone())).collect::<Vec<_>>(), style::output())
}

/// A row of a Markdown table of results, under its head.
pub fn row(learned: &Learned, options: &TrainOptions, threads: usize) -> String {
    let data = options.data.as_ref().map_or(String::new(), |_| " --data FOLDER".into());
    let given = options.seed.map_or(String::new(), |seed| format!(" --seed {seed}"));
    let accuracy = learned.accuracy.map_or("-".into(), |share| format!("{:.2} %", 100.0 * share));
    let engine = learned.engine.as_ref().map_or("-".into(), |engine| format!("{} of {}", engine.same, engine.samples));
    let machine = processor().unwrap_or_else(|| "unknown".into());
    let load = load().map_or("unknown".into(), |load| format!("{load:.1}"));
    let Learned { task, train_s, seed, epochs, .. } = learned;
    format!(
        "\n| command | accuracy | epochs | time | spike for spike | seed | machine |\n|---|---|---|---|---|---|---|\n\
         | `neuropil train {task}{data}{given} --full` | {accuracy} | {} | {} | {engine} | {seed} | {}, {machine}, load {load} |\n",
        epochs.len(),
        seconds(*train_s),
        counted(threads as u64, "thread"),
    )
}
