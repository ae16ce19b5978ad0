//! The design of a U-Net: sizes and neurons.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The kind of a net's hidden units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Neuron {
    /// Integrate-and-fire neurons, the model `if_neuron`: no leak, reset to 0, an arctangent as surrogate derivative.
    Spiking,
    /// ReLUs, in one step.
    Ann,
}

impl Neuron {
    /// Both kinds.
    pub const ALL: [Neuron; 2] = [Neuron::Spiking, Neuron::Ann];

    /// The kind's name: `spiking` or `ann`.
    pub fn name(self) -> &'static str {
        match self {
            Neuron::Spiking => "spiking",
            Neuron::Ann => "ann",
        }
    }
}

/// Sizes and neurons of a U-Net.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// Channels of the first level; the second and third have twice as many.
    pub channels: usize,
    /// Rows and columns of an image.
    pub size: usize,
    /// Time steps of the neurons in each pass of the net; 1 for ReLUs.
    pub steps: usize,
    /// The kind of the hidden units.
    pub neuron: Neuron,
    /// The threshold of spiking neurons, mV.
    pub threshold: f64,
}

impl Design {
    /// A design for images of `size` x `size` pixels: 16 channels, 4 steps (ReLUs: 1), a threshold of 1 mV.
    pub fn new(neuron: Neuron, size: usize) -> Design {
        let steps = if neuron == Neuron::Ann { 1 } else { 4 };
        Design { channels: 16, size, steps, neuron, threshold: 1.0 }
    }

    /// Checks all numbers.
    ///
    /// # Errors
    /// A number out of its bounds; a net of ReLUs with more than one step.
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
