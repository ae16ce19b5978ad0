//! What several tests need: small networks, fixtures.

pub mod altered;
pub mod decode;
pub mod distributed;
pub mod neurons;
#[cfg(feature = "cli")]
pub mod program;
pub mod room;
pub mod stimulated;

use neuropil::network::Value;
use neuropil::prelude::*;

/// A column of a CSV fixture in `tests/golden/`, as numbers.
pub fn columns(file: &str) -> Vec<Vec<f64>> {
    let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("fixture");
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for line in text.lines().skip(1) {
        for (i, field) in line.split(',').enumerate() {
            if columns.len() <= i {
                columns.push(Vec::new());
            }
            columns[i].push(field.parse().expect("a number"));
        }
    }
    columns
}

/// The network of `tests/golden/net100`, built through the library.
pub fn net100() -> Network {
    let (connections, neurons, inputs) =
        (columns("net100/connections.csv"), columns("net100/neurons.csv"), columns("net100/inputs.csv"));
    let mut net = Network::new(0.1.ms());
    let model = neuropil::models::named("iaf_psc_exp", "test").unwrap();
    let mut population = Population::new("neurons", 100, model).unwrap();
    let set = [("tau_syn_ex", 0.5), ("tau_syn_in", 0.5), ("E_L", -65.0), ("V_reset", -65.0), ("V_th", -50.0)];
    for (name, value) in set {
        population.set(name, value).unwrap();
    }
    population.set("V_m", Value::each(neurons[1].clone())).unwrap();
    population.set("I_e", Value::each(neurons[2].clone())).unwrap();
    let all = net.add_population(population).unwrap();
    let index = |column: &[f64]| column.iter().map(|&v| v as u32).collect::<Vec<u32>>();
    let explicit = Explicit::new(index(&connections[0]), index(&connections[1]));
    let synapse = Static::new(Value::each(connections[2].clone()), Value::each(connections[3].clone()));
    net.connect(&all, &all, explicit, synapse).unwrap();
    let listed = inputs[0].iter().zip(&inputs[1]).map(|(&n, &t)| (n as u32, t));
    net.stimulate(&all, SpikeGenerator::listed(listed), Static::new(640.0, 1.0)).unwrap();
    net.record(&all, Spikes).unwrap();
    net
}

/// A random network with everything in it: two populations, heterogeneous parameters and delays, Poisson and current
/// stimuli, several delay blocks.
pub fn mixed(neurons: u32) -> Network {
    let mut net = Network::new(0.1.ms());
    let model = neuropil::models::named("iaf_psc_exp", "test").unwrap();
    let mut exc = Population::new("exc", neurons * 4 / 5, model).unwrap();
    exc.set("V_m", Value::uniform(-70.0, -55.0)).unwrap();
    exc.set("V_th", Value::normal(-55.0, 0.5)).unwrap();
    let exc = net.add_population(exc).unwrap();
    let inh = net.add("inh", neurons - neurons * 4 / 5, IafPscExp { tau_m: 8.0, ..default() }).unwrap();
    let all = exc.and(&inh);
    let degree = (neurons / 10).max(1);
    let spread = Static::new(Value::normal(60.0, 6.0).within(0.0, 120.0), Value::uniform(0.3, 9.0));
    net.connect(&exc, &all, FixedIndegree(degree), spread).unwrap();
    net.connect(&inh, &all, PairwiseBernoulli(0.1), Static::new(-220.0, Value::normal(1.5, 0.7))).unwrap();
    net.stimulate(&all, PoissonGenerator::new(7000.0), Static::new(60.0, 1.5)).unwrap();
    let pulse = DcGenerator { amplitude: 120.0, start: 20.0, stop: 60.0 };
    net.stimulate(exc.slice(0..neurons / 4), pulse, Static::new(1.0, 1.0)).unwrap();
    net.record(&all, Spikes).unwrap();
    net.record(exc.slice(1..9), Variable::every("V_m", 0.7)).unwrap();
    net
}

/// What a run of `ms` gives: spikes, and the samples of recorder 1 where there is one.
pub fn run(net: &Network, device: Device, options: &PlanOptions, ms: f64) -> (Vec<Spike>, Vec<f64>) {
    let mut sim = Simulation::new(net.clone(), device, Seed(7), options).unwrap();
    sim.run(ms.ms()).unwrap();
    let samples = if net.recorders().len() > 1 {
        sim.samples(neuropil::network::RecorderId(1)).unwrap().to_vec()
    } else {
        Vec::new()
    };
    (sim.all_spikes().to_vec(), samples)
}
