//! Orders and splits: functions of a seed.

use neuropil::train::fit::{EarlyStopping, Epoch, Monitor, Split, Tally, order};

use super::told;

#[test]
fn an_order_is_a_function_of_seed_and_epoch() {
    let samples: Vec<u32> = (0..1000).map(|k| 3 * k).collect();
    let first = order(&samples, 7, 4);
    assert_eq!(first, order(&samples, 7, 4));
    let mut sorted = first.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, samples);
    for other in [order(&samples, 7, 5), order(&samples, 8, 4), samples.clone()] {
        let same = first.iter().zip(&other).filter(|(a, b)| a == b).count();
        assert!(same < 12, "{same} of 1,000 at the same place, and 1 is expected");
    }
    // Each of five places is taken equally often by each of five.
    let mut counts = [[0f64; 5]; 5];
    for epoch in 0..5000 {
        for (place, &sample) in order(&[0, 1, 2, 3, 4], 1, epoch).iter().enumerate() {
            counts[place][sample as usize] += 1.0;
        }
    }
    let chi2: f64 = counts.iter().flatten().map(|count| (count - 1000.0) * (count - 1000.0) / 1000.0).sum();
    // 16 degrees of freedom: 39.3 at 0.001.
    assert!(chi2 < 39.3, "{chi2}");
}

#[test]
fn a_split_takes_its_share_of_each_class_and_loses_none() {
    let labels: Vec<u32> = (0..1000).map(|k| if k % 10 == 0 { 0 } else { 1 + k % 3 }).collect();
    let split = Split::new(&labels, 0.2, 0.1, 5).unwrap();
    let mut all = [split.train.as_slice(), &split.validation, &split.calibration].concat();
    all.sort_unstable();
    assert_eq!(all, (0..1000).collect::<Vec<u32>>());
    for class in 0..4 {
        let of = |part: &[u32]| part.iter().filter(|&&k| labels[k as usize] == class).count() as f64;
        let whole = of(&all);
        assert!((of(&split.validation) - 0.2 * whole).abs() <= 0.5, "class {class}");
        assert!((of(&split.calibration) - 0.1 * whole).abs() <= 0.5, "class {class}");
    }
    assert!(split.train.is_sorted());
    assert_eq!(split, Split::new(&labels, 0.2, 0.1, 5).unwrap());
    assert_ne!(split, Split::new(&labels, 0.2, 0.1, 6).unwrap());
    assert_eq!(Split::whole(3).train, [0, 1, 2]);
    let sentence = "split: shares of 0.6 for validation and 0.4 for calibration leave nothing to learn from; \
                    give two numbers of at least 0 whose sum is below 1";
    assert_eq!(told(Split::new(&labels, 0.6, 0.4, 5)), sentence);
    assert_eq!(
        told(Split::new(&[], 0.1, 0.1, 5)),
        "split: of 0 samples none is left to learn from; give more, or smaller shares"
    );
}

/// An epoch of this loss and accuracy of the samples for validation.
fn epoch(epoch: u32, loss: f64, correct: u64) -> Epoch {
    let validation = Some(Tally { samples: 10, loss: 10.0 * loss, judged: 10, correct, ..Tally::default() });
    Epoch { epoch, train: Tally::default(), validation, penalty: 0.0, lr: 0.1, seconds: 1.0 }
}

#[test]
fn early_stopping_waits_for_as_long_as_it_is_told() {
    let losses = [1.0, 0.8, 0.79, 0.81, 0.805, 0.9];
    let history: Vec<Epoch> = (1..).zip(losses).map(|(k, loss)| epoch(k, loss, 10 - u64::from(k))).collect();
    let stopping = |patience: u32, min_delta: f64, monitor: Monitor| {
        let stopping = EarlyStopping { monitor, patience, min_delta };
        let stops = (1..=history.len()).find(|&n| stopping.verdict(&history[..n]).1);
        (stopping.verdict(&history).0, stops)
    };
    let loss = Monitor::ValidationLoss;
    assert_eq!(stopping(3, 0.0, loss), (Some(3), Some(6)));
    assert_eq!(stopping(4, 0.0, loss), (Some(3), None));
    // 0.79 is not better than 0.8 by 0.05.
    assert_eq!(stopping(3, 0.05, loss), (Some(2), Some(5)));
    // The accuracy falls from the first on.
    assert_eq!(stopping(2, 0.0, Monitor::ValidationAccuracy), (Some(1), Some(3)));
}
