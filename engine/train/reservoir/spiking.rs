//! Reservoirs of spiking neurons, played by the simulator.

use super::graph::{Graph, input_weights};
use super::sparse::Sparse;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::models;
use crate::network::{
    Explicit, InhomogeneousPoissonGenerator, Network, Population, SpikeGenerator, Spikes as Spiked, Static,
    StepCurrentGenerator, Value,
};
use crate::number::math::{exp, powi};
use crate::seed::Seed;
use crate::time::Time;
use crate::train::Array;

/// How inputs reach the neurons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drive {
    /// As currents: each neuron receives W_in·u beside its constant current.
    Currents,
    /// As Poisson trains, one for each neuron, whose rate follows W_in·u.
    Poisson,
}

impl Drive {
    /// Both kinds.
    pub const ALL: [Drive; 2] = [Drive::Currents, Drive::Poisson];

    /// The name of the kind, as options take it.
    pub fn name(self) -> &'static str {
        match self {
            Drive::Currents => "currents",
            Drive::Poisson => "poisson",
        }
    }
}

/// The parameters of spiking neurons on a graph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neurons {
    /// How inputs arrive.
    pub drive: Drive,
    /// The time for which an input lasts, ms.
    pub step: f64,
    /// The mean strength of all synapses of a neuron together, regardless of their signs, pA.
    pub weight: f64,
    /// The constant current of each neuron lies between these, pA; the threshold is reached at 375.
    pub current: (f64, f64),
    /// An input of 1 moves the current of a neuron by up to this, pA.
    pub input: f64,
    /// The share of neurons that an input reaches.
    pub share: f64,
    /// The rate of Poisson input, spikes/s, where the input is 0, and the weight of its spikes, pA.
    pub poisson: (f64, f64),
    /// Delays lie between these, ms.
    pub delay: (f64, f64),
    /// The time constant of the filter that makes states of spikes, ms.
    pub filter: f64,
}

impl Default for Neurons {
    fn default() -> Neurons {
        Neurons {
            drive: Drive::Currents,
            step: 10.0,
            weight: 300.0,
            current: (340.0, 420.0),
            input: 300.0,
            share: 1.0,
            poisson: (1000.0, 60.0),
            delay: (1.0, 10.0),
            filter: 20.0,
        }
    }
}

/// The step of the simulation, ms.
const DT: f64 = 0.5;

/// Leaky integrate-and-fire neurons, `iaf_psc_exp` with the parameters of NEST, on a graph. Where the graph is random, one neuron in
/// five inhibits, four times as strongly as the others excite; else signs and strengths are those of the connectome.
#[derive(Debug, Clone)]
pub struct Spiking {
    /// Weights among the neurons, pA, a row for each target.
    w: Sparse,
    /// Input weights, pA, [neurons, inputs].
    w_in: Sparse,
    neurons: Neurons,
    seed: u64,
}

impl Spiking {
    /// A reservoir on `graph` with `inputs` inputs.
    ///
    /// # Errors
    /// No units or inputs, numbers out of their range, a graph without connections.
    pub fn new(graph: &Graph, inputs: usize, neurons: &Neurons, seed: u64) -> Result<Spiking> {
        let wiring = graph.wiring(seed)?;
        let mut w = wiring.w;
        if let Graph::Random { units, .. } = *graph {
            let inhibits = |source: u32| source as usize >= units - units / 5;
            for row in 0..w.rows() {
                let (places, weights) = w.row_mut(row);
                let signed = |place: u32, weight: f64| weight.abs() * if inhibits(place) { -4.0 } else { 1.0 };
                places.iter().zip(weights).for_each(|(&place, weight)| *weight = signed(place, *weight));
            }
        }
        let strength = w.weights().iter().map(|weight| weight.abs()).sum::<f64>() / w.rows() as f64;
        if strength <= 0.0 {
            return Err(Error::invalid("reservoir", "its graph has no connections; give a higher degree"));
        }
        let Neurons { step, weight, input, share, filter, delay, .. } = *neurons;
        let multiple = step / DT;
        let ordered = DT <= delay.0 && delay.0 < delay.1 && delay.1.is_finite();
        if !(multiple >= 1.0 && multiple.fract() == 0.0 && step <= 1e4 && filter > 0.0 && weight >= 0.0 && ordered) {
            let problem = format!(
                "an input's {step} ms must be a multiple of {DT} ms, filter {filter} ms above 0, weight {weight} pA 0 or more, and delays rise from {DT} ms on"
            );
            return Err(Error::invalid("spiking reservoir", problem));
        }
        let w_in = input_weights(w.rows(), inputs, (input, share), seed)?;
        Ok(Spiking { w: w.scaled(weight / strength), w_in, neurons: *neurons, seed })
    }

    /// The number of neurons.
    pub fn units(&self) -> usize {
        self.w.rows()
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.w_in.columns()
    }

    /// The network without input; its one population, `neurons`, is recorded.
    ///
    /// # Errors
    /// Parameters out of the model's range.
    pub fn network(&self) -> Result<Network> {
        let mut network = Network::new(Time::from_ms(DT));
        let mut population =
            Population::new("neurons", self.units() as u32, models::named("iaf_psc_exp", "reservoir")?)?;
        population.set("I_e", Value::uniform(self.neurons.current.0, self.neurons.current.1))?;
        population.set("V_m", Value::uniform(-70.0, -55.0))?;
        let all = network.add_population(population)?;
        let (mut from, mut to, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..self.units() {
            let (places, own) = self.w.row(row);
            from.extend_from_slice(places);
            to.extend(std::iter::repeat_n(row as u32, places.len()));
            weights.extend_from_slice(own);
        }
        let (least, most) = self.neurons.delay;
        let synapse = Static::new(Value::each(weights), Value::uniform(least, most));
        network.connect(&all, &all, Explicit::new(from, to), synapse)?;
        network.record(&all, Spiked)?;
        Ok(network)
    }

    /// The filtered spikes at the end of each input, [steps, neurons], for inputs [steps, inputs]. Each spike adds 1
    /// and decays with the filter's time constant.
    ///
    /// # Errors
    /// Inputs of another shape, or that are not finite; rates that the simulator cannot draw.
    pub fn run(&self, inputs: &Array<f64>) -> Result<Array<f64>> {
        let [steps, width] = super::axes("input", inputs)?;
        if width != self.inputs() {
            let problem = format!("it has {width} a step, and the reservoir takes {}", self.inputs());
            return Err(Error::invalid("input", problem));
        }
        super::check_finite("input", inputs)?;
        let mut network = self.network()?;
        match self.neurons.drive {
            Drive::Currents => self.add_currents(&mut network, inputs)?,
            Drive::Poisson => self.add_poisson(&mut network, inputs)?,
        }
        self.play(&network, steps)
    }

    /// As [`Spiking::run`], for spikes (channel, ms) in the time of `steps` inputs. A channel reaches the neurons as
    /// the input of the same number does, by synapses with the weights W_in, pA.
    ///
    /// # Errors
    /// Channels that are not inputs; times that are not above 0, or after the end of the run.
    pub fn run_spikes(&self, spikes: &[(u32, f64)], steps: usize) -> Result<Array<f64>> {
        let end = steps as f64 * self.neurons.step;
        if let Some((channel, time)) =
            spikes.iter().find(|s| s.0 as usize >= self.inputs() || !(s.1 > 0.0 && s.1 <= end))
        {
            let problem = format!(
                "a spike of channel {channel} at {time} ms is not of {} channels up to {end} ms",
                self.inputs()
            );
            return Err(Error::invalid("input spikes", problem));
        }
        let mut network = self.network()?;
        let all = network.population("neurons", "reservoir")?;
        let relays = network.add("input", self.inputs() as u32, models::ParrotNeuron {})?;
        network.stimulate(&relays, SpikeGenerator::listed(spikes.iter().copied()), Static::new(1.0, DT))?;
        let (mut from, mut to, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..self.units() {
            let (places, own) = self.w_in.row(row);
            from.extend_from_slice(places);
            to.extend(std::iter::repeat_n(row as u32, places.len()));
            weights.extend_from_slice(own);
        }
        network.connect(&relays, &all, Explicit::new(from, to), Static::new(Value::each(weights), DT))?;
        self.play(&network, steps)
    }

    /// The times at which inputs change, ms: an input acts from the first step of its time on.
    fn input_times(&self, steps: usize) -> Vec<f64> {
        (0..steps).map(|step| step as f64 * self.neurons.step + DT).collect()
    }

    /// Adds inputs as currents.
    fn add_currents(&self, network: &mut Network, inputs: &Array<f64>) -> Result<()> {
        let all = network.population("neurons", "reservoir")?;
        let [steps, width] = super::axes("input", inputs)?;
        for input in 0..width {
            let amplitudes = (0..steps).map(|step| inputs.data()[step * width + input]).collect();
            let mut weights = vec![0.0; self.units()];
            for (row, own) in weights.iter_mut().enumerate() {
                let (places, values) = self.w_in.row(row);
                *own = places.iter().zip(values).filter(|(place, _)| **place as usize == input).map(|(_, w)| *w).sum();
            }
            let current = StepCurrentGenerator { times: self.input_times(steps), amplitudes };
            network.stimulate(&all, current, Static::new(Value::each(weights), DT))?;
        }
        Ok(())
    }

    /// Adds inputs as Poisson trains.
    fn add_poisson(&self, network: &mut Network, inputs: &Array<f64>) -> Result<()> {
        let all = network.population("neurons", "reservoir")?;
        let [steps, width] = super::axes("input", inputs)?;
        let (mean, weight) = self.neurons.poisson;
        let mut rates = Vec::with_capacity(steps * self.units());
        let mut sums = vec![0.0; self.units()];
        for input in inputs.data().chunks_exact(width) {
            self.w_in.product(input, &mut sums);
            // Input weights are in pA, for currents; the largest moves the rate by its mean.
            rates.extend(sums.iter().map(|sum| (mean * (1.0 + sum / self.neurons.input)).max(0.0)));
        }
        let drive = InhomogeneousPoissonGenerator::new(&self.input_times(steps), &rates);
        network.stimulate(&all, drive, Static::new(weight, DT))
    }

    /// Plays a network for the time of `steps` inputs, and filters its spikes: [steps, neurons].
    fn play(&self, network: &Network, steps: usize) -> Result<Array<f64>> {
        let units = self.units();
        super::check_memory("states", &[[steps, units]])?;
        let mut states = Array::zeros("states", &[steps, units])?;
        let mut sim = network.build(Device::cpu(), Seed(self.seed))?;
        sim.run(Time::from_ms(steps as f64 * self.neurons.step))?;
        let every = (self.neurons.step / DT) as u32;
        let decay = exp(-DT / self.neurons.filter);
        let mut now = vec![(0.0, 0u32); units];
        let mut spikes = sim.all_spikes().iter().peekable();
        let decay_between = |from: u32, to: u32| powi(decay, to - from);
        for (step, row) in (1u32..).zip(states.data_mut().chunks_exact_mut(units)) {
            let end = step * every;
            while let Some(spike) = spikes.next_if(|spike| spike.step <= end) {
                if let Some((value, at)) = now.get_mut(spike.id as usize) {
                    *value = *value * decay_between(*at, spike.step) + 1.0;
                    *at = spike.step;
                }
            }
            row.iter_mut().zip(&now).for_each(|(to, (value, at))| *to = value * decay_between(*at, end));
        }
        Ok(states)
    }
}
