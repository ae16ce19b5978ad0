//! Plans that share rows: trials of one network, and networks that differ in nothing that their rows depend on.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::network::{Network, Population, Projection};
use crate::number::Fixed;
use crate::plan::unit::{self, Units};
use crate::plan::{Plan, PlanOptions, budget, drive, pairs, populations, probes, segments, store};

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
        let projections = network.projections().to_vec();
        Ok(Footing { seed, dt: network.dt(), populations: grounds(network), projections, units, most })
    }

    /// Whether the networks of two footings have the same rows.
    pub fn shares(&self, other: &Footing) -> bool {
        (self.seed, self.dt, &self.units.units) == (other.seed, other.dt, &other.units.units)
            && self.populations == other.populations
            && self.projections == other.projections
    }

    /// Whether `network` can have it; units aside, which stimuli have a part in.
    fn suits(&self, network: &Network) -> bool {
        self.dt == network.dt() && self.populations == grounds(network) && self.projections == network.projections()
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

fn grounds(network: &Network) -> Vec<Ground> {
    let ground =
        |p: &Population| Ground { size: p.size, model: p.model.declaration().name, positions: p.positions.clone() };
    network.populations().iter().map(ground).collect()
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

    /// The plan of `network`, which has the given footing, over the rows of this one, which is of the network `own`.
    ///
    /// # Errors
    /// A footing that is not of both networks, parameters or draws out of bounds.
    pub fn vary(&self, own: &Network, network: &Network, footing: &Footing, options: &PlanOptions) -> Result<Plan<F>> {
        let units = &footing.units;
        let counts = units.units.iter().eq(self.populations.iter().map(|p| &p.units));
        if footing.seed != self.seed || !counts || !footing.suits(own) || !footing.suits(network) {
            let problem = "its wiring, or what a count of its weights is worth, is not that of the network laid out; \
                           lay it out for itself";
            return Err(Error::Network { place: "trials".into(), problem: problem.into() });
        }
        let mut plan = Plan {
            dynamics: self.seed,
            cell: store::cell::<F>(units, options)?,
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
