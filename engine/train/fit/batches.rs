//! Which samples are learned from, in which order: functions of a seed, so that a training goes on without replaying.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};
use crate::text::counted;

/// Shuffles (Fisher & Yates) with the numbers of (seed, stream, id).
fn shuffle(samples: &mut [u32], mut draws: Draws) {
    for left in (1..samples.len()).rev() {
        // At most 2³² samples have a number.
        let other = draws.below(left as u32 + 1) as usize;
        samples.swap(left, other);
    }
}

/// The order of `samples` in an epoch: a function of seed and epoch alone.
pub fn order(samples: &[u32], seed: u64, epoch: u32) -> Vec<u32> {
    let mut order = samples.to_vec();
    shuffle(&mut order, Draws::new(seed, stream(Purpose::Shuffle, 0), epoch.into()));
    order
}

/// Samples by what they are for, by their numbers, rising.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// To learn from.
    pub train: Vec<u32>,
    /// To see, while learning, how well it goes.
    pub validation: Vec<u32>,
    /// To set thresholds and temperatures by, once it has been learned.
    pub calibration: Vec<u32>,
}

impl Split {
    /// All samples to learn from.
    pub fn whole(samples: usize) -> Split {
        Split { train: (0..samples as u32).collect(), ..Split::default() }
    }

    /// Takes `validation` and `calibration`, shares of all samples, at random from each class by itself: the nearest whole
    /// number of its samples.
    ///
    /// # Errors
    /// Shares below 0 or that leave nothing to learn from; no samples.
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
    /// The epoch, counted from 0, for what is drawn anew in each; none where samples are judged.
    pub epoch: Option<u32>,
    /// The seed of the training.
    pub seed: u64,
}
