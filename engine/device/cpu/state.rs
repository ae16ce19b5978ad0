//! The state of a slice, field by field, aligned so that neurons whose ids are multiples of 16 begin cache lines in
//! `f32`.

use std::ops::Range;

use crate::number::Number;
use crate::simd::Buffer;

/// The values of a neuron whose global id is a multiple of this begin a cache line.
const ALIGNED: usize = 16;

/// State variables of neurons with successive ids.
#[derive(Debug)]
pub struct State<R> {
    values: Buffer<R>,
    /// Index of the first value.
    lead: usize,
    /// Distance from one field to the next.
    stride: usize,
    /// Number of neurons.
    neurons: usize,
}

impl<R: Number> State<R> {
    /// The state `values`, field by field, of `neurons` neurons from global id `first` on.
    pub fn new(values: &[f64], first: u32, neurons: usize) -> State<R> {
        let lead = first as usize % ALIGNED;
        let stride = (lead + neurons).next_multiple_of(ALIGNED);
        let fields = values.len().checked_div(neurons).unwrap_or(0);
        let mut state = State { values: Buffer::zeros(fields * stride + lead), lead, stride, neurons };
        (0..fields).for_each(|field| state.set(field, &values[field * neurons..][..neurons]));
        state
    }

    /// The number of fields, 0 where they have no neurons.
    pub fn fields(&self) -> usize {
        (self.values.len() - self.lead).checked_div(self.stride).unwrap_or(0)
    }

    /// Field `field` of all neurons.
    pub fn field(&self, field: usize) -> &[R] {
        &self.values[field * self.stride + self.lead..][..self.neurons]
    }

    /// Field `field` of all neurons.
    pub fn field_mut(&mut self, field: usize) -> &mut [R] {
        &mut self.values[field * self.stride + self.lead..][..self.neurons]
    }

    /// Sets field `field` of all neurons to `values`.
    pub fn set(&mut self, field: usize, values: &[f64]) {
        self.field_mut(field).iter_mut().zip(values).for_each(|(own, &value)| *own = R::of(value));
    }

    /// All fields, from the first neuron's value of the first one on, and the distance from one field to the next.
    pub fn values_and_stride(&mut self) -> (&mut [R], usize) {
        (&mut self.values[self.lead..], self.stride)
    }

    /// Copies all fields of `neurons` to `copy`.
    pub fn remember(&self, neurons: &Range<usize>, copy: &mut Vec<R>) {
        copy.clear();
        (0..self.fields()).for_each(|field| copy.extend_from_slice(&self.field(field)[neurons.clone()]));
    }

    /// Whether all fields of `neurons` are still those that [`State::remember`] copied.
    pub fn unchanged(&self, neurons: &Range<usize>, copy: &[R]) -> bool {
        let kept = copy.chunks_exact(neurons.len().max(1));
        (0..self.fields()).zip(kept).all(|(field, kept)| self.field(field)[neurons.clone()] == *kept)
    }
}
