//! Whether another threshold, or weights of steps, make images better, by several seeds.

use std::process::ExitCode;

use neuropil::train::diffusion::{Gaussian, Images, Judge, Model, Neuron, Spread, row};
use neuropil::{Error, Result};
use serde::Serialize;

use super::super::tables::{grid, short};
use super::judge::judge_of;
use super::{Common, DiffusionOptions, data, drawn, models, within};

/// Thresholds that are drawn with, mV; the nets have learned with 1.
const THRESHOLDS: [f64; 5] = [0.997, 0.999, 1.0, 1.001, 1.003];
/// Seeds of drawing for each, unless others are asked for.
const SEEDS: u64 = 3;

/// What a net draws with a threshold.
#[derive(Debug, Serialize)]
struct Guided {
    net: String,
    temporal: bool,
    threshold: f64,
    images: usize,
    seeds: u64,
    frechet: Spread,
    sure: Spread,
    spikes: f64,
}

/// Draws `count` images with each net, threshold and seed, and judges them.
///
/// # Errors
/// Nets of ReLUs; data or files that are not there, or not what they should be.
pub fn ablation(options: &DiffusionOptions, common: &Common<'_>, count: u64) -> Result<ExitCode> {
    let count = within("--ablation", count, 10_000)?;
    let (samples, split) = data(common)?;
    let (judge, threads) = (judge_of(options)?, common.threads);
    within("--seeds", common.seeds.unwrap_or(SEEDS), 1000)?;
    let mut all = Vec::new();
    for (name, model) in models(options, &[Neuron::Spiking], common)? {
        let design = model.recipe().design;
        if design.neuron != Neuron::Spiking {
            return Err(Error::invalid(
                "--ablation",
                format!("{name} has ReLUs, which have no threshold; leave it out"),
            ));
        }
        let real = judge.look(&Images::of(&samples, &split.validation, design.size)?, threads)?.gaussian()?;
        let (temporal, mut model) = (model.temporal(), model);
        for threshold in THRESHOLDS {
            model = model.with_threshold(threshold)?;
            let words = format!("{name}, threshold {threshold}");
            let Some(guided) = guided((&model, count, words), (&judge, &real), common)? else {
                return Ok(ExitCode::from(130));
            };
            all.push(Guided { net: name.clone(), temporal, threshold, ..guided });
        }
    }
    match common.json {
        true => super::super::print_json(&all)?,
        false => super::super::print(&table(&all))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What a net draws with all seeds; none if somebody interrupted it.
fn guided(
    (model, count, words): (&Model, usize, String),
    (judge, real): (&Judge, &Gaussian),
    common: &Common<'_>,
) -> Result<Option<Guided>> {
    let (mut distances, mut sure, mut spikes) = (Vec::new(), Vec::new(), 0.0);
    let (first, seeds) = (common.seed.unwrap_or(1), common.seeds.unwrap_or(SEEDS));
    for seed in first..first.saturating_add(seeds) {
        let Some((images, seen)) = drawn(model, (count, &words), (seed, common.threads))? else { return Ok(None) };
        let row = row(&words, &images, Some(seen), (judge, real), common.threads)?;
        distances.push(row.frechet);
        sure.push(row.sure);
        spikes += row.spikes.unwrap_or(0.0) / seeds as f64;
    }
    let (frechet, sure) = (Spread::of(&distances)?, Spread::of(&sure)?);
    let (net, temporal, threshold) = (String::new(), false, 0.0);
    Ok(Some(Guided { net, temporal, threshold, images: count, seeds, frechet, sure, spikes }))
}

/// What is said of a distance beside another.
fn beside(own: &Spread, other: &Spread) -> &'static str {
    match own.differs(other) {
        false => "within the spread",
        true if own.mean < other.mean => "nearer",
        true => "farther",
    }
}

/// The table, for people, and how the nets compare.
fn table(all: &[Guided]) -> String {
    let head = ["net", "steps weigh", "threshold", "Fréchet", "sure", "spikes", "beside threshold 1"];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    let as_learned: Vec<&Guided> = all.iter().filter(|guided| guided.threshold == 1.0).collect();
    for guided in all {
        let same = as_learned.iter().find(|other| other.net == guided.net);
        let spread = |spread: &Spread, by: f64| format!("{:.1} ± {:.1}", by * spread.mean, by * spread.sd);
        cells.push(vec![
            guided.net.clone(),
            if guided.temporal { "their own" } else { "the same" }.into(),
            guided.threshold.to_string(),
            spread(&guided.frechet, 1.0),
            format!("{} %", spread(&guided.sure, 100.0)),
            short(guided.spikes),
            same.filter(|_| guided.threshold != 1.0)
                .map_or("-", |other| beside(&guided.frechet, &other.frechet))
                .into(),
        ]);
    }
    let [images, seeds] = all.first().map_or([0; 2], |guided| [guided.images as u64, guided.seeds]);
    let mut text = grid(&cells);
    for pair in as_learned.windows(2) {
        let said = beside(&pair[1].frechet, &pair[0].frechet);
        text += &format!("\n  At threshold 1, {} beside {}: {said}.", pair[1].net, pair[0].net);
    }
    text + &format!(
        "\n  {images} images for each of {seeds} seeds; a difference is within the spread where it is no more than \
         √(sd² + sd'²).\n"
    )
}
