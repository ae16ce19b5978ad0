//! Recorders: what is recorded of a run.

use crate::balloon::Balloon;
use crate::error::{Error, Result};
use crate::network::{Bold, Currents, Lfp, Network, Probe, Selection};
use crate::time::short;

/// A recorder: which neurons it records, what of them, and when.
#[derive(Debug, Clone)]
pub struct Recorder {
    /// The neurons.
    pub from: Selection,
    /// What is recorded.
    pub probe: Probe,
    /// Recording begins after this time, ms.
    pub start: f64,
    /// Recording ends with this time, ms.
    pub stop: f64,
}

impl Recorder {
    /// The number of steps from one sample to the next, 1 for spikes.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the interval is not a whole number of steps, 1 at least.
    pub fn interval_steps(&self, network: &Network) -> Result<u32> {
        self.probe.interval().map_or(Ok(1), |interval| self.steps(network, "interval", interval))
    }

    /// The time `ms` as a number of steps, 1 at least; `what` names it in the error.
    fn steps(&self, network: &Network, what: &str, ms: f64) -> Result<u32> {
        let steps = network.grid().on(ms).filter(|steps| *steps >= 1);
        steps.and_then(|steps| u32::try_from(steps).ok()).ok_or_else(|| {
            let (ms, dt) = (short(ms), network.dt());
            self.error(network, format!("{what} = {ms} ms is not a whole number of steps of {dt} ms"))
        })
    }

    /// The number of steps of a bin of a BOLD signal.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the bin is not a whole number of steps, 1 at least.
    pub(crate) fn bin_steps(&self, network: &Network, bold: &Bold) -> Result<u32> {
        self.steps(network, "bin", bold.bin)
    }

    /// The steps that are recorded: after the first number, up to and with the second.
    ///
    /// # Errors
    /// [`Error::Invalid`] for times that are negative or off the grid, or a stop that does not lie after the start.
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

    /// The range of the recorded samples after step `from`, up to and with step `to`; sample k is that after k + 1
    /// intervals, or bin k from the start on.
    ///
    /// # Errors
    /// As [`Recorder::interval_steps`]; none for a recorder that was added to a network.
    pub(crate) fn rows(&self, network: &Network, from: u64, to: u64) -> Result<std::ops::Range<u64>> {
        let (interval, (start, stop)) = (u64::from(self.interval_steps(network)?), self.window(network)?);
        if let Probe::Rate(_) = self.probe {
            // Bins that have begun; they are counted from the start on.
            let bins = |step: u64| step.min(stop).saturating_sub(start).div_ceil(interval);
            return Ok(bins(from)..bins(to));
        }
        if let Probe::Bold(_) = self.probe {
            let whole = |step: u64| step.min(stop).saturating_sub(start) / interval;
            return Ok(whole(from)..whole(to));
        }
        let first = from.max(start) / interval;
        Ok(first..(to.min(stop) / interval).max(first))
    }

    /// Whether anything is recorded in a run of `steps` steps.
    pub fn records_until(&self, network: &Network, steps: u64) -> bool {
        if let Probe::Bold(_) = self.probe {
            return self.window(network).is_ok_and(|(start, _)| start < steps);
        }
        self.rows(network, 0, steps).is_ok_and(|rows| !rows.is_empty())
    }

    /// Checks interval, window and what is recorded, and that all recorders of spikes have the same window.
    ///
    /// # Errors
    /// As [`Network::record`].
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
            Probe::Bold(bold) => return self.check_bold(network, bold),
            Probe::Weights(weights) => return self.check_weights(network, weights.projection, weights.to.as_ref()),
            Probe::Sends(sends) => return self.check_weights(network, sends.projection, sends.to.as_ref()),
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

    /// Checks delays and weight, and that all models have synaptic currents.
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

    /// Checks constants, and that the interval is a whole number of bins.
    fn check_bold(&self, network: &Network, bold: &Bold) -> Result<()> {
        bold.balloon.check()?;
        let (bin, interval) = (self.bin_steps(network, bold)?, self.interval_steps(network)?);
        if interval.is_multiple_of(bin) {
            return Ok(());
        }
        let (interval, bin) = (short(bold.interval), short(bold.bin));
        Err(self.error(network, format!("interval = {interval} ms is not a whole number of bins of {bin} ms")))
    }

    /// Checks that the projection exists and learns.
    fn check_weights(&self, network: &Network, projection: usize, to: Option<&Selection>) -> Result<()> {
        if let Some(to) = to {
            network.check_selection(to, "recorder of weights")?;
        }
        let learns = |number: usize| network.projections().get(number).is_some_and(|own| own.learns());
        if learns(projection) {
            return Ok(());
        }
        let which = (0..network.projections().len()).filter(|&number| learns(number));
        let known = which.map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
        let those = if known.is_empty() { "none learns".to_owned() } else { format!("those that learn are {known}") };
        let problem = format!("projection {projection} has no synapses that learn; {those}");
        Err(self.error(network, problem))
    }

    /// The number of values of a sample; 0 for spikes, which have none, and for weights, since only a plan knows how many synapses there
    /// are.
    pub(crate) fn width(&self) -> u32 {
        let parts = self.from.parts().len() as u32;
        match self.probe {
            Probe::Spikes | Probe::Sends(_) | Probe::Weights(_) => 0,
            Probe::Variable(_) => self.from.len(),
            Probe::Rate(_) | Probe::Bold(_) => parts,
            Probe::Lfp(_) => 2 * parts,
        }
    }

    /// The initial values of what it continues with beside its samples: of a BOLD signal the state of each population,
    /// and the spikes of its bin.
    pub(crate) fn initial_state(&self) -> Vec<f64> {
        let Probe::Bold(_) = self.probe else { return Vec::new() };
        let [s, f, v, q] = Balloon::REST;
        [s, f, v, q, 0.0].repeat(self.from.parts().len())
    }

    /// The index of the projection, and the share of its pairs of neurons whose synapses are recorded; `None` where no
    /// weights are.
    pub(crate) fn share_of_weights(&self, network: &Network) -> Option<(usize, f64)> {
        let (number, to) = match &self.probe {
            Probe::Weights(weights) => (weights.projection, &weights.to),
            Probe::Sends(sends) => (sends.projection, &sends.to),
            _ => return None,
        };
        let projection = &network.projections()[number];
        let to = to.as_ref().unwrap_or(&projection.to);
        Some((number, projection.share_of_pairs(&self.from, to)))
    }

    /// The window as text: "from 0 to 100 ms".
    fn span(&self) -> String {
        match self.stop.is_finite() {
            true => format!("from {} to {} ms", short(self.start), short(self.stop)),
            false => format!("from {} ms on", short(self.start)),
        }
    }

    /// The error `problem` of this recorder.
    fn error(&self, network: &Network, problem: String) -> Error {
        Error::invalid(format!("recorder of {}", network.describe(&self.from)), problem)
    }
}
