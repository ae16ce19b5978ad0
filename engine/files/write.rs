//! The one way a file is written: under a temporary name beside its place, then renamed.

use crate::error::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a file whole or not at all: `write` fills a temporary file in the same folder, which is synced and renamed to `path`.
///
/// A file that was there stays as it was until the rename; an interrupted or failed write leaves nothing under `path`.
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

/// Whether files can be written into `folder`, found out by writing an empty one and removing it.
///
/// # Errors
/// A folder that is missing or cannot be written to.
pub fn check_writable(folder: &Path) -> Result<()> {
    Temporary::create(&folder.join("write-test")).map(drop)
}

/// Whether a file can be written at `path`, found out as by [`check_writable`].
///
/// # Errors
/// A folder that is missing or cannot be written to.
pub fn check_place(path: &Path) -> Result<()> {
    let name = path.as_os_str().as_encoded_bytes();
    if path.is_dir() || name.ends_with(b"/") || name.ends_with(b"/.") || path.file_name().is_none() {
        return Err(Error::file(path, "names a folder; name a file"));
    }
    Temporary::create(path).map(drop)
}

/// Whether two paths lead to one file, or would once there is one.
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

/// Removes what writers that were killed left beside `path`: their temporary files.
pub fn remove_temporaries(path: &Path) {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let found = entry.file_name().to_string_lossy().into_owned();
        if temporary_of(&found) == Some(name.as_str()) {
            // One that cannot be removed is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The file that a temporary file of this name was to become.
pub fn temporary_of(name: &str) -> Option<&str> {
    let (file, process) = name.strip_prefix('.')?.strip_suffix(".partial")?.rsplit_once('.')?;
    process.bytes().all(|b| b.is_ascii_digit()).then_some(file)
}

/// A file of its own that is removed when dropped; after the rename there is nothing left to remove.
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    /// Begins a temporary file beside `path`, for only within one file system a rename is atomic.
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
        // Gone already after the rename; and if it cannot be removed, the error that brought us here matters more.
        let _ = fs::remove_file(&self.path);
    }
}

/// The sentence of a file that cannot be written, with what to do where that is known.
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

/// The rename itself survives a power cut only once the folder is synced; where folders cannot be, there is nothing to do.
pub(crate) fn sync_folder(path: &Path) {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
