//! Connectomes as networks: signs, names, and that a spike reaches whom the connectome says.

use std::collections::{BTreeMap, BTreeSet};

use neuropil::connectomes::networks::{self, PresetOptions};
use neuropil::connectomes::{Connectome, EdgeKind};
use neuropil::network::{Delay, Value};
use neuropil::prelude::*;

use super::{altered, network};

/// Positive and negative weights of the listed synapses of a network.
fn signs(net: &Network) -> (usize, usize, f64, f64) {
    let Value::Each(weights) = &net.projections()[0].synapse.weight else { panic!("listed weights") };
    let (plus, minus): (Vec<f64>, Vec<f64>) = weights.iter().partition(|&&w| w > 0.0);
    (plus.len(), minus.len(), plus.iter().sum(), minus.iter().sum())
}

/// Population and index of a named neuron.
fn place(net: &Network, name: &str) -> (String, u32) {
    let mut places = net.populations().iter().filter_map(|population| {
        let index = population.names.as_ref()?.iter().position(|n| n == name)?;
        Some((population.name.clone(), index as u32))
    });
    places.next().unwrap_or_else(|| panic!("no neuron {name}"))
}

#[test]
fn worm_signs_follow_the_prediction_and_the_rule() {
    let net = network("c-elegans", 1.0);
    let (plus, minus, ..) = signs(&net);
    assert_eq!((plus, minus), (3_155, 554));
    let sizes: Vec<(&str, u32)> = net.populations().iter().map(|p| (p.name.as_str(), p.size)).collect();
    assert_eq!(sizes, [("sensory", 83), ("interneuron", 81), ("motor", 116), ("pharynx", 20), ("canal", 2)]);
    let groups =
        [("AVAL", "interneuron"), ("ASEL", "sensory"), ("DA1", "motor"), ("M3L", "pharynx"), ("CANL", "canal")];
    for (neuron, population) in groups {
        assert_eq!(place(&net, neuron).0, population);
    }
    let most = 0.17 * 10.0;
    let Value::Each(weights) = &net.projections()[0].synapse.weight else { panic!() };
    assert!(weights.iter().all(|w| *w <= most + 1e-12 && *w >= -4.0 * most - 1e-12 && *w != 0.0));
}

/// The neurons that one spike of `name` gives a synaptic current to, with that current.
fn reached(net: &Network, name: &str) -> BTreeMap<String, f64> {
    let mut quiet = altered(net, |old| Some(old.synapse.clone()), |_| None);
    // Everyone starts at rest, so nothing else moves.
    let mut rested = Network::new(quiet.dt().ms());
    for population in quiet.populations() {
        let mut population = population.clone();
        population.set("V_m", -50.0).unwrap();
        rested.add_population(population).unwrap();
    }
    for old in quiet.projections() {
        rested.connect(&old.from, &old.to, old.rule.clone(), old.synapse.clone()).unwrap();
    }
    quiet = rested;
    let (population, index) = place(&quiet, name);
    let source = quiet.population(&population, "test").unwrap().slice(index..index + 1);
    quiet.stimulate(source, SpikeGenerator::at(&[0.1]), Static::new(1e5, 0.1)).unwrap();
    let mut simulation = quiet.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
    simulation.run(1.5.ms()).unwrap();
    assert_eq!(simulation.all_spikes().len(), 1, "{name} alone fires, once");
    let mut currents = BTreeMap::new();
    for population in quiet.populations() {
        let excitatory = simulation.state(&population.name, "I_syn_ex").unwrap();
        let inhibitory = simulation.state(&population.name, "I_syn_in").unwrap();
        for (index, neuron) in population.names.as_ref().unwrap().iter().enumerate() {
            let current = excitatory[index] + inhibitory[index];
            if current != 0.0 && neuron != name {
                currents.insert(neuron.clone(), current);
            }
        }
    }
    currents
}

#[test]
fn a_spike_of_the_worm_reaches_its_targets() {
    let wiring = Connectome::named("cook2019").unwrap();
    let net = network("c-elegans", 1.0);
    let named: BTreeSet<&String> = net.populations().iter().flat_map(|p| p.names.as_ref().unwrap().iter()).collect();
    let partners = |targets: bool| -> BTreeMap<String, f64> {
        let chemical = wiring.edges.iter().filter(|edge| edge.kind == EdgeKind::Chemical);
        let ends = chemical.map(|edge| {
            let (source, target) = (&wiring.nodes[edge.source as usize].name, &wiring.nodes[edge.target as usize].name);
            if targets { (source, target, edge.weight) } else { (target, source, edge.weight) }
        });
        let partners = ends.filter(|(from, to, _)| *from == "AVAL" && *to != "AVAL" && named.contains(to));
        partners.map(|(_, to, sections)| (to.clone(), sections)).collect()
    };
    let reached = reached(&net, "AVAL");
    let names = |of: &BTreeMap<String, f64>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&reached), names(&partners(true)));
    // Orientation matters: those that reach AVAL are others.
    assert_ne!(names(&reached), names(&partners(false)));
    // 6 sections to DA1 and 21, of which 10 count, to PVCL (Cook et al. 2019); AVAL's first transmitter is ACh.
    assert_eq!((partners(true)["DA1"], partners(true)["PVCL"]), (6.0, 21.0));
    assert!(reached["DA1"] > 0.0 && (reached["PVCL"] / reached["DA1"] - 10.0 / 6.0).abs() < 1e-6);
}

#[test]
fn neurons_of_the_larva_keep_one_sign() {
    let (net, wiring) = (network("larva", 1.0), Connectome::named("winding2023").unwrap());
    let total: f64 = wiring.edges.iter().map(|edge| edge.weight).sum();
    let (plus, minus, excitation, inhibition) = signs(&net);
    assert_eq!(plus + minus, 110_677);
    assert!((excitation / 0.5 - inhibition - total).abs() < 1e-6 && total == 352_611.0);
    // The listed synapses are in the order of the edges.
    let Value::Each(weights) = &net.projections()[0].synapse.weight else { panic!() };
    let mut of_neuron: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for (edge, weight) in wiring.edges.iter().zip(weights.iter()) {
        let counts = of_neuron.entry(edge.source).or_default();
        if *weight > 0.0 { counts.0 += 1 } else { counts.1 += 1 }
    }
    assert!(of_neuron.values().all(|(plus, minus)| *plus == 0 || *minus == 0));
    let inhibitory = of_neuron.values().filter(|counts| counts.1 > 0).count() as f64 / of_neuron.len() as f64;
    assert!((0.2..0.4).contains(&inhibitory), "{inhibitory}");
    let kenyon = net.populations().iter().find(|p| p.name == "KC").unwrap();
    assert_eq!(kenyon.size, 144);
}

#[test]
fn the_optic_lobe_has_its_types_signs_and_lattice() {
    let net = network("optic-lobe", 1.0);
    assert_eq!(net.populations().len(), 65);
    let odd: Vec<&str> = net.populations().iter().filter(|p| p.size != 721).map(|p| p.name.as_str()).collect();
    assert_eq!(odd, ["Lawf1", "Lawf2"]);
    let (plus, minus, ..) = signs(&net);
    assert_eq!((plus, minus), (983_980, 529_251));
    for population in net.populations() {
        let positions = population.positions.as_ref().unwrap();
        let radius = positions.iter().map(|[x, y, _]| x.hypot(*y)).fold(0.0, f64::max);
        assert!((0.08..0.12).contains(&radius), "{}: {radius} mm", population.name);
    }
}

#[test]
fn tracts_take_their_time() {
    let preset = networks::named("human-dti").unwrap();
    let delays = |velocity: Option<f64>| {
        let net = preset.network(&PresetOptions { velocity, ..default() }).unwrap();
        let tracts = net.projections().iter().filter(|p| p.rule.name() == "fixed_total_number");
        let mut delays: Vec<f64> = tracts
            .map(|p| match &p.synapse.delay {
                Delay::Value(Value::Constant(ms)) => *ms,
                other => panic!("{other:?}"),
            })
            .collect();
        delays.sort_by(f64::total_cmp);
        delays
    };
    let wiring = Connectome::named("hcp-schaefer100").unwrap();
    let lengths: Vec<f64> = wiring.edges.iter().filter(|e| e.source != e.target).filter_map(|e| e.length).collect();
    let (short, long) = lengths.iter().fold((f64::MAX, 0.0f64), |(s, l), &x| (s.min(x), l.max(x)));
    let (default, fast) = (delays(None), delays(Some(6.0)));
    assert!(default[0] >= short / 3.0 - 1e-9 && default[default.len() - 1] <= long / 3.0 + 1e-9);
    assert_eq!(default.len(), fast.len());
    assert!(default.iter().zip(&fast).all(|(slow, fast)| (slow - 2.0 * fast).abs() < 1e-9));
}

#[test]
fn every_region_has_its_inputs() {
    let net = network("human-dti", 1.0);
    assert_eq!((net.neurons(), net.populations().len()), (10_000, 200));
    let simulation = net.build(Device::cpu(), Seed(1)).unwrap();
    let local = 10_000 * 60;
    let long = simulation.facts().synapses - local;
    // Shares are rounded region by region, so the sum is near 30 per neuron and not exactly it.
    assert!((long as f64 / 300_000.0 - 1.0).abs() < 0.01, "{long}");
}
