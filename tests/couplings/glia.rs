//! What astrocytes do to neurons beside their slow inward current: they release, at synapses and onto thresholds; and what they
//! exchange among each other.

use neuropil::network::RecorderId;
use neuropil::prelude::*;

fn population(net: &mut Network, name: &str, model: &str, size: u32) -> Selection {
    let model = neuropil::models::named(model, "test").unwrap();
    net.add_population(Population::new(name, size, model).unwrap()).unwrap()
}

fn referee() -> Device {
    Device::cpu().threads(2).precision(Precision::F64)
}

/// Two astrocytes that exchange IP3, which nothing else moves but its decay: their difference decays by 1/tau + 2F.
fn difference(exchange: f64) -> Vec<f64> {
    let mut net = Network::new(0.1.ms());
    let cells = population(&mut net, "cells", "astrocyte_release", 2);
    let model = neuropil::models::named("astrocyte_release", "test").unwrap();
    let mut pair = Population::new("pair", 2, model).unwrap();
    pair.set("IP3", Value::each(vec![0.4, 0.1])).unwrap();
    let pair = net.add_population(pair).unwrap();
    net.couple(&pair, &pair, AllToAll, GapJunction::new(exchange).of("IP3")).unwrap();
    net.record(&pair, Variable::every("IP3", 10.0)).unwrap();
    net.record(&cells, Variable::every("IP3", 10.0)).unwrap();
    let mut sim = net.build(referee(), Seed(1)).unwrap();
    sim.run(500.0.ms()).unwrap();
    let apart = sim.samples(RecorderId(1)).unwrap();
    assert!(apart.iter().all(|ip3| (ip3 - 0.16).abs() < 1e-12), "nothing flows into others");
    sim.samples(RecorderId(0)).unwrap().chunks(2).map(|pair| pair[0] - pair[1]).collect()
}

#[test]
fn astrocytes_exchange_ip3_by_its_difference() {
    for exchange in [0.0005, 0.004] {
        let rate = 1.0 / 7142.0 + 2.0 * exchange;
        for (k, found) in difference(exchange).into_iter().enumerate() {
            let exact = 0.3 * (-rate * 10.0 * (k + 1) as f64).exp();
            // Held at its middle within a step: h² of the rate, and half a step at first.
            assert!((found / exact - 1.0).abs() < 1e-4, "{exchange}, {k}: {found}, {exact}");
        }
    }
    let alone = difference(0.0).last().copied().unwrap();
    assert!((alone / (0.3 * (-500.0_f64 / 7142.0).exp()) - 1.0).abs() < 1e-9, "{alone}");
}

#[test]
fn an_astrocyte_releases_each_time_its_calcium_rises_through_the_threshold() {
    let mut net = Network::new(0.1.ms());
    let releasing = population(&mut net, "releasing", "astrocyte_release", 1);
    let silent = population(&mut net, "silent", "astrocyte_lr_1994", 1);
    let both = releasing.and(&silent);
    let times: Vec<f64> = (1..400).map(|k| f64::from(k) * 100.0).collect();
    net.stimulate(&both, SpikeGenerator::at(&times), Static::new(35.0, 1.0)).unwrap();
    net.record(&releasing, Variable::every("Ca_astro", 0.1)).unwrap();
    net.record(&silent, Variable::every("Ca_astro", 0.1)).unwrap();
    net.record(&releasing, Spikes).unwrap();
    let mut sim = net.build(referee(), Seed(1)).unwrap();
    sim.run(40_000.0.ms()).unwrap();
    let [calcium, known] = [0, 1].map(|k| sim.samples(RecorderId(k)).unwrap().to_vec());
    let off = calcium.iter().zip(&known).map(|(a, b)| (a - b).abs());
    assert!(off.fold(0.0, f64::max) < 1e-9, "the equations are those of astrocyte_lr_1994");
    let rises = (1..calcium.len()).filter(|&k| calcium[k] >= 0.19669 && calcium[k - 1] < 0.19669);
    let rises: Vec<u32> = rises.map(|k| k as u32 + 1).collect();
    let released: Vec<u32> = sim.all_spikes().iter().map(|spike| spike.step).collect();
    assert!(rises.len() >= 3, "{rises:?}");
    assert_eq!(released, rises);
}

/// What reaches a target over a synapse whose release `releases` (ms) modulate, spike by spike of the source.
fn sent(u_glio: f64, releases: &[f64]) -> Vec<f64> {
    let mut net = Network::new(0.1.ms());
    let source = net.add("source", 1, ParrotNeuron {}).unwrap();
    let glia = net.add("glia", 1, ParrotNeuron {}).unwrap();
    let target = net.add("target", 1, IafPscDelta { V_th: 1e6, tau_m: 1e9, ..default() }).unwrap();
    let synapse = Plastic::new("depitta_2011_synapse", 8.0, 1.0).unwrap();
    let synapse = synapse.with("U", 0.4).unwrap().with("U_glio", u_glio).unwrap().with("tau_glio", 300.0).unwrap();
    net.connect(&source, &target, OneToOne, synapse.modulated_by(&glia, 1.0)).unwrap();
    let times: Vec<f64> = (0..12).map(|k| 10.0 + 37.0 * f64::from(k)).collect();
    net.stimulate(&source, SpikeGenerator::at(&times), Static::new(1.0, 1.0)).unwrap();
    net.stimulate(&glia, SpikeGenerator::at(releases), Static::new(1.0, 1.0)).unwrap();
    net.record(&target, Variable::every("V_m", 0.1)).unwrap();
    let mut sim = net.build(referee(), Seed(1)).unwrap();
    sim.run(500.0.ms()).unwrap();
    let potential = sim.samples(RecorderId(0)).unwrap().to_vec();
    (1..potential.len()).map(|k| potential[k] - potential[k - 1]).filter(|jump| jump.abs() > 1e-6).collect()
}

/// The same in plain Rust.
fn expected(u_glio: f64, releases: &[f64]) -> Vec<f64> {
    let (mut x, mut u, mut g, mut last, mut seen) = (1.0, 0.0, 0.0_f64, 0.0, 0.0);
    let mut all = Vec::new();
    for k in 0..12 {
        // A stimulus takes 1 ms to a parrot, and a release another to the synapse.
        let now = 11.0 + 37.0 * f64::from(k);
        for release in releases.iter().map(|release| release + 2.0).filter(|at| last < *at && *at <= now) {
            g *= (-(release - seen) / 300.0_f64).exp();
            g += 0.6 * (1.0 - g);
            seen = release;
        }
        g *= (-(now - seen) / 300.0_f64).exp();
        seen = now;
        x = 1.0 - (1.0 - x) * (-(now - last) / 500.0_f64).exp();
        u *= (-(now - last) / 300.0_f64).exp();
        u += ((1.0 - g) * 0.4 + g * u_glio) * (1.0 - u);
        all.push(8.0 * u * x);
        x -= u * x;
        last = now;
    }
    all
}

#[test]
fn gliotransmitter_moves_what_a_synapse_releases() {
    let releases = [60.0, 61.0, 205.3, 320.0];
    for u_glio in [0.0, 0.9] {
        let (found, exact) = (sent(u_glio, &releases), expected(u_glio, &releases));
        assert_eq!(found.len(), 12);
        for (k, (found, exact)) in found.iter().zip(&exact).enumerate() {
            // Weights are held in counts of 2^-50 of the largest sum.
            assert!((found - exact).abs() < 1e-6, "U_glio {u_glio}, spike {k}: {found}, {exact}");
        }
    }
    assert!(sent(0.0, &[])[2] > sent(0.0, &releases)[2] + 0.1, "release is depressed");
    assert!(sent(0.9, &releases)[2] > sent(0.9, &[])[2] + 0.1, "release is facilitated");
}

#[test]
fn gliotransmitter_lowers_a_threshold() {
    let rate = |gain: f64| {
        let mut net = Network::new(0.1.ms());
        let cells = population(&mut net, "cells", "iaf_psc_exp_glia", 1);
        let glia = net.add("glia", 1, ParrotNeuron {}).unwrap();
        net.connect(&glia, &cells, OneToOne, Static::new(gain, 1.0).at_receptor("glia")).unwrap();
        net.stimulate(&glia, SpikeGenerator::at(&[500.0]), Static::new(1.0, 1.0)).unwrap();
        // 1 % below the current that reaches the threshold of -55 mV.
        let below = DcGenerator { amplitude: 371.25, start: 0.0, stop: f64::INFINITY };
        net.stimulate(&cells, below, Static::new(1.0, 1.0)).unwrap();
        net.record(&cells, Spikes).unwrap();
        let mut sim = net.build(referee(), Seed(1)).unwrap();
        sim.run(8000.0.ms()).unwrap();
        sim.all_spikes().iter().copied().filter(|spike| spike.id == 0).collect::<Vec<Spike>>()
    };
    assert!(rate(0.0).is_empty());
    let spikes = rate(1.0);
    assert!(spikes.len() > 20 && spikes.iter().all(|spike| spike.step > 5010), "{} spikes", spikes.len());
    // The potential is 0.15 mV below: a gain of 0.05, after 2 s · ln 20, is the last that reaches it.
    let last = f64::from(spikes.last().unwrap().step) * 0.1;
    let end = 502.0 + 2000.0 * 20.0_f64.ln();
    assert!((0.9 * end..end).contains(&last), "{last} of {end}");
}

/// The potential of a neuron that an astrocyte reaches by several slow inward currents, of these weights and delays.
fn reached(currents: &[(f64, f64)]) -> Vec<u64> {
    let mut net = Network::new(0.1.ms());
    let glia = population(&mut net, "glia", "astrocyte_lr_1994", 3);
    let target = population(&mut net, "target", "aeif_cond_alpha", 2);
    let times: Vec<f64> = (1..150).map(|k| f64::from(k) * 100.0).collect();
    net.stimulate(&glia, SpikeGenerator::at(&times), Static::new(35.0, 1.0)).unwrap();
    for &(weight, delay) in currents {
        net.couple(&glia, &target, AllToAll, Sic::new(weight, delay)).unwrap();
    }
    net.record(&target, Variable::every("V_m", 10.0)).unwrap();
    let mut sim = net.build(referee(), Seed(1)).unwrap();
    sim.run(15_000.0.ms()).unwrap();
    sim.samples(RecorderId(0)).unwrap().iter().map(|v| v.to_bits()).collect()
}

#[test]
fn currents_from_one_astrocyte_to_a_neuron_add_up() {
    let once = reached(&[(0.75, 1.0)]);
    assert!(once.iter().any(|&v| v != once[0]), "the current comes");
    assert_eq!(once, reached(&[(0.5, 1.0), (0.25, 1.0)]));
    assert_ne!(once, reached(&[(0.5, 1.0)]));
    assert_ne!(once, reached(&[(0.5, 1.0), (0.25, 100.0)]), "what comes later is another value");
}
