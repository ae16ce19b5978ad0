//! `image_generator`: images from a file as rates or latencies of the targets, a pixel for each.

use std::path::Path;

use crate::connectomes::{Matrix, ReadOptions};
use crate::data::arrays::{Array, first_bytes};
use crate::error::{Error, Result};
use crate::experiment::keys::StimulusKeys;
use crate::experiment::value::{Whole, chosen};
use crate::network::{Drive, Images, Latency, Network, Selection, Show};
use crate::text::counted;
use crate::time::short;

/// The brightest pixel's rate, spikes/s, unless given: one spike a millisecond.
const RATE: f64 = 1000.0;

/// How the brightness of a pixel becomes spikes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Coding {
    /// A Poisson train with a rate in proportion to brightness.
    Rate,
    /// One spike, the earlier the brighter the pixel is.
    Latency,
}

impl Coding {
    const ALL: [Coding; 2] = [Coding::Rate, Coding::Latency];

    /// The name in an experiment file.
    fn name(self) -> &'static str {
        match self {
            Coding::Rate => "rate",
            Coding::Latency => "latency",
        }
    }
}

/// The input that a table `image_generator` describes.
pub(super) fn image_drive(network: &Network, keys: &StimulusKeys, to: &Selection, place: &str) -> Result<Drive> {
    let missing = |name: &str| Error::invalid(place, format!("{name} is missing"));
    let path = keys.file.as_deref().ok_or_else(|| missing("file"))?;
    let interval = keys.interval.ok_or_else(|| missing("interval"))?;
    if !(interval >= network.dt() && network.grid().on(interval).is_some()) {
        let (interval, dt) = (short(interval), network.dt());
        let problem =
            format!("interval = {interval} ms, for which an image is there, is not a whole number of steps of {dt} ms");
        return Err(Error::invalid(place, problem));
    }
    let images = choose_images(read(Path::new(path))?, keys, path, place)?;
    if images.pixels as u64 != u64::from(to.len()) {
        let (pixels, neurons) = (counted(images.pixels, "pixel"), counted(to.len(), "neuron"));
        let problem = format!("its images have {pixels}, and {} is {neurons}; give one for each", network.describe(to));
        return Err(Error::file(path, problem));
    }
    let show = Show { start: keys.start.unwrap_or(0.0), interval };
    match chosen("coding", &keys.coding, place, Coding::ALL, Coding::name)?.unwrap_or(Coding::Rate) {
        Coding::Rate => {
            refuse_other_keys(keys, Coding::Rate, place)?;
            Ok(images.rates(keys.rate.unwrap_or(RATE), show, network.dt()).into())
        }
        Coding::Latency => {
            refuse_other_keys(keys, Coding::Latency, place)?;
            Ok(images.latencies(latency(keys, place)?, show, network.grid()).into())
        }
    }
}

/// Refuses keys of the other coding.
fn refuse_other_keys(keys: &StimulusKeys, coding: Coding, place: &str) -> Result<()> {
    let of_latency = [
        ("tau", keys.tau.is_some()),
        ("threshold", keys.threshold.is_some()),
        ("linear", keys.linear.is_some()),
        ("clip", keys.clip.is_some()),
    ];
    let of_rate = [("rate", keys.rate.is_some())];
    let (others, other) = match coding {
        Coding::Rate => (&of_latency[..], Coding::Latency),
        Coding::Latency => (&of_rate[..], Coding::Rate),
    };
    match others.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => {
            Err(Error::invalid(place, format!("{name} goes with coding = \"{}\"; leave it out", other.name())))
        }
    }
}

/// The parameters of latencies, with defaults for those that are left out.
fn latency(keys: &StimulusKeys, place: &str) -> Result<Latency> {
    let default = Latency::default();
    let latency = Latency {
        tau: keys.tau.unwrap_or(default.tau),
        threshold: keys.threshold.unwrap_or(default.threshold),
        linear: keys.linear.unwrap_or(default.linear),
        clip: keys.clip.unwrap_or(default.clip),
    };
    if !(latency.tau > 0.0 && latency.tau.is_finite()) {
        return Err(Error::invalid(place, format!("tau = {} ms must be greater than 0", latency.tau)));
    }
    match latency.threshold > 0.0 && latency.threshold < 1.0 {
        true => Ok(latency),
        false => Err(Error::invalid(place, format!("threshold = {} must lie between 0 and 1", latency.threshold))),
    }
}

/// The images that `keys` name, in this order, or all of them.
fn choose_images(all: Images, keys: &StimulusKeys, path: &str, place: &str) -> Result<Images> {
    let Some(wanted) = &keys.images else { return Ok(all) };
    let mut values = Vec::with_capacity(wanted.len() * all.pixels);
    for Whole(index) in wanted {
        let image = usize::try_from(*index).ok().and_then(|index| all.values.chunks(all.pixels.max(1)).nth(index));
        let image = image.ok_or_else(|| {
            let held = counted(all.count(), "image");
            Error::invalid(place, format!("images names {index}, and {path} holds {held}, counted from 0"))
        })?;
        values.extend_from_slice(image);
    }
    Ok(Images { values, ..all })
}

/// Reads a PNG picture, the images along the first dimension of an NPY or IDX file, or those in the rows of another matrix.
fn read(path: &Path) -> Result<Images> {
    if first_bytes(path) == *b"\x89PNG" {
        return picture::read(path);
    }
    if Array::is_array_file(path) {
        let (pixels, values) = images_along_first(Array::read(path)?).map_err(|problem| Error::file(path, problem))?;
        return checked_images(pixels, values, path);
    }
    let matrix = Matrix::read(path, &ReadOptions { plain: true, ..ReadOptions::default() })?;
    checked_images(matrix.columns, matrix.values, path)
}

/// The number of pixels of an image along the first dimension, and the brightness of all pixels, from 0 to 1 for whole
/// numbers.
fn images_along_first(array: Array) -> Result<(usize, Vec<f64>), &'static str> {
    let pixels = match array.shape.as_slice() {
        [_, rest @ ..] if !rest.is_empty() => rest.iter().product::<usize>(),
        _ => return Err("it has one dimension; images lie along the first of two or more"),
    };
    let values = array.numbers().ok_or("it holds records; save one array of brightness")?;
    let largest = array.largest_possible().unwrap_or(1.0);
    Ok((pixels, values.map(|value| value / largest).collect()))
}

/// Images of `pixels` pixels each; refuses values that are no brightness from 0 to 1.
fn checked_images(pixels: usize, values: Vec<f64>, path: &Path) -> Result<Images> {
    let wrong = |problem: String| Err(Error::file(path, problem));
    match values.iter().position(|x| !(0.0..=1.0).contains(x)) {
        None if pixels > 0 => Ok(Images { pixels, values }),
        None => wrong("its images have no pixels".into()),
        Some(at) => wrong(format!(
            "image {} holds {}, and brightness lies between 0 and 1; divide by the largest, or save unsigned whole numbers",
            at / pixels,
            values[at]
        )),
    }
}

/// PNG pictures in shades of grey.
#[cfg(feature = "pictures")]
mod picture {
    use super::{Error, Images, Path, Result};
    use crate::files::{Input, Limit};
    use crate::record::pictures::grey;

    /// Reads a PNG picture as one image.
    pub(super) fn read(path: &Path) -> Result<Images> {
        let content = Input::open(path, Limit::list()?, "a picture")?.whole()?;
        match grey::decode(&content) {
            Ok((pixels, values)) => Ok(Images { pixels, values }),
            Err(reason) => {
                let problem = format!("it is no whole PNG picture ({reason}); take a whole copy");
                Err(Error::file(path, problem))
            }
        }
    }
}

/// PNG pictures, which this program cannot read.
#[cfg(not(feature = "pictures"))]
mod picture {
    use super::{Error, Images, Path, Result};

    /// Refuses the picture.
    pub(super) fn read(path: &Path) -> Result<Images> {
        let problem = "it is a PNG picture, and this program was built without the feature pictures; save it as NPY";
        Err(Error::file(path, problem))
    }
}
