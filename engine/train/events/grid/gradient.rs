//! What going back gives.

/// What the adjoint does at an event. Each can be left out, to see what it is worth: a gradient without it is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GridJump {
    /// A spike that comes later arrives later: what that does to its targets.
    Arrival,
    /// A spike that comes later lets the potential go later.
    Release,
    /// A potential that is held does not answer its currents.
    Held,
}

/// The gradient of a loss by what a plan holds.
#[derive(Debug, Clone, PartialEq)]
pub struct GridGradient<R> {
    /// The loss.
    pub loss: f64,
    /// By the weight of each synapse, 1/pA (the loss over the unit of weights), in the order of
    /// [`Plan::each_synapse`](crate::plan::Plan::each_synapse): shard by shard, source by source.
    pub weights: Vec<R>,
    /// By the delay of each synapse, 1/ms, in the same order.
    pub delays: Vec<R>,
    /// By the time of each spike of the run, 1/ms, in the order of the spikes.
    pub spikes: Vec<R>,
    /// Spikes whose neuron came to threshold with no slope that the grid resolves; they were taken as immovable.
    pub grazing: u64,
}
