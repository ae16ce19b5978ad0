//! Checkpoints of a run: where and how often they are written, and what they say about it.

use std::path::{Path, PathBuf};

use neuropil::checkpoint::Checkpoint;
use neuropil::experiment::Setup;
use neuropil::files::{FilePrint, check_place, remove_temporaries};
use neuropil::simulation::Simulation;
use neuropil::time::Time;
use neuropil::{Error, Result};
use serde::{Deserialize, Serialize};

/// Biological time between checkpoints, unless given.
pub const EVERY: &str = "10s";

/// What a checkpoint says about its run, beside the simulation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Note {
    /// The experiment as TOML, with every change made to it.
    pub experiment: String,
    /// The files that its network is made from.
    pub files: Vec<FilePrint>,
    /// Biological time between checkpoints, ms.
    pub every_ms: f64,
    /// The run's output folder.
    pub folder: PathBuf,
    /// The file that its spikes are streamed to.
    pub spikes: Option<PathBuf>,
}

impl Note {
    /// The note of a checkpoint that was read from `path`.
    ///
    /// # Errors
    /// A checkpoint that was not written by `neuropil run`.
    pub fn of(checkpoint: &Checkpoint, path: &Path) -> Result<Note> {
        let note = serde_json::from_value(checkpoint.note.clone());
        let problem = "was not written by `neuropil run`; only the program that wrote it can go on with it";
        note.map_err(|_| Error::file(path, problem))
    }
}

/// Where to write checkpoints, and how often.
#[derive(Debug)]
pub struct Checkpoints {
    path: PathBuf,
    every: u64,
    note: Note,
}

impl Checkpoints {
    /// Checkpoints of `setup` at `path`, `every_ms` apart.
    ///
    /// # Errors
    /// A path that cannot be written to or holds something else, a time that is no whole number of steps.
    pub fn new(path: &Path, every_ms: f64, setup: &Setup, spikes: Option<&Path>) -> Result<Checkpoints> {
        if path.exists() && !Checkpoint::is_at(path) {
            return Err(Error::file(path, "is there already and is no checkpoint; choose another name"));
        }
        if spikes.is_some_and(|spikes| same_file(spikes, path)) {
            return Err(Error::file(path, "cannot hold both checkpoints and spikes; choose another name for one"));
        }
        check_place(path)?;
        let every = Time::from_ms(every_ms).steps(setup.network.dt(), "--checkpoint-every")?;
        if every == 0 {
            let problem = format!("{every_ms} ms is no step; checkpoints are at least one step apart");
            return Err(Error::invalid("--checkpoint-every", problem));
        }
        check_not_input(path, setup)?;
        let files = setup.resolved.files().iter().map(|file| FilePrint::of(file)).collect::<Result<_>>()?;
        let note = Note {
            experiment: setup.resolved.to_toml()?,
            files,
            every_ms,
            folder: PathBuf::new(),
            spikes: spikes.map(absolute).transpose()?,
        };
        remove_temporaries(path);
        Ok(Checkpoints { path: path.to_path_buf(), every, note })
    }

    /// The same, of a run that writes into `folder`.
    ///
    /// # Errors
    /// A working folder that is gone.
    pub fn beside(mut self, folder: &Path) -> Result<Checkpoints> {
        self.note.folder = absolute(folder)?;
        Ok(self)
    }

    /// The step of the next checkpoint after `step`.
    pub fn after(&self, step: u64) -> u64 {
        (step / self.every + 1).saturating_mul(self.every)
    }

    /// Writes a checkpoint in the place of the last one.
    ///
    /// # Errors
    /// A device or a stream that fails, a file that cannot be written: the last checkpoint stays then.
    pub fn write(&self, simulation: &mut Simulation) -> Result<()> {
        let mut checkpoint = simulation.checkpoint()?;
        let note = serde_json::to_value(&self.note);
        checkpoint.note = note.map_err(|error| Error::Internal(error.to_string()))?;
        checkpoint.write(&self.path).map_err(|error| match error {
            Error::File { path, line, problem } if Checkpoint::is_at(&self.path) => {
                Error::File { path, line, problem: problem + "; the last checkpoint there is whole" }
            }
            error => error,
        })
    }
}

/// Whether two names mean one file, or one place for a file that is not there yet.
pub fn same_file(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| {
        std::fs::canonicalize(path).ok().or_else(|| {
            let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
            Some(std::fs::canonicalize(folder).ok()?.join(path.file_name()?))
        })
    };
    a == b || real(a).is_some_and(|real_a| real(b) == Some(real_a))
}

/// Refuses to write an output over a file that the network is made from.
///
/// # Errors
/// Such a file.
pub fn check_not_input(path: &Path, setup: &Setup) -> Result<()> {
    match setup.resolved.files().iter().any(|file| same_file(file, path)) {
        true => Err(Error::file(path, "is a file that the network is made from; choose another name")),
        false => Ok(()),
    }
}

/// The path from the root, which stays right when a run is resumed from elsewhere.
fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|reason| Error::io(path, reason))
}

/// A biological time with its unit, in ms.
///
/// # Errors
/// Anything else, as one phrase.
pub fn parse_time(text: &str) -> std::result::Result<f64, String> {
    let units = [("ms", 1.0), ("min", 60e3), ("s", 1e3), ("h", 3600e3)];
    let parsed = units.iter().find_map(|(unit, ms)| Some((text.strip_suffix(unit)?.trim().parse::<f64>().ok()?, ms)));
    match parsed {
        // Whether it is a whole number of steps is for the grid of the run to say.
        Some((number, ms)) if number > 0.0 && number.is_finite() => Ok(number * ms),
        _ => Err("write a biological time above 0 with its unit, such as 500ms, 10s or 2min".into()),
    }
}
