//! A neuron model in Rust: declared once, written over the number type.

use std::fmt::Debug;

use crate::number::Real;
use crate::simd::{Fields, FieldsMut, Items, Vector};
use crate::tile::Declaration;

/// The parameters of a model.
pub trait Parameters: Copy {
    /// From a list in the declared order.
    fn of(values: &[f64]) -> Self;
    /// As such a list.
    fn list(self) -> Vec<f64>;
}

/// A set of numbers stored as columns: value `f` of item `i` at `f * stride + i`.
pub trait Columns<R>: Copy {
    /// How many numbers.
    const COUNT: usize;
    /// Reads item `i`.
    fn gather(columns: &[R], stride: usize, i: usize) -> Self;
    /// Writes item `i`.
    fn scatter(self, columns: &mut [R], stride: usize, i: usize);
    /// As a list, in the declared order.
    fn list(self) -> Vec<R>;
    /// Reads items side by side, at most as many as there are lanes.
    fn load(from: &Fields<'_, R::Number>, items: Items) -> Self
    where
        R: Vector;
    /// Writes items.
    fn store(self, to: &mut FieldsMut<'_, R::Number>, items: Items)
    where
        R: Vector;
    /// The same in each lane, from a list in the declared order.
    fn splat(values: &[R::Number]) -> Self
    where
        R: Vector;
}

/// A neuron model: declared once, written over the number type.
pub trait Neuron: Parameters + Default + Debug + Send + Sync + 'static {
    /// Parameters, state, channels.
    const DECLARATION: Declaration;
    /// The most spikes of one update, where the model itself bounds them.
    const MAX_SPIKES: Option<u32> = None;
    /// Derived values.
    type Derived<R: Real>: Columns<R>;
    /// State of one neuron.
    type State<R: Real>: Columns<R>;

    /// Derived values for a step of `dt` ms.
    fn derive(&self, dt: f64) -> Self::Derived<f64>;
    /// Advance the state by one step; `input` is what arrived in this step, per channel, and `current` (pA) what
    /// current stimuli inject during it. To be marked `#[inline(always)]`, as `margin`: code that is not inlined has no
    /// vector instructions.
    fn advance<R: Real>(derived: &Self::Derived<R>, state: &mut Self::State<R>, input: &[R], current: R);
    /// Signed distance to threshold: a spike is emitted where it is zero or more.
    fn margin<R: Real>(derived: &Self::Derived<R>, state: &Self::State<R>) -> R;
    /// What a spike does to the state.
    fn reset<R: Real>(derived: &Self::Derived<R>, state: &mut Self::State<R>);
    /// A rule between parameters that is broken: (parameter, rule).
    fn broken_rule(&self) -> Option<(&'static str, String)> {
        None
    }
    /// Steps for which a neuron stays silent after a spike, at least; bounds how many spikes there can be.
    fn refractory_steps(&self, _dt: f64) -> u64 {
        0
    }
}
