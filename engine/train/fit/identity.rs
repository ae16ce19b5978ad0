//! What a checkpoint knows a model and its samples by.

use serde::{Deserialize, Serialize};

use super::batches::Split;
use super::parameter::Parameter;
use super::parameters::Parameters;
use crate::files::Checksum;
use crate::number::Number;

/// A parameter without its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub name: String,
    pub shape: Vec<usize>,
    /// CRC-32 of what must stay true of it.
    pub rules: u32,
}

/// The samples, by their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Samples {
    pub train: usize,
    pub validation: usize,
    pub calibration: usize,
    pub crc32: u32,
}

/// What parameters are, without their values.
pub(super) fn identity<T: Number>(parameters: &Parameters<T>) -> Vec<Identity> {
    let of = |own: &Parameter<T>| Identity {
        name: own.name().to_owned(),
        shape: own.value().shape().to_vec(),
        rules: own.rules(),
    };
    parameters.iter().map(of).collect()
}

/// What samples are, by their numbers.
pub(super) fn samples(split: &Split) -> Samples {
    let parts = [&split.train, &split.validation, &split.calibration];
    let mut checksum = Checksum::default();
    for part in parts {
        checksum.update(&(part.len() as u64).to_le_bytes());
        part.iter().for_each(|sample| checksum.update(&sample.to_le_bytes()));
    }
    let [train, validation, calibration] = parts.map(Vec::len);
    Samples { train, validation, calibration, crc32: checksum.sum() }
}
