//! Arithmetic, shapes, curves, tables and readouts.

use neuropil::train::Array;
use neuropil::train::tape::{
    Add, Concat, Curve, Datum, Embedding, Mul, Operation, Pointwise, Readout, Repeat, Reshape, Scale, Steps,
};

use super::check::{Draws, data, holds};

const SHAPES: [&[usize]; 5] = [&[2, 3, 5], &[1, 1, 1], &[0, 2, 3], &[3, 1, 2, 7, 7], &[2, 4, 0]];

#[test]
fn arithmetic_agrees_with_differences() {
    let mut draws = Draws::new(31);
    for shape in SHAPES {
        let [a, b, c] = [draws.numbers(shape), draws.numbers(shape), draws.spikes(shape, 0.5)];
        holds(&Add, std::slice::from_ref(&a), &[0]);
        holds(&Add, &[a.clone(), b.clone(), c.clone()], &[0, 1, 2]);
        holds(&Mul, &[a.clone(), b], &[0, 1]);
        holds(&Mul, &[a.clone(), c.clone()], &[0, 1]);
        holds(&Scale(-0.37), std::slice::from_ref(&a), &[0]);
        let places = shape.iter().product();
        holds(&Reshape(vec![places]), &[a], &[0]);
        holds(&Reshape(vec![places, 1]), &[c], &[0]);
    }
}

#[test]
fn curves_agree_with_differences() {
    let mut draws = Draws::new(32);
    for curve in [Curve::Sigmoid, Curve::Silu, Curve::Tanh, Curve::Relu] {
        for shape in SHAPES {
            // Away from zero, where the last has a corner.
            let mut x = draws.numbers_between(shape, 0.1, 3.0).numbers("test").unwrap().clone();
            x.data_mut().iter_mut().step_by(2).for_each(|x| *x = -*x);
            holds(&Pointwise(curve), &[Datum::Numbers(x)], &[0]);
        }
    }
    let x = Datum::Numbers(Array::new("test", &[3], vec![-2.0f64, 0.0, 1.5]).unwrap());
    let of = |curve| data(&Pointwise(curve).forward(&[&x], 1).unwrap()).to_vec();
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    for (found, x) in [of(Curve::Sigmoid), of(Curve::Silu), of(Curve::Tanh), of(Curve::Relu)].iter().zip([
        [logistic(-2.0), 0.5, logistic(1.5)],
        [-2.0 * logistic(-2.0), 0.0, 1.5 * logistic(1.5)],
        [(-2.0f64).tanh(), 0.0, 1.5f64.tanh()],
        [0.0, 0.0, 1.5],
    ]) {
        assert!(found.iter().zip(x).all(|(a, b)| (a - b).abs() < 1e-14), "{found:?}");
    }
}

#[test]
fn concatenations_agree_with_differences() {
    let mut draws = Draws::new(33);
    for axis in 0..3 {
        let shape = |own: usize| {
            let mut shape = [2, 3, 4];
            shape[axis] = own;
            shape
        };
        let inputs = [
            draws.numbers(&shape(1)),
            draws.spikes(&shape(5), 0.5),
            draws.numbers(&shape(0)),
            draws.numbers(&shape(2)),
        ];
        holds(&Concat::new(axis), &inputs, &[0, 1, 3]);
    }
    let row =
        |numbers: &[f64]| Datum::Numbers(Array::new("test", &[2, 1, numbers.len() / 2], numbers.to_vec()).unwrap());
    let both = Concat::new(2).forward(&[&row(&[1.0, 2.0]), &row(&[3.0, 4.0, 5.0, 6.0])], 1).unwrap();
    assert_eq!(data(&both), [1.0, 3.0, 4.0, 2.0, 5.0, 6.0]);
}

#[test]
fn repeats_agree_with_differences() {
    let mut draws = Draws::new(34);
    let cases: [([usize; 3], [usize; 3]); 4] =
        [([2, 1, 3], [2, 4, 3]), ([1, 1, 1], [3, 2, 5]), ([2, 3, 4], [2, 3, 4]), ([1, 3, 1], [0, 3, 2])];
    for (from, to) in cases {
        holds(&Repeat(to.to_vec()), &[draws.numbers(&from)], &[0]);
        holds(&Repeat(to.to_vec()), &[draws.spikes(&from, 0.5)], &[0]);
    }
    let column = Datum::Numbers(Array::new("test", &[2, 1], vec![1.0, 2.0]).unwrap());
    assert_eq!(data(&Repeat(vec![2, 3]).forward(&[&column], 1).unwrap()), [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
}

#[test]
fn tables_agree_with_differences() {
    let mut draws = Draws::new(35);
    for (samples, steps, rows, width) in [(2, 3, 4, 5), (1, 1, 1, 1), (0, 3, 4, 5), (5, 20, 3, 130), (2, 2, 3, 0)] {
        let entries = (0..samples * steps).map(|_| draws.below(rows) as u32).collect();
        holds(&Embedding::new(samples, steps, entries).unwrap(), &[draws.numbers(&[rows, width])], &[0]);
    }
    let table = Datum::Numbers(Array::new("test", &[2, 2], vec![1.0, 2.0, 3.0, 4.0]).unwrap());
    let rows = Embedding::new(1, 3, vec![1, 0, 1]).unwrap().forward(&[&table], 1).unwrap();
    assert_eq!(data(&rows), [3.0, 4.0, 1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn readouts_agree_with_differences() {
    let mut draws = Draws::new(36);
    for shape in [&[2, 6, 5][..], &[1, 1, 1], &[0, 6, 2], &[3, 6, 2, 3], &[2, 6, 0]] {
        let weights = (0..shape[1]).map(|step| 0.8f64.powi(step as i32)).collect();
        for steps in [Steps::Sum, Steps::Mean, Steps::Last, Steps::Weighted(weights)] {
            holds(&Readout(steps.clone()), &[draws.numbers(shape)], &[0]);
            holds(&Readout(steps), &[draws.spikes(shape, 0.5)], &[0]);
        }
        // Numbers so far from each other that the largest stays the largest.
        let mut apart: Vec<f64> = (0..shape.iter().product()).map(|number: usize| number as f64 / 16.0).collect();
        (0..apart.len()).for_each(|place| apart.swap(place, draws.below(place + 1)));
        holds(&Readout(Steps::Max), &[Datum::Numbers(Array::new("test", shape, apart).unwrap())], &[0]);
    }
    let x = Datum::Numbers(Array::new("test", &[1, 3, 2], vec![1.0, 9.0, 4.0, 2.0, 2.0, 2.5]).unwrap());
    let of = |steps| data(&Readout(steps).forward(&[&x], 1).unwrap()).to_vec();
    assert_eq!(of(Steps::Sum), [7.0, 13.5]);
    assert_eq!(of(Steps::Max), [4.0, 9.0]);
    assert_eq!(of(Steps::Last), [2.0, 2.5]);
    assert_eq!(of(Steps::Weighted(vec![1.0, 0.0, -1.0])), [-1.0, 6.5]);
}
