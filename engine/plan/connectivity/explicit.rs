//! Explicit pairs: those that are given as a list, or that a rule can only draw all at once, sorted by source.
//!
//! The latter are rules of a fixed number without multapses or autapses, whose draws depend on each other, and all
//! projections with delays by distance. All others are drawn source by source; see [`crate::plan::connectivity`].

use std::collections::HashSet;

use crate::network::{Pattern, Projection, Rule, Selection};
use crate::plan::connectivity::projection::Explicit;
use crate::plan::connectivity::quantiles::GapTable;
use crate::plan::connectivity::third;
use crate::plan::resolve::Resolved;
use crate::random::{Draws, Purpose, stream};

/// The pairs of each projection of `network`; `None` where it is not explicit.
pub(crate) fn all(network: &Resolved<'_>, seed: u64) -> Vec<Option<Explicit>> {
    let projections = network.projections.iter().zip(0u32..);
    projections.map(|(p, index)| p.explicit.then(|| Explicit::new(network, p.declared, index, seed))).collect()
}

impl Explicit {
    /// The pairs of `projection`, whose index in the network is `index`: those it lists, or drawn ones.
    pub(crate) fn new(network: &Resolved<'_>, projection: &Projection, index: u32, seed: u64) -> Explicit {
        let Projection { from, to, rule, .. } = projection;
        match &rule.pattern {
            Pattern::Explicit(list) => Explicit::sorted(from.len(), &list.sources, list.targets.clone()),
            _ => {
                let (sources, targets) = pairs(network, (from, to, rule), index, seed);
                Explicit::sorted(from.len(), &sources, targets.into())
            }
        }
    }
}

/// The sources and the targets of all pairs of `rule`, as indices into the selections `from` and `to`, in the order in
/// which they are listed or drawn; `index` is that of their random stream.
pub(crate) fn pairs(
    network: &Resolved<'_>,
    (from, to, rule): (&Selection, &Selection, &Rule),
    index: u32,
    seed: u64,
) -> (Vec<u32>, Vec<u32>) {
    match &rule.pattern {
        Pattern::Third(third) => third::pairs(network, third, seed),
        Pattern::Explicit(list) => (list.sources.to_vec(), list.targets.to_vec()),
        _ => PairDrawer { from, to, rule, index, seed }.all(),
    }
}

/// What the pairs of a rule are drawn from.
struct PairDrawer<'a> {
    from: &'a Selection,
    to: &'a Selection,
    rule: &'a Rule,
    index: u32,
    seed: u64,
}

impl PairDrawer<'_> {
    /// The sources and the targets of all pairs, by index.
    fn all(&self) -> (Vec<u32>, Vec<u32>) {
        let (from, to) = (self.from, self.to);
        let (mut sources, mut targets) = (Vec::new(), Vec::new());
        match self.rule.pattern {
            Pattern::Indegree(k) => {
                for t in 0..to.len() {
                    let id = to.id(t);
                    self.choose(t, k, from.len(), |s| from.id(s) == id, |s| sources.push(s));
                    targets.resize(sources.len(), t);
                }
            }
            Pattern::Outdegree(k) => {
                for s in 0..from.len() {
                    let id = from.id(s);
                    self.choose(s, k, to.len(), |t| to.id(t) == id, |t| targets.push(t));
                    sources.resize(targets.len(), s);
                }
            }
            Pattern::Total(n) => self.total(n, &mut |s, t| {
                sources.push(s);
                targets.push(t);
            }),
            Pattern::OneToOne => {
                sources.extend(0..from.len());
                targets.extend(0..to.len());
            }
            Pattern::Bernoulli(p) if p <= 0.0 => {}
            Pattern::Bernoulli(p) if p < 1.0 => {
                for s in 0..from.len() {
                    self.bernoulli(s, p, to.len(), &mut targets);
                    sources.resize(targets.len(), s);
                }
            }
            Pattern::AllToAll | Pattern::Bernoulli(_) => {
                for s in 0..from.len() {
                    targets.extend(0..to.len());
                    sources.resize(targets.len(), s);
                }
            }
            // These have pairs of their own.
            Pattern::Explicit(_) | Pattern::Third(_) => {}
        }
        (sources, targets)
    }

    /// Appends the targets of source `s` to `targets`, each of `n` with probability `p`.
    fn bernoulli(&self, s: u32, p: f64, n: u32, targets: &mut Vec<u32>) {
        let mut draws = self.draws(u64::from(s));
        let gaps = GapTable::new(p.clamp(1e-12, 1.0 - 1e-12));
        let mut next = 0u64;
        loop {
            let gap = gaps.at(draws.word());
            next += u64::from(gap);
            if next >= u64::from(n) {
                return;
            }
            if gap < gaps.beyond() {
                targets.push(next as u32);
                next += 1;
            }
        }
    }

    /// The random numbers for the source, target or pair of number `key`.
    fn draws(&self, key: u64) -> Draws {
        Draws::new(self.seed, stream(Purpose::Connect, self.index), key)
    }

    /// Calls `each` with `k` of `n` partners of neuron `own`, drawn again where the rule forbids one; `is_self` says
    /// which of them is the neuron itself.
    fn choose(&self, own: u32, k: u32, n: u32, is_self: impl Fn(u32) -> bool, mut each: impl FnMut(u32)) {
        let rule = self.rule;
        let mut draws = self.draws(u64::from(own));
        let forbidden = |i: u32| !rule.autapses && is_self(i);
        if !rule.multapses && k > n / 2 {
            return choose_without_replacement(&mut draws, k, n, forbidden, each);
        }
        let mut taken = HashSet::new();
        for _ in 0..k {
            let partner = loop {
                let i = draws.below(n);
                if !forbidden(i) && (rule.multapses || taken.insert(i)) {
                    break i;
                }
            };
            each(partner);
        }
    }

    /// Calls `each` with the source and the target of `n` pairs, each drawn again where the rule forbids it.
    fn total(&self, n: u64, each: &mut dyn FnMut(u32, u32)) {
        let (from, to, rule) = (self.from, self.to, self.rule);
        let mut taken = HashSet::new();
        for k in 0..n {
            let mut draws = self.draws(k);
            loop {
                let pair = (draws.below(from.len()), draws.below(to.len()));
                let autapse = !rule.autapses && from.id(pair.0) == to.id(pair.1);
                if !autapse && (rule.multapses || taken.insert(pair)) {
                    each(pair.0, pair.1);
                    break;
                }
            }
        }
    }
}

/// Calls `each` with `k` different numbers below `n` that are not `forbidden`, or with all of these if they are fewer,
/// by a partial Fisher-Yates shuffle: for `k` that are a large share of `n`.
pub(crate) fn choose_without_replacement(
    draws: &mut Draws,
    k: u32,
    n: u32,
    forbidden: impl Fn(u32) -> bool,
    mut each: impl FnMut(u32),
) {
    let mut pool: Vec<u32> = (0..n).filter(|&i| !forbidden(i)).collect();
    for slot in 0..k.min(pool.len() as u32) {
        let pick = slot + draws.below(pool.len() as u32 - slot);
        pool.swap(slot as usize, pick as usize);
        each(pool[slot as usize]);
    }
}
