//! Rules into synapses: every synapse is a pure function of (seed, projection, target or source, draw), so that any
//! shard draws its own and all shards together draw the same network.

use std::collections::HashSet;
use std::ops::Range;

use crate::error::{Error, Result};
use crate::network::Pattern;
use crate::network::{Delay, Explicit, Network, Projection, Value};
use crate::random::{Draws, Purpose, stream};

/// One synapse, by global ids.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Synapse {
    pub source: u32,
    pub target: u32,
    pub weight: f64,
    /// Steps.
    pub delay: u32,
}

/// Calls `each` with every synapse of projection `index` whose target lies in `ids`, in an order that depends on
/// nothing but the network.
pub(crate) fn visit(
    network: &Network,
    index: usize,
    seed: u64,
    ids: &Range<u32>,
    each: &mut dyn FnMut(Synapse) -> Result<()>,
) -> Result<()> {
    let projection = &network.projections()[index];
    let drawer = Drawer { network, projection, index: index as u32, seed, ids };
    let rule = &projection.rule;
    match &rule.pattern {
        Pattern::OneToOne => drawer.for_targets(|t, id| drawer.join(t, projection.from.id(t), id, u64::from(t), each)),
        Pattern::AllToAll => {
            drawer.for_targets(|t, id| (0..projection.from.len()).try_for_each(|s| drawer.pair(t, s, id, each)))
        }
        Pattern::Bernoulli(p) => drawer.for_targets(|t, id| drawer.bernoulli(t, id, *p, each)),
        Pattern::Indegree(k) => drawer.for_targets(|t, id| drawer.indegree(t, id, *k, each)),
        Pattern::Outdegree(k) => (0..projection.from.len()).try_for_each(|s| drawer.outdegree(s, *k, each)),
        Pattern::Total(n) => drawer.total(*n, each),
        Pattern::Explicit(list) => drawer.explicit(list, each),
    }
}

struct Drawer<'a> {
    network: &'a Network,
    projection: &'a Projection,
    index: u32,
    seed: u64,
    ids: &'a Range<u32>,
}

/// A pair's key for its own random numbers.
fn pair_key(major: u32, minor: u32) -> u64 {
    u64::from(major) << 32 | u64::from(minor)
}

impl Drawer<'_> {
    fn draws(&self, purpose: Purpose, key: u64) -> Draws {
        Draws::new(self.seed, stream(purpose, self.index), key)
    }

    fn for_targets(&self, mut each: impl FnMut(u32, u32) -> Result<()>) -> Result<()> {
        for (index, id, count) in self.projection.to.runs_within(self.ids) {
            for i in 0..count {
                each(index + i, id + i)?;
            }
        }
        Ok(())
    }

    /// Joins two neurons, unless that makes an autapse the rule forbids.
    fn join(
        &self,
        item: u32,
        source: u32,
        target: u32,
        key: u64,
        each: &mut dyn FnMut(Synapse) -> Result<()>,
    ) -> Result<()> {
        if source == target && !self.projection.rule.autapses {
            return Ok(());
        }
        let synapse = &self.projection.synapse;
        let weight = synapse.weight.at(item as usize, || self.draws(Purpose::Weight, key));
        let delay = self.delay(item, source, target, key)?;
        if weight.is_nan() {
            return Err(self.out_of_reach("weight", &synapse.weight));
        }
        each(Synapse { source, target, weight, delay })
    }

    fn pair(&self, t: u32, s: u32, target: u32, each: &mut dyn FnMut(Synapse) -> Result<()>) -> Result<()> {
        self.join(t, self.projection.from.id(s), target, pair_key(t, s), each)
    }

    fn delay(&self, item: u32, source: u32, target: u32, key: u64) -> Result<u32> {
        let dt = self.network.dt();
        let place = || self.projection.place(self.network);
        match &self.projection.synapse.delay {
            Delay::Value(Value::Random { shape, min, max }) => {
                let value = Value::Random { shape: *shape, min: min.max(0.5 * dt), max: *max };
                let ms = value.at(item as usize, || self.draws(Purpose::Delay, key));
                if ms.is_nan() {
                    return Err(self.out_of_reach("delay", &value));
                }
                self.network.delay_steps(ms, &place())
            }
            Delay::Value(value) => {
                let ms = value.at(item as usize, || self.draws(Purpose::Delay, key));
                let steps = (ms / dt).round();
                if steps >= 1.0 { Ok(steps as u32) } else { self.network.delay_steps(ms, &place()) }
            }
            Delay::Distance { velocity, offset } => {
                let distance = match (self.position(source), self.position(target)) {
                    (Some(a), Some(b)) => a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt(),
                    _ => f64::NAN,
                };
                self.network.delay_steps((distance / velocity + offset).max(dt), &place())
            }
        }
    }

    fn position(&self, id: u32) -> Option<[f64; 3]> {
        let population = self.network.populations().iter().rfind(|p| p.first <= id)?;
        population.positions.as_ref()?.get((id - population.first) as usize).copied()
    }

    /// Every source with probability `p`, by the gaps between successes (geometric).
    fn bernoulli(&self, t: u32, id: u32, p: f64, each: &mut dyn FnMut(Synapse) -> Result<()>) -> Result<()> {
        let sources = u64::from(self.projection.from.len());
        if p >= 1.0 {
            return (0..sources as u32).try_for_each(|s| self.pair(t, s, id, each));
        }
        if p <= 0.0 {
            return Ok(());
        }
        let mut draws = self.draws(Purpose::Connect, u64::from(t));
        let scale = 1.0 / (-p).ln_1p();
        let mut next = 0u64;
        loop {
            // 1 - unit lies in (0, 1], so the logarithm is finite.
            let gap = ((1.0 - draws.unit()).ln() * scale).floor();
            next = next.saturating_add(gap.min(1e18) as u64);
            if next >= sources {
                return Ok(());
            }
            self.pair(t, next as u32, id, each)?;
            next += 1;
        }
    }

    fn indegree(&self, t: u32, id: u32, k: u32, each: &mut dyn FnMut(Synapse) -> Result<()>) -> Result<()> {
        let from = &self.projection.from;
        let mut draws = self.draws(Purpose::Connect, u64::from(t));
        self.choose(
            &mut draws,
            k,
            from.len(),
            |s| from.id(s) == id,
            |slot, s| self.join(t, from.id(s), id, pair_key(t, slot), each),
        )
    }

    fn outdegree(&self, s: u32, k: u32, each: &mut dyn FnMut(Synapse) -> Result<()>) -> Result<()> {
        let (from, to) = (&self.projection.from, &self.projection.to);
        let source = from.id(s);
        let mut draws = self.draws(Purpose::Connect, u64::from(s));
        self.choose(
            &mut draws,
            k,
            to.len(),
            |t| to.id(t) == source,
            |slot, t| {
                let target = to.id(t);
                if self.ids.contains(&target) { self.join(t, source, target, pair_key(s, slot), each) } else { Ok(()) }
            },
        )
    }

    /// Draws `k` of `n` partners, drawing again where the rule forbids one.
    fn choose(
        &self,
        draws: &mut Draws,
        k: u32,
        n: u32,
        is_self: impl Fn(u32) -> bool,
        mut each: impl FnMut(u32, u32) -> Result<()>,
    ) -> Result<()> {
        let rule = &self.projection.rule;
        let forbidden = |i: u32| !rule.autapses && is_self(i);
        if !rule.multapses && k > n / 2 {
            return choose_without_replacement(draws, k, n, forbidden, each);
        }
        let mut taken = HashSet::new();
        for slot in 0..k {
            let partner = loop {
                let i = draws.below(n);
                if !forbidden(i) && (rule.multapses || taken.insert(i)) {
                    break i;
                }
            };
            each(slot, partner)?;
        }
        Ok(())
    }

    fn total(&self, n: u64, each: &mut dyn FnMut(Synapse) -> Result<()>) -> Result<()> {
        let (from, to, rule) = (&self.projection.from, &self.projection.to, &self.projection.rule);
        let mut taken = HashSet::new();
        for k in 0..n {
            let mut draws = self.draws(Purpose::Connect, k);
            let (s, t) = loop {
                let pair = (draws.below(from.len()), draws.below(to.len()));
                let autapse = !rule.autapses && from.id(pair.0) == to.id(pair.1);
                if !autapse && (rule.multapses || taken.insert(pair)) {
                    break pair;
                }
            };
            let target = to.id(t);
            if self.ids.contains(&target) {
                self.join(t, from.id(s), target, k, each)?;
            }
        }
        Ok(())
    }

    fn explicit(&self, list: &Explicit, each: &mut dyn FnMut(Synapse) -> Result<()>) -> Result<()> {
        for (k, (&s, &t)) in list.sources.iter().zip(list.targets.iter()).enumerate() {
            let target = self.projection.to.id(t);
            if self.ids.contains(&target) {
                self.join(k as u32, self.projection.from.id(s), target, k as u64, each)?;
            }
        }
        Ok(())
    }

    fn out_of_reach(&self, what: &str, value: &Value) -> Error {
        let problem = format!("{what}: no draw of {value:?} falls into its range; widen the range");
        Error::Network { place: self.projection.place(self.network), problem }
    }
}

/// Partial Fisher-Yates shuffle: `k` of `n` without repetition where `k` is a large share of `n`.
fn choose_without_replacement(
    draws: &mut Draws,
    k: u32,
    n: u32,
    forbidden: impl Fn(u32) -> bool,
    mut each: impl FnMut(u32, u32) -> Result<()>,
) -> Result<()> {
    let mut pool: Vec<u32> = (0..n).filter(|&i| !forbidden(i)).collect();
    for slot in 0..k.min(pool.len() as u32) {
        let pick = slot + draws.below(pool.len() as u32 - slot);
        pool.swap(slot as usize, pick as usize);
        each(slot, pool[slot as usize])?;
    }
    Ok(())
}
