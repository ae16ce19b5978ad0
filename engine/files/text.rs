//! Text, as opposed to what only has the name of it.

use std::io::{self, Read};

use super::refusal::Refusal;

/// Bytes a line may have: a matrix row of a million numbers. What is longer is no table, and would be held whole.
const LONGEST_LINE: usize = 16 << 20;

/// What a file is that begins like this and has a byte 0; a list may begin with the same letters.
const FOREIGN: [(&[u8], &str); 4] = [
    (b"\x93NUMPY", "a NumPy array"),
    (b"PAR1", "Parquet"),
    (b"PK\x03\x04", "a workbook or another zip archive"),
    (b"\x1f\x8b", "packed by gzip"),
];

/// A reader of text that fails at the first byte 0, which no text has, and at a line without an end.
#[derive(Debug)]
pub struct Text<R> {
    inner: R,
    longest: usize,
    start: bool,
    /// What it is if it is no text, by its beginning.
    foreign: Option<&'static str>,
    line: u64,
    /// Bytes since the last line break.
    since: usize,
}

impl<R: Read> Text<R> {
    /// The text that `inner` gives.
    pub fn new(inner: R) -> Text<R> {
        Text::with_lines(inner, LONGEST_LINE)
    }

    /// The same, where lines may have `longest` bytes.
    pub fn with_lines(inner: R, longest: usize) -> Text<R> {
        Text { inner, longest, start: true, foreign: None, line: 1, since: 0 }
    }

    /// Refuses bytes that are no UTF-8 text: by their first ones, or by a zero byte.
    fn refuse_binary(&mut self, bytes: &[u8]) -> io::Result<()> {
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
        self.refuse_binary(&buffer[..got])?;
        Ok(got)
    }
}
