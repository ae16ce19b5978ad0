//! `neuropil bench`: workloads measured, each in a process of its own, alone or in turn with another simulator.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use neuropil::bench::{Measurement, Protocol};
use neuropil::connectomes::networks;
use neuropil::experiment::{Experiment, Setup};
use neuropil::files::{atomic_write, check_place};
use neuropil::time::TimeUnits;
use neuropil::{Error, Result};
use serde::Serialize;

use super::options::Shared;
use super::value_parsers::{parse_number, parse_seconds, seconds_to_ms};
use super::{progress, style, tables};

mod child;
mod models;
mod peers;
mod report;
mod worker;

use peers::{Peer, Rival};
use report::Report;

/// The standard workloads, and whether they are among those that are measured when none is named.
const STANDARD: [(&str, bool); 8] = [
    ("cuba-4k", true),
    ("coba-4k", true),
    ("cuba-40k", true),
    ("brunel", true),
    ("microcircuit", false),
    ("sparse-1m", false),
    ("fly-scale", false),
    ("multi-area", false),
];

const EXAMPLES: &str = "\
Examples:
  neuropil bench                                 the quick workloads
  neuropil bench --list
  neuropil bench brunel --runs 5 --threads 1
  neuropil bench microcircuit --seconds 1 --warm-up 0.5
  neuropil bench brunel --against nest=$HOME/venv-nest/bin/python
  neuropil bench cuba-4k brunel --json | jq .wall_per_biological.median
  neuropil bench cuba-4k brunel --out results.json
  neuropil bench --models
  neuropil bench --models aeif_cond_exp --precision f32

A workload is a preset. Each is built in a process of its own, warmed up, and
timed over consecutive runs. With --against, ours and theirs take turns, each
time from the start; a ratio above 1 says that ours needed less time. To install
a peer (brian2 needs Python 3.13, and a C++ compiler):
  python3 -m venv venv-nest && venv-nest/bin/pip install nest-simulator==3.10.0
  python3 -m venv venv-brian2 && venv-brian2/bin/pip install brian2==2.11.0

What binds: passes are timed on a run more, and synchronisation is what remains
of the wall time. Memory bandwidth binds where the network is larger than the
last-level cache and moves bytes at half the speed of a plain copy or more; else
the part with the largest share of the wall time does.";

/// Options of `neuropil bench`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BenchOptions {
    /// Presets to measure, or with --models models; the quick standard workloads (see --list),
    /// about a minute, unless given
    #[arg(value_name = "WORKLOAD")]
    workloads: Vec<String>,
    /// Time updates of neurons by themselves, all built-in models unless named, beside what the
    /// machine's memory and exponentials allow
    #[arg(long, conflicts_with_all = ["against", "out"])]
    models: bool,
    /// Another simulator to take turns with: nest or brian2, by this Python or python3
    #[arg(long, value_name = "PEER[=PYTHON]")]
    against: Option<String>,
    #[command(flatten)]
    shared: Shared,
    /// Biological time of a run in seconds
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = parse_seconds, allow_negative_numbers = true)]
    seconds: f64,
    /// Biological time in seconds before the first run, which is not timed
    #[arg(long, value_name = "S", default_value_t = 0.2, value_parser = parse_number, allow_negative_numbers = true)]
    warm_up: f64,
    /// Runs; the median counts, and the fastest is told
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000), allow_negative_numbers = true)]
    runs: u32,
    /// Print one JSON object for each workload, each on a line
    #[arg(long)]
    json: bool,
    /// Write all that is measured to this file, too, as JSON: one array of what --json prints
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file given by --out
    #[arg(long, requires = "out")]
    force: bool,
    /// List the workloads, or with --models the models, and do nothing else
    #[arg(long)]
    list: bool,
    /// Measure here, and print what was measured: the other end of the process of its own
    #[arg(long, hide = true)]
    worker: bool,
}

/// Measures workloads and prints what they reach.
///
/// # Errors
/// An unknown workload, an option or a peer that cannot be used, before anything is measured; later a run that fails or
/// an output that cannot be written.
pub fn bench(options: &BenchOptions) -> Result<ExitCode> {
    if options.list {
        let print = if options.models { models::print_list } else { print_list };
        return print(options.json).map(|()| ExitCode::SUCCESS);
    }
    if options.models {
        progress::catch_interrupts()?;
        return models::measure(&options.workloads, options.shared.precision, options.json).map(|()| ExitCode::SUCCESS);
    }
    let protocol = options.protocol()?;
    let quick = STANDARD.iter().filter(|(_, quick)| *quick).map(|(name, _)| (*name).to_owned());
    let workloads = if options.workloads.is_empty() { quick.collect() } else { options.workloads.clone() };
    progress::catch_interrupts()?;
    if let ([name], true) = (workloads.as_slice(), options.worker) {
        return worker::measure_here(name, &options.setup(name)?, &protocol);
    }
    if let Some(path) = &options.out {
        check_output(path, options.force)?;
    }
    for name in &workloads {
        let setup = progress::spin(format!("reading {name}"), || options.setup(name))?;
        protocol.warm_up.steps(setup.network.dt(), "--warm-up")?;
    }
    let peer = options.against.as_deref().map(|named| Peer::find(named, &workloads)).transpose()?;
    let mut reports: Vec<Report> = Vec::new();
    for name in &workloads {
        let (measured, rival) = match measure_workload(options, name, peer.as_ref())? {
            Ok(measured) => measured,
            Err(code) => return Ok(code),
        };
        let report = Report::new(name, options, measured, rival);
        if options.json {
            super::print_json_line(&report)?;
        } else {
            let line = if reports.is_empty() { "" } else { "\n" };
            super::print(&format!("{line}{}", report::table(&report, style::output())))?;
        }
        reports.push(report);
    }
    if let Some(path) = &options.out {
        write_reports(path, &reports)?;
    }
    if reports.len() > 1 && !options.json {
        super::print(&format!("\n{}", report::overview(&reports)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses a file `path` that results cannot be written to, before anything is timed.
fn check_output(path: &Path, force: bool) -> Result<()> {
    if path.symlink_metadata().is_ok() && !force && !path.is_dir() {
        return Err(Error::file(path, "there is such a file already; name another, or say --force to replace it"));
    }
    check_place(path)
}

/// Writes reports as one JSON array, a report on a line.
fn write_reports(path: &Path, reports: &[Report]) -> Result<()> {
    let lines = reports.iter().map(serde_json::to_string).collect::<std::result::Result<Vec<_>, _>>();
    let lines = lines.map_err(|error| Error::Internal(error.to_string()))?;
    atomic_write(path, |file| writeln!(file, "[\n{}\n]", lines.join(",\n")))
}

/// Measures one workload, with all runs in one process or in turn with the peer; gives the exit code where it was ended
/// early.
fn measure_workload(
    options: &BenchOptions,
    name: &str,
    peer: Option<&Peer>,
) -> Result<Result<(Measurement, Option<Rival>), ExitCode>> {
    let Some(peer) = peer else {
        return Ok(worker::measure_in_process(options, name, options.runs)?.map(|measured| (measured, None)));
    };
    let mut ours: Option<Measurement> = None;
    let mut rival = Rival::new(peer);
    for run in 1..=options.runs {
        let measured = match worker::measure_in_process(options, name, 1)? {
            Ok(measured) => measured,
            Err(code) => return Ok(Err(code)),
        };
        let theirs = match peer.run(name, options, measured.threads, run)? {
            Ok(theirs) => theirs,
            Err(code) => return Ok(Err(code)),
        };
        rival.add(&measured, theirs);
        match &mut ours {
            Some(ours) => ours.join(measured),
            None => ours = Some(measured),
        }
    }
    let ours = ours.ok_or_else(|| Error::Internal("nothing was measured".into()))?;
    Ok(Ok((ours, Some(rival))))
}

impl BenchOptions {
    /// The number and length of timed runs, and how long the network settles before them.
    fn protocol(&self) -> Result<Protocol> {
        if !(self.warm_up >= 0.0 && self.warm_up.is_finite()) {
            let problem = format!("{} s must be 0 or greater", self.warm_up);
            return Err(Error::invalid("--warm-up", problem));
        }
        let (warm_up, segment) = (seconds_to_ms(self.warm_up).ms(), seconds_to_ms(self.seconds).ms());
        Ok(Protocol { warm_up, segment, runs: self.runs })
    }

    /// The workload, which is a preset, made ready with the user's options.
    fn setup(&self, workload: &str) -> Result<Setup> {
        if networks::all().iter().all(|preset| preset.name != workload) {
            let names: Vec<&str> = networks::all().iter().map(|preset| preset.name).collect();
            return Err(Error::unknown("workload", workload, "neuropil bench --list", &names));
        }
        let mut experiment = Experiment::preset(workload);
        self.shared.apply(&mut experiment)?;
        experiment.run_for(seconds_to_ms(self.seconds), "--seconds");
        experiment.setup()
    }

    /// The arguments of a process of this program that measures `runs` runs of one workload.
    fn worker_arguments(&self, workload: &str, runs: u32) -> Vec<String> {
        let own = [
            "bench".to_owned(),
            workload.to_owned(),
            "--worker".to_owned(),
            format!("--seconds={}", self.seconds),
            format!("--warm-up={}", self.warm_up),
            format!("--runs={runs}"),
        ];
        own.into_iter().chain(self.shared.arguments()).collect()
    }
}

/// A workload in the list.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    title: &'static str,
    standard: bool,
    /// Whether it is measured when none is named.
    quick: bool,
}

/// Prints the standard workloads in their order, then the other presets.
fn print_list(json: bool) -> Result<()> {
    let place = |name: &str| STANDARD.iter().position(|(standard, _)| *standard == name).unwrap_or(STANDARD.len());
    let mut presets: Vec<&networks::Preset> = networks::all().iter().collect();
    presets.sort_by_key(|preset| place(preset.name));
    let listed = presets.iter().map(|preset| {
        let standard = STANDARD.get(place(preset.name));
        let quick = standard.is_some_and(|(_, quick)| *quick);
        Listed { name: preset.name, title: preset.title, standard: standard.is_some(), quick }
    });
    let listed: Vec<Listed> = listed.collect();
    if json {
        return super::print_json(&listed);
    }
    let style = style::Style { dim: style::output().bold, ..style::output() };
    let section = |header: &str, kind: &dyn Fn(&Listed) -> bool| {
        let rows: Vec<_> = listed.iter().filter(|l| kind(l)).map(|l| (l.name, l.title.to_owned())).collect();
        if rows.is_empty() { String::new() } else { format!("{header}:\n{}\n", tables::pairs(&rows, style)) }
    };
    let text = section("Measured when none is named", &|l| l.quick)
        + &section("Standard, and longer", &|l| l.standard && !l.quick)
        + &section("Other presets", &|l| !l.standard);
    super::print(&format!("{}\n", text.trim_end()))
}
