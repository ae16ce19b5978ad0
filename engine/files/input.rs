//! Opens files: regular files and pipes, of which no more than a limit of bytes is read. All files are opened here.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::refusal::Refusal;
use super::{Limit, Text};
use crate::error::{Error, Result};

/// How long to wait for a first writer of a pipe.
const NO_WRITER: Duration = Duration::from_secs(5);
/// How long to wait for a writer of a pipe that writes nothing.
const SILENT_WRITER: Duration = Duration::from_secs(60);

/// The error of a read of `path` that failed for `reason`.
pub fn failed(path: &Path, reason: io::Error) -> Error {
    if let Some(refusal) = reason.get_ref().and_then(|inner| inner.downcast_ref::<Refusal>()) {
        return Error::File { path: path.to_path_buf(), line: refusal.line, problem: refusal.problem.clone() };
    }
    match reason.kind() {
        io::ErrorKind::NotFound => Error::file(path, "there is no such file"),
        io::ErrorKind::OutOfMemory => {
            Error::file(path, "there is not enough memory to read it; free some, or read less")
        }
        _ => Error::io(path, reason),
    }
}

/// An open file or pipe. Reading fails once more than the limit has been read.
#[derive(Debug)]
pub struct Input {
    path: PathBuf,
    file: File,
    /// Bytes of a regular file; `None` for a pipe.
    size: Option<u64>,
    limit: Limit,
    /// Bytes that were read so far.
    taken: u64,
    /// Whether the pipe has or had a writer.
    has_writer: bool,
}

impl Input {
    /// Opens `path`, which should be what `expected` says, such as "an experiment file".
    ///
    /// # Errors
    /// A file that is missing, may not be read or is over the limit; a folder, a device, a socket.
    pub fn open(path: &Path, limit: Limit, expected: &str) -> Result<Input> {
        // Opening a device may have effects, so its kind is read by its path first.
        regular_size(path, &fs::metadata(path).map_err(|reason| failed(path, reason))?, expected)?;
        let file = open(path).map_err(|reason| failed(path, reason))?;
        let found = file.metadata().map_err(|reason| failed(path, reason))?;
        let size = regular_size(path, &found, expected)?;
        match size.filter(|&size| size > limit.bytes) {
            Some(size) => Err(Error::file(path, limit.refuse(size))),
            None => Ok(Input { path: path.to_path_buf(), file, size, limit, taken: 0, has_writer: false }),
        }
    }

    /// Bytes of a regular file; `None` for a pipe, which can be read only once.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// The file itself, for a reader that seeks in it.
    ///
    /// # Errors
    /// A pipe.
    pub fn file(self) -> Result<File> {
        match self.size {
            Some(_) => Ok(self.file),
            None => Err(Error::file(&self.path, "this is a pipe, and such a file is not read in order; name a file")),
        }
    }

    /// The whole content.
    ///
    /// # Errors
    /// A read that fails, a content over the limit or larger than the free memory.
    pub fn whole(mut self) -> Result<Vec<u8>> {
        let mut content = self.reserve()?;
        match self.read_to_end(&mut content) {
            Ok(_) => Ok(content),
            Err(reason) => Err(failed(&self.path, reason)),
        }
    }

    /// The whole content, which must be text.
    ///
    /// # Errors
    /// As [`Input::whole`]; a content that is not text, see [`Text`].
    pub fn text(self) -> Result<Vec<u8>> {
        let (mut content, path) = (self.reserve()?, self.path.clone());
        Text::new(self).read_to_end(&mut content).map_err(|reason| failed(&path, reason))?;
        Ok(content)
    }

    /// An empty list with memory reserved for the content.
    fn reserve(&self) -> Result<Vec<u8>> {
        let Some(size) = self.size else { return Ok(Vec::new()) };
        let mut content = Vec::new();
        let free = crate::host::available().unwrap_or(u64::MAX);
        let fitting = usize::try_from(size).ok().filter(|_| size <= free);
        match fitting.map(|size| content.try_reserve_exact(size)) {
            Some(Ok(())) => Ok(content),
            _ => Err(Error::Memory {
                what: format!("reading {}", crate::quote::path(&self.path)),
                needed: size,
                available: free,
                hint: "free some, or choose a smaller file".into(),
            }),
        }
    }

    /// Reads from a pipe; waits for its writer, but no longer than [`NO_WRITER`] and [`SILENT_WRITER`].
    fn read_pipe(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let started = Instant::now();
        loop {
            match self.file.read(buffer) {
                Ok(0) if !self.has_writer && started.elapsed() < NO_WRITER => {}
                Ok(0) if !self.has_writer => return Err(Refusal::error(None, "nobody writes into this pipe")),
                Err(reason) if reason.kind() == io::ErrorKind::WouldBlock => {
                    self.has_writer = true;
                    if started.elapsed() > SILENT_WRITER {
                        let problem = format!("nothing has come out of this pipe for {} s", SILENT_WRITER.as_secs());
                        return Err(Refusal::error(None, problem));
                    }
                }
                Err(reason) if reason.kind() == io::ErrorKind::Interrupted => {}
                done => {
                    self.has_writer = true;
                    return done;
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // One byte more than the limit is read, to find out whether the content ends there.
        let left = (self.limit.bytes - self.taken).saturating_add(1);
        let want = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let got = match self.size {
            Some(_) => self.file.read(&mut buffer[..want])?,
            None => self.read_pipe(&mut buffer[..want])?,
        };
        if self.taken + got as u64 > self.limit.bytes {
            return Err(Refusal::error(None, self.limit.refuse_endless()));
        }
        self.taken += got as u64;
        Ok(got)
    }
}

impl Seek for Input {
    /// Seeks in a regular file; bytes that are read again do not count twice.
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.taken = self.file.seek(to)?.min(self.limit.bytes);
        Ok(self.taken)
    }
}

/// The size of a regular file, or `None` for a pipe; refuses all else.
fn regular_size(path: &Path, found: &Metadata, expected: &str) -> Result<Option<u64>> {
    if found.is_file() {
        return Ok(Some(found.len()));
    }
    if found.is_dir() {
        return Err(Error::file(path, format!("this is a folder; name {expected}")));
    }
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_fifo(&found.file_type()) {
        return Ok(None);
    }
    Err(Error::file(path, format!("this is a device and not a file; name {expected}")))
}

/// Opens a file to read, without waiting for a writer of a pipe.
#[cfg(target_os = "linux")]
fn open(path: &Path) -> io::Result<File> {
    // Without this flag, opening a pipe without a writer would wait for ever.
    std::os::unix::fs::OpenOptionsExt::custom_flags(OpenOptions::new().read(true), libc::O_NONBLOCK).open(path)
}

/// Opens a file to read.
#[cfg(not(target_os = "linux"))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}
