//! Dense projections and delay convolutions.

use neuropil::train::tape::{Datum, DelayConvolution, DelayKernel, Form, Linear, Operation, Route};
use neuropil::train::{Array, Spikes};

use super::check::{Draws, cast, data, holds, pass};

/// [samples, steps, units, outs], some of them odd, one, or none.
const SHAPES: [[usize; 4]; 8] = [
    [2, 5, 3, 4],
    [1, 1, 1, 1],
    [3, 7, 65, 33],
    [0, 4, 3, 2],
    [2, 0, 3, 2],
    [2, 3, 0, 2],
    [2, 3, 4, 0],
    [5, 30, 70, 130],
];

#[test]
fn dense_projections_agree_with_differences() {
    let mut draws = Draws::new(1);
    for [samples, steps, units, outs] in SHAPES {
        for delay in [0, 1, 3, 40] {
            let weights = [draws.numbers(&[units, outs]), draws.numbers(&[outs])];
            let shape = [samples, steps, units];
            for input in [draws.numbers(&shape), draws.spikes(&shape, 0.2)] {
                let [weights, bias] = weights.clone();
                for route in [Route::Events, Route::Product, Route::ByDensity] {
                    let linear = Linear::new(delay).by(route);
                    holds(&linear, &[input.clone(), weights.clone()], &[0, 1]);
                    let late = linear.bias_from(delay);
                    holds(&late, &[input.clone(), weights.clone(), bias.clone()], &[0, 1, 2]);
                }
            }
        }
    }
}

/// y[sample, step, out] as it is written.
fn naive(input: &Datum<f64>, kernel: &Datum<f64>, first: usize) -> Vec<f64> {
    let ([samples, steps, units], [delays, _, outs]) = (input.shape(), kernel.shape()) else { panic!("other axes") };
    let mut to = vec![0.0; samples * steps * outs];
    for (place, to) in to.iter_mut().enumerate() {
        let [sample, step, out] = [place / outs / steps, place / outs % steps, place % outs];
        for delay in 0..*delays {
            for unit in 0..*units {
                if step >= first + delay {
                    let x = data(input)[(sample * steps + step - first - delay) * units + unit];
                    *to += x * data(kernel)[(delay * units + unit) * outs + out];
                }
            }
        }
    }
    to
}

fn close(found: &[f64], expected: &[f64], tolerance: f64) -> bool {
    found.len() == expected.len()
        && found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= tolerance * (1.0 + b.abs()))
}

#[test]
fn dense_projections_are_what_is_written() {
    let mut draws = Draws::new(2);
    for delay in [0, 1, 4] {
        let input = draws.numbers(&[3, 9, 70]);
        let weights = draws.numbers(&[70, 37]);
        let kernel = draws.numbers(&[1, 70, 37]);
        let expected = naive(&input, &kernel, delay);
        let kernel = Datum::Numbers(kernel.numbers("test").unwrap().clone().reshaped("test", &[70, 37]).unwrap());
        let found = Linear::new(delay).forward(&[&input, &kernel], 2).unwrap();
        assert!(close(data(&found), &expected, 1e-12));
        let other = Linear::new(delay).forward(&[&input, &weights], 2).unwrap();
        assert!(!close(data(&other), &expected, 1e-12), "other weights give the same");
        let later = Linear::new(delay + 1).forward(&[&input, &kernel], 2).unwrap();
        assert!(!close(data(&later), &expected, 1e-12), "another delay gives the same");
    }
}

/// Whether what goes by events with some weights agrees with what goes by products with others.
fn routes_agree(spikes: &Datum<f64>, [left, right]: [&Datum<f64>; 2], tolerance: f64) -> bool {
    let [events, product] = [(Route::Events, left), (Route::Product, right)]
        .map(|(route, weights)| pass(&mut Linear::new(1).by(route), &[spikes.clone(), weights.clone()], 2));
    close(data(&events.output), data(&product.output), tolerance)
        && close(events.adjoints[1].data(), product.adjoints[1].data(), tolerance)
}

#[test]
fn events_are_products() {
    let mut draws = Draws::new(3);
    let (spikes, weights) = (draws.spikes(&[6, 40, 100], 0.1), draws.numbers(&[100, 150]));
    assert!(routes_agree(&spikes, [&weights, &weights], 1e-12));
    let mut other = weights.numbers("test").unwrap().clone();
    other.data_mut()[14_999] += 1e-9;
    assert!(!routes_agree(&spikes, [&weights, &Datum::Numbers(other)], 1e-12), "another weight gives the same");
}

/// The bits that both routes give in `f32`, and events with the input units the other way round, which sums in another order.
fn bits(spikes: &Datum<f64>, weights: &Array<f64>) -> [Vec<u32>; 3] {
    let (units, outs) = (weights.shape()[0], weights.shape()[1]);
    let rows: Vec<f64> = weights.data().chunks(outs).rev().flatten().copied().collect();
    let Datum::Spikes(own) = spikes else { panic!("spikes are needed") };
    let mut turned = Spikes::silent("test", own.shape()).unwrap();
    for (sample, step) in (0..own.samples()).flat_map(|sample| (0..own.steps()).map(move |step| (sample, step))) {
        own.firing(sample, step).for_each(|unit| turned.set(sample, step, units - 1 - unit));
    }
    let straight = Datum::Numbers(weights.clone());
    let reversed = Datum::Numbers(Array::new("test", &[units, outs], rows).unwrap());
    let turned = Datum::Spikes(turned);
    let ways =
        [(Route::Events, spikes, &straight), (Route::Product, spikes, &straight), (Route::Events, &turned, &reversed)];
    ways.map(|(route, spikes, weights)| {
        let (spikes, weights) = (cast::<f64, f32>(spikes), cast(weights));
        let output = Linear::new(1).by(route).forward(&[&spikes, &weights], 2).unwrap();
        data(&output).iter().map(|number| number.to_bits()).collect()
    })
}

#[test]
fn weights_on_a_grid_have_the_same_bits_in_any_order() {
    let mut draws = Draws::new(4);
    let spikes = draws.spikes(&[6, 40, 300], 0.3);
    let free = draws.numbers(&[300, 70]).numbers("test").unwrap().clone();
    let mut grid = free.clone();
    grid.data_mut().iter_mut().for_each(|weight| *weight = (*weight * 4096.0).round() / 4096.0);
    let [events, products, reversed] = bits(&spikes, &grid);
    assert!(events == products && events == reversed);
    let [events, _, reversed] = bits(&spikes, &free);
    assert!(events != reversed, "weights off the grid have the same bits in another order");
}

#[test]
fn delay_convolutions_agree_with_differences() {
    let mut draws = Draws::new(5);
    for [samples, steps, units, outs] in SHAPES {
        for (first, delays) in [(0, 1), (1, 3), (2, 20), (1, 0)] {
            let kernel = draws.numbers(&[delays, units, outs]);
            let bias = draws.numbers(&[outs]);
            let shape = [samples, steps, units];
            for input in [draws.numbers(&shape), draws.spikes(&shape, 0.2)] {
                for route in [Route::Events, Route::Product] {
                    let convolution = DelayConvolution::new(first).by(route);
                    holds(&convolution, &[input.clone(), kernel.clone(), bias.clone()], &[0, 1, 2]);
                }
            }
        }
    }
}

#[test]
fn delay_convolutions_are_what_is_written() {
    let mut draws = Draws::new(6);
    let (input, kernel) = (draws.numbers(&[3, 12, 5]), draws.numbers(&[4, 5, 6]));
    let found = DelayConvolution::new(2).forward(&[&input, &kernel], 1).unwrap();
    assert!(close(data(&found), &naive(&input, &kernel, 2), 1e-12));
    assert!(!close(data(&found), &naive(&input, &kernel, 1), 1e-12), "another delay gives the same");
}

#[test]
fn delay_kernels_agree_with_differences() {
    let mut draws = Draws::new(7);
    for [units, outs] in [[1, 1], [3, 5], [0, 2]] {
        // Between whole delays, where the triangle has a derivative, and outside, where there is none.
        let mut delays = draws.numbers_between(&[units, outs], 0.2, 0.8).numbers("test").unwrap().clone();
        for (place, delay) in delays.data_mut().iter_mut().enumerate() {
            *delay += place as f64 % 6.0 - 1.0;
        }
        let inputs = [draws.numbers(&[units, outs]), Datum::Numbers(delays)];
        for form in [Form::Triangle, Form::Gaussian(0.4), Form::Gaussian(2.0)] {
            holds(&DelayKernel::new(5, form).unwrap(), &inputs, &[0, 1]);
        }
    }
}

#[test]
fn shares_of_a_delay_are_what_is_written() {
    let inputs = [3.0, 2.25].map(|number| Datum::Numbers(Array::new("test", &[1, 1], vec![number]).unwrap()));
    let kernel =
        |form| -> Datum<f64> { DelayKernel::new(5, form).unwrap().forward(&[&inputs[0], &inputs[1]], 1).unwrap() };
    assert_eq!(data(&kernel(Form::Triangle)), [0.0, 0.0, 2.25, 0.75, 0.0]);
    // The exponential of what is far below its least stays a tiny number.
    let narrow = data(&kernel(Form::Gaussian(1e-6))).to_vec();
    assert!(narrow[2] == 3.0 && [0, 1, 3, 4].iter().all(|&place| narrow[place].abs() < 1e-300), "{narrow:?}");
    let normal = [0.0, 1.0, 2.0, 3.0, 4.0].map(|delay: f64| (-0.5 * ((delay - 2.25) / 0.7).powi(2)).exp());
    let expected = normal.map(|share| 3.0 * share / normal.iter().sum::<f64>());
    assert!(close(data(&kernel(Form::Gaussian(0.7))), &expected, 1e-14));
    assert!(!close(data(&kernel(Form::Gaussian(0.8))), &expected, 1e-14));
}
