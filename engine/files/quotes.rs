//! Detects a quote that is not closed, which would make all that follows one field.

use std::io::{self, Read};

use super::refusal::Refusal;

/// Largest number of bytes of a field in quotes.
const LONGEST: u64 = 1 << 20;

/// A reader of separated fields that fails at a quote that is not closed, and names the line in which it opens.
#[derive(Debug)]
pub struct Quotes<R> {
    inner: R,
    separator: u8,
    comment: Option<u8>,
    state: State,
    /// The present line, from 1.
    line: u64,
    /// The line in which the last quote opened.
    opened: u64,
    /// Bytes since that quote.
    since: u64,
}

/// The state of the reader within a CSV file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// At the start of a row.
    Row,
    /// At the start of a field.
    Field,
    /// Within a field without quotes.
    Plain,
    /// Within quotes.
    Quoted,
    /// Behind a quote within quotes: the end of the field, or the first of two that stand for one.
    Closed,
    /// Within a comment, which ends with the line.
    Comment,
}

impl<R: Read> Quotes<R> {
    /// A reader of the bytes of `inner`, whose fields are separated by `separator`; lines that begin with `comment` are
    /// skipped.
    pub fn new(inner: R, separator: u8, comment: Option<u8>) -> Quotes<R> {
        Quotes { inner, separator, comment, state: State::Row, line: 1, opened: 0, since: 0 }
    }

    /// Updates the state by the next byte.
    fn advance(&mut self, byte: u8) {
        let ends_row = matches!(byte, b'\n' | b'\r');
        self.state = match self.state {
            State::Quoted if byte == b'"' => State::Closed,
            State::Quoted => State::Quoted,
            State::Closed if byte == b'"' => State::Quoted,
            State::Comment if byte != b'\n' => State::Comment,
            State::Row if Some(byte) == self.comment => State::Comment,
            State::Row | State::Field if byte == b'"' => {
                (self.opened, self.since) = (self.line, 0);
                State::Quoted
            }
            _ if ends_row => State::Row,
            _ if byte == self.separator => State::Field,
            _ => State::Plain,
        };
        self.line += u64::from(byte == b'\n');
        self.since += 1;
    }

    /// The error of the quote that is open; `end` is where it should have been closed.
    fn refuse(&self, end: &str) -> io::Error {
        Refusal::error(
            Some(self.opened),
            format!("a quote (\") opens here and is not closed{end}; close it or remove it"),
        )
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        for byte in &buffer[..got] {
            self.advance(*byte);
            if self.state == State::Quoted && self.since > LONGEST {
                return Err(self.refuse(" within 1 MiB"));
            }
        }
        match self.state {
            State::Quoted if got == 0 && !buffer.is_empty() => Err(self.refuse("")),
            _ => Ok(got),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_at(text: &str) -> Option<u64> {
        let read = io::read_to_string(Quotes::new(text.as_bytes(), b',', Some(b'#')));
        let refusal = read.err()?;
        refusal.get_ref()?.downcast_ref::<Refusal>()?.line
    }

    #[test]
    fn a_quote_that_is_not_closed_is_told_with_its_line() {
        for (text, line) in [
            ("\"", Some(1)),
            ("a,b\nc,\"d\ne,f\n", Some(2)),
            ("a,b\n\"c\nd\",e\n\"f\"\"\n", Some(4)),
            ("\"a\"\"\n", Some(1)),
            ("a\n\n  \n\"b\r\n", Some(4)),
            ("# a \"comment\n\"b\",c\n", None),
            ("6\",5\"b\n", None),
            ("\"a\"\"b\",\"c,d\ne\"\n", None),
            ("\"a\"", None),
            ("", None),
        ] {
            assert_eq!(refused_at(text), line, "{text:?}");
        }
        let long = |bytes: usize| format!("a\n\"{}\",b\n", "x\n".repeat(bytes / 2));
        assert_eq!(refused_at(&long(1 << 19)), None);
        assert_eq!(refused_at(&long((1 << 20) + (1 << 17))), Some(2));
    }
}
