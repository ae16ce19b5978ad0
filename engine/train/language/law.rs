//! The equations of neurons with astrocytes: a step of one text, forward and backward.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::number::math;
use crate::simd::{Level, Work, vectorised};
use crate::train::gemm::Float;

/// Which astrocytes' slow trace moves the thresholds of neurons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trace {
    /// That of the neurons' own domain.
    Own,
    /// None: thresholds are constant.
    None,
    /// That of the same domain in another text of the batch, with the same statistics but no knowledge of the neurons'
    /// own text: a control.
    Shuffled,
}

/// How the output of a neuron depends on its margin m, the potential less the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// A spike: 1 where m ≥ 0, else 0.
    Spiking,
    /// (1 + k·m / √(1 + (k·m)²)) / 2, for which gradients are exact, so that they can be tested.
    Smooth,
}

/// The equations of neurons and their astrocytes. Neurons are grouped in domains of one astrocyte each. For a neuron
/// with the input u:
///
/// ```text
/// v(t) = β·r(t-1) + √(1 - β²)·u(t)          potential; a drive of variance 1 makes one of variance 1
/// s(t) = 1 where v(t) ≥ 1 - κ·a(t-1)        spike: the astrocyte lowers the threshold by κ·a
/// r(t) = v(t) - s(t)                        reset by subtraction
/// a(t) = λ·a(t-1) + (1 - λ)·mean of s(t)    slow trace of the domain
/// ```
///
/// The slow trace is a model of our own, in place of astrocytes' calcium (Li & Rinzel 1994), which would cost more than
/// all else here. In the backward pass the derivative of a spike by the margin m is k/2 / (1 + (k·m)²)^(3/2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Law {
    /// Neurons of an astrocyte.
    pub domain: usize,
    /// λ: the share of a trace that is left after a step.
    pub keeps: f64,
    /// k: the steepness of a spike in the backward pass.
    pub steepness: f64,
    /// The trace that moves thresholds.
    pub trace: Trace,
    /// Whether neurons spike, or give smooth numbers for tests.
    pub nature: Nature,
}

/// The arguments of [`Law::advance`], one number for each neuron of a layer unless said otherwise.
pub(super) struct Advance<'a, T> {
    /// u, the input.
    pub(super) drive: &'a [T],
    /// β.
    pub(super) beta: &'a [T],
    /// √(1 - β²).
    pub(super) gain: &'a [T],
    /// κ.
    pub(super) kappa: &'a [T],
    /// The trace that moves thresholds, for each domain.
    pub(super) felt: &'a [T],
    /// r, updated in place.
    pub(super) potential: &'a mut [T],
    /// a of each domain, updated in place.
    pub(super) trace: &'a mut [T],
    /// Written: potential less threshold.
    pub(super) margins: &'a mut [T],
    /// Written: spikes as 0 and 1, or smooth numbers.
    pub(super) spikes: &'a mut [T],
}

/// The arguments of [`Law::back`], one number for each neuron of a layer unless said otherwise.
pub(super) struct Back<'a, T> {
    /// u, the input.
    pub(super) drive: &'a [T],
    /// The adjoint of the spikes.
    pub(super) bar: &'a [T],
    /// β, √(1 - β²), and the derivative of the latter by β: see [`Law::leak`].
    pub(super) leak: [&'a [T]; 3],
    /// κ.
    pub(super) kappa: &'a [T],
    /// Potential less threshold in the step.
    pub(super) margins: &'a [T],
    /// r before the step.
    pub(super) potential: &'a [T],
    /// The trace that moved thresholds, for each domain.
    pub(super) felt: &'a [T],
    /// The adjoint of the traces after the step, for each domain.
    pub(super) of_trace: &'a [T],
    /// Added to: the adjoint of `felt`.
    pub(super) of_felt: &'a mut [T],
    /// The adjoint of r after the step, replaced by that before it.
    pub(super) of_potential: &'a mut [T],
    /// Written: the adjoint of `drive`.
    pub(super) of_drive: &'a mut [T],
    /// Added to: the adjoint of β.
    pub(super) of_beta: &'a mut [T],
    /// Added to: the adjoint of κ.
    pub(super) of_kappa: &'a mut [T],
}

impl Law {
    /// The number of domains of a layer of `units` neurons.
    ///
    /// # Errors
    /// Neurons that do not fill whole domains; λ or k out of range.
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

    /// From the logits of β: β = 1 / (1 + exp(-logit)), √(1 - β²), and the derivative of the latter by β.
    pub(super) fn leak<T: Float>(&self, logits: &[T]) -> [Vec<T>; 3] {
        let beta: Vec<T> = logits.iter().map(|&logit| math::sigmoid(logit)).collect();
        let gain: Vec<T> = beta.iter().map(|&beta| (T::of(1.0) - beta * beta).sqrt()).collect();
        let slope = beta.iter().zip(&gain).map(|(&beta, &gain)| -beta.over(gain)).collect();
        [beta, gain, slope]
    }

    /// One step of a layer of one text.
    pub(super) fn advance<T: Float>(&self, step: Advance<'_, T>) {
        vectorised(AdvanceWork(*self, step));
    }

    /// The backward pass over one step.
    pub(super) fn back<T: Float>(&self, step: Back<'_, T>) {
        vectorised(BackWork(*self, step));
    }
}

/// Partial sums over the neurons of a domain, so that additions are vectorised.
const LANES: usize = 16;

/// The sum of all lanes, in order.
#[inline(always)]
fn sum_lanes<T: Float>(lanes: [T; LANES]) -> T {
    lanes.iter().fold(T::of(0.0), |sum, &lane| sum + lane)
}

/// The work of [`Law::advance`].
struct AdvanceWork<'a, T>(Law, Advance<'a, T>);

impl<T: Float> Work for AdvanceWork<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let AdvanceWork(law, step) = self;
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
            *trace = keeps * *trace + share * sum_lanes(lanes);
        }
    }
}

/// The work of [`Law::back`].
struct BackWork<'a, T>(Law, Back<'a, T>);

impl<T: Float> Work for BackWork<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let BackWork(law, step) = self;
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
                step.of_felt[domain] += sum_lanes(lanes);
            }
        }
    }
}
