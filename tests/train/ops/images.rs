//! Operations on images.

use std::sync::{Arc, Mutex};

use neuropil::train::tape::{BatchNorm, Conv2d, Datum, Operation, Pool, Pooling, Running, Upsample};

use super::check::{Draws, data, holds, pass};

/// Stride, padding, dilation and groups of a convolution.
type Form = ([usize; 2], [usize; 2], [usize; 2], usize);

fn convolution(delay: usize, (stride, padding, dilation, groups): Form) -> Conv2d {
    Conv2d::new(delay).stride(stride).padding(padding).dilation(dilation).groups(groups)
}

const PLAIN: Form = ([1, 1], [0, 0], [1, 1], 1);
const SAME: Form = ([1, 1], [1, 1], [1, 1], 1);

/// [samples, steps, channels, height, width], [outs, channels of a group, rows, columns].
const CASES: [([usize; 5], [usize; 4], Form); 13] = [
    ([2, 1, 5, 7, 19], [13, 5, 3, 3], SAME),
    ([1, 2, 2, 8, 9], [5, 2, 2, 3], ([1, 1], [1, 3], [2, 2], 1)),
    ([1, 1, 2, 4, 5], [33, 2, 3, 3], SAME),
    ([2, 2, 2, 5, 4], [3, 2, 3, 3], SAME),
    ([1, 1, 1, 1, 1], [1, 1, 1, 1], PLAIN),
    ([1, 3, 3, 7, 19], [2, 3, 3, 2], PLAIN),
    ([2, 2, 4, 9, 8], [6, 2, 3, 3], ([2, 2], [1, 0], [1, 1], 2)),
    ([1, 2, 2, 8, 9], [2, 2, 2, 3], ([3, 2], [2, 2], [2, 2], 1)),
    ([40, 1, 1, 4, 4], [2, 1, 3, 3], SAME),
    ([2, 2, 3, 2, 2], [3, 1, 1, 1], ([1, 1], [3, 3], [1, 1], 3)),
    ([0, 2, 2, 4, 4], [3, 2, 3, 3], SAME),
    ([2, 2, 0, 4, 4], [3, 0, 3, 3], SAME),
    ([2, 2, 2, 4, 4], [0, 2, 3, 3], SAME),
];

#[test]
fn convolutions_agree_with_differences() {
    let mut draws = Draws::new(21);
    for (shape, weights, form) in CASES {
        for delay in [0, 1] {
            for input in [draws.numbers(&shape), draws.spikes(&shape, 0.3)] {
                let inputs = [input, draws.numbers(&weights), draws.numbers(&[weights[0]])];
                holds(&convolution(delay, form), &inputs, &[0, 1, 2]);
                holds(&convolution(delay, form), &inputs[..2], &[0, 1]);
            }
        }
    }
}

/// The sum as it is written.
fn naive(input: &Datum<f64>, weights: &Datum<f64>, delay: usize, form: Form, output: &[usize]) -> Vec<f64> {
    let [_, steps, channels, height, width] = *input.shape() else { panic!("other axes") };
    let [outs, own, rows, columns] = *weights.shape() else { panic!("other axes") };
    let (stride, padding, dilation, groups) = form;
    let mut all = Vec::new();
    for place in 0..output.iter().product::<usize>() {
        let (x, rest) = (place % output[4], place / output[4]);
        let (y, rest) = (rest % output[3], rest / output[3]);
        let (out, image) = (rest % outs, rest / outs);
        let mut sum = 0.0;
        for (c, row, column) in (0..own).flat_map(|c| (0..rows).flat_map(move |r| (0..columns).map(move |k| (c, r, k))))
        {
            let (down, across) = (y * stride[0] + row * dilation[0], x * stride[1] + column * dilation[1]);
            let inside = down >= padding[0] && across >= padding[1];
            let (down, across) = (down.wrapping_sub(padding[0]), across.wrapping_sub(padding[1]));
            if inside && down < height && across < width && image % steps >= delay {
                let channel = out / (outs / groups) * own + c;
                let from = (((image - delay) * channels + channel) * height + down) * width + across;
                sum += data(input)[from] * data(weights)[((out * own + c) * rows + row) * columns + column];
            }
        }
        all.push(sum);
    }
    all
}

#[test]
fn convolutions_are_what_is_written() {
    let mut draws = Draws::new(22);
    for (shape, weights, form) in CASES {
        let (input, weights) = (draws.numbers(&shape), draws.numbers(&weights));
        let agrees = |found: &Datum<f64>, delay| {
            let expected = naive(&input, &weights, delay, form, found.shape());
            data(found).iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12)
        };
        let [now, later] = [0, 1].map(|delay| convolution(delay, form).forward(&[&input, &weights], 2).unwrap());
        assert!(agrees(&now, 0) && agrees(&later, 1), "{shape:?}");
        assert!(
            data(&now).is_empty() || data(&now).iter().all(|&y| y == 0.0) || !agrees(&now, 1),
            "another delay passes"
        );
    }
}

#[test]
fn pooling_agrees_with_differences() {
    let mut draws = Draws::new(23);
    let cases = [
        ([2, 2, 3, 4, 6], [2, 2], [2, 2], [0, 0]),
        ([1, 1, 1, 1, 1], [1, 1], [1, 1], [0, 0]),
        ([1, 3, 2, 7, 5], [3, 2], [2, 1], [1, 1]),
        ([0, 3, 2, 7, 5], [3, 2], [2, 1], [1, 1]),
        ([2, 1, 0, 4, 4], [2, 2], [2, 2], [0, 0]),
    ];
    for (shape, size, stride, padding) in cases {
        for input in [draws.numbers(&shape), draws.spikes(&shape, 0.4)] {
            for pooling in [Pooling::Sum, Pooling::Average] {
                holds(&Pool::new(pooling, size).stride(stride).padding(padding), std::slice::from_ref(&input), &[0]);
            }
        }
    }
}

/// Numbers from 0 on.
fn counted(shape: &[usize]) -> Datum<f64> {
    let data = (0..shape.iter().product()).map(|number: usize| number as f64).collect();
    Datum::Numbers(neuropil::train::Array::new("test", shape, data).unwrap())
}

#[test]
fn pooling_and_upsampling_by_hand() {
    let input = counted(&[1, 1, 1, 2, 4]);
    let of = |pooling| Pool::new(pooling, [2, 2]).forward(&[&input], 1).unwrap();
    assert_eq!(data(&of(Pooling::Sum)), [10.0, 18.0]);
    assert_eq!(data(&of(Pooling::Average)), [2.5, 4.5]);
    let large: Datum<f64> = Upsample::new([2, 1]).forward(&[&counted(&[1, 1, 1, 2, 2])], 1).unwrap();
    assert_eq!(large.shape(), [1, 1, 1, 4, 2]);
    assert_eq!(data(&large), [0.0, 1.0, 0.0, 1.0, 2.0, 3.0, 2.0, 3.0]);
}

#[test]
fn upsampling_agrees_with_differences() {
    let mut draws = Draws::new(24);
    for (shape, times) in
        [([2, 2, 3, 4, 5], [2, 3]), ([1, 1, 1, 1, 1], [1, 1]), ([0, 2, 1, 3, 3], [2, 2]), ([1, 2, 2, 0, 3], [2, 2])]
    {
        for input in [draws.numbers(&shape), draws.spikes(&shape, 0.4)] {
            holds(&Upsample::new(times), &[input], &[0]);
        }
    }
}

fn running(channels: usize) -> Arc<Mutex<Running>> {
    Arc::new(Mutex::new(Running::new(channels)))
}

#[test]
fn batch_norm_agrees_with_differences() {
    let mut draws = Draws::new(25);
    let shapes: [&[usize]; 5] = [&[3, 2, 2, 3, 5], &[5, 4, 7], &[1, 3, 1], &[50, 1, 2, 1, 19], &[2, 2, 0, 3, 3]];
    for shape in shapes {
        let parameters = [draws.numbers(&[shape[2]]), draws.numbers(&[shape[2]])];
        for input in [draws.numbers(shape), draws.spikes(shape, 0.4)] {
            let [gamma, beta] = parameters.clone();
            let running = running(shape[2]);
            let inputs = [input, gamma, beta];
            holds(&BatchNorm::new(&running, 0.1, true), &inputs, &[0, 1, 2]);
            running.lock().unwrap().settle(0.3);
            holds(&BatchNorm::new(&running, 0.1, false), &inputs, &[0, 1, 2]);
        }
    }
}

#[test]
fn batch_norm_is_the_formula() {
    let mut draws = Draws::new(26);
    let inputs = [draws.numbers_between(&[4, 3, 2, 5], 1.0, 3.0), draws.numbers(&[2]), draws.numbers(&[2])];
    let running = running(2);
    let found = pass(&mut BatchNorm::new(&running, 1e-5, true), &inputs, 2);
    // Of one channel, all numbers.
    let own = |numbers: &[f64], channel: usize| -> Vec<f64> {
        numbers.chunks(5).skip(channel).step_by(2).flatten().copied().collect()
    };
    let mut statistics = Vec::new();
    for channel in 0..2 {
        let (x, y) = (own(data(&inputs[0]), channel), own(data(&found.output), channel));
        let mean = x.iter().sum::<f64>() / 60.0;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 60.0;
        for (x, y) in x.iter().zip(y) {
            let expected =
                (x - mean) / (variance + 1e-5).sqrt() * data(&inputs[1])[channel] + data(&inputs[2])[channel];
            assert!((y - expected).abs() < 1e-12);
            let wrong = (x - mean) / variance.sqrt() * data(&inputs[1])[channel] + data(&inputs[2])[channel];
            assert!((y - wrong).abs() > 1e-12, "epsilon does nothing");
        }
        statistics.push((mean, variance * 60.0 / 59.0));
    }
    // Computed again, it is still taken in once.
    pass(&mut BatchNorm::new(&running, 1e-5, true), &inputs, 2);
    let mut kept = running.lock().unwrap();
    kept.settle(0.25);
    kept.settle(0.25);
    for (channel, (mean, variance)) in statistics.into_iter().enumerate() {
        assert!((kept.mean[channel] - 0.25 * mean).abs() < 1e-12);
        assert!((kept.variance[channel] - (0.75 + 0.25 * variance)).abs() < 1e-12);
    }
    let (mean, variance) = (kept.mean[0], kept.variance[0]);
    drop(kept);
    let still = pass(&mut BatchNorm::new(&running, 1e-5, false), &inputs, 2);
    let expected = (data(&inputs[0])[0] - mean) / (variance + 1e-5).sqrt() * data(&inputs[1])[0] + data(&inputs[2])[0];
    assert!((data(&still.output)[0] - expected).abs() < 1e-12);
    assert_ne!(data(&still.output), data(&found.output));
}
