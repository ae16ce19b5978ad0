//! Stimuli: sources of input that are not neurons, with NEST's names.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::network::projection::check_receptor;
use crate::network::{Delay, Network, Receptor, Selection, Static, Value};
use crate::text::counted;
use crate::time::{Grid, OffGrid, short};

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
    /// (target index, time in ms) pairs.
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

/// What a stimulus does.
#[derive(Debug, Clone, PartialEq)]
pub enum Drive {
    /// Poisson trains.
    Poisson(PoissonGenerator),
    /// Listed spikes.
    Spikes(SpikeGenerator),
    /// A constant current.
    Dc(DcGenerator),
    /// A piecewise constant current.
    Current(StepCurrentGenerator),
}

impl From<PoissonGenerator> for Drive {
    fn from(drive: PoissonGenerator) -> Drive {
        Drive::Poisson(drive)
    }
}
impl From<SpikeGenerator> for Drive {
    fn from(drive: SpikeGenerator) -> Drive {
        Drive::Spikes(drive)
    }
}
impl From<StepCurrentGenerator> for Drive {
    fn from(drive: StepCurrentGenerator) -> Drive {
        Drive::Current(drive)
    }
}
impl From<DcGenerator> for Drive {
    fn from(drive: DcGenerator) -> Drive {
        Drive::Dc(drive)
    }
}

impl Drive {
    /// The same with its times moved onto the grid as asked: listed spikes, start, stop, and changes of a current.
    ///
    /// ```
    /// use neuropil::network::{Drive, SpikeGenerator};
    /// use neuropil::time::{Grid, OffGrid};
    /// let train = Drive::from(SpikeGenerator::at(&[1.02, 1.05]));
    /// let Drive::Spikes(settled) = train.settled(Grid::new(0.1), OffGrid::Round) else { unreachable!() };
    /// assert_eq!(*settled.spikes, [(None, 1.0), (None, 1.1)]);
    /// ```
    pub fn settled(self, grid: Grid, off_grid: OffGrid) -> Drive {
        let on = |ms: f64| grid.settled(ms, off_grid);
        match self {
            Drive::Poisson(PoissonGenerator { rate, start, stop }) => {
                PoissonGenerator { rate, start: on(start), stop: on(stop) }.into()
            }
            Drive::Spikes(list) => {
                let spikes = list.spikes.iter().map(|(target, time)| (*target, on(*time))).collect();
                SpikeGenerator { spikes }.into()
            }
            Drive::Dc(DcGenerator { amplitude, start, stop }) => {
                DcGenerator { amplitude, start: on(start), stop: on(stop) }.into()
            }
            Drive::Current(StepCurrentGenerator { times, amplitudes }) => {
                StepCurrentGenerator { times: times.into_iter().map(on).collect(), amplitudes }.into()
            }
        }
    }
}

/// A stimulus and what it drives.
#[derive(Debug, Clone)]
pub struct Stimulus {
    /// Targets.
    pub to: Selection,
    /// What it does.
    pub drive: Drive,
    /// Weight (for currents a factor) and delay.
    pub synapse: Static,
}

impl Stimulus {
    /// "stimulus poisson_generator -> exc", for messages.
    pub fn place(&self, network: &Network) -> String {
        let name = match self.drive {
            Drive::Poisson(_) => "poisson_generator",
            Drive::Spikes(_) => "spike_generator",
            Drive::Dc(_) => "dc_generator",
            Drive::Current(_) => "step_current_generator",
        };
        format!("stimulus {name} -> {}", network.describe(&self.to))
    }

    /// The delay, which all targets share, in steps.
    ///
    /// # Errors
    /// A delay that is not constant or below dt.
    pub fn delay_steps(&self, network: &Network) -> Result<u32> {
        match &self.synapse.delay {
            Delay::Value(Value::Constant(ms)) => network.delay_steps(*ms, &self.place(network)),
            _ => Err(self.error(network, "the delay of a stimulus must be one number in ms".into())),
        }
    }

    /// A time of this stimulus as steps; [`crate::time::NEVER`] for one that no run reaches.
    ///
    /// # Errors
    /// A time that is negative or off the grid.
    pub(crate) fn step(&self, network: &Network, time_ms: f64) -> Result<u64> {
        network.grid().on(time_ms).ok_or_else(|| {
            let dt = network.dt();
            let move_it = if time_ms > 0.0 { "; off_grid = \"round\" or \"up\" moves it onto one" } else { "" };
            let time = short(time_ms);
            self.error(network, format!("time {time} ms is not a multiple of dt = {dt} ms from 0 on{move_it}"))
        })
    }

    /// Checks weight, delay, receptor and the parameters of the drive.
    pub(crate) fn check(&self, network: &Network) -> Result<()> {
        self.delay_steps(network)?;
        if let Some(problem) = self.synapse.weight.problem(Some(self.to.len() as usize)) {
            return Err(self.error(network, format!("weight: {problem}")));
        }
        match (&self.drive, &self.synapse.receptor) {
            (Drive::Dc(_) | Drive::Current(_), Receptor::Named(name)) => {
                let problem =
                    format!("a current goes to no receptor, and receptor = \"{name}\" is given; leave it out");
                return Err(self.error(network, problem));
            }
            (Drive::Dc(_) | Drive::Current(_), Receptor::BySign) => self.check_current_targets(network)?,
            (_, receptor) => check_receptor(network, &self.to, receptor, &self.place(network))?,
        }
        match &self.drive {
            Drive::Poisson(poisson) => self.check_poisson(network, poisson),
            Drive::Spikes(spikes) => self.check_spikes(network, spikes),
            Drive::Dc(dc) => self.check_dc(network, dc),
            Drive::Current(current) => self.check_current(network, current),
        }
    }

    /// Astrocytes have no membrane that a current could charge.
    fn check_current_targets(&self, network: &Network) -> Result<()> {
        let mut targets = self.to.parts().iter().map(|part| &network.populations()[part.population]);
        match targets.find(|target| target.model.gives().is_some()) {
            None => Ok(()),
            Some(target) => {
                let problem =
                    format!("population '{}' is of astrocytes, which take no current; drive neurons", target.name);
                Err(self.error(network, problem))
            }
        }
    }

    /// Checks window and rate: at most 500 spikes per step on average.
    fn check_poisson(&self, network: &Network, poisson: &PoissonGenerator) -> Result<()> {
        let mean = poisson.rate * network.dt() * 1e-3;
        if !(0.0..=500.0).contains(&mean) {
            let most = short(500.0 / (network.dt() * 1e-3));
            return Err(self.error(network, format!("rate = {} spikes/s must lie between 0 and {most}", poisson.rate)));
        }
        self.check_window(network, poisson.start, poisson.stop)
    }

    /// As in NEST, a start at the stop is no mistake, and what lies between is nothing.
    fn check_window(&self, network: &Network, start: f64, stop: f64) -> Result<()> {
        if stop < start || start.is_nan() || stop.is_nan() {
            return Err(
                self.error(network, format!("start = {} ms lies after stop = {} ms", short(start), short(stop)))
            );
        }
        self.step(network, start)?;
        self.step(network, stop).map(drop)
    }

    /// Checks amplitude and window.
    fn check_dc(&self, network: &Network, dc: &DcGenerator) -> Result<()> {
        if !dc.amplitude.is_finite() {
            return Err(self.error(network, format!("amplitude {} is not a finite number", dc.amplitude)));
        }
        self.check_window(network, dc.start, dc.stop)
    }

    /// Checks times and target indices.
    fn check_spikes(&self, network: &Network, spikes: &SpikeGenerator) -> Result<()> {
        let size = self.to.len();
        for (target, time) in spikes.spikes.iter() {
            if !time.is_finite() {
                return Err(self.error(network, format!("spike time {time} is not a finite number")));
            }
            self.check_first_step(network, *time, "spike time")?;
            if let Some(target) = target.filter(|&t| t >= size) {
                return Err(self.error(network, format!("target index {target}, and the largest is {}", size - 1)));
            }
        }
        Ok(())
    }

    /// Checks that times and amplitudes are as many, and times in order.
    fn check_current(&self, network: &Network, current: &StepCurrentGenerator) -> Result<()> {
        let (times, amplitudes) = (&current.times, &current.amplitudes);
        if times.len() != amplitudes.len() {
            let problem = format!(
                "times has {} and amplitudes has {}",
                counted(times.len(), "value"),
                counted(amplitudes.len(), "value")
            );
            return Err(self.error(network, problem));
        }
        if let Some(bad) = amplitudes.iter().find(|a| !a.is_finite()) {
            return Err(self.error(network, format!("amplitude {bad} is not a finite number")));
        }
        if let Some(pair) = times.windows(2).find(|w| w[0] >= w[1]) {
            return Err(self
                .error(network, format!("times must rise, and {} is followed by {}", short(pair[0]), short(pair[1]))));
        }
        times.iter().try_for_each(|time| self.check_first_step(network, *time, "amplitude time"))
    }

    /// Spikes and changes of a current happen at the end of a step, as in NEST, so that none can be at 0.
    fn check_first_step(&self, network: &Network, time_ms: f64, what: &str) -> Result<()> {
        if self.step(network, time_ms)? > 0 {
            return Ok(());
        }
        let (time, dt) = (short(time_ms), network.dt());
        Err(self.error(network, format!("{what} {time} ms is too early; the first allowed time is one step, {dt} ms")))
    }

    /// An error of this stimulus.
    fn error(&self, network: &Network, problem: String) -> Error {
        Error::invalid(self.place(network), problem)
    }
}
