//! Populations of the engine as nodes of NIR.

use std::collections::BTreeMap;

use super::graph::Node;
use super::options::Integration;
use super::{Data, Kind};
use crate::error::{Error, Result};
use crate::models::propagators;
use crate::network::{Population, Value};

/// From here on a threshold, mV, is never met, and nothing decays with a time constant, ms.
const FOREVER: f64 = 1e29;

/// The parameters of a population, neuron by neuron, by NEST's names.
pub(super) struct Neurons {
    /// The values of each parameter, one for each neuron.
    values: BTreeMap<&'static str, Vec<f64>>,
    /// Whether the neurons have a synaptic current.
    exponential: bool,
    /// Whether they are reset by subtraction.
    subtracts: bool,
}

impl Neurons {
    /// The parameters of a population; `place` names it in errors.
    ///
    /// # Errors
    /// Parameters that are drawn, and values that NIR cannot express.
    pub fn new(population: &Population, place: &str) -> Result<Neurons> {
        let declaration = population.model.declaration();
        if let Some(at) = population.parameters.iter().position(|value| matches!(value, Value::Random { .. })) {
            let name = declaration.parameters.get(at).map_or("", |parameter| parameter.name);
            return Err(Error::invalid(place, format!("{name} is drawn; give its values one by one")));
        }
        let mut values: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
        for i in 0..population.size {
            for (parameter, value) in declaration.parameters.iter().zip(population.parameters_of(i, 0)?) {
                values.entry(parameter.name).or_default().push(value);
            }
        }
        let exponential = matches!(declaration.name, "iaf_psc_exp" | "cuba_lif_neuron");
        let subtracts = values.get("subtract").is_some_and(|all| all.iter().any(|&subtracts| subtracts != 0.0));
        if subtracts && values.get("subtract").is_some_and(|all| all.contains(&0.0)) {
            let problem = "some are reset by subtraction and some to V_reset; make them two populations";
            return Err(Error::invalid(place, problem));
        }
        add_missing(&mut values, population.size as usize);
        let neurons = Neurons { values, exponential, subtracts };
        let any = |name: &str, wrong: &dyn Fn(f64) -> bool| neurons.get(name).iter().any(|&value| wrong(value));
        if any("t_ref", &|t_ref| t_ref > 0.0) {
            return Err(Error::invalid(place, "t_ref is above 0, and NIR has no refractory period; set t_ref = 0"));
        }
        if any("V_min", &|v_min| v_min > f64::from(f32::MIN)) {
            return Err(Error::invalid(place, "V_min is set, and NIR has no lowest potential; leave it out"));
        }
        if neurons.get("tau_syn_ex") != neurons.get("tau_syn_in") {
            return Err(Error::invalid(
                place,
                "tau_syn_ex and tau_syn_in differ, and NIR has one tau_syn; make them equal",
            ));
        }
        Ok(neurons)
    }

    /// Whether the neurons have a synaptic current.
    pub fn has_current(&self) -> bool {
        self.exponential
    }

    /// The values of a parameter, one for each neuron; empty if the model does not have it.
    fn get(&self, name: &str) -> &[f64] {
        self.values.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// A value for each neuron, computed by `of` from the parameters `names`.
    fn each<const N: usize>(&self, names: [&str; N], of: impl Fn([f64; N]) -> f64) -> Data {
        let size = self.get("E_L").len();
        let at = |i: usize| names.map(|name| self.get(name).get(i).copied().unwrap_or(0.0));
        Data::list(&(0..size).map(|i| of(at(i))).collect::<Vec<f64>>())
    }

    /// Whether all values of a parameter meet a rule.
    fn all(&self, name: &str, meets: impl Fn(f64) -> bool) -> bool {
        self.get(name).iter().all(|&value| meets(value))
    }

    /// What the constant current adds to the potential in each step, mV, if it adds anything.
    pub fn bias(&self, dt: f64) -> Option<Vec<f64>> {
        let bias = self.each(["I_e", "tau_m", "C_m"], |[i, tau, c]| -i * tau / c * (-dt / tau).exp_m1()).numbers()?;
        bias.iter().any(|bias| *bias != 0.0).then_some(bias)
    }

    /// The node of NIR whose steps are those of the engine.
    ///
    /// # Errors
    /// Neurons without a leak whose rest is not 0, a current that is to be followed exactly.
    pub fn node(&self, dt: f64, integration: Integration, place: &str) -> Result<Node> {
        let fraction = |tau: f64| -(-dt / tau).exp_m1();
        let in_s = |tau: f64| match integration {
            Integration::Exact => tau / 1e3,
            Integration::Euler => dt / fraction(tau) / 1e3,
        };
        let never = self.all("V_th", |v_th| v_th >= FOREVER);
        let threshold = self.each(["V_th", "E_L"], |[v_th, e_l]| e_l + just_below(v_th - e_l));
        let reset =
            if self.subtracts { self.each(["E_L"], |[e_l]| e_l) } else { self.each(["V_reset"], |[reset]| reset) };
        let spiking = [("v_threshold", threshold), ("v_reset", reset)];
        let spiking = || if never { Vec::new() } else { spiking.clone().to_vec() };
        if self.exponential {
            if integration == Integration::Exact {
                let problem = "iaf_psc_exp takes what enters at the end of a step, and an exact CubaLIF over the step; write it for euler";
                return Err(Error::invalid(place, problem));
            }
            let response = |[tau_syn, tau, c]: [f64; 3]| propagators::exponential(tau_syn, tau, c, dt) / fraction(tau);
            let data = [
                ("tau_mem", self.each(["tau_m"], |[tau]| in_s(tau))),
                ("tau_syn", self.each(["tau_syn_ex"], |[tau]| in_s(tau))),
                ("r", self.each(["tau_syn_ex", "tau_m", "C_m"], response)),
                ("v_leak", self.each(["E_L", "I_e", "tau_m", "C_m"], |[e_l, i, tau, c]| e_l + i * tau / c)),
                ("w_in", self.each(["tau_syn_ex"], |[tau]| 1.0 / fraction(tau))),
            ];
            let kind = if never { Kind::CubaLi } else { Kind::CubaLif };
            return self.with_reset(Node::new(kind, data.into_iter().chain(spiking())));
        }
        if self.all("tau_m", |tau| tau >= FOREVER) {
            let kind = if never { Kind::I } else { Kind::If };
            let zero = self.all("E_L", |e_l| e_l == 0.0);
            if !zero {
                return Err(Error::invalid(place, "it has no leak, and NIR's IF starts at 0; set E_L = 0"));
            }
            let r = self.each(["tau_m"], |_| 1e3 / dt);
            return self.with_reset(Node::new(kind, [("r", r)].into_iter().chain(spiking())));
        }
        let data = [
            ("tau", self.each(["tau_m"], |[tau]| in_s(tau))),
            ("r", self.each(["tau_m"], |[tau]| 1.0 / fraction(tau))),
            ("v_leak", self.each(["E_L"], |[e_l]| e_l)),
        ];
        let kind = if never { Kind::Li } else { Kind::Lif };
        self.with_reset(Node::new(kind, data.into_iter().chain(spiking())))
    }

    /// The node, with metadata about its reset where that is not NIR's own.
    fn with_reset(&self, node: Result<Node>) -> Result<Node> {
        let node = node?;
        Ok(if self.subtracts && node.kind().spikes() {
            node.with_metadata("reset", Data::text("subtract"))
        } else {
            node
        })
    }
}

/// Adds the parameters that some models lack, with the values at which others do the same.
fn add_missing(values: &mut BTreeMap<&'static str, Vec<f64>>, size: usize) {
    if let Some(tau_syn) = values.get("tau_syn").cloned() {
        values.insert("tau_syn_ex", tau_syn.clone());
        values.insert("tau_syn_in", tau_syn);
    }
    for name in ["V_th", "tau_m"] {
        values.entry(name).or_insert_with(|| vec![10.0 * FOREVER; size]);
    }
}

/// Half-way between a threshold in f32 and the number below it: what exceeds it is at the threshold or above.
fn just_below(threshold: f64) -> f64 {
    let own = threshold as f32;
    (f64::from(own) + f64::from(own.next_down())) / 2.0
}
