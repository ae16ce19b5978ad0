//! Lines of fields: comma, semicolon, tab or blank separated text with line numbers.

use std::io::{self, BufRead, BufReader, Read};

use csv::StringRecord;

use super::source::Source;
use crate::{Error, Result};

/// Bytes a line may have: a matrix row of a million numbers. What is longer is no table, and would be held whole.
const LONGEST_LINE: usize = 16 << 20;

/// A line beyond [`LONGEST_LINE`].
#[derive(Debug, thiserror::Error)]
#[error("it has a line of more than 16 MiB; it is not a table of numbers, or its line breaks are missing")]
pub(super) struct LineTooLong;

/// A reader that fails once more than [`LONGEST_LINE`] bytes have come without a line break.
struct ShortLines<R> {
    inner: R,
    since: usize,
}

impl<R: Read> Read for ShortLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        let last = buffer[..got].iter().rposition(|&byte| byte == b'\n');
        self.since = last.map_or(self.since + got, |at| got - 1 - at);
        if self.since > LONGEST_LINE { Err(io::Error::other(LineTooLong)) } else { Ok(got) }
    }
}

/// A text file read row by row.
pub(super) struct Table<'a> {
    source: &'a Source,
    rows: Rows<'a>,
    record: StringRecord,
    comment: Option<u8>,
    /// Line of the row last read, counted from 1.
    pub line: u64,
}

enum Rows<'a> {
    Separated(Box<csv::Reader<Box<dyn BufRead + 'a>>>),
    Blank(Box<dyn BufRead + 'a>, Vec<u8>),
}

impl<'a> Table<'a> {
    /// Starts reading; without a `separator` the first line decides (comma, semicolon, tab, else blanks).
    pub fn open(source: &'a Source, separator: Option<u8>, comment: Option<u8>) -> Result<Table<'a>> {
        let separator = match separator {
            Some(separator) => Some(separator),
            None => separator_of(&source.head()?, comment),
        };
        let stream: Box<dyn BufRead + 'a> = Box::new(BufReader::new(ShortLines { inner: source.open()?, since: 0 }));
        let rows = match separator {
            Some(b' ') | None => Rows::Blank(stream, Vec::new()),
            Some(separator) => {
                let mut builder = csv::ReaderBuilder::new();
                builder.has_headers(false).flexible(true).delimiter(separator).comment(comment).trim(csv::Trim::All);
                Rows::Separated(Box::new(builder.from_reader(stream)))
            }
        };
        Ok(Table { source, rows, record: StringRecord::new(), comment, line: 0 })
    }

    /// The next row that is not blank; `None` at the end.
    pub fn next_row(&mut self) -> Result<Option<&StringRecord>> {
        let more = match &mut self.rows {
            Rows::Separated(reader) => {
                let more = reader.read_record(&mut self.record).map_err(|e| csv_error(self.source, e))?;
                self.line = self.record.position().map_or(self.line, |p| p.line());
                more
            }
            Rows::Blank(stream, buffer) => loop {
                buffer.clear();
                if stream.read_until(b'\n', buffer).map_err(|e| self.source.io(e))? == 0 {
                    break false;
                }
                self.line += 1;
                let text = std::str::from_utf8(buffer).map_err(|_| not_text(self.source, Some(self.line)))?;
                let text = text.trim_start_matches('\u{feff}');
                self.record = StringRecord::from_iter(text.split_whitespace());
                if !self.record.is_empty() && text.as_bytes().first() != self.comment.as_ref() {
                    break true;
                }
            },
        };
        Ok(more.then_some(&self.record))
    }

    /// A sentence about the row last read.
    pub fn error(&self, problem: impl Into<String>) -> Error {
        self.source.error_line(self.line, problem)
    }
}

fn separator_of(head: &[u8], comment: Option<u8>) -> Option<u8> {
    let mut lines = head.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty());
    let first = lines.find(|l| l.first() != comment.as_ref())?;
    [b',', b';', b'\t'].into_iter().find(|s| first.contains(s))
}

fn not_text(source: &Source, line: Option<u64>) -> Error {
    let problem = "it is not UTF-8 text; save it as UTF-8";
    line.map_or_else(|| source.error(problem), |line| source.error_line(line, problem))
}

fn csv_error(source: &Source, error: csv::Error) -> Error {
    let line = error.position().map(|p| p.line());
    match error.into_kind() {
        csv::ErrorKind::Io(e) => source.io(e),
        csv::ErrorKind::Utf8 { pos, .. } => not_text(source, pos.map(|p| p.line()).or(line)),
        other => source.error(format!("it is not a table ({other:?})")),
    }
}
