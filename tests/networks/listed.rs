//! Networks of NEST 3.10.0 in which all is listed: `tests/golden/<name>/`, whose README says where they come from.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use neuropil::models::{self, Model};
use neuropil::network::{RecorderId, Value};
use neuropil::prelude::*;

/// A table of texts by column.
type Table = BTreeMap<String, Vec<String>>;

/// A listed network, and what NEST made of it.
pub struct Listed {
    pub network: Network,
    pub duration: f64,
    /// (step, neuron), sorted.
    pub spikes: Vec<Spike>,
    /// Columns of the recorded values by name, with `time_ms`.
    pub traces: BTreeMap<String, Vec<f64>>,
    /// Name of the population of each recorder of a potential, in order.
    pub watched: Vec<String>,
}

/// What a population is made of: a model, and parameters beside those of the file.
pub type Made = (Arc<dyn Model>, Vec<(String, f64)>);

/// The model with the lists of a population.
pub fn built_in(name: &str, lists: &[(&str, &[f64])]) -> Made {
    models::with_lists(name, lists, "test").unwrap()
}

fn file(case: &str, name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/golden/{case}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn table(case: &str, name: &str) -> Table {
    let mut text = String::new();
    flate2::read::GzDecoder::new(&file(case, name)[..]).read_to_string(&mut text).unwrap();
    let mut lines = text.lines().map(|line| line.split(','));
    let mut columns: Vec<(String, Vec<String>)> =
        lines.next().unwrap().map(|name| (name.to_owned(), Vec::new())).collect();
    for line in lines {
        line.zip(&mut columns).for_each(|(field, (_, column))| column.push(field.to_owned()));
    }
    columns.into_iter().collect()
}

fn numbers(column: &[String]) -> Vec<f64> {
    column.iter().map(|field| field.parse().unwrap()).collect()
}

fn indices(column: &[String]) -> Vec<u32> {
    column.iter().map(|field| field.parse().unwrap()).collect()
}

/// Makes a model of a name and lists.
type Make = dyn Fn(&str, &[(&str, &[f64])]) -> Made;

/// The population of an entry of `params.json`.
fn population(keys: &serde_json::Value, neurons: &Table, make: &Make) -> Population {
    let name = keys["name"].as_str().unwrap();
    let params = keys["params"].as_object().unwrap();
    let list = |value: &serde_json::Value| {
        value.as_array().map(|list| list.iter().map(|number| number.as_f64().unwrap()).collect::<Vec<f64>>())
    };
    let lists: Vec<(&str, Vec<f64>)> =
        params.iter().filter_map(|(name, value)| Some((name.as_str(), list(value)?))).collect();
    let lists: Vec<(&str, &[f64])> = lists.iter().map(|(name, list)| (*name, list.as_slice())).collect();
    let (model, more) = make(keys["model"].as_str().unwrap(), &lists);
    let mut population = Population::new(name, keys["size"].as_u64().unwrap() as u32, model).unwrap();
    for (name, value) in more {
        population.set(&name, value).unwrap();
    }
    for (name, value) in params {
        let value = value.as_f64().or_else(|| Some(f64::from(u8::from(value.as_bool()?))));
        value.into_iter().for_each(|value| population.set(name, value).unwrap());
    }
    for column in ["V_m", "I_e"].into_iter().filter(|column| neurons.contains_key(*column)) {
        let own = neurons[column].iter().zip(&neurons["population"]).filter(|(_, of)| *of == name);
        let own: Vec<f64> = own.map(|(value, _)| value.parse().unwrap()).collect();
        population.set(column, Value::each(own)).unwrap();
    }
    population
}

/// The listed network of this name, its models made by `make`.
pub fn listed(case: &str, make: &Make) -> Listed {
    let params: serde_json::Value = serde_json::from_slice(&file(case, "params.json")).unwrap();
    let neurons = table(case, "neurons.csv.gz");
    let mut network = Network::new(0.1.ms());
    let mut populations = Vec::new();
    for keys in params["populations"].as_array().unwrap() {
        populations.push(network.add_population(population(keys, &neurons, make)).unwrap());
    }
    let (first, rest) = populations.split_first().unwrap();
    let all = rest.iter().fold(first.clone(), |all, one| all.and(one));
    connect(&mut network, &all, &table(case, "connections.csv.gz"));
    let inputs = table(case, "inputs.csv.gz");
    let spikes = indices(&inputs["neuron"]).into_iter().zip(numbers(&inputs["time_ms"]));
    let given = Static::new(Value::each(numbers(&neurons["w_in"])), params["in_delay_ms"].as_f64().unwrap());
    let receptor = &params["in_receptor"];
    let given = if receptor.is_null() { given } else { given.at_receptor(receptor.as_str().unwrap_or("1")) };
    network.stimulate(&all, SpikeGenerator::listed(spikes), given).unwrap();
    network.record(&all, Spikes).unwrap();
    let mut watched = Vec::new();
    let traces = table(case, "traces.csv.gz");
    let times = numbers(&traces["time_ms"]);
    for neuron in params["watched_neurons"].as_array().unwrap() {
        let neuron = neuron.as_u64().unwrap() as u32;
        network.record(all.slice(neuron..neuron + 1), Variable::every("V_m", times[1] - times[0])).unwrap();
        let numbered = format!("V_m_{neuron}");
        let of_population = || format!("V_m_{}", neurons["population"][neuron as usize]);
        watched.push(if traces.contains_key(&numbered) { numbered } else { of_population() });
    }
    let expected = table(case, "spikes.csv.gz");
    let steps = numbers(&expected["time_ms"]).into_iter().map(|time| (time * 10.0).round() as u32);
    let mut spikes: Vec<Spike> = steps.zip(indices(&expected["neuron"])).map(|(step, id)| Spike { step, id }).collect();
    spikes.sort_unstable_by_key(|spike| (spike.step, spike.id));
    let traces = traces.iter().map(|(name, column)| (name.clone(), numbers(column))).collect();
    Listed { network, duration: params["T_ms"].as_f64().unwrap(), spikes, traces, watched }
}

/// Adds listed connections, a projection for each population and receptor that they reach.
fn connect(network: &mut Network, all: &Selection, table: &Table) {
    let unnamed = vec![String::new(); table["source"].len()];
    let receptors = table.get("receptor").unwrap_or(&unnamed);
    let mut names: Vec<&String> = receptors.iter().collect();
    names.sort();
    names.dedup();
    let (targets, weights, delays) =
        (indices(&table["target"]), numbers(&table["weight"]), numbers(&table["delay_ms"]));
    let sources = indices(&table["source"]);
    let reached: Vec<(u32, u32)> = network.populations().iter().map(|p| (p.first, p.first + p.size)).collect();
    for ((first, end), name) in reached.into_iter().flat_map(|range| names.iter().map(move |name| (range, *name))) {
        let own: Vec<usize> =
            (0..targets.len()).filter(|&i| receptors[i] == *name && (first..end).contains(&targets[i])).collect();
        if own.is_empty() {
            continue;
        }
        let each = |values: &[f64]| Value::each(own.iter().map(|&i| values[i]).collect::<Vec<f64>>());
        let pairs = Explicit::new(
            own.iter().map(|&i| sources[i]).collect::<Vec<u32>>(),
            own.iter().map(|&i| targets[i] - first).collect::<Vec<u32>>(),
        );
        // Each spike carries a factor of its source here.
        if name == "NMDA" {
            let synapse = Plastic::new("nmda_bw_2001_synapse", each(&weights), each(&delays)).unwrap();
            network.connect(all, all.slice(first..end), pairs, synapse.at_receptor(name)).unwrap();
            continue;
        }
        let synapse = Static::new(each(&weights), each(&delays));
        let synapse = if name.is_empty() { synapse } else { synapse.at_receptor(name) };
        network.connect(all, all.slice(first..end), pairs, synapse).unwrap();
    }
}

/// The outcome of `ms` of a listed network in f64: spikes, and the potentials of what was watched.
pub fn played(listed: &Listed, ms: f64) -> (Vec<Spike>, Vec<Vec<f64>>) {
    let device = Device::cpu().threads(2).precision(Precision::F64);
    let mut simulation = listed.network.build(device, Seed(1)).unwrap();
    simulation.run(ms.ms()).unwrap();
    let traces = (1..=listed.watched.len()).map(|recorder| simulation.samples(RecorderId(recorder)).unwrap().to_vec());
    (simulation.all_spikes().to_vec(), traces.collect())
}

/// Of two lists of spikes up to a step, those that have no partner of the same neuron at most `apart` steps away in the other.
pub fn unmatched(a: &[Spike], b: &[Spike], until: u32, apart: u32) -> Vec<Spike> {
    let by_neuron = |spikes: &[Spike]| {
        let mut by: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        spikes.iter().for_each(|spike| by.entry(spike.id).or_default().push(spike.step));
        by
    };
    let (a, mut b) = (by_neuron(a), by_neuron(b));
    let mut alone = Vec::new();
    for (id, steps) in a {
        let others = b.entry(id).or_default();
        for step in steps {
            match others.iter().position(|other| other.abs_diff(step) <= apart) {
                Some(place) => drop(others.remove(place)),
                None => alone.push(Spike { step, id }),
            }
        }
    }
    alone.extend(b.into_iter().flat_map(|(id, steps)| steps.into_iter().map(move |step| Spike { step, id })));
    alone.retain(|spike| spike.step <= until);
    alone
}
