//! Models of neurons, synapses and astrocytes. The lightest neurons are Rust, a folder each, whose `mod.rs` declares
//! parameters, state and equations once, for all players; all other models are text, as users write it:
//! `neurons/<name>.toml` and so on.
//!
//! From the declaration come the Rust struct with its defaults and checks, the GPU's code, the table in the docs and
//! the names in experiment files. A new model takes one folder here and one line in [`native`], or one text and one
//! line in `neurons`. What may not live here: anything that knows a device, a network or a file.
//!
//! **Time.** A spike emitted in step k over a connection with a delay of d steps acts on the update of step k + d, as
//! in NEST. The update of step k leads from (k-1)·dt to k·dt, and a recorded value at time k·dt is the state at its
//! end.

use std::sync::{Arc, LazyLock};

use crate::time::Grid;

mod astrocytes;
mod conductances;
mod declare;
mod neurons;
pub mod propagators;
mod table;

pub mod iaf_cond_alpha;
pub mod iaf_cond_exp;
pub mod iaf_psc_alpha;
pub mod iaf_psc_delta;
pub mod iaf_psc_exp;
pub mod parrot_neuron;
mod synapses;

pub use iaf_cond_alpha::IafCondAlpha;
pub use iaf_cond_exp::IafCondExp;
pub use iaf_psc_alpha::IafPscAlpha;
pub use iaf_psc_delta::IafPscDelta;
pub use iaf_psc_exp::IafPscExp;
pub use neurons::{WithLists, lists, with_lists};
pub use parrot_neuron::ParrotNeuron;
pub use synapses::{STATIC_SYNAPSES, synapse, synapse_names};
pub use table::{table, takes};

pub use crate::tile::{
    Bound, Channel, Columns, Declaration, Equations, Model, Neuron, Of, Parameter, Parameters, Start, Takes, Variable,
    equations,
};

/// The models in Rust, made once, since each holds its equations as graphs.
static NATIVE: LazyLock<Vec<Arc<dyn Model>>> = LazyLock::new(|| {
    vec![
        Arc::new(Of::<IafCondAlpha>::new()),
        Arc::new(Of::<IafCondExp>::new()),
        Arc::new(Of::<IafPscAlpha>::new()),
        Arc::new(Of::<IafPscDelta>::new()),
        Arc::new(Of::<IafPscExp>::new()),
        Arc::new(Of::<ParrotNeuron>::new()),
    ]
});

/// The models in Rust, in alphabetical order.
pub fn native() -> Vec<Arc<dyn Model>> {
    NATIVE.clone()
}

/// The names of all models of neurons that experiment files can name, in alphabetical order.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = NATIVE.iter().map(|model| model.declaration().name).chain(neurons::names()).collect();
    names.sort_unstable();
    names
}

/// All models of neurons that experiment files can name, in alphabetical order. Those in text are read on the first
/// call, which takes a millisecond each.
pub fn all() -> Vec<Arc<dyn Model>> {
    // The tests fail if a text cannot be read.
    names().into_iter().filter_map(|name| find(name)?.ok()).collect()
}

/// The model of a neuron or an astrocyte of this name; `None` if there is none.
fn find(name: &str) -> Option<crate::Result<Arc<dyn Model>>> {
    let native = NATIVE.iter().find(|model| model.declaration().name == name).cloned();
    native.map(Ok).or_else(|| neurons::named(name)).or_else(|| astrocytes::named(name))
}

/// Whether there is a built-in model of a neuron or an astrocyte of this name.
pub fn is_built_in(name: &str) -> bool {
    find(name).is_some()
}

/// The model of a neuron or an astrocyte of this name; `place` is where errors say it was asked for.
///
/// # Errors
/// [`crate::Error::Unknown`], with the nearest known name.
pub fn named(name: &str, place: &str) -> crate::Result<Arc<dyn Model>> {
    let known = || names().into_iter().chain(astrocytes::names()).collect::<Vec<_>>();
    find(name).unwrap_or_else(|| Err(crate::Error::unknown("model", name, place, &known())))
}

/// The steps of a refractory period of `t_ref` ms with steps of `dt` ms, as NEST 3.10 counts them, see
/// [`Grid::refractory`]; NaN where `t_ref` is not a time.
pub fn refractory_steps(t_ref: f64, dt: f64) -> f64 {
    Grid::new(dt).refractory(t_ref).map_or(f64::NAN, |steps| steps as f64)
}

/// The lower bound `v_min` of a potential relative to `e_l` (mV), within what `f32` can hold.
pub fn relative_floor(v_min: f64, e_l: f64) -> f64 {
    (v_min - e_l).max(f64::from(f32::MIN))
}

/// The rule that the reset potential lies below the threshold (mV), so that a reset does not cause a spike: the
/// parameter and the rule in words if it is broken.
pub fn reset_below_threshold(v_reset: f64, v_th: f64) -> Option<(&'static str, String)> {
    (v_reset >= v_th).then(|| ("V_reset", format!("below V_th = {v_th} mV")))
}
