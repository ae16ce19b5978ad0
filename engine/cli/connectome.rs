//! `neuropil connectome`.

use std::path::Path;

use clap::{Args, Subcommand};
use neuropil::connectomes::{self, Connectome};
use neuropil::{Error, Result};

use super::convert::{ConvertOptions, convert};
use super::reader::ReaderOptions;
use super::{style, tables};

/// Commands on connectomes.
#[derive(Debug, Subcommand)]
pub enum ConnectomeCommand {
    /// Count a connectome: nodes, edges, degrees, components, reciprocity, hubs
    Info(InfoOptions),
    /// Write a connectome as CSV, GraphML, NPZ, MATLAB or Parquet
    Convert(ConvertOptions),
    /// List the connectomes that come with the program
    List,
}

/// Options of `neuropil connectome info`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  neuropil connectome info cook2019\n  neuropil connectome info edges.csv.gz --json\n  neuropil connectome info herm_adj.mat --array AChem\n  neuropil connectome info edges.csv --source Origin --weight 'Number of Connections'"
)]
pub struct InfoOptions {
    /// A file (CSV, TSV, NPY, NPZ, MAT, TVB zip, GraphML, GEXF, Excel, Parquet, also packed) or a name of `neuropil connectome list`
    #[arg(value_name = "FILE | NAME")]
    connectome: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reader: ReaderOptions,
}

/// Runs a command on connectomes.
///
/// # Errors
/// A connectome that cannot be read or written, options that do not fit, standard output that cannot be written.
pub fn connectome(command: &ConnectomeCommand) -> Result<()> {
    match command {
        ConnectomeCommand::Info(options) => print_info(options),
        ConnectomeCommand::Convert(options) => convert(options),
        ConnectomeCommand::List => print_list(),
    }
}

/// Prints the statistics of a connectome.
fn print_info(options: &InfoOptions) -> Result<()> {
    let statistics = read(&options.connectome, &options.reader)?.statistics()?;
    if options.json { super::print_json(&statistics) } else { super::print(&statistics.to_string()) }
}

/// Whether `name` is taken as the path of a file: it holds a dot or a slash, or something other than a folder has this
/// name.
pub fn is_file(name: &str) -> bool {
    name.contains(['.', '/', '\\']) || Path::new(name).metadata().is_ok_and(|found| !found.is_dir())
}

/// Reads a connectome: the file `name` where it looks like one, else the one of this name that comes with the program.
///
/// # Errors
/// A file that cannot be read, an unknown name, options of files for a connectome that is none.
pub fn read(name: &str, reader: &ReaderOptions) -> Result<Connectome> {
    if is_file(name) {
        return reader.keys(name)?.read("options");
    }
    if !reader.is_empty() {
        let problem = "it comes with the program and takes no options of files; leave them out".to_owned();
        return Err(Error::invalid(format!("connectome {name}"), problem));
    }
    Connectome::named(name)
}

/// Prints the committed connectomes with source and licence.
fn print_list() -> Result<()> {
    let style = style::output();
    let mut text = String::new();
    for set in connectomes::committed() {
        text.push_str(&format!("{}{}{}\n", style.bold, set.name, style.plain));
        let rows = [("what", set.about), ("cite", set.citation), ("licence", set.licence)];
        text.push_str(&tables::pairs(&rows.map(|(label, value)| (label, value.to_owned())), style));
    }
    super::print(&text)
}
