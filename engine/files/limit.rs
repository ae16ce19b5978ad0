//! Limits of how many bytes are read of a file.

use crate::error::{Error, Result};
use crate::text::bytes;

/// The environment variable that sets the limit of all files except connectomes, which have `max_bytes`.
const VARIABLE: &str = "NEUROPIL_MAX_FILE";
/// Limit of an experiment file, bytes; one with a million values has 20 MB.
const EXPERIMENT: u64 = 64 << 20;
/// Limit of lists of connections and of spikes, sweeps and tables of earlier runs, bytes.
const LIST: u64 = 2 << 30;

/// The largest number of bytes that are read of a file, and how a user can raise it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Largest number of bytes.
    pub bytes: u64,
    /// How to raise the limit, as part of a sentence.
    pub raise: &'static str,
}

impl Limit {
    /// The limit of an experiment file.
    ///
    /// # Errors
    /// An environment variable that is no size.
    pub fn experiment() -> Result<Limit> {
        Limit::from_environment_or(EXPERIMENT)
    }

    /// The limit of a table.
    ///
    /// # Errors
    /// As [`Limit::experiment`].
    pub fn list() -> Result<Limit> {
        Limit::from_environment_or(LIST)
    }

    /// The limit that the environment sets, or `default` bytes.
    fn from_environment_or(default: u64) -> Result<Limit> {
        let raise = "if that is right, set NEUROPIL_MAX_FILE to a larger size, such as NEUROPIL_MAX_FILE=100GiB";
        let bytes = match std::env::var_os(VARIABLE).filter(|text| !text.is_empty()) {
            None => default,
            Some(text) => size(&text.to_string_lossy()).ok_or_else(|| {
                let problem = format!("'{}' is no size; write it as 6GiB, 500MB or in bytes", text.to_string_lossy());
                Error::invalid(VARIABLE, problem)
            })?,
        };
        Ok(Limit { bytes, raise })
    }

    /// The part of a sentence that refuses a file of `size` bytes.
    pub(super) fn refuse(self, size: u64) -> String {
        format!("it has {}, over the limit of {}; {}", bytes(size), bytes(self.bytes), self.raise)
    }

    /// The part of a sentence that refuses a content of unknown size.
    pub(super) fn refuse_endless(self) -> String {
        format!("it has more than the limit of {}; {}", bytes(self.bytes), self.raise)
    }
}

/// Parses a size such as "6GiB", "500 MB" or "1e9", and gives it in bytes; `None` for other texts.
pub fn size(text: &str) -> Option<u64> {
    let digits = text.trim().find(|c: char| c.is_alphabetic() && c != 'e').unwrap_or(text.trim().len());
    let (number, unit) = text.trim().split_at(digits);
    let factor = match unit.trim().to_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        "tib" => 1_099_511_627_776.0,
        _ => return None,
    };
    let bytes = number.trim().parse::<f64>().ok()? * factor;
    (1.0..1.8e19).contains(&bytes).then_some(bytes as u64)
}
