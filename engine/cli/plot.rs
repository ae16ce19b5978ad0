//! `neuropil plot`.

use std::path::{Path, PathBuf};

use clap::Args;
use neuropil::record::pictures::{Picture, raster, traces};
use neuropil::record::{Summary, summary};
use neuropil::{Error, Result};

use super::value_parsers::parse_number;

/// Options of `neuropil plot`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  neuropil plot neuropil-out/c-elegans-1\n  neuropil plot neuropil-out/c-elegans-1 --from 200 --to 400    raster_200-400ms.png"
)]
pub struct PlotOptions {
    /// An output folder of `neuropil run`
    folder: PathBuf,
    /// Draw the raster alone, from this time on, ms
    #[arg(long, value_name = "MS", value_parser = parse_number, allow_negative_numbers = true)]
    from: Option<f64>,
    /// Draw the raster alone, until this time, ms
    #[arg(long, value_name = "MS", value_parser = parse_number, allow_negative_numbers = true)]
    to: Option<f64>,
}

/// Draws the pictures of an output folder from its tables.
///
/// # Errors
/// A folder that holds no run, times outside of it, pictures that cannot be written.
pub fn plot(options: &PlotOptions) -> Result<()> {
    let folder = options.folder.as_path();
    let path = folder.join(summary::FILE);
    if !path.is_file() {
        let problem = format!("holds no {}; name an output folder of `neuropil run`", summary::FILE);
        return Err(Error::file(folder, problem));
    }
    let summary = Summary::read(&path)?;
    let (spikes, records) = summary.read_tables(folder)?;
    let mut drawn = Vec::new();
    if options.from.is_none() && options.to.is_none() {
        if let Some(spikes) = &spikes {
            drawn.push(save_picture(&raster::draw(spikes, &summary.network)?, folder.join(raster::FILE))?);
        }
        for (entry, record) in summary.traces.iter().zip(&records) {
            let picture = traces::draw(record, &summary.network)?;
            drawn.push(save_picture(&picture, folder.join(traces::file_name(&entry.file)))?);
        }
    } else if let Some(spikes) = &spikes {
        let (start, stop) = spikes.window_ms();
        let (from, to) = (options.from.unwrap_or(start), options.to.unwrap_or(stop));
        if !(start <= from && from < to && to <= stop) {
            let problem = format!("{from} to {to} ms does not lie within what was recorded, {start} to {stop} ms");
            return Err(Error::invalid("--from, --to", problem));
        }
        let title = format!("{}, from {from} to {to} ms", summary.network);
        let picture = raster::draw(&spikes.between(from, to), &title)?;
        drawn.push(save_picture(&picture, folder.join(format!("raster_{from}-{to}ms.png")))?);
    }
    if drawn.is_empty() {
        let problem = "holds a run whose spikes were counted and not kept, so there is nothing to draw; \
                       run its experiment.toml again with --set simulation.spikes=true";
        return Err(Error::file(folder, problem));
    }
    super::print(&drawn.concat())
}

/// Saves a picture and gives the line that names its file.
fn save_picture(picture: &Picture, path: impl AsRef<Path>) -> Result<String> {
    picture.save(path.as_ref())?;
    Ok(format!("{}\n", neuropil::quote::path(path.as_ref())))
}
