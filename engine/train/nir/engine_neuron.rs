//! Neurons of the engine that do what cells of a graph do, in the potential u = (v - v_leak) / scale.

use super::discretise::{Cell, Discretised, Synapse, euler_as_exact};
use super::options::Integration;
use crate::error::Result;
use crate::models;
use crate::network::{Population, Value};

/// A time constant, ms, with which nothing decays in any run.
const FOREVER: f64 = 1e30;
/// A threshold that is never met, mV.
pub(super) const NEVER: f64 = 1e30;

/// The parameters of one neuron of the engine, in NEST's units, with potentials relative to rest.
pub(super) struct EngineNeuron {
    tau: f64,
    capacitance: f64,
    threshold: f64,
    reset: f64,
    /// Whether it is reset by subtraction.
    subtracts: bool,
    tau_syn: f64,
    /// The factor from its V_m to the node's v - v_leak.
    pub scale: f64,
    /// The node's v_leak.
    pub leak: f64,
}

impl EngineNeuron {
    /// A neuron whose potential keeps nothing from step to step, with a threshold in mV, for steps of `dt` ms.
    pub fn memoryless(threshold: f64, dt: f64) -> EngineNeuron {
        let tau = dt / 1000.0;
        let reset = (threshold - 1.0).min(0.0);
        EngineNeuron { tau, capacitance: tau, threshold, reset, subtracts: false, tau_syn: dt, scale: 1.0, leak: 0.0 }
    }

    /// The neuron that does what a cell of `graph` does, `spikes` or not, and is reset by subtraction or not.
    ///
    /// # Errors
    /// What the engine's models cannot do exactly, as a sentence.
    pub fn new(cell: &Cell, graph: &Discretised, (spikes, subtracts): (bool, bool)) -> Result<EngineNeuron, String> {
        let dt = graph.dt * 1e3;
        let exact_ms = |name: &str, tau: f64| match graph.integration {
            Integration::Exact => Ok(tau * 1e3),
            Integration::Euler if tau > graph.dt => Ok(euler_as_exact(tau * 1e3, dt)),
            Integration::Euler => Err(format!(
                "{name} = {tau} s is dt, with which a step of Euler's forgets all; take Threshold, or exact"
            )),
        };
        let (tau, name) = (cell.tau, if cell.synapse.is_some() { "tau_mem" } else { "tau" });
        let tau = tau.map_or(Ok(FOREVER), |tau| exact_ms(name, tau))?;
        let (tau_syn, drive, capacitance) = match cell.synapse {
            None => (dt, 1.0, -tau * (-dt / tau).exp_m1()),
            Some(Synapse { k, tau: tau_syn, weight, .. }) => {
                if graph.integration == Integration::Exact {
                    let problem = "the engine takes what enters at the end of a step, and an exact CubaLIF spreads it over the step";
                    return Err(format!("{problem}; take euler"));
                }
                let tau_syn = exact_ms("tau_syn", tau_syn)?;
                (tau_syn, k * weight, models::propagators::exponential(tau_syn, tau, 1.0, dt))
            }
        };
        let scale = rounded_to_one(cell.k * cell.r * drive);
        if scale.is_nan() || scale <= 0.0 {
            let name = if cell.r > 0.0 { "w_in" } else { "r" };
            return Err(format!("{name} must be greater than 0, so that weights keep their signs"));
        }
        let (threshold, reset) = match spikes {
            true => (next_above((cell.threshold - cell.leak) / scale), (cell.reset - cell.leak) / scale),
            false => (NEVER, 0.0),
        };
        if subtracts && cell.reset != cell.leak {
            let problem = "its reset by subtraction leads from v_threshold to v_reset, and in the engine to rest";
            return Err(format!("{problem}; make v_reset = {} and v_leak = {} equal", cell.reset, cell.leak));
        }
        if reset >= threshold {
            return Err(format!("v_reset = {} must be below v_threshold = {}", cell.reset, cell.threshold));
        }
        Ok(EngineNeuron { tau, capacitance, threshold, reset, subtracts, tau_syn, scale, leak: cell.leak })
    }
}

/// `scale`, or 1 where it is 1 but for rounding, as in a graph that was written with r = 1/k.
fn rounded_to_one(scale: f64) -> f64 {
    if (scale - 1.0).abs() < 4.0 * f64::EPSILON { 1.0 } else { scale }
}

/// The least f32 above a value: NIR's neurons spike above their threshold, the engine's at theirs.
pub(super) fn next_above(value: f64) -> f64 {
    let near = value as f32;
    f64::from(if f64::from(near) > value { near } else { near.next_up() })
}

/// Sets the parameters of a population of `model` to those of `neurons`: one value where all are the same, else one for
/// each.
pub(super) fn set_parameters(population: &mut Population, neurons: &[EngineNeuron], model: &str) -> Result<()> {
    let mut give = |name: &str, of: fn(&EngineNeuron) -> f64| {
        let values: Vec<f64> = neurons.iter().map(of).collect();
        let first = values.first().copied().unwrap_or(0.0);
        let value =
            if values.iter().all(|value| *value == first) { Value::Constant(first) } else { Value::each(values) };
        population.set(name, value)
    };
    give("E_L", |_| 0.0)?;
    give("t_ref", |_| 0.0)?;
    give("tau_m", |neuron| neuron.tau)?;
    give("C_m", |neuron| neuron.capacitance)?;
    give("V_th", |neuron| neuron.threshold)?;
    give("V_reset", |neuron| neuron.reset)?;
    match model {
        "iaf_psc_exp" => {
            give("tau_syn_ex", |neuron| neuron.tau_syn)?;
            give("tau_syn_in", |neuron| neuron.tau_syn)
        }
        "lif_neuron" => give("subtract", |neuron| f64::from(u8::from(neuron.subtracts))),
        "cuba_lif_neuron" => {
            give("tau_syn", |neuron| neuron.tau_syn)?;
            give("subtract", |neuron| f64::from(u8::from(neuron.subtracts)))
        }
        _ => Ok(()),
    }
}
