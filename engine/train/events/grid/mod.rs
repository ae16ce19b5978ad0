//! The adjoint on the engine's grid: a run of the engine goes back over the rows of its own plan.
//!
//! Forward is the engine's own simulation; of it this needs the spikes. Backward, nothing is stepped: between two of its
//! spikes a neuron's adjoint is a sum of exponentials, read from a table by the number of steps, so that the cost is one
//! look-up for each event, and memory grows with spikes. Two passes over the spikes: one forward that finds the currents at
//! spikes (`replay`), one backward (`backward`), an epoch of the shortest delay at a time.
//!
//! | part | what it does |
//! |---|---|
//! | `accept` | which networks can be gone back over |
//! | `laid` | a network laid out, with its constants |
//! | `constants` | what of neurons both passes need |
//! | `decays` | tables of exponentials by steps |
//! | `times` | the spikes of each neuron |
//! | `rows` | the synapses of a source in a plan |
//! | `arriving` | what arrives at each spike |
//! | `replay` | the currents at spikes, the potentials of readouts |
//! | `sensitivity` | what a loss depends on: spike times and potentials |
//! | `backward` | the adjoint |
//! | `gradient` | what going back gives |
//! | `listed` | gradients in the order in which a network lists its synapses |

mod accept;
mod arriving;
mod backward;
pub(in crate::train::events) mod constants;
pub(in crate::train::events) mod decays;
mod gradient;
pub(in crate::train::events) mod laid;
mod listed;
mod replay;
pub(in crate::train::events) mod rows;
mod sensitivity;
pub(in crate::train::events) mod times;

use crate::error::{Error, Result};
use crate::network::Network;
use crate::number::Number;
use crate::plan::Plan;
use crate::seed::Trial;
use crate::simulation::Simulation;
use crate::spike::Spike;
use crate::train::events::loss::Loss;
use backward::Backward;
use decays::Decays;
use laid::Laid;
use replay::Replay;

pub use gradient::{GridGradient, GridJump};
pub use listed::ProjectionGradient;
pub use sensitivity::Sensitivity;

/// Exact gradients of what the engine runs, to first order in dt: EventProp over the plan of a network.
///
/// `R` is the number type of the run: `f32` for runs in `f32` on CPU or GPU, `f64` for the referee's.
///
/// ```
/// use neuropil::prelude::*;
/// use neuropil::train::events::{EventProp, Loss, Term};
///
/// let mut net = Network::new(0.1.ms());
/// let inputs = net.add("inputs", 1, ParrotNeuron::default())?;
/// let neurons = net.add("neurons", 1, IafPscExp::default())?;
/// net.stimulate(&inputs, SpikeGenerator::at(&[1.0]), Static::new(1.0, 0.1))?;
/// net.connect(&inputs, &neurons, OneToOne, Static::new(4000.0, 1.5))?;
/// net.record(&neurons, Spikes)?;
/// let mut sim = net.build(Device::cpu(), Seed(1))?;
/// sim.run(20.0.ms())?;
///
/// let back = EventProp::<f32>::new(&net, Seed(1))?;
/// let loss = Loss::new([Term::Time { neuron: 1, number: 0, factor: 1.0 }]);
/// let gradient = back.gradient(&sim, &loss)?;
/// let synapses = &back.by_projection(&gradient)?[0];
/// // More weight, an earlier spike; more delay, a spike as much later.
/// // To first order in dt.
/// assert!(synapses.weights[0] < 0.0 && (synapses.delays[0] - 1.0).abs() < 0.1, "{synapses:?}");
/// # Ok::<(), neuropil::Error>(())
/// ```
#[derive(Debug)]
pub struct EventProp<R: Number> {
    laid: Laid<R>,
}

impl<R: Number> EventProp<R> {
    /// Lays out the rows of `network` for going back over runs of it; a [`Seed`](crate::seed::Seed) alone means its trial 0.
    /// One trial has one of these, since initial states may be drawn.
    ///
    /// # Errors
    /// A model that is neither `iaf_psc_exp` nor `parrot_neuron`, synapses onto parrots, synapses that learn, couplings,
    /// perturbations, stimuli whose input is drawn and reaches other neurons than parrots; as [`Network::build`].
    pub fn new(network: &Network, trial: impl Into<Trial>) -> Result<EventProp<R>> {
        Ok(EventProp { laid: Laid::new(network, trial.into())? })
    }

    /// The same on `threads` threads; as many as are free and of use if 0. Gradients do not depend on it.
    #[must_use]
    pub fn with_threads(mut self, threads: u32) -> EventProp<R> {
        self.laid.threads = threads;
        self
    }

    /// The same with a thread for each `events` synaptic events at least, instead of what starting one is worth. Sums of what
    /// arrives at spikes are cut where 20 times as many have passed, so that rounding depends on it.
    #[must_use]
    pub fn with_least_work(mut self, events: u64) -> EventProp<R> {
        self.laid.least_work = events.max(1);
        self
    }

    /// The plan whose rows it goes over.
    pub fn plan(&self) -> &Plan<R::Fixed> {
        &self.laid.plan
    }

    /// The gradient of a loss of a run from its start on.
    ///
    /// # Errors
    /// A run of another network, or whose spikes were not all kept; as [`EventProp::gradient_of`].
    pub fn gradient(&self, run: &Simulation, loss: &Loss) -> Result<GridGradient<R>> {
        self.gradient_of(self.kept(run)?, run.steps(), loss)
    }

    /// The gradient of a loss of the spikes of a run of `steps` steps, in order of steps.
    ///
    /// # Errors
    /// Spikes that no run of the network has; a loss without terms, with a neuron that does not exist or that is a parrot
    /// where its potential is asked for, with a spike that was not fired; a system that gives no more threads.
    pub fn gradient_of(&self, spikes: &[Spike], steps: u64, loss: &Loss) -> Result<GridGradient<R>> {
        self.gradient_without(spikes, steps, loss, None)
    }

    /// The same without one of its jumps, for tests of gradients.
    ///
    /// # Errors
    /// As [`EventProp::gradient_of`].
    pub fn gradient_without(
        &self,
        spikes: &[Spike],
        steps: u64,
        loss: &Loss,
        jump: Option<GridJump>,
    ) -> Result<GridGradient<R>> {
        let times = self.laid.times(spikes, steps)?;
        loss.check(self.laid.plan.neurons, |neuron| times.of(neuron).len() as u32)?;
        self.laid.constants.check_potentials(loss, &self.laid.network)?;
        let decays = Decays::<R>::new(&self.laid.constants, self.laid.plan.dt, steps);
        let replay = Replay::new(&self.laid, &decays, spikes, &times, loss)?;
        let (value, sensitivity) = sensitivity::of_loss(&self.laid, loss, &times, &replay);
        let mut gradient = Backward::new(&self.laid, &decays, spikes, &times, &replay, jump).run(sensitivity)?;
        gradient.loss = value;
        Ok(gradient)
    }

    /// The gradient of any loss, by what it depends on: dL/dt of spikes and dL/dV of potentials; its own value stays 0.
    ///
    /// # Errors
    /// As [`EventProp::gradient_of`]; lists of another length than there are spikes, a neuron or a step that does not exist.
    pub fn gradient_by(&self, spikes: &[Spike], steps: u64, sensitivity: Sensitivity) -> Result<GridGradient<R>> {
        let times = self.laid.times(spikes, steps)?;
        self.check_sensitivity(&sensitivity, spikes.len(), steps)?;
        let decays = Decays::<R>::new(&self.laid.constants, self.laid.plan.dt, steps);
        let replay = Replay::new(&self.laid, &decays, spikes, &times, &Loss::default())?;
        Backward::new(&self.laid, &decays, spikes, &times, &replay, None).run(sensitivity)
    }

    fn check_sensitivity(&self, sensitivity: &Sensitivity, spikes: usize, steps: u64) -> Result<()> {
        let problem = if sensitivity.spikes.len() != spikes {
            format!("{} numbers for {spikes} spikes; give one each", sensitivity.spikes.len())
        } else if let Some(&(neuron, step, _)) = sensitivity.potentials.iter().find(|(neuron, step, value)| {
            !self.laid.constants.is_neuron(*neuron) || !(1..=steps).contains(&u64::from(*step)) || !value.is_finite()
        }) {
            format!(
                "a potential of neuron {neuron} at step {step}: it is no iaf_psc_exp, its step is none of 1 to {steps}, or its number is not finite"
            )
        } else if sensitivity.spikes.iter().any(|value| !value.is_finite()) {
            "its numbers must be finite".into()
        } else {
            return Ok(());
        };
        Err(Error::invalid("sensitivity", problem))
    }

    /// All spikes of a run.
    fn kept<'a>(&self, run: &'a Simulation) -> Result<&'a [Spike]> {
        let other = run.network();
        if other.neurons() != self.laid.plan.neurons || other.dt() != self.laid.plan.dt {
            let problem = "it is of another network: the numbers of neurons or dt differ";
            return Err(Error::invalid("run", problem));
        }
        let spikes = run.all_spikes();
        if spikes.len() as u64 != run.spike_count() {
            let problem =
                "not all of its spikes were kept; record them from the start, and neither stream nor only count them";
            return Err(Error::invalid("run", problem));
        }
        Ok(spikes)
    }

    /// A gradient by projections, in the order of the network. Pairs of a list that a rule leaves out have a gradient of 0.
    ///
    /// # Errors
    /// A gradient of another network.
    pub fn by_projection(&self, gradient: &GridGradient<R>) -> Result<Vec<ProjectionGradient<R>>> {
        listed::by_projection(&self.laid, gradient)
    }

    /// The network as it is laid out.
    pub(in crate::train::events) fn laid(&self) -> &Laid<R> {
        &self.laid
    }
}
