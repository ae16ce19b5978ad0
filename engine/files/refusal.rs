//! What makes a read fail that is no failure of the system.

use std::io;

/// What makes a read fail that is no failure of the system: a part of a sentence, and the line where known.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub(super) struct Refusal {
    pub line: Option<u64>,
    pub problem: String,
}

impl Refusal {
    /// The refusal as an I/O error, for it must pass through readers that know no other.
    pub(super) fn error(line: Option<u64>, problem: impl Into<String>) -> io::Error {
        io::Error::other(Refusal { line, problem: problem.into() })
    }
}
