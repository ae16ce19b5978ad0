//! Neurons of a layer that reach each other, against a way back by hand.

use std::sync::Arc;

use neuropil::prelude::*;
use neuropil::train::Array;
use neuropil::train::layer::{Neurons, Recurrent, Shows, Steps};
use neuropil::train::tape::{Connections, Tape};

use super::{Weighted, array, distance, noise, options, population};

/// Neurons of `lif_neuron` with its defaults that reach each other, all with all, gone back over by hand.
struct Among {
    units: usize,
    delays: Vec<usize>,
    weights: Vec<f64>,
}

impl Among {
    /// Derivatives of Σ c·z by what arrives, [steps, units], and by the weights, [source, target].
    fn gradients(&self, drive: &[f64], c: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (n, decay) = (self.units, (-0.1f64 / 10.0).exp());
        let steps = drive.len() / n;
        let (mut after, mut z, mut v) = (vec![0.0; drive.len()], vec![0.0; drive.len()], vec![0.0; n]);
        let from = |place: usize, step: usize| step.checked_sub(self.delays[place]);
        for step in 0..steps {
            for to in 0..n {
                let within: f64 = (0..n)
                    .filter_map(|source| {
                        Some(self.weights[source * n + to] * z[from(source * n + to, step)? * n + source])
                    })
                    .sum();
                after[step * n + to] = v[to] * decay + drive[step * n + to] + within;
                z[step * n + to] = f64::from(u8::from(after[step * n + to] >= 1.0));
                v[to] = if z[step * n + to] == 1.0 { 0.0 } else { after[step * n + to] };
            }
        }
        let (mut arrived, mut bars, mut weights) = (vec![0.0; drive.len()], vec![0.0; n], vec![0.0; n * n]);
        for step in (0..steps).rev() {
            for source in 0..n {
                let mut bar_z = c[step * n + source];
                for to in 0..n {
                    let place = source * n + to;
                    let at = step + self.delays[place];
                    if at < steps {
                        bar_z += self.weights[place] * arrived[at * n + to];
                        weights[place] += z[step * n + source] * arrived[at * n + to];
                    }
                }
                let m = after[step * n + source] - 1.0;
                let surrogate = 1.0 / (1.0 + 2.0 * m.abs()).powi(2);
                let kept = 1.0 - z[step * n + source] - surrogate * after[step * n + source];
                let before = bars[source] * kept + bar_z * surrogate;
                arrived[step * n + source] = before;
                bars[source] = before * decay;
            }
        }
        (arrived, weights)
    }
}

#[test]
fn neurons_that_reach_each_other_are_gone_back_over_as_by_hand() {
    let (samples, steps, units) = (3, 60, 4);
    let mut random = noise(21);
    let drive: Array<f64> = array([samples, steps, units], || 0.3 + 0.5 * random());
    let c: Array<f64> = array([samples, steps, units], &mut random);
    let weights: Vec<f64> = (0..units * units).map(|_| 0.6 * random()).collect();
    let delays: Vec<usize> = (0..units * units).map(|place| 1 + place % 5).collect();
    let starts = (0..=units).map(|source| source * units).collect();
    let targets = (0..units * units).map(|place| (place % units) as u32).collect();
    let lag = delays.iter().map(|&delay| delay as u32).collect();
    let connections = Arc::new(Connections::new(units, starts, targets, lag).unwrap());
    let layer = population("lif_neuron", units as u32, &[]);
    let neurons = Neurons::new(&layer, 0.1, Seed(1), &options(&["in"], true, Shows::Spikes)).unwrap();
    let neurons = Arc::new(neurons);
    let found = |threads: usize| {
        let mut tape = Tape::new(threads);
        let input = tape.variable(drive.clone());
        let own = tape.variable(Array::new("weights", &[units * units], weights.clone()).unwrap());
        let own_delays = delays.iter().map(|&delay| delay as f64 + 0.2).collect();
        let own_delays = tape.variable(Array::new("delays", &[units * units], own_delays).unwrap());
        let recurrent = Recurrent::new(connections.clone(), 0).with_delays();
        let shown = tape.apply(Steps::new(neurons.clone()).with(recurrent), &[input, own, own_delays]).unwrap();
        let loss = tape.apply(Weighted(c.clone()), &[shown]).unwrap();
        let mut adjoints = tape.backward(loss).unwrap();
        [input, own, own_delays].map(|value| adjoints.take(value).unwrap())
    };
    let [arrived, of_weights, of_delays] = found(1);
    let (mut by_hand, mut summed) = (Vec::new(), vec![0.0; units * units]);
    let among = Among { units, delays: delays.clone(), weights: weights.clone() };
    for sample in 0..samples {
        let own = sample * steps * units..(sample + 1) * steps * units;
        let (arrived, weights) = among.gradients(&drive.data()[own.clone()], &c.data()[own]);
        by_hand.extend(arrived);
        summed.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
    }
    assert!(distance(arrived.data(), &by_hand) < 1e-10);
    assert!(distance(of_weights.data(), &summed) < 1e-10);
    assert!(of_delays.data().iter().any(|&slope| slope != 0.0));
    assert_eq!(found(3), [arrived.clone(), of_weights, of_delays]);
    let other = Among { delays: vec![1; units * units], ..among };
    let (wrong, _) = other.gradients(&drive.data()[..steps * units], &c.data()[..steps * units]);
    assert!(distance(&arrived.data()[..steps * units], &wrong) > 1e-3, "other delays are not seen");
}
