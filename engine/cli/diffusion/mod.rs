//! `neuropil train diffusion`: learns to make images out of noise, makes some, and tells how good they are.

mod bar;
mod learn;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use neuropil::text::count;
use neuropil::train::diffusion::{
    Images, Judge, Judging, Model, Neuron, Prediction, Row, Seen, judging, noise, picture, row,
};
use neuropil::train::fit::{Ended, Samples, Settings, Split, Trainer};
use neuropil::train::tasks::mnist;
use neuropil::{Error, Result, quote};
use serde::Serialize;

use bar::Bar;

use super::complaint::{among, number, whole};
use super::progress::{catch_interrupts, interrupted};
use super::style;
use super::tables::{grid, pairs, seconds, short};

/// The task's name.
pub const NAME: &str = "diffusion";
/// One phrase of it.
pub const ABOUT: &str = "images out of noise by a spiking U-Net; --sample 64 draws digits, learning needs --data";
/// Steps back of an image.
const STEPS: u32 = 50;
// No documentation: clap would take it for that of the command.
#[allow(missing_docs)]
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of the task diffusion")]
pub struct DiffusionOptions {
    /// Learn from so many images, each as often as it is met [default: 300000]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, conflicts_with = "minutes")]
    images: Option<u64>,
    /// Learn from as many images as this machine manages in so many minutes
    #[arg(long, value_name = "N", value_parser = number, allow_negative_numbers = true)]
    minutes: Option<f64>,
    /// Channels of the U-Net [default: 16]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    channels: Option<u64>,
    /// Rows and columns of an image [default: 28]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    size: Option<u64>,
    /// What is predicted: the noise, or v [default: v]
    #[arg(long, value_parser = among(Prediction::ALL, Prediction::name))]
    prediction: Option<Prediction>,
    /// Spiking neurons, or ReLUs [default: spiking]
    #[arg(long, value_parser = among(Neuron::ALL, Neuron::name))]
    neuron: Option<Neuron>,
    /// Draw so many images, and learn nothing
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    sample: Option<u64>,
    /// Tell how good so many images are beside real ones; needs --data
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, conflicts_with = "sample")]
    judge: Option<u64>,
    /// Learn the judge anew, which the images are judged by, and write it here; needs --data
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sample", "judge"])]
    learn_judge: Option<PathBuf>,
    /// Draw with what was learned here [default: what comes along]
    #[arg(long, value_name = "FILE")]
    weights: Vec<PathBuf>,
    /// Draw with this threshold of the neurons, mV, instead of the 1 that they learned with
    #[arg(long, value_name = "X", value_parser = number, allow_negative_numbers = true)]
    threshold: Option<f64>,
}

/// Options that other tasks have, too.
#[derive(Debug)]
pub struct Common<'a> {
    pub data: Option<&'a Path>,
    pub samples: Option<u64>,
    pub epochs: Option<u64>,
    pub batch_size: Option<u64>,
    pub lr: Option<f64>,
    pub steps: Option<u64>,
    pub seed: Option<u64>,
    pub threads: usize,
    pub checkpoint: Option<&'a Path>,
    pub resume: bool,
    pub out: Option<&'a Path>,
    pub json: bool,
}

impl DiffusionOptions {
    /// Refuses these options of other tasks.
    ///
    /// # Errors
    /// The first that is given.
    pub fn refuse(&self, task: &str) -> Result<()> {
        let given = [
            ("--images", self.images.is_some()),
            ("--minutes", self.minutes.is_some()),
            ("--channels", self.channels.is_some()),
            ("--size", self.size.is_some()),
            ("--prediction", self.prediction.is_some()),
            ("--neuron", self.neuron.is_some()),
            ("--sample", self.sample.is_some()),
            ("--judge", self.judge.is_some()),
            ("--learn-judge", self.learn_judge.is_some()),
            ("--weights", !self.weights.is_empty()),
            ("--threshold", self.threshold.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((name, _)) => {
                let problem = format!("it is an option of the task {NAME}; leave it out for {}", quote::name(task));
                Err(Error::invalid(name, problem))
            }
        }
    }
}

/// Learns, draws or judges.
///
/// # Errors
/// Options out of range, or of no use here; data that are not there; files that cannot be read or written.
pub fn diffusion(options: &DiffusionOptions, common: &Common<'_>) -> Result<ExitCode> {
    catch_interrupts()?;
    match (options.sample, options.judge, &options.learn_judge) {
        (Some(count), _, _) => used(options, common, "--sample").and_then(|()| sample(options, common, count)),
        (_, Some(count), _) => used(options, common, "--judge").and_then(|()| judge(options, common, count)),
        (_, _, Some(path)) => used(options, common, "--learn-judge").and_then(|()| learn_judge(common, path)),
        _ => used(options, common, "learning").and_then(|()| learn::learn(options, common)),
    }
}

/// Refuses options that have no use where this is asked for.
fn used(options: &DiffusionOptions, common: &Common<'_>, asked: &str) -> Result<()> {
    let learning: &[&str] = &["learning"];
    let given: [(&str, bool, &[&str]); 17] = [
        ("--images", options.images.is_some(), learning),
        ("--minutes", options.minutes.is_some(), learning),
        ("--channels", options.channels.is_some(), learning),
        ("--size", options.size.is_some(), learning),
        ("--prediction", options.prediction.is_some(), learning),
        ("--batch-size", common.batch_size.is_some(), learning),
        ("--lr", common.lr.is_some(), learning),
        ("--steps", common.steps.is_some(), learning),
        ("--checkpoint", common.checkpoint.is_some(), learning),
        ("--samples", common.samples.is_some(), &["learning", "--judge", "--learn-judge"]),
        ("--data", common.data.is_some(), &["learning", "--judge", "--learn-judge"]),
        ("--neuron", options.neuron.is_some(), &["learning", "--sample"]),
        ("--out", common.out.is_some(), &["learning", "--sample"]),
        ("--weights", !options.weights.is_empty(), &["--sample", "--judge"]),
        ("--threshold", options.threshold.is_some(), &["--sample", "--judge"]),
        ("--epochs", common.epochs.is_some(), &["--learn-judge"]),
        ("--json", common.json, &["learning", "--sample", "--judge"]),
    ];
    if let Some((name, _, uses)) = given.into_iter().find(|(_, given, uses)| *given && !uses.contains(&asked)) {
        let problem = format!("it is of use for {}, and not for {asked}; leave it out", uses.join(" and "));
        return Err(Error::invalid(name, problem));
    }
    if asked == "--sample" && options.weights.len() > 1 {
        return Err(Error::invalid("--weights", "--sample draws with one net; name one file".to_owned()));
    }
    Ok(())
}

/// A number of an option, from 1 to a most.
fn within(name: &str, value: u64, most: u64) -> Result<usize> {
    match (1..=most).contains(&value) {
        true => Ok(value as usize),
        false => Err(Error::invalid(name, format!("it must be from 1 to {most}, not {value}"))),
    }
}

/// Nets to draw with.
fn models(options: &DiffusionOptions, neurons: &[Neuron]) -> Result<Vec<(String, Model)>> {
    let named = |model: Model, name: String| match options.threshold {
        Some(threshold) if model.recipe().design.neuron == Neuron::Spiking => {
            Ok((format!("{name}, threshold {threshold}"), model.with_threshold(threshold)?))
        }
        _ => Ok((name, model)),
    };
    if options.weights.is_empty() {
        return neurons.iter().map(|&neuron| named(Model::own(neuron)?, neuron.name().to_owned())).collect();
    }
    options.weights.iter().map(|path| named(Model::load(path)?, quote::path(path))).collect()
}

/// Draws under a bar.
fn drawn(model: &Model, (count, words): (usize, &str), common: &Common<'_>) -> Result<Option<(Images, Seen)>> {
    let mut bar = Bar::new(words);
    let mut stopped = false;
    let images = model.draw((count, STEPS), (common.seed.unwrap_or(1), common.threads), |done, of| {
        bar.show(done, of, |bar| format!("{} left", seconds(bar.left(done, of))));
        stopped = interrupted();
        if stopped { Err(Error::invalid("drawing", "it was interrupted".to_owned())) } else { Ok(()) }
    });
    bar.end();
    if stopped { Ok(None) } else { images.map(Some) }
}

/// What was drawn.
#[derive(Debug, Serialize)]
struct Drawn {
    images: usize,
    picture: String,
    spikes_per_image: f64,
    energy_per_image_mj: f64,
    seconds: f64,
    learned_from: u64,
}

fn sample(options: &DiffusionOptions, common: &Common<'_>, count: u64) -> Result<ExitCode> {
    let count = within("--sample", count, 10_000)?;
    let neuron = options.neuron.unwrap_or(Neuron::Spiking);
    let Some((name, model)) = models(options, &[neuron])?.into_iter().next() else {
        return Err(Error::Internal("no net to draw with".into()));
    };
    let path = common.out.map_or_else(|| PathBuf::from("samples.png"), Path::to_path_buf);
    let begun = Instant::now();
    let Some((images, seen)) = drawn(&model, (count, "drawing"), common)? else { return Ok(ExitCode::from(130)) };
    picture::draw(&images, &format!("{count} images of {name}"))?.save(&path)?;
    let drawn = Drawn {
        images: count,
        picture: path.display().to_string(),
        spikes_per_image: seen.spikes as f64 / count as f64,
        energy_per_image_mj: 1e3 * seen.operations.energy() / count as f64,
        seconds: begun.elapsed().as_secs_f64(),
        learned_from: model.recipe().images,
    };
    if common.json {
        super::print_json(&drawn)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = [
        ("images", format!("{count} in {}, {STEPS} steps back each", seconds(drawn.seconds))),
        (
            "net",
            format!("{name}, {} weights, learned from {} images", count_of(&model), self::count(drawn.learned_from)),
        ),
        ("spikes", format!("{} an image", self::count(drawn.spikes_per_image.round() as u64))),
        ("energy", energy(drawn.energy_per_image_mj)),
        ("picture", quote::path(&path)),
    ];
    super::print(&pairs(&rows, style::output()))?;
    Ok(ExitCode::SUCCESS)
}

fn count_of(model: &Model) -> String {
    count(model.parameters() as u64)
}

fn energy(mj: f64) -> String {
    format!("about {} mJ an image, at 4.6 pJ a multiplication and 0.9 pJ an addition", short(mj))
}

/// Images of MNIST to learn from, and to be judged by.
fn data(common: &Common<'_>) -> Result<(Samples, Split)> {
    let (samples, mut split) = mnist(NAME, common.data)?;
    if let Some(most) = common.samples {
        split.train.truncate(most as usize);
    }
    Ok((samples, split))
}

fn judge(options: &DiffusionOptions, common: &Common<'_>, count: u64) -> Result<ExitCode> {
    let count = within("--judge", count, 10_000)?;
    let (samples, split) = data(common)?;
    let (judge, threads) = (Judge::own()?, common.threads);
    let mut rows: Vec<Row> = Vec::new();
    for (name, model) in models(options, &Neuron::ALL)? {
        let size = model.recipe().design.size;
        let real = judge.look(&Images::of(&samples, &split.validation, size)?, threads)?.gaussian()?;
        let Some((images, seen)) = drawn(&model, (count, &format!("drawing by {name}")), common)? else {
            return Ok(ExitCode::from(130));
        };
        if rows.is_empty() {
            let learned = split.train.get(..count).unwrap_or(&split.train);
            rows.push(row("real", &Images::of(&samples, learned, size)?, None, (&judge, &real), threads)?);
            rows.push(row("noise", &noise(count, size, common.seed.unwrap_or(1))?, None, (&judge, &real), threads)?);
        }
        rows.push(row(&name, &images, Some(seen), (&judge, &real), threads)?);
    }
    match common.json {
        true => super::print_json(&rows)?,
        false => super::print(&judged(&rows))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The table, for people.
fn judged(rows: &[Row]) -> String {
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
    let note = "\n  Fréchet: distance of the judge's 64 features from those of the test set; sure: it gives a class 90 % or more;\n  spikes and energy (4.6 pJ a multiplication, 0.9 pJ an addition) of an image, in all steps back.\n";
    grid(&cells) + note
}

fn learn_judge(common: &Common<'_>, path: &Path) -> Result<ExitCode> {
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
        return Ok(ExitCode::from(130));
    }
    Judge::new(trainer.parameters())?.save(path, "digits of MNIST")?;
    let right = trainer.history().last().and_then(|epoch| epoch.validation?.accuracy()).unwrap_or(0.0);
    super::print(&format!("  {:.2} % of the test set are right; {}\n", 100.0 * right, quote::path(path)))?;
    Ok(ExitCode::SUCCESS)
}
