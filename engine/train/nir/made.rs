//! Neurons of the engine that do what cells of a graph do, in the potential u = (v - v_leak) / scale.

use super::discretise::{Cell, Discretised, Synapse, euler_as_exact};
use super::options::Integration;
use crate::error::Result;
use crate::models;
use crate::network::{Population, Value};

/// A time constant, ms, after which nothing is lost in any run.
const FOREVER: f64 = 1e30;
/// A threshold that is never met, mV.
pub(super) const NEVER: f64 = 1e30;

/// Parameters of one neuron of the engine.
pub(super) struct Made {
    tau: f64,
    capacitance: f64,
    threshold: f64,
    reset: f64,
    subtracts: bool,
    tau_syn: f64,
    /// What its V_m is multiplied by for the node's v - v_leak.
    pub scale: f64,
    /// The node's v_leak.
    pub leak: f64,
}

impl Made {
    /// A neuron of which nothing is left after a step.
    pub fn memoryless(threshold: f64, dt: f64) -> Made {
        let tau = dt / 1000.0;
        let reset = (threshold - 1.0).min(0.0);
        Made { tau, capacitance: tau, threshold, reset, subtracts: false, tau_syn: dt, scale: 1.0, leak: 0.0 }
    }

    /// The neuron that does what a cell does: whether it spikes, and whether it is reset by subtraction.
    ///
    /// # Errors
    /// What the engine's models cannot do exactly, in words.
    pub fn new(cell: &Cell, graph: &Discretised, (spikes, subtracts): (bool, bool)) -> Result<Made, String> {
        let dt = graph.dt * 1e3;
        let exact = |name: &str, tau: f64| match graph.integration {
            Integration::Exact => Ok(tau * 1e3),
            Integration::Euler if tau > graph.dt => Ok(euler_as_exact(tau * 1e3, dt)),
            Integration::Euler => Err(format!(
                "{name} = {tau} s is dt, with which a step of Euler's forgets all; take Threshold, or exact"
            )),
        };
        let (tau, name) = (cell.tau, if cell.synapse.is_some() { "tau_mem" } else { "tau" });
        let tau = tau.map_or(Ok(FOREVER), |tau| exact(name, tau))?;
        let (tau_syn, drive, capacitance) = match cell.synapse {
            None => (dt, 1.0, -tau * (-dt / tau).exp_m1()),
            Some(Synapse { k, tau: tau_syn, weight, .. }) => {
                if graph.integration == Integration::Exact {
                    let problem = "the engine takes what enters at the end of a step, and an exact CubaLIF spreads it over the step";
                    return Err(format!("{problem}; take euler"));
                }
                let tau_syn = exact("tau_syn", tau_syn)?;
                (tau_syn, k * weight, models::propagators::exponential(tau_syn, tau, 1.0, dt))
            }
        };
        let scale = snapped(cell.k * cell.r * drive);
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
        Ok(Made { tau, capacitance, threshold, reset, subtracts, tau_syn, scale, leak: cell.leak })
    }
}

/// 1 where it is 1 but for rounding, as of a graph that was written with r = 1/k.
fn snapped(scale: f64) -> f64 {
    if (scale - 1.0).abs() < 4.0 * f64::EPSILON { 1.0 } else { scale }
}

/// The next f32 above: NIR's neurons spike above their threshold, the engine's at theirs.
pub(super) fn next_above(value: f64) -> f64 {
    let near = value as f32;
    f64::from(if f64::from(near) > value { near } else { near.next_up() })
}

/// Sets the parameters of a population, one each where they differ.
pub(super) fn set(population: &mut Population, made: &[Made], model: &str) -> Result<()> {
    let mut give = |name: &str, of: fn(&Made) -> f64| {
        let values: Vec<f64> = made.iter().map(of).collect();
        let first = values.first().copied().unwrap_or(0.0);
        let value =
            if values.iter().all(|value| *value == first) { Value::Constant(first) } else { Value::each(values) };
        population.set(name, value)
    };
    give("E_L", |_| 0.0)?;
    give("t_ref", |_| 0.0)?;
    give("tau_m", |made| made.tau)?;
    give("C_m", |made| made.capacitance)?;
    give("V_th", |made| made.threshold)?;
    give("V_reset", |made| made.reset)?;
    match model {
        "iaf_psc_exp" => {
            give("tau_syn_ex", |made| made.tau_syn)?;
            give("tau_syn_in", |made| made.tau_syn)
        }
        "lif_neuron" => give("subtract", |made| f64::from(u8::from(made.subtracts))),
        "cuba_lif_neuron" => {
            give("tau_syn", |made| made.tau_syn)?;
            give("subtract", |made| f64::from(u8::from(made.subtracts)))
        }
        _ => Ok(()),
    }
}
