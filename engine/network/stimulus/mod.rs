//! Stimuli: sources of input that are not neurons, with NEST's names.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::network::{Delay, Network, Selection, Static, Value};
use crate::time::{Grid, OffGrid, short};

mod check;
mod generators;
mod images;

pub use generators::{
    AcGenerator, DcGenerator, GammaSupGenerator, InhomogeneousPoissonGenerator, MipGenerator, NoiseGenerator,
    OuConductanceGenerator, OuCurrentGenerator, PoissonGenerator, PulsepacketGenerator, SinusoidalPoissonGenerator,
    SpikeGenerator, StepCurrentGenerator,
};
pub use images::{Images, Latency, Show};

/// The kind of a stimulus, with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Drive {
    /// Poisson trains.
    Poisson(PoissonGenerator),
    /// Poisson trains whose rate swings.
    Sinusoidal(SinusoidalPoissonGenerator),
    /// Poisson trains whose rate changes at given times.
    Inhomogeneous(InhomogeneousPoissonGenerator),
    /// Copies of one Poisson train.
    Mip(MipGenerator),
    /// Superpositions of gamma processes.
    GammaSup(GammaSupGenerator),
    /// Packets of spikes.
    Pulsepacket(PulsepacketGenerator),
    /// Listed spikes.
    Spikes(SpikeGenerator),
    /// A constant current.
    Dc(DcGenerator),
    /// A current that changes at given times.
    Current(StepCurrentGenerator),
    /// A current that swings.
    Ac(AcGenerator),
    /// A current that is drawn anew at regular times.
    Noise(NoiseGenerator),
    /// A current that follows an Ornstein-Uhlenbeck process.
    Ou(OuCurrentGenerator),
    /// A conductance that follows an Ornstein-Uhlenbeck process.
    OuConductance(OuConductanceGenerator),
}

impl Drive {
    /// NEST's name, or one of its kind where NEST has none.
    pub fn name(&self) -> &'static str {
        match self {
            Drive::Poisson(_) => "poisson_generator",
            Drive::Sinusoidal(_) => "sinusoidal_poisson_generator",
            Drive::Inhomogeneous(_) => "inhomogeneous_poisson_generator",
            Drive::Mip(_) => "mip_generator",
            Drive::GammaSup(_) => "gamma_sup_generator",
            Drive::Pulsepacket(_) => "pulsepacket_generator",
            Drive::Spikes(_) => "spike_generator",
            Drive::Dc(_) => "dc_generator",
            Drive::Current(_) => "step_current_generator",
            Drive::Ac(_) => "ac_generator",
            Drive::Noise(_) => "noise_generator",
            Drive::Ou(_) => "ou_current_generator",
            Drive::OuConductance(_) => "ou_conductance_generator",
        }
    }

    /// Whether it is a current, which no receptor takes.
    pub fn is_current(&self) -> bool {
        matches!(self, Drive::Dc(_) | Drive::Current(_) | Drive::Ac(_) | Drive::Noise(_) | Drive::Ou(_))
    }

    /// The times of listed spikes and of changes of a rate or a current, ms, none of which may be before the first
    /// step.
    pub fn changes(&self) -> Vec<f64> {
        match self {
            Drive::Spikes(list) => list.spikes.iter().map(|(_, time)| *time).collect(),
            Drive::Current(current) => current.times.clone(),
            Drive::Inhomogeneous(trains) => trains.rate_times.clone(),
            _ => Vec::new(),
        }
    }

    /// The same stimulus with its times moved onto the grid as `off_grid` says: listed spikes, start, stop, and changes
    /// of a rate or a current.
    ///
    /// ```
    /// use neuropil::network::{Drive, SpikeGenerator};
    /// use neuropil::time::{Grid, OffGrid};
    /// let train = Drive::from(SpikeGenerator::at(&[1.02, 1.05]));
    /// let Drive::Spikes(settled) = train.settled(Grid::new(0.1), OffGrid::Round) else { unreachable!() };
    /// assert_eq!(*settled.spikes, [(None, 1.0), (None, 1.1)]);
    /// ```
    pub fn settled(mut self, grid: Grid, off_grid: OffGrid) -> Drive {
        let settle = |ms: &mut f64| *ms = grid.settled(*ms, off_grid);
        let window = match &mut self {
            Drive::Poisson(own) => Some((&mut own.start, &mut own.stop)),
            Drive::Sinusoidal(own) => Some((&mut own.start, &mut own.stop)),
            Drive::Inhomogeneous(own) => {
                own.rate_times.iter_mut().for_each(settle);
                Some((&mut own.start, &mut own.stop))
            }
            Drive::Mip(own) => Some((&mut own.start, &mut own.stop)),
            Drive::GammaSup(own) => Some((&mut own.start, &mut own.stop)),
            Drive::Pulsepacket(own) => Some((&mut own.start, &mut own.stop)),
            Drive::Dc(own) => Some((&mut own.start, &mut own.stop)),
            Drive::Ac(own) => Some((&mut own.start, &mut own.stop)),
            Drive::Noise(own) => {
                settle(&mut own.dt);
                Some((&mut own.start, &mut own.stop))
            }
            Drive::Ou(own) => Some((&mut own.start, &mut own.stop)),
            Drive::OuConductance(own) => Some((&mut own.start, &mut own.stop)),
            Drive::Spikes(list) => {
                let on = |time: f64| grid.settled(time, off_grid);
                let spikes: Arc<_> = list.spikes.iter().map(|(target, time)| (*target, on(*time))).collect();
                list.spikes = spikes;
                None
            }
            Drive::Current(own) => {
                own.times.iter_mut().for_each(settle);
                None
            }
        };
        if let Some((start, stop)) = window {
            settle(start);
            settle(stop);
        }
        self
    }
}

/// A stimulus and its targets.
#[derive(Debug, Clone)]
pub struct Stimulus {
    /// Targets.
    pub to: Selection,
    /// Its kind and parameters.
    pub drive: Drive,
    /// Weight (for currents a factor), delay and receptor.
    pub synapse: Static,
}

impl Stimulus {
    /// "stimulus poisson_generator -> exc", for messages.
    pub fn place(&self, network: &Network) -> String {
        format!("stimulus {} -> {}", self.drive.name(), network.describe(&self.to))
    }

    /// The delay, which all targets share, in steps.
    ///
    /// # Errors
    /// A delay that is not constant, or below a step.
    pub fn delay_steps(&self, network: &Network) -> Result<u32> {
        match &self.synapse.delay {
            Delay::Value(Value::Constant(ms)) => network.delay_steps(*ms, &self.place(network)),
            _ => Err(self.error(network, "the delay of a stimulus must be one number in ms".into())),
        }
    }

    /// Whether it makes conductances of neurons of population `population` fluctuate.
    pub(crate) fn fluctuates(&self, population: usize) -> bool {
        matches!(self.drive, Drive::OuConductance(_))
            && self.to.parts().iter().any(|part| part.population == population)
    }

    /// The step of `time_ms`, a time of this stimulus; [`crate::time::NEVER`] for one that no run reaches.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a time that is negative or off the grid.
    pub(crate) fn step(&self, network: &Network, time_ms: f64) -> Result<u64> {
        network.grid().on(time_ms).ok_or_else(|| {
            let dt = network.dt();
            let move_it = if time_ms > 0.0 { "; off_grid = \"round\" or \"up\" moves it onto one" } else { "" };
            let time = short(time_ms);
            self.error(network, format!("time {time} ms is not a multiple of dt = {dt} ms from 0 on{move_it}"))
        })
    }

    /// The error `problem` of this stimulus.
    fn error(&self, network: &Network, problem: String) -> Error {
        Error::invalid(self.place(network), problem)
    }
}
