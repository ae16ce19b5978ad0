//! `weights-<n>.csv`: the synapses of projection n that learn as they are at the end of a run, in the columns that
//! `file = ...` of `[[projection]]` reads.

use std::io::Write;
use std::path::Path;

use neuropil::device::PlasticSynapses;
use neuropil::files::atomic_write;
use neuropil::network::Selection;
use neuropil::simulation::Simulation;
use neuropil::time::Grid;
use neuropil::{Error, Result};
use serde::Serialize;

/// What a projection has learned, for the summary.
#[derive(Debug, Serialize)]
pub struct Learned {
    /// Its place in the network, from 0.
    projection: usize,
    /// From whom to whom.
    pub place: String,
    /// The model of its synapses.
    pub synapse: String,
    pub synapses: usize,
    pub mean: Option<f64>,
    pub sd: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// The table beside the summary.
    pub file: String,
}

/// The synapses of a projection, for its table.
pub struct Table {
    from: Selection,
    to: Selection,
    grid: Grid,
    weight: usize,
    synapses: PlasticSynapses,
}

/// All projections that learn.
///
/// # Errors
/// A device that fails.
pub fn learned(simulation: &mut Simulation) -> Result<Vec<(Learned, Table)>> {
    let grid = simulation.network().grid();
    let mut all = Vec::new();
    for projection in 0..simulation.network().projections().len() {
        let own = simulation.network().projections()[projection].clone();
        let Some(plasticity) = own.synapse.model.plasticity() else { continue };
        let synapses = simulation.synapses(projection)?;
        let place = own.place(simulation.network());
        let place = place.strip_prefix("projection ").map_or(place.clone(), str::to_owned);
        let weight = plasticity.rule.weight();
        let facts = Learned::new(projection, place, own.synapse.model.name(), &synapses.state[weight]);
        all.push((facts, Table { from: own.from, to: own.to, grid, weight, synapses }));
    }
    Ok(all)
}

impl Learned {
    fn new(projection: usize, place: String, synapse: &str, weights: &[f64]) -> Learned {
        let n = weights.len() as f64;
        let mean = weights.iter().sum::<f64>() / n;
        let variance = weights.iter().map(|w| (w - mean) * (w - mean)).sum::<f64>() / n;
        let some = |value: f64| Some(value).filter(|value| value.is_finite());
        Learned {
            projection,
            place,
            synapse: synapse.to_owned(),
            synapses: weights.len(),
            mean: some(mean),
            sd: some(variance.sqrt()),
            min: some(weights.iter().copied().fold(f64::INFINITY, f64::min)),
            max: some(weights.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
            file: format!("weights-{projection}.csv"),
        }
    }
}

impl Table {
    /// Writes it.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let index = |selection: &Selection, id: u32| {
            selection.index_of(id).ok_or_else(|| Error::Internal(format!("neuron {id} is not of its projection")))
        };
        let PlasticSynapses { sources, targets, delays, state } = &self.synapses;
        let mut lines = Vec::with_capacity(sources.len());
        for (k, (&source, &target)) in sources.iter().zip(targets).enumerate() {
            lines.push((index(&self.from, source)?, index(&self.to, target)?, k));
        }
        atomic_write(path, |file| {
            writeln!(file, "source,target,weight,delay_ms")?;
            for (source, target, k) in &lines {
                let delay = self.grid.time(u64::from(delays[*k]));
                writeln!(file, "{source},{target},{},{delay}", state[self.weight][*k])?;
            }
            Ok(())
        })
    }
}
