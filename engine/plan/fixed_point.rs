//! Fixed-point units: the value of one count of each channel.
//!
//! In `f32`, weights that are all multiples of one number are counted in it. Others are counted in a power of two: the
//! finest with which the largest possible sum of one step cannot overflow; or, where random weights stay well resolved,
//! one in which a weight has 13 bits with its sign, so that a synapse fits into 4 bytes. In `f64` it is always the
//! finest. The choice depends on the network alone, since spikes must not depend on a layout.

use crate::error::{Error, Result};
use crate::network::Population;
use crate::number::Fixed;
use crate::plan::connectivity::distribution::Distribution;
use crate::plan::connectivity::projection::Explicit;
use crate::plan::explicit_input::ExplicitInput;
use crate::plan::input_bound::{InputBound, RESOLVED};
use crate::plan::learned::Learned;
use crate::plan::resolve::{Law, Resolved, ResolvedProjection};
use crate::tile::Takes;

/// The units of a network's channels, and bounds of weights and sums in counts.
#[derive(Debug, Clone)]
pub(crate) struct Scales {
    /// The value of one count, per population and channel.
    pub units: Vec<Vec<f64>>,
    /// The largest possible sum of a step in counts, per population and channel.
    pub sums: Vec<Vec<f64>>,
    /// The largest weight in counts.
    pub largest: f64,
    /// The largest relative rounding error of a weight; of drawn weights, that of a typical one.
    pub error: f64,
}

/// The units of `network`; `pairs` are those of its explicit projections.
///
/// # Errors
/// [`Error::Invalid`] for a weight whose distribution gives nothing in its range, or too many values.
pub(crate) fn units<F: Fixed>(network: &Resolved<'_>, seed: u64, pairs: &[Option<Explicit>]) -> Result<Scales> {
    let populations = network.populations;
    let channels = |p: &Population| p.model.declaration().channels.len();
    let mut inputs: Vec<Vec<InputBound>> = populations.iter().map(|p| vec![InputBound::new(); channels(p)]).collect();
    let mut listed = ExplicitInput::new(network, pairs);
    for (projection, pairs) in network.projections.iter().zip(pairs) {
        let emitted = projection.emitted(&network.max_emitted);
        add_projection(projection, f64::from(emitted), pairs.as_ref(), &mut inputs, &mut listed)?;
    }
    network.stimuli.iter().for_each(|stimulus| listed.add_stimulus(stimulus, seed, &mut inputs));
    let mut found = Scales { units: vec![], sums: vec![], largest: 0.0, error: 0.0 };
    for (population, inputs) in inputs.iter().enumerate() {
        let (mut units, mut sums) = (Vec::new(), Vec::new());
        for (channel, inputs) in inputs.iter().enumerate() {
            let (sum, arrivals) = listed.largest(population, channel);
            let (sum, arrivals) = (sum + inputs.sum, arrivals + inputs.arrivals);
            let unit = choose_unit::<F>(inputs, sum, arrivals);
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
                found.error = found.error.max((0.5 * unit / inputs.smallest).min(1.0));
            }
        }
        found.units.push(units);
        found.sums.push(sums);
    }
    Ok(found)
}

/// The unit of a channel that can get `inputs`, at most `arrivals` spikes of the sum `sum` in a step.
fn choose_unit<F: Fixed>(inputs: &InputBound, sum: f64, arrivals: f64) -> f64 {
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

/// Adds what a projection, whose sources emit up to `emitted` spikes in a step, can bring in a step: to `listed` where
/// it is explicit, and to `inputs`, per population and channel.
///
/// # Errors
/// As [`units`].
fn add_projection(
    projection: &ResolvedProjection<'_>,
    emitted: f64,
    pairs: Option<&Explicit>,
    inputs: &mut [Vec<InputBound>],
    listed: &mut ExplicitInput,
) -> Result<()> {
    let weight = projection.weight()?;
    if let Some(learned) = projection.learned {
        add_learned(projection, (learned, typical(weight)), emitted, pairs, inputs, listed);
        return Ok(());
    }
    let range = weight.range();
    for target in &projection.targets {
        let own = &mut inputs[target.part.population];
        for channel in target.channels.reached(range) {
            let inputs = &mut own[usize::from(channel.index)];
            let largest = match weight {
                Law::Each(_) => 0.0,
                Law::Random(distribution) if channel.takes != Takes::Count => {
                    inputs.add_distribution(distribution);
                    range.0.abs().max(range.1.abs())
                }
                _ => {
                    inputs.add_value(channel.takes.apply(range.0));
                    channel.takes.apply(range.0).abs()
                }
            };
            if pairs.is_none() {
                inputs.sum += projection.indegree_at_most * largest * emitted;
                inputs.arrivals += projection.indegree_at_most * emitted;
            }
        }
        if let Some(pairs) = pairs {
            listed.add_pairs(weight, pairs, target, emitted, own);
        }
    }
    Ok(())
}

/// The magnitude of a typical weight: of listed ones the least other than 0; 0 if all are 0.
fn typical(weight: &Law<'_>) -> f64 {
    match weight {
        Law::Each(values) => {
            let least = values.iter().map(|value| value.abs()).filter(|size| *size > 0.0).fold(f64::INFINITY, f64::min);
            if least.is_finite() { least } else { 0.0 }
        }
        Law::Random(Distribution::Continuous(own)) => own.quantile(0.5).abs().max(own.spread()),
        Law::Random(Distribution::Discrete(own)) => own.quantum.abs(),
        other => other.range().0.abs(),
    }
}

/// [`add_projection`] for one that learns, from weights of the magnitude `typical` on.
fn add_learned(
    projection: &ResolvedProjection<'_>,
    (learned, typical): (Learned, f64),
    emitted: f64,
    pairs: Option<&Explicit>,
    inputs: &mut [Vec<InputBound>],
    listed: &mut ExplicitInput,
) {
    for target in &projection.targets {
        for channel in target.channels.reached(learned.range) {
            let own = &mut inputs[target.part.population][usize::from(channel.index)];
            own.add_learned(learned.most(), typical);
            match pairs {
                Some(pairs) => listed.add_learned(target, pairs, channel.index, learned.most(), emitted),
                None => {
                    own.sum += projection.indegree_at_most * learned.most() * emitted;
                    own.arrivals += projection.indegree_at_most * emitted;
                }
            }
        }
    }
}

/// `weight` in counts of `unit`; `worst` becomes its relative rounding error if that is larger.
///
/// # Errors
/// [`Error::Invalid`] at `place` where the weight is not a finite number.
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
