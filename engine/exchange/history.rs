//! The spikes and the signals of the last steps, as far back as delays reach.

use crate::schedule::Epoch;

/// The spikes and the signals of the last steps.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Per slot, global ids of the neurons that fired in a step.
    lists: Vec<Vec<u32>>,
    /// Per slot, the signals at the end of a step.
    signals: Vec<Vec<f64>>,
}

impl History {
    /// An empty history with room for `steps` steps, rounded up to a power of two.
    pub fn new(steps: u32) -> History {
        let slots = steps.next_power_of_two() as usize;
        History { lists: vec![Vec::new(); slots], signals: vec![Vec::new(); slots] }
    }

    fn slot(&self, step: u64) -> usize {
        (step & (self.lists.len() as u64 - 1)) as usize
    }

    /// The list of the spikes of `step`, emptied; it replaces that of an earlier step.
    pub fn begin_step(&mut self, step: u64) -> &mut Vec<u32> {
        let slot = self.slot(step);
        self.lists[slot].clear();
        &mut self.lists[slot]
    }

    /// Empties the spikes and signals of the steps of `epoch`.
    pub fn begin_epoch(&mut self, epoch: Epoch) {
        for k in 0..epoch.steps {
            self.begin_step(epoch.first + 1 + u64::from(k));
            self.begin_signals(epoch.first + 1 + u64::from(k));
        }
    }

    /// Copies the spikes and signals of the steps of `epoch` from another history.
    pub fn copy_epoch(&mut self, epoch: Epoch, from: &History) {
        for step in epoch.first + 1..=epoch.first + u64::from(epoch.steps) {
            self.begin_step(step).extend_from_slice(from.at(step));
            self.begin_signals(step).extend_from_slice(from.signals(step));
        }
    }

    /// Appends the neurons `fired` to those that fired in `step`.
    pub fn extend(&mut self, step: u64, fired: &[u32]) {
        let slot = self.slot(step);
        self.lists[slot].extend_from_slice(fired);
    }

    /// The signals of `step`, emptied; they replace those of an earlier step.
    pub fn begin_signals(&mut self, step: u64) -> &mut Vec<f64> {
        let slot = self.slot(step);
        self.signals[slot].clear();
        &mut self.signals[slot]
    }

    /// Appends `signals` to those of `step`.
    pub fn extend_signals(&mut self, step: u64, signals: &[f64]) {
        let slot = self.slot(step);
        self.signals[slot].extend_from_slice(signals);
    }

    /// The signals at the end of `step`, in the order of neurons.
    pub fn signals(&self, step: u64) -> &[f64] {
        &self.signals[self.slot(step)]
    }

    /// Global ids of the neurons that fired in `step`, ascending.
    pub fn at(&self, step: u64) -> &[u32] {
        &self.lists[self.slot(step)]
    }
}
