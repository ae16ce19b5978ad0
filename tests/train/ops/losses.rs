//! Losses.

use neuropil::train::Array;
use neuropil::train::tape::{CrossEntropy, Datum, MeanSquare, Operation, RateBand};

use super::check::{Draws, data, holds};

fn one(datum: &Datum<f64>) -> f64 {
    assert!(datum.shape().is_empty());
    data(datum)[0]
}

#[test]
fn cross_entropy_agrees_with_differences() {
    let mut draws = Draws::new(41);
    for (samples, classes) in [(4, 10), (1, 1), (3, 2), (33, 65)] {
        let labels: Vec<u32> = (0..samples).map(|_| draws.below(classes) as u32).collect();
        holds(&CrossEntropy::new(labels.clone()), &[draws.numbers_between(&[samples, classes], -5.0, 5.0)], &[0]);
        holds(&CrossEntropy::new(labels), &[Datum::Numbers(far(samples, classes))], &[0]);
    }
    let logits = Datum::Numbers(Array::new("test", &[2, 2], vec![0.0, 2.0, 1.0, 1.0]).unwrap());
    let loss = one(&CrossEntropy::new(vec![0, 1]).forward(&[&logits], 1).unwrap());
    let expected = 0.5 * ((1.0 + 2.0f64.exp()).ln() + 2.0f64.ln());
    assert!((loss - expected).abs() < 1e-14);
    assert!((one(&CrossEntropy::new(vec![1, 1]).forward(&[&logits], 1).unwrap()) - expected).abs() > 0.1);
}

/// Logits whose exponentials no number holds.
fn far(samples: usize, classes: usize) -> Array<f64> {
    let data = (0..samples * classes).map(|place| 1000.0 + (place % 7) as f64).collect();
    Array::new("test", &[samples, classes], data).unwrap()
}

#[test]
fn squares_agree_with_differences() {
    let mut draws = Draws::new(42);
    for shape in [&[3][..], &[1, 1], &[2, 3, 5], &[3, 50, 61], &[]] {
        holds(&MeanSquare, &[draws.numbers(shape), draws.numbers(shape)], &[0, 1]);
    }
    holds(&MeanSquare, &[draws.numbers(&[2, 3, 4]), draws.spikes(&[2, 3, 4], 0.5)], &[0]);
    let row = |numbers: [f64; 2]| Datum::Numbers(Array::new("test", &[2], numbers.to_vec()).unwrap());
    assert_eq!(one(&MeanSquare.forward(&[&row([1.0, 5.0]), &row([2.0, 2.0])], 1).unwrap()), 5.0);
}

#[test]
fn rates_agree_with_differences() {
    let mut draws = Draws::new(43);
    for shape in [&[2, 5, 3][..], &[1, 1, 1], &[3, 20, 4, 9, 2]] {
        // Some units below, some within and some above.
        for (low, high) in [(0.05, 0.1), (0.3, 0.3), (0.0, 1.0), (0.9, 2.0)] {
            let band = RateBand::new(low + 5e-3, high + 5.3e-3).unwrap();
            // One unit of one step may not lie on an edge of the band.
            let single = shape == [1, 1, 1];
            let numbers = if single { draws.numbers_between(shape, 0.6, 0.8) } else { draws.numbers(shape) };
            holds(&band, &[numbers], &[0]);
            holds(&band, &[draws.spikes(shape, 0.2)], &[0]);
        }
    }
    let mut spikes = neuropil::train::Spikes::silent("test", &[2, 2, 3]).unwrap();
    for (sample, step, unit) in [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0), (0, 1, 1)] {
        spikes.set(sample, step, unit);
    }
    // Rates of 1, a quarter and none.
    let away =
        |low, high| one(&RateBand::new(low, high).unwrap().forward(&[&Datum::Spikes(spikes.clone())], 1).unwrap());
    assert!((away(0.25, 0.5) - (0.25 + 0.0625) / 3.0).abs() < 1e-15);
    assert_eq!(away(0.0, 1.0), 0.0);
}
