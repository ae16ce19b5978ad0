//! Rates and irregularity against NEST: `golden/nest_networks.json`, made by `benches/peers/nest_statistics.py`.

use std::collections::BTreeMap;

use neuropil::network::{Projection, Value};
use neuropil::prelude::*;

use super::{altered, network, spikes};

/// Spikes per neuron and second, and the mean coefficient of variation of inter-spike intervals.
#[derive(Debug)]
struct Statistics {
    rate: f64,
    cv: f64,
}

/// Means over NEST's seeds and their standard deviations, and the time they were taken in.
struct Reference {
    mean: Statistics,
    sd: Statistics,
    warm: f64,
    window: f64,
}

/// A run agrees when it lies within this many standard deviations of NEST's seeds from their mean.
const DEVIATIONS: f64 = 4.0;

impl Reference {
    fn of(name: &str) -> Reference {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/nest_networks.json");
        let golden: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let entry = &golden["networks"][name];
        let column = |field: &str| -> Vec<f64> {
            entry["runs"].as_array().unwrap().iter().map(|run| run[field].as_f64().unwrap()).collect()
        };
        let (rate, cv) = (moments(&column("rate"), 1.0), moments(&column("cv"), 1.0));
        Reference {
            mean: Statistics { rate: rate.0, cv: cv.0 },
            sd: Statistics { rate: rate.1, cv: cv.1 },
            warm: entry["warm"].as_f64().unwrap(),
            window: entry["window"].as_f64().unwrap(),
        }
    }

    fn agrees(&self, net: &Network, seed: u64) -> Result<(), String> {
        let found = measure(net, self.warm, self.window, seed);
        let near = |x: f64, mean: f64, sd: f64| (x - mean).abs() <= DEVIATIONS * sd;
        let agrees = near(found.rate, self.mean.rate, self.sd.rate) && near(found.cv, self.mean.cv, self.sd.cv);
        if agrees { Ok(()) } else { Err(format!("{found:?}, NEST {:?} sd {:?}", self.mean, self.sd)) }
    }
}

/// Mean and standard deviation with divisor n - `less`.
fn moments(values: &[f64], less: f64) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - less)).sqrt())
}

/// As the script does it: spikes in (warm, warm + window], neurons with at least 4 of them for the intervals.
fn measure(net: &Network, warm: f64, window: f64, seed: u64) -> Statistics {
    let mut trains: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    let mut count = 0;
    for (time, id) in spikes(net, warm + window, seed) {
        if time > warm + 1e-9 {
            trains.entry(id).or_default().push(time);
            count += 1;
        }
    }
    let cvs = trains.values().filter(|train| train.len() >= 4).map(|train| {
        let intervals: Vec<f64> = train.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let (mean, sd) = moments(&intervals, 0.0);
        sd / mean
    });
    let cvs: Vec<f64> = cvs.collect();
    let rate = f64::from(count) / f64::from(net.neurons()) / window * 1e3;
    Statistics { rate, cv: moments(&cvs, 0.0).0 }
}

/// The network with its inhibitory weights multiplied.
fn with_inhibition(net: &Network, factor: f64) -> Network {
    let scaled = |old: &Projection| {
        let mut synapse = old.synapse.clone();
        if let Value::Constant(weight) = synapse.weight {
            synapse.weight = Value::Constant(if weight < 0.0 { factor * weight } else { weight });
        }
        Some(synapse)
    };
    altered(net, scaled, |drive| Some(drive.clone()))
}

#[test]
fn vogels_abbott_fires_as_in_nest() {
    let (reference, net) = (Reference::of("vogels-abbott"), network("vogels-abbott", 1.0));
    reference.agrees(&net, 1).unwrap();
    reference.agrees(&with_inhibition(&net, 0.9), 1).unwrap_err();
}

#[test]
fn vogels_abbott_coba_fires_as_in_nest() {
    let (reference, net) = (Reference::of("vogels-abbott-coba"), network("vogels-abbott-coba", 1.0));
    reference.agrees(&net, 1).unwrap();
    reference.agrees(&with_inhibition(&net, 1.3), 1).unwrap_err();
}

#[test]
fn brunel_fires_as_in_nest() {
    Reference::of("brunel").agrees(&network("brunel", 1.0), 1).unwrap();
}

#[test]
fn brunel_at_a_fifth_fires_as_in_nest() {
    let (reference, net) = (Reference::of("brunel-0.2"), network("brunel", 0.2));
    reference.agrees(&net, 1).unwrap();
    reference.agrees(&with_inhibition(&net, 0.95), 1).unwrap_err();
}
