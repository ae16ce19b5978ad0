//! How connection rules spread their synapses.

use super::measures::{ACCEPT, REJECT, binomial, chi_square, counts, even, expected, upper_gamma};
use super::rules::degrees;
use super::{joined, recurrent};
use crate::support::decode::synapses;
use neuropil::network::Rule;
use neuropil::prelude::*;

fn numbers(degrees: &[u32]) -> Vec<f64> {
    degrees.iter().map(|&n| f64::from(n)).collect()
}

/// Fit of degrees to a binomial distribution.
fn binomial_fit(degrees: &[u32], n: usize, p: f64) -> f64 {
    let found = counts(degrees.iter().map(|&d| d as usize), n + 1);
    chi_square(&found, &expected(degrees.len() as f64, n + 1, |k| binomial(k, n, p)))
}

#[test]
fn bernoulli_degrees_are_binomial() {
    for (p, seed) in [(0.004, 1), (0.1, 2), (0.5, 3), (0.93, 4)] {
        let found = synapses(&joined(300, 400, PairwiseBernoulli(p)), seed);
        let (mean, sd) = (120_000.0 * p, (120_000.0 * p * (1.0 - p)).sqrt());
        assert!((found.len() as f64 - mean).abs() < 4.0 * sd, "p = {p}: {} synapses", found.len());
        let indegrees = degrees(&found, 300, 400, |s| s.target);
        let outdegrees = degrees(&found, 0, 300, |s| s.source);
        assert!(binomial_fit(&indegrees, 300, p) > ACCEPT, "p = {p}");
        assert!(binomial_fit(&outdegrees, 400, p) > ACCEPT, "p = {p}");
        assert!(found.windows(2).all(|w| (w[0].source, w[0].target) != (w[1].source, w[1].target)));
    }
}

#[test]
fn degrees_of_another_probability_or_rule_are_seen() {
    let found = synapses(&joined(300, 400, PairwiseBernoulli(0.1)), 2);
    assert!(binomial_fit(&degrees(&found, 300, 400, |s| s.target), 300, 0.12) < REJECT);
    let found = synapses(&joined(300, 400, FixedIndegree(30)), 2);
    assert!(binomial_fit(&degrees(&found, 300, 400, |s| s.target), 300, 0.1) < REJECT);
}

#[test]
fn fixed_indegree_draws_sources_evenly() {
    let found = synapses(&joined(100, 300, FixedIndegree(200)), 5);
    let outdegrees = degrees(&found, 0, 100, |s| s.source);
    assert!(even(&numbers(&outdegrees)) > ACCEPT, "{outdegrees:?}");
    assert!(binomial_fit(&outdegrees, 60_000, 0.01) > ACCEPT);
    // Forbidden autapses leave the others' chances alike.
    let found = synapses(&recurrent(100, Rule::from(FixedIndegree(200)).allow_autapses(false)), 5);
    assert!(even(&numbers(&degrees(&found, 0, 100, |s| s.source))) > ACCEPT);
    // A generator that favours low indices by 10 % is seen.
    let favoured = outdegrees.iter().enumerate().map(|(i, &n)| f64::from(n) * (1.1 - 0.002 * i as f64));
    assert!(even(&favoured.collect::<Vec<_>>()) < REJECT);
}

#[test]
fn fixed_outdegree_draws_targets_evenly() {
    let found = synapses(&joined(300, 100, FixedOutdegree(200)), 6);
    let indegrees = degrees(&found, 300, 100, |s| s.target);
    assert!(even(&numbers(&indegrees)) > ACCEPT);
    assert!(binomial_fit(&indegrees, 60_000, 0.01) > ACCEPT);
    // Its own degree is fixed, so it is no binomial.
    assert!(binomial_fit(&degrees(&found, 0, 300, |s| s.source), 60_000, 1.0 / 300.0) < REJECT);
}

fn by_pair(net: &Network, sources: u32, targets: u32, seed: u64) -> Vec<f64> {
    let cell = |s: &crate::support::decode::SynapseRecord| (s.source * targets + s.target - sources) as usize;
    counts(synapses(net, seed).iter().map(cell), (sources * targets) as usize)
}

#[test]
fn fixed_total_number_draws_pairs_evenly() {
    let net = joined(20, 30, FixedTotalNumber(60_000));
    let pairs = by_pair(&net, 20, 30, 7);
    assert!(even(&pairs) > ACCEPT);
    let by_source: Vec<f64> = pairs.chunks(30).map(|row| row.iter().sum()).collect();
    assert!(even(&by_source) > ACCEPT);
    // Sources and targets taken from one number would join few pairs.
    let tied: Vec<f64> = (0..600).map(|i| if i % 30 == i / 30 { 3000.0 } else { 0.0 }).collect();
    assert!(even(&tied) < REJECT);
}

/// Fit of how often each of `n` was among `k` drawn without repetition, `draws` times.
///
/// Without repetition the counts vary less than a multinomial's, by (n - k) / (n - 1).
fn without_repetition(chosen: &[f64], k: f64) -> f64 {
    let n = chosen.len() as f64;
    let mean = chosen.iter().sum::<f64>() / n;
    let sum: f64 = chosen.iter().map(|c| (c - mean) * (c - mean) / mean).sum();
    upper_gamma(0.5 * (n - 1.0), 0.5 * sum * (n - 1.0) / (n - k))
}

#[test]
fn partners_without_multapses_are_drawn_evenly() {
    for k in [3, 5, 6, 7, 9] {
        let rule = Rule::from(FixedIndegree(k)).allow_multapses(false);
        let found = synapses(&joined(10, 4000, rule), 8);
        let chosen = numbers(&degrees(&found, 0, 10, |s| s.source));
        let p = without_repetition(&chosen, f64::from(k));
        assert!(p > ACCEPT && p < 1.0 - ACCEPT, "{k} of 10: p = {p}, {chosen:?}");
        // Each pair of sources meets at a target equally often: k(k-1) of n(n-1).
        let mut met = counts([], 100);
        for row in found.chunk_by(|a, b| a.target == b.target) {
            for (i, s) in row.iter().enumerate() {
                row[..i].iter().for_each(|other| met[(other.source * 10 + s.source) as usize] += 1.0);
            }
        }
        let met: Vec<f64> = met.into_iter().filter(|&n| n > 0.0).collect();
        assert_eq!(met.len(), 45);
        assert!(even(&met) > ACCEPT, "{k} of 10: {met:?}");
    }
}

#[test]
fn partners_drawn_unevenly_are_seen() {
    // The first five of ten chosen one time in twenty more often.
    let rule = Rule::from(FixedIndegree(7)).allow_multapses(false);
    let found = synapses(&joined(10, 4000, rule), 8);
    let mut chosen = numbers(&degrees(&found, 0, 10, |s| s.source));
    (0..5).for_each(|i| (chosen[i], chosen[i + 5]) = (chosen[i] * 1.05, chosen[i + 5] * 0.95));
    assert!(without_repetition(&chosen, 7.0) < REJECT);
    // With multapses the counts vary more than they may without.
    let found = synapses(&joined(10, 4000, FixedIndegree(9)), 8);
    assert!(without_repetition(&numbers(&degrees(&found, 0, 10, |s| s.source)), 9.0) < 1e-3);
}

#[test]
fn fixed_total_number_without_multapses_draws_pairs_evenly() {
    let rule = Rule::from(FixedTotalNumber(30)).allow_multapses(false);
    let net = joined(6, 8, rule);
    let mut chosen = vec![0.0; 48];
    for seed in 0..600 {
        by_pair(&net, 6, 8, seed).iter().zip(&mut chosen).for_each(|(n, sum)| *sum += n);
    }
    let p = without_repetition(&chosen, 30.0);
    assert!(p > ACCEPT && p < 1.0 - ACCEPT, "p = {p}: {chosen:?}");
    chosen[..24].iter_mut().for_each(|n| *n *= 1.05);
    chosen[24..].iter_mut().for_each(|n| *n *= 0.95);
    assert!(without_repetition(&chosen, 30.0) < 1e-6);
}
