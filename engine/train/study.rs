//! Studies: trainings that answer a question by tables and pictures, each by its name; what `neuropil train` runs beside tasks.
//!
//! A study lies in its own room, which holds a [`Study`]; [`super::studies`] lists them. What may not live here: what a study
//! does, printing.

use std::ops::ControlFlow;
use std::path::Path;

use serde::{Serialize, Serializer};

use crate::error::{Error, Result};

/// A question that training answers.
#[derive(Debug, Clone, Copy)]
pub struct Study {
    /// Its name.
    pub name: &'static str,
    /// One phrase.
    pub about: &'static str,
    /// What may be asked of it beside a seed and threads.
    pub takes: &'static [Takes],
    /// Does it.
    pub run: fn(&Asked<'_>, &mut Watch<'_>) -> Result<Report>,
}

/// What may be asked of a study.
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

/// What is asked of a study; what is not, is the study's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<'a> {
    /// A file, or the folder that data lie in.
    pub data: Option<&'a Path>,
    /// Samples to learn from, at most.
    pub samples: Option<u64>,
    /// Times that all samples are learned from.
    pub epochs: Option<u64>,
    /// Samples of a step.
    pub batch_size: Option<u64>,
    /// The largest learning rate.
    pub lr: Option<f64>,
    /// Neurons of the hidden layer.
    pub hidden: Option<u64>,
    /// Steps in time of a sample.
    pub steps: Option<u64>,
    /// The first seed.
    pub seed: u64,
    /// So many seeds, one after the other.
    pub seeds: Option<u64>,
    /// Threads; results do not depend on how many.
    pub threads: usize,
    /// All that the study's page shows, which takes longer.
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
    /// A number that was asked for, or the study's own, from `least` to `most`.
    ///
    /// # Errors
    /// One out of range, by the name of its option.
    pub fn within(option: &str, asked: Option<u64>, own: usize, (least, most): (usize, usize)) -> Result<usize> {
        match asked {
            None => Ok(own),
            Some(value) if (least as u64..=most as u64).contains(&value) => Ok(value as usize),
            Some(value) => Err(Error::invalid(option, format!("it must be from {least} to {most}, not {value}"))),
        }
    }

    /// The learning rate that was asked for, or the study's own.
    ///
    /// # Errors
    /// One that is not above 0.
    pub fn rate(&self, own: f64) -> Result<f64> {
        match self.lr.unwrap_or(own) {
            rate if rate.is_finite() && rate > 0.0 => Ok(rate),
            rate => Err(Error::invalid("--lr", format!("it must be a number above 0, not {rate}"))),
        }
    }

    /// Seeds, as many as were asked for, or the study's own number of them.
    ///
    /// # Errors
    /// None at all, more than 1,000, or some beyond the last that there is.
    pub fn all_seeds(&self, own: usize) -> Result<Vec<u64>> {
        let count = Asked::within("--seeds", self.seeds, own, (1, 1000))? as u64;
        let beyond = || Error::invalid("--seed", format!("{} and {count} from there are too many", self.seed));
        let end = self.seed.checked_add(count).ok_or_else(beyond)?;
        Ok((self.seed..end).collect())
    }
}

/// Who is told how far it is; [`ControlFlow::Break`] asks for an end: what is done so far is reported.
pub type Watch<'a> = dyn FnMut(Step<'_>) -> ControlFlow<()> + 'a;

/// How far a study is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// Steps that are done.
    pub done: u64,
    /// Of so many.
    pub of: u64,
    /// What it does.
    pub words: &'a str,
}

/// What came of a study.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Figures.
    pub tables: Vec<Table>,
    /// Sentences under them.
    pub words: Vec<String>,
    /// Pictures, weights and the like.
    pub files: Vec<File>,
    /// Whether it ended before it was done.
    pub interrupted: bool,
}

/// A file that a study leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// A table of figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// What columns are called.
    pub head: Vec<&'static str>,
    /// A cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// What stands in a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A whole number.
    Whole(u64),
    /// A number.
    Number(f64),
    /// A share, 1 for all.
    Percent(f64),
    /// A mean over seeds, with its standard deviation.
    Spread {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        sd: f64,
    },
    /// Nothing to tell.
    None,
}

impl Cell {
    /// Words.
    pub fn text(words: impl Into<String>) -> Cell {
        Cell::Text(words.into())
    }

    /// Mean and standard deviation (that of a sample, n - 1) of some values; of one alone no spread is told.
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
