//! `neuropil run`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgGroup, Args};
use neuropil::experiment::{self, Experiment};
use neuropil::plan::LayoutReport;
use neuropil::record::stream;
use neuropil::simulation::Simulation;
use neuropil::{Error, Result};

use super::checkpoints::{Checkpoints, DEFAULT_INTERVAL, check_not_input};
use super::folder::Folder;
use super::job::Job;
use super::options::Shared;
use super::trials::TrialOptions;
use super::value_parsers::{parse_seconds_as_ms, parse_time_with_unit};
use super::{against, layout_report, progress, style, trials};

const EXAMPLES: &str = "\
Examples:
  neuropil run c-elegans
  neuropil run brunel --seconds 0.5 --seed 7 --scale 0.1
  neuropil run net.toml --out results --set exc.V_th=-52 --set '*.tau_m=12'
  neuropil run net.toml --set 'exc->inh.weight=30' --set simulation.dt=0.05
  neuropil run neuropil-out/c-elegans-1/experiment.toml    the same spikes again
  neuropil run microcircuit --explain-plan                 layout and memory, before anything is built
  neuropil run microcircuit --device gpu --profile         where the time goes, pass by pass
  neuropil run multi-area --scale 0.1 --memory 1GiB --set plan.rows=procedural
  neuropil run c-elegans --json | jq .mean_rate_hz
  neuropil run brunel --trials 16                          other random input, one connectome
  neuropil run brunel --trial 3                            the fourth of these alone
  neuropil run lesion.toml --against-unperturbed           beside its twin without [[perturb]]
  neuropil run net.toml --sweep thresholds.csv --trials 4  four trials of each row
  neuropil run brunel --seconds 600 --spikes spikes.npy    a long run in little memory
  neuropil run brunel --seconds 600 --checkpoint brunel.checkpoint --checkpoint-every 5s
  neuropil resume brunel.checkpoint                        goes on after a crash

The output folder holds spikes.csv, raster.png, a table and a picture of each
recorded state variable, summary.json, and experiment.toml, which repeats the run;
the files it is made from are copied into its folder inputs, up to 64 MiB in all.
Ctrl-C ends a run early and keeps what was simulated (exit code 130).
With --spikes the spikes go to that file while they come (FILE.partial until the
end) and not into the folder, whose raster.png then shows the last million.
With --against-unperturbed the folder holds against.csv (rates before, in and after
the perturbed time, in both runs), against.png and raster-unperturbed.png as well.
Trials share the network: its connections, weights, delays and drawn parameters
come from the seed, and Poisson trains and drawn initial states from seed and
trial. Each has a folder like a run's (trial-000 is the run without --trials),
and trials.csv beside them lists seeds, values and rates. The header of a sweep
names settings as --set does, such as exc.V_th,poisson_generator->exc.rate; each
row is an experiment of its own, and rows of equal wiring share it.
A checkpoint holds all of the simulation; where one is written, spikes that are
not streamed go into it each time.";

/// Options of `neuropil run`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, group = ArgGroup::new("replaced").args(["out", "spikes"]).multiple(true))]
pub struct RunOptions {
    /// A preset (see `neuropil presets`) or an experiment file (see --help-format)
    #[arg(value_name = "PRESET | FILE.toml", required_unless_present = "help_format")]
    experiment: Option<String>,
    #[command(flatten)]
    shared: Shared,
    /// Biological time in seconds
    #[arg(long, value_name = "S", value_parser = parse_seconds_as_ms, allow_negative_numbers = true)]
    seconds: Option<f64>,
    /// Change a value: POPULATION.PARAMETER, simulation.KEY, plan.KEY, preset.KEY, 'FROM->TO.KEY' or 'TYPE->TO.KEY' of a stimulus, 'projection[0].KEY' or 'stimulus[0].KEY' where several have these ends; repeatable
    #[arg(long = "set", value_name = "NAME.KEY=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    pub(super) trials: TrialOptions,
    /// Output folder; neuropil-out/<name>-<n> unless given
    #[arg(long, value_name = "FOLDER")]
    pub(super) out: Option<PathBuf>,
    /// Write spikes to this file while they come, instead of keeping them in memory: .csv, .npy or .parquet
    #[arg(long, value_name = "FILE")]
    pub(super) spikes: Option<PathBuf>,
    /// Write all of the simulation to this file again and again, for `neuropil resume`
    #[arg(long, value_name = "FILE")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Biological time between checkpoints, such as 500ms, 10s or 2min; one is written at the end in any case
    #[arg(long, value_name = "TIME", value_parser = parse_time_with_unit, allow_hyphen_values = true, default_value = DEFAULT_INTERVAL, requires = "checkpoint")]
    checkpoint_every: f64,
    /// Run the same seed without the perturbations of [[perturb]], too, and say and draw what is different
    #[arg(long, conflicts_with_all = ["trials", "sweep", "profile", "explain_plan"])]
    against_unperturbed: bool,
    /// Replace an earlier run in the folder given by --out, and the file given by --spikes
    #[arg(long, requires = "replaced")]
    pub(super) force: bool,
    /// Print the summary as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Measure how long each pass takes, and print that, too
    #[arg(long, conflicts_with_all = ["trials", "sweep"])]
    profile: bool,
    /// Say how the network would be laid out, why, and in how much memory, and do nothing else
    #[arg(long)]
    pub(super) explain_plan: bool,
    /// Explain the experiment file, with an example, and do nothing else
    #[arg(long)]
    help_format: bool,
}

/// Simulates, writes the output folder and prints the summary.
///
/// # Errors
/// An experiment, options, a device or a folder that cannot be used, or that fails later; results of an earlier run
/// stay until this one is simulated.
pub fn run(options: &RunOptions) -> Result<ExitCode> {
    let Some(name) = options.experiment.as_deref().filter(|_| !options.help_format) else {
        super::print(&experiment::format(style::WIDTH))?;
        return Ok(ExitCode::SUCCESS);
    };
    progress::catch_interrupts()?;
    let experiment = with_options(open_experiment(name)?, options)?;
    if options.trials.several() {
        return trials::run(&experiment, options);
    }
    let name = experiment.name();
    let setup = progress::spin("reading the network", || experiment.setup())?;
    if options.explain_plan {
        let outline = Simulation::outline(&setup.network, setup.device.clone(), setup.seed, &setup.options);
        let outline = outline.map_err(|error| setup.in_file(error))?;
        let outline = outline.of_run(&setup.kept(options.spikes.is_some())?, neuropil::record::pictures::memory);
        return print_plan(&name, &outline, options.json);
    }
    if options.against_unperturbed {
        against::check(&setup, options.spikes.is_some())?;
    }
    if let Some(path) = &options.spikes {
        setup.check_streamed(path)?;
        check_not_input(path, &setup)?;
        stream::check(path, options.force, options.checkpoint.is_some())?;
    }
    let checkpoints = match &options.checkpoint {
        Some(path) => Some(Checkpoints::new(path, options.checkpoint_every, &setup, options.spikes.as_deref())?),
        None => None,
    };
    let folder = match &options.out {
        Some(path) => Folder::at(path, options.force)?,
        None => Folder::fresh(&name)?,
    };
    let checkpoints = checkpoints.map(|checkpoints| checkpoints.for_folder(&folder.path)).transpose()?;
    let mut simulation = progress::spin("building the network", || setup.simulation())?;
    if options.profile {
        simulation.profile()?;
    }
    if let Some(path) = &options.spikes {
        let labels = simulation.recorded_populations();
        simulation.stream_spikes(stream::create(path, setup.network.dt(), &labels)?)?;
    }
    let (spikes, against) = (options.spikes.clone(), options.against_unperturbed);
    Job { name, setup, simulation, folder, checkpoints, spikes, shared: None, against }.run(options.json)
}

/// Prints the outline of the plan for the network `name`, as a table or as JSON.
///
/// # Errors
/// Standard output that cannot be written to.
pub(super) fn print_plan(name: &str, plan: &LayoutReport, json: bool) -> Result<ExitCode> {
    if json {
        super::print_json(plan)?;
    } else {
        super::print(&layout_report::table(name, plan, style::output()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the experiment file `name` where it looks like one; else the preset of this name.
fn open_experiment(name: &str) -> Result<Experiment> {
    let path = Path::new(name);
    if super::connectome::is_file(name) {
        return Experiment::read(path);
    }
    neuropil::connectomes::networks::named(name)?;
    Ok(Experiment::preset(name))
}

impl RunOptions {
    /// The options that were given, each with the setting of an experiment that it stands for.
    pub(super) fn settings(&self) -> Vec<(&'static str, &'static str)> {
        let mut settings = self.shared.settings();
        settings.extend(self.seconds.map(|_| ("--seconds", "simulation.duration")));
        settings
    }

    /// The settings that --set changes, each beside "--set".
    pub(super) fn sets(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.set.iter().filter_map(|set| Some(("--set", set.split_once('=')?.0.trim())))
    }
}

/// The experiment with the options of the command line, which replace the values of the file.
fn with_options(mut experiment: Experiment, options: &RunOptions) -> Result<Experiment> {
    for (option, setting) in options.settings() {
        if options.sets().any(|(_, set)| set == setting) {
            let problem = format!("it sets {setting}, and --set does, too; leave one out");
            return Err(Error::invalid(option, problem));
        }
    }
    experiment.set_all(options.set.iter().map(String::as_str))?;
    options.shared.apply(&mut experiment)?;
    options.trials.apply(&mut experiment)?;
    if let Some(ms) = options.seconds {
        experiment.run_for(ms, "--seconds");
    }
    Ok(experiment)
}
