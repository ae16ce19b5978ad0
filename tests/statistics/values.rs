//! Weights, delays and initial values against the distributions they are drawn from.

use super::measures::{ACCEPT, REJECT, chi_square, correlation, counts, expected, kolmogorov_smirnov, normal};
use super::pair;
use crate::support::decode::{SynapseRecord, synapses};
use neuropil::network::Rule;
use neuropil::prelude::*;

/// The synapses of a dense projection of 100 to 200 neurons.
fn drawn(synapse: Static) -> Vec<SynapseRecord> {
    let (mut net, a, b) = pair(100, 200);
    net.connect(&a, &b, AllToAll, synapse).unwrap();
    synapses(&net, 4)
}

fn weights(value: Value) -> Vec<f64> {
    drawn(Static::new(value, 1.0)).iter().map(|s| s.weight).collect()
}

/// A cumulative distribution cut to [low, high] and scaled up again.
fn cut(cumulative: impl Fn(f64) -> f64, low: f64, high: f64) -> impl Fn(f64) -> f64 {
    let (below, above) = (cumulative(low), cumulative(high));
    move |x| ((cumulative(x.clamp(low, high)) - below) / (above - below)).clamp(0.0, 1.0)
}

fn exponential(mean: f64) -> impl Fn(f64) -> f64 {
    move |x: f64| -(-x.max(0.0) / mean).exp_m1()
}

fn lognormal(mean: f64, sd: f64) -> impl Fn(f64) -> f64 {
    move |x: f64| if x > 0.0 { normal((x.ln() - mean) / sd) } else { 0.0 }
}

#[test]
fn weights_follow_their_distributions() {
    let fit = |value: Value, cumulative: &dyn Fn(f64) -> f64| kolmogorov_smirnov(weights(value), cumulative);
    assert!(fit(Value::normal(2.0, 3.0), &|x| normal((x - 2.0) / 3.0)) > ACCEPT);
    assert!(fit(Value::lognormal(0.5, 0.8), &lognormal(0.5, 0.8)) > ACCEPT);
    assert!(fit(Value::uniform(-1.0, 4.0), &|x| (x + 1.0) / 5.0) > ACCEPT);
    assert!(fit(Value::exponential(2.5), &exponential(2.5)) > ACCEPT);
    assert!(weights(Value::from(2.5)).iter().all(|&w| w == 2.5));
    assert!(weights(Value::uniform(3.0, 3.0)).iter().all(|&w| w == 3.0));
    assert!(weights(Value::normal(-3.0, 0.0)).iter().all(|&w| w == -3.0));
}

#[test]
fn gamma_weights_follow_their_distribution() {
    let fit = |value: Value, cumulative: &dyn Fn(f64) -> f64| kolmogorov_smirnov(weights(value), cumulative);
    let third = |x: f64| if x > 0.0 { 1.0 - (-x / 2.0).exp() * (1.0 + x / 2.0 + x * x / 8.0) } else { 0.0 };
    let half = |x: f64| 2.0 * normal((2.0 * x.max(0.0)).sqrt()) - 1.0;
    assert!(fit(Value::gamma(3.0, 2.0), &third) > ACCEPT);
    assert!(fit(Value::gamma(3.2, 2.0), &third) < REJECT);
    assert!(fit(Value::gamma(0.5, 1.0), &half) > ACCEPT);
    assert!(fit(Value::gamma(0.6, 1.0), &half) < REJECT);
    assert!(fit(Value::gamma(1.0, 2.5), &exponential(2.5)) > ACCEPT, "order 1 is exponential");
    for (order, scale) in [(0.05, 3.0), (0.7, 1.0), (40.0, 0.5), (100.0, 2.0)] {
        let found = weights(Value::gamma(order, scale));
        let (n, mean) = (found.len() as f64, found.iter().sum::<f64>() / found.len() as f64);
        let variance = found.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / n;
        let z = (mean - order * scale) / (order * scale * scale / n).sqrt();
        // The fourth moment of a gamma distribution gives the variance of a variance.
        let error = ((2.0 + 6.0 / order) / n).sqrt();
        assert!(z.abs() < 4.0, "order {order}: mean {mean}, {z} standard errors off");
        let off = variance / (order * scale * scale) - 1.0;
        assert!(off.abs() < 5.0 * error, "order {order}: variance {variance}, {off} of it off, and {error} is usual");
    }
}

#[test]
fn quantiles_of_gamma_are_those_of_its_closed_forms() {
    let erlang = neuropil::network::Shape::Gamma { order: 2.0, scale: 1.0 };
    for u in [1e-10, 1e-6, 0.01, 0.3, 0.5, 0.9, 0.999_999] {
        let x = erlang.quantile(u);
        let back = -(-x).exp_m1() - x * (-x).exp();
        let tolerance = if u < 1e-5 { 1e-5 } else { 1e-10 };
        assert!((back / u - 1.0).abs() < tolerance, "{u} gives {x}, which is {back}");
    }
}

#[test]
fn a_factor_multiplies_what_is_drawn() {
    let mirrored = |cumulative: &dyn Fn(f64) -> f64, value: Value| {
        let found = weights(value);
        assert!(found.iter().all(|w| *w < 0.0));
        kolmogorov_smirnov(found.into_iter().map(|w| -w / 2.0), cumulative)
    };
    assert!(mirrored(&lognormal(0.5, 0.8), Value::lognormal(0.5, 0.8).times(-2.0)) > ACCEPT);
    assert!(mirrored(&lognormal(0.5, 0.7), Value::lognormal(0.5, 0.8).times(-2.0)) < REJECT);
    assert!(mirrored(&exponential(2.5), Value::exponential(2.5).times(-2.0)) > ACCEPT);
    let cut_first = cut(lognormal(0.5, 0.8), 1.0, 3.0);
    assert!(mirrored(&cut_first, Value::lognormal(0.5, 0.8).within(1.0, 3.0).times(-2.0)) > ACCEPT);
    assert!(mirrored(&cut_first, Value::lognormal(0.5, 0.8).times(-2.0).within(-6.0, -2.0)) > ACCEPT);
    // Delays are a distribution in steps.
    let twice = |k: f64| ((k + 0.5).min(90.0) - (k - 0.5).max(3.0)).max(0.0) / 87.0;
    assert!(delay_fit(Value::uniform(0.15, 4.5).times(2.0), twice) > ACCEPT);
    assert!(delay_fit(Value::uniform(0.15, 4.5).times(1.9), twice) < REJECT);
    let (mut net, a, b) = pair(2, 2);
    for (value, problem) in
        [(Value::uniform(1.0, 2.0).times(-1.0), "factor = -1"), (Value::uniform(1.0, 2.0).times(0.0), "factor = 0")]
    {
        let error = net.connect(&a, &b, AllToAll, Static::new(1.0, value)).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn weights_of_slightly_other_distributions_are_seen() {
    let fit = |value: Value, cumulative: &dyn Fn(f64) -> f64| kolmogorov_smirnov(weights(value), cumulative);
    assert!(fit(Value::normal(2.0, 3.0), &|x| normal((x - 2.2) / 3.0)) < REJECT);
    assert!(fit(Value::lognormal(0.5, 0.8), &lognormal(0.5, 0.7)) < REJECT);
    assert!(fit(Value::uniform(-1.0, 4.0), &|x| (x + 1.0) / 5.2) < REJECT);
    assert!(fit(Value::exponential(2.5), &exponential(2.7)) < REJECT);
}

#[test]
fn weights_are_drawn_again_until_within_their_range() {
    let check = |value: Value, low: f64, high: f64, cumulative: &dyn Fn(f64) -> f64| {
        let found = weights(value.within(low, high));
        assert!(found.iter().all(|w| (low..=high).contains(w)));
        assert!(kolmogorov_smirnov(found, cut(cumulative, low, high)) > ACCEPT);
    };
    check(Value::normal(0.0, 1.0), -0.5, 2.0, &normal);
    check(Value::normal(0.0, 1.0), 1.5, f64::INFINITY, &normal);
    check(Value::lognormal(0.5, 0.8), 1.0, 3.0, &lognormal(0.5, 0.8));
    check(Value::exponential(2.5), 1.0, 4.0, &exponential(2.5));
    check(Value::uniform(-1.0, 4.0).within(-0.5, 9.0), -3.0, 1.0, &|x| ((x + 1.0) / 5.0).max(0.1));
}

#[test]
fn weights_clamped_to_their_range_are_seen() {
    let clamped = weights(Value::normal(0.0, 1.0)).into_iter().map(|w| w.clamp(-0.5, 2.0));
    assert!(kolmogorov_smirnov(clamped, cut(normal, -0.5, 2.0)) < REJECT);
    let (mut net, a, b) = pair(2, 2);
    let error = net.connect(&a, &b, AllToAll, Static::new(Value::normal(0.0, 1.0).within(40.0, 50.0), 1.0));
    assert!(error.unwrap_err().to_string().contains("widen the range"));
}

#[test]
fn every_rule_draws_each_weight_afresh() {
    let sources: Vec<u32> = (0..20_000).map(|i| i % 100).collect();
    let targets: Vec<u32> = (0..20_000).map(|i| i / 100).collect();
    let rules: [Rule; 6] = [
        AllToAll.into(),
        PairwiseBernoulli(0.9).into(),
        FixedIndegree(100).into(),
        FixedOutdegree(200).into(),
        FixedTotalNumber(20_000).into(),
        Explicit::new(sources, targets).into(),
    ];
    for rule in rules {
        let (mut net, a, b) = pair(100, 200);
        let name = rule.name();
        net.connect(&a, &b, rule, Static::new(Value::normal(0.0, 1.0), 1.0)).unwrap();
        let mut found: Vec<f64> = synapses(&net, 4).iter().map(|s| s.weight).collect();
        assert!(kolmogorov_smirnov(found.iter().copied(), normal) > ACCEPT, "{name}");
        let z = correlation(&found[1..], &found[..found.len() - 1]);
        assert!(z.abs() < 4.0, "{name}: neighbours correlate by {z}");
        let drawn = found.len();
        found.sort_by(f64::total_cmp);
        found.dedup();
        assert_eq!(found.len(), drawn, "{name}: a weight is used twice");
    }
}

#[test]
fn weights_and_delays_are_independent() {
    let found = drawn(Static::new(Value::normal(5.0, 1.0), Value::uniform(0.1, 20.0)));
    let column = |of: &dyn Fn(&SynapseRecord) -> f64| found.iter().map(of).collect::<Vec<f64>>();
    let (weights, delays) = (column(&|s| s.weight), column(&|s| f64::from(s.delay)));
    let sources = column(&|s| f64::from(s.source));
    for (a, b) in [(&weights, &delays), (&weights, &sources), (&delays, &sources)] {
        assert!(correlation(a, b).abs() < 4.0);
    }
    let tied: Vec<f64> = weights.iter().zip(&delays).map(|(w, d)| w + 0.02 * d).collect();
    assert!(correlation(&tied, &delays).abs() > 10.0);
}

/// Fit of delays in steps to the probability of each step.
fn delay_fit(value: Value, probability: impl Fn(f64) -> f64) -> f64 {
    let found = drawn(Static::new(1.0, value));
    assert!(found.iter().all(|s| s.delay >= 1));
    let bins = 1 + found.iter().map(|s| s.delay).max().unwrap() as usize;
    let expected = expected(found.len() as f64, bins, |k| probability(k as f64));
    chi_square(&counts(found.iter().map(|s| s.delay as usize), bins), &expected)
}

#[test]
fn delays_are_rounded_to_the_grid() {
    // The first and the last step of a uniform range take half a step's share.
    let uniform = |k: f64| ((k + 0.5).min(90.0) - (k - 0.5).max(3.0)).max(0.0) / 87.0;
    assert!(delay_fit(Value::uniform(0.3, 9.0), uniform) > ACCEPT);
    let within = |k: f64| ((k + 0.5).min(10.0) - (k - 0.5).max(5.0)).max(0.0) / 5.0;
    assert!(delay_fit(Value::uniform(0.1, 4.0).within(0.5, 1.0), within) > ACCEPT);
    let floored = |k: f64| if (3.0..90.0).contains(&k) { 1.0 / 87.0 } else { 0.0 };
    assert!(delay_fit(Value::uniform(0.3, 9.0), floored) < REJECT);
}

#[test]
fn delays_below_half_a_step_are_drawn_again() {
    let whole = |x: f64| normal((x - 0.5) / 0.7);
    let kept = cut(whole, 0.05, f64::INFINITY);
    let drawn_again = |k: f64| kept(0.1 * k + 0.05) - kept(0.1 * k - 0.05);
    // So many only where the distribution says what the least is.
    let delays = || Value::normal(0.5, 0.7).within(0.05, f64::INFINITY);
    assert!(delay_fit(delays(), drawn_again) > ACCEPT);
    let heaped = |k: f64| match k {
        0.0 => 0.0,
        1.0 => whole(0.15),
        _ => whole(0.1 * k + 0.05) - whole(0.1 * k - 0.05),
    };
    assert!(delay_fit(delays(), heaped) < REJECT, "delays heaped on the first step are seen");
}

#[test]
fn constant_delays_are_rounded_and_never_below_one_step() {
    let steps = |ms: f64| drawn(Static::new(1.0, ms))[0].delay;
    for (ms, expected) in [(0.1, 1), (0.06, 1), (0.14, 1), (0.16, 2), (1.0, 10), (25.04, 250), (0.3, 3), (0.7, 7)] {
        assert_eq!(steps(ms), expected, "{ms} ms");
    }
    let (mut net, a, b) = pair(2, 2);
    for ms in [0.04, 0.0, -1.0] {
        let error = net.connect(&a, &b, AllToAll, Static::new(1.0, ms)).unwrap_err();
        assert!(error.to_string().contains("the shortest delay is one step"), "{error}");
    }
}

fn placed(velocity: f64, offset: f64) -> (Network, Vec<[f64; 3]>) {
    let model = || neuropil::models::named("iaf_psc_exp", "test").unwrap();
    let mut draws = neuropil::random::Draws::new(12, 0, 0);
    let places: Vec<[f64; 3]> = (0..70).map(|_| [0.0; 3].map(|_: f64| 4.0 * draws.uniform())).collect();
    let mut net = Network::new(0.1.ms());
    let mut a = Population::new("a", 30, model()).unwrap();
    a.positions = Some(places[..30].into());
    let a = net.add_population(a).unwrap();
    let mut b = Population::new("b", 40, model()).unwrap();
    b.positions = Some(places[30..].into());
    let b = net.add_population(b).unwrap();
    let all = a.and(&b);
    let synapse = Static::new(1.0, 1.0).with_delay(Delay::Distance { velocity, offset });
    net.connect(&all, &all, AllToAll, synapse).unwrap();
    (net, places)
}

fn distance_steps(places: &[[f64; 3]], s: &SynapseRecord, velocity: f64, offset: f64) -> u32 {
    let (from, to) = (places[s.source as usize], places[s.target as usize]);
    let distance = from.iter().zip(to).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    (((distance / velocity + offset) / 0.1).round() as u32).max(1)
}

#[test]
fn delays_by_distance_are_distance_over_velocity() {
    for (velocity, offset) in [(0.5, 0.3), (10.0, 0.0), (2.0, -0.4)] {
        let (net, places) = placed(velocity, offset);
        let found = synapses(&net, 1);
        assert_eq!(found.len(), 4900);
        assert!(found.iter().all(|s| s.delay == distance_steps(&places, s, velocity, offset)));
        assert!(!found.iter().all(|s| s.delay == distance_steps(&places, s, velocity * 1.2, offset)));
    }
    let (mut net, a, b) = pair(2, 2);
    let synapse = Static::new(1.0, 1.0).with_delay(Delay::Distance { velocity: 1.0, offset: 0.0 });
    let error = net.connect(&a, &b, AllToAll, synapse).unwrap_err();
    assert!(error.to_string().contains("positions"), "{error}");
}

#[test]
fn initial_values_follow_their_distributions() {
    let mut net = Network::new(0.1.ms());
    let mut a = Population::new("a", 20_000, neuropil::models::named("iaf_psc_exp", "test").unwrap()).unwrap();
    a.set("V_m", Value::uniform(-70.0, -56.0)).unwrap();
    a.set("I_syn_ex", Value::exponential(3.0)).unwrap();
    net.add_population(a).unwrap();
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(3)).unwrap();
    let (potentials, currents) = (sim.state("a", "V_m").unwrap(), sim.state("a", "I_syn_ex").unwrap());
    assert!(correlation(&potentials, &currents).abs() < 4.0);
    assert!(kolmogorov_smirnov(potentials.iter().copied(), |x| (x + 70.0) / 14.0) > ACCEPT);
    assert!(kolmogorov_smirnov(potentials, |x| (x + 70.0) / 14.5) < REJECT);
    assert!(kolmogorov_smirnov(currents, exponential(3.0)) > ACCEPT);
}
