//! Compares images of nets with several thresholds, with and without weights of steps, over several seeds.

use std::process::ExitCode;

use neuropil::train::diffusion::{Gaussian, Images, Judge, Model, Neuron, Spread, row};
use neuropil::{Error, Result};
use serde::Serialize;

use super::super::progress::ended_early;
use super::super::tables::{aligned_columns, short};
use super::judge::{NOT_JUDGED, images_to_judge, load_judge};
use super::sampler::{draw, sampler, told};
use super::{Common, DiffusionOptions, data, models, within};

/// The thresholds that images are drawn with, mV; nets are trained with 1.
const THRESHOLDS: [f64; 5] = [0.997, 0.999, 1.0, 1.001, 1.003];
/// Number of seeds for each threshold, unless --seeds gives another.
const DEFAULT_SEEDS: u64 = 3;

/// How the images of a net with one threshold are judged.
#[derive(Debug, Serialize)]
struct Judged {
    net: String,
    /// Whether the net has learned weights of steps.
    temporal: bool,
    threshold: f64,
    /// Images of each seed.
    images: usize,
    seeds: u64,
    /// Fréchet distance from real images.
    frechet: Spread,
    /// Share of images that the judge is sure of.
    sure: Spread,
    /// Spikes of an image, in the mean over seeds.
    spikes: f64,
}

/// Draws `count` images with each net, threshold and seed, judges them and prints the results.
///
/// # Errors
/// Nets of ReLUs, numbers out of range, data or files that are missing or cannot be read.
pub fn ablation(options: &DiffusionOptions, common: &Common<'_>, count: u64) -> Result<ExitCode> {
    let count = images_to_judge("--ablation", count)?;
    let seeds = within("--seeds", common.seeds.unwrap_or(DEFAULT_SEEDS), 1000)?;
    if seeds < 2 {
        return Err(Error::invalid("--seeds", "images of 1 seed have no spread; give 2 or more".to_owned()));
    }
    let (samples, split) = data(common)?;
    let (judge, threads) = (load_judge(options)?, common.threads);
    let (mut all, mut way) = (Vec::new(), String::new());
    for (name, model) in models(options, &[Neuron::Spiking], common)? {
        let design = model.recipe().design;
        if design.neuron != Neuron::Spiking {
            return Err(Error::invalid(
                "--ablation",
                format!("{name} has ReLUs, which have no threshold; leave it out"),
            ));
        }
        way = told(&sampler(options, &model, 1)?);
        let real = judge.look(&Images::of(&samples, &split.validation, design.size)?, threads)?.gaussian()?;
        let (temporal, mut model) = (model.temporal(), model);
        for threshold in THRESHOLDS {
            model = model.with_threshold(threshold)?;
            let words = format!("{name}, threshold {threshold}");
            let Some(judged) = judge_seeds((&model, count, words), (&judge, &real), (options, common))? else {
                return Ok(ended_early(NOT_JUDGED));
            };
            all.push(Judged { net: name.clone(), temporal, threshold, ..judged });
        }
    }
    match common.json {
        true => super::super::print_json(&all)?,
        false => super::super::print(&table(&all, &way))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Draws `count` images with `model` for each seed and judges them beside `real` images; `None` where Ctrl-C was
/// pressed. The net, whether it is temporal and its threshold are left to be set.
fn judge_seeds(
    (model, count, words): (&Model, usize, String),
    (judge, real): (&Judge, &Gaussian),
    (options, common): (&DiffusionOptions, &Common<'_>),
) -> Result<Option<Judged>> {
    let (mut distances, mut sure, mut spikes) = (Vec::new(), Vec::new(), 0.0);
    let (first, seeds) = (common.seed.unwrap_or(1), common.seeds.unwrap_or(DEFAULT_SEEDS));
    for seed in first..first.saturating_add(seeds) {
        let sampler = sampler(options, model, seed)?;
        let Some((images, seen)) = draw(model, &sampler, (count, &words), common.threads)? else { return Ok(None) };
        let row = row(&words, &images, Some(seen), (judge, real), common.threads)?;
        distances.push(row.frechet);
        sure.push(row.sure);
        spikes += row.spikes.unwrap_or(0.0) / seeds as f64;
    }
    let (frechet, sure) = (Spread::of(&distances)?, Spread::of(&sure)?);
    let (net, temporal, threshold) = (String::new(), false, 0.0);
    Ok(Some(Judged { net, temporal, threshold, images: count, seeds, frechet, sure, spikes }))
}

/// Whether the distance `own` is nearer than `other`, in words.
fn compare(own: &Spread, other: &Spread) -> &'static str {
    match own.differs(other) {
        false => "within the spread",
        true if own.mean < other.mean => "nearer",
        true => "farther",
    }
}

/// The results as a table for people, with how the nets compare; images were drawn in the way told by `way`.
fn table(all: &[Judged], way: &str) -> String {
    let head = ["net", "steps weigh", "threshold", "Fréchet", "sure", "spikes", "beside threshold 1"];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    let as_learned: Vec<&Judged> = all.iter().filter(|judged| judged.threshold == 1.0).collect();
    for judged in all {
        let same = as_learned.iter().find(|other| other.net == judged.net);
        let spread = |spread: &Spread, by: f64| format!("{:.1} ± {:.1}", by * spread.mean, by * spread.sd);
        cells.push(vec![
            judged.net.clone(),
            if judged.temporal { "their own" } else { "the same" }.into(),
            judged.threshold.to_string(),
            spread(&judged.frechet, 1.0),
            format!("{} %", spread(&judged.sure, 100.0)),
            short(judged.spikes),
            same.filter(|_| judged.threshold != 1.0)
                .map_or("-", |other| compare(&judged.frechet, &other.frechet))
                .into(),
        ]);
    }
    let [images, seeds] = all.first().map_or([0; 2], |judged| [judged.images as u64, judged.seeds]);
    let mut text = aligned_columns(&cells);
    for pair in as_learned.windows(2) {
        let said = compare(&pair[1].frechet, &pair[0].frechet);
        text += &format!("\n  At threshold 1, {} beside {}: {said}.", pair[1].net, pair[0].net);
    }
    text + &format!(
        "\n  {images} images for each of {seeds} seeds, {way} each; a difference is within the spread where it is no more than \
         √(sd² + sd'²).\n"
    )
}
