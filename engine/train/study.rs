//! Studies: trainings that answer a question by tables and pictures. `neuropil train` runs them by their names, as it
//! runs tasks.
//!
//! Each study has a module of its own with a [`Study`]; [`super::studies`] lists them. What may not live here: a
//! particular study, printing.

use std::ops::ControlFlow;
use std::path::Path;

use serde::{Serialize, Serializer};

use crate::error::{Error, Result};

/// A study: a question that training answers.
#[derive(Debug, Clone, Copy)]
pub struct Study {
    /// The name of the study.
    pub name: &'static str,
    /// A phrase on what it is about.
    pub about: &'static str,
    /// The options that it takes beside a seed and threads.
    pub takes: &'static [Takes],
    /// Runs the study.
    pub run: fn(&Asked<'_>, &mut Watch<'_>) -> Result<Report>,
}

/// An option of a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// See [`Asked::data`].
    Data,
    /// See [`Asked::samples`].
    Samples,
    /// See [`Asked::epochs`].
    Epochs,
    /// See [`Asked::batch_size`].
    BatchSize,
    /// See [`Asked::lr`].
    Lr,
    /// See [`Asked::hidden`].
    Hidden,
    /// See [`Asked::steps`].
    Steps,
    /// See [`Asked::seeds`].
    Seeds,
    /// See [`Asked::full`].
    Full,
}

/// The options that a study is run with; for those that are not given it uses its own values.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<'a> {
    /// The file or folder of the data.
    pub data: Option<&'a Path>,
    /// The largest number of samples to learn from.
    pub samples: Option<u64>,
    /// How many times all samples are learned from.
    pub epochs: Option<u64>,
    /// Samples of a batch.
    pub batch_size: Option<u64>,
    /// The largest learning rate.
    pub lr: Option<f64>,
    /// Neurons or units of a hidden layer.
    pub hidden: Option<u64>,
    /// Time steps of a sample.
    pub steps: Option<u64>,
    /// The first seed.
    pub seed: u64,
    /// The number of seeds, which follow the first.
    pub seeds: Option<u64>,
    /// Threads; results do not depend on how many.
    pub threads: usize,
    /// Whether to run all that the study's page shows, which takes longer.
    pub full: bool,
}

impl Default for Asked<'_> {
    fn default() -> Self {
        Asked {
            data: None,
            samples: None,
            epochs: None,
            batch_size: None,
            lr: None,
            hidden: None,
            steps: None,
            seed: 1,
            seeds: None,
            threads: 1,
            full: false,
        }
    }
}

impl Asked<'_> {
    /// The number `asked` that was given for an option, which must be from `least` to `most`, or without it the study's
    /// `own`.
    ///
    /// # Errors
    /// A number out of range; the error names the option.
    pub fn within(option: &str, asked: Option<u64>, own: usize, (least, most): (usize, usize)) -> Result<usize> {
        match asked {
            None => Ok(own),
            Some(value) if (least as u64..=most as u64).contains(&value) => Ok(value as usize),
            Some(value) => Err(Error::invalid(option, format!("it must be from {least} to {most}, not {value}"))),
        }
    }

    /// The learning rate that was given, or the study's `own`.
    ///
    /// # Errors
    /// A rate that is not a number above 0.
    pub fn rate(&self, own: f64) -> Result<f64> {
        match self.lr.unwrap_or(own) {
            rate if rate.is_finite() && rate > 0.0 => Ok(rate),
            rate => Err(Error::invalid("--lr", format!("it must be a number above 0, not {rate}"))),
        }
    }

    /// The seeds of the study: as many as were asked for, or `own`, from the first seed on.
    ///
    /// # Errors
    /// No seeds, more than 1,000, or seeds beyond the largest number.
    pub fn all_seeds(&self, own: usize) -> Result<Vec<u64>> {
        let count = Asked::within("--seeds", self.seeds, own, (1, 1000))? as u64;
        let beyond = || Error::invalid("--seed", format!("{} and {count} from there are too many", self.seed));
        let end = self.seed.checked_add(count).ok_or_else(beyond)?;
        Ok((self.seed..end).collect())
    }
}

/// An observer that is called with the progress of a study; [`ControlFlow::Break`] asks for an end, after which the
/// results so far are reported.
pub type Watch<'a> = dyn FnMut(Step<'_>) -> ControlFlow<()> + 'a;

/// The progress of a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// Units of work that are done.
    pub done: u64,
    /// All units of work of the study.
    pub of: u64,
    /// What is being done, as a phrase.
    pub words: &'a str,
}

/// The results of a study.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Tables of figures.
    pub tables: Vec<Table>,
    /// Sentences below the tables.
    pub words: Vec<String>,
    /// Pictures, weights and the like.
    pub files: Vec<File>,
    /// Whether the study was ended before it was done.
    pub interrupted: bool,
}

/// A file that a study produces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The file's name, without a folder.
    pub name: String,
    /// The file's content.
    pub bytes: Vec<u8>,
}

/// A table of figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Table {
    /// What the table shows.
    pub title: String,
    /// The names of the columns.
    pub head: Vec<&'static str>,
    /// Rows, with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A whole number.
    Whole(u64),
    /// A number.
    Number(f64),
    /// A share from 0 to 1, shown as percent.
    Percent(f64),
    /// A mean over seeds, with its standard deviation.
    Spread {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        sd: f64,
    },
    /// An empty cell.
    None,
}

impl Cell {
    /// A cell with text.
    pub fn text(words: impl Into<String>) -> Cell {
        Cell::Text(words.into())
    }

    /// A cell with mean and standard deviation (of a sample, n - 1) of values; with the number itself for one value,
    /// empty for none.
    pub fn spread(values: &[f64]) -> Cell {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        match values {
            [] => Cell::None,
            [value] => Cell::Number(*value),
            _ => {
                let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
                Cell::Spread { mean, sd: (squares / (count - 1.0)).sqrt() }
            }
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Cell::Text(words) => words.serialize(serializer),
            Cell::Whole(value) => value.serialize(serializer),
            Cell::Number(value) | Cell::Percent(value) => value.serialize(serializer),
            Cell::Spread { mean, sd } => {
                std::collections::BTreeMap::from([("mean", mean), ("sd", sd)]).serialize(serializer)
            }
            Cell::None => serializer.serialize_none(),
        }
    }
}
