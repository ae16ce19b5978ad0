//! `neuropil nir`: what a file of the Neuromorphic Intermediate Representation holds, and what it means in steps.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use neuropil::Result;
use neuropil::text::counted;
use neuropil::train::nir::{self, Integration, Options, Tool};
use serde_json::{Value, json};

use super::value_parsers::{one_of, parse_number};

/// Options of `neuropil nir`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  neuropil nir net.nir                                 nodes, parameters, edges, and what other tools take otherwise
  neuropil nir net.nir --json                          the same for scripts
  neuropil nir net.nir --dt 0.001 --integration euler  whether it can be stepped, too

A file holds differential equations and no step: --dt (in seconds, as the file's times are) and --integration are never guessed.
To play a graph on the engine, see docs/train/nir.md.")]
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
    let (mut text, mut json) = (graph.describe(), graph.as_json());
    let mut add = |name: &str, value: Value| {
        json.as_object_mut().map(|all| all.insert(name.to_owned(), value));
    };
    if options.dt.is_some() || options.integration.is_some() {
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
        let integration = name(steps.integration());
        let notes = steps.warnings();
        add("steps", json!({ "dt": steps.dt(), "integration": integration, "units": units, "notes": notes }));
    }
    let tools = [Tool::SnnTorch, Tool::Norse].map(|tool| (tool.name(), graph.strange_to(tool)));
    for (tool, sentences) in &tools {
        for sentence in sentences {
            text += &format!("note for {tool}: {sentence}\n");
        }
    }
    add("tools", json!(BTreeMap::from(tools)));
    if options.json {
        return super::print_json(&json);
    }
    super::print(&text)
}
