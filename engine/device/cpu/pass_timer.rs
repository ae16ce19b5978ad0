//! The time that the passes of one thread take, where it is asked for.

use std::time::{Duration, Instant};

use crate::device::PassTime;

/// What ends at a lap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing.
    Start,
    /// Row blocks added into rings.
    Propagate,
    /// Neurons stepped, with their stimuli and samples.
    Integrate,
    /// Waiting for other threads.
    Wait,
    /// Spikes noted in the history.
    Note,
}

/// A stopwatch with a sum for each kind of lap; does nothing unless it is running.
#[derive(Debug, Default)]
pub struct PassTimer {
    last: Option<Instant>,
    sums: [(u64, Duration); 4],
}

impl PassTimer {
    /// A clock that measures.
    pub fn running() -> PassTimer {
        PassTimer { last: Some(Instant::now()), sums: Default::default() }
    }

    /// Ends a lap.
    #[inline]
    pub fn lap(&mut self, lap: Phase) {
        let Some(last) = &mut self.last else { return };
        let now = Instant::now();
        let taken = now - std::mem::replace(last, now);
        if lap != Phase::Start {
            let sum = &mut self.sums[lap as usize - 1];
            *sum = (sum.0 + 1, sum.1 + taken);
        }
    }

    /// The sums.
    pub fn times(&self) -> Vec<PassTime> {
        let names = ["propagate", "integrate", "wait for threads", "note spikes"];
        let times = names.iter().zip(self.sums).filter(|(_, (calls, _))| *calls > 0);
        times.map(|(name, (calls, sum))| PassTime { name: (*name).into(), calls, seconds: sum.as_secs_f64() }).collect()
    }
}
