//! Fixed-point sums: units with which nothing can overflow, sums that are exact, errors that are reported.

use super::pair;
use crate::support::decode::decode;
use crate::support::mixed;
use neuropil::plan::Plan;
use neuropil::prelude::*;
use neuropil::random::Draws;

/// Relays "sources" that all fire in step 11, joined one by one to one neuron "target" by `weights`.
fn volley(weights: Vec<f64>) -> Network {
    let mut net = Network::new(0.1.ms());
    let n = weights.len() as u32;
    let sources = net.add("sources", n, ParrotNeuron::default()).unwrap();
    let target = net.add("target", 1, IafPscExp { V_th: 1e12, ..default() }).unwrap();
    net.stimulate(&sources, SpikeGenerator::at(&[1.0]), Static::new(1.0, 0.1)).unwrap();
    let synapse = Static::new(Value::each(weights), 0.1);
    net.connect(&sources, &target, Explicit::new((0..n).collect::<Vec<_>>(), vec![0; n as usize]), synapse).unwrap();
    net
}

/// The unit of a channel of the last population, and the weights there as counts.
fn quantised(net: &Network, channel: usize) -> (f64, Vec<i64>) {
    let plan = Plan::<i32>::new(net, 1, &PlanOptions::default()).unwrap();
    let unit = plan.populations.last().unwrap().units[channel];
    let reached = decode(&plan).into_iter().filter(|s| s.channel as usize == channel);
    (unit, reached.map(|s| (s.weight / unit) as i64).collect())
}

/// What a current of the target is at the end of step 12, when the volley of step 11 has arrived.
fn arrived(net: &Network, variable: &str) -> f64 {
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(1.2.ms()).unwrap();
    sim.state("target", variable).unwrap()[0]
}

/// Weights that fill the sum: equal ones that just fit, ones just above and below a rounding edge, random ones.
fn volleys() -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    for n in [1usize, 2, 3, 7, 100, 1000] {
        let full = (f64::from(i32::MAX) - 0.5 * n as f64) / n as f64;
        for scale in [1.0, 0.5_f64.powi(20), 2.0_f64.powi(40)] {
            for weight in [full, full.floor(), full.floor() + 0.5, full.floor() + 0.4999, full * (1.0 + 1e-9), 1.0] {
                all.push(vec![weight * scale; n]);
            }
        }
        let mut draws = Draws::new(31, 0, n as u64);
        all.push((0..n).map(|_| (6.0 * draws.uniform() - 3.0).exp()).collect());
    }
    all
}

#[test]
fn a_volley_of_all_inputs_is_summed_exactly() {
    for sign in [1.0, -1.0] {
        for weights in volleys() {
            let total: f64 = weights.iter().sum();
            let net = volley(weights.iter().map(|w| sign * w).collect());
            let channel = usize::from(sign < 0.0);
            let (unit, counts) = quantised(&net, channel);
            // Equal weights are counted in themselves, unless that overflows; others in a power of two.
            let divides = weights.iter().all(|w| *w == weights[0]) && counts.iter().all(|n| n.abs() == 1);
            assert!(divides || unit == unit.log2().round().exp2(), "{unit} is no power of two");
            let sum: i64 = counts.iter().sum();
            assert!(sum.abs() <= i64::from(i32::MAX), "{sum} for {} times {}", weights.len(), weights[0]);
            let found = arrived(&net, ["I_syn_ex", "I_syn_in"][channel]);
            assert_eq!(found, f64::from(sum as f32 * unit as f32), "{} times {}", weights.len(), weights[0]);
            // Half a count for each weight, and the rounding of the sum to f32.
            let error = 0.5 * unit * weights.len() as f64 + total * f64::from(f32::EPSILON);
            assert!((found - sign * total).abs() <= error, "{found} for {total}");
        }
    }
}

#[test]
fn half_the_unit_would_overflow() {
    for weights in volleys() {
        let (unit, counts) = quantised(&volley(weights.clone()), 0);
        if weights.iter().all(|w| *w == weights[0]) {
            // Exact, so that no finer unit is better.
            assert!(counts.iter().all(|&n| n as f64 * unit == weights[0]));
            continue;
        }
        let halved: Vec<i64> = weights.iter().map(|w| (w / (0.5 * unit)).round_ties_even() as i64).collect();
        // The bound leaves half a count for each weight, so the finer unit overflows or comes that close to it.
        let sum = halved.iter().sum::<i64>() + halved.len() as i64;
        assert!(sum > i64::from(i32::MAX), "{} times {} could be finer", weights.len(), weights[0]);
        assert!(counts.iter().sum::<i64>() <= i64::from(i32::MAX));
        let quartered = halved.iter().fold(0i32, |sum, &w| sum.wrapping_add((w as i32).wrapping_mul(2)));
        assert_ne!(i64::from(quartered), 2 * halved.iter().sum::<i64>(), "a wrapped sum is seen");
    }
}

#[test]
fn stimuli_and_synapses_together_do_not_overflow() {
    // Weights without a common divisor. Poisson input is added apart, and needs no room.
    let mut net = volley((0..300).map(|i| 700.0 + 0.001 * f64::from(i).sqrt()).collect());
    let target = net.population("target", "test").unwrap();
    let sources = net.population("sources", "test").unwrap();
    // All in step 12: the volley, a list of 50 spikes, and the largest Poisson counts that can be.
    net.stimulate(&target, SpikeGenerator::at(&[1.1; 50]), Static::new(900.0, 0.1)).unwrap();
    net.stimulate(&target, PoissonGenerator::new(20_000.0), Static::new(333.0, 0.1)).unwrap();
    net.connect(sources.slice(0..1), &target, OneToOne, Static::new(1e4, 0.1)).unwrap();
    let plan = Plan::<i32>::new(&net, 1, &PlanOptions::default()).unwrap();
    let unit = plan.populations[1].units[0];
    let most_poisson = f64::from(plan.poisson[0].largest());
    let most = (300.0 * 700.0 + 50.0 * 900.0 + 1e4) / unit;
    assert!(most < f64::from(i32::MAX) && 2.1 * most > f64::from(i32::MAX), "{most}");
    let found = arrived(&net, "I_syn_ex");
    let certain = 300.0 * 700.0 + 50.0 * 900.0 + 1e4;
    assert!(found >= certain && found < certain + most_poisson * 333.0 * 3.0, "{found}");
}

#[test]
fn relays_that_repeat_many_spikes_do_not_overflow() {
    // 4,000 spikes at once of a weight that rounds up by a sixth of a count: the roundings add up to 450 counts.
    let mut net = Network::new(0.1.ms());
    let relay = net.add("relay", 1, ParrotNeuron::default()).unwrap();
    let target = net.add("target", 1, IafPscExp { V_th: 1e12, ..default() }).unwrap();
    net.stimulate(&relay, SpikeGenerator::at(&[1.0; 4000]), Static::new(1.0, 0.1)).unwrap();
    let weight = (2_147_483_648.0 - 100.0) / 4000.0;
    net.connect(&relay, &target, OneToOne, Static::new(weight, 0.1)).unwrap();
    let found = arrived(&net, "I_syn_ex");
    assert!((found / (4000.0 * weight) - 1.0).abs() < 1e-5, "{found} for {}", 4000.0 * weight);
}

#[test]
fn sums_do_not_depend_on_their_order() {
    let weights: Vec<f64> = volleys().pop().unwrap();
    let found = arrived(&volley(weights.clone()), "I_syn_ex");
    let reversed: Vec<f64> = weights.iter().rev().copied().collect();
    assert_eq!(arrived(&volley(reversed.clone()), "I_syn_ex"), found);
    // Sums of f32 do depend on it.
    let sum = |weights: &[f64]| weights.iter().fold(0.0f32, |sum, &w| sum + w as f32);
    assert_ne!(sum(&weights), sum(&reversed));
}

#[test]
fn the_quantisation_error_is_reported() {
    let mut draws = Draws::new(32, 0, 0);
    let weights: Vec<f64> = (0..500).map(|_| (12.0 * draws.uniform() - 8.0).exp()).collect();
    let net = volley(weights.clone());
    let (unit, counts) = quantised(&net, 0);
    let errors = weights.iter().zip(&counts).map(|(w, &n)| ((n as f64 * unit - w) / w).abs());
    let worst = errors.fold(0.0, f64::max);
    let sim = net.build(Device::cpu(), Seed(1)).unwrap();
    assert!((sim.facts().weight_error / worst - 1.0).abs() < 1e-10);
    assert!(worst > 1e-6 && worst <= 0.5 * unit / weights.iter().fold(f64::INFINITY, |a, &b| a.min(b)));
    let fine = net.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
    assert!(fine.facts().weight_error < 1e-12, "{}", fine.facts().weight_error);
    // Powers of two are exact.
    assert_eq!(volley(vec![0.25, 0.5, 16.0]).build(Device::cpu(), Seed(1)).unwrap().facts().weight_error, 0.0);
}

#[test]
fn the_quantisation_error_of_stimuli_is_reported() {
    let error = |weight: f64| {
        // Without a common divisor.
        let mut net = volley((0..100).map(|i| 1e6 + f64::from(i).sqrt()).collect());
        let target = net.population("target", "test").unwrap();
        net.stimulate(&target, SpikeGenerator::at(&[1.0]), Static::new(weight, 0.1)).unwrap();
        let unit = quantised(&net, 0).0;
        (net.build(Device::cpu(), Seed(1)).unwrap().facts().weight_error, unit)
    };
    let (found, unit) = error(0.3);
    let expected = (((0.3 / unit).round() * unit - 0.3) / 0.3).abs();
    assert!((found / expected - 1.0).abs() < 1e-10, "{found} {expected}");
    assert!(found > 0.01, "0.3 pA beside 100 MpA cannot be exact: {found}");
    assert!(error(0.5).0 < 1e-6);
}

#[test]
fn the_quantisation_error_of_weights_that_learn_is_reported() {
    let error = |weight: f64, sources: u32| {
        let (mut net, a, b) = pair(sources, 1);
        let synapse = Plastic::new("stdp_synapse", weight, 1.0).unwrap();
        net.connect(&a, &b, AllToAll, synapse).unwrap();
        let plan = Plan::<i32>::new(&net, 1, &PlanOptions::default()).unwrap();
        (plan.weight_error, plan.populations[1].units[0])
    };
    // The more may come at once, the coarser the unit; half of it is what rounding moves a weight by at most.
    let ((fine, _), (found, unit)) = (error(0.0123456, 1), error(0.0123456, 1000));
    assert!((found / (0.5 * unit / 0.0123456) - 1.0).abs() < 1e-10, "{found} {unit}");
    assert!(found > 100.0 * fine && found < 1e-3, "{found} {fine}");
}

#[test]
fn no_lane_of_a_random_network_can_overflow() {
    let plan = Plan::<i32>::new(&mixed(200), 7, &PlanOptions::default()).unwrap();
    let mut sums = vec![0i64; 400];
    for s in decode(&plan) {
        let unit = plan.locate(s.target).0.units[s.channel as usize];
        sums[(2 * s.target + s.channel) as usize] += (s.weight.abs() / unit) as i64;
    }
    let largest = *sums.iter().max().unwrap();
    assert!(largest <= i64::from(i32::MAX), "{largest}");
    // Random weights are counted in 13 bits, so that a synapse needs 4 bytes; what is bound is what can be summed.
    let heaviest = decode(&plan)
        .iter()
        .map(|s| (s.weight / plan.locate(s.target).0.units[s.channel as usize]).abs() as i64)
        .max()
        .unwrap();
    assert!((1024..=4095).contains(&heaviest), "{heaviest}");
}

#[test]
fn weights_without_a_channel_of_their_own_share_none() {
    // Each channel has its own unit: a strong inhibition leaves weak excitation fine.
    let (mut net, a, b) = pair(1, 1);
    net.connect(&a, &b, OneToOne, Static::new(1e-3, 1.0)).unwrap();
    net.connect(&a, &b, OneToOne, Static::new(1e-3 * 2.0f64.sqrt(), 1.0)).unwrap();
    net.connect(&a, &b, OneToOne, Static::new(-1e6, 1.0)).unwrap();
    net.connect(&a, &b, OneToOne, Static::new(-1e6 * 2.0f64.sqrt(), 1.0)).unwrap();
    let plan = Plan::<i32>::new(&net, 1, &PlanOptions::default()).unwrap();
    let units = &plan.populations[1].units;
    assert!(units[0] < 1e-11 && units[1] > 1e-4, "{units:?}");
    assert!(plan.weight_error < 1e-9);
}
