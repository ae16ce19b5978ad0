//! Continuous couplings: gap junctions, graded synapses and slow inward currents, against solutions, NEST and themselves.

mod astrocytes;
mod files;
pub mod gain;
mod gap20;
mod glia;
pub mod invariance;
mod pairs;
mod passive;
mod refused;
mod tripartite;

use std::sync::Arc;

use neuropil::equations::text;
use neuropil::models::Model;
use neuropil::tile::Interpreted;

/// The neuron of a text.
fn read(text: &str) -> Arc<dyn Model> {
    Arc::new(Interpreted::new(text::Model::of_file("model.toml", text).unwrap().remove(0)).unwrap())
}
