//! An estimate of the energy that a sample would take in hardware, from counts of operations.

use serde::{Deserialize, Serialize};

/// Energy of a multiplication and addition of 32-bit floating-point numbers, J: 3.7 pJ and 0.9 pJ in a 45 nm process at
/// 0.9 V (Horowitz 2014, "Computing's energy problem (and what we can do about it)"). Memory, leakage and control are
/// left out.
pub const MAC: f64 = 4.6e-12;
/// Energy of an addition of such numbers, J, by the same source.
pub const AC: f64 = 0.9e-12;

/// Numbers of synaptic operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Operations {
    /// Weights multiplied by numbers and added up, as by a layer whose input is not spikes.
    pub multiplications: u64,
    /// Weights added up, one for each spike and each synapse that it reaches.
    pub additions: u64,
}

impl Operations {
    /// The operations of a dense layer of numbers: from each of `inputs` to each of `outputs`, `times` times.
    pub fn dense(inputs: u64, outputs: u64, times: u64) -> Operations {
        Operations { multiplications: inputs * outputs * times, additions: 0 }
    }

    /// The operations of `spikes` spikes, each of which reaches `fan_out` neurons.
    pub fn spikes(spikes: u64, fan_out: u64) -> Operations {
        Operations { multiplications: 0, additions: spikes * fan_out }
    }

    /// Adds `other` operations.
    pub fn add(&mut self, other: &Operations) {
        self.multiplications += other.multiplications;
        self.additions += other.additions;
    }

    /// The energy of all operations, J: [`MAC`] for each multiplication, [`AC`] for each addition.
    pub fn energy(&self) -> f64 {
        self.multiplications as f64 * MAC + self.additions as f64 * AC
    }
}
