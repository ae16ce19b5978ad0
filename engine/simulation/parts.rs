//! The parts of a recorder's selection: their names, and which of them a neuron belongs to.

use crate::network::{Network, Part, Projection, Recorder};

/// Finds the part of a recorder's selection, and so the column of its samples, that a neuron belongs to.
pub(super) struct Columns {
    /// Parts with their columns, sorted by global id.
    parts: Vec<(Part, usize)>,
}

impl Columns {
    /// The columns of a recorder, one for each part of its selection in order.
    pub(super) fn of(recorder: &Recorder) -> Columns {
        let mut parts: Vec<(Part, usize)> = recorder.from.parts().iter().copied().zip(0..).collect();
        parts.sort_by_key(|(part, _)| part.first);
        Columns { parts }
    }

    /// The column of the neuron with global id `id`; `None` for a neuron that is not selected.
    pub(super) fn find(&self, id: u32) -> Option<usize> {
        let after = self.parts.partition_point(|(part, _)| part.first <= id);
        let own = after.checked_sub(1).map(|at| self.parts[at]).filter(|(part, _)| id - part.first < part.count);
        own.map(|(_, column)| column)
    }
}

/// The name of a part: that of the population, or "exc[0..80]" for some of its neurons.
pub(super) fn label(network: &Network, part: &Part) -> String {
    let population = &network.populations()[part.population];
    let low = part.first - population.first;
    match part.count == population.size {
        true => population.name.clone(),
        false => format!("{}[{low}..{}]", population.name, low + part.count),
    }
}

/// The sources and targets of a projection, such as "exc -> inh".
pub(super) fn ends(projection: &Projection, network: &Network) -> String {
    format!("{} -> {}", network.describe(&projection.from), network.describe(&projection.to))
}
