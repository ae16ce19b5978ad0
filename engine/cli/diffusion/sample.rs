//! Draws images and saves them as one picture.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use neuropil::files::check_place;
use neuropil::train::diffusion::{Model, Neuron, Way, picture};
use neuropil::{Error, Result, quote, text};
use serde::Serialize;

use super::super::folder::Folder;
use super::super::progress::ended_early;
use super::super::style;
use super::super::tables::{pairs, seconds, short};
use super::sampler::{draw, sampler, told};
use super::{Common, DiffusionOptions, NAME, models, within};

/// The name of the picture in its folder.
const PICTURE: &str = "samples.png";

/// The facts of images that were drawn, which `--json` prints.
#[derive(Debug, Serialize)]
struct Drawn {
    images: usize,
    picture: String,
    sampler: Way,
    sampling_steps: u32,
    spikes_per_image: f64,
    energy_per_image_mj: f64,
    /// Wall time of drawing.
    seconds: f64,
    /// Images that the net has learned from.
    learned_from: u64,
}

/// Where the picture goes, checked to be free and writable, and the folder that was made for it: a file in a folder
/// `neuropil-out/diffusion-N`, or in the folder `out`, or `out` itself if it ends in .png.
///
/// # Errors
/// A picture that is there already, a place that cannot be written to.
pub fn place(out: Option<&Path>) -> Result<(PathBuf, Option<Folder>)> {
    let Some(out) = out else {
        let folder = Folder::fresh(NAME)?;
        return Ok((folder.path.join(PICTURE), Some(folder)));
    };
    let names_picture = out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")) && !out.is_dir();
    let path = if names_picture { out.to_path_buf() } else { out.join(PICTURE) };
    if path.exists() {
        let problem = "is there already; name another folder by --out, or a file that ends in .png";
        return Err(Error::file(&path, problem));
    }
    if names_picture || out.is_dir() {
        return check_place(&path).map(|()| (path, None));
    }
    Ok((path, Some(Folder::at(out, false)?)))
}

/// Draws `count` images, saves them as one picture and prints the facts.
///
/// # Errors
/// Numbers out of range, files that cannot be read or written, a picture that is there already.
pub fn sample(options: &DiffusionOptions, common: &Common<'_>, count: u64) -> Result<ExitCode> {
    let count = within("--sample", count, 10_000)?;
    let default = if options.convert.is_empty() { Neuron::Spiking } else { Neuron::Ann };
    let neuron = options.neuron.unwrap_or(default);
    let Some((name, model)) = models(options, &[neuron], common)?.into_iter().next() else {
        return Err(Error::Internal("no net to draw with".into()));
    };
    let sampler = sampler(options, &model, common.seed.unwrap_or(1))?;
    let (path, folder) = place(common.out)?;
    let begun = Instant::now();
    let Some((images, seen)) = draw(&model, &sampler, (count, "drawing"), common.threads)? else {
        return Ok(ended_early("not all images were drawn, so no picture was written"));
    };
    picture::draw(&images, &format!("{count} images of {name}"))?.save(&path)?;
    folder.map(Folder::keep);
    let drawn = Drawn {
        images: count,
        picture: path.display().to_string(),
        sampler: options.sampler.unwrap_or(Way::Ddim),
        sampling_steps: sampler.steps,
        spikes_per_image: seen.spikes as f64 / count as f64,
        energy_per_image_mj: 1e3 * seen.operations.energy() / count as f64,
        seconds: begun.elapsed().as_secs_f64(),
        learned_from: model.recipe().images,
    };
    if common.json {
        super::super::print_json(&drawn)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = [
        ("images", format!("{count} in {}, {} each", seconds(drawn.seconds), told(&sampler))),
        (
            "net",
            format!(
                "{name}, {} weights, learned from {} images",
                weight_count(&model),
                text::count(drawn.learned_from)
            ),
        ),
        ("spikes", format!("{} an image", text::count(drawn.spikes_per_image.round() as u64))),
        ("energy", energy(drawn.energy_per_image_mj)),
        ("picture", quote::path(&path)),
    ];
    super::super::print(&pairs(&rows, style::output()))?;
    Ok(ExitCode::SUCCESS)
}

/// The number of weights of a net, for people.
fn weight_count(model: &Model) -> String {
    text::count(model.parameters() as u64)
}

/// The estimated energy of an image, for people.
fn energy(mj: f64) -> String {
    format!("about {} mJ an image, at 4.6 pJ a multiplication and 0.9 pJ an addition", short(mj))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_a_place_of_its_own() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let room = std::env::temp_dir().join(format!("neuropil-sample-{}", std::process::id()));
        let sentence = |out: &Path| place(Some(out)).err().map_or(String::new(), |error| error.to_string());
        std::fs::create_dir_all(room.join("there"))?;
        // A folder that is new goes again unless it is kept.
        let (path, folder) = place(Some(&room.join("new")))?;
        assert!(path == room.join("new").join(PICTURE) && room.join("new").is_dir());
        drop(folder);
        assert!(!room.join("new").exists());
        // A folder that holds something else, or nothing; a file by its ending.
        assert_eq!(place(Some(&room.join("there")))?.0, room.join("there").join(PICTURE));
        std::fs::write(room.join("there/notes.txt"), "n")?;
        assert_eq!(place(Some(&room.join("there")))?.0, room.join("there").join(PICTURE));
        assert_eq!(place(Some(&room.join("grid.PNG")))?.0, room.join("grid.PNG"));
        // Nothing is replaced.
        std::fs::write(room.join("there").join(PICTURE), "p")?;
        std::fs::write(room.join("grid.png"), "p")?;
        for out in ["there", "grid.png"] {
            assert!(sentence(&room.join(out)).contains("is there already"), "{out}");
        }
        assert!(sentence(&room.join("there/notes.txt")).contains("is a file, and the output needs a folder"));
        std::fs::remove_dir_all(&room)?;
        Ok(())
    }
}
