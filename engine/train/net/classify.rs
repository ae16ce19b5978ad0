//! Learning to tell classes apart: samples encoded as spikes, a network, and what its last layer shows.

use crate::error::{Error, Result};
use crate::network::Latency;
use crate::train::array::argmax;
use crate::train::fit::encode::{self, Draw};
use crate::train::fit::{Batch, Operations, Parameters, Samples, Tally, Task};
use crate::train::gemm::Float;
use crate::train::net::Net;
use crate::train::share;
use crate::train::tape::{Connections, CrossEntropy, Datum, RateBand, Readout, Scale, Steps, Tape, Value};
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

impl Code {
    /// From derivatives by the spikes of a sample, \[steps, units\], to those by its numbers.
    fn slopes<T: Float>(self, (spikes, sample): (&Spikes, usize), bars: &[T], slopes: &mut [T]) {
        let (units, steps) = (slopes.len(), spikes.steps());
        match self {
            Code::Rate(most) => {
                for bars in bars.chunks(units) {
                    slopes.iter_mut().zip(bars).for_each(|(slope, &bar)| *slope += T::of(most) * bar);
                }
            }
            Code::Latency(_) => {
                // A silent unit would first fire in the last step.
                slopes.copy_from_slice(&bars[(steps - 1) * units..]);
                for step in 0..steps {
                    // In the first step none is earlier: by what one later would change.
                    let early = step.max(1).min(steps - 1);
                    for unit in spikes.firing(sample, step) {
                        slopes[unit] = bars[early.saturating_sub(1) * units + unit] - bars[early * units + unit];
                    }
                }
            }
        }
    }
}

/// Samples of a batch that share a tape: a quarter of it, so that four threads have a tape each, but from 8 to 32, which memory
/// grows with. Gradients are summed part by part, so it is part of what a result depends on.
const fn together(batch: usize) -> usize {
    let quarter = batch.div_ceil(4);
    if quarter < 8 {
        8
    } else if quarter > 32 {
        32
    } else {
        quarter
    }
}

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
    /// Pixels that images are moved by, at most, where they are learned from.
    shift: u32,
    threads: usize,
    broken: Option<String>,
}

/// What came of a part of a batch: its sums, and the derivatives by each parameter, where it is learned from.
struct Part<T> {
    tally: Tally,
    adjoints: Vec<Option<Array<T>>>,
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
        Ok(Classify { net, samples, code, steps, readout, rates: None, shift: 0, threads, broken: None })
    }

    /// Holds the rates of hidden units within a band of spikes per step, where a unit out of it costs `weight` times the square
    /// of its distance.
    ///
    /// # Errors
    /// A band that ends before it begins.
    pub fn with_rates(self, low: f64, high: f64, weight: f64) -> Result<Classify<'a, T>> {
        Ok(Classify { rates: Some((RateBand::new(low, high)?, weight)), ..self })
    }

    /// Moves images by up to `most` pixels, each in each epoch by another draw, where they are learned from
    /// ([`encode::moved`]); they are judged as they are.
    ///
    /// # Errors
    /// Samples that are no images; a shift as large as they are.
    pub fn with_shifts(self, most: u32) -> Result<Classify<'a, T>> {
        let wrong = |problem: String| Err(Error::invalid("training", problem));
        match *self.samples.shape() {
            [rows, columns] if most as usize >= rows.min(columns) => {
                let (pixels, least) = (format!("{rows} x {columns} pixels"), rows.min(columns));
                return wrong(format!("images of {pixels} cannot be shifted by {most}; give a shift below {least}"));
            }
            [_, _] => {}
            ref shape if most > 0 => {
                let axes = shape.len();
                return wrong(format!("samples of {axes} axes cannot be shifted; images have rows and columns"));
            }
            _ => {}
        }
        Ok(Classify { shift: most, ..self })
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
        let (mut tape, weights) = self.tape(&seen(parameters), self.threads);
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

    /// What the last layer shows in each step, [samples, steps, classes], of some samples.
    ///
    /// # Errors
    /// As [`Net::forward`].
    pub fn shown(&self, parameters: &Parameters<T>, samples: &[u32], draw: Draw) -> Result<Array<T>> {
        let seen = seen(parameters);
        let mut all = Vec::new();
        for samples in samples.chunks(together(samples.len())) {
            let (mut tape, weights) = self.tape(&seen, self.threads);
            let input = tape.constant(Datum::Spikes(self.encode(samples, draw)?));
            let shown = self.net.forward(&mut tape, input, &weights)?;
            let last = *shown.last().ok_or_else(|| Error::Internal("a network without layers".into()))?;
            match tape.datum(last) {
                Datum::Numbers(numbers) => all.extend_from_slice(numbers.data()),
                Datum::Spikes(spikes) => all.extend_from_slice(spikes.numbers("answers")?.data()),
            }
        }
        Array::new("answers", &[samples.len(), self.steps, self.samples.classes() as usize], all)
    }

    /// How some samples would have to change: derivatives by their numbers, \[samples, inputs\], of a function of what the last layer
    /// shows, \[steps, classes\] of one sample, whose own derivatives `of` gives. Where numbers are rates a number counts for the
    /// spikes that are expected of it; where they are latencies, for its spike one step earlier, so that slopes are known up to
    /// a positive factor for each number.
    ///
    /// # Errors
    /// As [`Net::forward`]; what `of` refuses.
    pub fn slopes(
        &self,
        parameters: &Parameters<T>,
        samples: &[u32],
        draw: Draw,
        of: impl Fn(&[T]) -> Result<Vec<T>> + Sync,
    ) -> Result<Array<T>> {
        let (seen, units) = (seen(parameters), self.net.inputs());
        let part = together(samples.len());
        let mut slopes = Array::zeros("slopes", &[samples.len(), units])?;
        share::blocks(self.threads, slopes.data_mut(), part * units, |place, slopes| {
            let samples = &samples[place * part..][..slopes.len() / units];
            let (mut tape, weights) = self.tape(&seen, 1);
            let input = self.encode(samples, draw)?;
            let shape = [samples.len(), self.steps, self.samples.classes() as usize];
            let value = tape.input(Datum::Spikes(input.clone()));
            let shown = self.net.forward(&mut tape, value, &weights)?;
            let last = *shown.last().ok_or_else(|| Error::Internal("a network without layers".into()))?;
            let numbers = match tape.datum(last) {
                Datum::Numbers(numbers) => numbers.clone(),
                Datum::Spikes(spikes) => spikes.numbers("answers")?,
            };
            let mut bar = Vec::with_capacity(numbers.data().len());
            for shown in numbers.data().chunks(shape[1] * shape[2]) {
                bar.extend(of(shown)?);
            }
            let bar = Array::new("derivatives of answers", &shape, bar)?;
            let adjoint = tape.backward_from(last, bar)?.take(value);
            let adjoint = adjoint.ok_or_else(|| Error::Internal("an input without derivatives".into()))?;
            let rows = adjoint.data().chunks(self.steps * units).zip(slopes.chunks_mut(units));
            rows.enumerate().for_each(|(sample, (bars, slopes))| self.code.slopes((&input, sample), bars, slopes));
            Ok(())
        })?;
        Ok(slopes)
    }

    /// A tape with all parameters, given as the network sees them.
    fn tape(&self, seen: &[Array<T>], threads: usize) -> (Tape<T>, Vec<Value>) {
        let mut tape = Tape::new(threads);
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
        let right = rows.zip(labels).filter(|(row, label)| argmax(*row) == **label as usize).count();
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
            let spikes = match hidden.next().map(|value| tape.datum(*value)) {
                Some(Datum::Spikes(spikes)) => Some(spikes),
                _ => None,
            };
            sent = spikes.map_or(0, Spikes::count);
            tally.spikes += sent;
            if let (Some(among), Some(spikes)) = (&layer.among, spikes) {
                tally.operations.add(&Operations::spikes(reached(among.synapses.connections(), spikes), 1));
            }
        }
        tally
    }

    /// Goes over a batch part by part, each on a tape of its own; threads take the next part that is left.
    fn over(&mut self, parameters: &Parameters<T>, batch: &Batch<'_>, learn: bool) -> Result<Vec<Part<T>>> {
        let draw = Draw { seed: batch.seed, number: batch.epoch.map_or(0, |epoch| epoch + 1) };
        // Rounded once, and not for each part of the batch.
        let seen = seen(parameters);
        let samples: Vec<&[u32]> = batch.samples.chunks(together(batch.samples.len())).collect();
        let threads = (self.threads / samples.len().max(1)).max(1);
        let mut parts: Vec<Option<Part<T>>> = samples.iter().map(|_| None).collect();
        let gone = share::blocks(self.threads, &mut parts, 1, |place, part| {
            let share = learn.then(|| samples[place].len() as f64 / batch.samples.len() as f64);
            part[0] = Some(self.part(&seen, (samples[place], draw), share, threads)?);
            Ok(())
        });
        if let Err(Error::Numerics { population, .. }) = &gone {
            self.broken = Some(population.clone());
        }
        gone.map(|()| parts.into_iter().flatten().collect())
    }

    /// Goes over some samples, and back where they have a share of a batch that is learned from.
    fn part(
        &self,
        seen: &[Array<T>],
        (samples, draw): (&[u32], Draw),
        share: Option<f64>,
        threads: usize,
    ) -> Result<Part<T>> {
        let labels: Vec<u32> = samples.iter().map(|&sample| self.samples.labels()[sample as usize]).collect();
        let mut input = self.encode(samples, draw)?;
        if share.is_some() && self.shift > 0 {
            input = encode::moved(&input, samples, self.shift, draw)?;
        }
        let (mut tape, weights) = self.tape(seen, threads);
        let sent = input.count();
        let answer = self.answer(&mut tape, &weights, input, &labels)?;
        let tally = self.tally(&tape, &answer, sent, &labels);
        let adjoints = match share {
            None => Vec::new(),
            Some(share) => {
                let mut adjoints = tape.backward_from(answer.loss, Array::scalar(T::of(share)))?;
                weights.iter().map(|&value| adjoints.take(value)).collect()
            }
        };
        Ok(Part { tally, adjoints })
    }
}

impl<T: Float> Task<T> for Classify<'_, T> {
    fn learn(&mut self, parameters: &mut Parameters<T>, batch: &Batch<'_>) -> Result<Tally> {
        let mut sum = Tally::default();
        for part in self.over(&*parameters, batch, true)? {
            sum.add(&part.tally);
            for (parameter, adjoint) in parameters.iter_mut().zip(part.adjoints) {
                adjoint.map_or(Ok(()), |adjoint| parameter.gradient_mut().add("gradient", &adjoint))?;
            }
        }
        Ok(sum)
    }

    fn judge(&mut self, parameters: &Parameters<T>, batch: &Batch<'_>) -> Result<Tally> {
        let mut sum = Tally::default();
        self.over(parameters, batch, false)?.iter().for_each(|part| sum.add(&part.tally));
        Ok(sum)
    }

    fn broken_layer(&self) -> Option<String> {
        self.broken.clone()
    }
}

/// How many synapses spikes of their sources pass, each as many as its source has.
fn reached(connections: &Connections, spikes: &Spikes) -> u64 {
    let degrees: Vec<u64> = (0..connections.sources()).map(|source| connections.row(source).len() as u64).collect();
    let rows = (0..spikes.samples()).flat_map(|sample| (0..spikes.steps()).map(move |step| (sample, step)));
    rows.map(|(sample, step)| spikes.firing(sample, step).map(|unit| degrees[unit]).sum::<u64>()).sum()
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
