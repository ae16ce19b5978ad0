//! Which couplings are left while neurons are ablated.

use crate::network::{Couplings, Perturb};
use crate::plan::couplings::pairs::Pair;
use crate::plan::resolve::Resolved;

/// Indices of the perturbations that ablate neurons of couplings at the same time.
pub(super) type Ablated = Vec<usize>;

/// The different sets of perturbations that ablate neurons of couplings at a time, the empty one first; and the steps
/// from which on each is in force, (step, index of the set), empty where it is always the first.
pub(super) fn ablated(network: &Resolved<'_>) -> (Vec<Ablated>, Vec<(u64, usize)>) {
    let couples = |index: &usize| {
        let own = &network.perturbations[*index];
        own.what == Perturb::Ablate && network.couplings.iter().any(|couplings| touches(couplings, &own.of))
    };
    let (mut versions, mut since): (Vec<Ablated>, Vec<(u64, usize)>) = (vec![Vec::new()], Vec::new());
    for step in std::iter::once(1).chain(network.changes()) {
        let active = |index: &usize| network.perturbations[*index].steps(network.grid).contains(&step);
        let now: Ablated = (0..network.perturbations.len()).filter(|index| couples(index) && active(index)).collect();
        let version = versions.iter().position(|known| *known == now).unwrap_or(versions.len());
        if version == versions.len() {
            versions.push(now);
        }
        if since.last().is_none_or(|(_, last)| *last != version) {
            since.push((step, version));
        }
    }
    if versions.len() == 1 {
        since.clear();
    }
    (versions, since)
}

/// Whether neurons of `of` are sources or targets of `couplings`.
fn touches(couplings: &Couplings, of: &crate::network::Selection) -> bool {
    couplings.from.meets(of) || couplings.to.meets(of)
}

/// The pairs `all` of couplings without those whose source is ablated.
pub(super) fn without<'a>(
    network: &Resolved<'_>,
    all: &[(&'a Couplings, Vec<Pair>)],
    ablated: &Ablated,
) -> Vec<(&'a Couplings, Vec<Pair>)> {
    let gone =
        |pair: &&Pair| ablated.iter().any(|index| network.perturbations[*index].of.index_of(pair.from).is_some());
    all.iter().map(|(own, pairs)| (*own, pairs.iter().filter(|pair| !gone(pair)).copied().collect())).collect()
}
