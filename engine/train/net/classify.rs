//! Learning to tell classes apart: samples encoded as spikes, a network, and what its last layer shows.

use crate::error::{Error, Result};
use crate::network::Latency;
use crate::train::fit::encode::{self, Draw};
use crate::train::fit::{Batch, Operations, Parameters, Samples, Tally, Task};
use crate::train::gemm::Float;
use crate::train::net::Net;
use crate::train::tape::{CrossEntropy, Datum, RateBand, Readout, Scale, Steps, Tape, Value};
use crate::train::{Array, Spikes};

/// How the numbers of a sample, from 0 to 1, become spikes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Code {
    /// A spike each, the earlier the larger.
    Latency(Latency),
    /// In each step a spike with this probability where the number is 1, and less where it is less; drawn anew in each epoch,
    /// and in the same way each time samples are judged.
    Rate(f64),
}

/// Samples of a step that are on the tape at once: what memory grows with. Gradients are summed in this order, so it is part of
/// what a result depends on.
pub const TOGETHER: usize = 32;

/// A network that learns the classes of samples.
#[derive(Debug, Clone)]
pub struct Classify<'a, T> {
    net: &'a Net<T>,
    samples: &'a Samples,
    code: Code,
    steps: usize,
    readout: Steps,
    /// Rates that hidden units are held within, in spikes per step, and what a unit out of them costs.
    rates: Option<(RateBand, f64)>,
    threads: usize,
    broken: Option<String>,
}

/// What came of some samples.
struct Answer<T> {
    loss: Value,
    /// Hidden layers that spike.
    hidden: Vec<Value>,
    logits: Array<T>,
    cross: f64,
}

impl<'a, T: Float> Classify<'a, T> {
    /// Samples shown for so many steps, and read out of the last layer by `readout`.
    ///
    /// # Errors
    /// Samples that do not fit the network's inputs, or classes its last layer.
    pub fn new(
        (net, samples): (&'a Net<T>, &'a Samples),
        (code, steps): (Code, usize),
        readout: Steps,
        threads: usize,
    ) -> Result<Classify<'a, T>> {
        let wrong = |problem: String| Err(Error::invalid("training", problem));
        if samples.units() != net.inputs() {
            return wrong(format!("samples have {} numbers, and the network {} inputs", samples.units(), net.inputs()));
        }
        match net.layers().last() {
            Some(last) if last.neurons.units() == samples.classes() as usize => {}
            Some(last) => {
                let (units, classes) = (last.neurons.units(), samples.classes());
                return wrong(format!("the last layer has {units} units for {classes} classes; give it one for each"));
            }
            None => return wrong("the network has no layer; add one for each class".into()),
        }
        Ok(Classify { net, samples, code, steps, readout, rates: None, threads, broken: None })
    }

    /// Holds the rates of hidden units within a band of spikes per step, where a unit out of it costs `weight` times the square
    /// of its distance.
    ///
    /// # Errors
    /// A band that ends before it begins.
    pub fn with_rates(self, low: f64, high: f64, weight: f64) -> Result<Classify<'a, T>> {
        Ok(Classify { rates: Some((RateBand::new(low, high)?, weight)), ..self })
    }

    /// Some samples as spikes, [samples, steps, inputs].
    ///
    /// # Errors
    /// Samples that are not there, or no brightness.
    pub fn encode(&self, samples: &[u32], draw: Draw) -> Result<Spikes> {
        match self.code {
            Code::Latency(latency) => encode::latency(self.samples, samples, latency, self.steps, self.net.dt()),
            Code::Rate(most) => encode::rate(self.samples, samples, most, self.steps, draw),
        }
    }

    /// The spikes of each layer, [samples, steps, units], as they are on a tape; a layer that shows its state is silent.
    ///
    /// # Errors
    /// As [`Net::forward`].
    pub fn spikes(&self, parameters: &Parameters<T>, input: Spikes) -> Result<Vec<Spikes>> {
        let (mut tape, weights) = self.tape(&seen(parameters));
        let shape = [input.samples(), input.steps()];
        let input = tape.constant(Datum::Spikes(input));
        let shown = self.net.forward(&mut tape, input, &weights)?;
        let layers = self.net.layers().iter().zip(shown);
        let spikes = layers.map(|(layer, value)| match tape.datum(value) {
            Datum::Spikes(spikes) => Ok(spikes.clone()),
            Datum::Numbers(_) => Spikes::silent(layer.neurons.name(), &[shape[0], shape[1], layer.neurons.units()]),
        });
        spikes.collect()
    }

    /// A tape with all parameters, given as the network sees them.
    fn tape(&self, seen: &[Array<T>]) -> (Tape<T>, Vec<Value>) {
        let mut tape = Tape::new(self.threads);
        let values = seen.iter().map(|parameter| tape.variable(parameter.clone())).collect();
        (tape, values)
    }

    /// Puts some samples on a tape, up to the sum of all losses.
    fn answer(&self, tape: &mut Tape<T>, weights: &[Value], input: Spikes, labels: &[u32]) -> Result<Answer<T>> {
        let input = tape.constant(Datum::Spikes(input));
        let shown = self.net.forward(tape, input, weights)?;
        let last = *shown.last().ok_or_else(|| Error::Internal("a network without layers".into()))?;
        let logits = tape.apply(Readout(self.readout.clone()), &[last])?;
        let mut loss = tape.apply(CrossEntropy::new(labels.to_vec()), &[logits])?;
        let cross = scalar(tape, loss)?;
        let spikes = |value: &Value| matches!(tape.datum(*value), Datum::Spikes(_));
        let hidden: Vec<Value> = shown.iter().copied().filter(spikes).collect();
        if let Some((band, weight)) = &self.rates {
            for &layer in &hidden {
                let away = tape.apply(band.clone(), &[layer])?;
                let away = tape.apply(Scale(*weight), &[away])?;
                loss = tape.apply(crate::train::tape::Add, &[loss, away])?;
            }
        }
        let logits = tape.datum(logits).numbers("logits")?.clone();
        Ok(Answer { loss, hidden, logits, cross })
    }

    /// What came of some samples, in sums.
    fn tally(&self, tape: &Tape<T>, answer: &Answer<T>, input: u64, labels: &[u32]) -> Tally {
        let classes = self.samples.classes() as usize;
        let rows = answer.logits.data().chunks(classes.max(1));
        let right = rows.zip(labels).filter(|(row, label)| largest(row) == **label as usize).count();
        let mut tally = Tally {
            samples: labels.len() as u64,
            loss: answer.cross * labels.len() as f64,
            judged: labels.len() as u64,
            correct: right as u64,
            ..Tally::default()
        };
        let mut sent = input;
        let mut hidden = answer.hidden.iter();
        for layer in self.net.layers() {
            tally.operations.add(&Operations::spikes(sent, layer.neurons.units() as u64));
            sent = match hidden.next().map(|value| tape.datum(*value)) {
                Some(Datum::Spikes(spikes)) => spikes.count(),
                _ => 0,
            };
            tally.spikes += sent;
            if let Some(among) = &layer.among {
                let connections = among.synapses.connections();
                let each = connections.synapses() as u64 / (connections.sources() as u64).max(1);
                tally.operations.add(&Operations::spikes(sent, each));
            }
        }
        tally
    }

    /// Goes over samples, [`TOGETHER`] at once; `each` gets every tape with its answer.
    fn over(
        &mut self,
        parameters: &Parameters<T>,
        batch: &Batch<'_>,
        mut each: impl FnMut(Tape<T>, &[Value], Answer<T>, f64) -> Result<()>,
    ) -> Result<Tally> {
        let draw = Draw { seed: batch.seed, number: batch.epoch.map_or(0, |epoch| epoch + 1) };
        // Rounded once, and not for each part of the batch.
        let seen = seen(parameters);
        let mut sum = Tally::default();
        for samples in batch.samples.chunks(TOGETHER) {
            let labels: Vec<u32> = samples.iter().map(|&sample| self.samples.labels()[sample as usize]).collect();
            let input = self.encode(samples, draw)?;
            let (mut tape, weights) = self.tape(&seen);
            let sent = input.count();
            let answer = self.answer(&mut tape, &weights, input, &labels);
            let answer = answer.inspect_err(|error| {
                if let Error::Numerics { population, .. } = error {
                    self.broken = Some(population.clone());
                }
            })?;
            sum.add(&self.tally(&tape, &answer, sent, &labels));
            each(tape, &weights, answer, samples.len() as f64 / batch.samples.len() as f64)?;
        }
        Ok(sum)
    }
}

impl<T: Float> Task<T> for Classify<'_, T> {
    fn learn(&mut self, parameters: &mut Parameters<T>, batch: &Batch<'_>) -> Result<Tally> {
        let mut sums: Vec<Option<Array<T>>> = parameters.iter().map(|_| None).collect();
        let tally = self.over(&*parameters, batch, |tape, weights, answer, share| {
            let mut adjoints = tape.backward(answer.loss)?;
            for (sum, &value) in sums.iter_mut().zip(weights) {
                let Some(mut adjoint) = adjoints.take(value) else { continue };
                adjoint.data_mut().iter_mut().for_each(|value| *value *= T::of(share));
                match sum {
                    Some(sum) => sum.add("gradient", &adjoint)?,
                    none => *none = Some(adjoint),
                }
            }
            Ok(())
        })?;
        for (parameter, sum) in parameters.iter_mut().zip(sums) {
            if let Some(sum) = sum {
                parameter.gradient_mut().add("gradient", &sum)?;
            }
        }
        Ok(tally)
    }

    fn judge(&mut self, parameters: &Parameters<T>, batch: &Batch<'_>) -> Result<Tally> {
        self.over(parameters, batch, |_, _, _, _| Ok(()))
    }

    fn broken_layer(&self) -> Option<String> {
        self.broken.clone()
    }
}

/// All parameters as the network sees them.
fn seen<T: Float>(parameters: &Parameters<T>) -> Vec<Array<T>> {
    parameters.iter().map(|parameter| parameter.seen()).collect()
}

/// The one number of a value.
fn scalar<T: Float>(tape: &Tape<T>, value: Value) -> Result<f64> {
    let numbers = tape.datum(value).numbers("loss")?;
    Ok(numbers.data().first().map_or(f64::NAN, |loss| loss.value()))
}

/// The place of the largest number, the first of them where several are.
fn largest<T: Float>(row: &[T]) -> usize {
    let mut most = 0;
    for (place, value) in row.iter().enumerate() {
        if *value > row[most] {
            most = place;
        }
    }
    most
}
