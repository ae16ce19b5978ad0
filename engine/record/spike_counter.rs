//! Statistics of spikes that are not kept, in memory that does not grow with the number of spikes.

use std::collections::VecDeque;

use super::analysis::{COUNT_BIN_MS, MINIMUM_INTERVALS, Statistics};
use super::{PopulationLabel, Rows, SpikeRecord};
use crate::error::Result;
use crate::spike::Spike;

/// Largest number of spikes in a sample for pictures: 8 MB.
pub const SAMPLE: usize = 1_000_000;

/// Sums over spikes as they come, from which statistics follow, and the last spikes.
#[derive(Debug, Clone)]
pub struct SpikeCounter {
    dt_ms: f64,
    /// Steps whose spikes count: those after the first number, up to and including the second. Bins begin with the
    /// first.
    window: (u64, u64),
    labels: Vec<PopulationLabel>,
    rows: Rows,
    /// Steps per bin of [`COUNT_BIN_MS`].
    bin: u64,
    neurons: Vec<Train>,
    /// Of each population, and last of all neurons together.
    bins: Vec<BinSums>,
    /// Number of spikes counted so far.
    spikes: u64,
    /// The last spikes, at most [`SAMPLE`].
    last: VecDeque<Spike>,
}

/// Sums over the spike train of a neuron.
#[derive(Debug, Clone, Copy, Default)]
struct Train {
    /// Number of spikes.
    spikes: u32,
    /// Step of the first spike.
    first: u32,
    /// Step of the last spike.
    last: u32,
    /// The bin of the last spike.
    bin: u32,
    /// Spikes in that bin.
    in_bin: u32,
    /// Sum of the squares of the intervals between spikes: at most the square of the steps, below 2⁶⁴.
    squared_intervals: u64,
    /// Sum of the squares of the counts in bins before `bin`.
    squared_counts: u64,
}

/// Sums over the spike counts of several neurons together in bins.
#[derive(Debug, Clone, Copy, Default)]
struct BinSums {
    /// The bin of the last spike.
    bin: u64,
    /// Spikes in that bin.
    in_bin: u64,
    /// Sum of the counts in bins before `bin`.
    sum: u128,
    /// Sum of the squares of these counts.
    squares: u128,
}

impl BinSums {
    /// Counts a spike in a bin; bins come in ascending order.
    fn add(&mut self, bin: u64) {
        if bin != self.bin {
            *self = self.closed_before(bin);
        }
        self.in_bin += 1;
    }

    /// The sums with all bins before `bin` included.
    fn closed_before(mut self, bin: u64) -> BinSums {
        if bin > self.bin {
            self.sum += u128::from(self.in_bin);
            self.squares += u128::from(self.in_bin) * u128::from(self.in_bin);
            (self.bin, self.in_bin) = (bin, 0);
        }
        self
    }
}

impl SpikeCounter {
    /// A counter without spikes yet, for neurons of `labels` in steps of `dt_ms`.
    pub fn new(dt_ms: f64, labels: Vec<PopulationLabel>) -> SpikeCounter {
        let empty =
            SpikeRecord { dt_ms, start_step: 0, duration_ms: 0.0, populations: labels, steps: vec![], ids: vec![] };
        SpikeCounter {
            dt_ms,
            window: (0, u64::MAX),
            rows: Rows::of(&empty.populations),
            bin: super::analysis::bin_steps(&empty, COUNT_BIN_MS),
            neurons: vec![Train::default(); empty.neurons() as usize],
            bins: vec![BinSums::default(); empty.populations.len() + 1],
            labels: empty.populations,
            spikes: 0,
            last: VecDeque::new(),
        }
    }

    /// The same counter for the steps after `start`, up to and including `stop`.
    pub fn within(self, start: u64, stop: u64) -> SpikeCounter {
        SpikeCounter { window: (start, stop.max(start)), ..self }
    }

    /// Counts the spike of neuron `id` in `step`; spikes must come in order. Returns false where the neuron is in no
    /// population, or the step is not counted.
    pub fn add(&mut self, Spike { step, id }: Spike) -> bool {
        let (start, stop) = self.window;
        if u64::from(step) <= start || u64::from(step) > stop {
            return false;
        }
        let Some((population, row)) = self.rows.find(id) else { return false };
        let bin = ((u64::from(step) - start - 1) / self.bin) as u32;
        let train = &mut self.neurons[row as usize];
        if train.spikes == 0 {
            (train.first, train.bin) = (step, bin);
        } else {
            let interval = u64::from(step.saturating_sub(train.last));
            train.squared_intervals += interval * interval;
        }
        if bin != train.bin {
            train.squared_counts += u64::from(train.in_bin) * u64::from(train.in_bin);
            (train.bin, train.in_bin) = (bin, 0);
        }
        train.last = step;
        train.in_bin += 1;
        train.spikes = train.spikes.saturating_add(1);
        let all = self.labels.len();
        self.bins[population].add(u64::from(bin));
        self.bins[all].add(u64::from(bin));
        self.spikes += 1;
        if self.last.len() == SAMPLE {
            self.last.pop_front();
        }
        self.last.push_back(Spike { step, id });
        true
    }

    /// The populations whose spikes are counted.
    pub fn populations(&self) -> &[PopulationLabel] {
        &self.labels
    }

    /// Length of a step, ms.
    pub fn dt_ms(&self) -> f64 {
        self.dt_ms
    }

    /// Number of spikes counted so far.
    pub fn spikes(&self) -> u64 {
        self.spikes
    }

    /// Statistics of all neurons and of each population after `steps` steps of the run. Correlations need every spike and are
    /// absent.
    pub fn statistics(&self, steps: u64) -> (Statistics, Vec<Statistics>) {
        let steps = steps.min(self.window.1).saturating_sub(self.window.0);
        let all = self.statistics_of(&self.neurons, self.bins[self.labels.len()], steps);
        let mut rest = self.neurons.as_slice();
        let parts = self.labels.iter().zip(&self.bins).map(|(label, &bins)| {
            let (own, others) = rest.split_at(label.size as usize);
            rest = others;
            self.statistics_of(own, bins, steps)
        });
        (all, parts.collect())
    }

    /// The statistics of neurons with these `trains` and sums over `bins` after `steps` counted steps.
    fn statistics_of(&self, trains: &[Train], bins: BinSums, steps: u64) -> Statistics {
        let neurons = trains.len() as u64;
        let spikes: u64 = trains.iter().map(|t| u64::from(t.spikes)).sum();
        let cvs: Vec<f64> = trains.iter().filter_map(Train::interval_cv).collect();
        let neuron_seconds = neurons as f64 * (steps as f64 * self.dt_ms) / 1000.0;
        let silent = trains.iter().filter(|t| t.spikes == 0).count();
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        Statistics {
            neurons,
            spikes,
            rate_hz: share(spikes as f64, neuron_seconds),
            silent_fraction: share(silent as f64, neurons as f64),
            cv_isi: (!cvs.is_empty()).then(|| cvs.iter().sum::<f64>() / cvs.len() as f64),
            cv_neurons: cvs.len() as u64,
            correlation: None,
            synchrony: self.synchrony(trains, bins, steps),
        }
    }

    /// As [`super::analysis::synchrony`], from integer sums.
    fn synchrony(&self, trains: &[Train], bins: BinSums, steps: u64) -> Option<f64> {
        let whole = steps / self.bin;
        if whole < 2 || trains.is_empty() {
            return None;
        }
        let variance = |sum: u128, squares: u128| {
            (u128::from(whole) * squares - sum * sum) as f64 / (u128::from(whole) * u128::from(whole)) as f64
        };
        let single = trains.iter().map(|train| {
            let (sum, squares) = train.sums_of_bins(whole);
            variance(sum.into(), squares.into())
        });
        let single = single.sum::<f64>() / trains.len() as f64;
        let all = bins.closed_before(whole);
        let together = variance(all.sum, all.squares) / (trains.len() as f64).powi(2);
        (single > 0.0).then(|| (together / single).sqrt())
    }

    /// The last spikes, at most [`SAMPLE`], as a record, and whether earlier spikes are missing in it. The record
    /// begins where counting does if none is missing, else after the last step that may lack some.
    ///
    /// # Errors
    /// A number of steps before the last spike.
    pub fn sample(&self, steps: u64) -> Result<(SpikeRecord, bool)> {
        let clock = crate::time::Grid::new(self.dt_ms);
        let incomplete = (self.last.len() as u64) < self.spikes;
        let from = match self.last.front() {
            Some(&Spike { step, .. }) if incomplete => u64::from(step),
            _ => self.window.0,
        };
        let (late, ids) = self.last.iter().filter(|spike| u64::from(spike.step) > from).map(|s| (s.step, s.id)).unzip();
        let end = clock.time(steps);
        let record = SpikeRecord::new(self.dt_ms, end, self.labels.clone(), late, ids)?;
        Ok((record.within((from, self.window.1)), incomplete))
    }
}

impl Train {
    /// Coefficient of variation of the inter-spike intervals; `None` if there are fewer than [`MINIMUM_INTERVALS`].
    fn interval_cv(&self) -> Option<f64> {
        let intervals = u64::from(self.spikes.saturating_sub(1));
        let sum = u64::from(self.last - self.first);
        let enough = intervals >= MINIMUM_INTERVALS as u64 && sum > 0;
        // n Σx² − (Σx)² is n² times the variance, and exactly zero for a regular train.
        let spread = u128::from(intervals) * u128::from(self.squared_intervals) - u128::from(sum) * u128::from(sum);
        enough.then(|| (spread as f64).sqrt() / sum as f64)
    }

    /// The number of spikes in the first `whole` bins, and the sum of the squares of the counts in these bins.
    fn sums_of_bins(&self, whole: u64) -> (u64, u64) {
        let (spikes, last) = (u64::from(self.spikes), u64::from(self.in_bin));
        if u64::from(self.bin) < whole {
            (spikes, self.squared_counts + last * last)
        } else {
            (spikes - last, self.squared_counts)
        }
    }
}
