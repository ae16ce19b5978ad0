//! Two tasks that need memory: symbols as spikes, a gap of silence, an answer.

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};
use crate::train::gemm::Float;

/// The random stream of symbols; samples have the next one.
const STREAM: u32 = 0xe18;
/// Steps that a symbol lasts.
pub const SYMBOL: usize = 20;
/// Steps at the end of a sample over which the state is averaged for the readout.
pub const READ: usize = 20;

/// Spikes of the last channel that ask for an answer in [`Kind::Copy`].
const CUE: usize = 10;

/// The kind of a [`Task`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Two symbols, 0 to 4, with the gap between them; the answer is their sum: 9 classes, of which the likeliest has a
    /// probability of 1/5.
    Adding,
    /// One of 8 symbols on all channels but the last, the gap, and ten spikes of the last; the answer is the symbol.
    Copy,
}

impl Kind {
    /// Both kinds.
    pub const ALL: [Kind; 2] = [Kind::Adding, Kind::Copy];

    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Adding => "adding",
            Kind::Copy => "delayed copy",
        }
    }

    /// The number of symbols.
    pub fn symbols(self) -> usize {
        match self {
            Kind::Adding => 5,
            Kind::Copy => 8,
        }
    }

    /// The number of answers.
    pub fn classes(self) -> usize {
        match self {
            Kind::Adding => 9,
            Kind::Copy => 8,
        }
    }

    /// The accuracy of always giving the likeliest answer.
    pub fn chance(self) -> f64 {
        match self {
            Kind::Adding => 5.0 / 25.0,
            Kind::Copy => 1.0 / 8.0,
        }
    }
}

/// A task: each symbol is one spike of each channel, at a time of its own, in each sample jittered by up to a step and
/// left out with a probability of 0.1. It stands in for pairs of spoken digits (SHD-Adding of Spieler et al. 2024),
/// which are not included here.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    kind: Kind,
    gap: usize,
    channels: usize,
    /// The step of the spike within the symbol, [symbol, channel].
    times: Vec<usize>,
    seed: u64,
}

impl Task {
    /// A task with a gap of `gap` steps and `channels` channels; `seed` chooses symbols and samples.
    ///
    /// # Errors
    /// Less than two channels, or more than 1,000; a gap above 10,000 steps.
    pub fn new(kind: Kind, gap: usize, channels: usize, seed: u64) -> Result<Task> {
        if !(2..=1000).contains(&channels) || gap > 10_000 {
            return Err(Error::invalid("task", "channels must be from 2 to 1,000 and the gap at most 10,000 steps"));
        }
        let mut draws = Draws::new(seed, stream(Purpose::Encode, STREAM), 0);
        let times = (0..kind.symbols() * channels).map(|_| 1 + draws.below(SYMBOL as u32 - 2) as usize).collect();
        Ok(Task { kind, gap, channels, times, seed })
    }

    /// The kind of the task.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The number of channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The number of steps of a sample.
    pub fn steps(&self) -> usize {
        2 * SYMBOL + self.gap + READ
    }

    /// The samples of these numbers: spikes as 0 and 1, [step, sample, channel], and the right answer of each.
    pub fn samples<T: Float>(&self, numbers: std::ops::Range<u64>) -> (Vec<T>, Vec<usize>) {
        let rows = numbers.end.saturating_sub(numbers.start) as usize;
        let mut spikes = vec![T::of(0.0); self.steps() * rows * self.channels];
        let answers = numbers.enumerate().map(|(row, number)| self.sample(number, (row, rows), &mut spikes)).collect();
        (spikes, answers)
    }

    /// Writes the spikes of sample `number` at row `row` of `rows` into `spikes`, and returns the right answer.
    fn sample<T: Float>(&self, number: u64, (row, rows): (usize, usize), spikes: &mut [T]) -> usize {
        let mut draws = Draws::new(self.seed, stream(Purpose::Encode, STREAM + 1), number);
        let mut spike = |step: usize, channel: usize| {
            spikes[(step * rows + row) * self.channels + channel] = T::of(1.0);
        };
        let used = self.channels - usize::from(self.kind == Kind::Copy);
        let mut symbol = |from: usize| {
            let symbol = draws.below(self.kind.symbols() as u32) as usize;
            for channel in 0..used {
                let moved = self.times[symbol * self.channels + channel] + draws.below(3) as usize - 1;
                if draws.below(10) > 0 {
                    spike(from + moved, channel);
                }
            }
            symbol
        };
        let first = symbol(0);
        let second = SYMBOL + self.gap;
        match self.kind {
            Kind::Adding => first + symbol(second),
            Kind::Copy => {
                (0..CUE).for_each(|step| spike(second + step, used));
                first
            }
        }
    }
}
