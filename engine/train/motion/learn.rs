//! Learning kernels from patches: online logistic regression.

use super::kernel::{Extent, Kernel};
use super::patch::Patches;
use super::tie::Ties;
use crate::error::{Error, Result};
use crate::number::math;
use crate::train::array::argmax;
use crate::train::share::items;

/// Patches of a batch that are summed together, by one thread: so sums do not depend on the number of threads.
const PART: usize = 128;
/// β₁, β₂ and ε of Adam (Kingma & Ba 2015).
const ADAM: [f32; 3] = [0.9, 0.99, 1e-6];

/// The loss that is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Softmax with cross-entropy: each patch is of exactly one class.
    Softmax,
    /// Binary cross-entropy of a logistic function for each class on its own, as published. A label beyond the last
    /// class means that a patch is of none.
    Logistic,
}

/// A kernel that is being learned, batch by batch, with the state of Adam.
pub struct Learner {
    extent: Extent,
    classes: usize,
    loss: Loss,
    /// Weights [features, classes], then biases.
    weights: Vec<f32>,
    /// Adam's mean gradient.
    mean: Vec<f32>,
    /// Adam's mean square of the gradient.
    square: Vec<f32>,
    /// A buffer for [`Ties::tie`].
    spare: Vec<f32>,
    /// Sums over parts of a batch, kept from batch to batch to be used again.
    parts: Vec<PartSum>,
    /// Symmetries by which weights are tied.
    ties: Option<Ties>,
    /// Updates so far.
    steps: u32,
}

/// Sums over [`PART`] patches.
struct PartSum {
    /// The gradient, in the order of the weights.
    gradient: Vec<f32>,
    loss: f64,
    /// The number of right answers.
    right: u64,
}

impl Learner {
    /// A learner that starts from `kernel`, which may be zero, with weights tied by `ties`.
    ///
    /// # Errors
    /// Ties of another kernel.
    pub fn new(kernel: &Kernel, loss: Loss, ties: Option<Ties>) -> Result<Learner> {
        let (extent, classes) = (kernel.extent(), kernel.classes());
        let mut weights = kernel.columns();
        if ties.as_ref().is_some_and(|ties| ties.weight_count() != weights.len()) {
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

    /// The kernel learned so far.
    ///
    /// # Errors
    /// Weights that are no longer finite.
    pub fn kernel(&self) -> Result<Kernel> {
        let (columns, bias) = self.weights.split_at(self.extent.features() * self.classes);
        Kernel::from_columns(self.extent, columns, bias.to_vec())
    }

    /// One step of Adam with the learning rate `rate`, on patches and the class of each; returns the mean loss, nats,
    /// and the share of right answers, both before the step. Without patches nothing is done.
    ///
    /// # Errors
    /// Different numbers of patches and classes; a class beyond the last; features beyond the kernel's.
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
        if patches.largest_feature() >= self.extent.features() {
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
            self.parts.push(PartSum { gradient: vec![0.0; length], loss: 0.0, right: 0 });
        }
        let (weights, classes, loss) = (&self.weights, self.classes, self.loss);
        let work: Vec<_> = self.parts.iter_mut().zip(all.chunks(PART)).collect();
        items(threads, work, |(part, patches)| {
            part.sum_patches(weights, classes, loss, patches);
            Ok(())
        })?;
        let (first, rest) = self.parts.split_at_mut(1);
        let (mut sum, mut right) = (first[0].loss, first[0].right);
        for part in &rest[..count - 1] {
            first[0].gradient.iter_mut().zip(&part.gradient).for_each(|(sum, own)| *sum += own);
            sum += part.loss;
            right += part.right;
        }
        self.adam_step(rate, all.len() as f32);
        Ok((sum / all.len() as f64, right as f64 / all.len() as f64))
    }

    /// Updates the weights by Adam from the summed gradient of `patches` patches, which is in the first part.
    fn adam_step(&mut self, rate: f32, patches: f32) {
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

impl PartSum {
    /// Sets the sums to those of `patches`, each with its features and its class.
    fn sum_patches(&mut self, weights: &[f32], classes: usize, loss: Loss, patches: &[(&[u32], u32)]) {
        self.gradient.fill(0.0);
        (self.loss, self.right) = (0.0, 0);
        let biases = weights.len() - classes;
        let mut evidence = vec![0.0f32; classes];
        for &(patch, class) in patches {
            evidence.copy_from_slice(&weights[biases..]);
            add_weights(&mut evidence, weights, patch);
            self.right += u64::from(best(&evidence) == class as usize);
            self.loss += match loss {
                Loss::Softmax => softmax_loss(&mut evidence, class as usize),
                Loss::Logistic => logistic_loss(&mut evidence, class as usize),
            };
            for &feature in patch {
                let own = &mut self.gradient[feature as usize * classes..][..classes];
                own.iter_mut().zip(&evidence).for_each(|(own, error)| *own += error);
            }
            self.gradient[biases..].iter_mut().zip(&evidence).for_each(|(own, error)| *own += error);
        }
    }
}

/// Adds the weights of `features` to the evidence of all classes; `columns` holds weights [features, classes].
pub(super) fn add_weights(evidence: &mut [f32], columns: &[f32], features: &[u32]) {
    let classes = evidence.len();
    for &feature in features {
        let weights = &columns[feature as usize * classes..][..classes];
        evidence.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
    }
}

/// The class with the largest evidence, the first of equal ones.
pub fn best(evidence: &[f32]) -> usize {
    argmax(evidence)
}

/// Replaces evidence by the probabilities of its softmax.
pub(super) fn softmax(evidence: &mut [f32]) {
    let most = evidence.iter().copied().fold(f32::MIN, f32::max);
    evidence.iter_mut().for_each(|own| *own = math::exp(*own - most));
    let sum: f32 = evidence.iter().sum();
    evidence.iter_mut().for_each(|own| *own /= sum);
}

/// The cross-entropy of a softmax, nats, for a patch of `class`; evidence is replaced by the derivatives of the
/// loss.
fn softmax_loss(evidence: &mut [f32], class: usize) -> f64 {
    softmax(evidence);
    let loss = -math::ln(f64::from(evidence[class].max(f32::MIN_POSITIVE)));
    evidence[class] -= 1.0;
    loss
}

/// The binary cross-entropy summed over classes, nats, for a patch of `class`; evidence is replaced by the derivatives
/// of the loss.
fn logistic_loss(evidence: &mut [f32], class: usize) -> f64 {
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
