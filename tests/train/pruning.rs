//! Dynamic pruning: a planted map is found again, operations are those counted by hand, units that are left out send nothing.

use std::ops::ControlFlow;

use neuropil::train::fit::encode::Draw;
use neuropil::train::pruning::gate::{Cost, keep, keep_random};
use neuropil::train::pruning::{Judge, Network, Point, Predictor, Relus, Rule, STUDY, Spiking, accuracy_at};
use neuropil::train::tasks::{Asked, Ready, Task, ready};
use neuropil::train::{Array, fit, study};

/// Inputs that are drawn by a rule of their own, and activity = 2 + x · u · v.
fn planted(rank: usize) -> (Array<f64>, Array<f64>) {
    let (samples, width, units) = (40, 5, 4);
    let value = |k: usize| ((k * 7919 + 13) % 101) as f64 / 50.0 - 1.0;
    let x: Vec<f64> = (0..samples * width).map(value).collect();
    let mut y = vec![2.0; samples * units];
    for sample in 0..samples {
        for k in 0..rank {
            let along: f64 = (0..width).map(|i| x[sample * width + i] * value(900 + 31 * k + i)).sum();
            (0..units).for_each(|unit| y[sample * units + unit] += along * value(500 + 17 * k + unit));
        }
    }
    (Array::new("x", &[samples, width], x).unwrap(), Array::new("y", &[samples, units], y).unwrap())
}

#[test]
fn a_planted_map_of_low_rank_is_found_again() {
    let worst = |planted_rank: usize, rank: usize| {
        let (x, y) = planted(planted_rank);
        let predictor = Predictor::fit(&x, &y, rank, 1e-9).unwrap();
        let rows = x.data().chunks(5).zip(y.data().chunks(4));
        let away = rows.flat_map(|(x, y)| {
            let told = predictor.predict(x).unwrap();
            told.into_iter().zip(y).map(|(told, y)| (told - y).abs()).collect::<Vec<_>>()
        });
        away.fold(0.0, f64::max)
    };
    assert!(worst(1, 1) < 1e-6 && worst(2, 2) < 1e-6 && worst(1, 3) < 1e-6);
    // One rank too few cannot hold it.
    assert!(worst(2, 1) > 0.1);
}

#[test]
fn predictors_refuse_what_does_not_fit() {
    let (x, y) = planted(1);
    assert!(Predictor::fit(&x, &y, 5, 1.0).is_err());
    assert!(Predictor::fit(&x, &y, 0, 1.0).is_err());
    let few = Array::new("y", &[1, 4], vec![0.0; 4]).unwrap();
    assert!(Predictor::fit(&x, &few, 1, 1.0).is_err());
    let predictor = Predictor::fit(&x, &y, 2, 1.0).unwrap();
    assert!(predictor.predict(&[1.0; 6]).is_err());
    // 3 inputs that are not zero onto 2, 2 onto 4 units, and 4 comparisons.
    assert_eq!(predictor.operations(3), 3 * 2 + 2 * 4 + 4);
}

#[test]
fn the_largest_are_kept_and_operations_counted() {
    assert_eq!(keep(&[0.5, 2.0, 2.0, -1.0], 2).unwrap(), [false, true, true, false]);
    assert_eq!(keep(&[1.0, 1.0, 1.0], 1).unwrap(), [true, false, false]);
    assert!(keep(&[1.0], 2).is_err() && keep(&[f64::NAN], 1).is_err());
    let drawn = keep_random(50, 20, (1, 3)).unwrap();
    assert_eq!(drawn.iter().filter(|kept| **kept).count(), 20);
    assert_ne!(drawn, keep_random(50, 20, (1, 4)).unwrap());
    // 7 units with 30 spikes arriving and 25 updates each; they send 12 spikes to 10 answers of 25 updates.
    let cost = Cost { arriving: 30, updates: 25, classes: 10 };
    assert_eq!(cost.operations(7, 12), 7 * 55 + 12 * 10 + 25 * 10);
}

#[test]
fn accuracy_at_a_share_of_operations_lies_on_a_line() {
    let point = |operations: f64, accuracy: f64| Point { share: 0.0, operations, accuracy };
    let points = [point(1.0, 0.9), point(0.2, 0.5), point(0.6, 0.8)];
    assert_eq!(accuracy_at(&points, 0.6), Some(0.8));
    assert!((accuracy_at(&points, 0.4).unwrap() - 0.65).abs() < 1e-12);
    assert_eq!(accuracy_at(&points, 0.1), None);
    assert_eq!(accuracy_at(&points, 1.1), None);
}

fn digits(epochs: u32) -> Ready<f32> {
    let asked = Asked { samples: Some(400), epochs: Some(epochs), hidden: Some(60), seed: Some(3), ..Asked::default() };
    ready(Task::Digits, &asked).unwrap()
}

#[test]
fn spiking_units_that_are_left_out_send_nothing() {
    let ready = digits(4);
    let split = fit::Split { validation: Vec::new(), ..ready.split.clone() };
    let mut trainer = fit::Trainer::new(ready.parameters.clone(), ready.settings.clone(), split).unwrap();
    trainer.run(&mut ready.learning(2).unwrap(), None, &mut fit::Unwatched).unwrap();
    let network = Spiking::new(&ready, trainer.into_parameters(), 2).unwrap();
    let samples = &ready.split.validation[..150];
    let labels: Vec<u32> = samples.iter().map(|&sample| ready.samples.labels()[sample as usize]).collect();
    let hidden = network.hidden(samples).unwrap();
    let units = hidden.shape()[1];
    // What arrives is what the encoding sends.
    let draw = Draw { seed: ready.settings.seed, number: 0 };
    let sent = ready.learning(1).unwrap().encode(&samples[5..6], draw).unwrap().count();
    assert_eq!(hidden.costs[5].arriving, sent);
    assert_eq!(network.arriving(samples[5]).unwrap().iter().map(|&times| u64::from(times)).sum::<u64>(), sent);
    let busy = vec![1.0; units];
    let (x, y) = (&hidden.inputs, &hidden.effect);
    let predictor = Predictor::fit(x, y, 8, 1.0).unwrap();
    let judge = Judge { network: &network, predictor: &predictor, busy: &busy, samples, labels: &labels, seed: 1 };
    let whole = |rule| judge.points(rule, &hidden, &[1.0]).unwrap()[0];
    let all = whole(Rule::Oracle);
    assert!(all.operations == 1.0 && all.accuracy > 0.8, "{all:?}");
    // All units by any rule are the whole network; only the predictor adds to its cost.
    for rule in Rule::ALL {
        assert_eq!(whole(rule).accuracy, all.accuracy, "{rule:?}");
        assert_eq!(whole(rule).operations > 1.0, rule == Rule::Predicted, "{rule:?}");
    }
    // Leaving out those that are silent anyway changes nothing; leaving out all breaks the answers.
    let firing: Vec<bool> = hidden.sent.iter().map(|&sent| sent > 0).collect();
    let answers = network.answers(&hidden, &firing).unwrap();
    assert_eq!(answers, network.answers(&hidden, &vec![true; firing.len()]).unwrap());
    assert_ne!(answers, network.answers(&hidden, &vec![false; firing.len()]).unwrap());
    assert!(network.answers(&hidden, &[true]).is_err());
    // A prediction beats a draw at a third of the units.
    let at = |rule| judge.points(rule, &hidden, &[0.2]).unwrap()[0];
    assert!(at(Rule::Predicted).accuracy > at(Rule::Random).accuracy);
    // Without its smallest weights it costs less than whole, and more than its updates.
    let thin = judge.points(Rule::Magnitude, &hidden, &[0.5]).unwrap()[0];
    assert!(thin.operations > 0.4 && thin.operations < 0.7, "{thin:?}");
}

#[test]
fn relus_are_those_of_the_equation() {
    let ready = digits(1);
    let relus = Relus::new(&ready.samples, 12, 5).unwrap();
    let hidden = relus.hidden(&[3]).unwrap();
    let weights = relus.parameters().named("weights hidden").unwrap().seen();
    let pixels = ready.samples.sample(3);
    for unit in 0..12 {
        let sum: f32 = pixels.iter().enumerate().map(|(input, x)| x * weights.data()[input * 12 + unit]).sum();
        assert!((f64::from(sum.max(0.0)) - hidden.activity.data()[unit]).abs() < 1e-5);
    }
    assert_eq!(hidden.costs[0].arriving, pixels.iter().filter(|x| **x != 0.0).count() as u64);
    // Half of the weights stay, the larger ones.
    let (_, left) = relus.thinned(0.5).unwrap();
    assert_eq!(left.iter().sum::<u32>(), 64 * 12 / 2);
}

#[test]
fn a_small_study_has_its_tables_and_can_be_ended() {
    let asked =
        study::Asked { samples: Some(64), epochs: Some(1), hidden: Some(8), seeds: Some(1), ..study::Asked::default() };
    let report = (STUDY.run)(&asked, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(!report.interrupted);
    assert_eq!(report.tables.iter().map(|table| table.rows.len()).collect::<Vec<_>>(), [5, 9, 5, 9]);
    assert!(report.tables.iter().all(|table| table.rows.iter().all(|row| row.len() == table.head.len())));
    let ended = (STUDY.run)(&asked, &mut |_| ControlFlow::Break(())).unwrap();
    assert!(ended.interrupted && ended.tables.is_empty());
    assert!((STUDY.run)(&study::Asked { hidden: Some(1), ..asked }, &mut |_| ControlFlow::Continue(())).is_err());
}
