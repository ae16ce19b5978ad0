//! Schedules, clipping and penalties against PyTorch's formulas.

use neuropil::train::fit::{Clip, Cosine, OneCycle, Penalty, Schedule, norm};

use super::{parameter, single, told};
use neuropil::train::fit::Parameters;

/// `CosineAnnealingLR` behind a linear rise, in closed form.
fn cosine(lr: f64, least: f64, warmup: f64, total: f64, t: f64) -> f64 {
    match t < warmup {
        true => lr * (t + 1.0) / (warmup + 1.0),
        false => least + (lr - least) * (1.0 + (std::f64::consts::PI * (t - warmup) / (total - warmup)).cos()) / 2.0,
    }
}

/// `OneCycleLR`, two phases along cosines: its learning rate and momentum.
fn one_cycle(most: f64, total: f64, o: &OneCycle, t: f64) -> [f64; 2] {
    let along = |a: f64, b: f64, share: f64| b + (a - b) / 2.0 * (1.0 + (std::f64::consts::PI * share).cos());
    let (first, peak) = (most / o.div_factor, o.pct_start * total - 1.0);
    let last = first / o.final_div_factor;
    match t <= peak {
        true => [along(first, most, t / peak), along(o.max_momentum, o.base_momentum, t / peak)],
        false => {
            let share = (t - peak) / (total - 1.0 - peak);
            [along(most, last, share), along(o.base_momentum, o.max_momentum, share)]
        }
    }
}

#[test]
fn learning_rates_go_as_pytorch_has_them() {
    let schedule = Schedule::Cosine(Cosine { warmup_steps: 10, eta_min: 1e-4 });
    for t in 0..100u32 {
        let expected = cosine(0.05, 1e-4, 10.0, 100.0, f64::from(t));
        let found = schedule.at(0.05, t.into(), 100).lr;
        assert!((found - expected).abs() < 1e-15, "{t}: {found} {expected}");
        // A wave that is a step late is noticed.
        let late = cosine(0.05, 1e-4, 10.0, 100.0, f64::from(t) + 1.0);
        assert!((found - late).abs() > 1e-6 || t == 99, "{t}");
    }
    let cycle = OneCycle::default();
    let schedule = Schedule::OneCycle(cycle);
    for t in 0..200u32 {
        let expected = one_cycle(0.01, 200.0, &cycle, f64::from(t));
        let found = schedule.at(0.01, t.into(), 200);
        assert!((found.lr - expected[0]).abs() < 1e-15, "{t}: {found:?} {expected:?}");
        assert!((found.momentum.unwrap() - expected[1]).abs() < 1e-14, "{t}");
    }
    // The ends, by hand: 0.01 / 25, 0.01, 0.01 / 25 / 10,000.
    for (t, lr) in [(0, 4e-4), (59, 0.01), (199, 4e-8), (900, 4e-8)] {
        assert!((schedule.at(0.01, t, 200).lr - lr).abs() < 1e-15, "{t}");
    }
    let still = Schedule::OneCycle(OneCycle { cycle_momentum: false, ..cycle });
    assert_eq!(still.at(0.01, 5, 200).momentum, None);
    assert_eq!(Schedule::Constant.at(0.3, 7, 9), 0.3.into());
}

#[test]
fn schedules_that_cannot_be_are_refused() {
    let late = Schedule::Cosine(Cosine { warmup_steps: 30, eta_min: 0.0 });
    assert_eq!(told(late.check(30)), "cosine schedule: warmup_steps = 30 leaves none of 30 steps to fall; take fewer");
    assert!(late.check(31).is_ok());
    let all = OneCycle { pct_start: 1.5, ..OneCycle::default() };
    assert_eq!(told(Schedule::OneCycle(all).check(9)), "one-cycle schedule: pct_start = 1.5 must lie between 0 and 1");
    let none = OneCycle { div_factor: 0.0, ..OneCycle::default() };
    assert_eq!(told(Schedule::OneCycle(none).check(9)), "one-cycle schedule: div_factor = 0 must be greater than 0");
}

/// Two parameters, and a frozen one that does not count, with gradients.
fn three() -> Parameters<f64> {
    let mut parameters = Parameters::new();
    for (name, gradient) in [("a", [3.0, 0.0]), ("b", [0.0, -4.0]), ("frozen", [1e6, 1e6])] {
        let own = parameter(name, &[0.5, -0.25]);
        let own = if name == "frozen" { own.frozen() } else { own };
        parameters.add(own).unwrap();
        parameters.named_mut(name).unwrap().gradient_mut().data_mut().copy_from_slice(&gradient);
    }
    parameters
}

fn gradient(parameters: &Parameters<f64>, name: &str) -> Vec<f64> {
    parameters.named(name).unwrap().gradient().data().to_vec()
}

#[test]
fn gradients_are_clipped_by_length_and_by_value() {
    let mut parameters = three();
    assert_eq!(norm(&parameters), 5.0);
    Clip::Norm(10.0).apply(&mut parameters);
    assert_eq!(norm(&parameters), 5.0, "a shorter one is left");
    Clip::Norm(1.0).apply(&mut parameters);
    let factor = 1.0 / (5.0 + 1e-6);
    assert_eq!(
        (gradient(&parameters, "a"), gradient(&parameters, "b")),
        (vec![3.0 * factor, 0.0], vec![0.0, -4.0 * factor])
    );
    let mut parameters = three();
    Clip::Value(3.5).apply(&mut parameters);
    assert_eq!((gradient(&parameters, "a"), gradient(&parameters, "b")), (vec![3.0, 0.0], vec![0.0, -3.5]));
    assert_eq!(gradient(&parameters, "frozen"), [1e6, 1e6]);
    assert_eq!(told(Clip::Norm(0.0).check()), "clip: the limit 0 must be a finite number above 0");
}

#[test]
fn penalties_are_the_derivatives_of_what_they_add() {
    let penalty = Penalty { l1: 0.3, l2: 0.7 };
    let start = [0.5, -0.25, 0.0, 2.0];
    let of = |values: &[f64]| {
        let mut parameters = single(values);
        let loss = penalty.add(&mut parameters);
        (loss, gradient(&parameters, "w"))
    };
    let (loss, by) = of(&start);
    // 0.3 · 2.75 + 0.7 · (0.25 + 0.0625 + 4)
    assert!((loss - (0.825 + 3.01875)).abs() < 1e-12);
    for k in [0, 1, 3] {
        let moved = |by: f64| {
            let mut values = start;
            values[k] += by;
            of(&values).0
        };
        let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        assert!((by[k] - slope).abs() < 1e-9, "{k}: {} {slope}", by[k]);
        assert!((by[k] - slope - 0.7 * start[k]).abs() > 1e-3, "half of it is noticed");
    }
    assert_eq!(by[2], 0.0);
    let mut free = Parameters::new();
    free.add(parameter("bias", &[1.0]).unpenalised()).unwrap();
    assert_eq!((penalty.add(&mut free), gradient(&free, "bias")), (0.0, vec![0.0]));
    assert_eq!(told(Penalty { l1: -1.0, l2: 0.0 }.check()), "penalty: l1 = -1 must be a finite number of at least 0");
}
