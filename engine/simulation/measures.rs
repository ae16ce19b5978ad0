//! Measures of whole populations while a network runs: rates in bins, BOLD signals, and sums of synaptic currents.
//!
//! Sums are taken in the order of neurons, which does not depend on shards; a run can stop within a bin.

use crate::error::Result;
use crate::network::{Currents, Lfp, Network, Probe, Recorder, RecorderId};
use crate::plan::ProbePlan;
use crate::record::SeriesRecord;
use crate::simulation::parts::{Columns, label};
use crate::simulation::{Simulation, bold, no_recorder, offset_of};
use crate::spike::Spike;

/// The samples of a batch for one recorder, by population and state variable.
type BatchSamples = Vec<(ProbePlan, Vec<f64>)>;

/// Largest number of values that a batch may sample for sums, of which only the sums are kept.
const MAX_VALUES: f64 = 4e6;

impl Simulation {
    /// Largest number of steps of a batch whose samples for sums fit into little memory.
    pub(super) fn longest_measured_batch(&self) -> u32 {
        let recorders = self.network.recorders();
        let sums = self.probes.iter().filter(|probe| matches!(recorders[probe.recorder].probe, Probe::Lfp(_)));
        let each: f64 = sums.map(|probe| probe.ids.len() as f64 / f64::from(probe.interval)).sum();
        // The sum of an empty list is -0, by which one must not divide.
        if each > 0.0 { (MAX_VALUES / each).max(1.0) as u32 } else { u32::MAX }
    }

    /// Counts the spikes of a batch of `steps` steps, which ends with the current step, into the bins of rates and BOLD
    /// signals.
    pub(super) fn count_into_bins(&mut self, spikes: &[Spike], steps: u64) -> Result<()> {
        for (index, recorder) in self.network.recorders().iter().enumerate() {
            let samples = &mut self.recording.samples[index];
            match &recorder.probe {
                Probe::Rate(_) => count_bins(&self.network, recorder, samples, spikes, self.step)?,
                Probe::Bold(bold) => {
                    bold::advance(&self.network, (recorder, bold), samples, spikes, (self.step - steps, self.step))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Adds the samples of a batch of `steps` steps, which ends with the current step, to those of their recorders: the
    /// samples of each probe, in units of its variable but for their offsets.
    pub(super) fn add_samples(&mut self, samples: Vec<Vec<f64>>, steps: u64) -> Result<()> {
        let mut sampled: Vec<BatchSamples> = self.network.recorders().iter().map(|_| Vec::new()).collect();
        for (probe, values) in self.probes.iter().zip(samples) {
            let recorder = &self.network.recorders()[probe.recorder];
            let first_row = (self.step - steps) / u64::from(probe.interval);
            let rows = recorder.rows(&self.network, self.step - steps, self.step)?;
            let [from, to] = [rows.start, rows.end].map(|row| (row - first_row) as usize * probe.ids.len());
            let values = &values[from.min(values.len())..to.min(values.len())];
            let offset = &self.offset[probe.population][probe.variable];
            let first = (probe.ids.start - self.network.populations()[probe.population].first) as usize;
            let values = values.iter().enumerate().map(|(k, v)| v + offset_of(offset, first + k % probe.ids.len()));
            sampled[probe.recorder].push((probe.clone(), values.collect()));
        }
        for (index, own) in sampled.into_iter().enumerate() {
            match &self.network.recorders()[index].probe {
                Probe::Spikes | Probe::Rate(_) | Probe::Bold(_) | Probe::Weights(_) | Probe::Sends(_) => {}
                Probe::Variable(_) => {
                    self.recording.samples[index].extend(own.into_iter().flat_map(|(_, values)| values));
                }
                Probe::Lfp(_) => {
                    let sums = sum_currents(&self.network, &self.network.recorders()[index], self.trial.seed.0, &own);
                    self.recording.samples[index].extend(sums);
                }
            }
        }
        Ok(())
    }

    /// The rates (spikes/s) of complete bins, BOLD signals or proxies of field potentials (pA) of a recorder so far,
    /// with a column for each part of its selection.
    ///
    /// # Errors
    /// A recorder of something else, or of another network.
    pub fn series(&self, recorder: RecorderId) -> Result<SeriesRecord> {
        let found = self.network.recorders().get(recorder.0).ok_or_else(|| no_recorder(recorder.0))?;
        let samples = &self.recording.samples[recorder.0];
        series_of(&self.network, found, samples, self.step)?.ok_or_else(|| no_recorder(recorder.0))
    }
}

/// Counts spikes into the bins of a recorder up to `step`; `counts` holds a number for each bin and part of the
/// selection.
fn count_bins(
    network: &Network,
    recorder: &Recorder,
    counts: &mut Vec<f64>,
    spikes: &[Spike],
    step: u64,
) -> Result<()> {
    let (start, stop) = recorder.window(network)?;
    let interval = u64::from(recorder.interval_steps(network)?);
    let width = recorder.width() as usize;
    counts.resize(recorder.rows(network, 0, step)?.end as usize * width, 0.0);
    let columns = Columns::of(recorder);
    for spike in spikes.iter().filter(|spike| start < spike.step.into() && u64::from(spike.step) <= stop) {
        if let Some(column) = columns.find(spike.id) {
            let bin = (u64::from(spike.step) - start - 1) / interval;
            counts[bin as usize * width + column] += 1.0;
        }
    }
    Ok(())
}

/// The names of the columns of a recorder's series: populations, and parts of them as "exc[0..80]"; empty for an
/// unknown recorder.
pub fn series_names(network: &Network, recorder: RecorderId) -> Vec<String> {
    let found = network.recorders().get(recorder.0);
    found.map_or(Vec::new(), |found| found.from.parts().iter().map(|part| label(network, part)).collect())
}

/// The series of a recorder of a measure up to `step`, from its `samples`; `None` for other recorders.
pub(super) fn series_of(
    network: &Network,
    recorder: &Recorder,
    samples: &[f64],
    step: u64,
) -> Result<Option<SeriesRecord>> {
    let interval_steps = recorder.interval_steps(network)?;
    let interval = u64::from(interval_steps);
    let parts = recorder.from.parts();
    let (start, stop) = recorder.window(network)?;
    let (quantity, unit, first_step, values) = match recorder.probe {
        Probe::Spikes | Probe::Variable(_) | Probe::Weights(_) | Probe::Sends(_) => return Ok(None),
        Probe::Rate(_) => {
            let whole = (step.min(stop).saturating_sub(start) / interval) as usize;
            let seconds = interval as f64 * network.dt() * 1e-3;
            let rate = |(k, count): (usize, &f64)| count / f64::from(parts[k % parts.len()].count) / seconds;
            let rates = samples.iter().take(whole * parts.len()).enumerate().map(rate).collect();
            ("rate", "spikes/s", start + interval, rates)
        }
        Probe::Bold(_) => {
            let signals = samples.get(recorder.initial_state().len()..).unwrap_or_default();
            ("BOLD", "signal change", start + interval, signals.to_vec())
        }
        Probe::Lfp(lfp) => {
            let (lags, longest) = lfp.lags().map_err(|problem| crate::Error::invalid("recorder", problem))?;
            let first = (start / interval + 1 + longest as u64) * interval;
            ("LFP proxy", "pA", first, lfp_proxy(&lfp, samples, parts.len(), (lags, longest)))
        }
    };
    Ok(Some(SeriesRecord {
        quantity: quantity.into(),
        unit: unit.into(),
        dt_ms: network.dt(),
        interval_steps,
        first_step,
        names: parts.iter().map(|part| label(network, part)).collect(),
        values,
    }))
}

/// The proxy of field potentials, pA: the weighted sum of excitatory and inhibitory currents, each of which counts
/// `lags` rows later; `longest` is the larger lag.
fn lfp_proxy(lfp: &Lfp, samples: &[f64], parts: usize, (lags, longest): ([usize; 2], usize)) -> Vec<f64> {
    let rows = samples.len() / (2 * parts).max(1);
    let at = |row: usize, part: usize, sort: usize| samples[(row - lags[sort]) * 2 * parts + 2 * part + sort];
    let rows = (longest..rows).flat_map(|row| (0..parts).map(move |part| (row, part)));
    rows.map(|(row, part)| at(row, part, 0) + lfp.weight * at(row, part, 1)).collect()
}

/// The sums of the magnitudes of excitatory and of inhibitory currents, pA, row by row and part by part of a selection.
fn sum_currents(network: &Network, recorder: &Recorder, seed: u64, sampled: &BatchSamples) -> Vec<f64> {
    let parts = recorder.from.parts();
    let rows = sampled.first().map_or(0, |(probe, values)| values.len() / probe.ids.len().max(1));
    let mut sums = vec![0.0; rows * 2 * parts.len()];
    for (place, part) in parts.iter().enumerate() {
        let population = &network.populations()[part.population];
        let sorts = Currents::of(population.model.declaration()).into_iter().flatten();
        let field = |variable: usize| {
            let own = |(probe, _): &&(ProbePlan, Vec<f64>)| probe.ids.start == part.first && probe.variable == variable;
            sampled.iter().find(own).map_or(&[][..], |(_, values)| values)
        };
        for (sort, current) in sorts.enumerate() {
            let count = part.count as usize;
            let (values, potentials, reversals) = match current {
                Currents::Variable(variable) => (field(variable), None, Vec::new()),
                Currents::Conductance(conductance, potential, reversal) => {
                    let value = &population.parameters[reversal];
                    let first = part.first - population.first;
                    let of = |i: u32| value.at(i as usize, || population.draws(seed, reversal, i));
                    (field(conductance), Some(field(potential)), (first..first + part.count).map(of).collect())
                }
            };
            for (row, own) in values.chunks(count).enumerate() {
                let one = |(k, value): (usize, &f64)| match potentials {
                    None => value.abs(),
                    Some(potentials) => (value * (potentials[row * count + k] - reversals[k])).abs(),
                };
                sums[row * 2 * parts.len() + 2 * place + sort] = own.iter().enumerate().map(one).sum();
            }
        }
    }
    sums
}
