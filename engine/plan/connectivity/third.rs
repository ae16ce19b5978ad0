//! The pairings of a third factor: which astrocyte takes part in which synapse of a projection.

use crate::network::{Pool, Selection, ThirdFactor, ThirdPairs};
use crate::plan::connectivity::explicit::choose_without_replacement;
use crate::plan::connectivity::procedural::pairs_of;
use crate::plan::resolve::Resolved;
use crate::random::{Draws, Purpose, stream};

/// The sources and the targets of the pairs of `third`, as indices into their selections: from source to astrocyte, or
/// from astrocyte to target where `out` is set. There is one pair for each synapse that has a third factor, so that a
/// pair may occur several times.
pub(crate) fn pairs(network: &Resolved<'_>, third: &ThirdPairs, seed: u64) -> (Vec<u32>, Vec<u32>) {
    let ThirdPairs { projection, factor, astrocytes, out, .. } = third;
    let index = *projection as usize;
    // An error of the projection is reported when it is laid out itself.
    let (sources, targets) = pairs_of(network, index, seed).unwrap_or_default();
    let to: &Selection = &network.projections[index].declared.to;
    let draws = |what: u32, key: u64| Draws::new(seed, stream(Purpose::Third, 2 * projection + what), key);
    let pools = pools(factor, (to.len(), astrocytes.len()), |target| draws(1, target));
    let (mut from, mut reached) = (Vec::new(), Vec::new());
    for (k, (&source, &target)) in sources.iter().zip(&targets).enumerate() {
        let mut draws = draws(0, k as u64);
        if draws.uniform() >= factor.p {
            continue;
        }
        let pool = &pools[target as usize];
        let astrocyte = pool[draws.below(pool.len() as u32) as usize];
        from.push(if *out { astrocyte } else { source });
        reached.push(if *out { target } else { astrocyte });
    }
    (from, reached)
}

/// The astrocytes, by index, from which the third factor of each target's synapses is drawn.
fn pools(factor: &ThirdFactor, (targets, astrocytes): (u32, u32), draws: impl Fn(u64) -> Draws) -> Vec<Vec<u32>> {
    let pool = |target: u32| match factor.pool {
        Pool::Random(size) => random_pool(&mut draws(target.into()), size, astrocytes),
        Pool::Block(1) if astrocytes < targets => vec![target / (targets / astrocytes)],
        Pool::Block(size) => (target * size..(target + 1) * size).collect(),
    };
    (0..targets).map(pool).collect()
}

/// `size` different numbers of astrocytes, below `astrocytes`.
fn random_pool(draws: &mut Draws, size: u32, astrocytes: u32) -> Vec<u32> {
    let mut pool = Vec::with_capacity(size as usize);
    if size > astrocytes / 2 {
        choose_without_replacement(draws, size, astrocytes, |_| false, |astrocyte| pool.push(astrocyte));
    }
    while pool.len() < size as usize {
        let astrocyte = draws.below(astrocytes);
        if !pool.contains(&astrocyte) {
            pool.push(astrocyte);
        }
    }
    pool
}
