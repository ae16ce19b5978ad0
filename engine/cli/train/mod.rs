//! `neuropil train`: trains a network on a task, plays it in the simulator, and writes both.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use neuropil::device::{Device, Kind};
use neuropil::simd::keep_freed;
use neuropil::train::Spikes;
use neuropil::train::fit::encode::Draw;
use neuropil::train::fit::{self, Ended, Moment, Saving, Trainer};
use neuropil::train::net::{Classify, files, play};
use neuropil::train::studies;
use neuropil::train::tasks::{Ready, Task, ready};
use neuropil::{Error, Result};

use super::diffusion::{self, Common, DiffusionOptions};
use super::early;
use super::folder::Folder;
use super::progress::{StepBar, catch_interrupts, interrupted};
use super::tables::seconds;
use super::value_parsers::{one_of, parse_number, parse_threads, parse_whole_number};

mod asked;
mod learned;
mod study;

use asked::UpdateOptions;
use learned::{Engine, Learned, row, table};

/// Samples whose spikes the written experiment holds.
const WRITTEN_SAMPLES: usize = 10;

/// Options of `neuropil train`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  neuropil train --list                            the tasks
  neuropil train digits                            some seconds; a picture of the learning curve
  neuropil train mnist --data mnist                all 60,000 images
  neuropil train mnist --data mnist --samples 5000 --epochs 20
  neuropil train mnist --data mnist --full         a row for a table of results, too
  neuropil train digits --out learned              where the results go
  neuropil run learned/experiment.toml             the same spikes, in the simulator
  neuropil train digits --early-exit               when the network is sure enough to stop looking
  neuropil train digits --checkpoint d.safetensors --json
  neuropil train digits --checkpoint d.safetensors --resume
  neuropil train diffusion --sample 64             digits out of noise, samples.png

Weights lie on a grid of a power of two, so that sums have the same bits in training and in the engine: each sample that is
judged is played on the engine, and its spikes are compared one by one with those of training. The folder holds
learning.png, trained.safetensors, experiment.toml with its tables of synapses and spikes, and training.json. Ctrl-C ends after
a step and keeps what was learned so far.")]
pub struct TrainOptions {
    /// What to learn, see --list
    #[arg(value_name = "TASK", required_unless_present = "list")]
    task: Option<String>,
    /// List the tasks and do nothing else
    #[arg(long)]
    list: bool,
    /// The folder that the task's data lie in
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Learn from so many samples at most
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    samples: Option<u64>,
    /// Times that all samples are learned from
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    epochs: Option<u64>,
    /// Samples of a step
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    batch_size: Option<u64>,
    /// The largest learning rate
    #[arg(long, value_name = "X", value_parser = parse_number, allow_negative_numbers = true)]
    lr: Option<f64>,
    #[command(flatten)]
    update: UpdateOptions,
    /// Neurons of the hidden layer
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    hidden: Option<u64>,
    /// Steps of 1 ms that a sample is shown for
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    steps: Option<u64>,
    /// Pixels that images are shifted by, at most, in each epoch anew [default: 1 for MNIST, else 0]
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    shift: Option<u64>,
    /// Seed of weights, orders and spikes [default: 1]
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Seeds that a study is done with, one after the other [default: the study's own number]
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    seeds: Option<u64>,
    /// Threads; results do not depend on how many [default: all cores]
    #[arg(long, value_name = "N", value_parser = parse_threads, allow_negative_numbers = true)]
    threads: Option<u64>,
    /// Who plays what was learned
    #[arg(long, value_parser = one_of(Kind::ALL, Kind::name))]
    device: Option<Kind>,
    /// Samples of the test set to play on the engine; 0 for none [default: all, but 1000 at most]. For the task diffusion: draw so many
    /// images, every spiking neuron played on the engine, and compare its spikes with those of training
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    play: Option<u64>,
    /// Then find when each sample may be left, once the network is sure enough of its answer; a tenth of the samples is kept
    /// apart to set temperature and threshold by
    #[arg(long)]
    early_exit: bool,
    /// The task as it is, and a row for a table of results: accuracy, time, seed, command, machine; of a study all that its
    /// page shows
    #[arg(long, conflicts_with_all = ["list", "resume"])]
    full: bool,
    /// Save what is learned here after each epoch, to go on from
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Go on from --checkpoint, if it is there
    #[arg(long, requires = "checkpoint")]
    resume: bool,
    /// Write results here, a new or empty folder [default: neuropil-out/TASK-N]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    diffusion: DiffusionOptions,
}

/// Trains on a task or does a study, and prints and writes the results; or lists the tasks.
///
/// # Errors
/// An unknown task, options that it does not take, data that are missing, a folder or checkpoint that cannot be
/// written, a loss that is not a number.
pub fn train(options: &TrainOptions) -> Result<ExitCode> {
    if options.list {
        return print_list().map(|()| ExitCode::SUCCESS);
    }
    let name = options.task.as_deref().unwrap_or_default();
    keep_freed();
    if name == diffusion::NAME {
        options.update.refuse(&format!("the task {name}"))?;
        return diffusion::diffusion(&options.diffusion, &common(options)?);
    }
    options.diffusion.refuse(name)?;
    if let Some(study) = studies::named(name) {
        options.update.refuse(&format!("the study {name}"))?;
        return study::study(study, options);
    }
    asked::refuse(name, options)?;
    learn(Task::ALL.into_iter().find(|task| task.name() == name).ok_or_else(|| unknown_task(name))?, options)
}

/// Prints the names of all tasks and studies, and what each is about.
fn print_list() -> Result<()> {
    let line = |name: &str, about: &str| format!("  {name:<10}  {about}\n");
    let tasks = Task::ALL.iter().map(|task| line(task.name(), task.about()));
    let studies = studies::ALL.iter().map(|study| line(study.name, study.about));
    let lines: String = tasks.chain([line(diffusion::NAME, diffusion::ABOUT)]).chain(studies).collect();
    super::print(&lines)
}

/// Trains on a task, plays the network in the simulator, and prints and writes the results.
fn learn(task: Task, options: &TrainOptions) -> Result<ExitCode> {
    let device = device(options.device.unwrap_or(Kind::Cpu))?;
    let ready = ready::<f32>(task, &asked::changes(options)?)?;
    catch_interrupts()?;
    let folder = match &options.out {
        Some(path) => Folder::at(path, false)?,
        None => Folder::fresh(task.name())?,
    };
    let threads = thread_count(options);
    let mut learning = ready.learning(threads)?;
    let mut trainer = trainer(options, &ready)?;
    let saving = options.checkpoint.as_ref().map(|path| Saving { path: path.clone(), every: 1 });
    let (mut bar, begun) = (Bar(StepBar::new("learning")), Instant::now());
    let ended = trainer.run(&mut learning, saving.as_ref(), &mut bar);
    bar.0.end();
    let ended = ended?;
    let train_s = begun.elapsed().as_secs_f64();
    let engine = play_and_compare(options, &ready, &learning, &trainer, device)?;
    write_network(&ready, &learning, &trainer, &folder)?;
    let early_exit = match options.early_exit && ended == Ended::Finished {
        true => Some(early::exit((&ready, &learning), trainer.parameters(), threads, &folder)?),
        false => None,
    };
    let last = trainer.history().last().and_then(|epoch| epoch.validation.as_ref());
    let learned = Learned {
        task: task.name(),
        interrupted: ended == Ended::Stopped,
        parameters: trainer.parameters().trained(),
        epochs: trainer.history().to_vec(),
        accuracy: last.and_then(|tally| tally.accuracy()),
        loss: last.map(|tally| tally.mean_loss()),
        spikes_per_sample: last.map(|tally| tally.spikes_per_sample()),
        energy_per_sample_nj: last.map(|tally| 1e9 * tally.energy_per_sample()),
        train_s,
        engine,
        early_exit,
        seed: ready.settings.seed,
        folder: folder.path.display().to_string(),
    };
    super::write_json(&folder.path.join("training.json"), &learned)?;
    let path = folder.keep();
    if options.json {
        super::print_json(&learned)?;
    } else {
        super::print(&table(&learned, &path))?;
    }
    if options.full && !options.json && !learned.interrupted {
        super::print(&row(&learned, options, threads))?;
    }
    Ok(if learned.interrupted { ExitCode::from(130) } else { ExitCode::SUCCESS })
}

/// The error of a `name` that is no task.
fn unknown_task(name: &str) -> Error {
    let tasks = Task::ALL.iter().map(|task| task.name()).chain([diffusion::NAME]);
    let known: Vec<&str> = tasks.chain(studies::ALL.iter().map(|study| study.name)).collect();
    Error::unknown("task", name, "neuropil train", &known)
}

/// The number of threads of --threads, or one for each core.
fn thread_count(options: &TrainOptions) -> usize {
    options.threads.map_or_else(|| neuropil::device::cores() as usize, |threads| threads as usize)
}

/// The options that the task diffusion shares; refuses those that it does not take.
fn common(options: &TrainOptions) -> Result<Common<'_>> {
    let others = [
        ("--hidden", options.hidden.is_some()),
        ("--shift", options.shift.is_some()),
        ("--early-exit", options.early_exit),
        ("--full", options.full),
    ];
    if let Some((name, _)) = others.into_iter().find(|(_, given)| *given) {
        return Err(Error::invalid(name, format!("the task {} has no such option; leave it out", diffusion::NAME)));
    }
    Ok(Common {
        data: options.data.as_deref(),
        samples: options.samples,
        epochs: options.epochs,
        batch_size: options.batch_size,
        lr: options.lr,
        steps: options.steps,
        seed: options.seed,
        seeds: options.seeds,
        threads: thread_count(options),
        checkpoint: options.checkpoint.as_deref(),
        resume: options.resume,
        out: options.out.as_deref(),
        play: options.play,
        device: options.device,
        json: options.json,
    })
}

/// The device of a kind.
fn device(kind: Kind) -> Result<Device> {
    match kind {
        Kind::Cpu => Ok(Device::cpu()),
        Kind::Gpu => Ok(Device::gpu()),
        Kind::Auto => Device::best(),
    }
}

/// The training: a new one, or with --resume the one that the checkpoint holds.
fn trainer(options: &TrainOptions, ready: &Ready<f32>) -> Result<Trainer<f32>> {
    let (parameters, settings, split) = (ready.parameters.clone(), ready.settings.clone(), ready.split.clone());
    match &options.checkpoint {
        Some(path) if options.resume && path.exists() => Trainer::resume(parameters, settings, split, path),
        Some(path) if !options.resume && path.exists() => {
            let problem = "is there already; say --resume to go on from it, or name another file";
            Err(Error::file(path, problem))
        }
        _ => Trainer::new(parameters, settings, split),
    }
}

/// The first `count` samples of the test set, or all if there are fewer, as spikes.
fn encode_test_samples(ready: &Ready<f32>, learning: &Classify<'_, f32>, count: usize) -> Result<Spikes> {
    let samples = &ready.split.validation[..count.min(ready.split.validation.len())];
    learning.encode(samples, Draw { seed: ready.settings.seed, number: 0 })
}

/// Plays samples of the test set in the simulator and compares their spikes with those in training; `None` for --play
/// 0.
fn play_and_compare(
    options: &TrainOptions,
    ready: &Ready<f32>,
    learning: &Classify<'_, f32>,
    trainer: &Trainer<f32>,
    device: Device,
) -> Result<Option<Engine>> {
    let count = options.play.unwrap_or(1000) as usize;
    if count == 0 {
        return Ok(None);
    }
    let input = encode_test_samples(ready, learning, count)?;
    let trained = learning.spikes(trainer.parameters(), input.clone())?;
    let begun = Instant::now();
    let on = options.device.unwrap_or(Kind::Cpu).name();
    let played = super::progress::spin("playing what was learned", || {
        play::spikes(&ready.net, trainer.parameters(), &input, device)
    })?;
    let equal = play::compare(&trained.iter().collect::<Vec<_>>(), &played);
    let play::Equal { samples, same, spikes, differing } = equal;
    Ok(Some(Engine { device: on, samples, same, spikes, differing, play_s: begun.elapsed().as_secs_f64() }))
}

/// Writes the weights, the learning curve and the experiment into `folder`.
fn write_network(
    ready: &Ready<f32>,
    learning: &Classify<'_, f32>,
    trainer: &Trainer<f32>,
    folder: &Folder,
) -> Result<()> {
    trainer.save(&folder.path.join("trained.safetensors"))?;
    if !trainer.history().is_empty() {
        let title = format!("{}: learning", ready.task.name());
        fit::picture::draw(trainer.history(), &title)?.save(folder.path.join("learning.png"))?;
    }
    let input = encode_test_samples(ready, learning, WRITTEN_SAMPLES)?;
    let about = format!(
        "What neuropil train {} has learned, and {WRITTEN_SAMPLES} samples of its test set.",
        ready.task.name()
    );
    let files = files::files(&ready.net, trainer.parameters(), &input, &about)?;
    files::write(&files, &folder.path)
}

/// The progress bar of a training.
struct Bar(StepBar);

impl fit::Progress for Bar {
    fn step(&mut self, moment: &Moment) {
        let Moment { epoch, epochs, step, steps, loss, accuracy, spikes_per_sample, seconds_left } = *moment;
        let accuracy = accuracy.map_or(String::new(), |share| format!(", {:.1} % right", 100.0 * share));
        let words = format!(
            "epoch {epoch} of {epochs}, loss {loss:.4}{accuracy}, {spikes_per_sample:.0} spikes a sample, {} left",
            seconds(seconds_left)
        );
        let done = u64::from(epoch - 1) * u64::from(steps) + u64::from(step);
        self.0.show(done, u64::from(epochs) * u64::from(steps), words);
    }

    fn stop(&mut self) -> bool {
        interrupted()
    }
}
