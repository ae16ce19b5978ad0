//! Perturbations: against what they amount to, closed forms and themselves.

pub mod coupled;
mod effects;
pub mod invariance;
pub mod learning;
mod refused;
