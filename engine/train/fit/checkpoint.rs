//! Checkpoints of a training as safetensors files: parameters under their names, and, under names that begin with `~`,
//! the state of the optimiser (`~exp_avg~NAME`) and the values of the best epoch (`~best~NAME`). All else stands as
//! JSON under the key `neuropil` of the metadata.

use std::io::Write;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::batches::Split;
use super::history::Epoch;
use super::identity::{ParameterIdentity, SplitIdentity, parameter_identities, split_identity};
use super::parameter::{Parameter, first_not_finite};
use super::parameters::{Parameters, Snapshot};
use super::schedule::Schedule;
use super::trainer::{Position, Settings, Trainer};
use crate::error::{Error, Result};
use crate::files::{Checksum, Input, Limit, atomic_write};
use crate::number::Number;
use crate::quote;
use crate::train::Array;
use crate::train::array::words;

/// The version of the format that is written. It is also raised where a resumed training would give other bits than
/// before.
const FORMAT: u32 = 1;
/// The key of the header in the metadata.
const KEY: &str = "neuropil";

/// All of a training but its arrays.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    neuropil: String,
    model: Vec<ParameterIdentity>,
    settings: Settings,
    samples: SplitIdentity,
    position: Position,
    steps: u64,
    history: Vec<Epoch>,
    units: Vec<Option<f64>>,
    best_units: Option<Vec<Option<f64>>>,
    /// CRC-32 of all arrays, in the order of their names.
    crc32: u32,
    /// CRC-32 of this header with a seal of 0.
    seal: u32,
}

impl Header {
    /// The header as JSON, with its seal set.
    fn into_sealed_json(mut self) -> serde_json::Result<String> {
        self.seal = 0;
        self.seal = Checksum::of(serde_json::to_string(&self)?.as_bytes());
        serde_json::to_string(&self)
    }

    /// The header in this JSON; `None` where it is no header or its seal is not that of its content.
    fn parse(json: &str) -> Option<Header> {
        let mut header: Header = serde_json::from_str(json).ok()?;
        let seal = std::mem::take(&mut header.seal);
        (Checksum::of(serde_json::to_string(&header).ok()?.as_bytes()) == seal).then_some(header)
    }
}

/// Whether `T` is `f32`; else it is `f64`.
fn is_f32<T: Number>() -> bool {
    T::FRACTION == f32::MANTISSA_DIGITS - 1
}

/// The data type of arrays of `T` in files.
fn dtype<T: Number>() -> Dtype {
    if is_f32::<T>() { Dtype::F32 } else { Dtype::F64 }
}

/// Numbers as little-endian bytes.
fn to_bytes<T: Number>(numbers: &[T]) -> Vec<u8> {
    match is_f32::<T>() {
        // Exact, for `value` widens an f32.
        true => numbers.iter().flat_map(|number| (number.value() as f32).to_le_bytes()).collect(),
        false => numbers.iter().flat_map(|number| number.value().to_le_bytes()).collect(),
    }
}

/// The numbers in little-endian bytes.
fn from_bytes<T: Number>(bytes: &[u8]) -> Vec<T> {
    match is_f32::<T>() {
        true => bytes.as_chunks().0.iter().map(|&number| T::of(f32::from_le_bytes(number).into())).collect(),
        false => bytes.as_chunks().0.iter().map(|&number| T::of(f64::from_le_bytes(number))).collect(),
    }
}

/// The name of an array that belongs to a parameter but is not its value.
fn array_name(what: &str, parameter: &str) -> String {
    format!("~{what}~{parameter}")
}

/// A list of arrays: name, shape and bytes of each.
type Arrays = Vec<(String, Vec<usize>, Vec<u8>)>;

/// All arrays of a training, sorted by their names.
fn all_arrays<T: Number>(trainer: &Trainer<T>) -> Arrays {
    let mut arrays = Vec::new();
    let shapes: Vec<(&str, &[usize])> =
        trainer.parameters.iter().map(|own| (own.name(), own.value().shape())).collect();
    for parameter in trainer.parameters.iter() {
        let value = parameter.value();
        arrays.push((parameter.name().to_owned(), value.shape().to_vec(), to_bytes(value.data())));
    }
    for (what, place, own) in trainer.optimiser.memory() {
        if let Some((name, shape)) = shapes.get(place) {
            arrays.push((array_name(what, name), shape.to_vec(), to_bytes(own)));
        }
    }
    for ((name, _), value) in shapes.iter().zip(trainer.best.iter().flat_map(|best| &best.values)) {
        arrays.push((array_name("best", name), value.shape().to_vec(), to_bytes(value.data())));
    }
    arrays.sort_by(|a, b| a.0.cmp(&b.0));
    arrays
}

/// Writes a training to a file, whole or not at all.
fn write<T: Number>(trainer: &Trainer<T>, path: &Path) -> Result<()> {
    let internal = |reason: String| Error::Internal(format!("checkpoint of a training: {reason}"));
    let arrays = all_arrays(trainer);
    let mut checksum = Checksum::default();
    arrays.iter().for_each(|(_, _, bytes)| checksum.update(bytes));
    let header = Header {
        format: FORMAT,
        neuropil: env!("CARGO_PKG_VERSION").to_owned(),
        model: parameter_identities(&trainer.parameters),
        settings: trainer.settings.clone(),
        samples: split_identity(&trainer.split),
        position: trainer.position.clone(),
        steps: trainer.optimiser.steps(),
        history: trainer.history.clone(),
        units: trainer.parameters.iter().map(Parameter::unit).collect(),
        best_units: trainer.best.as_ref().map(|best| best.units.clone()),
        crc32: checksum.sum(),
        seal: 0,
    };
    let header = header.into_sealed_json().map_err(|reason| internal(reason.to_string()))?;
    let views = arrays.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(dtype::<T>(), shape.clone(), bytes);
        view.map(|view| (name.as_str(), view)).map_err(|reason| internal(format!("{reason:?}")))
    });
    let views = views.collect::<Result<Vec<_>>>()?;
    // A single key, so that the same training gives the same bytes.
    let metadata = [(KEY.to_owned(), header)].into_iter().collect();
    let content = safetensors::serialize(views, Some(metadata)).map_err(|reason| internal(format!("{reason:?}")))?;
    atomic_write(path, |file| file.write_all(&content))
}

/// A checkpoint that has been read, and whose checksums are right.
struct Checkpoint<'a> {
    path: &'a Path,
    tensors: SafeTensors<'a>,
    header: Header,
}

/// The content of a file, of any size.
fn content(path: &Path) -> Result<Vec<u8>> {
    Input::open(path, Limit { bytes: u64::MAX, raise: "" }, "a checkpoint")?.whole()
}

impl<'a> Checkpoint<'a> {
    /// The checkpoint in the content of a file.
    ///
    /// # Errors
    /// Content that is no checkpoint of this format, or is damaged.
    fn new(content: &'a [u8], path: &'a Path) -> Result<Checkpoint<'a>> {
        let wrong = |problem: String| Error::file(path, problem);
        let damaged = || wrong("is damaged: its checksum is not that of its content; take an earlier copy".into());
        let tensors = SafeTensors::deserialize(content).map_err(|reason| wrong(unreadable(content, &reason)))?;
        let (_, metadata) = SafeTensors::read_metadata(content).map_err(|_| damaged())?;
        let header = metadata.metadata().as_ref().and_then(|all| all.get(KEY)).ok_or_else(|| {
            wrong("holds weights and no training; name a file that a training of neuropil has saved".into())
        })?;
        let format = serde_json::from_str::<Value>(header).ok().and_then(|all| all.get("format")?.as_u64());
        if let Some(format) = format.filter(|format| *format != u64::from(FORMAT)) {
            let own = env!("CARGO_PKG_VERSION");
            return Err(wrong(format!(
                "is a training of format {format}, and this program, neuropil {own}, reads format {FORMAT}; \
                 take the neuropil that wrote it"
            )));
        }
        let header = Header::parse(header).ok_or_else(damaged)?;
        let mut names = tensors.names();
        names.sort_unstable();
        let mut checksum = Checksum::default();
        for name in names {
            checksum.update(tensors.tensor(name).map_err(|_| damaged())?.data());
        }
        match checksum.sum() == header.crc32 {
            true => Ok(Checkpoint { path, tensors, header }),
            false => Err(damaged()),
        }
    }

    /// Checks that the checkpoint is of this model; an error names the first difference.
    fn check_model(&self, model: &[ParameterIdentity]) -> Result<()> {
        let wrong = |problem: String| {
            let advice = "name the checkpoint of this model, or train anew";
            Err(Error::file(self.path, format!("is of another model: {problem}; {advice}")))
        };
        for (place, own) in model.iter().enumerate() {
            let name = quote::name(&own.name);
            let Some(saved) = self.header.model.get(place) else {
                return wrong(format!("parameter '{name}' is not in it"));
            };
            if saved.name != own.name {
                let number = place + 1;
                return wrong(format!("parameter {number} is '{}' in it, and '{name}' here", quote::name(&saved.name)));
            }
            if saved.shape != own.shape {
                return wrong(format!("'{name}' is {} in it, and {} here", words(&saved.shape), words(&own.shape)));
            }
            if saved.rules != own.rules {
                return wrong(format!("'{name}' has another mask, other signs, bounds, targets or rate"));
            }
        }
        match self.header.model.get(model.len()) {
            Some(more) => wrong(format!("it has a parameter '{}', and this model has none", quote::name(&more.name))),
            None => Ok(()),
        }
    }

    /// Checks that the checkpoint was trained with these settings, but for more epochs at a constant rate; an error
    /// names the first difference.
    fn check_settings(&self, settings: &Settings) -> Result<()> {
        let mut saved = self.header.settings.clone();
        if matches!(settings.schedule, Schedule::Constant) && saved.epochs <= settings.epochs {
            saved.epochs = settings.epochs;
        }
        let value = |settings: &Settings| serde_json::to_value(settings).unwrap_or_default();
        let Some((name, saved, own)) = first_difference("", &value(&saved), &value(settings)) else { return Ok(()) };
        let problem = format!("was trained with {name} = {saved}, and {name} is {own} here; take the same to go on");
        Err(Error::file(self.path, problem))
    }

    /// Checks that the checkpoint was trained on these samples.
    fn check_samples(&self, own: &SplitIdentity) -> Result<()> {
        let saved = &self.header.samples;
        if saved == own {
            return Ok(());
        }
        let of = |samples: &SplitIdentity| {
            format!("{} to learn from, {} and {}", samples.train, samples.validation, samples.calibration)
        };
        let advice = "take the same data and split to go on";
        let problem = match of(saved) == of(own) {
            true => format!("was trained on other samples of as many ({}); {advice}", of(own)),
            false => {
                format!("was trained on other samples ({}) than there are here ({}); {advice}", of(saved), of(own))
            }
        };
        Err(Error::file(self.path, problem))
    }

    /// The numbers of the array of this name, which must have this shape and be finite.
    fn array<T: Number>(&self, name: &str, shape: &[usize]) -> Result<Vec<T>> {
        let wrong = |problem: String| Error::file(self.path, problem);
        let shown = quote::name(name);
        let found = self.tensors.tensor(name).map_err(|_| wrong(format!("lacks the array '{shown}'")))?;
        if found.dtype() != dtype::<T>() {
            let (saved, own) = (found.dtype(), dtype::<T>());
            return Err(wrong(format!(
                "holds '{shown}' as {saved:?}, and {own:?} is asked for; train in the same type"
            )));
        }
        if found.shape() != shape {
            let problem = format!("holds '{shown}' as {}, and {} is needed", words(found.shape()), words(shape));
            return Err(wrong(problem));
        }
        let numbers = from_bytes(found.data());
        match first_not_finite(&numbers) {
            None => Ok(numbers),
            Some(place) => Err(wrong(format!("'{shown}' holds a number that is not finite, at place {place}"))),
        }
    }

    /// The values of arrays in the shapes of all parameters; `name` gives the array's name for that of a parameter.
    fn values<T: Number>(&self, parameters: &Parameters<T>, name: impl Fn(&str) -> String) -> Result<Vec<Array<T>>> {
        let of = |own: &Parameter<T>| {
            let shape = own.value().shape();
            Array::new(own.name(), shape, self.array(&name(own.name()), shape)?)
        };
        parameters.iter().map(of).collect()
    }

    /// Values and units of the best epoch, if they were kept.
    fn best<T: Number>(&self, parameters: &Parameters<T>) -> Result<Option<Snapshot<T>>> {
        let Some(units) = self.header.best_units.clone() else { return Ok(None) };
        Ok(Some(Snapshot { values: self.values(parameters, |name| array_name("best", name))?, units }))
    }
}

/// Words on a file that is no safetensors file, or no whole one.
fn unreadable(content: &[u8], reason: &safetensors::SafeTensorError) -> String {
    use safetensors::SafeTensorError as E;
    let header = content.first_chunk().map(|&size| u64::from_le_bytes(size));
    let begins = content.get(8) == Some(&b'{') && header.is_some_and(|size| size < 1 << 27);
    match reason {
        E::HeaderTooSmall if content.is_empty() => "is empty; take a whole copy".into(),
        E::InvalidHeaderLength | E::MetadataIncompleteBuffer if begins => {
            format!("is cut off: {} bytes are there, and more belong to it; take a whole copy", content.len())
        }
        _ => "is no safetensors file; name a file that a training of neuropil has saved".into(),
    }
}

/// The first entry at which two values differ: its name, the saved value and our own; `name` is that of the values
/// themselves.
fn first_difference(name: &str, saved: &Value, own: &Value) -> Option<(String, String, String)> {
    if let (Value::Object(saved), Value::Object(own)) = (saved, own)
        && saved.keys().eq(own.keys())
    {
        let inner = |key: &String| if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        return saved.iter().find_map(|(key, saved)| first_difference(&inner(key), saved, own.get(key)?));
    }
    (saved != own).then(|| (name.to_owned(), saved.to_string(), own.to_string()))
}

/// Sets a training to the state in a file; it is unchanged where there is an error.
fn read_into<T: Number>(trainer: &mut Trainer<T>, path: &Path) -> Result<()> {
    let content = content(path)?;
    let found = Checkpoint::new(&content, path)?;
    found.check_model(&parameter_identities(&trainer.parameters))?;
    found.check_settings(&trainer.settings)?;
    found.check_samples(&split_identity(&trainer.split))?;
    let values = found.values(&trainer.parameters, str::to_owned)?;
    let best = found.best(&trainer.parameters)?;
    let shapes: Vec<(String, Vec<usize>)> =
        trainer.parameters.iter().map(|own| (own.name().to_owned(), own.value().shape().to_vec())).collect();
    let mut optimiser = trainer.optimiser.clone();
    optimiser.remember(found.header.steps, |what, place, _| {
        let (name, shape) = shapes.get(place).ok_or_else(|| Error::Internal("a parameter without a shape".into()))?;
        found.array(&array_name(what, name), shape)
    })?;
    trainer.parameters.restore(&Snapshot { values, units: found.header.units.clone() })?;
    trainer.optimiser = optimiser;
    trainer.best = best;
    trainer.position = found.header.position.clone();
    trainer.history = found.header.history.clone();
    Ok(())
}

impl<T: Number> Trainer<T> {
    /// Writes a checkpoint from which the training can be resumed, whole or not at all: an earlier one at `path` stays
    /// until the new one is safe on the disk.
    ///
    /// # Errors
    /// A file that cannot be written; nothing is left behind.
    pub fn save(&self, path: &Path) -> Result<()> {
        write(self, path)
    }

    /// The training that goes on from a checkpoint, bit for bit as if it had not been stopped. `parameters` gives the
    /// model, `settings` and `split` must be those of the checkpoint; where the learning rate is constant, there may be
    /// more epochs.
    ///
    /// # Errors
    /// As [`Trainer::new`]; a file that is no checkpoint of a training, is cut off or damaged, or is of another model,
    /// other settings or samples: the error names the first difference.
    pub fn resume(parameters: Parameters<T>, settings: Settings, split: Split, path: &Path) -> Result<Trainer<T>> {
        let mut trainer = Trainer::new(parameters, settings, split)?;
        read_into(&mut trainer, path)?;
        Ok(trainer)
    }
}

/// Sets parameters to the values in a checkpoint: those of the best epoch if they were kept, else the last ones.
///
/// # Errors
/// As [`Trainer::resume`], but for settings and samples.
pub fn load<T: Number>(parameters: &mut Parameters<T>, path: &Path) -> Result<()> {
    let content = content(path)?;
    let found = Checkpoint::new(&content, path)?;
    found.check_model(&parameter_identities(parameters))?;
    let last = || Ok(Snapshot { values: found.values(parameters, str::to_owned)?, units: found.header.units.clone() });
    let snapshot = found.best(parameters)?.map_or_else(last, Ok)?;
    parameters.restore(&snapshot)
}
