//! The loop over time of a layer: its way back against a hand-written one and against tangents, its way there against the engine.

use std::sync::Arc;

use neuropil::equations::derivative::{Surrogate, tangent, whole_step};
use neuropil::equations::evaluate;
use neuropil::models;
use neuropil::prelude::*;
use neuropil::train::layer::{Neurons, Options, Recurrent, Shows, Steps};
use neuropil::train::tape::{Datum, Operation, Tape};
use neuropil::train::{Array, Spikes as Bits};

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

/// Weights on a grid of 1/64, so that every sum of them is exact.
fn grid(sources: usize, targets: usize, size: f64, seed: u64) -> Vec<f64> {
    let mut random = noise(seed);
    (0..sources * targets).map(|_| (random() * size * 64.0).round() / 64.0).collect()
}

/// Weights times the spikes of the step before.
fn delayed(spikes: &Bits, weights: &[f64], targets: usize) -> Array<f32> {
    let mut drive = Array::zeros("test", &[1, spikes.steps(), targets]).unwrap();
    for step in 1..spikes.steps() {
        for source in spikes.firing(0, step - 1) {
            let row = &weights[source * targets..][..targets];
            let sums = &mut drive.data_mut()[step * targets..][..targets];
            sums.iter_mut().zip(row).for_each(|(sum, &weight)| *sum += weight as f32);
        }
    }
    drive
}

/// Sources and targets of all pairs.
fn pairs(sources: u32, targets: u32) -> Explicit {
    let pairs = (0..sources).flat_map(|source| (0..targets).map(move |target| (source, target)));
    let (from, to): (Vec<u32>, Vec<u32>) = pairs.unzip();
    Explicit::new(from, to)
}

/// Spikes of two layers in the engine, (step from 1, layer, unit).
fn simulated(input: &Bits, layers: [(&Population, &[f64]); 2]) -> Vec<(usize, usize, usize)> {
    let mut net = Network::new(0.1.ms());
    let sources = net.add("input", input.units() as u32, models::ParrotNeuron {}).unwrap();
    let times =
        (0..input.steps()).flat_map(|step| input.firing(0, step).map(move |unit| (unit as u32, step as f64 * 0.1)));
    net.stimulate(&sources, SpikeGenerator::listed(times), Static::new(1.0, 0.1)).unwrap();
    let mut from = sources;
    for (k, (layer, weights)) in layers.into_iter().enumerate() {
        let layer = Population { name: format!("layer {k}"), ..layer.clone() };
        let (count, size) = (from.len(), layer.size);
        let to = net.add_population(layer).unwrap();
        net.connect(&from, &to, pairs(count, size), Static::new(Value::each(weights.to_vec()), 0.1)).unwrap();
        net.record(&to, neuropil::prelude::Spikes).unwrap();
        from = to;
    }
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(((input.steps() as f64) * 0.1).ms()).unwrap();
    let (first, second) = (input.units(), layers[0].0.size as usize);
    let place = |id: usize| if id < first + second { (0, id - first) } else { (1, id - first - second) };
    let mut spikes: Vec<(usize, usize, usize)> = sim
        .all_spikes()
        .iter()
        .filter(|spike| spike.id as usize >= first)
        .map(|spike| (spike.step as usize, place(spike.id as usize).0, place(spike.id as usize).1))
        .collect();
    spikes.sort_unstable();
    spikes
}

#[test]
fn a_layer_fires_as_the_engine_does_spike_for_spike() {
    let (steps, sizes) = (400, [20usize, 30, 10]);
    for (model, values, scale) in [
        ("lif_neuron", &[][..], 0.6),
        ("lif_neuron", &[("subtract", 1.0), ("t_ref", 0.3)], 0.6),
        ("if_neuron", &[("subtract", 1.0)], 0.4),
        ("cuba_lif_neuron", &[], 1.5),
        ("adlif_neuron", &[], 0.7),
        ("alif_neuron", &[], 0.6),
        ("iaf_psc_delta", &[("V_th", -69.0), ("t_ref", 0.5)], 0.6),
    ] {
        let mut random = noise(11);
        let mut input = Bits::silent("test", &[1, steps, sizes[0]]).unwrap();
        for (step, unit) in (1..steps).flat_map(|step| (0..sizes[0]).map(move |unit| (step, unit))) {
            if random() > 0.8 {
                input.set(0, step, unit);
            }
        }
        let layers: Vec<(Population, Vec<f64>)> = (0..2)
            .map(|k| (population(model, sizes[k + 1] as u32, values), grid(sizes[k], sizes[k + 1], scale, k as u64)))
            .collect();
        let receptor = layers[0].0.model.declaration().channels[0].name;
        let (mut spikes, mut expected) = (input.clone(), Vec::new());
        for (k, (layer, weights)) in layers.iter().enumerate() {
            let options = options(&[receptor], true, Shows::Spikes);
            let neurons = Neurons::<f32>::new(layer, 0.1, Seed(1), &options).unwrap();
            let drive = Datum::Numbers(delayed(&spikes, weights, sizes[k + 1]));
            let Datum::Spikes(shown) = Steps::new(Arc::new(neurons)).forward(&[&drive], 1).unwrap() else { panic!() };
            expected.extend(
                (0..steps)
                    .flat_map(|step| shown.firing(0, step).map(move |unit| (step + 1, k, unit)).collect::<Vec<_>>()),
            );
            spikes = shown;
        }
        expected.sort_unstable();
        let both = [(&layers[0].0, &layers[0].1[..]), (&layers[1].0, &layers[1].1[..])];
        assert!(expected.iter().filter(|spike| spike.1 == 1).count() > 20, "{model}: {} spikes", expected.len());
        assert_eq!(simulated(&input, both), expected, "{model}");
        let mut other = layers[1].1.clone();
        other.iter_mut().step_by(7).for_each(|weight| *weight += 0.25);
        assert_ne!(simulated(&input, [both[0], (both[1].0, &other)]), expected, "{model}: other weights are not seen");
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

/// Neurons of `lif_neuron` with its defaults that reach each other, all with all, gone back over by hand.
struct Among {
    units: usize,
    delays: Vec<usize>,
    weights: Vec<f64>,
}

impl Among {
    /// Derivatives of Σ c·z by what arrives, [steps, units], and by the weights, [source, target].
    fn gradients(&self, drive: &[f64], c: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (n, decay) = (self.units, (-0.1f64 / 10.0).exp());
        let steps = drive.len() / n;
        let (mut after, mut z, mut v) = (vec![0.0; drive.len()], vec![0.0; drive.len()], vec![0.0; n]);
        let from = |place: usize, step: usize| step.checked_sub(self.delays[place]);
        for step in 0..steps {
            for to in 0..n {
                let within: f64 = (0..n)
                    .filter_map(|source| {
                        Some(self.weights[source * n + to] * z[from(source * n + to, step)? * n + source])
                    })
                    .sum();
                after[step * n + to] = v[to] * decay + drive[step * n + to] + within;
                z[step * n + to] = f64::from(u8::from(after[step * n + to] >= 1.0));
                v[to] = if z[step * n + to] == 1.0 { 0.0 } else { after[step * n + to] };
            }
        }
        let (mut arrived, mut bars, mut weights) = (vec![0.0; drive.len()], vec![0.0; n], vec![0.0; n * n]);
        for step in (0..steps).rev() {
            for source in 0..n {
                let mut bar_z = c[step * n + source];
                for to in 0..n {
                    let place = source * n + to;
                    let at = step + self.delays[place];
                    if at < steps {
                        bar_z += self.weights[place] * arrived[at * n + to];
                        weights[place] += z[step * n + source] * arrived[at * n + to];
                    }
                }
                let m = after[step * n + source] - 1.0;
                let surrogate = 1.0 / (1.0 + 2.0 * m.abs()).powi(2);
                let kept = 1.0 - z[step * n + source] - surrogate * after[step * n + source];
                let before = bars[source] * kept + bar_z * surrogate;
                arrived[step * n + source] = before;
                bars[source] = before * decay;
            }
        }
        (arrived, weights)
    }
}

#[test]
fn neurons_that_reach_each_other_are_gone_back_over_as_by_hand() {
    let (samples, steps, units) = (3, 60, 4);
    let mut random = noise(21);
    let drive: Array<f64> = array([samples, steps, units], || 0.3 + 0.5 * random());
    let c: Array<f64> = array([samples, steps, units], &mut random);
    let weights: Vec<f64> = (0..units * units).map(|_| 0.6 * random()).collect();
    let delays: Vec<usize> = (0..units * units).map(|place| 1 + place % 5).collect();
    let starts = (0..=units).map(|source| source * units).collect();
    let targets = (0..units * units).map(|place| (place % units) as u32).collect();
    let lag = delays.iter().map(|&delay| delay as u32).collect();
    let connections = Arc::new(neuropil::train::tape::Connections::new(units, starts, targets, lag).unwrap());
    let layer = population("lif_neuron", units as u32, &[]);
    let neurons = Neurons::new(&layer, 0.1, Seed(1), &options(&["in"], true, Shows::Spikes)).unwrap();
    let neurons = Arc::new(neurons);
    let found = |threads: usize| {
        let mut tape = Tape::new(threads);
        let input = tape.variable(drive.clone());
        let own = tape.variable(Array::new("weights", &[units * units], weights.clone()).unwrap());
        let own_delays = delays.iter().map(|&delay| delay as f64 + 0.2).collect();
        let own_delays = tape.variable(Array::new("delays", &[units * units], own_delays).unwrap());
        let recurrent = Recurrent::new(connections.clone(), 0).with_delays();
        let shown = tape.apply(Steps::new(neurons.clone()).with(recurrent), &[input, own, own_delays]).unwrap();
        let loss = tape.apply(Weighted(c.clone()), &[shown]).unwrap();
        let mut adjoints = tape.backward(loss).unwrap();
        [input, own, own_delays].map(|value| adjoints.take(value).unwrap())
    };
    let [arrived, of_weights, of_delays] = found(1);
    let (mut by_hand, mut summed) = (Vec::new(), vec![0.0; units * units]);
    let among = Among { units, delays: delays.clone(), weights: weights.clone() };
    for sample in 0..samples {
        let own = sample * steps * units..(sample + 1) * steps * units;
        let (arrived, weights) = among.gradients(&drive.data()[own.clone()], &c.data()[own]);
        by_hand.extend(arrived);
        summed.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
    }
    assert!(distance(arrived.data(), &by_hand) < 1e-10);
    assert!(distance(of_weights.data(), &summed) < 1e-10);
    assert!(of_delays.data().iter().any(|&slope| slope != 0.0));
    assert_eq!(found(3), [arrived.clone(), of_weights, of_delays]);
    let other = Among { delays: vec![1; units * units], ..among };
    let (wrong, _) = other.gradients(&drive.data()[..steps * units], &c.data()[..steps * units]);
    assert!(distance(&arrived.data()[..steps * units], &wrong) > 1e-3, "other delays are not seen");
}
