//! The error of a read that fails because of the content, and not of the system.

use std::io;

/// The error of a read that fails because of the content, and not of the system.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub(super) struct Refusal {
    /// The line, where known.
    pub line: Option<u64>,
    /// What is wrong, as part of a sentence.
    pub problem: String,
}

impl Refusal {
    /// The refusal as an I/O error, since it must pass through readers that know no other errors.
    pub(super) fn error(line: Option<u64>, problem: impl Into<String>) -> io::Error {
        io::Error::other(Refusal { line, problem: problem.into() })
    }
}
