//! Neuron models, one folder each: `mod.rs` declares parameters, state and equations once, `<name>.wgsl` holds the same
//! three functions (advance, margin, reset) for the GPU.
//!
//! The declaration gives the Rust struct with its defaults and checks, the WGSL structs, the docs table and the names in
//! experiment files. Adding a model is one folder here and one line in [`all`]. What may not live here: anything that
//! knows a device, a network or a file.
//!
//! **Time.** A spike emitted in step k over a connection with a delay of d steps acts on the update of step k + d, as in
//! NEST. The update of step k leads from (k-1)·dt to k·dt, and a recorded value at time k·dt is the state at its end.

use std::fmt::Debug;
use std::sync::Arc;

use crate::device::cpu::integrate::{Patch, integrate};
use crate::number::Real;
use crate::simd::{Fields, FieldsMut, Items, Vector};
use crate::time::Grid;

mod conductances;
mod declare;
mod equations;
pub mod propagators;
mod table;

pub mod iaf_cond_alpha;
pub mod iaf_cond_exp;
pub mod iaf_psc_alpha;
pub mod iaf_psc_delta;
pub mod iaf_psc_exp;
pub mod parrot_neuron;

pub use equations::{Equations, equations};
pub use iaf_cond_alpha::IafCondAlpha;
pub use iaf_cond_exp::IafCondExp;
pub use iaf_psc_alpha::IafPscAlpha;
pub use iaf_psc_delta::IafPscDelta;
pub use iaf_psc_exp::IafPscExp;
pub use parrot_neuron::ParrotNeuron;
pub use table::table;

pub use crate::equations::Takes;

/// All models that experiment files can name, in alphabetical order.
pub fn all() -> Vec<Arc<dyn Model>> {
    vec![
        Arc::new(Of::<IafCondAlpha>::new()),
        Arc::new(Of::<IafCondExp>::new()),
        Arc::new(Of::<IafPscAlpha>::new()),
        Arc::new(Of::<IafPscDelta>::new()),
        Arc::new(Of::<IafPscExp>::new()),
        Arc::new(Of::<ParrotNeuron>::new()),
    ]
}

/// The model of this name.
///
/// # Errors
/// [`crate::Error::Unknown`], with the nearest known name.
pub fn named(name: &str, place: &str) -> crate::Result<Arc<dyn Model>> {
    let all = all();
    let names: Vec<&str> = all.iter().map(|m| m.declaration().name).collect();
    let found = all.iter().find(|m| m.declaration().name == name).cloned();
    found.ok_or_else(|| crate::Error::unknown("model", name, place, &names))
}

/// The bounds of a parameter, or of a state variable at time 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Any finite number.
    Any,
    /// Greater than zero.
    Positive,
    /// Zero or greater.
    NonNegative,
    /// A whole number of steps, from 0 to 2²⁴.
    Steps,
    /// 0 or 1, written `false` or `true`.
    Flag,
}

impl Bound {
    /// The rule as words.
    pub fn rule(self) -> &'static str {
        match self {
            Bound::Any => "a finite number",
            Bound::Positive => "greater than 0",
            Bound::NonNegative => "0 or greater",
            Bound::Steps => "a whole number from 0 to 16777216",
            Bound::Flag => "true or false",
        }
    }

    /// The rule as words, or nothing if `value` keeps it.
    pub fn broken_by(self, value: f64) -> Option<&'static str> {
        let kept = match self {
            Bound::Any => true,
            Bound::Positive => value > 0.0,
            Bound::NonNegative => value >= 0.0,
            // As far as f32 counts.
            Bound::Steps => value.fract() == 0.0 && (0.0..=16_777_216.0).contains(&value),
            Bound::Flag => value == 0.0 || value == 1.0,
        };
        match self {
            _ if !value.is_finite() => Some(Bound::Any.rule()),
            _ if kept => None,
            _ => Some(self.rule()),
        }
    }
}

/// A parameter of a model.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// NEST name.
    pub name: &'static str,
    /// Unit, NEST's.
    pub unit: &'static str,
    /// Default.
    pub default: f64,
    /// Bounds.
    pub bound: Bound,
    /// One phrase.
    pub about: &'static str,
}

/// Where a state variable starts.
#[derive(Debug, Clone, Copy)]
pub enum Start {
    /// At a constant.
    At(f64),
    /// At the value of a parameter.
    Parameter(&'static str),
}

/// A state variable of a model.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// NEST name.
    pub name: &'static str,
    /// Unit, NEST's.
    pub unit: &'static str,
    /// Value at time 0 unless set.
    pub start: Start,
    /// The parameter that the stored value is relative to, if any: stored = value - parameter.
    pub relative_to: Option<&'static str>,
    /// Bounds of the value at time 0.
    pub bound: Bound,
    /// One phrase.
    pub about: &'static str,
}

/// An input channel (receptor) of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel {
    /// Name of the receptor: "ex", "in"; or "in" alone where one channel takes both signs.
    pub name: &'static str,
    /// Unit of the weights.
    pub unit: &'static str,
    /// Which weights go here.
    pub takes: Takes,
}

/// What a model is, for people, files and the GPU.
#[derive(Debug)]
pub struct Declaration {
    /// NEST name.
    pub name: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// Parameters in the order of the struct.
    pub parameters: &'static [Parameter],
    /// State variables in the order they are stored.
    pub state: &'static [Variable],
    /// Values derived from the parameters and dt when the network is built, in `f64`.
    pub derived: &'static [&'static str],
    /// Input channels.
    pub channels: &'static [Channel],
    /// Whether one update can emit several spikes (1 + the whole part of the margin).
    pub multiple: bool,
    /// The GPU code: `advance`, `margin` and `reset`.
    pub wgsl: &'static str,
}

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
    /// Parameters, state, channels, WGSL.
    const DECLARATION: Declaration;
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
    fn silent_steps(&self, _dt: f64) -> u64 {
        0
    }
}

/// A [`Neuron`] behind one type, as networks hold it.
pub trait Model: Debug + Send + Sync {
    /// Parameters, state, channels, WGSL.
    fn declaration(&self) -> &'static Declaration;
    /// Derived values of one neuron from its parameters (both in declared order).
    fn derive(&self, parameters: &[f64], dt: f64) -> Vec<f64>;
    /// A rule between parameters that is broken.
    fn broken_rule(&self, parameters: &[f64]) -> Option<(&'static str, String)>;
    /// See [`Neuron::silent_steps`].
    fn silent_steps(&self, parameters: &[f64], dt: f64) -> u64;
    /// Some steps of a patch of neurons in `f32`.
    fn integrate_f32(&self, patch: Patch<'_, f32>);
    /// Some steps of a patch of neurons in `f64`.
    fn integrate_f64(&self, patch: Patch<'_, f64>);
}

/// Makes a [`Model`] of a [`Neuron`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Of<N>(std::marker::PhantomData<N>);

impl<N: Neuron> Of<N> {
    /// The model of the neuron `N`.
    pub fn new() -> Of<N> {
        Of(std::marker::PhantomData)
    }
}

impl<N: Neuron> Model for Of<N> {
    fn declaration(&self) -> &'static Declaration {
        const { &N::DECLARATION }
    }
    fn derive(&self, parameters: &[f64], dt: f64) -> Vec<f64> {
        N::of(parameters).derive(dt).list()
    }
    fn broken_rule(&self, parameters: &[f64]) -> Option<(&'static str, String)> {
        N::of(parameters).broken_rule()
    }
    fn silent_steps(&self, parameters: &[f64], dt: f64) -> u64 {
        N::of(parameters).silent_steps(dt)
    }
    fn integrate_f32(&self, patch: Patch<'_, f32>) {
        integrate::<N, f32>(patch);
    }
    fn integrate_f64(&self, patch: Patch<'_, f64>) {
        integrate::<N, f64>(patch);
    }
}

/// Steps of a refractory period, as NEST 3.10 counts them in each of these models: see [`Grid::refractory`].
pub fn refractory_steps(t_ref: f64, dt: f64) -> f64 {
    Grid::new(dt).refractory(t_ref).map_or(f64::NAN, |steps| steps as f64)
}

/// A lower bound of the potential relative to `E_L`, within what `f32` can hold.
pub fn relative_floor(v_min: f64, e_l: f64) -> f64 {
    (v_min - e_l).max(f64::from(f32::MIN))
}

/// The rule that a reset must not fire again: what is broken, if it is.
pub fn reset_below_threshold(v_reset: f64, v_th: f64) -> Option<(&'static str, String)> {
    (v_reset >= v_th).then(|| ("V_reset", format!("below V_th = {v_th} mV")))
}
