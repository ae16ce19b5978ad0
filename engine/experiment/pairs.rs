//! Pairs of neurons by a rule or from a file, with weight, delay and receptor, as projections and couplings write them.

use std::path::Path;

use crate::data::table::Table;
use crate::error::{Error, Result};
use crate::experiment::keys::ProjectionKeys;
use crate::experiment::neurons::value;
use crate::experiment::value::{Amount, AmountKeys};
use crate::network::{
    AllToAll, Delay, Explicit, FixedIndegree, FixedOutdegree, FixedTotalNumber, Network, OneToOne, PairwiseBernoulli,
    Receptor, Rule, Selection, Static, Value,
};

/// The delay of synapses unless one is given, ms: NEST's.
pub(crate) const DELAY: f64 = 1.0;

/// The connection rules, and the keys that each takes.
const RULES: [(&str, &[&str]); 6] = [
    ("one_to_one", &[]),
    ("all_to_all", &[]),
    ("pairwise_bernoulli", &["p"]),
    ("fixed_indegree", &["indegree"]),
    ("fixed_outdegree", &["outdegree"]),
    ("fixed_total_number", &["N"]),
];

/// The pairs of a table, by a rule or from a file, and the weight, delay (`unless_given`, ms) and receptor of their synapses.
pub(crate) fn by_rule_or_file(
    network: &Network,
    keys: &ProjectionKeys,
    (from, to): (&Selection, &Selection),
    unless_given: f64,
    place: &str,
) -> Result<(Rule, Static)> {
    match (&keys.rule, &keys.file, &keys.connectome) {
        (Some(name), None, None) => {
            refuse_edge_keys(keys, place)?;
            let mut rule = rule(keys, name, place)?;
            rule = rule.allow_autapses(keys.allow_autapses.unwrap_or(true));
            rule = rule.allow_multapses(keys.allow_multapses.unwrap_or(true));
            Ok((rule, synapse_of(keys, unless_given, place)?))
        }
        (None, Some(path), None) => {
            refuse_edge_keys(keys, place)?;
            refuse_rule_keys(keys, place)?;
            let synapse = synapse_of(keys, unless_given, place)?;
            read_pairs(network, keys, Path::new(path), (from, to), synapse, place)
        }
        _ => Err(Error::invalid(place, "give exactly one of rule, file and connectome")),
    }
}

/// The static synapse of a table, with a delay of `unless_given` ms unless it has one.
fn synapse_of(keys: &ProjectionKeys, unless_given: f64, place: &str) -> Result<Static> {
    synapse(keys.weight.as_ref(), (keys.delay.as_ref(), unless_given), keys.receptor.as_deref(), place)
}

/// A static synapse with the given weight, delay (and its value unless given, ms) and receptor; 1 and by the sign of the weight
/// unless given.
pub(crate) fn synapse(
    weight: Option<&Amount>,
    (delay, unless_given): (Option<&Amount>, f64),
    receptor: Option<&str>,
    place: &str,
) -> Result<Static> {
    let plain = |amount: Option<&Amount>, name: &str, unless_given: f64| match amount {
        None => Ok(Value::Constant(unless_given)),
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
        delay => Delay::Value(plain(delay, "delay", unless_given)?),
    };
    let receptor = receptor.map_or(Receptor::BySign, |name| Receptor::Named(name.to_owned()));
    Ok(Static { weight: plain(weight, "weight", 1.0)?, delay, receptor })
}

/// Refuses keys that only connectomes take.
fn refuse_edge_keys(keys: &ProjectionKeys, place: &str) -> Result<()> {
    match (keys.weight_scale, &keys.sign) {
        (None, None) => Ok(()),
        _ => Err(Error::invalid(place, "weight_scale and sign go with connectome; use weight")),
    }
}

/// Refuses keys that only rules take.
pub(crate) fn refuse_rule_keys(keys: &ProjectionKeys, place: &str) -> Result<()> {
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

/// The names of those arguments of rules that are given.
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
    let number_u32 = |value: Option<u64>| {
        let value = value.ok_or_else(missing)?;
        u32::try_from(value)
            .map_err(|_| Error::invalid(place, format!("{} = {value} must lie below 4294967296", takes.join(", "))))
    };
    Ok(match name {
        "one_to_one" => OneToOne.into(),
        "all_to_all" => AllToAll.into(),
        "pairwise_bernoulli" => PairwiseBernoulli(keys.p.ok_or_else(missing)?).into(),
        "fixed_indegree" => FixedIndegree(number_u32(keys.indegree.map(|n| n.0))?).into(),
        "fixed_outdegree" => FixedOutdegree(number_u32(keys.outdegree.map(|n| n.0))?).into(),
        _ => FixedTotalNumber(keys.N.ok_or_else(missing)?.0).into(),
    })
}

/// Synapses from a CSV file, one for each line.
fn read_pairs(
    network: &Network,
    keys: &ProjectionKeys,
    path: &Path,
    (from, to): (&Selection, &Selection),
    mut synapse: Static,
    place: &str,
) -> Result<(Rule, Static)> {
    let table = Table::read(path, &["source", "target", "weight", "delay_ms"], false)?;
    let sources = table.indices("source", from.len(), &keys.from.to_string())?;
    let targets = table.indices("target", to.len(), &keys.to.to_string())?;
    if let Some(weights) = unless_given(&table, "weight", keys.weight.is_some(), place)? {
        synapse.weight = Value::each(weights);
    }
    if let Some(delays) = unless_given(&table, "delay_ms", keys.delay.is_some(), place)? {
        table.check_each("delay_ms", |ms| network.delay_steps(ms, place).map(drop))?;
        synapse.delay = Delay::Value(Value::each(delays));
    }
    Ok((Explicit::new(sources, targets).into(), synapse))
}

/// The values of a column, if the file has it; refused where the experiment gives a value as well.
fn unless_given(table: &Table, column: &str, given: bool, place: &str) -> Result<Option<Vec<f64>>> {
    match table.column(column) {
        Some(_) if given => {
            let key = column.trim_end_matches("_ms");
            Err(Error::invalid(place, format!("{key} is given here and in the file; keep one of them")))
        }
        column => Ok(column.map(<[f64]>::to_vec)),
    }
}
