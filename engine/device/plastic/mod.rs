//! What synapses that learn hold, whoever plays them: `held` in the hands of the owner of their targets, `past` the spikes
//! of a target that its synapses have yet to see, `memory` the same as words of a checkpoint, and for people.

pub(super) mod held;
pub(super) mod memory;
pub(super) mod past;

pub(super) use held::{Held, targets};
