//! Models read from text.

use neuropil::equations::evaluate;
use neuropil::equations::text::{Functions, Kind, Model, Start, Variable};

pub const AEIF: &str = include_str!("texts/aeif.toml");
pub const ASTROCYTE: &str = include_str!("texts/astrocyte.toml");
pub const STDP: &str = include_str!("texts/stdp.toml");
pub const PSC_EXP: &str = include_str!("texts/iaf_psc_exp.toml");
pub const PSC_ALPHA: &str = include_str!("texts/iaf_psc_alpha.toml");
pub const COND_EXP: &str = include_str!("texts/iaf_cond_exp.toml");
pub const HH: &str = include_str!("texts/hh_psc_alpha.toml");

/// The one model of a text.
pub fn model(text: &str) -> Model {
    let mut models = Model::of_file("models.toml", text).unwrap();
    assert_eq!(models.len(), 1);
    models.remove(0)
}

/// A neuron or an astrocyte played in f64.
pub struct Played {
    pub model: Model,
    pub derived: Vec<f64>,
    /// As it is stored.
    pub state: Vec<f64>,
    /// What each variable is stored relative to.
    pub from: Vec<f64>,
}

impl Played {
    /// With some of the parameters set.
    pub fn new(text: &str, dt: f64, set: &[(&str, f64)]) -> Played {
        let model = model(text);
        let mut values: Vec<f64> = model.parameters.iter().map(|parameter| parameter.default).collect();
        let place = |name: &str| model.parameters.iter().position(|parameter| parameter.name == name).unwrap();
        for (name, value) in set {
            values[place(name)] = *value;
        }
        let start = |start: &Start| match start {
            Start::At(value) => *value,
            Start::Parameter(name) => values[place(name)],
        };
        let from = |variable: &Variable| variable.relative_to.as_ref().map_or(0.0, |name| values[place(name)]);
        let from: Vec<f64> = model.state.iter().map(from).collect();
        let state = model.state.iter().zip(&from).map(|(variable, from)| start(&variable.start) - from).collect();
        let derived = model.derived(&values, dt);
        Played { model, derived, state, from }
    }

    pub fn get(&self, name: &str) -> f64 {
        let place = self.model.state.iter().position(|variable| variable.name == name).unwrap();
        self.state[place] + self.from[place]
    }

    /// One step with what arrives at each receptor, and a current; how many spikes it emits.
    pub fn step(&mut self, arriving: &[f64], current: f64) -> u32 {
        let mut inputs = [self.derived.as_slice(), &self.state, arriving].concat();
        match &self.model.functions {
            Functions::Neuron { step, reset, max_spikes } => {
                inputs.push(current);
                self.state = evaluate(step, &inputs);
                let margin = self.state.pop().unwrap();
                if margin < 0.0 {
                    return 0;
                }
                self.state = evaluate(reset, &[self.derived.as_slice(), &self.state].concat());
                if *max_spikes > 1 { 1 + margin as u32 } else { 1 }
            }
            Functions::Astrocyte { step, .. } => {
                self.state = evaluate(step, &inputs);
                0
            }
            Functions::Synapse { .. } => panic!("a synapse has no steps"),
        }
    }

    /// The steps in which spikes are emitted, over some steps of a constant current.
    pub fn spikes(&mut self, steps: u32, current: f64) -> Vec<u32> {
        let silent = vec![0.0; self.model.receptors.len()];
        (1..=steps).flat_map(|step| vec![step; self.step(&silent, current) as usize]).collect()
    }
}

#[test]
fn a_neuron_an_astrocyte_and_a_synapse_are_read() {
    let aeif = model(AEIF);
    assert_eq!((aeif.kind(), aeif.name.as_str()), (Kind::Neuron, "aeif_mine"));
    let names: Vec<&str> = aeif.state.iter().map(|variable| variable.name.as_str()).collect();
    assert_eq!(names, ["V_m", "w", "g_ex", "g_in", "refractory"]);
    assert_eq!(aeif.state[0].start, Start::Parameter("E_L".into()));
    assert_eq!((aeif.parameters[0].name.as_str(), aeif.parameters[0].unit.as_str()), ("C_m", "pF"));
    assert_eq!((aeif.parameters[0].default, aeif.parameters[0].about.as_str()), (281.0, "membrane capacitance"));
    assert_eq!(model(ASTROCYTE).kind(), Kind::Astrocyte);
    assert_eq!(model(STDP).kind(), Kind::Synapse);
}
