//! Encodings: the spikes of an experiment's stimulus, rates that are as asked, each spike a function of its key.

use neuropil::network::{Images, Latency, Show};
use neuropil::time::Grid;
use neuropil::train::Spikes;
use neuropil::train::fit::Samples;
use neuropil::train::fit::encode::{Draw, current, latency, moved, rate};

use super::told;

fn ramp() -> Samples {
    let values = (0..200).map(|k| k as f32 / 199.0).collect();
    Samples::new("ramp", &[10, 10], values, vec![0, 1], None).unwrap()
}

fn listed(spikes: &Spikes, sample: usize) -> Vec<(u32, u64)> {
    let row = |step: usize| spikes.firing(sample, step).map(move |unit| (unit as u32, step as u64 + 1));
    (0..spikes.steps()).flat_map(row).collect()
}

#[test]
fn latencies_are_the_spikes_of_an_image_generator() {
    let samples = ramp();
    let codes = [
        Latency { tau: 5.0, threshold: 0.2, linear: true, clip: true },
        Latency { tau: 8.0, threshold: 0.01, linear: false, clip: false },
    ];
    for code in codes {
        for dt in [0.1, 0.5, 1.0] {
            let steps = (12.0 / dt) as usize;
            let spikes = latency(&samples, &[1, 0], code, steps, dt).unwrap();
            assert_eq!(spikes.shape(), [2, steps, 10, 10]);
            for (place, sample) in [1u32, 0].into_iter().enumerate() {
                let values = samples.sample(sample).iter().map(|&x| x.into()).collect();
                let images = Images { pixels: 100, values };
                let shown = images.latencies(code, Show { start: 0.0, interval: 12.0 }, Grid::new(dt));
                let step = |time: f64| Grid::new(dt).on(time).unwrap();
                let mut expected: Vec<(u32, u64)> =
                    shown.spikes.iter().map(|&(unit, time)| (unit.unwrap(), step(time))).collect();
                expected.sort_by_key(|&(unit, step)| (step, unit));
                assert!(expected.len() > 20);
                assert_eq!(listed(&spikes, place), expected);
            }
        }
        let other = latency(&samples, &[0, 1], code, 12, 1.0).unwrap();
        assert_ne!(other, latency(&samples, &[1, 0], code, 12, 1.0).unwrap());
    }
}

#[test]
fn rates_are_as_asked_and_draws_differ() {
    let samples = ramp();
    let draw = Draw { seed: 4, number: 0 };
    let steps = 4000;
    let spikes = rate(&samples, &[0, 1], 0.8, steps, draw).unwrap();
    for sample in 0..2 {
        let mut counts = [0u32; 100];
        listed(&spikes, sample).iter().for_each(|&(unit, _)| counts[unit as usize] += 1);
        for (&count, &x) in counts.iter().zip(samples.sample(sample as u32)) {
            let p = 0.8 * f64::from(x);
            let sd = (p * (1.0 - p) * steps as f64).sqrt();
            assert!((f64::from(count) - p * steps as f64).abs() <= 4.5 * sd, "{count} of {p}");
        }
    }
    assert_eq!(spikes, rate(&samples, &[0, 1], 0.8, steps, draw).unwrap());
    // A sample is the same wherever it stands, and however many steps there are.
    let alone = rate(&samples, &[1], 0.8, steps, draw).unwrap();
    assert_eq!(listed(&alone, 0), listed(&spikes, 1));
    let short: Vec<(u32, u64)> = listed(&spikes, 1).into_iter().filter(|&(_, step)| step <= 50).collect();
    assert_eq!(listed(&rate(&samples, &[1], 0.8, 50, draw).unwrap(), 0), short);
    for other in [Draw { seed: 5, ..draw }, Draw { number: 1, ..draw }] {
        let other = rate(&samples, &[0, 1], 0.8, steps, other).unwrap();
        // Independent: as many spikes in common as two trains of these rates have by chance.
        let common: u32 = other.words().iter().zip(spikes.words()).map(|(a, b)| (a & b).count_ones()).sum();
        let expected: f64 =
            (0..2).flat_map(|k| samples.sample(k)).map(|&x| (0.8 * f64::from(x)).powi(2) * steps as f64).sum();
        assert!((f64::from(common) - expected).abs() < 5.0 * expected.sqrt(), "{common} {expected}");
    }
    let full = Samples::new("one", &[3], vec![1.0, 0.0, 1.0], vec![0], None).unwrap();
    let spikes = rate(&full, &[0], 1.0, 64, draw).unwrap();
    assert_eq!(spikes.count(), 128, "a probability of 1 is a spike in each step, and of 0 none");
}

#[test]
fn currents_are_the_brightness() {
    let samples = ramp();
    let found = current::<f64>(&samples, &[1], 3.0, 2).unwrap();
    assert_eq!(found.shape(), [1, 2, 10, 10]);
    let expected: Vec<f64> = samples.sample(1).iter().map(|&x| 3.0 * f64::from(x)).collect();
    assert_eq!(found.data(), [expected.clone(), expected].concat());
}

#[test]
fn what_cannot_be_encoded_is_refused() {
    let samples = ramp();
    let draw = Draw { seed: 1, number: 0 };
    let bright = Samples::new("set", &[2], vec![0.0, 1.5], vec![0], None).unwrap();
    let sentence = "samples: sample 0 holds 1.5, and brightness lies between 0 and 1; divide by the largest";
    assert_eq!(told(rate(&bright, &[0], 1.0, 5, draw)), sentence);
    assert_eq!(told(latency(&bright, &[0], Latency::default(), 5, 1.0)), sentence);
    let none = "rate code: sample 2 is none of 2 samples, counted from 0";
    assert_eq!(told(rate(&samples, &[0, 2], 1.0, 5, draw)), none);
    assert_eq!(told(rate(&samples, &[0], 1.0, 0, draw)), "rate code: 0 steps are no time; give at least one");
    let sentence = "rate code: the brightest pixel cannot have a spike in 1.2 of all steps; give 0 to 1";
    assert_eq!(told(rate(&samples, &[0], 1.2, 5, draw)), sentence);
    let still = Latency { tau: 0.0, ..Latency::default() };
    let sentence = "latency code: tau = 0 ms and dt = 1 ms must be above 0, and threshold = 0.01 from 0 to 1";
    assert_eq!(told(latency(&samples, &[0], still, 5, 1.0)), sentence);
}

/// An image moved by hand, and encoded.
fn moved_by_hand(image: &[f32], [height, width]: [i64; 2], [down, across]: [i64; 2]) -> Spikes {
    let mut moved = vec![0.0; image.len()];
    for (place, &value) in image.iter().enumerate() {
        let (row, column) = (place as i64 / width + down, place as i64 % width + across);
        if (0..height).contains(&row) && (0..width).contains(&column) {
            moved[(row * width + column) as usize] = value;
        }
    }
    let samples = Samples::new("set", &[height as usize, width as usize], moved, vec![0], None).unwrap();
    latency(&samples, &[0], Latency { threshold: 0.1, ..Latency::default() }, 40, 0.1).unwrap()
}

#[test]
fn images_are_moved_as_pixels_are_and_each_move_occurs() {
    let image: Vec<f32> = (0..20).map(|k| if k % 3 == 0 { 0.0 } else { (k as f32 + 1.0) / 20.0 }).collect();
    let samples = Samples::new("set", &[4, 5], [image.clone(), image.clone()].concat(), vec![0; 2], None).unwrap();
    let code = Latency { threshold: 0.1, ..Latency::default() };
    let spikes = latency(&samples, &[0, 1], code, 40, 0.1).unwrap();
    assert!(spikes.count() > 10);
    let moves = || (-1..2).flat_map(|down| (-1..2).map(move |across| [down, across]));
    let by_hand: Vec<Spikes> = moves().map(|by| moved_by_hand(&image, [4, 5], by)).collect();
    let mut seen = [0; 9];
    for number in 0..60 {
        let draw = Draw { seed: 3, number };
        let all = moved(&spikes, &[0, 1], 1, draw).unwrap();
        assert_eq!(all, moved(&spikes, &[0, 1], 1, draw).unwrap());
        // A sample is moved in the same way whoever stands beside it.
        let alone = moved(&latency(&samples, &[1], code, 40, 0.1).unwrap(), &[1], 1, draw).unwrap();
        assert_eq!(all.words()[all.words().len() / 2..], *alone.words());
        let found = by_hand.iter().position(|moved| *moved == alone);
        seen[found.unwrap()] += 1;
    }
    assert!(seen.iter().all(|&times| times > 0), "{seen:?}");
    assert_eq!(moved(&spikes, &[0, 1], 0, Draw { seed: 3, number: 0 }).unwrap(), spikes);
    let flat = Spikes::silent("test", &[2, 3, 20]).unwrap();
    let sentence = "moved images: images have rows and columns; give spikes of [sample, step, row, column]";
    assert_eq!(told(moved(&flat, &[0, 1], 1, Draw { seed: 3, number: 0 })), sentence);
    let sentence = "moved images: there are 2 samples and 1 numbers of samples; give one each";
    assert_eq!(told(moved(&spikes, &[0], 1, Draw { seed: 3, number: 0 })), sentence);
}
