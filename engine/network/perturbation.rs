//! Perturbations: what is done to neurons, or to connections between them, for a while.

use std::ops::{Bound as End, Range, RangeBounds};

use crate::error::{Error, Result};
use crate::network::{Network, POTENTIAL, Population, Selection, Value};
use crate::time::{Grid, NEVER, short};

/// What is done to neurons.
#[derive(Debug, Clone, PartialEq)]
pub enum Perturb {
    /// No spikes leave: they reach no target and are not recorded. The neurons themselves go on as if they had fired.
    Silence,
    /// Neurons are taken away: no spikes leave, and nothing is coupled to them; a slow inward current ends at once.
    Ablate,
    /// Connections onto these neurons are cut: spikes that leave in that time do not pass them; those under way arrive.
    /// Synapses that learn go on learning by them.
    Disconnect(Selection),
    /// A state variable has this value at the beginning of each step. While the potential is held, no spikes leave.
    Clamp {
        /// NEST's name of it, such as "V_m".
        variable: String,
        /// The value, in the unit of the variable.
        value: f64,
    },
    /// A current flows into the neurons, pA.
    Drive(f64),
    /// A parameter has another value: one for all, one each, or drawn.
    Set {
        /// NEST's name of it, such as "V_th".
        parameter: String,
        /// The values, in the unit of the parameter.
        value: Value,
    },
}

impl Perturb {
    /// The name in experiment files.
    pub fn name(&self) -> &'static str {
        match self {
            Perturb::Silence => "silence",
            Perturb::Ablate | Perturb::Disconnect(_) => "ablate",
            Perturb::Clamp { .. } => "clamp",
            Perturb::Drive(_) => "drive",
            Perturb::Set { .. } => "set",
        }
    }

    /// Whether it keeps spikes from leaving.
    pub(crate) fn silences(&self) -> bool {
        match self {
            Perturb::Silence | Perturb::Ablate => true,
            Perturb::Clamp { variable, .. } => variable == POTENTIAL,
            Perturb::Disconnect(_) | Perturb::Drive(_) | Perturb::Set { .. } => false,
        }
    }
}

/// A perturbation of neurons, or of connections between them, in the steps from `start` to `stop`.
#[derive(Debug, Clone, PartialEq)]
pub struct Perturbation {
    /// The neurons.
    pub of: Selection,
    /// What is done to them.
    pub what: Perturb,
    /// From this time on, ms.
    pub start: f64,
    /// Until this time, ms; infinity for the end of the run.
    pub stop: f64,
}

impl Perturbation {
    /// What is done to `of` between the times of `window`, ms.
    pub(super) fn new(of: Selection, what: Perturb, window: &impl RangeBounds<f64>) -> Perturbation {
        let time = |end: End<&f64>, none: f64| match end {
            End::Included(ms) | End::Excluded(ms) => *ms,
            End::Unbounded => none,
        };
        let (start, stop) = (time(window.start_bound(), 0.0), time(window.end_bound(), f64::INFINITY));
        Perturbation { of, what, start, stop }
    }

    /// "silence of exc", for messages.
    pub fn place(&self, network: &Network) -> String {
        let of = network.describe(&self.of);
        match &self.what {
            Perturb::Disconnect(to) => format!("ablate {of} -> {}", network.describe(to)),
            what => format!("{} of {of}", what.name()),
        }
    }

    /// The steps in which it is in force, counted from 1.
    pub(crate) fn steps(&self, grid: Grid) -> Range<u64> {
        let after = |ms: f64| grid.on(ms).unwrap_or(NEVER) + 1;
        after(self.start)..after(self.stop)
    }

    /// Checks times, names and values against the network.
    ///
    /// # Errors
    /// As [`Network::perturb`].
    pub(crate) fn check(&self, network: &Network) -> Result<()> {
        self.check_window(network)?;
        let populations = || self.of.parts().iter().map(|part| &network.populations()[part.population]);
        match &self.what {
            Perturb::Silence | Perturb::Ablate => Ok(()),
            Perturb::Disconnect(to) => self.check_connections(network, to),
            Perturb::Clamp { variable, value } => {
                populations().try_for_each(|population| self.check_clamp(network, population, variable, *value))
            }
            Perturb::Drive(amplitude) => self.check_drive(network, *amplitude),
            Perturb::Set { parameter, value } => {
                if let Some(problem) = value.problem(Some(self.of.len() as usize)) {
                    return Err(self.error(network, format!("{parameter}: {problem}")));
                }
                populations().try_for_each(|population| self.check_set(network, population, parameter, value))
            }
        }
    }

    /// Checks that times lie on the grid, and the end behind the start.
    fn check_window(&self, network: &Network) -> Result<()> {
        let (start, stop, dt) = (self.start, self.stop, network.dt());
        for (what, ms) in [("start", start), ("stop", stop)] {
            if network.grid().on(ms).is_none() {
                let problem = format!("{what} = {} ms is not a whole number of steps of {dt} ms from 0 on", short(ms));
                return Err(self.error(network, problem));
            }
        }
        if start < stop {
            return Ok(());
        }
        Err(self.error(network, format!("stop = {} ms must lie after start = {} ms", short(stop), short(start))))
    }

    /// Checks that connections to `to` exist, and that no other perturbation cuts any of them at the same time.
    fn check_connections(&self, network: &Network, to: &Selection) -> Result<()> {
        if !network.projections().iter().any(|p| p.from.meets(&self.of) && p.to.meets(to)) {
            return Err(self.error(network, "no projection leads from these neurons to those".into()));
        }
        let (own, grid) = (self.steps(network.grid()), network.grid());
        let same = |other: &&Perturbation| {
            let Perturb::Disconnect(onto) = &other.what else { return false };
            let steps = other.steps(grid);
            !std::ptr::eq(*other, self)
                && other.of.meets(&self.of)
                && onto.meets(to)
                && steps.start < own.end
                && own.start < steps.end
        };
        match network.perturbations().iter().find(same) {
            None => Ok(()),
            Some(other) => {
                let problem = format!("some of these connections are cut at that time by {}", other.place(network));
                Err(self.error(network, problem))
            }
        }
    }

    /// Checks that `population` has `variable`, and that `value` is within its bounds.
    fn check_clamp(&self, network: &Network, population: &Population, variable: &str, value: f64) -> Result<()> {
        let declaration = population.model.declaration();
        let Some(found) = declaration.state.iter().find(|known| known.name == variable) else {
            let known: Vec<&str> = declaration.state.iter().map(|known| known.name).collect();
            let place = format!("{} ({})", self.place(network), declaration.name);
            return Err(Error::unknown("state variable", variable, place, &known));
        };
        if !value.is_finite() {
            return Err(self.error(network, format!("value {value} is not a finite number")));
        }
        match found.bound.broken_by(value) {
            None => Ok(()),
            Some(rule) => Err(self.error(network, format!("{variable} = {value} must be {rule}"))),
        }
    }

    /// Checks that `amplitude` is a number, and that all neurons take currents.
    fn check_drive(&self, network: &Network, amplitude: f64) -> Result<()> {
        if !amplitude.is_finite() {
            return Err(self.error(network, format!("amplitude {amplitude} is not a finite number")));
        }
        let mut driven = self.of.parts().iter().map(|part| &network.populations()[part.population]);
        match driven.find(|population| !population.model.takes_current()) {
            None => Ok(()),
            Some(population) => {
                let (name, model) = (&population.name, population.model.declaration().name);
                Err(self.error(network, format!("population '{name}' is of {model}, which takes no current")))
            }
        }
    }

    /// Checks that `population` has the parameter `name`, that it may change, and that constant and listed values are
    /// within its bounds.
    fn check_set(&self, network: &Network, population: &Population, name: &str, value: &Value) -> Result<()> {
        let declaration = population.model.declaration();
        let Some(parameter) = declaration.parameters.iter().find(|known| known.name == name) else {
            let known: Vec<&str> = declaration.parameters.iter().map(|known| known.name).collect();
            let place = format!("{} ({})", self.place(network), declaration.name);
            return Err(Error::unknown("parameter", name, place, &known));
        };
        if let Some(variable) = declaration.state.iter().find(|variable| variable.relative_to == Some(name)) {
            let problem = format!(
                "{name} cannot change while a network runs, since {} is kept relative to it; a current moves it as well",
                variable.name
            );
            return Err(self.error(network, problem));
        }
        population.check_bound(value, parameter.bound, (parameter.name, parameter.unit))
    }

    /// An error of this perturbation.
    fn error(&self, network: &Network, problem: String) -> Error {
        Error::invalid(self.place(network), problem)
    }
}

impl Network {
    /// Perturbs `of` in the steps between two times (ms), as in `100.0..150.0`, `100.0..` or `..`; of two perturbations
    /// that contradict each other, the one that is added later is in force.
    ///
    /// ```
    /// use neuropil::network::Perturb;
    /// use neuropil::prelude::*;
    ///
    /// let mut net = Network::new(0.1.ms());
    /// let exc = net.add("exc", 100, IafPscExp { I_e: 500.0, ..default() })?;
    /// net.perturb(exc.slice(0..50), Perturb::Silence, 100.0..150.0)?;
    /// net.perturb(&exc, Perturb::Set { parameter: "V_th".into(), value: (-53.0).into() }, 200.0..)?;
    /// # Ok::<(), neuropil::Error>(())
    /// ```
    ///
    /// # Errors
    /// Times off the grid, names that the model does not have, values out of bounds, connections that are not there.
    pub fn perturb(&mut self, of: impl Into<Selection>, what: Perturb, window: impl RangeBounds<f64>) -> Result<()> {
        let perturbation = Perturbation::new(of.into(), what, &window);
        self.check_selection(&perturbation.of, "perturbation")?;
        if let Perturb::Disconnect(to) = &perturbation.what {
            self.check_selection(to, "perturbation")?;
        }
        perturbation.check(self)?;
        self.perturbations.push(perturbation);
        Ok(())
    }

    /// Removes all perturbations.
    pub fn clear_perturbations(&mut self) {
        self.perturbations.clear();
    }

    /// The perturbations, in the order they were added.
    pub fn perturbations(&self) -> &[Perturbation] {
        &self.perturbations
    }
}
