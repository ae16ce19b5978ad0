//! What a network answers after each step, and how sure it is.

use crate::error::{Error, Result};
use crate::text::{count, counted};
use crate::train::exit::policy::{Exits, Point};
use crate::train::tape::Steps;

/// Bounds of a temperature, and how often the interval between them is halved: to neighbouring numbers.
const TEMPERATURES: (f64, f64) = (1e-4, 1e4);
const HALVINGS: usize = 100;

/// Logits of some samples after each step, and the right classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    logits: Vec<f64>,
    steps: usize,
    classes: usize,
    labels: Vec<u32>,
}

impl Answers {
    /// Logits \[samples, steps, classes\], one label a sample.
    ///
    /// # Errors
    /// No samples, steps or classes; numbers that do not fill them or are not finite; a label that is no class.
    pub fn new(logits: Vec<f64>, (steps, classes): (usize, usize), labels: Vec<u32>) -> Result<Answers> {
        let wrong = |problem: String| Err(Error::invalid("answers", problem));
        let size = steps.checked_mul(classes).and_then(|row| row.checked_mul(labels.len()));
        if size != Some(logits.len()) || logits.is_empty() {
            let numbers = count(logits.len() as u64);
            let (samples, steps) = (counted(labels.len() as u64, "sample"), counted(steps as u64, "step"));
            return wrong(format!("{numbers} numbers are not {samples} of {steps} and {classes} classes each"));
        }
        if let Some(place) = logits.iter().position(|logit| !logit.is_finite()) {
            return wrong(format!("sample {} has the logit {}", place / (steps * classes), logits[place]));
        }
        if let Some(sample) = labels.iter().position(|&label| label as usize >= classes) {
            return wrong(format!("the label {} of sample {sample} is none of {classes} classes", labels[sample]));
        }
        Ok(Answers { logits, steps, classes, labels })
    }

    /// How many samples there are.
    pub fn samples(&self) -> usize {
        self.labels.len()
    }

    /// Steps of a sample.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The logits of a sample after a step, counted from 1.
    fn at(&self, sample: usize, step: usize) -> &[f64] {
        &self.logits[(sample * self.steps + step - 1) * self.classes..][..self.classes]
    }

    /// The class that is answered, the first of the largest, and the probability that it is given at a temperature.
    fn answer(&self, sample: usize, step: usize, temperature: f64) -> (u32, f64) {
        let logits = self.at(sample, step);
        let (mut class, mut most) = (0, logits[0]);
        for (k, &logit) in (0..).zip(logits) {
            if logit > most {
                (class, most) = (k, logit);
            }
        }
        let sum: f64 = logits.iter().map(|logit| ((logit - most) / temperature).exp()).sum();
        (class, 1.0 / sum)
    }

    /// How sure the network is of each sample after a step, counted from 1: the largest of softmax(logits / temperature); and
    /// whether it is right.
    ///
    /// # Errors
    /// A step that is not there; a temperature that is not above 0.
    pub fn confidence(&self, step: usize, temperature: f64) -> Result<Vec<(f64, bool)>> {
        self.check(step, temperature)?;
        let of = |sample: usize| {
            let (class, confidence) = self.answer(sample, step, temperature);
            (confidence, class == self.labels[sample])
        };
        Ok((0..self.samples()).map(of).collect())
    }

    fn check(&self, step: usize, temperature: f64) -> Result<()> {
        if !(1..=self.steps).contains(&step) {
            return Err(Error::invalid("step", format!("{step} is none of 1 to {}", self.steps)));
        }
        if !(temperature.is_finite() && temperature > 0.0) {
            return Err(Error::invalid("temperature", format!("{temperature}; give a number above 0")));
        }
        Ok(())
    }

    /// The share of right answers after a step, counted from 1.
    ///
    /// # Errors
    /// A step that is not there.
    pub fn accuracy(&self, step: usize) -> Result<f64> {
        let right = self.confidence(step, 1.0)?.iter().filter(|(_, right)| *right).count();
        Ok(right as f64 / self.samples() as f64)
    }

    /// The temperature at which the right classes of all samples are likeliest, over all steps (Guo et al. 2017): the mean of
    /// -ln softmax(logits / T) is least. It is convex in 1/T, so its slope there is followed to zero, within 1e-4 to 1e4.
    pub fn temperature(&self) -> f64 {
        let (mut low, mut high) = (1.0 / TEMPERATURES.1, 1.0 / TEMPERATURES.0);
        for _ in 0..HALVINGS {
            // Halved as logarithms: the interval spans many orders.
            let middle = (low * high).sqrt();
            if self.slope(middle) <= 0.0 { low = middle } else { high = middle }
        }
        1.0 / (low * high).sqrt()
    }

    /// By how much the sum of -ln softmax(logits · b) grows with b.
    fn slope(&self, b: f64) -> f64 {
        let mut slope = 0.0;
        for (logits, &label) in self.logits.chunks(self.steps * self.classes).zip(&self.labels) {
            for logits in logits.chunks(self.classes) {
                let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let (mut sum, mut mean) = (0.0, 0.0);
                for logit in logits {
                    let weight = (b * (logit - most)).exp();
                    sum += weight;
                    mean += weight * logit;
                }
                slope += mean / sum - logits[label as usize];
            }
        }
        slope
    }

    /// When each sample is left, and whether its answer is right then: after the first step in which the network is as sure as
    /// `threshold`, or else after the last.
    ///
    /// # Errors
    /// A temperature that is not above 0; a threshold that is no number.
    pub fn exits(&self, temperature: f64, threshold: f64) -> Result<Exits> {
        self.check(1, temperature)?;
        if threshold.is_nan() {
            return Err(Error::invalid("threshold", "it is no number; give one from 0 to 1"));
        }
        Ok(left(&self.all(temperature), self.steps, |(confidence, _)| confidence >= threshold, self.steps))
    }

    /// How sure each answer is, step by step of each sample, and whether it is right.
    fn all(&self, temperature: f64) -> Vec<(f64, bool)> {
        let of = |place: usize| {
            let (sample, step) = (place / self.steps, place % self.steps + 1);
            let (class, confidence) = self.answer(sample, step, temperature);
            (confidence, class == self.labels[sample])
        };
        (0..self.samples() * self.steps).map(of).collect()
    }

    /// The bound: each sample is left after the first step in which its answer is right, and after the first of all where it
    /// never is.
    pub fn oracle(&self) -> Exits {
        left(&self.all(1.0), self.steps, |(_, right)| right, 1)
    }

    /// Mean steps and accuracy for each threshold.
    ///
    /// # Errors
    /// As [`Answers::exits`].
    pub fn curve(&self, temperature: f64, thresholds: &[f64]) -> Result<Vec<Point>> {
        self.check(1, temperature)?;
        // Once for all thresholds.
        let all = self.all(temperature);
        let point = |&threshold: &f64| {
            let exits = left(&all, self.steps, |(confidence, _)| confidence >= threshold, self.steps);
            Point { threshold, steps: exits.mean_steps(), accuracy: exits.accuracy() }
        };
        Ok(thresholds.iter().map(point).collect())
    }

    /// The expected calibration error after a step (Guo et al. 2017): samples are put by confidence into `bins` of equal width
    /// from 0 to 1, each without its lower end; the mean over samples of |share of right answers - mean confidence| of theirs.
    ///
    /// # Errors
    /// No bins; as [`Answers::confidence`].
    pub fn calibration_error(&self, step: usize, temperature: f64, bins: usize) -> Result<f64> {
        if bins == 0 {
            return Err(Error::invalid("bins", "there are none; give at least 1"));
        }
        // Right answers and confidence of each bin: what is looked for is the difference of their sums.
        let mut sums = vec![(0.0, 0.0); bins];
        for (confidence, right) in self.confidence(step, temperature)? {
            let bin = ((confidence * bins as f64).ceil() as usize).clamp(1, bins) - 1;
            sums[bin].0 += f64::from(u8::from(right));
            sums[bin].1 += confidence;
        }
        let away: f64 = sums.iter().map(|(right, confidence)| (right - confidence).abs()).sum();
        Ok(away / self.samples() as f64)
    }
}

/// When samples of so many answers each are left: after the first for which `leave` is so, else after step `other`.
fn left(all: &[(f64, bool)], steps: usize, leave: impl Fn((f64, bool)) -> bool, other: usize) -> Exits {
    let when = |answers: &[(f64, bool)]| {
        let step = answers.iter().position(|&answer| leave(answer)).map_or(other, |place| place + 1);
        (step as u32, answers[step - 1].1)
    };
    let (steps, right) = all.chunks(steps).map(when).unzip();
    Exits { steps, right }
}

/// What a readout would give if a sample ended after each of its steps: of \[steps, units\], the same.
///
/// # Errors
/// Weights for another number of steps.
pub fn running(readout: &Steps, shown: &[f64], units: usize) -> Result<Vec<f64>> {
    let steps = shown.len() / units.max(1);
    if let Steps::Weighted(weights) = readout
        && weights.len() != steps
    {
        let problem = format!("there are {} weights for {steps} steps; give one for each", weights.len());
        return Err(Error::invalid("readout", problem));
    }
    let mut sums = vec![0.0; units];
    let mut all = Vec::with_capacity(shown.len());
    for (step, row) in shown.chunks_exact(units.max(1)).enumerate() {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum = match readout {
                Steps::Sum | Steps::Mean => *sum + value,
                Steps::Max if step > 0 => sum.max(value),
                Steps::Max | Steps::Last => value,
                Steps::Weighted(weights) => *sum + weights[step] * value,
            };
        }
        let share = if *readout == Steps::Mean { 1.0 / (step + 1) as f64 } else { 1.0 };
        all.extend(sums.iter().map(|sum| sum * share));
    }
    Ok(all)
}
