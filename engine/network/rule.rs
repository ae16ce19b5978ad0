//! Connection rules, with NEST's names and defaults.

use std::sync::Arc;

use crate::network::{Selection, Value};

/// Source `i` is joined to target `i`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneToOne;

/// Every source is joined to every target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllToAll;

/// Every pair is joined with this probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairwiseBernoulli(pub f64);

/// Every target draws this many sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedIndegree(pub u32);

/// Every source draws this many targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedOutdegree(pub u32);

/// This many pairs are drawn in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedTotalNumber(pub u64);

/// Explicit pairs, listed one by one, by index into the selections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explicit {
    /// Index of the source of each synapse.
    pub sources: Arc<[u32]>,
    /// Index of the target of each synapse.
    pub targets: Arc<[u32]>,
}

/// How sources and targets are joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub(crate) pattern: Pattern,
    pub(crate) autapses: bool,
    pub(crate) multapses: bool,
}

/// The patterns of [`Rule`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pattern {
    OneToOne,
    AllToAll,
    Bernoulli(f64),
    Indegree(u32),
    Outdegree(u32),
    Total(u64),
    Explicit(Explicit),
    /// Pairs that a third factor makes from the synapses of another projection.
    Third(ThirdPairs),
}

/// Which synapses astrocytes take part in: each synapse with a probability, with an astrocyte drawn from the pool of
/// its target; NEST's `third_factor_bernoulli_with_pool`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThirdFactor {
    /// The probability with which an astrocyte takes part in a synapse.
    pub p: f64,
    /// The astrocytes that a target can be joined to.
    pub pool: Pool,
}

/// The astrocytes that a target can be joined to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// This many different astrocytes, drawn for each target.
    Random(u32),
    /// This many successive astrocytes, different ones for each target; or, where there are fewer astrocytes than
    /// targets, one, which an equal number of successive targets share.
    Block(u32),
}

/// The pairs of source and astrocyte, or of astrocyte and target, that a third factor makes of the synapses of a
/// projection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ThirdPairs {
    /// Index of the projection in the network.
    pub projection: u32,
    pub factor: ThirdFactor,
    pub astrocytes: Arc<Selection>,
    /// Whether pairs are of astrocyte and target, else of source and astrocyte.
    pub out: bool,
    /// An upper bound on the number of pairs, exceeded once in 10⁹ networks.
    pub most: u64,
}

impl Rule {
    /// A pattern with NEST's defaults: autapses and multapses are allowed.
    fn new(pattern: Pattern) -> Rule {
        Rule { pattern, autapses: true, multapses: true }
    }
    /// Whether a neuron may connect to itself (default true, as in NEST).
    pub fn allow_autapses(mut self, allow: bool) -> Rule {
        self.autapses = allow;
        self
    }
    /// Whether a pair may be joined more than once (default true, as in NEST).
    pub fn allow_multapses(mut self, allow: bool) -> Rule {
        self.multapses = allow;
        self
    }
    /// NEST's name of the rule.
    pub fn name(&self) -> &'static str {
        match self.pattern {
            Pattern::OneToOne => "one_to_one",
            Pattern::AllToAll => "all_to_all",
            Pattern::Bernoulli(_) => "pairwise_bernoulli",
            Pattern::Indegree(_) => "fixed_indegree",
            Pattern::Outdegree(_) => "fixed_outdegree",
            Pattern::Total(_) => "fixed_total_number",
            Pattern::Explicit(_) => "explicit",
            Pattern::Third(_) => "third_factor_bernoulli_with_pool",
        }
    }
    /// The pairs of an explicit rule; `None` for all others.
    pub fn explicit_pairs(&self) -> Option<&Explicit> {
        if let Pattern::Explicit(list) = &self.pattern { Some(list) } else { None }
    }
    /// The number of synapses between `sources` and `targets` neurons: exact, but for Bernoulli the mean plus six
    /// standard deviations.
    pub fn synapses_at_most(&self, sources: u64, targets: u64) -> u128 {
        let pairs = u128::from(sources) * u128::from(targets);
        match &self.pattern {
            Pattern::OneToOne => u128::from(sources.min(targets)),
            Pattern::AllToAll => pairs,
            Pattern::Bernoulli(p) => {
                let mean = pairs as f64 * p;
                pairs.min((mean + 6.0 * (mean * (1.0 - p)).sqrt()).ceil() as u128)
            }
            Pattern::Indegree(k) => u128::from(*k) * u128::from(targets),
            Pattern::Outdegree(k) => u128::from(*k) * u128::from(sources),
            Pattern::Total(n) => u128::from(*n),
            Pattern::Explicit(list) => list.targets.len() as u128,
            Pattern::Third(third) => third.most.into(),
        }
    }

    /// What keeps the rule from being met between `sources` and `targets` neurons, of which `shared` are both, if
    /// anything.
    pub(crate) fn problem(&self, sources: u32, targets: u32, shared: u64) -> Option<String> {
        let self_excluded = u32::from(shared > 0 && !self.autapses);
        let short = |k: u32, of: u32, what: &str| {
            (!self.multapses && k > of - self_excluded.min(of) || k > 0 && of <= self_excluded).then(|| {
                format!(
                    "{} = {k} needs {k} different {what}, and there are {}; allow multapses or draw fewer",
                    self.name(),
                    of - self_excluded.min(of)
                )
            })
        };
        match &self.pattern {
            Pattern::OneToOne if sources != targets => {
                Some(format!("one_to_one joins equal numbers, and there are {sources} sources and {targets} targets"))
            }
            Pattern::Bernoulli(p) if !(0.0..=1.0).contains(p) => {
                Some(format!("pairwise_bernoulli needs a probability between 0 and 1, not {p}"))
            }
            Pattern::Indegree(k) => short(*k, sources, "sources"),
            Pattern::Outdegree(k) => short(*k, targets, "targets"),
            Pattern::Total(n) => {
                let pairs = u64::from(sources) * u64::from(targets) - if self.autapses { 0 } else { shared };
                let over = !self.multapses && *n > pairs || *n > 0 && pairs == 0;
                over.then(|| {
                    format!(
                        "fixed_total_number = {n} exceeds the {pairs} pairs there are; allow multapses or draw fewer"
                    )
                })
            }
            Pattern::Explicit(list) => list.problem(sources, targets),
            _ => None,
        }
    }
}

impl Explicit {
    /// The pairs of `sources` and `targets`, by index, in this order; [`crate::network::Value::each`] gives each its
    /// own weight or delay.
    pub fn new(sources: impl Into<Arc<[u32]>>, targets: impl Into<Arc<[u32]>>) -> Explicit {
        Explicit { sources: sources.into(), targets: targets.into() }
    }

    /// What is wrong with the list for `sources` sources and `targets` targets, if anything.
    fn problem(&self, sources: u32, targets: u32) -> Option<String> {
        if self.sources.len() != self.targets.len() {
            return Some(format!("{} sources are listed for {} targets", self.sources.len(), self.targets.len()));
        }
        let wrong = |list: &[u32], n: u32, what: &str| {
            let at = list.iter().position(|&i| i >= n)?;
            Some(format!("synapse {at} names {what} {}, and the largest index is {}", list[at], n.saturating_sub(1)))
        };
        wrong(&self.sources, sources, "source").or_else(|| wrong(&self.targets, targets, "target"))
    }
}

/// What is wrong with `value` for the synapses of `rule`, if anything: a list of values needs explicit pairs, as many.
pub(crate) fn value_problem(rule: &Rule, value: &Value) -> Option<String> {
    match (&rule.pattern, value) {
        (Pattern::Explicit(list), Value::Each(_)) => value.problem(Some(list.targets.len())),
        (_, Value::Each(_)) => {
            Some("one value per synapse needs the explicit rule; use a constant or a distribution".into())
        }
        _ => value.problem(None),
    }
}

macro_rules! rule_from {
    ($($from:ty, $r:ident => $pattern:expr;)*) => {
        $(impl From<$from> for Rule {
            fn from($r: $from) -> Rule {
                Rule::new($pattern)
            }
        })*
    };
}

rule_from! {
    OneToOne, _r => Pattern::OneToOne;
    AllToAll, _r => Pattern::AllToAll;
    PairwiseBernoulli, r => Pattern::Bernoulli(r.0);
    FixedIndegree, r => Pattern::Indegree(r.0);
    FixedOutdegree, r => Pattern::Outdegree(r.0);
    FixedTotalNumber, r => Pattern::Total(r.0);
    Explicit, r => Pattern::Explicit(r);
}
