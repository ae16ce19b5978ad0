//! Tables `[[record]]` of "rate", "lfp" and "bold": the activity of whole populations, and its functional connectivity.

use crate::balloon::Balloon;
use crate::connectomes::Connectome;
use crate::error::{Error, Result};
use crate::experiment::keys::{Named, RecordKeys};
use crate::experiment::select::{every_population, select};
use crate::network::{Bold, Lfp, Network, Rate, RecorderId};
use crate::record::functional::Matrix;
use crate::time::short;

/// The kinds of measures.
pub(crate) const KINDS: [&str; 3] = ["rate", "lfp", "bold"];

/// A measure of the activity of populations: what a recorder samples, and what is computed from the samples.
#[derive(Debug, Clone)]
pub struct Measure {
    /// "rate", "lfp" or "bold".
    pub what: &'static str,
    /// Its place among those of its kind, from 0.
    pub number: usize,
    /// The recorder that holds its samples.
    pub recorder: RecorderId,
    /// How functional connectivity is computed from the samples; `None` where it is not asked for.
    pub fc: Option<Connectivity>,
}

/// How functional connectivity is computed from samples.
#[derive(Debug, Clone)]
pub struct Connectivity {
    /// Number of samples at the beginning that are left out.
    pub settle: usize,
    /// Window and shift of functional connectivity dynamics, in samples; `None` where it is not asked for.
    pub dynamics: Option<(usize, usize)>,
    /// Matrices it is compared with: "SC-FC" or "FC-FC", the name of a connectome, and its matrix.
    pub compared: Vec<(&'static str, String, Matrix)>,
}

impl Measure {
    /// What the names of its files begin with, such as "bold-0".
    pub fn stem(&self) -> String {
        format!("{}-{}", self.what, self.number)
    }
}

/// Refuses keys that only tables of measures take.
pub(crate) fn refuse_measure_keys(keys: &RecordKeys) -> Result<()> {
    match measure_keys(keys).into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => {
            let problem = format!("{name} goes with \"rate\", \"lfp\" or \"bold\", and not with {}", keys.what);
            Err(Error::invalid("record", problem))
        }
    }
}

/// Refuses keys that only tables of weights take.
///
/// # Errors
/// One that is given.
pub(crate) fn refuse_weight_keys(keys: &RecordKeys) -> Result<()> {
    let of_weights =
        [("to", keys.to.is_some()), ("up_to_date", keys.up_to_date.is_some()), ("each_send", keys.each_send.is_some())];
    match of_weights.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => {
            let problem = format!("{name} goes with weights, and not with {}; leave it out", keys.what);
            Err(Error::invalid("record", problem))
        }
    }
}

/// The keys that only tables of measures take, and whether each is given.
fn measure_keys(keys: &RecordKeys) -> [(&'static str, bool); 9] {
    [
        ("constants", keys.constants.is_some()),
        ("params", !keys.params.is_empty()),
        ("bin", keys.bin.is_some()),
        ("fc", keys.fc.is_some()),
        ("settle", keys.settle.is_some()),
        ("window", keys.window.is_some()),
        ("shift", keys.shift.is_some()),
        ("structure", keys.structure.is_some()),
        ("empirical", keys.empirical.is_some()),
    ]
}

/// Adds the recorder of a measure to the network and gives the measure, the `number`-th of its kind, from 0. It records
/// from the table's `start` on, or from `transient` (ms) where that is not given; the run has `steps` steps.
pub(crate) fn add_measure(
    network: &mut Network,
    keys: &RecordKeys,
    number: usize,
    (transient, steps): (Option<f64>, u64),
) -> Result<Measure> {
    let what = KINDS.into_iter().find(|what| keys.is_of(what)).unwrap_or(KINDS[0]);
    let of_bold: &[&str] = if what == "bold" { &[] } else { &["constants", "bin"] };
    let no_params: &[&str] = if what == "rate" { &["params"] } else { &[] };
    if let Some((name, _)) =
        measure_keys(keys).iter().find(|(name, given)| *given && [of_bold, no_params].concat().contains(name))
    {
        return Err(Error::invalid("record", format!("{name} does not go with {what}; leave it out")));
    }
    refuse_weight_keys(keys)?;
    let from = select(network, keys.from.as_ref().unwrap_or(&every_population()), "record")?;
    let (start, stop) = (keys.start.or(transient).unwrap_or(0.0), keys.stop.unwrap_or(f64::INFINITY));
    let (recording, interval) = match what {
        "rate" => {
            let bin = keys.interval.unwrap_or(10.0);
            (Rate::every(bin).between(start, stop), bin)
        }
        "lfp" => {
            let lfp = lfp(keys)?;
            (lfp.between(start, stop), lfp.interval)
        }
        _ => {
            let (bin, interval) = (keys.bin.unwrap_or(10.0), keys.interval.unwrap_or(1000.0));
            (Bold { balloon: balloon(keys)?, bin, interval }.between(start, stop), interval)
        }
    };
    let recorder = network.record(from, recording)?;
    let names = crate::simulation::series_names(network, recorder);
    let end = stop.min(network.grid().time(steps));
    let fc = connectivity(keys, interval, &names)?;
    if let Some(fc) = &fc {
        let samples = ((end - start) / interval + 1e-6).floor() as usize;
        let needed = fc.settle + fc.dynamics.map_or(3, |(window, shift)| window + shift);
        if samples < needed {
            let (interval, end) = (short(interval), short(end - start));
            let problem = format!(
                "fc needs {needed} samples, {interval} ms apart, and {end} ms are recorded; run longer, or make settle, \
                 window and interval shorter"
            );
            return Err(Error::invalid("record", problem));
        }
    }
    Ok(Measure { what, number, recorder, fc })
}

/// How many units of `unit` ms, which are called `of` in errors, the value `ms` of the key `name` has; refuses
/// fractions.
fn whole_units(name: &str, ms: f64, unit: f64, of: &str) -> Result<usize> {
    let units = ms / unit;
    if units > 0.5 && units < 1e9 && (units - units.round()).abs() < 1e-6 {
        return Ok(units.round() as usize);
    }
    let (ms, unit) = (short(ms), short(unit));
    Err(Error::invalid("record", format!("{name} = {ms} ms is not a whole number of {of} of {unit} ms")))
}

/// Sets those of the named `numbers` that `params` gives, and refuses other names.
fn set_params(keys: &RecordKeys, numbers: &mut [(&str, &mut f64)]) -> Result<()> {
    for (name, value) in &keys.params {
        match numbers.iter_mut().find(|(known, _)| known == name) {
            Some((_, number)) => **number = *value,
            None => {
                let known: Vec<&str> = numbers.iter().map(|(known, _)| *known).collect();
                return Err(Error::unknown("parameter", name, format!("record of {}", keys.what), &known));
            }
        }
    }
    Ok(())
}

/// The proxy of field potentials that a table describes.
fn lfp(keys: &RecordKeys) -> Result<Lfp> {
    let mut lfp = Lfp::every(keys.interval.unwrap_or(1.0));
    let Lfp { delay_ex, delay_in, weight, .. } = &mut lfp;
    set_params(keys, &mut [("delay_ex", delay_ex), ("delay_in", delay_in), ("weight", weight)])?;
    Ok(lfp)
}

/// The balloon model that a table describes.
fn balloon(keys: &RecordKeys) -> Result<Balloon> {
    let mut balloon = match keys.constants.as_deref() {
        None | Some("friston") => Balloon::FRISTON,
        Some("tvb") => Balloon::TVB,
        Some(other) => return Err(Error::unknown("set of constants", other, "record of bold", &["friston", "tvb"])),
    };
    let Balloon { gain, kappa, gamma, tau, alpha, E_0, V_0, k_1, k_2, k_3 } = &mut balloon;
    let mut numbers = [
        ("gain", gain),
        ("kappa", kappa),
        ("gamma", gamma),
        ("tau", tau),
        ("alpha", alpha),
        ("E_0", E_0),
        ("V_0", V_0),
        ("k_1", k_1),
        ("k_2", k_2),
        ("k_3", k_3),
    ];
    set_params(keys, &mut numbers)?;
    balloon.check().map(|()| balloon)
}

/// How functional connectivity is computed from samples of the populations `names`, `interval` ms apart; `None` where
/// it is not asked for.
fn connectivity(keys: &RecordKeys, interval: f64, names: &[String]) -> Result<Option<Connectivity>> {
    if keys.fc != Some(true) {
        return match measure_keys(keys)[4..].iter().find(|(_, given)| *given) {
            None => Ok(None),
            Some((name, _)) => Err(Error::invalid("record", format!("{name} goes with fc = true"))),
        };
    }
    if names.len() < 2 {
        return Err(Error::invalid("record", "fc is of pairs of populations, and this is one; name more"));
    }
    let dynamics = match (keys.window, keys.shift) {
        (None, None) => None,
        (None, Some(_)) => return Err(Error::invalid("record", "shift goes with window")),
        (Some(window), shift) => {
            let samples = whole_units("window", window, interval, "samples")?;
            let tenth = (samples / 10).max(1);
            Some((samples, shift.map_or(Ok(tenth), |shift| whole_units("shift", shift, interval, "samples"))?))
        }
    };
    let settle = match keys.settle {
        None | Some(0.0) => 0,
        Some(ms) => whole_units("settle", ms, interval, "samples")?,
    };
    let mut compared = Vec::new();
    for (what, named) in [("SC-FC", &keys.structure), ("FC-FC", &keys.empirical)] {
        if let Some(named) = named {
            compared.push((what, named.to_string(), weights_between(named, names)?));
        }
    }
    Ok(Some(Connectivity { settle, dynamics, compared }))
}

/// The weights of a connectome between the nodes of populations. The node of a population is the one with the longest
/// name that the name of the population begins with: `lh_Vis_1` of `lh_Vis_1 E`. Nodes that are only numbered are taken
/// in order, if there is one for each population.
fn weights_between(named: &Named, names: &[String]) -> Result<Matrix> {
    let connectome = named.read("record")?;
    let of_node = |name: &String| {
        let is = |node: &str| {
            name.strip_prefix(node)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '/', ':', '.', '_', '-']))
        };
        let fitting = connectome.nodes.iter().enumerate().filter(|(_, node)| is(&node.name));
        fitting.max_by_key(|(_, node)| node.name.len()).map(|(place, _)| place)
    };
    let found: Vec<Option<usize>> = names.iter().map(of_node).collect();
    let places: Vec<usize> = match found.iter().position(Option::is_none) {
        None => found.into_iter().flatten().collect(),
        Some(_) if is_numbered(&connectome) && connectome.nodes.len() == names.len() => (0..names.len()).collect(),
        Some(missing) => {
            let problem = format!(
                "{named} has no node that population '{}' is called after, and it has {} where {} populations are recorded",
                names[missing],
                crate::text::counted(connectome.nodes.len(), "node"),
                names.len()
            );
            return Err(Error::invalid("record", problem));
        }
    };
    // Several populations may have the same node.
    let mut at = vec![Vec::new(); connectome.nodes.len()];
    places.iter().enumerate().for_each(|(own, place)| at[*place].push(own));
    let mut values = vec![0.0; names.len() * names.len()];
    for edge in &connectome.edges {
        for from in &at[edge.source as usize] {
            at[edge.target as usize].iter().for_each(|to| values[from * names.len() + to] += edge.weight);
        }
    }
    Ok(Matrix { names: names.to_vec(), values })
}

/// Whether the names of nodes are 0, 1, 2... or 1, 2, 3...
fn is_numbered(connectome: &Connectome) -> bool {
    let from = |first: usize| connectome.nodes.iter().zip(first..).all(|(node, place)| node.name == place.to_string());
    from(0) || from(1)
}
