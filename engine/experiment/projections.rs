//! `[[projection]]`: synapses by a rule, from a file, or along the edges of a connectome.

use std::path::Path;

use crate::data::table::Table;
use crate::error::{Error, Result};
use crate::experiment::builder::Builder;
use crate::experiment::couplings;
use crate::experiment::edges::synapses_of_connectome;
use crate::experiment::keys::ProjectionKeys;
use crate::experiment::model;
use crate::experiment::neurons::value;
use crate::experiment::pairs::{DELAY, by_rule_or_file, refuse_rule_keys};
use crate::experiment::select::select;
use crate::experiment::value::is_path;
use crate::models;
use crate::network::{Domains, Explicit, Modulator, Plastic, Static, Synapse};

/// Adds the projection of a table `[[projection]]` to the network.
pub(crate) fn add_projection(builder: &mut Builder, keys: &ProjectionKeys) -> Result<()> {
    let place = format!("projection {} -> {}", keys.from, keys.to);
    let from = select(&builder.network, &keys.from, &place)?;
    let to = select(&builder.network, &keys.to, &place)?;
    let (rule, synapse) = match (&keys.rule, &keys.file, &keys.connectome) {
        (None, None, Some(name)) => {
            refuse_rule_keys(keys, &place)?;
            synapses_of_connectome(builder, keys, name, (&from, &to), &place)?
        }
        _ => by_rule_or_file(&builder.network, keys, (&from, &to), DELAY, &place)?,
    };
    let synapse: Synapse = match plastic_synapse(builder, keys, synapse.clone(), &place)? {
        Some(plastic) => plastic.into(),
        None => synapse.into(),
    };
    match &keys.third {
        None => builder.network.connect(from, to, rule, synapse),
        Some(third) => couplings::connect_tripartite(&mut builder.network, third, (from, to), rule, synapse, &place),
    }
}

/// The synapses with the plasticity model that `keys` name, and weight, delay and receptor of `synapse`; `None` for
/// static synapses.
fn plastic_synapse(builder: &Builder, keys: &ProjectionKeys, synapse: Static, place: &str) -> Result<Option<Plastic>> {
    let own = keys.synapse.as_deref();
    if own == Some("static_synapse_hom_w") && !synapse.weight.is_constant() {
        let problem = "static_synapse_hom_w has one weight for all; give weight as one number, or take static_synapse";
        return Err(Error::invalid(place, problem));
    }
    let Some(name) = own.filter(|name| !models::STATIC_SYNAPSES.contains(name)) else {
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
    if couplings::is_type(name) && !builder.models.contains_key(name) {
        let problem = format!("{name} is a coupling; write a table [[coupling]] with type = \"{name}\"");
        return Err(Error::invalid(place, problem));
    }
    let mut plastic = Plastic::of(model::synapse_model(&builder.models, name, place)?, synapse.weight, 1.0);
    (plastic.delay, plastic.receptor) = (synapse.delay, synapse.receptor);
    for (name, amount) in keys.params.iter().chain(&keys.initial) {
        if name == "weight" {
            return Err(Error::invalid(place, "weight stands beside params and initial; write weight = ..."));
        }
        plastic.plasticity.set(name, value(amount, 0, name, place)?, place)?;
    }
    plastic.plasticity.most = keys.most;
    plastic.plasticity.modulator = modulator(builder, keys, place)?;
    Ok(Some(plastic))
}

/// The neurons whose spikes are the third factor of plasticity, with their delay and which synapses they reach.
fn modulator(builder: &Builder, keys: &ProjectionKeys, place: &str) -> Result<Option<Modulator>> {
    let Some(neurons) = &keys.modulator else {
        let alone = keys.modulator_delay.map(|_| "modulator_delay");
        return match alone.or(keys.modulator_domains.as_ref().map(|_| "modulator_domains")) {
            Some(key) => Err(Error::invalid(place, format!("{key} goes with modulator"))),
            None => Ok(None),
        };
    };
    let from = select(&builder.network, neurons, place)?;
    let domains = match keys.modulator_domains.as_deref() {
        None | Some("all") => Domains::All,
        Some("block") => Domains::Block,
        Some(file) if is_path(file) => {
            let table = Table::read(Path::new(file), &["source", "target"], false)?;
            let to = select(&builder.network, &keys.to, place)?;
            let sources = table.indices("source", from.len(), &neurons.to_string())?;
            Domains::Listed(Explicit::new(sources, table.indices("target", to.len(), &keys.to.to_string())?))
        }
        Some(other) => return Err(Error::unknown("modulator_domains", other, place, &["all", "block"])),
    };
    Ok(Some(Modulator { from, delay: keys.modulator_delay.unwrap_or(1.0), domains }))
}
