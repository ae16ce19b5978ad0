//! e-prop: gradients that run forward in time with the network (Bellec et al. 2020, "A solution to the learning dilemma
//! for recurrent networks of spiking neurons").
//!
//! Each synapse carries its eligibility trace: the effect of its weight on the state of its target, through that neuron
//! alone. A learning signal of the target, once per step, turns it into a gradient. No state of the past is kept: beside
//! the spikes of a run, which it is given when the run has ended, memory does not grow with its length. The effect of a
//! spike on other neurons, and through them on the loss, is left out.
//!
//! Plastic synapses of a network (`network::Plastic`) cannot hold this rule: their rows are touched when a spike
//! passes, and see the target's spikes alone, while an eligibility needs the target's potential in every step. So this
//! module walks the rows by itself.

use crate::equations::derivative::Surrogate;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::number::Number;
use crate::seed::Trial;
use crate::spike::Spike;
use crate::train::events::grid::decays::Decays;
use crate::train::events::grid::rows::Rows;
use crate::train::events::grid::times::Times;
use crate::train::events::grid::{EventProp, GridGradient, ProjectionGradient};

/// What a learning signal is computed from in one step.
#[derive(Debug, Clone, Copy)]
pub struct EpropStep<'a, R> {
    /// The number of the step, counted from 1.
    pub step: u32,
    /// The potential of each neuron at the end of the step, before a reset: mV, relative to E_L; 0 for parrots.
    pub potentials: &'a [R],
    /// The spikes of this step.
    pub spikes: &'a [Spike],
}

/// e-prop over the rows of a network.
///
/// ```
/// use neuropil::equations::derivative::Surrogate;
/// use neuropil::prelude::*;
/// use neuropil::train::events::Eprop;
///
/// let mut net = Network::new(0.1.ms());
/// let inputs = net.add("inputs", 1, ParrotNeuron::default())?;
/// let neurons = net.add("neurons", 1, IafPscExp::default())?;
/// net.stimulate(&inputs, SpikeGenerator::at(&[1.0]), Static::new(1.0, 0.1))?;
/// net.connect(&inputs, &neurons, OneToOne, Static::new(2400.0, 1.5))?;
/// net.record(&neurons, Spikes)?;
/// let mut sim = net.build(Device::cpu(), Seed(1))?;
/// sim.run(20.0.ms())?;
///
/// // The loss falls with each spike of neuron 1.
/// let eprop = Eprop::<f32>::new(&net, Seed(1), Surrogate::Triangle(0.2))?;
/// let weights = eprop.gradient(sim.all_spikes(), sim.steps(), |_, signal| signal[1] = -1.0)?;
/// assert!(weights[0] < 0.0);
/// # Ok::<(), neuropil::Error>(())
/// ```
#[derive(Debug)]
pub struct Eprop<R: Number> {
    rows: EventProp<R>,
    surrogate: Surrogate,
    /// The share of a filtered eligibility that is left after a step, at a leaky readout; 0 without one.
    kept: f64,
}

impl<R: Number> Eprop<R> {
    /// e-prop over the rows of `network`; `surrogate` stands for the derivative of a spike by its margin V_m - V_th
    /// (mV).
    ///
    /// # Errors
    /// As [`EventProp::new`].
    pub fn new(network: &Network, trial: impl Into<Trial>, surrogate: Surrogate) -> Result<Eprop<R>> {
        Ok(Eprop { rows: EventProp::new(network, trial)?, surrogate, kept: 0.0 })
    }

    /// The same for a learning signal that is the error of leaky readouts with the time constant `tau_out` ms, y' = y
    /// e^(-dt/τ_out) + W z: eligibilities are then filtered as these readouts filter spikes.
    ///
    /// # Errors
    /// A time constant that is not a number above 0.
    pub fn with_readout(mut self, tau_out: f64) -> Result<Eprop<R>> {
        if !(tau_out.is_finite() && tau_out > 0.0) {
            return Err(Error::invalid("readout", format!("tau_out = {tau_out} ms must be a number above 0")));
        }
        self.kept = (-self.rows.plan().dt / tau_out).exp();
        Ok(self)
    }

    /// The gradient of a run of `steps` steps with these spikes, in order of steps. `signal` is called once per step,
    /// in order, to write the learning signal of each neuron (dL/dz) into a list of zeros. The result is the gradient
    /// by weights, 1/pA, in the order of [`Plan::each_synapse`](crate::plan::Plan::each_synapse).
    ///
    /// # Errors
    /// Spikes that no run of the network can have; a learning signal that is not finite.
    pub fn gradient(
        &self,
        spikes: &[Spike],
        steps: u64,
        mut signal: impl FnMut(EpropStep<'_, R>, &mut [R]),
    ) -> Result<Vec<R>> {
        let times = self.rows.laid().times(spikes, steps)?;
        let mut pass = Pass::new(self, &times);
        let (mut signals, mut at) = (vec![R::of(0.0); pass.states.len()], 0);
        for step in 1..=times.run {
            let count = spikes[at..].iter().take_while(|spike| spike.step == step).count();
            let fired = &spikes[at..at + count];
            at += count;
            pass.advance(step, fired);
            signals.fill(R::of(0.0));
            signal(EpropStep { step, potentials: &pass.potentials, spikes: fired }, &mut signals);
            if let Some(neuron) = signals.iter().position(|value| !value.finite()) {
                let problem = format!("it is not finite at neuron {neuron} in step {step}");
                return Err(Error::invalid("learning signal", problem));
            }
            pass.learn(step, &signals);
            pass.settle(fired);
        }
        Ok(pass.gradient)
    }

    /// The surrogate derivative of a spike where V_m - V_th is `margin` mV: 1/mV.
    pub fn derivative(&self, margin: f64) -> f64 {
        derivative(self.surrogate, margin)
    }

    /// A gradient from [`Eprop::gradient`] by projections, in the order of the network; the gradient by delays, which
    /// e-prop does not have, is
    /// 0.
    ///
    /// # Errors
    /// A gradient of another network.
    pub fn by_projection(&self, weights: &[R]) -> Result<Vec<ProjectionGradient<R>>> {
        let delays = vec![R::of(0.0); weights.len()];
        let gradient = GridGradient { loss: 0.0, weights: weights.to_vec(), delays, spikes: vec![], grazing: 0 };
        self.rows.by_projection(&gradient)
    }
}

/// The state of a target neuron during a step.
#[derive(Debug, Clone, Copy)]
struct State<R> {
    /// Potential, mV, relative to E_L.
    v: R,
    /// Synaptic currents of excitation and of inhibition, pA.
    current: [R; 2],
    /// Weights that arrive in this step, by channel, pA.
    input: [R; 2],
    /// The last step in which the potential is held.
    free: u32,
    /// Whether the potential is integrated in this step, and not held.
    moves: bool,
    /// Whether the neuron fired in the step before, so that its potential was reset.
    forgot: bool,
    /// Its place in the list of [`Decays`].
    kinetics: u32,
    /// The surrogate derivative of a spike in this step by the potential, 1/mV.
    slope: R,
}

/// The eligibility trace of a synapse.
#[derive(Debug, Clone, Copy)]
struct Eligibility<R> {
    /// The derivative of the target's synaptic current by the weight.
    current: R,
    /// The derivative of the target's potential by the weight, mV/pA.
    v: R,
    /// The eligibility, `v` times the derivative of a spike, filtered by the readout.
    filtered: R,
}

/// One run over the steps, with all of its state.
struct Pass<'a, R: Number> {
    owner: &'a Eprop<R>,
    decays: Decays<R>,
    rows: Vec<Rows<'a, R::Fixed>>,
    states: Vec<State<R>>,
    potentials: Vec<R>,
    /// By synapse.
    eligibilities: Vec<Eligibility<R>>,
    gradient: Vec<R>,
    /// Sources that have fired so far, rising; the synapses of others have an eligibility of 0.
    active: Vec<u32>,
    is_active: Vec<bool>,
    /// The number of spikes of each source in each of the last `slots` steps, [source, step % slots].
    fired: Vec<u16>,
    /// One more than the longest delay, in steps.
    slots: usize,
}

impl<'a, R: Number> Pass<'a, R> {
    /// A run before its first step.
    fn new(owner: &'a Eprop<R>, times: &Times) -> Pass<'a, R> {
        let (plan, constants) = (owner.rows.plan(), &owner.rows.laid().constants);
        let zero = R::of(0.0);
        let state = |neuron: usize| State {
            v: R::of(constants.start[neuron].v),
            current: constants.start[neuron].current.map(R::of),
            input: [zero; 2],
            free: constants.free_from[neuron],
            moves: false,
            forgot: false,
            kinetics: constants.kinetics_of[neuron],
            slope: zero,
        };
        let (neurons, slots) = (plan.neurons as usize, plan.max_delay as usize + 1);
        let synapses = plan.shards.iter().map(|shard| shard.rows.len()).sum();
        let mut pass = Pass {
            owner,
            decays: Decays::new(constants, plan.dt, u64::from(times.run).min(1)),
            rows: Rows::all(plan),
            states: (0..neurons).map(state).collect(),
            potentials: vec![zero; neurons],
            eligibilities: vec![Eligibility { current: zero, v: zero, filtered: zero }; synapses],
            gradient: vec![zero; synapses],
            active: Vec::new(),
            is_active: vec![false; neurons],
            fired: vec![0; neurons * slots],
            slots,
        };
        pass.potentials.iter_mut().zip(&pass.states).for_each(|(v, state)| *v = state.v);
        pass
    }

    /// Integrates potentials and currents over a step, as the engine does, and notes the derivatives and spikes of the
    /// step.
    fn advance(&mut self, step: u32, fired: &[Spike]) {
        let constants = &self.owner.rows.laid().constants;
        for (neuron, state) in (0u32..).zip(&mut self.states) {
            let Some(membrane) = constants.membrane(neuron) else { continue };
            let decay = &self.decays.0[state.kinetics as usize];
            let (ex, inh) = (decay.after(0, 1), decay.after(1, 1));
            state.moves = step > state.free;
            if state.moves {
                let rest = membrane.rest + constants.injected(neuron, step.into()) * membrane.tau_m / membrane.c_m;
                let driven = state.current[0] * ex.response + state.current[1] * inh.response;
                state.v = state.v * ex.potential + driven + R::of(rest) * (R::of(1.0) - ex.potential);
            }
            state.current = [state.current[0] * ex.current, state.current[1] * inh.current];
            let margin = state.v.value() - membrane.threshold;
            state.slope = R::of(if state.moves { derivative(self.owner.surrogate, margin) } else { 0.0 });
            self.potentials[neuron as usize] = state.v;
        }
        let slot = step as usize % self.slots;
        self.fired.iter_mut().skip(slot).step_by(self.slots).for_each(|count| *count = 0);
        for spike in fired {
            let source = spike.id as usize;
            self.fired[source * self.slots + slot] += 1;
            if !self.is_active[source] {
                self.is_active[source] = true;
                let at = self.active.partition_point(|&other| other < spike.id);
                self.active.insert(at, spike.id);
            }
        }
    }

    /// Updates eligibilities over a step, adds their products with the learning signals to the gradient, and collects
    /// the step's input.
    fn learn(&mut self, step: u32, signals: &[R]) {
        let kept = R::of(self.owner.kept);
        for rows in &self.rows {
            for &source in &self.active {
                let fired = &self.fired[source as usize * self.slots..][..self.slots];
                for (delay, range) in rows.blocks(source) {
                    for at in range {
                        let synapse = rows.synapse(delay, at);
                        let state = &mut self.states[synapse.target as usize];
                        let decay = &self.decays.0[state.kinetics as usize];
                        let left = decay.after(synapse.channel, 1);
                        let own = &mut self.eligibilities[rows.before + at];
                        own.v = if !state.moves {
                            R::of(0.0)
                        } else if state.forgot {
                            own.current * left.response
                        } else {
                            own.v * left.potential + own.current * left.response
                        };
                        let slot = (step as usize + self.slots - synapse.delay as usize) % self.slots;
                        let arrived = if synapse.delay < step { fired[slot] } else { 0 };
                        own.current = own.current * left.current;
                        if arrived > 0 {
                            let count = R::of_count(arrived.into());
                            own.current = own.current + count;
                            let weight = R::of_fixed(synapse.weight, decay.units[synapse.channel]);
                            state.input[synapse.channel] = state.input[synapse.channel] + weight * count;
                        }
                        own.filtered = own.filtered * kept + own.v * state.slope;
                        let gradient = &mut self.gradient[rows.before + at];
                        *gradient = *gradient + signals[synapse.target as usize] * own.filtered;
                    }
                }
            }
            for event in rows.shard.events.iter().filter(|event| event.step == step) {
                let (target, channel) = rows.reached(event.accumulator);
                let state = &mut self.states[target as usize];
                let unit = self.decays.0.get(state.kinetics as usize).map_or(R::of(0.0), |d| d.units[channel]);
                state.input[channel] = state.input[channel] + R::of_fixed(event.weight, unit);
            }
        }
    }

    /// The end of a step: adds input to currents, and resets the neurons that fired.
    fn settle(&mut self, fired: &[Spike]) {
        let constants = &self.owner.rows.laid().constants;
        for state in &mut self.states {
            state.current = [state.current[0] + state.input[0], state.current[1] + state.input[1]];
            state.input = [R::of(0.0); 2];
            state.forgot = false;
        }
        for spike in fired {
            if let (Some(membrane), Some(held)) = (constants.membrane(spike.id), constants.held_steps(spike.id)) {
                let state = &mut self.states[spike.id as usize];
                (state.v, state.free, state.forgot) = (R::of(membrane.reset), spike.step + held, true);
            }
        }
    }
}

/// The derivative of a spike by its margin: [`Surrogate::value`] as a number.
fn derivative(surrogate: Surrogate, margin: f64) -> f64 {
    match surrogate {
        Surrogate::Atan(scale) => scale / 2.0 / (1.0 + (std::f64::consts::FRAC_PI_2 * scale * margin).powi(2)),
        Surrogate::FastSigmoid(scale) => 1.0 / (1.0 + scale * margin.abs()).powi(2),
        Surrogate::Triangle(scale) => scale * (1.0 - scale * margin.abs()).max(0.0),
        Surrogate::Rectangular(scale) if scale * margin.abs() < 0.5 => scale,
        Surrogate::Rectangular(_) => 0.0,
    }
}
