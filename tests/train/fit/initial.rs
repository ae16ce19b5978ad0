//! What parameters begin with.

use neuropil::train::fit::Initial;

use super::told;

fn values(initial: Initial, seed: u64, parameter: u32) -> Vec<f64> {
    initial.array("w", &[40, 500], seed, parameter).unwrap().into_data()
}

/// Mean, standard deviation, least and most.
fn moments(values: &[f64]) -> [f64; 4] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sd = (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n).sqrt();
    let ends = values.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &v| [low.min(v), high.max(v)]);
    [mean, sd, ends[0], ends[1]]
}

#[test]
fn distributions_have_their_moments() {
    let third = 1.0 / 3f64.sqrt();
    for (initial, mean, sd, most) in [
        (Initial::Uniform(1.0, 3.0), 2.0, third, 3.0),
        (Initial::Normal(-1.0, 0.5), -1.0, 0.5, f64::INFINITY),
        (Initial::Linear(100), 0.0, 0.1 * third, 0.1),
        (Initial::Xavier { fan_in: 40, fan_out: 56, gain: 2.0 }, 0.0, 0.5 * third, 0.5),
        (Initial::Kaiming { fan_in: 50, gain: 2f64.sqrt() }, 0.0, 0.2, f64::INFINITY),
    ] {
        let [found, spread, low, high] = moments(&values(initial, 3, 0));
        // 20,000 numbers: four standard errors.
        assert!((found - mean).abs() < 4.0 * sd / 20_000f64.sqrt(), "{initial:?}: mean {found}");
        assert!((spread / sd - 1.0).abs() < 0.02, "{initial:?}: {spread}");
        assert!(high < most && high > mean + 1.7 * sd && low < mean - 1.7 * sd, "{initial:?}: {low} {high}");
        assert!(most.is_infinite() || low >= 2.0 * mean - most);
    }
    assert!(values(Initial::Constant(0.7), 1, 0).iter().all(|&value| value == 0.7));
}

#[test]
fn values_are_functions_of_seed_parameter_and_place() {
    let normal = Initial::Normal(0.0, 1.0);
    let first = values(normal, 3, 0);
    assert_eq!(first, values(normal, 3, 0));
    // A shape with more places begins the same.
    let longer = normal.array::<f64>("w", &[50, 500], 3, 0).unwrap();
    assert_eq!(longer.data()[..20_000], first);
    for other in [values(normal, 4, 0), values(normal, 3, 1)] {
        let correlation = first.iter().zip(&other).map(|(a, b)| a * b).sum::<f64>() / 20_000.0;
        assert!(correlation.abs() < 4.0 / 20_000f64.sqrt(), "{correlation}");
        assert_ne!(first, other);
    }
    let sentence = "w: Uniform(0.0, inf) is no distribution; give finite numbers";
    assert_eq!(told(Initial::Uniform(0.0, f64::INFINITY).array::<f64>("w", &[1], 1, 0)), sentence);
}
