//! What is done to gradients between the loss and the update: penalties on weights are added, gradients are clipped.

use serde::{Deserialize, Serialize};

use super::parameters::Parameters;
use crate::error::{Error, Result};
use crate::number::Number;

/// Penalties on the weights of all trained parameters that are penalised, added to loss and gradient.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Penalty {
    /// The factor of Σ |w|, whose derivative at 0 counts as 0.
    pub l1: f64,
    /// The factor of Σ w².
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

    /// Checks the factors.
    ///
    /// # Errors
    /// A factor that is negative or not finite.
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

/// How gradients are clipped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Clip {
    /// By the norm over all trained parameters (`clip_grad_norm_`): a longer gradient is scaled down to this.
    Norm(f64),
    /// By the size of each component (`clip_grad_value_`): it is kept within ± this.
    Value(f64),
}

/// The Euclidean norm of the gradient over all trained parameters, summed in their order.
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

    /// Checks the limit.
    ///
    /// # Errors
    /// A limit that is not a finite number above 0.
    pub fn check(&self) -> Result<()> {
        let (Clip::Norm(most) | Clip::Value(most)) = *self;
        match most > 0.0 && most.is_finite() {
            true => Ok(()),
            false => Err(Error::invalid("clip", format!("the limit {most} must be a finite number above 0"))),
        }
    }
}
