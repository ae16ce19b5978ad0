//! How much is read of a file.

use crate::error::{Error, Result};
use crate::text::bytes;

/// The variable of the environment that sets the limit of all files but connectomes, which have `max_bytes`.
const VARIABLE: &str = "NEUROPIL_MAX_FILE";
/// An experiment of a million values written out has 20 MB.
const EXPERIMENT: u64 = 64 << 20;
/// Lists of connections and of spikes, sweeps, tables of earlier runs.
const LIST: u64 = 2 << 30;

/// The most bytes that are read of a file, and how a user raises that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Bytes.
    pub bytes: u64,
    /// What to do, as a part of a sentence.
    pub raise: &'static str,
}

impl Limit {
    /// The limit of an experiment file.
    ///
    /// # Errors
    /// An environment that sets no size.
    pub fn experiment() -> Result<Limit> {
        Limit::default_of(EXPERIMENT)
    }

    /// The limit of a table.
    ///
    /// # Errors
    /// As [`Limit::experiment`].
    pub fn list() -> Result<Limit> {
        Limit::default_of(LIST)
    }

    /// The limit that the environment sets, or this one.
    fn default_of(otherwise: u64) -> Result<Limit> {
        let raise = "if that is right, set NEUROPIL_MAX_FILE to a larger size, such as NEUROPIL_MAX_FILE=100GiB";
        let bytes = match std::env::var_os(VARIABLE).filter(|text| !text.is_empty()) {
            None => otherwise,
            Some(text) => size(&text.to_string_lossy()).ok_or_else(|| {
                let problem = format!("'{}' is no size; write it as 6GiB, 500MB or in bytes", text.to_string_lossy());
                Error::invalid(VARIABLE, problem)
            })?,
        };
        Ok(Limit { bytes, raise })
    }

    /// The part of a sentence about a file of `size` bytes.
    pub(super) fn refuse(self, size: u64) -> String {
        format!("it has {}, over the limit of {}; {}", bytes(size), bytes(self.bytes), self.raise)
    }

    /// The part of a sentence about a stream that does not end.
    pub(super) fn refuse_endless(self) -> String {
        format!("it has more than the limit of {}; {}", bytes(self.bytes), self.raise)
    }
}

/// A size in bytes, such as "6GiB", "500 MB" or "1e9".
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
