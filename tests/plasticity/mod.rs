//! Synapses with memory: what NEST makes of the same networks, and what no layout, stop or number of threads may change.

mod domains;
pub mod invariance;
mod nest;
#[cfg(feature = "cli")]
mod program;
pub mod recorded;
mod rules;
pub mod sent;
pub mod signs;

use std::io::Read;

use neuropil::models;
use neuropil::network::{Explicit, Population, Synapse};
use neuropil::prelude::*;

/// The columns of a compressed table in `nest/`, by name; empty cells are NaN, words their length.
pub struct Columns(Vec<(String, Vec<f64>)>);

impl Columns {
    pub fn read(file: &str) -> Columns {
        let path = format!("{}/tests/plasticity/nest/{file}.csv.gz", env!("CARGO_MANIFEST_DIR"));
        let mut text = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
        let mut lines = text.lines();
        let mut columns: Vec<(String, Vec<f64>)> =
            lines.next().unwrap().split(',').map(|name| (name.to_owned(), Vec::new())).collect();
        for line in lines {
            for ((_, column), cell) in columns.iter_mut().zip(line.split(',')) {
                column.push(cell.parse().unwrap_or(if cell == "nan" { f64::NAN } else { cell.len() as f64 }));
            }
        }
        Columns(columns)
    }
    pub fn get(&self, name: &str) -> &[f64] {
        &self.0.iter().find(|(own, _)| own == name).unwrap_or_else(|| panic!("no column {name}")).1
    }
    pub fn steps(&self, name: &str) -> Vec<u32> {
        self.get(name).iter().map(|ms| (ms * 10.0).round() as u32).collect()
    }
    pub fn ids(&self, name: &str) -> Vec<u32> {
        self.get(name).iter().map(|&id| id as u32).collect()
    }
    pub fn spikes(&self) -> Vec<Spike> {
        let mut spikes: Vec<Spike> =
            self.steps("time_ms").into_iter().zip(self.ids("neuron")).map(|(step, id)| Spike::new(step, id)).collect();
        spikes.sort();
        spikes
    }
}

/// The neurons of a listed network with their input.
pub fn listed(folder: &str, weight: f64) -> (Network, Selection) {
    let neurons = Columns::read(&format!("{folder}/neurons"));
    let inputs = Columns::read(&format!("{folder}/inputs"));
    let mut net = Network::new(0.1.ms());
    let model = models::named("iaf_psc_exp", "test").unwrap();
    let mut population = Population::new("neurons", neurons.get("neuron").len() as u32, model).unwrap();
    for (name, value) in [
        ("C_m", 250.0),
        ("tau_m", 15.0),
        ("tau_syn_ex", 3.0),
        ("tau_syn_in", 6.0),
        ("t_ref", 2.0),
        ("E_L", -65.0),
        ("V_reset", -65.0),
        ("V_th", -52.0),
    ] {
        population.set(name, value).unwrap();
    }
    population.set("I_e", Value::each(neurons.get("I_e"))).unwrap();
    population.set("V_m", Value::each(neurons.get("V_m"))).unwrap();
    let all = net.add_population(population).unwrap();
    let spikes = inputs.ids("neuron").into_iter().zip(inputs.get("time_ms").iter().copied());
    net.stimulate(&all, SpikeGenerator::listed(spikes), Static::new(weight, 1.0)).unwrap();
    (net, all)
}

/// Joins the listed pairs that `which` takes; `synapse` is given the places of these in the list.
pub fn join<S: Into<Synapse>>(
    net: &mut Network,
    all: &Selection,
    pairs: &Columns,
    which: impl Fn(usize) -> bool,
    synapse: impl FnOnce(&dyn Fn(&str) -> Value) -> S,
) {
    let places: Vec<usize> = (0..pairs.get("source").len()).filter(|&k| which(k)).collect();
    let of = |name: &str| -> Vec<f64> { places.iter().map(|&k| pairs.get(name)[k]).collect() };
    let ids = |name: &str| -> Vec<u32> { of(name).into_iter().map(|id| id as u32).collect() };
    let synapse = synapse(&|name| Value::each(of(name)));
    net.connect(all, all, Explicit::new(ids("source"), ids("target")), synapse).unwrap();
}
