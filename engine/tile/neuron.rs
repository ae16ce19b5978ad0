//! A neuron model in Rust: declared once, written over the number type.

use std::fmt::Debug;

use crate::number::Real;
use crate::simd::{Fields, FieldsMut, Items, Vector};
use crate::tile::Declaration;

/// The parameters of a model.
pub trait Parameters: Copy {
    /// The parameters with these values, in the declared order.
    fn of(values: &[f64]) -> Self;
    /// The values, in the declared order.
    fn list(self) -> Vec<f64>;
}

/// A set of numbers stored as columns: value `f` of item `i` at `f * stride + i`.
pub trait Columns<R>: Copy {
    /// How many numbers an item has.
    const COUNT: usize;
    /// Reads item `i` of columns that begin `stride` numbers apart.
    fn gather(columns: &[R], stride: usize, i: usize) -> Self;
    /// Writes item `i` of columns that begin `stride` numbers apart.
    fn scatter(self, columns: &mut [R], stride: usize, i: usize);
    /// The numbers, in the declared order.
    fn list(self) -> Vec<R>;
    /// Reads `items` side by side, at most as many as there are lanes; the other lanes are zero.
    fn load(from: &Fields<'_, R::Number>, items: Items) -> Self
    where
        R: Vector;
    /// Writes the first lanes to `items`, at most as many as there are lanes.
    fn store(self, to: &mut FieldsMut<'_, R::Number>, items: Items)
    where
        R: Vector;
    /// The same numbers in each lane, from `values` in the declared order.
    fn splat(values: &[R::Number]) -> Self
    where
        R: Vector;
}

/// A neuron model: declared once, written over the number type.
pub trait Neuron: Parameters + Default + Debug + Send + Sync + 'static {
    /// What it declares: parameters, state, derived values, channels.
    const DECLARATION: Declaration;
    /// The most spikes of one update, where the model itself bounds them.
    const MAX_SPIKES: Option<u32> = None;
    /// Values derived from the parameters and dt.
    type Derived<R: Real>: Columns<R>;
    /// The state of one neuron.
    type State<R: Real>: Columns<R>;

    /// The derived values for a step of `dt` ms.
    fn derive(&self, dt: f64) -> Self::Derived<f64>;
    /// Advances the state by one step; `input` is what arrived in this step, per channel, and `current` (pA) what
    /// current stimuli inject during it. To be marked `#[inline(always)]`, as `margin`: code that is not inlined has no
    /// vector instructions.
    fn advance<R: Real>(derived: &Self::Derived<R>, state: &mut Self::State<R>, input: &[R], current: R);
    /// Signed distance to threshold: a spike is emitted where it is zero or more.
    fn margin<R: Real>(derived: &Self::Derived<R>, state: &Self::State<R>) -> R;
    /// What a spike does to the state.
    fn reset<R: Real>(derived: &Self::Derived<R>, state: &mut Self::State<R>);
    /// The parameter and the rule, in words, that the parameters break, beside the bounds of each; `None` if they keep
    /// all rules.
    fn broken_rule(&self) -> Option<(&'static str, String)> {
        None
    }
    /// Steps for which a neuron stays silent after a spike, at least; it bounds how many spikes there can be.
    fn refractory_steps(&self, _dt: f64) -> u64 {
        0
    }
}
