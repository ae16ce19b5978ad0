//! `neuropil reservoir`: recurrent networks that stay as they are, and readouts that learn.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use neuropil::train::reservoir::balance::Targets;
use neuropil::train::reservoir::tasks::{Learner, Protocol, Task, Trial};
use neuropil::train::reservoir::{ALPHAS, Drive, Graph, Job, Machine, picture, signals, trials};
use neuropil::{Error, Result, quote};
use serde::Serialize;

use super::folder::Folder;
use super::progress::{catch_interrupts, ended_early, interrupted};
use super::tables::{aligned_columns, seconds, short};
use super::value_parsers::{one_of, parse_number, parse_threads, parse_whole_number};

mod bar;
mod machine;
mod speed;
mod sweep;

/// Taps of the delay line that stands beside a reservoir.
const TAPS: usize = 20;
/// What is said of trials that were ended.
const ENDED: &str = "not all trials were done, so none is reported, and nothing was written";
/// The name of the results in an output folder.
const RESULTS: &str = "reservoir.json";

/// Options of `neuropil reservoir`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  neuropil reservoir --list                           the tasks
  neuropil reservoir mackey-glass                     a chaotic series, learned and then continued alone
  neuropil reservoir narma-10 --graph worm --seeds 5  on the connections of C. elegans
  neuropil reservoir lorenz --readout force           learned while its output is fed back
  neuropil reservoir parity --spiking                 neurons that spike, on the simulator
  neuropil reservoir memory --homeostasis local       each unit finds its own balance
  neuropil reservoir memory --sweep --seeds 5         ten balances beside the rule, from each of them
  neuropil reservoir --bench                          microseconds per step

What is printed stands beside a linear readout of the last 20 inputs, and beside the last value as the answer. An NRMSE of 1 is
that of the mean as the only answer. Results do not depend on the number of threads.")]
pub struct ReservoirOptions {
    /// What is asked, see --list; all for all of them but series
    #[arg(value_name = "TASK", required_unless_present_any = ["list", "bench"])]
    task: Option<String>,
    /// List the tasks and do nothing else
    #[arg(long)]
    list: bool,
    /// Measure how fast steps are, and do nothing else
    #[arg(long, conflicts_with_all = [
        "task", "list", "graph", "units", "degree", "radius", "leak", "input", "spiking", "drive", "homeostasis", "beta", "target",
        "sweep", "readout", "alpha", "washout", "train", "test", "data", "seed", "seeds", "threads", "out",
    ])]
    bench: bool,
    /// Where connections come from [default: random]
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Graph::NAMES))]
    graph: Option<String>,
    /// Units of a random graph [default: 500]
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    units: Option<u64>,
    /// Connections that reach a unit of a random graph, in the mean [default: a tenth of the units]
    #[arg(long, value_name = "X", value_parser = parse_number, allow_negative_numbers = true)]
    degree: Option<f64>,
    /// Spectral radius [default: 0.9]
    #[arg(long, value_name = "X", value_parser = parse_number, allow_negative_numbers = true)]
    radius: Option<f64>,
    /// How far a unit follows its input in a step, above 0 and at most 1 [default: 1]
    #[arg(long, value_name = "X", value_parser = parse_number, allow_negative_numbers = true)]
    leak: Option<f64>,
    /// Largest input weight; of spiking neurons in pA
    #[arg(long, value_name = "X", value_parser = parse_number, allow_negative_numbers = true)]
    input: Option<f64>,
    /// Neurons that spike, on the simulator
    #[arg(long)]
    spiking: bool,
    /// How inputs reach spiking neurons [default: currents]
    #[arg(long, requires = "spiking", value_parser = one_of(Drive::ALL, Drive::name))]
    drive: Option<Drive>,
    /// Excitatory and inhibitory units: local lets each find its balance, none gives all the same
    #[arg(long, value_parser = ["local", "none"], conflicts_with_all = ["spiking", "graph"])]
    homeostasis: Option<String>,
    /// Balance of inhibition and excitation, at the beginning [default: 1]
    #[arg(long, value_name = "X", value_parser = parse_number, allow_negative_numbers = true, requires = "homeostasis")]
    beta: Option<f64>,
    /// Activities that units adapt to: a number from 0 to 1, or beta for Beta(2,2) [default: 0.5; of a sweep 0.5,0.4,beta]
    #[arg(long, value_name = "X", value_delimiter = ',')]
    target: Vec<String>,
    /// So many balances from 0.6 to 2.0 for all units, beside local homeostasis from each of them [default: 10]
    #[arg(long, value_name = "N", value_parser = parse_whole_number, num_args = 0..=1, default_missing_value = "10", require_equals = true, conflicts_with_all = ["spiking", "graph", "homeostasis"])]
    sweep: Option<u64>,
    /// How the readout learns [default: ridge]
    #[arg(long, value_parser = ["ridge", "rls", "force"])]
    readout: Option<String>,
    /// Regularisation; of ridge chosen among eight unless given [default of rls and force: 1e-6]
    #[arg(long, value_name = "X", value_parser = parse_number, allow_negative_numbers = true)]
    alpha: Option<f64>,
    /// Steps that are not learned from [default: 200]
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    washout: Option<u64>,
    /// Steps that are learned from [default: 2000]
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    train: Option<u64>,
    /// Steps that are judged [default: 2000]
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    test: Option<u64>,
    /// The file of a series, a number a line
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// First seed [default: 1]
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// How many seeds, one after the other [default: 1]
    #[arg(long, value_name = "K", value_parser = parse_whole_number, allow_negative_numbers = true)]
    seeds: Option<u64>,
    /// Threads; results do not depend on how many [default: all cores]
    #[arg(long, value_name = "N", value_parser = parse_threads, allow_negative_numbers = true)]
    threads: Option<u64>,
    /// Write results here, a new or empty folder [default: neuropil-out/reservoir-TASK-N]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A measure of a task over seeds, for scripts.
#[derive(Debug, Serialize)]
struct Measure {
    task: &'static str,
    measure: &'static str,
    more_is_better: bool,
    mean: f64,
    /// Standard deviation over seeds.
    spread: Option<f64>,
    /// By seed.
    values: Vec<f64>,
    /// The same measure of a linear readout of the last inputs.
    delay_line: Option<f64>,
    /// The same measure with the last value as the answer.
    last_value: Option<f64>,
}

/// All that is printed of trials.
#[derive(Debug, Serialize)]
struct Report {
    reservoir: String,
    readout: &'static str,
    seeds: Vec<u64>,
    /// Steps of washout, training and test.
    steps: [usize; 3],
    measures: Vec<Measure>,
    seconds: f64,
    folder: String,
}

/// Trains and tests readouts of a reservoir on tasks, and prints and writes the results.
///
/// # Errors
/// An unknown task, numbers out of their range, data that are too short or hold no numbers, a folder that cannot be written.
pub fn reservoir(options: &ReservoirOptions) -> Result<ExitCode> {
    if options.list {
        let lines = Task::NAMES.iter().zip(Task::ABOUT).map(|(name, about)| format!("  {name:<13}  {about}\n"));
        return super::print(&lines.collect::<String>()).map(|()| ExitCode::SUCCESS);
    }
    if options.bench {
        return speed::bench(options.json);
    }
    let tasks = tasks(options)?;
    let (seeds, protocol) = (seeds(options)?, protocol(options)?);
    catch_interrupts()?;
    let name = format!("reservoir-{}", options.task.as_deref().unwrap_or_default());
    let folder = match &options.out {
        Some(path) => Folder::at(path, false)?,
        None => Folder::fresh(&name)?,
    };
    match options.sweep {
        Some(count) => sweep::sweep(options, (&tasks, &seeds, &protocol), count as usize, folder),
        None => run_tasks(options, (&tasks, &seeds, &protocol), folder),
    }
}

/// The tasks that were asked for.
fn tasks(options: &ReservoirOptions) -> Result<Vec<Task>> {
    let name = options.task.as_deref().unwrap_or_default();
    let known: Vec<&str> = Task::NAMES.into_iter().chain(["all"]).collect();
    if options.data.is_some() && name != "series" {
        return Err(Error::invalid(
            "--data",
            "it is for the task 'series', which learns it; write neuropil reservoir series",
        ));
    }
    let one = |name: &str| match name {
        "memory" => Ok(Task::Memory(100)),
        "narma-10" => Ok(Task::Narma10),
        "mackey-glass" => Ok(Task::MackeyGlass),
        "lorenz" => Ok(Task::Lorenz),
        "parity" => Ok(Task::Parity),
        "patterns" => Ok(Task::Patterns),
        "series" => {
            let missing = || Error::invalid("task 'series'", "its numbers are missing; name their file by --data");
            Ok(Task::Series(signals::read_series(options.data.as_ref().ok_or_else(missing)?)?))
        }
        other => Err(Error::unknown("task", other, "neuropil reservoir", &known)),
    };
    match name {
        // Patterns are spikes, and spiking neurons are not stepped one by one.
        "all" => {
            let names = Task::NAMES[..6].iter().filter(|name| options.spiking || **name != "patterns");
            names.map(|name| one(name)).collect()
        }
        name => Ok(vec![one(name)?]),
    }
}

/// The seeds of --seed and --seeds.
fn seeds(options: &ReservoirOptions) -> Result<Vec<u64>> {
    let (first, count) = (options.seed.unwrap_or(1), options.seeds.unwrap_or(1));
    if !(1..=10_000).contains(&count) {
        return Err(Error::invalid("--seeds", format!("{count} must be from 1 to 10,000")));
    }
    Ok((0..count).map(|k| first.wrapping_add(k)).collect())
}

/// The numbers of steps of washout, training and test.
fn protocol(options: &ReservoirOptions) -> Result<Protocol> {
    let default = Protocol::default();
    let steps =
        |given: Option<u64>, default| given.map_or(default, |given| usize::try_from(given).unwrap_or(usize::MAX));
    let protocol = Protocol {
        washout: steps(options.washout, default.washout),
        train: steps(options.train, default.train),
        test: steps(options.test, default.test),
    };
    protocol.check().map(|()| protocol)
}

/// How the readout learns, by --readout and --alpha.
fn learner(options: &ReservoirOptions) -> Learner {
    match (options.readout.as_deref(), options.alpha) {
        (Some("rls"), alpha) => Learner::Rls(alpha.unwrap_or(1e-6)),
        (Some("force"), alpha) => Learner::Force(alpha.unwrap_or(1e-6)),
        (_, Some(alpha)) => Learner::Ridge(vec![alpha]),
        (_, None) => Learner::Ridge(ALPHAS.to_vec()),
    }
}

/// The activities of --target, which units adapt to.
fn targets(given: &[String]) -> Result<Vec<Targets>> {
    let one = |text: &String| match (text.as_str(), text.parse()) {
        ("beta", _) => Ok(Targets::Beta22),
        (_, Ok(target)) => Targets::Same(target).for_units(1, 0).map(|_| Targets::Same(target)),
        _ => Err(Error::invalid(format!("--target {text}"), "write a number between 0 and 1, or beta")),
    };
    given.iter().map(one).collect()
}

/// The number of threads of --threads, or one for each core.
fn thread_count(options: &ReservoirOptions) -> usize {
    options.threads.map_or_else(|| neuropil::device::cores() as usize, |threads| threads as usize)
}

/// Runs trials under a progress bar; `None` where Ctrl-C was pressed.
fn run_trials(options: &ReservoirOptions, jobs: &[Job], protocol: &Protocol) -> Result<Option<Vec<Trial>>> {
    let bar = bar::TrialBar::new(jobs.len());
    let results = trials(jobs, protocol, thread_count(options), &|done| {
        bar.show(done);
        !interrupted()
    });
    bar.end();
    results
}

/// Runs one reservoir on tasks and seeds, beside a delay line, and prints and writes the results.
fn run_tasks(
    options: &ReservoirOptions,
    (tasks, seeds, protocol): (&[Task], &[u64], &Protocol),
    folder: Folder,
) -> Result<ExitCode> {
    let begun = std::time::Instant::now();
    let (machine, learner) = (machine::machine(options)?, learner(options));
    let line = match &learner {
        Learner::Ridge(_) => learner.clone(),
        _ => Learner::Ridge(ALPHAS.to_vec()),
    };
    let job = |task: &Task, machine, learner: &Learner, seed| Job {
        task: task.clone(),
        machine,
        learner: learner.clone(),
        seed,
    };
    let jobs: Vec<Job> = tasks
        .iter()
        .flat_map(|task| {
            let own = seeds.iter().map(|&seed| job(task, machine, &learner, seed));
            own.chain(seeds.iter().map(|&seed| job(task, Machine::Taps(TAPS), &line, seed))).collect::<Vec<_>>()
        })
        .collect();
    let Some(results) = run_trials(options, &jobs, protocol)? else { return Ok(ended_early(ENDED)) };
    let mut measures = Vec::new();
    for (task, trials) in tasks.iter().zip(results.chunks(2 * seeds.len())) {
        let (own, line) = trials.split_at(seeds.len());
        measures.extend(measures_of(task, own, line));
        let title = format!("{}: {}", task.name(), machine::title(&machine)?);
        picture::draw(&own[0], &title)?.save(folder.path.join(format!("{}.png", task.name())))?;
    }
    let report = Report {
        reservoir: format!("{}, {} units", machine::describe(&machine), machine.units()?),
        readout: learner.name(),
        seeds: seeds.to_vec(),
        steps: [protocol.washout, protocol.train, protocol.test],
        measures,
        seconds: begun.elapsed().as_secs_f64(),
        folder: folder.path.display().to_string(),
    };
    super::write_json(&folder.path.join(RESULTS), &report)?;
    let path = folder.keep();
    if options.json {
        super::print_json(&report)?;
    } else {
        super::print(&table(&report, &path))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The measures of one task, from the trials of the reservoir (`own`) and of the delay line, a trial for each seed.
fn measures_of(task: &Task, own: &[Trial], line: &[Trial]) -> Vec<Measure> {
    let count = own.len() as f64;
    let measure = |(k, score): (usize, &neuropil::train::reservoir::tasks::Score)| {
        let values: Vec<f64> = own.iter().filter_map(|trial| Some(trial.scores.get(k)?.value)).collect();
        let mean = values.iter().sum::<f64>() / count;
        let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
        let of_line = line.iter().filter_map(|trial| trial.scores.iter().find(|own| own.name == score.name));
        let delay_line = of_line.map(|own| own.value).collect::<Vec<_>>();
        let delay_line = (!delay_line.is_empty()).then(|| delay_line.iter().sum::<f64>() / delay_line.len() as f64);
        Measure {
            task: task.name(),
            measure: score.name,
            more_is_better: score.more_is_better,
            mean,
            spread: (own.len() > 1).then_some(spread),
            values,
            delay_line,
            last_value: score.last_value,
        }
    };
    own.first().map_or(Vec::new(), |trial| trial.scores.iter().enumerate().map(measure).collect())
}

/// A number with three significant digits; with two and a power of ten where it is very small or very large.
fn short_or_power(x: f64) -> String {
    if x != 0.0 && !(1e-3..1e5).contains(&x.abs()) { format!("{x:.1e}") } else { short(x) }
}

/// The report as a table for people.
fn table(report: &Report, folder: &std::path::Path) -> String {
    let optional = |value: Option<f64>| value.map_or("-".into(), short_or_power);
    let head = ["measure", "reservoir", "last 20 inputs", "last value", "better"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(report.measures.iter().map(|own| {
        let spread = own.spread.map_or(String::new(), |spread| format!(" ± {}", short_or_power(spread)));
        let better = if own.more_is_better { "more" } else { "less" };
        let name = format!("{}: {}", own.task, own.measure);
        let mean = format!("{}{spread}", short_or_power(own.mean));
        vec![name, mean, optional(own.delay_line), optional(own.last_value), better.into()]
    }));
    let seeds = match report.seeds.as_slice() {
        [one] => format!("seed {one}"),
        several => format!("{} seeds, mean ± standard deviation", several.len()),
    };
    let [washout, train, test] = report.steps;
    format!(
        "  {}, {}; {seeds}\n  {train} steps learned from after {washout}, {test} judged; {}\n\n{}\n  {}\n",
        report.reservoir,
        report.readout,
        seconds(report.seconds),
        aligned_columns(&rows),
        quote::path(folder)
    )
}
