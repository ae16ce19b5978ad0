//! Spikes of samples and steps, packed as bits.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::number::Number;
use crate::train::Array;
use crate::train::array::words as shape_words;

/// Spikes by sample, step and unit, a bit each; a row, the units of one sample in one step, begins with a word of its
/// own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spikes {
    /// [samples, steps, unit axes...]
    shape: Vec<usize>,
    /// Units of a row.
    units: usize,
    /// Words of a row.
    row: usize,
    /// All rows, sample by sample, step by step.
    words: Vec<u64>,
}

impl Spikes {
    /// Spikes of the shape [samples, steps, unit axes...] without any set yet; `what` names them in messages.
    ///
    /// # Errors
    /// A shape without samples, steps and at least one axis of units, or with too many places.
    pub fn silent(what: &str, shape: &[usize]) -> Result<Spikes> {
        let [samples, steps, units @ ..] = shape else {
            return Err(Error::invalid(what, "spikes need the axes sample, step and unit".to_owned()));
        };
        let units = units.iter().try_fold(1usize, |product, &axis| product.checked_mul(axis));
        let row = units.map(|units| units.div_ceil(64));
        let words = row.and_then(|row| row.checked_mul(*samples)).and_then(|words| words.checked_mul(*steps));
        match (units, row, words.filter(|&words| words < isize::MAX as usize / 8)) {
            (Some(units), Some(row), Some(words)) if shape.len() > 2 => {
                Ok(Spikes { shape: shape.to_vec(), units, row, words: vec![0; words] })
            }
            _ => {
                let shape = shape_words(shape);
                Err(Error::invalid(what, format!("{shape} is no shape of spikes: [samples, steps, units...]")))
            }
        }
    }

    /// The shape, [samples, steps, unit axes...].
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of samples.
    pub fn samples(&self) -> usize {
        self.shape[0]
    }

    /// The number of steps.
    pub fn steps(&self) -> usize {
        self.shape[1]
    }

    /// The number of units, all their axes together.
    pub fn units(&self) -> usize {
        self.units
    }

    /// The number of words of one row.
    pub fn row_words(&self) -> usize {
        self.row
    }

    /// The bits of one sample in one step, both counted from 0; unit u is bit u % 64 of word u / 64.
    pub fn row(&self, sample: usize, step: usize) -> &[u64] {
        let first = (sample * self.shape[1] + step) * self.row;
        &self.words[first..first + self.row]
    }

    /// The units that fire in one step of a sample, rising.
    pub fn firing(&self, sample: usize, step: usize) -> impl Iterator<Item = usize> {
        firing(self.row(sample, step))
    }

    /// The units that fire in a step of several samples, rising, where the units of these samples are numbered one
    /// sample after the other.
    pub fn beside(&self, samples: &Range<usize>, step: usize) -> impl Iterator<Item = usize> {
        let (units, first) = (self.units, samples.start);
        samples.clone().flat_map(move |sample| {
            let before = (sample - first) * units;
            self.firing(sample, step).map(move |unit| before + unit)
        })
    }

    /// All words; those of a sample are contiguous, see [`Spikes::row`].
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// All words, to be written; those of a sample are contiguous.
    pub fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// Sets a spike of a unit in a step of a sample.
    pub fn set(&mut self, sample: usize, step: usize, unit: usize) {
        let first = (sample * self.shape[1] + step) * self.row;
        self.words[first + unit / 64] |= 1 << (unit % 64);
    }

    /// The number of spikes.
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The share of places that hold a spike.
    pub fn density(&self) -> f64 {
        let places = self.shape.iter().map(|&axis| axis as f64).product::<f64>();
        if places > 0.0 { self.count() as f64 / places } else { 0.0 }
    }

    /// The spikes as numbers, 0 and 1, of the same shape; `what` names them in messages.
    ///
    /// # Errors
    /// More numbers than memory has addresses.
    pub fn numbers<T: Number>(&self, what: &str) -> Result<Array<T>> {
        let mut array = Array::zeros(what, &self.shape)?;
        if self.units == 0 {
            return Ok(array);
        }
        for (numbers, row) in array.data_mut().chunks_mut(self.units).zip(self.words.chunks(self.row)) {
            for unit in firing(row) {
                numbers[unit] = T::of(1.0);
            }
        }
        Ok(array)
    }
}

/// The places of the bits of a row that are set, rising.
pub fn firing(row: &[u64]) -> impl Iterator<Item = usize> {
    row.iter().enumerate().flat_map(|(place, &word)| {
        let mut left = word;
        std::iter::from_fn(move || {
            let bit = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            (bit < 64).then_some(place * 64 + bit)
        })
    })
}
