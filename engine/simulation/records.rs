//! What was recorded, as plain data for files, statistics and pictures.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::network::{Network, Part, Probe, RecorderId};
use crate::record::{Picture, PopulationLabel, SpikeRecord, TraceRecord, raster};
use crate::simulation::{Simulation, no_recorder};
use crate::time::NEVER;

/// What recorders of one trace share: population, variable, interval and window in steps.
type TraceKey = (usize, String, u32, (u64, u64));

impl Simulation {
    /// The spikes of all recorders of spikes together.
    ///
    /// # Errors
    /// Spikes that are streamed.
    pub fn recorded_spikes(&self) -> Result<SpikeRecord> {
        self.spikes_from(self.recorded_populations())
    }

    /// Whose spikes all recorders of spikes together record; nobody's where spikes are only counted.
    pub fn recorded_populations(&self) -> Vec<PopulationLabel> {
        if self.counted_only { Vec::new() } else { self.spike_recorders() }
    }

    /// Whose spikes all recorders of spikes are there for.
    pub(super) fn spike_recorders(&self) -> Vec<PopulationLabel> {
        let recorders = self.network().recorders().iter().filter(|recorder| recorder.probe == Probe::Spikes);
        labels(self.network(), recorders.flat_map(|recorder| recorder.from.parts().iter().copied()).collect())
    }

    /// The spikes of one recorder.
    ///
    /// # Errors
    /// A recorder that does not record spikes, or spikes that are streamed.
    pub fn spikes(&self, recorder: RecorderId) -> Result<SpikeRecord> {
        let found = self.network().recorders().get(recorder.0).filter(|r| r.probe == Probe::Spikes);
        let parts = found.ok_or_else(|| no_recorder(recorder.0))?.from.parts().to_vec();
        self.spikes_from(labels(self.network(), parts))
    }

    /// A picture of the spikes of one recorder.
    ///
    /// # Errors
    /// As [`Simulation::spikes`].
    pub fn raster(&self, recorder: RecorderId) -> Result<Picture> {
        let title = self
            .network()
            .describe(&self.network().recorders().get(recorder.0).ok_or_else(|| no_recorder(recorder.0))?.from);
        raster::draw(&self.spikes(recorder)?, &title)
    }

    fn spikes_from(&self, labels: Vec<PopulationLabel>) -> Result<SpikeRecord> {
        self.check_kept()?;
        let network = self.network();
        let within = |id: u32| {
            let after = labels.partition_point(|label| label.first <= id);
            after.checked_sub(1).is_some_and(|at| id - labels[at].first < labels[at].size)
        };
        let kept = self.all_spikes().iter().filter(|(_, id)| within(*id));
        let (steps, ids): (Vec<u32>, Vec<u32>) = kept.copied().unzip();
        let record = SpikeRecord::new(network.dt(), self.time_ms(), labels, steps, ids)?;
        Ok(if self.window == (0, NEVER) { record } else { record.within(self.window) })
    }

    /// The traces of all recorders of state variables; those of one variable of one population with one interval and one
    /// window together.
    ///
    /// # Errors
    /// None that a user can cause.
    pub fn recorded_traces(&self) -> Result<Vec<TraceRecord>> {
        let network = self.network();
        let mut groups: BTreeMap<TraceKey, Vec<usize>> = BTreeMap::new();
        for (index, recorder) in network.recorders().iter().enumerate() {
            let Probe::Variable(variable) = &recorder.probe else { continue };
            let population = recorder.from.parts().first().map_or(0, |part| part.population);
            let interval = recorder.interval_steps(network)?;
            let window = recorder.window(network)?;
            groups.entry((population, variable.name.clone(), interval, window)).or_default().push(index);
        }
        let trace = |((p, variable, interval, (start, _)), group): (TraceKey, Vec<usize>)| {
            trace(self, p, variable, (interval, start), &group)
        };
        groups.into_iter().map(trace).collect()
    }
}

/// Whose spikes are recorded: whole populations by name, ranges of them as "exc[0..80]".
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
        let name = if whole { population.name.clone() } else { format!("{}[{low}..{high}]", population.name) };
        let names = population.names.as_ref().map(|names| names[low as usize..high as usize].to_vec());
        let part_of = (!whole).then(|| (population.name.clone(), low));
        PopulationLabel { name, first, size: end - first, part_of, names }
    };
    ranges.into_iter().map(label).collect()
}

/// The recorders `group` of one variable of population `p` as one trace, by interval and start in steps.
fn trace(
    simulation: &Simulation,
    p: usize,
    variable: String,
    (interval, start): (u32, u64),
    group: &[usize],
) -> Result<TraceRecord> {
    let network = simulation.network();
    let population = &network.populations()[p];
    let declared = population.model.declaration().state.iter().find(|v| v.name == variable);
    let mut neurons = Vec::new();
    let mut columns = Vec::new();
    for &index in group {
        let from = &network.recorders()[index].from;
        neurons.extend((0..from.len()).map(|i| from.id(i) - population.first));
        columns.push((simulation.samples(RecorderId(index))?, from.len() as usize));
    }
    let rows = columns.iter().map(|(samples, width)| samples.len() / width.max(&1)).min().unwrap_or(0);
    let mut samples = Vec::with_capacity(rows * neurons.len());
    for row in 0..rows {
        columns.iter().for_each(|(values, width)| samples.extend_from_slice(&values[row * width..(row + 1) * width]));
    }
    let names = population.names.as_ref().map(|names| neurons.iter().map(|&i| names[i as usize].clone()).collect());
    Ok(TraceRecord {
        population: population.name.clone(),
        variable,
        unit: declared.map_or("", |v| v.unit).to_owned(),
        interval_steps: interval,
        dt_ms: network.dt(),
        neurons,
        names,
        samples,
        first_step: (start / u64::from(interval) + 1) * u64::from(interval),
    })
}
