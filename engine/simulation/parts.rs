//! The parts of a recorder's selection: what they are called, and in which of them a neuron is.

use crate::network::{Network, Part, Recorder};

/// Which part of a recorder's selection a neuron is in.
pub(super) struct Columns(Vec<(Part, usize)>);

impl Columns {
    pub fn of(recorder: &Recorder) -> Columns {
        let mut parts: Vec<(Part, usize)> = recorder.from.parts().iter().copied().zip(0..).collect();
        parts.sort_by_key(|(part, _)| part.first);
        Columns(parts)
    }

    pub fn find(&self, id: u32) -> Option<usize> {
        let after = self.0.partition_point(|(part, _)| part.first <= id);
        let own = after.checked_sub(1).map(|at| self.0[at]).filter(|(part, _)| id - part.first < part.count);
        own.map(|(_, column)| column)
    }
}

/// A population by its name, a range of one as "exc[0..80]".
pub(super) fn label(network: &Network, part: &Part) -> String {
    let population = &network.populations()[part.population];
    let low = part.first - population.first;
    match part.count == population.size {
        true => population.name.clone(),
        false => format!("{}[{low}..{}]", population.name, low + part.count),
    }
}
