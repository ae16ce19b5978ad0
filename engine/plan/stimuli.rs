//! Where stimuli reach a shard: drawn trains, listed events, currents that change at times or from step to step.

use std::ops::Range;

use crate::error::Result;
use crate::network::SpikeGenerator;
use crate::number::Fixed;
use crate::plan::PopulationPlan;
use crate::plan::connectivity::weights::refused;
use crate::plan::fixed_point::quantise;
use crate::plan::input::Input;
use crate::plan::resolve::{Resolved, ResolvedStimulus};
use crate::tile::PoissonTarget;
use crate::time::Grid;

/// The neurons of a slice that a current stimulus reaches.
#[derive(Debug, Clone)]
pub struct CurrentTarget {
    /// Index in [`crate::plan::Plan::currents`] or [`crate::plan::Plan::waves`].
    pub stimulus: u32,
    /// The neurons, by their indices in the slice.
    pub neurons: Range<u32>,
    /// Factors of the current: one for all neurons, or one each.
    pub factors: Vec<f64>,
}

/// A listed input spike that arrives at one neuron.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event<F> {
    /// Step of arrival.
    pub step: u32,
    /// Input accumulator in the shard.
    pub accumulator: u32,
    /// Weight in counts.
    pub weight: F,
}

/// All stimuli that reach one slice.
pub(crate) struct Reach<F> {
    pub poisson: Vec<PoissonTarget>,
    pub currents: Vec<CurrentTarget>,
    pub waves: Vec<CurrentTarget>,
    pub events: Vec<Event<F>>,
    /// The largest relative rounding error of the weight of listed input.
    pub weight_error: f64,
}

/// The stimuli that reach neurons `ids` of `population`, in the shard of neurons `shard`.
///
/// # Errors
/// Weights that no receptor takes, that reach several receptors, or that are not finite.
pub(crate) fn reach<F: Fixed>(
    network: &Resolved<'_>,
    seed: u64,
    population: &PopulationPlan,
    ids: &Range<u32>,
    shard: &Range<u32>,
) -> Result<Reach<F>> {
    let mut reach = Reach { poisson: vec![], currents: vec![], waves: vec![], events: vec![], weight_error: 0.0 };
    let (mut poissons, mut currents, mut waves) = (0, 0, 0);
    for stimulus in &network.stimuli {
        for (item, first, count) in stimulus.to.runs_within(ids) {
            let neurons = first - ids.start..first - ids.start + count;
            let weights = || weights(stimulus, seed, population, item..item + count);
            match &stimulus.input {
                Input::Poisson(_) => {
                    let (channel, weights) = weights()?;
                    reach.poisson.push(PoissonTarget { stimulus: poissons, item, channel, neurons, weights });
                }
                Input::Current(_) | Input::Wave(_) => {
                    let factors = if stimulus.weight.is_constant() { 1 } else { count };
                    let factors = (item..item + factors).map(|item| stimulus.weight(seed, item)).collect();
                    let (stimulus, list) = match &stimulus.input {
                        Input::Wave(_) => (waves, &mut reach.waves),
                        _ => (currents, &mut reach.currents),
                    };
                    list.push(CurrentTarget { stimulus, neurons, factors });
                }
                Input::Spikes { list, delay, .. } => {
                    let (channel, weights) = weights()?;
                    let unit = population.units[channel as usize];
                    let worst = &mut reach.weight_error;
                    let weights = weights.iter().map(|&w| quantise::<F>(w, unit, || stimulus.place.clone(), worst));
                    let weights = weights.collect::<Result<Vec<F>>>()?;
                    let base = channel * shard.len() as u32 + first - shard.start;
                    let arrivals = arrivals(network.grid, list, *delay, item..item + count);
                    reach.events.extend(arrivals.map(|(step, i)| {
                        let weight = weights[if weights.len() == 1 { 0 } else { i as usize }];
                        Event { step, accumulator: base + i, weight }
                    }));
                }
            }
        }
        match &stimulus.input {
            Input::Poisson(_) => poissons += 1,
            Input::Current(_) => currents += 1,
            Input::Wave(_) => waves += 1,
            Input::Spikes { .. } => {}
        }
    }
    Ok(reach)
}

/// The channel that the weights of targets `items` of `stimulus` reach, and the weights as it takes them: one where all
/// are the same, else one each.
///
/// # Errors
/// As [`reach`].
fn weights(
    stimulus: &ResolvedStimulus<'_>,
    seed: u64,
    population: &PopulationPlan,
    items: Range<u32>,
) -> Result<(u32, Vec<f64>)> {
    let several = if stimulus.weight.is_constant() { 1 } else { items.len() };
    let target = stimulus.targets.iter().rfind(|target| target.index <= items.start);
    let mut channel = None;
    let mut weights = Vec::with_capacity(several);
    for i in items.take(several) {
        let weight = stimulus.weight(seed, i);
        let Some(reached) = target.and_then(|target| target.channels.of(weight)) else {
            return Err(stimulus.error(refused(population.model.as_ref(), stimulus.receptor, weight)));
        };
        if *channel.get_or_insert(reached.index) != reached.index {
            let problem = "the weights of one stimulus must all reach the same receptor; split it by sign".into();
            return Err(stimulus.error(problem));
        }
        let taken = reached.takes.apply(weight);
        if !taken.is_finite() {
            return Err(stimulus.error(format!("weight {taken} is not a finite number")));
        }
        weights.push(taken);
    }
    Ok((channel.unwrap_or(0).into(), weights))
}

/// The listed spikes that reach targets `items`: step of arrival, and index of the target from the first of `items` on.
fn arrivals(grid: Grid, list: &SpikeGenerator, delay: u32, items: Range<u32>) -> impl Iterator<Item = (u32, u32)> + '_ {
    list.spikes.iter().flat_map(move |(target, time)| {
        // All lie on the grid. A run ends before step 2³², so a spike that arrives later never does.
        let step = grid.on(*time).and_then(|step| u32::try_from(step + u64::from(delay)).ok());
        let reached = match target {
            _ if step.is_none() => 0..0,
            None => 0..items.end - items.start,
            Some(target) if items.contains(target) => target - items.start..target - items.start + 1,
            Some(_) => 0..0,
        };
        reached.map(move |i| (step.unwrap_or(0), i))
    })
}
