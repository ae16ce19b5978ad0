//! Domains of a third factor, laid out: each target lies in one, and each modulating neuron reaches some.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::network::{Domains, Explicit};

/// The only domain where there is one.
const ONE: &[u32] = &[0];

/// The domains of the targets of a plastic plan.
#[derive(Debug, Clone)]
pub struct DomainsPlan {
    /// Number of domains.
    count: u32,
    /// Per target of the plan, its domain; empty where there is one domain.
    of_target: Vec<u32>,
    /// Per modulating neuron, where its domains start in `reached`, and where the last one's end; empty where there is
    /// one domain.
    offsets: Vec<u32>,
    /// The domains that modulating neurons reach, one neuron after another.
    reached: Vec<u32>,
    /// The largest number of modulating neurons that reach one domain.
    heard: u32,
}

impl DomainsPlan {
    /// The domains of a projection with `modulators` modulating neurons and `targets` targets, for those of its targets
    /// whose indices are `own`.
    pub(crate) fn new(domains: &Domains, modulators: u32, targets: u32, own: Range<u32>) -> DomainsPlan {
        match domains {
            Domains::All => DomainsPlan {
                count: 1,
                of_target: Vec::new(),
                offsets: Vec::new(),
                reached: Vec::new(),
                heard: modulators,
            },
            Domains::Block => DomainsPlan::blocks(modulators, targets, own),
            Domains::Listed(pairs) => DomainsPlan::listed(pairs, modulators, own),
        }
    }

    /// [`Domains::Block`].
    fn blocks(modulators: u32, targets: u32, own: Range<u32>) -> DomainsPlan {
        let count = modulators.min(targets);
        let block = |k: u32, of: u32| (u64::from(k) * u64::from(count) / u64::from(of)) as u32;
        DomainsPlan {
            count,
            of_target: own.map(|target| block(target, targets)).collect(),
            offsets: (0..=modulators).collect(),
            reached: (0..modulators).map(|modulator| block(modulator, modulators)).collect(),
            heard: modulators.div_ceil(count.max(1)),
        }
    }

    /// [`Domains::Listed`]: targets that hear the same neurons lie in one domain.
    fn listed(pairs: &Explicit, modulators: u32, own: Range<u32>) -> DomainsPlan {
        let mut heard: Vec<Vec<u32>> = vec![Vec::new(); own.len()];
        for (&modulator, target) in pairs.sources.iter().zip(pairs.targets.iter()) {
            if own.contains(target) {
                heard[(target - own.start) as usize].push(modulator);
            }
        }
        let mut numbers: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        let number = |mut who: Vec<u32>| {
            who.sort_unstable();
            who.dedup();
            let next = numbers.len() as u32;
            *numbers.entry(who).or_insert(next)
        };
        let of_target = heard.into_iter().map(number).collect();
        let mut reached: Vec<Vec<u32>> = vec![Vec::new(); modulators as usize];
        for (who, &number) in &numbers {
            who.iter().for_each(|&modulator| reached[modulator as usize].push(number));
        }
        let ends = reached.iter().scan(0, |end, own| {
            *end += own.len() as u32;
            Some(*end)
        });
        DomainsPlan {
            count: numbers.len() as u32,
            of_target,
            offsets: std::iter::once(0).chain(ends).collect(),
            heard: numbers.keys().map(|who| who.len() as u32).max().unwrap_or(0),
            reached: reached.concat(),
        }
    }

    /// The number of domains.
    pub fn count(&self) -> usize {
        self.count as usize
    }

    /// Whether there is one domain: all targets hear all modulating neurons.
    pub fn is_one(&self) -> bool {
        self.offsets.is_empty()
    }

    /// The domains that modulating neuron `index` reaches.
    pub fn reached_by(&self, index: u32) -> &[u32] {
        match self.offsets.get(index as usize..index as usize + 2) {
            Some(ends) => &self.reached[ends[0] as usize..ends[1] as usize],
            None => ONE,
        }
    }

    /// Where the domains of each modulating neuron start in a list, with the end of the last, and this list; both empty
    /// where there is one domain.
    pub fn lists(&self) -> [&[u32]; 2] {
        [&self.offsets, &self.reached]
    }

    /// The largest number of modulating neurons that reach one domain.
    pub fn heard(&self) -> u32 {
        self.heard
    }

    /// The domains of `targets`, counted from the plan's first; empty where there is one domain.
    pub fn of_targets(&self, targets: Range<usize>) -> Vec<u32> {
        self.of_target.get(targets).unwrap_or_default().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::{Domains, DomainsPlan, Explicit};

    /// Whom each target hears, by way of its domain.
    fn heard(domains: &Domains, modulators: u32, targets: u32) -> Vec<Vec<u32>> {
        let plan = DomainsPlan::new(domains, modulators, targets, 0..targets);
        let of = |target: usize| plan.of_targets(target..target + 1).first().copied().unwrap_or(0);
        let hears = |target: usize| {
            let reaches = |modulator: &u32| plan.reached_by(*modulator).contains(&of(target));
            (0..modulators).filter(reaches).collect::<Vec<u32>>()
        };
        (0..targets as usize).map(hears).collect()
    }

    #[test]
    fn blocks_are_the_pools_of_the_tripartite_rule() {
        assert_eq!(heard(&Domains::Block, 2, 6), [[0], [0], [0], [1], [1], [1]]);
        assert_eq!(heard(&Domains::Block, 6, 3), [[0, 1], [2, 3], [4, 5]]);
        // Where neither divides the other, sizes differ by one.
        assert_eq!(heard(&Domains::Block, 2, 5), [[0], [0], [0], [1], [1]]);
        assert_eq!(heard(&Domains::Block, 5, 2), [vec![0, 1, 2], vec![3, 4]]);
        assert_eq!(DomainsPlan::new(&Domains::Block, 5, 2, 0..2).heard(), 3);
        assert_eq!(heard(&Domains::All, 2, 2), [[0, 1], [0, 1]]);
    }

    #[test]
    fn listed_targets_hear_those_that_are_listed_and_share_a_domain_where_these_are_the_same() {
        let pairs = [(2, 0), (1, 0), (0, 1), (1, 3), (2, 3), (2, 3)];
        let (sources, targets): (Vec<u32>, Vec<u32>) = pairs.into_iter().unzip();
        let domains = Domains::Listed(Explicit::new(sources, targets));
        assert_eq!(heard(&domains, 3, 4), [vec![1, 2], vec![0], vec![], vec![1, 2]]);
        let plan = DomainsPlan::new(&domains, 3, 4, 0..4);
        assert_eq!((plan.count(), plan.heard(), plan.is_one()), (3, 2, false));
        // Some of the targets, as of one population of several.
        let part = DomainsPlan::new(&domains, 3, 4, 2..4);
        assert_eq!((part.count(), part.of_targets(0..2), part.reached_by(0)), (2, vec![0, 1], [].as_slice()));
    }
}
