//! Networks as plain data: populations, projections, stimuli, perturbations and recorders, checked as they are added.
//!
//! Nothing here knows a device, a file or a layout; `plan` reads a [`Network`] and lays it out.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::tile::{Model, Neuron, Of};
use crate::time::Time;
use crate::time::{Grid, NEVER};

pub(crate) mod binomial;
mod coupling;
mod digest;
mod domains;
mod gamma;
mod normal;
mod perturbation;
mod plasticity;
mod population;
mod probe;
mod projection;
mod recorder;
mod rule;
mod selection;
mod stimulus;
mod synapse;
mod tripartite;
mod value;

pub use coupling::{Coupling, Couplings, GapJunction, Graded, Sic};
pub(crate) use coupling::{Mirror, POTENTIAL, SIC};
pub use domains::Domains;
pub use perturbation::{Perturb, Perturbation};
pub use plasticity::{Modulator, Plastic, Plasticity};
pub use population::Population;
pub(crate) use probe::Currents;
pub use probe::{Bold, Lfp, Probe, Rate, Recording, Sends, Spikes, Variable, Weights};
pub use projection::Projection;
pub use recorder::Recorder;
pub use rule::{
    AllToAll, Explicit, FixedIndegree, FixedOutdegree, FixedTotalNumber, OneToOne, PairwiseBernoulli, Pool, Rule,
    ThirdFactor,
};
pub(crate) use rule::{Pattern, ThirdPairs};
pub use selection::{Part, Selection};
pub use stimulus::{
    AcGenerator, DcGenerator, Drive, GammaSupGenerator, Images, InhomogeneousPoissonGenerator, Latency, MipGenerator,
    NoiseGenerator, OuConductanceGenerator, OuCurrentGenerator, PoissonGenerator, PulsepacketGenerator, Show,
    SinusoidalPoissonGenerator, SpikeGenerator, StepCurrentGenerator, Stimulus,
};
pub use synapse::{Delay, Receptor, Static, Synapse, SynapseModel};
pub use tripartite::Tripartite;
pub use value::{Shape, Value};

/// A network: what to simulate.
#[derive(Debug, Clone)]
pub struct Network {
    dt: f64,
    populations: Vec<Population>,
    projections: Vec<Projection>,
    couplings: Vec<Couplings>,
    stimuli: Vec<Stimulus>,
    perturbations: Vec<Perturbation>,
    recorders: Vec<Recorder>,
}

/// The number of a recorder, as [`Network::record`] returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecorderId(pub usize);

impl Network {
    /// An empty network with a step of `dt` (0.1 ms is NEST's default).
    pub fn new(dt: Time) -> Network {
        Network {
            dt: dt.as_ms(),
            populations: vec![],
            projections: vec![],
            couplings: vec![],
            stimuli: vec![],
            perturbations: vec![],
            recorders: vec![],
        }
    }

    /// Adds `size` neurons with the same parameters.
    ///
    /// # Errors
    /// A name that is taken, a size of 0 or beyond 2³² neurons in all, a parameter out of bounds.
    pub fn add<N: Neuron>(&mut self, name: &str, size: u32, neuron: N) -> Result<Selection> {
        let parameters = neuron.list().into_iter().map(Value::Constant).collect();
        let model: Arc<dyn Model> = Arc::new(Of::<N>::new());
        self.add_population(Population::new(name, size, model)?.with_parameters(parameters)?)
    }

    /// Adds a population as described.
    ///
    /// # Errors
    /// As [`Network::add`].
    pub fn add_population(&mut self, mut population: Population) -> Result<Selection> {
        if !(self.dt.is_finite() && self.dt > 0.0) {
            let problem = format!("dt = {} ms must be a number greater than 0", self.dt);
            return Err(Error::invalid("simulation", problem));
        }
        let name = population.name.clone();
        check_name(&name)?;
        if self.populations.iter().any(|p| p.name == name) {
            let problem = "there are two populations of this name; give each its own";
            return Err(Error::invalid(format!("population '{name}'"), problem));
        }
        // Results, checkpoints and kernels call a model by its name.
        let model = &population.model;
        let named = self.populations.iter().find(|p| p.model.declaration().name == model.declaration().name);
        if let Some(other) = named.filter(|p| !Arc::ptr_eq(&p.model, model) && p.model.digest() != model.digest()) {
            let (place, name) = (format!("population '{name}'"), model.declaration().name);
            let problem = format!(
                "its model is called {name}, and so is another one, of population '{}'; rename one",
                other.name
            );
            return Err(Error::invalid(place, problem));
        }
        population.first = self.neurons();
        if u64::from(population.first) + u64::from(population.size) > u64::from(u32::MAX) {
            let problem = "more than 4,294,967,295 neurons in all; reduce the sizes";
            return Err(Error::invalid(format!("population '{name}'"), problem));
        }
        let all = Selection::of(self.populations.len(), population.first, population.size);
        self.populations.push(population);
        Ok(all)
    }

    /// Sets a parameter or the initial value of a state variable of a population that is there already, by NEST name.
    ///
    /// # Errors
    /// A population or a name that does not exist, a value out of bounds.
    pub fn set(&mut self, population: &str, name: &str, value: impl Into<Value>) -> Result<()> {
        let part = self.population(population, "network")?.parts()[0];
        self.populations[part.population].set(name, value)
    }

    /// Shares the projections of `other` where all are equal to this network's, so that memory holds their lists once.
    pub fn share(&mut self, other: &Network) {
        if self.projections == other.projections {
            self.projections.clone_from(&other.projections);
        }
    }

    /// Connects `from` to `to` by a rule, with synapses as given.
    ///
    /// # Errors
    /// A rule that cannot be met, a delay below dt, a receptor the target does not have.
    pub fn connect(
        &mut self,
        from: impl Into<Selection>,
        to: impl Into<Selection>,
        rule: impl Into<Rule>,
        synapse: impl Into<Synapse>,
    ) -> Result<()> {
        let (from, to, rule) = (from.into(), to.into(), rule.into());
        let projection = Projection { from, to, rule, synapse: synapse.into() };
        self.check_selection(&projection.from, "projection")?;
        self.check_selection(&projection.to, "projection")?;
        if let Some(modulator) = projection.synapse.model.plasticity().and_then(|own| own.modulator.as_ref()) {
            self.check_selection(&modulator.from, "modulator")?;
        }
        projection.check(self)?;
        self.projections.push(projection);
        Ok(())
    }

    /// Couples `from` to `to` continuously: the current into a target depends on the state of its sources at each
    /// moment.
    ///
    /// ```
    /// use neuropil::prelude::*;
    ///
    /// let mut net = Network::new(0.1.ms());
    /// let pair = net.add("pair", 2, IafPscExp { I_e: 300.0, ..default() })?;
    /// net.couple(pair.slice(0..1), pair.slice(1..2), OneToOne, GapJunction::new(1.0))?;
    /// # Ok::<(), neuropil::Error>(())
    /// ```
    ///
    /// # Errors
    /// A rule that cannot be met, weights out of bounds, a model without the variable, or one that takes no current.
    pub fn couple(
        &mut self,
        from: impl Into<Selection>,
        to: impl Into<Selection>,
        rule: impl Into<Rule>,
        coupling: impl Into<Coupling>,
    ) -> Result<()> {
        let couplings = Couplings { from: from.into(), to: to.into(), rule: rule.into(), coupling: coupling.into() };
        self.check_selection(&couplings.from, "coupling")?;
        self.check_selection(&couplings.to, "coupling")?;
        couplings.check(self)?;
        self.couplings.push(couplings);
        Ok(())
    }

    /// Drives `to` by a stimulus. Each target receives its own realisation of a Poisson stimulus, as in NEST.
    ///
    /// # Errors
    /// Rates, times or amplitudes out of bounds, a delay below dt.
    pub fn stimulate(&mut self, to: impl Into<Selection>, drive: impl Into<Drive>, synapse: Static) -> Result<()> {
        let stimulus = Stimulus { to: to.into(), drive: drive.into(), synapse };
        self.check_selection(&stimulus.to, "stimulus")?;
        stimulus.check(self)?;
        self.stimuli.push(stimulus);
        Ok(())
    }

    /// Records spikes or a state variable of `from`.
    ///
    /// # Errors
    /// A variable the model does not have, an interval that is not a whole number of steps, spikes at other times than
    /// another recorder has.
    pub fn record(&mut self, from: impl Into<Selection>, recording: impl Into<Recording>) -> Result<RecorderId> {
        let Recording { probe, start, stop } = recording.into();
        let recorder = Recorder { from: from.into(), probe, start, stop };
        self.check_selection(&recorder.from, "recorder")?;
        recorder.check(self)?;
        self.recorders.push(recorder);
        Ok(RecorderId(self.recorders.len() - 1))
    }

    /// Removes all recorders, so that others can be added.
    pub fn clear_recorders(&mut self) {
        self.recorders.clear();
    }

    /// The steps in which spikes are recorded and counted: after the first number, up to and with the second.
    pub(crate) fn spike_window(&self) -> (u64, u64) {
        let first = self.recorders.iter().find(|recorder| recorder.probe == Probe::Spikes);
        // Checked when it was added.
        first.and_then(|recorder| recorder.window(self).ok()).unwrap_or((0, NEVER))
    }

    /// The length of a step, ms.
    pub fn dt(&self) -> f64 {
        self.dt
    }
    /// The number of neurons.
    pub fn neurons(&self) -> u32 {
        self.populations.last().map_or(0, |p| p.first + p.size)
    }
    /// The populations, in the order they were added.
    pub fn populations(&self) -> &[Population] {
        &self.populations
    }
    /// The projections, in the order they were added.
    pub fn projections(&self) -> &[Projection] {
        &self.projections
    }
    /// The couplings, in the order they were added.
    pub fn couplings(&self) -> &[Couplings] {
        &self.couplings
    }
    /// The stimuli, in the order they were added.
    pub fn stimuli(&self) -> &[Stimulus] {
        &self.stimuli
    }
    /// The recorders, in the order they were added.
    pub fn recorders(&self) -> &[Recorder] {
        &self.recorders
    }
    /// All neurons of the population called `name`; `place` says where the name was given, for the error.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name.
    pub fn population(&self, name: &str, place: &str) -> Result<Selection> {
        let found = self.populations.iter().position(|p| p.name == name);
        let index = found.ok_or_else(|| {
            let names: Vec<&str> = self.populations.iter().map(|p| p.name.as_str()).collect();
            Error::unknown("population", name, place, &names)
        })?;
        Ok(Selection::of(index, self.populations[index].first, self.populations[index].size))
    }
    /// The names of the populations of a selection, as "exc + inh".
    pub fn describe(&self, selection: &Selection) -> String {
        let names = selection.parts().iter().map(|p| self.populations.get(p.population).map_or("?", |q| &q.name));
        names.collect::<Vec<_>>().join(" + ")
    }
    /// The grid of steps.
    pub fn grid(&self) -> Grid {
        Grid::new(self.dt)
    }
    /// The delay `delay_ms` (ms) as the nearest number of steps, halves rounded up; `place` names its owner in the
    /// error.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a delay below a step, or beyond 2³⁰ steps.
    pub fn delay_steps(&self, delay_ms: f64, place: &str) -> Result<u32> {
        Delay::steps(self.grid(), delay_ms, place)
    }

    /// An upper bound on the number of synapses of all projections, exact where no rule leaves it to chance.
    pub fn synapses_at_most(&self) -> u128 {
        let each = |p: &Projection| p.rule.synapses_at_most(u64::from(p.from.len()), u64::from(p.to.len()));
        self.projections.iter().map(each).sum()
    }

    /// Whether synapses of any projection learn.
    pub(crate) fn learns(&self) -> bool {
        self.projections.iter().any(Projection::learns)
    }

    /// Checks that a selection lies inside this network's populations, is not empty and names no neuron twice.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `place` otherwise.
    fn check_selection(&self, selection: &Selection, place: &str) -> Result<()> {
        for part in selection.parts() {
            let known = self.populations.get(part.population).is_some_and(|p| {
                part.first >= p.first
                    && u64::from(part.first) + u64::from(part.count) <= u64::from(p.first) + u64::from(p.size)
            });
            if !known || part.count == 0 {
                let problem = "a selection lies outside its population, or is empty; select 0..size of a population of this network";
                return Err(Error::invalid(place, problem));
            }
        }
        let mut ranges: Vec<(u32, u32)> = selection.parts().iter().map(|p| (p.first, p.first + p.count)).collect();
        ranges.sort_unstable();
        if ranges.windows(2).any(|pair| pair[1].0 < pair[0].1) {
            let problem = format!("neurons of {} are selected twice; select each once", self.describe(selection));
            return Err(Error::invalid(place, problem));
        }
        if selection.parts().is_empty() {
            return Err(Error::invalid(place, "the selection is empty"));
        }
        Ok(())
    }
}

/// The largest size of a population's name, bytes: files are called after it.
const MAX_NAME: usize = 120;

/// What is wrong with a name for tables and pictures, if anything.
pub(crate) fn unprintable(name: &str) -> Option<String> {
    match name {
        _ if name.len() > MAX_NAME => Some(format!("has {} bytes; {MAX_NAME} are the most", name.len())),
        _ if name.chars().any(char::is_control) => Some("holds a line end or another control character".to_owned()),
        _ => None,
    }
}

/// Names of tables that `--set` and sweeps name as they name populations.
const TAKEN: [&str; 3] = ["simulation", "plan", "preset"];

/// Checks the name of a population. Names stand in tables, pictures and names of files, so that they must be short and
/// of one line; and in selections and settings, so that they must not hold characters with a meaning there.
///
/// # Errors
/// [`Error::Invalid`] otherwise.
fn check_name(name: &str) -> Result<()> {
    let problem = unprintable(name).or_else(|| match name {
        _ if TAKEN.contains(&name) => Some("is that of a table of experiment files".to_owned()),
        _ if name.trim() != name => Some("begins or ends with a blank".to_owned()),
        _ if name.contains("->") => Some("holds ->, which stands between the ends of a projection".to_owned()),
        _ => {
            let taken = name.chars().find(|c| "[]*,=".contains(*c));
            taken.map(|c| format!("holds {c}, with which neurons are selected and values set"))
        }
    });
    match problem {
        None => Ok(()),
        Some(problem) => Err(Error::invalid(
            format!("population '{name}'"),
            format!("its name {problem}; choose another, such as one of letters, digits, _, - and ."),
        )),
    }
}
