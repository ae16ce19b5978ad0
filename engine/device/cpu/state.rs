//! The state of a slice, field by field. Vectors of it begin where lines of cache do, whatever the slice's first id.

use std::ops::Range;

use crate::number::Number;
use crate::simd::Buffer;

/// Neurons whose numbers begin a line of cache where their id is a multiple of this.
const ALIGNED: usize = 16;

/// State variables of some neurons with successive ids.
#[derive(Debug)]
pub struct State<R> {
    numbers: Buffer<R>,
    /// Numbers before the first.
    lead: usize,
    /// From a field to the next.
    stride: usize,
    neurons: usize,
}

impl<R: Number> State<R> {
    /// From values, field by field, of so many neurons from global id `first` on.
    pub fn new(values: &[f64], first: u32, neurons: usize) -> State<R> {
        let lead = first as usize % ALIGNED;
        let stride = (lead + neurons).next_multiple_of(ALIGNED);
        let fields = values.len().checked_div(neurons).unwrap_or(0);
        let mut state = State { numbers: Buffer::zeros(fields * stride + lead), lead, stride, neurons };
        (0..fields).for_each(|field| state.set(field, &values[field * neurons..][..neurons]));
        state
    }

    /// Fields.
    pub fn fields(&self) -> usize {
        (self.numbers.len() - self.lead).checked_div(self.stride).unwrap_or(0)
    }

    /// A field of all neurons.
    pub fn field(&self, field: usize) -> &[R] {
        &self.numbers[field * self.stride + self.lead..][..self.neurons]
    }

    /// A field of all neurons.
    pub fn field_mut(&mut self, field: usize) -> &mut [R] {
        &mut self.numbers[field * self.stride + self.lead..][..self.neurons]
    }

    /// Sets a field.
    pub fn set(&mut self, field: usize, values: &[f64]) {
        self.field_mut(field).iter_mut().zip(values).for_each(|(own, &value)| *own = R::of(value));
    }

    /// All fields from the first neuron on, and how far it is from one to the next.
    pub fn numbers(&mut self) -> (&mut [R], usize) {
        (&mut self.numbers[self.lead..], self.stride)
    }

    /// Keeps some neurons in `copy`, to compare them later.
    pub fn remember(&self, neurons: &Range<usize>, copy: &mut Vec<R>) {
        copy.clear();
        (0..self.fields()).for_each(|field| copy.extend_from_slice(&self.field(field)[neurons.clone()]));
    }

    /// Whether some neurons are as they were kept.
    pub fn unchanged(&self, neurons: &Range<usize>, copy: &[R]) -> bool {
        let kept = copy.chunks_exact(neurons.len().max(1));
        (0..self.fields()).zip(kept).all(|(field, kept)| self.field(field)[neurons.clone()] == *kept)
    }
}
