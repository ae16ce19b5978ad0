//! Neurons with astrocytes: their law by hand, and their way back by differences.

use std::sync::{Arc, Mutex};

use neuropil::Result;
use neuropil::train::gemm::Float;
use neuropil::train::language::{Carried, Law, Nature, Neurons, Trace};
use neuropil::train::tape::{Datum, Embedding, Given, Operation};
use neuropil::train::{Array, Spikes};

use super::super::ops::check::{Draws, data, gradients, holds, refusal};

fn law(trace: Trace, nature: Nature) -> Law {
    Law { domain: 3, keeps: 0.8, steepness: 2.0, trace, nature }
}

/// Neurons that begin with the same state each time.
#[derive(Clone)]
struct Fresh<T> {
    law: Law,
    start: Carried<f64>,
    inner: Option<Neurons<T>>,
}

impl<T: Float> Fresh<T> {
    fn new(law: Law, samples: usize, units: usize) -> Fresh<T> {
        let mut draws = Draws::new(3);
        let mut numbers = |count: usize| (0..count).map(|_| draws.between(0.0, 0.6)).collect();
        let start = Carried { potential: numbers(samples * units), trace: numbers(samples * units / 3) };
        Fresh { law, start, inner: None }
    }
}

/// The same in both number types.
#[derive(Clone)]
struct Both(Fresh<f32>, Fresh<f64>);

macro_rules! fresh {
    ($number:ty, $place:tt) => {
        impl Operation<$number> for Both {
            fn name(&self) -> &str {
                "fresh"
            }
            fn forward(&mut self, inputs: &[&Datum<$number>], threads: usize) -> Result<Datum<$number>> {
                let of = |numbers: &[f64]| numbers.iter().map(|&number| number as $number).collect();
                let start = &self.$place.start;
                let carried = Carried { potential: of(&start.potential), trace: of(&start.trace) };
                let neurons = Neurons::new(self.$place.law, &Arc::new(Mutex::new(carried)));
                self.$place.inner.insert(neurons).forward(inputs, threads)
            }
            fn backward(&mut self, given: Given<'_, $number>, threads: usize) -> Result<Vec<Option<Array<$number>>>> {
                self.$place.inner.as_mut().unwrap().backward(given, threads)
            }
        }
    };
}
fresh!(f32, 0);
fresh!(f64, 1);

fn both(law: Law, samples: usize, units: usize) -> Both {
    Both(Fresh::new(law, samples, units), Fresh::new(law, samples, units))
}

fn inputs(shape: [usize; 3]) -> Vec<Datum<f64>> {
    let mut draws = Draws::new(11);
    vec![draws.numbers(&shape), draws.numbers(&[shape[2]]), draws.numbers_between(&[shape[2]], -2.0, 2.0)]
}

#[test]
fn the_way_back_is_that_of_differences() {
    for (trace, samples) in [(Trace::Own, 3), (Trace::None, 2), (Trace::Shuffled, 5)] {
        let places: &[usize] = if trace == Trace::None { &[0, 1] } else { &[0, 1, 2] };
        holds(&both(law(trace, Nature::Smooth), samples, 6), &inputs([samples, 7, 6]), places);
    }
}

/// A way back that forgets that a trace lasts.
#[derive(Clone)]
struct Forgets(Both);

impl Operation<f64> for Forgets {
    fn name(&self) -> &str {
        "forgets"
    }
    fn forward(&mut self, inputs: &[&Datum<f64>], threads: usize) -> Result<Datum<f64>> {
        self.0.forward(inputs, threads)
    }
    fn backward(&mut self, given: Given<'_, f64>, threads: usize) -> Result<Vec<Option<Array<f64>>>> {
        let mut other = self.0.clone();
        other.1.law.keeps = 0.79;
        Operation::<f64>::forward(&mut other, given.inputs, threads)?;
        other.backward(given, threads)
    }
}

#[test]
fn a_trace_that_lasts_less_fails() {
    let right = both(law(Trace::Own, Nature::Smooth), 2, 6);
    assert!(gradients(&right, &inputs([2, 7, 6]), &[0, 1, 2]).is_ok());
    assert!(gradients(&Forgets(right), &inputs([2, 7, 6]), &[0, 1, 2]).is_err());
}

/// Spikes by the four lines of the law, one number after the other; `moved` says whether astrocytes move thresholds.
fn by_hand(law: Law, inputs: &[Datum<f64>], moved: bool) -> Vec<f64> {
    let [samples, steps, units] = *inputs[0].shape() else { panic!() };
    let (drive, logits, kappa) = (data(&inputs[0]), data(&inputs[1]), data(&inputs[2]));
    let domains = units / law.domain;
    let (mut r, mut a) = (vec![vec![0.0; units]; samples], vec![vec![0.0; domains]; samples]);
    let mut all = vec![0.0; samples * steps * units];
    for step in 0..steps {
        let before = a.clone();
        for sample in 0..samples {
            // Texts in pairs, and three at the end of an odd number.
            let first = if sample + 1 == samples && samples % 2 == 1 { sample - 2 } else { sample / 2 * 2 };
            let first = if samples % 2 == 1 { first.min(samples - 3) } else { first };
            let count = if samples % 2 == 1 && first == samples - 3 { 3 } else { 2 };
            let felt = match law.trace {
                Trace::Own => &before[sample],
                Trace::None => &vec![0.0; domains],
                Trace::Shuffled => &before[first + (sample - first + 1) % count],
            };
            for unit in 0..units {
                let beta = 1.0 / (1.0 + (-logits[unit]).exp());
                let place = (sample * steps + step) * units + unit;
                let v = beta * r[sample][unit] + (1.0 - beta * beta).sqrt() * drive[place];
                let threshold = 1.0 - if moved { kappa[unit] * felt[unit / law.domain] } else { 0.0 };
                all[place] = f64::from(u8::from(v >= threshold));
                r[sample][unit] = v - all[place];
            }
            for (domain, a) in a[sample].iter_mut().enumerate() {
                let first = (sample * steps + step) * units + domain * law.domain;
                let mean = all[first..first + law.domain].iter().sum::<f64>() / law.domain as f64;
                *a = law.keeps * *a + (1.0 - law.keeps) * mean;
            }
        }
    }
    all
}

fn spikes(law: Law, inputs: &[Datum<f64>]) -> Spikes {
    let [samples, _, units] = *inputs[0].shape() else { panic!() };
    let carried = Arc::new(Mutex::new(Carried::rest(samples, units, units / law.domain)));
    let all: Vec<&Datum<f64>> = inputs.iter().collect();
    match Neurons::new(law, &carried).forward(&all, 2).unwrap() {
        Datum::Spikes(spikes) => spikes,
        Datum::Numbers(_) => panic!("spiking neurons give numbers"),
    }
}

#[test]
fn spikes_are_those_of_a_hand() {
    for trace in [Trace::Own, Trace::None, Trace::Shuffled] {
        let law = law(trace, Nature::Spiking);
        let mut draws = Draws::new(5);
        let (shape, units) = ([4, 60, 66], 66);
        let inputs = vec![
            draws.numbers_between(&shape, -2.0, 3.0),
            draws.numbers(&[units]),
            draws.numbers_between(&[units], -2.0, 2.0),
        ];
        let found = spikes(law, &inputs).numbers::<f64>("spikes").unwrap();
        assert_eq!(found.data(), by_hand(law, &inputs, true), "{trace:?}");
        let still = by_hand(law, &inputs, false);
        assert_eq!(found.data() == still, trace == Trace::None, "{trace:?}: thresholds that stand still");
    }
}

#[test]
fn what_is_carried_on_joins_two_windows() {
    let law = law(Trace::Own, Nature::Spiking);
    let mut inputs = inputs([2, 20, 6]);
    inputs[0] = Draws::new(2).numbers_between(&[2, 20, 6], -1.0, 2.5);
    let part = |first: usize| -> Vec<Datum<f64>> {
        let rows = data(&inputs[0]).chunks(20 * 6).flat_map(|sample| &sample[first * 6..(first + 10) * 6]).copied();
        let drive = Array::new("part", &[2, 10, 6], rows.collect()).unwrap();
        vec![Datum::Numbers(drive), inputs[1].clone(), inputs[2].clone()]
    };
    let whole = spikes(law, &inputs);
    let carried = Arc::new(Mutex::new(Carried::rest(2, 6, 2)));
    let mut second = Vec::new();
    for first in [0, 10] {
        let part = part(first);
        let all: Vec<&Datum<f64>> = part.iter().collect();
        let Datum::Spikes(spikes) = Neurons::new(law, &carried).forward(&all, 1).unwrap() else { panic!() };
        second.push(spikes);
    }
    let rows = |spikes: &Spikes, first: usize| -> Vec<u64> {
        (0..2)
            .flat_map(|sample| (first..first + 10).map(move |step| (sample, step)))
            .map(|(s, t)| spikes.row(s, t)[0])
            .collect()
    };
    assert_eq!(rows(&second[0], 0), rows(&whole, 0));
    assert_eq!(rows(&second[1], 0), rows(&whole, 10));
    // From rest the second half is another.
    assert_ne!(rows(&spikes(law, &part(10)), 0), rows(&whole, 10));
}

#[test]
fn misfits_are_refused() {
    let refused = |law: Law, inputs: &[Datum<f64>], samples: usize, part: &str| {
        let carried = Arc::new(Mutex::new(Carried::rest(samples, 6, 2)));
        let words = refusal(Neurons::new(law, &carried), inputs);
        assert!(words.contains(part), "{words}");
    };
    let own = law(Trace::Own, Nature::Spiking);
    refused(Law { domain: 4, ..own }, &inputs([2, 3, 6]), 2, "do not fill domains of 4");
    refused(Law { keeps: 1.0, ..own }, &inputs([2, 3, 6]), 2, "below 1");
    refused(Law { trace: Trace::Shuffled, ..own }, &inputs([1, 3, 6]), 1, "two or more");
    refused(own, &inputs([2, 3, 6]), 3, "begin at rest");
    refused(own, &inputs([2, 3, 6])[..2], 2, "was given 2 inputs");
}

#[test]
fn sums_of_rows_hold() {
    let mut draws = Draws::new(8);
    let entries = (0..2 * 150 * 3).map(|_| draws.below(90) as u32).collect();
    holds(&Embedding::sums([2, 150, 3], entries).unwrap(), &[draws.numbers(&[90, 5])], &[0]);
    assert!(Embedding::sums([2, 2, 0], Vec::new()).is_err());
    let words = refusal(Embedding::sums([1, 2, 2], vec![0, 1, 2, 9]).unwrap(), &[draws.numbers(&[9, 2])]);
    assert!(words.contains("entry 9 at step 1"), "{words}");
}
