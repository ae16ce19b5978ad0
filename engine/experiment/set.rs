//! `--set` and sweeps: changes of single values, checked by the same declarations as the file.

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::de::DeValue;

use crate::error::{Error, Result};
use crate::experiment::keys::{Content, CouplingKeys, PopulationKeys, ProjectionKeys, StimulusKeys};
use crate::experiment::source_map;

/// Applies assignments "table.key=value" one after the other; refuses one that would override an earlier one.
pub(crate) fn apply_all<'a>(content: &mut Content, assignments: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let mut before: Vec<(Setting, &str)> = Vec::new();
    for assignment in assignments {
        let place = format!("--set {assignment}");
        let shape = || Error::invalid(&place, "write it as population.PARAMETER=value, such as exc.V_th=-52");
        let (path, text) = assignment.split_once('=').ok_or_else(shape)?;
        let (table, key) = split_setting(path.trim()).ok_or_else(shape)?;
        let setting = (find_target(content, table, &place)?, key.to_owned());
        if let Some((_, other)) = before.iter().find(|(known, _)| overrides(&setting, known)) {
            return Err(Error::invalid(&place, format!("--set {other} sets the same value; leave one out")));
        }
        assign(content, &setting.0, key, text.trim(), &place)?;
        before.push((setting, assignment));
    }
    Ok(())
}

/// A table and one of its keys.
pub(crate) type Setting = (Target, String);

/// Whether a setting overrides one that was made `before` it.
pub(crate) fn overrides((target, key): &Setting, before: &Setting) -> bool {
    let all = Target::Population("*".into());
    *key == before.1 && (*target == before.0 || (*target == all && matches!(before.0, Target::Population(_))))
}

/// Splits "table.key" into table and key.
pub(crate) fn split_setting(path: &str) -> Option<(&str, &str)> {
    path.rsplit_once('.').filter(|(table, key)| !table.is_empty() && !key.is_empty())
}

/// The table whose value is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Simulation,
    Plan,
    Preset,
    /// The populations of this name; `*` is all.
    Population(String),
    /// By index in the order of the file, as all below.
    Projection(usize),
    Coupling(usize),
    Stimulus(usize),
    Perturb(usize),
}

/// The table that the name `table` means; `place` is the setting, for errors.
pub(crate) fn find_target(content: &Content, table: &str, place: &str) -> Result<Target> {
    match table {
        "simulation" => Ok(Target::Simulation),
        "plan" => Ok(Target::Plan),
        "preset" => Ok(Target::Preset),
        _ => match numbered_target(content, table, place).or_else(|| arrow_target(content, table, place)) {
            Some(found) => found,
            None => Ok(Target::Population(table.to_owned())),
        },
    }
}

/// Sets `key` of the table `target` to the value that `text` stands for; `place` is the setting, for errors.
pub(crate) fn assign(content: &mut Content, target: &Target, key: &str, text: &str, place: &str) -> Result<()> {
    if let Some((_, problem)) = DeValue::parse(text).ok().as_ref().and_then(source_map::lost_number) {
        return Err(Error::invalid(place, problem));
    }
    let value = parse_value(text);
    match target {
        Target::Simulation => change_key(&mut content.simulation, key, value, place),
        Target::Plan => change_key(&mut content.plan, key, value, place),
        Target::Preset => match &mut content.preset {
            Some(preset) => change_key(preset, key, value, place),
            None => Err(Error::invalid(place, "this experiment does not start from a preset")),
        },
        Target::Projection(index) => change_key(&mut content.projection[*index], key, value, place),
        Target::Coupling(index) => change_key(&mut content.coupling[*index], key, value, place),
        Target::Stimulus(index) => change_key(&mut content.stimulus[*index], key, value, place),
        Target::Perturb(index) => change_key(&mut content.perturb[*index], key, value, place),
        Target::Population(name) => set_in_population(content, name, key, value, place),
    }
}

/// The TOML value that `text` is, or else the text itself.
pub(crate) fn parse_value(text: &str) -> toml::Value {
    text.parse().unwrap_or_else(|_| toml::Value::String(text.to_owned()))
}

/// Sets `key` of a table through its written form, so that the declared keys and types are checked as in a file.
pub(crate) fn change_key<T: Serialize + DeserializeOwned>(
    keys: &mut T,
    key: &str,
    value: toml::Value,
    place: &str,
) -> Result<()> {
    let mut table = toml::Table::try_from(&*keys).map_err(|error| Error::invalid(place, error.to_string()))?;
    table.insert(key.to_owned(), value);
    *keys = table.try_into().map_err(|error: toml::de::Error| parser_error(&error, place))?;
    Ok(())
}

/// The error of the TOML parser as one of the setting `place`.
fn parser_error(error: &toml::de::Error, place: &str) -> Error {
    match source_map::unknown_field(error.message()) {
        Some((name, known)) => Error::unknown("key", &name, place, &known),
        None => Error::invalid(place, source_map::plain_message(error.message())),
    }
}

/// The target of "projection[0]", "coupling[0]", "stimulus[0]" or "perturb[0]"; `None` for other texts.
fn numbered_target(content: &Content, table: &str, place: &str) -> Option<Result<Target>> {
    let (kind, index) = table.strip_suffix(']')?.split_once('[')?;
    let (count, of): (usize, fn(usize) -> Target) = match kind {
        "projection" => (content.projection.len(), Target::Projection),
        "coupling" => (content.coupling.len(), Target::Coupling),
        "stimulus" => (content.stimulus.len(), Target::Stimulus),
        "perturb" => (content.perturb.len(), Target::Perturb),
        _ => return None,
    };
    Some(match index.parse::<usize>() {
        Ok(index) if index < count => Ok(of(index)),
        _ => {
            Err(Error::invalid(place, format!("there is no {table}; the file has {count} such tables, counted from 0")))
        }
    })
}

/// The target of a projection or a coupling "from->to", or a stimulus "type->to"; `None` for other texts.
fn arrow_target(content: &Content, table: &str, place: &str) -> Option<Result<Target>> {
    if !table.contains("->") {
        return None;
    }
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let wanted = bare(table);
    let projection = |p: &ProjectionKeys| bare(&format!("{}->{}", p.from, p.to));
    let coupling = |c: &CouplingKeys| bare(&format!("{}->{}", c.from, c.to));
    let stimulus = |s: &StimulusKeys| bare(&format!("{}->{}", s.r#type, s.to));
    let projections = content.projection.iter().map(projection).enumerate();
    let couplings = content.coupling.iter().map(coupling).enumerate();
    let stimuli = content.stimulus.iter().map(stimulus).enumerate();
    let all: Vec<(String, String, Target)> = projections
        .map(|(i, name)| (name, format!("projection[{i}]"), Target::Projection(i)))
        .chain(couplings.map(|(i, name)| (name, format!("coupling[{i}]"), Target::Coupling(i))))
        .chain(stimuli.map(|(i, name)| (name, format!("stimulus[{i}]"), Target::Stimulus(i))))
        .collect();
    let mut found: Vec<_> = all.iter().filter(|(name, ..)| *name == wanted).collect();
    Some(match (found.pop(), found.is_empty()) {
        (Some((.., target)), true) => Ok(target.clone()),
        (Some((_, last, _)), false) => {
            let others = found.iter().map(|(_, number, _)| number.as_str()).collect::<Vec<_>>().join(", ");
            let problem = format!("several tables are {wanted}; say which, {others} or {last}, in place of {wanted}");
            Err(Error::invalid(place, problem))
        }
        (None, _) => {
            let known: Vec<&str> = all.iter().map(|(name, ..)| name.as_str()).collect();
            Err(Error::unknown("projection", &wanted, place, &known))
        }
    })
}

/// Changes a key, a parameter or a state variable of the populations called `name`, or of all for `*`.
fn set_in_population(content: &mut Content, name: &str, key: &str, value: toml::Value, place: &str) -> Result<()> {
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
            change_key(keys, key, value.clone(), place)?;
            continue;
        }
        let amount = value.clone().try_into().map_err(|error: toml::de::Error| parser_error(&error, place))?;
        // An initial value in the file must not override what is set now.
        keys.initial.remove(key);
        keys.params.insert(key.to_owned(), amount);
    }
    Ok(())
}
