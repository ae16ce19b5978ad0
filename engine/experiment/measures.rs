//! Tables `[[record]]` of "rate", "lfp" and "bold": what whole populations do, and how they go together.

use crate::balloon::Balloon;
use crate::connectomes::Connectome;
use crate::error::{Error, Result};
use crate::experiment::keys::{Named, RecordKeys};
use crate::experiment::select::{every_population, select};
use crate::network::{Bold, Lfp, Network, Rate, RecorderId};
use crate::record::functional::Matrix;
use crate::time::short;

/// What there is.
pub(crate) const WHAT: [&str; 3] = ["rate", "lfp", "bold"];

/// Something that is made of a recorder of populations.
#[derive(Debug, Clone)]
pub struct Measure {
    /// "rate", "lfp" or "bold".
    pub what: &'static str,
    /// Its place among those of its kind, from 0.
    pub number: usize,
    /// Where its samples are.
    pub recorder: RecorderId,
    /// Whether and how functional connectivity is made of it.
    pub fc: Option<Connectivity>,
}

/// How functional connectivity is made, in samples.
#[derive(Debug, Clone)]
pub struct Connectivity {
    /// Those that are left out at the beginning.
    pub settle: usize,
    /// Window and shift of its dynamics.
    pub dynamics: Option<(usize, usize)>,
    /// What it is compared with: "SC-FC" or "FC-FC", the name of a connectome, and its matrix.
    pub compared: Vec<(&'static str, String, Matrix)>,
}

impl Measure {
    /// The name of its files before their endings: "bold-0".
    pub fn stem(&self) -> String {
        format!("{}-{}", self.what, self.number)
    }
}

/// Refuses keys that go with measures alone.
pub(crate) fn only_measures(keys: &RecordKeys) -> Result<()> {
    match given(keys).into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => {
            let problem = format!("{name} goes with \"rate\", \"lfp\" or \"bold\", and not with {}", keys.what);
            Err(Error::invalid("record", problem))
        }
    }
}

/// The keys of measures that are given.
fn given(keys: &RecordKeys) -> [(&'static str, bool); 9] {
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

/// Adds the recorder of a measure, the `number`-th of its kind; nothing is recorded before a transient, of so many steps.
pub(crate) fn measure(
    network: &mut Network,
    keys: &RecordKeys,
    number: usize,
    (transient, steps): (Option<f64>, u64),
) -> Result<Measure> {
    let what = WHAT.into_iter().find(|what| keys.is(what)).unwrap_or(WHAT[0]);
    let of_bold: &[&str] = if what == "bold" { &[] } else { &["constants", "bin"] };
    let no_params: &[&str] = if what == "rate" { &["params"] } else { &[] };
    if let Some((name, _)) =
        given(keys).iter().find(|(name, given)| *given && [of_bold, no_params].concat().contains(name))
    {
        return Err(Error::invalid("record", format!("{name} does not go with {what}; leave it out")));
    }
    if keys.to.is_some() {
        return Err(Error::invalid("record", format!("to goes with weights, and not with {what}; leave it out")));
    }
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

/// A time in units of another.
fn whole(name: &str, ms: f64, unit: f64, of: &str) -> Result<usize> {
    let many = ms / unit;
    if many > 0.5 && many < 1e9 && (many - many.round()).abs() < 1e-6 {
        return Ok(many.round() as usize);
    }
    let (ms, unit) = (short(ms), short(unit));
    Err(Error::invalid("record", format!("{name} = {ms} ms is not a whole number of {of} of {unit} ms")))
}

/// Sets numbers by name.
fn set_numbers(keys: &RecordKeys, numbers: &mut [(&str, &mut f64)]) -> Result<()> {
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

fn lfp(keys: &RecordKeys) -> Result<Lfp> {
    let mut lfp = Lfp::every(keys.interval.unwrap_or(1.0));
    let Lfp { delay_ex, delay_in, weight, .. } = &mut lfp;
    set_numbers(keys, &mut [("delay_ex", delay_ex), ("delay_in", delay_in), ("weight", weight)])?;
    Ok(lfp)
}

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
    set_numbers(keys, &mut numbers)?;
    balloon.check().map(|()| balloon)
}

/// How functional connectivity is made of samples of some populations.
fn connectivity(keys: &RecordKeys, interval: f64, names: &[String]) -> Result<Option<Connectivity>> {
    if keys.fc != Some(true) {
        return match given(keys)[4..].iter().find(|(_, given)| *given) {
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
            let samples = whole("window", window, interval, "samples")?;
            let tenth = (samples / 10).max(1);
            Some((samples, shift.map_or(Ok(tenth), |shift| whole("shift", shift, interval, "samples"))?))
        }
    };
    let settle = match keys.settle {
        None | Some(0.0) => 0,
        Some(ms) => whole("settle", ms, interval, "samples")?,
    };
    let mut compared = Vec::new();
    for (what, named) in [("SC-FC", &keys.structure), ("FC-FC", &keys.empirical)] {
        if let Some(named) = named {
            compared.push((what, named.to_string(), matrix(named, names)?));
        }
    }
    Ok(Some(Connectivity { settle, dynamics, compared }))
}

/// The weights between the nodes that populations are called after: `lh_Vis_1 E` after `lh_Vis_1`. Nodes without names of their
/// own are taken in order, if they are as many.
fn matrix(named: &Named, names: &[String]) -> Result<Matrix> {
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
        Some(_) if numbered(&connectome) && connectome.nodes.len() == names.len() => (0..names.len()).collect(),
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
    // Several populations may be called after one node.
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

/// Whether nodes are called 0, 1, 2... or 1, 2, 3...
fn numbered(connectome: &Connectome) -> bool {
    let from = |first: usize| connectome.nodes.iter().zip(first..).all(|(node, place)| node.name == place.to_string());
    from(0) || from(1)
}
