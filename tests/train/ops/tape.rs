//! Operations one after the other, and blocks of them.

use std::sync::{Arc, Mutex};

use neuropil::train::Array;
use neuropil::train::gemm::Float;
use neuropil::train::tape::{
    BatchNorm, Block, Conv2d, CrossEntropy, Curve, Datum, Linear, MeanSquare, Pointwise, Pool, Pooling, Readout,
    Reshape, Running, Scale, Steps, Tape, Value,
};
use neuropil::{Error, Result};

use super::check::{Draws, cast, data};

/// A layer of images: a convolution, a norm and a curve.
fn layer<T: Float>(tape: &mut Tape<T>, values: &[Value], running: &Arc<Mutex<Running>>) -> Result<Value> {
    let [input, weights, gamma, beta] = *values else { return Err(Error::Internal("four values".to_owned())) };
    let image = tape.apply(Conv2d::new(1).padding([1, 1]), &[input, weights])?;
    let normal = tape.apply(BatchNorm::new(running, 1e-3, true), &[image, gamma, beta])?;
    tape.apply(Pointwise(Curve::Silu), &[normal])
}

/// Inputs of the network below: spikes of images, and its parameters.
fn parts() -> Vec<Datum<f64>> {
    let mut draws = Draws::new(51);
    let shapes: [&[usize]; 5] = [&[3, 2, 3, 3], &[3], &[3], &[12, 4], &[4]];
    let mut parts = vec![draws.spikes(&[5, 3, 2, 4, 4], 0.3)];
    parts.extend(shapes.map(|shape| draws.numbers(shape)));
    parts
}

/// The loss and the adjoints of the parameters of a small network, whose layer is a block or not.
fn network<T: Float>(parts: &[Datum<T>], block: bool, threads: usize) -> Result<(T, Vec<Array<T>>)> {
    let mut tape = Tape::new(threads);
    let input = tape.constant(parts[0].clone());
    let weights: Vec<Value> = parts[1..].iter().map(|part| tape.input(part.clone())).collect();
    let inputs = [input, weights[0], weights[1], weights[2]];
    let running = Arc::new(Mutex::new(Running::new(3)));
    let image = if block {
        tape.apply(Block::new(move |tape, values| layer(tape, values, &running)), &inputs)?
    } else {
        layer(&mut tape, &inputs, &running)?
    };
    let small = tape.apply(Pool::new(Pooling::Average, [2, 2]), &[image])?;
    let flat = tape.apply(Reshape(vec![5, 3, 12]), &[small])?;
    let classes = tape.apply(Linear::new(0), &[flat, weights[3], weights[4]])?;
    let sum = tape.apply(Readout(Steps::Max), &[classes])?;
    let loss = tape.apply(CrossEntropy::new(vec![0, 1, 2, 3, 0]), &[sum])?;
    let number = data(tape.datum(loss))[0];
    let mut adjoints = tape.backward(loss)?;
    Ok((number, weights.into_iter().filter_map(|value| adjoints.take(value)).collect()))
}

#[test]
fn a_network_agrees_with_differences() {
    let parts = parts();
    let (_, adjoints) = network(&parts, false, 1).unwrap();
    assert_eq!(adjoints.len(), 5);
    for (part, adjoint) in adjoints.iter().enumerate() {
        for entry in 0..adjoint.data().len() {
            let loss = |step: f64| {
                let mut moved = parts.clone();
                if let Datum::Numbers(array) = &mut moved[part + 1] {
                    array.data_mut()[entry] += step;
                }
                network(&moved, false, 1).unwrap().0
            };
            let expected = (8.0 * (loss(1e-3) - loss(-1e-3)) - (loss(2e-3) - loss(-2e-3))) / 12e-3;
            let found = adjoint.data()[entry];
            assert!((found - expected).abs() < 1e-8, "parameter {part}, number {entry}: {found}, {expected}");
        }
    }
}

#[test]
fn a_block_is_what_is_in_it_on_any_number_of_threads() {
    let parts: Vec<Datum<f32>> = parts().iter().map(cast).collect();
    let plain = network(&parts, false, 1).unwrap();
    for threads in 1..=3 {
        assert_eq!(plain, network(&parts, true, threads).unwrap());
        assert_eq!(plain, network(&parts, false, threads).unwrap());
    }
    let mut others = parts.clone();
    others.swap(2, 3);
    assert_ne!(plain.0, network(&others, true, 1).unwrap().0);
}

#[test]
fn a_block_that_does_another_thing_the_second_time_is_refused() {
    let count = Arc::new(Mutex::new(0.0));
    let mut tape = Tape::new(1);
    let value = tape.variable(Array::scalar(2.0f64));
    let block = Block::new(move |tape: &mut Tape<f64>, values: &[Value]| {
        *count.lock().unwrap() += 1.0;
        tape.apply(Scale(*count.lock().unwrap()), values)
    });
    let output = tape.apply(block, &[value]).unwrap();
    let error = tape.backward(output).err().unwrap().to_string();
    assert_eq!(
        error,
        "block: what it computes again differs from what it computed; its body must do the same each time"
    );
}

#[test]
fn a_value_used_twice_has_the_sum_of_its_adjoints() {
    let mut tape = Tape::new(1);
    let value = tape.variable(Array::scalar(3.0f64));
    let double = tape.apply(Scale(2.0), &[value]).unwrap();
    let loss = tape.apply(MeanSquare, &[double, value]).unwrap();
    // (2x - x)², whose derivative is 2x.
    assert_eq!(tape.backward(loss).unwrap().take(value), Some(Array::scalar(6.0)));
}
