//! What synapses that learn hold, whoever plays them: `held` in the hands of the owner of their targets, `past` the spikes
//! of a target that its synapses have yet to see, `memory` the same as words of a checkpoint, and for people.

pub(super) mod held;
pub(super) mod memory;
pub(super) mod past;

pub(super) use held::{Held, targets};

use crate::spike::Spike;

/// The spikes among `recent` that synapses have not taken at the end of step `step`: those that cannot have arrived yet.
pub(super) fn pending(recent: &[Spike], step: u64, min_delay: u32) -> &[Spike] {
    let taken = recent.partition_point(|spike| u64::from(spike.step) + u64::from(min_delay) <= step);
    &recent[taken..]
}
