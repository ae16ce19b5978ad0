//! The referee, a reference implementation: networks of LIF neurons with exponential synapses in continuous time, in
//! `f64`.
//!
//! Every spike is at the time at which its neuron reaches threshold, found between two events to the last bits; spikes
//! arrive after real-valued delays. A backward pass over the events gives the exact gradient of a loss by every weight
//! and every delay (Wunderlich & Pehle 2021, "Event-based backpropagation can compute exact gradients for spiking
//! neural networks", extended by a refractory period and by delays). The engine's gradients are compared with it.

mod adjoint;
mod forward;

use crate::error::{Error, Result};
use crate::models::{IafPscExp, Parameters};
use crate::tile::Neuron;
use crate::train::events::membrane::Membrane;

pub use adjoint::{EventGradient, Jump};
pub use forward::EventRun;

/// The source of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The neuron of this number.
    Neuron(u32),
    /// The input spike train of this number.
    Input(u32),
}

/// A connection: its spikes add `weight` to a synaptic current of the target after `delay`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Connection {
    /// The neuron or input whose spikes it transmits.
    pub source: Source,
    /// The neuron that it reaches.
    pub target: u32,
    /// Weight, pA: above 0 it is added to I_syn_ex, else to I_syn_in, as the engine does.
    pub weight: f64,
    /// Delay, ms, above 0.
    pub delay: f64,
}

impl Connection {
    /// The synaptic current that it adds to: 0 for excitation, 1 for inhibition.
    pub(crate) fn channel(&self) -> usize {
        usize::from(self.weight <= 0.0)
    }
}

/// A network in continuous time: neurons that start at E_L without currents, given spike trains, connections with
/// delays.
///
/// ```
/// use neuropil::models::IafPscExp;
/// use neuropil::train::events::{Connection, EventNetwork, Loss, Source, Term};
///
/// let connection = Connection { source: Source::Input(0), target: 0, weight: 4000.0, delay: 1.5 };
/// let net = EventNetwork::new(vec![IafPscExp::default()], vec![vec![1.0]], vec![connection])?;
/// let run = net.run(20.0)?;
/// let loss = Loss::new([Term::Time { neuron: 0, number: 0, factor: 1.0 }]);
/// let gradient = run.gradient(&loss)?;
/// // More weight, an earlier spike; more delay, a spike as much later.
/// assert!(gradient.weights[0] < 0.0 && (gradient.delays[0] - 1.0).abs() < 1e-12);
/// # Ok::<(), neuropil::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct EventNetwork {
    membranes: Vec<Membrane>,
    inputs: Vec<Vec<f64>>,
    connections: Vec<Connection>,
    /// Numbers of the connections of each source: of neurons, then of inputs.
    leaving: Vec<Vec<u32>>,
}

impl EventNetwork {
    /// A network of `neurons`, each with parameters of its own, driven by `inputs`: times of spikes in ms.
    ///
    /// # Errors
    /// Parameters out of bounds, an end of a connection that does not exist, a delay of 0 or less, a number that is not
    /// finite, a spike before time 0.
    pub fn new(neurons: Vec<IafPscExp>, inputs: Vec<Vec<f64>>, connections: Vec<Connection>) -> Result<EventNetwork> {
        neurons.iter().enumerate().try_for_each(|(i, neuron)| check_neuron(i, neuron))?;
        for (input, times) in inputs.iter().enumerate() {
            if let Some(time) = times.iter().find(|time| !(time.is_finite() && **time >= 0.0)) {
                let problem = format!("a spike at {time} ms; give times of 0 ms or later");
                return Err(Error::invalid(format!("input {input}"), problem));
            }
        }
        let (count, trains) = (neurons.len(), inputs.len());
        let mut leaving = vec![Vec::new(); count + trains];
        for (index, connection) in connections.iter().enumerate() {
            let place = || format!("connection {index}");
            let Connection { source, target, weight, delay } = *connection;
            let (row, known) = match source {
                Source::Neuron(neuron) => (neuron as usize, (neuron as usize) < count),
                Source::Input(input) => (count + input as usize, (input as usize) < trains),
            };
            if !known || target as usize >= count {
                let problem = format!(
                    "{source:?} -> {target} has an end that does not exist; there are {count} neurons and {trains} inputs"
                );
                return Err(Error::invalid(place(), problem));
            }
            if !(weight.is_finite() && delay.is_finite() && delay > 0.0) {
                let problem =
                    format!("weight {weight} pA, delay {delay} ms: both must be finite, and the delay above 0");
                return Err(Error::invalid(place(), problem));
            }
            leaving[row].push(index as u32);
        }
        let membranes = neurons.iter().map(Membrane::new).collect();
        Ok(EventNetwork { membranes, inputs, connections, leaving })
    }

    /// The number of neurons.
    pub fn neurons(&self) -> u32 {
        self.membranes.len() as u32
    }

    /// The connections, in the order in which they were given.
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// The same network with other weights (pA) and delays (ms), one each per connection.
    ///
    /// # Errors
    /// Lists of another length, and as [`EventNetwork::new`].
    pub fn with(&self, weights: &[f64], delays: &[f64]) -> Result<EventNetwork> {
        let count = self.connections.len();
        if weights.len() != count || delays.len() != count {
            let problem = format!("{} weights and {} delays for {count} connections", weights.len(), delays.len());
            return Err(Error::invalid("connections", problem));
        }
        if let Some(index) = delays.iter().zip(weights).position(|(d, w)| !(d.is_finite() && *d > 0.0 && w.is_finite()))
        {
            let problem = "its weight and delay must be finite, and the delay above 0";
            return Err(Error::invalid(format!("connection {index}"), problem));
        }
        let mut changed = self.clone();
        for ((connection, &weight), &delay) in changed.connections.iter_mut().zip(weights).zip(delays) {
            (connection.weight, connection.delay) = (weight, delay);
        }
        Ok(changed)
    }
}

/// Checks the parameters of neuron `index` by the bounds and the rule of the model.
fn check_neuron(index: usize, neuron: &IafPscExp) -> Result<()> {
    let values = (*neuron).list();
    let named = IafPscExp::DECLARATION.parameters.iter().zip(&values);
    let bad = named.clone().find_map(|(parameter, value)| {
        let rule = parameter.bound.broken_by(*value);
        Some((parameter.name, *value, rule?.to_owned()))
    });
    let bad = bad.or_else(|| {
        let (field, rule) = neuron.broken_rule()?;
        let value = named.clone().find(|(parameter, _)| parameter.name == field).map_or(f64::NAN, |(_, value)| *value);
        Some((field, value, rule))
    });
    match bad {
        None => Ok(()),
        Some((field, value, rule)) => {
            Err(Error::Parameter { population: format!("neurons[{index}]"), field: field.into(), value, rule })
        }
    }
}
