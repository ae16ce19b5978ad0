//! The kinds of stimuli, with NEST's names, units and steps.

use std::sync::Arc;

use super::Drive;

/// Poisson spike trains, one of its own to each target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PoissonGenerator {
    /// Rate of each train, spikes/s.
    pub rate: f64,
    /// Trains start after this time, ms.
    pub start: f64,
    /// Trains stop at this time, ms.
    pub stop: f64,
}

impl PoissonGenerator {
    /// A train of `rate` spikes/s for the whole run.
    pub fn new(rate: f64) -> PoissonGenerator {
        PoissonGenerator { rate, start: 0.0, stop: f64::INFINITY }
    }
}

/// Poisson spike trains whose rate swings: at time t, rate + amplitude · sin(2π · frequency · t + phase), and none
/// below zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SinusoidalPoissonGenerator {
    /// Mean rate, spikes/s.
    pub rate: f64,
    /// How far the rate swings, spikes/s.
    pub amplitude: f64,
    /// Swings per second, Hz.
    pub frequency: f64,
    /// Phase at time 0, degrees.
    pub phase: f64,
    /// Whether each target has a train of its own; else all have the same.
    pub individual_spike_trains: bool,
    /// Trains start at this time, ms.
    pub start: f64,
    /// Trains stop before this time, ms.
    pub stop: f64,
}

impl Default for SinusoidalPoissonGenerator {
    fn default() -> SinusoidalPoissonGenerator {
        let (rate, amplitude, frequency, phase) = (0.0, 0.0, 0.0, 0.0);
        let (start, stop) = (0.0, f64::INFINITY);
        SinusoidalPoissonGenerator { rate, amplitude, frequency, phase, individual_spike_trains: true, start, stop }
    }
}

/// Poisson spike trains, one of its own to each target, whose rate changes at given times.
#[derive(Debug, Clone, PartialEq)]
pub struct InhomogeneousPoissonGenerator {
    /// Times of change, rising, from the first step on, ms.
    pub rate_times: Vec<f64>,
    /// Rate from each time on, spikes/s; or the rates of all targets from the first time on, of all from the second...
    pub rate_values: Arc<[f64]>,
    /// Trains start after this time, ms.
    pub start: f64,
    /// Trains stop at this time, ms.
    pub stop: f64,
}

impl InhomogeneousPoissonGenerator {
    /// Rates (spikes/s) from these times (ms) on, the same for all targets or one each, for the whole run.
    pub fn new(rate_times: &[f64], rate_values: &[f64]) -> InhomogeneousPoissonGenerator {
        let (rate_times, rate_values) = (rate_times.into(), rate_values.into());
        InhomogeneousPoissonGenerator { rate_times, rate_values, start: 0.0, stop: f64::INFINITY }
    }
}

/// Copies of one Poisson spike train, of which each target keeps each spike with the same probability: counts of two
/// targets have the correlation `p_copy` (Kuhn, Aertsen & Rotter 2003, "Higher-order statistics of input ensembles and
/// the response of simple model neurons").
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MipGenerator {
    /// Rate of the train that is copied, spikes/s.
    pub rate: f64,
    /// Probability with which a spike is kept.
    pub p_copy: f64,
    /// Trains start after this time, ms.
    pub start: f64,
    /// Trains stop at this time, ms.
    pub stop: f64,
}

/// Superpositions of gamma processes, one of its own to each target: spikes of `n_proc` processes, of which each fires
/// at the end of its last of `gamma_shape` phases (Deger et al. 2012, "Statistical properties of superimposed
/// stationary spike trains"). A phase ends in a step with the same probability in all; initially the processes are
/// spread evenly over phases, the remainder in the last, as NEST's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaSupGenerator {
    /// Rate of each process, spikes/s.
    pub rate: f64,
    /// Number of phases of an interval: the shape of its gamma distribution.
    pub gamma_shape: u32,
    /// Number of processes that drive a target.
    pub n_proc: u32,
    /// Trains start after this time, ms.
    pub start: f64,
    /// Trains stop at this time, ms.
    pub stop: f64,
}

impl GammaSupGenerator {
    /// `n_proc` processes of `rate` spikes/s and this shape for each target, for the whole run.
    pub fn new(rate: f64, gamma_shape: u32, n_proc: u32) -> GammaSupGenerator {
        GammaSupGenerator { rate, gamma_shape, n_proc, start: 0.0, stop: f64::INFINITY }
    }
}

/// Packets of spikes, normally distributed about given times, the same to every target.
#[derive(Debug, Clone, PartialEq)]
pub struct PulsepacketGenerator {
    /// Centres of the packets, ms.
    pub pulse_times: Vec<f64>,
    /// Number of spikes of a packet.
    pub activity: u32,
    /// Standard deviation of the times of a packet, ms.
    pub sdev: f64,
    /// No spikes before this time, ms.
    pub start: f64,
    /// No spikes from this time on, ms.
    pub stop: f64,
}

/// Spikes at given times.
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeGenerator {
    /// (target index, time in ms) pairs; a target of `None` means every target.
    pub spikes: Arc<[(Option<u32>, f64)]>,
}

impl SpikeGenerator {
    /// Spikes at these times (ms), to every target.
    pub fn at(times_ms: &[f64]) -> SpikeGenerator {
        SpikeGenerator { spikes: times_ms.iter().map(|&t| (None, t)).collect() }
    }
    /// Spikes of (target index, time in ms).
    pub fn listed(spikes: impl IntoIterator<Item = (u32, f64)>) -> SpikeGenerator {
        SpikeGenerator { spikes: spikes.into_iter().map(|(i, t)| (Some(i), t)).collect() }
    }
}

/// A constant current.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DcGenerator {
    /// Amplitude, pA.
    pub amplitude: f64,
    /// On from this time, ms.
    pub start: f64,
    /// Off from this time, ms.
    pub stop: f64,
}

/// A current that changes at given times.
#[derive(Debug, Clone, PartialEq)]
pub struct StepCurrentGenerator {
    /// Times of change, rising, from the first step on, ms.
    pub times: Vec<f64>,
    /// Amplitude from each time on, pA.
    pub amplitudes: Vec<f64>,
}

/// A current that swings: at time t, offset + amplitude · sin(2π · frequency · t + phase).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AcGenerator {
    /// How far the current swings, pA.
    pub amplitude: f64,
    /// What it swings about, pA.
    pub offset: f64,
    /// Swings per second, Hz.
    pub frequency: f64,
    /// Phase at time 0, degrees.
    pub phase: f64,
    /// On from this time, ms.
    pub start: f64,
    /// Off from this time, ms.
    pub stop: f64,
}

/// A current that is normally distributed, drawn anew for each target at the same times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiseGenerator {
    /// Mean, pA.
    pub mean: f64,
    /// Standard deviation, pA.
    pub std: f64,
    /// Time between draws, ms, from `start` on.
    pub dt: f64,
    /// Modulation: the variance at time t from `start` on is std² + std_mod² · sin(2π · frequency · t + phase), pA.
    pub std_mod: f64,
    /// Frequency of the modulation, Hz.
    pub frequency: f64,
    /// Phase of the modulation at `start`, degrees.
    pub phase: f64,
    /// On from this time, ms.
    pub start: f64,
    /// Off from this time, ms.
    pub stop: f64,
}

/// A current that follows an Ornstein-Uhlenbeck process (Uhlenbeck & Ornstein 1930, "On the theory of the Brownian
/// motion"), stationary from the first step on, one of its own for each target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OuCurrentGenerator {
    /// Mean, pA.
    pub mean: f64,
    /// Standard deviation, pA.
    pub std: f64,
    /// Time constant of the correlation, ms.
    pub tau: f64,
    /// On from this time, ms.
    pub start: f64,
    /// Off from this time, ms.
    pub stop: f64,
}

/// White noise into a receptor that decays with `tau`, so that its conductance follows an Ornstein-Uhlenbeck process,
/// stationary from the first step on, one of its own for each target: the point conductance of Destexhe et al. (2001,
/// "Fluctuating synaptic conductances recreate in vivo-like activity in neocortical neurons"). Spikes add to it. A
/// conductance below zero, which comes with the probability of a normal number beyond `mean / std`, is taken as it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OuConductanceGenerator {
    /// Mean, nS.
    pub mean: f64,
    /// Standard deviation, nS.
    pub std: f64,
    /// Time constant with which the receptor decays, ms: that of the correlation.
    pub tau: f64,
    /// Begins after this time, ms.
    pub start: f64,
    /// Ends at this time, ms, whence the conductance decays.
    pub stop: f64,
}

macro_rules! drives {
    ($($generator:ident => $variant:ident),* $(,)?) => {
        $(impl From<$generator> for Drive {
            fn from(drive: $generator) -> Drive {
                Drive::$variant(drive)
            }
        })*
    };
}

drives! {
    PoissonGenerator => Poisson,
    SinusoidalPoissonGenerator => Sinusoidal,
    InhomogeneousPoissonGenerator => Inhomogeneous,
    MipGenerator => Mip,
    GammaSupGenerator => GammaSup,
    PulsepacketGenerator => Pulsepacket,
    SpikeGenerator => Spikes,
    DcGenerator => Dc,
    StepCurrentGenerator => Current,
    AcGenerator => Ac,
    NoiseGenerator => Noise,
    OuCurrentGenerator => Ou,
    OuConductanceGenerator => OuConductance,
}
