//! Rates, proxies of field potentials, BOLD and functional connectivity: against what they are made of, closed forms and
//! themselves.

use super::{Folder, simulation, ways};
use crate::support::mixed;
use neuropil::network::{Lfp, Rate, RecorderId};
use neuropil::prelude::*;
use neuropil::record::bold::Balloon;
use neuropil::record::functional::{Matrix, connectivity, correlation, dynamics, rank_correlation};
use neuropil::record::{SeriesRecord, analysis};

fn series(quantity: &str, interval_steps: u32, columns: &[Vec<f64>]) -> SeriesRecord {
    let rows = columns[0].len();
    SeriesRecord {
        quantity: quantity.into(),
        unit: "1".into(),
        dt_ms: 0.1,
        interval_steps,
        first_step: interval_steps.into(),
        names: (0..columns.len()).map(|k| format!("p{k}")).collect(),
        values: (0..rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect(),
    }
}

#[test]
fn rates_are_spikes_bin_by_bin_however_a_run_is_cut() {
    let mut net = mixed(200);
    let (exc, inh) = (net.population("exc", "").unwrap(), net.population("inh", "").unwrap());
    let rates = net.record(inh.and(&exc), Rate::every(3.0).between(2.5, 40.0)).unwrap();
    let mut whole = simulation(&net, &ways()[0]);
    whole.run(50.0.ms()).unwrap();
    let found = whole.series(rates).unwrap();
    assert_eq!((found.names.as_slice(), found.rows()), (&["inh".to_owned(), "exc".to_owned()][..], 12));
    assert_eq!((found.times_ms()[0], found.times_ms()[11]), (5.5, 38.5));
    let spikes = whole.spikes(RecorderId(0)).unwrap().between(2.5, 38.5);
    for (column, population) in [(0, 1), (1, 0)] {
        let expected = analysis::rate_histogram(&spikes, Some(population), 3.0);
        let own: Vec<f64> = found.column(column).collect();
        assert!(own.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9) && own.iter().sum::<f64>() > 50.0);
    }
    for way in ways() {
        let mut cut = simulation(&net, &way);
        cut.set_batch(7);
        cut.run(9.1.ms()).unwrap();
        let kept = cut.checkpoint().unwrap();
        let mut cut = Simulation::resume(net.clone(), way.0, Seed(7), &way.1, &kept).unwrap();
        [11.0, 0.3, 29.6].into_iter().for_each(|ms| cut.run(ms.ms()).unwrap());
        assert_eq!(cut.series(rates).unwrap(), found);
    }
    let mut other = simulation(&net, &ways()[0]);
    other.run(30.0.ms()).unwrap();
    assert_eq!(other.series(rates).unwrap(), found.slice(0..9));
    assert_ne!(other.series(rates).unwrap(), found);
    assert!(other.series(RecorderId(0)).is_err() && other.samples(rates).is_err());
}

#[test]
fn a_proxy_of_field_potentials_is_the_weighted_sum_of_currents() {
    let mut net = mixed(100);
    let exc = net.population("exc", "").unwrap();
    let cond = IafCondExp { I_e: 200.0, E_ex: 5.0, ..default() };
    let cond = net.add("cond", 30, cond).unwrap();
    net.connect(&exc, &cond, FixedIndegree(10), Static::new(Value::uniform(-3.0, 5.0), 1.0)).unwrap();
    let lfp = Lfp { delay_ex: 3.0, delay_in: 1.0, ..Lfp::every(0.5) };
    let proxy = net.record(cond.and(exc.slice(10..60)), lfp.between(4.0, 30.0)).unwrap();
    let mut variable = |of: &Selection, name: &str| net.record(of, Variable::every(name, 0.5)).unwrap();
    let currents = ["I_syn_ex", "I_syn_in"].map(|name| variable(&exc.slice(10..60), name));
    let [g_ex, g_in, v] = ["g_ex", "g_in", "V_m"].map(|name| variable(&cond, name));
    let all: Vec<(SeriesRecord, Vec<f64>)> = ways()
        .iter()
        .map(|way| {
            let mut sim = simulation(&net, way);
            sim.run(40.0.ms()).unwrap();
            (sim.series(proxy).unwrap(), sim.samples(v).unwrap().to_vec())
        })
        .collect();
    assert!(all.iter().all(|found| *found == all[0]), "shards do not matter");
    let mut sim = simulation(&net, &ways()[0]);
    sim.run(40.0.ms()).unwrap();
    let found = sim.series(proxy).unwrap();
    let row = |recorder, row: usize, width: usize| &sim.samples(recorder).unwrap()[row * width..(row + 1) * width];
    let sum = |at: usize| {
        let current = |sort: usize, at: usize| row(currents[sort], at, 50).iter().map(|i| i.abs()).sum::<f64>();
        let conductance = |g, e: f64, at: usize| {
            row(g, at, 30).iter().zip(row(v, at, 30)).map(|(g, v)| (g * (v - e)).abs()).sum::<f64>()
        };
        let cond = conductance(g_ex, 5.0, at - 6) + 1.65 * conductance(g_in, -85.0, at - 2);
        [cond, current(0, at - 6) + 1.65 * current(1, at - 2)]
    };
    // Recorded from 4 ms on, of which the first 3 are needed for the delay; sample k is that after (k + 1) 0.5 ms.
    assert_eq!((found.times_ms()[0], found.rows(), found.names[1].as_str()), (7.5, 46, "exc[10..60]"));
    let expected: Vec<f64> = (0..found.rows()).flat_map(|k| sum(k + 14)).collect();
    assert!(found.values == expected && expected.iter().filter(|value| **value > 1.0).count() > found.rows());
    let shifted: Vec<f64> = (0..found.rows()).flat_map(|k| sum(k + 15)).collect();
    assert!(found.values != shifted, "a sample later is seen");
}

#[test]
fn currents_that_a_model_lacks_are_told() {
    let mut net = Network::new(0.1.ms());
    let cells = net.add("cells", 3, IafPscExp::default()).unwrap();
    let delta = net.add("delta", 3, IafPscDelta::default()).unwrap();
    let refused = net.record(cells.and(&delta), Lfp::every(1.0)).unwrap_err().to_string();
    assert!(refused.contains("population 'delta' is of iaf_psc_delta, which has neither"), "{refused}");
    let refused = net.record(&cells, Lfp { delay_ex: 6.5, ..Lfp::every(1.0) }).unwrap_err().to_string();
    assert!(refused.contains("delay_ex = 6.5 ms is not a whole number of intervals of 1 ms"), "{refused}");
    assert!(net.record(&cells, Rate::every(0.05)).unwrap_err().to_string().contains("interval = 0.05 ms"));
    assert!(net.record(&cells, Lfp::every(1.0)).is_ok());
}

/// The signal at rest under constant activity: flow 1 + z/gamma, and what follows.
fn steady(balloon: &Balloon, rate: f64) -> f64 {
    let f = 1.0 + balloon.gain * rate / balloon.gamma;
    let v = f.powf(balloon.alpha);
    let q = v * (1.0 - (1.0 - balloon.E_0).powf(1.0 / f)) / balloon.E_0;
    balloon.V_0 * (balloon.k_1 * (1.0 - q) + balloon.k_2 * (1.0 - q / v) + balloon.k_3 * (1.0 - v))
}

#[test]
fn bold_of_constant_rates_comes_to_its_closed_form() {
    for balloon in [Balloon::FRISTON, Balloon::TVB] {
        let rates = series("rate", 100, &[vec![0.0; 12_000], vec![8.0; 12_000], vec![30.0; 12_000]]);
        let bold = balloon.bold(&rates, 100).unwrap();
        assert_eq!((bold.rows(), bold.interval_ms(), bold.times_ms()[0]), (120, 1000.0, 1000.0));
        assert!(bold.column(0).all(|value| value == 0.0), "rest stays at rest");
        for (column, rate) in [(1, 8.0), (2, 30.0)] {
            let last = bold.column(column).last().unwrap();
            let expected = steady(&balloon, rate);
            assert!((last - expected).abs() < 1e-9 * balloon.V_0 && expected > 0.0, "{last} {expected}");
            assert!((bold.column(column).nth(5).unwrap() - expected).abs() > 1e-4 * balloon.V_0, "after a while");
        }
        assert!((steady(&Balloon { alpha: 0.33, ..balloon }, 8.0) - steady(&balloon, 8.0)).abs() > 1e-6);
    }
    // Stephan et al. (2007), in percent.
    let Balloon { k_1, k_2, k_3, .. } = Balloon::TVB;
    assert!((k_1 - 2.772_64).abs() < 1e-9 && (k_2 - 0.2).abs() < 1e-12 && k_3 == 0.5);
}

#[test]
fn bold_is_of_order_four_in_its_bins() {
    // 20 spikes/s for 2 s, looked at after 4 s, in bins of so many ms.
    let at = |ms: u32| {
        let bins = 4000 / ms;
        let rates = (0..bins).map(|bin| if bin < bins / 2 { 20.0 } else { 0.0 }).collect();
        let bold = Balloon::FRISTON.bold(&series("rate", 10 * ms, &[rates]), bins).unwrap();
        assert_eq!((bold.rows(), bold.times_ms()[0]), (1, 4000.0));
        bold.values[0]
    };
    let exact = at(5);
    let (coarse, fine) = ((at(200) - exact).abs(), (at(100) - exact).abs());
    let order = (coarse / fine).log2();
    assert!((3.6..4.4).contains(&order), "order {order}");
    assert!(exact > 1e-4 && at(200) != exact);
}

#[test]
fn bold_beyond_its_model_is_told() {
    let burst = series("rate", 100, &[[vec![900.0; 600], vec![0.0; 3000]].concat()]);
    let told = Balloon::FRISTON.bold(&burst, 100).unwrap_err().to_string();
    assert!(told.starts_with("BOLD of p0: its blood flow would fall to nothing"), "{told}");
    let calm = Balloon { gain: 0.001, ..Balloon::FRISTON };
    assert!(calm.bold(&burst, 100).is_ok());
    let told = Balloon { kappa: 0.0, ..Balloon::FRISTON }.bold(&burst, 1).unwrap_err().to_string();
    assert_eq!(told, "balloon: kappa = 0 must be greater than 0");
}

#[test]
fn correlations_are_those_of_pearson_and_spearman() {
    let (a, b) = ([1.0, 2.0, 3.0, 4.0, 10.0], [2.0, 1.0, 4.0, 3.0, 7.0]);
    // By hand: deviations of a are -3 -2 -1 0 6, of b -1.4 -2.4 0.6 -0.4 3.6.
    let expected = (4.2 + 4.8 - 0.6 + 0.0 + 21.6) / (50.0f64 * 21.2).sqrt();
    assert!((correlation(&a, &b).unwrap() - expected).abs() < 1e-12);
    // Ranks 0 1 2 3 4 and 1 0 3 2 4: 1 - 6 (1 + 1 + 1 + 1) / 120.
    assert!((rank_correlation(&a, &b).unwrap() - 0.8).abs() < 1e-12);
    assert_eq!(correlation(&a, &[3.0; 5]), None);
    // Equal numbers share a rank; what is no number is left out.
    let tied = rank_correlation(&[1.0, 1.0, 2.0, f64::NAN], &[5.0, 5.0, 6.0, 0.0]).unwrap();
    assert!((tied - 1.0).abs() < 1e-12);
    let series = series("rate", 10, &[a.to_vec(), b.to_vec(), vec![1.0; 5], a.map(|x| -x).to_vec()]);
    let matrix = connectivity(&series);
    assert!((matrix.at(0, 1) - expected).abs() < 1e-12 && matrix.at(1, 0) == matrix.at(0, 1));
    assert!((matrix.at(0, 3) + 1.0).abs() < 1e-12 && matrix.at(0, 0) == 1.0 && matrix.at(2, 0).is_nan());
    assert_eq!(matrix.pairs().len(), 6);
    let folder = Folder::new("matrix");
    matrix.write(&folder.join("fc.csv")).unwrap();
    let text = std::fs::read_to_string(folder.join("fc.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0] == ",p0,p1,p2,p3" && lines[3] == "p2,,,," && lines[1].starts_with("p0,1,0.9"), "{text}");
}

#[test]
fn dynamics_are_the_correlations_of_windows() {
    // Two alternate with a third one after the other, so that early and late windows are unlike.
    let wave = |k: usize, by: f64| (k as f64 * by).sin();
    let columns: Vec<Vec<f64>> = (0..4)
        .map(|p| {
            (0..60)
                .map(|k| if k < 30 { wave(k, 0.7 + 0.1 * p as f64) } else { wave(k, 1.9 - 0.3 * p as f64) })
                .collect()
        })
        .collect();
    let series = series("BOLD", 10, &columns);
    let found = dynamics(&series, 20, 10).unwrap();
    assert_eq!(found.names, ["20", "30", "40", "50", "60"]);
    let window = |from: usize| connectivity(&series.slice(from..from + 20)).pairs();
    let expected = correlation(&window(0), &window(40)).unwrap();
    assert!(found.at(0, 4) == expected && found.at(4, 0) == expected && (found.at(2, 2) - 1.0).abs() < 1e-12);
    assert!(found.at(0, 1) != expected);
    let short = dynamics(&series, 55, 10).unwrap_err().to_string();
    assert!(short.contains("there are 60 samples, too few for two windows of 55, 10 apart"), "{short}");
    assert!(dynamics(&series, 2, 1).is_err());
}

#[cfg(feature = "pictures")]
#[test]
fn maps_show_numbers_as_colours() {
    use neuropil::record::pictures::map::{draw_matrix, draw_series};
    let names: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
    let matrix = Matrix { names, values: vec![1.0, 0.5, -0.5, 0.5, 1.0, f64::NAN, -0.5, f64::NAN, 1.0] };
    let picture = draw_matrix(&matrix, "correlation", "t").unwrap();
    // Cells are 200 pixels wide, from 200 on across and from 84 on down; those on the diagonal do not count.
    let cell = |row: u32, column: u32| picture.pixel(300 + 200 * column, 184 + 200 * row).unwrap();
    assert_eq!((cell(0, 1), cell(2, 0)), ([213, 94, 0], [0, 114, 178]));
    assert_eq!((cell(1, 2), cell(0, 0)), ([233, 236, 239], [213, 94, 0]));
    let many: Vec<Vec<f64>> = (0..10).map(|k| vec![f64::from(k); 4]).collect();
    let picture = draw_series(&series("rate", 10, &many), "t").unwrap();
    let row = |k: u32| picture.pixel(600, 84 + 60 * k + 30).unwrap();
    assert_eq!((row(0), row(9)), ([255, 255, 255], [213, 94, 0]));
    assert!(row(5) != row(4) && picture.width == 1160);
    let few = draw_series(&series("rate", 10, &many[..3]), "t").unwrap();
    assert_eq!((few.width, few.height), (1000, 640), "few are curves");
}

#[cfg(feature = "pictures")]
#[test]
fn rates_are_level_within_bins_and_samples_are_joined() {
    use neuropil::record::pictures::map::draw_series;
    // Bins, or samples, that end at 1 and at 2 ms.
    let level = |quantity: &str| {
        let picture = draw_series(&series(quantity, 10, &[vec![1.0, 4.0]]), "t").unwrap();
        let blue =
            |x: u32, up: std::ops::Range<u32>| up.into_iter().any(|y| picture.pixel(x, y) == Some([0, 114, 178]));
        [blue(320, 450..462), blue(750, 120..132)]
    };
    assert_eq!((level("rate"), level("BOLD")), ([true; 2], [false; 2]));
}

#[cfg(not(feature = "pictures"))]
#[test]
fn a_matrix_knows_its_size() {
    assert_eq!(Matrix { names: vec!["a".into()], values: vec![1.0] }.size(), 1);
}

#[test]
fn what_does_not_vary_has_no_correlation() {
    // Ten times 0.1 is not 1: the mean of these is off by the last bit.
    let (same, other) = ([0.1; 10], [0.3, 1.0, 0.2, 0.7, 0.5, 0.9, 0.4, 0.6, 0.8, 0.1]);
    assert_eq!(correlation(&same, &other), None);
    assert_eq!(correlation(&other, &same), None);
    assert!(correlation(&other, &other).unwrap() > 0.999);
}

/// Batches of a run of 300 ms with these recorders, on the CPU, where they have up to 1,000 steps.
fn batches(record: impl Fn(&mut Network, &Selection)) -> usize {
    let mut net = Network::new(0.1.ms());
    let cells = net.add("cells", 10, IafPscExp::default()).unwrap();
    record(&mut net, &cells);
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    let mut count = 0;
    let mut watch = |_| {
        count += 1;
        std::ops::ControlFlow::Continue(())
    };
    sim.run_with(300.0.ms(), &mut watch).unwrap();
    count
}

#[test]
fn recorders_do_not_shorten_batches_that_have_room() {
    assert_eq!(batches(|_, _| ()), 3);
    assert_eq!(batches(|net, cells| assert!(net.record(cells, Spikes).is_ok())), 3);
    assert_eq!(batches(|net, cells| assert!(net.record(cells, Variable::every("V_m", 1.0)).is_ok())), 3);
}
