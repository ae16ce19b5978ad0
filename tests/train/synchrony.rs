//! Synchrony of pairs, and networks that are read by it.

use neuropil::train::Array;
use neuropil::train::endless::{Course, Learner, learn, parts, unseen};
use neuropil::train::fit::Parameters;
use neuropil::train::study::Asked;
use neuropil::train::synchrony::{Read, STUDY, Synchrony, Ticking};
use std::ops::ControlFlow;

fn traces(steps: usize, data: &[f64]) -> Array<f64> {
    Array::new("traces", &[steps, data.len() / steps], data.to_vec()).unwrap()
}

#[test]
fn synchrony_is_its_sum_over_the_past() {
    let z = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.5], [-2.0, 1.0, 0.75], [0.1, 0.2, 0.3]];
    let synchrony = Synchrony::new(&[(0, 1), (1, 2), (2, 2)], &[0.0, 0.3, 2.0]).unwrap();
    let found = synchrony.over(&traces(4, z.as_flattened())).unwrap();
    assert_eq!(found.shape(), [4, 3]);
    let direct = |t: usize, i: usize, j: usize, decay: f64| {
        let weight = |s: usize| (-decay * (t - s) as f64).exp();
        let above: f64 = (0..=t).map(|s| weight(s) * z[s][i] * z[s][j]).sum();
        above / (0..=t).map(weight).sum::<f64>().sqrt()
    };
    for t in 0..4 {
        for (p, (i, j, decay)) in [(0, 1, 0.0), (1, 2, 0.3), (2, 2, 2.0)].into_iter().enumerate() {
            assert!((found.data()[3 * t + p] - direct(t, i, j, decay)).abs() < 1e-14);
            assert!(t == 0 || (found.data()[3 * t + p] - direct(t, i, j, decay + 0.1)).abs() > 1e-6, "another decay");
        }
    }
    // Of constant traces: c·√((1 - r^t) / (1 - r)), and c·√t where nothing is forgotten.
    let constant = traces(9, &[[0.5, 3.0]; 9].concat());
    let found = Synchrony::new(&[(0, 1), (0, 1)], &[0.0, 0.5]).unwrap().over(&constant).unwrap();
    let r = (-0.5f64).exp();
    assert!((found.data()[16] - 4.5).abs() < 1e-14);
    assert!((found.data()[17] - 1.5 * ((1.0 - r.powi(9)) / (1.0 - r)).sqrt()).abs() < 1e-14);
}

#[test]
fn what_is_no_synchrony_is_refused_in_a_sentence() {
    assert!(Synchrony::new(&[], &[]).is_err() && Synchrony::new(&[(0, 1)], &[]).is_err());
    assert!(Synchrony::new(&[(0, 1)], &[f64::NAN]).is_err() && Synchrony::new(&[(0, 1)], &[-1.0]).is_err());
    let synchrony = Synchrony::new(&[(0, 2)], &[1.0]).unwrap();
    assert!(synchrony.over(&traces(1, &[1.0, 2.0])).is_err());
    let words = synchrony.over(&traces(1, &[1.0, f64::NAN, 2.0])).unwrap_err().to_string();
    assert!(words.contains("neuron 1 at step 0"), "{words}");
}

fn ticking(read: Read) -> Ticking {
    Ticking { bits: 3, neurons: 5, memory: 3, hidden: 2, ticks: 6, read, seed: 3 }
}

#[test]
fn gradients_are_those_of_differences() {
    for read in [Read::Synchrony, Read::State] {
        let net = ticking(read);
        let mut parameters: Parameters<f64> = net.begin(2).unwrap();
        let decay = parameters.named_mut("decay").unwrap();
        (0u32..).zip(decay.value_mut().data_mut()).for_each(|(k, own)| *own = 0.1 + 0.2 * f64::from(k));
        let (_, gradients) = parts(&net, &parameters, 0..9, true, 2).unwrap();
        let scale = gradients.iter().flatten().fold(0.0f64, |most, own| most.max(own.abs()));
        let mut farthest = [0.0f64; 2];
        for (place, gradient) in gradients.iter().enumerate() {
            for k in (0..gradient.len()).step_by((gradient.len() / 6).max(1)) {
                let start = parameters.iter().nth(place).unwrap().value().data()[k];
                let mut at = |x: f64| {
                    parameters.iter_mut().nth(place).unwrap().value_mut().data_mut()[k] = x;
                    parts(&net, &parameters, 0..9, false, 1).unwrap().0.loss
                };
                let h = 1e-4;
                let [a, b, c, d] = [2.0, 1.0, -1.0, -2.0].map(|times| at(start + times * h));
                let numeric = (8.0 * (b - c) - (a - d)) / (12.0 * h);
                at(start);
                // The partner: a thousandth too much.
                for (farthest, times) in farthest.iter_mut().zip([1.0, 1.001]) {
                    *farthest = farthest.max((times * gradient[k] - numeric).abs() / scale);
                }
            }
        }
        assert!(farthest[0] < 1e-7 && farthest[1] > 1e-5, "{read:?}: {farthest:?}");
    }
}

#[test]
fn parity_of_a_few_bits_is_learned_and_the_same_for_any_number_of_threads() {
    let net = Ticking { bits: 3, neurons: 12, memory: 4, hidden: 2, ticks: 8, read: Read::Synchrony, seed: 1 };
    let course = Course { updates: 150, batch: 128, lr: 1e-2, clip: 1.0, seed: 1, threads: 1 };
    let learned = |threads: usize, updates: u64| {
        learn::<f32>(&net, &Course { threads, updates, ..course }, &mut || ControlFlow::Continue(())).unwrap()
    };
    assert_eq!(learned(1, 5).parameters.snapshot(), learned(2, 5).parameters.snapshot());
    let accuracy = unseen(&net, &learned(1, 150).parameters, 256, 2).unwrap().accuracy();
    assert!(accuracy > 0.9, "{accuracy}");
    let beginning: Parameters<f32> = net.begin(1).unwrap();
    assert!(unseen(&net, &beginning, 256, 2).unwrap().accuracy() < 0.75);
    let (bits, answers) = net.samples::<f64>(0..8);
    for (bits, answer) in bits.chunks(3).zip(answers) {
        assert_eq!(bits.iter().product::<f64>() < 0.0, answer == 1);
    }
}

#[test]
fn a_study_ends_where_somebody_asks_for_it_and_refuses_what_cannot_be() {
    let stopped = (STUDY.run)(&Asked::default(), &mut |_| ControlFlow::Break(())).unwrap();
    assert!(stopped.interrupted && stopped.tables.is_empty() && stopped.files.is_empty());
    let much = Asked { steps: Some(1000), hidden: Some(1000), ..Asked::default() };
    assert!((STUDY.run)(&much, &mut |_| ControlFlow::Continue(())).is_err());
    let none = Asked { seeds: Some(0), ..Asked::default() };
    assert!((STUDY.run)(&none, &mut |_| ControlFlow::Continue(())).is_err());
}
