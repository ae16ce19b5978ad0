//! A kernel as a network of the engine: at each place a synapse for each weight that is not zero, with the weight's
//! delay.

use super::kernel::Kernel;
use super::movie::check_memory;
use super::patch::Movie;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::models::{IafPscDelta, ParrotNeuron};
use crate::network::{Explicit, Network, SpikeGenerator, Static, Value};
use crate::plan::PlanOptions;
use crate::seed::Seed;
use crate::simulation::Simulation;
use crate::time::Time;
use crate::train::Spikes;

/// The duration of a step, ms.
const DT: f64 = 1.0;
/// The time constant of a neuron that forgets all within a step, ms: e^(-1000) is 0 in any precision.
const FORGETS: f64 = 1e-3;
/// The number of steps by which an output spike in the engine comes later than in the convolution: no spike is sent at
/// time 0, and a relay and a synapse take a step each.
const LATER: usize = 3;
/// The largest number of synapses of such a network.
const MAX_SYNAPSES: u64 = 1 << 28;

/// A network with a movie's events as input, which fires where [`fire`](super::fire) does, 3 steps later.
///
/// Relays are the pixels, ON first; each place that the kernel fits around has a neuron for each class, in the order
/// [rows, columns, classes]: `iaf_psc_delta` with a time constant so short that it is a threshold without memory. It
/// fires where the sum of weights is at least -bias.
///
/// # Errors
/// A class whose bias is not below 0, which would fire without input; more than 2²⁸ synapses; what
/// [`fire`](super::fire) refuses.
pub fn network(kernel: &Kernel, events: &Spikes) -> Result<Network> {
    let (movie, extent) = (Movie::new(events)?, kernel.extent());
    let [rows, columns] = movie.checked_valid(extent)?;
    let classes = kernel.classes();
    if let Some(class) = kernel.bias().iter().position(|&bias| bias >= 0.0) {
        let problem = format!(
            "class {class} has a bias of {}, and would fire of nothing; give it one below 0",
            kernel.bias()[class]
        );
        return Err(Error::invalid("kernel", problem));
    }
    let synapses = kernel.count().saturating_mul((rows * columns) as u64);
    if synapses > MAX_SYNAPSES {
        let problem = format!(
            "it makes {synapses} synapses, and at most {MAX_SYNAPSES} are played; prune it, or give a smaller field"
        );
        return Err(Error::invalid("kernel", problem));
    }
    check_memory("kernel's synapses", &[synapses as usize], 192)?;
    let mut network = Network::new(Time::from_ms(DT));
    let relays = network.add("pixels", (2 * movie.height * movie.width) as u32, ParrotNeuron {})?;
    let neuron = IafPscDelta { E_L: 0.0, V_reset: 0.0, tau_m: FORGETS, t_ref: 0.0, ..IafPscDelta::default() };
    let outputs = network.add("classes", (rows * columns * classes) as u32, neuron)?;
    let thresholds = (0..rows * columns).flat_map(|_| kernel.bias().iter().map(|&bias| -f64::from(bias)));
    network.set("classes", "V_th", Value::each(thresholds.collect::<Vec<f64>>()))?;
    let mut lists = Lists::default();
    for class in 0..classes {
        for (feature, &weight) in kernel.of(class).iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            let [polarity, delay, down, across] = extent.place(feature);
            for place in 0..rows * columns {
                let (row, column) =
                    (place / columns + extent.height - 1 - down, place % columns + extent.width - 1 - across);
                lists.from.push(((polarity * movie.height + row) * movie.width + column) as u32);
                lists.to.push((place * classes + class) as u32);
                lists.weights.push(f64::from(weight));
                lists.delays.push((delay + 1) as f64 * DT);
            }
        }
    }
    if !lists.from.is_empty() {
        let synapse = Static::new(Value::each(lists.weights), Value::each(lists.delays));
        network.connect(&relays, &outputs, Explicit::new(lists.from, lists.to), synapse)?;
    }
    let times =
        (0..movie.steps).flat_map(|step| events.firing(0, step).map(move |unit| (unit as u32, (step + 1) as f64 * DT)));
    network.stimulate(&relays, SpikeGenerator::listed(times.collect::<Vec<_>>()), Static::new(1.0, DT))?;
    Ok(network)
}

/// The synapses of the network, as lists.
#[derive(Default)]
struct Lists {
    from: Vec<u32>,
    to: Vec<u32>,
    weights: Vec<f64>,
    delays: Vec<f64>,
}

/// The output of the engine for a movie.
#[derive(Debug)]
pub struct Played {
    /// Spikes, [1, steps, rows, columns, classes].
    pub spikes: Spikes,
    /// The number of synapses of the network.
    pub synapses: u64,
    /// The number of events: spikes that arrived at synapses.
    pub events: u64,
}

/// The spikes of a kernel as the engine plays it on `device`, each in the step in which [`fire`](super::fire) has it.
///
/// # Errors
/// As [`network`], and whatever building and running refuse.
pub fn play(kernel: &Kernel, events: &Spikes, device: Device) -> Result<Played> {
    let movie = Movie::new(events)?;
    let ([rows, columns], classes) = (movie.checked_valid(kernel.extent())?, kernel.classes());
    let mut network = network(kernel, events)?;
    let outputs = network.population("classes", "kernel")?;
    network.record(&outputs, crate::network::Spikes)?;
    let mut simulation = Simulation::new(network, device, Seed(1), &PlanOptions::default())?;
    simulation.run(Time::from_ms((movie.steps + LATER) as f64 * DT))?;
    let mut spikes = Spikes::silent("output", &[1, movie.steps, rows, columns, classes])?;
    let pixels = 2 * movie.height * movie.width;
    for spike in simulation.all_spikes() {
        let (unit, step) = ((spike.id as usize).checked_sub(pixels), (spike.step as usize).checked_sub(LATER));
        if let (Some(unit), Some(step)) = (unit, step.filter(|&step| step < movie.steps)) {
            spikes.set(0, step, unit);
        }
    }
    let synapses = kernel.count() * (rows * columns) as u64;
    Ok(Played { spikes, synapses, events: simulation.events() })
}
