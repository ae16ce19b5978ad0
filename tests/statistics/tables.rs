//! Poisson counts from 16 random bits, seldom 32 more.

use super::measures::{ACCEPT, REJECT, chi_square, correlation, counts, expected, moments, poisson};
use neuropil::random::{CountTable, Purpose, key, poisson_halves, poisson_word, stream};

const MEANS: [f64; 7] = [0.0, 0.01, 0.8, 1.28, 5.0, 100.0, 500.0];
const NEURONS: u32 = 400;
const STEPS: u32 = 500;

fn drawn(mean: f64) -> Vec<f64> {
    let table = CountTable::poisson(mean);
    let (key, stream) = (key(11), stream(Purpose::Poisson, 3));
    let count = |id: u32, step| {
        let half = poisson_halves(key, stream, id >> 3, step)[(id & 7) as usize];
        f64::from(table.count(half, || poisson_word(key, stream, id, step)))
    };
    (1..=STEPS).flat_map(|step| (0..NEURONS).map(move |id| (id, step))).map(|(id, step)| count(id, step)).collect()
}

fn fit(drawn: &[f64], mean: f64) -> f64 {
    let bins = 2 + (mean + 10.0 * mean.sqrt() + 10.0) as usize;
    let found = counts(drawn.iter().map(|&n| n as usize), bins);
    chi_square(&found, &expected(drawn.len() as f64, bins, |k| poisson(k, mean)))
}

#[test]
fn counts_are_poisson() {
    for mean in MEANS {
        let drawn = drawn(mean);
        let n = drawn.len() as f64;
        assert!(fit(&drawn, mean) > ACCEPT, "mean {mean}: p = {}", fit(&drawn, mean));
        let (found, variance) = moments(&drawn);
        assert!((found - mean).abs() <= 4.0 * (mean / n).sqrt(), "mean {mean}, found {found}");
        // The fourth central moment of a Poisson distribution is m + 3m².
        let error = ((mean + 2.0 * mean * mean) / n).sqrt();
        assert!((variance - mean).abs() <= 4.0 * error, "mean {mean}, variance {variance}");
    }
}

#[test]
fn counts_of_another_mean_or_shape_are_seen() {
    for mean in MEANS.into_iter().filter(|&m| m > 0.0) {
        let drawn = drawn(mean);
        let off = 15.0 * (mean / drawn.len() as f64).sqrt();
        assert!(fit(&drawn, mean + off) < REJECT, "mean {mean}: p = {}", fit(&drawn, mean + off));
    }
    // Counts of twice the mean, halved: the right mean, the wrong variance.
    let halved: Vec<f64> = drawn(10.0).iter().map(|n| (n / 2.0).floor()).collect();
    assert!(fit(&halved, 4.75) < REJECT);
}

#[test]
fn counts_of_neighbours_and_of_steps_are_independent() {
    let drawn = drawn(1.28);
    let (row, end) = (NEURONS as usize, drawn.len());
    for lag in [1, 2, 3, 4, row, 2 * row, row + 1] {
        let z = correlation(&drawn[lag..], &drawn[..end - lag]);
        assert!(z.abs() < 4.0, "lag {lag}: {z}");
    }
    // Words shared by two neighbours, as if the block were indexed wrongly, would be seen.
    let shared: Vec<f64> = drawn.iter().enumerate().map(|(i, _)| drawn[i & !1]).collect();
    assert!(correlation(&shared[1..], &shared[..end - 1]) > 100.0);
}

/// The distribution that a table holds: how often each count comes.
fn held(table: &CountTable) -> Vec<f64> {
    let mut all = vec![0.0; table.largest() as usize + 1];
    let bounds = |thresholds: &[u16]| [&[0], thresholds].concat();
    let own = bounds(&table.thresholds);
    for (k, pair) in own.windows(2).enumerate() {
        all[table.least as usize + k] += f64::from(pair[1] - pair[0]) / 65_536.0;
    }
    let left = (65_536.0 - f64::from(own[own.len() - 1])) / 65_536.0;
    let rest: Vec<f64> = table.rest.iter().map(|&t| f64::from(t) / 4_294_967_296.0).collect();
    for (k, pair) in [&[0.0], rest.as_slice(), &[1.0]].concat().windows(2).enumerate() {
        all[k] += left * (pair[1] - pair[0]);
    }
    all
}

#[test]
fn tables_rise_to_the_end_and_hold_the_distribution() {
    for mean in MEANS {
        let table = CountTable::poisson(mean);
        assert!(table.thresholds.is_sorted_by(|a, b| a < b) && table.thresholds[0] > 0, "mean {mean}");
        assert!(table.rest.is_sorted(), "mean {mean}");
        let held = held(&table);
        for (k, held) in held.iter().enumerate() {
            // A threshold of the rest is rounded by half of 2^-32 of what is left, some 100 of 65,536 numbers at most.
            let difference = held - poisson(k, mean);
            assert!(difference.abs() < 1e-12, "mean {mean}, count {k}: {difference}");
        }
        let beyond = 1.0 - (0..held.len()).map(|k| poisson(k, mean)).sum::<f64>();
        assert!(beyond < 1e-12, "mean {mean}: {beyond} is cut off");
        let last = table.thresholds[table.thresholds.len() - 1];
        assert_eq!(table.count(0, || panic!("not asked for")), table.least, "mean {mean}");
        assert_eq!(table.count(last, || 0), table.rest.iter().filter(|&&t| t == 0).count() as u32);
        assert_eq!(table.count(u16::MAX, || u32::MAX) as usize, table.rest.len());
        assert!(table.count(last - 1, || panic!("not asked for")) <= table.largest());
    }
    assert_eq!(held(&CountTable::poisson(0.0)), [1.0]);
}

#[test]
fn a_table_that_is_one_count_short_is_seen() {
    let mean = |t: &CountTable| held(t).iter().enumerate().map(|(k, p)| k as f64 * p).sum::<f64>();
    let table = CountTable::poisson(1.28);
    assert!((mean(&table) - 1.28).abs() < 1e-10);
    let mut short = table.clone();
    short.thresholds.remove(3);
    assert!((mean(&short) - 1.28).abs() > 1e-3);
    let mut short = table;
    short.rest.remove(3);
    assert!((mean(&short) - 1.28).abs() > 1e-6);
}
