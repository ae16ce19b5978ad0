//! Statistics against closed forms.

use super::{label, poisson, record};
use neuropil::record::SpikeRecord;
use neuropil::record::analysis::*;

/// One neuron that spikes every `interval` steps of 0.1 ms.
fn regular(interval: u32) -> SpikeRecord {
    record(0.1, 1000.0, vec![label("one", 0, 1)], (1..=10_000 / interval).map(|i| (i * interval, 0)).collect())
}

#[test]
fn a_regular_train_has_cv_zero_and_its_rate() {
    let train = regular(100);
    assert_eq!(mean_rate(&train, None), Some(100.0));
    assert_eq!(interval_cvs(&train, None, 5), vec![Some(0.0)]);
    let mut shifted = train;
    shifted.steps[3] += 1;
    assert!(interval_cvs(&shifted, None, 5)[0].unwrap() > 0.0, "one step of jitter shows");
}

#[test]
fn alternating_intervals_have_their_closed_form_cv() {
    // Intervals 10, 30, 10, 30...: mean 20, standard deviation 10.
    let spikes = (0..=10u32).map(|i| (1 + i / 2 * 40 + i % 2 * 10, 0)).collect();
    let train = record(0.1, 100.0, vec![label("one", 0, 1)], spikes);
    assert_eq!(interval_cvs(&train, None, 5), vec![Some(0.5)]);
    assert_eq!(interval_cvs(&train, None, 11), vec![None], "ten intervals are fewer than eleven");
}

#[test]
fn poisson_trains_have_cv_one_and_no_correlation() {
    let trains = poisson(60, 40.0, 5000.0);
    let all = statistics(&trains, None);
    // 12,000 spikes: the rate is known to 1 %, the CV of 60 neurons with 200 intervals each to about 1 %.
    assert!((all.rate_hz.unwrap() - 40.0).abs() < 1.2, "{all:?}");
    assert!((all.cv_isi.unwrap() - 1.0).abs() < 0.04, "{all:?}");
    assert_eq!((all.neurons, all.cv_neurons, all.silent_fraction), (60, 60, Some(0.0)));
    assert!(all.correlation.unwrap().abs() < 0.005, "{all:?}");
    assert!((all.synchrony.unwrap() - (1.0f64 / 60.0).sqrt()).abs() < 0.02, "{all:?}");
    let regular = statistics(&regular(250), None);
    assert!((regular.cv_isi.unwrap() - 1.0).abs() > 0.04, "the check tells a regular train from a Poisson one");
}

#[test]
fn neurons_that_do_the_same_are_wholly_correlated() {
    let alike: Vec<(u32, u32)> =
        poisson(1, 20.0, 4000.0).steps.iter().flat_map(|&s| (0..5).map(move |i| (s, i))).collect();
    let alike = record(0.1, 4000.0, vec![label("exc", 0, 5)], alike);
    assert!((mean_correlation(&alike, None, 5.0).unwrap() - 1.0).abs() < 1e-9);
    assert!((synchrony(&alike, None, 5.0).unwrap() - 1.0).abs() < 1e-9);
    let apart = poisson(5, 20.0, 4000.0);
    assert!(mean_correlation(&apart, None, 5.0).unwrap() < 0.1);
    assert!(synchrony(&apart, None, 5.0).unwrap() < 0.7);
}

#[test]
fn the_mean_correlation_is_the_mean_over_all_pairs() {
    let mut trains = poisson(8, 60.0, 1000.0);
    trains.duration_ms = 1003.0; // an incomplete last bin
    let (bin, bins) = (100, 100);
    let mut counts = vec![vec![0.0f64; bins]; 8];
    for (&step, &id) in trains.steps.iter().zip(&trains.ids) {
        counts[id as usize][(step as usize - 1) / bin] += 1.0;
    }
    let pearson = |a: &[f64], b: &[f64]| {
        let (ma, mb) = (a.iter().sum::<f64>() / bins as f64, b.iter().sum::<f64>() / bins as f64);
        let sum = |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(&a, &b)| f(a - ma, b - mb)).sum::<f64>();
        sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
    };
    let pairs: Vec<f64> =
        (0..8).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| pearson(&counts[i], &counts[j])).collect();
    let brute = pairs.iter().sum::<f64>() / pairs.len() as f64;
    assert!((mean_correlation(&trains, None, 10.0).unwrap() - brute).abs() < 1e-12);
    assert!((mean_correlation(&trains, None, 5.0).unwrap() - brute).abs() > 1e-6, "another bin, another value");
}

#[test]
fn histograms_count_every_spike_once() {
    // Bins of 1 ms: steps 1..=10, 11..=20, and half a bin, 21..=25.
    let spikes = vec![(1, 0), (10, 1), (11, 0), (25, 1)];
    let trains = record(0.1, 2.5, vec![label("a", 0, 1), label("b", 1, 1)], spikes);
    assert_eq!(rate_histogram(&trains, None, 1.0), [1000.0, 500.0, 1000.0]);
    assert_eq!(rate_histogram(&trains, Some(0), 1.0), [1000.0, 1000.0, 0.0]);
    assert_eq!(rate_histogram(&trains, Some(1), 1.0), [1000.0, 0.0, 2000.0]);
    assert_ne!(rate_histogram(&trains, None, 1.1), rate_histogram(&trains, None, 1.0));
}

#[test]
fn populations_are_told_apart_whatever_their_order_and_ids() {
    let populations = vec![label("late", 500, 2), label("early", 3, 3), label("none", 0, 0)];
    let trains = record(0.1, 100.0, populations, vec![(7, 500), (9, 501), (9, 5), (12, 501)]);
    assert_eq!(spike_counts(&trains, None), [1, 2, 0, 0, 1]);
    assert_eq!(spike_counts(&trains, Some(1)), [0, 0, 1]);
    assert_eq!(silent_fraction(&trains, Some(1)), Some(2.0 / 3.0));
    assert_eq!((mean_rate(&trains, Some(0)), mean_rate(&trains, Some(2))), (Some(15.0), None));
    let apart = statistics_by_population(&trains);
    let one_by_one: Vec<Statistics> = (0..3).map(|p| statistics(&trains, Some(p))).collect();
    assert_eq!(apart, one_by_one);
    assert_ne!(apart[0], apart[1]);
}

#[test]
fn too_little_data_gives_no_statistic_and_no_nan() {
    let silent = statistics(&record(0.1, 1000.0, vec![label("a", 0, 4)], vec![]), None);
    assert_eq!((silent.rate_hz, silent.silent_fraction), (Some(0.0), Some(1.0)));
    assert_eq!((silent.cv_isi, silent.correlation, silent.synchrony), (None, None, None));
    let nothing = statistics(&record(0.1, 0.0, vec![], vec![]), None);
    assert_eq!((nothing.rate_hz, nothing.silent_fraction, nothing.neurons), (None, None, 0));
}

#[test]
fn times_are_the_nearest_numbers_and_windows_begin_at_zero() {
    let trains = record(0.1, 10.0, vec![label("a", 0, 1)], vec![(3, 0), (7, 0), (50, 0), (90, 0)]);
    assert_eq!(trains.times_ms(), [0.3, 0.7, 5.0, 9.0]);
    assert_ne!(trains.times_ms()[0], 3.0 * 0.1, "a plain product has noise");
    let late = trains.between(0.7, 9.0);
    assert_eq!((late.times_ms(), late.window_ms()), (vec![5.0, 9.0], (0.7, 9.0)), "times are those of the run");
    assert_eq!(late.between(5.0, 9.0).times_ms(), [9.0]);
    assert_eq!((late.steps, late.duration_ms), (vec![43, 83], 8.3));
    assert_eq!(trains.between(20.0, 30.0).duration_ms, 0.0);
}

#[test]
fn a_broken_record_is_refused_in_one_sentence() {
    let new = |dt, populations, steps: &[u32], ids: &[u32]| {
        SpikeRecord::new(dt, 10.0, populations, steps.to_vec(), ids.to_vec()).unwrap_err().to_string()
    };
    let one = || vec![label("a", 0, 2)];
    assert_eq!(new(0.0, one(), &[], &[]), "spike record: dt = 0 ms must be above 0 ms");
    assert_eq!(new(1e-9, one(), &[], &[]), "spike record: duration = 10 ms must be below 2³² steps");
    assert_eq!(new(0.1, one(), &[1], &[]), "spike record: 1 step for 0 ids");
    assert_eq!(new(0.1, one(), &[2, 1], &[0, 0]), "spike record: spike 1 is out of order; sort by step, then by id");
    assert_eq!(new(0.1, one(), &[101], &[0]), "spike record: a spike at step 101 lies after the end, step 100");
    assert_eq!(new(0.1, one(), &[1], &[2]), "spike record: the neuron with global id 2 is in no population");
    let overlap = vec![label("a", 0, 2), label("b", 1, 2)];
    assert_eq!(new(0.1, overlap, &[], &[]), "spike record: populations 'a' and 'b' share global ids");
    let mut names = one();
    names[0].names = Some(vec!["AVAL".into()]);
    assert_eq!(new(0.1, names, &[], &[]), "spike record: population 'a' has 2 neurons and 1 name");
}
