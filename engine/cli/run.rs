//! `neuropil run`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use neuropil::Result;
use neuropil::experiment::{self, Experiment, Setup};
use neuropil::record::{Summary, files::atomic_write, raster, summary, traces};
use neuropil::simulation::Simulation;

use super::folder::Folder;
use super::options::Shared;
use super::{progress, report, style};

/// The experiment's name in an output folder.
pub const EXPERIMENT: &str = "experiment.toml";

const EXAMPLES: &str = "\
Examples:
  neuropil run c-elegans
  neuropil run brunel --seconds 0.5 --seed 7 --scale 0.1
  neuropil run net.toml --out results --set exc.V_th=-52 --set '*.tau_m=12'
  neuropil run net.toml --set 'exc->inh.weight=30' --set simulation.dt=0.05
  neuropil run neuropil-out/c-elegans-1/experiment.toml    the same spikes again
  neuropil run c-elegans --json | jq .mean_rate_hz

The output folder holds spikes.csv, raster.png, a table and a picture of each
recorded state variable, summary.json, and experiment.toml, which repeats the run.
Ctrl-C ends a run early and keeps what was simulated (exit code 130).";

/// Options of `neuropil run`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunOptions {
    /// A preset (see `neuropil presets`) or an experiment file (see --help-format)
    #[arg(value_name = "PRESET | FILE.toml", required_unless_present = "help_format")]
    experiment: Option<String>,
    #[command(flatten)]
    shared: Shared,
    /// Biological time in seconds
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    seconds: Option<f64>,
    /// Change a value: POPULATION.PARAMETER, simulation.KEY, preset.KEY or 'FROM->TO.KEY'; repeatable
    #[arg(long = "set", value_name = "NAME.KEY=VALUE")]
    set: Vec<String>,
    /// Output folder; neuropil-out/<name>-<n> unless given
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Replace an earlier run in the folder given by --out
    #[arg(long, requires = "out")]
    force: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
    /// Explain the experiment file, with an example, and do nothing else
    #[arg(long)]
    help_format: bool,
}

/// Simulates, writes the output folder and prints the summary.
///
/// # Errors
/// Whatever is wrong with the experiment, the device or the folder; the folder is as it was then.
pub fn run(options: &RunOptions) -> Result<ExitCode> {
    let Some(name) = options.experiment.as_deref().filter(|_| !options.help_format) else {
        super::print(&experiment::format(style::WIDTH))?;
        return Ok(ExitCode::SUCCESS);
    };
    progress::catch_interrupts()?;
    let experiment = with_options(open(name)?, options)?;
    let name = experiment.name();
    let setup = progress::spin("reading the network", || experiment.setup())?;
    let folder = match &options.out {
        Some(path) => Folder::at(path, options.force)?,
        None => Folder::fresh(&name)?,
    };
    let simulation = simulate(&setup)?;
    let (folder, facts) = write(&name, &setup, &simulation, folder)?;
    if options.json {
        super::print_json(&facts)?;
    } else {
        super::print(&report::table(&facts, &folder, style::output()))?;
    }
    Ok(if facts.interrupted { ExitCode::from(130) } else { ExitCode::SUCCESS })
}

/// A file where the name looks like one, else a preset.
fn open(name: &str) -> Result<Experiment> {
    let path = Path::new(name);
    if name.contains(['.', '/', '\\']) || path.is_file() {
        return Experiment::read(path);
    }
    neuropil::connectomes::networks::named(name)?;
    Ok(Experiment::preset(name))
}

fn with_options(mut experiment: Experiment, options: &RunOptions) -> Result<Experiment> {
    options.set.iter().try_for_each(|assignment| experiment.set(assignment))?;
    options.shared.apply(&mut experiment)?;
    let keys = &mut experiment.content.simulation;
    keys.duration = options.seconds.map(|s| s * 1000.0).or(keys.duration);
    Ok(experiment)
}

fn simulate(setup: &Setup) -> Result<Simulation> {
    let built = progress::spin("building the network", || {
        Simulation::new(setup.network.clone(), setup.device.clone(), setup.seed, &setup.options)
    });
    let mut simulation = built?;
    let mut bar = progress::Bar::new(setup.network.dt());
    let done = simulation.run_with(setup.duration, &mut |progress| bar.watch(progress));
    bar.end();
    done.map(|()| simulation)
}

fn write(name: &str, setup: &Setup, simulation: &Simulation, folder: Folder) -> Result<(PathBuf, report::Facts)> {
    let mut resolved = setup.resolved.clone();
    // An interrupted run repeats as far as it came.
    resolved.content.simulation.duration = Some((simulation.time_ms() * 1e6).round() * 1e-6);
    let experiment = resolved.to_toml()?;
    let (spikes, records) = (simulation.recorded_spikes()?, simulation.recorded_traces()?);
    let facts = report::Facts::new(name, setup, simulation, &spikes, &folder.path);
    let summary = Summary::new(name, &spikes, &records, facts.map()?);
    let picture = raster::draw(&spikes, name)?;
    folder.clear()?;
    summary::write_tables(&folder.path, &summary, &spikes, &records)?;
    picture.save(folder.path.join(raster::FILE))?;
    for (entry, record) in summary.traces.iter().zip(&records) {
        traces::draw(record, name)?.save(folder.path.join(traces::file_name(&entry.file)))?;
    }
    atomic_write(&folder.path.join(EXPERIMENT), |file| {
        use std::io::Write;
        writeln!(
            file,
            "# Written by neuropil {}: `neuropil run` on this file gives the same spikes.",
            env!("CARGO_PKG_VERSION")
        )?;
        file.write_all(experiment.as_bytes())
    })?;
    Ok((folder.keep(), facts))
}
