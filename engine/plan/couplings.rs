//! Continuous couplings laid out: which signals of which neurons others see, and what reaches each neuron.
//!
//! A signal is a value of a neuron at the end of a step. In step s a neuron is reached by the signals of step s - 1 (`back`
//! earlier, where the coupling has a delay), each times its weight, added up in the order of the network's couplings and of
//! the pairs of their rules, whatever the shards.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Result;
use crate::network::{Coupling, Couplings, Mirror, POTENTIAL, Population};
use crate::plan::PopulationPlan;
use crate::plan::connectivity::explicit;
use crate::plan::resolve::Resolved;
use crate::random::{Draws, Purpose, stream};
use crate::tile::MAX_EPOCH;

/// Couplings have random streams beyond those of projections and stimuli.
const STREAMS: u32 = 0x00C0_0000;

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
}

impl Signal {
    /// The state variable it is made of.
    pub fn variable(&self) -> usize {
        match self {
            Signal::Variable(variable) | Signal::Sigmoid { variable, .. } => *variable,
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
    /// Per signal, the stored value at time 0 of the variable that it is made of.
    pub start: Vec<f64>,
    links: Arc<Links>,
    /// Per population, conductances (nS) that its potentials lose current through: nothing, or one for each neuron.
    pub conductances: Vec<Vec<f64>>,
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

impl Default for CouplingPlan {
    fn default() -> CouplingPlan {
        CouplingPlan {
            sources: Vec::new(),
            signals: 0,
            depth: 0,
            epoch: MAX_EPOCH,
            start: Vec::new(),
            links: Arc::default(),
            conductances: Vec::new(),
        }
    }
}

/// A pair of neurons, by global id, with its weight.
struct Pair {
    from: u32,
    to: u32,
    weight: f64,
}

/// The pairs of couplings, in order.
fn pairs(couplings: &Couplings, index: u32, seed: u64) -> Vec<Pair> {
    let Couplings { from, to, rule, coupling } = couplings;
    let (sources, targets) = explicit::pairs(from, to, rule, STREAMS + index, seed);
    let draws = |k: usize| Draws::new(seed, stream(Purpose::Weight, STREAMS + index), k as u64);
    // It was checked when the couplings were added.
    let mirror = couplings.mirror().unwrap_or(Mirror::None);
    let mut pairs = Vec::new();
    for (k, (&source, &target)) in sources.iter().zip(&targets).enumerate() {
        let pair = Pair { from: from.id(source), to: to.id(target), weight: coupling.weight().at(k, || draws(k)) };
        let junction = matches!(coupling, Coupling::GapJunction(_));
        if pair.from == pair.to && (junction || !rule.autapses) {
            // No current flows from a neuron into itself.
            continue;
        }
        let both_ends = || from.index_of(pair.to).is_some() && to.index_of(pair.from).is_some();
        if mirror == Mirror::MadeOnce && pair.from > pair.to && both_ends() {
            continue;
        }
        let image = Pair { from: pair.to, to: pair.from, weight: pair.weight };
        pairs.push(pair);
        if mirror != Mirror::None {
            pairs.push(image);
        }
    }
    pairs
}

/// What of the network the layout needs.
struct Layout<'a> {
    populations: &'a [PopulationPlan],
    sources: Vec<SignalSource>,
}

impl CouplingPlan {
    /// The couplings of a network, whose populations are planned.
    ///
    /// # Errors
    /// None but of what was checked when they were added.
    pub(crate) fn new(network: &Resolved<'_>, populations: &mut [PopulationPlan], seed: u64) -> Result<CouplingPlan> {
        if network.couplings.is_empty() {
            return Ok(CouplingPlan::default());
        }
        let all: Vec<(&Couplings, Vec<Pair>)> =
            network.couplings.iter().zip(0..).map(|(own, index)| (own, pairs(own, index, seed))).collect();
        let gap_targets = gap_targets(populations, &all);
        for (population, is_target) in populations.iter_mut().zip(&gap_targets) {
            if let (true, Some(model)) = (*is_target, population.model.with_conductance()?) {
                population.model = model;
                population.conductance = true;
            }
        }
        let mut layout = Layout { populations, sources: Vec::new() };
        all.iter().for_each(|(couplings, pairs)| layout.add_sources(couplings, pairs));
        let signals = layout.place();
        let (links, conductances) = layout.links(&all);
        let start = start(&layout.sources, network.populations, layout.populations, seed, seed)?;
        let (depth, epoch) = (2, 1);
        Ok(CouplingPlan { signals, depth, epoch, start, links: Arc::new(links), conductances, sources: layout.sources })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.signals == 0
    }

    /// Links in all.
    pub fn len(&self) -> u64 {
        self.links.links.len() as u64
    }

    /// Bytes of links.
    pub fn bytes(&self) -> u64 {
        self.len() * (4 + size_of::<Link>() as u64) + u64::from(self.signals) * 8
    }

    /// What reaches neurons of some ids.
    pub(crate) fn reaching(&self, ids: &Range<u32>) -> Reaching {
        let Links { targets, links, constants } = self.links.as_ref();
        let place = |id: u32| targets.partition_point(|target| *target < id);
        let (from, to) = (place(ids.start), place(ids.end));
        if from == to {
            return Reaching::default();
        }
        let own = &targets[from..to];
        let starts = (ids.start..=ids.end).map(|id| own.partition_point(|target| *target < id) as u32).collect();
        let mut fixed = vec![0.0; ids.len()];
        let first = constants.partition_point(|(id, _)| *id < ids.start);
        for (id, current) in constants[first..].iter().take_while(|(id, _)| *id < ids.end) {
            fixed[(id - ids.start) as usize] = *current;
        }
        Reaching { starts, links: links[from..to].to_vec(), constants: fixed }
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

/// Per population, whether gap junctions reach it.
fn gap_targets(populations: &[PopulationPlan], all: &[(&Couplings, Vec<Pair>)]) -> Vec<bool> {
    let mut reached = vec![false; populations.len()];
    for (_, pairs) in all.iter().filter(|(own, _)| matches!(own.coupling, Coupling::GapJunction(_))) {
        pairs.iter().for_each(|pair| reached[population_of(populations, pair.to)] = true);
    }
    reached
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
            values.extend(source.signals.iter().map(|signal| stored(signal.variable())));
        }
    }
    Ok(values)
}

impl Layout<'_> {
    fn population(&self, id: u32) -> usize {
        population_of(self.populations, id)
    }

    /// The index of a state variable.
    fn variable(&self, population: usize, name: &str) -> usize {
        let state = self.populations[population].model.declaration().state;
        state.iter().position(|variable| variable.name == name).unwrap_or(0)
    }

    /// The signal that couplings take from a population.
    fn signal(&self, coupling: &Coupling, population: usize) -> Signal {
        match coupling {
            Coupling::GapJunction(_) => Signal::Variable(self.variable(population, POTENTIAL)),
            Coupling::Graded(graded) => {
                let variable = self.variable(population, &graded.variable);
                let offset = &self.populations[population].offset[variable];
                let half = match offset.as_slice() {
                    [] => vec![graded.half],
                    all => all.iter().map(|offset| graded.half - offset).collect(),
                };
                Signal::Sigmoid { variable, half, slope: graded.slope }
            }
        }
    }

    /// Whether the potential of a target is held within a step: it is a signal of its own then.
    fn is_held(&self, coupling: &Coupling, id: u32) -> bool {
        matches!(coupling, Coupling::GapJunction(_)) && !self.populations[self.population(id)].conductance
    }

    /// Adds where the signals of couplings come from.
    fn add_sources(&mut self, couplings: &Couplings, pairs: &[Pair]) {
        for pair in pairs {
            self.add_source(&couplings.coupling, pair.from);
            if self.is_held(&couplings.coupling, pair.to) {
                self.add_source(&couplings.coupling, pair.to);
            }
        }
    }

    fn add_source(&mut self, coupling: &Coupling, id: u32) {
        let population = self.population(id);
        let at = self.sources.iter().position(|source| source.population == population);
        let at = at.unwrap_or_else(|| {
            self.sources.push(SignalSource { population, ids: id..id + 1, first: 0, signals: Vec::new() });
            self.sources.len() - 1
        });
        let ids = &mut self.sources[at].ids;
        *ids = ids.start.min(id)..ids.end.max(id + 1);
        let signal = self.signal(coupling, population);
        if !self.sources[at].signals.contains(&signal) {
            self.sources[at].signals.push(signal);
        }
    }

    /// Puts the sources into the order of neurons; signals in all.
    fn place(&mut self) -> u32 {
        self.sources.sort_by_key(|source| source.ids.start);
        let mut signals = 0;
        for source in &mut self.sources {
            source.first = signals;
            signals += source.ids.len() as u32 * source.signals.len() as u32;
        }
        signals
    }

    /// The place of the signal that couplings take from a neuron.
    fn place_of(&self, coupling: &Coupling, id: u32) -> u32 {
        let population = self.population(id);
        let signal = self.signal(coupling, population);
        let Some(source) = self.sources.iter().find(|source| source.population == population) else { return 0 };
        let own = source.signals.iter().position(|known| *known == signal).unwrap_or(0);
        source.first + (id - source.ids.start) * source.signals.len() as u32 + own as u32
    }

    /// All links by target, and the conductances of targets.
    fn links(&self, all: &[(&Couplings, Vec<Pair>)]) -> (Links, Vec<Vec<f64>>) {
        let mut links: Vec<(u32, Link)> = Vec::new();
        let mut constants: Vec<(u32, f64)> = Vec::new();
        let sized = |p: &PopulationPlan| vec![0.0; if p.conductance { p.size as usize } else { 0 }];
        let mut conductances: Vec<Vec<f64>> = self.populations.iter().map(sized).collect();
        for (couplings, pairs) in all {
            let coupling = &couplings.coupling;
            for &Pair { from, to, weight } in pairs {
                let link = Link { signal: self.place_of(coupling, from), weight, back: 0, straight: true };
                links.push((to, link));
                if !matches!(coupling, Coupling::GapJunction(_)) {
                    continue;
                }
                if self.is_held(coupling, to) {
                    let own = Link { signal: self.place_of(coupling, to), weight: -weight, ..link };
                    links.push((to, own));
                } else {
                    let population = self.population(to);
                    conductances[population][(to - self.populations[population].first) as usize] += weight;
                }
                constants.push((to, weight * (self.rest(from) - self.rest(to))));
            }
        }
        // Stable: the links of a target stay in order.
        links.sort_by_key(|(target, _)| *target);
        constants.sort_by_key(|(target, _)| *target);
        constants.dedup_by(|next, sum| {
            let same = next.0 == sum.0;
            sum.1 += if same { next.1 } else { 0.0 };
            same
        });
        let (targets, links) = links.into_iter().unzip();
        (Links { targets, links, constants }, conductances)
    }

    /// What the stored potential of a neuron is relative to, mV.
    fn rest(&self, id: u32) -> f64 {
        let population = self.population(id);
        let plan = &self.populations[population];
        plan.offset_of(self.variable(population, POTENTIAL), id - plan.first)
    }
}
