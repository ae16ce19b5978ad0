//! Files of spikes, whose endings give their formats: creating, continuing and reading them.
//!
//! A file that still grows is called `<name>.partial`; it gets its name when it is finished.

use std::path::Path;

use super::table::{Format, Table};
use super::{Position, SpikeSink, partial};
use crate::error::{Error, Result};
use crate::files::check_place;
use crate::record::PopulationLabel;
use crate::record::spike_counter::SpikeCounter;

/// The endings of files that spikes can be streamed to.
const ENDINGS: [&str; 3] = ["csv", "npy", "parquet"];

/// Refuses a file `path` that spikes cannot be streamed to; `replace` says that an earlier file may be replaced,
/// `resumable` that a later run must be able to continue the file.
///
/// # Errors
/// An ending that is no format of spikes, or one that cannot be continued; a file that exists; a folder that cannot be
/// written to.
pub fn check(path: &Path, replace: bool, resumable: bool) -> Result<()> {
    let ending = ending(path)?;
    if ending == "parquet" {
        if !cfg!(feature = "formats") {
            let problem = "this program was built without the feature formats; name a .npy or .csv file";
            return Err(Error::file(path, problem));
        }
        if resumable {
            let problem = "a Parquet file cannot be gone on with from a checkpoint; name a .npy or .csv file";
            return Err(Error::file(path, problem));
        }
    }
    if path.is_dir() {
        return Err(Error::file(path, "is a folder; name a file to write spikes to"));
    }
    if path.exists() && !replace {
        return Err(Error::file(path, "is there already; choose another name, or say --force to replace it"));
    }
    let left = partial(path);
    if left.exists() && !replace {
        let problem = "is left of a run that did not finish; resume that run, or say --force to replace its spikes";
        return Err(Error::file(left, problem));
    }
    check_place(path)
}

/// Creates a file for the spikes of `labels`, in steps of `dt_ms`.
///
/// # Errors
/// An ending that is no format of spikes, a file that cannot be written.
pub fn create(path: &Path, dt_ms: f64, labels: &[PopulationLabel]) -> Result<Box<dyn SpikeSink>> {
    match ending(path)? {
        "csv" => Ok(Box::new(Table::create(path, Format::csv(dt_ms, labels))?)),
        "npy" => Ok(Box::new(Table::create(path, Format::Npy)?)),
        #[cfg(feature = "formats")]
        _ => Ok(Box::new(super::parquet::ParquetFile::create(path)?)),
        #[cfg(not(feature = "formats"))]
        _ => Err(check(path, true, false).err().unwrap_or_else(|| Error::Internal("Parquet".into()))),
    }
}

/// Opens a file to continue it from `position`; what lies behind is cut off, and `tally` counts the spikes before.
///
/// # Errors
/// A file that is missing or does not hold these spikes.
pub fn reopen(path: &Path, position: &Position, tally: &mut SpikeCounter) -> Result<Box<dyn SpikeSink>> {
    check(path, true, true)?;
    let format = match ending(path)? {
        "csv" => Format::csv(tally.dt_ms(), tally.populations()),
        _ => Format::Npy,
    };
    Ok(Box::new(Table::reopen(path, format, position, tally)?))
}

/// Reads a finished file of the spikes of `labels`, as a record of the run from its start on.
///
/// # Errors
/// A file that cannot be read or does not hold such spikes.
pub fn read(
    path: &Path,
    dt_ms: f64,
    duration_ms: f64,
    labels: Vec<PopulationLabel>,
) -> Result<crate::record::SpikeRecord> {
    let spikes = match ending(path)? {
        "csv" => return crate::record::spikes_csv::read(path, dt_ms, duration_ms, labels),
        "npy" => super::table::read_npy(path)?,
        #[cfg(feature = "formats")]
        _ => super::parquet::read(path)?,
        #[cfg(not(feature = "formats"))]
        _ => return Err(check(path, true, false).err().unwrap_or_else(|| Error::Internal("Parquet".into()))),
    };
    let (steps, ids) = spikes.into_iter().map(|s| (s.step, s.id)).unzip();
    let record = crate::record::SpikeRecord { dt_ms, start_step: 0, duration_ms, populations: labels, steps, ids };
    record.check().map_err(|e| Error::file(path, e.to_string()))?;
    Ok(record)
}

/// The ending of a file of spikes in lower case; refuses one that is no format of spikes.
fn ending(path: &Path) -> Result<&'static str> {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let known = ENDINGS.iter().find(|known| **known == ending).copied();
    known.ok_or_else(|| Error::file(path, "its ending says no format of spikes; use .csv, .npy or .parquet"))
}
