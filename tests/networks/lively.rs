//! Activity of the connectome presets: no silence, no epilepsy, and light does to the optic lobe what light does.

use neuropil::prelude::*;

use super::{altered, network, spikes};

/// What must hold of a lively network over a run.
struct Lively {
    /// Least and largest mean rate, spikes/s.
    rate: (f64, f64),
    /// Largest share of neurons without a spike.
    silent: f64,
    /// Largest rate of all neurons in any 5 ms, spikes/s.
    burst: f64,
}

impl Lively {
    fn broken_by(&self, net: &Network, ms: f64, seed: u64) -> Option<String> {
        let neurons = f64::from(net.neurons());
        let spikes = spikes(net, ms, seed);
        let mut heard = vec![false; net.neurons() as usize];
        let mut bins = vec![0.0; (ms / 5.0).ceil() as usize + 1];
        for &(time, id) in &spikes {
            heard[id as usize] = true;
            bins[(time / 5.0) as usize] += 1.0 / neurons / 0.005;
        }
        let rate = spikes.len() as f64 / neurons / ms * 1e3;
        let silent = heard.iter().filter(|h| !**h).count() as f64 / neurons;
        // The first 50 ms carry the start: V_m begins spread between reset and threshold.
        let burst = bins.iter().skip(10).copied().fold(0.0, f64::max);
        let kept = (self.rate.0..=self.rate.1).contains(&rate) && silent <= self.silent && burst <= self.burst;
        (!kept).then(|| format!("rate {rate}, silent {silent}, burst {burst}"))
    }
}

fn undriven(net: &Network) -> Network {
    altered(net, |old| Some(old.synapse.clone()), |_| None)
}

fn strengthened(net: &Network, factor: f64) -> Network {
    let stronger = |old: &neuropil::network::Projection| {
        let mut synapse = old.synapse.clone();
        let neuropil::network::Value::Each(weights) = &synapse.weight else { panic!("listed weights") };
        let weights: Vec<f64> = weights.iter().map(|w| if *w > 0.0 { factor * w } else { *w }).collect();
        synapse.weight = neuropil::network::Value::each(weights);
        Some(synapse)
    };
    altered(net, stronger, |drive| Some(drive.clone()))
}

#[test]
fn the_worm_is_lively() {
    let bounds = Lively { rate: (4.5, 10.0), silent: 0.2, burst: 30.0 };
    let net = network("c-elegans", 1.0);
    for seed in 1..=3 {
        assert_eq!(bounds.broken_by(&net, 1000.0, seed), None);
    }
    assert!(bounds.broken_by(&undriven(&net), 1000.0, 1).is_some());
    assert!(bounds.broken_by(&strengthened(&net, 3.0), 1000.0, 1).is_some());
}

#[test]
fn the_larva_is_lively() {
    let bounds = Lively { rate: (3.0, 7.0), silent: 0.35, burst: 15.0 };
    let net = network("larva", 1.0);
    assert_eq!(bounds.broken_by(&net, 500.0, 1), None);
    assert!(bounds.broken_by(&undriven(&net), 500.0, 1).is_some());
    assert!(bounds.broken_by(&strengthened(&net, 3.0), 500.0, 1).is_some());
}

#[test]
fn the_human_cortex_is_lively() {
    let bounds = Lively { rate: (5.0, 12.0), silent: 0.1, burst: 25.0 };
    let net = network("human-dti", 1.0);
    assert_eq!(bounds.broken_by(&net, 500.0, 1), None);
    assert!(bounds.broken_by(&undriven(&net), 500.0, 1).is_some());
}

/// Rates of some types (spikes/s) of the optic lobe while the bar is far and while it is there.
fn responses(net: &Network, types: &[&str]) -> Vec<(f64, f64)> {
    let spikes = spikes(net, 450.0, 1);
    let mut responses = Vec::new();
    for name in types {
        let population = net.populations().iter().find(|p| p.name == *name).unwrap();
        let positions = population.positions.as_ref().unwrap();
        let (low, high) = positions.iter().fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p[0]), h.max(p[0])));
        let arrival = |i: u32| 200.0 + 600.0 * (positions[i as usize][0] - low) / (high - low);
        let (mut far, mut lit, mut far_ms, mut lit_ms) = (0.0, 0.0, 0.0, 0.0);
        for i in (0..population.size).filter(|&i| arrival(i) < 350.0) {
            far_ms += arrival(i) - 100.0;
            lit_ms += 75.0;
        }
        for &(time, id) in &spikes {
            let i = id.wrapping_sub(population.first);
            if i < population.size && arrival(i) < 350.0 {
                far += f64::from(u8::from(time > 100.0 && time <= arrival(i)));
                lit += f64::from(u8::from(time > arrival(i) + 10.0 && time <= arrival(i) + 85.0));
            }
        }
        responses.push((far / far_ms * 1e3, lit / lit_ms * 1e3));
    }
    responses
}

#[test]
fn light_silences_the_lamina_and_splits_on_from_off() {
    let net = network("optic-lobe", 1.0);
    let types = ["R1", "L1", "L2", "Mi1", "Mi4", "Tm1", "Tm2"];
    let holds = |net: &Network| {
        let r = responses(net, &types);
        let rises = |i: usize| r[i].1 > 1.4 * r[i].0;
        let falls = |i: usize| r[i].1 < 0.6 * r[i].0;
        (rises(0) && falls(1) && falls(2) && rises(3) && rises(4) && falls(5) && falls(6), r)
    };
    let (kept, rates) = holds(&net);
    assert!(kept, "{types:?} {rates:?}");
    // Without the bar nothing rises or falls.
    let dark = altered(
        &net,
        |old| Some(old.synapse.clone()),
        |drive| match drive {
            neuropil::network::Drive::Poisson(poisson) if poisson.start > 0.0 => None,
            other => Some(other.clone()),
        },
    );
    assert!(!holds(&dark).0);
}
