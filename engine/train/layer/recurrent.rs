//! Synapses among the neurons of a layer: what is under way within the loop over time, and the way back over it.

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::train::array::same_shape;
use crate::train::gemm::Float;
use crate::train::layer::Neurons;
use crate::train::tape::sparse::split;
use crate::train::tape::{Connections, Datum, Delays, Given, Operation, Sparse};
use crate::train::{Array, Spikes};

/// Synapses among the neurons of a layer, onto one receptor. Their weights, \[synapses\] in the receptor's unit, are an input of
/// [`super::Steps`], and behind them their delays, \[synapses\] in steps, where those are trained: the engine plays them rounded,
/// and so does this.
#[derive(Debug, Clone)]
pub struct Recurrent {
    connections: Arc<Connections>,
    /// Which of the layer's receptors, by its place among the inputs.
    receptor: usize,
    delays: Delays,
}

impl Recurrent {
    /// Along these synapses, with their own delays, onto the receptor at this place among the layer's.
    pub fn new(connections: Arc<Connections>, receptor: usize) -> Recurrent {
        Recurrent { connections, receptor, delays: Delays::Fixed }
    }

    /// With delays that are an input, too.
    #[must_use]
    pub fn with_delays(self) -> Recurrent {
        Recurrent { delays: Delays::Rounded, ..self }
    }

    /// Its synapses.
    pub fn connections(&self) -> &Arc<Connections> {
        &self.connections
    }

    /// How many inputs it takes.
    pub fn inputs(&self) -> usize {
        if self.delays == Delays::Fixed { 1 } else { 2 }
    }

    /// Checks weights and delays, which are `inputs`, against the layer, and gives its synapses ready for a pass over time.
    ///
    /// # Errors
    /// Another number of units, a receptor that is not there, a layer that shows its state, inputs of another shape.
    pub(super) fn prepare<'a, T: Float>(
        &self,
        neurons: &Neurons<T>,
        inputs: &[&'a Datum<T>],
    ) -> Result<RecurrentPass<'a, T>> {
        let place = format!("synapses among layer '{}'", neurons.name());
        let wrong = |problem: String| Err(Error::invalid(place.clone(), problem));
        let connections = &self.connections;
        let (from, to, units) = (connections.sources(), connections.targets(), neurons.units());
        if (from, to) != (units, units) {
            return wrong(format!("they join {from} sources to {to} targets, and the layer has {units} units"));
        }
        let Some(&channel) = neurons.inputs.get(self.receptor) else {
            let count = neurons.inputs.len();
            return wrong(format!("receptor {} is none of the layer's {count}, counted from 0", self.receptor));
        };
        if neurons.shown.is_some() {
            return wrong("the layer shows its state; what its neurons send each other are spikes".into());
        }
        let numbers = |k: usize| -> Result<&'a [T]> {
            let array = inputs[k].numbers(&place)?;
            same_shape(&place, &[connections.synapses()], array.shape())?;
            Ok(array.data())
        };
        let lag = match self.delays {
            Delays::Fixed => connections.delay().to_vec(),
            _ => split(numbers(1)?, Delays::Rounded)?.0,
        };
        let longest = lag.iter().copied().max().unwrap_or(1) as usize;
        let (weights, receptor, connections) = (numbers(0)?, self.receptor, connections.clone());
        Ok(RecurrentPass { connections, weights, lag, longest, channel, receptor, units })
    }

    /// Adjoints of weights, and of delays, from those of what arrived on each receptor.
    pub(super) fn adjoints<T: Float>(
        &self,
        given: Given<'_, T>,
        arrived: &[Array<T>],
        threads: usize,
    ) -> Result<Vec<Option<Array<T>>>> {
        let first = arrived.len();
        let inputs: Vec<&Datum<T>> = [given.output].into_iter().chain(given.inputs[first..].iter().copied()).collect();
        let wanted: Vec<bool> = [false].into_iter().chain(given.wanted[first..].iter().copied()).collect();
        let bar = &arrived[self.receptor];
        let given = Given { inputs: &inputs, output: given.output, bar, wanted: &wanted };
        let mut sparse = Sparse::new(self.connections.clone(), self.delays);
        let adjoints = sparse.backward(given, threads)?;
        Ok(adjoints.into_iter().skip(1).collect())
    }
}

/// Recurrent synapses during one pass over time.
#[derive(Debug)]
pub struct RecurrentPass<'a, T> {
    connections: Arc<Connections>,
    weights: &'a [T],
    /// Steps from a spike to its arrival.
    lag: Vec<u32>,
    longest: usize,
    /// The channel of the model, and its place among the layer's receptors.
    channel: usize,
    receptor: usize,
    units: usize,
}

/// What is under way among some samples side by side: forward the sums that will arrive, backward the adjoints of what
/// arrived; a row of items for each of the last steps.
#[derive(Debug)]
pub struct Under<'l, 'a, T> {
    among: &'l RecurrentPass<'a, T>,
    rows: Vec<Vec<T>>,
}

impl<'l, 'a, T: Float> Under<'l, 'a, T> {
    /// Nothing under way yet, among `samples` samples.
    pub fn new(among: &'l RecurrentPass<'a, T>, samples: usize) -> Under<'l, 'a, T> {
        Under { among, rows: vec![vec![T::of(0.0); samples * among.units]; among.longest + 1] }
    }

    /// What is under way forward before step `step`, from the `spikes` of the steps before.
    pub fn resumed(
        among: &'l RecurrentPass<'a, T>,
        spikes: &Spikes,
        samples: &Range<usize>,
        step: usize,
    ) -> Under<'l, 'a, T> {
        let mut under = Under::new(among, samples.len());
        for earlier in step.saturating_sub(among.longest)..step {
            under.clear(earlier);
            under.send(earlier, spikes.beside(samples, earlier));
        }
        under
    }

    fn row(&self, step: usize) -> usize {
        step % self.rows.len()
    }

    /// What was to arrive in a step is gone.
    fn clear(&mut self, step: usize) {
        let row = self.row(step);
        self.rows[row].fill(T::of(0.0));
    }

    /// Adds what arrives in a step to its column.
    pub fn arrive(&mut self, step: usize, columns: &mut [Vec<T>]) {
        let row = self.row(step);
        let column = columns[self.among.channel].iter_mut();
        column.zip(&self.rows[row]).for_each(|(sum, &more)| *sum += more);
        self.clear(step);
    }

    /// Sends the spikes of a step on their way.
    pub fn send(&mut self, step: usize, fired: impl Iterator<Item = usize>) {
        let (among, rows) = (self.among, self.rows.len());
        for item in fired {
            let (source, first) = (item % among.units, item / among.units * among.units);
            for synapse in among.connections.row(source) {
                let at = (step + among.lag[synapse] as usize) % rows;
                let sum = &mut self.rows[at][first + among.connections.target()[synapse] as usize];
                *sum += among.weights[synapse];
            }
        }
    }

    /// On the way back, adds to the adjoints of the spikes of a step what their arrivals bring.
    pub fn gather(&self, step: usize, bars: &mut [T]) {
        let among = self.among;
        for (item, bar) in bars.iter_mut().enumerate() {
            let (source, first) = (item % among.units, item / among.units * among.units);
            for synapse in among.connections.row(source) {
                let row = &self.rows[self.row(step + among.lag[synapse] as usize)];
                *bar += among.weights[synapse] * row[first + among.connections.target()[synapse] as usize];
            }
        }
    }

    /// On the way back, keeps the adjoints of what arrived in a step.
    pub fn keep(&mut self, step: usize, inputs: &[&mut [T]]) {
        let row = self.row(step);
        self.rows[row].copy_from_slice(inputs[self.among.receptor]);
    }
}
