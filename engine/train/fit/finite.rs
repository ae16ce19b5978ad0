//! Checks for a loss, a gradient or a weight that is no longer finite, with errors that name the first such number.

use super::parameter::{first_not_finite, index_text};
use super::trainer::{Position, Task, Trainer};
use crate::error::{Error, Result};
use crate::number::Number;
use crate::quote;

/// What to do against numbers that are not finite.
const ADVICE: &str = "take a smaller learning rate, or clip gradients";

/// An error at `place`, a step of a training: that of a layer whose state is not finite says so.
fn broken(place: String, error: Error) -> Error {
    match error {
        Error::Numerics { population, index, step, .. } => {
            let first = format!("unit {index} of layer '{}', at step {step} of a sample", quote::name(&population));
            Error::invalid(place, format!("the first value that is not finite is that of {first}; {ADVICE}"))
        }
        other => other,
    }
}

impl<T: Number> Trainer<T> {
    /// The current step, counted from 1, with its batch and epoch, as the place of an error.
    fn current_step(&self) -> String {
        let Position { epoch, batch, .. } = self.position;
        let step = u64::from(epoch) * u64::from(self.steps_per_epoch()) + u64::from(batch) + 1;
        format!("training, step {step} (batch {} of epoch {})", batch + 1, epoch + 1)
    }

    /// The error of a task within the current step: where a layer's state is no longer finite, it becomes one that tells the
    /// step of the training and what to do there, for neither the network's dt nor its first weights are at fault.
    pub(super) fn in_step(&self, error: Error) -> Error {
        broken(self.current_step(), error)
    }

    /// The error of a task where it is judged after an epoch, as [`Trainer::in_step`].
    pub(super) fn in_judging(&self, error: Error) -> Error {
        broken(format!("validation, epoch {}", self.position.epoch + 1), error)
    }

    /// Checks that a batch's loss and the gradients are finite, before they reach the weights.
    ///
    /// # Errors
    /// One of them is not.
    pub(super) fn check_finite(&self, task: &impl Task<T>, loss: f64) -> Result<()> {
        let parameters = || self.parameters.iter();
        let gradient = parameters().find_map(|own| Some((own, first_not_finite(own.gradient().data())?)));
        if loss.is_finite() && gradient.is_none() {
            return Ok(());
        }
        let layer = task.broken_layer().map(|layer| format!("the output of {layer}"));
        let value = || {
            let (own, place) = parameters().find_map(|own| Some((own, first_not_finite(own.value().data())?)))?;
            Some(format!("{}{}", own.name(), index_text(place, own.value().shape())))
        };
        let gradient = gradient
            .map(|(own, place)| format!("the gradient of {}{}", own.name(), index_text(place, own.gradient().shape())));
        let what = match loss.is_finite() {
            true => "a gradient is not finite".to_owned(),
            false => format!("the loss is {loss}"),
        };
        let first = match layer.or_else(value).or(gradient) {
            Some(first) => format!("the first value that is not finite is {first}"),
            None => "parameters and gradients are finite, so look at the data and the loss".to_owned(),
        };
        Err(Error::invalid(self.current_step(), format!("{what}; {first}; {ADVICE}")))
    }

    /// Checks that the loss of the samples for validation is finite.
    ///
    /// # Errors
    /// It is not.
    pub(super) fn check_judged(&self, task: &impl Task<T>, loss: f64) -> Result<()> {
        if loss.is_finite() {
            return Ok(());
        }
        let first = match task.broken_layer() {
            Some(layer) => format!("the first value that is not finite is the output of {layer}"),
            None => "the parameters are finite, so look at the samples for validation and the loss".to_owned(),
        };
        let place = format!("validation, epoch {}", self.position.epoch + 1);
        Err(Error::invalid(place, format!("the loss is {loss}; {first}")))
    }

    /// Checks that an update has left all weights finite.
    ///
    /// # Errors
    /// One of them is not.
    pub(super) fn check_values(&self) -> Result<()> {
        match self.parameters.iter().find_map(|own| Some((own, first_not_finite(own.value().data())?))) {
            None => Ok(()),
            Some((own, place)) => {
                let at = index_text(place, own.value().shape());
                let problem = format!("the update made {}{at} infinite; take a smaller learning rate", own.name());
                Err(Error::invalid(self.current_step(), problem))
            }
        }
    }
}
