//! Checkpoints of a run: where and how often they are written, and what they say about it.

use std::path::{Path, PathBuf};

use neuropil::checkpoint::Checkpoint;
use neuropil::experiment::Setup;
use neuropil::files::{FilePrint, check_place, remove_temporaries};
use neuropil::simulation::Simulation;
use neuropil::time::Time;
use neuropil::{Error, Result};
use serde::{Deserialize, Serialize};

/// Biological time between checkpoints where --checkpoint-every is not given.
pub const DEFAULT_INTERVAL: &str = "10s";

/// The note that a checkpoint holds about its run, beside the simulation.
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
    /// The note in a `checkpoint` that was read from `path`.
    ///
    /// # Errors
    /// A checkpoint that was not written by `neuropil run`.
    pub fn from_checkpoint(checkpoint: &Checkpoint, path: &Path) -> Result<Note> {
        let note = serde_json::from_value(checkpoint.note.clone());
        let problem = "was not written by `neuropil run`; only the program that wrote it can go on with it";
        note.map_err(|_| Error::file(path, problem))
    }
}

/// Where to write checkpoints, and how often.
#[derive(Debug)]
pub struct Checkpoints {
    path: PathBuf,
    /// Steps between checkpoints, at least 1.
    every: u64,
    /// What is written into each beside the simulation.
    note: Note,
}

impl Checkpoints {
    /// Checkpoints of `setup` at `path`, `every_ms` of biological time apart; `spikes` is the file that spikes are
    /// streamed to.
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

    /// The same checkpoints, which name `folder` as the output folder of the run.
    ///
    /// # Errors
    /// A working folder that does not exist any more.
    pub fn for_folder(mut self, folder: &Path) -> Result<Checkpoints> {
        self.note.folder = absolute(folder)?;
        Ok(self)
    }

    /// The step of the next checkpoint after `step`.
    pub fn next_after(&self, step: u64) -> u64 {
        (step / self.every + 1).saturating_mul(self.every)
    }

    /// Writes a checkpoint of `simulation`, which replaces the last one.
    ///
    /// # Errors
    /// A device or a stream that fails, a file that cannot be written; the last checkpoint then stays.
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

/// Whether two paths lead to one file, or to one place for a file that does not exist yet.
fn same_file(a: &Path, b: &Path) -> bool {
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
/// A `path` that is one of the files of `setup`.
pub fn check_not_input(path: &Path, setup: &Setup) -> Result<()> {
    match setup.resolved.files().iter().any(|file| same_file(file, path)) {
        true => Err(Error::file(path, "is a file that the network is made from; choose another name")),
        false => Ok(()),
    }
}

/// The path from the root, which stays valid when a run is resumed from another working folder.
fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|reason| Error::io(path, reason))
}
