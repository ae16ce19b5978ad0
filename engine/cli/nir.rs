//! `neuropil nir`: what a file of the Neuromorphic Intermediate Representation holds, and what it means in steps.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use neuropil::files::{check_place, is_same};
use neuropil::prelude::Device;
use neuropil::text::counted;
use neuropil::train::nir::{self, Discretised, Integration, Options, Signals, Tool};
use neuropil::{Error, Result, quote};
use serde_json::{Value, json};

use super::tables::short;
use super::value_parsers::{one_of, parse_number, parse_whole_number};

/// Options of `neuropil nir`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  neuropil nir net.nir                                 nodes, parameters, edges, and what other tools take otherwise
  neuropil nir net.nir --json                          the same for scripts
  neuropil nir net.nir --dt 0.001 --integration euler  whether it can be stepped, too
  neuropil nir net.nir --dt 0.001 --integration euler --play 100 --input spikes.csv --out played.csv
  neuropil nir net.nir --write again.nir               the same graph, written by Neuropil

A file holds differential equations and no step: --dt (in seconds, as the file's times are) and --integration are never guessed.
An input is a CSV file with the columns step (from 1), unit (from 0) and, where not all are 1, value: numbers of spikes. Inputs without a file are silent.")]
pub struct NirOptions {
    /// A NIR file (HDF5)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Step, s; the file's own, if it tells one
    #[arg(long, value_name = "S", value_parser = parse_number, allow_negative_numbers = true)]
    dt: Option<f64>,
    /// How equations become steps: euler, as snnTorch and norse do, or exact
    #[arg(long, value_parser = one_of([Integration::Euler, Integration::Exact], name))]
    integration: Option<Integration>,
    /// Play so many steps on the engine; needs --dt and --integration unless the file tells them
    #[arg(long, value_name = "STEPS", value_parser = parse_whole_number, allow_negative_numbers = true)]
    play: Option<u64>,
    /// The spikes of an input while it is played, by the input's name where there are several; repeatable
    #[arg(long, value_name = "[NODE=]FILE", requires = "play")]
    input: Vec<String>,
    /// Tell the values of this node, too; repeatable
    #[arg(long, value_name = "NODE", requires = "play")]
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

/// The name of `integration` on the command line.
fn name(integration: Integration) -> &'static str {
    match integration {
        Integration::Euler => "euler",
        Integration::Exact => "exact",
    }
}

/// Prints the nodes, parameters and edges of a NIR file, what other tools take otherwise, and what it becomes in steps where
/// a step or an integration is given.
///
/// # Errors
/// A file that is no NIR file, or that cannot be stepped with these options.
pub fn nir(options: &NirOptions) -> Result<()> {
    let graph = nir::read(&options.file)?;
    [&options.out, &options.write].into_iter().flatten().try_for_each(|path| check_new(path))?;
    if let (Some(out), Some(write)) = (&options.out, &options.write)
        && is_same(out, write)
    {
        return Err(Error::invalid("--write", "it names the file of --out; name another"));
    }
    let (mut text, mut json) = (graph.describe(), graph.as_json());
    let mut add = |name: &str, value: Value| {
        json.as_object_mut().map(|all| all.insert(name.to_owned(), value));
    };
    if options.dt.is_some() || options.integration.is_some() || options.play.is_some() {
        let steps =
            graph.discretise(Options { dt: options.dt, integration: options.integration, ..Options::default() })?;
        text += &format!("\nsteps of {} s, {}\n", steps.dt(), name(steps.integration()));
        let mut units = BTreeMap::new();
        for (node, count) in steps.inputs().into_iter().chain(steps.outputs()) {
            text += &format!("  {node}: {}\n", counted(count as u64, "unit"));
            units.insert(node.to_string(), count);
        }
        for warning in steps.warnings() {
            text += &format!("note: {warning}\n");
        }
        let notes = steps.warnings();
        if let Some(count) = options.play {
            let played = play(options, &steps, count)?;
            text += &told(&played, count);
            add("played", json!(played));
        }
        let integration = name(steps.integration());
        add("steps", json!({ "dt": steps.dt(), "integration": integration, "units": units, "notes": notes }));
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

/// The most values of inputs and outputs that are played, 8 bytes each.
const MOST_VALUES: u64 = 1 << 27;

/// Refuses a file that is there already, or a place that cannot be written to.
fn check_new(path: &Path) -> Result<()> {
    match path.exists() {
        true => Err(Error::file(path, "is there already; name another file")),
        false => check_place(path),
    }
}

/// Plays `count` steps on the engine with the inputs of the options, and writes what the outputs give where that is asked for.
fn play(options: &NirOptions, steps: &Discretised, count: u64) -> Result<Signals> {
    let exported = nir::network(steps)?;
    let mut units: u64 =
        steps.inputs().iter().chain(&steps.outputs()).map(|(_, units)| *units as u64).sum::<u64>().max(1);
    for node in &options.watch {
        units += u64::from(exported.placed(node)?.neurons.len());
    }
    if count == 0 || count.saturating_mul(units) > MOST_VALUES {
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
    let watched: Vec<&str> = options.watch.iter().map(String::as_str).collect();
    let played = exported.play(count as usize, &inputs, &watched, Device::cpu())?;
    if let Some(path) = &options.out {
        nir::write_signals(path, &played, count as usize)?;
    }
    Ok(played)
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
