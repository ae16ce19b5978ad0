//! The device, the threads, the options and the memory of a network that is to be built.

use crate::device::{Device, Kind};
use crate::error::{Error, Result};
use crate::host::{available, used};
use crate::network::Network;
use crate::plan::{LayoutReport, PlanOptions};

/// Largest share of the free memory that a network takes, unless the options give a limit.
const MEMORY_SHARE: f64 = 0.85;

/// The options with a limit of memory: theirs, or a share of the free memory.
pub(super) fn with_memory_limit(options: &PlanOptions) -> PlanOptions {
    let free = || available().map(|free| (free as f64 * MEMORY_SHARE) as u64);
    PlanOptions { memory: options.memory.or_else(free), ..options.clone() }
}

/// The device that plays `network`, its number of threads, and the options for both.
pub(super) fn resolve_device(
    network: &Network,
    device: Device,
    options: &PlanOptions,
) -> Result<(Device, u32, PlanOptions)> {
    if network.neurons() == 0 {
        let problem = "there is no population; add one before building";
        return Err(Error::invalid("network", problem));
    }
    let device = device.resolve(network)?;
    let threads = device.threads_for(network);
    let mut options = with_memory_limit(options);
    // Building uses all cores that the device may use.
    let builders = device.builders();
    options.threads = options.threads.max(builders);
    options.copies = if device.kind == Kind::Cpu { options.copies.clamp(1, builders.max(1)) } else { 1 };
    if device.kind == Kind::Cpu {
        options.shards = options.shards.max(threads);
    }
    Ok((device, threads, options))
}

/// The outline that `make` gives, with the memory of the program before and the peak of it.
pub(super) fn with_program_memory(make: impl FnOnce() -> Result<LayoutReport>) -> Result<LayoutReport> {
    let before = used().map_or(0, |(now, _)| now);
    Ok(make()?.of_program(before, used().map_or(0, |(_, most)| most)))
}
