//! Perturbations: against what they amount to, closed forms and themselves.

mod effects;
pub mod invariance;
pub mod learning;
mod refused;
