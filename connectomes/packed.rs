//! Packed streams and other encodings of text, unpacked as they are read.

use std::io::{self, BufRead, BufReader, Read};

use super::capped::Capped;

/// Packings within each other that are undone.
const DEEPEST: usize = 3;

/// Whether a file begins as a packed stream or as text in UTF-16, which [`unpacked`] undoes.
pub(super) fn is_packed(head: &[u8]) -> bool {
    packing_of(head).is_some()
}

#[derive(Clone, Copy)]
enum Packing {
    Gzip,
    #[cfg(feature = "formats")]
    Bzip2,
    #[cfg(feature = "formats")]
    Zstd,
    Utf16 {
        big: bool,
    },
}

/// How a file is packed, by its first bytes; None if it is plain.
fn packing_of(head: &[u8]) -> Option<Packing> {
    match head {
        [0x1f, 0x8b, ..] => Some(Packing::Gzip),
        #[cfg(feature = "formats")]
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Packing::Bzip2),
        #[cfg(feature = "formats")]
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packing::Zstd),
        [0xff, 0xfe, 0, 0, ..] => None,
        [0xff, 0xfe, ..] => Some(Packing::Utf16 { big: false }),
        [0xfe, 0xff, ..] => Some(Packing::Utf16 { big: true }),
        _ => None,
    }
}

/// The content of a stream, never more than `limit` bytes of what is unpacked.
pub(super) fn unpacked<'a>(mut raw: Box<dyn BufRead + 'a>, limit: u64) -> io::Result<Box<dyn BufRead + 'a>> {
    for _ in 0..DEEPEST {
        let Some(packing) = packing_of(raw.fill_buf()?) else { break };
        let plain: Box<dyn Read + 'a> = match packing {
            Packing::Gzip => Box::new(Gzip(Some(flate2::bufread::GzDecoder::new(raw)))),
            #[cfg(feature = "formats")]
            Packing::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(raw)),
            #[cfg(feature = "formats")]
            Packing::Zstd => Box::new(Damaged(zstd::stream::read::Decoder::with_buffer(raw)?)),
            Packing::Utf16 { big } => Box::new(Utf16 { inner: raw, big, ready: Vec::new(), at: 0, line: 1 }),
        };
        raw = Box::new(BufReader::new(Capped::new(plain, limit)));
    }
    Ok(raw)
}

/// Streams of gzip one after the other, and nothing behind them.
struct Gzip<R>(Option<flate2::bufread::GzDecoder<R>>);

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(stream) = &mut self.0 {
            let got = stream.read(buffer)?;
            if got > 0 || buffer.is_empty() {
                return Ok(got);
            }
            let Some(mut raw) = self.0.take().map(flate2::bufread::GzDecoder::into_inner) else { break };
            self.0 = match raw.fill_buf()? {
                [] => None,
                [0x1f, ..] => Some(flate2::bufread::GzDecoder::new(raw)),
                _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "other bytes stand behind their end")),
            };
        }
        Ok(0)
    }
}

/// A reader whose own errors are about its data.
#[cfg(feature = "formats")]
struct Damaged<R>(R);

#[cfg(feature = "formats")]
impl<R: Read> Read for Damaged<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|e| match e.kind() {
            io::ErrorKind::Other => io::Error::new(io::ErrorKind::InvalidData, e),
            _ => e,
        })
    }
}

/// Text in UTF-16 that is no text.
#[derive(Debug, thiserror::Error)]
#[error("line {0}: it is no whole UTF-16 text, as its first bytes say; save it as UTF-8")]
pub(super) struct NotUtf16(u64);

/// Text in UTF-16 as UTF-8.
struct Utf16<R> {
    inner: R,
    big: bool,
    ready: Vec<u8>,
    at: usize,
    line: u64,
}

impl<R: BufRead> Utf16<R> {
    /// The next 16-bit unit of UTF-16; None at the end.
    fn next_unit(&mut self) -> io::Result<Option<u16>> {
        let mut bytes = [0; 2];
        let mut got = 0;
        while got < 2 {
            match self.inner.read(&mut bytes[got..])? {
                0 if got == 0 => return Ok(None),
                0 => return Err(io::Error::other(NotUtf16(self.line))),
                more => got += more,
            }
        }
        Ok(Some(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }))
    }

    /// Decodes some more characters.
    fn decode_more(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        while self.ready.len() < 4096 {
            let Some(first) = self.next_unit()? else { break };
            let second = if matches!(first, 0xd800..=0xdbff) { self.next_unit()? } else { None };
            for letter in char::decode_utf16([first].into_iter().chain(second)) {
                let letter = letter.map_err(|_| io::Error::other(NotUtf16(self.line)))?;
                self.line += u64::from(letter == '\n');
                self.ready.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.ready.len() {
            self.decode_more()?;
        }
        let got = buffer.len().min(self.ready.len() - self.at);
        buffer[..got].copy_from_slice(&self.ready[self.at..self.at + got]);
        self.at += got;
        Ok(got)
    }
}
