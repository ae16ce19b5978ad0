//! What a checkpoint identifies a model and its samples by.

use serde::{Deserialize, Serialize};

use super::batches::Split;
use super::parameter::Parameter;
use super::parameters::Parameters;
use crate::files::Checksum;
use crate::number::Number;

/// A parameter without its values; its fields are in checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ParameterIdentity {
    pub name: String,
    pub shape: Vec<usize>,
    /// CRC-32 of its constraints, see [`Parameter::rules_checksum`].
    pub rules: u32,
}

/// The samples of a split: how many there are of each use, and a checksum of their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SplitIdentity {
    pub train: usize,
    pub validation: usize,
    pub calibration: usize,
    pub crc32: u32,
}

/// The identities of all parameters, in their order.
pub(super) fn parameter_identities<T: Number>(parameters: &Parameters<T>) -> Vec<ParameterIdentity> {
    let of = |own: &Parameter<T>| ParameterIdentity {
        name: own.name().to_owned(),
        shape: own.value().shape().to_vec(),
        rules: own.rules_checksum(),
    };
    parameters.iter().map(of).collect()
}

/// The identity of a split.
pub(super) fn split_identity(split: &Split) -> SplitIdentity {
    let parts = [&split.train, &split.validation, &split.calibration];
    let mut checksum = Checksum::default();
    for part in parts {
        checksum.update(&(part.len() as u64).to_le_bytes());
        part.iter().for_each(|sample| checksum.update(&sample.to_le_bytes()));
    }
    let [train, validation, calibration] = parts.map(Vec::len);
    SplitIdentity { train, validation, calibration, crc32: checksum.sum() }
}
