//! Spike trains whose rate changes, copies of one train, and packets, as neurons receive them.

use super::measures::{ACCEPT, REJECT, chi_square, kolmogorov_smirnov, moments, normal};
use neuropil::network::{
    Drive, InhomogeneousPoissonGenerator, MipGenerator, PulsepacketGenerator, RecorderId, SinusoidalPoissonGenerator,
};
use neuropil::prelude::*;

const TARGETS: usize = 200;

/// What arrives at each of the targets in each step of `ms`, a row per step; of what is sent in a step in the next row.
fn arrivals(drive: impl Into<Drive>, ms: f64, trial: u64) -> Vec<Vec<f64>> {
    let mut net = Network::new(0.1.ms());
    let counter = IafPscExp { V_th: 1e9, tau_syn_ex: 1e-3, ..default() };
    let all = net.add("a", TARGETS as u32, counter).unwrap();
    net.record(&all, Variable::every("I_syn_ex", 0.1)).unwrap();
    net.stimulate(&all, drive, Static::new(1.0, 0.1)).unwrap();
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(21).trial(trial)).unwrap();
    sim.run(ms.ms()).unwrap();
    sim.samples(RecorderId(0)).unwrap().chunks(TARGETS).map(|row| row.iter().map(|v| v.round()).collect()).collect()
}

fn sum(row: &[f64]) -> f64 {
    row.iter().sum()
}

/// How well totals of Poisson counts fit their means: the squared standard scores, which are χ², as a share of their number.
fn score(found: &[f64], means: &[f64]) -> f64 {
    let scores = found.iter().zip(means).map(|(n, mean)| (n - mean) * (n - mean) / mean);
    (scores.sum::<f64>() - found.len() as f64) / (2.0 * found.len() as f64).sqrt()
}

fn swing() -> SinusoidalPoissonGenerator {
    SinusoidalPoissonGenerator { rate: 4000.0, amplitude: 3000.0, frequency: 50.0, phase: 60.0, ..default() }
}

/// Mean spikes that all targets get in the step that ends at `step`.
fn mean(own: &SinusoidalPoissonGenerator, step: usize) -> f64 {
    let turns = own.frequency * 1e-4 * step as f64 + own.phase / 360.0;
    TARGETS as f64 * 1e-4 * (own.rate + own.amplitude * (std::f64::consts::TAU * turns).sin()).max(0.0)
}

#[test]
fn a_swinging_rate_is_that_of_each_step() {
    let drawn = arrivals(swing(), 100.0, 0);
    let found: Vec<f64> = drawn[1..].iter().map(|row| sum(row)).collect();
    let means = |own: &SinusoidalPoissonGenerator| (1..1000).map(|step| mean(own, step)).collect::<Vec<f64>>();
    let fit = score(&found, &means(&swing()));
    assert!(fit.abs() < 3.5, "{fit}");
    let later = SinusoidalPoissonGenerator { phase: 70.0, ..swing() };
    assert!(score(&found, &means(&later)) > 6.0, "ten degrees are seen");
    let wider = SinusoidalPoissonGenerator { amplitude: 3300.0, ..swing() };
    assert!(score(&found, &means(&wider)) > 3.5, "a tenth of the amplitude is seen");
    // Trains of different targets are independent: their sum varies as a Poisson count, and not by so many times more.
    let one: Vec<f64> = drawn[1..].iter().map(|row| row[0] * TARGETS as f64).collect();
    assert!(score(&one, &means(&swing())) > 1000.0);
}

#[test]
fn a_rate_below_zero_is_none() {
    let deep = SinusoidalPoissonGenerator { amplitude: 8000.0, phase: 0.0, ..swing() };
    let drawn = arrivals(deep, 60.0, 0);
    let silent: Vec<usize> = (1..600).filter(|&step| mean(&deep, step) == 0.0).collect();
    assert!(silent.len() > 150 && silent.iter().all(|&step| sum(&drawn[step]) == 0.0));
    let busy: Vec<usize> = (1..600).filter(|&step| mean(&deep, step) > 0.0).collect();
    let found: Vec<f64> = busy.iter().map(|&step| sum(&drawn[step])).collect();
    let fit = score(&found, &busy.iter().map(|&step| mean(&deep, step)).collect::<Vec<f64>>());
    assert!(fit.abs() < 4.0, "{fit}");
}

#[test]
fn targets_share_a_swinging_train_where_they_have_none_of_their_own() {
    let same = SinusoidalPoissonGenerator { individual_spike_trains: false, ..swing() };
    let drawn = arrivals(same, 100.0, 0);
    assert!(drawn.iter().all(|row| row.iter().all(|n| *n == row[0])));
    assert!(!arrivals(swing(), 100.0, 0).iter().all(|row| row.iter().all(|n| *n == row[0])));
    let found: f64 = drawn.iter().map(|row| row[0]).sum();
    assert!((found - 400.0).abs() < 4.0 * 400f64.sqrt(), "{found} spikes");
}

#[test]
fn a_window_from_start_to_stop_is_kept_to_the_step() {
    let high = SinusoidalPoissonGenerator { rate: 50_000.0, amplitude: 0.0, start: 10.0, stop: 20.0, ..swing() };
    let busy =
        |rows: &[Vec<f64>]| rows.iter().enumerate().filter(|(_, r)| sum(r) > 0.0).map(|r| r.0).collect::<Vec<_>>();
    // Stamps in [start, stop), as NEST; a row is that of what was sent a step before.
    assert_eq!(busy(&arrivals(high, 30.0, 0)), (100..200).collect::<Vec<_>>());
    let copies = MipGenerator { rate: 50_000.0, p_copy: 0.9, start: 10.0, stop: 20.0 };
    // Stamps in (start, stop], as those of poisson_generator; a common count may be zero.
    let found = busy(&arrivals(copies, 30.0, 0));
    assert!(found.len() >= 97 && found.iter().all(|row| (101..=200).contains(row)), "{found:?}");
}

#[test]
fn rates_hold_from_their_times_on() {
    let rates = InhomogeneousPoissonGenerator::new(&[5.0, 20.0, 40.0], &[6000.0, 1500.0, 0.0]);
    let drawn = arrivals(rates, 60.0, 0);
    let means = |shift: usize| -> Vec<f64> {
        let rate = |step: usize| [6000.0, 1500.0][usize::from(step >= 200 + shift)];
        (50..400).map(|step| TARGETS as f64 * 1e-4 * rate(step)).collect()
    };
    let found: Vec<f64> = drawn[50..400].iter().map(|row| sum(row)).collect();
    assert!(score(&found, &means(0)).abs() < 3.5, "{}", score(&found, &means(0)));
    assert!(score(&found, &means(1)) > 2.0 * score(&found, &means(0)).abs().max(1.0), "one step is seen");
    let outside = drawn[..50].iter().chain(&drawn[400..]);
    assert_eq!(outside.map(|row| sum(row)).sum::<f64>(), 0.0);
}

#[test]
fn each_target_has_rates_of_its_own() {
    // The rates grow with the target first, then fall.
    let up = (0..TARGETS).map(|i| 20.0 * i as f64);
    let down = (0..TARGETS).map(|i| 20.0 * (TARGETS - 1 - i) as f64);
    let rates: Vec<f64> = up.chain(down).collect();
    let drawn = arrivals(InhomogeneousPoissonGenerator::new(&[0.1, 50.0], &rates), 100.0, 0);
    let of = |rows: &[Vec<f64>], rates: &[f64]| {
        let found: Vec<f64> = (1..TARGETS - 1).map(|i| rows.iter().map(|row| row[i]).sum()).collect();
        let means: Vec<f64> = rates[1..TARGETS - 1].iter().map(|rate| rate * 1e-4 * rows.len() as f64).collect();
        score(&found, &means)
    };
    let fits = [of(&drawn[1..500], &rates[..TARGETS]), of(&drawn[500..], &rates[TARGETS..])];
    assert!(fits.iter().all(|fit| fit.abs() < 3.5), "{fits:?}");
    assert!(of(&drawn[1..500], &rates[TARGETS..]) > 100.0, "the other rates are refused");
}

#[test]
fn copies_share_as_much_as_their_probability_says() {
    let drawn = arrivals(MipGenerator { rate: 4000.0, p_copy: 0.3, start: 0.0, stop: f64::INFINITY }, 200.0, 0);
    let rows = &drawn[1..];
    let (steps, pairs) = (rows.len() as f64, (TARGETS * (TARGETS - 1)) as f64);
    let mean = rows.iter().map(|row| sum(row)).sum::<f64>() / (steps * TARGETS as f64);
    assert!((mean - 0.12).abs() < 4.0 * (0.4 / steps).sqrt() * 0.3, "{mean} spikes a step");
    // E[sum²] = n E[x²] + n (n - 1) E[x y]; of a Poisson train thinned twice, var = p m and cov = p² m.
    let squares = rows.iter().map(|row| row.iter().map(|n| n * n).sum::<f64>()).sum::<f64>() / (steps * TARGETS as f64);
    let both = rows.iter().map(|row| sum(row).powi(2) - row.iter().map(|n| n * n).sum::<f64>()).sum::<f64>();
    let correlation = (both / (steps * pairs) - mean * mean) / (squares - mean * mean);
    assert!((correlation - 0.3).abs() < 0.03, "{correlation}");
    let plain = arrivals(PoissonGenerator::new(1200.0), 200.0, 0);
    let independent = plain.iter().map(|row| sum(row).powi(2) - row.iter().map(|n| n * n).sum::<f64>()).sum::<f64>();
    assert!((independent / (steps * pairs) - 0.0144).abs() < 0.001, "trains of their own have nothing in common");
    let all = arrivals(MipGenerator { rate: 4000.0, p_copy: 1.0, start: 0.0, stop: f64::INFINITY }, 50.0, 0);
    assert!(all.iter().all(|row| row.iter().all(|n| *n == row[0])) && all.iter().any(|row| row[0] > 1.0));
}

fn packets(sdev: f64) -> PulsepacketGenerator {
    PulsepacketGenerator { pulse_times: vec![20.0, 60.0], activity: 400, sdev, start: 0.0, stop: f64::INFINITY }
}

#[test]
fn packets_are_normal_about_their_times() {
    let drawn = arrivals(packets(3.0), 100.0, 0);
    assert!(drawn.iter().all(|row| row.iter().all(|n| *n == row[0])), "the same to every target");
    // Times within a step are not known: half a step before its end on average.
    let times = |rows: std::ops::Range<usize>, centre: f64| -> Vec<f64> {
        rows.flat_map(|step| vec![0.1 * step as f64 - 0.05 - centre; drawn[step][0] as usize]).collect()
    };
    for (rows, centre) in [(0..400, 20.0), (400..1000, 60.0)] {
        let times = times(rows, centre);
        assert_eq!(times.len(), 400);
        let (mean, variance) = moments(&times);
        assert!(mean.abs() < 4.0 * 3.0 / 20.0 && (variance / 9.0 - 1.0).abs() < 4.0 * (2.0f64 / 400.0).sqrt());
        assert!(kolmogorov_smirnov(times.iter().map(|t| t / 3.0), normal) > ACCEPT);
        assert!(kolmogorov_smirnov(times.iter().map(|t| t / 1.2), normal) < REJECT);
    }
    assert!(arrivals(packets(3.0), 100.0, 1) != drawn, "each trial has packets of its own");
    let sharp = arrivals(packets(0.0), 100.0, 0);
    assert_eq!((sharp[200][0], sharp[600][0], sharp.iter().map(|row| row[0]).sum::<f64>()), (400.0, 400.0, 800.0));
}

#[test]
fn spikes_are_kept_as_often_as_their_threshold_says() {
    let counts = |threshold: u32| {
        let mut found = [0.0; 6];
        for id in 0..20_000 {
            found[neuropil::random::thinned([1, 2], (3, id, 4), 5, threshold) as usize] += 1.0;
        }
        found
    };
    let binomial = |p: f64| -> Vec<f64> { (0..6).map(|k| 20_000.0 * super::measures::binomial(k, 5, p)).collect() };
    let third = counts(neuropil::tile::trains::threshold(0.3));
    assert!(chi_square(&third, &binomial(0.3)) > ACCEPT);
    assert!(chi_square(&third, &binomial(0.33)) < REJECT);
    assert_eq!((counts(u32::MAX)[5], counts(0)[0]), (20_000.0, 20_000.0));
}
