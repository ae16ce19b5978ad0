//! Judges images that nets draw beside real ones, and trains the net that judges.

use std::path::Path;
use std::process::ExitCode;

use neuropil::train::diffusion::{Images, Judge, Judging, Neuron, Row, judging, noise, row};
use neuropil::train::fit::{Ended, Settings, Trainer};
use neuropil::{Error, Result, quote};

use super::super::progress::ended_early;
use super::super::tables::{aligned_columns, short};
use super::bar::Bar;
use super::sampler::{draw, sampler, told};
use super::{Common, DiffusionOptions, data, models, within};

/// What is said where drawing images to judge was ended.
pub const NOT_JUDGED: &str = "not all images were drawn, so none is judged";

/// Draws `count` images with each net, judges them beside real images and noise, and prints the results.
///
/// # Errors
/// Numbers out of range, data or files that are missing or cannot be read.
pub fn judge(options: &DiffusionOptions, common: &Common<'_>, count: u64) -> Result<ExitCode> {
    let count = images_to_judge("--judge", count)?;
    let (samples, split) = data(common)?;
    let (judge, threads, seed) = (load_judge(options)?, common.threads, common.seed.unwrap_or(1));
    let (mut rows, mut way): (Vec<Row>, _) = (Vec::new(), String::new());
    for (name, model) in models(options, &Neuron::ALL, common)? {
        let sampler = sampler(options, &model, seed)?;
        way = told(&sampler);
        let size = model.recipe().design.size;
        let real = judge.look(&Images::of(&samples, &split.validation, size)?, threads)?.gaussian()?;
        let Some((images, seen)) = draw(&model, &sampler, (count, &format!("drawing by {name}")), threads)? else {
            return Ok(ended_early(NOT_JUDGED));
        };
        if rows.is_empty() {
            let learned = split.train.get(..count).unwrap_or(&split.train);
            rows.push(row("real", &Images::of(&samples, learned, size)?, None, (&judge, &real), threads)?);
            rows.push(row("noise", &noise(count, size, seed)?, None, (&judge, &real), threads)?);
        }
        rows.push(row(&name, &images, Some(seen), (&judge, &real), threads)?);
    }
    match common.json {
        true => super::super::print_json(&rows)?,
        false => super::super::print(&table(&rows, &way))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The number of images of the option `name`, which are judged by their mean and covariance.
///
/// # Errors
/// Fewer than 2 images, more than 10,000.
pub fn images_to_judge(name: &str, count: u64) -> Result<usize> {
    if count == 1 {
        return Err(Error::invalid(name, "1 image has no spread to judge; give 2 or more".to_owned()));
    }
    within(name, count, 10_000)
}

/// The judge of --judged-by, or the one that comes with the program.
///
/// # Errors
/// A file that holds no judge.
pub fn load_judge(options: &DiffusionOptions) -> Result<Judge> {
    options.judged_by.as_ref().map_or_else(Judge::own, |path| Judge::load(path))
}

/// The results as a table for people, of images that were drawn in the way told by `way`.
fn table(rows: &[Row], way: &str) -> String {
    let head = ["images of", "number", "Fréchet", "sure", "least class", "most class", "spikes", "energy (mJ)"];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    for row in rows {
        let least = row.classes.iter().copied().fold(f64::INFINITY, f64::min);
        let most = row.classes.iter().copied().fold(0.0, f64::max);
        let some = |number: Option<f64>| number.map_or("-".into(), short);
        cells.push(vec![
            row.name.clone(),
            row.images.to_string(),
            short(row.frechet),
            percent(row.sure),
            percent(least),
            percent(most),
            some(row.spikes),
            some(row.energy),
        ]);
    }
    let note = format!(
        "\n  Fréchet: distance of the judge's 64 features from those of the test set; sure: it gives a class 90 % or more;\n  \
         spikes and energy (4.6 pJ a multiplication, 0.9 pJ an addition) of an image, in all {way}.\n"
    );
    aligned_columns(&cells) + &note
}

/// Trains a judge and writes it to `path`.
///
/// # Errors
/// Data that are missing or are no small images of ten classes; a file that cannot be written.
pub fn learn(common: &Common<'_>, path: &Path) -> Result<ExitCode> {
    let (samples, split) = data(common)?;
    let all: Vec<u32> = (0..samples.len() as u32).collect();
    let images = Images::of(&samples, &all, 28)?;
    let mut task = Judging::new(&images, samples.labels(), common.threads)?;
    let epochs = within("--epochs", common.epochs.unwrap_or(3), 1000)? as u32;
    let settings = Settings { seed: common.seed.unwrap_or(1), ..judging(epochs) };
    let mut trainer = Trainer::new(task.parameters(settings.seed)?, settings, split)?;
    let mut bar = Bar::new("learning");
    let ended = trainer.run(&mut task, None, &mut bar);
    bar.end();
    if ended? == Ended::Stopped {
        return Ok(ended_early("the judge has not learned all it was to learn, so no file was written"));
    }
    Judge::new(trainer.parameters())?.save(path, &common.data.map(quote::path).unwrap_or_default())?;
    let right = trainer.history().last().and_then(|epoch| epoch.validation?.accuracy()).unwrap_or(0.0);
    super::super::print(&format!("  {:.2} % of the test set are right; {}\n", 100.0 * right, quote::path(path)))?;
    Ok(ExitCode::SUCCESS)
}
