//! Projections by synapses that are listed one by one, each with its weight and delay, as in a connectome.
//!
//! A place of a result is summed in one order: the output by step, source and synapse; adjoints by sample and step. Delays can
//! be trained: between two whole ones by interpolation, whose derivative is exact, or rounded as the engine plays them.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::share;
use crate::train::spikes::firing;
use crate::train::tape::needs;
use crate::train::tape::{Datum, Given, Operation};

/// How many sources have the adjoints of their synapses summed together: a word of spikes.
const SOURCES: usize = 64;
const NAME: &str = "sparse projection";

/// Synapses in rows by source: the target and the delay of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connections {
    targets: usize,
    /// Where the row of each source begins, and the end of the last.
    starts: Vec<usize>,
    /// The target of each synapse.
    target: Vec<u32>,
    /// The delay of each synapse, in steps.
    delay: Vec<u32>,
}

impl Connections {
    /// Connections to `targets` targets: the synapses of source i are `starts[i]..starts[i + 1]`, each with its target
    /// and its delay in steps.
    ///
    /// # Errors
    /// Rows that do not follow each other, another number of delays than of targets, a target that does not exist, a
    /// delay of 0 steps.
    pub fn new(targets: usize, starts: Vec<usize>, target: Vec<u32>, delay: Vec<u32>) -> Result<Connections> {
        let wrong = |problem: String| Err(Error::invalid(NAME, problem));
        let rising = starts.windows(2).all(|pair| pair[0] <= pair[1]);
        if starts.first() != Some(&0) || starts.last() != Some(&target.len()) || !rising {
            return wrong(format!("the rows of sources must rise from 0 to {}, the number of synapses", target.len()));
        }
        if delay.len() != target.len() {
            return wrong(format!("there are {} delays for {} synapses; give one each", delay.len(), target.len()));
        }
        if let Some(place) = target.iter().position(|&to| to as usize >= targets) {
            return wrong(format!("synapse {place} goes to unit {}, and there are {targets}", target[place]));
        }
        if let Some(place) = delay.iter().position(|&delay| delay == 0) {
            return wrong(format!("synapse {place} has a delay of 0 steps; the least is 1"));
        }
        Ok(Connections { targets, starts, target, delay })
    }

    /// The number of sources.
    pub fn sources(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of targets.
    pub fn targets(&self) -> usize {
        self.targets
    }

    /// The number of synapses.
    pub fn synapses(&self) -> usize {
        self.target.len()
    }

    /// The synapses of a source, by their numbers.
    pub fn row(&self, source: usize) -> std::ops::Range<usize> {
        self.starts[source]..self.starts[source + 1]
    }

    /// The target of each synapse.
    pub fn target(&self) -> &[u32] {
        &self.target
    }

    /// The delay of each synapse, in steps.
    pub fn delay(&self) -> &[u32] {
        &self.delay
    }
}

/// Where delays come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delays {
    /// From the [`Connections`]; they are not trained.
    Fixed,
    /// From a third input, by linear interpolation: what arrives between two steps is shared out between them by
    /// nearness. The derivative is that of this: the difference of the adjoints of both.
    Between,
    /// From a third input, rounded, as the engine plays them. The derivative is half the difference of the adjoints a step later
    /// and a step earlier (straight-through).
    Rounded,
}

/// y[sample, step, target] = Σ over synapses of x[sample, step - delay, source] · w\[synapse\].
///
/// Inputs: x, [samples, steps, sources...], numbers or spikes; w, \[synapses\]; delays, \[synapses\], in steps, at least 1, unless
/// they are [`Delays::Fixed`].
#[derive(Debug, Clone)]
pub struct Sparse {
    connections: Arc<Connections>,
    delays: Delays,
}

/// The inputs of a projection, checked.
struct Prepared<'a, T> {
    connections: &'a Connections,
    samples: usize,
    steps: usize,
    input: &'a Datum<T>,
    weights: &'a [T],
    /// The whole steps of each delay.
    lag: std::borrow::Cow<'a, [u32]>,
    /// The rest of each delay, for [`Delays::Between`].
    over: Option<Vec<T>>,
}

impl Sparse {
    /// The projection by these synapses.
    pub fn new(connections: Arc<Connections>, delays: Delays) -> Sparse {
        Sparse { connections, delays }
    }

    /// The inputs of a call, whose shapes are checked.
    fn prepare<'a, T: Float>(&'a self, inputs: &[&'a Datum<T>]) -> Result<Prepared<'a, T>> {
        let connections = &*self.connections;
        let (input, weights, delays) = match (inputs, self.delays) {
            ([input, weights], Delays::Fixed) => (input, weights, None),
            ([input, weights, delays], Delays::Between | Delays::Rounded) => (input, weights, Some(delays)),
            (_, Delays::Fixed) => return Err(needs::another_number(NAME, inputs.len(), "an input and weights")),
            _ => return Err(needs::another_number(NAME, inputs.len(), "an input, weights and delays")),
        };
        let [samples, steps, units] = needs::timed(NAME, "input", input.shape())?;
        if units != connections.sources() {
            let needs = format!("[samples, steps, {}], a unit a source", connections.sources());
            return Err(needs::shape(NAME, "input", input.shape(), &needs));
        }
        let shape = [connections.synapses()];
        let weights = needs::numbers(NAME, "weights", weights, &shape)?.data();
        let mut call = Prepared {
            connections,
            samples,
            steps,
            input,
            weights,
            lag: connections.delay.as_slice().into(),
            over: None,
        };
        if let Some(delays) = delays {
            let delays = needs::numbers(NAME, "delays", delays, &shape)?.data();
            let (lag, over) = split(delays, self.delays)?;
            call.lag = lag.into();
            call.over = (self.delays == Delays::Between).then_some(over);
        }
        Ok(call)
    }
}

/// Splits delays into whole steps, rounded to the nearest for [`Delays::Rounded`] and down else, and the rest.
pub(in crate::train) fn split<T: Float>(delays: &[T], form: Delays) -> Result<(Vec<u32>, Vec<T>)> {
    let mut lag = Vec::with_capacity(delays.len());
    let mut over = Vec::with_capacity(delays.len());
    for (place, delay) in delays.iter().enumerate() {
        let steps = delay.value();
        let whole = if form == Delays::Rounded { steps.round_ties_even() } else { steps.floor() };
        if !(whole >= 1.0 && whole < f64::from(u32::MAX)) {
            let problem = format!("synapse {place} has a delay of {steps} steps; the least is 1");
            return Err(Error::invalid(NAME, problem));
        }
        lag.push(whole as u32);
        over.push(*delay - T::of(whole));
    }
    Ok((lag, over))
}

impl<T: Float> Prepared<'_, T> {
    /// Calls `work` with each of `sources` whose input is not zero in a step of a sample, in order, and with that
    /// input.
    fn for_each_active(
        &self,
        sample: usize,
        step: usize,
        sources: std::ops::Range<usize>,
        mut work: impl FnMut(usize, T),
    ) {
        match self.input {
            Datum::Spikes(spikes) => {
                let words = &spikes.row(sample, step)[sources.start / 64..sources.end.div_ceil(64)];
                firing(words).for_each(|unit| work(sources.start + unit, T::of(1.0)));
            }
            Datum::Numbers(array) => {
                let row = (sample * self.steps + step) * self.connections.sources();
                for source in sources {
                    let number = array.data()[row + source];
                    if number != T::of(0.0) {
                        work(source, number);
                    }
                }
            }
        }
    }

    /// Adds the output to `to`.
    fn forward(&self, to: &mut [T], threads: usize) -> Result<()> {
        let (connections, targets) = (self.connections, self.connections.targets);
        share::blocks(threads, to, self.steps * targets, |sample, to| {
            for step in 0..self.steps {
                self.for_each_active(sample, step, 0..connections.sources(), |source, number| {
                    for synapse in connections.row(source) {
                        let at = (step + self.lag[synapse] as usize) * targets + connections.target[synapse] as usize;
                        let term = self.weights[synapse] * number;
                        let over = self.over.as_ref().map_or(T::of(0.0), |over| over[synapse]);
                        if let Some(to) = to.get_mut(at) {
                            *to += (T::of(1.0) - over) * term;
                        }
                        if over != T::of(0.0)
                            && let Some(to) = to.get_mut(at + targets)
                        {
                            *to += over * term;
                        }
                    }
                });
            }
            Ok(())
        })
    }

    /// The adjoint of a synapse's target, `later` steps after the arrival of what its source sends in `step`; zero
    /// outside the sample.
    fn target_adjoint(&self, bar: &[T], step: usize, synapse: usize, later: isize) -> T {
        let at = (step + self.lag[synapse] as usize).checked_add_signed(later);
        let place = at.map(|at| at * self.connections.targets + self.connections.target[synapse] as usize);
        place.and_then(|place| bar.get(place)).copied().unwrap_or_else(|| T::of(0.0))
    }

    /// The adjoint of a synapse's source in `step` by this synapse, were its weight 1.
    fn source_adjoint(&self, bar: &[T], step: usize, synapse: usize) -> T {
        let now = self.target_adjoint(bar, step, synapse, 0);
        match &self.over {
            None => now,
            Some(over) => now + over[synapse] * (self.target_adjoint(bar, step, synapse, 1) - now),
        }
    }

    /// Adds the adjoint of the input to `to`.
    fn to_input(&self, to: &mut [T], bar: &[T], threads: usize) -> Result<()> {
        let (connections, sources) = (self.connections, self.connections.sources());
        let sample_bar = self.steps * connections.targets;
        share::blocks(threads, to, self.steps * sources, |sample, to| {
            let bar = &bar[sample * sample_bar..][..sample_bar];
            for (step, to) in to.chunks_mut(sources).enumerate() {
                for (source, to) in to.iter_mut().enumerate() {
                    for synapse in connections.row(source) {
                        *to += self.weights[synapse] * self.source_adjoint(bar, step, synapse);
                    }
                }
            }
            Ok(())
        })
    }

    /// Adds the adjoints of weights and, unless that is empty, of delays to the two arrays; shared out by sources.
    fn to_synapses(&self, [weights, delays]: [&mut [T]; 2], bar: &[T], rounded: bool, threads: usize) -> Result<()> {
        let (connections, sources) = (self.connections, self.connections.sources());
        let sample_bar = self.steps * connections.targets;
        let (mut items, mut left) = (Vec::new(), (weights, delays));
        for first in (0..sources).step_by(SOURCES) {
            let block = first..sources.min(first + SOURCES);
            let (start, count) =
                (connections.starts[block.start], connections.starts[block.end] - connections.starts[block.start]);
            let (weights, rest) = left.0.split_at_mut(count);
            // There are as many delays as weights, or none.
            let (delays, others) = left.1.split_at_mut(count.min(left.1.len()));
            left = (rest, others);
            items.push((block, start, weights, delays));
        }
        share::items(threads, items, |(block, start, weights, delays)| {
            for sample in 0..self.samples {
                let bar = &bar[sample * sample_bar..][..sample_bar];
                for step in 0..self.steps {
                    self.for_each_active(sample, step, block.clone(), |source, number| {
                        for synapse in connections.row(source) {
                            let own = &mut weights[synapse - start];
                            *own += number * self.source_adjoint(bar, step, synapse);
                            if let Some(own) = delays.get_mut(synapse - start) {
                                *own += number * self.delay_adjoint(bar, step, synapse, rounded);
                            }
                        }
                    });
                }
            }
            let own = &self.weights[start..start + weights.len()];
            delays.iter_mut().zip(own).for_each(|(delay, &weight)| *delay *= weight);
            Ok(())
        })
    }

    /// The derivative of [`Prepared::source_adjoint`] by the delay.
    fn delay_adjoint(&self, bar: &[T], step: usize, synapse: usize, rounded: bool) -> T {
        let later = self.target_adjoint(bar, step, synapse, 1);
        match rounded {
            true => T::of(0.5) * (later - self.target_adjoint(bar, step, synapse, -1)),
            false => later - self.target_adjoint(bar, step, synapse, 0),
        }
    }
}

impl<T: Float> Operation<T> for Sparse {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let call = self.prepare(inputs)?;
        let mut to = Array::zeros(NAME, &[call.samples, call.steps, call.connections.targets])?;
        call.forward(to.data_mut(), threads)?;
        Ok(Datum::Numbers(to))
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let Given { inputs, bar, wanted, .. } = given;
        let call = self.prepare(inputs)?;
        let mut adjoints = vec![None; inputs.len()];
        if wanted[0] {
            let mut to = Array::zeros(NAME, inputs[0].shape())?;
            call.to_input(to.data_mut(), bar.data(), threads)?;
            adjoints[0] = Some(to);
        }
        let of_delays = wanted.get(2) == Some(&true);
        if wanted[1] || of_delays {
            let mut weights = Array::zeros(NAME, inputs[1].shape())?;
            let mut delays = Array::zeros(NAME, &[if of_delays { weights.data().len() } else { 0 }])?;
            let rounded = self.delays == Delays::Rounded;
            call.to_synapses([weights.data_mut(), delays.data_mut()], bar.data(), rounded, threads)?;
            adjoints[1] = wanted[1].then_some(weights);
            if of_delays {
                adjoints[2] = Some(delays);
            }
        }
        Ok(adjoints)
    }
}
