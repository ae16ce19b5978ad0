//! The loop over time of a layer: its way back against a hand-written one and against tangents, its way there against the engine.

use std::sync::Arc;

use neuropil::equations::derivative::{Surrogate, tangent, whole_step};
use neuropil::equations::evaluate;
use neuropil::models;
use neuropil::prelude::*;
use neuropil::train::Array;
use neuropil::train::layer::{Neurons, Options, Shows, Steps};
use neuropil::train::tape::{Datum, Operation, Tape};

mod engine;
mod recurrent;

/// Numbers in [-1, 1), the same everywhere.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

fn population(model: &str, units: u32, values: &[(&str, f64)]) -> Population {
    let mut population = Population::new("layer", units, models::named(model, "test").unwrap()).unwrap();
    values.iter().for_each(|&(name, value)| population.set(name, value).unwrap());
    population
}

fn options(receptors: &[&str], attached: bool, shows: Shows) -> Options {
    let receptors = receptors.iter().map(|name| (*name).to_owned()).collect();
    Options { surrogate: Surrogate::FastSigmoid(2.0), attached, receptors, shows }
}

/// Σ c·x of an array, the loss of these tests: its adjoint is c.
struct Weighted<T>(Array<T>);

impl<T: neuropil::train::gemm::Float> Operation<T> for Weighted<T> {
    fn name(&self) -> &str {
        "weighted sum"
    }
    fn forward(&mut self, inputs: &[&Datum<T>], _: usize) -> neuropil::Result<Datum<T>> {
        let numbers = match inputs[0] {
            Datum::Numbers(array) => array.clone(),
            Datum::Spikes(spikes) => spikes.numbers("test")?,
        };
        let terms = numbers.data().iter().zip(self.0.data()).map(|(&x, &c)| x * c);
        Ok(Datum::Numbers(Array::scalar(terms.fold(T::of(0.0), |sum, term| sum + term))))
    }
    fn backward(
        &mut self,
        _: neuropil::train::tape::Given<'_, T>,
        _: usize,
    ) -> neuropil::Result<Vec<Option<Array<T>>>> {
        Ok(vec![Some(self.0.clone())])
    }
}

/// What a layer shows, and the derivative of Σ c·shown by what arrives.
fn there_and_back<T: neuropil::train::gemm::Float>(
    neurons: &Arc<Neurons<T>>,
    drives: &[Array<T>],
    c: &Array<T>,
    threads: usize,
) -> (Datum<T>, Vec<Array<T>>) {
    let mut tape = Tape::new(threads);
    let inputs: Vec<_> = drives.iter().map(|drive| tape.variable(drive.clone())).collect();
    let shown = tape.apply(Steps::new(neurons.clone()), &inputs).unwrap();
    let datum = tape.datum(shown).clone();
    let loss = tape.apply(Weighted(c.clone()), &[shown]).unwrap();
    let mut adjoints = tape.backward(loss).unwrap();
    (datum, inputs.into_iter().map(|input| adjoints.take(input).unwrap()).collect())
}

fn array<T: neuropil::train::gemm::Float>(shape: [usize; 3], mut of: impl FnMut() -> f64) -> Array<T> {
    let count = shape.iter().product();
    Array::new("test", &shape, (0..count).map(|_| T::of(of())).collect()).unwrap()
}

/// The largest distance of two arrays by the largest number of the second.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let scale = b.iter().fold(0.0f64, |most, b| most.max(b.abs()));
    a.iter().zip(b).fold(0.0f64, |most, (a, b)| most.max((a - b).abs())) / scale
}

/// A leaky integrate-and-fire neuron of `lif_neuron` with its defaults, gone back over by hand.
struct ByHand {
    subtract: bool,
    attached: bool,
    refractory: usize,
    /// What the surrogate is multiplied by: 1, but for the partner that must fail.
    slope: f64,
}

impl ByHand {
    fn gradient(&self, drive: &[f64], c: &[f64]) -> Vec<f64> {
        let (decay, threshold) = ((-0.1f64 / 10.0).exp(), 1.0);
        let (mut v, mut left) = (0.0, 0usize);
        let mut passed = Vec::new();
        for &input in drive {
            let silent = left > 0;
            let after = if silent { 0.0 } else { v * decay + input };
            left = left.saturating_sub(1);
            let spike = after >= threshold;
            passed.push((silent, after, spike));
            v = if spike { if self.subtract { after - threshold } else { 0.0 } } else { after };
            if spike {
                left = self.refractory;
            }
        }
        let (mut bar, mut gradient) = (0.0, vec![0.0; drive.len()]);
        for (k, &(silent, after, spike)) in passed.iter().enumerate().rev() {
            let surrogate = self.slope / (1.0 + 2.0 * (after - threshold).abs()).powi(2);
            let z = f64::from(u8::from(spike));
            let slope = if self.subtract { 1.0 } else { 0.0 };
            let reset = if self.subtract { after - threshold } else { 0.0 };
            let decision = if self.attached { surrogate * (reset - after) } else { 0.0 };
            let before = bar * (1.0 + z * (slope - 1.0) + decision) + c[k] * surrogate;
            (gradient[k], bar) = if silent { (0.0, 0.0) } else { (before, before * decay) };
        }
        gradient
    }
}

#[test]
fn the_way_back_is_the_one_written_by_hand() {
    let (samples, steps, units) = (3, 57, 5);
    let mut random = noise(1);
    let drive: Array<f64> = array([samples, steps, units], || 0.35 + 0.6 * random());
    let c: Array<f64> = array([samples, steps, units], &mut random);
    for (subtract, attached, refractory) in
        [(false, false, 0), (false, true, 0), (true, false, 0), (true, true, 0), (false, true, 7), (true, true, 7)]
    {
        let values = [("subtract", f64::from(u8::from(subtract))), ("t_ref", 0.1 * refractory as f64)];
        let layer = population("lif_neuron", units as u32, &values);
        let neurons = Neurons::new(&layer, 0.1, Seed(1), &options(&["in"], attached, Shows::Spikes)).unwrap();
        let (shown, found) = there_and_back(&Arc::new(neurons), std::slice::from_ref(&drive), &c, 2);
        let Datum::Spikes(spikes) = shown else { panic!("spikes") };
        assert!(spikes.density() > 0.03, "{}", spikes.density());
        let by_hand = |slope: f64| {
            let mut all = vec![0.0; drive.data().len()];
            for (sample, unit) in (0..samples).flat_map(|sample| (0..units).map(move |unit| (sample, unit))) {
                let of = |values: &[f64]| -> Vec<f64> {
                    (0..steps).map(|step| values[(sample * steps + step) * units + unit]).collect()
                };
                let gradient =
                    ByHand { subtract, attached, refractory, slope }.gradient(&of(drive.data()), &of(c.data()));
                for (step, value) in gradient.into_iter().enumerate() {
                    all[(sample * steps + step) * units + unit] = value;
                }
            }
            all
        };
        let near = distance(found[0].data(), &by_hand(1.0));
        assert!(near < 1e-10, "subtract {subtract}, attached {attached}, refractory {refractory}: {near}");
        assert!(distance(found[0].data(), &by_hand(1.001)) > 1e-6, "a wrong slope is not seen");
    }
}

/// ⟨c, tangent along `direction`⟩ of one neuron, from the equations step by step, forwards.
fn along(layer: &Population, attached: bool, drives: &[Vec<f64>], direction: &[Vec<f64>], c: &[f64]) -> f64 {
    let model = &layer.model;
    let declared = model.declaration();
    let (derived, fields) = (declared.derived.len(), declared.state.len());
    let parameters = layer.parameters_of(0, 1).unwrap();
    let values = model.derive(&parameters, 0.1);
    let counts = |field: &usize| declared.state[*field].bound == models::Bound::Steps;
    let chosen: Vec<usize> = (0..fields).filter(|field| !attached || counts(field)).collect();
    let whole = whole_step(&model.equations().step, &model.equations().reset, &chosen).unwrap();
    let smooth: Vec<usize> = (0..fields).filter(|field| !counts(field)).collect();
    let wanted: Vec<usize> =
        smooth.iter().copied().chain((0..drives.len()).map(|channel| fields + channel)).map(|k| derived + k).collect();
    let moved = tangent(&whole, &wanted, &Surrogate::FastSigmoid(2.0)).unwrap();
    let starts = layer.start_of(0, &parameters, 1).unwrap();
    let mut state: Vec<f64> = starts
        .iter()
        .zip(declared.state)
        .map(|(start, variable)| {
            let offset = variable.relative_to.map(|name| {
                parameters[declared.parameters.iter().position(|parameter| parameter.name == name).unwrap()]
            });
            start - offset.unwrap_or(0.0)
        })
        .collect();
    let (mut dots, mut sum) = (vec![0.0; smooth.len()], 0.0);
    for (step, c) in c.iter().enumerate() {
        let mut given = values.clone();
        given.extend(&state);
        given.extend(drives.iter().map(|drive| drive[step]));
        given.push(0.0);
        let after = evaluate(&whole, &given);
        given.extend(&dots);
        given.extend(direction.iter().map(|direction| direction[step]));
        let after_dots = evaluate(&moved, &given);
        sum += c * after_dots[fields];
        state = after[..fields].to_vec();
        if (step + 1) % 64 == 0 {
            state.iter_mut().filter(|value| value.abs() < f64::from(2.0f32.powi(-60))).for_each(|value| *value = 0.0);
        }
        dots = smooth.iter().map(|&field| after_dots[field]).collect();
    }
    sum
}

#[test]
fn adjoints_are_the_transpose_of_tangents_for_every_model_that_trains() {
    let steps = 150;
    let mut trained = 0;
    for name in models::names() {
        let layer = population(name, 1, &[]);
        let declared = layer.model.declaration();
        let receptors: Vec<&str> = declared.channels.iter().map(|channel| channel.name).collect();
        let attached = trained % 2 == 0;
        let Ok(neurons) = Neurons::<f64>::new(&layer, 0.1, Seed(1), &options(&receptors, attached, Shows::Spikes))
        else {
            continue;
        };
        if receptors.is_empty() {
            continue;
        }
        trained += 1;
        let mut random = noise(7 + trained);
        // Weights that move the potential by some mV, whatever their unit.
        let size = match declared.channels[0].unit {
            "mV" => 1.5,
            "nS" => 3.0,
            "pA" if name == "cuba_lif_neuron" => 1.5,
            _ => 150.0,
        };
        let sign =
            |channel: usize| if declared.channels[channel].takes == models::Takes::Negative { -0.2 } else { 1.0 };
        let drives: Vec<Array<f64>> = (0..receptors.len())
            .map(|channel| array([1, steps, 1], || sign(channel) * (random() * size).abs()))
            .collect();
        let direction: Vec<Vec<f64>> = drives.iter().map(|_| (0..steps).map(|_| random()).collect()).collect();
        let c: Array<f64> = array([1, steps, 1], &mut random);
        let (_, found) = there_and_back(&Arc::new(neurons), &drives, &c, 1);
        let lists: Vec<Vec<f64>> = drives.iter().map(|drive| drive.data().to_vec()).collect();
        let forwards = along(&layer, attached, &lists, &direction, c.data());
        let back: f64 =
            found.iter().zip(&direction).flat_map(|(a, b)| a.data().iter().zip(b)).map(|(a, b)| a * b).sum();
        assert!((forwards - back).abs() <= 1e-10 * forwards.abs().max(1e-6), "{name}: {forwards} and {back}");
        let wrong = along(&layer, !attached, &lists, &direction, c.data());
        if name == "lif_neuron" {
            assert!((wrong - back).abs() > 1e-6 * back.abs(), "{name}: attached and detached are alike");
        }
    }
    assert!(trained >= 15, "{trained} models train");
}

#[test]
fn f32_follows_f64_and_threads_do_not_count() {
    let shape = [37, 80, 9];
    let mut random = noise(3);
    let drive: Array<f64> = array(shape, || 0.3 + 0.6 * random());
    let c: Array<f64> = array(shape, &mut random);
    let narrow = |wide: &Array<f64>| {
        Array::new("test", &shape, wide.data().iter().map(|&value| value as f32).collect()).unwrap()
    };
    let layer = population("adlif_neuron", 9, &[]);
    let options = options(&["in"], true, Shows::Spikes);
    let single: Arc<Neurons<f32>> = Arc::new(Neurons::new(&layer, 0.1, Seed(1), &options).unwrap());
    let double: Arc<Neurons<f64>> = Arc::new(Neurons::new(&layer, 0.1, Seed(1), &options).unwrap());
    let (_, wide) = there_and_back(&double, std::slice::from_ref(&drive), &c, 1);
    let (spikes, first) = there_and_back(&single, &[narrow(&drive)], &narrow(&c), 1);
    let first_wide: Vec<f64> = first[0].data().iter().map(|&value| f64::from(value)).collect();
    assert!(distance(&first_wide, wide[0].data()) < 1e-3);
    for threads in [2, 3] {
        assert_eq!(there_and_back(&single, &[narrow(&drive)], &narrow(&c), threads), (spikes.clone(), first.clone()));
    }
}

/// Samples of few units are stepped side by side, those of many where their numbers lie: both are what each unit does alone.
#[test]
fn units_do_not_know_with_whom_they_are_stepped() {
    let (samples, steps, units) = (7, 70, 100);
    let mut random = noise(5);
    let apart: Array<f32> = array([samples, steps, units], || 0.3 + 0.6 * random());
    let c: Array<f32> = array([samples, steps, units], &mut random);
    // All units of all samples as those of one.
    let together = |apart: &[f32]| -> Array<f32> {
        let of = |place: usize| {
            let (step, sample, unit) = (place / units / samples, place / units % samples, place % units);
            apart[(sample * steps + step) * units + unit]
        };
        Array::new("test", &[1, steps, samples * units], (0..apart.len()).map(of).collect()).unwrap()
    };
    for model in ["lif_neuron", "adlif_neuron"] {
        let neurons = |units: usize| -> Arc<Neurons<f32>> {
            let population = population(model, units as u32, &[]);
            Arc::new(Neurons::new(&population, 0.1, Seed(1), &options(&["in"], true, Shows::Spikes)).unwrap())
        };
        let (spikes, adjoints) = there_and_back(&neurons(units), std::slice::from_ref(&apart), &c, 1);
        let (drive, one) = ([together(apart.data())], together(c.data()));
        let (found, back) = there_and_back(&neurons(samples * units), &drive, &one, 1);
        let shown = |datum: &Datum<f32>| match datum {
            Datum::Spikes(spikes) => spikes.numbers::<f32>("test").unwrap(),
            Datum::Numbers(_) => panic!("spikes are shown"),
        };
        assert!(spikes.shape() != found.shape() && shown(&found).data().contains(&1.0));
        assert_eq!(together(shown(&spikes).data()), shown(&found), "{model}");
        assert_eq!(together(adjoints[0].data()), back[0], "{model}");
        let (_, other) =
            there_and_back(&neurons(samples * units), &[together(&vec![0.2; apart.data().len()])], &one, 1);
        assert_ne!(together(adjoints[0].data()), other[0], "{model}");
    }
}

#[test]
fn what_a_layer_cannot_be_is_told() {
    let told = |model: &str, receptors: &[&str], shows: Shows| {
        let found = Neurons::<f32>::new(&population(model, 2, &[]), 0.1, Seed(1), &options(receptors, true, shows));
        found.map(|_| ()).unwrap_err().to_string()
    };
    assert!(told("gif_psc_exp", &["ex"], Shows::Spikes).contains("takes random numbers"));
    assert!(told("parrot_neuron", &["in"], Shows::Spikes).contains("several spikes in a step"));
    assert!(told("lif_neuron", &["im"], Shows::Spikes).contains("unknown receptor 'im'"));
    assert!(told("lif_neuron", &["in", "in"], Shows::Spikes).contains("named twice"));
    assert!(told("lif_neuron", &["in"], Shows::State("V".into())).contains("unknown state variable 'V'"));
    let neurons = Neurons::new(&population("lif_neuron", 2, &[]), 0.1, Seed(1), &options(&["in"], true, Shows::Spikes));
    let neurons = Arc::new(neurons.unwrap());
    let apply = |arrays: &[Array<f32>]| {
        let data: Vec<Datum<f32>> = arrays.iter().map(|array| Datum::Numbers(array.clone())).collect();
        Steps::new(neurons.clone()).forward(&data.iter().collect::<Vec<_>>(), 1).map(|_| ()).unwrap_err().to_string()
    };
    assert!(apply(&[array([1, 5, 3], || 0.0)]).contains("[samples, steps, 2]"));
    assert!(apply(&[]).contains("was given 0"));
    assert!(apply(&[array([1, 5, 2], || f64::NAN)]).contains("layer[0] became NaN or infinite"));
}
