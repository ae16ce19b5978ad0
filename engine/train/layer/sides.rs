//! Samples of a batch side by side, stepped as one tile: what they need of their own.

use crate::equations::Program;
use crate::error::{Error, Result};
use crate::plan::IDLE_CHECK_STEPS;
use crate::simd::{Table, Workspace, crossed_bits};
use crate::train::gemm::Float;
use crate::train::layer::Neurons;

/// Some samples whose units lie one behind the other, and the programs' room.
pub struct Sides<'n, T: Float> {
    neurons: &'n Neurons<T>,
    /// Units of all its samples.
    items: usize,
    /// Derived values, for each item where units differ.
    derived: Vec<Vec<T>>,
    /// State, field by field.
    pub state: Vec<Vec<T>>,
    step: Workspace<T>,
    margins: Vec<T>,
}

/// Items that a program goes over at once.
const fn most<T>() -> usize {
    Program::tile::<T>()
}

impl<'n, T: Float> Sides<'n, T> {
    /// Of so many samples, before the first step.
    pub fn new(neurons: &'n Neurons<T>, samples: usize) -> Sides<'n, T> {
        let items = samples * neurons.units;
        let repeated = |values: &Vec<T>| match values.as_slice() {
            [one] => vec![*one],
            each => each.repeat(samples),
        };
        Sides {
            neurons,
            items,
            derived: neurons.derived.iter().map(repeated).collect(),
            state: neurons.start.iter().map(|start| start.repeat(samples)).collect(),
            step: neurons.step.workspace(most::<T>()),
            margins: vec![T::of(0.0); items],
        }
    }

    /// Step `step`, counted from 1, with what arrives on each channel, item by item (nothing where it is empty);
    /// [`Sides::fired`] tells who fires then.
    pub fn advance<'c>(&mut self, step: usize, arriving: impl Fn(usize) -> &'c [T])
    where
        T: 'c,
    {
        let mut first = 0;
        while first < self.items {
            let part = first..self.items.min(first + most::<T>());
            let mut table = self.step.table(part.len());
            bind_derived(&mut table, &self.derived, first);
            self.state.iter_mut().for_each(|field| table.write(&mut field[part.clone()]));
            bind_arriving(&mut table, &arriving, self.neurons.channels, first);
            // No current of stimuli.
            table.share(T::of(0.0));
            table.write(&mut self.margins[part.clone()]);
            self.neurons.step.run(&mut table);
            first = part.end;
        }
        if step.is_multiple_of(IDLE_CHECK_STEPS as usize) {
            self.settle();
        }
    }

    /// Sets the bits of the units of a sample that fire in the last step, which was step `step`.
    ///
    /// # Errors
    /// A state that is no longer finite.
    pub fn fired(&self, step: usize, sample: usize, words: &mut [u64]) -> Result<()> {
        let margins = &self.margins[sample * self.neurons.units..][..self.neurons.units];
        if crossed_bits(margins, words) {
            return Ok(());
        }
        let index = margins.iter().position(|margin| !margin.finite()).unwrap_or_default();
        Err(Error::Numerics {
            population: self.neurons.name.clone(),
            index: index as u32,
            step: step as u64,
            time_ms: step as f64 * self.neurons.dt,
            fault: "became NaN or infinite in training".into(),
        })
    }

    /// Tiny values become rest, as they do in every player.
    fn settle(&mut self) {
        for value in self.state.iter_mut().flatten() {
            if (*value < T::TINY) & (-*value < T::TINY) {
                *value = T::of(0.0);
            }
        }
    }

    /// From the adjoints of the state after a step and of its spikes (written over `bars`, not for counters) to those of the
    /// state before it, and of what arrived, which are written from a place of `inputs` on.
    pub fn back<'c>(
        &self,
        room: &mut Workspace<T>,
        (state, arriving): (&[Vec<T>], impl Fn(usize) -> &'c [T]),
        (bars, spikes): (&mut [Vec<T>], &[T]),
        (inputs, place): (&mut [&mut [T]], usize),
    ) where
        T: 'c,
    {
        let mut first = 0;
        while first < self.items {
            let part = first..self.items.min(first + most::<T>());
            let mut table = room.table(part.len());
            bind_derived(&mut table, &self.derived, first);
            state.iter().for_each(|field| table.read(&field[first..]));
            bind_arriving(&mut table, &arriving, self.neurons.channels, first);
            table.share(T::of(0.0));
            for bar in bars.iter_mut() {
                match bar.as_slice() {
                    [] => table.share(T::of(0.0)),
                    _ => table.write(&mut bar[part.clone()]),
                }
            }
            match spikes {
                [] => table.share(T::of(0.0)),
                each => table.read(&each[first..]),
            }
            inputs.iter_mut().for_each(|input| table.write(&mut input[place + part.start..place + part.end]));
            self.neurons.back.run(&mut table);
            first = part.end;
        }
    }
}

fn bind_derived<'a, T: Float>(table: &mut Table<'a, T>, derived: &'a [Vec<T>], first: usize) {
    for field in derived {
        match field.as_slice() {
            [one] => table.share(*one),
            each => table.read(&each[first..]),
        }
    }
}

fn bind_arriving<'a, 'c: 'a, T: Float + 'c>(
    table: &mut Table<'a, T>,
    arriving: &impl Fn(usize) -> &'c [T],
    channels: usize,
    first: usize,
) {
    for channel in 0..channels {
        match arriving(channel) {
            [] => table.share(T::of(0.0)),
            each => table.read(&each[first..]),
        }
    }
}
