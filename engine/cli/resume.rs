//! `neuropil resume`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use neuropil::checkpoint::Checkpoint;
use neuropil::device::Kind;
use neuropil::experiment::{Experiment, Setup};
use neuropil::files::FilePrint;
use neuropil::record::stream;
use neuropil::simulation::Simulation;
use neuropil::time::{Grid, Time};
use neuropil::{Error, Result};

use super::checkpoints::{Checkpoints, Note, check_not_input};
use super::folder::Folder;
use super::job::Job;
use super::options::set_device;
use super::progress;
use super::value_parsers::{one_of, parse_seconds_as_ms, parse_time_with_unit, parse_whole_number};

const EXAMPLES: &str = "\
Examples:
  neuropil run brunel --seconds 60 --checkpoint brunel.checkpoint
  neuropil resume brunel.checkpoint                  after a crash: to the end of the run
  neuropil resume brunel.checkpoint --seconds 30     30 s more than the checkpoint has
  neuropil resume brunel.checkpoint --device gpu     the same spikes on another device

The spikes are those of a run that was never stopped, bit for bit, on any device and
number of threads. Checkpoints go on to be written to the same file, as often as
before. Results go into the folder of the run, or into a fresh one where that run
has come to an end. Files that the network is made from must not have changed.";

/// Options of `neuropil resume`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ResumeOptions {
    /// A file that `neuropil run --checkpoint` wrote
    #[arg(value_name = "CHECKPOINT")]
    path: PathBuf,
    /// Who simulates; as the run said unless given
    #[arg(long, value_parser = one_of(Kind::ALL, Kind::name))]
    device: Option<Kind>,
    /// Part of the name of the GPU to take, where there are several
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// Most threads of the CPU, of which as many play as there are free cores
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    threads: Option<u64>,
    /// Biological time to add to the checkpoint's, in seconds; what is left of the run unless given
    #[arg(long, value_name = "S", value_parser = parse_seconds_as_ms, allow_negative_numbers = true)]
    seconds: Option<f64>,
    /// Output folder; the run's own unless given
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Replace an earlier run in the folder given by --out
    #[arg(long, requires = "out")]
    force: bool,
    /// Where the file of streamed spikes is, if it has moved
    #[arg(long, value_name = "FILE")]
    spikes: Option<PathBuf>,
    /// Write checkpoints to this file, and leave the one that is read as it is
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Biological time between checkpoints; as before unless given
    #[arg(long, value_name = "TIME", value_parser = parse_time_with_unit, allow_hyphen_values = true)]
    checkpoint_every: Option<f64>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// Goes on with a run, writes its output folder and prints the summary.
///
/// # Errors
/// A checkpoint that cannot be read or does not fit its options, and all errors of a run.
pub fn resume(options: &ResumeOptions) -> Result<ExitCode> {
    progress::catch_interrupts()?;
    let checkpoint = Checkpoint::read(&options.path)?;
    let note = Note::from_checkpoint(&checkpoint, &options.path)?;
    let setup = continued_setup(options, &checkpoint, &note)?;
    let spikes = spike_stream(options, &checkpoint, &note)?;
    spikes.iter().try_for_each(|path| check_not_input(path, &setup))?;
    let path = options.checkpoint.as_ref().unwrap_or(&options.path);
    let every = options.checkpoint_every.unwrap_or(note.every_ms);
    let checkpoints = Checkpoints::new(path, every, &setup, spikes.as_deref())?;
    let name = setup.resolved.name();
    let mut simulation = progress::spin("building the network", || {
        let (network, device) = (setup.network.clone(), setup.device.clone());
        Simulation::resume(network, device, setup.seed.trial(setup.trial), &setup.options, &checkpoint)
    })?;
    if let (Some(file), Some(position)) = (&spikes, &checkpoint.stream) {
        let mut tally = simulation.spike_tally();
        let sink = progress::spin("counting earlier spikes", || stream::reopen(file, position, &mut tally))?;
        simulation.stream_spikes_after(sink, tally)?;
    }
    let folder = match &options.out {
        Some(path) => Folder::at(path, options.force)?,
        None => Folder::resumed(&note.folder, &name)?,
    };
    let checkpoints = Some(checkpoints.for_folder(&folder.path)?);
    Job { name, setup, simulation, folder, checkpoints, spikes, shared: None, against: false }.run(options.json)
}

/// The experiment of the checkpoint, made ready for the device and the duration that `options` give.
fn continued_setup(options: &ResumeOptions, checkpoint: &Checkpoint, note: &Note) -> Result<Setup> {
    let mut experiment = Experiment::parse(&options.path, note.experiment.as_bytes())?;
    if !note.files.iter().map(|file| &file.path).eq(&experiment.files()) {
        return Err(contradiction(options, "lists other files than its experiment is made from"));
    }
    note.files.iter().try_for_each(FilePrint::check)?;
    let keys = &mut experiment.content.simulation;
    set_device(keys, options.device, &options.adapter, options.threads);
    if let Some(ms) = options.seconds {
        let grid = Grid::new(checkpoint.identity.dt_ms);
        let more = grid.steps(Time::from_ms(ms), "--seconds")?;
        keys.duration = Some(grid.time(checkpoint.step + more));
    }
    let setup = progress::spin("reading the network", || experiment.setup())?;
    if checkpoint.step > setup.duration.steps(setup.network.dt(), "duration")? {
        return Err(contradiction(options, "is of a time after the end of its run"));
    }
    Ok(setup)
}

/// The error of a checkpoint that no run can have written.
fn contradiction(options: &ResumeOptions, what: &str) -> Error {
    Error::file(&options.path, format!("{what}; take an earlier copy"))
}

/// The file that further spikes are streamed to; `None` where the run keeps its spikes in memory.
fn spike_stream(options: &ResumeOptions, checkpoint: &Checkpoint, note: &Note) -> Result<Option<PathBuf>> {
    match (&options.spikes, &note.spikes) {
        (Some(path), None) => {
            let problem = "the run keeps its spikes in the checkpoint; leave --spikes out";
            Err(Error::file(path, problem))
        }
        (_, Some(path)) if checkpoint.stream.is_none() => {
            Err(Error::file(path, "is not known to the checkpoint; start the run again"))
        }
        (None, None) if checkpoint.stream.is_some() => Err(contradiction(options, "does not say where its spikes are")),
        (given, known) => Ok(given.as_ref().or(known.as_ref()).cloned()),
    }
}
