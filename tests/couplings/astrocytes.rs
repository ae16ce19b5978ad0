//! Astrocytes against NEST 3.10: alone, and driven by the spikes of thirty neurons; `tests/golden/astro30`.

use super::read;
use crate::support::columns;
use neuropil::network::RecorderId;
use neuropil::prelude::*;

/// A neuron whose potential at the end of a step is the current in it: its time constant is 1/1000 of a step.
const METER: &str = r#"
[model.meter]
kind = "neuron"
about = "what flows in"
parameters = { tau = "0.0001 ms > 0: time constant", R = "1 mV/pA: resistance" }
state = { V_m = "0 mV: as many mV as pA flow in" }
dynamics = { equations = "V_m' = (R * I - V_m) / tau" }
"#;
const VARIABLES: [&str; 3] = ["IP3", "Ca_astro", "h_IP3R"];
/// Of IP3, calcium and h.
const RELATIVE: f64 = 1e-6;

fn table(file: &str) -> Vec<Vec<f64>> {
    columns(&format!("astro30/{file}"))
}

fn index(column: &[f64]) -> Vec<u32> {
    column.iter().map(|&v| v as u32).collect()
}

fn astrocytes(size: u32) -> Population {
    Population::new("astrocytes", size, neuropil::models::named("astrocyte_lr_1994", "test").unwrap()).unwrap()
}

/// The largest relative difference of samples of each variable from a table whose columns take turns in them.
fn difference(sim: &Simulation, table: &[Vec<f64>], size: usize) -> f64 {
    let mut most = 0.0f64;
    for (variable, recorder) in (0..3).map(RecorderId).enumerate() {
        let samples = sim.samples(recorder).unwrap();
        for (k, row) in samples.chunks(size).enumerate() {
            for (i, own) in row.iter().enumerate() {
                let known = table[1 + 3 * i + variable][k];
                most = most.max((own - known).abs() / known.abs());
            }
        }
    }
    most
}

fn run(net: Network, precision: Precision, ms: f64) -> Simulation {
    let device = Device::cpu().threads(1).precision(precision);
    let mut sim = Simulation::new(net, device, Seed(1), &PlanOptions::default()).unwrap();
    sim.run(ms.ms()).unwrap();
    sim
}

/// Two astrocytes for 20 s, the second driven by spikes of this weight and delay.
fn single(weight: f64, delay: f64) -> Network {
    let mut net = Network::new(0.1.ms());
    let mut population = astrocytes(2);
    population.set("delta_IP3", 0.2).unwrap();
    let both = net.add_population(population).unwrap();
    let spikes = SpikeGenerator::at(&table("single_spikes.csv")[0]);
    net.stimulate(both.slice(1..2), spikes, Static::new(weight, delay)).unwrap();
    for variable in VARIABLES {
        net.record(&both, Variable::every(variable, 1000.0)).unwrap();
    }
    net
}

#[test]
fn an_astrocyte_is_nests() {
    let known = table("single.csv");
    let apart = |net, precision| difference(&run(net, precision, 20_000.0), &known, 2);
    let exact = apart(single(1.0, 1.0), Precision::F64);
    let short = apart(single(1.0, 1.0), Precision::F32);
    println!("alone: {exact:.1e} of the value in f64, {short:.1e} in f32");
    assert!(exact < RELATIVE && short < 1e-2, "{exact:e}, {short:e}");
    // A step later, and a little stronger.
    let (late, strong) = (apart(single(1.0, 1.1), Precision::F64), apart(single(1.0001, 1.0), Precision::F64));
    assert!(late > RELATIVE && strong > RELATIVE, "{late:e}, {strong:e}");
}

/// The astrocytes of the network of thirty neurons, driven by the spikes these had, and meters in place of the neurons.
fn tripartite(weight: f64, delay: f64) -> Network {
    let mut net = Network::new(0.1.ms());
    let relays = net.add("relays", 30, ParrotNeuron::default()).unwrap();
    let known = table("astrocytes.csv");
    let mut population = astrocytes(20);
    for (column, name) in ["delta_IP3", "tau_IP3", "SIC_scale", "IP3", "Ca_astro", "h_IP3R"].iter().enumerate() {
        population.set(name, Value::each(known[column + 1].clone())).unwrap();
    }
    let astrocytes = net.add_population(population).unwrap();
    let meters = net.add_population(Population::new("meters", 30, read(METER)).unwrap()).unwrap();
    let spikes = table("spikes.csv");
    let earlier = spikes[0].iter().zip(&spikes[1]).map(|(neuron, time)| (*neuron as u32, time - 0.1));
    let earlier = earlier.map(|(neuron, time)| (neuron, (time * 10.0).round() / 10.0));
    net.stimulate(&relays, SpikeGenerator::listed(earlier), Static::new(1.0, 0.1)).unwrap();
    let third = table("third_in.csv");
    let list = Explicit::new(index(&third[0]), index(&third[1]));
    let synapse = Static::new(Value::each(third[2].clone()), Value::each(third[3].clone()));
    net.connect(&relays, &astrocytes, list, synapse).unwrap();
    let third = table("third_out.csv");
    let list = Explicit::new(index(&third[0]), index(&third[1]));
    let delays: Vec<f64> = third[3].iter().map(|ms| ms + delay).collect();
    let sic = Sic::new(Value::each(third[2].clone()).times(weight), Value::each(delays));
    net.couple(&astrocytes, &meters, list, sic).unwrap();
    for variable in VARIABLES {
        net.record(&astrocytes, Variable::every(variable, 150.0)).unwrap();
    }
    net.record(&meters, Variable::every("V_m", 0.1).between(149.9, f64::INFINITY)).unwrap();
    net
}

/// The largest difference of the current that flows from NEST's I_SIC, which is what flows in the next step, pA.
fn current_difference(sim: &Simulation) -> f64 {
    let (known, meters) = (table("sic.csv"), sim.samples(RecorderId(3)).unwrap());
    let mut most = 0.0f64;
    for (k, time) in known[0].iter().enumerate().filter(|(_, time)| **time < 3000.0) {
        let row = (time * 10.0).round() as usize + 1 - 1500;
        for (neuron, column) in known[1..].iter().enumerate() {
            most = most.max((meters[row * 30 + neuron] - column[k]).abs());
        }
    }
    most
}

#[test]
fn astrocytes_driven_by_nests_spikes_give_nests_currents() {
    let (states, ms) = (table("states.csv"), 3000.0);
    let sim = run(tripartite(1.0, 0.0), Precision::F64, ms);
    let (apart, current) = (difference(&sim, &states, 20), current_difference(&sim));
    println!("tripartite: {apart:.1e} of the value, currents within {current:.1e} pA");
    assert!(apart < RELATIVE && current < 1e-4, "{apart:e}, {current:e} pA");
    assert!(table("sic.csv")[1..].iter().flatten().any(|current| *current > 30.0));
    let late = current_difference(&run(tripartite(1.0, 0.1), Precision::F64, ms));
    let strong = current_difference(&run(tripartite(1.00001, 0.0), Precision::F64, ms));
    assert!(late > 1e-4 && strong > 1e-4, "{late:e}, {strong:e} pA");
}

/// The whole network: neurons, synapses, astrocytes, and currents of these.
fn whole(sic: f64) -> Network {
    let mut net = Network::new(0.1.ms());
    let given = table("neurons.csv");
    let model = neuropil::models::named("aeif_cond_alpha", "test").unwrap();
    let mut population = Population::new("neurons", 30, model).unwrap();
    for (name, value) in [("t_ref", 2.0), ("tau_syn_ex", 2.0), ("tau_syn_in", 4.0), ("b", 40.0)] {
        population.set(name, value).unwrap();
    }
    population.set("V_m", Value::each(given[1].clone())).unwrap();
    population.set("I_e", Value::each(given[2].clone())).unwrap();
    let neurons = net.add_population(population).unwrap();
    let known = table("astrocytes.csv");
    let mut population = astrocytes(20);
    for (column, name) in ["delta_IP3", "tau_IP3", "SIC_scale", "IP3", "Ca_astro", "h_IP3R"].iter().enumerate() {
        population.set(name, Value::each(known[column + 1].clone())).unwrap();
    }
    let astrocytes = net.add_population(population).unwrap();
    let inputs = table("inputs.csv");
    let inputs = inputs[0].iter().zip(&inputs[1]).map(|(neuron, time)| (*neuron as u32, *time));
    net.stimulate(&neurons, SpikeGenerator::listed(inputs), Static::new(6.0, 1.0)).unwrap();
    let listed = |file: &str| {
        let [sources, targets, weights, delays]: [Vec<f64>; 4] = table(file).try_into().unwrap();
        (Explicit::new(index(&sources), index(&targets)), Value::each(weights), Value::each(delays))
    };
    let (list, weights, delays) = listed("connections.csv");
    net.connect(&neurons, &neurons, list, Static::new(weights, delays)).unwrap();
    let (list, weights, delays) = listed("third_in.csv");
    net.connect(&neurons, &astrocytes, list, Static::new(weights, delays)).unwrap();
    let (list, weights, delays) = listed("third_out.csv");
    net.couple(&astrocytes, &neurons, list, Sic::new(weights.times(sic), delays)).unwrap();
    net.record(&neurons, Spikes).unwrap();
    net
}

/// The share of NEST's spikes until some time that a run has within 0.1 ms, and whether it has each of them until another.
fn share(sim: &Simulation, until: f64, each: f64) -> (f64, bool) {
    let spikes = table("spikes.csv");
    let known: Vec<(u32, i64)> = spikes[0]
        .iter()
        .zip(&spikes[1])
        .filter(|(_, time)| **time <= until)
        .map(|(neuron, time)| (*neuron as u32, (time * 10.0).round() as i64))
        .collect();
    let own: Vec<(u32, i64)> = sim.all_spikes().iter().map(|spike| (spike.id, i64::from(spike.step))).collect();
    let near = |(neuron, step): &&(u32, i64)| own.iter().any(|(n, s)| n == neuron && (s - step).abs() <= 1);
    let found = known.iter().filter(near).count();
    let early = |spikes: &[(u32, i64)]| {
        let mut early: Vec<_> = spikes.iter().copied().filter(|(_, step)| *step as f64 <= each * 10.0).collect();
        early.sort_unstable();
        early
    };
    (found as f64 / known.len() as f64, early(&known) == early(&own))
}

#[test]
fn neurons_and_astrocytes_fire_as_nests() {
    let known = |sic| share(&run(whole(sic), Precision::F64, 400.0), 400.0, 200.0);
    let (near, same) = known(1.0);
    println!("whole: {near:.4} of the spikes until 400 ms within a step; all until 200 ms: {same}");
    assert!(near > 0.99 && same, "{near}");
    // Slow inward currents a hundredth stronger.
    assert!(!known(1.01).1);
}

/// Calcium after `ms` under a current that changes it by so much a ms, by the equations in small steps (classical Runge-Kutta).
fn calcium(noise: f64, ms: f64) -> f64 {
    let rates = |[ip3, ca, h]: [f64; 3]| {
        let (ratio, kd_1, kd_2) = (0.185, 0.13, 0.9434);
        let store = (2.0 - ca) / ratio;
        let open: f64 = ip3 / (ip3 + kd_1) * ca / (ca + 0.08234) * h;
        let out = ratio * 0.006 * open.powi(3) * (store - ca);
        let pump = 0.0009 * ca * ca / (0.1 * 0.1 + ca * ca);
        let alpha = 0.0002 * 1.049 * (ip3 + kd_1) / (ip3 + kd_2);
        let leak = ratio * 0.00011 * (store - ca);
        [(0.16 - ip3) / 7142.0, out - pump + leak + noise, alpha * (1.0 - h) - 0.0002 * ca * h]
    };
    let along = |y: [f64; 3], k: [f64; 3], by: f64| std::array::from_fn(|i| y[i] + by * k[i]);
    let (mut y, step) = ([0.16, 0.073, 0.793], 0.05);
    for _ in 0..(ms / step).round() as usize {
        let k1 = rates(y);
        let k2 = rates(along(y, k1, step / 2.0));
        let k3 = rates(along(y, k2, step / 2.0));
        let k4 = rates(along(y, k3, step));
        y = std::array::from_fn(|i| y[i] + step / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]));
    }
    y[1]
}

#[test]
fn a_current_into_an_astrocyte_changes_its_calcium() {
    let of = |amplitude: f64| {
        let mut net = Network::new(0.1.ms());
        let one = net.add_population(astrocytes(1)).unwrap();
        net.stimulate(&one, DcGenerator { amplitude, start: 0.0, stop: 1e6 }, Static::new(1.0, 0.1)).unwrap();
        net.record(&one, Variable::every("Ca_astro", 2000.0)).unwrap();
        run(net, Precision::F64, 2000.0).samples(RecorderId(0)).unwrap()[0]
    };
    for noise in [0.0, 2e-5, -2e-5] {
        // The current flows from the second step on.
        let (found, known) = (of(noise), calcium(noise, 2000.0));
        assert!((found - known).abs() < 1e-5, "{noise}: {found}, {known}");
    }
    assert!((of(2e-5) - calcium(0.0, 2000.0)).abs() > 1e-3, "no current would not be seen");
}
