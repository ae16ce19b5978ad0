//! Continuous couplings laid out: which signals of which neurons others see, and what reaches each neuron.
//!
//! A signal is a value of a neuron at the end of a step. In step s a neuron is reached by the signals of step s - 1 (`back`
//! earlier, where the coupling has a delay), each times its weight, added up in the order of the network's couplings and of
//! the pairs of their rules, whatever the shards; pairs that bring a neuron the same value count once, with the sum of their weights.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Result;
use crate::network::Population;
use crate::number::{Number, math};
use crate::plan::PopulationPlan;
use crate::tile::MAX_EPOCH;

mod ablated;
mod links;
mod pairs;

/// What a neuron shows others.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// A state variable as stored.
    Variable(usize),
    /// 1 / (1 + exp((half - x) / slope)) of a state variable x as stored, where `half` is one value for all or one for each
    /// neuron of the population.
    Sigmoid {
        /// Index of the state variable.
        variable: usize,
        /// Where it is one half, as stored.
        half: Vec<f64>,
        /// In the unit of the variable.
        slope: f64,
    },
    /// The signal of its model with this index; nothing before the end of the first step.
    Given(usize),
}

impl Signal {
    /// The state variable it is made of, if it is made of one.
    pub fn variable(&self) -> Option<usize> {
        match self {
            Signal::Variable(variable) | Signal::Sigmoid { variable, .. } => Some(*variable),
            Signal::Given(_) => None,
        }
    }

    /// What others see of neuron `i` of a population whose variable, or whose model's signal, has a value.
    pub fn shown<R: Number>(&self, value: R, i: usize) -> R {
        match self {
            Signal::Variable(_) | Signal::Given(_) => value,
            Signal::Sigmoid { half, slope, .. } => {
                let half = half[if half.len() == 1 { 0 } else { i }];
                math::sigmoid((value - R::of(half)) * R::of(1.0 / slope))
            }
        }
    }
}

/// The neurons of a population whose signals others see.
#[derive(Debug, Clone)]
pub struct SignalSource {
    /// Index of the population.
    pub population: usize,
    /// Global ids.
    pub ids: Range<u32>,
    /// Place of the first signal of the first neuron among all.
    pub first: u32,
    /// Signals of each neuron, which lie side by side.
    pub signals: Vec<Signal>,
}

/// What reaches a neuron from one signal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Place of the signal.
    pub signal: u32,
    /// What it is multiplied by.
    pub weight: f64,
    /// Steps before the last one.
    pub back: u32,
    /// Whether the straight line through the last two values goes on to the middle of the step.
    pub straight: bool,
}

/// The couplings of a plan.
#[derive(Debug, Clone)]
pub struct CouplingPlan {
    /// Where signals come from, in the order of neurons.
    pub sources: Vec<SignalSource>,
    /// Signals in all.
    pub signals: u32,
    /// Steps whose signals are needed.
    pub depth: u32,
    /// Steps that can be played without those of others, at most.
    pub epoch: u32,
    /// Per signal, the stored value at time 0 of the variable that it is made of; 0 where it is not made of one.
    pub start: Vec<f64>,
    /// Currents, each from one neuron to one.
    pub pairs: u64,
    /// While nobody is ablated, and while some neurons are.
    versions: Vec<Version>,
    /// From which step on which of these holds, rising; nothing where it is always the first.
    since: Vec<(u64, usize)>,
}

/// What there is of couplings while some neurons are ablated.
#[derive(Debug, Clone)]
struct Version {
    links: Arc<Links>,
    /// Per population, conductances (nS) that its potentials lose current through: nothing, or one for each neuron.
    conductances: Vec<Vec<f64>>,
}

/// All links, by target.
#[derive(Debug, Clone, Default)]
struct Links {
    /// Global ids of targets, ascending, one for each link.
    targets: Vec<u32>,
    links: Vec<Link>,
    /// Targets of gap junctions, ascending, and what the rest potentials of both ends add to the current, pA.
    constants: Vec<(u32, f64)>,
}

impl Links {
    /// Steps whose signals are needed, and steps that can be played without those of others.
    fn reach(&self) -> (u32, u32) {
        let needed = self.links.iter().map(|link| link.back + 1 + u32::from(link.straight)).max().unwrap_or(0);
        let least = self.links.iter().map(|link| link.back).min().unwrap_or(MAX_EPOCH);
        (needed, (least + 1).min(MAX_EPOCH))
    }

    /// What reaches neurons of some ids.
    fn reaching(&self, ids: &Range<u32>) -> Reaching {
        let Links { targets, links, constants } = self;
        let place = |id: u32| targets.partition_point(|target| *target < id);
        let (from, to) = (place(ids.start), place(ids.end));
        let own = &targets[from..to];
        let starts = (ids.start..=ids.end).map(|id| own.partition_point(|target| *target < id) as u32).collect();
        let mut fixed = vec![0.0; ids.len()];
        let first = constants.partition_point(|(id, _)| *id < ids.start);
        for (id, current) in constants[first..].iter().take_while(|(id, _)| *id < ids.end) {
            fixed[(id - ids.start) as usize] = *current;
        }
        Reaching { starts, links: links[from..to].to_vec(), constants: fixed }
    }
}

/// What reaches the neurons of a slice.
#[derive(Debug, Clone, Default)]
pub struct Reaching {
    /// Per neuron the first of its links, and the end of the last; empty where nothing reaches the slice.
    pub starts: Vec<u32>,
    /// By neuron, each in order.
    pub links: Vec<Link>,
    /// Per neuron a current that does not change, pA.
    pub constants: Vec<f64>,
}

/// What reaches the neurons of a slice from a step on.
#[derive(Debug, Clone)]
pub struct ReachingSince {
    /// The first step.
    pub step: u64,
    /// The same where it is the same again.
    pub reaching: Arc<Reaching>,
}

impl Default for CouplingPlan {
    fn default() -> CouplingPlan {
        CouplingPlan {
            sources: Vec::new(),
            signals: 0,
            depth: 0,
            epoch: MAX_EPOCH,
            start: Vec::new(),
            pairs: 0,
            versions: Vec::new(),
            since: Vec::new(),
        }
    }
}

impl CouplingPlan {
    /// The signals of all neurons at time 0.
    pub fn at_start<R: Number>(&self, populations: &[PopulationPlan]) -> Vec<f64> {
        let mut values = self.start.iter().map(|&value| R::of(value));
        let mut signals = Vec::new();
        for source in &self.sources {
            let before = populations[source.population].first;
            for id in source.ids.clone() {
                let own = source.signals.iter().zip(&mut values);
                signals.extend(own.map(|(signal, value)| signal.shown(value, (id - before) as usize).value()));
            }
        }
        signals
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.signals == 0
    }

    /// Bytes of links and signals where numbers have `size` bytes, of so many copies of a network on so many threads: the plan
    /// has its links twice, each copy its weights and places, and each thread, and a last list, the signals of the steps that are needed.
    pub fn bytes(&self, size: u64, copies: u64, threads: u64) -> u64 {
        let links: u64 = self.versions.iter().map(|version| version.links.links.len() as u64).sum();
        let links = links * (4 + (copies + 1) * size_of::<Link>() as u64 + copies * (size + 4));
        let steps = u64::from(self.depth + self.epoch).next_power_of_two();
        links + copies * (threads + 1) * steps * u64::from(self.signals) * 8
    }

    /// What reaches neurons of some ids while nobody is ablated.
    pub(crate) fn reaching(&self, ids: &Range<u32>) -> Reaching {
        let reaching = self.versions.first().map(|version| version.links.reaching(ids));
        reaching.filter(|own| !own.links.is_empty()).unwrap_or_default()
    }

    /// The same by time; nothing where it does not change.
    pub(crate) fn reaching_since(&self, ids: &Range<u32>) -> Vec<ReachingSince> {
        if self.reaching(ids).links.is_empty() {
            return Vec::new();
        }
        let own = |version: &Version| Arc::new(version.links.reaching(ids));
        let versions: Vec<Arc<Reaching>> = self.versions.iter().filter(|_| !self.since.is_empty()).map(own).collect();
        self.since.iter().map(|&(step, own)| ReachingSince { step, reaching: versions[own].clone() }).collect()
    }

    /// Which version holds in a step.
    pub(crate) fn version_at(&self, step: u64) -> usize {
        let begun = self.since.partition_point(|(from, _)| *from <= step);
        begun.checked_sub(1).map_or(0, |last| self.since[last].1)
    }

    /// The conductance (nS) that the potential of neuron `i` of a population loses current through, if its model has one.
    pub(crate) fn conductance(&self, version: usize, population: usize, i: u32) -> Option<f64> {
        self.versions.get(version)?.conductances.get(population)?.get(i as usize).copied()
    }

    /// Takes the initial states of another trial.
    pub(crate) fn reseed(
        &mut self,
        network: &[Population],
        populations: &[PopulationPlan],
        (seed, run_seed): (u64, u64),
    ) -> Result<()> {
        self.start = start(&self.sources, network, populations, seed, run_seed)?;
        Ok(())
    }
}

fn population_of(populations: &[PopulationPlan], id: u32) -> usize {
    populations.partition_point(|population| population.first <= id).saturating_sub(1)
}

/// The stored values at time 0 that signals are made of.
fn start(
    sources: &[SignalSource],
    network: &[Population],
    populations: &[PopulationPlan],
    seed: u64,
    run_seed: u64,
) -> Result<Vec<f64>> {
    let mut values = Vec::new();
    for source in sources {
        let (population, plan) = (&network[source.population], &populations[source.population]);
        for id in source.ids.clone() {
            let i = id - population.first;
            let parameters = population.parameters_of(i, seed)?;
            let state = population.start_of(i, &parameters, run_seed)?;
            let stored = |variable: usize| state[variable] - plan.offset_of(variable, i);
            values.extend(source.signals.iter().map(|signal| signal.variable().map_or(0.0, stored)));
        }
    }
    Ok(values)
}
