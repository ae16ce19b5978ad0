//! Controllers, which set the drive: PI control, or a network of two layers.

use crate::error::{Error, Result};

/// What a controller sees before a window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Seen {
    /// The set point: the rate that the window should have, spikes/s.
    pub target: f64,
    /// The rate of the window before, spikes/s.
    pub rate: f64,
    /// The rate of the one before that, spikes/s.
    pub before: f64,
    /// The sum of target - rate over all windows before, spikes/s.
    pub integral: f64,
}

/// What sets the drive of a window.
pub trait Controller: Sync {
    /// The drive of the next window, given what the controller sees.
    fn drive(&self, seen: &Seen) -> f64;
}

/// A PI controller with feedforward: u = u₀ + forward · r* + proportional · e + integral · (Σ e + e), with e = r* - r,
/// the set point less the last rate.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pi {
    /// u₀, the drive without set point and errors.
    pub offset: f64,
    /// Feedforward gain of the set point, per spikes/s.
    pub forward: f64,
    /// Gain of the error, per spikes/s.
    pub proportional: f64,
    /// Gain of the sum of errors, per spikes/s.
    pub integral: f64,
}

impl Controller for Pi {
    fn drive(&self, seen: &Seen) -> f64 {
        let error = seen.target - seen.rate;
        self.offset + self.forward * seen.target + self.proportional * error + self.integral * (seen.integral + error)
    }
}

/// Inputs of a [`Net`]: the four numbers of [`Seen`].
pub const SEES: usize = 4;
/// What a [`Net`] divides rates by, spikes/s; sums of errors are divided by five times this.
pub const SCALE: f64 = 50.0;

/// A controller of two layers: u = u₀ + w₂ · tanh(x W₁ + b₁) + b₂, x being what it sees, scaled by [`SCALE`].
#[derive(Debug, Clone, PartialEq)]
pub struct Net {
    /// u₀, which is not learned.
    pub offset: f64,
    /// W₁ [SEES, hidden].
    pub inner: Vec<f64>,
    /// b₁ \[hidden\].
    pub bias: Vec<f64>,
    /// w₂ \[hidden\].
    pub outer: Vec<f64>,
    /// b₂.
    pub last: f64,
}

/// Derivatives by the weights and biases of a [`Net`], laid out as these.
#[derive(Debug, Clone, PartialEq)]
pub struct Slopes {
    /// By W₁.
    pub inner: Vec<f64>,
    /// By b₁.
    pub bias: Vec<f64>,
    /// By w₂.
    pub outer: Vec<f64>,
    /// By b₂.
    pub last: f64,
}

impl Slopes {
    /// Zeros in the shape of the weights of `net`.
    pub fn of(net: &Net) -> Slopes {
        let zero = |of: &[f64]| vec![0.0; of.len()];
        Slopes { inner: zero(&net.inner), bias: zero(&net.bias), outer: zero(&net.outer), last: 0.0 }
    }
}

/// The inputs of a [`Net`], scaled to the order of 1.
fn features(seen: &Seen) -> [f64; SEES] {
    [seen.target / SCALE, seen.rate / SCALE, seen.before / SCALE, seen.integral / (5.0 * SCALE)]
}

impl Net {
    /// The network itself, if the lengths of its lists fit each other.
    ///
    /// # Errors
    /// No hidden units, or lists of other lengths.
    pub fn checked(self) -> Result<Net> {
        let hidden = self.bias.len();
        if hidden == 0 || self.outer.len() != hidden || self.inner.len() != SEES * hidden {
            let problem =
                format!("{hidden} hidden units need as many last weights and {SEES} times as many first ones");
            return Err(Error::invalid("controller", problem));
        }
        Ok(self)
    }

    /// The outputs of the hidden units.
    fn hidden(&self, features: &[f64; SEES]) -> Vec<f64> {
        let hidden = self.bias.len();
        let sum = |unit: usize| -> f64 {
            self.bias[unit]
                + features.iter().enumerate().map(|(k, value)| value * self.inner[k * hidden + unit]).sum::<f64>()
        };
        (0..hidden).map(|unit| crate::number::math::tanh(sum(unit))).collect()
    }

    /// From `bar`, the derivative of the loss by the drive, to its derivatives by what the network saw except the
    /// target: rate, rate before, integral. The derivatives by weights and biases are added to `slopes`.
    pub fn back(&self, seen: &Seen, bar: f64, slopes: &mut Slopes) -> [f64; 3] {
        let (features, width) = (features(seen), self.bias.len());
        let hidden = self.hidden(&features);
        slopes.last += bar;
        let mut given = [0.0; SEES];
        for (unit, hidden) in hidden.into_iter().enumerate() {
            slopes.outer[unit] += bar * hidden;
            let sum = bar * self.outer[unit] * (1.0 - hidden * hidden);
            slopes.bias[unit] += sum;
            for (k, given) in given.iter_mut().enumerate() {
                slopes.inner[k * width + unit] += sum * features[k];
                *given += sum * self.inner[k * width + unit];
            }
        }
        [given[1] / SCALE, given[2] / SCALE, given[3] / (5.0 * SCALE)]
    }
}

impl Controller for Net {
    fn drive(&self, seen: &Seen) -> f64 {
        let hidden = self.hidden(&features(seen));
        self.offset + self.last + hidden.iter().zip(&self.outer).map(|(hidden, weight)| hidden * weight).sum::<f64>()
    }
}
