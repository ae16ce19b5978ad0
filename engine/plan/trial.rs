//! Plans that share rows: trials of one network, and networks that differ in nothing that their rows depend on.

use std::sync::Arc;

use crate::error::Result;
use crate::network::{Network, Projection};
use crate::number::Fixed;
use crate::plan::unit::{self, Units};
use crate::plan::{Plan, PlanOptions, budget, cell, drive, pairs, populations, probes, segments};

/// All that the rows of a network depend on: networks of one footing share them, whatever else is different.
///
/// Rows hold weights in counts, so the value of a count is part of it: a stimulus that is so much stronger that sums
/// need a coarser unit makes another footing.
#[derive(Debug, Clone)]
pub struct Footing {
    seed: u64,
    dt: f64,
    populations: Vec<Ground>,
    projections: Vec<Projection>,
    units: Units,
    /// The most spikes that a neuron of each population can emit in one step.
    most: Vec<u32>,
}

/// What rows depend on of a population.
#[derive(Debug, Clone, PartialEq)]
struct Ground {
    size: u32,
    model: &'static str,
    positions: Option<Arc<[[f64; 3]]>>,
}

impl Footing {
    /// The footing of `network` where sums are of `F`.
    ///
    /// # Errors
    /// Lists that do not fit into memory, weights that cannot be summed, parameters out of bounds.
    pub fn new<F: Fixed>(network: &Network, seed: u64, options: &PlanOptions) -> Result<Footing> {
        budget::check_lists(network, options)?;
        let most = unit::most_emitted(network)?;
        let units = unit::units::<F>(network, seed, &most, &pairs::all(network, seed))?;
        populations(network, units.units.clone(), &most, seed)?;
        let ground = network.populations().iter().map(|p| Ground {
            size: p.size,
            model: p.model.declaration().name,
            positions: p.positions.clone(),
        });
        let projections = network.projections().to_vec();
        Ok(Footing { seed, dt: network.dt(), populations: ground.collect(), projections, units, most })
    }

    /// Whether the networks of two footings have the same rows.
    pub fn shares(&self, other: &Footing) -> bool {
        (self.seed, self.dt, &self.units.units) == (other.seed, other.dt, &other.units.units)
            && self.populations == other.populations
            && self.projections == other.projections
    }

    /// The numbers of footings that share rows, group by group, in the order of their first members.
    pub fn groups(footings: &[Footing]) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (index, footing) in footings.iter().enumerate() {
            match groups.iter_mut().find(|group| footings[group[0]].shares(footing)) {
                Some(group) => group.push(index),
                None => groups.push(vec![index]),
            }
        }
        groups
    }
}

impl<F: Fixed> Plan<F> {
    /// The same network, with the initial states and the Poisson trains of another seed.
    ///
    /// # Errors
    /// A distribution of initial states that gives nothing in its range.
    pub fn reseed(&mut self, network: &Network, dynamics: u64) -> Result<()> {
        if self.dynamics == dynamics {
            return Ok(());
        }
        self.dynamics = dynamics;
        for shard in 0..self.shards.len() {
            for at in 0..self.shards[shard].segments.len() {
                let segment = &self.shards[shard].segments[at];
                let (index, first, count) = (segment.population, segment.first, segment.count);
                if network.populations()[index].starts_at_random() {
                    let state = segments::segment(network, self, index, first..first + count)?.state;
                    self.shards[shard].segments[at].state = state;
                }
            }
        }
        Ok(())
    }

    /// The plan of `network`, whose footing shares rows with that of the network of this one.
    ///
    /// # Errors
    /// Parameters or draws out of bounds.
    pub fn vary(&self, network: &Network, footing: &Footing, options: &PlanOptions) -> Result<Plan<F>> {
        let units = &footing.units;
        let mut plan = Plan {
            dynamics: self.seed,
            cell: options.cell.unwrap_or_else(|| cell::<F>(units)),
            populations: populations(network, units.units.clone(), &footing.most, self.seed)?,
            poisson: drive::poisson(network)?,
            currents: drive::currents(network)?,
            probes: probes(network)?,
            weight_error: units.error,
            ..self.clone()
        };
        let cuts = self.shards.iter().map(|shard| shard.ids.clone()).collect();
        let rows = self.shards.iter().map(|shard| shard.rows.clone()).collect();
        plan.shards = segments::shards(network, &plan, cuts, rows, 1)?;
        plan.count_weight_error();
        Ok(plan)
    }
}
