//! Statistics of spike trains: rates, irregularity, synchrony. Pure functions of a [`SpikeRecord`].
//!
//! Where a function takes a `population` it is an index into `record.populations`; `None` means every neuron recorded.
//! Bins are whole steps; the bin nearest to the one asked for is taken, and at least one step.

use super::SpikeRecord;
use crate::time::Grid;
use serde::{Deserialize, Serialize};

/// Least number of inter-spike intervals from which a coefficient of variation is computed.
pub const MINIMUM_INTERVALS: usize = 5;

/// Width of the bins in which spikes are counted for correlation and synchrony, ms.
pub const COUNT_BIN_MS: f64 = 5.0;

/// Statistics of the spikes of some neurons; each is absent where there are too few spikes for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Number of neurons.
    pub neurons: u64,
    /// Number of spikes.
    pub spikes: u64,
    /// Spikes per neuron and second, Hz.
    pub rate_hz: Option<f64>,
    /// Share of neurons without a spike, 0 to 1.
    pub silent_fraction: Option<f64>,
    /// Irregularity: the mean over neurons of the coefficient of variation of their inter-spike intervals.
    pub cv_isi: Option<f64>,
    /// Number of neurons with at least [`MINIMUM_INTERVALS`] intervals, over which `cv_isi` is the mean.
    pub cv_neurons: u64,
    /// Mean Pearson correlation of the spike counts of all pairs of neurons that spike, in bins of [`COUNT_BIN_MS`]; absent
    /// too where spikes were streamed, since it needs all of them at once.
    pub correlation: Option<f64>,
    /// Synchrony χ, 0 (asynchronous) to 1 (all alike), in bins of [`COUNT_BIN_MS`]; see [`synchrony`].
    pub synchrony: Option<f64>,
}

/// Bytes of memory that computing statistics takes: for the sums of intervals of each neuron, or, later, for all spikes
/// sorted by bin with sums of each neuron.
pub(super) fn statistics_bytes(neurons: u32, spikes: u64) -> u64 {
    let neurons = u64::from(neurons);
    (64 * neurons).max(spikes.saturating_mul(8).saturating_add((16 + 8) * neurons))
}

/// All statistics of a population, or of all neurons.
pub fn statistics(record: &SpikeRecord, population: Option<usize>) -> Statistics {
    let counts = spike_counts(record, population);
    let cvs: Vec<f64> = interval_cvs(record, population, MINIMUM_INTERVALS).into_iter().flatten().collect();
    Statistics {
        neurons: counts.len() as u64,
        spikes: counts.iter().map(|&c| u64::from(c)).sum(),
        rate_hz: mean_rate(record, population),
        silent_fraction: silent_fraction(record, population),
        cv_isi: mean(&cvs),
        cv_neurons: cvs.len() as u64,
        correlation: mean_correlation(record, population, COUNT_BIN_MS),
        synchrony: synchrony(record, population, COUNT_BIN_MS),
    }
}

/// All statistics of each population; one pass sorts the spikes by population.
pub fn statistics_by_population(record: &SpikeRecord) -> Vec<Statistics> {
    let rows = record.rows();
    let mut spikes = vec![0usize; record.populations.len()];
    let population_of = |id: u32| rows.find(id).map(|(population, _)| population);
    record.ids.iter().filter_map(|&id| population_of(id)).for_each(|population| spikes[population] += 1);
    let part = |(label, count): (&super::PopulationLabel, usize)| {
        let label = super::PopulationLabel { names: None, ..label.clone() };
        // Neither list grows beyond what it holds.
        let (steps, ids) = (Vec::with_capacity(count), Vec::with_capacity(count));
        SpikeRecord { populations: vec![label], steps, ids, ..*record }
    };
    let mut parts: Vec<SpikeRecord> = record.populations.iter().zip(spikes).map(part).collect();
    for (&step, &id) in record.steps.iter().zip(&record.ids) {
        if let Some(population) = population_of(id) {
            parts[population].steps.push(step);
            parts[population].ids.push(id);
        }
    }
    parts.iter().map(|part| statistics(part, None)).collect()
}

/// Number of spikes of each neuron, in the order of the record.
pub fn spike_counts(record: &SpikeRecord, population: Option<usize>) -> Vec<u32> {
    let chosen = Chosen::new(record, population);
    let mut counts = vec![0u32; chosen.neurons];
    chosen.each(record, |_, row| counts[row] = counts[row].saturating_add(1));
    counts
}

/// Spikes per neuron and second, Hz; `None` where no time or no neuron was recorded.
pub fn mean_rate(record: &SpikeRecord, population: Option<usize>) -> Option<f64> {
    let counts = spike_counts(record, population);
    let spikes: u64 = counts.iter().map(|&c| u64::from(c)).sum();
    let neuron_seconds = counts.len() as f64 * record.duration_ms / 1000.0;
    (neuron_seconds > 0.0).then(|| spikes as f64 / neuron_seconds)
}

/// Share of neurons without a spike, 0 to 1; `None` where no neuron was recorded.
pub fn silent_fraction(record: &SpikeRecord, population: Option<usize>) -> Option<f64> {
    let counts = spike_counts(record, population);
    let silent = counts.iter().filter(|&&c| c == 0).count();
    (!counts.is_empty()).then(|| silent as f64 / counts.len() as f64)
}

/// Coefficient of variation (standard deviation / mean, both over all intervals) of each neuron's inter-spike intervals;
/// `None` for a neuron with fewer than `minimum_intervals`.
pub fn interval_cvs(record: &SpikeRecord, population: Option<usize>, minimum_intervals: usize) -> Vec<Option<f64>> {
    let chosen = Chosen::new(record, population);
    // Per neuron: last step, intervals, their sum, the sum of their squares; integers, so no rounding before the quotient.
    let mut sums = vec![(None::<u32>, 0u64, 0u64, 0u128); chosen.neurons];
    chosen.each(record, |step, row| {
        let (last, intervals, sum, squares) = &mut sums[row];
        if let Some(last) = last {
            let interval = u64::from(step.saturating_sub(*last));
            *intervals += 1;
            *sum += interval;
            *squares += u128::from(interval) * u128::from(interval);
        }
        *last = Some(step);
    });
    sums.into_iter()
        .map(|(_, intervals, sum, squares)| {
            let enough = intervals > 0 && intervals as usize >= minimum_intervals && sum > 0;
            // n Σx² − (Σx)² is n² times the variance, and exactly zero for a regular train.
            let spread = u128::from(intervals) * squares - u128::from(sum) * u128::from(sum);
            enough.then(|| (spread as f64).sqrt() / sum as f64)
        })
        .collect()
}

/// Spikes per neuron and second in each bin of `bin_ms`, Hz; the last bin ends with the record.
pub fn rate_histogram(record: &SpikeRecord, population: Option<usize>, bin_ms: f64) -> Vec<f64> {
    match population {
        None => grouped_rates(record, &vec![0; record.populations.len()], 1, bin_ms).remove(0),
        Some(chosen) => {
            let groups: Vec<usize> = (0..record.populations.len()).map(|p| usize::from(p != chosen)).collect();
            grouped_rates(record, &groups, 2, bin_ms).remove(0)
        }
    }
}

/// As [`rate_histogram`] for each of `count` groups of populations; `groups[population]` is the group of a population.
pub(super) fn grouped_rates(record: &SpikeRecord, groups: &[usize], count: usize, bin_ms: f64) -> Vec<Vec<f64>> {
    let (bin, steps) = (bin_steps(record, bin_ms), record.duration_steps());
    let mut rates = vec![vec![0.0; steps.div_ceil(bin) as usize]; count];
    let mut neurons = vec![0.0; count];
    for (label, &group) in record.populations.iter().zip(groups) {
        neurons[group] += f64::from(label.size);
    }
    let rows = record.rows();
    for (&step, &id) in record.steps.iter().zip(&record.ids) {
        if let Some((population, _)) = rows.find(id)
            && let Some(rate) = rates[groups[population]].get_mut(bin_of(step, bin))
        {
            *rate += 1.0;
        }
    }
    for (rates, neurons) in rates.iter_mut().zip(neurons) {
        for (i, rate) in rates.iter_mut().enumerate() {
            let seconds = bin.min(steps - i as u64 * bin) as f64 * record.dt_ms / 1000.0;
            *rate = if neurons > 0.0 { *rate / (neurons * seconds) } else { 0.0 };
        }
    }
    rates
}

/// Mean Pearson correlation of binned spike counts over all pairs of neurons whose counts vary; `None` for fewer than
/// two.
///
/// Exact over all pairs in time linear in the spikes: with z_i the standardised counts, Σ_{i≠j} r_ij = ⟨(Σ_i z_i)²⟩ − n.
/// An incomplete last bin is left out.
pub fn mean_correlation(record: &SpikeRecord, population: Option<usize>, bin_ms: f64) -> Option<f64> {
    let binned = Binned::new(record, population, bin_ms)?;
    let deviations: Vec<f64> = (0..binned.sums.len()).map(|row| binned.variance(row).sqrt()).collect();
    let n = deviations.iter().filter(|&&d| d > 0.0).count() as f64;
    if n < 2.0 {
        return None;
    }
    let rows = || deviations.iter().enumerate().filter(|(_, d)| **d > 0.0);
    let offset: f64 = rows().map(|(row, d)| binned.mean(row) / d).sum();
    let mut sums = vec![-offset; binned.bins];
    for (bin, row, count) in binned.counts() {
        if deviations[row] > 0.0 {
            sums[bin] += f64::from(count) / deviations[row];
        }
    }
    let square = sums.iter().map(|s| s * s).sum::<f64>() / binned.bins as f64;
    Some((square - n) / (n * (n - 1.0)))
}

/// Synchrony χ of binned spike counts: the standard deviation of the mean count over the root of the neurons' mean variance
/// (Golomb 2007, "Neuronal synchrony measures", eq. 2-4). 1 when all neurons do the same, 1/√N when independent.
///
/// `None` without a varying count. An incomplete last bin is left out.
pub fn synchrony(record: &SpikeRecord, population: Option<usize>, bin_ms: f64) -> Option<f64> {
    let binned = Binned::new(record, population, bin_ms)?;
    let neurons = binned.sums.len() as f64;
    let single = (0..binned.sums.len()).map(|row| binned.variance(row)).sum::<f64>() / neurons;
    if single <= 0.0 {
        return None;
    }
    let mut totals = vec![0.0; binned.bins];
    for (bin, _, count) in binned.counts() {
        totals[bin] += f64::from(count) / neurons;
    }
    let average = mean(&totals)?;
    let together = totals.iter().map(|t| (t - average).powi(2)).sum::<f64>() / binned.bins as f64;
    Some((together / single).sqrt())
}

/// The width of a bin of `bin_ms` in whole steps: the nearest number, at least one.
pub(crate) fn bin_steps(record: &SpikeRecord, bin_ms: f64) -> u64 {
    Grid::new(record.dt_ms).nearest(bin_ms).unwrap_or(0).max(1)
}

/// The index of the bin, of `bin` steps, that `step` falls into. Steps count from 1 and step k ends at k·dt, so the
/// first bin holds the steps 1 ..= bin.
fn bin_of(step: u32, bin: u64) -> usize {
    (u64::from(step).saturating_sub(1) / bin) as usize
}

/// The arithmetic mean of the finite values; `None` without any.
pub fn mean(values: &[f64]) -> Option<f64> {
    let finite = || values.iter().filter(|value| value.is_finite());
    let count = finite().count();
    (count > 0).then(|| finite().sum::<f64>() / count as f64)
}

/// The number of `values` in each of `bins` bins of equal width from `low` to `high`, both included; other values are
/// left out. Where `low` and `high` are equal, such values count in the middle bin.
pub fn histogram(values: &[f64], (low, high): (f64, f64), bins: usize) -> Vec<u64> {
    let mut counts = vec![0; bins];
    let width = (high - low) / bins as f64;
    for value in values.iter().filter(|value| (low..=high).contains(*value)) {
        let bin = if width > 0.0 { ((value - low) / width) as usize } else { bins / 2 };
        if let Some(count) = counts.get_mut(bin.min(bins.saturating_sub(1))) {
            *count += 1;
        }
    }
    counts
}

/// The neurons of one population, or of all, numbered from 0.
struct Chosen {
    population: Option<usize>,
    /// Rows of the record before the first of these neurons.
    offset: u64,
    neurons: usize,
}

impl Chosen {
    /// The neurons of `population` in a record, or all of them.
    fn new(record: &SpikeRecord, population: Option<usize>) -> Chosen {
        let size = |p: &super::PopulationLabel| u64::from(p.size);
        match population {
            None => Chosen { population, offset: 0, neurons: record.neurons() as usize },
            Some(index) => Chosen {
                population,
                offset: record.populations.iter().take(index).map(size).sum(),
                neurons: record.populations.get(index).map_or(0, size) as usize,
            },
        }
    }

    /// Calls `take` with (step, number) of every spike of these neurons, in order.
    fn each(&self, record: &SpikeRecord, mut take: impl FnMut(u32, usize)) {
        let rows = record.rows();
        for (&step, &id) in record.steps.iter().zip(&record.ids) {
            if let Some((population, row)) = rows.find(id)
                && self.population.is_none_or(|wanted| wanted == population)
            {
                take(step, (row - self.offset) as usize);
            }
        }
    }
}

/// Spikes by (bin, neuron), sorted, with each neuron's sum and sum of squares of its counts.
struct Binned {
    /// Number of complete bins.
    bins: usize,
    /// The bin of each spike in the upper half, its neuron in the lower: 8 bytes a spike, however many there are.
    spikes: Vec<u64>,
    /// Per neuron: Σ count, Σ count².
    sums: Vec<(u64, u64)>,
}

impl Binned {
    /// The spikes of a record in bins of `bin_ms`; `None` without two complete bins and a neuron.
    fn new(record: &SpikeRecord, population: Option<usize>, bin_ms: f64) -> Option<Binned> {
        let chosen = Chosen::new(record, population);
        let bin = bin_steps(record, bin_ms);
        let bins = (record.duration_steps() / bin) as usize;
        if bins < 2 || chosen.neurons == 0 {
            return None;
        }
        let mut spikes: Vec<u64> = Vec::with_capacity(record.steps.len());
        // Steps and ids have 32 bits, and so have bins and neurons.
        chosen.each(record, |step, row| spikes.push((bin_of(step, bin) as u64) << 32 | row as u64));
        spikes.retain(|spike| ((spike >> 32) as usize) < bins);
        spikes.sort_unstable();
        let mut binned = Binned { bins, spikes, sums: Vec::new() };
        let mut sums = vec![(0, 0); chosen.neurons];
        for (_, row, count) in binned.counts() {
            sums[row].0 += u64::from(count);
            sums[row].1 += u64::from(count) * u64::from(count);
        }
        binned.sums = sums;
        Some(binned)
    }

    /// (bin, neuron, number of spikes) of each bin and neuron with spikes, in this order.
    fn counts(&self) -> impl Iterator<Item = (usize, usize, u32)> {
        let unpack = |spike: u64| ((spike >> 32) as usize, spike as u32 as usize);
        self.spikes.chunk_by(|a, b| a == b).map(move |same| {
            let (bin, row) = unpack(same[0]);
            (bin, row, same.len() as u32)
        })
    }

    /// Mean number of spikes per bin of a neuron.
    fn mean(&self, row: usize) -> f64 {
        self.sums[row].0 as f64 / self.bins as f64
    }

    /// Variance of the number of spikes per bin of a neuron.
    fn variance(&self, row: usize) -> f64 {
        let (sum, squares) = self.sums[row];
        let bins = self.bins as u128;
        // In integers: exactly zero for a constant count, never below.
        let scaled = bins * u128::from(squares) - u128::from(sum) * u128::from(sum);
        scaled as f64 / (bins * bins) as f64
    }
}
