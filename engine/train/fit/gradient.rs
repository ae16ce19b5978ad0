//! What is done to gradients between the loss and the update: penalties on weights added, lengths clipped.

use serde::{Deserialize, Serialize};

use super::parameters::Parameters;
use crate::error::{Error, Result};
use crate::number::Number;

/// Penalties on the weights of all parameters that are penalised, added to loss and gradient.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Penalty {
    /// Times Σ |w|; its derivative at 0 is 0.
    pub l1: f64,
    /// Times Σ w².
    pub l2: f64,
}

impl Penalty {
    /// Adds the derivative of the penalty to the gradients; returns the penalty, summed in the order of the parameters.
    pub fn add<T: Number>(&self, parameters: &mut Parameters<T>) -> f64 {
        if *self == Penalty::default() {
            return 0.0;
        }
        let (l1, twice_l2) = (T::of(self.l1), T::of(2.0 * self.l2));
        let (mut sizes, mut squares) = (0.0, 0.0);
        for parameter in parameters.iter_mut().filter(|parameter| parameter.is_trained() && parameter.is_penalised()) {
            let values = parameter.value().clone();
            for (gradient, &value) in parameter.gradient_mut().data_mut().iter_mut().zip(values.data()) {
                let zero = T::of(0.0);
                let sign = T::choose(value.above(zero), l1, T::choose(zero.above(value), -l1, zero));
                *gradient = *gradient + sign + twice_l2 * value;
                sizes += value.value().abs();
                squares += value.value() * value.value();
            }
        }
        self.l1 * sizes + self.l2 * squares
    }

    /// Refuses factors that are negative or not finite.
    ///
    /// # Errors
    /// The first of them.
    pub fn check(&self) -> Result<()> {
        match [("l1", self.l1), ("l2", self.l2)].into_iter().find(|(_, factor)| !(*factor >= 0.0 && factor.is_finite()))
        {
            Some((name, factor)) => {
                Err(Error::invalid("penalty", format!("{name} = {factor} must be a finite number of at least 0")))
            }
            None => Ok(()),
        }
    }
}

/// The most that a gradient may be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Clip {
    /// Its length over all trained parameters (`clip_grad_norm_`): a longer one is scaled down.
    Norm(f64),
    /// The size of each number (`clip_grad_value_`).
    Value(f64),
}

/// The length of the gradient over all trained parameters, summed in their order.
pub fn norm<T: Number>(parameters: &Parameters<T>) -> f64 {
    let trained = parameters.iter().filter(|parameter| parameter.is_trained());
    let sum: f64 = trained.flat_map(|p| p.gradient().data()).map(|g| g.value() * g.value()).sum();
    sum.sqrt()
}

impl Clip {
    /// Clips the gradients of all trained parameters.
    pub fn apply<T: Number>(&self, parameters: &mut Parameters<T>) {
        let factor = match *self {
            Clip::Norm(most) => T::of((most / (norm(parameters) + 1e-6)).min(1.0)),
            Clip::Value(_) => T::of(1.0),
        };
        for parameter in parameters.iter_mut().filter(|parameter| parameter.is_trained()) {
            let gradients = parameter.gradient_mut().data_mut();
            match *self {
                Clip::Norm(_) => gradients.iter_mut().for_each(|gradient| *gradient = *gradient * factor),
                Clip::Value(most) => {
                    let (least, most) = (T::of(-most), T::of(most));
                    for gradient in gradients {
                        *gradient = T::choose(gradient.above(most), most, *gradient);
                        *gradient = T::choose(least.above(*gradient), least, *gradient);
                    }
                }
            }
        }
    }

    /// Refuses a limit that is not above 0.
    ///
    /// # Errors
    /// Such a limit.
    pub fn check(&self) -> Result<()> {
        let (Clip::Norm(most) | Clip::Value(most)) = *self;
        match most > 0.0 && most.is_finite() {
            true => Ok(()),
            false => Err(Error::invalid("clip", format!("the limit {most} must be a finite number above 0"))),
        }
    }
}
