//! What connection rules promise exactly: numbers of synapses, degrees, pairs.

use std::collections::BTreeMap;

use super::{joined, pair, recurrent};
use crate::support::decode::{SynapseRecord, decode, synapses};
use neuropil::network::Rule;
use neuropil::plan::Plan;
use neuropil::prelude::*;

/// How many synapses each of `n` neurons from id `first` on has, by target or by source.
pub fn degrees(synapses: &[SynapseRecord], first: u32, n: u32, end: impl Fn(&SynapseRecord) -> u32) -> Vec<u32> {
    let mut degrees = vec![0; n as usize];
    synapses.iter().for_each(|s| degrees[(end(s) - first) as usize] += 1);
    degrees
}

fn autapses(synapses: &[SynapseRecord]) -> usize {
    synapses.iter().filter(|s| s.source == s.target).count()
}

/// Synapses beyond the first of their pair.
fn repeated(synapses: &[SynapseRecord]) -> usize {
    let mut pairs = BTreeMap::new();
    synapses.iter().for_each(|s| *pairs.entry((s.source, s.target)).or_insert(0) += 1);
    pairs.values().map(|n| n - 1).sum()
}

fn pairs(synapses: &[SynapseRecord]) -> Vec<(u32, u32)> {
    synapses.iter().map(|s| (s.source, s.target)).collect()
}

#[test]
fn one_to_one_joins_equals() {
    let found = synapses(&joined(50, 50, OneToOne), 1);
    assert_eq!(pairs(&found), (0..50).map(|i| (i, 50 + i)).collect::<Vec<_>>());
    assert!(found.iter().all(|s| s.weight == 1.0 && s.delay == 10 && s.channel == 0));
    assert_eq!(synapses(&recurrent(9, Rule::from(OneToOne).allow_autapses(false)), 1), []);
}

#[test]
fn all_to_all_joins_every_pair_once() {
    let found = synapses(&joined(7, 11, AllToAll), 1);
    let every: Vec<_> = (0..11).flat_map(|t| (0..7).map(move |s| (s, 7 + t))).collect();
    assert_eq!(pairs(&found), every);
    let found = synapses(&recurrent(13, Rule::from(AllToAll).allow_autapses(false)), 1);
    assert_eq!((found.len(), autapses(&found), repeated(&found)), (13 * 12, 0, 0));
    assert_eq!(autapses(&synapses(&recurrent(13, AllToAll), 1)), 13);
}

#[test]
fn bernoulli_of_certainty_is_exact() {
    assert_eq!(synapses(&joined(20, 30, PairwiseBernoulli(0.0)), 1), []);
    assert_eq!(synapses(&joined(20, 30, PairwiseBernoulli(1.0)), 1), synapses(&joined(20, 30, AllToAll), 1));
    let found = synapses(&recurrent(60, Rule::from(PairwiseBernoulli(0.6)).allow_autapses(false)), 1);
    assert_eq!((autapses(&found), repeated(&found)), (0, 0));
    assert!(autapses(&synapses(&recurrent(60, PairwiseBernoulli(0.6)), 1)) > 20);
}

#[test]
fn fixed_degrees_are_exact() {
    for k in [0, 1, 5, 40, 200] {
        let found = synapses(&joined(40, 60, FixedIndegree(k)), 2);
        assert_eq!(degrees(&found, 40, 60, |s| s.target), vec![k; 60]);
        let found = synapses(&joined(40, 60, FixedOutdegree(k)), 2);
        assert_eq!(degrees(&found, 0, 40, |s| s.source), vec![k; 40]);
        let found = synapses(&joined(40, 60, FixedTotalNumber(u64::from(k) * 7)), 2);
        assert_eq!(found.len() as u32, k * 7);
    }
    // The same check refuses the transposed rule.
    let found = synapses(&joined(40, 60, FixedOutdegree(6)), 2);
    assert_ne!(degrees(&found, 40, 60, |s| s.target), vec![4; 60]);
}

/// All drawing rules on `n` neurons of one population with about `k` synapses per neuron.
fn drawn(n: u32, k: u32) -> [Rule; 3] {
    [FixedIndegree(k).into(), FixedOutdegree(k).into(), FixedTotalNumber(u64::from(n * k)).into()]
}

#[test]
fn autapses_and_multapses_are_absent_when_forbidden() {
    // k from a few to all there are, below and above n / 2, where another method draws.
    for (n, k) in [(40, 3), (40, 20), (40, 21), (40, 35), (40, 39), (3, 2), (2, 1)] {
        for rule in drawn(n, k) {
            let net = recurrent(n, rule.clone().allow_autapses(false).allow_multapses(false));
            let found = synapses(&net, 3);
            assert_eq!(found.len() as u32, n * k, "{}", rule.name());
            assert_eq!((autapses(&found), repeated(&found)), (0, 0), "{} {k} of {n}", rule.name());
        }
    }
    for (n, k) in [(40, 12), (40, 40), (41, 20), (41, 21), (1, 1)] {
        for rule in drawn(n, k) {
            let found = synapses(&recurrent(n, rule.clone().allow_multapses(false)), 3);
            assert_eq!((found.len() as u32, repeated(&found)), (n * k, 0), "{} {k} of {n}", rule.name());
        }
    }
    for rule in drawn(40, 90) {
        let found = synapses(&recurrent(40, rule.clone().allow_autapses(false)), 3);
        assert_eq!((found.len(), autapses(&found)), (3600, 0), "{}", rule.name());
    }
}

#[test]
fn autapses_and_multapses_are_there_when_allowed() {
    for rule in drawn(40, 20) {
        let found = synapses(&recurrent(40, rule.clone()), 3);
        assert!(autapses(&found) > 5, "{}", rule.name());
        assert!(repeated(&found) > 50, "{}", rule.name());
    }
}

#[test]
fn rules_that_cannot_be_met_are_refused() {
    let attempt = |n: u32, rule: Rule| {
        let (mut net, a, _) = pair(n, 1);
        net.connect(&a, &a, rule, Static::new(1.0, 1.0))
    };
    for rule in drawn(40, 41) {
        let error = attempt(40, rule.clone().allow_multapses(false)).unwrap_err();
        assert!(matches!(error, Error::Connection { .. }), "{error}");
        assert!(error.to_string().contains("allow multapses or draw fewer"), "{error}");
    }
    for rule in drawn(40, 40) {
        assert!(attempt(40, rule.clone().allow_multapses(false)).is_ok());
        assert!(attempt(40, rule.clone().allow_multapses(false).allow_autapses(false)).is_err());
    }
    // A neuron alone that may not join itself has nobody to join.
    for rule in drawn(1, 1) {
        assert!(attempt(1, rule.clone().allow_autapses(false)).is_err());
    }
    assert!(attempt(5, PairwiseBernoulli(1.01).into()).is_err());
    let (mut net, a, b) = pair(5, 6);
    assert!(net.connect(&a, &b, OneToOne, Static::new(1.0, 1.0)).is_err());
}

#[test]
fn explicit_pairs_keep_their_order_and_values() {
    let (sources, targets) = (vec![3u32, 0, 3, 2, 3, 0], vec![1u32, 1, 0, 2, 1, 1]);
    let (weights, delays) = (vec![0.5, -1.0, 2.0, 3.25, 0.125, 7.0], vec![0.1, 0.3, 25.6, 0.2, 0.1, 51.2]);
    let (mut net, a, b) = pair(4, 3);
    let synapse = Static::new(Value::each(weights.clone()), Value::each(delays.clone()));
    net.connect(&a, &b, Explicit::new(sources.clone(), targets.clone()), synapse).unwrap();
    for block in [1, 8, 256] {
        let options = PlanOptions { block: Some(block), ..default() };
        let found = decode(&Plan::<i64>::new(&net, 0, &options).unwrap());
        let mut order: Vec<usize> = (0..6).collect();
        let steps = |i: usize| (delays[i] * 10.0).round() as u32;
        order.sort_by_key(|&i| (sources[i], (steps(i) - 1) / block));
        let listed: Vec<SynapseRecord> = order
            .into_iter()
            .map(|i| SynapseRecord {
                source: sources[i],
                target: 4 + targets[i],
                delay: steps(i),
                weight: weights[i],
                channel: u32::from(weights[i] < 0.0),
            })
            .collect();
        assert_eq!(found, listed, "block {block}");
        let mut swapped = listed.clone();
        swapped.swap(2, 3);
        assert_ne!(found, swapped);
    }
}

#[test]
fn selections_are_counted_from_their_own_first_neuron() {
    let (mut net, a, b) = pair(10, 20);
    let from = b.slice(15..18).and(a.slice(4..6));
    let to = a.slice(0..2).and(b.slice(3..6));
    net.connect(&from, &to, OneToOne, Static::new(1.0, 1.0)).unwrap();
    assert_eq!(pairs(&synapses(&net, 1)), [(25, 0), (26, 1), (27, 13), (4, 14), (5, 15)]);
    let (mut net, a, b) = pair(10, 20);
    let all = b.and(&a);
    assert_eq!((all.len(), all.id(0), all.id(19), all.id(20), all.id(29)), (30, 10, 29, 0, 9));
    net.connect(all.slice(18..23), a.slice(9..10), AllToAll, Static::new(1.0, 1.0)).unwrap();
    assert_eq!(pairs(&synapses(&net, 1)), [(0, 9), (1, 9), (2, 9), (28, 9), (29, 9)]);
    let (mut net, a, b) = pair(10, 20);
    net.connect(a.slice(2..4), a.slice(5..7).and(b.slice(1..2)), FixedIndegree(30), Static::new(1.0, 1.0)).unwrap();
    let found = synapses(&net, 1);
    assert!(found.iter().all(|s| (2..4).contains(&s.source) && [5, 6, 11].contains(&s.target)), "{found:?}");
    assert_eq!(found.len(), 90);
}

#[test]
fn forbidden_autapses_are_counted_by_shared_neurons_alone() {
    // Selections 0..6 and 4..10 share two neurons, so 36 - 2 pairs are there, and all can be drawn.
    let rule = |n| Rule::from(FixedTotalNumber(n)).allow_autapses(false).allow_multapses(false);
    let (mut net, a, _) = pair(10, 1);
    net.connect(a.slice(0..6), a.slice(4..10), rule(34), Static::new(1.0, 1.0)).unwrap();
    let found = synapses(&net, 1);
    assert_eq!((found.len(), autapses(&found), repeated(&found)), (34, 0, 0));
    assert!(net.connect(a.slice(0..6), a.slice(4..10), rule(35), Static::new(1.0, 1.0)).is_err());
}
