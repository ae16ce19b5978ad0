//! Learning rates over the steps of a training, as PyTorch defines them.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::number::math::sine;

/// Learning rate and momentum of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Learning rate.
    pub lr: f64,
    /// The momentum of SGD, or the first of Adam's `betas`, where it is not the optimiser's own.
    pub momentum: Option<f64>,
}

impl From<f64> for Rate {
    fn from(lr: f64) -> Rate {
        Rate { lr, momentum: None }
    }
}

/// How the learning rate changes over all steps.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub enum Schedule {
    /// The optimiser's own learning rate throughout.
    #[default]
    Constant,
    /// A fall along half a cosine, after a linear rise.
    Cosine(Cosine),
    /// One rise and one fall, with the momentum in the opposite direction.
    OneCycle(OneCycle),
}

/// Half a cosine from the learning rate to `eta_min` (`CosineAnnealingLR`; Loshchilov & Hutter 2017), whose `T_max` is
/// the number of all steps less `warmup_steps`. Step t of the warm-up, counted from 0, has (t + 1) / (warmup_steps + 1)
/// of the learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cosine {
    /// Steps in which the learning rate rises.
    pub warmup_steps: u64,
    /// The learning rate that it falls to.
    pub eta_min: f64,
}

/// One cycle (`OneCycleLR`; Smith & Topin 2018, "Super-convergence"), whose `max_lr` is the optimiser's learning rate. A training
/// of a single step takes that; by `OneCycleLR` it would have the rate of the last step, which moves next to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OneCycle {
    /// The share of all steps in which the learning rate rises.
    pub pct_start: f64,
    /// The largest learning rate over that of the first step.
    pub div_factor: f64,
    /// The learning rate of the first step over that of the last.
    pub final_div_factor: f64,
    /// Whether the momentum falls as the learning rate rises.
    pub cycle_momentum: bool,
    /// The least momentum.
    pub base_momentum: f64,
    /// The largest momentum.
    pub max_momentum: f64,
}

impl Default for OneCycle {
    fn default() -> OneCycle {
        OneCycle {
            pct_start: 0.3,
            div_factor: 25.0,
            final_div_factor: 1e4,
            cycle_momentum: true,
            base_momentum: 0.85,
            max_momentum: 0.95,
        }
    }
}

/// The value on half a cosine from `start` to `end`, after this share of the way.
fn on_half_cosine(start: f64, end: f64, share: f64) -> f64 {
    // cos(π · share), with the same bits on all machines.
    end + (start - end) / 2.0 * (1.0 + sine(0.25 + share / 2.0))
}

impl Schedule {
    /// Learning rate and momentum of step `step` of `total`, counted from 0, where the optimiser's learning rate is
    /// `lr`. Steps beyond the end have those of the end.
    pub fn at(&self, lr: f64, step: u64, total: u64) -> Rate {
        let (step, total) = (step as f64, total.max(1) as f64);
        match *self {
            Schedule::Constant => lr.into(),
            Schedule::Cosine(Cosine { warmup_steps, .. }) if step < warmup_steps as f64 => {
                (lr * (step + 1.0) / (warmup_steps as f64 + 1.0)).into()
            }
            Schedule::Cosine(Cosine { warmup_steps, eta_min }) => {
                let falling = (total - warmup_steps as f64).max(1.0);
                on_half_cosine(lr, eta_min, ((step - warmup_steps as f64) / falling).min(1.0)).into()
            }
            Schedule::OneCycle(cycle) => cycle.at(lr, step, total),
        }
    }

    /// Checks the arguments, for a training of `total` steps.
    ///
    /// # Errors
    /// An argument out of its range.
    pub fn check(&self, total: u64) -> Result<()> {
        match *self {
            Schedule::Constant => Ok(()),
            Schedule::Cosine(Cosine { warmup_steps, .. }) if warmup_steps >= total => {
                let problem = format!("warmup_steps = {warmup_steps} leaves none of {total} steps to fall; take fewer");
                Err(Error::invalid("cosine schedule", problem))
            }
            Schedule::Cosine(Cosine { eta_min, .. }) => {
                let wrong = Error::invalid("cosine schedule", format!("eta_min = {eta_min} must be at least 0"));
                if eta_min >= 0.0 && eta_min.is_finite() { Ok(()) } else { Err(wrong) }
            }
            Schedule::OneCycle(OneCycle { pct_start, div_factor, final_div_factor, .. }) => {
                let wrong = |problem: String| Err(Error::invalid("one-cycle schedule", problem));
                if !(0.0..=1.0).contains(&pct_start) {
                    return wrong(format!("pct_start = {pct_start} must lie between 0 and 1"));
                }
                match [("div_factor", div_factor), ("final_div_factor", final_div_factor)]
                    .iter()
                    .find(|f| f.1.is_nan() || f.1 <= 0.0)
                {
                    Some((name, factor)) => wrong(format!("{name} = {factor} must be greater than 0")),
                    None => Ok(()),
                }
            }
        }
    }
}

impl OneCycle {
    /// As [`Schedule::at`], with the largest learning rate `most`.
    fn at(&self, most: f64, step: f64, total: f64) -> Rate {
        if total <= 1.0 {
            return Rate { lr: most, momentum: self.cycle_momentum.then_some(self.base_momentum) };
        }
        let first = most / self.div_factor;
        let last = first / self.final_div_factor;
        let (peak, end) = (self.pct_start * total - 1.0, total - 1.0);
        let (lr, momentum) = if step <= peak {
            let share = if peak > 0.0 { step / peak } else { 1.0 };
            (on_half_cosine(first, most, share), on_half_cosine(self.max_momentum, self.base_momentum, share))
        } else {
            let share = if end > peak { ((step - peak) / (end - peak)).min(1.0) } else { 1.0 };
            (on_half_cosine(most, last, share), on_half_cosine(self.base_momentum, self.max_momentum, share))
        };
        Rate { lr, momentum: self.cycle_momentum.then_some(momentum) }
    }
}
