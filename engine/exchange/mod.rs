//! The exchange of spikes between the owners of shards: at the end of each epoch each hands over the spikes of its
//! shards, waits for the others, and notes the spikes of all; and with them the signals of continuous couplings.
//!
//! `threads` is the exchange of the threads of one process, through shared lists and a `barrier`; `loopback` that of
//! players with shards of their own, each in a thread, by messages alone, as between the processes of a cluster. Spikes
//! and signals are kept in a [`History`] as far back as delays reach. What may not live here: what a shard does with
//! spikes.

use crate::error::Result;
use crate::schedule::Epoch;

mod barrier;
mod history;
pub mod loopback;
pub(crate) mod threads;

pub use barrier::{Barrier, Verdict};
pub use history::History;

/// What a shard gives the others in an epoch.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Per step, global ids of its neurons that fired, ascending.
    pub fired: Vec<Vec<u32>>,
    /// Signals of its neurons at the end of each step, step by step, neuron by neuron; empty where none is coupled.
    pub signals: Vec<f64>,
}

impl Given {
    /// The signals of step `k` of an epoch of `steps` steps.
    fn signals_of(&self, k: usize, steps: u32) -> &[f64] {
        let each = self.signals.len() / steps.max(1) as usize;
        &self.signals[k * each..(k + 1) * each]
    }
}

/// One member's end of an exchange. Members own successive ranges of neurons. For each epoch, all for the same ones, a
/// member calls `publish` for each of its shards, `wait`, and `note`.
pub trait Exchange: Send + std::fmt::Debug {
    /// Hands over what shard `shard` of this member, counted from its first, gives in `epoch`; the contents of `given`
    /// are then to be overwritten.
    fn publish(&mut self, epoch: Epoch, shard: usize, given: &mut Given);

    /// Waits until all members have handed over what their shards give, and returns the same verdict to all.
    ///
    /// # Errors
    /// A member that has ended.
    fn wait(&mut self) -> Result<Verdict>;

    /// Writes what all members gave in `epoch` into `history`, in the order of neurons.
    ///
    /// # Errors
    /// A member that has ended.
    fn note(&mut self, epoch: Epoch, history: &mut History) -> Result<()>;
}
