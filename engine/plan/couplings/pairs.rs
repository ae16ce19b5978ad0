//! The pairs of neurons that are coupled, with weights and delays.

use crate::network::{Coupling, Couplings, Mirror};
use crate::plan::connectivity::explicit;
use crate::plan::resolve::Resolved;
use crate::random::{Draws, Purpose, stream};

/// The first index of the random streams of couplings, beyond those of projections and stimuli.
const STREAMS: u32 = 0x00C0_0000;

/// A pair of coupled neurons, by global ids.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) from: u32,
    pub(super) to: u32,
    /// As given: nS of gap junctions, pA of graded synapses, a factor of slow inward currents.
    pub(super) weight: f64,
    /// Delay, steps; 0 where there is none.
    pub(super) delay: u32,
}

/// The pairs of `couplings`, which are the network's `index`-th, in the order in which they are added up; those that
/// couple both ways come with their mirror images.
pub(super) fn pairs(network: &Resolved<'_>, couplings: &Couplings, index: u32, seed: u64) -> Vec<Pair> {
    let Couplings { from, to, rule, coupling } = couplings;
    let (sources, targets) = explicit::pairs(network, (from, to, rule), STREAMS + index, seed);
    let draws = |purpose: Purpose, k: usize| Draws::new(seed, stream(purpose, STREAMS + index), k as u64);
    let delay = |k: usize| match coupling.is_undelayed() {
        true => 0,
        false => network.grid.nearest(coupling.delay().at(k, || draws(Purpose::Delay, k))).unwrap_or(1).max(1) as u32,
    };
    // It was checked when the couplings were added.
    let mirror = couplings.mirror().unwrap_or(Mirror::None);
    let mut pairs = Vec::new();
    for (k, (&source, &target)) in sources.iter().zip(&targets).enumerate() {
        let weight = coupling.weight().at(k, || draws(Purpose::Weight, k));
        let pair = Pair { from: from.id(source), to: to.id(target), weight, delay: delay(k) };
        let junction = matches!(coupling, Coupling::GapJunction(_));
        if pair.from == pair.to && (junction || !rule.autapses) {
            // No current flows from a neuron into itself.
            continue;
        }
        let both_ends = || from.index_of(pair.to).is_some() && to.index_of(pair.from).is_some();
        if mirror == Mirror::MadeOnce && pair.from > pair.to && both_ends() {
            continue;
        }
        let image = Pair { from: pair.to, to: pair.from, ..pair };
        pairs.push(pair);
        if mirror != Mirror::None {
            pairs.push(image);
        }
    }
    pairs
}
