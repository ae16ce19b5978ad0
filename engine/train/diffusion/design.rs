//! What a U-Net is.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What fires.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Neuron {
    /// Integrate-and-fire, the model `if_neuron`: no leak, threshold 1 mV, reset to 0; an arctangent for its derivative.
    Spiking,
    /// ReLU, in one step.
    Ann,
}

impl Neuron {
    /// Both.
    pub const ALL: [Neuron; 2] = [Neuron::Spiking, Neuron::Ann];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Neuron::Spiking => "spiking",
            Neuron::Ann => "ann",
        }
    }
}

/// What a U-Net is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// Channels of the first level; the second and third have twice as many.
    pub channels: usize,
    /// Rows and columns of an image.
    pub size: usize,
    /// Steps of its neurons for each image.
    pub steps: usize,
    /// What fires.
    pub neuron: Neuron,
    /// The threshold, mV.
    pub threshold: f64,
}

impl Design {
    /// 16 channels, 4 steps.
    pub fn new(neuron: Neuron, size: usize) -> Design {
        let steps = if neuron == Neuron::Ann { 1 } else { 4 };
        Design { channels: 16, size, steps, neuron, threshold: 1.0 }
    }

    /// # Errors
    /// Numbers out of their bounds.
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |problem: String| Err(Error::invalid("U-Net", problem));
        let Design { channels, size, steps, neuron, threshold } = *self;
        if !(2..=512).contains(&channels) || !channels.is_multiple_of(2) {
            return wrong(format!("{channels} channels are not an even number from 2 to 512"));
        }
        if !(4..=256).contains(&size) || !size.is_multiple_of(4) {
            return wrong(format!("images of {size} pixels are not a multiple of 4 from 4 to 256"));
        }
        if !(1..=64).contains(&steps) {
            return wrong(format!("{steps} steps are not from 1 to 64"));
        }
        if neuron == Neuron::Ann && steps != 1 {
            return wrong(format!("a net of ReLUs has one step, not {steps}; leave --steps out"));
        }
        if !(threshold > 0.0 && threshold.is_finite()) {
            return wrong(format!("a threshold of {threshold} mV must be a number above 0"));
        }
        Ok(())
    }
}
