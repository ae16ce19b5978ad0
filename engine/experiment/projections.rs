//! `[[projection]]`: synapses by a rule, from a file, or along the edges of a connectome.

use std::collections::BTreeMap;
use std::path::Path;

use crate::connectomes::{Connectome, Edge, EdgeKind, SignRule};
use crate::error::{Error, Result};
use crate::experiment::build::Builder;
use crate::experiment::connectome::Named;
use crate::experiment::keys::ProjectionKeys;
use crate::experiment::model;
use crate::experiment::neurons::value;
use crate::experiment::select::select;
use crate::experiment::table::Table;
use crate::experiment::value::{Amount, AmountKeys};
use crate::network::{
    AllToAll, Delay, Explicit, FixedIndegree, FixedOutdegree, FixedTotalNumber, Modulator, Network, OneToOne,
    PairwiseBernoulli, Plastic, Receptor, Rule, Selection, Static, Value,
};
use crate::text::counted;

/// Rules and the keys they take.
const RULES: [(&str, &[&str]); 6] = [
    ("one_to_one", &[]),
    ("all_to_all", &[]),
    ("pairwise_bernoulli", &["p"]),
    ("fixed_indegree", &["indegree"]),
    ("fixed_outdegree", &["outdegree"]),
    ("fixed_total_number", &["N"]),
];

/// Adds the projection of a table.
pub(crate) fn projection(builder: &mut Builder, keys: &ProjectionKeys) -> Result<()> {
    let place = format!("projection {} -> {}", keys.from, keys.to);
    let from = select(&builder.network, &keys.from, &place)?;
    let to = select(&builder.network, &keys.to, &place)?;
    let (rule, synapse) = match (&keys.rule, &keys.file, &keys.connectome) {
        (Some(name), None, None) => {
            refuse_edge_keys(keys, &place)?;
            let mut rule = rule(keys, name, &place)?;
            rule = rule.allow_autapses(keys.allow_autapses.unwrap_or(true));
            rule = rule.allow_multapses(keys.allow_multapses.unwrap_or(true));
            let synapse = synapse(keys.weight.as_ref(), keys.delay.as_ref(), keys.receptor.as_deref(), &place)?;
            (rule, synapse)
        }
        (None, Some(path), None) => {
            refuse_edge_keys(keys, &place)?;
            refuse_rule_keys(keys, &place)?;
            from_file(&builder.network, keys, Path::new(path), (&from, &to), &place)?
        }
        (None, None, Some(name)) => {
            refuse_rule_keys(keys, &place)?;
            from_connectome(builder, keys, name, (&from, &to), &place)?
        }
        _ => return Err(Error::invalid(&place, "give exactly one of rule, file and connectome")),
    };
    match with_memory(builder, keys, synapse.clone(), &place)? {
        Some(plastic) => builder.network.connect(from, to, rule, plastic),
        None => builder.network.connect(from, to, rule, synapse),
    }
}

/// The synapses as a model with memory, if they are to have one.
fn with_memory(builder: &Builder, keys: &ProjectionKeys, synapse: Static, place: &str) -> Result<Option<Plastic>> {
    let Some(name) = keys.synapse.as_deref().filter(|name| *name != "static_synapse") else {
        let given = keys.params.keys().chain(keys.initial.keys()).next();
        return match given
            .map(String::as_str)
            .or(keys.most.map(|_| "most"))
            .or(keys.modulator.as_ref().map(|_| "modulator"))
        {
            Some(name) => {
                let problem =
                    format!("{name} is of synapses with memory; name their model, as in synapse = \"stdp_synapse\"");
                Err(Error::invalid(place, problem))
            }
            None => Ok(None),
        };
    };
    let mut plastic = Plastic::of(model::synapse(&builder.models, name, place)?, synapse.weight, 1.0);
    (plastic.delay, plastic.receptor) = (synapse.delay, synapse.receptor);
    for (name, amount) in keys.params.iter().chain(&keys.initial) {
        if name == "weight" {
            return Err(Error::invalid(place, "weight stands beside params and initial; write weight = ..."));
        }
        plastic.plasticity.set(name, value(amount, 0, name, place)?, place)?;
    }
    plastic.plasticity.most = keys.most;
    plastic.plasticity.modulator = match (&keys.modulator, keys.modulator_delay) {
        (Some(from), delay) => {
            Some(Modulator { from: select(&builder.network, from, place)?, delay: delay.unwrap_or(1.0) })
        }
        (None, None) => None,
        (None, Some(_)) => return Err(Error::invalid(place, "modulator_delay goes with modulator")),
    };
    Ok(Some(plastic))
}

/// Weight, delay and receptor as written; 1 and 1 ms unless given.
pub(crate) fn synapse(
    weight: Option<&Amount>,
    delay: Option<&Amount>,
    receptor: Option<&str>,
    place: &str,
) -> Result<Static> {
    let plain = |amount: Option<&Amount>, name: &str| match amount {
        None => Ok(Value::Constant(1.0)),
        Some(Amount::Table(AmountKeys { file: Some(_), .. })) => Err(Error::invalid(
            place,
            format!("{name} cannot be a column of a file; list the synapses in a file of their own"),
        )),
        Some(amount) => value(amount, 0, name, place),
    };
    let delay = match delay {
        Some(Amount::Table(AmountKeys { velocity: Some(velocity), offset, .. })) => {
            Delay::Distance { velocity: *velocity, offset: offset.unwrap_or(0.0) }
        }
        delay => Delay::Value(plain(delay, "delay")?),
    };
    let receptor = receptor.map_or(Receptor::BySign, |name| Receptor::Named(name.to_owned()));
    Ok(Static { weight: plain(weight, "weight")?, delay, receptor })
}

/// Refuses keys that need the edges of a connectome.
fn refuse_edge_keys(keys: &ProjectionKeys, place: &str) -> Result<()> {
    match (keys.weight_scale, &keys.sign) {
        (None, None) => Ok(()),
        _ => Err(Error::invalid(place, "weight_scale and sign go with connectome; use weight")),
    }
}

/// Refuses keys that need a rule.
fn refuse_rule_keys(keys: &ProjectionKeys, place: &str) -> Result<()> {
    match given_arguments(keys).first() {
        Some(name) => {
            Err(Error::invalid(place, format!("{name} goes with rule, and the synapses are listed one by one")))
        }
        None if keys.allow_autapses.is_some() || keys.allow_multapses.is_some() => {
            let problem = "allow_autapses and allow_multapses go with rule, and the synapses are listed one by one";
            Err(Error::invalid(place, problem))
        }
        None => Ok(()),
    }
}

/// The arguments of rules that are given.
fn given_arguments(keys: &ProjectionKeys) -> Vec<&'static str> {
    let given = [
        ("p", keys.p.is_some()),
        ("indegree", keys.indegree.is_some()),
        ("outdegree", keys.outdegree.is_some()),
        ("N", keys.N.is_some()),
    ];
    given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
}

/// The rule of this name with its arguments; those of other rules are refused.
fn rule(keys: &ProjectionKeys, name: &str, place: &str) -> Result<Rule> {
    let names: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
    let takes = RULES.iter().find(|(rule, _)| *rule == name).map(|(_, takes)| *takes);
    let takes = takes.ok_or_else(|| Error::unknown("rule", name, place, &names))?;
    if let Some(other) = given_arguments(keys).into_iter().find(|argument| !takes.contains(argument)) {
        let own = if takes.is_empty() { "no argument".to_owned() } else { takes.join(", ") };
        return Err(Error::invalid(place, format!("{name} takes {own}, not {other}")));
    }
    let missing = || Error::invalid(place, format!("{name} needs {}", takes.join(", ")));
    let small = |value: Option<u64>| {
        let value = value.ok_or_else(missing)?;
        u32::try_from(value)
            .map_err(|_| Error::invalid(place, format!("{} = {value} must lie below 4294967296", takes.join(", "))))
    };
    Ok(match name {
        "one_to_one" => OneToOne.into(),
        "all_to_all" => AllToAll.into(),
        "pairwise_bernoulli" => PairwiseBernoulli(keys.p.ok_or_else(missing)?).into(),
        "fixed_indegree" => FixedIndegree(small(keys.indegree.map(|n| n.0))?).into(),
        "fixed_outdegree" => FixedOutdegree(small(keys.outdegree.map(|n| n.0))?).into(),
        _ => FixedTotalNumber(keys.N.ok_or_else(missing)?.0).into(),
    })
}

/// Synapses from a CSV file, one per line.
fn from_file(
    network: &Network,
    keys: &ProjectionKeys,
    path: &Path,
    (from, to): (&Selection, &Selection),
    place: &str,
) -> Result<(Rule, Static)> {
    let table = Table::read(path, &["source", "target", "weight", "delay_ms"], false)?;
    let sources = table.indices("source", from.len(), &keys.from.to_string())?;
    let targets = table.indices("target", to.len(), &keys.to.to_string())?;
    let mut synapse = synapse(keys.weight.as_ref(), keys.delay.as_ref(), keys.receptor.as_deref(), place)?;
    if let Some(weights) = one_source(&table, "weight", keys.weight.is_some(), place)? {
        synapse.weight = Value::each(weights);
    }
    if let Some(delays) = one_source(&table, "delay_ms", keys.delay.is_some(), place)? {
        table.each("delay_ms", |ms| network.delay_steps(ms, place).map(drop))?;
        synapse.delay = Delay::Value(Value::each(delays));
    }
    Ok((Explicit::new(sources, targets).into(), synapse))
}

/// The values of a column; refused if the experiment gives them as well.
fn one_source(table: &Table, column: &str, given: bool, place: &str) -> Result<Option<Vec<f64>>> {
    match table.column(column) {
        Some(_) if given => {
            let key = column.trim_end_matches("_ms");
            Err(Error::invalid(place, format!("{key} is given here and in the file; keep one of them")))
        }
        column => Ok(column.map(<[f64]>::to_vec)),
    }
}

/// Synapses along the chemical edges of a connectome that join the two selections.
fn from_connectome(
    builder: &mut Builder,
    keys: &ProjectionKeys,
    name: &Named,
    (from, to): (&Selection, &Selection),
    place: &str,
) -> Result<(Rule, Static)> {
    let (at, connectome) = builder.connectome(name, place)?;
    let (sources, targets) =
        (places_of_nodes(builder, from, (at, name), place)?, places_of_nodes(builder, to, (at, name), place)?);
    let inside = |edge| {
        let edge: &Edge = edge;
        Some((*sources.get(&edge.source)?, *targets.get(&edge.target)?, edge))
    };
    let (joined, gaps): (Vec<_>, Vec<_>) =
        connectome.edges.iter().filter_map(inside).partition(|(_, _, edge)| edge.kind == EdgeKind::Chemical);
    if joined.is_empty() && !gaps.is_empty() {
        let problem = format!("its {} edges are gap junctions, which are not simulated; leave it out", gaps.len());
        return Err(Error::invalid(place, problem));
    }
    builder.wired.insert(at);
    let mut synapse = Static::new(1.0, 1.0);
    synapse.receptor = keys.receptor.as_deref().map_or(Receptor::BySign, |name| Receptor::Named(name.to_owned()));
    synapse.weight = match (&keys.weight, keys.weight_scale) {
        (Some(_), Some(_)) => return Err(Error::invalid(place, "give either weight or weight_scale")),
        (Some(weight), None) => {
            let inhibitory = inhibitory_edges(keys, &connectome, &joined, place)?;
            signed_weight(value(weight, 0, "weight", place)?, inhibitory, place)?
        }
        (None, scale) => edge_weights(keys, &connectome, &joined, scale.unwrap_or(1.0), place)?,
    };
    synapse.delay = match &keys.delay {
        Some(Amount::Table(AmountKeys { velocity: Some(velocity), offset, .. })) => {
            if joined.iter().all(|(_, _, edge)| edge.length.is_none()) {
                builder.straight.insert(at);
            }
            tract_delays(&connectome, &joined, *velocity, offset.unwrap_or(0.0), (builder.network.dt(), place))?
        }
        Some(delay) => Delay::Value(value(delay, 0, "delay", place)?),
        None => synapse.delay,
    };
    let (sources, targets): (Vec<u32>, Vec<u32>) = joined.iter().map(|(source, target, _)| (*source, *target)).unzip();
    Ok((Explicit::new(sources, targets).into(), synapse))
}

/// Where each node of a connectome stands in a selection.
fn places_of_nodes(
    builder: &Builder,
    selection: &Selection,
    (at, name): (usize, &Named),
    place: &str,
) -> Result<BTreeMap<u32, u32>> {
    let mut places = BTreeMap::new();
    let mut next = 0;
    for part in selection.parts() {
        let population = &builder.network.populations()[part.population];
        let origin = builder.nodes[part.population].as_ref().filter(|(connectome, _)| *connectome == at);
        let Some((_, nodes)) = origin else {
            let made_of = builder.nodes[part.population].as_ref().map(|(other, _)| &builder.connectomes[*other].0);
            let advice = match made_of {
                Some(other) if other.name() == name.name() => {
                    "as it is read here; give connectome the same options in both tables".to_owned()
                }
                _ => format!("; give it connectome = \"{name}\""),
            };
            let problem = format!("population '{}' is not made of nodes of connectome {name}", population.name);
            let between = if advice.starts_with(';') { "" } else { " " };
            return Err(Error::invalid(place, format!("{problem}{between}{advice}")));
        };
        let first = (part.first - population.first) as usize;
        for node in &nodes[first..first + part.count as usize] {
            places.insert(*node, next);
            next += 1;
        }
    }
    Ok(places)
}

/// The edges' own weights, multiplied by `scale`.
fn edge_weights(
    keys: &ProjectionKeys,
    connectome: &Connectome,
    joined: &[(u32, u32, &Edge)],
    scale: f64,
    place: &str,
) -> Result<Value> {
    if !(scale >= 0.0 && scale.is_finite()) {
        let problem = format!("weight_scale = {scale} must not be negative; inhibition is sign = \"inhibitory\"");
        return Err(Error::invalid(place, problem));
    }
    let inhibitory = all_known(inhibitory_edges(keys, connectome, joined, place)?, place)?;
    let signed = joined.iter().zip(inhibitory).map(|((_, _, edge), inhibitory)| {
        let strength = edge.weight.abs();
        scale * if inhibitory { -strength } else { strength }
    });
    Ok(Value::each(signed.collect::<Vec<f64>>()))
}

/// Which edges are inhibitory, where that is known.
fn inhibitory_edges(
    keys: &ProjectionKeys,
    connectome: &Connectome,
    joined: &[(u32, u32, &Edge)],
    place: &str,
) -> Result<Vec<Option<bool>>> {
    let rule = match &keys.sign {
        None => SignRule::default(),
        Some(name) => match SignRule::ALL.iter().find(|(rule, _)| rule == name) {
            Some((_, rule)) => *rule,
            None => return Err(Error::unknown("sign", name, place, &SignRule::ALL.map(|(name, _)| name))),
        },
    };
    let signs = connectome.signs(rule);
    let inhibitory: Result<Vec<_>, String> = joined.iter().map(|(_, _, edge)| signs.inhibitory(edge)).collect();
    inhibitory.map_err(|problem| Error::invalid(place, problem))
}

/// The same, where it must be known.
fn all_known(inhibitory: Vec<Option<bool>>, place: &str) -> Result<Vec<bool>> {
    let unknown = inhibitory.iter().filter(|edge| edge.is_none()).count();
    if unknown > 0 {
        let others = SignRule::ALL[1..].iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        return Err(Error::invalid(
            place,
            format!("{unknown} of {} without a sign; set sign to {others}", counted(inhibitory.len(), "edge")),
        ));
    }
    Ok(inhibitory.into_iter().flatten().collect())
}

/// A weight that is given with the signs of the edges: its own where no edge has one, else it is their magnitude, and may
/// be below 0 only where they are inhibitory.
fn signed_weight(weight: Value, inhibitory: Vec<Option<bool>>, place: &str) -> Result<Value> {
    if inhibitory.iter().all(Option::is_none) {
        return Ok(weight);
    }
    let inhibitory = all_known(inhibitory, place)?;
    let contradicts = |low: f64, inhibits: bool| low < 0.0 && !inhibits;
    let (low, high) = weight.range();
    if matches!(weight, Value::Random { .. }) && low < 0.0 && high > 0.0 {
        let advice = "keep it on one side of 0, as by min = 0.0 beside the distribution";
        return Err(Error::invalid(
            place,
            format!("weight is drawn on both sides of 0, and the edges have signs; {advice}"),
        ));
    }
    let problem = match &weight {
        Value::Each(weights) => weights.iter().zip(&inhibitory).any(|(w, inhibits)| contradicts(*w, *inhibits)),
        _ => inhibitory.iter().any(|inhibits| contradicts(low, *inhibits)),
    };
    if problem {
        let advice = "give its magnitude, or say with sign = \"excitatory\" or \"inhibitory\" what all edges are";
        return Err(Error::invalid(
            place,
            format!("weight is below 0 where edges are excitatory by their own signs; {advice}"),
        ));
    }
    let sign = |inhibits: bool| if inhibits { -1.0 } else { 1.0 };
    let alike = inhibitory.iter().all(|inhibits| *inhibits == inhibitory[0]);
    match weight {
        Value::Constant(weight) if alike => Ok(Value::Constant(weight.abs() * sign(inhibitory[0]))),
        Value::Constant(weight) => {
            Ok(Value::each(inhibitory.iter().map(|i| weight.abs() * sign(*i)).collect::<Vec<_>>()))
        }
        // Lists of another length are refused with the network.
        Value::Each(weights) if weights.len() == inhibitory.len() => {
            Ok(Value::each(weights.iter().zip(&inhibitory).map(|(w, i)| w.abs() * sign(*i)).collect::<Vec<_>>()))
        }
        random @ Value::Random { .. } if alike => {
            let turned = inhibitory[0] && random.range().0 >= 0.0;
            Ok(if turned { random.times(-1.0) } else { random })
        }
        Value::Random { .. } => {
            let advice = "give one number, or weight_scale, which multiplies the weights of the edges";
            Err(Error::invalid(
                place,
                format!("weight is drawn, and some edges are inhibitory and others not; {advice}"),
            ))
        }
        each => Ok(each),
    }
}

/// Delays by tract length where the edges have one, by distance elsewhere.
fn tract_delays(
    connectome: &Connectome,
    joined: &[(u32, u32, &Edge)],
    velocity: f64,
    offset: f64,
    (dt, place): (f64, &str),
) -> Result<Delay> {
    let lengths: Vec<Option<f64>> = joined.iter().map(|(_, _, edge)| edge.length).collect();
    if lengths.iter().all(Option::is_none) {
        return Ok(Delay::Distance { velocity, offset });
    }
    if !(velocity > 0.0 && velocity.is_finite()) {
        return Err(Error::invalid(place, format!("velocity = {velocity} mm/ms must be greater than 0")));
    }
    let delays = lengths.iter().zip(joined).map(|(length, (_, _, edge))| match length {
        Some(length) => Ok((length / velocity + offset).max(dt)),
        None => {
            let name = |i: u32| connectome.nodes.get(i as usize).map_or("?", |node| node.name.as_str());
            let problem = format!("the edge {} -> {} has no tract length", name(edge.source), name(edge.target));
            Err(Error::invalid(place, format!("{problem}; give delay in ms")))
        }
    });
    Ok(Delay::Value(Value::each(delays.collect::<Result<Vec<f64>>>()?)))
}
