//! What perturbations change in a shard: neurons whose spikes do not leave, variables that are held, derived values by
//! time, connections that are cut.
//!
//! A connection that is cut is still delivered, and so is its weight with the opposite sign: sums are integers, so that
//! nothing of it is left, whatever the rows.

use std::ops::Range;
use std::sync::Arc;

use crate::network::Selection;
use crate::plan::ReachingSince;

/// Neurons of a slice whose spikes do not leave.
#[derive(Debug, Clone)]
pub struct Silence {
    /// The steps in which they do not.
    pub steps: Range<u64>,
    /// Global ids of the neurons.
    pub ids: Range<u32>,
}

/// Neurons of a slice of which a variable is held.
#[derive(Debug, Clone)]
pub struct Clamp {
    /// The steps in which it is held.
    pub steps: Range<u64>,
    /// The neurons, by their indices in the slice.
    pub neurons: Range<u32>,
    /// Index of the state variable.
    pub variable: usize,
    /// The values, as stored, one per neuron.
    pub values: Vec<f64>,
}

/// Derived values of a slice from a step on.
#[derive(Debug, Clone)]
pub struct DerivedFrom {
    /// The first step.
    pub step: u64,
    /// The values field by field, one per neuron; one allocation where the same ones are in force several times.
    pub derived: Arc<Vec<f64>>,
}

/// The perturbations of a slice.
#[derive(Debug, Clone, Default)]
pub struct Perturbed {
    /// Neurons whose spikes do not leave.
    pub silences: Vec<Silence>,
    /// Variables that are held; of two the later holds.
    pub clamps: Vec<Clamp>,
    /// Derived values by time, rising; empty where they do not change.
    pub derived: Vec<DerivedFrom>,
    /// Couplings by time, rising; empty where they do not change.
    pub couplings: Vec<ReachingSince>,
}

impl Perturbed {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        [self.silences.len(), self.clamps.len(), self.derived.len(), self.couplings.len()] == [0; 4]
    }
}

/// Connections of a shard that are cut.
#[derive(Debug, Clone)]
pub struct Cut<F> {
    /// Steps whose spikes do not pass.
    pub steps: Range<u64>,
    /// The synapses, sorted by delay and source.
    pub synapses: Vec<CutSynapse<F>>,
    /// The delays, rising, and the ranges of their synapses.
    pub delays: Vec<(u32, Range<usize>)>,
}

/// Connections that learn and are cut: all synapses between given ends, which send nothing meanwhile.
#[derive(Debug, Clone)]
pub struct PlasticCut {
    /// Steps whose spikes do not pass.
    pub steps: Range<u64>,
    /// Sources.
    pub of: Selection,
    /// Targets.
    pub to: Selection,
}

/// A synapse that is cut.
#[derive(Debug, Clone, Copy)]
pub struct CutSynapse<F> {
    /// Delay, steps.
    pub delay: u32,
    /// Global id of the source.
    pub source: u32,
    /// Input accumulator in the shard.
    pub accumulator: u32,
    /// Its weight with the opposite sign, in counts.
    pub weight: F,
}

impl<F> Cut<F> {
    /// The cut of `synapses`, in whatever order, in `steps`.
    pub(crate) fn new(steps: Range<u64>, mut synapses: Vec<CutSynapse<F>>) -> Cut<F> {
        synapses.sort_by_key(|synapse| (synapse.delay, synapse.source));
        let mut delays = Vec::new();
        for same in synapses.chunk_by(|a, b| a.delay == b.delay) {
            let from = delays.last().map_or(0, |(_, range): &(u32, Range<usize>)| range.end);
            delays.push((same[0].delay, from..from + same.len()));
        }
        Cut { steps, synapses, delays }
    }

    /// The synapses of `source` in `range`, that of one delay.
    pub fn of(&self, range: &Range<usize>, source: u32) -> &[CutSynapse<F>] {
        let own = &self.synapses[range.clone()];
        let from = own.partition_point(|synapse| synapse.source < source);
        let many = own[from..].partition_point(|synapse| synapse.source == source);
        &own[from..from + many]
    }
}
