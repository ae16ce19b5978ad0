//! A limit on what comes out of a packed stream.

use std::io::{self, Read};

use crate::text::bytes;

/// More bytes than the limit came out of a packed stream.
#[derive(Debug, thiserror::Error)]
#[error("it unpacks to more than the limit of {}; raise max_bytes if you trust it", bytes(*.0))]
pub(super) struct TooLarge(u64);

/// A reader that fails once more than `limit` bytes have come out of it.
pub(super) struct Capped<R> {
    inner: R,
    left: u64,
    limit: u64,
}

impl<R: Read> Capped<R> {
    /// At most `limit` bytes of `inner`.
    pub fn new(inner: R, limit: u64) -> Self {
        Capped { inner, left: limit, limit }
    }
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !buffer.is_empty() {
            let mut one = [0];
            return match self.inner.read(&mut one)? {
                0 => Ok(0),
                _ => Err(io::Error::other(TooLarge(self.limit))),
            };
        }
        let want = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let got = self.inner.read(&mut buffer[..want])?;
        self.left -= got as u64;
        Ok(got)
    }
}
