//! The operation: all steps of a layer, there and back.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::equations::Program;
use crate::error::{Error, Result};
use crate::simd::{Blank, Block};
use crate::train::array::words;
use crate::train::gemm::Float;
use crate::train::layer::recurrent::{RecurrentPass, Under};
use crate::train::layer::sides::Sides;
use crate::train::layer::{Neurons, Recurrent};
use crate::train::share;
use crate::train::spikes::firing;
use crate::train::tape::{Datum, Given, Operation};
use crate::train::{Array, Spikes};

/// All steps of a layer of neurons, from its state at the start. Its inputs are what arrives on each of the layer's receptors,
/// [samples, steps, units] in the receptor's unit (pA, mV, nS), with units along one axis or several, and then what [`Recurrent`]
/// takes, if its neurons reach each other; its output is their spikes, or the numbers they show, of the same shape.
#[derive(Debug)]
pub struct Steps<T> {
    neurons: Arc<Neurons<T>>,
    recurrent: Option<Recurrent>,
    /// State before every so many steps, group by group of samples, field by field.
    kept: Vec<Vec<Vec<T>>>,
    every: usize,
}

impl<T: Float> Steps<T> {
    /// Of a layer; nothing is kept before it has been gone over.
    pub fn new(neurons: Arc<Neurons<T>>) -> Steps<T> {
        Steps { neurons, recurrent: None, kept: Vec::new(), every: 1 }
    }

    /// With synapses among its neurons; two more inputs follow, or one: see [`Recurrent`].
    #[must_use]
    pub fn with(self, recurrent: Recurrent) -> Steps<T> {
        Steps { recurrent: Some(recurrent), ..self }
    }

    /// The synapses among its neurons as they are in this call.
    fn among<'a>(&self, inputs: &[&'a Datum<T>]) -> Result<Option<RecurrentPass<'a, T>>> {
        let drives = self.neurons.inputs.len();
        self.recurrent.as_ref().map(|recurrent| recurrent.prepare(&self.neurons, &inputs[drives..])).transpose()
    }

    /// Samples that are stepped side by side: as fill a tile.
    fn beside(&self, samples: usize) -> usize {
        (Program::tile::<T>() / self.neurons.units.max(1)).clamp(1, samples.max(1))
    }

    /// [samples, steps], and that all inputs have the shape of the layer.
    fn shape(&self, inputs: &[&Datum<T>]) -> Result<[usize; 2]> {
        let (units, place) = (self.neurons.units, format!("layer '{}'", self.neurons.name));
        let expected = self.neurons.inputs.len();
        let more = self.recurrent.as_ref().map_or(0, Recurrent::inputs);
        if inputs.len() != expected + more || expected == 0 {
            let among = if more > 0 { format!(" and {more} of synapses among its neurons") } else { String::new() };
            let problem = format!(
                "it takes an input for each of its {expected} receptors{among}, and was given {}",
                inputs.len()
            );
            return Err(Error::invalid(place, problem));
        }
        for input in &inputs[..expected] {
            let shape = input.numbers(&place)?.shape();
            let first = inputs[0].shape();
            if shape.len() < 3 || shape[2..].iter().product::<usize>() != units || shape != first {
                let problem = format!(
                    "what arrives has the shape {}, but [samples, steps, {units}] is needed, the same for each receptor",
                    words(shape)
                );
                return Err(Error::invalid(place, problem));
            }
        }
        Ok([inputs[0].shape()[0], inputs[0].shape()[1]])
    }
}

/// What arrives at some samples side by side, read step by step from arrays [samples, steps, units].
struct Arriving<'a, T> {
    arrays: Vec<(usize, &'a [T])>,
    samples: Range<usize>,
    steps: usize,
    units: usize,
    /// By channel, item by item; empty where nothing arrives, and where it is read where it lies.
    columns: Vec<Vec<T>>,
    /// Whether it is: of one sample, to which nothing is added.
    lies: bool,
    step: usize,
}

impl<'a, T: Float> Arriving<'a, T> {
    fn new(
        neurons: &Neurons<T>,
        inputs: &[&'a Datum<T>],
        (samples, steps): (Range<usize>, usize),
        alone: bool,
    ) -> Result<Self> {
        let mut columns = vec![Vec::new(); neurons.channels];
        let mut arrays = Vec::new();
        let lies = alone && samples.len() == 1;
        for (&channel, input) in neurons.inputs.iter().zip(inputs) {
            columns[channel] = vec![T::of(0.0); if lies { 0 } else { samples.len() * neurons.units }];
            arrays.push((channel, input.numbers(&neurons.name)?.data()));
        }
        Ok(Arriving { arrays, samples, steps, units: neurons.units, columns, lies, step: 0 })
    }

    /// Goes to a step, counted from 0.
    fn go(&mut self, step: usize) {
        self.step = step;
        let arrays = if self.lies { &[] } else { self.arrays.as_slice() };
        for &(channel, array) in arrays {
            let items = self.columns[channel].chunks_exact_mut(self.units);
            for (sample, items) in self.samples.clone().zip(items) {
                items.copy_from_slice(row(array, (sample, step), (self.steps, self.units)));
            }
        }
    }

    /// What arrives on a channel in the step.
    fn on(&self, channel: usize) -> &[T] {
        match self.arrays.iter().find(|own| self.lies && own.0 == channel) {
            Some((_, array)) => row(array, (self.samples.start, self.step), (self.steps, self.units)),
            None => &self.columns[channel],
        }
    }
}

/// The units of a sample in a step, in an array [samples, steps, units].
fn row<T>(array: &[T], (sample, step): (usize, usize), (steps, units): (usize, usize)) -> &[T] {
    &array[(sample * steps + step) * units..][..units]
}

/// Where a group of samples puts what it shows.
enum Shown<'a, T> {
    /// Words of its samples, and words of a row.
    Spikes(&'a mut [u64], usize),
    Numbers(&'a mut [T]),
}

impl<T: Float> Operation<T> for Steps<T> {
    fn name(&self) -> &str {
        &self.neurons.name
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let [samples, steps] = self.shape(inputs)?;
        let (units, beside) = (self.neurons.units, self.beside(samples));
        self.every = (steps as f64).sqrt().ceil().max(1.0) as usize;
        self.kept = vec![Vec::new(); samples.div_ceil(beside)];
        let shape = inputs[0].shape();
        let (mut spikes, mut numbers) = match self.neurons.shown {
            None => (Some(Spikes::silent(&self.neurons.name, shape)?), None),
            Some(_) => (None, Some(Array::zeros(&self.neurons.name, shape)?)),
        };
        let shown: Vec<Shown<'_, T>> = match (&mut spikes, &mut numbers) {
            (Some(spikes), _) => {
                let row = spikes.row_words();
                spikes.words_mut().chunks_mut((beside * steps * row).max(1)).map(|w| Shown::Spikes(w, row)).collect()
            }
            (_, Some(numbers)) => {
                numbers.data_mut().chunks_mut((beside * steps * units).max(1)).map(Shown::Numbers).collect()
            }
            _ => Vec::new(),
        };
        let among = self.among(inputs)?;
        let (neurons, every) = (&self.neurons, self.every);
        let groups: Vec<_> = shown.into_iter().zip(&mut self.kept).enumerate().collect();
        share::items(threads, groups, |(group, (shown, kept))| {
            let own = group * beside..samples.min((group + 1) * beside);
            let arriving = Arriving::new(neurons, inputs, (own, steps), among.is_none())?;
            forward(neurons, (arriving, among.as_ref()), every, shown, kept)
        })?;
        match (spikes, numbers) {
            (Some(spikes), _) => Ok(Datum::Spikes(spikes)),
            (_, Some(numbers)) => Ok(Datum::Numbers(numbers)),
            _ => Err(Error::Internal("a layer shows nothing".into())),
        }
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let [samples, steps] = self.shape(given.inputs)?;
        let (units, beside) = (self.neurons.units, self.beside(samples));
        let shape = given.inputs[0].shape();
        let name = &self.neurons.name;
        let among = self.among(given.inputs)?;
        let drives = &given.inputs[..self.neurons.inputs.len()];
        let mut adjoints: Vec<Blank<T>> = drives.iter().map(|_| Blank::new(samples * steps * units)).collect();
        let mut groups: Vec<Vec<Block<'_, T>>> = (0..samples.div_ceil(beside)).map(|_| Vec::new()).collect();
        for adjoint in &mut adjoints {
            groups.iter_mut().zip(adjoint.blocks(beside * steps * units)).for_each(|(group, part)| group.push(part));
        }
        let (neurons, every, bar) = (&self.neurons, self.every, given.bar.data());
        let spikes = match given.output {
            Datum::Spikes(spikes) => Some(spikes),
            Datum::Numbers(_) => None,
        };
        let kept = Mutex::new(std::mem::take(&mut self.kept));
        share::items(threads, groups.into_iter().enumerate().collect(), |(group, adjoints)| {
            let own = group * beside..samples.min((group + 1) * beside);
            let arriving = Arriving::new(neurons, given.inputs, (own, steps), among.is_none())?;
            // Given back as soon as it is used.
            let kept = kept.lock().unwrap_or_else(PoisonError::into_inner).get_mut(group).map(std::mem::take);
            let among = among.as_ref().zip(spikes);
            let adjoints = adjoints.into_iter().map(Block::cleared).collect();
            backward(neurons, (arriving, among), (every, kept.unwrap_or_default()), bar, adjoints);
            Ok(())
        })?;
        let adjoints = adjoints.into_iter().map(|adjoint| Array::new(name, shape, adjoint.made()?));
        let adjoints: Vec<Array<T>> = adjoints.collect::<Result<_>>()?;
        let of_synapses = match &self.recurrent {
            None => Vec::new(),
            Some(recurrent) => recurrent.adjoints(given, &adjoints, threads)?,
        };
        let drives = adjoints.into_iter().zip(given.wanted).map(|(adjoint, &wanted)| wanted.then_some(adjoint));
        Ok(drives.chain(of_synapses).collect())
    }

    fn kept(&self) -> usize {
        self.kept.iter().flatten().map(|column| size_of_val(column.as_slice())).sum()
    }
}

/// The way there of some samples.
fn forward<T: Float>(
    neurons: &Neurons<T>,
    (mut arriving, among): (Arriving<'_, T>, Option<&RecurrentPass<'_, T>>),
    every: usize,
    mut shown: Shown<'_, T>,
    kept: &mut Vec<Vec<T>>,
) -> Result<()> {
    let samples = arriving.samples.len();
    let mut sides = Sides::new(neurons, samples);
    let (steps, units) = (arriving.steps, neurons.units);
    let mut under = among.map(|among| Under::new(among, samples));
    let mut room = vec![0; units.div_ceil(64)];
    for step in 0..steps {
        if step % every == 0 {
            kept.extend(sides.state.iter().cloned());
        }
        arriving.go(step);
        if let Some(under) = &mut under {
            under.arrive(step, &mut arriving.columns);
        }
        sides.advance(step + 1, |channel| arriving.on(channel));
        for sample in 0..samples {
            let words = match &mut shown {
                Shown::Spikes(words, row) => &mut words[(sample * steps + step) * *row..][..*row],
                Shown::Numbers(_) => &mut room,
            };
            sides.fired(step + 1, sample, words)?;
            if let Some(under) = &mut under {
                under.send(step, firing(words).map(|unit| sample * units + unit));
            }
        }
        if let (Shown::Numbers(numbers), Some((field, offset))) = (&mut shown, &neurons.shown) {
            for (sample, values) in sides.state[*field].chunks_exact(units).enumerate() {
                let to = &mut numbers[(sample * steps + step) * units..][..units];
                to.iter_mut().zip(values).zip(offset).for_each(|((to, &value), &offset)| *to = value + offset);
            }
        }
    }
    Ok(())
}

/// Plays the steps `own` of a block again, from the state at its start that `sides` holds, and writes the state before each step
/// to `before`. Returns what arrived in each step, by step, then channel, then item; nothing where neurons do not reach each
/// other: what arrives is then read from the inputs when it is needed.
fn replay_block<T: Float>(
    sides: &mut Sides<'_, T>,
    arriving: &mut Arriving<'_, T>,
    among: Option<(&RecurrentPass<'_, T>, &Spikes)>,
    own: &Range<usize>,
    before: &mut [Vec<Vec<T>>],
) -> Vec<Vec<Vec<T>>> {
    let (samples, mut arrived) = (arriving.samples.clone(), Vec::new());
    // What comes from within is made again of the spikes that were, in the order in which it was made.
    let mut under = among.map(|(among, spikes)| Under::resumed(among, spikes, &samples, own.start));
    for (step, before) in own.clone().zip(before) {
        before.clone_from(&sides.state);
        arriving.go(step);
        if let (Some(under), Some((_, spikes))) = (&mut under, among) {
            under.arrive(step, &mut arriving.columns);
            under.send(step, spikes.beside(&samples, step));
            arrived.push(arriving.columns.clone());
        }
        if step + 1 < own.end {
            sides.advance(step + 1, |channel| arriving.on(channel));
        }
    }
    arrived
}

/// The way back of some samples, block by block of steps from the last.
fn backward<T: Float>(
    neurons: &Neurons<T>,
    (mut arriving, among): (Arriving<'_, T>, Option<(&RecurrentPass<'_, T>, &Spikes)>),
    (every, kept): (usize, Vec<Vec<T>>),
    bar: &[T],
    mut adjoints: Vec<&mut [T]>,
) {
    let (steps, units, samples) = (arriving.steps, neurons.units, arriving.samples.clone());
    let items = samples.len() * units;
    let mut sides = Sides::new(neurons, samples.len());
    let mut room = neurons.back.workspace(Program::tile::<T>());
    let zero = || vec![T::of(0.0); items];
    let mut bars: Vec<Vec<T>> = neurons.counts.iter().map(|&counts| if counts { Vec::new() } else { zero() }).collect();
    // Of one sample adjoints are read and written where they lie.
    let lies = arriving.lies;
    let beside = || if lies { Vec::new() } else { zero() };
    let mut given = beside();
    let mut inputs: Vec<Vec<T>> = neurons.inputs.iter().map(|_| beside()).collect();
    let mut inputs: Vec<&mut [T]> = inputs.iter_mut().map(|input| input.as_mut_slice()).collect();
    let mut adjoints: Vec<&mut [T]> = adjoints.iter_mut().map(|adjoint| &mut adjoint[..]).collect();
    // State before each step of a block.
    let mut before: Vec<Vec<Vec<T>>> = vec![Vec::new(); every];
    let mut back = among.map(|(among, _)| Under::new(among, samples.len()));
    for (block, kept) in kept.chunks(neurons.fields().max(1)).enumerate().rev() {
        let own = block * every..steps.min((block + 1) * every);
        sides.state.clone_from_slice(kept);
        let arrived = replay_block(&mut sides, &mut arriving, among, &own, &mut before);
        for step in own.rev() {
            for (sample, given) in samples.clone().zip(given.chunks_exact_mut(units)) {
                given.copy_from_slice(row(bar, (sample, step), (steps, units)));
            }
            if let Some(back) = &back {
                back.gather(step, &mut given);
            }
            let given = if lies { row(bar, (samples.start, step), (steps, units)) } else { given.as_slice() };
            let spikes: &[T] = match neurons.shown {
                None => given,
                Some((field, _)) => {
                    bars[field].iter_mut().zip(given).for_each(|(bar, &given)| *bar += given);
                    &[]
                }
            };
            if among.is_none() {
                arriving.go(step);
            }
            let came = |channel: usize| match arrived.get(step % every) {
                Some(columns) => columns[channel].as_slice(),
                None => arriving.on(channel),
            };
            let to = if lies { (&mut adjoints[..], step * units) } else { (&mut inputs[..], 0) };
            sides.back(&mut room, (&before[step % every], came), (&mut bars, spikes), to);
            if let Some(back) = &mut back {
                back.keep(step, &inputs);
            }
            for (adjoint, input) in adjoints.iter_mut().zip(&inputs) {
                for (sample, values) in input.chunks_exact(units).enumerate() {
                    adjoint[(sample * steps + step) * units..][..units].copy_from_slice(values);
                }
            }
        }
    }
}
