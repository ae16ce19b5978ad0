//! Spikes: who fired, and when.

/// A spike of one neuron. Spikes are ordered by step, then by neuron.
///
/// Two 32-bit words as devices write them and files hold them, so that a list of spikes is one array of words.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Spike {
    /// The step in which it was emitted: the end of the update that brought the neuron to threshold, 1 at the earliest.
    pub step: u32,
    /// The global id of the neuron, counted over all populations.
    pub id: u32,
}

impl Spike {
    /// The spike of neuron `id` in `step`.
    pub const fn new(step: u32, id: u32) -> Spike {
        Spike { step, id }
    }
}
