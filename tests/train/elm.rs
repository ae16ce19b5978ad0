//! ELM neuron, GRU and LIF: by their equations one number at a time, and gradients against differences in f64.

use neuropil::train::elm::{Cell, Elm, Gru, Input, Kind, Lif, Net, STUDY, Task};
use neuropil::train::endless::{Course, Learner, learn, parts, unseen};
use neuropil::train::fit::{Parameter, Parameters};
use neuropil::train::study::Asked;
use std::ops::ControlFlow;

/// The largest relative difference of gradients and central differences, over some places of each parameter.
fn farthest<C: Cell<f64>>(cell: C, break_it: bool) -> f64 {
    let task = Task::new(Kind::Adding, 3, 5, 2).unwrap();
    let net = Net { cell, task };
    let mut parameters: Parameters<f64> = net.begin(4).unwrap();
    let (_, gradients) = parts(&net, &parameters, 0..6, true, 2).unwrap();
    let loss = |parameters: &Parameters<f64>| parts(&net, parameters, 0..6, false, 1).unwrap().0.loss;
    let mut farthest = 0.0f64;
    let scale = gradients.iter().flatten().fold(0.0f64, |most, own| most.max(own.abs()));
    for (place, gradient) in gradients.iter().enumerate() {
        for k in (0..gradient.len()).step_by((gradient.len() / 7).max(1)) {
            let start = parameters.iter().nth(place).unwrap().value().data()[k];
            if start == 0.0 && gradient[k] == 0.0 {
                continue;
            }
            let mut at = |x: f64| {
                parameters.iter_mut().nth(place).unwrap().value_mut().data_mut()[k] = x;
                loss(&parameters)
            };
            // Of the fourth order; small, since rectified units have corners.
            let h = 1e-6;
            let [a, b, c, d] = [2.0, 1.0, -1.0, -2.0].map(|times| at(start + times * h));
            let numeric = (8.0 * (b - c) - (a - d)) / (12.0 * h);
            at(start);
            let own = if break_it { gradient[k] * 1.001 } else { gradient[k] };
            farthest = farthest.max((own - numeric).abs() / scale);
        }
    }
    farthest
}

#[test]
fn gradients_are_those_of_differences() {
    let gru = || Gru::new(5, 4, Some(50.0)).unwrap();
    let lif = || Lif::new(5, 6, 8.0).unwrap().smooth();
    assert!(farthest(gru(), false) < 1e-7, "{}", farthest(gru(), false));
    assert!(farthest(gru(), true) > 1e-5);
    let elm = Elm::new(5, 3, 4, 1).unwrap();
    let found = farthest(elm.clone(), false);
    assert!(found < 1e-7, "{found}");
    assert!(farthest(elm, true) > 1e-5);
    let found = farthest(lif(), false);
    assert!(found < 1e-7, "{found}");
    assert!(farthest(lif(), true) > 1e-5);
}

fn values<C: Cell<f64>>(cell: &C, seed: u64) -> Vec<Vec<f64>> {
    cell.begin(seed).unwrap().iter().map(|own: &Parameter<f64>| own.value().data().to_vec()).collect()
}

fn states<C: Cell<f64>>(cell: &C, weights: &[Vec<f64>], numbers: &[f64], steps: usize) -> Vec<f64> {
    let weights: Vec<&[f64]> = weights.iter().map(Vec::as_slice).collect();
    let input = Input { numbers, steps, rows: 1, channels: cell.channels() };
    cell.states(&cell.forward(&weights, input)).to_vec()
}

#[test]
fn an_elm_neuron_steps_as_its_equations_say() {
    let tau = [1.5, 20.0, 300.0];
    let elm = Elm::new(4, 2, 3, 7).unwrap().with_tau(&tau, 6.0).unwrap();
    let w = values(&elm, 3);
    let steps = 30;
    let numbers: Vec<f64> = (0..steps * 4).map(|k| f64::from(u8::from(k * 7 % 11 == 0))).collect();
    let found = states(&elm, &w, &numbers, steps);
    let play = |lambda: f64| {
        let (mut s, mut m, mut all) = ([[0.0; 4]; 2], [0.0; 3], Vec::new());
        for x in numbers.chunks(4) {
            let mut b = [0.0; 2];
            for j in 0..2 {
                for i in 0..4 {
                    s[j][i] = (-1.0f64 / 6.0).exp() * s[j][i] + w[0][j * 4 + i] * x[i];
                    b[j] += s[j][i];
                }
            }
            let kept: Vec<f64> = (0..3).map(|k| (-1.0 / tau[k]).exp() * m[k]).collect();
            let hidden = |h: usize| {
                let sum = (0..2).map(|j| w[1][h * 2 + j] * b[j]).sum::<f64>();
                (sum + (0..3).map(|k| w[2][h * 3 + k] * kept[k]).sum::<f64>() + w[3][h]).max(0.0)
            };
            let h: Vec<f64> = (0..6).map(hidden).collect();
            for k in 0..3 {
                let out = (0..6).map(|i| w[4][k * 6 + i] * h[i]).sum::<f64>() + w[5][k];
                let change = 1.7159 * (2.0 / 3.0 * out).tanh();
                m[k] = kept[k] + lambda * (1.0 - (-1.0 / tau[k]).exp()) * change;
            }
            all.extend(m);
        }
        all
    };
    let apart = |other: &[f64]| found.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(apart(&play(5.0)) < 1e-12, "{}", apart(&play(5.0)));
    assert!(apart(&play(4.9)) > 1e-4, "another lambda is another neuron");
    // As many synapses as half of the channels, all of them excitatory.
    assert_eq!(w[0].iter().filter(|w| **w == 0.5).count(), 4);
    assert_eq!(w[0].iter().filter(|w| **w == 0.0).count(), 4);
}

#[test]
fn a_gru_steps_as_its_equations_say() {
    let w: Vec<Vec<f64>> = [12, 12, 6, 6].map(|count| (0..count).map(|k| f64::from(k) / 10.0 - 0.5).collect()).into();
    let gru = Gru::new(2, 2, None).unwrap();
    let found = states(&gru, &w, &[1.0, 0.0, 0.0, 1.0, 1.0, 1.0], 3);
    let mut h = [0.0f64; 2];
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    for (step, x) in [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]].iter().enumerate() {
        let a = |row: usize| w[0][2 * row] * x[0] + w[0][2 * row + 1] * x[1] + w[2][row];
        let u = |row: usize| w[1][2 * row] * h[0] + w[1][2 * row + 1] * h[1] + w[3][row];
        let next = [0, 1].map(|k| {
            let (r, z) = (sigmoid(a(k) + u(k)), sigmoid(a(2 + k) + u(2 + k)));
            (1.0 - z) * (a(4 + k) + r * u(4 + k)).tanh() + z * h[k]
        });
        h = next;
        for k in 0..2 {
            assert!((found[2 * step + k] - h[k]).abs() < 1e-12);
        }
    }
}

#[test]
fn a_lif_neuron_fires_where_its_potential_reaches_one() {
    let lif = Lif::new(1, 1, 10.0).unwrap();
    let w = vec![vec![0.6], vec![-0.25], vec![0.0]];
    let found = states(&lif, &w, &[1.0, 1.0, 1.0, 0.0, 1.0], 5);
    let kappa = (-0.1f64).exp();
    let (mut v, mut s, mut wanted) = (0.0, 0.0, Vec::new());
    for x in [1.0, 1.0, 1.0, 0.0, 1.0] {
        v = kappa * v + 0.6 * x - 0.25 * s - s;
        s = f64::from(u8::from(v >= 1.0));
        wanted.push(s);
    }
    assert_eq!(found, wanted);
    assert_eq!(wanted, [0.0, 1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn tasks_are_what_they_say() {
    for kind in Kind::ALL {
        let task = Task::new(kind, 30, 12, 3).unwrap();
        let (numbers, answers) = task.samples::<f32>(0..400);
        assert_eq!(numbers.len(), 90 * 400 * 12);
        let spikes = |steps: std::ops::Range<usize>| numbers[steps.start * 4800..steps.end * 4800].iter().sum::<f32>();
        assert_eq!(spikes(20..50), 0.0, "nothing in the gap");
        assert_eq!(spikes(70..90), 0.0, "nothing where it is read");
        let most = answers.iter().map(|own| answers.iter().filter(|other| own == *other).count()).max().unwrap();
        assert!((most as f64 / 400.0 - kind.chance()).abs() < 0.07);
        assert_eq!(answers[7], task.samples::<f32>(7..8).1[0], "a sample by its number");
        assert!(answers.iter().all(|own| *own < kind.classes()));
    }
}

#[test]
fn what_is_learned_is_the_same_for_any_number_of_threads_and_more_than_chance() {
    let task = Task::new(Kind::Copy, 5, 12, 1).unwrap();
    let net = Net { cell: Elm::new(12, 8, 8, 1).unwrap(), task };
    let course = Course { updates: 150, batch: 128, lr: 3e-2, clip: 1.0, seed: 1, threads: 1 };
    let learned = |threads: usize, updates: u64| {
        learn::<f32>(&net, &Course { threads, updates, ..course }, &mut || ControlFlow::Continue(())).unwrap()
    };
    let one = learned(1, 150);
    assert_eq!(learned(1, 10).parameters.snapshot(), learned(2, 10).parameters.snapshot());
    let accuracy = unseen(&net, &one.parameters, 512, 2).unwrap().accuracy();
    assert!(accuracy > 0.6, "{accuracy}");
    let beginning: Parameters<f32> = net.begin(1).unwrap();
    let none = unseen(&net, &beginning, 512, 2).unwrap().accuracy();
    assert!(none < 0.3, "before it has learned: {none}");
    assert!(one.parameters.named("synapses").unwrap().value().data().iter().all(|w| *w >= 0.0), "they excite");
}

#[test]
fn sizes_that_cannot_be_are_refused_in_a_sentence() {
    assert!(Elm::new(0, 1, 1, 1).is_err() && Elm::new(1, 1, 2, 1).unwrap().with_tau(&[1.0], 1.0).is_err());
    assert!(Elm::new(1, 1, 1, 1).unwrap().with_tau(&[f64::NAN], 1.0).is_err());
    assert!(Gru::new(1, 0, None).is_err() && Gru::new(1, 1, Some(f64::NAN)).is_err());
    assert!(Lif::new(1, 1, f64::NAN).is_err() && Task::new(Kind::Copy, 20_000, 4, 1).is_err());
}

#[test]
fn a_study_ends_where_somebody_asks_for_it_and_refuses_what_cannot_be() {
    let stopped = (STUDY.run)(&Asked::default(), &mut |_| ControlFlow::Break(())).unwrap();
    assert!(stopped.interrupted && stopped.tables.is_empty() && stopped.files.is_empty());
    let much = Asked { steps: Some(10_000), hidden: Some(200), ..Asked::default() };
    assert!((STUDY.run)(&much, &mut |_| ControlFlow::Continue(())).is_err());
    let none = Asked { seeds: Some(0), ..Asked::default() };
    assert!((STUDY.run)(&none, &mut |_| ControlFlow::Continue(())).is_err());
}
