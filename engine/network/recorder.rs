//! Recorders: what is kept of a run.

use crate::error::{Error, Result};
use crate::network::{Network, Selection};
use crate::time::short;

/// Record every spike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spikes;

/// Record a state variable at the end of every `interval`.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// NEST name, such as "V_m".
    pub name: String,
    /// ms between samples.
    pub interval: f64,
}

impl Variable {
    /// The variable `name`, every `interval_ms`.
    pub fn every(name: &str, interval_ms: f64) -> Variable {
        Variable { name: name.to_owned(), interval: interval_ms }
    }

    /// Samples after `start_ms`, until `stop_ms` (infinity for the end of the run).
    pub fn between(self, start_ms: f64, stop_ms: f64) -> Recording {
        Recording { probe: self.into(), start: start_ms, stop: stop_ms }
    }
}

/// A probe and when it records: after `start`, until and with `stop`, as NEST's recorders do.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// What is recorded.
    pub probe: Probe,
    /// Recording begins after this time, ms.
    pub start: f64,
    /// Recording ends with this time, ms; infinity for the end of the run.
    pub stop: f64,
}

impl Spikes {
    /// Spikes after `start_ms`, until `stop_ms` (infinity for the end of the run).
    pub fn between(self, start_ms: f64, stop_ms: f64) -> Recording {
        Recording { probe: self.into(), start: start_ms, stop: stop_ms }
    }
}

/// What a recorder keeps.
#[derive(Debug, Clone, PartialEq)]
pub enum Probe {
    /// Spikes.
    Spikes,
    /// Samples of a state variable.
    Variable(Variable),
}

impl From<Spikes> for Probe {
    fn from(_: Spikes) -> Probe {
        Probe::Spikes
    }
}
impl From<Variable> for Probe {
    fn from(variable: Variable) -> Probe {
        Probe::Variable(variable)
    }
}

impl<P: Into<Probe>> From<P> for Recording {
    fn from(probe: P) -> Recording {
        Recording { probe: probe.into(), start: 0.0, stop: f64::INFINITY }
    }
}

/// What is recorded from whom.
#[derive(Debug, Clone)]
pub struct Recorder {
    /// Neurons.
    pub from: Selection,
    /// What is kept.
    pub probe: Probe,
    /// Recording begins after this time, ms.
    pub start: f64,
    /// Recording ends with this time, ms.
    pub stop: f64,
}

impl Recorder {
    /// Steps between samples of a variable.
    ///
    /// # Errors
    /// An interval that is not a whole number of steps from 1 on.
    pub fn interval_steps(&self, network: &Network) -> Result<u32> {
        let Probe::Variable(variable) = &self.probe else { return Ok(1) };
        let steps = network.grid().on(variable.interval).filter(|steps| *steps >= 1);
        steps.and_then(|steps| u32::try_from(steps).ok()).ok_or_else(|| {
            let (interval, dt) = (short(variable.interval), network.dt());
            self.error(network, format!("interval = {interval} ms is not a whole number of steps of {dt} ms"))
        })
    }

    /// The steps that are recorded: after the first number, until and with the second.
    ///
    /// # Errors
    /// Times that are negative or off the grid, a stop that does not lie after the start.
    pub(crate) fn window(&self, network: &Network) -> Result<(u64, u64)> {
        let (start, stop) = (self.start, self.stop);
        let step = |ms: f64, what: &str| {
            network.grid().on(ms).ok_or_else(|| {
                let dt = network.dt();
                self.error(
                    network,
                    format!("{what} = {} ms is not a whole number of steps of {dt} ms from 0 on", short(ms)),
                )
            })
        };
        let window = (step(start, "start")?, step(stop, "stop")?);
        if window.0 >= window.1 {
            let problem = match stop.is_finite() {
                true => format!("stop = {} ms must lie after start = {} ms", short(stop), short(start)),
                false => format!("start = {} ms lies beyond the end of any run; is its unit ms?", short(start)),
            };
            return Err(self.error(network, problem));
        }
        Ok(window)
    }

    /// Which samples fall after step `from`, until and with step `to`, and are recorded; sample k is that after k + 1
    /// intervals.
    ///
    /// # Errors
    /// None of a recorder of a network.
    pub(crate) fn rows(&self, network: &Network, from: u64, to: u64) -> Result<std::ops::Range<u64>> {
        let (interval, (start, stop)) = (u64::from(self.interval_steps(network)?), self.window(network)?);
        let first = from.max(start) / interval;
        Ok(first..(to.min(stop) / interval).max(first))
    }

    /// Whether a run of so many steps holds a step that is recorded, or a sample.
    pub fn records_until(&self, network: &Network, steps: u64) -> bool {
        self.rows(network, 0, steps).is_ok_and(|rows| !rows.is_empty())
    }

    /// Checks interval and window, and that all recorders of spikes have one window.
    pub(crate) fn check(&self, network: &Network) -> Result<()> {
        self.interval_steps(network)?;
        let window = self.window(network)?;
        let mut others = network.recorders().iter().filter(|other| other.probe == Probe::Spikes);
        if self.probe == Probe::Spikes
            && let Some(other) = others.next()
            && other.window(network)? != window
        {
            let problem = format!(
                "spikes are recorded {} elsewhere, and here {}; \
                 give all that record spikes the same start and stop, since rates are counted over one time",
                other.span(),
                self.span()
            );
            return Err(self.error(network, problem));
        }
        let Probe::Variable(variable) = &self.probe else { return Ok(()) };
        if self.from.parts().len() != 1 {
            return Err(self.error(network, "a state variable is recorded from one population at a time".into()));
        }
        let population = &network.populations()[self.from.parts()[0].population];
        let state = population.model.declaration().state;
        if !state.iter().any(|v| v.name == variable.name) {
            let known: Vec<&str> = state.iter().map(|v| v.name).collect();
            let place = format!("recorder of '{}' ({})", population.name, population.model.declaration().name);
            return Err(Error::unknown("state variable", &variable.name, place, &known));
        }
        Ok(())
    }

    /// The window in words.
    fn span(&self) -> String {
        match self.stop.is_finite() {
            true => format!("from {} to {} ms", short(self.start), short(self.stop)),
            false => format!("from {} ms on", short(self.start)),
        }
    }

    /// An error of this recorder.
    fn error(&self, network: &Network, problem: String) -> Error {
        Error::invalid(format!("recorder of {}", network.describe(&self.from)), problem)
    }
}
