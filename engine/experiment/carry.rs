//! Copies of the files that an experiment is made from, kept with its results, so that the folder can be moved as a
//! whole.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::experiment::{Experiment, each_path};
use crate::files::{Input, Limit, atomic_write};

/// The folder of the copies, beside `experiment.toml`.
pub const INPUTS: &str = "inputs";
/// Largest number of bytes that are copied in all.
pub const MAX_COPIED: u64 = 64 << 20;

/// The name of the copy of a sweep, whatever its own name is.
pub const SWEEP: &str = "sweep.csv";

/// The files of an experiment as they were when it was made ready.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Paths, and the stamps by which a later change is noticed.
    files: Vec<(PathBuf, Option<Stamp>)>,
    /// The one of these files that is a sweep.
    sweep: Option<PathBuf>,
}

/// Size and time of change of a regular file.
type Stamp = (u64, Option<SystemTime>);

/// The contents of files that are copied, and the files that are not.
#[derive(Debug, Clone, Default)]
pub struct Carried {
    files: Vec<Copied>,
    /// Files that are not copied.
    left: Vec<PathBuf>,
}

/// A file that is copied.
#[derive(Debug, Clone)]
struct Copied {
    from: PathBuf,
    /// Its name among the copies.
    name: String,
    bytes: Vec<u8>,
}

impl Inputs {
    /// The files of `experiment` as they are now.
    pub fn of(experiment: &Experiment) -> Inputs {
        let files = experiment.files().into_iter().map(|path| (path.clone(), stamp(&path))).collect();
        Inputs { files, sweep: None }
    }

    /// These files and the file `path` of a sweep as it is now.
    pub fn and_sweep(mut self, path: &Path) -> Inputs {
        self.files.push((path.to_path_buf(), stamp(path)));
        self.sweep = Some(path.to_path_buf());
        self
    }

    /// Reads the files, the smallest first, up to [`MAX_COPIED`] in all. Left out are those that do not fit, have changed
    /// since they were listed, or are no regular files.
    ///
    /// # Errors
    /// A file that exists and cannot be read.
    pub fn read(&self) -> Result<Carried> {
        let mut carried = Carried::default();
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_by_key(|(_, stamp)| stamp.map_or(u64::MAX, |(size, _)| size));
        let (mut names, mut room) = (BTreeSet::from_iter(self.sweep.iter().map(|_| SWEEP.to_owned())), MAX_COPIED);
        for (path, known) in files {
            let size = known.map(|(size, _)| size).filter(|&size| size <= room && stamp(path) == *known);
            let bytes = size.map(|size| read_of_size(path, size)).transpose()?.flatten();
            let Some(bytes) = bytes else {
                carried.left.push(path.clone());
                continue;
            };
            room -= bytes.len() as u64;
            let is_sweep = self.sweep.as_ref() == Some(path);
            let name = if is_sweep { SWEEP.to_owned() } else { free_name(path, &mut names) };
            carried.files.push(Copied { from: path.clone(), name, bytes });
        }
        Ok(carried)
    }
}

impl Carried {
    /// The files that are not copied.
    pub fn left(&self) -> &[PathBuf] {
        &self.left
    }

    /// The experiment with the paths of its files replaced by those of the copies in the folder `inputs`, a path
    /// relative to the experiment file.
    pub fn experiment(&self, experiment: &Experiment, inputs: &str) -> Experiment {
        let mut moved = experiment.clone();
        each_path(&mut moved.content, &mut |path| {
            if let Some(copied) = self.files.iter().find(|copied| copied.from == Path::new(&*path)) {
                *path = format!("{inputs}/{}", copied.name);
            }
        });
        moved
    }

    /// Writes the copies into [`INPUTS`] in `folder`; without any, there is no such folder.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let inputs = folder.join(INPUTS);
        if !self.files.is_empty() {
            std::fs::create_dir_all(&inputs).map_err(|reason| Error::io(&inputs, reason))?;
        }
        let write = |copied: &Copied| atomic_write(&inputs.join(&copied.name), |file| file.write_all(&copied.bytes));
        self.files.iter().try_for_each(write)
    }

    /// Whether `path` is one of the copies in `folder`.
    pub fn holds(&self, folder: &Path, path: &Path) -> bool {
        self.files.iter().any(|copied| folder.join(INPUTS).join(&copied.name) == path)
    }
}

/// Size and time of the last change, by which a file is recognised as unchanged; `None` for what is no regular file.
fn stamp(path: &Path) -> Option<Stamp> {
    let found = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some((found.len(), found.modified().ok()))
}

/// The content of a file of `size` bytes; `None` if it has another size by now.
fn read_of_size(path: &Path, size: u64) -> Result<Option<Vec<u8>>> {
    let limit = Limit { bytes: MAX_COPIED, raise: "it changes while it is copied" };
    let bytes = Input::open(path, limit, "a file")?.whole()?;
    Ok((bytes.len() as u64 == size).then_some(bytes))
}

/// The name of the file `path`, with a number before it where it is taken. Upper and lower case count as equal, since
/// some file systems do not distinguish them.
fn free_name(path: &Path, taken: &mut BTreeSet<String>) -> String {
    let own = path.file_name().map_or_else(|| "input".into(), |name| name.to_string_lossy().into_owned());
    let mut name = own.clone();
    let mut number = 1;
    while !taken.insert(name.to_lowercase()) {
        number += 1;
        name = format!("{number}-{own}");
    }
    name
}
