//! Weights on a grid: sums have the same bits in any order.

use neuropil::random::Draws;
use neuropil::train::Array;
use neuropil::train::fit::grid::{BITS, Incoming, ROOM, Targets, choose, regrow, report};
use neuropil::train::fit::{Initial, Parameter, Parameters, order};

use super::told;

fn onto(neurons: &str, targets: Targets) -> Incoming {
    Incoming { neurons: neurons.into(), targets }
}

/// 700 inputs and 300 recurrent synapses onto 20 neurons.
fn layer(gain: f64) -> Parameters<f32> {
    let mut parameters = Parameters::new();
    let value = Initial::Normal(0.0, gain).array("w", &[700, 20], 5, 0).unwrap();
    let own = Parameter::new("w", value).unwrap().onto(onto("hidden", Targets::Last)).unwrap();
    parameters.add(own).unwrap();
    let value = Initial::Uniform(-3.0 * gain, 3.0 * gain).array("recurrent", &[300], 5, 1).unwrap();
    let targets = Targets::Each { targets: (0..300).map(|k| k % 20).collect(), neurons: 20 };
    parameters.add(Parameter::new("recurrent", value).unwrap().onto(onto("hidden", targets)).unwrap()).unwrap();
    parameters
}

/// The weights onto neuron 7, as the network sees them.
fn incoming(parameters: &Parameters<f32>) -> Vec<f32> {
    let seen = |name: &str| parameters.named(name).unwrap().seen().into_data();
    let dense = seen("w").into_iter().skip(7).step_by(20);
    dense.chain(seen("recurrent").into_iter().skip(7).step_by(20)).collect()
}

/// Sums of `f32` in some orders: as listed, backwards, shuffled, in pairs, in four lanes.
fn sums(weights: &[f32]) -> Vec<u32> {
    let along = |weights: &mut dyn Iterator<Item = f32>| weights.fold(0f32, |sum, w| sum + w).to_bits();
    let numbers: Vec<u32> = (0..weights.len() as u32).collect();
    let mut all = vec![along(&mut weights.iter().copied()), along(&mut weights.iter().rev().copied())];
    all.extend((0..50).map(|epoch| along(&mut order(&numbers, 3, epoch).iter().map(|&k| weights[k as usize]))));
    let mut pairs = weights.to_vec();
    while pairs.len() > 1 {
        pairs = pairs.chunks(2).map(|pair| pair.iter().sum()).collect();
    }
    all.push(pairs[0].to_bits());
    let lanes: [f32; 4] = std::array::from_fn(|lane| weights.iter().skip(lane).step_by(4).sum());
    all.push(((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])).to_bits());
    all
}

#[test]
fn every_order_gives_the_same_bits_on_the_grid_and_not_beside_it() {
    for gain in [1e-4, 0.3, 250.0] {
        let mut parameters = layer(gain);
        let off = sums(&incoming(&parameters));
        choose(&mut parameters).unwrap();
        let weights = incoming(&parameters);
        // All of them, and those of random steps in which some synapses have spikes.
        for step in 0..40 {
            let mut draws = Draws::new(9, 1, step);
            let active: Vec<f32> = weights.iter().copied().filter(|_| step == 0 || draws.uniform() < 0.3).collect();
            let all = sums(&active);
            assert!(all.iter().all(|&sum| sum == all[0]), "gain {gain}, step {step}");
            let exact: f64 = active.iter().map(|&w| f64::from(w)).sum();
            assert_eq!(f64::from(f32::from_bits(all[0])), exact);
        }
        assert!(off.iter().any(|&sum| sum != off[0]), "gain {gain}: weights as they are");
    }
}

#[test]
fn the_unit_is_the_smallest_power_of_two_with_room() {
    let mut parameters = layer(0.3);
    choose(&mut parameters).unwrap();
    let grids = report(&parameters).unwrap();
    assert_eq!(grids.len(), 1, "synapses onto the same neurons share a grid");
    let grid = &grids[0];
    assert_eq!(grid.unit.log2().fract(), 0.0);
    let limit = 2f64.powi(BITS);
    assert!(grid.largest * ROOM < limit && grid.largest * ROOM > 0.45 * limit, "{grid:?}");
    assert!(grid.rounding > 0.0 && grid.rounding < 1e-4, "{grid:?}");
    // Each weight is off by half a unit at most.
    for own in parameters.iter() {
        for (held, seen) in own.value().data().iter().zip(own.seen().data()) {
            assert!((f64::from(*held) - f64::from(*seen)).abs() <= grid.unit / 2.0);
            assert_eq!((f64::from(*seen) / grid.unit).fract(), 0.0);
        }
    }
}

#[test]
fn weights_that_outgrow_their_grid_get_a_coarser_one() {
    let mut parameters = layer(0.3);
    choose(&mut parameters).unwrap();
    let unit = report(&parameters).unwrap()[0].unit;
    let grow = |parameters: &mut Parameters<f32>, factor: f32| {
        parameters.iter_mut().for_each(|own| own.value_mut().data_mut().iter_mut().for_each(|w| *w *= factor));
        regrow(parameters).unwrap()
    };
    assert!(!grow(&mut parameters, 3.0), "there is room for that");
    assert_eq!(report(&parameters).unwrap()[0].unit, unit);
    assert!(grow(&mut parameters, 3.0), "but not for nine times as much");
    assert!(report(&parameters).unwrap()[0].unit > unit);
    let all = sums(&incoming(&parameters));
    assert!(all.iter().all(|&sum| sum == all[0]));
}

#[test]
fn targets_that_do_not_fit_are_refused() {
    let own = || Parameter::new("w", Array::<f32>::zeros("w", &[2, 3]).unwrap()).unwrap();
    let each = |targets: Vec<u32>| own().onto(onto("n", Targets::Each { targets, neurons: 4 }));
    assert_eq!(told(each(vec![0; 5])), "w: 5 targets do not fit its shape [2, 3], which needs 6");
    assert_eq!(told(each(vec![0, 1, 2, 3, 4, 0])), "w: target 4 is none of 4 neurons");
    let mut parameters = Parameters::new();
    parameters.add(own().onto(onto("n", Targets::First)).unwrap()).unwrap();
    let other = Parameter::new("v", Array::<f32>::zeros("v", &[2, 3]).unwrap()).unwrap();
    parameters.add(other.onto(onto("n", Targets::Last)).unwrap()).unwrap();
    assert_eq!(told(choose(&mut parameters)), "v: it has 3 targets in 'n', which are 2");
}
