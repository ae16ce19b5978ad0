//! Single neurons: traces of NEST, closed forms, invariants, and the table made from the declarations.
//!
//! Every neuron here is driven directly through `Neuron::{derive, advance, margin, reset}`: no network, no player.

mod bursts;
mod closed_forms;
mod drive;
mod golden;
mod invariants;
mod nest;
mod precision;
mod published;
mod table;
mod text;
