//! How far `f32` strays from `f64`, and when their spikes first differ.

use super::drive::{Run, run, run_twisted};
use super::golden::{Case, DT, cases};

/// The largest difference of V_m (mV), up to the first step whose spikes differ, and that step.
fn stray(one: &Run, other: &Run) -> (f64, Option<usize>) {
    let first = one.spikes.iter().zip(&other.spikes).find(|(a, b)| a != b).map(|(a, b)| *a.min(b));
    let shorter = one.spikes.len().min(other.spikes.len());
    let extra = one.spikes.get(shorter).or(other.spikes.get(shorter)).copied();
    let first = first.or(extra);
    let until = first.map_or(one.states.len(), |step| step - 1);
    let pairs = one.trace("V_m").into_iter().zip(other.trace("V_m")).take(until);
    (pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max), first)
}

fn pair(case: &Case, error: f64) -> (f64, Option<usize>) {
    let input = case.given();
    let single = run_twisted::<f32>(&case.model, &case.parameters, DT, &input, &|_, v| v * (1.0 + error));
    stray(&single, &run::<f64>(&case.model, &case.parameters, DT, &input))
}

/// 300 ms in `f32`: every spike in the step that `f64` has it in, V_m within 1e-4 mV.
#[test]
fn f32_stays_near_f64() {
    for case in cases() {
        let (worst, first) = pair(&case, 0.0);
        println!("{:34} V_m within {worst:.1e} mV, first other spike at step {first:?}", case.name);
        assert_eq!(first, None, "{}", case.name);
        assert!(worst < 1e-4, "{}: {worst} mV", case.name);
    }
}

#[test]
fn derived_values_rounded_more_coarsely_are_noticed() {
    for case in cases() {
        let (worst, first) = pair(&case, 1e-4);
        assert!(worst >= 1e-4 || first.is_some(), "{}: {worst} mV", case.name);
    }
}
