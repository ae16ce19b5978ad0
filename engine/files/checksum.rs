//! CRC-32 of what is written and of files: it finds every change of up to 32 bits in a row, and of more all but one in 2³².

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::Crc;
use serde::{Deserialize, Serialize};

use super::{Input, Limit, failed};
use crate::error::{Error, Result};

/// A CRC-32 in the making, of bytes or of text.
#[derive(Debug, Default)]
pub struct Checksum(Crc);

impl Checksum {
    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    /// The sum so far.
    pub fn sum(&self) -> u32 {
        self.0.sum()
    }
    /// The sum of `bytes`.
    pub fn of(bytes: &[u8]) -> u32 {
        let mut checksum = Checksum::default();
        checksum.update(bytes);
        checksum.sum()
    }
}

/// Size and checksum of a file that a network is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePrint {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its CRC-32.
    pub crc32: u32,
}

impl FilePrint {
    /// The print of the file as it is now.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of(path: &Path) -> Result<FilePrint> {
        let (bytes, crc32) = sum_of(path, None)?;
        Ok(FilePrint { path: path.to_path_buf(), bytes, crc32 })
    }

    /// Whether the file is still the same.
    ///
    /// # Errors
    /// A file that is gone, or holds something else.
    pub fn check(&self) -> Result<()> {
        let now = sum_of(&self.path, Some(self.bytes)).map_err(|error| {
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

/// Size and sum of a file, which is not read where its size is another than `expected` (if there is one).
fn sum_of(path: &Path, expected: Option<u64>) -> Result<(u64, u32)> {
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
