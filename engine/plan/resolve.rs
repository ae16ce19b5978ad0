//! A network, read once: all that later passes need of it, in plain lists.
//!
//! Only this file, `input` and `probes` read a [`Network`]; the entry points of a plan (`lay_out`, `trial`,
//! `cost/report`) hand it on. What follows from rules, distributions and models alone is decided here: which channel
//! takes which sign, which weights there are, how many synapses a target can have, when stimuli arrive. What random
//! numbers decide is for `connectivity`.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::network::{
    Couplings, Delay, Network, Part, Pattern, Perturb, Perturbation, Population, Projection, Receptor, Selection,
    Stimulus, Value,
};
use crate::plan::connectivity::distribution::Distribution;
use crate::plan::input::Input;
use crate::plan::learned::Learned;
use crate::plan::{CurrentPlan, ProbePlan, WavePlan, probes};
use crate::random::{Draws, Purpose, stream};
use crate::tile::{Declaration, PoissonPlan, Takes};
use crate::time::Grid;

/// The largest number of spikes that a relay is taken to emit in one step. Relays that feed each other can multiply
/// spikes without bound; beyond this a run stops with an error.
const MAX_RELAYED: u64 = 1 << 12;

/// A network, as a plan needs it.
pub(crate) struct Resolved<'a> {
    pub grid: Grid,
    /// Number of neurons.
    pub neurons: u32,
    pub populations: &'a [Population],
    /// The most spikes that a neuron of each population can emit in one step: 1, but for relays what reaches them.
    pub max_emitted: Vec<u32>,
    pub projections: Vec<ResolvedProjection<'a>>,
    pub couplings: &'a [Couplings],
    pub stimuli: Vec<ResolvedStimulus<'a>>,
    pub perturbations: &'a [Perturbation],
    /// The state variables that recorders sample.
    pub probes: Vec<ProbePlan>,
}

/// A projection, with what follows from it.
pub(crate) struct ResolvedProjection<'a> {
    pub declared: &'a Projection,
    /// A description of the projection, for messages.
    pub place: String,
    /// The targets, population by population.
    pub targets: Vec<Target>,
    /// The law of the weights, or what is wrong with it.
    weight: Result<Law<'a>, String>,
    pub delay: &'a Delay,
    pub receptor: &'a Receptor,
    /// Whether its pairs are explicit: either listed, or of a rule whose rows need more than a few words per source, so
    /// that to draw them again would save little memory.
    pub explicit: bool,
    /// Where its synapses learn, the bounds of their weights.
    pub learned: Option<Learned>,
    /// An upper bound on the number of its synapses.
    pub synapses_at_most: u128,
    /// An upper bound on the number of synapses of one target; where chance decides, one that is exceeded less often
    /// than once in 10^30 targets.
    pub indegree_at_most: f64,
}

/// The law that weights follow.
pub(crate) enum Law<'a> {
    Constant(f64),
    /// One value for each pair.
    Each(&'a Arc<[f64]>),
    Random(Distribution),
}

/// A stimulus, with what follows from it.
pub(crate) struct ResolvedStimulus<'a> {
    pub to: &'a Selection,
    /// A description of the stimulus, for messages.
    pub place: String,
    /// The targets, population by population.
    pub targets: Vec<Target>,
    pub weight: &'a Value,
    pub receptor: &'a Receptor,
    pub input: Input<'a>,
    /// The random stream of its weights, beyond those of projections.
    stream: u32,
}

/// The neurons of one population that a projection or a stimulus reaches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// Index of the first of them among all targets.
    pub index: u32,
    pub part: Part,
    /// The channels that weights reach.
    pub channels: Channels,
}

/// The channels that weights of zero and more, and those below zero, reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Channels([Option<Channel>; 2]);

/// A channel that takes weights of one sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Channel {
    pub index: u8,
    pub takes: Takes,
}

impl Channels {
    /// The channels that `receptor` stands for in a model.
    fn new(declaration: &Declaration, receptor: &Receptor) -> Channels {
        let taking = |sign: f64| {
            let index = declaration.channel(receptor.name(), sign)?;
            Some(Channel { index: index as u8, takes: declaration.channels[index].takes })
        };
        Channels([taking(1.0), taking(-1.0)])
    }

    /// The channel that takes `weight`, if there is one; a weight of zero goes to either, and NaN only where both are
    /// one.
    #[inline(always)]
    pub fn of(&self, weight: f64) -> Option<Channel> {
        let [above, below] = self.0;
        if weight < 0.0 {
            below
        } else if weight > 0.0 {
            above
        } else {
            above.or(below).filter(|_| weight == 0.0 || above == below)
        }
    }

    /// The same channels, but with weights of zero going where those below zero go.
    fn of_inhibition(self) -> Channels {
        let [above, below] = self.0;
        Channels([below.or(above), below])
    }

    /// The channels of weights above and below zero, where some from `low` to `high` are either and these differ.
    pub fn by_sign(self, (low, high): (f64, f64)) -> Option<[Option<u8>; 2]> {
        let either = low < 0.0 && 0.0 < high && self.0[0] != self.0[1];
        either.then(|| self.0.map(|channel| channel.map(|channel| channel.index)))
    }

    /// The channels that weights from `low` to `high` reach.
    pub fn reached(&self, (low, high): (f64, f64)) -> impl Iterator<Item = Channel> {
        let [above, below] = self.0;
        let above = above.filter(|_| high >= 0.0);
        [above, below.filter(|below| low < 0.0 && Some(*below) != above)].into_iter().flatten()
    }
}

impl<'a> Law<'a> {
    /// The law of weights given by `value`.
    ///
    /// # Errors
    /// A sentence, where a distribution gives nothing in its range, or too many values.
    fn of(value: &'a Value) -> Result<Law<'a>, String> {
        Ok(match value {
            Value::Constant(weight) => Law::Constant(*weight),
            Value::Each(values) => Law::Each(values),
            Value::Random { shape, min, max, factor } => {
                let distribution = Distribution::new(*shape, *min, *max, *factor);
                Law::Random(distribution.map_err(|problem| format!("weight: {problem}"))?)
            }
        })
    }

    /// The ends between which all weights lie.
    pub fn range(&self) -> (f64, f64) {
        match self {
            Law::Constant(weight) => (*weight, *weight),
            Law::Each(values) => {
                values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)))
            }
            Law::Random(distribution) => distribution.ends(),
        }
    }
}

impl<'a> Resolved<'a> {
    /// `network`, resolved.
    ///
    /// # Errors
    /// Perturbations of connections or populations that are no longer as they were when added; else what was checked
    /// when it was added to the network.
    pub fn new(network: &'a Network) -> Result<Resolved<'a>> {
        network.perturbations().iter().try_for_each(|own| own.check(network))?;
        let populations = network.populations();
        let projections = network.projections().iter().map(|own| ResolvedProjection::new(network, own)).collect();
        let stimuli = network.stimuli().iter().zip(0..).map(|(own, index)| ResolvedStimulus::new(network, own, index));
        let drives = network.perturbations().iter().filter_map(|own| ResolvedStimulus::drive(network, own).map(Ok));
        let mut resolved = Resolved {
            grid: network.grid(),
            neurons: network.neurons(),
            populations,
            max_emitted: vec![1; populations.len()],
            projections,
            couplings: network.couplings(),
            stimuli: stimuli.chain(drives).collect::<Result<_>>()?,
            perturbations: network.perturbations(),
            probes: probes(network)?,
        };
        resolved.max_emitted = resolved.most_emitted();
        Ok(resolved)
    }

    /// [`Resolved::max_emitted`]. Bounds of relays follow from those of their sources, so a chain of relays takes as
    /// many rounds as it is long.
    fn most_emitted(&self) -> Vec<u32> {
        let mut most = self.max_emitted.clone();
        for _ in self.populations {
            let before = most.clone();
            for (index, population) in self.populations.iter().enumerate() {
                let declaration = population.model.declaration();
                if let Some(own) = declaration.max_spikes {
                    most[index] = own;
                } else if declaration.multiple {
                    most[index] = self.relayed(index, &before).clamp(1, MAX_RELAYED) as u32;
                }
            }
            if most == before {
                break;
            }
        }
        most
    }

    /// An upper bound on the spikes that reach a neuron of `population` in one step, where neurons of each population
    /// emit up to `most`.
    fn relayed(&self, population: usize, most: &[u32]) -> u64 {
        let reached = |targets: &[Target]| targets.iter().any(|target| target.part.population == population);
        let projections = self.projections.iter().filter(|projection| reached(&projection.targets));
        let spikes =
            projections.map(|projection| projection.most_inputs().saturating_mul(projection.emitted(most).into()));
        let stimuli = self.stimuli.iter().filter(|stimulus| reached(&stimulus.targets));
        spikes.chain(stimuli.map(|stimulus| stimulus.at_once().into())).fold(0, u64::saturating_add)
    }

    /// The steps at which perturbations begin or end, rising.
    pub fn changes(&self) -> Vec<u64> {
        let steps = self.perturbations.iter().map(|own| own.steps(self.grid));
        let mut changes: Vec<u64> = steps.flat_map(|steps| [steps.start, steps.end]).collect();
        changes.sort_unstable();
        changes.dedup();
        changes
    }

    /// Whether perturbations set parameters of population `index`.
    pub fn changes_parameters(&self, index: usize) -> bool {
        let reaches = |own: &Perturbation| own.of.parts().iter().any(|part| part.population == index);
        self.perturbations.iter().any(|own| matches!(own.what, Perturb::Set { .. }) && reaches(own))
    }

    /// The stimuli of spike trains that are drawn, for a run of seed `seed`.
    pub fn poisson(&self, seed: u64) -> Vec<PoissonPlan> {
        let inputs = self.stimuli.iter().map(|stimulus| &stimulus.input);
        let mut plans: Vec<PoissonPlan> = inputs
            .filter_map(|input| if let Input::Poisson(plan) = input { Some(plan.clone()) } else { None })
            .collect();
        plans.iter_mut().for_each(|plan| plan.reseed(seed));
        plans
    }

    /// The current stimuli that change from step to step.
    pub fn waves(&self) -> Vec<WavePlan> {
        let inputs = self.stimuli.iter().map(|stimulus| &stimulus.input);
        inputs.filter_map(|input| if let Input::Wave(plan) = input { Some(plan.clone()) } else { None }).collect()
    }

    /// The current stimuli that are constant for many steps.
    pub fn currents(&self) -> Vec<CurrentPlan> {
        let inputs = self.stimuli.iter().map(|stimulus| &stimulus.input);
        inputs.filter_map(|input| if let Input::Current(plan) = input { Some(plan.clone()) } else { None }).collect()
    }
}

/// The targets of a selection, population by population.
fn targets(network: &Network, to: &Selection, receptor: &Receptor) -> Vec<Target> {
    let target = |index: &mut u32, &part: &Part| {
        let declaration = network.populations()[part.population].model.declaration();
        let target = Target { index: *index, part, channels: Channels::new(declaration, receptor) };
        *index += part.count;
        Some(target)
    };
    to.parts().iter().scan(0, target).collect()
}

impl<'a> ResolvedProjection<'a> {
    /// Projection `declared` of `network`, resolved.
    fn new(network: &Network, declared: &'a Projection) -> ResolvedProjection<'a> {
        let Projection { from, to, rule, synapse } = declared;
        let explicit = match rule.pattern {
            _ if matches!(synapse.delay, Delay::Distance { .. }) => true,
            Pattern::Explicit(_) | Pattern::Third(_) => true,
            Pattern::OneToOne | Pattern::AllToAll | Pattern::Bernoulli(_) => false,
            Pattern::Indegree(_) | Pattern::Outdegree(_) | Pattern::Total(_) => !(rule.autapses && rule.multapses),
        };
        let weight = Law::of(&synapse.weight);
        let start = weight.as_ref().map_or((0.0, 0.0), Law::range);
        let learned = |plasticity| Learned::new(plasticity, start, network.dt());
        let learned = synapse.model.plasticity().map(learned);
        let mut targets = targets(network, to, &synapse.receptor);
        if learned.is_some_and(Learned::inhibits) {
            targets.iter_mut().for_each(|target| target.channels = target.channels.of_inhibition());
        }
        ResolvedProjection {
            declared,
            place: declared.place(network),
            targets,
            learned,
            weight,
            delay: &synapse.delay,
            receptor: &synapse.receptor,
            explicit,
            synapses_at_most: rule.synapses_at_most(u64::from(from.len()), u64::from(to.len())),
            indegree_at_most: indegree_at_most(declared),
        }
    }

    /// The law of its weights.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a distribution that gives nothing in its range, or too many values.
    pub fn weight(&self) -> Result<&Law<'a>> {
        self.weight.as_ref().map_err(|problem| self.error(problem.clone()))
    }

    /// The error `problem` of this projection.
    pub fn error(&self, problem: String) -> Error {
        Error::invalid(self.place.clone(), problem)
    }

    /// The largest number of spikes that a source emits in one step, where `most` is that of each population.
    pub fn emitted(&self, most: &[u32]) -> u32 {
        self.declared.from.parts().iter().map(|part| most[part.population]).max().unwrap_or(1)
    }

    /// An upper bound on the number of synapses of one target, for the bounds of relays.
    fn most_inputs(&self) -> u64 {
        match &self.declared.rule.pattern {
            Pattern::OneToOne => 1,
            Pattern::AllToAll | Pattern::Bernoulli(_) => self.declared.from.len().into(),
            Pattern::Indegree(k) => u64::from(*k),
            Pattern::Outdegree(_) | Pattern::Total(_) | Pattern::Explicit(_) | Pattern::Third(_) => MAX_RELAYED,
        }
    }
}

/// [`ResolvedProjection::indegree_at_most`].
fn indegree_at_most(projection: &Projection) -> f64 {
    let (from, to) = (f64::from(projection.from.len()), f64::from(projection.to.len()));
    let chance = |mean: f64, most: f64| (mean + 12.0 * mean.sqrt() + 40.0).min(most);
    match &projection.rule.pattern {
        Pattern::OneToOne => 1.0,
        Pattern::AllToAll => from,
        Pattern::Bernoulli(p) => chance(from * p, from),
        Pattern::Indegree(k) => f64::from(*k),
        Pattern::Outdegree(k) => chance(from * f64::from(*k) / to, from * f64::from(*k)),
        Pattern::Total(n) => chance(*n as f64 / to, *n as f64),
        Pattern::Explicit(list) => list.targets.len() as f64,
        Pattern::Third(third) => third.most as f64,
    }
}

impl<'a> ResolvedStimulus<'a> {
    /// Stimulus `own` of `network`, whose index is `index`, resolved.
    ///
    /// # Errors
    /// As [`Input::new`].
    fn new(network: &Network, own: &'a Stimulus, index: u32) -> Result<ResolvedStimulus<'a>> {
        Ok(ResolvedStimulus {
            to: &own.to,
            place: own.place(network),
            targets: targets(network, &own.to, &own.synapse.receptor),
            weight: &own.synapse.weight,
            receptor: &own.synapse.receptor,
            input: Input::new(network, own, index)?,
            stream: stream(Purpose::Weight, 0x0080_0000 + index),
        })
    }

    /// The stimulus that a perturbation is, if it drives neurons by a current.
    fn drive(network: &Network, own: &'a Perturbation) -> Option<ResolvedStimulus<'a>> {
        const ONE: &Value = &Value::Constant(1.0);
        let Perturb::Drive(amplitude) = own.what else { return None };
        let steps = own.steps(network.grid());
        let input = Input::Current(CurrentPlan { changes: vec![(steps.start, amplitude), (steps.end, 0.0)] });
        let (place, receptor) = (own.place(network), &Receptor::BySign);
        let targets = targets(network, &own.of, receptor);
        Some(ResolvedStimulus { to: &own.of, place, targets, weight: ONE, receptor, input, stream: 0 })
    }

    /// The weight for target `item`; drawn ones follow from `seed`.
    pub fn weight(&self, seed: u64, item: u32) -> f64 {
        self.weight.at(item as usize, || Draws::new(seed, self.stream, u64::from(item)))
    }

    /// The error `problem` of this stimulus.
    pub fn error(&self, problem: String) -> Error {
        Error::invalid(self.place.clone(), problem)
    }

    /// The largest number of spikes that it gives one target in one step.
    fn at_once(&self) -> u32 {
        match &self.input {
            Input::Poisson(plan) => plan.largest(),
            Input::Spikes { at_once, .. } => *at_once,
            Input::Current(_) | Input::Wave(_) => 0,
        }
    }
}
