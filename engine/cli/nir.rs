//! `neuropil nir`: what a file of the Neuromorphic Intermediate Representation holds, and what it means in steps.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use neuropil::experiment::Experiment;
use neuropil::files::{check_place, is_same};
use neuropil::network::{Network, Recording};
use neuropil::prelude::Device;
use neuropil::text::counted;
use neuropil::train::files;
use neuropil::train::nir::{self, Discretised, Exported, Graph, Integration, Options, Signals, Tool};
use neuropil::{Error, Result, quote};
use serde_json::{Value, json};

use super::folder::Folder;
use super::tables::short;
use super::value_parsers::{one_of, parse_number, parse_whole_number};

/// Options of `neuropil nir`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("steps").args(["play", "experiment"]).multiple(true), after_help = "\
Examples:
  neuropil nir net.nir                                 nodes, parameters, edges, and what other tools take otherwise
  neuropil nir net.nir --json                          the same for scripts
  neuropil nir net.nir --dt 0.001 --integration euler  whether it can be stepped, too
  neuropil nir net.nir --dt 0.001 --integration euler --play 100 --input spikes.csv --out played.csv
  neuropil nir net.nir --dt 0.001 --integration euler --play 100 --input spikes.csv --experiment net
  neuropil run net/experiment.toml                     the same spikes as those that were played
  neuropil nir net.nir --write again.nir               the same graph, written by Neuropil
  neuropil nir net.toml --integration euler --write net.nir    the network of an experiment as a graph

A file holds differential equations and no step: --dt (in seconds, as the file's times are) and --integration are never guessed.
An input is a CSV file with the columns step (from 1), unit (from 0) and, where not all are 1, value: numbers of spikes. Inputs without a file are silent.
The folder of --experiment holds experiment.toml, a CSV table of synapses for each projection, and the spikes of inputs; comments in the experiment say at which times values come, and how silent inputs are given spikes.
Of an experiment (NAME.toml), parrot_neurons become inputs, and what is recorded outputs; synapses must be static and listed one by one.")]
pub struct NirOptions {
    /// A NIR file (HDF5), or an experiment file (.toml), whose network becomes a graph
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Step, s; the file's own, if it tells one
    #[arg(long, value_name = "S", value_parser = parse_number, allow_negative_numbers = true)]
    dt: Option<f64>,
    /// How equations become steps: euler, as snnTorch and norse do, or exact; of an experiment, for which of them its equations are written
    #[arg(long, value_parser = one_of([Integration::Euler, Integration::Exact], name))]
    integration: Option<Integration>,
    /// Play so many steps on the engine; needs --dt and --integration unless the file tells them
    #[arg(long, value_name = "STEPS", value_parser = parse_whole_number, allow_negative_numbers = true)]
    play: Option<u64>,
    /// Write an experiment that `neuropil run` plays as --play does into a new or empty folder, of as many steps as --play says, else of 1000
    #[arg(long, value_name = "FOLDER")]
    experiment: Option<PathBuf>,
    /// The spikes of an input while it is played, by the input's name where there are several; repeatable
    #[arg(long, value_name = "[NODE=]FILE", requires = "steps")]
    input: Vec<String>,
    /// Tell the values of this node, too; repeatable
    #[arg(long, value_name = "NODE", requires = "steps")]
    watch: Vec<String>,
    /// Write what the outputs give, other than 0: node, step, unit, value
    #[arg(long, value_name = "FILE.csv", requires = "play")]
    out: Option<PathBuf>,
    /// Write the graph into a NIR file
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The steps of an experiment unless --play says how many.
const STEPS: u64 = 1000;

/// The name of `integration` on the command line.
fn name(integration: Integration) -> &'static str {
    match integration {
        Integration::Euler => "euler",
        Integration::Exact => "exact",
    }
}

/// Prints the nodes, parameters and edges of a NIR file or of the network of an experiment, what other tools take
/// otherwise, and what it becomes in steps where a step or an integration is given.
///
/// # Errors
/// A file that is no NIR file, or that cannot be stepped with these options; an experiment that has no form in NIR.
pub fn nir(options: &NirOptions) -> Result<()> {
    let (graph, left_out) = read(options)?;
    check_places(options)?;
    let (mut text, mut json) = (graph.describe(), graph.as_json());
    let mut add = |name: &str, value: Value| {
        json.as_object_mut().map(|all| all.insert(name.to_owned(), value));
    };
    for note in &left_out {
        text += &format!("note: {note}\n");
    }
    if !left_out.is_empty() {
        add("notes", json!(left_out));
    }
    if options.dt.is_some() || options.integration.is_some() || options.play.is_some() || options.experiment.is_some() {
        let (told, values) = in_steps(options, &graph)?;
        text += &told;
        values.into_iter().for_each(|(name, value)| add(name, value));
    }
    let tools = [Tool::SnnTorch, Tool::Norse].map(|tool| (tool.name(), graph.strange_to(tool)));
    for (tool, sentences) in &tools {
        for sentence in sentences {
            text += &format!("note for {tool}: {sentence}\n");
        }
    }
    add("tools", json!(BTreeMap::from(tools)));
    if let Some(path) = &options.write {
        nir::write(&graph, path)?;
        text += &format!("written to {}\n", quote::path(path));
    }
    if options.json {
        return super::print_json(&json);
    }
    super::print(&text)
}

/// The graph of a NIR file, or of the network of an experiment, and sentences on what of the network it leaves out.
fn read(options: &NirOptions) -> Result<(Graph, Vec<String>)> {
    if !options.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) {
        return Ok((nir::read(&options.file)?, Vec::new()));
    }
    if options.dt.is_some() {
        return Err(Error::invalid("--dt", "an experiment has its own step, dt in [simulation]; leave --dt out"));
    }
    let Some(integration) = options.integration else {
        let problem =
            "say with euler or exact for which steps the experiment's equations are written: a graph has none";
        return Err(Error::invalid("--integration", problem));
    };
    let experiment = Experiment::read(&options.file)?;
    let mut setup = experiment.setup()?;
    if !experiment.content.record.iter().any(|keys| keys.what.0 == ["spikes"]) {
        drop_first_recorder(&mut setup.network)?;
    }
    let written = nir::from_network(&setup.network, integration).map_err(|error| setup.in_file(error))?;
    Ok((written.graph, written.warnings))
}

/// Takes the recorder of all spikes away, which is the first of an experiment that asks for none: outputs of the graph
/// are what is recorded.
fn drop_first_recorder(network: &mut Network) -> Result<()> {
    let recorders = network.recorders().to_vec();
    network.clear_recorders();
    for recorder in recorders.into_iter().skip(1) {
        let recording = Recording { probe: recorder.probe, start: recorder.start, stop: recorder.stop };
        network.record(recorder.from, recording)?;
    }
    Ok(())
}

/// What a graph is in steps, played and written as an experiment where that is asked for: as text, and by names for
/// JSON.
fn in_steps(options: &NirOptions, graph: &Graph) -> Result<(String, Vec<(&'static str, Value)>)> {
    let chosen = Options { dt: options.dt, integration: options.integration, ..Options::default() };
    let steps = graph.discretise(chosen)?;
    let integration = name(steps.integration());
    let mut text = format!("\nsteps of {} s, {integration}\n", steps.dt());
    let mut units = BTreeMap::new();
    for (node, count) in steps.inputs().into_iter().chain(steps.outputs()) {
        text += &format!("  {node}: {}\n", counted(count as u64, "unit"));
        units.insert(node.to_string(), count);
    }
    for warning in steps.warnings() {
        text += &format!("note: {warning}\n");
    }
    let mut values = vec![(
        "steps",
        json!({ "dt": steps.dt(), "integration": integration, "units": units, "notes": steps.warnings() }),
    )];
    if options.play.is_none() && options.experiment.is_none() {
        return Ok((text, values));
    }
    let folder = options.experiment.as_ref().map(|path| Folder::at(path, false)).transpose()?;
    let (exported, count) = (nir::network(&steps)?, options.play.unwrap_or(STEPS));
    let inputs = inputs(options, &steps, &exported, count)?;
    if let Some(folder) = folder {
        let about = format!("The graph of {} in steps of {} s, {integration}.", quote::path(&options.file), steps.dt());
        let files = exported.clone().files(count as usize, &inputs, &watched(options), &about)?;
        files::write(&files, &folder.path)?;
        let experiment = folder.keep().join(super::job::EXPERIMENT);
        let why = if options.play.is_none() { ", since --play does not say how many" } else { "" };
        text += &format!("an experiment of {}{why}: {}\n", counted(count, "step"), quote::path(&experiment));
        values.push(("experiment", json!({ "file": experiment, "steps": count })));
    }
    if options.play.is_some() {
        let played = exported.play(count as usize, &inputs, &watched(options), Device::cpu())?;
        if let Some(path) = &options.out {
            nir::write_signals(path, &played, count as usize)?;
        }
        text += &told(&played, count);
        values.push(("played", json!(played)));
    }
    Ok((text, values))
}

/// The nodes that are watched.
fn watched(options: &NirOptions) -> Vec<&str> {
    options.watch.iter().map(String::as_str).collect()
}

/// The most values of inputs and outputs that are played, 8 bytes each.
const MOST_VALUES: u64 = 1 << 27;

/// Refuses files that are there already or cannot be written, two of one name, and some in the folder of the
/// experiment.
fn check_places(options: &NirOptions) -> Result<()> {
    let mut files = [&options.out, &options.write].into_iter().flatten();
    files.clone().try_for_each(|path| check_new(path))?;
    if let (Some(out), Some(write)) = (&options.out, &options.write)
        && is_same(out, write)
    {
        return Err(Error::invalid("--write", "it names the file of --out; name another"));
    }
    let Some(folder) = &options.experiment else { return Ok(()) };
    match files.find(|path| path.parent().is_some_and(|parent| is_same(parent, folder))) {
        Some(path) => Err(Error::file(path, "lies in the folder of --experiment; name a file elsewhere")),
        None => Ok(()),
    }
}

/// Refuses a file that is there already, or a place that cannot be written to.
fn check_new(path: &Path) -> Result<()> {
    match path.exists() {
        true => Err(Error::file(path, "is there already; name another file")),
        false => check_place(path),
    }
}

/// The inputs of `count` steps by their names, as the options give them.
///
/// # Errors
/// More values than are played or written; an input or a node that does not exist, or an input that cannot be read.
fn inputs(options: &NirOptions, steps: &Discretised, exported: &Exported, count: u64) -> Result<Signals> {
    let mut units = 0;
    if options.play.is_some() || !options.input.is_empty() {
        units += steps.inputs().iter().map(|(_, units)| *units as u64).sum::<u64>();
    }
    if options.play.is_some() {
        units += steps.outputs().iter().map(|(_, units)| *units as u64).sum::<u64>();
    }
    for node in &options.watch {
        units += u64::from(exported.placed(node)?.neurons.len());
    }
    if count == 0 || count.saturating_mul(units.max(1)) > MOST_VALUES {
        let problem = format!(
            "{count} steps of {units} inputs, outputs and watched units: play 1 step at least, and {MOST_VALUES} values at most"
        );
        return Err(Error::invalid("--play", problem));
    }
    let mut inputs = Signals::new();
    for input in &options.input {
        let (node, file) = named(input, steps)?;
        let units = steps.inputs().iter().find(|(name, _)| *name == node).map_or(0, |(_, units)| *units);
        if inputs.insert(node.clone(), nir::read_signal(Path::new(file), (count as usize, units))?).is_some() {
            return Err(Error::invalid("--input", format!("{} is given twice", quote::name(&node))));
        }
    }
    Ok(inputs)
}

/// The input that an option `[NODE=]FILE` names, and the file.
fn named<'a>(input: &'a str, steps: &Discretised) -> Result<(String, &'a str)> {
    let names: Vec<&str> = steps.inputs().into_iter().map(|(name, _)| name).collect();
    match (input.split_once('='), names.as_slice()) {
        (Some((node, file)), _) if names.contains(&node) => Ok((node.to_owned(), file)),
        (None, [only]) => Ok(((*only).to_owned(), input)),
        (Some((node, _)), _) => Err(Error::unknown("input", node, "--input", &names)),
        (None, []) => Err(Error::invalid("--input", "the graph has no input; leave it out")),
        (None, _) => {
            Err(Error::invalid("--input", format!("say for which input it is: {}=FILE", names.join("=FILE or "))))
        }
    }
}

/// What was played, in a few words for each node.
fn told(played: &Signals, steps: u64) -> String {
    let line = |(name, values): (&String, &Vec<f64>)| {
        let some = values.iter().filter(|value| **value != 0.0).count() as u64;
        let what = match values.iter().all(|value| *value >= 0.0 && value.fract() == 0.0) {
            true if some == 0 => "nothing but 0".to_owned(),
            true => counted(values.iter().sum::<f64>() as u64, "spike"),
            false => {
                let ends = values.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], v| [a.min(*v), b.max(*v)]);
                format!("values from {} to {}", short(ends[0]), short(ends[1]))
            }
        };
        format!("  {name}: {what} in {}\n", counted(steps, "step"))
    };
    format!("played on the engine\n{}", played.iter().map(line).collect::<String>())
}
