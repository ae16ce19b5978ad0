//! The model of a population: a built-in one, a table `[model.NAME]` of the experiment, or a file that holds one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::equations::text::{self, Kind};
use crate::error::{Error, Result};
use crate::experiment::value::{Amount, is_path};
use crate::files::{Input, Limit};
use crate::models;
use crate::tile::{Interpreted, Model, SynapseRule};

/// Checks the models in the `text` of the experiment file `path`, so that errors name a line.
pub(crate) fn check_models(path: &Path, text: &str) -> Result<()> {
    text::Model::among(&path.display().to_string(), text)?
        .iter()
        .try_for_each(|model| refuse_built_in_name(&model.name))
}

/// The neuron model that is called `name`: a file, a built-in model, or one of `own`, the tables `[model.NAME]`.
fn neuron_model(own: &toml::Table, name: &str, place: &str) -> Result<Arc<dyn Model>> {
    if is_path(name) {
        return read_neuron_model(Path::new(name));
    }
    if models::is_built_in(name) {
        return models::named(name, place);
    }
    match own.get(name).map(|value| value.as_table()) {
        Some(Some(table)) => interpreted(text::Model::of_table(name, table)?),
        Some(None) => Err(Error::invalid(place, format!("model.{name} is no table; write it as [model.{name}]"))),
        None => {
            let known: Vec<&str> = models::names().into_iter().chain(own.keys().map(String::as_str)).collect();
            Err(Error::unknown("model", name, place, &known))
        }
    }
}

/// The synapse model that is called `name`: a file, one of `own`, the tables `[model.NAME]`, or a built-in model.
pub(crate) fn synapse_model(own: &toml::Table, name: &str, place: &str) -> Result<Arc<SynapseRule>> {
    if is_path(name) {
        let path = Path::new(name);
        let models = text::Model::of_file(&path.display().to_string(), &read_text(path)?)?;
        let mut synapses = models.into_iter().filter(|model| model.kind() == Kind::Synapse);
        return match (synapses.next(), synapses.next()) {
            (Some(model), None) => synapse_rule(model),
            (Some(_), Some(_)) => Err(Error::file(path, "there are several synapse models; keep one")),
            (None, _) => Err(Error::file(path, "there is no model of kind = \"synapse\" in it")),
        };
    }
    match own.get(name).map(|value| value.as_table()) {
        Some(Some(table)) => synapse_rule(text::Model::of_table(name, table)?),
        Some(None) => Err(Error::invalid(place, format!("model.{name} is no table; write it as [model.{name}]"))),
        None if models::synapse_names().any(|known| known == name) => models::synapse(name, place),
        None => {
            let mut known: Vec<&str> = models::STATIC_SYNAPSES.into_iter().chain(models::synapse_names()).collect();
            known.extend(own.keys().map(String::as_str));
            Err(Error::unknown("synapse", name, place, &known))
        }
    }
}

/// The rule of a synapse model in text, which must not have the name of a built-in model.
fn synapse_rule(model: text::Model) -> Result<Arc<SynapseRule>> {
    refuse_built_in_name(&model.name)?;
    Ok(Arc::new(SynapseRule::new(model)?))
}

/// The model that a population names, and its parameters. Parameters that are lists choose among models of this name,
/// and become a parameter for each value.
pub(crate) fn population_model(
    own: &toml::Table,
    name: &str,
    params: &BTreeMap<String, Amount>,
    place: &str,
) -> Result<(Arc<dyn Model>, BTreeMap<String, Amount>)> {
    let known = models::lists(name);
    let (lists, mut others): (BTreeMap<_, _>, BTreeMap<_, _>) =
        params.clone().into_iter().partition(|(name, _)| known.contains(&name.as_str()));
    if lists.is_empty() {
        return Ok((neuron_model(own, name, place)?, others));
    }
    let mut given: Vec<(&str, &[f64])> = Vec::new();
    for (list, amount) in &lists {
        given.push(match amount {
            Amount::Each(values) => (list, values),
            Amount::Constant(value) => (list, std::slice::from_ref(value)),
            _ => {
                let problem = format!(
                    "{list} is a list of numbers, such as [2.0, 5.0]; set {list}_1 where it differs from neuron to neuron"
                );
                return Err(Error::invalid(place, problem));
            }
        });
    }
    let (model, values) = models::with_lists(name, &given, place)?;
    for (parameter, value) in values {
        if others.insert(parameter.clone(), Amount::Constant(value)).is_some() {
            return Err(Error::invalid(
                place,
                format!("{parameter} is given by itself and in a list; keep one of them"),
            ));
        }
    }
    Ok((model, others))
}

/// The models `[model.NAME]` of a file, which may be an experiment.
///
/// # Errors
/// A file that cannot be read or holds no model; a mistake in a model, with its line and column.
pub fn models_in(path: &Path) -> Result<Vec<text::Model>> {
    let models = text::Model::among(&path.display().to_string(), &read_text(path)?)?;
    match models.is_empty() {
        true => Err(Error::file(path, "there is no table [model.NAME] in it; `neuropil run --help-format` shows one")),
        false => Ok(models),
    }
}

/// The text of a file of models.
fn read_text(path: &Path) -> Result<String> {
    let bytes = Input::open(path, Limit::experiment()?, "a file of models")?.text()?;
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| Error::file(path, "this is not UTF-8 text; save the file as UTF-8"))?;
    // Some editors begin a text with a byte order mark.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The one neuron or astrocyte model of a file.
fn read_neuron_model(path: &Path) -> Result<Arc<dyn Model>> {
    let models = text::Model::of_file(&path.display().to_string(), &read_text(path)?)?;
    let (neurons, others): (Vec<_>, Vec<_>) = models.into_iter().partition(|model| model.kind() != Kind::Synapse);
    let names = |models: &[text::Model]| models.iter().map(|model| model.name.clone()).collect::<Vec<_>>().join(", ");
    let mut found = neurons.into_iter();
    match (found.next(), found.as_slice()) {
        (Some(model), []) => interpreted(model),
        (Some(model), more) => {
            let names = format!("{}, {}", model.name, names(more));
            let problem = format!(
                "there are several neuron models, {names}; keep one, or take them as [model.NAME] into the experiment"
            );
            Err(Error::file(path, problem))
        }
        (None, _) => Err(Error::file(path, format!("there is no neuron among its models, {}", names(&others)))),
    }
}

/// A model in text that is interpreted at each step; it must not have the name of a built-in model.
fn interpreted(model: text::Model) -> Result<Arc<dyn Model>> {
    refuse_built_in_name(&model.name)?;
    Ok(Arc::new(Interpreted::new(model)?))
}

/// Refuses the name of a built-in model.
fn refuse_built_in_name(name: &str) -> Result<()> {
    let synapse = models::STATIC_SYNAPSES.into_iter().chain(models::synapse_names()).any(|known| known == name);
    match synapse || models::is_built_in(name) {
        true => {
            Err(Error::invalid(format!("model '{name}'"), "there is a built-in model of this name; give it another"))
        }
        false => Ok(()),
    }
}
