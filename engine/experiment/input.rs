//! `[[stimulus]]`: input that does not come from a neuron.

use std::collections::BTreeSet;
use std::path::Path;

use crate::data::arrays::Array;
use crate::data::table::Table;
use crate::error::{Error, Result};
use crate::experiment::events;
use crate::experiment::images::image_drive;
use crate::experiment::keys::StimulusKeys;
use crate::experiment::pairs::{DELAY, synapse};
use crate::experiment::rates::inhomogeneous_poisson;
use crate::experiment::select::select;
use crate::experiment::value::Whole;
use crate::network::{
    AcGenerator, DcGenerator, Drive, GammaSupGenerator, MipGenerator, Network, NoiseGenerator, OuConductanceGenerator,
    OuCurrentGenerator, PoissonGenerator, PulsepacketGenerator, Selection, SinusoidalPoissonGenerator, SpikeGenerator,
    StepCurrentGenerator,
};
use crate::quote;
use crate::time::{OffGrid, short};

/// The types of stimuli, and the keys that each takes beside those that all types take.
const TYPES: [(&str, &[&str]); 14] = [
    ("poisson_generator", &["rate", "start", "stop"]),
    (
        "sinusoidal_poisson_generator",
        &["rate", "amplitude", "frequency", "phase", "individual_spike_trains", "start", "stop"],
    ),
    ("inhomogeneous_poisson_generator", &["rate_times", "rate_values", "file", "interval", "start", "stop"]),
    ("mip_generator", &["rate", "p_copy", "start", "stop"]),
    ("gamma_sup_generator", &["rate", "gamma_shape", "n_proc", "start", "stop"]),
    ("pulsepacket_generator", &["pulse_times", "activity", "sdev", "start", "stop"]),
    ("spike_generator", &["spike_times", "file", "population", "width", "polarity"]),
    (
        "image_generator",
        &["file", "images", "interval", "coding", "rate", "tau", "threshold", "linear", "clip", "start"],
    ),
    ("dc_generator", &["amplitude", "start", "stop"]),
    ("step_current_generator", &["amplitude_times", "amplitude_values"]),
    ("ac_generator", &["amplitude", "offset", "frequency", "phase", "start", "stop"]),
    ("noise_generator", &["mean", "std", "dt", "std_mod", "frequency", "phase", "start", "stop"]),
    ("ou_current_generator", &["mean", "std", "tau", "start", "stop"]),
    ("ou_conductance_generator", &["mean", "std", "tau", "start", "stop"]),
];

/// Adds the stimulus of a table `[[stimulus]]` to the network.
pub(crate) fn add_stimulus(network: &mut Network, keys: &StimulusKeys) -> Result<()> {
    let place = format!("stimulus {} -> {}", keys.r#type, keys.to);
    let to = select(network, &keys.to, &place)?;
    refuse_other_keys(keys, &place)?;
    let drive = drive(network, keys, &to, &place)?;
    let off_grid = keys.off_grid.as_deref().map_or(Ok(OffGrid::Refuse), |name| OffGrid::named(name, &place))?;
    if off_grid == OffGrid::Round {
        refuse_rounding_to_0(&drive, network, &place)?;
    }
    let drive = drive.settled(network.grid(), off_grid);
    let synapse = synapse(keys.weight.as_ref(), (keys.delay.as_ref(), DELAY), keys.receptor.as_deref(), &place)?;
    network.stimulate(to, drive, synapse)
}

/// The error of a key that is missing.
fn missing(name: &str, place: &str) -> Error {
    Error::invalid(place, format!("{name} is missing"))
}

/// The value of a key as a number of 32 bits, or `default` where it is not given.
fn number_u32(name: &str, given: Option<Whole>, default: u32, place: &str) -> Result<u32> {
    let Whole(number) = given.unwrap_or(Whole(default.into()));
    u32::try_from(number).map_err(|_| Error::invalid(place, format!("{name} = {number} is more than 4,294,967,295")))
}

/// The input of a stimulus, by its type.
fn drive(network: &Network, keys: &StimulusKeys, to: &Selection, place: &str) -> Result<Drive> {
    let rate = || keys.rate.ok_or_else(|| missing("rate", place));
    let (start, stop) = (keys.start.unwrap_or(0.0), keys.stop.unwrap_or(f64::INFINITY));
    Ok(match keys.r#type.as_str() {
        "poisson_generator" => PoissonGenerator { rate: rate()?, start, stop }.into(),
        "sinusoidal_poisson_generator" => SinusoidalPoissonGenerator {
            rate: rate()?,
            amplitude: keys.amplitude.unwrap_or_default(),
            frequency: keys.frequency.unwrap_or_default(),
            phase: keys.phase.unwrap_or_default(),
            individual_spike_trains: keys.individual_spike_trains.unwrap_or(true),
            start,
            stop,
        }
        .into(),
        "inhomogeneous_poisson_generator" => inhomogeneous_poisson(network, keys, to, place)?.into(),
        "mip_generator" => MipGenerator { rate: rate()?, p_copy: keys.p_copy.unwrap_or(1.0), start, stop }.into(),
        "gamma_sup_generator" => {
            let gamma_shape = number_u32("gamma_shape", keys.gamma_shape, 1, place)?;
            let n_proc = number_u32("n_proc", keys.n_proc, 1, place)?;
            GammaSupGenerator { rate: rate()?, gamma_shape, n_proc, start, stop }.into()
        }
        "pulsepacket_generator" => {
            let pulse_times = keys.pulse_times.clone().ok_or_else(|| missing("pulse_times", place))?;
            let activity = number_u32("activity", keys.activity, 0, place)?;
            PulsepacketGenerator { pulse_times, activity, sdev: keys.sdev.unwrap_or_default(), start, stop }.into()
        }
        "spike_generator" => spike_generator(network, keys, to, place)?.into(),
        "image_generator" => image_drive(network, keys, to, place)?,
        _ => current_drive(network, keys, place)?,
    })
}

/// The input of a stimulus whose type is that of a current or a conductance.
fn current_drive(network: &Network, keys: &StimulusKeys, place: &str) -> Result<Drive> {
    let (start, stop) = (keys.start.unwrap_or(0.0), keys.stop.unwrap_or(f64::INFINITY));
    let (frequency, phase) = (keys.frequency.unwrap_or_default(), keys.phase.unwrap_or_default());
    let (mean, std) = (keys.mean.unwrap_or_default(), keys.std.unwrap_or_default());
    let tau = || keys.tau.ok_or_else(|| missing("tau", place));
    Ok(match keys.r#type.as_str() {
        "dc_generator" => {
            DcGenerator { amplitude: keys.amplitude.ok_or_else(|| missing("amplitude", place))?, start, stop }.into()
        }
        "ac_generator" => {
            let (amplitude, offset) = (keys.amplitude.unwrap_or_default(), keys.offset.unwrap_or_default());
            AcGenerator { amplitude, offset, frequency, phase, start, stop }.into()
        }
        "noise_generator" => {
            let (dt, std_mod) = (keys.dt.unwrap_or(10.0 * network.dt()), keys.std_mod.unwrap_or_default());
            NoiseGenerator { mean, std, dt, std_mod, frequency, phase, start, stop }.into()
        }
        "ou_current_generator" => OuCurrentGenerator { mean, std, tau: tau()?, start, stop }.into(),
        "ou_conductance_generator" => OuConductanceGenerator { mean, std, tau: tau()?, start, stop }.into(),
        _ => {
            let (Some(times), Some(amplitudes)) = (&keys.amplitude_times, &keys.amplitude_values) else {
                return Err(Error::invalid(place, "both amplitude_times and amplitude_values are needed"));
            };
            StepCurrentGenerator { times: times.clone(), amplitudes: amplitudes.clone() }.into()
        }
    })
}

/// Refuses times that rounding would make 0: spikes and changes are possible from the first step on, and the error
/// names the time as it was written.
fn refuse_rounding_to_0(drive: &Drive, network: &Network, place: &str) -> Result<()> {
    let lost = |time: &f64| *time > 0.0 && network.grid().nearest(*time) == Some(0);
    let time = drive.changes().into_iter().find(lost);
    let Some(time) = time else { return Ok(()) };
    let (time, dt) = (short(time), network.dt());
    let problem = format!(
        "time {time} ms is rounded to 0, and the first allowed time is one step, {dt} ms; off_grid = \"up\" moves it there"
    );
    Err(Error::invalid(place, problem))
}

/// Refuses keys of another type of stimulus.
fn refuse_other_keys(keys: &StimulusKeys, place: &str) -> Result<()> {
    let Some((_, own)) = TYPES.iter().find(|(name, _)| *name == keys.r#type) else {
        return Err(Error::unknown("type of stimulus", &keys.r#type, place, &TYPES.map(|(name, _)| name)));
    };
    let given = [
        ("rate", keys.rate.is_some()),
        ("start", keys.start.is_some()),
        ("stop", keys.stop.is_some()),
        ("spike_times", keys.spike_times.is_some()),
        ("file", keys.file.is_some()),
        ("population", keys.population.is_some()),
        ("width", keys.width.is_some()),
        ("polarity", keys.polarity.is_some()),
        ("images", keys.images.is_some()),
        ("coding", keys.coding.is_some()),
        ("threshold", keys.threshold.is_some()),
        ("linear", keys.linear.is_some()),
        ("clip", keys.clip.is_some()),
        ("amplitude", keys.amplitude.is_some()),
        ("frequency", keys.frequency.is_some()),
        ("phase", keys.phase.is_some()),
        ("individual_spike_trains", keys.individual_spike_trains.is_some()),
        ("rate_times", keys.rate_times.is_some()),
        ("rate_values", keys.rate_values.is_some()),
        ("interval", keys.interval.is_some()),
        ("p_copy", keys.p_copy.is_some()),
        ("gamma_shape", keys.gamma_shape.is_some()),
        ("n_proc", keys.n_proc.is_some()),
        ("pulse_times", keys.pulse_times.is_some()),
        ("activity", keys.activity.is_some()),
        ("sdev", keys.sdev.is_some()),
        ("offset", keys.offset.is_some()),
        ("mean", keys.mean.is_some()),
        ("std", keys.std.is_some()),
        ("dt", keys.dt.is_some()),
        ("std_mod", keys.std_mod.is_some()),
        ("tau", keys.tau.is_some()),
        ("amplitude_times", keys.amplitude_times.is_some()),
        ("amplitude_values", keys.amplitude_values.is_some()),
    ];
    match given.iter().find(|(name, given)| *given && !own.contains(name)) {
        Some((name, _)) => {
            let article = if keys.r#type.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
            let problem = format!("{article} {} takes {}, not {name}", keys.r#type, own.join(", "));
            Err(Error::invalid(place, problem))
        }
        None => Ok(()),
    }
}

/// Spike times from the table itself, from a CSV file with a neuron for each, or from the events of a camera.
fn spike_generator(network: &Network, keys: &StimulusKeys, to: &Selection, place: &str) -> Result<SpikeGenerator> {
    match (&keys.spike_times, &keys.file) {
        (Some(_), None) if keys.population.is_some() => {
            Err(Error::invalid(place, "population goes with file; take it out beside spike_times"))
        }
        (Some(times), None) => Ok(SpikeGenerator::at(times)),
        (None, Some(path))
            if Array::is_array_file(Path::new(path))
                && (keys.width.is_some() || events::may_hold_events(Path::new(path))) =>
        {
            if keys.population.is_some() {
                return Err(Error::invalid(
                    place,
                    "population goes with a CSV file of spikes; take it out beside events",
                ));
            }
            events::spikes_of_array(Path::new(path), keys, to, place)
        }
        (None, Some(path)) => {
            let columns = ["neuron", "time_ms", "population", "name", "t", "x", "y", "p"];
            let mut table = Table::read(Path::new(path), &columns, false)?;
            if table.column("x").is_some() {
                return events::spikes_of_table(&table, keys, to, place);
            }
            if keys.width.is_some() || keys.polarity.is_some() {
                let problem = format!("width and polarity are of events, and {path} has no column 'x'; take them out");
                return Err(Error::invalid(place, problem));
            }
            keep_population(&mut table, keys.population.as_deref(), path, place)?;
            let neurons = table.indices("neuron", to.len(), &keys.to.to_string())?;
            check_names(network, to, &table, &neurons)?;
            Ok(SpikeGenerator::listed(neurons.into_iter().zip(table.required("time_ms")?.iter().copied())))
        }
        _ => Err(Error::invalid(place, "give either spike_times or file")),
    }
}

/// Refuses a line that names another neuron than its index means; neurons without names are not checked.
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

/// Keeps the lines of the population `wanted` where the table has a column of populations, as `spikes.csv` of a run
/// has.
fn keep_population(table: &mut Table, wanted: Option<&str>, path: &str, place: &str) -> Result<()> {
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
