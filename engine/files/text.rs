//! Detects files that are not text although a text is expected.

use std::io::{self, Read};

use super::refusal::Refusal;

/// Largest number of bytes of a line: a matrix row of a million numbers. Longer lines are no table, and would be held
/// in memory.
const LONGEST_LINE: usize = 16 << 20;

/// Formats by the beginning of a file, which count only if the file has a byte 0: a list may begin with the same
/// letters.
const FOREIGN: [(&[u8], &str); 4] = [
    (b"\x93NUMPY", "a NumPy array"),
    (b"PAR1", "Parquet"),
    (b"PK\x03\x04", "a workbook or another zip archive"),
    (b"\x1f\x8b", "packed by gzip"),
];

/// A reader of text that fails at the first byte 0, which no text has, and at a line that is too long.
#[derive(Debug)]
pub struct Text<R> {
    inner: R,
    /// Largest number of bytes of a line.
    longest: usize,
    /// Whether nothing has been read yet.
    start: bool,
    /// The format that the beginning means if the file is not text.
    foreign: Option<&'static str>,
    /// The present line, from 1.
    line: u64,
    /// Bytes since the last line break.
    since: usize,
}

impl<R: Read> Text<R> {
    /// A reader of the text that `inner` gives, with lines of up to 16 MiB.
    pub fn new(inner: R) -> Text<R> {
        Text::with_lines(inner, LONGEST_LINE)
    }

    /// A reader of the text that `inner` gives, with lines of up to `longest` bytes.
    pub fn with_lines(inner: R, longest: usize) -> Text<R> {
        Text { inner, longest, start: true, foreign: None, line: 1, since: 0 }
    }

    /// Refuses UTF-16 by its first bytes, binary content by a byte 0, and lines that are too long.
    fn check(&mut self, bytes: &[u8]) -> io::Result<()> {
        let start = std::mem::take(&mut self.start);
        if start {
            self.foreign = FOREIGN.iter().find(|(first, _)| bytes.starts_with(first)).map(|(_, what)| *what);
        }
        if start && (bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])) {
            return Err(Refusal::error(None, "it is UTF-16 text; save it as UTF-8"));
        }
        let lines = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        if let Some(zero) = bytes.iter().position(|&byte| byte == 0) {
            if let Some(what) = self.foreign {
                let advice = "save it as text (a run writes its spikes so by --spikes FILE.csv)";
                return Err(Refusal::error(None, format!("it is {what}, and only text is read here; {advice}")));
            }
            let line = self.line + lines(&bytes[..zero]);
            return Err(Refusal::error(Some(line), "there is a byte 0, so it is not text; name a text file, in UTF-8"));
        }
        self.line += lines(bytes);
        let last = bytes.iter().rposition(|&byte| byte == b'\n');
        self.since = last.map_or(self.since + bytes.len(), |at| bytes.len() - 1 - at);
        if self.since > self.longest {
            let problem = format!(
                "it has a line of more than {} MiB; it is not a table of numbers, or its line breaks are missing",
                self.longest >> 20
            );
            return Err(Refusal::error(None, problem));
        }
        Ok(())
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.check(&buffer[..got])?;
        Ok(got)
    }
}
