//! `neuropil presets`.

use clap::Args;
use neuropil::Result;
use neuropil::connectomes::networks;
use serde::Serialize;

use super::{style, tables};

/// Options of `neuropil presets`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  neuropil presets\n  neuropil presets brunel    equations, parameters, what is real and what is assumed"
)]
pub struct PresetsOptions {
    /// Print the documentation of this one
    name: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A preset, which `--json` prints.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    title: &'static str,
    /// Biological time of a run.
    seconds: f64,
    dt_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    documentation: Option<&'static str>,
}

impl Listed {
    /// A preset as it is listed, with its documentation if `documentation` asks for it.
    fn of(preset: &'static networks::Preset, documentation: bool) -> Listed {
        let documentation = documentation.then_some(preset.documentation);
        Listed { name: preset.name, title: preset.title, seconds: preset.seconds, dt_ms: preset.dt, documentation }
    }
}

/// Lists the presets, or prints the documentation of one.
///
/// # Errors
/// An unknown name, standard output that cannot be written.
pub fn presets(options: &PresetsOptions) -> Result<()> {
    let Some(name) = &options.name else {
        let all: Vec<Listed> = networks::all().iter().map(|preset| Listed::of(preset, false)).collect();
        if options.json {
            return super::print_json(&all);
        }
        let rows: Vec<(&str, String)> = all.iter().map(|preset| (preset.name, preset.title.to_owned())).collect();
        let list = tables::pairs(&rows, style::Style { dim: style::output().bold, ..style::output() });
        return super::print(&format!("{list}\nneuropil presets <name> documents one, neuropil run <name> runs it.\n"));
    };
    let preset = networks::named(name)?;
    if options.json {
        return super::print_json(&Listed::of(preset, true));
    }
    super::print(&format!("{}\n", preset.documentation.trim_end()))
}
