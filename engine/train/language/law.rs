//! The law of neurons with astrocytes: a step of one text, there and back.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::number::math;
use crate::simd::{Level, Work, vectorised};
use crate::train::gemm::Float;

/// Whose slow trace neurons feel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trace {
    /// That of their own domain.
    Own,
    /// None: no threshold moves.
    None,
    /// That of the same domain in another text of the batch, with the same statistics and no knowledge of the own one: a control.
    Shuffled,
}

/// What a spike is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// 1 where the margin is at least 0, else 0.
    Spiking,
    /// (1 + k·m / √(1 + (k·m)²)) / 2 of the margin m: what the way back is exact for, so that it can be checked.
    Smooth,
}

/// How neurons and their astrocytes step. Units stand in domains, one astrocyte each. Of unit i in domain d, with what arrives u:
///
/// ```text
/// v(t) = β·r(t-1) + √(1 - β²)·u(t)          potential; a drive of variance 1 makes one of variance 1
/// s(t) = 1 where v(t) ≥ 1 - κ·a(t-1)        spike: the astrocyte lowers the threshold by κ·a
/// r(t) = v(t) - s(t)                        reset by subtraction
/// a(t) = λ·a(t-1) + (1 - λ)·mean of s(t)    slow trace of the domain
/// ```
///
/// The slow gain is a law of our own, in the place of astrocytes' calcium (Li & Rinzel 1994), which would cost more than all else
/// here. On the way back a spike's derivative by the margin m is k/2 / (1 + (k·m)²)^(3/2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Law {
    /// Units of an astrocyte.
    pub domain: usize,
    /// λ: what a step leaves of a trace.
    pub keeps: f64,
    /// k: how steep a spike is on the way back.
    pub steepness: f64,
    /// Whose trace is felt.
    pub trace: Trace,
    /// What a spike is.
    pub nature: Nature,
}

/// A step of a text.
pub(super) struct Advance<'a, T> {
    pub(super) drive: &'a [T],
    pub(super) beta: &'a [T],
    pub(super) gain: &'a [T],
    pub(super) kappa: &'a [T],
    /// Traces that are felt, of each domain.
    pub(super) felt: &'a [T],
    pub(super) potential: &'a mut [T],
    pub(super) trace: &'a mut [T],
    pub(super) margins: &'a mut [T],
    pub(super) spikes: &'a mut [T],
}

/// A step of a text, gone back over.
pub(super) struct Back<'a, T> {
    pub(super) drive: &'a [T],
    /// The adjoint of the spikes.
    pub(super) bar: &'a [T],
    /// What is left, what enters, and the derivative of this by that.
    pub(super) leak: [&'a [T]; 3],
    pub(super) kappa: &'a [T],
    pub(super) margins: &'a [T],
    /// Before the step.
    pub(super) potential: &'a [T],
    pub(super) felt: &'a [T],
    /// Of the traces behind the step.
    pub(super) of_trace: &'a [T],
    /// Of the traces that were felt; it is added to.
    pub(super) of_felt: &'a mut [T],
    /// Of the potential behind the step, and then before it.
    pub(super) of_potential: &'a mut [T],
    pub(super) of_drive: &'a mut [T],
    /// These two are added to.
    pub(super) of_beta: &'a mut [T],
    pub(super) of_kappa: &'a mut [T],
}

impl Law {
    /// Domains of so many units.
    ///
    /// # Errors
    /// Units that do not fill domains; λ or k out of range.
    pub fn domains(&self, units: usize) -> Result<usize> {
        let wrong = |problem: String| Err(Error::invalid("astrocytes", problem));
        if self.domain == 0 || !units.is_multiple_of(self.domain) {
            return wrong(format!("{units} units do not fill domains of {}; take a multiple", self.domain));
        }
        if !(0.0..1.0).contains(&self.keeps) {
            return wrong(format!("a trace keeps {} of itself in a step; take at least 0 and below 1", self.keeps));
        }
        if !(self.steepness > 0.0 && self.steepness.is_finite()) {
            return wrong(format!("a spike's steepness is {}, and must be above 0", self.steepness));
        }
        Ok(units / self.domain)
    }

    /// Of logits: β = 1 / (1 + exp(-logit)), √(1 - β²), and the derivative of this by β.
    pub(super) fn leak<T: Float>(&self, logits: &[T]) -> [Vec<T>; 3] {
        let beta: Vec<T> = logits.iter().map(|&logit| math::sigmoid(logit)).collect();
        let gain: Vec<T> = beta.iter().map(|&beta| (T::of(1.0) - beta * beta).sqrt()).collect();
        let slope = beta.iter().zip(&gain).map(|(&beta, &gain)| -beta.over(gain)).collect();
        [beta, gain, slope]
    }

    /// A step.
    pub(super) fn advance<T: Float>(&self, step: Advance<'_, T>) {
        vectorised(Advancing(*self, step));
    }

    /// The way back over a step.
    pub(super) fn back<T: Float>(&self, step: Back<'_, T>) {
        vectorised(Going(*self, step));
    }
}

/// Partial sums over the units of a domain, so that they go side by side.
const LANES: usize = 16;

#[inline(always)]
fn sum<T: Float>(lanes: [T; LANES]) -> T {
    lanes.iter().fold(T::of(0.0), |sum, &lane| sum + lane)
}

struct Advancing<'a, T>(Law, Advance<'a, T>);

impl<T: Float> Work for Advancing<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let Advancing(law, step) = self;
        let (zero, one, half) = (T::of(0.0), T::of(1.0), T::of(0.5));
        let (keeps, steepness) = (T::of(law.keeps), T::of(law.steepness));
        let share = T::of((1.0 - law.keeps) / law.domain as f64);
        let smooth = law.nature == Nature::Smooth;
        for (domain, trace) in step.trace.iter_mut().enumerate() {
            let own = domain * law.domain..(domain + 1) * law.domain;
            let felt = if law.trace == Trace::None { zero } else { step.felt[domain] };
            let (drive, beta, gain) = (&step.drive[own.clone()], &step.beta[own.clone()], &step.gain[own.clone()]);
            let (kappa, potential) = (&step.kappa[own.clone()], &mut step.potential[own.clone()]);
            let (margins, spikes) = (&mut step.margins[own.clone()], &mut step.spikes[own]);
            for unit in 0..drive.len() {
                let v = beta[unit] * potential[unit] + gain[unit] * drive[unit];
                let m = v - one + kappa[unit] * felt;
                let s = if smooth {
                    let km = steepness * m;
                    half + half * km.over((one + km * km).sqrt())
                } else {
                    T::choose(m >= zero, one, zero)
                };
                (margins[unit], spikes[unit], potential[unit]) = (m, s, v - s);
            }
            let mut lanes = [zero; LANES];
            for some in spikes.chunks(LANES) {
                lanes.iter_mut().zip(some).for_each(|(lane, &spike)| *lane += spike);
            }
            *trace = keeps * *trace + share * sum(lanes);
        }
    }
}

struct Going<'a, T>(Law, Back<'a, T>);

impl<T: Float> Work for Going<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let Going(law, step) = self;
        let (zero, one) = (T::of(0.0), T::of(1.0));
        let (steepness, half) = (T::of(law.steepness), T::of(law.steepness * 0.5));
        let share = T::of((1.0 - law.keeps) / law.domain as f64);
        for domain in 0..step.felt.len() {
            let own = domain * law.domain..(domain + 1) * law.domain;
            let felt = if law.trace == Trace::None { zero } else { step.felt[domain] };
            let of_mean = share * step.of_trace[domain];
            let (drive, bar, kappa) = (&step.drive[own.clone()], &step.bar[own.clone()], &step.kappa[own.clone()]);
            let [beta, gain, slope] = step.leak.map(|values| &values[own.clone()]);
            let (margins, potential) = (&step.margins[own.clone()], &step.potential[own.clone()]);
            let (of_potential, of_drive) = (&mut step.of_potential[own.clone()], &mut step.of_drive[own.clone()]);
            let (of_beta, of_kappa) = (&mut step.of_beta[own.clone()], &mut step.of_kappa[own]);
            let mut lanes = [zero; LANES];
            for first in (0..drive.len()).step_by(LANES) {
                for (lane, unit) in lanes.iter_mut().zip(first..drive.len()) {
                    let behind = of_potential[unit];
                    let km = steepness * margins[unit];
                    let square = one + km * km;
                    let of_margin = (bar[unit] + of_mean - behind) * half.over(square * square.sqrt());
                    let of_v = behind + of_margin;
                    of_drive[unit] = gain[unit] * of_v;
                    of_beta[unit] += (potential[unit] + slope[unit] * drive[unit]) * of_v;
                    of_kappa[unit] += of_margin * felt;
                    of_potential[unit] = beta[unit] * of_v;
                    *lane += kappa[unit] * of_margin;
                }
            }
            if law.trace != Trace::None {
                step.of_felt[domain] += sum(lanes);
            }
        }
    }
}
