//! What of neurons both passes need, from the plan.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::models::{IafPscExp, Parameters};
use crate::network::Network;
use crate::number::Fixed;
use crate::plan::{Plan, PopulationSlice};
use crate::train::events::grid::accept::is_lif;
use crate::train::events::loss::{Loss, Term};
use crate::train::events::membrane::{Membrane, Point};

/// Neurons of one population.
#[derive(Debug)]
struct Group {
    first: u32,
    /// One for all, or one each; nothing of parrots.
    membranes: Vec<Membrane>,
    /// Steps for which the potential is held after a spike: one for all, or one each.
    held: Vec<u32>,
}

/// What decays alike: time constants, capacitance and the units of weights.
#[derive(Debug, Clone, Copy)]
pub(in crate::train::events) struct Kinetics {
    pub membrane: Membrane,
    /// The value of one count of each channel, pA.
    pub units: [f64; 2],
}

/// A current stimulus that reaches neurons.
#[derive(Debug)]
struct Injected {
    stimulus: u32,
    first: u32,
    count: u32,
    factors: Vec<f64>,
}

/// What of neurons both passes need.
#[derive(Debug)]
pub(in crate::train::events) struct Constants {
    groups: Vec<Group>,
    pub kinetics: Vec<Kinetics>,
    /// Per neuron, the index of its kinetics; of a parrot it means nothing.
    pub kinetics_of: Vec<u32>,
    /// Per neuron, its potential relative to E_L and its currents at time 0.
    pub start: Vec<Point>,
    /// Per neuron, until which step its potential is held from the start.
    pub free_from: Vec<u32>,
    injected: Vec<Injected>,
    currents: Vec<crate::plan::CurrentPlan>,
}

impl Constants {
    /// # Errors
    /// Parameters out of bounds.
    pub fn new<F: Fixed>(network: &Network, plan: &Plan<F>) -> Result<Constants> {
        let neurons = plan.neurons as usize;
        let mut constants = Constants {
            groups: Vec::new(),
            kinetics: Vec::new(),
            kinetics_of: vec![0; neurons],
            start: vec![Point::default(); neurons],
            free_from: vec![0; neurons],
            injected: Vec::new(),
            currents: plan.currents.clone(),
        };
        let mut known = HashMap::new();
        for (population, planned) in network.populations().iter().zip(&plan.populations) {
            let mut group = Group { first: population.first, membranes: Vec::new(), held: vec![0] };
            if is_lif(population.model.as_ref()) {
                group.held.clear();
                let different = if population.uniform() { 1 } else { population.size };
                for i in 0..different {
                    let parameters = population.parameters_of(i, plan.seed)?;
                    let membrane = Membrane::new(&IafPscExp::of(&parameters));
                    let units = [0, 1].map(|channel| planned.units.get(channel).copied().unwrap_or(1.0));
                    let own = constants.kinetics_number(Kinetics { membrane, units }, &mut known);
                    let ids =
                        population.first + i..population.first + if different == 1 { population.size } else { i + 1 };
                    constants.kinetics_of[ids.start as usize..ids.end as usize].fill(own);
                    group.held.push(population.model.refractory_steps(&parameters, plan.dt) as u32);
                    group.membranes.push(membrane);
                }
            }
            constants.groups.push(group);
        }
        let slices = plan.shards.iter().flat_map(|shard| &shard.slices);
        slices.filter(|slice| is_lif(plan.populations[slice.population].model.as_ref())).for_each(|slice| {
            constants.take_slice(slice);
        });
        Ok(constants)
    }

    fn kinetics_number(&mut self, own: Kinetics, known: &mut HashMap<[u64; 6], u32>) -> u32 {
        let Membrane { tau_m, tau_syn, c_m, .. } = own.membrane;
        let key = [tau_m, tau_syn[0], tau_syn[1], c_m, own.units[0], own.units[1]].map(f64::to_bits);
        *known.entry(key).or_insert_with(|| {
            self.kinetics.push(own);
            self.kinetics.len() as u32 - 1
        })
    }

    /// Initial states and currents of stimuli. The state is V_m relative to E_L, the two currents, and steps of refractoriness.
    fn take_slice(&mut self, slice: &PopulationSlice) {
        let count = slice.count as usize;
        let column = |index: usize, i: usize| slice.state.get(index * count + i).copied().unwrap_or_default();
        for i in 0..count {
            let at = slice.first as usize + i;
            self.start[at] = Point { v: column(0, i), current: [column(1, i), column(2, i)] };
            self.free_from[at] = column(3, i) as u32;
        }
        self.injected.extend(slice.currents.iter().map(|target| Injected {
            stimulus: target.stimulus,
            first: slice.first + target.neurons.start,
            count: target.neurons.end - target.neurons.start,
            factors: target.factors.clone(),
        }));
    }

    fn group(&self, neuron: u32) -> (&Group, usize) {
        let index = self.groups.partition_point(|group| group.first <= neuron).saturating_sub(1);
        let group = &self.groups[index];
        (group, (neuron - group.first) as usize)
    }

    /// Whether a neuron exists and is no parrot.
    pub fn is_neuron(&self, neuron: u32) -> bool {
        (neuron as usize) < self.start.len() && !self.group(neuron).0.membranes.is_empty()
    }

    /// The membrane of a neuron; nothing of a parrot.
    pub fn membrane(&self, neuron: u32) -> Option<&Membrane> {
        let (group, i) = self.group(neuron);
        group.membranes.get(if group.membranes.len() == 1 { 0 } else { i })
    }

    /// Steps for which the potential is held after a spike; nothing of a parrot, which may fire several times in a step.
    pub fn held_steps(&self, neuron: u32) -> Option<u32> {
        let (group, i) = self.group(neuron);
        let held = group.held[if group.held.len() == 1 { 0 } else { i }];
        (!group.membranes.is_empty()).then_some(held)
    }

    /// Whether stimuli inject anything into a neuron.
    pub fn is_injected(&self, neuron: u32) -> bool {
        self.injected.iter().any(|own| neuron.wrapping_sub(own.first) < own.count)
    }

    /// What stimuli inject into a neuron in the update of `step`, pA.
    pub fn injected(&self, neuron: u32, step: u64) -> f64 {
        let own = self.injected.iter().filter(|own| neuron.wrapping_sub(own.first) < own.count);
        let current = |own: &Injected| {
            let factor = own.factors[if own.factors.len() == 1 { 0 } else { (neuron - own.first) as usize }];
            self.currents[own.stimulus as usize].amplitude(step) * factor
        };
        own.map(current).sum()
    }

    /// Checks that potentials of a loss are of neurons that have one.
    ///
    /// # Errors
    /// A parrot.
    pub fn check_potentials(&self, loss: &Loss, network: &Network) -> Result<()> {
        let asks = |term: &&Term| matches!(term, Term::Peak { .. } | Term::Integral { .. });
        let mut wrong = loss.terms().iter().filter(asks).filter(|term| !self.is_neuron(term.neuron()));
        let Some(term) = wrong.next() else { return Ok(()) };
        let name = network.populations().iter().rfind(|p| p.first <= term.neuron()).map_or("", |p| &p.name);
        let problem = format!("neuron {} of '{name}' is a parrot_neuron, which has no potential", term.neuron());
        Err(Error::invalid("loss", problem))
    }
}
