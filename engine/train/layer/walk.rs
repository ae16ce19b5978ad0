//! Neurons stepped one step at a time, and back: for loops in which what arrives depends on what was shown.

use crate::equations::Program;
use crate::error::{Error, Result};
use crate::simd::Workspace;
use crate::train::gemm::Float;
use crate::train::layer::Neurons;
use crate::train::layer::sides::Sides;
use crate::train::spikes::firing;

/// State before a step, field by field, and what arrives in it, channel by channel.
type Kept<T> = (Vec<Vec<T>>, Vec<Vec<T>>);

/// Samples of a layer side by side, from its state at the start on. All that is needed to go back is kept: state before each step, and
/// what arrived in it.
pub struct Walk<'n, T: Float> {
    sides: Sides<'n, T>,
    neurons: &'n Neurons<T>,
    items: usize,
    kept: Vec<Kept<T>>,
    fired: Vec<u32>,
}

impl<'n, T: Float> Walk<'n, T> {
    /// So many samples of neurons that show spikes and have one receptor that is driven.
    ///
    /// # Errors
    /// No samples; neurons that show their state, or several receptors.
    pub fn new(neurons: &'n Neurons<T>, samples: usize) -> Result<Walk<'n, T>> {
        if samples == 0 || neurons.shown.is_some() || neurons.inputs.len() != 1 {
            let problem = "it takes a sample or more of neurons that show spikes and have one receptor that is driven";
            return Err(Error::invalid(format!("layer '{}'", neurons.name), problem));
        }
        let items = samples * neurons.units;
        Ok(Walk { sides: Sides::new(neurons, samples), neurons, items, kept: Vec::new(), fired: Vec::new() })
    }

    /// A step with what arrives, [samples, units]; the items that fire in it, in order.
    ///
    /// # Errors
    /// Another number of items; a state that is no longer finite.
    pub fn step(&mut self, arriving: &[T]) -> Result<&[u32]> {
        if arriving.len() != self.items {
            let problem =
                format!("{} numbers arrive, and it has {} neurons in all samples", arriving.len(), self.items);
            return Err(Error::invalid(format!("layer '{}'", self.neurons.name), problem));
        }
        let mut columns = vec![Vec::new(); self.neurons.channels];
        columns[self.neurons.inputs[0]] = arriving.to_vec();
        self.kept.push((self.sides.state.clone(), columns));
        let (step, columns) = (self.kept.len(), &self.kept[self.kept.len() - 1].1);
        self.sides.advance(step, |channel| &columns[channel]);
        self.fired.clear();
        let (units, mut words) = (self.neurons.units, vec![0; self.neurons.units.div_ceil(64)]);
        for sample in 0..self.items / units.max(1) {
            words.fill(0);
            self.sides.fired(step, sample, &mut words)?;
            self.fired.extend(firing(&words).map(|unit| (sample * units + unit) as u32));
        }
        Ok(&self.fired)
    }

    /// Turns round behind the last step.
    pub fn back(self) -> WayBack<'n, T> {
        let zero = || vec![T::of(0.0); self.items];
        let bars = self.neurons.counts.iter().map(|&counts| if counts { Vec::new() } else { zero() }).collect();
        let room = self.neurons.back.workspace(Program::tile::<T>());
        WayBack { bars, inputs: zero(), room, walk: self }
    }
}

/// The way back of a [`Walk`], from its last step to its first.
pub struct WayBack<'n, T: Float> {
    walk: Walk<'n, T>,
    bars: Vec<Vec<T>>,
    inputs: Vec<T>,
    room: Workspace<T>,
}

impl<T: Float> WayBack<'_, T> {
    /// From the adjoints of the spikes of the last step that is left, [samples, units], to those of what arrived in it.
    ///
    /// # Errors
    /// Another number of items; no step that is left.
    pub fn step(&mut self, spikes: &[T]) -> Result<&[T]> {
        let left = self.walk.kept.pop().filter(|_| spikes.len() == self.walk.items);
        let Some((state, arriving)) = left else {
            let problem =
                format!("{} adjoints for {} neurons; give one each, once a step", spikes.len(), self.walk.items);
            return Err(Error::invalid(format!("layer '{}'", self.walk.neurons.name), problem));
        };
        let back = (&mut self.bars[..], spikes);
        let inputs = (&mut [&mut self.inputs[..]][..], 0);
        self.walk.sides.back(&mut self.room, (&state, |channel| &arriving[channel]), back, inputs);
        Ok(&self.inputs)
    }
}
