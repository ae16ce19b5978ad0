//! Fixed-point units: what one count of a channel is worth.
//!
//! In `f32`, weights that are all multiples of one number are counted in it. Others are counted in a power of two: the
//! finest with which the largest possible sum of one step cannot overflow; or, where random weights stay well resolved,
//! one in which a weight has 13 bits with its sign, so that a synapse fits into 4 bytes. In `f64` it is always the
//! finest. The choice depends on the network alone, since spikes must not depend on a layout.

use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::network::{Drive, Network, Pattern, Population, Projection, Selection, Stimulus, Value};
use crate::number::Fixed;
use crate::plan::connectivity::distribution::{Distribution, Truncated};
use crate::plan::connectivity::explicit::Explicit;
use crate::plan::connectivity::weights::channels;
use crate::plan::explicit_input::ExplicitInput;
use crate::plan::stimuli::{counts, listed_at_once};
use crate::tile::Takes;

/// Relays that feed each other can multiply spikes without bound; beyond this a run stops with an error.
const MAX_RELAYED: u64 = 1 << 12;

/// The most spikes that a neuron of each population can emit in one step: 1, but for relays what reaches them.
pub(crate) fn most_emitted(network: &Network) -> Result<Vec<u32>> {
    let populations = network.populations();
    let mut most = vec![1u64; populations.len()];
    // A chain of relays is settled after as many rounds as it is long.
    for _ in 0..populations.len() {
        let before = most.clone();
        for (index, population) in populations.iter().enumerate() {
            let declaration = population.model.declaration();
            if let Some(own) = declaration.most {
                most[index] = u64::from(own);
            } else if declaration.multiple {
                most[index] = relayed(network, index, &before)?.clamp(1, MAX_RELAYED);
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
            Pattern::Outdegree(_) | Pattern::Total(_) | Pattern::Explicit(_) => MAX_RELAYED,
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
        Drive::Poisson(poisson) => Ok(counts(network, poisson).largest()),
        Drive::Spikes(spikes) => listed_at_once(network, stimulus, spikes),
        Drive::Dc(_) | Drive::Current(_) => Ok(0),
    }
}

/// Largest count of a random weight that shall fit into 4 bytes with its target and one of eight delays.
pub(crate) const NARROW: f64 = 4095.0;
/// Counts that half the distance between the quartiles of random weights must span for them to be packed: rounding then
/// adds less than a thousandth to their variance.
const RESOLVED: f64 = 16.0;
/// Distinct weights among which a common divisor is looked for.
const MAX_DISTINCT: usize = 4096;

/// What can reach one channel of a population in a step.
#[derive(Debug, Clone)]
pub(crate) struct InputBound {
    /// Distinct weights; nothing where there are too many.
    distinct: Option<BTreeSet<u64>>,
    /// The least spread of a distribution.
    spread: f64,
    /// Distributions of real numbers.
    drawn: Vec<Truncated>,
    /// The largest weight.
    largest: f64,
    /// The largest sum of weights, and the most spikes, of rules.
    sum: f64,
    arrivals: f64,
}

impl InputBound {
    fn new() -> InputBound {
        InputBound {
            distinct: Some(BTreeSet::new()),
            spread: f64::INFINITY,
            drawn: Vec::new(),
            largest: 0.0,
            sum: 0.0,
            arrivals: 0.0,
        }
    }

    pub fn value(&mut self, weight: f64) {
        self.largest = self.largest.max(weight.abs());
        let Some(distinct) = self.distinct.as_mut().filter(|_| weight != 0.0) else { return };
        distinct.insert(weight.abs().to_bits());
        if distinct.len() > MAX_DISTINCT {
            self.distinct = None;
        }
    }

    fn distribution(&mut self, distribution: &Distribution) {
        match distribution {
            Distribution::Continuous(continuous) => {
                self.spread = self.spread.min(continuous.spread());
                self.drawn.push(*continuous);
            }
            // A unit that counts it counts all values.
            Distribution::Discrete(discrete) => self.value(discrete.quantum),
        }
        let (low, high) = distribution.ends();
        self.largest = self.largest.max(low.abs()).max(high.abs());
    }

    /// The number that all weights are multiples of.
    fn divisor(&self) -> Option<f64> {
        let distinct = self.distinct.as_ref().filter(|d| !d.is_empty() && self.spread.is_infinite())?;
        let smallest = f64::from_bits(*distinct.first()?);
        let whole = |w: f64| (w - w.round()).abs() <= 1e-9 * w && w.round() <= f64::from(1 << 20);
        let fits = |q: &f64| distinct.iter().all(|&bits| whole(f64::from_bits(bits) / (smallest / q)));
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0].iter().find(|q| fits(q)).map(|q| smallest / q)
    }

    /// A power of two in which no weight exceeds [`NARROW`] counts, if random weights stay resolved and the others are
    /// kept to a thousandth.
    fn narrow(&self) -> Option<f64> {
        let distinct = self.distinct.as_ref().filter(|_| self.spread.is_finite() && self.largest > 0.0)?;
        let unit = (self.largest / NARROW).log2().ceil().exp2();
        let kept = |w: f64| ((w / unit).round() * unit - w).abs() <= w / 1024.0;
        let resolved = self.spread >= RESOLVED * unit || self.spread == 0.0;
        (resolved && distinct.iter().all(|&bits| kept(f64::from_bits(bits)))).then_some(unit)
    }
}

/// Scales of a network, and what a step can bring.
#[derive(Debug, Clone)]
pub(crate) struct Scales {
    /// The value of one count, per population and channel.
    pub units: Vec<Vec<f64>>,
    /// The largest sum of a step in counts, per population and channel.
    pub sums: Vec<Vec<f64>>,
    /// The largest weight in counts.
    pub largest: f64,
    /// Largest relative rounding of a weight; of those that are drawn, of a typical one.
    pub error: f64,
}

/// The units of `network`, whose populations emit at most `most` spikes each; `pairs` of its listed projections.
pub(crate) fn units<F: Fixed>(
    network: &Network,
    seed: u64,
    most: &[u32],
    pairs: &[Option<Explicit>],
) -> Result<Scales> {
    let populations = network.populations();
    let channels = |p: &Population| p.model.declaration().channels.len();
    let mut inputs: Vec<Vec<InputBound>> = populations.iter().map(|p| vec![InputBound::new(); channels(p)]).collect();
    let mut listed = ExplicitInput::new(network, pairs);
    for (index, projection) in network.projections().iter().enumerate() {
        let emitted = projection.from.parts().iter().map(|p| most[p.population]).max().unwrap_or(1);
        gather(network, projection, f64::from(emitted), pairs[index].as_ref(), &mut inputs, &mut listed)?;
    }
    for (index, stimulus) in network.stimuli().iter().enumerate() {
        listed.stimulus(network, seed, index, stimulus, &mut inputs)?;
    }
    let mut found = Scales { units: vec![], sums: vec![], largest: 0.0, error: 0.0 };
    for (population, inputs) in inputs.iter().enumerate() {
        let (mut units, mut sums) = (Vec::new(), Vec::new());
        for (channel, inputs) in inputs.iter().enumerate() {
            let (sum, arrivals) = listed.most(population, channel);
            let (sum, arrivals) = (sum + inputs.sum, arrivals + inputs.arrivals);
            let unit = choose::<F>(inputs, sum, arrivals);
            found.largest = found.largest.max((inputs.largest / unit).round());
            sums.push(sum / unit + 0.5 * arrivals);
            units.push(unit);
            for &bits in inputs.distinct.iter().flatten() {
                let weight = f64::from_bits(bits);
                found.error = found.error.max((F::quantise(weight, unit).value(unit) / weight - 1.0).abs());
            }
            let drawn = inputs.drawn.iter().map(|drawn| drawn.rounding(unit, RESOLVED));
            found.error = drawn.fold(found.error, f64::max);
            if inputs.distinct.is_none() {
                found.error = found.error.max(0.5 * unit / listed.smallest);
            }
        }
        found.units.push(units);
        found.sums.push(sums);
    }
    Ok(found)
}

fn choose<F: Fixed>(inputs: &InputBound, sum: f64, arrivals: f64) -> f64 {
    let finest = finest::<F>(sum, arrivals);
    let divisor = inputs.divisor().filter(|&u| u >= finest);
    if F::BITS > 31 {
        return finest;
    }
    divisor.or_else(|| inputs.narrow().map(|u| u.max(finest))).unwrap_or(finest)
}

/// The finest power of two u with sum / u + inputs / 2 (each arriving spike's weight may be rounded up by half a count)
/// below 2^bits.
fn finest<F: Fixed>(sum: f64, arrivals: f64) -> f64 {
    let room = (F::BITS as f64).exp2() - 1.0 - 0.5 * arrivals;
    if sum <= 0.0 {
        return 1.0;
    }
    let exponent = (sum / room).log2().ceil().clamp(-100.0, 1000.0);
    let unit = exponent.exp2();
    if sum / unit > room { unit * 2.0 } else { unit }
}

/// What a projection adds to the channels it reaches.
fn gather(
    network: &Network,
    projection: &Projection,
    emitted: f64,
    pairs: Option<&Explicit>,
    inputs: &mut [Vec<InputBound>],
    listed: &mut ExplicitInput,
) -> Result<()> {
    let value = &projection.synapse.weight;
    let mut first = 0;
    for part in projection.to.parts() {
        let signs = channels(network, part.population, &projection.synapse.receptor, &[]);
        let own = &mut inputs[part.population];
        let distribution = match value {
            Value::Random { shape, min, max, factor } => Some(
                Distribution::new(*shape, *min, *max, *factor)
                    .map_err(|p| Error::invalid(projection.place(network), format!("weight: {p}")))?,
            ),
            Value::Constant(_) | Value::Each(_) => None,
        };
        let range = distribution.as_ref().map_or_else(|| value.range(), Distribution::ends);
        for (negative, channel) in signs.iter().enumerate() {
            let reached = if negative == 0 { range.1 >= 0.0 } else { range.0 < 0.0 };
            let Some(channel) = channel.filter(|_| reached) else { continue };
            let inputs = &mut own[channel.index as usize];
            let largest = match (value, &distribution) {
                (Value::Each(_), _) => 0.0,
                (_, Some(distribution)) if channel.takes != Takes::Count => {
                    inputs.distribution(distribution);
                    range.0.abs().max(range.1.abs())
                }
                _ => {
                    inputs.value(channel.taken(range.0));
                    channel.taken(range.0).abs()
                }
            };
            if pairs.is_none() {
                let degree = indegree_at_most(projection);
                inputs.sum += degree * largest * emitted;
                inputs.arrivals += degree * emitted;
            }
        }
        if let Some(pairs) = pairs {
            listed.pairs(projection, pairs, (first, *part), emitted, &signs, range, own);
        }
        first += part.count;
    }
    Ok(())
}

/// The most synapses that one target of a rule has; where chance decides, so many that more are drawn less often than
/// once in 10^30 targets.
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
    }
}

/// A weight as counts, or why it cannot be one; `worst` becomes its relative error if that is larger.
pub(crate) fn quantise<F: Fixed>(weight: f64, unit: f64, place: impl Fn() -> String, worst: &mut f64) -> Result<F> {
    if !weight.is_finite() {
        return Err(Error::invalid(place(), format!("weight {weight} is not a finite number")));
    }
    let quantised = F::quantise(weight, unit);
    if weight != 0.0 {
        *worst = worst.max(((quantised.value(unit) - weight) / weight).abs());
    }
    Ok(quantised)
}
