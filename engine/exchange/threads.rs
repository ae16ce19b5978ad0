//! The exchange of the threads of one process: a list for each shard that its owner swaps in and all others read, and
//! one barrier an epoch.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::error::{Error, Result};
use crate::exchange::barrier::{Barrier, Verdict};
use crate::exchange::{Exchange, Given, History};
use crate::schedule::Epoch;
use crate::tile::MAX_EPOCH;

/// What the threads of one process share.
#[derive(Debug)]
pub struct Threads<'a> {
    /// Per shard, what it gives in an epoch; epochs use two sets in turn, so that one barrier per epoch is enough.
    published: [Vec<Mutex<Given>>; 2],
    barrier: Barrier,
    /// The exchange with other processes, if there is one.
    beyond: Option<Mutex<Beyond<'a>>>,
}

/// The exchange with other processes; in each epoch the first thread that comes does it for all.
#[derive(Debug)]
struct Beyond<'a> {
    exchange: &'a mut dyn Exchange,
    /// The last epoch that was exchanged.
    epoch: Option<Epoch>,
    /// The spikes and signals of all processes in that epoch.
    received: History,
    /// Why the exchange failed, until one thread has reported it.
    failed: Option<Error>,
    /// Whether it failed, reported or not.
    ended: bool,
}

impl<'a> Threads<'a> {
    /// The shared part of an exchange of `members` threads with `shards` shards in all, which stay together until
    /// `until`, or for good; `beyond` is this process's end of an exchange with others.
    pub fn new(
        shards: usize,
        members: usize,
        until: Option<Instant>,
        beyond: Option<&'a mut dyn Exchange>,
    ) -> Threads<'a> {
        let slots = || (0..shards).map(|_| Mutex::default()).collect();
        let beyond = beyond.map(|exchange| Beyond {
            exchange,
            epoch: None,
            received: History::new(MAX_EPOCH),
            failed: None,
            ended: false,
        });
        Threads { published: [slots(), slots()], barrier: Barrier::new(members, until), beyond: beyond.map(Mutex::new) }
    }

    /// The end of the thread whose first shard is shard `first` of the process.
    pub fn member(&self, first: usize) -> Member<'_, 'a> {
        Member { threads: self, first, round: 0 }
    }
}

/// A thread's end of the exchange.
#[derive(Debug)]
pub struct Member<'t, 'a> {
    threads: &'t Threads<'a>,
    /// Index of the thread's first shard.
    first: usize,
    /// Number of epochs so far.
    round: usize,
}

impl Exchange for Member<'_, '_> {
    #[inline]
    fn publish(&mut self, _: Epoch, shard: usize, given: &mut Given) {
        std::mem::swap(given, &mut locked(&self.threads.published[self.round & 1][self.first + shard]));
    }

    #[inline]
    fn wait(&mut self) -> Result<Verdict> {
        Ok(self.threads.barrier.wait())
    }

    /// Shards are in the order of their neurons, so the lists are sorted.
    fn note(&mut self, epoch: Epoch, history: &mut History) -> Result<()> {
        let published = &self.threads.published[self.round & 1];
        self.round += 1;
        if let Some(beyond) = &self.threads.beyond {
            return locked(beyond).note(published, epoch, history, self.first == 0);
        }
        history.begin_epoch(epoch);
        for slot in published {
            let given = locked(slot);
            for (k, fired) in given.fired.iter().enumerate().take(epoch.steps as usize) {
                history.extend(epoch.first + 1 + k as u64, fired);
            }
            for k in (0..epoch.steps as usize).filter(|_| !given.signals.is_empty()) {
                history.extend_signals(epoch.first + 1 + k as u64, given.signals_of(k, epoch.steps));
            }
        }
        Ok(())
    }
}

impl Beyond<'_> {
    /// Exchanges `epoch` with other processes unless another thread has, and copies the spikes and signals of all into
    /// `history`. Where this fails, the thread that is `first` gets the reason.
    fn note(&mut self, published: &[Mutex<Given>], epoch: Epoch, history: &mut History, first: bool) -> Result<()> {
        if self.epoch != Some(epoch) {
            self.epoch = Some(epoch);
            self.failed = self.exchange(published, epoch).err();
            self.ended = self.failed.is_some();
        }
        if self.ended {
            // The threads that come later must end, too: they would wait at the barrier for ever.
            let reason = if first { self.failed.take() } else { None };
            return Err(reason.unwrap_or_else(reported_elsewhere));
        }
        history.copy_epoch(epoch, &self.received);
        Ok(())
    }

    /// Exchanges `epoch` with other processes.
    fn exchange(&mut self, published: &[Mutex<Given>], epoch: Epoch) -> Result<()> {
        for (shard, slot) in published.iter().enumerate() {
            self.exchange.publish(epoch, shard, &mut locked(slot));
        }
        self.exchange.wait()?;
        self.exchange.note(epoch, &mut self.received)
    }
}

/// The error of threads that do not report the reason.
fn reported_elsewhere() -> Error {
    Error::Internal("another thread knows why the exchange of spikes has ended".into())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The end of an exchange whose others are gone.
    #[derive(Debug)]
    struct Gone;

    impl Exchange for Gone {
        fn publish(&mut self, _: Epoch, _: usize, _: &mut Given) {}
        fn wait(&mut self) -> Result<Verdict> {
            Err(Error::Device("gone".into()))
        }
        fn note(&mut self, _: Epoch, _: &mut History) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn where_the_exchange_fails_every_thread_leaves_and_the_first_says_why() {
        for order in [[0, 1], [1, 0]] {
            let mut gone = Gone;
            let threads = Threads::new(2, 2, None, Some(&mut gone));
            let epoch = Epoch { first: 0, steps: 1 };
            for first in order {
                let told = threads.member(first).note(epoch, &mut History::new(MAX_EPOCH)).err();
                let told = told.map(|error| error.to_string()).unwrap_or_default();
                assert!(!told.is_empty() && told.contains("gone") == (first == 0), "{told}");
            }
        }
    }
}
