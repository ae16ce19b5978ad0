//! Runs of the same workloads by other simulators (peers), with the scripts in `benches/peers/`, which come with the
//! program.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use neuropil::bench::{Measurement, median};
use neuropil::{Error, Result};
use serde::{Deserialize, Serialize};

use super::{BenchOptions, child};
use crate::cli::progress;

/// Names of peers, and file names and texts of the scripts that run workloads with them.
const PEERS: [(&str, &str, &str); 2] = [
    ("nest", "nest_bench.py", include_str!("../../../benches/peers/nest_bench.py")),
    ("brian2", "brian2_bench.py", include_str!("../../../benches/peers/brian2_bench.py")),
];
/// File name and text of the module that the scripts share.
const WORKLOADS: (&str, &str) = ("workloads.py", include_str!("../../../benches/peers/workloads.py"));

/// Another simulator that is installed and has the workloads.
pub struct Peer {
    name: &'static str,
    /// The Python interpreter.
    python: String,
    /// Name and version as the script gives them.
    version: String,
    /// The script that runs workloads.
    script: PathBuf,
    /// The temporary folder that the script lies in.
    scripts: Folder,
}

/// What a peer's script prints with `--list`.
#[derive(Deserialize)]
struct Listed {
    peer: String,
    workloads: Vec<String>,
}

/// What a peer's script prints of a run; `wall_s` is the time that the timed part took.
#[derive(Debug, Clone, Deserialize)]
pub struct Theirs {
    neurons: u64,
    synapses: u64,
    build_s: f64,
    wall_s: f64,
    rate_hz: f64,
    threads: u32,
}

/// The wall times of a run of ours and of the run of theirs that followed it.
#[derive(Debug, Clone, Serialize)]
struct Pair {
    ours_s: f64,
    theirs_s: f64,
    /// Theirs by ours.
    ratio: f64,
}

/// The results of another simulator that took turns with ours; times and ratios are medians over runs.
#[derive(Debug, Clone, Serialize)]
pub struct Rival {
    /// Name and version.
    pub peer: String,
    python: String,
    pub threads: u32,
    pub neurons: u64,
    pub synapses: u64,
    pub build_s: f64,
    pub mean_rate_hz: f64,
    pub wall_per_biological: f64,
    /// Wall time of theirs by that of ours.
    pub ratio: f64,
    /// The runs, in their order.
    pairs: Vec<Pair>,
}

impl Peer {
    /// The peer `named` as "nest" or "nest=PYTHON", after its script has shown that it is installed and has all
    /// `workloads`.
    ///
    /// # Errors
    /// A name, an interpreter or a module that does not exist, a workload that the peer's script lacks, scripts that
    /// cannot be written.
    pub fn find(named: &str, workloads: &[String]) -> Result<Peer> {
        let (name, python) = named.split_once('=').unwrap_or((named, "python3"));
        let known = PEERS.map(|(name, ..)| name);
        let Some(&(name, script, _)) = PEERS.iter().find(|(known, ..)| *known == name) else {
            return Err(Error::unknown("peer", name, "--against", &known));
        };
        let scripts = Folder::new()?;
        for (file, text) in PEERS.map(|(_, file, text)| (file, text)).into_iter().chain([WORKLOADS]) {
            let path = scripts.path.join(file);
            std::fs::write(&path, text).map_err(|error| Error::io(&path, error))?;
        }
        let script = scripts.path.join(script);
        let mut peer = Peer { name, python: python.to_owned(), version: String::new(), script, scripts };
        let mut command = peer.command();
        command.arg("--list");
        let ended = progress::spin(format!("asking {name}"), || child::run(&mut command, true));
        let ended = ended.map_err(|error| peer.error(format!("the interpreter cannot be started: {error}")))?;
        let listed: Option<Listed> = last_json(&ended.output).filter(|_| ended.status.success());
        let listed = listed.ok_or_else(|| {
            let why = last_line(&ended.errors).unwrap_or("it gave no answer");
            peer.error(format!("{name} cannot be imported ({why}); name a Python that has it, as {name}=PYTHON"))
        })?;
        if let Some(missing) = workloads.iter().find(|workload| !listed.workloads.contains(workload)) {
            return Err(peer.error(format!("it has no workload {missing}; it has {}", listed.workloads.join(", "))));
        }
        peer.version = listed.peer;
        Ok(peer)
    }

    /// Runs a workload once on `threads` threads, or as many as there are cores; gives the exit code where the user
    /// ended it. `run` counts runs from 1.
    ///
    /// # Errors
    /// A script that fails.
    pub fn run(
        &self,
        workload: &str,
        options: &BenchOptions,
        threads: Option<u32>,
        run: u32,
    ) -> Result<Result<Theirs, ExitCode>> {
        let threads = threads.unwrap_or_else(neuropil::device::cores);
        let mut command = self.command();
        command.args([workload, &format!("--threads={threads}"), &format!("--seconds={}", options.seconds)]);
        command.args([&format!("--warm={}", options.warm_up), &format!("--seed={}", options.shared.seed.unwrap_or(1))]);
        command.arg(format!("--scale={}", options.shared.scale.unwrap_or(1.0)));
        let what = format!("{} on {workload}, run {run} of {}", self.version, options.runs);
        let ended = progress::spin(what, || child::run(&mut command, true));
        let ended = ended.map_err(|error| Error::io(&self.python, error))?;
        if ended.interrupted {
            return Ok(Err(ExitCode::from(130)));
        }
        let theirs: Option<Theirs> = last_json(&ended.output).filter(|_| ended.status.success());
        let theirs = theirs.filter(|theirs| theirs.wall_s > 0.0);
        theirs.map(Ok).ok_or_else(|| {
            let why = last_line(&ended.errors).unwrap_or("it gave no answer");
            self.error(format!("it failed on {workload} ({}): {why}", ended.status))
        })
    }

    /// A command that starts the peer's script by its Python.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.python);
        // What the peer compiles goes into the temporary folder.
        command.arg(&self.script).env("TMPDIR", &self.scripts.path).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// The error that this peer has a `problem`.
    fn error(&self, problem: String) -> Error {
        Error::invalid(format!("--against {}={}", self.name, self.python), problem)
    }
}

impl Rival {
    /// The results of `peer` before its first run.
    pub fn new(peer: &Peer) -> Rival {
        Rival {
            peer: peer.version.clone(),
            python: peer.python.clone(),
            threads: 0,
            neurons: 0,
            synapses: 0,
            build_s: 0.0,
            mean_rate_hz: 0.0,
            wall_per_biological: 0.0,
            ratio: 0.0,
            pairs: Vec::new(),
        }
    }

    /// Adds a run of ours and the run of theirs that followed it.
    pub fn add(&mut self, ours: &Measurement, theirs: Theirs) {
        let ours_s = median(&ours.segments.iter().map(|segment| segment.wall_s).collect::<Vec<f64>>());
        self.pairs.push(Pair { ours_s, theirs_s: theirs.wall_s, ratio: theirs.wall_s / ours_s });
        let median_of = |of: &dyn Fn(&Pair) -> f64| median(&self.pairs.iter().map(of).collect::<Vec<f64>>());
        self.ratio = median_of(&|pair| pair.ratio);
        self.wall_per_biological = median_of(&|pair| pair.theirs_s) / ours.segment_s;
        (self.threads, self.neurons, self.synapses) = (theirs.threads, theirs.neurons, theirs.synapses);
        (self.build_s, self.mean_rate_hz) = (theirs.build_s, theirs.rate_hz);
    }

    /// The ratio of wall times of each pair of runs.
    pub fn ratios(&self) -> Vec<f64> {
        self.pairs.iter().map(|pair| pair.ratio).collect()
    }
}

/// The value of the last line that is JSON of type `T`: simulators print other lines, too.
fn last_json<T: for<'a> Deserialize<'a>>(text: &str) -> Option<T> {
    text.lines().rev().find_map(|line| serde_json::from_str(line).ok())
}

/// The last line that is not blank, where Python puts its error.
fn last_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).rfind(|line| !line.is_empty())
}

/// A temporary folder, which is removed with everything in it when it is dropped.
struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A new folder for the scripts; one that exists already is refused, for what is in it is executed.
    fn new() -> Result<Folder> {
        let path = std::env::temp_dir().join(format!("neuropil-bench-{}", std::process::id()));
        std::fs::create_dir(&path).map_err(|error| Error::io(&path, error))?;
        // The scripts are started from elsewhere, so a relative path would not do.
        let path = Path::new(&path).canonicalize().map_err(|error| Error::io(&path, error))?;
        Ok(Folder { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
