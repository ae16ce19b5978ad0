//! Probes: what a recorder keeps, and in which interval of time.

use crate::balloon::Balloon;
use crate::network::Selection;
use crate::tile::Declaration;
use crate::time::short;

/// Records every spike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spikes;

/// Records a state variable at the end of every `interval`.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// NEST's name of it, such as "V_m".
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

/// Records how often the neurons of each population of a selection fire, in bins of an interval from the start on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Length of a bin, ms.
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

/// Records a proxy of the local field potential of each population of a selection: the reference weighted sum of
/// Mazzoni et al. (2015), sum |I_ex(t - delay_ex)| + weight sum |I_in(t - delay_in)| over its neurons, pA.
///
/// Currents are `I_syn_ex` and `I_syn_in` of models that have them, `g_ex (V_m - E_ex)` and `g_in (V_m - E_in)` of
/// others, at the end of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lfp {
    /// ms between samples.
    pub interval: f64,
    /// Delay of excitatory currents, ms.
    pub delay_ex: f64,
    /// Delay of inhibitory currents, ms.
    pub delay_in: f64,
    /// Weight of inhibitory currents beside excitatory ones.
    pub weight: f64,
}

impl Lfp {
    /// The proxy every `interval_ms`, with the published delays of 6 ms and 0 ms and weight of 1.65.
    pub fn every(interval_ms: f64) -> Lfp {
        Lfp { interval: interval_ms, delay_ex: 6.0, delay_in: 0.0, weight: 1.65 }
    }

    /// Samples after `start_ms`, until `stop_ms` (infinity for the end of the run).
    pub fn between(self, start_ms: f64, stop_ms: f64) -> Recording {
        Recording { probe: self.into(), start: start_ms, stop: stop_ms }
    }

    /// The delays in intervals, and the longer of both.
    ///
    /// # Errors
    /// A sentence, where a delay is not a whole number of intervals.
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

/// Records the BOLD signal of each population of a selection, computed from its rates in bins from the start on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bold {
    /// Constants of the balloon model.
    pub balloon: Balloon,
    /// Length of a bin, ms, in which spikes are counted and which is a step of the model.
    pub bin: f64,
    /// ms between samples, a whole number of bins: the repetition time of a scanner.
    pub interval: f64,
}

impl Bold {
    /// The signal with these constants and bins of 10 ms, every `interval_ms`.
    pub fn every(balloon: Balloon, interval_ms: f64) -> Bold {
        Bold { balloon, bin: 10.0, interval: interval_ms }
    }

    /// Samples after `start_ms`, where the model is at rest, until `stop_ms` (infinity for the end of the run).
    pub fn between(self, start_ms: f64, stop_ms: f64) -> Recording {
        Recording { probe: self.into(), start: start_ms, stop: stop_ms }
    }
}

/// Records the weights of the synapses that leave the recorded neurons in one projection that learns, at the end of
/// every `interval`: as the last spike of each source left them, as NEST's are read, or, with a third factor, up to
/// date.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// Index of the projection in the network, from 0.
    pub projection: usize,
    /// The targets; all that the projection has if absent.
    pub to: Option<Selection>,
    /// ms between samples.
    pub interval: f64,
    /// Whether they are read with all that has happened at both ends by then.
    pub up_to_date: bool,
}

impl Weights {
    /// The weights of projection `projection`, every `interval_ms`.
    pub fn every(projection: usize, interval_ms: f64) -> Weights {
        Weights { projection, to: None, interval: interval_ms, up_to_date: false }
    }

    /// Only the weights of synapses onto `to`.
    pub fn onto(self, to: impl Into<Selection>) -> Weights {
        Weights { to: Some(to.into()), ..self }
    }

    /// Read with all that has happened at both ends of a synapse by then, which NEST's are not: a spike of the target
    /// counts as soon as the delay has passed, and not only when the source spikes again.
    pub fn up_to_date(self) -> Weights {
        Weights { up_to_date: true, ..self }
    }

    /// Samples after `start_ms`, until `stop_ms` (infinity for the end of the run).
    pub fn between(self, start_ms: f64, stop_ms: f64) -> Recording {
        Recording { probe: self.into(), start: start_ms, stop: stop_ms }
    }
}

/// Records each spike that the synapses which leave the recorded neurons in one projection that learns send, with the
/// weight that it is sent with, as NEST's `weight_recorder` does.
#[derive(Debug, Clone, PartialEq)]
pub struct Sends {
    /// Index of the projection in the network, from 0.
    pub projection: usize,
    /// The targets; all that the projection has if absent.
    pub to: Option<Selection>,
}

impl Sends {
    /// What the synapses of projection `projection` send.
    pub fn of(projection: usize) -> Sends {
        Sends { projection, to: None }
    }

    /// Only what synapses onto `to` send.
    pub fn onto(self, to: impl Into<Selection>) -> Sends {
        Sends { to: Some(to.into()), ..self }
    }

    /// Spikes of the sources after `start_ms`, until `stop_ms` (infinity for the end of the run).
    pub fn between(self, start_ms: f64, stop_ms: f64) -> Recording {
        Recording { probe: self.into(), start: start_ms, stop: stop_ms }
    }
}

/// The state variables and parameters that synaptic currents of a model are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Currents {
    /// Index of the current.
    Variable(usize),
    /// Indices of conductance and potential among the state variables, and of the reversal potential among the
    /// parameters.
    Conductance(usize, usize, usize),
}

impl Currents {
    /// The excitatory and the inhibitory current of a model; `None` where it lacks one of them.
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

    /// The indices of the state variables that it is made of.
    pub fn variables(self) -> impl Iterator<Item = usize> {
        match self {
            Currents::Variable(current) => [Some(current), None],
            Currents::Conductance(conductance, potential, _) => [Some(conductance), Some(potential)],
        }
        .into_iter()
        .flatten()
    }
}

/// A probe and the interval in which it records: after `start`, up to and with `stop`, as NEST's recorders do.
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
    /// BOLD signals of populations.
    Bold(Bold),
    /// Weights of synapses that learn.
    Weights(Weights),
    /// Spikes that synapses that learn send.
    Sends(Sends),
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
impl From<Bold> for Probe {
    fn from(bold: Bold) -> Probe {
        Probe::Bold(bold)
    }
}
impl From<Weights> for Probe {
    fn from(weights: Weights) -> Probe {
        Probe::Weights(weights)
    }
}

impl From<Sends> for Probe {
    fn from(sends: Sends) -> Probe {
        Probe::Sends(sends)
    }
}

impl Probe {
    /// ms between samples; `None` for spikes, of neurons or synapses.
    pub fn interval(&self) -> Option<f64> {
        match self {
            Probe::Spikes | Probe::Sends(_) => None,
            Probe::Variable(variable) => Some(variable.interval),
            Probe::Rate(rate) => Some(rate.interval),
            Probe::Lfp(lfp) => Some(lfp.interval),
            Probe::Bold(bold) => Some(bold.interval),
            Probe::Weights(weights) => Some(weights.interval),
        }
    }
}

impl<P: Into<Probe>> From<P> for Recording {
    fn from(probe: P) -> Recording {
        Recording { probe: probe.into(), start: 0.0, stop: f64::INFINITY }
    }
}
