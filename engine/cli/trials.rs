//! `neuropil run --trials` and `--sweep`: many runs in one go, which share what they can.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use neuropil::experiment::{Carried, Experiment, Setup, Whole};
use neuropil::plan::ConnectivityKey;
use neuropil::plan::cost::memory::Kept;
use neuropil::record::stream;
use neuropil::simulation::{Simulation, Trials};
use neuropil::{Error, Result};

use super::folder::{Folder, trial_name};
use super::job::Job;
use super::run::RunOptions;
use super::trials_report::{Batch, Played, Totals};
use super::value_parsers::parse_whole_number;
use super::{progress, report, style, trials_report};

/// Largest number of runs in one batch.
const MAX_RUNS: u64 = 100_000;

/// Which trials to play.
#[derive(Debug, Args)]
pub struct TrialOptions {
    /// Play trials 0 to N-1: the same network, with Poisson trains and drawn initial states of their own
    #[arg(long, value_name = "N", conflicts_with = "trial", value_parser = parse_whole_number, allow_negative_numbers = true)]
    trials: Option<u64>,
    /// Play trial K alone; 0 is a run without --trial
    #[arg(long, value_name = "K", value_parser = parse_whole_number, allow_negative_numbers = true)]
    trial: Option<u64>,
    /// Play each row of a CSV file, whose header names settings as --set does (exc.V_th, seed)
    #[arg(long, value_name = "FILE.csv")]
    sweep: Option<PathBuf>,
}

impl TrialOptions {
    /// Whether there is a batch to play, instead of one run.
    pub fn several(&self) -> bool {
        self.trials.is_some() || self.sweep.is_some()
    }

    /// Writes the trial that was asked for into the experiment.
    ///
    /// # Errors
    /// A number that an experiment file cannot hold.
    pub fn apply(&self, experiment: &mut Experiment) -> Result<()> {
        let Some(trial) = self.trial else { return Ok(()) };
        if i64::try_from(trial).is_err() {
            return Err(Error::invalid("--trial", format!("{trial} must be at most {}", i64::MAX)));
        }
        experiment.content.simulation.trial = Some(Whole(trial));
        Ok(())
    }
}

/// A row of the sweep, or the experiment itself where there is no sweep.
struct Case {
    /// The values of the row as written, one for each column.
    values: Vec<String>,
    setup: Setup,
    /// The row's file and line, for messages.
    place: Option<String>,
}

impl Case {
    /// The error with the row that led to it, or else its place in the experiment's file.
    fn located(&self, error: Error) -> Error {
        if self.place.is_some() { error.at(self.place.clone()) } else { self.setup.in_file(error) }
    }
}

/// The runs of a batch: `repeats` trials of each case, numbered case by case.
struct RunList<'a> {
    name: String,
    /// The columns of the sweep.
    columns: Vec<String>,
    cases: Vec<Case>,
    /// What the connectivity of each case depends on; empty without a sweep.
    keys: Vec<ConnectivityKey>,
    /// Cases, by their places in `cases`, that share their synapses.
    groups: Vec<Vec<usize>>,
    repeats: usize,
    options: &'a RunOptions,
    /// The files that all runs are made from.
    inputs: Arc<Carried>,
}

/// Plays all trials, writes their folders and prints a summary.
///
/// # Errors
/// Before anything is written: an experiment, a sweep, a device or a folder that cannot be used. Later: the first error
/// of a trial; the trials that are complete stay.
pub fn run(experiment: &Experiment, options: &RunOptions) -> Result<ExitCode> {
    let mut list = progress::spin("reading the networks", || RunList::new(experiment, options))?;
    if options.explain_plan {
        let setup = &list.cases[0].setup;
        let options = neuropil::plan::PlanOptions { copies: list.runs_of(&list.groups[0]), ..setup.options.clone() };
        let outline = Simulation::outline(&setup.network, setup.device.clone(), setup.seed, &options);
        let outline = outline.map_err(|error| setup.in_file(error))?;
        let kept = Kept { shared: true, ..setup.kept(list.options.spikes.is_some())? };
        let outline = outline.of_run(&kept, neuropil::record::pictures::memory);
        return super::run::print_plan(&list.name, &outline, list.options.json);
    }
    for number in 0..list.run_count() {
        if let Some(file) = list.spike_file(number) {
            list.cases[number / list.repeats].setup.check_streamed(&file)?;
            stream::check(&file, options.force, false)?;
        }
    }
    let folder = match &options.out {
        Some(path) => Folder::at(path, options.force)?,
        None => Folder::fresh(&list.name)?,
    };
    // Read before anything is cleared: these may be the copies of the trials that are replaced.
    let inputs = list.cases[0].setup.inputs.clone();
    let inputs = options.trials.sweep.iter().fold(inputs, |inputs, sweep| inputs.and_sweep(sweep));
    list.inputs = Arc::new(inputs.read()?);
    let started = Instant::now();
    let (mut played, mut totals, failure) = list.play(&folder);
    if played.is_empty() {
        // Nothing at all is left of a batch that is interrupted before its first trial.
        return failure.map_or(Ok(ExitCode::from(130)), Err);
    }
    played.sort_by_key(|one| one.number);
    let interrupted = progress::interrupted() && failure.is_none();
    (totals.wall_s, totals.interrupted) = (started.elapsed().as_secs_f64(), interrupted);
    folder.write_inputs(&list.inputs)?;
    let batch = Batch::new(&list.name, list.columns, played, totals, &folder.path);
    batch.write(&folder.path)?;
    folder.keep();
    if let Some(error) = failure {
        return Err(error);
    }
    if options.json {
        super::print_json(&batch)?;
    } else {
        super::print(&trials_report::table(&batch, style::output()))?;
    }
    Ok(if batch.totals.interrupted { ExitCode::from(130) } else { ExitCode::SUCCESS })
}

impl<'a> RunList<'a> {
    /// All runs of `--trials` and `--sweep`, checked before the first one begins.
    fn new(experiment: &Experiment, options: &'a RunOptions) -> Result<RunList<'a>> {
        let trials = &options.trials;
        let repeats = trials.trials.unwrap_or(1);
        if !(1..=MAX_RUNS).contains(&repeats) {
            return Err(Error::invalid(format!("--trials {repeats}"), format!("it must lie between 1 and {MAX_RUNS}")));
        }
        if options.checkpoint.is_some() {
            let problem = "several trials have no checkpoint; play one with --trial, or leave --checkpoint out";
            return Err(Error::invalid("--checkpoint", problem));
        }
        let (columns, cases) = match &trials.sweep {
            Some(path) => sweep_cases(experiment, path, options)?,
            None => (Vec::new(), vec![Case { values: Vec::new(), setup: experiment.setup()?, place: None }]),
        };
        if cases.len() as u64 * repeats > MAX_RUNS {
            let problem = format!("{} rows of {repeats} trials each are more than {MAX_RUNS}; play fewer", cases.len());
            return Err(Error::invalid("--trials, --sweep", problem));
        }
        let mut list = RunList {
            name: experiment.name(),
            columns,
            cases,
            keys: Vec::new(),
            groups: vec![vec![0]],
            repeats: repeats as usize,
            options,
            inputs: Arc::default(),
        };
        if trials.sweep.is_some() {
            list.check_cases()?;
        }
        Ok(list)
    }

    /// Groups the cases that share their synapses, and refuses those that cannot be built.
    fn check_cases(&mut self) -> Result<()> {
        for case in &self.cases {
            let setup = &case.setup;
            let key = Trials::key(&setup.network, &setup.device, setup.seed, &setup.options);
            self.keys.push(key.map_err(|error| case.located(error))?);
        }
        self.groups = ConnectivityKey::groups(&self.keys);
        for group in &self.groups {
            let case = &self.cases[group[0]];
            let setup = &case.setup;
            let options = neuropil::plan::PlanOptions { copies: self.runs_of(group), ..setup.options.clone() };
            let checked = Trials::check(&setup.network, setup.device.clone(), setup.seed, &options);
            checked.map_err(|error| case.located(error))?;
        }
        Ok(())
    }

    /// The number of runs of all cases.
    fn run_count(&self) -> usize {
        self.cases.len() * self.repeats
    }

    /// The number of runs of the cases in `group`, all of which could be played side by side.
    fn runs_of(&self, group: &[usize]) -> u32 {
        u32::try_from(group.len() * self.repeats).unwrap_or(u32::MAX)
    }

    /// The file that the spikes of run `number` are streamed to, such as "spikes-003.npy"; `None` where they are kept.
    fn spike_file(&self, number: usize) -> Option<PathBuf> {
        let file = self.options.spikes.as_ref()?;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let ending = file.extension().map_or(String::new(), |ending| format!(".{}", ending.to_string_lossy()));
        Some(file.with_file_name(format!("{stem}-{number:03}{ending}")))
    }

    /// Plays group after group; gives the runs that are complete, how they were played, and the first error.
    fn play(&self, folder: &Folder) -> (Vec<Played>, Totals, Option<Error>) {
        let steps = |case: &Case| case.setup.duration.steps(case.setup.network.dt(), "duration").unwrap_or(0);
        let of = self.cases.iter().map(steps).sum::<u64>() * self.repeats as u64;
        let bar = progress::TrialsBar::new(self.cases[0].setup.network.dt(), of, self.run_count());
        let (mut played, mut totals, mut failure) = (Vec::new(), Totals::default(), None);
        for group in &self.groups {
            if failure.is_some() || progress::interrupted() {
                break;
            }
            match self.play_group(group, folder, &bar, &mut totals) {
                Ok((more, error)) => {
                    played.extend(more);
                    failure = error;
                }
                Err(error) => failure = Some(error.at(self.cases[group[0]].place.clone())),
            }
        }
        bar.end();
        (played, totals, failure)
    }

    /// Builds what a group of cases shares and plays its runs; gives those that are complete, and the first error.
    fn play_group(
        &self,
        group: &[usize],
        folder: &Folder,
        bar: &progress::TrialsBar,
        totals: &mut Totals,
    ) -> Result<(Vec<Played>, Option<Error>)> {
        let setup = &self.cases[group[0]].setup;
        let options = neuropil::plan::PlanOptions { copies: self.runs_of(group), ..setup.options.clone() };
        let trials = progress::spin("building the network", || {
            Trials::new(setup.network.clone(), setup.device.clone(), setup.seed, &options)
        });
        let trials = trials.map_err(|error| setup.in_file(error))?;
        if totals.at_once == 0 {
            // Nothing has been written yet: the results of earlier runs are removed now.
            folder.remove_results()?;
        }
        totals.at_once = totals.at_once.max(trials.at_once());
        totals.build_s += trials.build_time().as_secs_f64();
        let (made, error) = trials.queue(group.len() * self.repeats, |index, threads| {
            if progress::interrupted() {
                return Ok(None);
            }
            let (case, repeat) = (group[index / self.repeats], index % self.repeats);
            let number = case * self.repeats + repeat;
            let place = match &self.cases[case].place {
                Some(row) => format!("trial {number} ({row})"),
                None => format!("trial {number}"),
            };
            let one = self.play_one(&trials, case == group[0], (case, repeat), threads, folder, bar);
            one.map(|facts| Some(Played::new(number, self.cases[case].values.clone(), facts)))
                .map_err(|error| error.at(place))
        });
        Ok((made.into_iter().flatten().flatten().collect(), error))
    }

    /// Plays trial `repeat` of a case on `threads` threads of the CPU and writes its folder in `folder`; `own` says
    /// that `trials` was built from the network of this case.
    fn play_one(
        &self,
        trials: &Trials,
        own: bool,
        (case, repeat): (usize, usize),
        threads: Option<u32>,
        folder: &Folder,
        bar: &progress::TrialsBar,
    ) -> Result<report::Facts> {
        let number = case * self.repeats + repeat;
        let mut setup = self.cases[case].setup.clone();
        setup.trial += repeat as u64;
        if setup.trial > 0 {
            setup.resolved.content.simulation.trial = Some(Whole(setup.trial));
        }
        let mut simulation = if own {
            trials.simulation(setup.trial, threads)?
        } else {
            trials.vary(setup.network.clone(), &self.keys[case])?.into_simulation(setup.trial, threads)?
        };
        simulation = setup.recording(simulation)?;
        if number == 0 {
            super::print_cautions(&setup, &simulation);
        }
        let spikes = self.spike_file(number);
        if let Some(file) = &spikes {
            let labels = simulation.recorded_populations();
            simulation.stream_spikes(stream::create(file, setup.network.dt(), &labels)?)?;
        }
        let folder = Folder::at(&folder.path.join(trial_name(number)), self.options.force)?;
        let (name, shared) = (self.name.clone(), Some(self.inputs.clone()));
        let mut job = Job { name, setup, simulation, folder, checkpoints: None, spikes, shared, against: false };
        job.simulate(&mut bar.watch())?;
        bar.count_finished();
        Ok(job.finish()?.1)
    }
}

/// The columns and the rows of a sweep; networks share those of their lists that are equal.
fn sweep_cases(experiment: &Experiment, path: &Path, options: &RunOptions) -> Result<(Vec<String>, Vec<Case>)> {
    let sweep = experiment.sweep(path)?;
    for (option, setting) in options.settings().into_iter().chain(options.sets()) {
        if let Some(column) = sweep.column(setting) {
            let problem = format!("it sets {setting}, and column '{column}' of the sweep does, too; leave one out");
            return Err(Error::invalid(option, problem));
        }
    }
    let mut cases: Vec<Case> = Vec::new();
    for row in sweep.rows {
        let place = Some(row.place);
        let mut setup = row.experiment.setup().map_err(|error| error.at(place.clone()))?;
        if let Some(first) = cases.first() {
            setup.network.share(&first.setup.network);
        }
        cases.push(Case { values: row.values, setup, place });
    }
    Ok((sweep.columns, cases))
}

/// The values of a row by their columns; those that are no numbers are NaN.
pub fn by_column(columns: &[String], values: &[String]) -> BTreeMap<String, f64> {
    let value = |text: &String| text.parse().unwrap_or(f64::NAN);
    columns.iter().cloned().zip(values.iter().map(value)).collect()
}
