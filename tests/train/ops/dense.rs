//! Dense projections and delay convolutions.

use neuropil::train::tape::{Datum, DelayConvolution, DelayKernel, Form, Linear, Operation, Route};

use super::check::{Draws, cast, data, gradients, holds, pass};

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

/// Both routes, and whether all results agree to a tolerance.
fn routes_agree(spikes: &Datum<f64>, weights: &Datum<f64>, tolerance: f64) -> bool {
    let inputs = [spikes.clone(), weights.clone()];
    let [events, product] =
        [Route::Events, Route::Product].map(|route| pass(&mut Linear::new(1).by(route), &inputs, 2));
    close(data(&events.output), data(&product.output), tolerance)
        && close(events.adjoints[1].data(), product.adjoints[1].data(), tolerance)
}

#[test]
fn events_are_products() {
    let mut draws = Draws::new(3);
    let (spikes, weights) = (draws.spikes(&[6, 40, 100], 0.1), draws.numbers(&[100, 150]));
    assert!(routes_agree(&spikes, &weights, 1e-12));
    // Partial sums differ in their last bits: a tolerance of nothing sees it.
    assert!(!routes_agree(&spikes, &weights, 0.0));
}

/// The bits of what both routes give in `f32`.
fn bits(spikes: &Datum<f64>, weights: &Datum<f64>) -> [Vec<u32>; 2] {
    let inputs = [cast::<f64, f32>(spikes), cast(weights)];
    [Route::Events, Route::Product].map(|route| {
        let output = Linear::new(1).by(route).forward(&[&inputs[0], &inputs[1]], 2).unwrap();
        data(&output).iter().map(|number| number.to_bits()).collect()
    })
}

#[test]
fn weights_on_a_grid_have_the_same_bits_by_events_and_products() {
    let mut draws = Draws::new(4);
    let spikes = draws.spikes(&[6, 40, 300], 0.3);
    let free = draws.numbers(&[300, 70]);
    let mut grid = free.numbers("test").unwrap().clone();
    grid.data_mut().iter_mut().for_each(|weight| *weight = (*weight * 4096.0).round() / 4096.0);
    let [events, products] = bits(&spikes, &Datum::Numbers(grid));
    assert!(events == products);
    let [events, products] = bits(&spikes, &free);
    assert!(events != products, "weights off the grid have the same bits");
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
fn shares_of_a_delay_sum_to_its_weight() {
    let inputs = [Datum::Numbers(array(&[1, 1], &[3.0])), Datum::Numbers(array(&[1, 1], &[2.25]))];
    for (form, nearest) in [(Form::Triangle, 2.25), (Form::Gaussian(0.5), 2.75), (Form::Gaussian(1e-6), 3.0)] {
        let kernel = DelayKernel::new(5, form).unwrap().forward(&[&inputs[0], &inputs[1]], 1).unwrap();
        let sum: f64 = data(&kernel).iter().sum();
        assert!((sum - 3.0).abs() < 1e-12);
        assert!((data(&kernel)[2] - nearest).abs() < 0.3, "{form:?}: {:?}", data(&kernel));
        assert!(gradients(&DelayKernel::new(5, form).unwrap(), &inputs, &[0]).is_ok());
    }
}

fn array(shape: &[usize], data: &[f64]) -> neuropil::train::Array<f64> {
    neuropil::train::Array::new("test", shape, data.to_vec()).unwrap()
}
