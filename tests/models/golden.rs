//! The committed traces of single neurons; tests/golden/README.md says where they come from.

use std::io::{Cursor, Read};

use super::drive::{Input, Values};

/// Resolution of the traces, ms.
pub const DT: f64 = 0.1;
/// Steps that were simulated; spikes are known to the end, V_m for the first 2,990.
const STEPS: usize = 3000;

/// One neuron, what it was given and what NEST recorded.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Case {
    /// Key in the files.
    #[serde(skip)]
    pub name: String,
    /// NEST model.
    pub model: String,
    weight_ex: f64,
    weight_in: f64,
    delay_ms: f64,
    /// Whether the input spikes reach the neuron.
    pub input: bool,
    /// Parameters, and V_m at the start.
    pub parameters: Values,
    /// V_m at the end of each step, mV.
    #[serde(skip)]
    pub potential: Vec<f64>,
    /// Steps with a spike, counted from 1.
    #[serde(skip)]
    pub spikes: Vec<usize>,
    #[serde(skip)]
    emitted: [Vec<usize>; 2],
}

impl Case {
    /// The input, with weights multiplied by `sign` and every delay `shift` steps longer.
    pub fn input_changed(&self, sign: f64, shift: isize) -> Input {
        let mut input = Input::none(STEPS);
        let delay = (self.delay_ms / DT).round() as isize + shift;
        for (emitted, weight) in self.emitted.iter().zip([self.weight_ex, self.weight_in]) {
            for step in emitted.iter().filter(|_| self.input) {
                input = input.spike((*step as isize + delay) as usize, sign * weight);
            }
        }
        input
    }

    /// The input as NEST had it.
    pub fn given(&self) -> Input {
        self.input_changed(1.0, 0)
    }
}

/// All cases, by name.
pub fn cases() -> Vec<Case> {
    let listed = include_str!("../golden/single_neurons.json");
    let listed: std::collections::BTreeMap<String, Case> = serde_json::from_str(listed).unwrap();
    let mut arrays = zip::ZipArchive::new(Cursor::new(include_bytes!("../golden/single_neurons.npz"))).unwrap();
    let mut array = |key: &str| {
        let mut bytes = Vec::new();
        arrays.by_name(&format!("{key}.npy")).unwrap().read_to_end(&mut bytes).unwrap();
        npyz::NpyFile::new(&bytes[..]).unwrap().into_vec::<f64>().unwrap()
    };
    let emitted = [steps(&array("in_exc")), steps(&array("in_inh"))];
    let filled = listed.into_iter().map(|(name, case)| Case {
        potential: array(&format!("{name}__V_m")),
        spikes: steps(&array(&format!("{name}__spikes"))),
        emitted: emitted.clone(),
        name,
        ..case
    });
    filled.collect()
}

fn steps(times_ms: &[f64]) -> Vec<usize> {
    times_ms.iter().map(|t| (t / DT).round() as usize).collect()
}
