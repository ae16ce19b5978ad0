//! Spikes between those who own shards: at the end of each epoch everyone hands over what his shards fired, waits for the
//! others, and notes what all fired; and with it the signals of continuous couplings.
//!
//! `threads` is the exchange of the threads of one process, through shared lists and a `barrier`; `loopback` that of
//! players with shards of their own, each in a thread, by messages alone, as between the processes of a cluster. What delays
//! still have to deliver is kept in a [`History`]. What may not live here: what a shard does with spikes.

use crate::error::Result;
use crate::schedule::Epoch;

mod barrier;
mod history;
pub mod loopback;
pub(crate) mod threads;

pub use barrier::{Barrier, Verdict};
pub use history::History;

/// What a shard gives the others of an epoch.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Its spikes: global ids, ascending, a list a step.
    pub fired: Vec<Vec<u32>>,
    /// Signals of its neurons at the end of each step, step by step, neuron by neuron; empty where none is coupled.
    pub signals: Vec<f64>,
}

impl Given {
    /// The signals of step `k` of an epoch of so many steps.
    fn signals_of(&self, k: usize, steps: u32) -> &[f64] {
        let each = self.signals.len() / steps.max(1) as usize;
        &self.signals[k * each..(k + 1) * each]
    }
}

/// One member's end of an exchange. Members own ranges of neurons one behind the other, and call these methods in turn, once
/// for each epoch, all for the same epochs.
pub trait Exchange: Send + std::fmt::Debug {
    /// Hands over what shard `shard` of this member, counted from its first, gives of `epoch`; `given` becomes one to write
    /// over.
    fn publish(&mut self, epoch: Epoch, shard: usize, given: &mut Given);

    /// Waits until all members have handed over what all of their shards give. The same verdict for all.
    ///
    /// # Errors
    /// A member that is gone.
    fn wait(&mut self) -> Result<Verdict>;

    /// What all members gave of `epoch`, into `history`, in the order of neurons.
    ///
    /// # Errors
    /// A member that is gone.
    fn note(&mut self, epoch: Epoch, history: &mut History) -> Result<()>;
}
