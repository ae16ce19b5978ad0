//! Numbers as files hold them: tables (CSV), arrays (NPY, NPZ, IDX) and events of cameras (AER), plain or gzipped.
//!
//! The meaning of the numbers is left to the rooms that read them. What may not live here: networks, samples,
//! connectomes.

#[cfg(feature = "train")]
pub(crate) mod aer;
pub(crate) mod arrays;
pub(crate) mod events;
#[cfg(feature = "train")]
mod npz;
pub(crate) mod table;

use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};
use crate::files::{Input, Limit};

/// The first bytes of a gzipped file.
pub(crate) const GZIP: &[u8] = b"\x1f\x8b";

/// The content of a file, unpacked where it is gzipped; errors say that the file should be what `expected` says.
pub(crate) fn read_unpacked(path: &Path, expected: &str) -> Result<Vec<u8>> {
    let limit = Limit::list()?;
    let content = Input::open(path, limit, expected)?.whole()?;
    if !content.starts_with(GZIP) {
        return Ok(content);
    }
    let mut unpacked = Vec::new();
    let taken = flate2::read::GzDecoder::new(content.as_slice()).take(limit.bytes + 1).read_to_end(&mut unpacked);
    match taken {
        Ok(bytes) if bytes as u64 <= limit.bytes => Ok(unpacked),
        Ok(_) => Err(unpacks_to_more(path, limit)),
        Err(reason) => {
            Err(Error::file(path, format!("it is gzipped, and cannot be unpacked ({reason}); take a whole copy")))
        }
    }
}

/// The error of a file that is over the limit when it is unpacked.
fn unpacks_to_more(path: &Path, limit: Limit) -> Error {
    Error::file(path, format!("it unpacks to more than {}; {}", crate::text::bytes(limit.bytes), limit.raise))
}
