//! Recorders: what is kept of a run.

use crate::error::{Error, Result};
use crate::network::{Network, Selection};
use crate::tile::Declaration;
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

/// Record how often the neurons of each population of a selection fire, in bins of an interval from the start on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// ms of a bin.
    pub interval: f64,
}

impl Rate {
    /// Bins of `interval_ms`.
    pub fn every(interval_ms: f64) -> Rate {
        Rate { interval: interval_ms }
    }

    /// Bins after `start_ms`, until `stop_ms` (infinity for the end of the run).
    pub fn between(self, start_ms: f64, stop_ms: f64) -> Recording {
        Recording { probe: self.into(), start: start_ms, stop: stop_ms }
    }
}

/// Record a proxy of the local field potential of each population of a selection: the reference weighted sum of Mazzoni et
/// al. (2015), sum |I_ex(t - delay_ex)| + weight sum |I_in(t - delay_in)| over its neurons, pA.
///
/// Currents are `I_syn_ex` and `I_syn_in` of models that have them, `g_ex (V_m - E_ex)` and `g_in (V_m - E_in)` of others, at
/// the end of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lfp {
    /// ms between samples.
    pub interval: f64,
    /// How much later excitatory currents count, ms.
    pub delay_ex: f64,
    /// How much later inhibitory currents count, ms.
    pub delay_in: f64,
    /// How much more inhibitory currents count.
    pub weight: f64,
}

impl Lfp {
    /// As published: 6 ms, 0 ms, 1.65.
    pub fn every(interval_ms: f64) -> Lfp {
        Lfp { interval: interval_ms, delay_ex: 6.0, delay_in: 0.0, weight: 1.65 }
    }

    /// Samples after `start_ms`, until `stop_ms` (infinity for the end of the run).
    pub fn between(self, start_ms: f64, stop_ms: f64) -> Recording {
        Recording { probe: self.into(), start: start_ms, stop: stop_ms }
    }

    /// The delays in samples, and the longer of both.
    ///
    /// # Errors
    /// A delay that is not a whole number of intervals.
    pub(crate) fn lags(&self) -> Result<([usize; 2], usize), String> {
        let lag = |name: &str, delay: f64| {
            let lag = delay / self.interval;
            match lag >= 0.0 && (lag - lag.round()).abs() < 1e-6 && lag < 1e6 {
                true => Ok(lag.round() as usize),
                false => {
                    let (delay, interval) = (short(delay), short(self.interval));
                    Err(format!("{name} = {delay} ms is not a whole number of intervals of {interval} ms"))
                }
            }
        };
        let lags = [lag("delay_ex", self.delay_ex)?, lag("delay_in", self.delay_in)?];
        Ok((lags, lags[0].max(lags[1])))
    }
}

/// The state variables and parameters that synaptic currents of a model are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Currents {
    /// Index of the current.
    Variable(usize),
    /// Indices of conductance and potential among the state variables, and of the reversal potential among the parameters.
    Conductance(usize, usize, usize),
}

impl Currents {
    /// The excitatory and the inhibitory current; none of a model without.
    pub fn of(declaration: &Declaration) -> Option<[Currents; 2]> {
        let state = |name: &str| declaration.state.iter().position(|variable| variable.name == name);
        let parameter = |name: &str| declaration.parameters.iter().position(|parameter| parameter.name == name);
        let one = |sort: &str| {
            let current = state(&format!("I_syn_{sort}")).map(Currents::Variable);
            let conductance = || {
                let (g, v) = (state(&format!("g_{sort}"))?, state("V_m")?);
                Some(Currents::Conductance(g, v, parameter(&format!("E_{sort}"))?))
            };
            current.or_else(conductance)
        };
        Some([one("ex")?, one("in")?])
    }

    /// The state variables that are looked at.
    pub fn variables(self) -> impl Iterator<Item = usize> {
        match self {
            Currents::Variable(current) => [Some(current), None],
            Currents::Conductance(conductance, potential, _) => [Some(conductance), Some(potential)],
        }
        .into_iter()
        .flatten()
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
    /// Spikes of populations, bin by bin.
    Rate(Rate),
    /// Synaptic currents of populations.
    Lfp(Lfp),
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

impl From<Rate> for Probe {
    fn from(rate: Rate) -> Probe {
        Probe::Rate(rate)
    }
}
impl From<Lfp> for Probe {
    fn from(lfp: Lfp) -> Probe {
        Probe::Lfp(lfp)
    }
}

impl Probe {
    /// ms between samples; none of spikes.
    pub fn interval(&self) -> Option<f64> {
        match self {
            Probe::Spikes => None,
            Probe::Variable(variable) => Some(variable.interval),
            Probe::Rate(rate) => Some(rate.interval),
            Probe::Lfp(lfp) => Some(lfp.interval),
        }
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
    /// Steps between samples, 1 of spikes.
    ///
    /// # Errors
    /// An interval that is not a whole number of steps from 1 on.
    pub fn interval_steps(&self, network: &Network) -> Result<u32> {
        let Some(interval) = self.probe.interval() else { return Ok(1) };
        let steps = network.grid().on(interval).filter(|steps| *steps >= 1);
        steps.and_then(|steps| u32::try_from(steps).ok()).ok_or_else(|| {
            let (interval, dt) = (short(interval), network.dt());
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
        if let Probe::Rate(_) = self.probe {
            // Bins that have begun; they are counted from the start on.
            let bins = |step: u64| step.min(stop).saturating_sub(start).div_ceil(interval);
            return Ok(bins(from)..bins(to));
        }
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
        let variable = match &self.probe {
            Probe::Spikes | Probe::Rate(_) => return Ok(()),
            Probe::Lfp(lfp) => return self.check_lfp(network, lfp),
            Probe::Variable(variable) => variable,
        };
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

    fn check_lfp(&self, network: &Network, lfp: &Lfp) -> Result<()> {
        lfp.lags().map_err(|problem| self.error(network, problem))?;
        if !lfp.weight.is_finite() {
            return Err(self.error(network, format!("weight {} is not a finite number", lfp.weight)));
        }
        let mut populations = self.from.parts().iter().map(|part| &network.populations()[part.population]);
        match populations.find(|population| Currents::of(population.model.declaration()).is_none()) {
            None => Ok(()),
            Some(other) => {
                let (name, model) = (&other.name, other.model.declaration().name);
                let problem = format!(
                    "population '{name}' is of {model}, which has neither I_syn_ex and I_syn_in nor g_ex and g_in; \
                     record populations of other models"
                );
                Err(self.error(network, problem))
            }
        }
    }

    /// Numbers of a row of its samples.
    pub(crate) fn width(&self) -> u32 {
        let parts = self.from.parts().len() as u32;
        match self.probe {
            Probe::Spikes => 0,
            Probe::Variable(_) => self.from.len(),
            Probe::Rate(_) => parts,
            Probe::Lfp(_) => 2 * parts,
        }
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
