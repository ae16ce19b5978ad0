//! A U-Net of spiking neurons as layers that spikes alone join.
//!
//! Between two layers of neurons everything is linear: convolutions, normalisations by fixed statistics, shifts by the
//! diffusion step, shortcuts, concatenations. So what drives a neuron in a step is a sum of convolutions of spikes that
//! layers before it send in that step, the nearest of them and those that residual streams come from, and of a number
//! that is the same in all steps.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use super::pass::{EPSILON, Pass};
use super::stream::{Kernel, Stream};
use crate::error::{Error, Result};
use crate::train::gemm::Float;
use crate::train::tape::Value;

/// A layer of neurons.
pub(super) struct Layer {
    pub name: String,
    /// What its neurons are driven by.
    pub drive: Stream,
    /// How many layers the longest path to it has before it.
    pub before: usize,
}

/// All layers of neurons, in an order in which each gets spikes of earlier ones alone, and the stream behind the last.
pub(super) struct Folded {
    pub layers: Vec<Layer>,
    pub end: Stream,
}

/// The layers so far, and a pass that knows weights and statistics.
struct Fold<'a, 'b, T> {
    pass: &'a mut Pass<'b, T>,
    layers: Vec<Layer>,
}

/// The net of `pass`, for the images `x`, [samples, 1, 1, rows, columns], each behind one of `steps`.
///
/// # Errors
/// Weights of time steps, which weigh the same spike differently from step to step.
pub(super) fn fold<T: Float>(pass: &mut Pass<'_, T>, x: Value, steps: &[u32]) -> Result<Folded> {
    if let Some(name) = pass.weights.keys().find(|name| name.ends_with(".temporal")) {
        let problem = format!("'{name}' weighs the same spike differently from step to step, which a synapse does not");
        return Err(Error::invalid("net to be played", format!("{problem}; name a net without --temporal")));
    }
    let design = pass.net.design;
    let time = pass.embed_steps(steps)?;
    let x = pass.convolve("stem1", x, 1)?;
    let x = pass.norm("stem1", x)?;
    let constant = values(pass, x)?.chunks(design.channels * design.size * design.size).map(<[f64]>::to_vec).collect();
    let x = Stream { channels: design.channels, size: design.size, from: BTreeMap::new(), constant };
    let mut fold = Fold { pass, layers: Vec::new() };
    let x = fold.layer("stem2", x, [1, 1])?;
    let down0 = fold.residual("down0", x, time)?;
    let x = fold.layer("smaller0", down0.clone(), [2, 1])?;
    let down1 = fold.residual("down1", x, time)?;
    let x = fold.layer("smaller1", down1.clone(), [2, 1])?;
    let down2 = fold.residual("down2", x, time)?;
    let x = fold.residual("middle", down2.clone(), time)?;
    let x = fold.residual("up2", x.beside(&down2), time)?;
    let x = fold.layer("larger2", x, [1, 2])?;
    let x = fold.residual("up1", x.beside(&down1), time)?;
    let x = fold.layer("larger1", x, [1, 2])?;
    let end = fold.residual("up0", x.beside(&down0), time)?;
    Ok(Folded { layers: fold.layers, end })
}

/// The numbers of a value on the tape.
fn values<T: Float>(pass: &Pass<'_, T>, value: Value) -> Result<Vec<f64>> {
    Ok(pass.tape.datum(value).numbers("U-Net")?.data().iter().map(|number| number.value()).collect())
}

impl<T: Float> Fold<'_, '_, T> {
    /// The weights of this name.
    fn weights(&self, name: String) -> Result<Vec<f64>> {
        values(self.pass, self.pass.weight(name)?)
    }

    /// A layer of neurons driven by `drive`, and the stream that its convolution and normalisation make of its spikes.
    fn layer(&mut self, name: &str, drive: Stream, [stride, larger]: [usize; 2]) -> Result<Stream> {
        let mut weights = self.weights(format!("{name}.weight"))?;
        let [gamma, beta] = [self.weights(format!("{name}.gamma"))?, self.weights(format!("{name}.beta"))?];
        let running = self.pass.statistics.0.get(name);
        let running = running.ok_or_else(|| Error::Internal(format!("U-Net: no statistics of '{name}'")))?;
        let running = running.lock().unwrap_or_else(PoisonError::into_inner);
        let factors: Vec<f64> =
            gamma.iter().zip(&running.variance).map(|(gamma, variance)| gamma / (variance + EPSILON).sqrt()).collect();
        let shifts: Vec<f64> =
            beta.iter().zip(&running.mean).zip(&factors).map(|((beta, mean), factor)| beta - mean * factor).collect();
        drop(running);
        let (outs, each) = (factors.len(), weights.len() / factors.len().max(1));
        for (weights, factor) in weights.chunks_mut(each.max(1)).zip(&factors) {
            weights.iter_mut().for_each(|weight| *weight *= factor);
        }
        let (ins, size, samples) = (drive.channels, drive.size * larger / stride, drive.constant.len());
        let before = drive.from.keys().map(|&layer| self.layers[layer].before + 1).max().unwrap_or(0);
        let from = BTreeMap::from([(self.layers.len(), Kernel { weights, ins, stride, larger })]);
        self.layers.push(Layer { name: name.to_owned(), drive, before });
        let mut made = Stream { channels: outs, size, from, constant: vec![vec![0.0; outs * size * size]; samples] };
        (0..samples).for_each(|sample| made.shift(sample, &shifts));
        Ok(made)
    }

    /// A residual block.
    fn residual(&mut self, name: &str, x: Stream, time: Value) -> Result<Stream> {
        let shortcut = match self.pass.weights.contains_key(&format!("{name}.shortcut.weight")) {
            true => x.mixed(&self.weights(format!("{name}.shortcut.weight"))?),
            false => x.clone(),
        };
        let mut y = self.layer(&format!("{name}.1"), x, [1, 1])?;
        let by = self.pass.linear(&format!("{name}.time"), time)?;
        let by = values(self.pass, by)?;
        by.chunks(y.channels.max(1)).enumerate().for_each(|(sample, by)| y.shift(sample, by));
        Ok(self.layer(&format!("{name}.2"), y, [1, 1])?.plus(&shortcut))
    }
}
