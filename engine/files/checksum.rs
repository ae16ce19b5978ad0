//! CRC-32 of bytes and files. It detects every change within 32 consecutive bits, and all but one in 2³² of others.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::Crc;
use serde::{Deserialize, Serialize};

use super::{Input, Limit, failed};
use crate::error::{Error, Result};

/// A CRC-32 of bytes that are added one part after the other.
#[derive(Debug, Default)]
pub struct Checksum(Crc);

impl Checksum {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all bytes so far.
    pub fn sum(&self) -> u32 {
        self.0.sum()
    }

    /// The checksum of `bytes`.
    pub fn of(bytes: &[u8]) -> u32 {
        let mut checksum = Checksum::default();
        checksum.update(bytes);
        checksum.sum()
    }
}

/// Size and checksum of a file that a network is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePrint {
    /// Path of the file.
    pub path: PathBuf,
    /// Size of the file.
    pub bytes: u64,
    /// CRC-32 of its content.
    pub crc32: u32,
}

impl FilePrint {
    /// Size and checksum of the file as it is now.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of(path: &Path) -> Result<FilePrint> {
        let (bytes, crc32) = size_and_checksum(path, None)?;
        Ok(FilePrint { path: path.to_path_buf(), bytes, crc32 })
    }

    /// Checks that the file has not changed.
    ///
    /// # Errors
    /// A file that is missing or has changed.
    pub fn check(&self) -> Result<()> {
        let now = size_and_checksum(&self.path, Some(self.bytes)).map_err(|error| {
            let problem = match error {
                Error::File { problem, .. } => problem,
                error => error.to_string(),
            };
            let problem =
                format!("cannot be read ({problem}), and the checkpoint's network is made from it; put it back");
            Error::file(&self.path, problem)
        })?;
        if now != (self.bytes, self.crc32) {
            let problem = "has changed since the checkpoint was written, so its network cannot be built again; \
                           put the earlier file back";
            return Err(Error::file(&self.path, problem));
        }
        Ok(())
    }
}

/// Size and checksum of a file. Where the size differs from `expected`, the file is not read and the checksum is 0.
fn size_and_checksum(path: &Path, expected: Option<u64>) -> Result<(u64, u32)> {
    let unlimited = Limit { bytes: u64::MAX, raise: "" };
    let mut file = Input::open(path, unlimited, "a file")?;
    let Some(size) = file.size() else {
        return Err(Error::file(path, "this is a pipe, and a checkpoint needs a file that is read again; name a file"));
    };
    if expected.is_some_and(|expected| expected != size) {
        return Ok((size, 0));
    }
    let (mut checksum, mut total, mut buffer) = (Checksum::default(), 0, vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer).map_err(|reason| failed(path, reason))? {
            0 => return Ok((total, checksum.sum())),
            n => {
                checksum.update(&buffer[..n]);
                total += n as u64;
            }
        }
    }
}
