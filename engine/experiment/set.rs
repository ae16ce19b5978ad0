//! `--set`: one value changed from the command line or by a sweep, by the same declarations as the file.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::experiment::keys::{Content, PopulationKeys, ProjectionKeys, StimulusKeys};
use crate::experiment::{origin, wrong};

/// Applies "table.key=value".
pub(crate) fn set(content: &mut Content, assignment: &str) -> Result<()> {
    let place = format!("--set {assignment}");
    let shape = || wrong(&place, "write it as population.PARAMETER=value, such as exc.V_th=-52".into());
    let (path, text) = assignment.split_once('=').ok_or_else(shape)?;
    let (table, key) = split(path.trim()).ok_or_else(shape)?;
    assign(content, (table, key), text.trim(), &place)
}

/// "table.key" as table and key.
pub(crate) fn split(path: &str) -> Option<(&str, &str)> {
    path.rsplit_once('.').filter(|(table, key)| !table.is_empty() && !key.is_empty())
}

/// Gives `key` of `table` the value that `text` stands for; `place` is where that is asked for.
pub(crate) fn assign(content: &mut Content, (table, key): (&str, &str), text: &str, place: &str) -> Result<()> {
    let value = parse(text);
    match table {
        "simulation" => change(&mut content.simulation, key, value, place),
        "plan" => change(&mut content.plan, key, value, place),
        "preset" => match &mut content.preset {
            Some(preset) => change(preset, key, value, place),
            None => Err(wrong(place, "this experiment does not start from a preset".into())),
        },
        _ if table.contains("->") => arrow(content, table, key, value, place),
        _ => population(content, table, key, value, place),
    }
}

/// A TOML value, or else the text itself.
pub(crate) fn parse(text: &str) -> toml::Value {
    let table: Option<toml::Table> = toml::from_str(&format!("value = {text}")).ok();
    table.and_then(|mut table| table.remove("value")).unwrap_or_else(|| toml::Value::String(text.to_owned()))
}

/// Sets `key` of a table through its written form, so that the declared keys and types are checked as in a file.
pub(crate) fn change<T: Serialize + DeserializeOwned>(
    keys: &mut T,
    key: &str,
    value: toml::Value,
    place: &str,
) -> Result<()> {
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

/// A projection "from->to", or a stimulus "type->to".
fn arrow(content: &mut Content, table: &str, key: &str, value: toml::Value, place: &str) -> Result<()> {
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let wanted = bare(table);
    let projection = |p: &ProjectionKeys| bare(&format!("{}->{}", p.from, p.to));
    let stimulus = |s: &StimulusKeys| bare(&format!("{}->{}", s.r#type, s.to));
    let mut known: Vec<String> = content.projection.iter().map(projection).collect();
    if known.contains(&wanted) {
        let mut all = content.projection.iter_mut().filter(|keys| projection(keys) == wanted);
        return all.try_for_each(|keys| change(keys, key, value.clone(), place));
    }
    known.extend(content.stimulus.iter().map(stimulus));
    if !known.contains(&wanted) {
        return Err(Error::unknown("projection", &wanted, place, &known));
    }
    let mut all = content.stimulus.iter_mut().filter(|keys| stimulus(keys) == wanted);
    all.try_for_each(|keys| change(keys, key, value.clone(), place))
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
