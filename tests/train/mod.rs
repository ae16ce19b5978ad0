//! The room `train`: gradients against hand-written ones, tangents and differences; what is trained is what is simulated.

mod control;
mod diffusion;
mod elm;
mod events;
mod exit;
mod files;
mod fit;
mod language;
mod layer;
mod motion;
mod net;
mod nets;
mod nir;
mod ops;
mod pruning;
mod regimes;
mod reservoir;
mod reservoir_tasks;
mod sequence;
mod study;
mod synchrony;
mod told;
mod whole;
