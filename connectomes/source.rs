//! Bytes from a file or from this program, unpacked if need be and never more than a stated number of them.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use super::capped::{Capped, TooLarge};
use super::ids;
use super::packed::{self, NotUtf16};
use crate::error::{Error, Result};
use crate::files::{Input, Limit, Text, failed, lost};
use crate::text::bytes;

/// A file, or bytes with a name, that is read whole or as a stream.
pub(super) struct Source {
    /// What messages call it.
    pub path: PathBuf,
    /// Largest number of unpacked bytes.
    pub limit: u64,
    data: Option<Cow<'static, [u8]>>,
}

impl Source {
    /// A file; fails at once if it cannot be opened or is too large. A pipe is read to its end.
    pub fn file(path: &Path, limit: u64) -> Result<Source> {
        let input = open_input(path, limit)?;
        let data = match input.size() {
            Some(_) => None,
            None => Some(Cow::Owned(input.whole()?)),
        };
        Ok(Source { path: path.to_path_buf(), limit, data })
    }

    /// Bytes that are already here.
    pub fn bytes(name: impl Into<PathBuf>, data: impl Into<Cow<'static, [u8]>>, limit: u64) -> Source {
        Source { path: name.into(), limit, data: Some(data.into()) }
    }

    /// Bytes that are already here, as they are.
    #[cfg(feature = "formats")]
    pub fn content(&self) -> &[u8] {
        self.data.as_deref().unwrap_or_default()
    }

    /// The unpacked content as a stream; packings are recognised by their first bytes.
    pub fn open(&self) -> Result<Box<dyn BufRead + '_>> {
        packed::unpacked(self.open_packed()?, self.limit).map_err(|e| self.io(e))
    }

    /// Whether the content lies in a file as it is, neither packed nor in memory.
    #[cfg(feature = "formats")]
    pub fn is_plain_file(&self) -> Result<bool> {
        Ok(self.data.is_none() && !self.is_packed()?)
    }

    /// The bytes as they lie in the file, still packed.
    fn open_packed(&self) -> Result<Box<dyn BufRead + '_>> {
        Ok(match &self.data {
            Some(data) => Box::new(data.as_ref()),
            None => Box::new(BufReader::with_capacity(1 << 16, open_input(&self.path, self.limit)?)),
        })
    }

    /// Whether the first bytes are those of a packed stream.
    fn is_packed(&self) -> Result<bool> {
        Ok(packed::is_packed(self.open_packed()?.fill_buf().map_err(|e| self.io(e))?))
    }

    /// The unpacked content, to read here and there.
    pub fn seek(&self) -> Result<Box<dyn ReadSeek + '_>> {
        Ok(match &self.data {
            _ if self.is_packed()? => Box::new(Cursor::new(self.read()?)),
            Some(data) => Box::new(Cursor::new(data.as_ref())),
            None => Box::new(BufReader::with_capacity(1 << 16, open_input(&self.path, self.limit)?)),
        })
    }

    /// The file itself, for a reader of its own.
    #[cfg(feature = "formats")]
    pub fn file_itself(&self) -> Result<std::fs::File> {
        open_input(&self.path, self.limit)?.file()
    }

    /// The whole unpacked content; an empty one is an error.
    pub fn read(&self) -> Result<Vec<u8>> {
        match (&self.data, self.is_packed()?) {
            (None, false) => self.refuse_empty(open_input(&self.path, self.limit)?.whole()?),
            _ => self.read_from(Capped::new(self.open()?, self.limit)),
        }
    }

    /// Reads all bytes; an empty file is refused.
    fn read_from(&self, mut from: impl Read) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        from.read_to_end(&mut content).map_err(|e| self.io(e))?;
        self.refuse_empty(content)
    }

    /// The content, or the error of an empty file.
    fn refuse_empty(&self, content: Vec<u8>) -> Result<Vec<u8>> {
        match content.is_empty() {
            true => Err(self.error("it is empty; expected a connectome")),
            false => Ok(content),
        }
    }

    /// The whole unpacked content as text.
    pub fn read_text(&self) -> Result<String> {
        let content = self.read_from(Text::with_lines(Capped::new(self.open()?, self.limit), usize::MAX))?;
        String::from_utf8(content).map_err(|_| self.not_utf8())
    }

    /// An error that names the line of the first bytes that are not UTF-8.
    pub fn not_utf8(&self) -> Error {
        let Ok(mut stream) = self.open().map(|raw| BufReader::new(Text::with_lines(raw, usize::MAX))) else {
            return self.error("it is not UTF-8 text; save it as UTF-8");
        };
        let mut text = Vec::new();
        for line in 1.. {
            text.clear();
            match stream.read_until(b'\n', &mut text) {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            if let Some(byte) = std::str::from_utf8(&text).err().and_then(|e| text.get(e.valid_up_to())) {
                // Latin-1 and Windows-1252 agree on what is no control character in the first.
                let letter =
                    if *byte >= 0xa0 { format!(", '{}' in Latin-1", char::from(*byte)) } else { String::new() };
                let advice = "save it as UTF-8, as iconv -f windows-1252 -t utf-8 does for most western texts";
                return self.error_line(line, format!("it is not UTF-8 text (byte {byte:02x}{letter}); {advice}"));
            }
        }
        self.error("it is not UTF-8 text; save it as UTF-8")
    }

    /// Up to the first 64 KiB of the unpacked content.
    pub fn head(&self) -> Result<Vec<u8>> {
        let mut head = Vec::new();
        self.open()?.take(1 << 16).read_to_end(&mut head).map_err(|e| self.io(e))?;
        Ok(head)
    }

    /// An error that names this file.
    pub fn error(&self, problem: impl Into<String>) -> Error {
        Error::file(&self.path, problem)
    }

    /// An error that names a line, counted from 1.
    pub fn error_line(&self, line: u64, problem: impl Into<String>) -> Error {
        Error::file_line(&self.path, line, problem)
    }

    /// The error of a failed read.
    pub fn io(&self, error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => self.error("it ends too early, as if cut off; get a whole copy"),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                self.error(format!("its packed data are damaged ({error}); get a whole copy"))
            }
            io::ErrorKind::Other if error.get_ref().is_some_and(|e| e.is::<TooLarge>() || e.is::<NotUtf16>()) => {
                self.error(error.to_string())
            }
            _ => failed(&self.path, error),
        }
    }

    /// The sentence for content that would unpack to more than the limit.
    pub fn too_large(&self, what: &str, size: u64) -> Error {
        let (size, limit) = (bytes(size), bytes(self.limit));
        self.error(format!("{what} unpacks to {size}, over the limit of {limit}; raise max_bytes if you trust it"))
    }

    /// Checks that `rows` x `columns` numbers stay below the limit, before anything is allocated.
    pub fn check_matrix(&self, rows: u64, columns: u64) -> Result<()> {
        match rows.checked_mul(columns).and_then(|n| n.checked_mul(8)) {
            Some(size) if size <= self.limit => Ok(()),
            size => Err(self.too_large(&format!("a matrix of {rows} x {columns}"), size.unwrap_or(u64::MAX))),
        }
    }

    /// The sentence for a format that this build leaves out.
    #[cfg(not(feature = "formats"))]
    pub fn needs_formats(&self, format: &str) -> Error {
        self.error(format!("this build does not read {format}; build with the cargo feature 'formats'"))
    }
}

/// What is read here and there.
pub(super) trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// Opens a file with the limit on its unpacked size.
fn open_input(path: &Path, limit: u64) -> Result<Input> {
    Input::open(path, Limit { bytes: limit, raise: "raise max_bytes if you trust it" }, "a file")
}

/// A finite number, or the part of a sentence that says what is wrong with `text`.
pub(super) fn finite(text: &str, what: &str) -> Result<f64, String> {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(value) => check_decimal(text, value, what),
        Err(_) if text.contains(',') && text.contains(|c: char| c.is_ascii_digit()) => {
            Err(format!("{what} '{text}' is not a number; write a decimal point, and no separator of thousands"))
        }
        Err(_) => Err(format!("{what} '{text}' is not a number")),
    }
}

/// The value, or the problem if it is not finite or has lost digits of its decimal text.
fn check_decimal(text: &str, value: f64, what: &str) -> Result<f64, String> {
    match lost(text, value) {
        Some(problem) => Err(format!("{what} {text} {problem}")),
        None if !value.is_finite() => Err(format!("{what} is {value}; it must be finite")),
        None if value.abs() >= ids::EXACT && !is_kept(text, value) => Err(inexact_problem(what, text)),
        None => Ok(value),
    }
}

/// A whole number as a real one, where that is exact; else the part of a sentence that says so.
pub(super) fn whole(value: i128, what: &str) -> Result<f64, String> {
    let real = value as f64;
    if real as i128 == value { Ok(real) } else { Err(inexact_problem(what, &value.to_string())) }
}

/// The problem of a whole number that f64 cannot hold.
fn inexact_problem(what: &str, text: &str) -> String {
    format!("{what} {text} is a whole number above 2^53 that would lose digits; write it with fewer, such as 1.5e17")
}

/// Whether a number is the one that a text of digits stands for; others are rounded as all decimals are.
fn is_kept(text: &str, value: f64) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let digits =
        digits.split_once('.').filter(|(_, rest)| rest.bytes().all(|b| b == b'0')).map_or(digits, |(whole, _)| whole);
    !digits.bytes().all(|b| b.is_ascii_digit()) || digits.trim_start_matches('0') == format!("{:.0}", value.abs())
}
