//! Continuous couplings laid out: which signals of which neurons others see, and what reaches each neuron.
//!
//! A signal is a value of a neuron at the end of a step. In step s a neuron is reached by the signals of step s - 1
//! (`back` earlier, where the coupling has a delay), each times its weight, added up in the order of the network's
//! couplings and of the pairs of their rules, whatever the shards; pairs that bring a neuron the same value count once,
//! with the sum of their weights.

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

/// A signal that a neuron gives others at the end of each step.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// A state variable as stored, by its index.
    Variable(usize),
    /// 1 / (1 + exp((half - x) / slope)) of a state variable x as stored, where `half` is one value for all or one for
    /// each neuron of the population.
    Sigmoid {
        /// Index of the state variable.
        variable: usize,
        /// The value at which the signal is one half, as stored.
        half: Vec<f64>,
        /// The slope, in the unit of the variable.
        slope: f64,
    },
    /// A signal that the model computes, by its index; 0 before the end of the first step.
    Given(usize),
}

impl Signal {
    /// The index of the state variable that it is made of, if it is made of one.
    pub fn variable(&self) -> Option<usize> {
        match self {
            Signal::Variable(variable) | Signal::Sigmoid { variable, .. } => Some(*variable),
            Signal::Given(_) => None,
        }
    }

    /// The signal of neuron `i` of a population, where `value` is that of its state variable, or the signal that its
    /// model computes.
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

/// The neurons of a population that give signals.
#[derive(Debug, Clone)]
pub struct SignalSource {
    /// Index of the population.
    pub population: usize,
    /// Global ids of the neurons.
    pub ids: Range<u32>,
    /// Place of the first signal of the first neuron among all signals of a step.
    pub first: u32,
    /// The signals of each neuron, which lie side by side.
    pub signals: Vec<Signal>,
}

/// What a neuron receives from one signal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Place of the signal among those of a step.
    pub signal: u32,
    /// Factor from the signal to a current in pA.
    pub weight: f64,
    /// How many steps before the last one the signal is taken.
    pub back: u32,
    /// Which value it has within a step.
    pub course: Course,
}

/// The value of a signal that counts within a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Course {
    /// That at the end of the step at which it is taken.
    Last = 0,
    /// That half a step later, on the straight line through this value and the one before.
    Ahead = 1,
    /// That half a step earlier, on the same line.
    Between = 2,
}

/// The couplings of a plan.
#[derive(Debug, Clone)]
pub struct CouplingPlan {
    /// The neurons that give signals, in the order of neurons.
    pub sources: Vec<SignalSource>,
    /// Number of all signals of a step.
    pub signals: u32,
    /// Number of steps whose signals are needed.
    pub depth: u32,
    /// The largest number of steps that can be played without new signals of others.
    pub epoch: u32,
    /// Per signal, the stored value at time 0 of the variable that it is made of; 0 where it is not made of one.
    pub start: Vec<f64>,
    /// Number of coupled pairs, each way counted.
    pub pairs: u64,
    /// The links while no neuron is ablated, then for each set of ablated neurons.
    versions: Vec<Version>,
    /// The first steps of versions, (step, index of the version), rising; empty where it is always the first.
    since: Vec<(u64, usize)>,
}

/// The couplings that are left while some neurons are ablated.
#[derive(Debug, Clone)]
struct Version {
    links: Arc<Links>,
    /// Per population, the conductances (nS) through which its potentials lose current: empty, or one for each neuron.
    conductances: Vec<Vec<f64>>,
}

/// All links, by target.
#[derive(Debug, Clone, Default)]
struct Links {
    /// Global ids of targets, ascending, one for each link.
    targets: Vec<u32>,
    links: Vec<Link>,
    /// Targets of gap junctions, ascending, and the current that the rest potentials of both ends add, pA.
    constants: Vec<(u32, f64)>,
}

impl Links {
    /// The number of steps whose signals are needed, and the largest number of steps that can be played without new
    /// signals.
    fn reach(&self) -> (u32, u32) {
        let needed =
            self.links.iter().map(|link| link.back + 1 + u32::from(link.course != Course::Last)).max().unwrap_or(0);
        let least = self.links.iter().map(|link| link.back).min().unwrap_or(MAX_EPOCH);
        (needed, (least + 1).min(MAX_EPOCH))
    }

    /// The links and constant currents of neurons `ids`.
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

/// The couplings that reach the neurons of a slice.
#[derive(Debug, Clone, Default)]
pub struct Reaching {
    /// Per neuron, where its links start, and at the end where the last one's end; empty where none reaches the slice.
    pub starts: Vec<u32>,
    /// The links, neuron by neuron, in the order in which they are added up.
    pub links: Vec<Link>,
    /// Per neuron, a current that does not change, pA.
    pub constants: Vec<f64>,
}

/// The couplings that reach the neurons of a slice from a step on.
#[derive(Debug, Clone)]
pub struct ReachingSince {
    /// The first step.
    pub step: u64,
    /// The couplings; one allocation where the same ones are in force several times.
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

    /// Whether there are no couplings.
    pub fn is_empty(&self) -> bool {
        self.signals == 0
    }

    /// The size of links and signals, bytes, where a number has `size` bytes, for `copies` trials on `threads` threads
    /// each: the plan has its links twice, each trial weights and places, and each thread, and a last one, the signals
    /// of `history` steps.
    pub fn bytes(&self, size: u64, (copies, threads): (u64, u64), history: u32) -> u64 {
        let links: u64 = self.versions.iter().map(|version| version.links.links.len() as u64).sum();
        let links = links * (4 + (copies + 1) * size_of::<Link>() as u64 + copies * (size + 4));
        let steps = u64::from(history).next_power_of_two();
        links + copies * (threads + 1) * steps * u64::from(self.signals) * 8
    }

    /// The couplings that reach neurons `ids` while no neuron is ablated.
    pub(crate) fn reaching(&self, ids: &Range<u32>) -> Reaching {
        let reaching = self.versions.first().map(|version| version.links.reaching(ids));
        reaching.filter(|own| !own.links.is_empty()).unwrap_or_default()
    }

    /// The couplings that reach neurons `ids` by time, rising; empty where they do not change.
    pub(crate) fn reaching_since(&self, ids: &Range<u32>) -> Vec<ReachingSince> {
        if self.reaching(ids).links.is_empty() {
            return Vec::new();
        }
        let own = |version: &Version| Arc::new(version.links.reaching(ids));
        let versions: Vec<Arc<Reaching>> = self.versions.iter().filter(|_| !self.since.is_empty()).map(own).collect();
        self.since.iter().map(|&(step, own)| ReachingSince { step, reaching: versions[own].clone() }).collect()
    }

    /// The index of the version of couplings that is in force in `step`.
    pub(crate) fn version_at(&self, step: u64) -> usize {
        let begun = self.since.partition_point(|(from, _)| *from <= step);
        begun.checked_sub(1).map_or(0, |last| self.since[last].1)
    }

    /// The conductance (nS) through which the potential of neuron `i` of a population loses current in a version of
    /// couplings, if its model has one.
    pub(crate) fn conductance(&self, version: usize, population: usize, i: u32) -> Option<f64> {
        self.versions.get(version)?.conductances.get(population)?.get(i as usize).copied()
    }

    /// Sets [`CouplingPlan::start`] to the initial states of another trial, of seed `run_seed`.
    ///
    /// # Errors
    /// Initial states that are drawn out of bounds.
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

/// The index of the population of neuron `id`.
fn population_of(populations: &[PopulationPlan], id: u32) -> usize {
    populations.partition_point(|population| population.first <= id).saturating_sub(1)
}

/// [`CouplingPlan::start`] for a run of seed `run_seed`.
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
