//! The BOLD signal that neural activity causes: the balloon model of Friston et al. (2000, 2003), after Buxton et al.
//! (1998).
//!
//! Activity z moves a signal s, blood flow f, volume v and content of deoxyhaemoglobin q, all but s relative to rest:
//!
//! s' = z - kappa s - gamma (f - 1), f' = s, tau v' = f - v^(1/alpha), tau q' = f E(f)/E_0 - v^(1/alpha) q/v,
//! with E(f) = 1 - (1 - E_0)^(1/f), and y = V_0 (k_1 (1 - q) + k_2 (1 - q/v) + k_3 (1 - v)).
//!
//! A step is one of the classical Runge-Kutta method of order four, in `f64`, with the same activity throughout.

use crate::error::{Error, Result};
use crate::number::math::{exp, ln};

/// The constants of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
// The names of the papers.
#[allow(non_snake_case)]
pub struct Balloon {
    /// Activity z of one spike/s, 1/s². Friston's efficacy is this times the rate that stands for an activity of 1.
    pub gain: f64,
    /// Rate of decay of the signal, 1/s.
    pub kappa: f64,
    /// Rate of the feedback of flow, 1/s².
    pub gamma: f64,
    /// Mean transit time of blood, s.
    pub tau: f64,
    /// Grubb's exponent.
    pub alpha: f64,
    /// Fraction of oxygen that is extracted at rest, 0 to 1.
    pub E_0: f64,
    /// Volume of blood at rest, in the unit of the signal.
    pub V_0: f64,
    /// Coefficient of the signal outside of vessels: of the content of deoxyhaemoglobin.
    pub k_1: f64,
    /// Coefficient of the signal inside vessels: of the concentration of deoxyhaemoglobin.
    pub k_2: f64,
    /// Coefficient of the signal of the change of blood volume.
    pub k_3: f64,
}

impl Balloon {
    /// The prior means of Friston, Harrison & Penny (2003), with k_1 = 7 E_0, k_2 = 2, k_3 = 2 E_0 - 0.2 and V_0 =
    /// 0.02; 50 spikes/s have Friston's efficacy of 0.5.
    pub const FRISTON: Balloon = Balloon {
        gain: 0.01,
        kappa: 0.65,
        gamma: 0.41,
        tau: 0.98,
        alpha: 0.32,
        E_0: 0.34,
        V_0: 0.02,
        k_1: 7.0 * 0.34,
        k_2: 2.0,
        k_3: 2.0 * 0.34 - 0.2,
    };
    /// The constants of The Virtual Brain's BalloonModel: tau_s = 1.54 s, tau_f = 1.44 s, and the revised coefficients
    /// of Stephan et al. (2007) at 1.5 T and TE = 40 ms, in percent (V_0 = 4).
    pub const TVB: Balloon = Balloon {
        gain: 0.01,
        kappa: 1.0 / 1.54,
        gamma: 1.0 / 1.44,
        tau: 0.98,
        alpha: 0.32,
        E_0: 0.4,
        V_0: 4.0,
        k_1: 4.3 * 40.3 * 0.4 * 0.04,
        k_2: 0.5 * 25.0 * 0.4 * 0.04,
        k_3: 0.5,
    };

    /// Checks the constants.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a constant that is not a finite number, or out of its bounds.
    pub fn check(&self) -> Result<()> {
        let above = [("kappa", self.kappa), ("gamma", self.gamma), ("tau", self.tau), ("alpha", self.alpha)];
        let wrong = |problem: String| Err(Error::invalid("balloon", problem));
        if let Some((name, value)) = above.into_iter().find(|(_, value)| !(*value > 0.0 && value.is_finite())) {
            return wrong(format!("{name} = {value} must be greater than 0"));
        }
        if !(self.E_0 > 0.0 && self.E_0 < 1.0) {
            return wrong(format!("E_0 = {} must lie between 0 and 1", self.E_0));
        }
        let others = [("V_0", self.V_0), ("k_1", self.k_1), ("k_2", self.k_2), ("k_3", self.k_3)];
        if let Some((name, value)) = others.into_iter().find(|(_, value)| !value.is_finite()) {
            return wrong(format!("{name} = {value} is not a finite number"));
        }
        match self.gain >= 0.0 && self.gain.is_finite() {
            true => Ok(()),
            false => wrong(format!("gain = {} must be 0 or greater", self.gain)),
        }
    }

    /// State (s, f, v, q) at rest.
    pub const REST: [f64; 4] = [0.0, 1.0, 1.0, 1.0];

    /// The BOLD signal y of state (s, f, v, q), in the unit of `V_0`.
    pub fn signal(&self, [_, _, v, q]: [f64; 4]) -> f64 {
        self.V_0 * (self.k_1 * (1.0 - q) + self.k_2 * (1.0 - q / v) + self.k_3 * (1.0 - v))
    }

    /// The rate of change of state (s, f, v, q) with activity `z`, 1/s.
    fn change(&self, [s, f, v, q]: [f64; 4], z: f64) -> [f64; 4] {
        let out = exp(ln(v) / self.alpha);
        let extracted = 1.0 - exp(ln(1.0 - self.E_0) / f);
        [
            z - self.kappa * s - self.gamma * (f - 1.0),
            s,
            (f - out) / self.tau,
            (f * extracted / self.E_0 - out * q / v) / self.tau,
        ]
    }

    /// The state `h` seconds after `state`, where neurons fired at `rate` spikes/s meanwhile.
    ///
    /// # Errors
    /// A sentence, where flow or volume would not stay above 0.
    pub fn step(&self, state: [f64; 4], rate: f64, h: f64) -> Result<[f64; 4], String> {
        let z = self.gain * rate;
        let ahead = |change: [f64; 4], by: f64| std::array::from_fn(|k| state[k] + by * change[k]);
        let first = self.change(state, z);
        let second = self.change(ahead(first, 0.5 * h), z);
        let third = self.change(ahead(second, 0.5 * h), z);
        let fourth = self.change(ahead(third, h), z);
        let state: [f64; 4] =
            std::array::from_fn(|k| state[k] + h / 6.0 * (first[k] + 2.0 * (second[k] + third[k]) + fourth[k]));
        if state[1] > 0.0 && state[2] > 0.0 && state.iter().all(|value| value.is_finite()) {
            return Ok(state);
        }
        Err(format!("its blood flow would fall to nothing under {rate} spikes/s; take a smaller gain or shorter bins"))
    }
}
