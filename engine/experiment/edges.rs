//! Synapses along the edges of a connectome.

use std::collections::BTreeMap;

use crate::connectomes::{Connectome, Edge, EdgeKind, SignRule};
use crate::error::{Error, Result};
use crate::experiment::builder::Builder;
use crate::experiment::keys::{Named, ProjectionKeys};
use crate::experiment::neurons::value;
use crate::experiment::value::{Amount, AmountKeys};
use crate::network::{Delay, Explicit, Receptor, Rule, Selection, Static, Value};
use crate::text::counted;

/// Synapses along the chemical edges of a connectome between two selections: the pairs as a rule, and weight, delay and
/// receptor.
pub(crate) fn synapses_of_connectome(
    builder: &mut Builder,
    keys: &ProjectionKeys,
    name: &Named,
    (from, to): (&Selection, &Selection),
    place: &str,
) -> Result<(Rule, Static)> {
    let (at, connectome) = builder.read_connectome(name, place)?;
    let (sources, targets) =
        (positions_of_nodes(builder, from, (at, name), place)?, positions_of_nodes(builder, to, (at, name), place)?);
    let inside = |edge| {
        let edge: &Edge = edge;
        Some((*sources.get(&edge.source)?, *targets.get(&edge.target)?, edge))
    };
    let (joined, gaps): (Vec<_>, Vec<_>) =
        connectome.edges.iter().filter_map(inside).partition(|(_, _, edge)| edge.kind == EdgeKind::Chemical);
    if joined.is_empty() && !gaps.is_empty() {
        let problem = format!(
            "its {} edges are gap junctions, which are no synapses; take them by a [[coupling]] of type gap_junction",
            gaps.len()
        );
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
        None => {
            let advice =
                "give delay here, or list the synapses by the indices of neurons in a file of their own (file = ...)";
            refuse_left_aside(&connectome, &DELAYS, name, (place, advice))?;
            synapse.delay
        }
    };
    if keys.receptor.is_none() {
        let advice = "give receptor here for all, or take it out of the file: unless given it follows from the sign";
        refuse_left_aside(&connectome, &RECEPTORS, name, (place, advice))?;
    }
    let (sources, targets): (Vec<u32>, Vec<u32>) = joined.iter().map(|(source, target, _)| (*source, *target)).unzip();
    Ok((Explicit::new(sources, targets).into(), synapse))
}

/// Names of columns and attributes of edges that hold delays, and receptors.
pub(crate) const DELAYS: [&str; 3] = ["delay", "delay_ms", "delays"];
const RECEPTORS: [&str; 2] = ["receptor", "receptors"];

/// Refuses a file in which edges have what no connectome holds, by one of `names`, since nothing else says it: a list
/// of synapses, most likely.
pub(crate) fn refuse_left_aside(
    connectome: &Connectome,
    names: &[&str],
    name: &Named,
    (place, advice): (&str, &str),
) -> Result<()> {
    let of_edges = |left: &&String| {
        let mut parts = left.splitn(3, '\'');
        let (_, own, rest) = (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let elsewhere = rest.contains("node") || rest.contains("sheet");
        names.contains(&own.to_lowercase().as_str()) && !elsewhere
    };
    match connectome.reading.left.iter().find(of_edges) {
        None => Ok(()),
        Some(left) => {
            let problem =
                format!("{left} of connectome {name} is not taken, since its edges have no {}; {advice}", names[0]);
            Err(Error::invalid(place, problem))
        }
    }
}

/// The position of each node in a selection, by node. The populations of `selection` must consist of nodes of
/// connectome `at` of the builder, which `name` names; `place` is the table, for errors.
pub(crate) fn positions_of_nodes(
    builder: &Builder,
    selection: &Selection,
    (at, name): (usize, &Named),
    place: &str,
) -> Result<BTreeMap<u32, u32>> {
    let mut positions = BTreeMap::new();
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
            positions.insert(*node, next);
            next += 1;
        }
    }
    Ok(positions)
}

/// The weights of the edges with their signs, multiplied by `scale`.
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
    let inhibitory = require_signs(inhibitory_edges(keys, connectome, joined, place)?, place)?;
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

/// Which edges are inhibitory, where that must be known of all.
fn require_signs(inhibitory: Vec<Option<bool>>, place: &str) -> Result<Vec<bool>> {
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

/// A given `weight` with the signs of the edges. Where no edge has a sign it stays as it is; else it is the magnitude,
/// and may be below 0 only where edges are inhibitory.
fn signed_weight(weight: Value, inhibitory: Vec<Option<bool>>, place: &str) -> Result<Value> {
    if inhibitory.iter().all(Option::is_none) {
        return Ok(weight);
    }
    let inhibitory = require_signs(inhibitory, place)?;
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
    let all_equal = inhibitory.iter().all(|inhibits| *inhibits == inhibitory[0]);
    match weight {
        Value::Constant(weight) if all_equal => Ok(Value::Constant(weight.abs() * sign(inhibitory[0]))),
        Value::Constant(weight) => {
            Ok(Value::each(inhibitory.iter().map(|i| weight.abs() * sign(*i)).collect::<Vec<_>>()))
        }
        // Lists of another length are refused with the network.
        Value::Each(weights) if weights.len() == inhibitory.len() => {
            Ok(Value::each(weights.iter().zip(&inhibitory).map(|(w, i)| w.abs() * sign(*i)).collect::<Vec<_>>()))
        }
        random @ Value::Random { .. } if all_equal => {
            let negated = inhibitory[0] && random.range().0 >= 0.0;
            Ok(if negated { random.times(-1.0) } else { random })
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

/// Delays in ms by tract length where all edges have one, by distance where none has; `velocity` in mm/ms, `offset` and
/// `dt` in ms.
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
