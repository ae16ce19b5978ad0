//! Neuron models that are written as text in the form that users write: `neurons/<name>.toml` each, read when it is
//! first needed.
//!
//! Names of models, parameters, state and receptors are NEST's. What may not live here: Rust of a given model.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::equations::text;
use crate::error::{Error, Result};
use crate::tile::{Interpreted, Model};

mod lists;

/// A model in text.
struct Text {
    name: &'static str,
    text: &'static str,
    /// The length of its lists where none is given, that of NEST; 0 for a model without lists.
    length: usize,
}

/// A model in text, by its name and the default length of its lists.
macro_rules! text {
    ($name:literal, $length:literal) => {
        Text { name: $name, text: include_str!(concat!("neurons/", $name, ".toml")), length: $length }
    };
}

/// All models in text, in alphabetical order.
static TEXTS: [Text; 29] = [
    text!("adlif_neuron", 0),
    text!("aeif_cond_alpha", 0),
    Text { name: "aeif_cond_alpha_astro", text: include_str!("neurons/aeif_cond_alpha.toml"), length: 0 },
    text!("aeif_cond_alpha_multisynapse", 1),
    text!("aeif_cond_beta_multisynapse", 1),
    text!("aeif_cond_exp", 0),
    text!("aeif_psc_exp", 0),
    text!("alif_neuron", 0),
    text!("astrocyte_release", 0),
    text!("cuba_lif_neuron", 0),
    text!("digital_twin_brain", 0),
    text!("gif_cond_exp", 0),
    text!("gif_psc_exp", 0),
    text!("hh_cond_exp_traub", 0),
    text!("hh_psc_alpha", 0),
    text!("hh_psc_alpha_gap", 0),
    text!("iaf_bw_2001", 0),
    text!("iaf_cond_beta", 0),
    text!("iaf_psc_alpha_multisynapse", 1),
    text!("iaf_psc_exp_dendrites", 1),
    text!("iaf_psc_exp_glia", 0),
    text!("iaf_psc_exp_multisynapse", 1),
    text!("if_neuron", 0),
    text!("izhikevich", 0),
    text!("li_neuron", 0),
    text!("li_readout", 0),
    text!("lif_neuron", 0),
    text!("mat2_psc_exp", 0),
    text!("shiu_2024", 0),
];

/// The models that have been read, by name.
static READ: Mutex<BTreeMap<String, Arc<dyn Model>>> = Mutex::new(BTreeMap::new());

/// The names of all models in text.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|text| text.name)
}

/// The model in text of this name; `None` if there is none. The lengths of lists may follow the name, as in
/// `gif_psc_exp_2_3`.
pub(crate) fn named(name: &str) -> Option<Result<Arc<dyn Model>>> {
    TEXTS.iter().find_map(|text| Some(text.read(&text.lengths(name)?)))
}

/// A model written out for lists of given lengths, and the parameters that hold the values of the lists, by name.
pub type WithLists = (Arc<dyn Model>, Vec<(String, f64)>);

/// The model `name` written out for `lists`, names and values, and the parameters that hold the values: `tau_syn` of
/// three values becomes `tau_syn_1`, `tau_syn_2`, `tau_syn_3`. `place` is where errors say it was asked for.
///
/// # Errors
/// An unknown model or list; lists that belong together and differ in length.
pub fn with_lists(name: &str, lists: &[(&str, &[f64])], place: &str) -> Result<WithLists> {
    let Some(text) = TEXTS.iter().find(|text| text.name == name) else {
        return Ok((super::named(name, place)?, Vec::new()));
    };
    let lengths = lists::lengths(text.text, text.length, lists).map_err(|problem| Error::invalid(place, problem))?;
    let numbered = |(list, values): &(&str, &[f64])| {
        (1..).zip(values.iter()).map(|(k, value)| (format!("{list}_{k}"), *value)).collect::<Vec<_>>()
    };
    Ok((text.read(&lengths)?, lists.iter().flat_map(numbered).collect()))
}

/// The names of the lists that the model `name` takes; none where it takes none, or where there is no such model in
/// text.
pub fn lists(name: &str) -> Vec<&'static str> {
    let text = TEXTS.iter().find(|text| text.name == name);
    text.map_or(Vec::new(), |text| lists::all(text.text).into_iter().map(|list| list.name).collect())
}

impl Text {
    /// The lengths of lists, one for each group, that `name` asks for: `gif_psc_exp_2_3` has lists of two and of three
    /// values. `None` if it is not a name of this model.
    fn lengths(&self, name: &str) -> Option<Vec<usize>> {
        let groups = lists::groups(self.text).len();
        let rest = name.strip_prefix(self.name)?;
        if rest.is_empty() {
            return Some(vec![self.length; groups]);
        }
        let lengths: Option<Vec<usize>> =
            rest.strip_prefix('_')?.split('_').map(|number| number.parse().ok()).collect();
        lengths.filter(|lengths| lengths.len() == groups && groups > 0)
    }

    /// The model written out for lists of these lengths, one for each group; it is read if it has not been.
    fn read(&self, lengths: &[usize]) -> Result<Arc<dyn Model>> {
        let suffix = |length: &usize| format!("_{length}");
        let given = lengths.iter().any(|length| *length != self.length);
        let name = self.name.to_owned() + &lengths.iter().filter(|_| given).map(suffix).collect::<String>();
        if let Some(model) = READ.lock().unwrap_or_else(PoisonError::into_inner).get(&name) {
            return Ok(model.clone());
        }
        let text = lists::written_out(self.text, lengths)?
            .replace(&format!("[model.{}", self.name), &format!("[model.{name}"));
        let place = format!("model '{name}'");
        let models = text::Model::of_file(&place, &text)?;
        let model = models.into_iter().next();
        let mut model = model.ok_or_else(|| Error::invalid(place, "there is no model in its text"))?;
        // A text may have two names.
        name.clone_into(&mut model.name);
        let model: Arc<dyn Model> = Arc::new(Interpreted::new(model)?);
        READ.lock().unwrap_or_else(PoisonError::into_inner).insert(name, model.clone());
        Ok(model)
    }
}
