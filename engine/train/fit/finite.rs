//! Numbers that break: a loss, a gradient or a weight that is no longer finite, and where it was first so.

use super::parameter::{first_not_finite, index};
use super::trainer::{Position, Task, Trainer};
use crate::error::{Error, Result};
use crate::number::Number;

impl<T: Number> Trainer<T> {
    /// The place of an error: the step that is going on, counted from 1, and its epoch.
    fn place(&self) -> String {
        let Position { epoch, batch, .. } = self.position;
        let step = u64::from(epoch) * u64::from(self.steps_per_epoch()) + u64::from(batch) + 1;
        format!("training, step {step} (batch {} of epoch {})", batch + 1, epoch + 1)
    }

    /// Refuses a loss or gradients that are not finite, before they reach the weights.
    pub(super) fn check_finite(&self, task: &impl Task<T>, loss: f64) -> Result<()> {
        let parameters = || self.parameters.iter();
        let gradient = parameters().find_map(|own| Some((own, first_not_finite(own.gradient().data())?)));
        if loss.is_finite() && gradient.is_none() {
            return Ok(());
        }
        let layer = task.broken_layer().map(|layer| format!("the output of {layer}"));
        let value = || {
            let (own, place) = parameters().find_map(|own| Some((own, first_not_finite(own.value().data())?)))?;
            Some(format!("{}{}", own.name(), index(place, own.value().shape())))
        };
        let gradient = gradient
            .map(|(own, place)| format!("the gradient of {}{}", own.name(), index(place, own.gradient().shape())));
        let what = match loss.is_finite() {
            true => "a gradient is not finite".to_owned(),
            false => format!("the loss is {loss}"),
        };
        let first = match layer.or_else(value).or(gradient) {
            Some(first) => format!("the first value that is not finite is {first}"),
            None => "parameters and gradients are finite, so look at the data and the loss".to_owned(),
        };
        let advice = "take a smaller learning rate, or clip gradients";
        Err(Error::invalid(self.place(), format!("{what}; {first}; {advice}")))
    }

    /// Refuses a loss of the samples for validation that is not finite.
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

    /// Refuses weights that an update has made infinite.
    pub(super) fn check_values(&self) -> Result<()> {
        match self.parameters.iter().find_map(|own| Some((own, first_not_finite(own.value().data())?))) {
            None => Ok(()),
            Some((own, place)) => {
                let at = index(place, own.value().shape());
                let problem = format!("the update made {}{at} infinite; take a smaller learning rate", own.name());
                Err(Error::invalid(self.place(), problem))
            }
        }
    }
}
