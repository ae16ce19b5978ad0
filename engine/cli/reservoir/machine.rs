//! The reservoir that the options describe.

use neuropil::train::reservoir::balance::{Homeostasis, Settings, Targets};
use neuropil::train::reservoir::{Graph, Machine, Neurons, Rates};
use neuropil::{Error, Result};

use super::super::tables::short;
use super::ReservoirOptions;

/// Units of a random graph, unless --units gives another number.
const DEFAULT_UNITS: u64 = 500;
/// The largest spectral radius: with it nearly all units are at 1 or -1.
const MOST_RADIUS: f64 = 100.0;

/// The reservoir, not built yet.
///
/// # Errors
/// Numbers out of their range, options that do not go together.
pub fn machine(options: &ReservoirOptions) -> Result<Machine> {
    let input = options.input;
    if options.homeostasis.is_some() || options.sweep.is_some() {
        let settings = balance_settings(options)?;
        let chosen = super::targets(&options.target)?;
        let local = options.homeostasis.as_deref() == Some("local");
        let targets = match (local, chosen.as_slice()) {
            (false, _) => None,
            (true, []) => Some(Targets::Same(0.5)),
            (true, [one]) => Some(*one),
            _ => return Err(Error::invalid("--target", "it names several, which are for --sweep; give one")),
        };
        let (beta, homeostasis) = (options.beta.unwrap_or(1.0), Homeostasis::default());
        return Ok(Machine::Balanced { settings, beta, targets, homeostasis });
    }
    if !options.target.is_empty() {
        return Err(Error::invalid("--target", "it is what units adapt to; say --homeostasis local, or --sweep"));
    }
    let graph = graph(options)?;
    if options.spiking {
        let rate_options = [("--radius", options.radius), ("--leak", options.leak)];
        if let Some((name, _)) = rate_options.iter().find(|(_, value)| value.is_some()) {
            return Err(Error::invalid(*name, "it is for rate units; leave it out, or --spiking"));
        }
        let default = Neurons::default();
        let neurons =
            Neurons { drive: options.drive.unwrap_or(default.drive), input: input.unwrap_or(default.input), ..default };
        return Ok(Machine::Spiking { graph, neurons });
    }
    let default = Rates::default();
    let radius = options.radius.unwrap_or(default.radius);
    if !(0.0..=MOST_RADIUS).contains(&radius) {
        let problem = format!("{radius} must be from 0 to {MOST_RADIUS}; beyond about 1 a reservoir does not forget");
        return Err(Error::invalid("--radius", problem));
    }
    let rates =
        Rates { radius, leak: options.leak.unwrap_or(default.leak), input: input.unwrap_or(default.input), ..default };
    Ok(Machine::Rate { graph, rates })
}

/// The settings of a reservoir of excitatory and inhibitory units.
///
/// # Errors
/// Numbers out of their range.
pub fn balance_settings(options: &ReservoirOptions) -> Result<Settings> {
    if let Some((name, _)) = [("--radius", options.radius), ("--leak", options.leak)].iter().find(|own| own.1.is_some())
    {
        return Err(Error::invalid(*name, "E/I units have none; leave it out, or --homeostasis or --sweep"));
    }
    let units = units(options)?;
    let default = Settings::default();
    let degree = options.degree.map_or((units as f64 / 10.0).round(), f64::round);
    if !(degree >= 1.0 && degree <= units as f64) {
        return Err(Error::invalid("--degree", format!("{degree} must be from 1 to the {units} units")));
    }
    Ok(Settings { units, degree: degree as usize, input: options.input.unwrap_or(default.input), ..default })
}

/// The number of units of --units, or the default.
fn units(options: &ReservoirOptions) -> Result<usize> {
    match options.units.unwrap_or(DEFAULT_UNITS) {
        units @ 1..=1_000_000 => Ok(units as usize),
        other => Err(Error::invalid("--units", format!("{other} must be from 1 to 1,000,000"))),
    }
}

/// The graph of --graph, or a random one.
fn graph(options: &ReservoirOptions) -> Result<Graph> {
    let name = options.graph.as_deref().unwrap_or("random");
    if name != "random" && (options.units.is_some() || options.degree.is_some()) {
        let problem = format!("--graph {name} has units and connections of its own; leave --units and --degree out");
        return Err(Error::invalid("command line", problem));
    }
    Ok(match name {
        "worm" => Graph::Worm,
        "larva" => Graph::Larva,
        "human" => Graph::Human,
        _ => {
            let units = units(options)?;
            Graph::Random { units, degree: options.degree.unwrap_or((units as f64 / 10.0).max(1.0)) }
        }
    })
}

/// What the reservoir consists of, in so few words that they fit above a picture.
///
/// # Errors
/// A graph that cannot be read.
pub fn title(machine: &Machine) -> Result<String> {
    let units = machine.units()?;
    Ok(match machine {
        Machine::Rate { graph, .. } => format!("{units} rate units, {} graph", graph.name()),
        Machine::Spiking { graph, .. } => format!("{units} spiking neurons, {} graph", graph.name()),
        Machine::Balanced { beta, targets: None, .. } => format!("{units} E/I units, balance {}", short(*beta)),
        Machine::Balanced { targets: Some(Targets::Same(target)), .. } => {
            format!("{units} E/I units, homeostasis to {}", short(*target))
        }
        Machine::Balanced { .. } => format!("{units} E/I units, homeostasis to Beta(2,2)"),
        Machine::Taps(count) => format!("the last {count} inputs"),
    })
}

/// What the reservoir consists of, in some words.
pub fn describe(machine: &Machine) -> String {
    match machine {
        Machine::Rate { graph, .. } => format!("rate units, {} graph", graph.name()),
        Machine::Spiking { graph, neurons } => {
            format!("spiking neurons, {} graph, {}", graph.name(), neurons.drive.name())
        }
        Machine::Balanced { beta, targets: None, .. } => format!("E/I units, balance {beta}"),
        Machine::Balanced { beta, targets: Some(Targets::Same(target)), .. } => {
            format!("E/I units, local homeostasis to {target} from balance {beta}")
        }
        Machine::Balanced { beta, .. } => format!("E/I units, local homeostasis to Beta(2,2) from balance {beta}"),
        Machine::Taps(count) => format!("the last {count} inputs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_fit_above_a_picture() {
        let (settings, homeostasis) = (Settings { units: 1_000_000, ..Settings::default() }, Homeostasis::default());
        let balanced = |beta, targets| Machine::Balanced { settings, beta, targets, homeostasis };
        let machines = [
            Machine::Rate { graph: Graph::Human, rates: Rates::default() },
            Machine::Spiking { graph: Graph::Random { units: 1_000_000, degree: 3.0 }, neurons: Neurons::default() },
            balanced(1.234_567_89, None),
            balanced(1.0, Some(Targets::Same(0.123_456_789))),
            balanced(1.0, Some(Targets::Beta22)),
        ];
        for machine in machines {
            let title = format!("mackey-glass: {}", title(&machine).unwrap_or_default());
            assert!((30..=58).contains(&title.len()), "{title}");
        }
    }
}
