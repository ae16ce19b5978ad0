//! Pruning of kernels, and how many weights keep half of the accuracy.

use super::kernel::Kernel;
use crate::error::{Error, Result};
use crate::random::Draws;

/// Which weights are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The largest by magnitude; of equal ones the first.
    Largest,
    /// Randomly chosen ones.
    Any,
    /// Those with the shortest delays.
    Soonest,
}

/// The kernel with `count` of its weights, chosen by `keep`; the others are 0.
///
/// When a weight is removed, its mean contribution, w times the share of patches that hold its event, is added to the
/// bias, so that no class gains from losing weights. `means` holds these shares by feature.
///
/// # Errors
/// Another number of means than of features.
pub fn prune(kernel: &Kernel, count: u64, keep: Keep, means: &[f32], draws: &mut Draws) -> Result<Kernel> {
    let features = kernel.extent().features();
    if means.len() != features {
        let problem = format!("there are {} shares for {features} weights of a class; give one for each", means.len());
        return Err(Error::invalid("kernel", problem));
    }
    let all = kernel.weights().data();
    let mut order: Vec<u32> = (0..all.len() as u32).collect();
    let delay = |weight: u32| kernel.extent().place(weight as usize % features)[1];
    match keep {
        Keep::Largest => order.sort_by(|&a, &b| all[b as usize].abs().total_cmp(&all[a as usize].abs())),
        Keep::Soonest => order.sort_by_key(|&own| delay(own)),
        Keep::Any => (1..order.len()).rev().for_each(|last| order.swap(last, draws.below(last as u32 + 1) as usize)),
    }
    let (mut weights, mut bias) = (all.to_vec(), kernel.bias().to_vec());
    for &gone in order.iter().skip(usize::try_from(count).unwrap_or(usize::MAX)) {
        let gone = gone as usize;
        bias[gone / features] += weights[gone] * means[gone % features];
        weights[gone] = 0.0;
    }
    kernel.with_weights(weights, bias)
}

/// The share of weights at which the accuracy above chance is half of that at the largest share; `curve` holds (share,
/// accuracy), and is interpolated linearly over the logarithm of the share. `None` where accuracy never falls that far.
pub fn half_saturation(curve: &[(f64, f64)], chance: f64) -> Option<f64> {
    let mut curve: Vec<(f64, f64)> = curve.to_vec();
    curve.sort_by(|a, b| b.0.total_cmp(&a.0));
    let half = chance + (curve.first()?.1 - chance) / 2.0;
    let fallen = curve.iter().position(|&(_, accuracy)| accuracy <= half).filter(|&place| place > 0)?;
    let ([(most, above), (least, below)], ln) = ([curve[fallen - 1], curve[fallen]], f64::ln);
    let part = (above - half) / (above - below);
    Some((ln(most) + part * (ln(least) - ln(most))).exp())
}
