//! The layout of signals, and the links through which they reach their targets.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use crate::error::Result;
use crate::network::{Coupling, Couplings, SIC};
use crate::plan::PopulationPlan;
use crate::plan::couplings::ablated::{ablated, without};
use crate::plan::couplings::pairs::{Pair, pairs};
use crate::plan::couplings::{CouplingPlan, Course, Link, Links, Signal, SignalSource, Version, population_of, start};
use crate::plan::resolve::Resolved;

/// The layout of signals while it is made.
pub(super) struct SignalLayout<'a> {
    pub(super) populations: &'a [PopulationPlan],
    pub(super) sources: Vec<SignalSource>,
}

/// Where the signals of one kind of a population lie.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Global id of the first neuron that has one.
    ids: u32,
    /// The place of its signal.
    first: u32,
    /// The distance from the signal of one neuron to that of the next.
    stride: u32,
}

impl Place {
    /// The place of the signal of neuron `id`.
    fn of(self, id: u32) -> u32 {
        self.first + (id - self.ids) * self.stride
    }
}

impl CouplingPlan {
    /// The couplings of `network`. The models of `populations` that gap junctions reach are replaced by those with a
    /// conductance, where they have one.
    ///
    /// # Errors
    /// Parameters or initial states that are drawn out of bounds; equations that cannot take a conductance.
    pub(crate) fn new(network: &Resolved<'_>, populations: &mut [PopulationPlan], seed: u64) -> Result<CouplingPlan> {
        if network.couplings.is_empty() {
            return Ok(CouplingPlan::default());
        }
        let all: Vec<(&Couplings, Vec<Pair>)> =
            network.couplings.iter().zip(0..).map(|(own, index)| (own, pairs(network, own, index, seed))).collect();
        let gap_targets = gap_targets(populations, &all);
        for (population, is_target) in populations.iter_mut().zip(&gap_targets) {
            if let (true, Some(model)) = (*is_target, population.model.with_conductance()?) {
                population.model = model;
                population.conductance = true;
            }
        }
        let mut layout = SignalLayout { populations, sources: Vec::new() };
        all.iter().for_each(|(couplings, pairs)| layout.add_sources(couplings, pairs));
        let signals = layout.place();
        let (versions, since) = ablated(network);
        let version = |ablated| {
            let (links, conductances) = layout.links(&without(network, &all, ablated));
            Version { links: Arc::new(links), conductances }
        };
        let versions: Vec<Version> = versions.iter().map(version).collect();
        let start = start(&layout.sources, network.populations, layout.populations, seed, seed)?;
        let (depth, epoch) = versions[0].links.reach();
        let (pairs, sources) = (all.iter().map(|(_, pairs)| pairs.len() as u64).sum(), layout.sources);
        for (index, population) in populations.iter_mut().enumerate() {
            population.changes |= versions.iter().any(|own| own.conductances[index] != versions[0].conductances[index]);
        }
        Ok(CouplingPlan { sources, signals, depth, epoch, start, pairs, versions, since })
    }
}

/// Links, sorted by target, in which those that bring a target the same value are merged into the first, with the sum
/// of their weights: an astrocyte takes part in many synapses of a neuron. Links of other courses come one from each pair,
/// and are kept.
fn merged(links: Vec<(u32, Link)>) -> Vec<(u32, Link)> {
    let mut all: Vec<(u32, Link)> = Vec::with_capacity(links.len());
    let mut of = None;
    let mut known: HashMap<(u32, u32), usize> = HashMap::new();
    for (target, link) in links {
        if of.replace(target) != Some(target) {
            known.clear();
        }
        if link.course != Course::Last {
            all.push((target, link));
            continue;
        }
        match known.entry((link.signal, link.back)) {
            Entry::Occupied(first) => all[*first.get()].1.weight += link.weight,
            Entry::Vacant(place) => {
                place.insert(all.len());
                all.push((target, link));
            }
        }
    }
    all.shrink_to_fit();
    all
}

/// Per population, whether gap junctions reach it.
fn gap_targets(populations: &[PopulationPlan], all: &[(&Couplings, Vec<Pair>)]) -> Vec<bool> {
    let mut reached = vec![false; populations.len()];
    for (_, pairs) in all.iter().filter(|(own, _)| is_electrical(&own.coupling)) {
        pairs.iter().for_each(|pair| reached[population_of(populations, pair.to)] = true);
    }
    reached
}

/// Whether `coupling` is a gap junction through which currents flow by the difference of potentials.
fn is_electrical(coupling: &Coupling) -> bool {
    matches!(coupling, Coupling::GapJunction(junction) if junction.is_electrical())
}

impl SignalLayout<'_> {
    /// The index of the population of neuron `id`.
    fn population(&self, id: u32) -> usize {
        population_of(self.populations, id)
    }

    /// The index of state variable `name` of a population's model.
    fn variable(&self, population: usize, name: &str) -> usize {
        let state = self.populations[population].model.declaration().state;
        state.iter().position(|variable| variable.name == name).unwrap_or(0)
    }

    /// The signal that `coupling` takes from the neurons of `population`.
    fn signal(&self, coupling: &Coupling, population: usize) -> Signal {
        match coupling {
            Coupling::GapJunction(junction) => Signal::Variable(self.variable(population, &junction.variable)),
            Coupling::Graded(graded) => {
                let variable = self.variable(population, &graded.variable);
                let offset = &self.populations[population].offset[variable];
                let half = match offset.as_slice() {
                    [] => vec![graded.half],
                    all => all.iter().map(|offset| graded.half - offset).collect(),
                };
                Signal::Sigmoid { variable, half, slope: graded.slope }
            }
            Coupling::Sic(_) => {
                let signals = self.populations[population].model.signals().map_or(&[][..], |own| &own.signals);
                Signal::Given(signals.iter().position(|signal| signal.name == SIC).unwrap_or(0))
            }
        }
    }

    /// Whether the potential of target `id` counts as it was at the end of earlier steps, like that of its source, so
    /// that it needs a signal, too. It does not where the target's model has the conductance in its equations.
    fn needs_own_signal(&self, coupling: &Coupling, id: u32) -> bool {
        matches!(coupling, Coupling::GapJunction(_))
            && !(is_electrical(coupling) && self.populations[self.population(id)].conductance)
    }

    /// Adds the sources of the signals of `couplings`, whose pairs are `pairs`.
    pub(super) fn add_sources(&mut self, couplings: &Couplings, pairs: &[Pair]) {
        let coupling = &couplings.coupling;
        // An empty range that any neuron extends.
        let none = Range { start: u32::MAX, end: 0 };
        let mut ids: Vec<Range<u32>> = vec![none; self.populations.len()];
        let mut extend = |id: u32| {
            let own = &mut ids[population_of(self.populations, id)];
            *own = own.start.min(id)..own.end.max(id + 1);
        };
        for pair in pairs {
            extend(pair.from);
            if self.needs_own_signal(coupling, pair.to) {
                extend(pair.to);
            }
        }
        for (population, ids) in ids.into_iter().enumerate().filter(|(_, ids)| !ids.is_empty()) {
            self.add_source(coupling, population, ids);
        }
    }

    /// Adds the signal of `coupling` to those of neurons `ids` of `population`.
    fn add_source(&mut self, coupling: &Coupling, population: usize, ids: Range<u32>) {
        let signal = self.signal(coupling, population);
        match self.sources.iter_mut().find(|source| source.population == population) {
            None => self.sources.push(SignalSource { population, ids, first: 0, signals: vec![signal] }),
            Some(source) => {
                source.ids = source.ids.start.min(ids.start)..source.ids.end.max(ids.end);
                if !source.signals.contains(&signal) {
                    source.signals.push(signal);
                }
            }
        }
    }

    /// Sorts the sources by neuron, sets the places of their signals, and returns the number of all signals.
    pub(super) fn place(&mut self) -> u32 {
        self.sources.sort_by_key(|source| source.ids.start);
        let mut signals = 0;
        for source in &mut self.sources {
            source.first = signals;
            signals += source.ids.len() as u32 * source.signals.len() as u32;
        }
        signals
    }

    /// Per population, where the signals lie that `coupling` takes from it.
    fn places(&self, coupling: &Coupling) -> Vec<Place> {
        let mut places = vec![Place::default(); self.populations.len()];
        for source in &self.sources {
            let signal = self.signal(coupling, source.population);
            let own = source.signals.iter().position(|known| *known == signal).unwrap_or(0) as u32;
            let stride = source.signals.len() as u32;
            places[source.population] = Place { ids: source.ids.start, first: source.first + own, stride };
        }
        places
    }

    /// The links of all pairs, by target, and per population the conductances of its neurons, nS.
    pub(super) fn links(&self, all: &[(&Couplings, Vec<Pair>)]) -> (Links, Vec<Vec<f64>>) {
        let mut links: Vec<(u32, Link)> = Vec::new();
        let mut constants: Vec<(u32, f64)> = Vec::new();
        let sized = |p: &PopulationPlan| vec![0.0; if p.conductance { p.size as usize } else { 0 }];
        let mut conductances: Vec<Vec<f64>> = self.populations.iter().map(sized).collect();
        for (couplings, pairs) in all {
            let coupling = &couplings.coupling;
            let places = self.places(coupling);
            let place_of = |id: u32| places[self.population(id)].of(id);
            for &Pair { from, to, weight, delay } in pairs {
                let signal = place_of(from);
                let (back, course) = match (coupling, delay) {
                    (Coupling::Sic(_), _) => (delay, Course::Last),
                    (_, 0) => (0, Course::Ahead),
                    _ => (delay - 1, Course::Between),
                };
                links.push((to, Link { signal, weight, back, course }));
                let Coupling::GapJunction(junction) = coupling else { continue };
                if self.needs_own_signal(coupling, to) {
                    let own = Link { signal: place_of(to), weight: -weight, back: 0, course: Course::Ahead };
                    links.push((to, own));
                } else {
                    let population = self.population(to);
                    conductances[population][(to - self.populations[population].first) as usize] += weight;
                }
                constants
                    .push((to, weight * (self.rest(from, &junction.variable) - self.rest(to, &junction.variable))));
            }
        }
        // Stable: the links of a target stay in order.
        links.sort_by_key(|(target, _)| *target);
        let links = merged(links);
        constants.sort_by_key(|(target, _)| *target);
        constants.dedup_by(|next, sum| {
            let same = next.0 == sum.0;
            sum.1 += if same { next.1 } else { 0.0 };
            same
        });
        let (targets, links) = links.into_iter().unzip();
        (Links { targets, links, constants }, conductances)
    }

    /// The value that the stored `variable` of neuron `id` is relative to.
    fn rest(&self, id: u32, variable: &str) -> f64 {
        let population = self.population(id);
        let plan = &self.populations[population];
        plan.offset_of(self.variable(population, variable), id - plan.first)
    }
}
