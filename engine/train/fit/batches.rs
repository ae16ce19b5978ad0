//! Which samples are learned from, and in which order: functions of a seed, so that a resumed training need not replay
//! its draws.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};
use crate::text::counted;

/// Shuffles `samples` (Fisher & Yates) by these random numbers.
fn shuffle(samples: &mut [u32], mut draws: Draws) {
    for left in (1..samples.len()).rev() {
        // Samples are numbered in 32 bits, so `left` fits.
        let other = draws.below(left as u32 + 1) as usize;
        samples.swap(left, other);
    }
}

/// `samples` in the random order of an epoch, counted from 0: a function of the samples, seed and epoch alone.
pub fn order(samples: &[u32], seed: u64, epoch: u32) -> Vec<u32> {
    let mut order = samples.to_vec();
    shuffle(&mut order, Draws::new(seed, stream(Purpose::Shuffle, 0), epoch.into()));
    order
}

/// The numbers of samples by their use, rising.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// Samples to learn from.
    pub train: Vec<u32>,
    /// Samples that the model is judged on during training.
    pub validation: Vec<u32>,
    /// Samples to set thresholds and temperatures by after training.
    pub calibration: Vec<u32>,
}

impl Split {
    /// A split in which all of `samples` samples are learned from.
    pub fn whole(samples: usize) -> Split {
        Split { train: (0..samples as u32).collect(), ..Split::default() }
    }

    /// A random split, drawn from `seed` for each class on its own: `validation` and `calibration` are the shares of
    /// the class's samples that are set apart, rounded to whole samples. `labels` holds the class of each sample.
    ///
    /// # Errors
    /// Shares that are below 0 or leave nothing to learn from; no samples.
    pub fn new(labels: &[u32], validation: f64, calibration: f64, seed: u64) -> Result<Split> {
        if !(validation >= 0.0 && calibration >= 0.0 && validation + calibration < 1.0) {
            let problem = format!(
                "shares of {validation} for validation and {calibration} for calibration leave nothing to learn from; \
                 give two numbers of at least 0 whose sum is below 1"
            );
            return Err(Error::invalid("split", problem));
        }
        let mut classes: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (sample, &label) in (0..).zip(labels) {
            classes.entry(label).or_default().push(sample);
        }
        let mut split = Split::default();
        for (label, mut samples) in classes {
            shuffle(&mut samples, Draws::new(seed, stream(Purpose::Shuffle, 1), label.into()));
            let count = |share: f64| (share * samples.len() as f64).round() as usize;
            let (first, second) = (count(validation), count(calibration).min(samples.len() - count(validation)));
            let (apart, train) = samples.split_at(first + second);
            let (validation, calibration) = apart.split_at(first);
            split.train.extend(train);
            split.validation.extend(validation);
            split.calibration.extend(calibration);
        }
        for part in [&mut split.train, &mut split.validation, &mut split.calibration] {
            part.sort_unstable();
        }
        if split.train.is_empty() {
            let problem = format!(
                "of {} none is left to learn from; give more, or smaller shares",
                counted(labels.len() as u64, "sample")
            );
            return Err(Error::invalid("split", problem));
        }
        Ok(split)
    }
}

/// A batch of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Numbers of its samples.
    pub samples: &'a [u32],
    /// The epoch, counted from 0, for what is drawn anew in each; `None` where samples are only judged.
    pub epoch: Option<u32>,
    /// The seed of the training.
    pub seed: u64,
}
