//! Measures of whole populations, taken while a network runs: their rates, bin by bin, what follows from these, and their
//! synaptic currents.
//!
//! Sums are made in the order of neurons, whatever the shards, and kept so that a run can stop within a bin.

use crate::error::Result;
use crate::network::{Currents, Lfp, Network, Probe, Recorder, RecorderId};
use crate::plan::ProbePlan;
use crate::record::SeriesRecord;
use crate::simulation::parts::{Columns, label};
use crate::simulation::{Simulation, bold, no_recorder, shift};
use crate::spike::Spike;

/// The samples of a batch of one recorder: the state variables that it looks at, by population and variable.
type Sampled = Vec<(ProbePlan, Vec<f64>)>;

/// Numbers that a batch may sample of neurons whose sums alone are kept.
const ROOM: f64 = 4e6;

impl Simulation {
    /// Steps of a batch at most, so that what is sampled for sums takes little memory.
    pub(super) fn measured_batch(&self) -> u32 {
        let recorders = self.network.recorders();
        let sums = self.probes.iter().filter(|probe| matches!(recorders[probe.recorder].probe, Probe::Lfp(_)));
        let each: f64 = sums.map(|probe| probe.ids.len() as f64 / f64::from(probe.interval)).sum();
        // The sum of nothing is -0, by which one must not divide.
        if each > 0.0 { (ROOM / each).max(1.0) as u32 } else { u32::MAX }
    }

    /// Counts the spikes of a batch of so many steps that ends with the step that is reached, into bins of rates and of BOLD
    /// signals.
    pub(super) fn count_rates(&mut self, spikes: &[Spike], steps: u64) -> Result<()> {
        for (index, recorder) in self.network.recorders().iter().enumerate() {
            let samples = &mut self.recording.samples[index];
            match &recorder.probe {
                Probe::Rate(_) => count_bins(&self.network, recorder, samples, spikes, self.step)?,
                Probe::Bold(bold) => {
                    bold::follow(&self.network, (recorder, bold), samples, spikes, (self.step - steps, self.step))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes the samples of a batch of so many steps, which ends with the step that is reached.
    pub(super) fn take_samples(&mut self, samples: Vec<Vec<f64>>, steps: u64) -> Result<()> {
        let mut sampled: Vec<Sampled> = self.network.recorders().iter().map(|_| Vec::new()).collect();
        for (probe, values) in self.probes.iter().zip(samples) {
            let recorder = &self.network.recorders()[probe.recorder];
            let first_row = (self.step - steps) / u64::from(probe.interval);
            let rows = recorder.rows(&self.network, self.step - steps, self.step)?;
            let [from, to] = [rows.start, rows.end].map(|row| (row - first_row) as usize * probe.ids.len());
            let values = &values[from.min(values.len())..to.min(values.len())];
            let offset = &self.offset[probe.population][probe.variable];
            let first = (probe.ids.start - self.network.populations()[probe.population].first) as usize;
            let values = values.iter().enumerate().map(|(k, v)| v + shift(offset, first + k % probe.ids.len()));
            sampled[probe.recorder].push((probe.clone(), values.collect()));
        }
        for (index, own) in sampled.into_iter().enumerate() {
            match &self.network.recorders()[index].probe {
                Probe::Spikes | Probe::Rate(_) | Probe::Bold(_) | Probe::Weights(_) => {}
                Probe::Variable(_) => {
                    self.recording.samples[index].extend(own.into_iter().flat_map(|(_, values)| values));
                }
                Probe::Lfp(_) => {
                    let sums = currents(&self.network, &self.network.recorders()[index], self.trial.seed.0, &own);
                    self.recording.samples[index].extend(sums);
                }
            }
        }
        Ok(())
    }

    /// The rates (spikes/s), BOLD signals or proxies of field potentials (pA) that a recorder has taken so far, a column for each part
    /// of its selection; of rates the bins that are whole.
    ///
    /// # Errors
    /// A recorder of something else.
    pub fn series(&self, recorder: RecorderId) -> Result<SeriesRecord> {
        let found = self.network.recorders().get(recorder.0).ok_or_else(|| no_recorder(recorder.0))?;
        let samples = &self.recording.samples[recorder.0];
        series_of(&self.network, found, samples, self.step)?.ok_or_else(|| no_recorder(recorder.0))
    }
}

/// Counts spikes until `step` into bins, a number for each part of a selection.
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

/// What the columns of the series of a recorder are called: populations, and ranges of them as "exc[0..80]".
pub fn series_names(network: &Network, recorder: RecorderId) -> Vec<String> {
    let found = network.recorders().get(recorder.0);
    found.map_or(Vec::new(), |found| found.from.parts().iter().map(|part| label(network, part)).collect())
}

/// What a recorder of a measure has taken by `step`; none of other recorders.
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
        Probe::Spikes | Probe::Variable(_) | Probe::Weights(_) => return Ok(None),
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
            ("LFP proxy", "pA", first, weighted(&lfp, samples, parts.len(), (lags, longest)))
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

/// The weighted sums of currents, each as much earlier as it counts later.
fn weighted(lfp: &Lfp, samples: &[f64], parts: usize, (lags, longest): ([usize; 2], usize)) -> Vec<f64> {
    let rows = samples.len() / (2 * parts).max(1);
    let at = |row: usize, part: usize, sort: usize| samples[(row - lags[sort]) * 2 * parts + 2 * part + sort];
    let rows = (longest..rows).flat_map(|row| (0..parts).map(move |part| (row, part)));
    rows.map(|(row, part)| at(row, part, 0) + lfp.weight * at(row, part, 1)).collect()
}

/// Row by row and part by part, the sums of the magnitudes of excitatory and of inhibitory currents, pA.
fn currents(network: &Network, recorder: &Recorder, seed: u64, sampled: &Sampled) -> Vec<f64> {
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
