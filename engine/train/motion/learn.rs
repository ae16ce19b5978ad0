//! Kernels learned from patches: logistic regression, on line.

use super::kernel::{Extent, Kernel};
use super::patch::Patches;
use super::tie::Ties;
use crate::error::{Error, Result};
use crate::number::math;
use crate::train::share::items;

/// Patches of a batch that one thread takes at once: sums do not depend on how many threads there are.
const PART: usize = 128;
/// Decay of Adam's mean gradient and of its mean square, and what keeps it from dividing by 0 (Kingma & Ba 2015).
const ADAM: [f32; 3] = [0.9, 0.99, 1e-6];

/// What is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Each patch is of one class: cross-entropy of a softmax.
    Softmax,
    /// Each class is there or not, by itself, as published: binary cross-entropy of a logistic function. A label beyond the last class
    /// is one of none.
    Logistic,
}

/// Learns a kernel, batch by batch.
pub struct Learner {
    extent: Extent,
    classes: usize,
    loss: Loss,
    /// By feature, then class; the biases behind them.
    weights: Vec<f32>,
    mean: Vec<f32>,
    square: Vec<f32>,
    spare: Vec<f32>,
    parts: Vec<Part>,
    ties: Option<Ties>,
    steps: u32,
}

/// What one thread adds up.
struct Part {
    gradient: Vec<f32>,
    loss: f64,
    right: u64,
}

impl Learner {
    /// From a kernel on, which may be zero.
    ///
    /// # Errors
    /// Ties of another kernel.
    pub fn new(kernel: &Kernel, loss: Loss, ties: Option<Ties>) -> Result<Learner> {
        let (extent, classes) = (kernel.extent(), kernel.classes());
        let mut weights = kernel.columns();
        if ties.as_ref().is_some_and(|ties| ties.weights() != weights.len()) {
            return Err(Error::invalid("ties", "they are those of another kernel; make them for this one".to_owned()));
        }
        weights.extend_from_slice(kernel.bias());
        let zeros = vec![0.0; weights.len()];
        let (mean, square) = (zeros.clone(), zeros);
        Ok(Learner {
            extent,
            classes,
            loss,
            weights,
            mean,
            square,
            spare: Vec::new(),
            parts: Vec::new(),
            ties,
            steps: 0,
        })
    }

    /// What it has learned.
    ///
    /// # Errors
    /// Weights that have grown beyond all bounds.
    pub fn kernel(&self) -> Result<Kernel> {
        let (columns, bias) = self.weights.split_at(self.extent.features() * self.classes);
        Kernel::from_columns(self.extent, columns, bias.to_vec())
    }

    /// One step of Adam on patches and the class of each; returns the mean loss, nats, and the share of right answers, before it.
    ///
    /// # Errors
    /// Other numbers of patches and classes; a class beyond the last; features beyond the kernel's.
    pub fn step(&mut self, patches: &Patches, classes: &[u32], rate: f32, threads: usize) -> Result<(f64, f64)> {
        if patches.len() != classes.len() {
            let problem =
                format!("there are {} of them, and {} classes; give one for each", patches.len(), classes.len());
            return Err(Error::invalid("patches", problem));
        }
        let last = self.classes + usize::from(self.loss == Loss::Logistic);
        if let Some(class) = classes.iter().find(|&&class| class as usize >= last) {
            return Err(Error::invalid("patches", format!("there is no class {class} among {}", self.classes)));
        }
        if patches.most() >= self.extent.features() {
            return Err(Error::invalid("patches", "they are of a larger kernel; take them with this one's".to_owned()));
        }
        let all: Vec<(&[u32], u32)> =
            classes.iter().enumerate().map(|(number, &class)| (patches.patch(number), class)).collect();
        if all.is_empty() {
            return Ok((0.0, 0.0));
        }
        let length = self.weights.len();
        let count = all.len().div_ceil(PART);
        while self.parts.len() < count {
            self.parts.push(Part { gradient: vec![0.0; length], loss: 0.0, right: 0 });
        }
        let (weights, classes, loss) = (&self.weights, self.classes, self.loss);
        let work: Vec<_> = self.parts.iter_mut().zip(all.chunks(PART)).collect();
        items(threads, work, |(part, patches)| {
            part.add(weights, classes, loss, patches);
            Ok(())
        })?;
        let (first, rest) = self.parts.split_at_mut(1);
        let (mut sum, mut right) = (first[0].loss, first[0].right);
        for part in &rest[..count - 1] {
            first[0].gradient.iter_mut().zip(&part.gradient).for_each(|(sum, own)| *sum += own);
            sum += part.loss;
            right += part.right;
        }
        self.descend(rate, all.len() as f32);
        Ok((sum / all.len() as f64, right as f64 / all.len() as f64))
    }

    fn descend(&mut self, rate: f32, patches: f32) {
        let gradient = &mut self.parts[0].gradient;
        let biases = self.weights.len() - self.classes;
        if let Some(ties) = &self.ties {
            let (weights, biases) = gradient.split_at_mut(biases);
            ties.tie(weights, biases, &mut self.spare);
        }
        self.steps += 1;
        let [keep, keep_square, least] = ADAM;
        let [unbiased, unbiased_square] = [keep, keep_square].map(|kept| 1.0 - kept.powi(self.steps as i32));
        let scale = 1.0 / patches;
        let state = self.mean.iter_mut().zip(&mut self.square);
        for ((weight, gradient), (mean, square)) in self.weights.iter_mut().zip(gradient).zip(state) {
            let own = *gradient * scale;
            *mean += (1.0 - keep) * (own - *mean);
            *square += (1.0 - keep_square) * (own * own - *square);
            *weight -= rate * (*mean / unbiased) / ((*square / unbiased_square).sqrt() + least);
        }
    }
}

impl Part {
    fn add(&mut self, weights: &[f32], classes: usize, loss: Loss, patches: &[(&[u32], u32)]) {
        self.gradient.fill(0.0);
        (self.loss, self.right) = (0.0, 0);
        let biases = weights.len() - classes;
        let mut evidence = vec![0.0f32; classes];
        for &(patch, class) in patches {
            evidence.copy_from_slice(&weights[biases..]);
            sum(&mut evidence, weights, patch);
            self.right += u64::from(best(&evidence) == class as usize);
            self.loss += match loss {
                Loss::Softmax => softmax(&mut evidence, class as usize),
                Loss::Logistic => logistic(&mut evidence, class as usize),
            };
            for &feature in patch {
                let own = &mut self.gradient[feature as usize * classes..][..classes];
                own.iter_mut().zip(&evidence).for_each(|(own, error)| *own += error);
            }
            self.gradient[biases..].iter_mut().zip(&evidence).for_each(|(own, error)| *own += error);
        }
    }
}

/// Adds the weights of features to the evidence of all classes.
pub(super) fn sum(evidence: &mut [f32], columns: &[f32], features: &[u32]) {
    let classes = evidence.len();
    for &feature in features {
        let weights = &columns[feature as usize * classes..][..classes];
        evidence.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
    }
}

/// The first of the largest.
pub fn best(evidence: &[f32]) -> usize {
    let larger = |best: usize, own: usize| if evidence[own] > evidence[best] { own } else { best };
    (1..evidence.len()).fold(0, larger)
}

/// Probabilities in place of evidence.
pub(super) fn probabilities(evidence: &mut [f32]) {
    let most = evidence.iter().copied().fold(f32::MIN, f32::max);
    evidence.iter_mut().for_each(|own| *own = math::exp(*own - most));
    let sum: f32 = evidence.iter().sum();
    evidence.iter_mut().for_each(|own| *own /= sum);
}

fn softmax(evidence: &mut [f32], class: usize) -> f64 {
    probabilities(evidence);
    let loss = -math::ln(f64::from(evidence[class].max(f32::MIN_POSITIVE)));
    evidence[class] -= 1.0;
    loss
}

fn logistic(evidence: &mut [f32], class: usize) -> f64 {
    let mut loss = 0.0;
    for (place, own) in evidence.iter_mut().enumerate() {
        let there = place == class;
        let signed = if there { *own } else { -*own };
        let right = 1.0 / (1.0 + math::exp(f64::from(-signed)));
        loss -= math::ln(right.max(f64::MIN_POSITIVE));
        *own = if there { right as f32 - 1.0 } else { 1.0 - right as f32 };
    }
    loss
}
