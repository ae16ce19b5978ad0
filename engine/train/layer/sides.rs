//! Samples of a batch side by side, stepped as one tile: what they need of their own.

use crate::equations::Program;
use crate::error::{Error, Result};
use crate::plan::IDLE_CHECK_STEPS;
use crate::simd::{Table, Workspace, crossed, vectors};
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
    reset: Workspace<T>,
    margins: Vec<T>,
    spiking: Vec<u32>,
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
            reset: neurons.reset.workspace(most::<T>()),
            margins: vec![T::of(0.0); items],
            spiking: Vec::new(),
        }
    }

    /// Step `step`, counted from 1, with what arrives on each channel, item by item (nothing where it is empty); the items that
    /// fire are in [`Sides::fired`] then.
    ///
    /// # Errors
    /// A state that is no longer finite.
    pub fn advance(&mut self, step: usize, arriving: &[Vec<T>]) -> Result<()> {
        self.spiking.clear();
        let mut first = 0;
        while first < self.items {
            let count = most::<T>().min(self.items - first);
            self.part(first, count, arriving);
            first += count;
        }
        if let Some(&item) = self.spiking.iter().find(|&&item| !self.margins[item as usize].finite()) {
            return Err(Error::Numerics {
                population: self.neurons.name.clone(),
                index: (item as usize % self.neurons.units) as u32,
                step: step as u64,
                time_ms: f64::NAN,
                fault: "became NaN or infinite in training".into(),
            });
        }
        if step.is_multiple_of(IDLE_CHECK_STEPS as usize) {
            self.settle();
        }
        Ok(())
    }

    /// The items that fire in the last step, in order.
    pub fn fired(&self) -> &[u32] {
        &self.spiking
    }

    /// Items `first..first + count`.
    fn part(&mut self, first: usize, count: usize, arriving: &[Vec<T>]) {
        let part = first..first + count;
        let mut table = self.step.table(count);
        bind_derived(&mut table, &self.derived, first);
        self.state.iter_mut().for_each(|field| table.write(&mut field[part.clone()]));
        bind_arriving(&mut table, arriving, first);
        // No current of stimuli.
        table.share(T::of(0.0));
        table.write(&mut self.margins[part.clone()]);
        T::run(&self.neurons.step, &mut table, vectors());
        let before = self.spiking.len();
        crossed(&self.margins[part.clone()], &mut self.spiking);
        if self.spiking.len() == before {
            return;
        }
        self.spiking[before..].iter_mut().for_each(|item| *item += first as u32);
        let mut table = self.reset.table(count);
        bind_derived(&mut table, &self.derived, first);
        self.state.iter_mut().for_each(|field| table.write(&mut field[part.clone()]));
        table.read(&self.margins[part]);
        T::run(&self.neurons.reset, &mut table, vectors());
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
    /// state before it, which is the state now, and of what arrived.
    pub fn back(
        &self,
        room: &mut Workspace<T>,
        (state, arriving): (&[Vec<T>], &[Vec<T>]),
        (bars, spikes): (&mut [Vec<T>], &[T]),
        inputs: &mut [Vec<T>],
    ) {
        let mut first = 0;
        while first < self.items {
            let part = first..self.items.min(first + most::<T>());
            let mut table = room.table(part.len());
            bind_derived(&mut table, &self.derived, first);
            state.iter().for_each(|field| table.read(&field[first..]));
            bind_arriving(&mut table, arriving, first);
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
            inputs.iter_mut().for_each(|input| table.write(&mut input[part.clone()]));
            T::run(&self.neurons.back, &mut table, vectors());
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

fn bind_arriving<'a, T: Float>(table: &mut Table<'a, T>, arriving: &'a [Vec<T>], first: usize) {
    for channel in arriving {
        match channel.as_slice() {
            [] => table.share(T::of(0.0)),
            each => table.read(&each[first..]),
        }
    }
}
