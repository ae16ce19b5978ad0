//! Gradients in the order in which a network lists its synapses.

use crate::error::{Error, Result};
use crate::number::Number;
use crate::plan::connectivity::explicit;
use crate::plan::connectivity::generate_row::Row;
use crate::plan::connectivity::procedural::Connectivity;
use crate::plan::resolve::Resolved;
use crate::train::events::grid::gradient::GridGradient;
use crate::train::events::grid::laid::Laid;

/// The gradient of the synapses of one projection, one entry each: of listed pairs in their order, else source by source as
/// they are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectionGradient<R> {
    /// Global ids of the sources.
    pub sources: Vec<u32>,
    /// Global ids of the targets.
    pub targets: Vec<u32>,
    /// By the weight, 1/pA.
    pub weights: Vec<R>,
    /// By the delay, 1/ms.
    pub delays: Vec<R>,
}

/// A gradient by projections, in the order of the network.
///
/// # Errors
/// A gradient of another network.
pub(super) fn by_projection<R: Number>(
    laid: &Laid<R>,
    gradient: &GridGradient<R>,
) -> Result<Vec<ProjectionGradient<R>>> {
    let plan = &laid.plan;
    let stored: usize = plan.shards.iter().map(|shard| shard.rows.len()).sum();
    if gradient.weights.len() != stored || gradient.delays.len() != stored {
        let problem = format!("it has {} weights, and the network {stored} synapses", gradient.weights.len());
        return Err(Error::invalid("gradient", problem));
    }
    let network = Resolved::new(&laid.network)?;
    let units: Vec<Vec<f64>> = plan.populations.iter().map(|p| p.units.clone()).collect();
    let pairs = explicit::all(&network, laid.seed);
    let connectivity = Connectivity::<R::Fixed>::new(&network, laid.seed, &units, pairs)?;
    let mut found: Vec<ProjectionGradient<R>> = laid.network.projections().iter().map(empty).collect();
    let mut next = vec![vec![0usize; plan.blocks as usize]; plan.shards.len()];
    let before: Vec<usize> =
        plan.shards.iter().scan(0, |sum, shard| Some(std::mem::replace(sum, *sum + shard.rows.len()))).collect();
    let mut row = Row::default();
    for source in 0..plan.neurons {
        for (next, shard) in next.iter_mut().zip(&plan.shards) {
            let first = (source * plan.blocks) as usize;
            let starts = shard.rows.topology.offsets.get(first..first + plan.blocks as usize).unwrap_or_default();
            next.iter_mut().zip(starts).for_each(|(next, start)| *next = *start as usize);
        }
        for (projection, own) in connectivity.projections.iter().zip(&mut found) {
            let Some(s) = projection.from.index_of(source) else { continue };
            row.clear();
            projection.draw(s, source, &(0..u32::MAX), &mut row);
            let numbers = projection.numbers_of(s, source);
            for i in 0..row.targets.len() {
                let (target, delay) = (row.targets[i], row.delays[i]);
                let shard = plan.shards.partition_point(|shard| shard.ids.end <= target);
                let at = &mut next[shard][((delay - plan.min_delay) / plan.block) as usize];
                let place = before[shard] + *at;
                *at += 1;
                let number = numbers.as_ref().map(|numbers| numbers[i] as usize);
                own.put(number, (source, target), gradient.weights[place], gradient.delays[place]);
            }
        }
    }
    Ok(found)
}

/// A gradient of as many pairs as are listed, or of none yet.
fn empty<R: Number>(projection: &crate::network::Projection) -> ProjectionGradient<R> {
    let Some(list) = projection.rule.explicit_pairs() else {
        return ProjectionGradient { sources: vec![], targets: vec![], weights: vec![], delays: vec![] };
    };
    let ids = |indices: &[u32], of: &crate::network::Selection| indices.iter().map(|&i| of.id(i)).collect();
    let none = vec![R::of(0.0); list.targets.len()];
    ProjectionGradient {
        sources: ids(&list.sources, &projection.from),
        targets: ids(&list.targets, &projection.to),
        weights: none.clone(),
        delays: none,
    }
}

impl<R: Number> ProjectionGradient<R> {
    fn put(&mut self, number: Option<usize>, (source, target): (u32, u32), weight: R, delay: R) {
        match number {
            Some(number) if number < self.weights.len() => {
                (self.weights[number], self.delays[number]) = (weight, delay);
            }
            _ => {
                self.sources.push(source);
                self.targets.push(target);
                self.weights.push(weight);
                self.delays.push(delay);
            }
        }
    }
}
