//! The memory of synapses that learn, predicted before they are laid out.

use crate::network::{Domains, Value};
use crate::plan::connectivity::procedural::Connectivity;
use crate::plan::plastic::RECENT;
use crate::plan::resolve::Resolved;

/// The number of synapses that learn, and their memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct PlasticMemory {
    /// Number of synapses.
    pub synapses: u64,
    /// Size of rows, which trials share, bytes.
    pub rows: u64,
    /// Size of the states of one trial, bytes.
    pub state: u64,
}

impl PlasticMemory {
    /// The memory of all projections that learn, where a number has `size` bytes, in `shards` shards.
    pub(crate) fn of<F>(
        network: &Resolved<'_>,
        connectivity: &Connectivity<F>,
        size: u64,
        shards: u64,
    ) -> PlasticMemory {
        let mut memory = PlasticMemory::default();
        for (own, drawn) in network.projections.iter().zip(&connectivity.projections) {
            let Some(plasticity) = own.declared.synapse.model.plasticity() else { continue };
            let (rule, text) = (&plasticity.rule, plasticity.rule.text());
            let (first, last) = drawn.delay_range();
            let each = |different: bool, bytes: u64| if different { bytes } else { 0 };
            let differ = !plasticity.parameters.iter().all(Value::is_constant);
            let derived = each(differ, text.derive.outputs.len() as u64);
            let drawn_starts = plasticity.start.iter().flatten().filter(|value| !value.is_constant()).count() as u64
                + u64::from(!own.declared.synapse.weight.is_constant());
            memory.synapses += drawn.synapses;
            memory.rows += drawn.synapses * (4 + each(first != last, 2) + 8 * (derived + drawn_starts));
            let updated = each(rule.keeps_time(), 4);
            memory.state += drawn.synapses * (text.state.len() as u64 * size + derived * size + updated);
            let (sources, targets) = (u64::from(own.declared.from.len()), u64::from(own.declared.to.len()));
            memory.rows += shards * 4 * sources;
            memory.state += shards * sources * (4 + size * rule.source_start().len() as u64);
            memory.state += targets * (LATER + RECENT as u64 * (4 + size * rule.target_start().len() as u64));
            if let Some(modulator) = plasticity.modulator.as_ref().filter(|own| own.domains != Domains::All) {
                let modulators = modulator.from.len();
                memory.rows += 8 * targets + 8 * u64::from(modulators);
                memory.state += shards * LIST * u64::from(modulator.domains.at_most(modulators, targets as u32));
            }
        }
        memory
    }
}

/// Size of a list of a few steps, bytes.
const LIST: u64 = 24 + 4 * 4;
/// Size of the list of a target's spikes that its synapses have yet to see, without the most recent ones, bytes.
const LATER: u64 = 48;
