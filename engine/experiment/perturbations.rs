//! `[[perturb]]`: perturbations of neurons or connections for some time.

use crate::error::{Error, Result};
use crate::experiment::keys::PerturbKeys;
use crate::experiment::neurons::value_for_model;
use crate::experiment::select::select;
use crate::network::{Network, Perturb};

/// The kinds of perturbations.
const KINDS: [&str; 5] = ["silence", "ablate", "clamp", "drive", "set"];

/// Adds the perturbations of a table `[[perturb]]` to the network.
pub(crate) fn add_perturbations(network: &mut Network, keys: &PerturbKeys) -> Result<()> {
    let place = format!("{} of {}", keys.what, keys.of);
    refuse_other_keys(keys, &place)?;
    let of = select(network, &keys.of, &place)?;
    let (start, stop) = (keys.start.unwrap_or(0.0), keys.stop.unwrap_or(f64::INFINITY));
    let needs =
        |value: Option<f64>, name: &str| value.ok_or_else(|| Error::invalid(&place, format!("{name} is missing")));
    let what = match keys.what.as_str() {
        "silence" => Perturb::Silence,
        "ablate" => match &keys.to {
            None => Perturb::Ablate,
            Some(to) => Perturb::Disconnect(select(network, to, &place)?),
        },
        "clamp" => Perturb::Clamp {
            variable: keys.variable.clone().unwrap_or_else(|| "V_m".into()),
            value: needs(keys.value, "value")?,
        },
        "drive" => Perturb::Drive(needs(keys.amplitude, "amplitude")?),
        _ if keys.params.is_empty() => return Err(Error::invalid(&place, "params is missing")),
        _ => {
            for (parameter, amount) in &keys.params {
                let model = network.populations()[of.parts()[0].population].model.declaration();
                let value = value_for_model(model, amount, of.len(), parameter, &place)?;
                network.perturb(&of, Perturb::Set { parameter: parameter.clone(), value }, start..stop)?;
            }
            return Ok(());
        }
    };
    network.perturb(of, what, start..stop)
}

/// Refuses keys of another perturbation.
fn refuse_other_keys(keys: &PerturbKeys, place: &str) -> Result<()> {
    let own: &[&str] = match keys.what.as_str() {
        "silence" => &[],
        "ablate" => &["to"],
        "clamp" => &["variable", "value"],
        "drive" => &["amplitude"],
        "set" => &["params"],
        other => return Err(Error::unknown("perturbation", other, place, &KINDS)),
    };
    let given = [
        ("to", keys.to.is_some()),
        ("variable", keys.variable.is_some()),
        ("value", keys.value.is_some()),
        ("amplitude", keys.amplitude.is_some()),
        ("params", !keys.params.is_empty()),
    ];
    match given.iter().find(|(name, given)| *given && !own.contains(name)) {
        Some((name, _)) => {
            let takes = if own.is_empty() { "of, start and stop alone".into() } else { own.join(" and ") };
            Err(Error::invalid(place, format!("{} takes {takes}, not {name}", keys.what)))
        }
        None => Ok(()),
    }
}
