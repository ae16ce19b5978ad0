//! Synapse models with memory, which are written as text in the form that users write: `synapses/<name>.toml` each,
//! read when it is first needed.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::equations::text;
use crate::error::{Error, Result};
use crate::tile::SynapseRule;

/// The names of all models and their texts, in alphabetical order.
const TEXTS: [(&str, &str); 15] = [
    ("depitta_2011_synapse", include_str!("synapses/depitta_2011_synapse.toml")),
    ("homeostatic_synapse", include_str!("synapses/homeostatic_synapse.toml")),
    ("nmda_bw_2001_synapse", include_str!("synapses/nmda_bw_2001_synapse.toml")),
    ("stdp_dopamine_synapse", include_str!("synapses/stdp_dopamine_synapse.toml")),
    ("stdp_nn_pre_centered_synapse", include_str!("synapses/stdp_nn_pre_centered_synapse.toml")),
    ("stdp_nn_restr_synapse", include_str!("synapses/stdp_nn_restr_synapse.toml")),
    ("stdp_nn_symm_synapse", include_str!("synapses/stdp_nn_symm_synapse.toml")),
    ("stdp_pl_synapse_hom", include_str!("synapses/stdp_pl_synapse_hom.toml")),
    ("stdp_synapse", include_str!("synapses/stdp_synapse.toml")),
    ("stdp_triplet_synapse", include_str!("synapses/stdp_triplet_synapse.toml")),
    ("tsodyks2_synapse", include_str!("synapses/tsodyks2_synapse.toml")),
    ("tsodyks2_synapse_hom", include_str!("synapses/tsodyks2_synapse.toml")),
    ("tsodyks_synapse", include_str!("synapses/tsodyks_synapse.toml")),
    ("tsodyks_synapse_hom", include_str!("synapses/tsodyks_synapse.toml")),
    ("vogels_sprekeler_synapse", include_str!("synapses/vogels_sprekeler_synapse.toml")),
];

/// The names of synapses without memory: the second, NEST's, has one weight for all.
pub const STATIC_SYNAPSES: [&str; 2] = ["static_synapse", "static_synapse_hom_w"];

/// The models that have been read.
static READ: LazyLock<Mutex<Vec<Arc<SynapseRule>>>> = LazyLock::new(Mutex::default);

/// The names of all synapse models with memory, in alphabetical order.
pub fn synapse_names() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|(name, _)| *name)
}

/// The synapse model of this name; `place` is where errors say it was asked for.
///
/// # Errors
/// [`Error::Unknown`], with the nearest known name.
pub fn synapse(name: &str, place: &str) -> Result<Arc<SynapseRule>> {
    // Those without memory are no rules, and cannot be meant.
    let names: Vec<&str> = synapse_names().collect();
    let found = TEXTS.iter().find(|(known, _)| *known == name);
    let (name, text) = found.ok_or_else(|| Error::unknown("synapse", name, place, &names))?;
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = read.iter().find(|rule| rule.text().name == *name) {
        return Ok(known.clone());
    }
    let mut models = text::Model::of_file(name, text)?;
    let mut model = models.pop().ok_or_else(|| Error::Internal(format!("{name} has no text")))?;
    (*name).clone_into(&mut model.name);
    let rule = Arc::new(SynapseRule::new(model)?);
    read.push(rule.clone());
    Ok(rule)
}
