//! The native player: threads own shards, so no atomics; the same spikes for any number of threads.
//!
//! An epoch has three parts. Each thread delivers to its shards what older spikes send into the epoch, integrates them,
//! and publishes their spikes; one thread merges these into the history; each thread delivers the new spikes' first
//! delay block to its shards. Only a shard's owner writes its ring.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use crate::device::{Played, Player};
use crate::error::Result;
use crate::number::Number;
use crate::plan::Plan;
use crate::schedule::{Epoch, epochs};

mod history;
pub mod integrate;
mod shard;

use history::History;
use shard::OwnedShard;

/// The native player of a plan.
#[derive(Debug)]
pub struct Cpu<R: Number> {
    plan: Plan<R::Fixed>,
    shards: Vec<OwnedShard<R>>,
    history: History,
    threads: usize,
    step: u64,
}

impl<R: Number> Cpu<R> {
    /// A player on `threads` threads (at least 1).
    pub fn new(plan: Plan<R::Fixed>, threads: u32) -> Cpu<R> {
        let shards = plan.shards.iter().map(|shard| OwnedShard::new(&plan, shard)).collect();
        let history = History::new(plan.blocks * plan.block + plan.block);
        Cpu { threads: threads.max(1) as usize, shards, history, plan, step: 0 }
    }
}

impl<R: Number> Player for Cpu<R> {
    fn play(&mut self, steps: u32) -> Result<Played> {
        let until = self.step + u64::from(steps);
        let threads = self.threads.min(self.shards.len()).max(1);
        let share = self.shards.len().div_ceil(threads);
        let published: Vec<Mutex<Vec<Vec<u32>>>> = self.shards.iter().map(|_| Mutex::default()).collect();
        let spikes = Mutex::new(Vec::new());
        let history = RwLock::new(std::mem::replace(&mut self.history, History::new(0)));
        let owners = self.shards.chunks_mut(share).zip(published.chunks(share));
        let team = Team {
            plan: &self.plan,
            epochs: epochs(self.step, until, self.plan.min_delay, self.plan.block).collect(),
            published: &published,
            history: &history,
            spikes: &spikes,
            barrier: Barrier::new(owners.len()),
        };
        std::thread::scope(|scope| {
            let mut owners = owners.enumerate();
            let own = owners.next();
            for (index, (shards, slots)) in owners {
                let team = &team;
                scope.spawn(move || team.work(index, shards, slots));
            }
            if let Some((index, (shards, slots))) = own {
                team.work(index, shards, slots);
            }
        });
        self.history = history.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.step = until;
        let mut played =
            Played { spikes: spikes.into_inner().unwrap_or_else(PoisonError::into_inner), ..Played::default() };
        played.samples =
            self.plan.probes.iter().enumerate().map(|(p, _)| shard::join_samples(&mut self.shards, p)).collect();
        played.fault = self.shards.iter_mut().filter_map(|s| s.take_fault()).min();
        Ok(played)
    }

    fn state(&mut self, population: usize, variable: usize) -> Result<Vec<f64>> {
        let parts = self.plan.shards.iter().zip(&self.shards);
        Ok(parts.flat_map(|(plan, shard)| shard.state(plan, population, variable)).collect())
    }

    fn longest_batch(&self) -> u32 {
        1000
    }

    fn describe(&self) -> String {
        let (threads, bits) = (self.threads, 8 * std::mem::size_of::<R>());
        format!("CPU, {threads} thread{}, f{bits}", if threads == 1 { "" } else { "s" })
    }
}

/// What the threads of one batch share.
struct Team<'a, R: Number> {
    plan: &'a Plan<R::Fixed>,
    epochs: Vec<Epoch>,
    /// Per shard, the spikes of each step of the epoch.
    published: &'a [Mutex<Vec<Vec<u32>>>],
    history: &'a RwLock<History>,
    spikes: &'a Mutex<Vec<(u32, u32)>>,
    barrier: Barrier,
}

impl<R: Number> Team<'_, R> {
    /// What thread `index` does for its shards, epoch by epoch.
    fn work(&self, index: usize, shards: &mut [OwnedShard<R>], slots: &[Mutex<Vec<Vec<u32>>>]) {
        let first = shards.first().map_or(0, |s| s.index(self.plan));
        for &epoch in &self.epochs {
            for (i, (shard, slot)) in shards.iter_mut().zip(slots).enumerate() {
                let rows = &self.plan.shards[first + i];
                {
                    let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
                    shard.deliver_older(self.plan, rows, &history, epoch);
                }
                shard.integrate(self.plan, rows, epoch, &mut locked(slot));
            }
            self.barrier.wait();
            if index == 0 {
                self.merge(epoch);
            }
            self.barrier.wait();
            let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
            for (i, shard) in shards.iter_mut().enumerate() {
                shard.deliver_new(self.plan, &self.plan.shards[first + i], &history, epoch);
            }
        }
    }

    /// Spikes of all shards into the history; shards are in the order of their neurons, so the lists are sorted.
    fn merge(&self, epoch: Epoch) {
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        let mut spikes = locked(self.spikes);
        for k in 0..epoch.steps {
            let step = epoch.first + 1 + u64::from(k);
            let list = history.start(step);
            for slot in self.published {
                list.extend_from_slice(&locked(slot)[k as usize]);
            }
            spikes.extend(list.iter().map(|&id| (step as u32, id)));
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A barrier that spins for a moment and then yields: epochs last microseconds, shorter than a sleep.
struct Barrier {
    members: usize,
    arrived: AtomicUsize,
    round: AtomicUsize,
}

impl Barrier {
    fn new(members: usize) -> Barrier {
        Barrier { members, arrived: AtomicUsize::new(0), round: AtomicUsize::new(0) }
    }

    fn wait(&self) {
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.members {
            self.arrived.store(0, Ordering::Release);
            self.round.fetch_add(1, Ordering::AcqRel);
            return;
        }
        let mut spins = 0u32;
        while self.round.load(Ordering::Acquire) == round {
            spins += 1;
            if spins < 2000 { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
    }
}
