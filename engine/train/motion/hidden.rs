//! A hidden layer of spiking neurons whose synapses have one learned delay each, for comparison with the linear kernel.

use std::sync::Arc;

use super::kernel::Extent;
use super::learn::best;
use super::patch::Patches;
use super::task::Task;
use crate::device::Device;
use crate::equations::derivative::Surrogate;
use crate::error::{Error, Result};
use crate::models::{self, ParrotNeuron};
use crate::network::{Explicit, Network, Population, SpikeGenerator, Static, Value as Each};
use crate::plan::PlanOptions;
use crate::seed::Seed;
use crate::simulation::Simulation;
use crate::time::Time;
use crate::train::array::argmax;
use crate::train::fit::{Adam, Initial, Method, Optimiser, Parameter, Parameters};
use crate::train::layer::{Neurons, Options, Shows, Steps};
use crate::train::tape::{
    self, CrossEntropy, Datum, DelayConvolution, DelayKernel, Form, Linear, Readout, Tape, Value,
};
use crate::train::{Array, Spikes};

/// Movies of a batch.
const BATCH: u64 = 4;
/// Time constants of hidden neurons and of the traces of their spikes that are read out, in steps.
const TAU: f64 = 1.0;
/// The width of the Gaussian over delays at the beginning of learning, in steps (Hammouamri et al. 2023).
const WIDE: f64 = 3.0;
/// Its width at the end.
const NARROW: f64 = 0.3;
/// The learning rate of delays, as a multiple of that of weights.
const FASTER: f64 = 30.0;
/// The number of steps by which a spike in the engine comes later than on the tape.
const LATER: usize = 2;

/// A net with synapses from every pixel of a kernel's extent and both polarities onto hidden neurons, with a weight and
/// a delay each. Hidden neurons are `iaf_psc_delta`, and a leaky trace of their spikes is read out linearly.
#[derive(Debug, Clone)]
pub struct Hidden {
    extent: Extent,
    population: Population,
    neurons: Arc<Neurons<f32>>,
    /// `weights` [2 · height · width, hidden], `delays` of the same shape, `readout` [hidden, classes], `biases`
    /// \[classes\].
    parameters: Parameters<f32>,
    /// How a weight is spread over delays on the tape.
    form: Form,
}

impl Hidden {
    /// A net for kernels of this extent, with `hidden` hidden neurons and `classes` classes, whose parameters are drawn
    /// from `seed`.
    ///
    /// # Errors
    /// An extent out of its bounds, no neurons or classes.
    pub fn new(extent: Extent, (hidden, classes): (usize, usize), seed: u64) -> Result<Hidden> {
        let inputs = 2 * extent.check()?.height * extent.width;
        let mut population = Population::new("hidden", hidden as u32, models::named("iaf_psc_delta", "hidden")?)?;
        for (name, value) in [("E_L", 0.0), ("V_reset", 0.0), ("V_th", 1.0), ("t_ref", 0.0), ("tau_m", TAU)] {
            population.set(name, value)?;
        }
        let options = Options {
            surrogate: Surrogate::Atan(2.0),
            attached: false,
            receptors: vec!["in".into()],
            shows: Shows::Spikes,
        };
        let neurons = Arc::new(Neurons::new(&population, 1.0, Seed(seed), &options)?);
        let longest = extent.delays as f64 - 1.0;
        let mut parameters = Parameters::new();
        let weights = Initial::Normal(0.0, 0.3).array("weights", &[inputs, hidden], seed, 0)?;
        parameters.add(Parameter::new("weights", weights)?)?;
        let delays = Initial::Uniform(0.0, longest).array("delays", &[inputs, hidden], seed, 1)?;
        parameters.add(Parameter::new("delays", delays)?.bounded(0.0, longest)?.at_rate(FASTER)?)?;
        let readout = Initial::Linear(hidden as u32).array("readout", &[hidden, classes], seed, 2)?;
        parameters.add(Parameter::new("readout", readout)?)?;
        parameters.add(Parameter::new("biases", Array::zeros("biases", &[classes])?)?)?;
        Ok(Hidden { extent, population, neurons, parameters, form: Form::Gaussian(WIDE) })
    }

    /// The number of classes.
    fn classes(&self) -> usize {
        self.parameters.iter().last().map_or(0, |own| own.value().data().len())
    }

    /// The parameters: `weights` and `delays` [2 · height · width, hidden], `readout` [hidden, classes], `biases`
    /// \[classes\].
    pub fn parameters(&self) -> &Parameters<f32> {
        &self.parameters
    }

    /// Puts the parameters and the hidden spikes for an input, [samples, steps, 2, height, width], on a tape: the
    /// spikes [samples, steps, hidden], and the values of all parameters.
    fn spikes(&self, tape: &mut Tape<f32>, input: Spikes) -> Result<(Value, Vec<Value>)> {
        let values: Vec<Value> = self.parameters.iter().map(|own| tape.variable(own.value().clone())).collect();
        let input = tape.constant(Datum::Spikes(input));
        let kernel = tape.apply(DelayKernel::new(self.extent.delays, self.form)?, &values[..2])?;
        let drive = tape.apply(DelayConvolution::new(1), &[input, kernel])?;
        Ok((tape.apply(Steps::new(self.neurons.clone()), &[drive])?, values))
    }

    /// Puts the evidence of patches for all classes, [patches, classes], on a tape: the evidence, and the values of all
    /// parameters.
    fn evidence_on(&self, tape: &mut Tape<f32>, patches: &Patches) -> Result<(Value, Vec<Value>)> {
        let (spikes, values) = self.spikes(tape, self.input(patches)?)?;
        let each = tape.apply(Linear::new(0), &[spikes, values[2], values[3]])?;
        let steps = self.extent.delays + 1;
        let fades = |step: usize| (-((steps - 1 - step) as f64) / TAU).exp();
        Ok((tape.apply(Readout(tape::Steps::Weighted((0..steps).map(fades).collect())), &[each])?, values))
    }

    /// Patches as spikes [patches, steps, 2, height, width]: events without delay are in the last step but one.
    fn input(&self, patches: &Patches) -> Result<Spikes> {
        let Extent { delays, height, width } = self.extent;
        let mut spikes = Spikes::silent("patches", &[patches.len(), delays + 1, 2, height, width])?;
        for number in 0..patches.len() {
            for &feature in patches.patch(number) {
                let [polarity, delay, down, across] = self.extent.place(feature as usize);
                spikes.set(number, delays - 1 - delay, (polarity * height + down) * width + across);
            }
        }
        Ok(spikes)
    }

    /// The evidence of patches for all classes, [patches, classes].
    ///
    /// # Errors
    /// Patches of another extent.
    pub fn evidence(&self, patches: &Patches, threads: usize) -> Result<Array<f32>> {
        let mut tape = Tape::new(threads);
        let (evidence, _) = self.evidence_on(&mut tape, patches)?;
        tape.datum(evidence).numbers("evidence").cloned()
    }

    /// Learns from the patches of `movies` movies, each seen once, by Adam with the largest rate `rate`, while the
    /// spread over delays becomes narrow; then delays are rounded, and weights are put on a grid, so that the engine's
    /// sums are the same. `watch` is called with the number of movies seen, and ends learning by `false`.
    ///
    /// # Errors
    /// What [`Task::patches`] refuses.
    pub fn learn(
        &mut self,
        task: &Task,
        (movies, rate): (u64, f64),
        threads: usize,
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> Result<()> {
        let mut optimiser = Optimiser::new(Method::Adam(Adam { lr: rate, ..Adam::default() }), &self.parameters)?;
        for first in (0..movies).step_by(BATCH as usize) {
            let done = first as f64 / movies as f64;
            // The spread reaches its final width after three quarters.
            self.form = Form::Gaussian(WIDE * (NARROW / WIDE).powf((done / 0.75).min(1.0)));
            let end = (first + BATCH).min(movies);
            let (patches, classes) = task.patches(first..end, threads)?;
            let mut tape = Tape::new(threads);
            let (evidence, values) = self.evidence_on(&mut tape, &patches)?;
            let loss = tape.apply(CrossEntropy::new(classes), &[evidence])?;
            let mut adjoints = tape.backward(loss)?;
            self.parameters.zero_gradients();
            for (parameter, value) in self.parameters.iter_mut().zip(values) {
                adjoints.take(value).map_or(Ok(()), |own| parameter.gradient_mut().add("gradient", &own))?;
            }
            optimiser.update(&mut self.parameters, (rate * (1.0 - done)).into());
            if !watch(end) {
                break;
            }
        }
        self.round_parameters()
    }

    /// Rounds delays to whole steps, and weights to multiples of a power of two.
    fn round_parameters(&mut self) -> Result<()> {
        self.form = Form::Triangle;
        let hidden = self.neurons.units();
        let delays = self.parameters.named_mut("delays")?.value_mut();
        delays.data_mut().iter_mut().for_each(|delay| *delay = delay.round_ties_even());
        let weights = self.parameters.named_mut("weights")?.value_mut().data_mut();
        let mut sums = vec![0.0f64; hidden];
        weights.iter().enumerate().for_each(|(place, weight)| sums[place % hidden] += f64::from(weight.abs()));
        let largest = sums.into_iter().fold(f64::MIN_POSITIVE, f64::max);
        let unit = (largest / 2.0f64.powi(21)).log2().ceil().exp2();
        weights.iter_mut().for_each(|weight| *weight = ((f64::from(*weight) / unit).round_ties_even() * unit) as f32);
        Ok(())
    }

    /// The shares of right answers to single patches, and to all patches of a movie by the sum of their evidence, over
    /// the movies `numbers`; `said` gives the evidence of patches, [patches, classes].
    ///
    /// # Errors
    /// What [`Task::patches`] refuses.
    pub fn judge(
        task: &Task,
        numbers: std::ops::Range<u64>,
        threads: usize,
        mut said: impl FnMut(&Patches) -> Result<Vec<f32>>,
    ) -> Result<[f64; 2]> {
        let (mut right, mut all) = ([0u64; 2], [0u64; 2]);
        for number in numbers {
            let (patches, classes) = task.patches(number..number + 1, threads)?;
            let evidence = said(&patches)?;
            let count = task.motions.len();
            let mut sum = vec![0.0f32; count];
            for (own, &class) in evidence.chunks_exact(count).zip(&classes) {
                sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
                right[0] += u64::from(best(own) == class as usize);
                all[0] += 1;
            }
            right[1] += u64::from(classes.first().is_some_and(|&class| best(&sum) == class as usize));
            all[1] += 1;
        }
        Ok([0, 1].map(|k| right[k] as f64 / all[k].max(1) as f64))
    }

    /// The hidden spikes for a movie as large as the extent, [1, steps, 2, height, width], as the tape computes them:
    /// [1, steps, hidden].
    ///
    /// # Errors
    /// A movie of another size.
    pub fn shown(&self, movie: &Spikes) -> Result<Spikes> {
        self.check_movie(movie)?;
        let mut tape = Tape::new(1);
        let (spikes, _) = self.spikes(&mut tape, movie.clone())?;
        match tape.datum(spikes) {
            Datum::Spikes(spikes) => Ok(spikes.clone()),
            Datum::Numbers(_) => Err(Error::Internal("hidden neurons show no spikes".into())),
        }
    }

    /// Checks that a movie is as large as the extent.
    fn check_movie(&self, movie: &Spikes) -> Result<()> {
        match *movie.shape() {
            [1, _, 2, height, width] if [height, width] == [self.extent.height, self.extent.width] => Ok(()),
            _ => Err(Error::invalid("movie", "the hidden layer sees one movie as large as its extent".to_owned())),
        }
    }

    /// The hidden spikes of [`Hidden::shown`] as the engine plays them on `device`: a synapse for each weight, its
    /// delay one step more than the learned one.
    ///
    /// # Errors
    /// A movie of another size; whatever building and running refuse.
    pub fn played(&self, movie: &Spikes, device: Device) -> Result<Spikes> {
        self.check_movie(movie)?;
        let (hidden, inputs, steps) = (self.neurons.units(), movie.units(), movie.steps());
        let mut network = Network::new(Time::from_ms(1.0));
        let pixels = network.add("pixels", inputs as u32, ParrotNeuron {})?;
        let neurons = network.add_population(self.population.clone())?;
        let list = |name: &str, more: f64| -> Result<Each> {
            let own = self.parameters.named(name)?.value().data();
            Ok(Each::each(own.iter().map(|&own| f64::from(own) + more).collect::<Vec<f64>>()))
        };
        let pairs = (0..inputs as u32).flat_map(|from| (0..hidden as u32).map(move |to| (from, to)));
        let (from, to): (Vec<u32>, Vec<u32>) = pairs.unzip();
        let synapse = Static::new(list("weights", 0.0)?, list("delays", 1.0)?);
        network.connect(&pixels, &neurons, Explicit::new(from, to), synapse)?;
        let times: Vec<(u32, f64)> = (0..steps)
            .flat_map(|step| movie.firing(0, step).map(move |unit| (unit as u32, (step + 1) as f64)))
            .collect();
        network.stimulate(&pixels, SpikeGenerator::listed(times), Static::new(1.0, 1.0))?;
        network.record(&neurons, crate::network::Spikes)?;
        let mut simulation = Simulation::new(network, device, Seed(1), &PlanOptions::default())?;
        simulation.run(Time::from_ms((steps + LATER) as f64))?;
        let mut spikes = Spikes::silent("hidden", &[1, steps, hidden])?;
        for spike in simulation.all_spikes() {
            let (unit, step) = ((spike.id as usize).checked_sub(inputs), (spike.step as usize).checked_sub(LATER));
            if let (Some(unit), Some(step)) = (unit, step.filter(|&step| step < steps)) {
                spikes.set(0, step, unit);
            }
        }
        Ok(spikes)
    }

    /// A copy in which the delay of the largest weight is a step shorter, or a step longer where it was 0: its spikes
    /// should differ.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn with_another_delay(&self) -> Result<Hidden> {
        let mut other = self.clone();
        let largest = argmax(self.parameters.named("weights")?.value().data());
        let delay = &mut other.parameters.named_mut("delays")?.value_mut().data_mut()[largest];
        *delay += if *delay > 0.0 { -1.0 } else { 1.0 };
        Ok(other)
    }

    /// The number of classes, and the number of all parameters.
    pub fn size(&self) -> (usize, u64) {
        (self.classes(), self.parameters.iter().map(|own| own.value().data().len() as u64).sum())
    }
}
