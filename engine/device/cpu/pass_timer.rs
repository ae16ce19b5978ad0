//! The time that the passes of one thread take, where a run is profiled.

use std::time::{Duration, Instant};

use crate::device::PassTime;

/// What a thread has done since the last lap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing that is timed.
    Start,
    /// It has added row blocks into rings.
    Propagate,
    /// It has stepped neurons, with their stimuli and samples.
    Integrate,
    /// It has waited for other threads.
    Wait,
    /// It has noted spikes in the history.
    Note,
}

/// A stopwatch with a sum for each phase; it does nothing unless it is running.
#[derive(Debug, Default)]
pub struct PassTimer {
    /// The time of the last lap, if the timer is running.
    last: Option<Instant>,
    /// Number of laps and time of each phase but `Start`.
    sums: [(u64, Duration); 4],
}

impl PassTimer {
    /// A timer that is running.
    pub fn running() -> PassTimer {
        PassTimer { last: Some(Instant::now()), sums: Default::default() }
    }

    /// Ends a lap, and adds the time since the last one to the sum of `phase`.
    #[inline]
    pub fn lap(&mut self, phase: Phase) {
        let Some(last) = &mut self.last else { return };
        let now = Instant::now();
        let taken = now - std::mem::replace(last, now);
        if phase != Phase::Start {
            let sum = &mut self.sums[phase as usize - 1];
            *sum = (sum.0 + 1, sum.1 + taken);
        }
    }

    /// The time of each phase that has occurred.
    pub fn times(&self) -> Vec<PassTime> {
        let names = ["propagate", "integrate", "wait for threads", "note spikes"];
        let times = names.iter().zip(self.sums).filter(|(_, (calls, _))| *calls > 0);
        times.map(|(name, (calls, sum))| PassTime { name: (*name).into(), calls, seconds: sum.as_secs_f64() }).collect()
    }
}
