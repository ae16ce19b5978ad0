//! Graphs of networks of the engine: what comes back is the network.

use neuropil::network::Perturb;
use neuropil::prelude::*;
use neuropil::train::nir::{Integration, Kind, Options, from_network, network, play};

fn delta(tau_m: f64, v_th: f64) -> IafPscDelta {
    IafPscDelta { tau_m, V_th: v_th, t_ref: 0.0, C_m: 20.0, ..default() }
}

/// Inputs, a population that leads back to itself over various delays, and one behind it.
fn recurrent(weight: f64) -> Network {
    let mut net = Network::new(1.0.ms());
    let inputs = net.add("in", 6, ParrotNeuron {}).unwrap();
    let middle = net.add("middle", 8, delta(12.0, -62.5)).unwrap();
    let last = net.add("last", 3, IafPscDelta { I_e: 4.0, ..delta(7.0, -61.0) }).unwrap();
    let list = |from: u32, to: u32, skip: u32| {
        let pairs = (0..from).flat_map(|i| (0..to).map(move |j| (i, j))).filter(|(i, j)| (i * 3 + j) % skip != 0);
        pairs.unzip::<u32, u32, Vec<u32>, Vec<u32>>()
    };
    for (from, to, (sources, targets), delay) in [
        (&inputs, &middle, list(6, 8, 3), 1.0),
        (&middle, &middle, list(8, 8, 4), 2.0),
        (&middle, &middle, list(8, 8, 5), 5.0),
        (&middle, &last, list(8, 3, 2), 1.0),
    ] {
        let weights: Vec<f64> = (0..sources.len()).map(|i| weight * ((i * 7 % 11) as f64 - 3.0) / 4.0).collect();
        net.connect(from, to, Explicit::new(sources, targets), Static::new(Value::each(weights), delay)).unwrap();
    }
    net
}

/// Spikes of the engine, by step and neuron.
fn run(mut net: Network, population: &str) -> Vec<(u32, u32)> {
    let inputs = net.population("in", "test").unwrap();
    let spikes = (0..200u32).filter(|i| i % 7 != 3).map(|i| (i % 6, f64::from(1 + i / 3)));
    net.stimulate(&inputs, SpikeGenerator::listed(spikes), Static::new(1.0, 1.0)).unwrap();
    let recorded = net.population(population, "test").unwrap();
    net.record(&recorded, Spikes).unwrap();
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(100.0.ms()).unwrap();
    let spikes = sim.all_spikes().iter().filter_map(|spike| Some((spike.step, recorded.index_of(spike.id)?)));
    spikes.collect()
}

#[test]
fn a_network_written_as_a_graph_and_made_anew_spikes_as_before() {
    for integration in [Integration::Exact, Integration::Euler] {
        let net = recurrent(1.5);
        let written = from_network(&net, integration).unwrap();
        let again = network(&written.graph.discretise(Options::default()).unwrap()).unwrap();
        let before = run(net, "last");
        assert!(before.len() > 20, "{}", before.len());
        assert_eq!(run(again.network, "last"), before);
        assert_ne!(run(recurrent(1.625), "last"), before, "other weights are seen");
    }
}

#[test]
fn what_a_graph_leaves_out_is_told() {
    let mut net = recurrent(1.5);
    let before = from_network(&net, Integration::Exact).unwrap().warnings;
    assert!(!before.iter().any(|warning| warning.contains("form in NIR")), "{before:?}");
    let last = net.population("last", "test").unwrap();
    let middle = net.population("middle", "test").unwrap();
    net.perturb(&middle, Perturb::Ablate, 10.0..20.0).unwrap();
    net.couple(&middle, &last, AllToAll, GapJunction::new(1.0)).unwrap();
    let warnings = from_network(&net, Integration::Exact).unwrap().warnings;
    for what in ["perturbations", "continuous couplings"] {
        assert!(warnings.contains(&format!("{what} have no form in NIR and are left out")), "{warnings:?}");
    }
    assert!(!warnings.iter().any(|warning| warning.contains("stimuli")));
}

#[test]
fn the_plain_player_of_the_graph_spikes_as_the_engine() {
    let net = recurrent(1.5);
    let written = from_network(&net, Integration::Exact).unwrap();
    let steps = written.graph.discretise(Options::default()).unwrap();
    let mut given = vec![0.0; 100 * 6];
    for i in (0..200usize).filter(|i| i % 7 != 3) {
        // A generator's spike of step s is its parrot's of step s + 1.
        given[(1 + i / 3) * 6 + i % 6] += 1.0;
    }
    let played = play(&steps, 100, &[("in".to_owned(), given)].into(), &["last"]).unwrap();
    let spikes = played["last"].iter().enumerate().filter(|(_, z)| **z == 1.0);
    let spikes: Vec<(u32, u32)> = spikes.map(|(at, _)| ((at / 3) as u32 + 1, (at % 3) as u32)).collect();
    assert_eq!(spikes, run(net, "last"));
}

#[test]
fn exponential_currents_are_written_by_eulers_steps() {
    let mut net = Network::new(0.5.ms());
    let inputs = net.add("in", 6, ParrotNeuron {}).unwrap();
    let neuron = IafPscExp { t_ref: 0.0, tau_syn_ex: 3.0, tau_syn_in: 3.0, V_th: -66.0, ..default() };
    let neurons = net.add("n", 4, neuron).unwrap();
    let (sources, targets): (Vec<u32>, Vec<u32>) = (0..24).map(|i| (i % 6, i / 6)).unzip();
    let weights: Vec<f64> = (0..24).map(|i| f64::from(i * 5 % 9) * 32.0 - 24.0).collect();
    net.connect(&inputs, &neurons, Explicit::new(sources, targets), Static::new(Value::each(weights), 0.5)).unwrap();
    let refused = from_network(&net, Integration::Exact).unwrap_err().to_string();
    assert!(refused.contains("population 'n': iaf_psc_exp takes what enters at the end of a step"), "{refused}");
    let written = from_network(&net, Integration::Euler).unwrap();
    assert_eq!(written.graph.nodes()["n"].kind(), Kind::CubaLif);
    let again = network(&written.graph.discretise(Options::default()).unwrap()).unwrap();
    let before = run(net, "n");
    assert!(before.len() > 20, "{}", before.len());
    assert_eq!(run(again.network, "n"), before);
}

#[test]
fn models_for_training_are_written_and_come_back() {
    let model = |name: &str| neuropil::models::named(name, "test").unwrap();
    for (name, values) in [
        ("lif_neuron", &[("subtract", 1.0), ("tau_m", 8.0), ("V_th", 2.0)][..]),
        ("lif_neuron", &[("V_reset", -1.0), ("V_th", 2.0), ("I_e", 0.125)]),
        ("if_neuron", &[("subtract", 1.0), ("V_th", 3.0)]),
        ("cuba_lif_neuron", &[("subtract", 1.0), ("V_th", 0.25)]),
    ] {
        let mut net = Network::new(1.0.ms());
        let inputs = net.add("in", 6, ParrotNeuron {}).unwrap();
        let mut population = Population::new("n", 4, model(name)).unwrap();
        for (name, value) in values {
            population.set(name, *value).unwrap();
        }
        let neurons = net.add_population(population).unwrap();
        let (sources, targets): (Vec<u32>, Vec<u32>) = (0..24).map(|i| (i % 6, i / 6)).unzip();
        let weights: Vec<f64> = (0..24).map(|i| f64::from(i * 5 % 9) / 4.0 - 0.5).collect();
        net.connect(&inputs, &neurons, Explicit::new(sources, targets), Static::new(Value::each(weights), 1.0))
            .unwrap();
        let written = from_network(&net, Integration::Euler).unwrap();
        let again = network(&written.graph.discretise(Options::default()).unwrap()).unwrap();
        let before = run(net, "n");
        assert!(before.len() > 20, "{name}: {}", before.len());
        assert_eq!(run(again.network, "n"), before, "{name} {values:?}");
    }
}

#[test]
fn what_nir_does_not_tell_is_refused_or_warned_of() {
    let refused = |change: &dyn Fn(&mut Network), words: &str| {
        let mut net = recurrent(1.0);
        change(&mut net);
        let sentence = from_network(&net, Integration::Exact).unwrap_err().to_string();
        assert!(sentence.contains(words), "{sentence}");
    };
    refused(
        &|net| net.set("middle", "t_ref", 2.0).unwrap(),
        "population 'middle': t_ref is above 0, and NIR has no refractory period",
    );
    refused(&|net| net.set("middle", "V_th", Value::normal(-60.0, 1.0)).unwrap(), "population 'middle': V_th is drawn");
    let add = |net: &mut Network| net.add("other", 1, IafCondExp::default()).map(drop).unwrap();
    refused(&add, "population 'other': iaf_cond_exp has no form in NIR");
    let draw = |net: &mut Network| {
        let [from, to] = ["in", "last"].map(|name| net.population(name, "test").unwrap());
        net.connect(&from, &to, FixedIndegree(2), Static::new(1.0, 1.0)).unwrap();
    };
    refused(&draw, "projection in -> last: its pairs are drawn by a rule");
    let mut net = Network::new(1.0.ms());
    net.add("alone", 1, delta(10.0, -60.0)).unwrap();
    let sentence = from_network(&net, Integration::Exact).unwrap_err().to_string();
    assert!(sentence.contains("there is no population of parrot_neuron"), "{sentence}");
    let mut net = recurrent(1.0);
    net.set("middle", "V_m", -69.0).unwrap();
    let warnings = from_network(&net, Integration::Exact).unwrap().warnings;
    assert!(warnings.iter().any(|w| w.contains("population 'middle': NIR tells no initial state")), "{warnings:?}");
}
