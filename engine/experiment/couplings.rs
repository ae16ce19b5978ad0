//! `[[coupling]]`, and `third` of `[[projection]]`: gap junctions, graded synapses, slow inward currents of astrocytes.

use std::collections::BTreeMap;

use crate::connectomes::{Edge, EdgeKind};
use crate::error::{Error, Result};
use crate::experiment::builder::Builder;
use crate::experiment::edges::{DELAYS, positions_of_nodes, refuse_left_aside};
use crate::experiment::keys::{CouplingKeys, Named, ProjectionKeys, ThirdKeys};
use crate::experiment::neurons::value;
use crate::experiment::pairs::{DELAY, by_rule_or_file, refuse_rule_keys, synapse};
use crate::experiment::select::select;
use crate::experiment::value::Amount;
use crate::network::{
    Coupling, Delay, Explicit, GapJunction, Graded, Network, Pool, Rule, Selection, Sic, Static, Synapse, ThirdFactor,
    Tripartite, Value,
};
use crate::text::counted;

/// The types of couplings, and the keys that not all of them take.
const TYPES: [(&str, &[&str]); 3] = [
    ("gap_junction", &["symmetric", "variable", "connectome", "weight_scale", "delay"]),
    ("graded_synapse", &["variable", "half", "slope", "delay"]),
    ("sic_connection", &["delay"]),
];

/// Whether couplings have a type called `name`.
pub(crate) fn is_type(name: &str) -> bool {
    TYPES.iter().any(|(known, _)| *known == name)
}

/// Adds the couplings of a table `[[coupling]]` to the network.
pub(crate) fn add_couplings(builder: &mut Builder, keys: &CouplingKeys) -> Result<()> {
    let place = format!("{} {} -> {}", keys.r#type, keys.from, keys.to);
    refuse_other_keys(keys, &place)?;
    let from = select(&builder.network, &keys.from, &place)?;
    let to = select(&builder.network, &keys.to, &place)?;
    let unless_given = if keys.r#type == "sic_connection" { DELAY } else { 0.0 };
    let (rule, synapse) = match (&keys.rule, &keys.file, &keys.connectome) {
        (None, None, Some(name)) => junctions_of_connectome(builder, keys, name, (&from, &to), &place)?,
        _ => by_rule_or_file(&builder.network, &keys.pairs(), (&from, &to), unless_given, &place)?,
    };
    let Static { weight, delay, .. } = synapse;
    let delay = in_ms(delay, &place)?;
    let coupling: Coupling = match keys.r#type.as_str() {
        "gap_junction" => {
            let junction = GapJunction::new(weight).delayed(delay);
            let junction = GapJunction { symmetric: keys.symmetric.unwrap_or(true), ..junction };
            let variable = keys.variable.clone().unwrap_or_else(|| junction.variable.clone());
            GapJunction { variable, ..junction }.into()
        }
        "graded_synapse" => {
            let missing = || Error::invalid(&place, "graded_synapse needs half and slope");
            let (half, slope) = keys.half.zip(keys.slope).ok_or_else(missing)?;
            let graded = Graded::new(weight, half, slope).delayed(delay);
            let variable = keys.variable.clone().unwrap_or_else(|| graded.variable.clone());
            Graded { variable, ..graded }.into()
        }
        _ => Sic { weight, delay }.into(),
    };
    builder.network.couple(from, to, rule, coupling)
}

/// Connects `from` and `to` by synapses `primary`, and astrocytes with some of these synapses as `keys` say.
pub(crate) fn connect_tripartite(
    network: &mut Network,
    keys: &ThirdKeys,
    (from, to): (Selection, Selection),
    rule: Rule,
    primary: Synapse,
    place: &str,
) -> Result<()> {
    let astrocytes = select(network, &keys.astrocytes, place)?;
    let size = keys.pool_size.map_or(Ok(1), |size| {
        let problem = format!("pool_size = {} must lie below 4294967296", size.0);
        u32::try_from(size.0).map_err(|_| Error::invalid(place, problem))
    })?;
    let pool = match keys.pool_type.as_deref() {
        None | Some("random") => Pool::Random(size),
        Some("block") => Pool::Block(size),
        Some(other) => return Err(Error::unknown("pool_type", other, place, &["random", "block"])),
    };
    let connection = |weight: &Option<Amount>, delay: &Option<Amount>| {
        synapse(weight.as_ref(), (delay.as_ref(), DELAY), None, place)
    };
    let Static { weight, delay, .. } = connection(&keys.weight_out, &keys.delay_out)?;
    let three = Tripartite {
        primary,
        third_in: connection(&keys.weight_in, &keys.delay_in)?.into(),
        third_out: Sic { weight, delay: in_ms(delay, place)? },
    };
    network.connect_tripartite((from, to, astrocytes), rule, ThirdFactor { p: keys.p.unwrap_or(1.0), pool }, three)
}

/// A delay as a value in ms; one by distance is refused.
fn in_ms(delay: Delay, place: &str) -> Result<Value> {
    match delay {
        Delay::Value(value) => Ok(value),
        Delay::Distance { .. } => Err(Error::invalid(place, "the delay of a coupling is given in ms")),
    }
}

impl CouplingKeys {
    /// The keys that say which pairs there are, as those of a projection.
    fn pairs(&self) -> ProjectionKeys {
        ProjectionKeys {
            from: self.from.clone(),
            to: self.to.clone(),
            rule: self.rule.clone(),
            p: self.p,
            indegree: self.indegree,
            outdegree: self.outdegree,
            N: self.N,
            allow_autapses: self.allow_autapses,
            allow_multapses: self.allow_multapses,
            file: self.file.clone(),
            connectome: self.connectome.clone(),
            weight: self.weight.clone(),
            delay: self.delay.clone(),
            weight_scale: self.weight_scale,
            ..ProjectionKeys::default()
        }
    }
}

/// Refuses an unknown type of coupling, and keys that another type takes.
fn refuse_other_keys(keys: &CouplingKeys, place: &str) -> Result<()> {
    let names = TYPES.map(|(name, _)| name);
    let Some((own, _)) = TYPES.iter().find(|(name, _)| *name == keys.r#type) else {
        return Err(Error::unknown("type of coupling", &keys.r#type, place, &names));
    };
    let given = [
        ("symmetric", keys.symmetric.is_some()),
        ("connectome", keys.connectome.is_some()),
        ("weight_scale", keys.weight_scale.is_some()),
        ("variable", keys.variable.is_some()),
        ("half", keys.half.is_some()),
        ("slope", keys.slope.is_some()),
        ("delay", keys.delay.is_some()),
    ];
    for (key, _) in given.into_iter().filter(|(_, given)| *given) {
        let mut of = TYPES.iter().filter(|(_, takes)| takes.contains(&key)).map(|(name, _)| *name);
        if !of.clone().any(|name| name == *own) {
            let of = of.next().unwrap_or_default();
            return Err(Error::invalid(place, format!("{key} goes with {of}, not with {own}; leave it out")));
        }
    }
    Ok(())
}

/// The gap junctions of a connectome between two selections, each once where both of its ends are in both selections.
fn junctions_of_connectome(
    builder: &mut Builder,
    keys: &CouplingKeys,
    name: &Named,
    (from, to): (&Selection, &Selection),
    place: &str,
) -> Result<(Rule, Static)> {
    refuse_rule_keys(&keys.pairs(), place)?;
    let (at, connectome) = builder.read_connectome(name, place)?;
    let sources = positions_of_nodes(builder, from, (at, name), place)?;
    let targets = positions_of_nodes(builder, to, (at, name), place)?;
    let gaps: Vec<&Edge> = connectome.edges.iter().filter(|edge| edge.kind == EdgeKind::Gap).collect();
    let symmetric = keys.symmetric.unwrap_or(true);
    let joined =
        if symmetric { each_pair_once(&gaps, &sources, &targets) } else { as_listed(&gaps, &sources, &targets) };
    if joined.is_empty() {
        let problem = match gaps.len() {
            0 => format!("connectome {name} has no gap junctions; leave the table out"),
            all => format!("none of the {} of connectome {name} joins these neurons", counted(all, "gap junction")),
        };
        return Err(Error::invalid(place, problem));
    }
    builder.coupled.insert(at);
    let weight = match (&keys.weight, keys.weight_scale) {
        (Some(_), Some(_)) => return Err(Error::invalid(place, "give either weight or weight_scale")),
        (Some(weight), None) => value(weight, 0, "weight", place)?,
        (None, scale) => {
            let scale = scale.unwrap_or(1.0);
            if !(scale >= 0.0 && scale.is_finite()) {
                return Err(Error::invalid(place, format!("weight_scale = {scale} must be 0 or greater")));
            }
            Value::each(joined.iter().map(|(_, _, weight)| scale * weight.abs()).collect::<Vec<f64>>())
        }
    };
    let (sources, targets): (Vec<u32>, Vec<u32>) = joined.iter().map(|(source, target, _)| (*source, *target)).unzip();
    let delay = match &keys.delay {
        Some(delay) => value(delay, 0, "delay", place)?,
        None => {
            let advice = "give delay here, 0 for none, or list the junctions in a file of their own (file = ...)";
            refuse_left_aside(&connectome, &DELAYS, name, (place, advice))?;
            Value::Constant(0.0)
        }
    };
    let delay = Delay::Value(delay);
    Ok((Explicit::new(sources, targets).into(), Static { weight, delay, ..Static::new(1.0, 1.0) }))
}

/// The position in a selection, by node of a connectome.
type Positions = BTreeMap<u32, u32>;

/// The gap junctions as they are listed: positions of source and target, and weight.
fn as_listed(gaps: &[&Edge], sources: &Positions, targets: &Positions) -> Vec<(u32, u32, f64)> {
    let inside = |edge: &&Edge| Some((*sources.get(&edge.source)?, *targets.get(&edge.target)?, edge.weight));
    gaps.iter().filter_map(inside).collect()
}

/// Each pair of nodes that gap junctions join, once, with the larger of the weights of its two directions: connectomes
/// list a junction once or twice, and not always with one weight.
fn each_pair_once(gaps: &[&Edge], sources: &Positions, targets: &Positions) -> Vec<(u32, u32, f64)> {
    let mut directions: BTreeMap<(u32, u32), [f64; 2]> = BTreeMap::new();
    for edge in gaps.iter().filter(|edge| edge.source != edge.target) {
        let (low, high) = (edge.source.min(edge.target), edge.source.max(edge.target));
        directions.entry((low, high)).or_default()[usize::from(edge.source > edge.target)] += edge.weight.abs();
    }
    let mut joined = Vec::new();
    for ((a, b), [one, other]) in directions {
        let pair = |a: u32, b: u32| Some((*sources.get(&a)?, *targets.get(&b)?));
        if let Some((source, target)) = pair(a, b).or_else(|| pair(b, a)) {
            joined.push((source, target, one.max(other)));
        }
    }
    joined
}
