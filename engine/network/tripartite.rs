//! Tripartite connections: astrocytes that take part in the synapses between neurons.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::network::rule::{Pattern, Pool, Rule, ThirdFactor, ThirdPairs};
use crate::network::{Network, Selection, Sic, Synapse};

/// The connections between the three cells of a tripartite synapse.
#[derive(Debug, Clone, PartialEq)]
pub struct Tripartite {
    /// Synapses from source to target, as without astrocytes.
    pub primary: Synapse,
    /// Synapses from source to astrocyte.
    pub third_in: Synapse,
    /// Slow inward currents from astrocyte to target.
    pub third_out: Sic,
}

impl Network {
    /// Connects `from` to `to` by a rule, and joins `astrocytes` to some of these synapses: for each synapse that is
    /// chosen, its source to an astrocyte, and this to its target. The synapses are those of [`Network::connect`].
    ///
    /// # Errors
    /// As [`Network::connect`] and [`Network::couple`]; a probability out of bounds, or a pool that the numbers of
    /// astrocytes and targets do not allow.
    pub fn connect_tripartite(
        &mut self,
        (from, to, astrocytes): (impl Into<Selection>, impl Into<Selection>, impl Into<Selection>),
        rule: impl Into<Rule>,
        factor: ThirdFactor,
        Tripartite { primary, third_in, third_out }: Tripartite,
    ) -> Result<()> {
        let (from, to, astrocytes): (Selection, Selection, Selection) = (from.into(), to.into(), astrocytes.into());
        if let Some(problem) = factor.problem(to.len(), astrocytes.len()) {
            let (from, to) = (self.describe(&from), self.describe(&to));
            return Err(Error::Connection { from, to, problem });
        }
        let before = (self.projections.len(), self.couplings.len());
        let rule = rule.into();
        let most = factor.most(rule.synapses_at_most(from.len().into(), to.len().into()));
        let projection = self.projections.len() as u32;
        let own = Arc::new(astrocytes.clone());
        let pairs = |out| {
            let pairs = ThirdPairs { projection, factor, astrocytes: own.clone(), out, most };
            Rule { pattern: Pattern::Third(pairs), autapses: true, multapses: true }
        };
        let (inwards, outwards) = (pairs(false), pairs(true));
        let all = self
            .connect(&from, &to, rule, primary)
            .and_then(|()| self.connect(&from, &astrocytes, inwards, third_in))
            .and_then(|()| self.couple(&astrocytes, &to, outwards, third_out));
        if all.is_err() {
            self.projections.truncate(before.0);
            self.couplings.truncate(before.1);
        }
        all
    }
}

impl ThirdFactor {
    /// What keeps the pools from being made for `targets` targets and `astrocytes` astrocytes, if anything.
    fn problem(&self, targets: u32, astrocytes: u32) -> Option<String> {
        if !(0.0..=1.0).contains(&self.p) {
            return Some(format!(
                "third_factor_bernoulli_with_pool needs a probability between 0 and 1, not {}",
                self.p
            ));
        }
        match self.pool {
            Pool::Random(size) | Pool::Block(size) if size == 0 || size > astrocytes => {
                Some(format!("a pool of {size} cannot be taken of {astrocytes} astrocytes; take 1 to {astrocytes}"))
            }
            Pool::Random(_) => None,
            Pool::Block(1) if targets.is_multiple_of(astrocytes) => None,
            Pool::Block(size) if u64::from(targets) * u64::from(size) == u64::from(astrocytes) => None,
            Pool::Block(size) => Some(format!(
                "blocks of {size} need {} astrocytes for {targets} targets, and there are {astrocytes}; or, in blocks of 1, a \
                 number that divides that of targets. A random pool takes any number",
                u64::from(targets) * u64::from(size)
            )),
        }
    }

    /// An upper bound on the number of pairs for `synapses` synapses, exceeded once in 10⁹ networks.
    fn most(&self, synapses: u128) -> u64 {
        let mean = synapses as f64 * self.p;
        let most = (mean + 6.0 * (mean * (1.0 - self.p)).sqrt()).ceil();
        (most as u128).min(synapses).try_into().unwrap_or(u64::MAX)
    }
}
