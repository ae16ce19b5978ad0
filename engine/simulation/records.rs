//! The records of a simulation, as plain data for files, statistics and pictures.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::error::Result;
use crate::network::{Network, Part, Probe, RecorderId};
use crate::record::{PopulationLabel, SendRecord, SeriesRecord, SpikeRecord, TraceRecord, WeightRecord};
use crate::simulation::measures::series_of;
use crate::simulation::parts;
use crate::simulation::recording::SpikeStorage;
use crate::simulation::{Simulation, no_recorder, sending, watched};
use crate::spike::Spike;
use crate::time::NEVER;

/// What the recorders of one trace have in common: population, variable, interval and window in steps.
type TraceKey = (usize, String, u32, (u64, u64));

/// The records of a simulation that has ended.
#[derive(Debug)]
pub struct Recorded {
    /// The spikes of all recorders of spikes together; `None` where they are streamed or only counted.
    pub spikes: Option<SpikeRecord>,
    /// The traces of all recorders of state variables.
    pub traces: Vec<TraceRecord>,
    /// For each recorder, its series of rates, BOLD or field potentials; `None` for other recorders.
    pub series: Vec<Option<SeriesRecord>>,
    /// The weights of all recorders of weights, in the order of the recorders.
    pub weights: Vec<WeightRecord>,
    /// What the synapses of all recorders of sent spikes have sent, in the order of the recorders.
    pub sends: Vec<SendRecord>,
}

impl Simulation {
    /// Ends the simulation and gives its records. The memory of its synapses and neurons is freed first, for statistics
    /// and pictures.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::Error::Internal) alone.
    pub fn into_recorded(self) -> Result<Recorded> {
        let kept = self.recording.check_kept().is_ok();
        let labels = self.recorded_populations();
        let ended = (self.time_ms(), self.recording.window);
        drop((self.player, self.out_degrees, self.offset, self.recording.recent));
        let network = &self.network;
        let spikes =
            if kept { Some(spikes_of(network, labels, ended, self.recording.spikes.into_iter())?) } else { None };
        let mut samples = self.recording.samples;
        let measured = network.recorders().iter().zip(&samples);
        let series = measured.map(|(recorder, samples)| series_of(network, recorder, samples, self.step));
        let series = series.collect::<Result<_>>()?;
        let weights = watched::weight_records(network, &self.watched, &mut samples);
        let sends = sending::send_records(network, &self.sending, &samples);
        let traces = traces_of(network, |recorder| Ok(Cow::Owned(std::mem::take(&mut samples[recorder]))))?;
        Ok(Recorded { spikes, traces, series, weights, sends })
    }

    /// The spikes of all recorders of spikes together.
    ///
    /// # Errors
    /// Spikes that are streamed or only counted.
    pub fn recorded_spikes(&self) -> Result<SpikeRecord> {
        self.spikes_from(self.recorded_populations())
    }

    /// The populations, or parts of them, that all recorders of spikes together record; empty where spikes are only
    /// counted.
    pub fn recorded_populations(&self) -> Vec<PopulationLabel> {
        if self.recording.storage == SpikeStorage::Counted { Vec::new() } else { self.populations_of_spike_recorders() }
    }

    /// The populations, or parts of them, of all recorders of spikes together, however spikes are stored.
    pub(super) fn populations_of_spike_recorders(&self) -> Vec<PopulationLabel> {
        let recorders = self.network().recorders().iter().filter(|recorder| recorder.probe == Probe::Spikes);
        labels(self.network(), recorders.flat_map(|recorder| recorder.from.parts().iter().copied()).collect())
    }

    /// The spikes of one recorder.
    ///
    /// # Errors
    /// A recorder that does not record spikes, or spikes that are streamed or only counted.
    pub fn spikes(&self, recorder: RecorderId) -> Result<SpikeRecord> {
        let found = self.network().recorders().get(recorder.0).filter(|r| r.probe == Probe::Spikes);
        let parts = found.ok_or_else(|| no_recorder(recorder.0))?.from.parts().to_vec();
        self.spikes_from(labels(self.network(), parts))
    }

    /// The spikes of these populations.
    fn spikes_from(&self, labels: Vec<PopulationLabel>) -> Result<SpikeRecord> {
        self.recording.check_kept()?;
        spikes_of(self.network(), labels, (self.time_ms(), self.recording.window), self.all_spikes().iter().copied())
    }

    /// The traces of all recorders of state variables; recorders of the same variable and population with the same
    /// interval and window make one trace.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::Error::Internal) alone.
    pub fn recorded_traces(&self) -> Result<Vec<TraceRecord>> {
        traces_of(self.network(), |recorder| self.samples(RecorderId(recorder)).map(Cow::Borrowed))
    }
}

/// A record of those of `spikes` that are of the populations `labels`, in a run that ended at `ended` ms and recorded
/// the steps of `window`.
fn spikes_of(
    network: &Network,
    labels: Vec<PopulationLabel>,
    (ended, window): (f64, (u64, u64)),
    spikes: impl Iterator<Item = Spike>,
) -> Result<SpikeRecord> {
    let within = |id: u32| {
        let after = labels.partition_point(|label| label.first <= id);
        after.checked_sub(1).is_some_and(|at| id - labels[at].first < labels[at].size)
    };
    let (steps, ids): (Vec<u32>, Vec<u32>) = spikes.filter(|s| within(s.id)).map(|s| (s.step, s.id)).unzip();
    let record = SpikeRecord::new(network.dt(), ended, labels, steps, ids)?;
    Ok(if window == (0, NEVER) { record } else { record.within(window) })
}

/// The traces of all recorders of state variables; `samples` gives those of the recorder with an index.
fn traces_of<'a>(
    network: &Network,
    mut samples: impl FnMut(usize) -> Result<Cow<'a, [f64]>>,
) -> Result<Vec<TraceRecord>> {
    let mut groups: BTreeMap<TraceKey, Vec<usize>> = BTreeMap::new();
    for (index, recorder) in network.recorders().iter().enumerate() {
        let Probe::Variable(variable) = &recorder.probe else { continue };
        let population = recorder.from.parts().first().map_or(0, |part| part.population);
        let interval = recorder.interval_steps(network)?;
        let window = recorder.window(network)?;
        groups.entry((population, variable.name.clone(), interval, window)).or_default().push(index);
    }
    let mut traces = Vec::new();
    for ((p, variable, interval, (start, _)), group) in groups {
        let own = group.iter().map(|&recorder| samples(recorder)).collect::<Result<_>>()?;
        traces.push(trace(network, p, variable, (interval, start), (&group, own)));
    }
    Ok(traces)
}

/// The labels of parts of populations, without overlaps and sorted by global id: populations by name, parts of them as
/// "exc[0..80]".
fn labels(network: &Network, mut parts: Vec<Part>) -> Vec<PopulationLabel> {
    parts.sort_by_key(|part| (part.first, part.count));
    let mut ranges: Vec<(usize, u32, u32)> = Vec::new();
    for part in parts {
        let end = part.first + part.count;
        match ranges.last_mut() {
            Some((population, _, last)) if *population == part.population && part.first <= *last => {
                *last = end.max(*last)
            }
            _ => ranges.push((part.population, part.first, end)),
        }
    }
    let label = |(index, first, end): (usize, u32, u32)| {
        let population = &network.populations()[index];
        let (low, high) = (first - population.first, end - population.first);
        let whole = high - low == population.size;
        let name = parts::label(network, &Part { population: index, first, count: end - first });
        let names = population.names.as_ref().map(|names| names[low as usize..high as usize].to_vec());
        let part_of = (!whole).then(|| (population.name.clone(), low));
        PopulationLabel { name, first, size: end - first, part_of, names }
    };
    ranges.into_iter().map(label).collect()
}

/// One trace of a variable of population `p` from its recorders `group` and their samples; interval and start in steps.
fn trace(
    network: &Network,
    p: usize,
    variable: String,
    (interval, start): (u32, u64),
    (group, mut samples): (&[usize], Vec<Cow<'_, [f64]>>),
) -> TraceRecord {
    let population = &network.populations()[p];
    let declared = population.model.declaration().state.iter().find(|v| v.name == variable);
    let from = |&recorder: &usize| &network.recorders()[recorder].from;
    let neurons: Vec<u32> =
        group.iter().map(from).flat_map(|from| (0..from.len()).map(|i| from.id(i) - population.first)).collect();
    let samples = if samples.len() == 1 {
        samples.swap_remove(0).into_owned()
    } else {
        let columns = || samples.iter().zip(group).map(|(samples, recorder)| (samples, from(recorder).len() as usize));
        let rows = columns().map(|(samples, width)| samples.len() / width.max(1)).min().unwrap_or(0);
        let mut joined = Vec::with_capacity(rows * neurons.len());
        for row in 0..rows {
            columns().for_each(|(values, width)| joined.extend_from_slice(&values[row * width..(row + 1) * width]));
        }
        joined
    };
    let names = population.names.as_ref().map(|names| neurons.iter().map(|&i| names[i as usize].clone()).collect());
    TraceRecord {
        population: population.name.clone(),
        variable,
        unit: declared.map_or("", |v| v.unit).to_owned(),
        interval_steps: interval,
        dt_ms: network.dt(),
        neurons,
        names,
        samples,
        first_step: (start / u64::from(interval) + 1) * u64::from(interval),
    }
}
