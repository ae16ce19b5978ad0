//! Fixed-point units: per population and channel the finest power of two with which the largest possible sum of one
//! step cannot overflow.

use crate::error::{Error, Result};
use crate::network::{Drive, Network, Pattern, Selection, Stimulus};
use crate::number::Fixed;
use crate::plan::drive::{largest_count, listed_at_once};
use crate::plan::survey::{MOST_CHANNELS, Survey};

/// Relays that feed each other can multiply spikes without bound; beyond this a run stops with an error.
const MOST_RELAYED: u64 = 1 << 12;

/// The most spikes that a neuron of each population can emit in one step: 1, but for relays what reaches them.
pub(crate) fn most_emitted(network: &Network) -> Result<Vec<u32>> {
    let populations = network.populations();
    let mut most = vec![1u64; populations.len()];
    // A chain of relays is settled after as many rounds as it is long.
    for _ in 0..populations.len() {
        let before = most.clone();
        for (index, population) in populations.iter().enumerate() {
            if population.model.declaration().multiple {
                most[index] = relayed(network, index, &before)?.clamp(1, MOST_RELAYED);
            }
        }
        if most == before {
            break;
        }
    }
    Ok(most.into_iter().map(|m| m as u32).collect())
}

fn relayed(network: &Network, population: usize, most: &[u64]) -> Result<u64> {
    let reaches = |to: &Selection| to.parts().iter().any(|p| p.population == population);
    let mut sum = 0u64;
    for projection in network.projections().iter().filter(|p| reaches(&p.to)) {
        let from = u64::from(projection.from.len());
        let rows = match &projection.rule.pattern {
            Pattern::OneToOne => 1,
            Pattern::AllToAll | Pattern::Bernoulli(_) => from,
            Pattern::Indegree(k) => u64::from(*k),
            Pattern::Outdegree(_) | Pattern::Total(_) | Pattern::Explicit(_) => MOST_RELAYED,
        };
        let emitted = projection.from.parts().iter().map(|p| most[p.population]).max().unwrap_or(1);
        sum = sum.saturating_add(rows.saturating_mul(emitted));
    }
    for stimulus in network.stimuli().iter().filter(|s| reaches(&s.to)) {
        sum = sum.saturating_add(u64::from(at_once(network, stimulus)?));
    }
    Ok(sum)
}

/// The most spikes a stimulus gives one target in one step.
fn at_once(network: &Network, stimulus: &Stimulus) -> Result<u32> {
    match &stimulus.drive {
        Drive::Poisson(poisson) => Ok(largest_count(network, poisson)),
        Drive::Spikes(spikes) => listed_at_once(network, stimulus, spikes),
        Drive::Current(_) => Ok(0),
    }
}

/// The value of one count, per population and channel.
pub(crate) fn units<F: Fixed>(network: &Network, seed: u64, survey: &Survey) -> Vec<Vec<f64>> {
    let mut sums = survey.weight_sum.clone();
    let mut arrivals = survey.arrivals.clone();
    for (index, stimulus) in network.stimuli().iter().enumerate() {
        // Checked when the stimulus was added; a stimulus that cannot be laid out is refused by `drive`.
        let spikes = f64::from(at_once(network, stimulus).unwrap_or(0));
        let mut item = 0u32;
        for part in stimulus.to.parts() {
            let model = network.populations()[part.population].model.as_ref();
            for id in part.first..part.first + part.count {
                let weight = stimulus.weight(seed, index, item);
                if let Some((channel, weight)) = Network::channel(model, &stimulus.synapse.receptor, weight) {
                    sums[id as usize * MOST_CHANNELS + channel] += weight.abs() * spikes;
                    arrivals[id as usize] += spikes;
                }
                item += 1;
            }
        }
    }
    let populations = network.populations().iter().map(|population| {
        let ids = population.first as usize..(population.first + population.size) as usize;
        let inputs = arrivals[ids.clone()].iter().fold(0.0f64, |a, &b| a.max(b));
        let channels = 0..population.model.declaration().channels.len();
        channels
            .map(|channel| {
                let sum = ids.clone().fold(0.0f64, |a, id| a.max(sums[id * MOST_CHANNELS + channel]));
                unit::<F>(sum, inputs)
            })
            .collect()
    });
    populations.collect()
}

/// The finest power of two u with sum / u + inputs / 2 (each arriving spike's weight may be rounded up by half a count)
/// below 2^bits.
fn unit<F: Fixed>(sum: f64, inputs: f64) -> f64 {
    let room = (F::BITS as f64).exp2() - 1.0 - 0.5 * inputs;
    if sum <= 0.0 {
        return 1.0;
    }
    let exponent = (sum / room).log2().ceil().clamp(-100.0, 1000.0);
    let unit = exponent.exp2();
    if sum / unit > room { unit * 2.0 } else { unit }
}

/// A weight as counts, or why it cannot be one; `worst` becomes its relative error if that is larger.
pub(crate) fn quantise<F: Fixed>(weight: f64, unit: f64, place: impl Fn() -> String, worst: &mut f64) -> Result<F> {
    if !weight.is_finite() {
        return Err(Error::Network { place: place(), problem: format!("weight {weight} is not a finite number") });
    }
    let quantised = F::quantise(weight, unit);
    if weight != 0.0 {
        *worst = worst.max(((quantised.value(unit) - weight) / weight).abs());
    }
    Ok(quantised)
}
