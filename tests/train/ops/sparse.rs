//! Synapses one by one.

use std::sync::Arc;

use neuropil::train::tape::{Connections, Datum, Delays, Linear, Operation, Route, Sparse};
use neuropil::train::{Array, Spikes};

use super::check::{Broken, Draws, Fault, data, holds, largest, pass};

/// Each source has from no to six synapses, of delays from 1 to 4 steps.
fn connections(draws: &mut Draws, sources: usize, targets: usize) -> Arc<Connections> {
    let (mut starts, mut target, mut delay) = (vec![0], Vec::new(), Vec::new());
    for _ in 0..sources {
        for _ in 0..if targets > 0 { draws.below(7) } else { 0 } {
            target.push(draws.below(targets) as u32);
            delay.push(1 + draws.below(4) as u32);
        }
        starts.push(target.len());
    }
    Arc::new(Connections::new(targets, starts, target, delay).unwrap())
}

const SHAPES: [[usize; 4]; 7] =
    [[2, 6, 5, 4], [1, 1, 1, 1], [3, 9, 130, 67], [0, 4, 3, 2], [2, 0, 3, 2], [2, 3, 0, 2], [2, 3, 4, 0]];

#[test]
fn sparse_projections_agree_with_differences() {
    let mut draws = Draws::new(11);
    for [samples, steps, sources, targets] in SHAPES {
        let connections = connections(&mut draws, sources, targets);
        let synapses = [connections.synapses()];
        let shape = [samples, steps, sources];
        for input in [draws.numbers(&shape), draws.spikes(&shape, 0.3)] {
            let weights = draws.numbers(&synapses);
            holds(&Sparse::new(Arc::clone(&connections), Delays::Fixed), &[input.clone(), weights.clone()], &[0, 1]);
            let mut between = draws.numbers_between(&synapses, 0.2, 0.8).numbers("test").unwrap().clone();
            for (delay, &whole) in between.data_mut().iter_mut().zip(connections.delay()) {
                *delay += f64::from(whole);
            }
            let inputs = [input, weights, Datum::Numbers(between)];
            holds(&Sparse::new(Arc::clone(&connections), Delays::Between), &inputs, &[0, 1, 2]);
            // A rounded delay is a staircase: its derivative is checked below.
            holds(&Sparse::new(Arc::clone(&connections), Delays::Rounded), &inputs, &[0, 1]);
        }
    }
}

/// Whether the derivatives of rounded delays are half of what the loss differs by a step later and a step earlier.
fn delays_move_the_loss(operation: &(impl Operation<f64> + Clone), inputs: &[Datum<f64>]) -> bool {
    let passed = pass(&mut operation.clone(), inputs, 1);
    let bar = super::check::bar::<f64>(passed.output.shape());
    let loss = |synapse: usize, steps: f64| -> f64 {
        let mut moved = inputs[2].numbers("test").unwrap().clone();
        moved.data_mut()[synapse] += steps;
        let moved = Datum::Numbers(moved);
        let output = operation.clone().forward(&[&inputs[0], &inputs[1], &moved], 1).unwrap();
        data(&output).iter().zip(bar.data()).map(|(number, bar)| number * bar).sum()
    };
    let scale = largest(passed.adjoints[2].data());
    let away = |(synapse, &found): (usize, &f64)| (found - 0.5 * (loss(synapse, 1.0) - loss(synapse, -1.0))).abs();
    passed.adjoints[2].data().iter().enumerate().map(away).all(|away| away <= 1e-10 * scale)
}

#[test]
fn rounded_delays_have_the_slope_from_a_step_earlier_to_a_step_later() {
    let mut draws = Draws::new(12);
    let connections = connections(&mut draws, 20, 15);
    // From 2 steps on, so that a step earlier is a delay, too.
    let mut delays = draws.numbers_between(&[connections.synapses()], -0.4, 0.4).numbers("test").unwrap().clone();
    delays.data_mut().iter_mut().zip(connections.delay()).for_each(|(delay, &whole)| *delay += f64::from(whole + 1));
    for input in [draws.numbers(&[3, 12, 20]), draws.spikes(&[3, 12, 20], 0.3)] {
        let inputs = [input, draws.numbers(&[connections.synapses()]), Datum::Numbers(delays.clone())];
        let sparse = Sparse::new(Arc::clone(&connections), Delays::Rounded);
        assert!(delays_move_the_loss(&sparse, &inputs));
        for fault in [Fault::Scaled, Fault::LastGone] {
            assert!(!delays_move_the_loss(&Broken(sparse.clone(), 2, fault), &inputs), "{fault:?} passes");
        }
    }
}

#[test]
fn whole_delays_are_the_same_however_they_are_given() {
    let mut draws = Draws::new(13);
    let connections = connections(&mut draws, 30, 20);
    let whole: Vec<f64> = connections.delay().iter().map(|&delay| f64::from(delay)).collect();
    let whole = Datum::Numbers(Array::new("test", &[whole.len()], whole).unwrap());
    let (input, weights) = (draws.spikes(&[3, 12, 30], 0.2), draws.numbers(&[connections.synapses()]));
    let fixed = Sparse::new(Arc::clone(&connections), Delays::Fixed).forward(&[&input, &weights], 1).unwrap();
    for delays in [Delays::Between, Delays::Rounded] {
        let given = Sparse::new(Arc::clone(&connections), delays).forward(&[&input, &weights, &whole], 1).unwrap();
        assert_eq!(fixed, given);
        let mut later = whole.numbers("test").unwrap().clone();
        later.data_mut()[0] += 1.0;
        let later = Datum::Numbers(later);
        let given = Sparse::new(Arc::clone(&connections), delays).forward(&[&input, &weights, &later], 1).unwrap();
        assert_ne!(fixed, given, "a delay that is a step longer changes nothing");
    }
}

#[test]
fn a_full_sparse_projection_is_a_dense_one() {
    let mut draws = Draws::new(14);
    let (sources, targets) = (70, 33);
    let starts = (0..=sources).map(|source| source * targets).collect();
    let target = (0..sources * targets).map(|synapse| (synapse % targets) as u32).collect();
    let full = Connections::new(targets, starts, target, vec![3; sources * targets]).unwrap();
    let sparse = Sparse::new(Arc::new(full), Delays::Fixed);
    let weights = draws.numbers(&[sources * targets]);
    let matrix = weights.numbers("test").unwrap().clone().reshaped("test", &[sources, targets]).unwrap();
    let input = draws.spikes(&[4, 20, sources], 0.2);
    let one = pass(&mut sparse.clone(), &[input.clone(), weights.clone()], 2);
    let dense =
        |delay, route| pass(&mut Linear::new(delay).by(route), &[input.clone(), Datum::Numbers(matrix.clone())], 2);
    let other = dense(3, Route::Events);
    assert_eq!(data(&one.output), data(&other.output), "events are added in the same order");
    for (one, other) in one.adjoints.iter().zip(&other.adjoints) {
        assert!(one.data().iter().zip(other.data()).all(|(a, b)| (a - b).abs() < 1e-12));
    }
    assert_ne!(data(&one.output), data(&dense(2, Route::Events).output), "another delay gives the same");
}

#[test]
fn a_spike_acts_after_its_delay_and_once() {
    let connections = Arc::new(Connections::new(2, vec![0, 1, 2], vec![1, 0], vec![2, 9]).unwrap());
    let mut spikes = Spikes::silent("test", &[1, 5, 2]).unwrap();
    spikes.set(0, 1, 0);
    spikes.set(0, 0, 1);
    let weights = Datum::Numbers(Array::new("test", &[2], vec![0.5, 8.0]).unwrap());
    let mut sparse = Sparse::new(connections, Delays::Fixed);
    let output: Datum<f64> = sparse.forward(&[&Datum::Spikes(spikes), &weights], 1).unwrap();
    assert_eq!(data(&output), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0]);
}
