//! A trained network in the engine: what is trained is what is simulated, spike for spike.
//!
//! Samples follow each other in one run. Between two, all neurons are held at their start until no spike is under way
//! any more, and each sample begins at a step at which the engine flushes tiny values to rest ([`IDLE_CHECK_STEPS`]),
//! so that it is played as if alone. The first follows a time without input, for no spike can be sent at time 0.

use crate::device::Device;
use crate::error::{Error, Result};
use crate::models::ParrotNeuron;
use crate::network::{Explicit, Network, Perturb, Population, Selection, SpikeGenerator, Static, Value};
use crate::plan::IDLE_CHECK_STEPS;
use crate::seed::Seed;
use crate::simulation::Simulation;
use crate::time::Time;
use crate::train::Spikes;
use crate::train::fit::Parameters;
use crate::train::gemm::Float;
use crate::train::net::{INPUT, LONGEST, Net};

/// A network in the engine, ready to be played.
#[derive(Debug)]
pub struct Played {
    /// Populations, projections, input, and clamps between samples; without recorders.
    pub network: Network,
    /// Steps from the beginning of a sample to that of the next.
    pub period: usize,
    /// The steps of a sample.
    pub steps: usize,
    /// The number of samples.
    pub samples: usize,
}

impl Played {
    /// How many steps of the run lie before step `step` of sample `sample`, both counted from 0.
    pub fn before(&self, sample: usize, step: usize) -> usize {
        steps_before(self.period, sample, step)
    }

    /// The steps of the whole run.
    pub fn length(&self) -> usize {
        (self.samples + 1) * self.period
    }
}

/// How many steps of the run lie before step `step` of sample `sample`, where samples begin every `period` steps.
pub(in crate::train) fn steps_before(period: usize, sample: usize, step: usize) -> usize {
    (sample + 1) * period + step
}

/// A trained network as one of the engine, with the spikes of some samples, one sample after the other, as its input.
/// Shape of `input`: [samples, steps, inputs].
///
/// # Errors
/// Input with another number of units; parameters of another network; several samples of a layer whose neurons differ
/// or start at random; what the engine's [`Network`] refuses.
pub fn network<T: Float>(net: &Net<T>, parameters: &Parameters<T>, input: &Spikes) -> Result<Played> {
    if input.units() != net.inputs() {
        let problem = format!("it has {} units, and the network {} inputs", input.units(), net.inputs());
        return Err(Error::invalid("input spikes", problem));
    }
    let dt = net.dt();
    let among = net.layers().iter().any(|layer| layer.among.is_some());
    let longest = net.layers().iter().map(|layer| layer.delay).max().unwrap_or(1);
    let longest = longest.max(if among { LONGEST as usize } else { 1 });
    // Spikes of the last step must have arrived, and been cleared by the clamp, before the next sample; relays take a
    // step, too.
    let drain = longest + 2;
    let period = (input.steps() + drain).next_multiple_of(IDLE_CHECK_STEPS as usize);
    let mut network = Network::new(Time::from_ms(dt));
    let sources = network.add(INPUT, net.inputs() as u32, ParrotNeuron {})?;
    let mut last = sources.clone();
    for layer in net.layers() {
        let (from, to) = (last.len(), layer.population.clone());
        let to = network.add_population(to)?;
        let pairs = (0..from).flat_map(|from| (0..to.len()).map(move |to| (from, to)));
        let (from, onto): (Vec<u32>, Vec<u32>) = pairs.unzip();
        let weights = parameter_values(parameters, layer.weights)?;
        let synapse = Static::new(Value::each(weights), layer.delay as f64 * dt).at_receptor(layer.receptor());
        network.connect(&last, &to, Explicit::new(from, onto), synapse)?;
        if let Some(among) = &layer.among {
            let [weights, delays] = [among.weights, among.delays].map(|index| parameter_values(parameters, index));
            let (weights, delays) = (weights?, delays?);
            let connections = among.synapses.connections();
            let from: Vec<u32> = (0..connections.sources())
                .flat_map(|source| connections.row(source).map(move |_| source as u32))
                .collect();
            let ms: Vec<f64> = delays.iter().map(|steps| steps.round_ties_even() * dt).collect();
            let synapse = Static::new(Value::each(weights), Value::each(ms)).at_receptor(layer.receptor());
            network.connect(&to, &to, Explicit::new(from, connections.target().to_vec()), synapse)?;
        }
        hold_between_samples(&mut network, &to, &layer.population, (input.samples(), input.steps(), period, dt), 0)?;
        last = to;
    }
    let mut times = Vec::new();
    for sample in 0..input.samples() {
        for step in 0..input.steps() {
            let time = steps_before(period, sample, step) as f64 * dt;
            times.extend(input.firing(sample, step).map(|unit| (unit as u32, time)));
        }
    }
    // A relay passes on at the step where a spike reaches it: sent at k·dt, it leaves in step k + 1.
    network.stimulate(&sources, SpikeGenerator::listed(times), Static::new(1.0, dt))?;
    Ok(Played { network, period, steps: input.steps(), samples: input.samples() })
}

/// The values of parameter `index` as the network sees them: rounded to its grid where it has one.
pub(super) fn parameter_values<T: Float>(parameters: &Parameters<T>, index: usize) -> Result<Vec<f64>> {
    let own = parameters.iter().nth(index);
    let own = own.ok_or_else(|| Error::invalid("parameters", "they are those of another network; give its own"))?;
    Ok(own.seen().data().iter().map(|value| value.value()).collect())
}

/// Adds clamps that hold a layer, `of`, at its start before each of `samples` samples of `steps` steps, which begin
/// every `period` steps of `dt` ms and reach it `later` steps after they begin.
pub(in crate::train) fn hold_between_samples(
    network: &mut Network,
    of: &Selection,
    population: &Population,
    (samples, steps, period, dt): (usize, usize, usize, f64),
    later: usize,
) -> Result<()> {
    let parameters = population.parameters_of(0, 0)?;
    let start = population.start_of(0, &parameters, 0)?;
    if !population.uniform() || population.starts_at_random() {
        let problem = "its neurons differ, so that they cannot be held between samples; play one sample at a time";
        return if samples > 1 { Err(Error::invalid(format!("layer '{}'", population.name), problem)) } else { Ok(()) };
    }
    for sample in 0..samples {
        // From the end of the sample before.
        let begin = if sample == 0 { 0 } else { steps_before(period, sample - 1, steps) + later };
        let window = begin as f64 * dt..(steps_before(period, sample, 0) + later) as f64 * dt;
        for (variable, &value) in population.model.declaration().state.iter().zip(&start) {
            network.perturb(of, Perturb::Clamp { variable: variable.name.into(), value }, window.clone())?;
        }
    }
    Ok(())
}

/// The spikes of each layer of a network as the engine plays it on `device`, [samples, steps, units] each, in the order
/// of the layers; a layer that does not spike is silent.
///
/// # Errors
/// As [`network`]; what building and running the simulation refuse.
pub fn spikes<T: Float>(
    net: &Net<T>,
    parameters: &Parameters<T>,
    input: &Spikes,
    device: Device,
) -> Result<Vec<Spikes>> {
    let played = self::network(net, parameters, input)?;
    let (length, period, steps, samples) = (played.length(), played.period, played.steps, played.samples);
    let mut network = played.network;
    for layer in net.layers() {
        let place = format!("layer '{}'", layer.population.name);
        let of = network.population(&layer.population.name, &place)?;
        network.record(&of, crate::network::Spikes)?;
    }
    let mut simulation = Simulation::new(network, device, Seed(1), &crate::plan::PlanOptions::default())?;
    simulation.run(Time::from_ms(length as f64 * net.dt()))?;
    let mut layers = Vec::new();
    let mut first = net.inputs();
    for layer in net.layers() {
        let units = layer.neurons.units();
        let mut shown = Spikes::silent(&layer.population.name, &[samples, steps, units])?;
        for spike in simulation.all_spikes() {
            let (id, at) = (spike.id as usize, spike.step as usize - 1);
            if (first..first + units).contains(&id) && at >= period && at % period < steps {
                shown.set(at / period - 1, at % period, id - first);
            }
        }
        layers.push(shown);
        first += units;
    }
    Ok(layers)
}

/// How the spikes of a network in the engine compare with those in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Equal {
    /// The number of samples that were played.
    pub samples: usize,
    /// How many of these have the same spikes throughout.
    pub same: usize,
    /// The number of spikes in training.
    pub spikes: u64,
    /// How often, by sample, step and unit, only one of the two has a spike.
    pub differing: u64,
}

/// Compares the spikes of layers as trained and as played, both in the order of the layers.
pub fn compare(trained: &[&Spikes], played: &[Spikes]) -> Equal {
    let samples = trained.first().map_or(0, |layer| layer.samples());
    let mut equal = Equal { samples, same: 0, spikes: 0, differing: 0 };
    for sample in 0..samples {
        let mut differing = 0;
        for (trained, played) in trained.iter().zip(played) {
            for step in 0..trained.steps() {
                let rows = trained.row(sample, step).iter().zip(played.row(sample, step));
                for (a, b) in rows {
                    equal.spikes += u64::from(a.count_ones());
                    differing += u64::from((a ^ b).count_ones());
                }
            }
        }
        equal.same += usize::from(differing == 0);
        equal.differing += differing;
    }
    equal
}
