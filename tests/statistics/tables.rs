//! Poisson counts from one random word.

use super::measures::{ACCEPT, REJECT, chi_square, correlation, counts, expected, moments, poisson};
use neuropil::random::{CountTable, Purpose, key, poisson_words, stream};

const MEANS: [f64; 7] = [0.0, 0.01, 0.8, 1.28, 5.0, 100.0, 500.0];
const NEURONS: u32 = 400;
const STEPS: u32 = 500;

fn drawn(mean: f64) -> Vec<f64> {
    let table = CountTable::poisson(mean);
    let stream = stream(Purpose::Poisson, 3);
    let word = |id, step| table.count(poisson_words(key(11), stream, id >> 2, step)[(id & 3) as usize]);
    (1..=STEPS).flat_map(|step| (0..NEURONS).map(move |id| f64::from(word(id, step)))).collect()
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

#[test]
fn tables_rise_to_the_end_and_hold_the_distribution() {
    for mean in MEANS {
        let table = CountTable::poisson(mean);
        assert!(table.thresholds.is_sorted(), "mean {mean}");
        assert_eq!(table.largest() as usize, table.thresholds.len());
        let mut cumulative = 0.0;
        for (k, &threshold) in table.thresholds.iter().enumerate() {
            cumulative += poisson(k, mean);
            // ln_gamma is good to 1e-12 here, so the two may round apart by a few counts in the middle of the table.
            let difference = f64::from(threshold) - (cumulative * 4_294_967_296.0).min(4_294_967_295.0);
            assert!(difference.abs() < 4.0, "mean {mean}, count {k}: {difference}");
        }
        let beyond = 1.0 - cumulative - poisson(table.thresholds.len(), mean);
        assert!(beyond < 1.0 / 4_294_967_296.0, "mean {mean}: {beyond} is cut off");
        let counts_of = |word| table.count(word);
        assert_eq!(counts_of(u32::MAX), table.largest(), "mean {mean}");
        if let Some(&first) = table.thresholds.first().filter(|&&t| t > 0) {
            assert_eq!((counts_of(0), counts_of(first - 1)), (0, 0));
            assert!(counts_of(first) >= 1);
        }
    }
    assert!(CountTable::poisson(0.0).thresholds.is_empty());
}

#[test]
fn a_table_that_is_one_count_short_is_seen() {
    let mut table = CountTable::poisson(1.28);
    let mean = |t: &CountTable| t.thresholds.iter().map(|&t| 1.0 - f64::from(t) / 4_294_967_296.0).sum::<f64>();
    assert!((mean(&table) - 1.28).abs() < 1e-8);
    table.thresholds.remove(3);
    assert!((mean(&table) - 1.28).abs() > 1e-3);
}
