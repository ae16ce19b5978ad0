//! Networks with a hidden layer whose units can be left out, one of spiking neurons and one of ReLUs.

use crate::error::{Error, Result};
use crate::train::array::argmax;
use crate::train::fit::encode::Draw;
use crate::train::fit::{Batch, Initial, Operations, Parameter, Parameters, Samples, Tally, Task};
use crate::train::net::Classify;
use crate::train::pruning::gate::Cost;
use crate::train::share;
use crate::train::tape::{CrossEntropy, Curve, Datum, Linear, Pointwise, Readout, Reshape, Tape, Value};
use crate::train::tasks::Ready;
use crate::train::{Array, Spikes, layer};

/// What a hidden layer does with some samples.
#[derive(Debug, Clone)]
pub struct Hidden {
    /// The features of the samples, [samples, inputs].
    pub inputs: Array<f64>,
    /// Spike counts, or outputs of the ReLUs, [samples, units].
    pub activity: Array<f64>,
    /// What each unit does to the answers: its activity times the standard deviation of its weights onto them,
    /// [samples, units].
    pub effect: Array<f64>,
    /// What each sample's operations depend on.
    pub costs: Vec<Cost>,
    /// How many spikes, or numbers that are not zero, each unit sends, [samples, units].
    pub sent: Vec<u32>,
    /// The spikes of the layer, of [`Spiking`] only.
    spikes: Option<Spikes>,
}

impl Hidden {
    /// The number of samples and of units.
    pub fn shape(&self) -> [usize; 2] {
        [self.activity.shape()[0], self.activity.shape()[1]]
    }
}

/// A trained network whose hidden units can be left out.
pub trait Network {
    /// What its hidden layer does with the samples of these numbers.
    ///
    /// # Errors
    /// A sample that does not exist.
    fn hidden(&self, samples: &[u32]) -> Result<Hidden>;

    /// The class that the network answers to each sample of `hidden` where only the units of `kept`, [samples, units],
    /// send something.
    ///
    /// # Errors
    /// Another number of units; a hidden layer of another kind of network.
    fn answers(&self, hidden: &Hidden, kept: &[bool]) -> Result<Vec<u32>>;

    /// The network with only `share` of its weights onto the hidden layer, the largest ones, and how many of them each
    /// input keeps.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    fn thinned(&self, share: f64) -> Result<(Box<dyn Network + '_>, Vec<u32>)>;

    /// How many times each input arrives in a sample: its spikes, or 1 for a number that is not zero.
    ///
    /// # Errors
    /// A sample that does not exist.
    fn arriving(&self, sample: u32) -> Result<Vec<u32>>;
}

/// The effect of units, [samples, units]: activity [samples, units] times the standard deviation of each unit's weights
/// [units, answers].
fn effect(activity: &Array<f64>, weights: &Array<f32>) -> Result<Array<f64>> {
    let deviation = |row: &[f32]| {
        let mean = row.iter().sum::<f32>() / row.len() as f32;
        f64::from(row.iter().map(|weight| (weight - mean).powi(2)).sum::<f32>() / row.len() as f32).sqrt()
    };
    let sizes: Vec<f64> = weights.data().chunks(weights.shape()[1].max(1)).map(deviation).collect();
    let data = activity.data().iter().enumerate().map(|(place, value)| value * sizes[place % sizes.len()]).collect();
    Array::new("effect", activity.shape(), data)
}

/// How many samples share a tape.
const SAMPLES_OF_A_TAPE: usize = 125;

/// The class of a row of logits: the place of the largest.
fn class<T: PartialOrd>(logits: &[T]) -> u32 {
    argmax(logits) as u32
}

/// The features of the samples of these numbers, [samples, inputs].
fn features_of(samples: &Samples, wanted: &[u32]) -> Result<Array<f64>> {
    let all = wanted.iter().flat_map(|&sample| samples.sample(sample).iter().map(|&value| f64::from(value)));
    Array::new("samples", &[wanted.len(), samples.units()], all.collect())
}

/// Sets all but the largest `share` of weights [inputs, units], by absolute value, to zero; gives how many each input
/// keeps.
fn keep_largest_weights(weights: &mut Array<f32>, share: f64) -> Vec<u32> {
    let mut sizes: Vec<f32> = weights.data().iter().map(|weight| weight.abs()).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let kept = ((sizes.len() as f64 * share).round() as usize).min(sizes.len());
    let bound = if kept == 0 { f32::INFINITY } else { sizes[kept - 1] };
    weights.data_mut().iter_mut().filter(|weight| weight.abs() < bound).for_each(|weight| *weight = 0.0);
    let units = weights.shape()[1].max(1);
    weights.data().chunks(units).map(|row| row.iter().filter(|weight| **weight != 0.0).count() as u32).collect()
}

/// Networks of spiking neurons, as [`crate::train::tasks`] trains them.
#[derive(Debug, Clone)]
pub struct Spiking<'a> {
    ready: &'a Ready<f32>,
    parameters: Parameters<f32>,
    threads: usize,
}

impl<'a> Spiking<'a> {
    /// The network of a task with one hidden layer, with weights that were trained.
    ///
    /// # Errors
    /// A network of another number of layers, or whose hidden neurons reach each other.
    pub fn new(ready: &'a Ready<f32>, parameters: Parameters<f32>, threads: usize) -> Result<Spiking<'a>> {
        let layers = ready.net.layers();
        if layers.len() != 2 || layers[0].among.is_some() {
            return Err(Error::invalid("pruning", "it takes one hidden layer whose neurons do not reach each other"));
        }
        Ok(Spiking { ready, parameters, threads })
    }

    /// The task as it trains and plays the network.
    fn learning(&self, threads: usize) -> Result<Classify<'_, f32>> {
        self.ready.learning(threads)
    }

    /// The input spikes of the samples of these numbers, [samples, steps, inputs].
    fn input_spikes(&self, samples: &[u32]) -> Result<Spikes> {
        self.learning(1)?.encode(samples, Draw { seed: self.ready.settings.seed, number: 0 })
    }

    /// The weights of the readout, [units, answers].
    fn onto_answers(&self) -> Result<Array<f32>> {
        let weights = self.parameters.iter().nth(self.ready.net.layers()[1].weights).map(Parameter::seen);
        weights.ok_or_else(|| Error::Internal("a readout without weights".into()))
    }

    /// The answers of the readout to spikes of the hidden layer, [samples, steps, units].
    fn read_out(&self, hidden: Spikes) -> Result<Vec<u32>> {
        let readout = &self.ready.net.layers()[1];
        let mut tape = Tape::new(1);
        let weights = tape.constant(Datum::Numbers(self.onto_answers()?));
        let hidden = tape.constant(Datum::Spikes(hidden));
        let drive = tape.apply(Linear::new(readout.delay), &[hidden, weights])?;
        let shown = tape.apply(layer::Steps::new(readout.neurons.clone()), &[drive])?;
        let logits = tape.apply(Readout(self.ready.readout.clone()), &[shown])?;
        let logits = tape.datum(logits).numbers("logits")?;
        Ok(logits.data().chunks(readout.neurons.units()).map(class).collect())
    }
}

impl Network for Spiking<'_> {
    fn hidden(&self, samples: &[u32]) -> Result<Hidden> {
        let (steps, units) = (self.ready.steps, self.ready.net.layers()[0].neurons.units());
        let classes = self.ready.samples.classes().into();
        let mut spikes = Spikes::silent("hidden", &[samples.len(), steps, units])?;
        let row = spikes.row_words();
        let parts: Vec<_> = samples
            .chunks(SAMPLES_OF_A_TAPE)
            .zip(spikes.words_mut().chunks_mut((SAMPLES_OF_A_TAPE * steps * row).max(1)))
            .collect();
        share::items(self.threads, parts, |(samples, words)| {
            let shown = self.learning(1)?.spikes(&self.parameters, self.input_spikes(samples)?)?;
            words.copy_from_slice(shown[0].words());
            Ok(())
        })?;
        let mut sent = vec![0u32; samples.len() * units];
        for sample in 0..samples.len() {
            for step in 0..steps {
                spikes.firing(sample, step).for_each(|unit| sent[sample * units + unit] += 1);
            }
        }
        let cost = |sample: &u32| -> Result<Cost> {
            let arriving = self.input_spikes(&[*sample])?.count();
            Ok(Cost { arriving, updates: steps as u64, classes })
        };
        let activity = sent.iter().map(|&sent| sent.into()).collect();
        let activity = Array::new("activity", &[samples.len(), units], activity)?;
        Ok(Hidden {
            inputs: features_of(&self.ready.samples, samples)?,
            effect: effect(&activity, &self.onto_answers()?)?,
            activity,
            costs: samples.iter().map(cost).collect::<Result<_>>()?,
            sent,
            spikes: Some(spikes),
        })
    }

    fn answers(&self, hidden: &Hidden, kept: &[bool]) -> Result<Vec<u32>> {
        let spikes =
            hidden.spikes.as_ref().ok_or_else(|| Error::invalid("pruning", "the layer has no spikes; give its own"))?;
        let (steps, units, row) = (spikes.steps(), spikes.units(), spikes.row_words());
        if kept.len() != spikes.samples() * units {
            let problem = format!("{} units are kept or not, and there are {}", kept.len(), spikes.samples() * units);
            return Err(Error::invalid("pruning", problem));
        }
        let mut answers = vec![0; spikes.samples()];
        let masks = kept.chunks(units.max(1)).map(|kept| {
            let mut mask = vec![0u64; row];
            kept.iter()
                .enumerate()
                .filter(|(_, kept)| **kept)
                .for_each(|(unit, _)| mask[unit / 64] |= 1 << (unit % 64));
            mask
        });
        let masks: Vec<Vec<u64>> = masks.collect();
        share::blocks(self.threads, &mut answers, SAMPLES_OF_A_TAPE, |block, answers| {
            let mut own = Spikes::silent("hidden", &[answers.len(), steps, units])?;
            for (k, words) in own.words_mut().chunks_mut(row).enumerate() {
                let sample = block * SAMPLES_OF_A_TAPE + k / steps;
                let pairs = spikes.row(sample, k % steps).iter().zip(&masks[sample]);
                words.iter_mut().zip(pairs).for_each(|(to, (word, mask))| *to = word & mask);
            }
            answers.copy_from_slice(&self.read_out(own)?);
            Ok(())
        })?;
        Ok(answers)
    }

    fn thinned(&self, share: f64) -> Result<(Box<dyn Network + '_>, Vec<u32>)> {
        let mut parameters = self.parameters.clone();
        let weights = self.ready.net.layers()[0].weights;
        let weights = parameters.iter_mut().nth(weights);
        let left = keep_largest_weights(
            weights.ok_or_else(|| Error::Internal("a layer without weights".into()))?.value_mut(),
            share,
        );
        Ok((Box::new(Spiking { parameters, ..self.clone() }), left))
    }

    fn arriving(&self, sample: u32) -> Result<Vec<u32>> {
        let input = self.input_spikes(&[sample])?;
        let mut times = vec![0; input.units()];
        for step in 0..input.steps() {
            input.firing(0, step).for_each(|unit| times[unit] += 1);
        }
        Ok(times)
    }
}

/// A hidden layer of ReLUs, h = max(0, x W + b), read out by a linear layer.
#[derive(Debug, Clone)]
pub struct Relus<'a> {
    samples: &'a Samples,
    parameters: Parameters<f32>,
}

impl<'a> Relus<'a> {
    /// A network of `units` hidden units for these samples, with weights drawn by Kaiming's rule from `seed` and biases
    /// of zero.
    ///
    /// # Errors
    /// No units.
    pub fn new(samples: &'a Samples, units: usize, seed: u64) -> Result<Relus<'a>> {
        let mut parameters = Parameters::new();
        let (inputs, classes) = (samples.units(), samples.classes() as usize);
        let shapes = [("hidden", inputs, units, 2f64.sqrt()), ("readout", units, classes, 1.0)];
        for (k, (name, from, to, gain)) in shapes.into_iter().enumerate() {
            let initial = Initial::Kaiming { fan_in: from as u32, gain };
            let weights = format!("weights {name}");
            parameters.add(Parameter::new(&weights, initial.array(&weights, &[from, to], seed, k as u32)?)?)?;
            let bias = format!("bias {name}");
            parameters.add(Parameter::new(&bias, Array::zeros(&bias, &[to])?)?.unpenalised())?;
        }
        Ok(Relus { samples, parameters })
    }

    /// Its weights and biases.
    pub fn parameters(&self) -> &Parameters<f32> {
        &self.parameters
    }

    /// The network with other weights and biases, which were trained.
    #[must_use]
    pub fn with(self, parameters: Parameters<f32>) -> Relus<'a> {
        Relus { parameters, ..self }
    }

    /// A tape, and on it the parameters, the hidden layer [samples, 1, units] and logits [samples, classes].
    fn forward(&self, parameters: &Parameters<f32>, wanted: &[u32]) -> Result<(Tape<f32>, Vec<Value>, Value, Value)> {
        let mut tape = Tape::new(1);
        let own: Vec<Value> = parameters.iter().map(|own| tape.variable(own.seen())).collect();
        let inputs: Vec<f32> = wanted.iter().flat_map(|&sample| self.samples.sample(sample)).copied().collect();
        let inputs = Array::new("samples", &[wanted.len(), 1, self.samples.units()], inputs)?;
        let inputs = tape.constant(Datum::Numbers(inputs));
        let hidden = tape.apply(Linear::new(0), &[inputs, own[0], own[1]])?;
        let hidden = tape.apply(Pointwise(Curve::Relu), &[hidden])?;
        let logits = tape.apply(Linear::new(0), &[hidden, own[2], own[3]])?;
        let shape = vec![wanted.len(), self.samples.classes() as usize];
        let logits = tape.apply(Reshape(shape), &[logits])?;
        Ok((tape, own, hidden, logits))
    }

    /// A tape, and on it the parameters and the loss of a batch; and the batch's loss and right answers.
    fn batch(&self, parameters: &Parameters<f32>, batch: &Batch<'_>) -> Result<(Tape<f32>, Vec<Value>, Value, Tally)> {
        let labels: Vec<u32> = batch.samples.iter().map(|&sample| self.samples.labels()[sample as usize]).collect();
        let (mut tape, own, _, logits) = self.forward(parameters, batch.samples)?;
        let rows = tape.datum(logits).numbers("logits")?.data().chunks(self.samples.classes() as usize);
        let correct = rows.zip(&labels).filter(|(row, label)| class(row) == **label).count() as u64;
        let loss = tape.apply(CrossEntropy::new(labels), &[logits])?;
        let mean = f64::from(tape.datum(loss).numbers("loss")?.data()[0]);
        let samples = batch.samples.len() as u64;
        let operations = Operations::default();
        let tally = Tally { samples, loss: mean * samples as f64, judged: samples, correct, spikes: 0, operations };
        Ok((tape, own, loss, tally))
    }
}

impl Task<f32> for Relus<'_> {
    fn learn(&mut self, parameters: &mut Parameters<f32>, batch: &Batch<'_>) -> Result<Tally> {
        let (tape, own, loss, tally) = self.batch(parameters, batch)?;
        let mut adjoints = tape.backward(loss)?;
        for (parameter, value) in parameters.iter_mut().zip(own) {
            adjoints.take(value).map_or(Ok(()), |adjoint| parameter.gradient_mut().add("gradient", &adjoint))?;
        }
        Ok(tally)
    }

    fn judge(&mut self, parameters: &Parameters<f32>, batch: &Batch<'_>) -> Result<Tally> {
        Ok(self.batch(parameters, batch)?.3)
    }
}

impl Network for Relus<'_> {
    fn hidden(&self, samples: &[u32]) -> Result<Hidden> {
        let mut activity = Vec::new();
        let mut units = 0;
        for samples in samples.chunks(SAMPLES_OF_A_TAPE) {
            let (tape, _, hidden, _) = self.forward(&self.parameters, samples)?;
            let hidden = tape.datum(hidden).numbers("hidden")?;
            units = hidden.shape()[2];
            activity.extend(hidden.data().iter().map(|&value| f64::from(value)));
        }
        let sent = activity.iter().map(|&value| u32::from(value != 0.0)).collect();
        let arriving = |&sample: &u32| self.samples.sample(sample).iter().filter(|value| **value != 0.0).count() as u64;
        let classes = self.samples.classes().into();
        let activity = Array::new("activity", &[samples.len(), units], activity)?;
        Ok(Hidden {
            inputs: features_of(self.samples, samples)?,
            effect: effect(&activity, &self.parameters.named("weights readout")?.seen())?,
            activity,
            costs: samples.iter().map(arriving).map(|arriving| Cost { arriving, updates: 1, classes }).collect(),
            sent,
            spikes: None,
        })
    }

    fn answers(&self, hidden: &Hidden, kept: &[bool]) -> Result<Vec<u32>> {
        let [samples, units] = hidden.shape();
        if kept.len() != samples * units {
            let problem = format!("{} units are kept or not, and there are {}", kept.len(), samples * units);
            return Err(Error::invalid("pruning", problem));
        }
        let own: Vec<Array<f32>> = self.parameters.iter().map(Parameter::seen).collect();
        let (weights, bias) = (own[2].data(), own[3].data());
        let answer = |(activity, kept): (&[f64], &[bool])| {
            let mut logits: Vec<f64> = bias.iter().map(|&bias| bias.into()).collect();
            for ((value, _), row) in
                activity.iter().zip(kept).zip(weights.chunks(logits.len())).filter(|((_, kept), _)| **kept)
            {
                logits.iter_mut().zip(row).for_each(|(sum, &weight)| *sum += value * f64::from(weight));
            }
            class(&logits)
        };
        Ok(hidden.activity.data().chunks(units).zip(kept.chunks(units)).map(answer).collect())
    }

    fn thinned(&self, share: f64) -> Result<(Box<dyn Network + '_>, Vec<u32>)> {
        let mut parameters = self.parameters.clone();
        let left = keep_largest_weights(parameters.named_mut("weights hidden")?.value_mut(), share);
        Ok((Box::new(Relus { samples: self.samples, parameters }), left))
    }

    fn arriving(&self, sample: u32) -> Result<Vec<u32>> {
        Ok(self.samples.sample(sample).iter().map(|&value| u32::from(value != 0.0)).collect())
    }
}
