//! Continuous couplings: gap junctions and graded synapses, against solutions, NEST and themselves.

mod gap20;
mod invariance;
mod pairs;
mod passive;
mod refused;

use std::sync::Arc;

use neuropil::equations::text;
use neuropil::models::Model;
use neuropil::tile::Interpreted;

/// The neuron of a text.
fn read(text: &str) -> Arc<dyn Model> {
    Arc::new(Interpreted::new(text::Model::of_file("model.toml", text).unwrap().remove(0)).unwrap())
}

/// The model of Mancilla et al. 2007, as NEST has it.
const HH_PSC_ALPHA_GAP: &str = include_str!("hh_psc_alpha_gap.toml");
