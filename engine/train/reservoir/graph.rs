//! Graphs that reservoirs are wired by: random ones, and connectomes that come with the program.

use super::rate::{Reservoir, Unit};
use super::sparse::{Sparse, check_units};
use crate::connectomes::{Connectome, networks};
use crate::error::{Error, Result};
use crate::network::{Network, Value};
use crate::random::{Draws, Purpose, stream};

/// Where a reservoir's connections come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Graph {
    /// See [`Sparse::random`].
    Random {
        /// The number of units.
        units: usize,
        /// The mean number of connections that reach a unit.
        degree: f64,
    },
    /// The 302 neurons of *C. elegans*, with the strengths and signs of the preset `c-elegans`.
    Worm,
    /// The 2,952 neurons of the brain of the larva of *Drosophila*, with the strengths and signs of the preset `larva`.
    Larva,
    /// 100 regions of the human cortex, joined by their streamlines, none of which inhibits; a tract's delay is its length at 3 mm/ms
    /// in steps of 5 ms.
    Human,
}

/// The conduction velocity of tracts, mm/ms.
const VELOCITY: f64 = 3.0;
/// The time of a step of [`Graph::Human`], ms.
const STEP: f64 = 5.0;

impl Graph {
    /// The names of all graphs.
    pub const NAMES: [&'static str; 4] = ["random", "worm", "larva", "human"];

    /// The name of the graph.
    pub fn name(&self) -> &'static str {
        match self {
            Graph::Random { .. } => Graph::NAMES[0],
            Graph::Worm => Graph::NAMES[1],
            Graph::Larva => Graph::NAMES[2],
            Graph::Human => Graph::NAMES[3],
        }
    }

    /// The connections; random ones depend on the seed.
    ///
    /// # Errors
    /// No units, a degree out of its range.
    pub fn wiring(&self, seed: u64) -> Result<Wiring> {
        match *self {
            Graph::Random { units, degree } => Ok(Wiring { w: Sparse::random(units, degree, seed)?, delays: None }),
            Graph::Worm => preset("c-elegans"),
            Graph::Larva => preset("larva"),
            Graph::Human => human(),
        }
    }
}

/// Connections among units, and their delays.
#[derive(Debug, Clone, PartialEq)]
pub struct Wiring {
    /// The weights [units, units], a row for each target.
    pub w: Sparse,
    /// The delay of each entry of `w`, row by row, in steps; 1 step for all where there are none.
    pub delays: Option<Vec<u32>>,
}

/// The parameters of rate units on a graph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// The spectral radius that the connections are scaled to.
    pub radius: f64,
    /// The leak a, above 0 and at most 1.
    pub leak: f64,
    /// Input weights lie between this and its negative.
    pub input: f64,
    /// The share of units that an input reaches.
    pub share: f64,
    /// Biases lie between this and its negative.
    pub bias: f64,
}

impl Default for Rates {
    fn default() -> Rates {
        Rates { radius: 0.9, leak: 1.0, input: 0.5, share: 1.0, bias: 0.1 }
    }
}

impl Wiring {
    /// A reservoir of rate units with `inputs` inputs on these connections; input weights and biases are drawn from the
    /// seed.
    ///
    /// # Errors
    /// No inputs, numbers out of their range, connections that cannot be scaled.
    pub fn reservoir<T: Unit>(&self, inputs: usize, rates: &Rates, seed: u64) -> Result<Reservoir<T>> {
        let Rates { radius, leak, input, share, bias } = *rates;
        if !(input.is_finite() && bias.is_finite()) {
            return Err(Error::invalid("reservoir", format!("input {input} and bias {bias} must be finite numbers")));
        }
        let w = self.w.clone().with_spectral_radius(radius)?;
        let w_in = input_weights(w.rows(), inputs, (input, share), seed)?;
        let mut draws = Draws::new(seed, stream(Purpose::State, 0), 0);
        let biases: Vec<f64> = (0..w.rows()).map(|_| bias * (2.0 * draws.uniform() - 1.0)).collect();
        match &self.delays {
            Some(delays) => Reservoir::with_delays(&w, delays, &w_in, &biases, leak),
            None => Reservoir::new(&w, &w_in, &biases, leak),
        }
    }
}

/// Random weights [units, inputs] between `scale` and its negative; each is there with the probability `share`.
pub(super) fn input_weights(units: usize, inputs: usize, (scale, share): (f64, f64), seed: u64) -> Result<Sparse> {
    check_units(units)?;
    if inputs == 0 || inputs.saturating_mul(units) > 200_000_000 || !(0.0..=1.0).contains(&share) {
        let problem = format!(
            "{inputs} inputs must be from 1 to 2·10⁸ weights in all, and the share of units {share} from 0 to 1"
        );
        return Err(Error::invalid("reservoir", problem));
    }
    let mut entries = Vec::new();
    for unit in 0..units as u32 {
        let mut draws = Draws::new(seed, stream(Purpose::Weight, 1), unit.into());
        for input in 0..inputs as u32 {
            let (chosen, weight) = (draws.uniform() < share, scale * (2.0 * draws.uniform() - 1.0));
            if chosen {
                entries.push((unit, input, weight));
            }
        }
    }
    Sparse::new(units, inputs, entries)
}

/// The connections of a preset that lists them.
fn preset(name: &str) -> Result<Wiring> {
    let network = networks::named(name)?.network(&networks::PresetOptions::default())?;
    let units = network.populations().iter().map(|population| population.size as usize).sum();
    Ok(Wiring { w: Sparse::new(units, units, listed_entries(&network)?)?, delays: None })
}

/// Each synapse of a network that lists all its synapses, as (target, source, weight).
fn listed_entries(network: &Network) -> Result<Vec<(u32, u32, f64)>> {
    let unlisted = || Error::Internal("connections of a connectome that are not listed".into());
    let mut entries = Vec::new();
    for projection in network.projections() {
        let pairs = projection.rule.explicit_pairs().ok_or_else(unlisted)?;
        for (k, (&source, &target)) in pairs.sources.iter().zip(pairs.targets.iter()).enumerate() {
            let weight = match &projection.synapse.weight {
                Value::Each(weights) => weights.get(k).copied().ok_or_else(unlisted)?,
                Value::Constant(weight) => *weight,
                Value::Random { .. } => return Err(unlisted()),
            };
            entries.push((projection.to.id(target), projection.from.id(source), weight));
        }
    }
    Ok(entries)
}

/// The connections of [`Graph::Human`].
fn human() -> Result<Wiring> {
    let connectome = Connectome::named("hcp-schaefer100")?;
    let units = connectome.nodes.len();
    let mut edges: Vec<_> = connectome.edges.iter().filter(|edge| edge.source != edge.target).collect();
    // In the order in which `Sparse` keeps its entries, which delays must have, too.
    edges.sort_by_key(|edge| (edge.target, edge.source));
    edges.dedup_by_key(|edge| (edge.target, edge.source));
    let delay = |length: f64| (length / (VELOCITY * STEP)).round().max(1.0) as u32;
    let delays = edges.iter().map(|edge| delay(edge.length.unwrap_or(0.0))).collect();
    let entries = edges.iter().map(|edge| (edge.target, edge.source, edge.weight)).collect();
    Ok(Wiring { w: Sparse::new(units, units, entries)?, delays: Some(delays) })
}
