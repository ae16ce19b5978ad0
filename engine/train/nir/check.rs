//! What must hold of the parameters of a node; each problem is a part of a sentence.

use std::collections::BTreeMap;

use super::{Data, Kind, Values};

/// A node that is not one yet.
pub(super) struct Given<'a> {
    pub kind: Kind,
    pub data: &'a BTreeMap<String, Data>,
}

impl<'a> Given<'a> {
    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&'a Data> {
        self.data.get(name)
    }

    /// Whole numbers of a parameter.
    pub fn sizes(&self, name: &str) -> Option<Vec<usize>> {
        let wholes = self.get(name)?.wholes()?;
        wholes.into_iter().map(|value| usize::try_from(value).ok()).collect()
    }
}

/// Checks that all parameters are there, none is unknown, and all have shapes and values that fit each other.
pub(super) fn check_node(node: &Given<'_>) -> Result<(), String> {
    let kind = node.kind;
    let known = || kind.required().iter().chain(kind.optional()).copied();
    if let Some(name) = kind.required().iter().find(|name| !node.data.contains_key(**name)) {
        return Err(format!("{} needs the parameter {name}, which is missing; it has {}", kind.name(), named(node)));
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
            check_pair(node, "kernel_size", 2, 1)?;
            check_pair(node, "stride", 2, 1)?;
            check_pair(node, "padding", 2, 0)
        }
        Kind::Flatten => check_flatten(node),
        _ if kind.is_by_unit() => check_by_unit(node),
        _ => Ok(()),
    }
}

/// Names of the parameters that are there.
fn named(node: &Given<'_>) -> String {
    match node.data.is_empty() {
        true => "none".to_owned(),
        false => node.data.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
    }
}

/// All are finite numbers; only padding may be a word.
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

/// A parameter that lists how many places axes have.
fn check_axes(node: &Given<'_>, name: &str) -> Result<Vec<usize>, String> {
    let axes = node.sizes(name).filter(|axes| axes.iter().all(|axis| *axis > 0));
    axes.ok_or_else(|| format!("{name} must be whole numbers above 0, one for each axis"))
}

/// A matrix, and a bias for each of its rows.
fn check_matrix(node: &Given<'_>) -> Result<(), String> {
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

/// Parameters with a value for each unit: all of one shape, where a single value stands for all of w_in.
fn check_by_unit(node: &Given<'_>) -> Result<(), String> {
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
        check_least(node, name, |value| value > 0.0, "greater than 0")?;
    }
    check_least(node, "delay", |value| value >= 0.0, "0 or greater")
}

/// All values of a parameter, if there is such a one, meet a rule.
fn check_least(node: &Given<'_>, name: &str, meets: impl Fn(f64) -> bool, rule: &str) -> Result<(), String> {
    let numbers = node.get(name).and_then(Data::numbers).unwrap_or_default();
    match numbers.iter().enumerate().find(|(_, value)| !meets(**value)) {
        Some((at, value)) => Err(format!("{name}[{at}] is {value}, and must be {rule}")),
        None => Ok(()),
    }
}

/// One whole number for all axes, or one each.
fn check_pair(node: &Given<'_>, name: &str, axes: usize, least: usize) -> Result<(), String> {
    if node.get(name).is_some_and(|data| data.as_text().is_some()) {
        return Ok(());
    }
    let sizes = node.sizes(name).filter(|sizes| sizes.len() == 1 || sizes.len() == axes);
    let sizes = sizes.filter(|sizes| sizes.iter().all(|size| *size >= least));
    let each = if axes == 1 { "a whole number" } else { "a whole number, or two" };
    sizes.map(drop).ok_or_else(|| format!("{name} must be {each}, {least} or greater"))
}

/// A kernel over one or two axes.
fn check_convolution(node: &Given<'_>, axes: usize) -> Result<(), String> {
    let shape = node.get("weight").map(Data::shape).unwrap_or_default();
    if shape.len() != axes + 2 || shape.contains(&0) {
        let wanted = if axes == 1 { "out x in x width" } else { "out x in x height x width" };
        return Err(format!("weight has the shape {shape:?}, and needs {} axes: {wanted}", axes + 2));
    }
    for (name, least) in [("stride", 1), ("dilation", 1), ("padding", 0)] {
        check_pair(node, name, axes, least)?;
    }
    check_pair(node, "groups", 1, 1)?;
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

/// The axes that are made one.
fn check_flatten(node: &Given<'_>) -> Result<(), String> {
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
