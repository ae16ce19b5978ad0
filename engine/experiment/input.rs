//! `[[stimulus]]`: input that is not a neuron's.

use std::collections::BTreeSet;
use std::path::Path;

use crate::error::{Error, Result};
use crate::experiment::keys::StimulusKeys;
use crate::experiment::pairs::synapse;
use crate::experiment::select::select;
use crate::experiment::table::Table;
use crate::network::{DcGenerator, Drive, Network, PoissonGenerator, Selection, SpikeGenerator, StepCurrentGenerator};
use crate::quote;
use crate::time::{OffGrid, short};

const TYPES: [&str; 4] = ["poisson_generator", "spike_generator", "dc_generator", "step_current_generator"];

/// Adds the stimulus of a table.
pub(crate) fn stimulus(network: &mut Network, keys: &StimulusKeys) -> Result<()> {
    let place = format!("stimulus {} -> {}", keys.r#type, keys.to);
    let to = select(network, &keys.to, &place)?;
    only_its_own(keys, &place)?;
    let needs =
        |value: Option<f64>, name: &str| value.ok_or_else(|| Error::invalid(&place, format!("{name} is missing")));
    let (start, stop) = (keys.start.unwrap_or(0.0), keys.stop.unwrap_or(f64::INFINITY));
    let drive: Drive = match keys.r#type.as_str() {
        "poisson_generator" => PoissonGenerator { rate: needs(keys.rate, "rate")?, start, stop }.into(),
        "dc_generator" => DcGenerator { amplitude: needs(keys.amplitude, "amplitude")?, start, stop }.into(),
        "spike_generator" => spike_generator(network, keys, &to, &place)?.into(),
        _ => match (&keys.amplitude_times, &keys.amplitude_values) {
            (Some(times), Some(amplitudes)) => {
                StepCurrentGenerator { times: times.clone(), amplitudes: amplitudes.clone() }.into()
            }
            _ => return Err(Error::invalid(&place, "both amplitude_times and amplitude_values are needed")),
        },
    };
    let off_grid = keys.off_grid.as_deref().map_or(Ok(OffGrid::Refuse), |name| OffGrid::named(name, &place))?;
    if off_grid == OffGrid::Round {
        not_rounded_to_0(&drive, network, &place)?;
    }
    let drive = drive.settled(network.grid(), off_grid);
    let synapse = synapse(keys.weight.as_ref(), keys.delay.as_ref(), keys.receptor.as_deref(), &place)?;
    network.stimulate(to, drive, synapse)
}

/// Spikes and changes of a current begin at the first step, and nobody wrote the 0 that rounding makes of a time before.
fn not_rounded_to_0(drive: &Drive, network: &Network, place: &str) -> Result<()> {
    let lost = |time: &f64| *time > 0.0 && network.grid().nearest(*time) == Some(0);
    let time = match drive {
        Drive::Spikes(list) => list.spikes.iter().map(|(_, time)| *time).find(lost),
        Drive::Current(current) => current.times.iter().copied().find(lost),
        Drive::Poisson(_) | Drive::Dc(_) => None,
    };
    let Some(time) = time else { return Ok(()) };
    let (time, dt) = (short(time), network.dt());
    let problem = format!(
        "time {time} ms is rounded to 0, and the first allowed time is one step, {dt} ms; off_grid = \"up\" moves it there"
    );
    Err(Error::invalid(place, problem))
}

/// Refuses keys of another type of stimulus.
fn only_its_own(keys: &StimulusKeys, place: &str) -> Result<()> {
    let own: &[&str] = match keys.r#type.as_str() {
        "poisson_generator" => &["rate", "start", "stop"],
        "spike_generator" => &["spike_times", "file", "population"],
        "dc_generator" => &["amplitude", "start", "stop"],
        "step_current_generator" => &["amplitude_times", "amplitude_values"],
        other => return Err(Error::unknown("type of stimulus", other, place, &TYPES)),
    };
    let given = [
        ("rate", keys.rate.is_some()),
        ("start", keys.start.is_some()),
        ("stop", keys.stop.is_some()),
        ("spike_times", keys.spike_times.is_some()),
        ("file", keys.file.is_some()),
        ("population", keys.population.is_some()),
        ("amplitude", keys.amplitude.is_some()),
        ("amplitude_times", keys.amplitude_times.is_some()),
        ("amplitude_values", keys.amplitude_values.is_some()),
    ];
    match given.iter().find(|(name, given)| *given && !own.contains(name)) {
        Some((name, _)) => {
            let problem = format!("a {} takes {}, not {name}", keys.r#type, own.join(", "));
            Err(Error::invalid(place, problem))
        }
        None => Ok(()),
    }
}

/// Spike times from the table itself, or from a CSV file with a neuron for each.
fn spike_generator(network: &Network, keys: &StimulusKeys, to: &Selection, place: &str) -> Result<SpikeGenerator> {
    match (&keys.spike_times, &keys.file) {
        (Some(_), None) if keys.population.is_some() => {
            Err(Error::invalid(place, "population goes with file; take it out beside spike_times"))
        }
        (Some(times), None) => Ok(SpikeGenerator::at(times)),
        (None, Some(path)) => {
            let mut table = Table::read(Path::new(path), &["neuron", "time_ms", "population", "name"], false)?;
            only_population(&mut table, keys.population.as_deref(), path, place)?;
            let neurons = table.indices("neuron", to.len(), &keys.to.to_string())?;
            check_names(network, to, &table, &neurons)?;
            Ok(SpikeGenerator::listed(neurons.into_iter().zip(table.required("time_ms")?.iter().copied())))
        }
        _ => Err(Error::invalid(place, "give either spike_times or file")),
    }
}

/// Refuses a name beside the index of a neuron that is called otherwise; where neurons have no names, none can contradict.
fn check_names(network: &Network, to: &Selection, table: &Table, neurons: &[u32]) -> Result<()> {
    for (row, (name, &neuron)) in table.text("name").unwrap_or_default().iter().zip(neurons).enumerate() {
        let id = to.id(neuron);
        let population = network.populations().iter().rfind(|p| p.first <= id);
        let own = population.and_then(|p| p.names.as_ref()?.get((id - p.first) as usize));
        if let Some(own) = own.filter(|own| *own != name) {
            let problem = format!(
                "neuron {neuron} is called '{}', and the line says '{}'; take the column 'name' out if the index is right",
                quote::name(own),
                quote::name(name)
            );
            return Err(table.error(row, problem));
        }
    }
    Ok(())
}

/// Keeps the lines of one population where the table has a column of them, as `spikes.csv` of a run does.
fn only_population(table: &mut Table, wanted: Option<&str>, path: &str, place: &str) -> Result<()> {
    let there = table.text("population").map(|lines| lines.iter().cloned().collect::<BTreeSet<String>>());
    match (there, wanted) {
        (None, None) => Ok(()),
        (None, Some(_)) => {
            let problem = "there is no column 'population' to choose from; take the key population out";
            Err(Error::file_line(path, 1, problem))
        }
        (Some(there), None) if there.len() <= 1 => Ok(()),
        (Some(there), None) => {
            let names = there.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let problem = format!(
                "{path} holds the spikes of several populations ({names}); say whose with population = \"...\", \
                 in a [[stimulus]] table for each"
            );
            Err(Error::invalid(place, problem))
        }
        (Some(there), Some(wanted)) if there.is_empty() || there.contains(wanted) => {
            let keep: Vec<bool> = table.text("population").unwrap_or_default().iter().map(|p| p == wanted).collect();
            table.retain(|line| keep[line]);
            Ok(())
        }
        (Some(there), Some(wanted)) => {
            Err(Error::unknown("population", wanted, format!("{path}, column 'population'"), &Vec::from_iter(there)))
        }
    }
}
