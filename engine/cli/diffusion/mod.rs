//! `neuropil train diffusion`: trains nets that make images out of noise, draws images with them and judges these.

mod ablation;
mod bar;
mod judge;
mod learn;
mod play;
mod sample;
mod sampler;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use neuropil::device::Kind;
use neuropil::train::diffusion::{Model, Neuron, Prediction, Way, convert, thresholds};
use neuropil::train::fit::{Samples, Split};
use neuropil::train::tasks::mnist;
use neuropil::{Error, Result, quote};

use super::progress::catch_interrupts;
use super::value_parsers::{one_of, parse_number, parse_whole_number};

/// The task's name.
pub const NAME: &str = "diffusion";
/// The description of the task in the list of tasks.
pub const ABOUT: &str = "images out of noise by a spiking U-Net; --sample 64 draws digits, learning needs --data";
/// Denoising steps of an image.
const STEPS: u32 = 50;
/// The percentile of a ReLU's activities that becomes the threshold of the spiking neuron in its place.
const PERCENTILE: f64 = 99.9;
// No documentation: clap would take it for that of the command.
#[allow(missing_docs)]
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of the task diffusion")]
pub struct DiffusionOptions {
    /// Learn from so many images, each as often as it is met [default: 300000]
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true, conflicts_with = "minutes")]
    images: Option<u64>,
    /// Learn from as many images as this machine manages in so many minutes
    #[arg(long, value_name = "N", value_parser = parse_number, allow_negative_numbers = true)]
    minutes: Option<f64>,
    /// Channels of the U-Net [default: 16]
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    channels: Option<u64>,
    /// Rows and columns of an image [default: 28]
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    size: Option<u64>,
    /// What is predicted: the noise, or v [default: v]
    #[arg(long, value_parser = one_of(Prediction::ALL, Prediction::name))]
    prediction: Option<Prediction>,
    /// Spiking neurons, or ReLUs [default: spiking]
    #[arg(long, value_parser = one_of(Neuron::ALL, Neuron::name))]
    neuron: Option<Neuron>,
    /// Draw so many images, and learn nothing; --out may name a file that ends in .png
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    sample: Option<u64>,
    /// Tell how good so many images are beside real ones; needs --data
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true, conflicts_with = "sample")]
    judge: Option<u64>,
    /// Draw so many images with each of five thresholds from 0.997 to 1.003 mV and each of --seeds [default: 3], and tell how good they are;
    /// needs --data
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true, conflicts_with_all = ["sample", "judge", "learn_judge"])]
    ablation: Option<u64>,
    /// Learn the judge anew, which the images are judged by, and write it here; needs --data
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sample", "judge"])]
    learn_judge: Option<PathBuf>,
    /// Be judged by this judge [default: the one of MNIST's digits that comes along]
    #[arg(long, value_name = "FILE")]
    judged_by: Option<PathBuf>,
    /// Draw with what was learned here [default: what comes along], or learn on from it
    #[arg(long, value_name = "FILE")]
    weights: Vec<PathBuf>,
    /// Learn on, and along with it what each step of the neurons weighs behind convolutions
    #[arg(long, requires = "weights")]
    temporal: bool,
    /// Make spiking neurons of the net of ReLUs, in so many steps, without learning; may be given several times for --judge
    #[arg(long, value_name = "T", value_parser = parse_whole_number, allow_negative_numbers = true)]
    convert: Vec<u64>,
    /// Draw with this threshold of the neurons, mV, instead of the 1 that they learned with
    #[arg(long, value_name = "X", value_parser = parse_number, allow_negative_numbers = true)]
    threshold: Option<f64>,
    /// Compute what lies within residual blocks again on the way back, which takes less memory and more time, or keep it [default: yes
    /// where a batch would keep more than 1 GiB]
    #[arg(long, value_parser = one_of([true, false], |yes| if yes { "yes" } else { "no" }))]
    recompute: Option<bool>,
    /// Draw without new noise in the steps back (ddim), or with (ddpm) [default: ddim]
    #[arg(long, value_parser = one_of(Way::ALL, Way::name))]
    sampler: Option<Way>,
    /// Steps back of an image that is drawn, from 1 to 1000 [default: 50, of ddpm all 1000]
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    sampling_steps: Option<u64>,
}

/// Those options of `neuropil train` that this task takes, too; see their help.
#[derive(Debug)]
pub struct Common<'a> {
    pub data: Option<&'a Path>,
    pub samples: Option<u64>,
    pub epochs: Option<u64>,
    pub batch_size: Option<u64>,
    pub lr: Option<f64>,
    pub steps: Option<u64>,
    pub seed: Option<u64>,
    pub seeds: Option<u64>,
    pub threads: usize,
    pub checkpoint: Option<&'a Path>,
    pub resume: bool,
    pub out: Option<&'a Path>,
    pub play: Option<u64>,
    pub device: Option<Kind>,
    pub json: bool,
}

impl DiffusionOptions {
    /// Refuses these options for another task, named `task`.
    ///
    /// # Errors
    /// The first option that is given.
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
            ("--ablation", self.ablation.is_some()),
            ("--learn-judge", self.learn_judge.is_some()),
            ("--judged-by", self.judged_by.is_some()),
            ("--temporal", self.temporal),
            ("--convert", !self.convert.is_empty()),
            ("--weights", !self.weights.is_empty()),
            ("--threshold", self.threshold.is_some()),
            ("--recompute", self.recompute.is_some()),
            ("--sampler", self.sampler.is_some()),
            ("--sampling-steps", self.sampling_steps.is_some()),
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

/// Trains, draws or judges, as the options say.
///
/// # Errors
/// Options out of range or without use here, data that are missing, files that cannot be read or written.
pub fn diffusion(options: &DiffusionOptions, common: &Common<'_>) -> Result<ExitCode> {
    catch_interrupts()?;
    if let Some(count) = common.play {
        play::refuse_others(options)?;
        return refuse_unused(options, common, "--play").and_then(|()| play::play(options, common, count));
    }
    match (options.sample, options.judge, options.ablation, &options.learn_judge) {
        (Some(count), ..) => {
            refuse_unused(options, common, "--sample").and_then(|()| sample::sample(options, common, count))
        }
        (_, Some(count), ..) => {
            refuse_unused(options, common, "--judge").and_then(|()| judge::judge(options, common, count))
        }
        (_, _, Some(n), _) => {
            refuse_unused(options, common, "--ablation").and_then(|()| ablation::ablation(options, common, n))
        }
        (.., Some(path)) => refuse_unused(options, common, "--learn-judge").and_then(|()| judge::learn(common, path)),
        _ => refuse_unused(options, common, "learning").and_then(|()| learn::learn(options, common)),
    }
}

/// Refuses options that have no use where `asked` is done.
fn refuse_unused(options: &DiffusionOptions, common: &Common<'_>, asked: &str) -> Result<()> {
    let learning: &[&str] = &["learning"];
    let judging: &[&str] = &["--judge", "--ablation"];
    let drawing: &[&str] = &["--sample", "--play", "--judge", "--ablation"];
    let given: [(&str, bool, &[&str]); 25] = [
        ("--images", options.images.is_some(), learning),
        ("--minutes", options.minutes.is_some(), learning),
        ("--channels", options.channels.is_some(), learning),
        ("--size", options.size.is_some(), learning),
        ("--prediction", options.prediction.is_some(), learning),
        ("--temporal", options.temporal, learning),
        ("--recompute", options.recompute.is_some(), learning),
        ("--batch-size", common.batch_size.is_some(), learning),
        ("--lr", common.lr.is_some(), learning),
        ("--steps", common.steps.is_some(), learning),
        ("--checkpoint", common.checkpoint.is_some(), learning),
        ("--samples", common.samples.is_some(), &["learning", "--judge", "--ablation", "--learn-judge"]),
        ("--data", common.data.is_some(), &["learning", "--judge", "--ablation", "--learn-judge"]),
        ("--neuron", options.neuron.is_some(), &["learning", "--sample"]),
        ("--out", common.out.is_some(), &["learning", "--sample", "--play"]),
        ("--device", common.device.is_some(), &["--play"]),
        ("--weights", !options.weights.is_empty(), &["learning", "--sample", "--play", "--judge", "--ablation"]),
        ("--judged-by", options.judged_by.is_some(), judging),
        ("--threshold", options.threshold.is_some(), &["--sample", "--play", "--judge"]),
        ("--convert", !options.convert.is_empty(), &["--sample", "--judge"]),
        ("--sampler", options.sampler.is_some(), drawing),
        ("--sampling-steps", options.sampling_steps.is_some(), drawing),
        ("--seeds", common.seeds.is_some(), &["--ablation"]),
        ("--epochs", common.epochs.is_some(), &["--learn-judge"]),
        ("--json", common.json, &["learning", "--sample", "--play", "--judge", "--ablation"]),
    ];
    if let Some((name, _, uses)) = given.into_iter().find(|(_, given, uses)| *given && !uses.contains(&asked)) {
        let problem = format!("it is of use for {}, and not for {asked}; leave it out", uses.join(" and "));
        return Err(Error::invalid(name, problem));
    }
    if ["--sample", "--play", "learning"].contains(&asked) && options.weights.len() > 1 {
        return Err(Error::invalid("--weights", format!("{asked} takes one net; name one file")));
    }
    if asked == "--sample" && options.neuron.is_some() && !options.weights.is_empty() {
        let problem = "the net of --weights has neurons of its own; leave one of them out";
        return Err(Error::invalid("--neuron", problem.to_owned()));
    }
    if asked == "--sample" && options.convert.len() > 1 {
        return Err(Error::invalid("--convert", "--sample draws with one net; give one number of steps".to_owned()));
    }
    Ok(())
}

/// The value of the option `name`, which must be from 1 to `max`.
fn within(name: &str, value: u64, max: u64) -> Result<usize> {
    match (1..=max).contains(&value) {
        true => Ok(value as usize),
        false => Err(Error::invalid(name, format!("it must be from 1 to {max}, not {value}"))),
    }
}

/// The nets to draw with, and their names: those of --weights, else the ones with `neurons` that come with the program;
/// with --threshold and --convert applied.
fn models(options: &DiffusionOptions, neurons: &[Neuron], common: &Common<'_>) -> Result<Vec<(String, Model)>> {
    let mut models: Vec<(String, Model)> = match options.weights.as_slice() {
        [] => neurons.iter().map(|&neuron| Ok((neuron.name().into(), Model::own(neuron)?))).collect::<Result<_>>()?,
        paths => paths.iter().map(|path| Ok((quote::path(path), Model::load(path)?))).collect::<Result<_>>()?,
    };
    if let Some(threshold) = options.threshold {
        let spiking = |model: &Model| model.recipe().design.neuron == Neuron::Spiking;
        if !models.iter().any(|(_, model)| spiking(model)) {
            let problem = "no net that is drawn with has it: ReLUs have no threshold; leave it out".to_owned();
            return Err(Error::invalid("--threshold", problem));
        }
        models = models
            .into_iter()
            .map(|(name, model)| match spiking(&model) {
                true => Ok((format!("{name}, threshold {threshold}"), model.with_threshold(threshold)?)),
                false => Ok((name, model)),
            })
            .collect::<Result<_>>()?;
    }
    match options.convert.is_empty() {
        true => Ok(models),
        false => converted(models, options, common),
    }
}

/// The nets, and behind each net of ReLUs the spiking nets that it is converted to, one for each number of steps. For
/// --sample only the converted ones.
fn converted(
    models: Vec<(String, Model)>,
    options: &DiffusionOptions,
    common: &Common<'_>,
) -> Result<Vec<(String, Model)>> {
    if !models.iter().any(|(_, model)| model.recipe().design.neuron == Neuron::Ann) {
        let problem = "there is no net of ReLUs among the nets; name one by --weights, which --neuron ann learns";
        return Err(Error::invalid("--convert", problem.to_owned()));
    }
    let mut all = Vec::new();
    for (name, model) in models {
        let relus = model.recipe().design.neuron == Neuron::Ann;
        let (alone, mut made) = (options.sample.is_some(), Vec::new());
        if relus {
            let thresholds = thresholds(&model, PERCENTILE, (common.seed.unwrap_or(1), common.threads))?;
            for &steps in &options.convert {
                let steps = within("--convert", steps, 64)?;
                made.push((format!("{steps} steps, made of {name}"), convert(&model, &thresholds, steps)?));
            }
        }
        if !alone {
            all.push((name, model));
        }
        all.extend(made);
    }
    Ok(all)
}

/// The images of MNIST, and which of them are for training and which for judging.
fn data(common: &Common<'_>) -> Result<(Samples, Split)> {
    let (samples, mut split) = mnist(NAME, common.data)?;
    if let Some(count) = common.samples {
        split.train.truncate(count as usize);
    }
    Ok((samples, split))
}
