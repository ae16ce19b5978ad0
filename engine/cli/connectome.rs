//! `neuropil connectome`.

use clap::{Args, Subcommand};
use neuropil::Result;
use neuropil::connectomes::{self, Connectome, ReadOptions};

use super::{style, tables};

/// Commands on connectomes.
#[derive(Debug, Subcommand)]
pub enum ConnectomeCommand {
    /// Count a connectome: nodes, edges, degrees, components, reciprocity, hubs
    Info(InfoOptions),
    /// List the connectomes that come with the program
    List,
}

/// Options of `neuropil connectome info`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  neuropil connectome info cook2019\n  neuropil connectome info edges.csv.gz --json"
)]
pub struct InfoOptions {
    /// A file (CSV, TSV, NPY, NPZ, MAT, TVB zip, GraphML, Excel, Parquet) or a name of `neuropil connectome list`
    #[arg(value_name = "FILE | NAME")]
    connectome: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Does what the command says.
///
/// # Errors
/// A connectome that cannot be read.
pub fn connectome(command: &ConnectomeCommand) -> Result<()> {
    match command {
        ConnectomeCommand::Info(options) => info(options),
        ConnectomeCommand::List => list(),
    }
}

fn info(options: &InfoOptions) -> Result<()> {
    let name = options.connectome.as_str();
    let path = std::path::Path::new(name);
    let connectome = if name.contains(['.', '/', '\\']) || path.is_file() {
        Connectome::read(path, &ReadOptions::default())?
    } else {
        Connectome::named(name)?
    };
    let statistics = connectome.statistics()?;
    if options.json { super::print_json(&statistics) } else { super::print(&statistics.to_string()) }
}

fn list() -> Result<()> {
    let style = style::output();
    let mut text = String::new();
    for set in connectomes::committed() {
        text.push_str(&format!("{}{}{}\n", style.bold, set.name, style.plain));
        let rows = [("what", set.about), ("cite", set.citation), ("licence", set.licence)];
        text.push_str(&tables::pairs(&rows.map(|(label, value)| (label, value.to_owned())), style));
    }
    super::print(&text)
}
