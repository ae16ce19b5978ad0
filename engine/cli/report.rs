//! The facts of a run: as JSON for scripts, as a table for people.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use neuropil::device::{Counts, PassTime};
use neuropil::experiment::{FileRead, MAX_COPIED, Setup};
use neuropil::network::Population;
use neuropil::quote;
use neuropil::record::stream::Streamed;
use neuropil::record::{PopulationLabel, SpikeRecord};
use neuropil::simulation::Simulation;
use neuropil::time::Grid;
use neuropil::{Error, Result};
use serde::Serialize;

use super::against::Comparison;
use super::measures::Measured;
use super::sends::Sending;
use super::style::Style;
use super::tables::{aligned_columns, count, pairs, seconds, short};
use super::weights::{Learned, OverTime};
use neuropil::text::{bytes, counted};

/// Recorded populations that the summary names at most; the others are counted.
const NAMED: usize = 3;

/// The facts of a run, which `--json` prints; `summary.json` holds the same under `run`.
#[derive(Debug, Serialize)]
pub struct Facts {
    name: String,
    pub device: String,
    precision: &'static str,
    pub neurons: u32,
    pub synapses: u64,
    /// Number of continuous couplings, each from one neuron to another.
    #[serde(skip_serializing_if = "super::is_zero")]
    couplings: u64,
    dt_ms: f64,
    pub duration_ms: f64,
    pub seed: u64,
    pub trial: u64,
    /// The time over which spikes are counted, ms.
    recorded_ms: (f64, f64),
    /// Spikes of all neurons, recorded or not.
    pub spikes: u64,
    pub mean_rate_hz: Option<f64>,
    #[serde(serialize_with = "as_map")]
    pub rates_hz: Vec<(String, Option<f64>)>,
    /// Neurons whose spikes were recorded one by one.
    recorded_neurons: u64,
    /// Number of these spikes; `None` where spikes were only counted.
    recorded_spikes: Option<u64>,
    /// Names of the recorded populations, for people.
    #[serde(skip)]
    recorded_parts: String,
    build_s: f64,
    pub wall_s: f64,
    wall_per_biological: Option<f64>,
    network_bytes: u64,
    pub peak_memory_bytes: Option<u64>,
    largest_weight_error: f64,
    pub interrupted: bool,
    /// What plastic projections have learned, where weights are written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub learned: Vec<Learned>,
    /// What recorders of weights have sampled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<OverTime>,
    /// What synapses have sent, where it is recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<Sending>,
    /// Rates, field potentials and BOLD of populations, with functional connectivity.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<Measured>,
    /// The comparison with the run without perturbations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Comparison>,
    /// Files of connectomes, and what was read from them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    connectomes: Vec<FileRead>,
    /// The output folder.
    output: String,
    /// Files that the network is made from and that are not copied into the output folder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs_left: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spikes_file: Option<SpikesFile>,
    /// With --profile: what each pass took, and what a GPU was asked to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passes: Vec<PassTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
}

/// The file that spikes were streamed to.
#[derive(Debug, Serialize)]
struct SpikesFile {
    path: String,
    /// Seconds that the thread which writes the file was at work.
    writer_s: f64,
    /// Seconds that the simulation waited for that thread.
    waited_s: f64,
}

impl Facts {
    /// The facts of the run of `simulation`, which writes into `folder`. All spikes are counted; that some were
    /// recorded, [`Facts::add_kept`] or [`Facts::add_streamed`] say.
    pub fn new(name: &str, setup: &Setup, simulation: &Simulation, folder: &Path) -> Facts {
        let (plan, network) = (simulation.facts(), simulation.network());
        let (wall, biological) = (simulation.run_time().as_secs_f64(), simulation.time_ms() * 1e-3);
        let (counts, recorded_ms) = (simulation.spike_counts(), simulation.window_ms());
        let counted = (recorded_ms.1 - recorded_ms.0) * 1e-3;
        let rate =
            |spikes: u64, neurons: usize| (counted > 0.0).then(|| spikes as f64 / neurons.max(1) as f64 / counted);
        let of_population = |p: &Population| {
            let own = &counts[p.first as usize..(p.first + p.size) as usize];
            (p.name.clone(), rate(own.iter().sum(), own.len()))
        };
        let spikes = counts.iter().sum();
        // Astrocytes never fire, so the mean rate leaves them out.
        let silent = network.populations().iter().filter(|p| p.model.signals().is_some());
        let firing = counts.len() - silent.map(|p| p.size as usize).sum::<usize>();
        Facts {
            name: name.to_owned(),
            device: simulation.device(),
            precision: setup.device.precision.name(),
            neurons: network.neurons(),
            synapses: plan.synapses,
            couplings: plan.couplings,
            dt_ms: network.dt(),
            duration_ms: simulation.time_ms(),
            seed: setup.seed.0,
            trial: setup.trial,
            recorded_ms,
            spikes,
            mean_rate_hz: rate(spikes, firing),
            rates_hz: network.populations().iter().map(of_population).collect(),
            recorded_neurons: 0,
            recorded_spikes: None,
            recorded_parts: String::new(),
            build_s: simulation.build_time().as_secs_f64(),
            wall_s: wall,
            wall_per_biological: (biological > 0.0).then(|| wall / biological),
            network_bytes: plan.bytes,
            peak_memory_bytes: neuropil::bench::machine::peak_memory(),
            largest_weight_error: plan.weight_error,
            learned: Vec::new(),
            weights: Vec::new(),
            sent: Vec::new(),
            measured: Vec::new(),
            against: None,
            interrupted: simulation.time_ms() + 0.5 * network.dt() < setup.duration.as_ms(),
            connectomes: setup.connectomes.clone(),
            output: folder.display().to_string(),
            inputs_left: Vec::new(),
            spikes_file: None,
            passes: simulation.pass_times(),
            counts: Some(simulation.counts()).filter(|counts| counts.submits > 0),
        }
    }

    /// Adds that `spikes` were kept in memory.
    pub fn add_kept(&mut self, spikes: &SpikeRecord) {
        self.set_recorded(&spikes.populations, spikes.ids.len() as u64);
    }

    /// Adds that spikes were streamed to `file`.
    pub fn add_streamed(&mut self, streamed: &Streamed, file: &Path) {
        self.set_recorded(streamed.tally.populations(), streamed.tally.spikes());
        self.spikes_file = Some(SpikesFile {
            path: file.display().to_string(),
            writer_s: streamed.busy.as_secs_f64(),
            waited_s: streamed.waited.as_secs_f64(),
        });
    }

    /// Sets which neurons were recorded, and how many spikes of theirs.
    fn set_recorded(&mut self, parts: &[PopulationLabel], spikes: u64) {
        self.recorded_neurons = parts.iter().map(|part| u64::from(part.size)).sum();
        self.recorded_spikes = Some(spikes);
        let names = parts.iter().take(NAMED).map(|part| quote::name(&part.name)).collect::<Vec<_>>().join(", ");
        let more = parts.len().saturating_sub(NAMED);
        self.recorded_parts = if more > 0 { format!("{names} and {more} more") } else { names };
    }

    /// The facts as `summary.json` keeps them, by their keys.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn to_map(&self) -> Result<BTreeMap<String, serde_json::Value>> {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(map)) => Ok(map.into_iter().collect()),
            other => Err(Error::Internal(format!("a summary is {other:?}"))),
        }
    }
}

/// Writes pairs as a JSON object in their order, which a map would sort.
fn as_map<S: serde::Serializer>(
    rates: &[(String, Option<f64>)],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(rates.iter().map(|(name, rate)| (name, rate)))
}

/// The facts as a table for people.
pub fn table(facts: &Facts, folder: &Path, style: Style) -> String {
    let steps = Grid::new(facts.dt_ms).nearest(facts.duration_ms).unwrap_or(0);
    let rows = table_rows(facts, folder, steps);
    let mut text = format!("{}{}{}\n{}", style.bold, quote::name(&facts.name), style.plain, pairs(&rows, style));
    if facts.largest_weight_error > 0.01 {
        text += &format!(
            "\nRounding changes a weight by up to {} %: weights of one receptor differ too much for {}.\n",
            short(100.0 * facts.largest_weight_error),
            match facts.precision {
                "f64" => "64-bit sums;\ncheck their units",
                _ => "32-bit sums;\ncheck their units, or use --precision f64",
            }
        );
    }
    text += &not_copied(&facts.inputs_left);
    if (2..=12).contains(&facts.rates_hz.len()) {
        let mut rates = vec![vec!["population".to_owned(), "Hz".to_owned()]];
        let two = |rate: f64| format!("{rate:.2}");
        rates.extend(facts.rates_hz.iter().map(|(name, rate)| vec![name.clone(), rate.map_or("-".into(), two)]));
        text.push('\n');
        text.push_str(&aligned_columns(&rates));
    }
    if let Some(against) = &facts.against {
        text.push('\n');
        text.push_str(&against.table());
    }
    if !facts.passes.is_empty() {
        text.push('\n');
        text.push_str(&pass_times(facts, steps));
    }
    text
}

/// Labels and values of the facts of a run of `steps` steps.
fn table_rows(facts: &Facts, folder: &Path, steps: u64) -> Vec<(&'static str, String)> {
    let early = if facts.interrupted { ", interrupted" } else { "" };
    let trial = if facts.trial > 0 { format!(", trial {}", facts.trial) } else { String::new() };
    let memory = facts.peak_memory_bytes.map_or(String::new(), |peak| format!(", at most {} in use", bytes(peak)));
    let mut rows = vec![
        ("device", facts.device.clone()),
        ("neurons", count(u64::from(facts.neurons))),
        ("synapses", count(facts.synapses)),
        (
            "simulated",
            format!(
                "{} in {steps} of {} ms, seed {}{trial}{early}",
                seconds(facts.duration_ms * 1e-3),
                facts.dt_ms,
                facts.seed,
                steps = counted(steps, "step")
            ),
        ),
        ("spikes", spikes_in_words(facts)),
        ("mean rate", rate_in_words(facts.mean_rate_hz, short)),
        (
            "wall time",
            format!(
                "{}, {} x biological time; built in {}",
                seconds(facts.wall_s),
                facts.wall_per_biological.map_or("-".into(), short),
                seconds(facts.build_s)
            ),
        ),
        ("memory", format!("{} for the network{memory}", bytes(facts.network_bytes))),
        ("written to", folder.display().to_string()),
    ];
    if facts.couplings > 0 {
        rows.insert(3, ("couplings", count(facts.couplings)));
    }
    rows.extend(facts.learned.iter().map(Learned::row));
    rows.extend(facts.weights.iter().map(OverTime::row));
    rows.extend(facts.sent.iter().map(Sending::row));
    rows.extend(facts.measured.iter().flat_map(Measured::rows));
    for FileRead { file, reading } in &facts.connectomes {
        let name = Path::new(file).file_name().map_or(file.clone(), |name| name.to_string_lossy().into_owned());
        rows.push(("connectome", format!("{}: {}", quote::place(&name), reading.in_one_line())));
    }
    rows
}

/// The note on `files` that the output folder needs and does not hold; empty without any.
pub fn not_copied(files: &[PathBuf]) -> String {
    let Some(first) = files.first() else { return String::new() };
    let more = if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
    format!(
        "\nNot copied into the output folder, whose experiment.toml names them where they are: {}{more}\n\
         ({} in all at most, and only files that have not changed since the run began).\n",
        quote::path(first),
        bytes(MAX_COPIED)
    )
}

/// A table of the time that each pass took in a run of `steps` steps, and what a GPU was asked to do.
fn pass_times(facts: &Facts, steps: u64) -> String {
    let all: f64 = facts.passes.iter().map(|pass| pass.seconds).sum();
    let head = ["pass", "calls", "each (us)", "s", "share of wall time"].map(str::to_owned);
    let mut rows = vec![head.to_vec()];
    let row = |name: &str, calls: u64, taken: f64| {
        let share = if facts.wall_s > 0.0 { 100.0 * taken / facts.wall_s } else { 0.0 };
        let each = short(1e6 * taken / calls.max(1) as f64);
        vec![name.to_owned(), count(calls), each, short(taken), format!("{share:.1} %")]
    };
    rows.extend(facts.passes.iter().map(|pass| row(&pass.name, pass.calls, pass.seconds)));
    rows.push(row("all other", 1, (facts.wall_s - all).max(0.0)));
    let mut text = aligned_columns(&rows);
    if let Some(counts) = facts.counts {
        text += &format!(
            "\n{} dispatches a step, {} batches; {} a step written by the host, {} a step read\n",
            short(counts.dispatches as f64 / steps.max(1) as f64),
            count(counts.submits),
            bytes(counts.bytes_up / steps.max(1)),
            bytes(counts.bytes_down / steps.max(1))
        );
    }
    text
}

/// A rate in Hz; in words where no time was recorded.
fn rate_in_words(rate: Option<f64>, digits: impl Fn(f64) -> String) -> String {
    rate.map_or("none, since no time was recorded".into(), |rate| format!("{} Hz", digits(rate)))
}

/// The number of spikes, how many were recorded and from when to when, and where they were written.
fn spikes_in_words(facts: &Facts) -> String {
    let all = u64::from(facts.neurons);
    let number = match facts.recorded_spikes {
        None => format!(
            "{}, counted and not kept; take spikes = false out of [simulation] to keep them",
            count(facts.spikes)
        ),
        Some(spikes) if facts.recorded_neurons < all => format!(
            "{}, of which the {} of {} of {} neurons were recorded ({})",
            count(facts.spikes),
            count(spikes),
            count(facts.recorded_neurons),
            count(all),
            facts.recorded_parts
        ),
        Some(_) => count(facts.spikes),
    };
    let (start, stop) = facts.recorded_ms;
    let number = if facts.recorded_ms == (0.0, facts.duration_ms) {
        number
    } else {
        format!("{number}; from {start} to {stop} ms")
    };
    match &facts.spikes_file {
        Some(file) => format!(
            "{number}, written to {} in {} beside the run, which waited for it {}",
            file.path,
            seconds(file.writer_s),
            seconds(file.waited_s)
        ),
        None => number,
    }
}
