//! Initial values of parameters: functions of (seed, parameter, place).

use crate::error::{Error, Result};
use crate::number::{Number, math};
use crate::random::{Purpose, key, philox, stream};
use crate::train::Array;

/// A distribution of initial values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Initial {
    /// The same value everywhere.
    Constant(f64),
    /// Uniform, from the first number to below the second.
    Uniform(f64, f64),
    /// Normal, with this mean and this standard deviation.
    Normal(f64, f64),
    /// Uniform between ±1 / √fan_in, as `torch.nn.Linear` is initialised; the number is fan_in, the inputs of a neuron.
    Linear(u32),
    /// Uniform between ±gain · √(6 / (fan_in + fan_out)) (Glorot & Bengio 2010; `xavier_uniform_`).
    Xavier {
        /// Inputs of a neuron.
        fan_in: u32,
        /// Neurons that an input reaches.
        fan_out: u32,
        /// Factor, 1 for linear units.
        gain: f64,
    },
    /// Normal, with standard deviation gain / √fan_in (He et al. 2015; `kaiming_normal_`).
    Kaiming {
        /// Inputs of a neuron.
        fan_in: u32,
        /// Factor, √2 for ReLUs.
        gain: f64,
    },
}

impl Initial {
    /// An array of this shape with values drawn from `seed`. `parameter` is a number that keeps the draws of parameters
    /// of one seed apart; `what` names the array in messages.
    ///
    /// # Errors
    /// A shape with more places than memory; arguments of the distribution that are not finite, or a negative standard
    /// deviation.
    pub fn array<T: Number>(self, what: &str, shape: &[usize], seed: u64, parameter: u32) -> Result<Array<T>> {
        let root = |fan: u32| f64::from(fan.max(1)).sqrt();
        let (normal, base, factor) = match self {
            Initial::Constant(value) => (false, value, 0.0),
            Initial::Uniform(low, high) => (false, low, high - low),
            Initial::Normal(mean, sd) => (true, mean, sd),
            Initial::Linear(fan_in) => (false, -1.0 / root(fan_in), 2.0 / root(fan_in)),
            Initial::Xavier { fan_in, fan_out, gain } => {
                let bound = gain * 6f64.sqrt() / root(fan_in.saturating_add(fan_out));
                (false, -bound, 2.0 * bound)
            }
            Initial::Kaiming { fan_in, gain } => (true, 0.0, gain / root(fan_in)),
        };
        if !(base.is_finite() && factor.is_finite()) || (normal && factor < 0.0) {
            return Err(Error::invalid(what, format!("{self:?} is no distribution; give finite numbers")));
        }
        let mut array = Array::zeros(what, shape)?;
        let (key, stream) = (key(seed), stream(Purpose::Initial, parameter));
        for (place, value) in (0u64..).zip(array.data_mut()) {
            let [high, low, ..] = philox([0, (place >> 32) as u32, place as u32, stream], key);
            let number = match normal {
                // The upper 16 bits of a word, and what is below them.
                true => math::normal(
                    f64::from(high >> 16),
                    f64::from(high & 0xffff) + (f64::from(low) + 0.5) / 4_294_967_296.0,
                ),
                false => ((u64::from(high) << 32 | u64::from(low)) >> 11) as f64 * (1.0 / (1u64 << 53) as f64),
            };
            *value = T::of(base + factor * number);
        }
        Ok(array)
    }
}
