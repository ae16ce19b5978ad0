//! What operations say of inputs that they refuse.

use std::sync::{Arc, Mutex};

use neuropil::train::tape::*;
use neuropil::train::{Array, Spikes};

use super::check::refusal;

fn zeros(shape: &[usize]) -> Datum<f64> {
    Datum::Numbers(Array::zeros("test", shape).unwrap())
}

fn spikes(shape: &[usize]) -> Datum<f64> {
    Datum::Spikes(Spikes::silent("test", shape).unwrap())
}

/// One sentence, with the operation's name, what it got and what it needs.
#[track_caller]
fn says(found: String, expected: &str) {
    assert_eq!(found, expected);
}

#[test]
fn projections_say_what_they_need() {
    let linear = || Linear::new(1);
    says(
        refusal(linear(), &[zeros(&[2, 3, 4])]),
        "linear: it was given 1 inputs, and takes an input, weights, and a bias if there is one",
    );
    says(
        refusal(linear(), &[zeros(&[2, 3]), zeros(&[3, 4])]),
        "linear: the input has the shape [2, 3], and must be [samples, steps, units...]",
    );
    says(
        refusal(linear(), &[zeros(&[2, 3, 4]), zeros(&[5, 6])]),
        "linear: the weights has the shape [5, 6], and must be [4, outs], a row a unit",
    );
    says(
        refusal(linear(), &[zeros(&[2, 3, 4]), zeros(&[4, 6]), zeros(&[5])]),
        "linear: the bias has the shape [5], and must be [6]",
    );
    says(
        refusal(linear(), &[zeros(&[1, 3, 4]), spikes(&[1, 4, 6])]),
        "linear: the weights has the shape [1, 4, 6], and must be [4, outs], a row a unit",
    );
    says(
        refusal(DelayConvolution::new(1), &[zeros(&[2, 3, 4]), zeros(&[4, 6])]),
        "delay convolution: the kernel has the shape [4, 6], and must be [delays, 4, outs]",
    );
    let kernel = || DelayKernel::new(3, Form::Triangle).unwrap();
    says(
        refusal(kernel(), &[zeros(&[3, 4]), zeros(&[4, 3])]),
        "delay kernel: the delays has the shape [4, 3], and must be [3, 4]",
    );
    let nan = Datum::Numbers(Array::new("test", &[1, 1], vec![f64::NAN]).unwrap());
    says(refusal(kernel(), &[zeros(&[1, 1]), nan]), "delay kernel: delay 0 is NaN; it must be a number");
}

#[test]
fn kernels_and_synapses_are_checked_when_made() {
    let says = |found: neuropil::Error, expected: &str| assert_eq!(found.to_string(), expected);
    says(DelayKernel::new(0, Form::Triangle).unwrap_err(), "delay kernel: it has no delays; give at least 1");
    says(
        DelayKernel::new(3, Form::Gaussian(0.0)).unwrap_err(),
        "delay kernel: the standard deviation is 0 steps, and must be above 0; Triangle has none",
    );
    let make = |starts: &[usize], target: &[u32], delay: &[u32]| {
        Connections::new(2, starts.to_vec(), target.to_vec(), delay.to_vec()).unwrap_err()
    };
    says(
        make(&[0, 1], &[0, 1], &[1, 1]),
        "sparse projection: the rows of sources must rise from 0 to 2, the number of synapses",
    );
    says(
        make(&[0, 2, 1, 2], &[0, 1], &[1, 1]),
        "sparse projection: the rows of sources must rise from 0 to 2, the number of synapses",
    );
    says(make(&[], &[], &[]), "sparse projection: the rows of sources must rise from 0 to 0, the number of synapses");
    says(make(&[0, 2], &[0, 2], &[1, 1]), "sparse projection: synapse 1 goes to unit 2, and there are 2");
    says(make(&[0, 2], &[0, 1], &[1, 0]), "sparse projection: synapse 1 has a delay of 0 steps; the least is 1");
    says(make(&[0, 2], &[0, 1], &[1]), "sparse projection: there are 1 delays for 2 synapses; give one each");
    says(
        Embedding::new(2, 3, vec![0; 5]).unwrap_err(),
        "embedding: 5 entries do not fill 2 samples of 3 steps; give one for each",
    );
    says(
        RateBand::new(0.2, 0.1).unwrap_err(),
        "rate band: the band goes from 0.2 to 0.1 spikes per step; it must rise",
    );
}

#[test]
fn sparse_projections_say_what_they_need() {
    let connections = Arc::new(Connections::new(2, vec![0, 1, 2], vec![0, 1], vec![1, 1]).unwrap());
    let sparse = |delays| Sparse::new(Arc::clone(&connections), delays);
    let fits = || [zeros(&[1, 3, 2]), zeros(&[2])];
    says(
        refusal(sparse(Delays::Fixed), &[zeros(&[1, 3, 4]), zeros(&[2])]),
        "sparse projection: the input has the shape [1, 3, 4], and must be [samples, steps, 2], a unit a source",
    );
    says(
        refusal(sparse(Delays::Fixed), &fits()[..1]),
        "sparse projection: it was given 1 inputs, and takes an input and weights",
    );
    says(
        refusal(sparse(Delays::Between), &fits()),
        "sparse projection: it was given 2 inputs, and takes an input, weights and delays",
    );
    says(
        refusal(sparse(Delays::Fixed), &[zeros(&[1, 3, 2]), zeros(&[3])]),
        "sparse projection: the weights has the shape [3], and must be [2]",
    );
    let [input, weights] = fits();
    let delays = Datum::Numbers(Array::new("test", &[2], vec![1.0, 0.9]).unwrap());
    says(
        refusal(sparse(Delays::Between), &[input.clone(), weights.clone(), delays.clone()]),
        "sparse projection: synapse 1 has a delay of 0.9 steps; the least is 1",
    );
    let mut nan = delays.numbers("test").unwrap().clone();
    nan.data_mut()[1] = f64::NAN;
    says(
        refusal(sparse(Delays::Rounded), &[input, weights, Datum::Numbers(nan)]),
        "sparse projection: synapse 1 has a delay of NaN steps; the least is 1",
    );
}

#[test]
fn operations_on_images_say_what_they_need() {
    let image = || zeros(&[1, 2, 3, 4, 5]);
    says(
        refusal(Conv2d::new(0), &[zeros(&[1, 2, 3]), zeros(&[1, 3, 1, 1])]),
        "convolution: the input has the shape [1, 2, 3], and must be [samples, steps, channels, height, width]",
    );
    says(
        refusal(Conv2d::new(0), &[image(), zeros(&[1, 3])]),
        "convolution: the weights has the shape [1, 3], and must be [outs, channels / groups, rows, columns]",
    );
    says(
        refusal(Conv2d::new(0), &[image(), zeros(&[2, 2, 1, 1])]),
        "convolution: 2 outputs of 2 channels each do not fit 3 channels in 1 groups; both must be shared out evenly",
    );
    says(
        refusal(Conv2d::new(0), &[image(), zeros(&[2, 3, 5, 1])]),
        "convolution: a window of 5 places, 1 apart, is wider than 4 with 0 zeros at each end; use a smaller one, or more padding",
    );
    says(
        refusal(Conv2d::new(0).stride([0, 1]), &[image(), zeros(&[2, 3, 1, 1])]),
        "convolution: size 1, stride 0 and dilation 1 of windows must be 1 or more",
    );
    says(
        refusal(Pool::new(Pooling::Sum, [9, 1]), &[image()]),
        "pooling: a window of 9 places, 1 apart, is wider than 4 with 0 zeros at each end; use a smaller one, or more padding",
    );
    says(
        refusal(Upsample::new([0, 1]), &[image()]),
        "up-sampling: 4 x 5 cannot be made 0 x 1 times as large; use 1 or more, and no more than memory holds",
    );
    let norm = |channels| BatchNorm::new(&Arc::new(Mutex::new(Running::new(channels))), 1e-5, true);
    says(
        refusal(norm(4), &[image(), zeros(&[3]), zeros(&[3])]),
        "batch norm: the running statistics are of 4 channels, and the input has 3; both must be the same",
    );
    says(
        refusal(norm(3), &[zeros(&[0, 2, 3]), zeros(&[3]), zeros(&[3])]),
        "batch norm: the batch is empty, and has no mean; give at least one sample",
    );
    says(
        refusal(norm(3), &[image(), zeros(&[2]), zeros(&[3])]),
        "batch norm: the gamma has the shape [2], and must be [3]",
    );
}

#[test]
fn the_others_say_what_they_need() {
    says(refusal(Add, &[]), "sum: it was given 0 inputs, and takes at least one");
    says(refusal(Add, &[zeros(&[2]), zeros(&[3])]), "sum: the shape is [3], but [2] is needed");
    says(refusal(Mul, &[zeros(&[2])]), "product: it was given 1 inputs, and takes two");
    says(
        refusal(Concat::new(3), &[zeros(&[2, 3])]),
        "concatenation: there is no axis 3 in the shape [2, 3]; they are counted from 0",
    );
    says(
        refusal(Concat::new(1), &[zeros(&[2, 3]), zeros(&[4, 3])]),
        "concatenation: the shape is [4, 3], but [2, 3] is needed",
    );
    says(refusal(Reshape(vec![4]), &[zeros(&[2, 3])]), "reshape: 6 numbers do not fill the shape [4], which has 4");
    says(
        refusal(Repeat(vec![2, 4]), &[zeros(&[2, 3])]),
        "repeat: the input has the shape [2, 3], and must be [2, 4] or 1 along some of these axes",
    );
    says(
        refusal(Embedding::new(1, 2, vec![0, 3]).unwrap(), &[zeros(&[3, 5])]),
        "embedding: sample 0 asks for entry 3 at step 1, and the table has 3; they are counted from 0",
    );
    says(
        refusal(Readout(Steps::Weighted(vec![1.0])), &[zeros(&[1, 2, 3])]),
        "readout: there are 1 weights for 2 steps; give one for each",
    );
    says(refusal(Readout(Steps::Last), &[zeros(&[1, 0, 3])]), "readout: the input has no steps; give at least 1");
    says(
        refusal(CrossEntropy::new(vec![0, 9]), &[zeros(&[2, 9])]),
        "cross-entropy: sample 1 has the label 9, and there are 9 classes; labels count from 0",
    );
    says(
        refusal(CrossEntropy::new(vec![0]), &[zeros(&[2, 9])]),
        "cross-entropy: the input has the shape [2, 9], and must be [1, classes], a row a label, of one label or more",
    );
    says(
        refusal(MeanSquare, &[zeros(&[0]), zeros(&[0])]),
        "mean-squared error: the input has the shape [0], and must be without an axis of 0: of nothing there is no mean",
    );
    says(
        refusal(RateBand::new(0.0, 1.0).unwrap(), &[zeros(&[0, 2, 3])]),
        "rate band: the input has the shape [0, 2, 3], and must be without an axis of 0: of nothing there is no mean",
    );
}
