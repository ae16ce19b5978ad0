//! `--set`: one value changed from the command line, by the same declarations as the file.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::experiment::keys::{Content, PopulationKeys};
use crate::experiment::{origin, wrong};

/// Applies "table.key=value".
pub(crate) fn set(content: &mut Content, assignment: &str) -> Result<()> {
    let place = format!("--set {assignment}");
    let shape = || wrong(&place, "write it as population.PARAMETER=value, such as exc.V_th=-52".into());
    let (path, text) = assignment.split_once('=').ok_or_else(shape)?;
    let (table, key) =
        path.trim().rsplit_once('.').filter(|(t, k)| !t.is_empty() && !k.is_empty()).ok_or_else(shape)?;
    let value = parse(text.trim());
    match table {
        "simulation" => change(&mut content.simulation, key, value, &place),
        "plan" => change(&mut content.plan, key, value, &place),
        "preset" => match &mut content.preset {
            Some(preset) => change(preset, key, value, &place),
            None => Err(wrong(&place, "this experiment does not start from a preset".into())),
        },
        _ if table.contains("->") => projection(content, table, key, value, &place),
        _ => population(content, table, key, value, &place),
    }
}

/// A TOML value, or else the text itself.
fn parse(text: &str) -> toml::Value {
    let table: Option<toml::Table> = toml::from_str(&format!("value = {text}")).ok();
    table.and_then(|mut table| table.remove("value")).unwrap_or_else(|| toml::Value::String(text.to_owned()))
}

/// Sets `key` of a table through its written form, so that the declared keys and types are checked as in a file.
fn change<T: Serialize + DeserializeOwned>(keys: &mut T, key: &str, value: toml::Value, place: &str) -> Result<()> {
    let mut table = toml::Table::try_from(&*keys).map_err(|error| wrong(place, error.to_string()))?;
    table.insert(key.to_owned(), value);
    *keys = table.try_into().map_err(|error: toml::de::Error| complaint(&error, place))?;
    Ok(())
}

fn complaint(error: &toml::de::Error, place: &str) -> Error {
    match origin::unknown_field(error.message()) {
        Some((name, known)) => Error::unknown("key", &name, place, &known),
        None => wrong(place, origin::plain(error.message())),
    }
}

fn projection(content: &mut Content, table: &str, key: &str, value: toml::Value, place: &str) -> Result<()> {
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let name = |p: &crate::experiment::ProjectionKeys| bare(&format!("{}->{}", p.from, p.to));
    let wanted = bare(table);
    let known: Vec<String> = content.projection.iter().map(name).collect();
    if !known.contains(&wanted) {
        return Err(Error::unknown("projection", &wanted, place, &known));
    }
    for keys in content.projection.iter_mut().filter(|keys| name(keys) == wanted) {
        change(keys, key, value.clone(), place)?;
    }
    Ok(())
}

fn population(content: &mut Content, name: &str, key: &str, value: toml::Value, place: &str) -> Result<()> {
    let known: Vec<String> = content.population.iter().map(|p| p.name.clone()).collect();
    if content.preset.is_some() && !known.iter().any(|k| k == name) {
        // Whether the preset has such a population is known when it is built.
        content.population.push(PopulationKeys { name: name.to_owned(), ..PopulationKeys::default() });
    } else if name != "*" && !known.iter().any(|k| k == name) {
        return Err(Error::unknown("population", name, place, &known));
    }
    let own = PopulationKeys::SECTION.keys.iter().any(|k| k.name == key);
    for keys in content.population.iter_mut().filter(|keys| name == "*" || keys.name == name) {
        if own {
            change(keys, key, value.clone(), place)?;
            continue;
        }
        let amount = value.clone().try_into().map_err(|error: toml::de::Error| complaint(&error, place))?;
        // A state variable set in the file as initial must not win over what is asked for now.
        keys.initial.remove(key);
        keys.params.insert(key.to_owned(), amount);
    }
    Ok(())
}
