//! The random graph on the scale of a fly's brain: published counts, heavy tails, activity.

use std::collections::{BTreeMap, BTreeSet};

use neuropil::network::Value;
use neuropil::prelude::*;

use super::{altered, network, spikes};

/// Sources and targets of the connections.
fn pairs(net: &Network) -> (&[u32], &[u32]) {
    let list = net.projections()[0].rule.explicit_pairs().unwrap();
    (&list.sources, &list.targets)
}

/// What FlyWire v783 and its use by Shiu et al. 2024 say of degrees; the shares beyond 10 times the mean are those of
/// the lognormal law that the documentation states.
fn heavy(degrees: &[u32], largest: std::ops::Range<u32>) -> bool {
    let nodes = degrees.len() as f64;
    let mean = f64::from(degrees.iter().sum::<u32>()) / nodes;
    let hubs = degrees.iter().filter(|&&degree| f64::from(degree) > 10.0 * mean).count() as f64 / nodes;
    (108.0..110.0).contains(&mean) && largest.contains(degrees.iter().max().unwrap()) && (0.004..0.007).contains(&hubs)
}

#[test]
fn the_fly_has_its_published_counts_and_tails() {
    let net = network("fly-scale", 1.0);
    let (sources, targets) = pairs(&net);
    assert_eq!((net.neurons(), sources.len()), (138_639, 15_091_983));
    let Value::Each(weights) = &net.projections()[0].synapse.weight else { panic!() };
    let contacts = |weight: &f64| weight.abs() / 0.275;
    let sum: f64 = weights.iter().map(contacts).sum();
    assert!((sum / 54_492_922.0 - 1.0).abs() < 0.002, "{sum}");
    let strong = weights.iter().filter(|weight| contacts(weight) > 4.5).count() as f64 / 15_091_983.0;
    assert!((strong - 2_701_601.0 / 15_091_983.0).abs() < 0.005, "{strong}");
    assert!(weights.iter().all(|weight| (contacts(weight).round() - contacts(weight)).abs() < 1e-9));
    let (mut outgoing, mut incoming) = (vec![0u32; 138_639], vec![0u32; 138_639]);
    for (&source, &target) in sources.iter().zip(targets) {
        outgoing[source as usize] += 1;
        incoming[target as usize] += 1;
    }
    let largest = (outgoing.iter().max(), incoming.iter().max());
    assert!(heavy(&outgoing, 9_400..9_800) && heavy(&incoming, 6_000..12_000), "{largest:?}");
    assert!(!heavy(&vec![109; 138_639], 9_400..9_800));
}

#[test]
fn the_fly_has_no_pair_twice_and_one_sign_per_neuron() {
    let net = network("fly-scale", 0.05);
    let (sources, targets) = pairs(&net);
    let joined: BTreeSet<(u32, u32)> = sources.iter().copied().zip(targets.iter().copied()).collect();
    assert_eq!(joined.len(), sources.len());
    assert!(joined.iter().all(|(source, target)| source != target));
    let Value::Each(weights) = &net.projections()[0].synapse.weight else { panic!() };
    let mut signs: BTreeMap<u32, BTreeSet<bool>> = BTreeMap::new();
    for (&source, weight) in sources.iter().zip(weights.iter()) {
        signs.entry(source).or_default().insert(*weight > 0.0);
    }
    assert!(signs.values().all(|signs| signs.len() == 1));
    let excitatory = signs.iter().filter(|(_, signs)| signs.contains(&true)).count() as f64 / signs.len() as f64;
    assert!((excitatory - 0.6).abs() < 0.01, "{excitatory}");
}

#[test]
fn the_fly_is_one_graph_and_its_spikes_are_the_seeds() {
    let (net, again, larger) = (network("fly-scale", 0.05), network("fly-scale", 0.05), network("fly-scale", 0.051));
    assert_eq!(pairs(&net), pairs(&again));
    assert_eq!(net.projections()[0].synapse, again.projections()[0].synapse);
    assert_ne!(pairs(&net).1[..1000], pairs(&larger).1[..1000]);
    let first = spikes(&net, 100.0, 1);
    assert!(!first.is_empty() && first == spikes(&again, 100.0, 1));
    assert_ne!(first, spikes(&net, 100.0, 2));
}

/// The share of neurons that fire within a second.
fn active(net: &Network) -> f64 {
    let heard: BTreeSet<u32> = spikes(net, 1000.0, 1).iter().map(|spike| spike.1).collect();
    heard.len() as f64 / f64::from(net.neurons())
}

#[test]
fn about_one_in_a_hundred_neurons_of_the_fly_fires() {
    let net = network("fly-scale", 0.2);
    let share = active(&net);
    assert!((0.007..0.013).contains(&share), "{share}");
    assert_eq!(active(&altered(&net, |old| Some(old.synapse.clone()), |_| None)), 0.0);
    // Far fewer fire when nothing but the stimulus drives them.
    assert!(active(&altered(&net, |_| None, |drive| Some(drive.clone()))) < 0.003);
}
