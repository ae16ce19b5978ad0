//! Weights on a grid, so that sums have the same bits in any order.
//!
//! Where all weights onto a neuron are whole multiples of a power of two, and the sum of their sizes is below 2²⁴ times
//! that power, `f32` holds all their partial sums exactly: a matrix product, a list of events and the fixed point of
//! the players give the same bits. The optimiser still holds real-valued weights; the network sees them rounded, and
//! the gradient by the rounded weights is taken for that by the real-valued ones (straight-through estimator: Bengio,
//! Léonard & Courville 2013, "Estimating or propagating gradients through stochastic neurons for conditional
//! computation").

use std::collections::BTreeMap;

pub use super::incoming::{Incoming, Targets};
use super::parameter::Parameter;
use super::parameters::Parameters;
use crate::error::{Error, Result};
use crate::number::Number;
use crate::simd::{Level, Work, vectorised};

/// Bits of the largest whole number of units that `f32` holds exactly.
pub const BITS: i32 = 24;

/// Room for weights to grow: a unit is chosen as if they were this many times as large.
pub const ROOM: f64 = 4.0;

/// The grid of the weights onto the neurons of one name, and how well the weights fit it.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// The name of the neurons.
    pub neurons: String,
    /// The distance of neighbouring weights on the grid, a power of two.
    pub unit: f64,
    /// The largest sum of |w| into one neuron, in units; below 2²⁴.
    pub largest: f64,
    /// The largest difference between a weight and its rounded value, as a share of the largest weight.
    pub rounding: f64,
}

/// The sum of |w| onto each neuron, and the number of synapses with a weight that is not 0.
#[derive(Debug, Clone, Default)]
struct Sums {
    sizes: Vec<f64>,
    synapses: Vec<f64>,
}

impl Sums {
    /// Sums of no weights, for `neurons` neurons.
    fn zero(neurons: usize) -> Sums {
        Sums { sizes: vec![0.0; neurons], synapses: vec![0.0; neurons] }
    }

    /// Whether all sums of weights `room` times as large, each rounded by half a unit at most, lie below 2²⁴ units.
    fn fit(&self, unit: f64, room: f64) -> bool {
        let counts = |(size, synapses): (&f64, &f64)| (size * room / unit + 0.5 * synapses).ceil();
        self.sizes.iter().zip(&self.synapses).all(|sum| counts(sum) < 2f64.powi(BITS))
    }

    /// Adds the weights of a parameter of this shape.
    fn add<T: Number>(&mut self, incoming: &Incoming, shape: &[usize], weights: &[T]) {
        if incoming.targets == Targets::Last {
            return vectorised(AddRows { sums: self, weights });
        }
        incoming.for_each_target(shape, |target, place| {
            let size = weights[place].value().abs();
            self.sizes[target] += size;
            self.synapses[target] += f64::from(size != 0.0);
        });
    }
}

/// The work of [`Sums::add`] for rows that hold one weight onto each neuron.
struct AddRows<'a, T> {
    sums: &'a mut Sums,
    weights: &'a [T],
}

impl<T: Number> Work for AddRows<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let Sums { sizes, synapses } = self.sums;
        for row in self.weights.chunks(sizes.len().max(1)) {
            for ((size, synapses), weight) in sizes.iter_mut().zip(synapses.iter_mut()).zip(row) {
                let own = weight.value().abs();
                *size += own;
                *synapses += if own == 0.0 { 0.0 } else { 1.0 };
            }
        }
    }
}

/// The smallest power of two that all sums fit with [`ROOM`], if there is one.
fn smallest_unit(sums: &Sums) -> Option<f64> {
    // Weights lie below the largest number of f32, so the last of these units fits all but too many of them.
    (f32::MIN_EXP - 1..f32::MAX_EXP).map(|exponent| 2f64.powi(exponent)).find(|&unit| sums.fit(unit, ROOM))
}

/// The sums of incoming weights, by the name of neurons.
fn incoming_sums<T: Number>(parameters: &Parameters<T>) -> Result<BTreeMap<String, Sums>> {
    let mut all: BTreeMap<String, Sums> = BTreeMap::new();
    for parameter in parameters.iter() {
        let Some(incoming) = parameter.incoming() else { continue };
        let shape = parameter.value().shape();
        let size = incoming.target_count(shape);
        let sums = all.entry(incoming.neurons.clone()).or_insert_with(|| Sums::zero(size));
        if sums.sizes.len() != size {
            let problem = format!("it has {size} targets in '{}', which are {}", incoming.neurons, sums.sizes.len());
            return Err(Error::invalid(parameter.name(), problem));
        }
        sums.add(incoming, shape, parameter.value().data());
    }
    Ok(all)
}

/// Puts the weights of all parameters with targets on grids, one grid for the neurons of each name, with [`ROOM`] to
/// grow.
///
/// # Errors
/// Weights that are not finite, or too large or too many for a grid; parameters that disagree on the number of neurons.
pub fn choose<T: Number>(parameters: &mut Parameters<T>) -> Result<()> {
    for (neurons, sums) in incoming_sums(parameters)? {
        let unit = smallest_unit(&sums).ok_or_else(|| {
            let most = sums.synapses.iter().copied().fold(0.0, f64::max);
            let problem =
                format!("no grid holds the sum of its incoming weights ({most} synapses); use fewer or smaller");
            Error::invalid(&neurons, problem)
        })?;
        set_unit(parameters, &neurons, unit);
    }
    Ok(())
}

/// Chooses all grids anew if some weights have outgrown theirs; returns whether this was so.
///
/// # Errors
/// As [`choose`].
pub fn regrow<T: Number>(parameters: &mut Parameters<T>) -> Result<bool> {
    let units: BTreeMap<String, f64> = units_in_use(parameters);
    let sums = incoming_sums(parameters)?;
    let outgrown = units.iter().any(|(neurons, &unit)| sums.get(neurons).is_some_and(|sums| !sums.fit(unit, 1.0)));
    if outgrown {
        choose(parameters)?;
    }
    Ok(outgrown)
}

/// The unit of the grid of each name of neurons.
fn units_in_use<T: Number>(parameters: &Parameters<T>) -> BTreeMap<String, f64> {
    let of = |parameter: &Parameter<T>| Some((parameter.incoming()?.neurons.clone(), parameter.unit()?));
    parameters.iter().filter_map(of).collect()
}

/// Sets the unit of all parameters whose weights are onto the neurons of this name.
fn set_unit<T: Number>(parameters: &mut Parameters<T>, neurons: &str, unit: f64) {
    let onto = |parameter: &&mut Parameter<T>| parameter.incoming().is_some_and(|own| own.neurons == neurons);
    parameters.iter_mut().filter(onto).for_each(|parameter| parameter.set_unit(Some(unit)));
}

/// The grids that are in use, and how well the weights fit them.
///
/// # Errors
/// As [`choose`].
pub fn report<T: Number>(parameters: &Parameters<T>) -> Result<Vec<Grid>> {
    let mut seen = parameters.clone();
    for parameter in seen.iter_mut() {
        *parameter.value_mut() = parameter.seen();
    }
    let sums = incoming_sums(&seen)?;
    let grid = |(neurons, unit): (String, f64)| {
        let of = |parameter: &&Parameter<T>| parameter.incoming().is_some_and(|own| own.neurons == neurons);
        let (mut off, mut most) = (0f64, 0f64);
        for (held, seen) in parameters.iter().filter(of).zip(seen.iter().filter(of)) {
            for (held, seen) in held.value().data().iter().zip(seen.value().data()) {
                off = off.max((held.value() - seen.value()).abs());
                most = most.max(held.value().abs());
            }
        }
        let largest =
            sums.get(&neurons).into_iter().flat_map(|sums| &sums.sizes).map(|size| size / unit).fold(0.0, f64::max);
        Grid { neurons, unit, largest, rounding: if most > 0.0 { off / most } else { 0.0 } }
    };
    Ok(units_in_use(parameters).into_iter().map(grid).collect())
}
