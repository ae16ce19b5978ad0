//! Weights as safetensors files: 16-bit numbers, and a description of what they are weights of, as JSON under one key
//! of the metadata.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::half::{of_half, to_half};
use crate::error::{Error, Result};
use crate::files::{Input, Limit, atomic_write};
use crate::quote;
use crate::train::Array;
use crate::train::array::words;
use crate::train::tape::{Datum, Tape, Value};

/// What files of weights hold: the key, words for it, and what writes such files.
const KINDS: [(&str, &str, &str); 2] = [
    ("neuropil.diffusion", "a net that makes images", "a training of diffusion"),
    ("neuropil.judge", "a judge of images", "--learn-judge"),
];

/// Arrays by their names.
pub(super) type Arrays = BTreeMap<String, Array<f32>>;

/// Puts arrays on `tape` as constants: their values, by their names.
pub(super) fn constants(tape: &mut Tape<f32>, arrays: &Arrays) -> BTreeMap<String, Value> {
    arrays.iter().map(|(name, array)| (name.clone(), tape.constant(Datum::Numbers(array.clone())))).collect()
}

/// Writes `arrays`, with `about` as JSON under `key`, as a whole file or not at all.
///
/// # Errors
/// A number beyond ±65,504; a file that cannot be written.
pub(super) fn write(path: &Path, key: &str, about: &impl Serialize, arrays: &Arrays) -> Result<()> {
    let internal = |reason: String| Error::Internal(format!("weights: {reason}"));
    let mut halves = Vec::new();
    for (name, array) in arrays {
        let bytes: Vec<u8> = array.data().iter().flat_map(|&number| to_half(number).to_le_bytes()).collect();
        if array.data().iter().any(|&number| !of_half(to_half(number)).is_finite()) {
            let problem = "it holds a number beyond ±65504, which a file of weights cannot; train with a smaller rate";
            return Err(Error::invalid(quote::name(name), problem.to_owned()));
        }
        halves.push((name, array.shape(), bytes));
    }
    let views = halves.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F16, shape.to_vec(), bytes);
        view.map(|view| (name.as_str(), view)).map_err(|reason| internal(format!("{reason:?}")))
    });
    let views = views.collect::<Result<Vec<_>>>()?;
    let about = serde_json::to_string(about).map_err(|reason| internal(reason.to_string()))?;
    let metadata = [(key.to_owned(), about)].into_iter().collect();
    let content = safetensors::serialize(views, Some(metadata)).map_err(|reason| internal(format!("{reason:?}")))?;
    atomic_write(path, |file| file.write_all(&content))
}

/// The content of a file of weights.
///
/// # Errors
/// A file that cannot be read, or is larger than 1 GiB.
pub(super) fn content(path: &Path) -> Result<Vec<u8>> {
    let limit = Limit { bytes: 1 << 30, raise: "name a file of weights" };
    Input::open(path, limit, "a file of weights")?.whole()
}

/// What stands under `key`, and the arrays, of a file that [`write`] has written; `place` names the file in messages.
///
/// # Errors
/// Content of no such file, or of one with another key; numbers that are not finite.
pub(super) fn read<A: DeserializeOwned>(content: &[u8], key: &str, place: &str) -> Result<(A, Arrays)> {
    let wrong = |problem: &str| Error::invalid(place, problem.to_owned());
    let (asked, writer) = KINDS.iter().find(|kind| kind.0 == key).map_or((key, "neuropil"), |kind| (kind.1, kind.2));
    let tensors = SafeTensors::deserialize(content)
        .map_err(|_| wrong(&format!("it is no whole safetensors file; name one that {writer} has written")))?;
    let (_, metadata) =
        SafeTensors::read_metadata(content).map_err(|_| wrong("its head is damaged; take a whole copy"))?;
    let all = metadata.metadata().as_ref();
    let about = all.and_then(|all| all.get(key)).ok_or_else(|| {
        let held = KINDS.iter().find(|kind| all.is_some_and(|all| all.contains_key(kind.0)));
        let found =
            held.map_or("it does not say what its weights are of".to_owned(), |kind| format!("it holds {}", kind.1));
        wrong(&format!("{found}, and {asked} is needed; name a file that {writer} has written"))
    })?;
    let about = serde_json::from_str(about)
        .map_err(|reason| Error::invalid(place, format!("what it says of its weights is not understood: {reason}")))?;
    let mut arrays = Arrays::new();
    for (name, view) in tensors.tensors() {
        if view.dtype() != Dtype::F16 {
            let problem = format!("'{}' is {:?}, and F16 is needed", quote::name(&name), view.dtype());
            return Err(Error::invalid(place, problem));
        }
        let numbers: Vec<f32> =
            view.data().as_chunks().0.iter().map(|&half| of_half(u16::from_le_bytes(half))).collect();
        if numbers.iter().any(|number| !number.is_finite()) {
            let problem = format!("'{}' holds a number that is not finite; take a whole copy", quote::name(&name));
            return Err(Error::invalid(place, problem));
        }
        arrays.insert(name.clone(), Array::new(&name, view.shape(), numbers)?);
    }
    Ok((about, arrays))
}

/// Removes the array of this name, which must have this shape, and returns it; `place` names the file in messages.
///
/// # Errors
/// There is no such array, or it has another shape.
pub(super) fn take(arrays: &mut Arrays, name: &str, shape: &[usize], place: &str) -> Result<Array<f32>> {
    let array = arrays
        .remove(name)
        .ok_or_else(|| Error::invalid(place, format!("the array '{name}' is not in it; take a whole copy")))?;
    if array.shape() != shape {
        let problem = format!("'{name}' is {} in it, and must be {}", words(array.shape()), words(shape));
        return Err(Error::invalid(place, problem));
    }
    Ok(array)
}
