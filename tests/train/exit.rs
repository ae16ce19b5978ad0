//! When samples are left: planted exits, temperatures and errors in closed form.

use neuropil::network::Latency;
use neuropil::train::exit::{
    Answers, Exits, Perturbed, Point, choose, noisy, pareto, running, slowed, sureness, thresholds,
};
use neuropil::train::fit::Samples;
use neuropil::train::fit::encode::Draw;
use neuropil::train::net::{Classify, Code};
use neuropil::train::tape::Steps;
use neuropil::train::tasks::{Asked, Task, ready};

/// Logits of two classes such that the probability of class 1 at temperature 1 is given.
fn logits(probabilities: &[f64]) -> Vec<f64> {
    probabilities.iter().flat_map(|p| [0.0, (p / (1.0 - p)).ln()]).collect()
}

/// Three samples of four steps, of the classes 1, 1 and 0: sure early, sure late, never sure and wrong at first.
fn planted() -> Answers {
    let rows = [[0.6, 0.95, 0.9, 0.99], [0.4, 0.6, 0.7, 0.92], [0.7, 0.45, 0.3, 0.2]];
    Answers::new(logits(rows.as_flattened()), (4, 2), vec![1, 1, 0]).unwrap()
}

#[test]
fn planted_exits_are_found() {
    let answers = planted();
    let exits = answers.exits(1.0, 0.9).unwrap();
    assert_eq!(exits, Exits { steps: vec![2, 4, 4], right: vec![true, true, true] });
    assert_eq!(answers.exits(1.0, 0.59).unwrap(), Exits { steps: vec![1, 1, 1], right: vec![true, false, false] });
    assert_eq!(answers.oracle(), Exits { steps: vec![1, 2, 2], right: vec![true; 3] });
    assert!((exits.mean_steps() - 10.0 / 3.0).abs() < 1e-15);
    // Nobody is ever so sure, so all are looked at to the end.
    assert_eq!(answers.exits(1.0, 1.1).unwrap().steps, [4, 4, 4]);
    // A partner: at another temperature all are left elsewhere.
    assert_ne!(answers.exits(3.0, 0.9).unwrap(), exits);
}

#[test]
fn never_right_is_left_at_once_by_who_knows() {
    let answers = Answers::new(logits(&[0.9, 0.8]), (2, 2), vec![0]).unwrap();
    assert_eq!(answers.oracle(), Exits { steps: vec![1], right: vec![false] });
}

#[test]
fn the_temperature_is_where_probabilities_are_right() {
    // One logit difference d, of which a share q is right: the likeliest probability is q, so d / T = ln(q / (1 - q)).
    let (d, right, samples) = (3.0, 7, 10);
    let labels: Vec<u32> = (0..samples).map(|sample| u32::from(sample < right)).collect();
    let answers = Answers::new([0.0, d].repeat(samples), (1, 2), labels).unwrap();
    let expected = d / (0.7f64 / 0.3).ln();
    assert!((answers.temperature() - expected).abs() < 1e-9 * expected, "{}", answers.temperature());
    // At it the error of calibration is gone, and is |0.7 - sigmoid(3)| without it.
    assert!(answers.calibration_error(1, expected, 15).unwrap() < 1e-9);
    let off = 1.0 / (1.0 + (-d).exp()) - 0.7;
    assert!((answers.calibration_error(1, 1.0, 15).unwrap() - off).abs() < 1e-12);
    // Those that are always right are the surer the better, to the bound.
    let all = Answers::new([0.0, d].repeat(samples), (1, 2), vec![1; samples]).unwrap();
    assert!((all.temperature() - 1e-4).abs() < 1e-9);
}

#[test]
fn errors_of_calibration_are_summed_by_bins() {
    // Two bins of three: confidences 0.6 and 0.65, one right of two, and 0.9, right.
    let rows = [0.6, 0.65, 0.9];
    let answers = Answers::new(logits(&rows), (1, 2), vec![1, 0, 1]).unwrap();
    let by_hand = ((0.6f64 + 0.65 - 1.0).abs() + (0.9f64 - 1.0).abs()) / 3.0;
    assert!((answers.calibration_error(1, 1.0, 3).unwrap() - by_hand).abs() < 1e-12);
    // In one bin errors of two signs cancel.
    let one = (0.6f64 + 0.65 + 0.9 - 2.0).abs() / 3.0;
    assert!((answers.calibration_error(1, 1.0, 1).unwrap() - one).abs() < 1e-12);
}

#[test]
fn the_front_has_no_point_that_another_beats() {
    let point = |steps, accuracy| Point { threshold: 0.0, steps, accuracy };
    let all = [point(3.0, 0.9), point(1.0, 0.5), point(2.0, 0.9), point(4.0, 0.8), point(5.0, 0.95)];
    let front = [point(1.0, 0.5), point(2.0, 0.9), point(5.0, 0.95)];
    assert_eq!(pareto(&all), front);
    assert_eq!(choose(&all, 0.85), Some(point(2.0, 0.9)));
    assert_eq!(choose(&all, 0.99), None);
    let thresholds = thresholds();
    assert!(thresholds[0] == 0.0 && thresholds.is_sorted() && thresholds[120] > 0.999_99);
    let curve = planted().curve(1.0, &[0.0, 0.9]).unwrap();
    assert_eq!((curve[0].steps, curve[1].accuracy), (1.0, 1.0));
}

#[test]
fn a_readout_that_ends_early_is_that_of_fewer_steps() {
    let shown = [1.0, 4.0, 3.0, 2.0, 2.0, 0.0];
    let of = |readout: &Steps| running(readout, &shown, 2).unwrap();
    assert_eq!(of(&Steps::Sum), [1.0, 4.0, 4.0, 6.0, 6.0, 6.0]);
    assert_eq!(of(&Steps::Mean), [1.0, 4.0, 2.0, 3.0, 2.0, 2.0]);
    assert_eq!(of(&Steps::Max), [1.0, 4.0, 3.0, 4.0, 3.0, 4.0]);
    assert_eq!(of(&Steps::Last), shown);
    assert_eq!(of(&Steps::Weighted(vec![1.0, 0.0, 2.0])), [1.0, 4.0, 1.0, 4.0, 5.0, 4.0]);
    assert!(running(&Steps::Weighted(vec![1.0]), &shown, 2).is_err());
}

#[test]
fn noise_stays_within_its_bounds_and_is_drawn_anew() {
    let samples = Samples::new("test", &[2], vec![0.5, 0.0, 1.0, 0.5], vec![0, 1], None).unwrap();
    let (once, again) = (noisy(&samples, &[1, 0], 0.1, 3).unwrap(), noisy(&samples, &[1, 0], 0.1, 4).unwrap());
    assert_eq!((once.labels(), once.len()), (&[1, 0][..], 2));
    assert_ne!(once, again);
    for (noisy, plain) in once.sample(0).iter().chain(once.sample(1)).zip([1.0, 0.5, 0.5, 0.0]) {
        assert!((noisy - plain).abs() <= 0.1 && (0.0..=1.0).contains(noisy), "{noisy} of {plain}");
    }
    assert_eq!(noisy(&samples, &[0], 0.0, 3).unwrap().sample(0), samples.sample(0));
    let exits = |steps: &[u32]| Exits { steps: steps.to_vec(), right: vec![true, false] };
    let perturbed = Perturbed::of(0.1, &[exits(&[1, 5]), exits(&[3, 2])]).unwrap();
    assert_eq!((perturbed.steps, perturbed.longest, perturbed.accuracy), (2.75, 4.0, 0.5));
}

/// What [`sureness`] gives the derivatives of: the mean of -ln softmax over steps and classes.
fn unlikely(readout: &Steps, shown: &[f64], units: usize, temperature: f64) -> f64 {
    let logits = running(readout, shown, units).unwrap();
    let of = |logits: &[f64]| {
        let sum: f64 = logits.iter().map(|logit| (logit / temperature).exp()).sum();
        logits.iter().map(|logit| sum.ln() - logit / temperature).sum::<f64>() / units as f64
    };
    logits.chunks(units).map(of).sum::<f64>() / (logits.len() / units) as f64
}

#[test]
fn how_sure_a_network_is_has_the_derivatives_of_differences() {
    let shown = [0.3, -1.2, 0.8, 1.1, 0.2, -0.4, 0.9, 0.7, 1.5, -0.6, 0.1, 0.5];
    for readout in [Steps::Sum, Steps::Mean, Steps::Max, Steps::Last, Steps::Weighted(vec![0.5, 2.0, -1.0, 0.3])] {
        let slopes = sureness(&readout, &shown, 3, 0.7).unwrap();
        for place in 0..shown.len() {
            let at = |away: f64| {
                let mut shown = shown;
                shown[place] += away;
                unlikely(&readout, &shown, 3, 0.7)
            };
            let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((slopes[place] - difference).abs() < 1e-9, "{readout:?} {place}: {} {difference}", slopes[place]);
        }
    }
    // A partner: the derivatives of another readout are others.
    let of = |readout: &Steps| sureness(readout, &shown, 3, 0.7).unwrap();
    assert!(of(&Steps::Sum)[0] - of(&Steps::Mean)[0] > 1e-3);
}

#[test]
fn samples_move_against_their_slopes_as_far_as_they_may() {
    let samples = Samples::new("test", &[4], vec![0.5, 0.05, 0.95, 0.5, 0.2, 0.2, 0.2, 0.2], vec![0, 1], None).unwrap();
    let slow = slowed(&samples, &[0], 0.1, |_, _| Ok(vec![2.0, 1e-9, -3.0, 0.0])).unwrap();
    let expected = [0.4f32, 0.0, 1.0, 0.5];
    assert!(slow.values().iter().zip(expected).all(|(slow, expected)| (slow - expected).abs() < 1e-6), "{slow:?}");
    // Steps of a quarter of the size, to and fro, end where they began.
    let back = slowed(&samples, &[1], 0.1, |_, round| Ok(vec![if round % 2 == 0 { 1.0 } else { -1.0 }; 4])).unwrap();
    assert!(back.values().iter().all(|value| (value - 0.2).abs() < 1e-6), "{back:?}");
}

#[test]
fn a_network_is_made_unsure_through_either_code() {
    let task = ready::<f32>(Task::Digits, &Asked { hidden: Some(40), steps: Some(12), ..Asked::default() }).unwrap();
    let which: Vec<u32> = (0..40).collect();
    for code in [Code::Rate(0.6), Code::Latency(Latency { tau: 4.0, ..Latency::default() })] {
        let on = |samples: &Samples, number: u32| -> (Vec<f64>, f64) {
            let learning = Classify::new((&task.net, samples), (code, 12), Steps::Mean, 2).unwrap();
            let draw = Draw { seed: 1, number };
            let numbers = |shown: &[f32]| shown.iter().map(|&number| f64::from(number)).collect::<Vec<_>>();
            let slopes = learning.slopes(&task.parameters, &which, draw, |shown| {
                let slopes = sureness(&Steps::Mean, &numbers(shown), 10, 1.0)?;
                Ok(slopes.into_iter().map(|slope| slope as f32).collect())
            });
            let shown = numbers(learning.shown(&task.parameters, &which, draw).unwrap().data());
            let sure = shown.chunks(120).map(|shown| unlikely(&Steps::Mean, shown, 10, 1.0)).sum::<f64>();
            (numbers(slopes.unwrap().data()), sure)
        };
        let samples = task.samples.chosen(&which).unwrap();
        let plain = on(&samples, 0).1;
        let slow = slowed(&samples, &which, 0.3, |samples, round| Ok(on(samples, round + 1).0)).unwrap();
        // A partner: the other way it becomes surer than by chance.
        let sure = |samples: &Samples, round| Ok(on(samples, round + 1).0.iter().map(|slope| -slope).collect());
        let sure = slowed(&samples, &which, 0.3, sure).unwrap();
        let (slow, sure) = (on(&slow, 0).1, on(&sure, 0).1);
        assert!(slow < plain && plain < sure, "{code:?}: {slow} {plain} {sure}");
    }
}

#[test]
fn what_is_no_answer_is_refused_in_a_sentence() {
    let refusals = [
        Answers::new(vec![], (1, 2), vec![]).unwrap_err().to_string(),
        Answers::new(vec![0.0; 3], (1, 2), vec![0, 1]).unwrap_err().to_string(),
        Answers::new(vec![0.0, f64::NAN], (1, 2), vec![0]).unwrap_err().to_string(),
        Answers::new(vec![0.0; 2], (1, 2), vec![2]).unwrap_err().to_string(),
        planted().exits(0.0, 0.5).unwrap_err().to_string(),
        planted().exits(1.0, f64::NAN).unwrap_err().to_string(),
        planted().accuracy(5).unwrap_err().to_string(),
        planted().calibration_error(1, 1.0, 0).unwrap_err().to_string(),
        noisy(&Samples::digits().unwrap(), &[5000], 0.1, 1).unwrap_err().to_string(),
        noisy(&Samples::digits().unwrap(), &[0], 2.0, 1).unwrap_err().to_string(),
        slowed(&Samples::digits().unwrap(), &[0], 0.1, |_, _| Ok(vec![0.0; 3])).unwrap_err().to_string(),
        slowed(&Samples::digits().unwrap(), &[0], f64::NAN, |_, _| Ok(vec![0.0; 64])).unwrap_err().to_string(),
        sureness(&Steps::Sum, &[0.0; 4], 2, 0.0).unwrap_err().to_string(),
    ];
    for refusal in refusals {
        assert!(!refusal.contains('\n') && refusal.len() > 20, "{refusal}");
    }
}
