//! Accuracy against operations of a network, by the rule that leaves out units or weights.

use crate::error::{Error, Result};
use crate::train::pruning::gate::{Cost, keep, keep_random};
use crate::train::pruning::hidden::{Hidden, Network};
use crate::train::pruning::predictor::Predictor;

/// How units, or weights, are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// For each sample the units are computed that a [`Predictor`] says will do most to the answers; its own operations count.
    Predicted,
    /// For each sample the units that in fact do most, known without any operation: the bound of all predictors.
    Oracle,
    /// The units that do most in the mean over the samples that the predictor was fitted to, the same for all samples.
    Busiest,
    /// Units at random, drawn anew for each sample.
    Random,
    /// All units, without the smallest weights that reach them.
    Magnitude,
}

impl Rule {
    /// All rules, in the order of tables and pictures.
    pub const ALL: [Rule; 5] = [Rule::Predicted, Rule::Oracle, Rule::Busiest, Rule::Random, Rule::Magnitude];

    /// Its name in tables and pictures.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Predicted => "predicted firing",
            Rule::Oracle => "true firing (bound)",
            Rule::Busiest => "busiest units, fixed",
            Rule::Random => "random units",
            Rule::Magnitude => "largest weights, fixed",
        }
    }
}

/// A point of a curve of accuracy against operations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The share of units, or of weights, that is kept.
    pub share: f64,
    /// Operations, as a share of those of the whole network.
    pub operations: f64,
    /// The share of right answers.
    pub accuracy: f64,
}

/// Curves of a network, one for each rule.
pub type Curves = Vec<(Rule, Vec<Point>)>;

/// Names of the two networks that the study compares.
pub const NETWORKS: [&str; 2] = ["spiking", "ReLU"];

/// A network, the predictor of its hidden layer, and labelled samples to judge both by.
pub struct Judge<'a> {
    /// The network.
    pub network: &'a dyn Network,
    /// Fitted to the effects of its hidden layer with other samples.
    pub predictor: &'a Predictor,
    /// The mean effect of each unit with these other samples.
    pub busy: &'a [f64],
    /// The numbers of the samples.
    pub samples: &'a [u32],
    /// Their labels.
    pub labels: &'a [u32],
    /// The seed of [`Rule::Random`].
    pub seed: u64,
}

impl Judge<'_> {
    /// The points of a rule, one for each of `shares`; `hidden` is what the whole layer does with the samples.
    ///
    /// # Errors
    /// Labels that are not one for each sample; what the network refuses.
    pub fn points(&self, rule: Rule, hidden: &Hidden, shares: &[f64]) -> Result<Vec<Point>> {
        let [samples, units] = hidden.shape();
        if self.labels.len() != samples || self.samples.len() != samples || self.busy.len() != units {
            let problem =
                format!("{samples} samples of {units} units, {} labels; give one for each", self.labels.len());
            return Err(Error::invalid("pruning", problem));
        }
        let whole = operations(hidden, &vec![true; samples * units], |_| 0);
        let point = |&share: &f64| {
            let (operations, answers) = match rule {
                Rule::Magnitude => self.thinned(share)?,
                _ => self.gated(rule, hidden, (share * units as f64).round() as usize)?,
            };
            let right = answers.iter().zip(self.labels).filter(|(answer, label)| answer == label).count();
            Ok(Point { share, operations: operations as f64 / whole as f64, accuracy: right as f64 / samples as f64 })
        };
        shares.iter().map(point).collect()
    }

    /// Operations and answers where `count` units are kept for each sample.
    fn gated(&self, rule: Rule, hidden: &Hidden, count: usize) -> Result<(u64, Vec<u32>)> {
        let [_, units] = hidden.shape();
        let (inputs, width) = (hidden.inputs.data(), hidden.inputs.shape()[1]);
        let mut kept = Vec::new();
        for (place, (input, effect)) in inputs.chunks(width).zip(hidden.effect.data().chunks(units)).enumerate() {
            kept.extend(match rule {
                Rule::Predicted => keep(&self.predictor.predict(input)?, count)?,
                Rule::Oracle => keep(effect, count)?,
                Rule::Random => keep_random(units, count, (self.seed, place as u64))?,
                Rule::Busiest | Rule::Magnitude => keep(self.busy, count)?,
            });
        }
        let choosing = |sample: usize| match rule {
            Rule::Predicted => {
                let nonzero = inputs[sample * width..][..width].iter().filter(|value| **value != 0.0).count();
                self.predictor.operations(nonzero as u64)
            }
            _ => 0,
        };
        Ok((operations(hidden, &kept, choosing), self.network.answers(hidden, &kept)?))
    }

    /// Operations and answers where `share` of the weights is kept.
    fn thinned(&self, share: f64) -> Result<(u64, Vec<u32>)> {
        let (network, left) = self.network.thinned(share)?;
        let hidden = network.hidden(self.samples)?;
        let [_, units] = hidden.shape();
        let all = vec![true; hidden.sent.len()];
        let mut sum = operations(&hidden, &all, |_| 0);
        for (&sample, cost) in self.samples.iter().zip(&hidden.costs) {
            let times = network.arriving(sample)?;
            let fewer: u64 = times.iter().zip(&left).map(|(&times, &left)| u64::from(times) * u64::from(left)).sum();
            sum = sum - cost.arriving * units as u64 + fewer;
        }
        Ok((sum, network.answers(&hidden, &all)?))
    }
}

/// Operations of all samples where the units of `kept`, [samples, units], are computed; `choosing` gives what the
/// choice of units costs for a sample.
fn operations(hidden: &Hidden, kept: &[bool], choosing: impl Fn(usize) -> u64) -> u64 {
    let [samples, units] = hidden.shape();
    let of = |sample: usize| {
        let kept = &kept[sample * units..][..units];
        let sent = &hidden.sent[sample * units..][..units];
        let count = kept.iter().filter(|kept| **kept).count() as u64;
        let sent: u64 = kept.iter().zip(sent).filter(|(kept, _)| **kept).map(|(_, &sent)| u64::from(sent)).sum();
        let cost: &Cost = &hidden.costs[sample];
        cost.operations(count, sent) + choosing(sample)
    };
    (0..samples).map(of).sum()
}

/// The accuracy of a curve at `operations`, a share of those of the whole network: linear between the two points next
/// to it. [`None`] where no two points lie round it.
pub fn accuracy_at(points: &[Point], operations: f64) -> Option<f64> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.operations.total_cmp(&b.operations));
    let over = sorted.iter().position(|point| point.operations >= operations)?;
    let (b, a) = (sorted[over], sorted[over.checked_sub(1).unwrap_or(over)]);
    if b.operations == operations {
        return Some(b.accuracy);
    }
    if over == 0 {
        return None;
    }
    Some(a.accuracy + (b.accuracy - a.accuracy) * (operations - a.operations) / (b.operations - a.operations))
}
