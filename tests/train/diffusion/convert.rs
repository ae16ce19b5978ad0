//! ReLUs that become spiking neurons: rates in closed form, and a whole net.

use neuropil::train::Array;
use neuropil::train::diffusion::{
    Design, Images, Learn, Model, Neuron, Recipe, SoftReset, clipped, convert, thresholds,
};
use neuropil::train::tape::{Datum, Linear, Tape};

use super::{near, numbers, told};

/// What the rates of neurons tell, times the threshold, of drives that stay the same.
fn told_by_rates(drives: &[f64], threshold: f64, steps: usize) -> Vec<f64> {
    let mut tape = Tape::<f64>::new(2);
    let all = drives.repeat(steps);
    let x = tape.constant(Datum::Numbers(Array::new("drives", &[1, steps, drives.len()], all).unwrap()));
    let y = tape.apply(SoftReset::new(threshold).unwrap(), &[x]).unwrap();
    let Datum::Spikes(spikes) = tape.datum(y) else { panic!("no spikes") };
    let mut counts = vec![0.0; drives.len()];
    (0..steps).for_each(|step| spikes.firing(0, step).for_each(|unit| counts[unit] += 1.0));
    counts.iter().map(|count| count * threshold / steps as f64).collect()
}

/// The same by neurons that start at `start` and are set to 0 by a spike, or lose the threshold.
fn told_otherwise(drive: f64, threshold: f64, steps: usize, (start, soft): (f64, bool)) -> f64 {
    let (mut potential, mut count) = (start, 0.0);
    for _ in 0..steps {
        potential += drive;
        if potential >= threshold {
            potential = if soft { potential - threshold } else { 0.0 };
            count += 1.0;
        }
    }
    count * threshold / steps as f64
}

#[test]
fn rates_are_relus_that_are_clipped_and_rounded() {
    // By hand: of 4 steps and a threshold of 2 rates tell whole halves.
    let drives = [-1.0, 0.0, 0.2, 0.3, 0.7, 0.8, 1.1, 1.3, 1.74, 1.76, 2.0, 5.0];
    let by_hand = [0.0, 0.0, 0.0, 0.5, 0.5, 1.0, 1.0, 1.5, 1.5, 2.0, 2.0, 2.0];
    assert_eq!(told_by_rates(&drives, 2.0, 4), by_hand);
    let closed = |drive: &f64| clipped(*drive, 2.0, 4);
    assert_eq!(drives.iter().map(closed).collect::<Vec<_>>(), by_hand);
    // A planted layer: weights times an image, for thresholds and steps of all kinds.
    let (image, weights) = (numbers(1, 12), numbers(2, 12 * 40));
    let mut tape = Tape::<f64>::new(1);
    let image = tape.constant(Datum::Numbers(Array::new("image", &[1, 1, 12], image).unwrap()));
    let weights = tape.constant(Datum::Numbers(Array::new("weights", &[12, 40], weights).unwrap()));
    let drives = tape.apply(Linear::new(0), &[image, weights]).unwrap();
    let drives = tape.datum(drives).numbers("drives").unwrap().data().to_vec();
    assert!(drives.iter().any(|&drive| drive < 0.0) && drives.iter().any(|&drive| drive > 1.3));
    for (threshold, steps) in [(1.3, 4), (1.3, 8), (0.7, 16), (2.9, 32), (1.1, 1)] {
        let expected: Vec<f64> = drives.iter().map(|&drive| clipped(drive, threshold, steps)).collect();
        let agree = |found: &[f64]| found.iter().zip(&expected).all(|(own, other)| (own - other).abs() < 1e-12);
        assert!(agree(&told_by_rates(&drives, threshold, steps)), "threshold {threshold}, {steps} steps");
        // Each is off by half a spike at most where it is not clipped.
        let off = drives.iter().zip(&expected).filter(|(drive, _)| (0.0..threshold).contains(*drive));
        assert!(off.clone().count() > 1 || steps == 1);
        assert!(off.clone().all(|(drive, told)| (drive - told).abs() <= 0.5 * threshold / steps as f64 + 1e-12));
        // Others tell something else: from 0 they are cut off, and a hard reset forgets what was left.
        let others =
            |kind| -> Vec<f64> { drives.iter().map(|&drive| told_otherwise(drive, threshold, steps, kind)).collect() };
        assert!(agree(&others((threshold / 2.0, true))));
        assert!(!agree(&others((0.0, true))), "threshold {threshold}, {steps} steps, from 0");
        assert!(steps == 1 || !agree(&others((threshold / 2.0, false))), "{threshold}, {steps} steps, hard reset");
    }
}

fn twin(neuron: Neuron) -> Model {
    let pixels = numbers(3, 64 * 64).into_iter().map(|x| x as f32).collect();
    let images = Images::new(8, pixels).unwrap();
    let steps = if neuron == Neuron::Ann { 1 } else { 2 };
    let design = Design { channels: 4, size: 8, steps, neuron, threshold: 1.0 };
    let learn = Learn::new(Recipe::new(design), &images, (8, 1)).unwrap();
    learn.model(&learn.parameters(1).unwrap(), 1).unwrap()
}

#[test]
fn a_net_of_relus_converts() {
    let twin = twin(Neuron::Ann);
    let noisy: Vec<f32> = numbers(5, 4 * 64).into_iter().map(|x| x as f32).collect();
    let (expected, _) = twin.predict(&noisy, 500, 1).unwrap();
    let own = thresholds(&twin, 100.0, (1, 1)).unwrap();
    assert_eq!(own.len(), 19);
    let lower = thresholds(&twin, 90.0, (1, 1)).unwrap();
    assert!(own.iter().all(|(name, threshold)| lower[name] <= *threshold) && own != lower);
    // How far it is from the twin, as a share.
    let far = |thresholds: &_, steps| {
        let (found, seen) = convert(&twin, thresholds, steps).unwrap().predict(&noisy, 500, 1).unwrap();
        assert!(seen.spikes > 0 && seen.operations.additions > 0);
        let sum = |of: &dyn Fn(f32, f32) -> f32| expected.iter().zip(&found).map(|(a, b)| of(*a, *b)).sum::<f32>();
        (sum(&|a, b| (a - b) * (a - b)) / sum(&|a, _| a * a)).sqrt()
    };
    let [short, long] = [far(&own, 4), far(&own, 64)];
    assert!(long < 0.7 && long < 0.25 * short, "{short} with 4 steps, {long} with 64");
    // Thresholds of another net cut off what ReLUs do.
    let tenth = own.iter().map(|(name, threshold)| (name.clone(), 0.1 * threshold)).collect();
    assert!(far(&tenth, 64) > 1.3 * long, "{} with a tenth of the thresholds", far(&tenth, 64));
    // It draws, and any number of threads draws the same.
    let converted = convert(&twin, &own, 4).unwrap();
    let draw = |threads| converted.draw((2, 3), (1, threads), |_, _| Ok(())).unwrap().0;
    assert_eq!(draw(1), draw(2));
}

#[test]
fn what_cannot_be_converted_is_refused() {
    assert!(near(clipped(0.5, 1.0, 2), 0.5, 1e-15));
    assert!(told(SoftReset::new(0.0)).contains("above 0"));
    assert!(told(thresholds(&twin(Neuron::Spiking), 99.9, (1, 1))).contains("spiking neurons already"));
    let twin = twin(Neuron::Ann);
    assert!(told(thresholds(&twin, 0.0, (1, 1))).contains("percentile"));
    let mut own = thresholds(&twin, 99.9, (1, 1)).unwrap();
    assert!(told(convert(&twin, &own, 65)).contains("65 steps"));
    own.remove("stem2");
    assert!(told(convert(&twin, &own, 4)).contains("no threshold of 'stem2'"));
    let mut tape = Tape::<f64>::new(1);
    let x = tape.variable(Array::new("x", &[1, 1, 1], vec![2.0]).unwrap());
    let y = tape.apply(SoftReset::new(1.0).unwrap(), &[x]).unwrap();
    assert!(told(tape.backward(y)).contains("does not learn"));
}
