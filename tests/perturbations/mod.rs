//! Perturbations: against what they amount to, closed forms and themselves.

mod effects;
pub mod invariance;
mod learning;
mod refused;
