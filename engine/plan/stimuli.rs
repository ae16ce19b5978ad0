//! Stimuli laid out: count tables, listed events, piecewise constant currents.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::error::{Error, Result};
use crate::network::{Drive, Network, PoissonGenerator, SpikeGenerator, Stimulus};
use crate::number::Fixed;
use crate::plan::PopulationPlan;
use crate::plan::connectivity::weights::refused;
use crate::plan::fixed_point::quantise;
use crate::random::{CountTable, Draws, Purpose, stream};
use crate::tile::{PoissonPlan, PoissonTarget};

/// A current stimulus.
#[derive(Debug, Clone)]
pub struct CurrentPlan {
    /// (first step, amplitude in pA), rising; zero before the first.
    pub changes: Vec<(u64, f64)>,
}

impl CurrentPlan {
    /// Amplitude in the update of `step`, pA.
    pub fn amplitude(&self, step: u64) -> f64 {
        let at = self.changes.partition_point(|c| c.0 <= step);
        if at == 0 { 0.0 } else { self.changes[at - 1].1 }
    }
    /// The first change after `step`.
    pub fn next_change(&self, step: u64) -> Option<u64> {
        self.changes.get(self.changes.partition_point(|c| c.0 <= step)).map(|c| c.0)
    }
}

/// Where a current stimulus reaches a slice.
#[derive(Debug, Clone)]
pub struct CurrentTarget {
    /// Index in [`crate::plan::Plan::currents`].
    pub stimulus: u32,
    /// Neurons of the slice, by index.
    pub neurons: Range<u32>,
    /// Factor: one for all, or one each.
    pub factors: Vec<f64>,
}

/// Input listed spike by spike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event<F> {
    /// Step of arrival.
    pub step: u32,
    /// Input accumulator in the shard.
    pub accumulator: u32,
    /// Weight in counts.
    pub weight: F,
}

impl Stimulus {
    /// The weight of target `item`. Random weights are drawn as weights of synapses, beyond all projections' streams.
    pub(crate) fn weight(&self, seed: u64, index: usize, item: u32) -> f64 {
        let draws = || Draws::new(seed, stream(Purpose::Weight, 0x0080_0000 + index as u32), u64::from(item));
        self.synapse.weight.at(item as usize, draws)
    }
}

/// Counts of one step of a Poisson generator.
pub(crate) fn counts(network: &Network, poisson: &PoissonGenerator) -> CountTable {
    CountTable::poisson(poisson.rate * network.dt() * 1e-3)
}

/// The most spikes a list gives one target in one step.
pub(crate) fn listed_at_once(network: &Network, stimulus: &Stimulus, list: &SpikeGenerator) -> Result<u32> {
    let mut counts: BTreeMap<(u64, Option<u32>), u32> = BTreeMap::new();
    for (target, time) in list.spikes.iter() {
        let step = stimulus.step(network, *time)?;
        if step <= u64::from(u32::MAX) {
            *counts.entry((step, *target)).or_default() += 1;
        }
    }
    // Spikes to all may coincide with spikes to one.
    let most = |all: bool| counts.iter().filter(|(k, _)| k.1.is_none() == all).map(|(_, &n)| n).max().unwrap_or(0);
    Ok(most(true) + most(false))
}

pub(crate) fn poisson(network: &Network) -> Result<Vec<PoissonPlan>> {
    let mut plans = Vec::new();
    for (index, stimulus) in network.stimuli().iter().enumerate() {
        let Drive::Poisson(poisson) = &stimulus.drive else { continue };
        let delay = u64::from(stimulus.delay_steps(network)?);
        let start = stimulus.step(network, poisson.start)?;
        let stop = stimulus.step(network, poisson.stop)?;
        plans.push(PoissonPlan {
            stream: stream(Purpose::Poisson, index as u32),
            table: counts(network, poisson),
            // NEST's generators fire in the steps that end in (start, stop]; spikes arrive a delay later.
            steps: start + 1 + delay..stop + 1 + delay,
        });
    }
    Ok(plans)
}

pub(crate) fn currents(network: &Network) -> Result<Vec<CurrentPlan>> {
    let mut plans = Vec::new();
    for stimulus in network.stimuli() {
        let changes: Vec<(f64, f64)> = match &stimulus.drive {
            Drive::Dc(dc) => vec![(dc.start, dc.amplitude), (dc.stop, 0.0)],
            Drive::Current(current) => current.times.iter().copied().zip(current.amplitudes.iter().copied()).collect(),
            Drive::Poisson(_) | Drive::Spikes(_) => continue,
        };
        // Of changes in one step the last holds. NEST 3.10, measured: a change at step a (none before the first step) is used in the update of step a + d + 1.
        let shift = u64::from(stimulus.delay_steps(network)?) + 1;
        let changes = changes.into_iter().map(|(t, a)| Ok((stimulus.step(network, t)?.max(1) + shift, a)));
        plans.push(CurrentPlan { changes: changes.collect::<Result<_>>()? });
    }
    Ok(plans)
}

/// Where the stimuli reach one slice.
pub(crate) struct Reach<F> {
    pub poisson: Vec<PoissonTarget>,
    pub currents: Vec<CurrentTarget>,
    pub events: Vec<Event<F>>,
    /// Largest relative error that quantisation makes in the weight of listed input.
    pub weight_error: f64,
}

/// What of the stimuli reaches neurons `ids` of a population that lie in the shard of neurons `shard`.
pub(crate) fn reach<F: Fixed>(
    network: &Network,
    seed: u64,
    population: &PopulationPlan,
    ids: &Range<u32>,
    shard: &Range<u32>,
) -> Result<Reach<F>> {
    let mut reach = Reach { poisson: vec![], currents: vec![], events: vec![], weight_error: 0.0 };
    let (mut poissons, mut currents) = (0, 0);
    for (index, stimulus) in network.stimuli().iter().enumerate() {
        let weight = |item| stimulus.weight(seed, index, item);
        for (item, first, count) in stimulus.to.runs_within(ids) {
            let neurons = first - ids.start..first - ids.start + count;
            match &stimulus.drive {
                Drive::Poisson(_) => {
                    let (channel, weights) = weights(network, stimulus, population, item..item + count, weight)?;
                    reach.poisson.push(PoissonTarget { stimulus: poissons, channel, neurons, weights });
                }
                Drive::Dc(_) | Drive::Current(_) => {
                    let factors = if stimulus.synapse.weight.is_constant() { 1 } else { count };
                    let factors = (item..item + factors).map(weight).collect();
                    reach.currents.push(CurrentTarget { stimulus: currents, neurons, factors });
                }
                Drive::Spikes(list) => {
                    let (channel, weights) = weights(network, stimulus, population, item..item + count, weight)?;
                    let weights = quantised(
                        network,
                        stimulus,
                        &weights,
                        population.units[channel as usize],
                        &mut reach.weight_error,
                    )?;
                    let base = channel * shard.len() as u32 + first - shard.start;
                    events(network, stimulus, list, (item, count, base), &weights, &mut reach.events)?;
                }
            }
        }
        match &stimulus.drive {
            Drive::Poisson(_) => poissons += 1,
            Drive::Dc(_) | Drive::Current(_) => currents += 1,
            Drive::Spikes(_) => {}
        }
    }
    Ok(reach)
}

/// The channel and the weights of these targets; all go to one channel.
fn weights(
    network: &Network,
    stimulus: &Stimulus,
    population: &PopulationPlan,
    items: Range<u32>,
    weight: impl Fn(u32) -> f64,
) -> Result<(u32, Vec<f64>)> {
    let several = if stimulus.synapse.weight.is_constant() { 1 } else { items.len() };
    let mut channel = None;
    let mut weights = Vec::with_capacity(several);
    for i in items.take(several) {
        let weight = weight(i);
        let taken = Network::channel(population.model.as_ref(), &stimulus.synapse.receptor, weight);
        let Some((reached, weight)) = taken else {
            let problem = refused(population.model.as_ref(), &stimulus.synapse.receptor, weight);
            return Err(Error::invalid(stimulus.place(network), problem));
        };
        if *channel.get_or_insert(reached) != reached {
            let problem = "the weights of one stimulus must all reach the same receptor; split it by sign";
            return Err(Error::invalid(stimulus.place(network), problem));
        }
        if !weight.is_finite() {
            let problem = format!("weight {weight} is not a finite number");
            return Err(Error::invalid(stimulus.place(network), problem));
        }
        weights.push(weight);
    }
    Ok((channel.unwrap_or(0) as u32, weights))
}

/// Weights as counts.
fn quantised<F: Fixed>(
    network: &Network,
    stimulus: &Stimulus,
    weights: &[f64],
    unit: f64,
    worst: &mut f64,
) -> Result<Vec<F>> {
    weights.iter().map(|&w| quantise::<F>(w, unit, || stimulus.place(network), worst)).collect()
}

fn events<F: Fixed>(
    network: &Network,
    stimulus: &Stimulus,
    list: &SpikeGenerator,
    (item, count, base): (u32, u32, u32),
    weights: &[F],
    out: &mut Vec<Event<F>>,
) -> Result<()> {
    let delay = u64::from(stimulus.delay_steps(network)?);
    for (target, time) in list.spikes.iter() {
        // A run ends before step 2³², so a spike that arrives later never does.
        let Ok(step) = u32::try_from(stimulus.step(network, *time)? + delay) else { continue };
        let reached = match target {
            None => 0..count,
            Some(target) if (item..item + count).contains(target) => target - item..target - item + 1,
            Some(_) => continue,
        };
        for i in reached {
            out.push(Event {
                step,
                accumulator: base + i,
                weight: weights[if weights.len() == 1 { 0 } else { i as usize }],
            });
        }
    }
    Ok(())
}
