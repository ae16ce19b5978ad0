//! `binomial` and `uniform_int`: whole numbers with their own probabilities, times a factor, wherever values are drawn.

use std::collections::BTreeSet;

use super::measures::{ACCEPT, REJECT, binomial, chi_square, counts, even, expected, moments};
use super::pair;
use crate::support::decode::{decode, synapses};
use crate::support::distributed;
use neuropil::network::Shape;
use neuropil::plan::connectivity::distribution::{Discrete, Distribution};
use neuropil::plan::{Plan, Storage};
use neuropil::prelude::*;

/// 20,000 synapses of these weights and delays.
fn network(weight: Value, delay: Value) -> Network {
    let (mut net, a, b) = pair(100, 200);
    net.connect(&a, &b, AllToAll, Static::new(weight, delay)).unwrap();
    net
}

fn weights(value: Value) -> Vec<f64> {
    synapses(&network(value, 1.0.into()), 4).iter().map(|s| s.weight).collect()
}

fn whole(values: &[f64]) -> Vec<usize> {
    assert!(values.iter().all(|v| *v >= 0.0 && v.fract() == 0.0), "a value is no whole number");
    values.iter().map(|&v| v as usize).collect()
}

fn fit(values: &[f64], probability: impl Fn(usize) -> f64) -> f64 {
    let values = whole(values);
    let bins = 2 + values.iter().max().unwrap();
    chi_square(&counts(values.iter().copied(), bins), &expected(values.len() as f64, bins, probability))
}

#[test]
fn binomial_weights_follow_their_distribution() {
    for (n, p) in [(12, 0.3), (1, 0.5), (40, 0.02), (30, 0.97), (3_000, 0.4)] {
        let found = weights(Value::binomial(n, p));
        let within = |k: usize, p: f64| if k as u64 > n { 0.0 } else { binomial(k, n as usize, p) };
        assert!(fit(&found, |k| within(k, p)) > ACCEPT, "{n} trials of {p}");
        let off = p + 15.0 * (p * (1.0 - p) / (n as f64 * 20_000.0)).sqrt();
        assert!(fit(&found, |k| within(k, off)) < REJECT, "{n} trials of {p} are not of {off}");
    }
    assert!(weights(Value::binomial(7, 0.0)).iter().all(|w| *w == 0.0));
    assert!(weights(Value::binomial(7, 1.0)).iter().all(|w| *w == 7.0));
    assert!(weights(Value::binomial(0, 0.4)).iter().all(|w| *w == 0.0));
}

#[test]
fn uniform_int_weights_are_as_often_each() {
    for (low, high) in [(0, 9), (3, 3), (5, 300)] {
        let found = whole(&weights(Value::uniform_int(low, high)));
        let places: Vec<usize> = found.iter().map(|k| k - low as usize).collect();
        let values = (high - low + 1) as usize;
        assert!(places.iter().all(|&place| place < values), "{low} to {high}: both ends are included, and no more");
        assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), values, "each is drawn");
        assert!(values == 1 || even(&counts(places.iter().copied(), values)) > ACCEPT);
        assert!(values == 1 || even(&counts(places.iter().map(|k| (k + k / 7) % values), values)) < REJECT);
    }
}

fn discrete(value: &Value) -> Discrete {
    let Value::Random { shape, min, max, factor } = value else { panic!("{value:?}") };
    let Distribution::Discrete(discrete) = Distribution::new(*shape, *min, *max, *factor).unwrap() else {
        panic!("{shape:?} is continuous")
    };
    discrete
}

/// How many of the 2³² words draw each value.
fn words(discrete: &Discrete) -> Vec<u64> {
    let ends: Vec<u64> = discrete.thresholds.iter().map(|&t| u64::from(t)).chain([1 << 32]).collect();
    let starts = [0].into_iter().chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, end)| end - start).collect()
}

#[test]
fn a_share_of_words_is_a_probability_to_the_nearest_word() {
    for values in [1, 2, 3, 10, 1_000, 65_536] {
        let table = words(&discrete(&Value::uniform_int(-5, values - 6)));
        let each = (1u64 << 32) / values as u64;
        assert!(table.iter().all(|&n| n == each || n == each + 1), "{values} values");
    }
    for (n, p) in [(12, 0.3), (1_000, 0.001), (50_000, 0.5), (16_777_216, 0.5), (16_777_216, 1e-7)] {
        let table = discrete(&Value::binomial(n, p));
        for (k, words) in table.values.iter().zip(words(&table)) {
            let exact = binomial(*k as usize, n as usize, p) * 4_294_967_296.0;
            // Sums of probabilities are rounded at both ends of a share; the closed form itself has 1e-8 of it at large n.
            assert!((words as f64 - exact).abs() <= 1.01 + 1e-7 * exact, "{n}, {p}: {k} has {words} words of {exact}");
        }
    }
    // Of a range, the shares are those of what is left.
    let cut = discrete(&Value::binomial(12, 0.3).within(2.5, 4.0));
    assert_eq!(cut.values, [3.0, 4.0]);
    let (three, four) = (binomial(3, 12, 0.3), binomial(4, 12, 0.3));
    assert!((words(&cut)[0] as f64 / 4_294_967_296.0 - three / (three + four)).abs() < 1e-9);
}

#[test]
fn times_a_factor_values_are_exact_in_f32() {
    for (value, factor) in [
        (Value::binomial(12, 0.3), -0.3),
        (Value::uniform_int(-40, 900), 0.1),
        (Value::uniform_int(200, 210), 1.0 / 3.0),
        (Value::binomial(5_000, 0.5), -87.8),
    ] {
        let net = network(value.times(factor), 1.0.into());
        let found = decode(&Plan::<i32>::new(&net, 4, &PlanOptions::default()).unwrap());
        let off = found.iter().filter(|s| (s.weight / factor).round() * factor != s.weight).count();
        assert_eq!(off, 0, "times {factor}");
        let other = found.iter().filter(|s| (s.weight / (1.01 * factor)).round() * 1.01 * factor != s.weight).count();
        assert!(other > 1_000, "times {factor}: another factor is seen");
        assert!(found.iter().map(|s| s.weight.to_bits()).collect::<BTreeSet<u64>>().len() > 8, "values differ");
    }
}

#[test]
fn negative_values_go_where_negative_weights_go() {
    for (model, name) in [("iaf_psc_exp", "currents"), ("iaf_cond_exp", "conductances")] {
        let (mut net, a, _) = pair(100, 1);
        let targets = Population::new(name, 200, neuropil::models::named(model, "test").unwrap()).unwrap();
        let targets = net.add_population(targets).unwrap();
        net.connect(&a, &targets, AllToAll, Static::new(Value::uniform_int(-3, 4).times(0.5), 1.0)).unwrap();
        let found = decode(&Plan::<i32>::new(&net, 4, &PlanOptions::default()).unwrap());
        let magnitude = model == "iaf_cond_exp";
        let signed = found.iter().map(|s| if s.channel == 1 && magnitude { -s.weight } else { s.weight });
        let places: Vec<usize> = signed.map(|w| (2.0 * w + 3.0) as usize).collect();
        assert!(even(&counts(places, 8)) > ACCEPT, "{model}");
        assert!(found.iter().all(|s| (s.channel == 1) == (s.weight < 0.0) || magnitude), "{model}");
        assert!(!magnitude || found.iter().all(|s| s.weight >= 0.0), "{model}");
    }
}

/// Fit of delays in steps of 0.1 ms.
fn delay_fit(delay: Value, probability: impl Fn(usize) -> f64) -> f64 {
    let steps: Vec<f64> = synapses(&network(1.0.into(), delay), 4).iter().map(|s| f64::from(s.delay)).collect();
    fit(&steps, probability)
}

#[test]
fn delays_are_rounded_value_by_value_and_drawn_again_below_half_a_step() {
    let twenty = |k: usize| if (1..=20).contains(&k) { 0.05 } else { 0.0 };
    assert!(delay_fit(Value::uniform_int(1, 20).times(0.1), twenty) > ACCEPT);
    assert!(delay_fit(Value::uniform_int(0, 20).times(0.1), twenty) > ACCEPT, "0 is drawn again");
    assert!(delay_fit(Value::uniform_int(1, 21).times(0.1), twenty) < REJECT);
    // 1 to 6 half steps are 1, 1, 2, 2, 3, 3 steps.
    let halves = |k: usize| if (1..=3).contains(&k) { 1.0 / 3.0 } else { 0.0 };
    assert!(delay_fit(Value::uniform_int(1, 6).times(0.05), halves) > ACCEPT);
    assert!(delay_fit(Value::uniform_int(0, 6).times(0.05).within(0.05, f64::INFINITY), halves) > ACCEPT);
    assert!(delay_fit(Value::uniform_int(2, 7).times(0.05), halves) < REJECT);
    let tens = |k: usize| {
        let above = 1.0 - binomial(0, 8, 0.4);
        if k.is_multiple_of(10) && (10..=80).contains(&k) { binomial(k / 10, 8, 0.4) / above } else { 0.0 }
    };
    assert!(delay_fit(Value::binomial(8, 0.4), tens) > ACCEPT);
    assert!(delay_fit(Value::binomial(8, 0.45), tens) < REJECT);
}

#[test]
fn initial_values_and_parameters_follow_the_same_distributions() {
    let model = || neuropil::models::named("iaf_psc_exp", "test").unwrap();
    let mut net = Network::new(0.1.ms());
    let mut cells = Population::new("cells", 20_000, model()).unwrap();
    cells.set("V_m", Value::binomial(12, 0.3).times(-2.0)).unwrap();
    cells.set("I_syn_ex", Value::uniform_int(0, 9)).unwrap();
    cells.set("C_m", Value::binomial(300, 0.5).within(140.0, f64::INFINITY)).unwrap();
    net.add_population(cells).unwrap();
    let capacity = |i| net.populations()[0].parameters_of(i, 3).unwrap()[1];
    assert_eq!(net.populations()[0].model.declaration().parameters[1].name, "C_m");
    let capacities: Vec<f64> = (0..20_000).map(capacity).collect();
    assert!(whole(&capacities).iter().all(|&c| c >= 140));
    let above: f64 = (140..=300).map(|k| binomial(k, 300, 0.5)).sum();
    let cut = |k: usize| if (140..=300).contains(&k) { binomial(k, 300, 0.5) / above } else { 0.0 };
    assert!(fit(&capacities, cut) > ACCEPT);
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(3)).unwrap();
    let halved: Vec<f64> = sim.state("cells", "V_m").unwrap().iter().map(|v| (v / -2.0).round()).collect();
    assert!(fit(&halved, |k| if k > 12 { 0.0 } else { binomial(k, 12, 0.3) }) > ACCEPT);
    assert!(fit(&halved, |k| if k > 12 { 0.0 } else { binomial(k, 12, 0.33) }) < REJECT);
    let currents = sim.state("cells", "I_syn_ex").unwrap();
    assert!(even(&counts(whole(&currents), 10)) > ACCEPT);
    assert!((moments(&currents).0 - 4.5).abs() < 0.1);
}

#[test]
fn rows_drawn_at_each_spike_hold_the_same_whole_numbers() {
    for (weight, delay) in distributed::KINDS {
        let net = distributed::network(weight(), delay());
        for device in [Device::cpu(), Device::cpu().precision(Precision::F64)] {
            let [stored, drawn] = [Storage::Stored, Storage::Procedural]
                .map(|storage| distributed::outcome(&net, device.clone(), storage));
            assert!(stored.0.len() > 100, "{:?}: {} spikes", weight(), stored.0.len());
            assert!(stored == drawn, "{:?}, {:?}", weight(), delay());
        }
    }
    let (weight, delay) = distributed::KINDS[0];
    let [one, other] = [1.0, 1.1].map(|factor| {
        distributed::outcome(&distributed::network(weight().times(factor), delay()), Device::cpu(), Storage::Procedural)
    });
    assert!(one.1[0] != other.1[0] && one.1[1] != other.1[1], "another factor is seen");
}

#[test]
fn whole_numbers_that_cannot_be_are_refused() {
    let refused = |value: Value| {
        let (mut net, a, b) = pair(2, 2);
        let added = net.connect(&a, &b, AllToAll, Static::new(value, 1.0));
        added.and_then(|()| Plan::<i32>::new(&net, 1, &PlanOptions::default()).map(drop)).unwrap_err().to_string()
    };
    for (value, problem) in [
        (Value::binomial(16_777_217, 0.5), "n must not exceed 16777216"),
        (Value::binomial(10, 1.5), "p must lie between 0 and 1"),
        (Value::binomial(10, -0.1), "p must lie between 0 and 1"),
        (Value::binomial(10, f64::NAN), "not finite"),
        (Value::uniform_int(5, 4), "low must not exceed high"),
        (Value::uniform_int(i64::MIN, i64::MAX), "within 16777216 of 0"),
        (Value::uniform_int(0, 16_777_217), "within 16777216 of 0"),
        (Value::uniform_int(0, 65_536), "more than 65536 values"),
        (Value::uniform_int(0, 9).within(3.2, 3.8), "widen the range"),
        (Value::binomial(10, 0.5).within(11.0, 12.0), "widen the range"),
        (Value::binomial(10, 0.5).times(0.0), "factor = 0"),
    ] {
        let error = refused(value.clone());
        assert!(error.contains(problem) && error.contains("weight"), "{value:?}: {error}");
    }
    assert_eq!(Shape::UniformInt { low: -2, high: 2 }.quantile(0.5), 0.0);
    assert_eq!(Shape::Binomial { n: 4, p: 0.5 }.quantile(0.6), 2.0);
}
