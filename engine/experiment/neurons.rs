//! `[[population]]`: neurons from a size, a connectome or a file.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::connectomes::{Connectome, Node};
use crate::data::table::Table;
use crate::error::{Error, Result};
use crate::experiment::builder::Builder;
use crate::experiment::keys::{NodeKeys, PopulationKeys};
use crate::experiment::model;
use crate::experiment::value::{Amount, Texts};
use crate::network::{Population, Value, unprintable};
use crate::tile::{Bound, Declaration};

/// Adds the population of a table `[[population]]`, or changes parameters of one that the preset has; `preset` says
/// whether there is one.
pub(crate) fn add_population(builder: &mut Builder, keys: &PopulationKeys, preset: bool) -> Result<()> {
    let known = keys.name == "*" || builder.network.populations().iter().any(|p| p.name == keys.name);
    if preset && (known || keys.model.is_none()) {
        return change_parameters(builder, keys);
    }
    let place = format!("population '{}'", keys.name);
    let named = keys.model.as_deref().ok_or_else(|| Error::invalid(&place, "model is missing; name one"))?;
    let (model, params) = model::population_model(&builder.models, named, &keys.params, &place)?;
    let mut columns = vec!["index", "name", "x", "y", "z"];
    let declaration = model.declaration();
    columns.extend(declaration.parameters.iter().map(|p| p.name));
    columns.extend(declaration.state.iter().map(|v| v.name));
    let table = keys.neurons.as_ref().map(|path| Table::read(Path::new(path), &columns, false)).transpose()?;
    let nodes = chosen_nodes(builder, keys, &place)?;
    let size = size(keys, table.as_ref(), nodes.as_ref().map(|(_, _, nodes)| nodes.len()), &place)?;
    let mut population = Population::new(&keys.name, size, model.clone())?;
    let mut origin = None;
    if let Some((connectome, indices, nodes)) = nodes {
        set_names_and_positions(&mut population, &nodes, keys.mm_per_unit.unwrap_or(1.0));
        origin = Some((connectome, indices));
    }
    if let Some(name) = keys.params.keys().find(|name| keys.initial.contains_key(*name)) {
        return Err(Error::invalid(&place, format!("{name} is given in params and in initial; keep one of them")));
    }
    if let Some(table) = table {
        let given = params.keys().chain(keys.initial.keys());
        if let Some(name) = given.into_iter().find(|name| table.column(name).is_some()) {
            return Err(Error::invalid(
                &place,
                format!("{name} is given here and in its neurons file; keep one of them"),
            ));
        }
        set_from_table(&mut population, &table)?;
    }
    for (name, amount) in params.iter().chain(&keys.initial) {
        population.set(name, value_for_model(model.declaration(), amount, size, name, &place)?)?;
    }
    builder.network.add_population(population)?;
    builder.nodes.push(origin);
    Ok(())
}

/// Changes the parameters of populations that the preset has.
fn change_parameters(builder: &mut Builder, keys: &PopulationKeys) -> Result<()> {
    let place = format!("population '{}'", keys.name);
    let others = PopulationKeys {
        name: keys.name.clone(),
        params: keys.params.clone(),
        initial: keys.initial.clone(),
        ..PopulationKeys::default()
    };
    if *keys != others {
        let problem = "the preset has this population; only params and initial can change";
        return Err(Error::invalid(&place, problem));
    }
    let names: Vec<String> = match keys.name.as_str() {
        "*" => builder.network.populations().iter().map(|p| p.name.clone()).collect(),
        name => vec![name.to_owned()],
    };
    for population in names {
        let all = builder.network.population(&population, "preset")?;
        let model = builder.network.populations()[all.parts()[0].population].model.clone();
        for (name, amount) in keys.params.iter().chain(&keys.initial) {
            let value = value_for_model(model.declaration(), amount, all.len(), name, &place)?;
            builder.network.set(&population, name, value)?;
        }
    }
    Ok(())
}

/// The number of neurons, from the key, the connectome or the file; they must agree.
fn size(keys: &PopulationKeys, table: Option<&Table>, nodes: Option<usize>, place: &str) -> Result<u32> {
    let given = keys.size.map(|size| size.0).or(nodes.map(|n| n as u64)).or(table.map(|t| t.len() as u64));
    let size =
        given.ok_or_else(|| Error::invalid(place, "size is missing; give it, a connectome or a neurons file"))?;
    match (u32::try_from(size), nodes) {
        (Ok(size), Some(nodes)) if size as usize != nodes => Err(Error::invalid(
            place,
            format!("size = {size}, and the connectome has {nodes} such nodes; leave size out"),
        )),
        (Ok(size), _) if size > 0 => Ok(size),
        _ => Err(Error::invalid(place, format!("size = {size} must lie between 1 and 4294967295"))),
    }
}

/// The value of a parameter or a state variable `name` of a model, for `size` neurons; a parameter may be a flag.
pub(crate) fn value_for_model(
    model: &Declaration,
    amount: &Amount,
    size: u32,
    name: &str,
    place: &str,
) -> Result<Value> {
    let flag = model.parameters.iter().any(|parameter| parameter.name == name && parameter.bound == Bound::Flag);
    match amount {
        Amount::Flag(on) if flag => Ok(Value::Constant(f64::from(u8::from(*on)))),
        _ => value(amount, size, name, place),
    }
}

/// The value that `amount` describes, for `size` items; `name` is its key, and also the column of a file that names
/// none.
pub(crate) fn value(amount: &Amount, size: u32, name: &str, place: &str) -> Result<Value> {
    match amount {
        Amount::Constant(value) => Ok(Value::Constant(*value)),
        Amount::Flag(flag) => {
            Err(Error::invalid(place, format!("{name} = {flag} is no number, and {name} is no flag")))
        }
        Amount::Each(values) => Ok(Value::each(values.clone())),
        Amount::Table(keys) => match (keys.value(), &keys.file) {
            (Some(value), _) => Ok(value),
            (None, Some(path)) => {
                let column = keys.column.as_deref().unwrap_or(name);
                let table = Table::read(Path::new(path), &["index", column], true)?;
                if let Some(other) = table.index_like_column() {
                    let problem = format!(
                        "values are taken line by line, and column '{other}' is not read; call it 'index' if it says \
                         which neuron a value is of, else take it out"
                    );
                    return Err(Error::file_line(path, 1, problem));
                }
                table.required(column).and_then(|values| in_order(&table, values, size, place))
            }
            (None, None) => Err(Error::invalid(place, format!("{name}: a velocity gives delays only"))),
        },
    }
}

/// The `values` of a column in the order of neurons: by the column `index` of the table, or else row by row.
fn in_order(table: &Table, values: &[f64], size: u32, of: &str) -> Result<Value> {
    if table.column("index").is_none() {
        return Ok(Value::each(values.to_vec()));
    }
    let order = table.rows_by_index(size, of)?;
    Ok(Value::each(order.into_iter().map(|row| values[row]).collect::<Vec<f64>>()))
}

/// Sets parameters, state variables, positions and names that a neurons file holds.
fn set_from_table(population: &mut Population, table: &Table) -> Result<()> {
    let of = format!("population '{}'", population.name);
    let order = table.rows_by_index(population.size, &of)?;
    let pick = |values: &[f64]| order.iter().map(|&row| values[row]).collect::<Vec<f64>>();
    for name in table.number_columns().filter(|name| !matches!(*name, "index" | "x" | "y" | "z")) {
        population.set(name, Value::each(pick(table.required(name)?)))?;
    }
    if ["x", "y", "z"].iter().any(|axis| table.column(axis).is_some()) {
        let (x, y, z) = (pick(table.required("x")?), pick(table.required("y")?), pick(table.required("z")?));
        population.positions = Some((0..x.len()).map(|i| [x[i], y[i], z[i]]).collect());
    }
    if let Some(names) = table.text("name") {
        table.check_each_text("name", |name| match name {
            "" => Err(Error::invalid(&of, "this neuron has no name; give each its own, or leave the column out")),
            _ => match unprintable(name) {
                None => Ok(()),
                Some(problem) => Err(Error::invalid(&of, format!("the neuron's name {problem}; choose another"))),
            },
        })?;
        let mut seen = BTreeSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(Error::invalid(
                &of,
                format!("two neurons are called '{twice}' in its neurons file; names must be unique"),
            ));
        }
        population.names = Some(order.iter().map(|&row| names[row].clone()).collect());
    }
    Ok(())
}

/// The nodes of a connectome that become neurons: the index of the connectome in the builder, the indices of the nodes,
/// and the nodes.
type Nodes = (usize, Vec<u32>, Vec<Node>);

/// The nodes of a connectome that become the neurons of a population; `None` if it names no connectome.
fn chosen_nodes(builder: &mut Builder, keys: &PopulationKeys, place: &str) -> Result<Option<Nodes>> {
    let Some(name) = &keys.connectome else {
        return match (&keys.nodes, keys.mm_per_unit) {
            (None, None) => Ok(None),
            _ => Err(Error::invalid(place, "nodes and mm_per_unit go with connectome; name one")),
        };
    };
    let (at, connectome) = builder.read_connectome(name, place)?;
    let filter = keys.nodes.clone().unwrap_or_default();
    let place_in = format!("{place}, connectome {name}");
    refuse_unknown_pattern(
        &connectome,
        &filter.category,
        ("category of node", |node| node.category.as_deref()),
        &place_in,
    )?;
    refuse_unknown_pattern(&connectome, &filter.kind, ("kind of node", |node| node.kind.as_deref()), &place_in)?;
    for wanted in filter.name.iter().flat_map(|texts| &texts.0) {
        if !connectome.nodes.iter().any(|node| matches(wanted, &node.name)) {
            let problem = format!("connectome {name} has no node '{wanted}'");
            return Err(Error::invalid(place, problem));
        }
    }
    let kept = connectome.nodes.iter().zip(0u32..).filter(|(node, _)| passes_filter(&filter, node));
    let (nodes, indices): (Vec<Node>, Vec<u32>) = kept.map(|(node, i)| (node.clone(), i)).unzip();
    if nodes.is_empty() {
        return Err(Error::invalid(place, format!("no node of connectome {name} is all that nodes asks for")));
    }
    Ok(Some((at, indices, nodes)))
}

/// Refuses a pattern that no node of a connectome matches; `of` gives the text of a node that is compared, which errors
/// call `what`.
fn refuse_unknown_pattern(
    connectome: &Connectome,
    patterns: &Option<Texts>,
    (what, of): (&'static str, fn(&Node) -> Option<&str>),
    place: &str,
) -> Result<()> {
    let known: BTreeSet<&str> = connectome.nodes.iter().filter_map(of).collect();
    let known: Vec<&str> = known.into_iter().collect();
    for pattern in patterns.iter().flat_map(|texts| &texts.0) {
        if !known.iter().any(|text| matches(pattern, text)) {
            return Err(Error::unknown(what, pattern, place, &known));
        }
    }
    Ok(())
}

/// Whether a node passes all filters; a filter that is left out lets all pass.
fn passes_filter(filter: &NodeKeys, node: &Node) -> bool {
    let any = |texts: &Option<Texts>, text: &str| texts.as_ref().is_none_or(|t| t.0.iter().any(|p| matches(p, text)));
    any(&filter.category, node.category.as_deref().unwrap_or(""))
        && any(&filter.kind, node.kind.as_deref().unwrap_or(""))
        && any(&filter.name, &node.name)
}

/// Whether `text` matches `pattern`, in which `*` stands for any text. One pass is enough: of a piece between two
/// stars, the first match leaves the most for what follows.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inside = text.strip_prefix(start).and_then(|text| text.strip_suffix(end));
    let Some(mut inside) = inside else { return false };
    middle.split('*').all(|piece| match inside.find(piece) {
        Some(at) => {
            inside = &inside[at + piece.len()..];
            true
        }
        None => false,
    })
}

/// Gives the neurons the names of their nodes, and positions if every node has one; its unit is `mm` mm.
fn set_names_and_positions(population: &mut Population, nodes: &[Node], mm: f64) {
    population.names = Some(nodes.iter().map(|node| node.name.clone()).collect::<Arc<[String]>>());
    let positions: Option<Arc<[[f64; 3]]>> = nodes.iter().map(|node| Some(node.position?.map(|x| x * mm))).collect();
    population.positions = positions;
}
