//! A U-Net's neurons in the engine: what is trained is what is simulated, spike for spike.
//!
//! In training all layers answer within a step; in the engine a spike takes a step to a neuron at least. So each layer is
//! played as many steps later as it has layers before it, and a synapse takes as long as its layers lie apart. Samples
//! follow each other, and before each the neurons are held at their start. What is the same in all steps comes from a
//! source of its own for each sample, which fires in each step.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::design::Neuron;
use super::fold::{Layer, fold};
use super::images::Images;
use super::model::Model;
use super::pass::Pass;
use super::sample::Sampler;
use super::stream::Stream;
use super::unet::{Seen, UNet};
use crate::device::{Device, Precision};
use crate::error::{Error, Result};
use crate::models::{self, ParrotNeuron};
use crate::network::{Explicit, Network, Population, SpikeGenerator, Static, Value as Weights};
use crate::plan::PlanOptions;
use crate::seed::Seed;
use crate::simulation::Simulation;
use crate::time::Time;
use crate::train::gemm::Float;
use crate::train::net::play::{Equal, compare, hold_between_samples, steps_before};
use crate::train::tape::{Add, Conv2d, Datum, Tape, Upsample, Value};
use crate::train::{Array, Spikes};

/// The largest number of synapses of such a network.
const MAX_SYNAPSES: u64 = 1 << 28;
const NAME: &str = "net to be played";

/// What became of a prediction whose neurons were played by the engine.
#[derive(Debug)]
pub struct Played {
    /// The prediction, as of [`Model::predict`], made of the engine's spikes.
    pub predicted: Vec<f32>,
    /// How the engine's spikes compare with those of the net as it is trained.
    pub equal: Equal,
    /// The number of neurons of a net.
    pub neurons: u64,
    /// The number of synapses, without those of what is the same in all steps.
    pub synapses: u64,
}

impl Model {
    /// As [`Model::predict`], with every spiking neuron played by the engine on `device`, beside the net as it is trained in
    /// the precision of `device`. Residual streams, shortcuts, normalisations and up-sampling become weights of synapses;
    /// the first convolution, the embedding of the diffusion step and what follows the last block, in which there are no
    /// neurons, are computed as in training.
    ///
    /// # Errors
    /// A net of ReLUs, one that was converted, or one with weights of time steps; more than 2²⁸ synapses; what building
    /// and running the simulation refuse.
    pub fn play(&self, noisy: &[f32], step: u32, (device, threads): (&Device, usize)) -> Result<Played> {
        if self.recipe().design.neuron != Neuron::Spiking || self.net().mean {
            let problem = "it has no neurons of the engine; name a net that has learned with spiking neurons";
            return Err(Error::invalid(NAME, problem.to_owned()));
        }
        match device.precision {
            Precision::F32 => self.play_as::<f32>(noisy, step, (device, threads)),
            Precision::F64 => self.play_as::<f64>(noisy, step, (device, threads)),
        }
    }

    /// As [`Model::draw_by`], each prediction made by [`Model::play`]; how all spikes compare, and the last prediction's
    /// numbers of neurons and synapses.
    ///
    /// # Errors
    /// As [`Model::draw_by`] and [`Model::play`].
    pub fn draw_played(
        &self,
        sampler: &Sampler,
        count: usize,
        (device, threads): (&Device, usize),
        mut each: impl FnMut(u64, u64) -> Result<()>,
    ) -> Result<(Images, Played)> {
        let size = self.recipe().design.size;
        let equal = Equal { samples: 0, same: 0, spikes: 0, differing: 0 };
        let mut all = Played { predicted: Vec::new(), equal, neurons: 0, synapses: 0 };
        let mut done = 0;
        let pixels = sampler.draw(self.schedule(), (0, count, size * size), |noisy: &[f32], step| {
            let played = self.play(noisy, step, (device, threads))?;
            let (sum, own) = (&mut all.equal, played.equal);
            *sum = Equal {
                samples: sum.samples + own.samples,
                same: sum.same + own.same,
                spikes: sum.spikes + own.spikes,
                differing: sum.differing + own.differing,
            };
            (all.neurons, all.synapses) = (played.neurons, played.synapses);
            done += 1;
            each(done, sampler.steps.into())?;
            Ok(played.predicted)
        })?;
        Ok((Images::new(size, pixels)?, all))
    }

    /// [`Model::play`] beside the net in numbers of type `T`.
    fn play_as<T: Float>(&self, noisy: &[f32], step: u32, (device, threads): (&Device, usize)) -> Result<Played> {
        let design = self.recipe().design;
        let (size, samples) = (design.size, noisy.len() / (design.size * design.size));
        let steps = vec![step; samples];
        let (net, trained) = watched::<T>(UNet::new(design)?);
        let mut tape = Tape::new(threads);
        let arrays = self.weights().iter().map(|(name, array)| Ok((name.clone(), cast::<T>(array)?)));
        let arrays: BTreeMap<String, Array<T>> = arrays.collect::<Result<_>>()?;
        let weights = arrays.into_iter().map(|(name, array)| (name, tape.constant(Datum::Numbers(array)))).collect();
        let x = cast(&Array::new("noisy images", &[samples, 1, 1, size, size], noisy.to_vec())?)?;
        let x = tape.constant(Datum::Numbers(x));
        net.forward(&mut tape, &weights, x, &steps, (self.statistics(), false))?;
        let (statistics, activity) = (self.statistics(), Seen::default());
        let mut pass = Pass { net: &net, tape: &mut tape, weights: &weights, statistics, training: false, activity };
        let folded = fold(&mut pass, x, &steps)?;
        let (synapses, spikes) = spikes(&folded.layers, &design, samples, device)?;
        let trained = trained.lock().unwrap_or_else(PoisonError::into_inner);
        let of =
            |layer: &Layer| trained.get(&layer.name).ok_or_else(|| Error::Internal("a layer without spikes".into()));
        let equal = compare(&folded.layers.iter().map(of).collect::<Result<Vec<_>>>()?, &spikes);
        let neurons = spikes.iter().map(|layer| layer.units() as u64).sum();
        let end = stream(&mut pass, &folded.end, design.steps, &spikes)?;
        let predicted = pass.tail(end, samples)?;
        let predicted =
            tape.datum(predicted).numbers(NAME)?.data().iter().map(|number| number.value() as f32).collect();
        Ok(Played { predicted, equal, neurons, synapses })
    }
}

/// The same numbers in another type.
fn cast<T: Float>(array: &Array<f32>) -> Result<Array<T>> {
    Array::new(NAME, array.shape(), array.data().iter().map(|&number| T::of(number.into())).collect())
}

/// Spikes of layers by their names.
type Noted = Arc<Mutex<BTreeMap<String, Spikes>>>;

/// A net that notes the spikes of its layers.
fn watched<T: Float>(net: UNet<T>) -> (UNet<T>, Noted) {
    let (noted, fire) = (Noted::default(), Arc::clone(&net.fire));
    let own = Arc::clone(&noted);
    let fire = Arc::new(move |tape: &mut Tape<T>, name: &str, x: Value| {
        let (fired, height) = fire(tape, name, x)?;
        if let Datum::Spikes(spikes) = tape.datum(fired) {
            own.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), spikes.clone());
        }
        Ok((fired, height))
    });
    (UNet { fire, ..net }, noted)
}

/// A stream on the tape of `pass`, of the spikes of all layers: [samples, steps, channels, size, size].
fn stream<T: Float>(pass: &mut Pass<'_, T>, stream: &Stream, steps: usize, spikes: &[Spikes]) -> Result<Value> {
    let (channels, size) = (stream.channels, stream.size);
    let constant = stream.constant.iter().flat_map(|sample| sample.repeat(steps)).map(T::of).collect();
    let shape = [stream.constant.len(), steps, channels, size, size];
    let mut sum = vec![pass.tape.constant(Datum::Numbers(Array::new(NAME, &shape, constant)?))];
    for (&layer, kernel) in &stream.from {
        let mut fired = pass.tape.constant(Datum::Spikes(spikes[layer].clone()));
        if kernel.larger > 1 {
            fired = pass.tape.apply(Upsample::new([kernel.larger; 2]), &[fired])?;
        }
        let weights = kernel.weights.iter().map(|&weight| T::of(weight)).collect();
        let weights = Array::new(NAME, &[channels, kernel.ins, 3, 3], weights)?;
        let weights = pass.tape.constant(Datum::Numbers(weights));
        let convolution = Conv2d::new(0).stride([kernel.stride; 2]).padding([1; 2]);
        sum.push(pass.tape.apply(convolution, &[fired, weights])?);
    }
    pass.tape.apply(Add, &sum)
}

/// The synapses of a population, as lists.
#[derive(Default)]
struct Lists {
    from: Vec<u32>,
    to: Vec<u32>,
    weights: Vec<f64>,
}

impl Lists {
    fn add(&mut self, (from, to, weight): (u32, u32, f64)) {
        self.from.push(from);
        self.to.push(to);
        self.weights.push(weight);
    }

    /// Joins two populations by them; they take `delay` steps. Returns how many there are.
    fn connect(self, network: &mut Network, [from, to]: [&str; 2], delay: usize) -> Result<u64> {
        let (count, pairs) = (self.from.len() as u64, Explicit::new(self.from, self.to));
        if count > 0 {
            let [from, to] = [network.population(from, NAME)?, network.population(to, NAME)?];
            let synapse = Static::new(Weights::each(self.weights), delay as f64 * DT).at_receptor("in");
            network.connect(&from, &to, pairs, synapse)?;
        }
        Ok(count)
    }
}

/// The duration of a step, ms.
const DT: f64 = 1.0;
/// The population of the sources of what is the same in all steps.
const CONSTANT: &str = "constant";

/// The number of synapses, and the spikes of each layer as the engine plays them, [samples, steps, channels, rows,
/// columns].
fn spikes(layers: &[Layer], design: &super::Design, samples: usize, device: &Device) -> Result<(u64, Vec<Spikes>)> {
    let (steps, period) = (design.steps, design.steps + 2);
    let (mut network, synapses) = network(layers, design, samples)?;
    for layer in layers {
        let of = network.population(&layer.name, NAME)?;
        network.record(&of, crate::network::Spikes)?;
    }
    let last = layers.iter().map(|layer| layer.before).max().unwrap_or(0) + 1;
    let mut simulation = Simulation::new(network, device.clone(), Seed(1), &PlanOptions::default())?;
    simulation.run(Time::from_ms((steps_before(period, samples, 0) + last) as f64 * DT))?;
    let (mut all, mut first) = (Vec::new(), samples);
    let mut bounds = Vec::new();
    for Layer { name, drive, .. } in layers {
        all.push(Spikes::silent(name, &[samples, steps, drive.channels, drive.size, drive.size])?);
        bounds.push(first);
        first += drive.channels * drive.size * drive.size;
    }
    for spike in simulation.all_spikes() {
        // Sources of what is the same in all steps come before the first layer.
        let Some(layer) = bounds.partition_point(|&first| first <= spike.id as usize).checked_sub(1) else { continue };
        let at = (spike.step as usize).checked_sub(layers[layer].before + 2).filter(|&at| at >= period);
        if let Some(at) = at.filter(|at| at % period < steps && at / period <= samples) {
            all[layer].set(at / period - 1, at % period, spike.id as usize - bounds[layer]);
        }
    }
    Ok((synapses, all))
}

/// The network, without recorders, and its number of synapses, without those of [`CONSTANT`].
fn network(layers: &[Layer], design: &super::Design, samples: usize) -> Result<(Network, u64)> {
    let (steps, period) = (design.steps, design.steps + 2);
    let places = |layer: &Layer| layer.drive.channels * layer.drive.size * layer.drive.size;
    let each = |layer: &Layer| layer.drive.from.values().map(|kernel| kernel.ins as u64 * 9).sum::<u64>();
    let most: u64 = layers.iter().map(|layer| places(layer) as u64 * each(layer)).sum();
    if most > MAX_SYNAPSES {
        let problem = format!("it makes up to {most} synapses, and at most {MAX_SYNAPSES} are played");
        return Err(Error::invalid(NAME, format!("{problem}; name a net of fewer channels or smaller images")));
    }
    let mut network = Network::new(Time::from_ms(DT));
    let sources = network.add(CONSTANT, samples as u32, ParrotNeuron {})?;
    let mut synapses = 0;
    for layer in layers {
        let mut population = Population::new(&layer.name, places(layer) as u32, models::named("if_neuron", NAME)?)?;
        population.set("V_th", design.threshold)?;
        let own = network.add_population(population.clone())?;
        let mut lists = Lists::default();
        for (sample, numbers) in layer.drive.constant.iter().enumerate() {
            let some = numbers.iter().enumerate().filter(|(_, number)| **number != 0.0);
            some.for_each(|(unit, &number)| lists.add((sample as u32, unit as u32, number)));
        }
        lists.connect(&mut network, [CONSTANT, &layer.name], layer.before + 1)?;
        for (&from, kernel) in &layer.drive.from {
            let mut lists = Lists::default();
            kernel.for_each_synapse(layer.drive.size, |synapse| lists.add(synapse));
            let from = &layers[from];
            synapses += lists.connect(&mut network, [&from.name, &layer.name], layer.before - from.before)?;
        }
        hold_between_samples(&mut network, &own, &population, (samples, steps, period, DT), layer.before + 1)?;
    }
    let times = (0..samples).flat_map(|sample| (0..steps).map(move |step| (sample, step)));
    let times = times.map(|(sample, step)| (sample as u32, steps_before(period, sample, step) as f64 * DT));
    network.stimulate(&sources, SpikeGenerator::listed(times.collect::<Vec<_>>()), Static::new(1.0, DT))?;
    Ok((network, synapses))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::diffusion::Design;

    #[test]
    fn a_wrong_weight_or_constant_is_seen_in_the_spikes() -> Result<()> {
        // A low threshold, so that layers of weights that have not learned fire, too.
        let design = Design { channels: 2, size: 8, steps: 3, neuron: Neuron::Spiking, threshold: 0.05 };
        let (net, trained) = watched(UNet::<f64>::new(design)?);
        let (mut tape, statistics) = (Tape::new(1), net.statistics());
        let parameters = net.parameters(4)?;
        let weights =
            parameters.iter().map(|own| (own.name().to_owned(), tape.variable(own.value().clone()))).collect();
        let noisy = (0..128).map(|place: u32| f64::from(place * 37 % 101) / 50.0 - 1.0).collect();
        let x = tape.constant(Datum::Numbers(Array::new("x", &[2, 1, 1, 8, 8], noisy)?));
        net.forward(&mut tape, &weights, x, &[3, 700], (&statistics, false))?;
        let (statistics, activity) = (&statistics, Seen::default());
        let mut pass = Pass { net: &net, tape: &mut tape, weights: &weights, statistics, training: false, activity };
        let mut layers = fold(&mut pass, x, &[3, 700])?.layers;
        let device = Device::cpu().precision(Precision::F64);
        let trained = trained.lock().unwrap_or_else(PoisonError::into_inner);
        let differing = |layers: &[Layer]| -> Result<u64> {
            let own: Vec<&Spikes> = layers.iter().filter_map(|layer| trained.get(&layer.name)).collect();
            Ok(compare(&own, &spikes(layers, &design, 2, &device)?.1).differing)
        };
        assert_eq!((layers.len(), differing(&layers)?), (19, 0));
        assert!(layers.iter().all(|layer| trained.get(&layer.name).is_some_and(|spikes| spikes.count() > 0)));
        // A residual stream that is left out; a weight; what is the same in all steps.
        let skipped = layers[3].drive.from.remove(&0).ok_or_else(|| Error::Internal("no residual stream".into()))?;
        assert!(differing(&layers)? > 0);
        layers[3].drive.from.insert(0, skipped);
        layers[1].drive.from.values_mut().for_each(|kernel| kernel.weights[4] += 0.5);
        assert!(differing(&layers)? > 0);
        layers[1].drive.from.values_mut().for_each(|kernel| kernel.weights[4] -= 0.5);
        layers[18].drive.constant[1].iter_mut().for_each(|number| *number += 0.1);
        assert!(differing(&layers)? > 0);
        Ok(())
    }
}
