//! Couplings: currents that depend on the state of a source at each moment, not on its spikes.

use std::collections::BTreeMap;

use crate::equations::text::Unit;
use crate::error::{Error, Result};
use crate::network::rule::value_problem;
use crate::network::{Network, Part, Pattern, Rule, Selection, Value};
use crate::tile::Model;
use crate::time::short;

/// Name of the state variable that is coupled as a potential.
pub(crate) const POTENTIAL: &str = "V_m";
/// Name of the signal of a model that flows as a slow inward current.
pub(crate) const SIC: &str = "SIC";
/// No delay, ms.
const NONE: Value = Value::Constant(0.0);
/// The longest delay, steps: the signals of as many steps are kept.
const MAX_DELAY: u64 = 1 << 16;

/// Electrical coupling: the current g·(V_source - V_target) flows into the target, NEST's `gap_junction`; or the same
/// of another variable, as of the IP3 that astrocytes exchange.
///
/// Within a step the potential of the source is held at the value that the straight line through its last two has in
/// the middle of the step; with a delay, at the value that the straight line through both ends of the step so much
/// earlier has in its middle. Before time 0 it is what it is then.
#[derive(Debug, Clone, PartialEq)]
pub struct GapJunction {
    /// Conductances, nS.
    pub weight: Value,
    /// How much later the potential of the source counts, ms, one step or more; or none: 0 (the default). That of the
    /// target counts at once.
    pub delay: Value,
    /// Whether each pair is coupled both ways (the default); else current flows into targets only.
    pub symmetric: bool,
    /// The state variable whose difference between both ends drives the current.
    pub variable: String,
}

impl GapJunction {
    /// Junctions of conductance `weight` (nS), each of which couples both ways.
    pub fn new(weight: impl Into<Value>) -> GapJunction {
        GapJunction { weight: weight.into(), delay: NONE, symmetric: true, variable: POTENTIAL.to_owned() }
    }

    /// The same junctions, through which the potential of the source acts a delay (ms) later; it may be a distribution.
    pub fn delayed(self, delay_ms: impl Into<Value>) -> GapJunction {
        GapJunction { delay: delay_ms.into(), ..self }
    }

    /// The same junctions, driven by the difference of another state variable; weights are pA per unit of it.
    pub fn of(self, variable: &str) -> GapJunction {
        GapJunction { variable: variable.to_owned(), ..self }
    }

    /// Whether the potential is coupled. Its equation may then take the conductance, so that the target's own potential
    /// need not be held within a step.
    pub(crate) fn is_electrical(&self) -> bool {
        self.variable == POTENTIAL
    }

    /// The same junctions, but current flows into targets only (rectifying junctions), unless a list has both ways.
    pub fn one_way(self) -> GapJunction {
        GapJunction { symmetric: false, ..self }
    }
}

/// A graded synapse: the current w / (1 + exp((half - x) / slope)) flows into the target, where x is a state variable
/// of the source (Wicks et al. 1996). Held within a step as the potentials of gap junctions are.
#[derive(Debug, Clone, PartialEq)]
pub struct Graded {
    /// The largest current w, pA.
    pub weight: Value,
    /// How much later the source counts, ms, one step or more; or none: 0 (the default).
    pub delay: Value,
    /// The state variable x of the source.
    pub variable: String,
    /// The value of x at which half the current flows, in its unit.
    pub half: f64,
    /// The distance from there at which the ratio of the current to what is missing to w is e, in the same unit.
    pub slope: f64,
}

impl Graded {
    /// Graded synapses by the potential of the source, with a half current at `half` mV and a slope of `slope` mV.
    pub fn new(weight: impl Into<Value>, half: f64, slope: f64) -> Graded {
        Graded { weight: weight.into(), delay: NONE, variable: POTENTIAL.to_owned(), half, slope }
    }

    /// The same synapses, through which the source acts a delay (ms) later; it may be a distribution.
    pub fn delayed(self, delay_ms: impl Into<Value>) -> Graded {
        Graded { delay: delay_ms.into(), ..self }
    }
}

/// A slow inward current: the signal of an astrocyte flows into the target, a delay later; NEST's `sic_connection`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sic {
    /// Factors of the signal.
    pub weight: Value,
    /// Delays, ms; at least one step.
    pub delay: Value,
}

impl Sic {
    /// Connections of this weight and this delay in ms; either may be a distribution. NEST's default is a delay of 1
    /// ms.
    pub fn new(weight: impl Into<Value>, delay_ms: impl Into<Value>) -> Sic {
        Sic { weight: weight.into(), delay: delay_ms.into() }
    }
}

/// What flows from a source into a target.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Coupling {
    /// A current by the difference of potentials.
    GapJunction(GapJunction),
    /// A current by a sigmoid of a state variable of the source.
    Graded(Graded),
    /// A current by the signal of an astrocyte.
    Sic(Sic),
}

impl From<GapJunction> for Coupling {
    fn from(junction: GapJunction) -> Coupling {
        Coupling::GapJunction(junction)
    }
}

impl From<Graded> for Coupling {
    fn from(graded: Graded) -> Coupling {
        Coupling::Graded(graded)
    }
}

impl From<Sic> for Coupling {
    fn from(sic: Sic) -> Coupling {
        Coupling::Sic(sic)
    }
}

impl Coupling {
    /// The name of the coupling, NEST's where it has one.
    pub fn name(&self) -> &'static str {
        match self {
            Coupling::GapJunction(_) => "gap_junction",
            Coupling::Graded(_) => "graded_synapse",
            Coupling::Sic(_) => "sic_connection",
        }
    }

    /// The weights: nS for gap junctions, pA for graded synapses, a factor for slow inward currents.
    pub fn weight(&self) -> &Value {
        match self {
            Coupling::GapJunction(GapJunction { weight, .. })
            | Coupling::Graded(Graded { weight, .. })
            | Coupling::Sic(Sic { weight, .. }) => weight,
        }
    }

    /// The delays, ms; 0 where there are none.
    pub fn delay(&self) -> &Value {
        match self {
            Coupling::GapJunction(GapJunction { delay, .. })
            | Coupling::Graded(Graded { delay, .. })
            | Coupling::Sic(Sic { delay, .. }) => delay,
        }
    }

    /// Whether sources act at once.
    pub(crate) fn is_undelayed(&self) -> bool {
        *self.delay() == NONE && !matches!(self, Coupling::Sic(_))
    }
}

/// Couplings from one selection to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Couplings {
    /// Sources.
    pub from: Selection,
    /// Targets.
    pub to: Selection,
    /// Which pairs are coupled.
    pub rule: Rule,
    /// The current that flows.
    pub coupling: Coupling,
}

/// How the pairs of a rule become those of junctions that couple both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mirror {
    /// Each pair as it is.
    None,
    /// Each pair, and its mirror image.
    Made,
    /// As [`Mirror::Made`], of pairs of two neurons that are both sources and targets only those from the lower to the
    /// higher.
    MadeOnce,
}

impl Couplings {
    /// "gap_junction motor -> motor", for messages.
    pub fn place(&self, network: &Network) -> String {
        format!("{} {} -> {}", self.coupling.name(), network.describe(&self.from), network.describe(&self.to))
    }

    /// Checks rule, weights, delays and models against the network.
    ///
    /// # Errors
    /// [`Error::Connection`] or [`Error::Invalid`] where they cannot be met.
    pub(crate) fn check(&self, network: &Network) -> Result<()> {
        if let Some(problem) = self.rule.problem(self.from.len(), self.to.len(), self.shared()) {
            let (from, to) = (network.describe(&self.from), network.describe(&self.to));
            return Err(Error::Connection { from, to, problem });
        }
        let refuse = |problem: String| Error::invalid(self.place(network), problem);
        if let Some(problem) = value_problem(&self.rule, self.coupling.weight()) {
            return Err(Error::invalid(format!("{}, weight", self.place(network)), problem));
        }
        if !self.coupling.is_undelayed() {
            check_delay(&self.rule, self.coupling.delay(), network)
                .map_err(|problem| Error::invalid(format!("{}, delay", self.place(network)), problem))?;
        }
        match &self.coupling {
            Coupling::GapJunction(junction) => {
                if junction.weight.range().0 < 0.0 {
                    let problem =
                        "a conductance is 0 nS or greater; of a distribution keep draws within, as by min = 0";
                    return Err(Error::invalid(format!("{}, weight", self.place(network)), problem));
                }
                let ends = if junction.symmetric { &[&self.from, &self.to][..] } else { &[&self.to][..] };
                ends.iter().try_for_each(|end| self.check_models(network, end, takes_current))?;
                let potential = |model: &dyn Model| has_variable(model, &junction.variable);
                [&self.from, &self.to].iter().try_for_each(|end| self.check_models(network, end, potential))?;
                self.mirror().map(drop).map_err(refuse)
            }
            Coupling::Graded(graded) => {
                if !(graded.half.is_finite() && graded.slope.is_finite() && graded.slope != 0.0) {
                    let problem =
                        format!("half = {} and slope = {} must be numbers, slope not 0", graded.half, graded.slope);
                    return Err(refuse(problem));
                }
                self.check_models(network, &self.to, takes_current)?;
                self.check_models(network, &self.from, |model| has_variable(model, &graded.variable))
            }
            Coupling::Sic(_) => {
                self.check_models(network, &self.to, takes_current)?;
                self.check_models(network, &self.from, gives_current)
            }
        }
    }

    /// Checks the model of each population of `selection`; `missing` says what a model lacks.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the first answer of `missing`.
    fn check_models(
        &self,
        network: &Network,
        selection: &Selection,
        missing: impl Fn(&dyn Model) -> Option<String>,
    ) -> Result<()> {
        for part in selection.parts() {
            let population = &network.populations()[part.population];
            if let Some(problem) = missing(population.model.as_ref()) {
                let name = population.model.declaration().name;
                let place = format!("{} (population '{}', {name})", self.place(network), population.name);
                return Err(Error::invalid(place, problem));
            }
        }
        Ok(())
    }

    /// The number of neurons that are both source and target.
    fn shared(&self) -> u64 {
        let shared = |a: &Part, b: &Part| {
            let end = (a.first + a.count).min(b.first + b.count);
            u64::from(end.saturating_sub(a.first.max(b.first)))
        };
        self.from.parts().iter().map(|a| self.to.parts().iter().map(|b| shared(a, b)).sum::<u64>()).sum()
    }

    /// How the pairs of the rule become junctions.
    ///
    /// # Errors
    /// A sentence, where they cannot couple both ways.
    pub(crate) fn mirror(&self) -> Result<Mirror, String> {
        let Coupling::GapJunction(GapJunction { weight, delay, symmetric: true, .. }) = &self.coupling else {
            return Ok(Mirror::None);
        };
        match &self.rule.pattern {
            Pattern::AllToAll | Pattern::Bernoulli(_) => Ok(Mirror::MadeOnce),
            Pattern::Explicit(list) => {
                let ids = |k: usize| (self.from.id(list.sources[k]), self.to.id(list.targets[k]));
                mirror_of((0..list.targets.len()).map(ids).collect(), [weight, delay])
            }
            Pattern::OneToOne => {
                mirror_of((0..self.from.len()).map(|i| (self.from.id(i), self.to.id(i))).collect(), [weight, delay])
            }
            Pattern::Indegree(_) | Pattern::Outdegree(_) | Pattern::Total(_) if self.shared() > 0 => Err(format!(
                "{} within one population would draw some pairs from both ends; use pairwise_bernoulli or a list, \
                 or symmetric = false",
                self.rule.name()
            )),
            Pattern::Indegree(_) | Pattern::Outdegree(_) | Pattern::Total(_) | Pattern::Third(_) => Ok(Mirror::Made),
        }
    }
}

/// How listed `pairs` (of global ids) become junctions: with mirror images where they are listed one way, as they are
/// where both ways.
///
/// # Errors
/// A sentence, where some are listed both ways and others are not, or with different weights or delays.
fn mirror_of(pairs: Vec<(u32, u32)>, weight_and_delay: [&Value; 2]) -> Result<Mirror, String> {
    let values = |k: usize| {
        weight_and_delay.map(|value| match value {
            Value::Each(all) => all[k].to_bits(),
            _ => 0,
        })
    };
    let mut listed: BTreeMap<(u32, u32), Vec<[u64; 2]>> = BTreeMap::new();
    for (k, pair) in pairs.iter().enumerate() {
        listed.entry(*pair).or_default().push(values(k));
    }
    listed.values_mut().for_each(|weights| weights.sort_unstable());
    let both = |&(a, b): &(u32, u32)| a != b && listed.contains_key(&(b, a));
    let Some(example) = pairs.iter().find(|pair| both(pair)) else { return Ok(Mirror::Made) };
    for (value, what) in weight_and_delay.into_iter().zip(["weights", "delays"]) {
        if matches!(value, Value::Random { .. }) {
            return Err(format!(
                "{what} that are drawn would differ from way to way of a junction; list each junction once"
            ));
        }
    }
    let alone = listed.iter().find(|((a, b), weights)| a != b && listed.get(&(*b, *a)) != Some(*weights));
    match alone {
        None => Ok(Mirror::None),
        Some(((a, b), _)) => Err(format!(
            "neurons {} and {} are listed both ways, but {a} -> {b} has no mirror image of its weight and delay; list \
             all junctions once, or all both ways, or say symmetric = false",
            example.0, example.1
        )),
    }
}

/// Checks that delays have from one step to [`MAX_DELAY`] steps, those of all draws included.
///
/// # Errors
/// A sentence, where they do not.
fn check_delay(rule: &Rule, delay: &Value, network: &Network) -> Result<(), String> {
    if let Some(problem) = value_problem(rule, delay) {
        return Err(problem);
    }
    let (low, high) = delay.range();
    for ms in [low, high] {
        if ms == f64::INFINITY || network.grid().nearest(ms).is_none_or(|steps| !(1..=MAX_DELAY).contains(&steps)) {
            let dt = network.dt();
            return Err(format!(
                "{} ms is no delay of one step ({dt} ms) to {MAX_DELAY} steps; of a distribution keep draws within, as by \
                 min = {dt} and max = 10",
                short(ms)
            ));
        }
    }
    Ok(())
}

/// What keeps the signal of a model from flowing as a current, if anything.
fn gives_current(model: &dyn Model) -> Option<String> {
    let signals = model.signals().map_or(&[][..], |own| &own.signals);
    let current = signals.iter().position(|signal| signal.name == SIC);
    match current {
        Some(at) if signals[at].unit.fits(Unit::PA) => None,
        Some(_) => Some(format!("its signal {SIC} is no current")),
        None => Some(format!("its model gives no signal {SIC}; name astrocytes, such as astrocyte_lr_1994")),
    }
}

/// What keeps currents from flowing into neurons of a model, if anything.
fn takes_current(model: &dyn Model) -> Option<String> {
    (!model.takes_current()).then(|| "its model takes no current; couple another population".to_owned())
}

/// What keeps state variable `name` of a model from being coupled, if anything.
fn has_variable(model: &dyn Model, name: &str) -> Option<String> {
    let state = model.declaration().state;
    let known: Vec<&str> = state.iter().map(|variable| variable.name).collect();
    let missing = !known.contains(&name);
    missing.then(|| format!("its model has no variable {name}; it has {}", known.join(", ")))
}
