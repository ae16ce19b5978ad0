//! What flows between the layers of neurons of a U-Net, as a function of their spikes alone.

use std::collections::BTreeMap;

/// Places of a kernel, down and across.
const SIDE: usize = 3;

/// A convolution of 3 x 3, with zeros at the edges, of the spikes of a layer.
#[derive(Debug, Clone)]
pub(super) struct Kernel {
    /// [outs, ins, 3, 3]
    pub weights: Vec<f64>,
    /// Channels of the layer.
    pub ins: usize,
    /// The distance from one window to the next.
    pub stride: usize,
    /// How often each row and column of spikes is repeated before.
    pub larger: usize,
}

/// A synapse of a layer: the sending and the receiving unit, and the weight.
pub(super) type Synapse = (u32, u32, f64);

impl Kernel {
    /// The number of channels that it makes.
    fn outs(&self) -> usize {
        self.weights.len() / (self.ins * SIDE * SIDE).max(1)
    }

    /// Adds up channels: output o is Σ `mix`\[o, i\] · output i of this kernel, `mix` being [outs, channels].
    fn mixed(&self, mix: &[f64]) -> Kernel {
        Kernel { weights: mixed(&self.weights, self.outs(), mix), ..*self }
    }

    /// Calls `each` with the synapses from the layer's units, [ins, rows, columns], to the units that it makes, [outs,
    /// `size`, `size`], one for each place of a window.
    pub fn for_each_synapse(&self, size: usize, mut each: impl FnMut(Synapse)) {
        // Spikes lie on a grid of its own, whose places are repeated before windows see them.
        let (seen, source) = (size * self.stride, size * self.stride / self.larger);
        for (kernel, weights) in self.weights.chunks(SIDE * SIDE).enumerate() {
            let (out, own) = (kernel / self.ins, kernel % self.ins);
            for (place, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                for target in 0..size * size {
                    let row = target / size * self.stride + place / SIDE;
                    let column = target % size * self.stride + place % SIDE;
                    if (1..=seen).contains(&row) && (1..=seen).contains(&column) {
                        let (row, column) = ((row - 1) / self.larger, (column - 1) / self.larger);
                        let from = (own * source + row) * source + column;
                        each((from as u32, (out * size * size + target) as u32, weight));
                    }
                }
            }
        }
    }
}

/// [outs, channels] times [channels, ...], where `numbers` holds `channels` of them.
fn mixed(numbers: &[f64], channels: usize, mix: &[f64]) -> Vec<f64> {
    let each = numbers.len() / channels.max(1);
    let mut to = vec![0.0; mix.len() / channels.max(1) * each];
    for (to, mix) in to.chunks_mut(each.max(1)).zip(mix.chunks(channels.max(1))) {
        for (numbers, &by) in numbers.chunks(each.max(1)).zip(mix) {
            to.iter_mut().zip(numbers).for_each(|(to, &number)| *to += by * number);
        }
    }
    to
}

/// Real numbers of [channels, size, size] places in each step: the sum of convolutions of spikes of that step, and numbers
/// that are the same in all steps.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    pub channels: usize,
    pub size: usize,
    /// Kernels by the number of the layer whose spikes they are for.
    pub from: BTreeMap<usize, Kernel>,
    /// Of each sample, [channels, size, size].
    pub constant: Vec<Vec<f64>>,
}

impl Stream {
    /// Adds `by`\[channel\] to all places of a sample.
    pub fn shift(&mut self, sample: usize, by: &[f64]) {
        let planes = self.constant[sample].chunks_mut((self.size * self.size).max(1));
        planes.zip(by).for_each(|(plane, by)| plane.iter_mut().for_each(|number| *number += by));
    }

    /// A convolution of 1 x 1 with the weights `mix`, [outs, channels].
    pub fn mixed(&self, mix: &[f64]) -> Stream {
        let from = self.from.iter().map(|(&layer, kernel)| (layer, kernel.mixed(mix))).collect();
        let constant = self.constant.iter().map(|numbers| mixed(numbers, self.channels, mix)).collect();
        Stream { channels: mix.len() / self.channels.max(1), size: self.size, from, constant }
    }

    /// The sum of two streams of the same shape.
    pub fn plus(mut self, other: &Stream) -> Stream {
        let add = |to: &mut [f64], from: &[f64]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        for (&layer, kernel) in &other.from {
            match self.from.get_mut(&layer) {
                Some(own) => add(&mut own.weights, &kernel.weights),
                None => drop(self.from.insert(layer, kernel.clone())),
            }
        }
        self.constant.iter_mut().zip(&other.constant).for_each(|(to, from)| add(to, from));
        self
    }

    /// The channels of two streams, one behind the other.
    pub fn beside(&self, other: &Stream) -> Stream {
        let all = self.channels + other.channels;
        // Each channel goes to its place among all, and the others are 0 there.
        let placed = |stream: &Stream, first: usize| {
            let mut mix = vec![0.0; all * stream.channels];
            for channel in 0..stream.channels {
                mix[(first + channel) * stream.channels + channel] = 1.0;
            }
            stream.mixed(&mix)
        };
        placed(self, 0).plus(&placed(other, self.channels))
    }
}
