//! Checks of a node's parameters; each problem is a part of a sentence.

use std::collections::BTreeMap;

use super::{Data, Kind, Values};

/// A kind and parameters that are to be checked before they become a node.
pub(super) struct Unchecked<'a> {
    pub kind: Kind,
    pub data: &'a BTreeMap<String, Data>,
}

impl<'a> Unchecked<'a> {
    /// The parameter `name`, if it is there.
    pub fn get(&self, name: &str) -> Option<&'a Data> {
        self.data.get(name)
    }

    /// The values of a parameter, if it is there and all are whole numbers from 0 on.
    pub fn sizes(&self, name: &str) -> Option<Vec<usize>> {
        let wholes = self.get(name)?.wholes()?;
        wholes.into_iter().map(|value| usize::try_from(value).ok()).collect()
    }
}

/// Checks that all required parameters are there, that none is unknown, and that all have shapes and values that fit
/// each other.
pub(super) fn check_node(node: &Unchecked<'_>) -> Result<(), String> {
    let kind = node.kind;
    let known = || kind.required().iter().chain(kind.optional()).copied();
    if let Some(name) = kind.required().iter().find(|name| !node.data.contains_key(**name)) {
        return Err(format!("{} needs the parameter {name}, which is missing; it has {}", kind.name(), names(node)));
    }
    if let Some(name) = node.data.keys().find(|name| !known().any(|known| known == *name)) {
        let known = known().collect::<Vec<_>>().join(", ");
        return Err(format!("{} has no parameter '{name}'; its parameters are {known}", kind.name()));
    }
    for (name, data) in node.data {
        check_values(name, data)?;
    }
    match kind {
        Kind::Input | Kind::Output => check_axes(node, "shape").map(drop),
        Kind::Linear | Kind::Affine => check_matrix(node),
        Kind::Conv1d => check_convolution(node, 1),
        Kind::Conv2d => check_convolution(node, 2),
        Kind::SumPool2d | Kind::AvgPool2d => {
            check_sizes(node, "kernel_size", 2, 1)?;
            check_sizes(node, "stride", 2, 1)?;
            check_sizes(node, "padding", 2, 0)
        }
        Kind::Flatten => check_flatten(node),
        _ if kind.is_by_unit() => check_by_unit(node),
        _ => Ok(()),
    }
}

/// The names of the parameters that are there, or "none".
fn names(node: &Unchecked<'_>) -> String {
    match node.data.is_empty() {
        true => "none".to_owned(),
        false => node.data.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
    }
}

/// Checks that all values are finite numbers; padding may be "same" or "valid", too.
fn check_values(name: &str, data: &Data) -> Result<(), String> {
    match data.values() {
        Values::Text(_) if name == "padding" => match data.as_text() {
            Some("same" | "valid") => Ok(()),
            other => Err(format!("padding is '{}', and must be numbers, 'same' or 'valid'", other.unwrap_or("a list"))),
        },
        Values::Text(_) | Values::Bool(_) => {
            Err(format!("{name} holds {}, and must hold numbers", data.values().kind()))
        }
        _ => match data.numbers().and_then(|all| all.iter().position(|v| !v.is_finite()).map(|at| (at, all))) {
            Some((at, all)) => {
                let value = all.get(at).copied().unwrap_or(f64::NAN);
                Err(format!("{name}[{at}] is {value}, and must be a finite number"))
            }
            None => Ok(()),
        },
    }
}

/// Checks a parameter that lists the lengths of axes, and gives them.
fn check_axes(node: &Unchecked<'_>, name: &str) -> Result<Vec<usize>, String> {
    let axes = node.sizes(name).filter(|axes| axes.iter().all(|axis| *axis > 0));
    axes.ok_or_else(|| format!("{name} must be whole numbers above 0, one for each axis"))
}

/// Checks a matrix, and a bias for each of its rows.
fn check_matrix(node: &Unchecked<'_>) -> Result<(), String> {
    let shape = node.get("weight").map(Data::shape).unwrap_or_default();
    let [batch @ .., rows, _] = shape else {
        return Err(format!("weight has the shape {shape:?}, and needs two axes: outputs x inputs"));
    };
    if shape.contains(&0) {
        return Err(format!("weight has the shape {shape:?}, which is empty"));
    }
    let wanted = [batch, &[*rows]].concat();
    match node.get("bias").map(Data::shape) {
        Some(bias) if bias != wanted => {
            Err(format!("bias has the shape {bias:?}, and {wanted:?} is needed, a value for each row of weight"))
        }
        _ => Ok(()),
    }
}

/// Checks parameters with a value for each unit: all must have one shape, but w_in may be a single value for all units.
fn check_by_unit(node: &Unchecked<'_>) -> Result<(), String> {
    let first = node.kind.required().first().copied().unwrap_or_default();
    let shape = node.get(first).map(Data::shape).unwrap_or_default();
    for (name, data) in node.data {
        let single = name == "w_in" && data.shape().is_empty();
        if data.shape() != shape && !single {
            let own = data.shape();
            return Err(format!("{name} has the shape {own:?} and {first} has {shape:?}; give all the same"));
        }
    }
    if shape.contains(&0) {
        return Err(format!("{first} has the shape {shape:?}, which is empty"));
    }
    for name in ["tau", "tau_mem", "tau_syn"] {
        check_rule(node, name, |value| value > 0.0, "greater than 0")?;
    }
    check_rule(node, "delay", |value| value >= 0.0, "0 or greater")
}

/// Checks that all values of a parameter, if it is there, meet a rule.
fn check_rule(node: &Unchecked<'_>, name: &str, meets: impl Fn(f64) -> bool, rule: &str) -> Result<(), String> {
    let numbers = node.get(name).and_then(Data::numbers).unwrap_or_default();
    match numbers.iter().enumerate().find(|(_, value)| !meets(**value)) {
        Some((at, value)) => Err(format!("{name}[{at}] is {value}, and must be {rule}")),
        None => Ok(()),
    }
}

/// Checks that a parameter is one whole number for all axes, or one for each, none below `least`; texts pass.
fn check_sizes(node: &Unchecked<'_>, name: &str, axes: usize, least: usize) -> Result<(), String> {
    if node.get(name).is_some_and(|data| data.as_text().is_some()) {
        return Ok(());
    }
    let sizes = node.sizes(name).filter(|sizes| sizes.len() == 1 || sizes.len() == axes);
    let sizes = sizes.filter(|sizes| sizes.iter().all(|size| *size >= least));
    let each = if axes == 1 { "a whole number" } else { "a whole number, or two" };
    sizes.map(drop).ok_or_else(|| format!("{name} must be {each}, {least} or greater"))
}

/// Checks a convolution over one or two axes.
fn check_convolution(node: &Unchecked<'_>, axes: usize) -> Result<(), String> {
    let shape = node.get("weight").map(Data::shape).unwrap_or_default();
    if shape.len() != axes + 2 || shape.contains(&0) {
        let wanted = if axes == 1 { "out x in x width" } else { "out x in x height x width" };
        return Err(format!("weight has the shape {shape:?}, and needs {} axes: {wanted}", axes + 2));
    }
    for (name, least) in [("stride", 1), ("dilation", 1), ("padding", 0)] {
        check_sizes(node, name, axes, least)?;
    }
    check_sizes(node, "groups", 1, 1)?;
    let out = shape.first().copied().unwrap_or_default();
    let groups = node.sizes("groups").and_then(|groups| groups.first().copied()).unwrap_or(1);
    if out % groups != 0 {
        return Err(format!("groups = {groups} does not divide the {out} channels that leave"));
    }
    match node.get("bias").map(Data::shape) {
        Some(bias) if bias != [out] => {
            Err(format!("bias has the shape {bias:?}, and [{out}] is needed, a value for each channel that leaves"))
        }
        _ if node.get("input_shape").is_some() => {
            let given = check_axes(node, "input_shape")?;
            let right = given.len() == axes;
            right.then_some(()).ok_or_else(|| format!("input_shape has {} axes, and {axes} are needed", given.len()))
        }
        _ => Ok(()),
    }
}

/// Checks the axes that are flattened.
fn check_flatten(node: &Unchecked<'_>) -> Result<(), String> {
    for name in ["start_dim", "end_dim"] {
        if node.get(name).and_then(Data::wholes).is_none_or(|wholes| wholes.len() != 1) {
            return Err(format!("{name} must be one whole number"));
        }
    }
    if node.get("input_type").is_some() {
        check_axes(node, "input_type")?;
    }
    Ok(())
}
