//! Lines of fields: comma, semicolon, tab or blank separated text with line numbers.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use csv::StringRecord;

use super::source::Source;
use super::{ReadOptions, Reading, separator};
use crate::error::{Error, Result};
use crate::files::{Quotes, Text};

/// Bytes that [`Source::head`] gives of a longer file.
const HEAD: usize = 1 << 16;
/// Rows, and bytes, that a sample ends at.
const SAMPLE_ROWS: usize = 200;
const SAMPLE_BYTES: usize = 1 << 20;

/// A reader that counts the lines that are comments.
struct Comments<R> {
    inner: R,
    starts: bool,
    comment: Option<u8>,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Comments<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        for byte in self.comment.iter().flat_map(|_| &buffer[..got]) {
            if self.starts && Some(*byte) == self.comment {
                self.count.set(self.count.get() + 1);
            }
            self.starts = *byte == b'\n';
        }
        Ok(got)
    }
}

/// A text file read row by row.
pub(super) struct Table<'a> {
    source: &'a Source,
    rows: Rows<'a>,
    record: StringRecord,
    comment: Option<u8>,
    comments: Rc<Cell<u64>>,
    separator: u8,
    /// Whether every line ends in a separator, behind which there is nothing.
    closed: bool,
    /// Line of the row last read, counted from 1.
    pub line: u64,
}

enum Rows<'a> {
    Separated(Box<csv::Reader<Box<dyn BufRead + 'a>>>),
    Blank(Box<dyn BufRead + 'a>, Vec<u8>),
}

impl<'a> Table<'a> {
    /// Starts reading; without a `separator` the first lines decide.
    pub fn open(source: &'a Source, separator: Option<u8>, comment: Option<u8>) -> Result<Table<'a>> {
        let separator = match separator {
            Some(separator) => separator,
            None => {
                let head = source.head()?;
                separator::find(&head, head.len() < HEAD, comment)
            }
        };
        let comments = Rc::new(Cell::new(0));
        let lines = Comments { inner: Text::new(source.open()?), starts: true, comment, count: comments.clone() };
        let stream: Box<dyn BufRead + 'a> = Box::new(BufReader::new(lines));
        let rows = match separator {
            b' ' => Rows::Blank(stream, Vec::new()),
            separator => {
                let stream: Box<dyn BufRead + 'a> = Box::new(BufReader::new(Quotes::new(stream, separator, comment)));
                let mut builder = csv::ReaderBuilder::new();
                builder.has_headers(false).flexible(true).delimiter(separator).comment(comment).trim(csv::Trim::All);
                Rows::Separated(Box::new(builder.from_reader(stream)))
            }
        };
        Ok(Table { source, rows, record: StringRecord::new(), comment, comments, separator, closed: false, line: 0 })
    }

    /// Starts reading a text whose first rows are known.
    pub fn like(sample: &Sample, source: &'a Source, options: &ReadOptions) -> Result<Table<'a>> {
        let table = Table::open(source, options.separator, options.comment)?;
        Ok(Table { closed: sample.closed, ..table })
    }

    /// Says how lines were split, and what was skipped of them so far.
    pub fn account(&self, options: &ReadOptions, reading: &mut Reading) {
        if options.separator.is_none() {
            let ends = if self.closed { ", one of which ends each line" } else { "" };
            let what = format!("fields stand between {}{ends}", separator::name(self.separator));
            reading.guess(what, "separator = \"...\"");
        }
        if let (Some(comment), skipped @ 1..) = (self.comment, self.comments.get()) {
            let lines = if skipped == 1 { "1 line that begins" } else { &*format!("{skipped} lines that begin") };
            reading.leave(format!("{lines} with '{}' (comment = \"\" reads them)", char::from(comment)));
        }
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
                let text = std::str::from_utf8(buffer).map_err(|_| self.source.not_utf8())?;
                let text = text.trim_start_matches('\u{feff}');
                self.record = match text.contains(['"', '{']) {
                    true => StringRecord::from_iter(separator::blanks(text)),
                    false => StringRecord::from_iter(text.split_whitespace()),
                };
                if !self.record.is_empty() && text.as_bytes().first() != self.comment.as_ref() {
                    break true;
                }
            },
        };
        if self.closed && self.record.len() > 1 && self.record.iter().next_back() == Some("") {
            self.record.truncate(self.record.len() - 1);
        }
        Ok(more.then_some(&self.record))
    }

    /// Whether fields stand between blanks.
    pub fn between_blanks(&self) -> bool {
        self.separator == b' '
    }

    /// An error that names the row last read.
    pub fn error(&self, problem: impl Into<String>) -> Error {
        self.source.error_line(self.line, problem)
    }
}

/// The first rows of a text, by which it is told what it holds.
pub(super) struct Sample {
    pub rows: Vec<Vec<String>>,
    /// Whether these are all rows.
    pub whole: bool,
    /// Whether every row ended in a separator, behind which there was nothing.
    closed: bool,
}

impl Sample {
    /// The first rows, by which the shape of the table is recognised before it is read whole.
    pub fn of(source: &Source, options: &ReadOptions) -> Result<Sample> {
        let mut table = Table::open(source, options.separator, options.comment)?;
        let mut sample = Sample { rows: Vec::new(), whole: true, closed: false };
        let mut size = 0;
        while let Some(row) = table.next_row()? {
            if sample.rows.len() >= SAMPLE_ROWS || (size > SAMPLE_BYTES && sample.rows.len() > 2) {
                sample.whole = false;
                break;
            }
            size += row.as_slice().len();
            sample.rows.push(row.iter().map(str::to_owned).collect());
        }
        sample.closed = sample.rows.iter().all(|row| row.len() > 1 && row.last().is_some_and(String::is_empty));
        if sample.closed {
            sample.rows.iter_mut().for_each(|row| drop(row.pop()));
        }
        Ok(sample)
    }
}

/// The error of the CSV reader as one of this source.
fn csv_error(source: &Source, error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(e) => source.io(e),
        csv::ErrorKind::Utf8 { .. } => source.not_utf8(),
        other => source.error(format!("it is not a table ({other:?})")),
    }
}
