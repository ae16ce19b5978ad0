//! What a run was: records for the files, facts for people and scripts.

use std::collections::BTreeMap;
use std::path::Path;

use neuropil::experiment::Setup;
use neuropil::network::{Network, Probe, RecorderId};
use neuropil::record::{PopulationLabel, SpikeRecord, TraceRecord};
use neuropil::simulation::Simulation;
use neuropil::{Error, Result};
use serde::Serialize;

use super::style::Style;
use super::tables::{count, grid, pairs, seconds, short};

/// What `--json` prints; `summary.json` holds the same under `run`.
#[derive(Debug, Serialize)]
pub struct Facts {
    name: String,
    device: String,
    precision: &'static str,
    neurons: u32,
    synapses: u64,
    dt_ms: f64,
    duration_ms: f64,
    seed: u64,
    spikes: u64,
    mean_rate_hz: f64,
    #[serde(serialize_with = "as_map")]
    rates_hz: Vec<(String, f64)>,
    build_s: f64,
    wall_s: f64,
    wall_per_biological: f64,
    network_bytes: u64,
    peak_memory_bytes: Option<u64>,
    largest_weight_error: f64,
    pub interrupted: bool,
    output: String,
}

impl Facts {
    /// The facts of a run that wrote into `folder`.
    pub fn new(name: &str, setup: &Setup, simulation: &Simulation, spikes: &SpikeRecord, folder: &Path) -> Facts {
        let (plan, network) = (simulation.facts(), simulation.network());
        let (wall, biological) = (simulation.run_time().as_secs_f64(), simulation.time_ms() * 1e-3);
        let rate = |count: usize, neurons: u64| {
            if biological > 0.0 { count as f64 / neurons as f64 / biological } else { 0.0 }
        };
        let mut counts = vec![0usize; spikes.populations.len()];
        let rows = spikes.rows();
        spikes.ids.iter().filter_map(|&id| rows.find(id)).for_each(|(population, _)| counts[population] += 1);
        let rates = spikes.populations.iter().zip(&counts).map(|(p, &n)| (p.name.clone(), rate(n, u64::from(p.size))));
        Facts {
            name: name.to_owned(),
            device: simulation.device(),
            precision: if setup.device.precision == neuropil::device::Precision::F64 { "f64" } else { "f32" },
            neurons: network.neurons(),
            synapses: plan.synapses,
            dt_ms: network.dt(),
            duration_ms: simulation.time_ms(),
            seed: setup.seed.0,
            spikes: spikes.ids.len() as u64,
            mean_rate_hz: rate(spikes.ids.len(), spikes.neurons().max(1)),
            rates_hz: rates.collect(),
            build_s: simulation.build_time().as_secs_f64(),
            wall_s: wall,
            wall_per_biological: if biological > 0.0 { wall / biological } else { 0.0 },
            network_bytes: plan.bytes,
            peak_memory_bytes: peak_memory(),
            largest_weight_error: plan.weight_error,
            interrupted: simulation.time_ms() + 0.5 * network.dt() < setup.duration.as_ms(),
            output: folder.display().to_string(),
        }
    }

    /// As `summary.json` keeps them.
    ///
    /// # Errors
    /// None that a user can cause.
    pub fn map(&self) -> Result<BTreeMap<String, serde_json::Value>> {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(map)) => Ok(map.into_iter().collect()),
            other => Err(Error::Internal(format!("a summary is {other:?}"))),
        }
    }
}

fn as_map<S: serde::Serializer>(rates: &[(String, f64)], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(rates.iter().map(|(name, rate)| (name, rate)))
}

/// The facts as a table.
pub fn table(facts: &Facts, folder: &Path, style: Style) -> String {
    let steps = (facts.duration_ms / facts.dt_ms).round() as u64;
    let early = if facts.interrupted { ", interrupted" } else { "" };
    let memory = facts.peak_memory_bytes.map_or(String::new(), |peak| format!(", at most {} in use", bytes(peak)));
    let rows = [
        ("device", facts.device.clone()),
        ("neurons", count(u64::from(facts.neurons))),
        ("synapses", count(facts.synapses)),
        (
            "simulated",
            format!(
                "{} in {} steps of {} ms, seed {}{early}",
                seconds(facts.duration_ms * 1e-3),
                count(steps),
                facts.dt_ms,
                facts.seed
            ),
        ),
        ("spikes", count(facts.spikes)),
        ("mean rate", format!("{} Hz", short(facts.mean_rate_hz))),
        (
            "wall time",
            format!(
                "{}, {} x biological time; built in {}",
                seconds(facts.wall_s),
                short(facts.wall_per_biological),
                seconds(facts.build_s)
            ),
        ),
        ("memory", format!("{} for the network{memory}", bytes(facts.network_bytes))),
        ("written to", folder.display().to_string()),
    ];
    let mut text = format!("{}{}{}\n{}", style.bold, facts.name, style.plain, pairs(&rows, style));
    if (2..=12).contains(&facts.rates_hz.len()) {
        let mut rates = vec![vec!["population".to_owned(), "Hz".to_owned()]];
        rates.extend(facts.rates_hz.iter().map(|(name, rate)| vec![name.clone(), format!("{rate:.2}")]));
        text.push('\n');
        text.push_str(&grid(&rates));
    }
    text
}

fn bytes(n: u64) -> String {
    neuropil::error::bytes(n)
}

/// The most memory this process has had, bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// The spikes of all recorders of spikes together.
///
/// # Errors
/// None that a user can cause.
pub fn spikes(simulation: &Simulation) -> Result<SpikeRecord> {
    let network = simulation.network();
    let labels = labels(network);
    let within = |id: u32| {
        let after = labels.partition_point(|label| label.first <= id);
        after.checked_sub(1).is_some_and(|at| id - labels[at].first < labels[at].size)
    };
    let kept = simulation.all_spikes().iter().filter(|(_, id)| within(*id));
    let (steps, ids): (Vec<u32>, Vec<u32>) = kept.copied().unzip();
    SpikeRecord::new(network.dt(), simulation.time_ms(), labels, steps, ids)
}

/// Whose spikes are recorded: whole populations by name, ranges of them as "exc[0..80]".
fn labels(network: &Network) -> Vec<PopulationLabel> {
    let recorders = network.recorders().iter().filter(|recorder| recorder.probe == Probe::Spikes);
    let mut parts: Vec<_> = recorders.flat_map(|recorder| recorder.from.parts().iter().copied()).collect();
    parts.sort_by_key(|part| (part.first, part.count));
    let mut ranges: Vec<(usize, u32, u32)> = Vec::new();
    for part in parts {
        let end = part.first + part.count;
        match ranges.last_mut() {
            Some((population, _, last)) if *population == part.population && part.first <= *last => {
                *last = end.max(*last)
            }
            _ => ranges.push((part.population, part.first, end)),
        }
    }
    let label = |(index, first, end): (usize, u32, u32)| {
        let population = &network.populations()[index];
        let (low, high) = (first - population.first, end - population.first);
        let whole = high - low == population.size;
        let name = if whole { population.name.clone() } else { format!("{}[{low}..{high}]", population.name) };
        let names = population.names.as_ref().map(|names| names[low as usize..high as usize].to_vec());
        PopulationLabel { name, first, size: end - first, names }
    };
    ranges.into_iter().map(label).collect()
}

/// The traces of all recorders of state variables; those of one variable of one population with one interval together.
///
/// # Errors
/// None that a user can cause.
pub fn traces(simulation: &Simulation) -> Result<Vec<TraceRecord>> {
    let network = simulation.network();
    let mut groups: BTreeMap<(usize, String, u32), Vec<usize>> = BTreeMap::new();
    for (index, recorder) in network.recorders().iter().enumerate() {
        let Probe::Variable(variable) = &recorder.probe else { continue };
        let population = recorder.from.parts().first().map_or(0, |part| part.population);
        let interval = recorder.interval_steps(network)?;
        groups.entry((population, variable.name.clone(), interval)).or_default().push(index);
    }
    groups
        .into_iter()
        .map(|((p, variable, interval), group)| trace(simulation, p, variable, interval, &group))
        .collect()
}

fn trace(simulation: &Simulation, p: usize, variable: String, interval: u32, group: &[usize]) -> Result<TraceRecord> {
    let network = simulation.network();
    let population = &network.populations()[p];
    let declared = population.model.declaration().state.iter().find(|v| v.name == variable);
    let mut neurons = Vec::new();
    let mut columns = Vec::new();
    for &index in group {
        let from = &network.recorders()[index].from;
        neurons.extend((0..from.len()).map(|i| from.id(i) - population.first));
        columns.push((simulation.samples(RecorderId(index))?, from.len() as usize));
    }
    let rows = columns.iter().map(|(samples, width)| samples.len() / width.max(&1)).min().unwrap_or(0);
    let mut samples = Vec::with_capacity(rows * neurons.len());
    for row in 0..rows {
        columns.iter().for_each(|(values, width)| samples.extend_from_slice(&values[row * width..(row + 1) * width]));
    }
    let names = population.names.as_ref().map(|names| neurons.iter().map(|&i| names[i as usize].clone()).collect());
    Ok(TraceRecord {
        population: population.name.clone(),
        variable,
        unit: declared.map_or("", |v| v.unit).to_owned(),
        interval_steps: interval,
        dt_ms: network.dt(),
        neurons,
        names,
        samples,
        first_step: u64::from(interval),
    })
}
