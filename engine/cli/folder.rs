//! The output folder of a run: checked to be free and writable before anything is simulated, removed again if the run
//! fails.

use std::fs;
use std::path::{Path, PathBuf};

use neuropil::experiment::{Carried, Experiment, INPUTS, SWEEP};
use neuropil::files::{check_writable, temporary_of};
use neuropil::record::pictures;
use neuropil::record::summary::{self, Summary};
use neuropil::{Error, Result};

/// The name of the table of trials in their folder.
pub const TRIALS: &str = "trials.csv";

/// The folder of runs that name no output folder.
const PARENT: &str = "neuropil-out";

/// An output folder that a run has claimed. The folders that were created for it are removed again, as far as they are
/// empty, unless it is kept.
#[derive(Debug)]
pub struct Folder {
    /// Path of the folder.
    pub path: PathBuf,
    /// Folders that were created, parents first.
    created: Vec<PathBuf>,
    /// The copies in it of files that an earlier run was made from.
    inputs: Vec<PathBuf>,
}

impl Folder {
    /// A new folder `neuropil-out/<name>-<n>` with the first free n.
    ///
    /// # Errors
    /// A folder that cannot be created.
    pub fn fresh(name: &str) -> Result<Folder> {
        let parent = Path::new(PARENT);
        let mut created = create_folders(parent)?;
        for n in 1u32.. {
            let path = parent.join(format!("{}-{n}", file_name_part(name)));
            match fs::create_dir(&path) {
                Ok(()) => {
                    created.push(path.clone());
                    return Ok(Folder { path, created, inputs: Vec::new() });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(cannot_use(&path, &error)),
            }
        }
        Err(Error::file(parent, "is full of earlier runs; choose a folder with --out"))
    }

    /// The folder `path`, created if it is not there. One that holds something is refused; with `force`, one that holds
    /// an earlier run is taken.
    ///
    /// # Errors
    /// A folder that is not empty, or cannot be written to.
    pub fn at(path: &Path, force: bool) -> Result<Folder> {
        let created = create_folders(path)?;
        let folder = Folder { path: path.to_path_buf(), created, inputs: copied_inputs(path) };
        // A run that was killed leaves incomplete files.
        let [partial, whole] = partial_and_whole_files(path)?;
        let empty = whole.is_empty();
        let earlier = !empty && (Summary::read(&path.join(summary::FILE)).is_ok() || trial_folders(path).is_some());
        match (empty, earlier, force) {
            (true, _, _) | (_, true, true) => {}
            (_, true, false) => {
                let problem = "holds an earlier run; choose another folder, or say --force to replace that run";
                return Err(Error::file(path, problem));
            }
            _ => {
                let problem = "is not empty and holds no earlier run; choose a new or empty folder";
                return Err(Error::file(path, problem));
            }
        }
        if empty {
            partial.iter().try_for_each(|file| remove_if_there(&path.join(file)))?;
        }
        check_writable(path)?;
        Ok(folder)
    }

    /// The folder `path` of a run that is resumed, with the files that this run left in it; a fresh folder for `name`
    /// where `path` holds the results of a finished run, or anything else.
    ///
    /// # Errors
    /// A folder that cannot be created or written to.
    pub fn resumed(path: &Path, name: &str) -> Result<Folder> {
        let folder = Folder { path: path.to_path_buf(), created: create_folders(path)?, inputs: copied_inputs(path) };
        let [partial, whole] = partial_and_whole_files(path)?;
        if !is_unfinished(path, &whole) {
            return Folder::fresh(name);
        }
        partial.iter().try_for_each(|file| remove_if_there(&path.join(file)))?;
        check_writable(path)?;
        Ok(folder)
    }

    /// Removes the tables and pictures of an earlier run, or of earlier trials.
    ///
    /// # Errors
    /// A file that cannot be removed.
    pub fn remove_results(&self) -> Result<()> {
        for trial in trial_folders(&self.path).into_iter().flatten() {
            remove_results(&trial)?;
            fs::remove_dir(&trial).map_err(|error| cannot_use(&trial, &error))?;
        }
        remove_if_there(&self.path.join(TRIALS))?;
        remove_results(&self.path)
    }

    /// Writes copies of the files that runs were made from, and removes those that an earlier run left.
    ///
    /// # Errors
    /// A file that cannot be written or removed.
    pub fn write_inputs(&self, carried: &Carried) -> Result<()> {
        carried.write(&self.path)?;
        self.inputs
            .iter()
            .filter(|file| !carried.holds(&self.path, file))
            .try_for_each(|file| remove_if_there(file))?;
        // A folder that is not empty stays.
        let _ = fs::remove_dir(self.path.join(INPUTS));
        Ok(())
    }

    /// Keeps the folder after a run that worked, and gives its path.
    pub fn keep(mut self) -> PathBuf {
        self.created.clear();
        std::mem::take(&mut self.path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Only empty folders are removed; that one stays is no error beside the one that led here.
        self.created.iter().rev().for_each(|path| drop(fs::remove_dir(path)));
    }
}

/// The names of the files in a folder: first those that a killed writer left incomplete, then all others.
fn partial_and_whole_files(folder: &Path) -> Result<[Vec<String>; 2]> {
    let entries = fs::read_dir(folder).map_err(|error| cannot_use(folder, &error))?.flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let (partial, whole) = names.partition(|name| temporary_of(name).is_some());
    Ok([partial, whole])
}

/// Whether `files` of `folder` are those of a run that did not come to its end. Where there are tables, the experiment
/// must be readable, too.
fn is_unfinished(folder: &Path, files: &[String]) -> bool {
    let traces = |file: &str, ending: &str| file.starts_with("traces_") && file.ends_with(ending);
    let weights = |file: &str, ending: &str| file.starts_with("weights-") && file.ends_with(ending);
    let table = |file: &str| file == "spikes.csv" || traces(file, ".csv") || weights(file, ".csv");
    let others = |file: &str| super::against::FILES.contains(&file) || super::measures::is_file(file);
    let picture = |file: &str| file == "raster.png" || others(file) || traces(file, ".png") || weights(file, ".png");
    let known = |file: &str| table(file) || picture(file) || [super::job::EXPERIMENT, INPUTS].contains(&file);
    let tables = files.iter().any(|file| table(file));
    let experiment = folder.join(super::job::EXPERIMENT);
    files.iter().all(|file| known(file)) && (!tables || Experiment::read(experiment).is_ok())
}

/// The name of the folder of trial `number`.
pub fn trial_name(number: usize) -> String {
    format!("trial-{number:03}")
}

/// The folders of the trials in `path`; `None` where it holds none, or anything but trials, their table and their
/// inputs.
fn trial_folders(path: &Path) -> Option<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).ok()? {
        let entry = entry.ok()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name.strip_prefix("trial-").filter(|n| n.len() >= 3 && n.bytes().all(|b| b.is_ascii_digit()));
        if number.is_some() && Summary::read(&entry.path().join(summary::FILE)).is_ok() {
            found.push(entry.path());
        } else if name != TRIALS && name != INPUTS {
            return None;
        }
    }
    (!found.is_empty()).then_some(found)
}

/// The files in the folder `inputs` of `folder` that its run, or the first of its trials, was made from.
fn copied_inputs(folder: &Path) -> Vec<PathBuf> {
    let files = [folder.to_path_buf(), folder.join(trial_name(0))].map(|run| run.join(super::job::EXPERIMENT));
    let read = files.iter().find_map(|file| Experiment::read(file).ok());
    let names = read.iter().flat_map(Experiment::files).filter(|file| {
        let parent = file.parent().and_then(|parent| parent.canonicalize().ok());
        parent.is_some() && parent == folder.join(INPUTS).canonicalize().ok()
    });
    let sweep = trial_folders(folder).map(|_| folder.join(INPUTS).join(SWEEP)).filter(|sweep| sweep.is_file());
    names.filter_map(|file| Some(folder.join(INPUTS).join(file.file_name()?))).chain(sweep).collect()
}

/// Removes the tables and pictures of the run in `folder`.
fn remove_results(folder: &Path) -> Result<()> {
    let Ok(summary) = Summary::read(&folder.join(summary::FILE)) else { return Ok(()) };
    let traces = summary.traces.iter().flat_map(|t| [t.file.clone(), pictures::traces::file_name(&t.file)]);
    let fixed = [summary::FILE, "spikes.csv", "raster.png", super::job::EXPERIMENT].map(str::to_owned);
    let entries = |key: &str| summary.run.get(key).and_then(serde_json::Value::as_array).into_iter().flatten();
    let weights = ["learned", "weights", "sent"].into_iter().flat_map(entries);
    let weights = weights.filter_map(|entry| entry.get("file")?.as_str());
    let weights = weights.filter(|file| file.starts_with("weights-") && !file.contains(['/', '\\']));
    let weights = weights.flat_map(|file| [file.to_owned(), file.replace(".csv", ".png")]);
    let compared =
        super::against::FILES.iter().filter(|_| summary.run.contains_key("against")).map(|file| (*file).to_owned());
    let measured = entries("measured").filter_map(|entry| entry.get("file")?.as_str());
    let measured = measured.filter(|file| super::measures::is_file(file));
    let measured = measured.flat_map(super::measures::Measured::files);
    traces
        .chain(fixed)
        .chain(compared)
        .chain(weights)
        .chain(measured)
        .try_for_each(|file| remove_if_there(&folder.join(file)))
}

/// Removes a file; one that is not there is no error.
fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(cannot_use(path, &error)),
        _ => Ok(()),
    }
}

/// Characters of the name of a run that the name of its folder takes over; most systems limit a name to 255 bytes.
const MAX_NAME: usize = 60;

/// `name` as part of a file name: cut to [`MAX_NAME`] characters, with `-` for those that may not be in one.
fn file_name_part(name: &str) -> String {
    let plain: String =
        name.chars().take(MAX_NAME).map(|c| if c.is_alphanumeric() || "_-+".contains(c) { c } else { '-' }).collect();
    if plain.is_empty() { "run".into() } else { plain }
}

/// Creates a folder with its parents, and gives those that are new, parents first.
fn create_folders(path: &Path) -> Result<Vec<PathBuf>> {
    let missing: Vec<&Path> = path.ancestors().take_while(|p| !p.as_os_str().is_empty() && !p.exists()).collect();
    let missing: Vec<PathBuf> = missing.into_iter().rev().map(Path::to_path_buf).collect();
    fs::create_dir_all(path).map_err(|error| cannot_use(path, &error))?;
    Ok(missing)
}

/// The error of a path that cannot be an output folder.
fn cannot_use(path: &Path, error: &std::io::Error) -> Error {
    if let Some(file) = path.ancestors().find(|part| part.is_file()) {
        return Error::file(file, "is a file, and the output needs a folder; choose another with --out");
    }
    Error::file(path, format!("cannot be used as an output folder ({error}); choose another with --out"))
}
