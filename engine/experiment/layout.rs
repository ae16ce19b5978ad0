//! `[plan]`: the options of how a network is laid out.

use crate::error::{Error, Result};
use crate::experiment::keys::PlanKeys;
use crate::experiment::value::{Whole, chosen};
use crate::plan::cost::budget::checked_block;
use crate::plan::{Delivery, PlanOptions, Storage, SynapseFormat};

impl PlanKeys {
    /// Whether no key is given.
    pub(crate) fn is_empty(&self) -> bool {
        *self == PlanKeys::default()
    }
}

/// The options that `keys` ask for; `place` is the table, for errors.
pub(crate) fn plan_options(keys: &PlanKeys, place: &str) -> Result<PlanOptions> {
    let block = keys.block.map(|Whole(block)| checked_block(block, place)).transpose()?;
    let mut options = PlanOptions { block, ..PlanOptions::default() };
    options.format = chosen("packing", &keys.packing, place, SynapseFormat::ALL, SynapseFormat::name)?;
    options.storage = match keys.rows.as_deref().unwrap_or("auto") {
        "auto" => Storage::Auto,
        "stored" => Storage::Stored,
        "procedural" | "drawn" => Storage::Procedural,
        other => return Err(Error::unknown("kind of rows", other, place, &["auto", "stored", "procedural"])),
    };
    options.delivery = match keys.delivery.as_deref().unwrap_or("auto") {
        "auto" => Delivery::Auto,
        "direct" => Delivery::Direct,
        "sorted" => Delivery::Sorted,
        other => return Err(Error::unknown("delivery", other, place, &["auto", "direct", "sorted"])),
    };
    options.skip_idle = match keys.rest.as_deref().unwrap_or("skipped") {
        "skipped" => true,
        "stepped" => false,
        other => return Err(Error::unknown("rest", other, place, &["skipped", "stepped"])),
    };
    options.memory = keys.memory.as_deref().map(|text| parse_size("memory", text, place)).transpose()?;
    Ok(options)
}

/// A size in bytes from a text such as "6GiB", "500 MB" or "1e9", which is the value of `key`.
pub(crate) fn parse_size(key: &str, text: &str, place: &str) -> Result<u64> {
    let problem = || Error::invalid(place, format!("{key} = '{text}' is no size; write it as 6GiB, 500MB or in bytes"));
    crate::files::size(text).ok_or_else(problem)
}
