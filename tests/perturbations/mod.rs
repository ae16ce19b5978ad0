//! Perturbations: against what they amount to, closed forms and themselves.

mod effects;
mod invariance;
mod learning;
mod refused;
