//! Writes files under a temporary name in the same folder, and then renames them. All files are written here.

use crate::error::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a file completely or not at all: `write` fills a temporary file in the same folder, which is synced and
/// renamed to `path`.
///
/// An earlier file at `path` stays as it was until the rename; an interrupted or failed write does not change it.
///
/// # Errors
/// A folder that is missing or cannot be written to, a full disk, or what `write` returns; the temporary file is removed.
pub fn atomic_write(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<()> {
    let (temporary, file) = Temporary::create(path)?;
    let mut writer = BufWriter::with_capacity(1 << 16, file);
    write(&mut writer)
        .and_then(|()| writer.flush())
        .and_then(|()| writer.get_ref().sync_all())
        .and_then(|()| fs::rename(&temporary.path, path))
        .map_err(|reason| cannot_write(path, &reason))?;
    drop(writer);
    sync_folder(path);
    Ok(())
}

/// Checks that files can be written into `folder`, by writing an empty one and removing it.
///
/// # Errors
/// A folder that is missing or cannot be written to.
pub fn check_writable(folder: &Path) -> Result<()> {
    Temporary::create(&folder.join("write-test")).map(drop)
}

/// Checks that a file can be written at `path`, as [`check_writable`] does.
///
/// # Errors
/// A path of a folder, a folder that is missing or cannot be written to.
pub fn check_place(path: &Path) -> Result<()> {
    let name = path.as_os_str().as_encoded_bytes();
    if path.is_dir() || name.ends_with(b"/") || name.ends_with(b"/.") || path.file_name().is_none() {
        return Err(Error::file(path, "names a folder; name a file"));
    }
    Temporary::create(path).map(drop)
}

/// Whether two paths lead to one file, or would once it exists.
pub fn is_same(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    if let (Ok(one), Ok(other)) = (one.metadata(), other.metadata()) {
        use std::os::unix::fs::MetadataExt;
        return (one.dev(), one.ino()) == (other.dev(), other.ino());
    }
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        path.canonicalize().unwrap_or_else(|_| folder.join(path.file_name().unwrap_or_default()))
    };
    place(one) == place(other)
}

/// Removes temporary files of `path` that writers left which were killed.
pub fn remove_temporaries(path: &Path) {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let found = entry.file_name().to_string_lossy().into_owned();
        if temporary_of(&found) == Some(name.as_str()) {
            // A file that cannot be removed does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The name that the temporary file called `name` would have got; `None` for other files.
pub fn temporary_of(name: &str) -> Option<&str> {
    let (file, process) = name.strip_prefix('.')?.strip_suffix(".partial")?.rsplit_once('.')?;
    process.bytes().all(|b| b.is_ascii_digit()).then_some(file)
}

/// A temporary file, which is removed when it is dropped; after the rename there is nothing left to remove.
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    /// Creates a temporary file in the folder of `path`, since a rename is atomic only within one file system.
    fn create(path: &Path) -> Result<(Temporary, File)> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let temporary = path.with_file_name(format!(".{name}.{}.partial", std::process::id()));
        match OpenOptions::new().write(true).create(true).truncate(true).open(&temporary) {
            Ok(file) => Ok((Temporary { path: temporary }, file)),
            Err(reason) => Err(cannot_write(path, &reason)),
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After the rename the file does not exist any more; where removing it fails, the error of the write matters
        // more.
        let _ = fs::remove_file(&self.path);
    }
}

/// The error of a file that cannot be written for `reason`, with advice where there is some.
pub(crate) fn cannot_write(path: &Path, reason: &io::Error) -> Error {
    let advice = match reason.kind() {
        io::ErrorKind::NotFound => "; create the folder first",
        io::ErrorKind::NotADirectory => "; a part of this path is a file, choose another folder",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "; choose a folder you may write to",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; free some space or choose another disk",
        io::ErrorKind::FileTooLarge => "; raise the limit on file sizes or choose another disk",
        _ => "",
    };
    Error::file(path, format!("cannot be written ({reason}){advice}"))
}

/// Syncs the folder of `path`, so that a rename in it survives a power cut; systems that cannot sync folders are left
/// alone.
pub(crate) fn sync_folder(path: &Path) {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
