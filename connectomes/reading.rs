//! What a reader took of a file, what it left aside, and where it had to guess: kept with the connectome, so that nothing
//! is dropped or defaulted without a word.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::quote;

/// How many of the parts that were left aside are shown; all of them are kept.
const LISTED: usize = 40;

/// An account of how a file was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// What the file was read as, such as "edge list" or "GraphML".
    pub format: String,
    /// What was taken, such as weight from "column syn_count".
    pub taken: Vec<Taken>,
    /// What was left aside, such as "column comment" or "sheet Notes".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// What was guessed, and the option that says it otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guesses: Vec<Guess>,
}

/// A part of a connectome and where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// What it is: source, target, weight, length, sign, kind, names...
    pub part: String,
    /// Where it stood, in the file's own words.
    pub from: String,
}

/// A reading that the file left open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guess {
    /// What was supposed, such as "the first line holds the names of the columns".
    pub what: String,
    /// The option that says it otherwise, as it is written in an experiment file: "header = false".
    pub option: String,
}

impl Reading {
    /// An account of a file read as `format`.
    pub(super) fn of(format: impl Into<String>) -> Reading {
        Reading { format: format.into(), ..Reading::default() }
    }

    /// Notes that `part` was taken from `from`.
    pub(super) fn take(&mut self, part: impl Into<String>, from: impl Into<String>) {
        self.taken.push(Taken { part: part.into(), from: from.into() });
    }

    /// Notes that something was left aside.
    pub(crate) fn leave(&mut self, what: impl Into<String>) {
        self.left.push(what.into());
    }

    /// Notes a guess and the option that overrides it.
    pub(crate) fn guess(&mut self, what: impl Into<String>, option: impl Into<String>) {
        self.guesses.push(Guess { what: what.into(), option: option.into() });
    }
}

impl Reading {
    /// What was taken, left aside and supposed, in one line.
    pub fn in_one_line(&self) -> String {
        let mut parts = vec![one_short_line(&self.format)];
        parts.extend(self.taken.iter().map(|Taken { part, from }| format!("{part} from {}", one_short_line(from))));
        if !self.left.is_empty() {
            parts.push(format!("left aside {}", self.left_aside()));
        }
        let guesses = self.guesses.iter();
        parts.extend(
            guesses.map(|guess| format!("supposed that {} (else {})", one_short_line(&guess.what), guess.option)),
        );
        parts.join("; ")
    }

    /// What was left aside as one line; the rest beyond the first few is counted.
    fn left_aside(&self) -> String {
        let more = self.left.len().saturating_sub(LISTED);
        let mut left: Vec<String> = self.left.iter().take(LISTED).map(|what| one_short_line(what)).collect();
        left.extend((more > 0).then(|| format!("and {more} more")));
        left.join(", ")
    }
}

/// A word of the file's own, on one line and not too long.
fn one_short_line(text: &str) -> String {
    quote::place(text)
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read as {}", one_short_line(&self.format))?;
        for Taken { part, from } in &self.taken {
            write!(f, "\n  {part}: {}", one_short_line(from))?;
        }
        if !self.left.is_empty() {
            write!(f, "\n  left aside: {}", self.left_aside())?;
        }
        for Guess { what, option } in &self.guesses {
            write!(f, "\n  supposed: {} (else: {option})", one_short_line(what))?;
        }
        Ok(())
    }
}
