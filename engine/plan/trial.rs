//! Plans that share rows: trials of one network, and networks that differ in nothing that rows depend on.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::network::{Network, Population, Projection};
use crate::number::Fixed;
use crate::plan::connectivity::explicit;
use crate::plan::cost::budget;
use crate::plan::fixed_point::{self, Scales};
use crate::plan::resolve::Resolved;
use crate::plan::storage::{choose, partition};
use crate::plan::{CouplingPlan, Plan, PlanOptions, populations};

/// All that the rows of a network depend on: networks with equal keys share rows, whatever else is different.
///
/// Rows hold weights in counts, so the values of a count are part of it: a stimulus that is so much stronger that sums
/// need a coarser unit makes another key.
#[derive(Debug, Clone)]
pub struct ConnectivityKey {
    seed: u64,
    dt: f64,
    populations: Vec<PopulationKey>,
    projections: Vec<Projection>,
    units: Scales,
}

/// All of a population that rows depend on.
#[derive(Debug, Clone, PartialEq)]
struct PopulationKey {
    size: u32,
    model: &'static str,
    positions: Option<Arc<[[f64; 3]]>>,
}

impl ConnectivityKey {
    /// The key of `network` with `seed`, where sums are of type `F`.
    ///
    /// # Errors
    /// Lists that do not fit into memory, weights that cannot be summed, parameters out of bounds.
    pub fn of<F: Fixed>(network: &Network, seed: u64, options: &PlanOptions) -> Result<ConnectivityKey> {
        let network = Resolved::new(network)?;
        budget::check_lists(&network, options)?;
        let units = fixed_point::units::<F>(&network, seed, &explicit::all(&network, seed))?;
        populations(&network, units.units.clone(), seed)?;
        let projections = network.projections.iter().map(|projection| projection.declared.clone()).collect();
        let (dt, populations) = (network.grid.dt(), population_keys(network.populations));
        Ok(ConnectivityKey { seed, dt, populations, projections, units })
    }

    /// Whether the networks of two keys have the same rows.
    pub fn shares(&self, other: &ConnectivityKey) -> bool {
        (self.seed, self.dt, &self.units.units) == (other.seed, other.dt, &other.units.units)
            && self.populations == other.populations
            && self.projections == other.projections
    }

    /// Whether `network` can have this key, apart from units, which depend on stimuli, too.
    fn suits(&self, network: &Resolved<'_>) -> bool {
        self.dt == network.grid.dt()
            && self.populations == population_keys(network.populations)
            && self.projections.iter().eq(network.projections.iter().map(|projection| projection.declared))
    }

    /// The indices of `keys`, grouped by keys that share rows; groups are in the order of their first members.
    pub fn groups(keys: &[ConnectivityKey]) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            match groups.iter_mut().find(|group| keys[group[0]].shares(key)) {
                Some(group) => group.push(index),
                None => groups.push(vec![index]),
            }
        }
        groups
    }
}

/// What rows depend on, population by population.
fn population_keys(populations: &[Population]) -> Vec<PopulationKey> {
    let population_key = |p: &Population| PopulationKey {
        size: p.size,
        model: p.model.declaration().name,
        positions: p.positions.clone(),
    };
    populations.iter().map(population_key).collect()
}

impl<F: Fixed> Plan<F> {
    /// Gives this plan the initial states and the spike trains of another trial, of seed `run_seed`; `populations` are
    /// those of its network.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a distribution of initial states that gives nothing in its range; initial states that
    /// break a rule of the model.
    pub fn reseed(&mut self, populations: &[Population], run_seed: u64) -> Result<()> {
        if self.run_seed == run_seed {
            return Ok(());
        }
        self.run_seed = run_seed;
        self.poisson.iter_mut().for_each(|plan| plan.reseed(run_seed));
        self.couplings.reseed(populations, &self.populations, (self.seed, run_seed))?;
        for shard in 0..self.shards.len() {
            for at in 0..self.shards[shard].slices.len() {
                let slice = &self.shards[shard].slices[at];
                let (index, first, count) = (slice.population, slice.first, slice.count);
                let population = &populations[index];
                if population.starts_at_random() {
                    let state = partition::slice(population, self, index, first..first + count)?.state;
                    self.shards[shard].slices[at].state = state;
                }
            }
        }
        Ok(())
    }

    /// The plan of `network` over the rows of this plan, which is that of `own`; both networks have `key`.
    ///
    /// # Errors
    /// A key that is not of both networks, parameters or draws out of bounds.
    pub fn vary(
        &self,
        own: &Network,
        network: &Network,
        key: &ConnectivityKey,
        options: &PlanOptions,
    ) -> Result<Plan<F>> {
        let (own, network) = (Resolved::new(own)?, Resolved::new(network)?);
        let units = &key.units;
        let counts = units.units.iter().eq(self.populations.iter().map(|p| &p.units));
        if key.seed != self.seed || !counts || !key.suits(&own) || !key.suits(&network) {
            let problem = "its wiring, or what a count of its weights is worth, is not that of the network laid out; \
                           lay it out for itself";
            return Err(Error::invalid("trials", problem));
        }
        let mut varied = populations(&network, units.units.clone(), self.seed)?;
        let couplings = CouplingPlan::new(&network, &mut varied, self.seed)?;
        let mut plan = Plan {
            run_seed: self.seed,
            sum_width: choose::sum_width::<F>(units, options)?,
            populations: varied,
            couplings,
            poisson: network.poisson(self.seed),
            currents: network.currents(),
            changes: network.changes(),
            waves: network.waves(),
            probes: network.probes.clone(),
            weight_error: units.error,
            ..self.clone()
        };
        let cuts = self.shards.iter().map(|shard| shard.ids.clone()).collect();
        let rows = self.shards.iter().map(|shard| shard.rows.clone()).collect();
        plan.shards = partition::shards(&network, &plan, cuts, rows, 1)?;
        plan.add_listed_weight_error();
        plan.find_cuts(&network);
        Ok(plan)
    }
}
