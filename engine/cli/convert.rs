//! `neuropil connectome convert`.

use std::path::{Path, PathBuf};

use clap::Args;
use neuropil::connectomes::{Connectome, Part, Reading, WriteFormat};
use neuropil::files::{check_place, is_same, remove_temporaries};
use neuropil::quote;
use neuropil::{Error, Result};
use serde::Serialize;

use super::connectome::{is_file, read};
use super::reader::ReaderOptions;
use neuropil::text::{count, counted};

/// Options of `neuropil connectome convert`.
#[derive(Debug, Args)]
#[command(after_help = "\
What the file is read back as is what was written: names, numbers bit for bit, and all that is known of nodes and edges.
  .csv, .csv.gz  edge list: source, target, weight, and kind, sign, length, transmitter where known;
                 nodes without an edge and what is known of nodes go into --node-table
  .parquet       the same in Parquet
  .graphml       everything
  .npz           everything: the edges as a sparse matrix (scipy.sparse.load_npz), labels and more arrays beside
  .mat           for MATLAB: sparse matrices weights and lengths, from rows to columns, and labels; no more than that
What a format does not hold is refused, unless --without leaves it out.

Examples:
  neuropil connectome convert cook2019 worm.graphml
  neuropil connectome convert cook2019 worm.csv --node-table neurons.csv
  neuropil connectome info worm.csv --nodes neurons.csv
  neuropil connectome convert herm_adj.mat edges.parquet --array AChem
  neuropil connectome convert flyvis lobe.mat --without sign,kind,category,position")]
pub struct ConvertOptions {
    /// A file that `info` reads, or a name of `neuropil connectome list`
    #[arg(value_name = "IN | NAME")]
    input: String,
    /// The file to write: .csv, .csv.gz, .graphml, .npz, .mat or .parquet
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// Beside an edge list, write the table of nodes here, which --nodes reads
    #[arg(long, value_name = "CSV FILE")]
    node_table: Option<PathBuf>,
    /// Leave out: gap, parallel (their weights are added up), zero, sign, length, transmitter, kind, category, position, area, cortical, side, isolated
    #[arg(long, value_name = "PART,PART", value_delimiter = ',')]
    without: Vec<String>,
    /// Replace files that are there already
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reader: ReaderOptions,
}

/// What was written, which `--json` prints.
#[derive(Debug, Serialize)]
struct Converted {
    written: String,
    format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_table: Option<String>,
    nodes: u64,
    edges: u64,
    /// What the new file lacks of the connectome, in words.
    left_out: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<Reading>,
}

/// Reads a connectome and writes it in another format.
///
/// # Errors
/// Unknown formats and parts and outputs that cannot be written, before anything is read; then a connectome that cannot
/// be read, or that the format cannot hold.
pub fn convert(options: &ConvertOptions) -> Result<()> {
    let format = WriteFormat::of(&options.output)?;
    let parts = options.without.iter().map(|name| Part::named(name.trim(), "--without"));
    let parts = parts.collect::<Result<Vec<Part>>>()?;
    check_files(options, format)?;
    let mut connectome = read(&options.input, &options.reader)?;
    let mut left_out = Vec::new();
    for part in Part::ALL.into_iter().filter(|part| parts.contains(part)) {
        match connectome.count(part) {
            0 => left_out.push(format!("{}: there are none", part.about())),
            some => left_out.push(format!("{} ({})", part.about(), count(some))),
        }
        connectome.leave_out(part);
    }
    left_out.extend(connectome.unwritten(format, options.node_table.is_some()));
    connectome.write(&options.output, options.node_table.as_deref())?;
    print_report(options, format, connectome, left_out)
}

/// Prints what was written and what the format has no place for.
fn print_report(
    options: &ConvertOptions,
    format: WriteFormat,
    connectome: Connectome,
    left_out: Vec<String>,
) -> Result<()> {
    let done = Converted {
        written: options.output.display().to_string(),
        format: format.name(),
        node_table: options.node_table.as_ref().map(|path| path.display().to_string()),
        nodes: connectome.nodes.len() as u64,
        edges: connectome.edges.len() as u64,
        left_out,
        reading: Some(connectome.reading).filter(|reading| *reading != Reading::default()),
    };
    if options.json {
        return super::print_json(&done);
    }
    let (edges, nodes) = (counted(done.edges, "edge"), counted(done.nodes, "node"));
    let mut text = format!("wrote {}: {}, {edges} among {nodes}\n", quote::path(&options.output), done.format);
    if let Some(table) = &options.node_table {
        let table = quote::path(table);
        text += &format!("wrote {table}: the table of nodes, to be read beside it with --nodes {table}\n");
    }
    if !done.left_out.is_empty() {
        text += &format!("left out: {}\n", done.left_out.join(", "));
    }
    if let Some(reading) = &done.reading {
        text += &format!("{reading}\n");
    }
    super::print(&text)
}

/// Refuses output files that cannot be written, or would replace a file that is read or may not be replaced.
fn check_files(options: &ConvertOptions, format: WriteFormat) -> Result<()> {
    let mut inputs = options.reader.files();
    inputs.extend(is_file(&options.input).then(|| PathBuf::from(&options.input)));
    check_output(&options.output, options.force, &inputs)?;
    let Some(table) = &options.node_table else { return Ok(()) };
    let refuse = |problem: &str| Err(Error::invalid("--node-table", problem));
    let name = table.to_string_lossy().to_lowercase();
    if !format.has_node_table() {
        return refuse(&format!("{} needs no table of nodes beside it; leave --node-table out", format.name()));
    }
    if ![".csv", ".csv.gz"].iter().any(|ending| name.ends_with(ending)) {
        return refuse("the table of nodes is a CSV file; end its name in .csv or .csv.gz");
    }
    if is_same(table, &options.output) {
        return refuse("the table of nodes and the edges would be one file; name two");
    }
    check_output(table, options.force, &inputs)
}

/// Refuses an output `path` that is one of `inputs`, exists already (unless `force`), is no file or cannot be written,
/// before anything is read, so that long work does not fail at its end. Removes temporary files of it that killed runs
/// have left.
fn check_output(path: &Path, force: bool, inputs: &[PathBuf]) -> Result<()> {
    if inputs.iter().any(|input| is_same(input, path)) {
        return Err(Error::file(path, "it would replace a file that is read; name another"));
    }
    let found = path.symlink_metadata();
    if found.is_ok() && !force && !path.is_dir() {
        return Err(Error::file(path, "there is such a file already; name another, or say --force to replace it"));
    }
    if path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return Err(Error::file(path, "this is a device or a pipe and no file; name another"));
    }
    check_place(path)?;
    remove_temporaries(path);
    Ok(())
}
