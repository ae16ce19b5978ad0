//! A barrier that spins for a moment, then sleeps: epochs last microseconds, shorter than a sleep, unless another
//! program holds a core. In each round the thread that arrives last decides for all whether the team stays together.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Number of spins before a thread goes to sleep: some 50 us where a pause takes 10 cycles, 0.5 ms on an EPYC
/// (measured).
const SPINS: u32 = 20_000;
/// Time asleep that does not count: a hiccup of the machine.
const FORGIVEN: Duration = Duration::from_millis(1);
/// A team may have a thread asleep for one of this many parts of its time.
const SLEEPY: u32 = 4;

/// What a team does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    On = 0,
    /// It ends, because its time is up.
    Up = 1,
    /// It ends, because threads waited too long for one of them: another program holds a core.
    Late = 2,
}

/// A barrier of a fixed number of threads.
#[derive(Debug)]
pub struct Barrier {
    /// Number of threads.
    members: u32,
    /// Number of threads that have arrived in this round.
    arrived: AtomicU32,
    /// Four times the number of rounds so far, plus the verdict of the last.
    round: AtomicU32,
    sleep: Mutex<Sleep>,
    woken: Condvar,
    /// When the barrier was made.
    began: Instant,
    /// When the team's time is up, if ever.
    until: Option<Instant>,
}

/// The threads that sleep at a barrier.
#[derive(Debug, Default)]
struct Sleep {
    /// Their number.
    sleepers: u32,
    /// When the first of this round fell asleep.
    since: Option<Instant>,
    /// The time for which at least one thread slept, in all rounds.
    total: Duration,
}

impl Barrier {
    /// A barrier of `members` threads that stay together until `until`, or for good.
    pub fn new(members: usize, until: Option<Instant>) -> Barrier {
        Barrier {
            members: members as u32,
            arrived: AtomicU32::new(0),
            round: AtomicU32::new(0),
            sleep: Mutex::default(),
            woken: Condvar::new(),
            began: Instant::now(),
            until,
        }
    }

    /// Waits until all members have called this; returns the same verdict to all.
    pub fn wait(&self) -> Verdict {
        if self.members == 1 {
            return self.verdict_by_time();
        }
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.members {
            return self.open(round);
        }
        for _ in 0..SPINS {
            let now = self.round.load(Ordering::Acquire);
            if now != round {
                return verdict(now);
            }
            std::hint::spin_loop();
        }
        let mut sleep = self.sleep.lock().unwrap_or_else(PoisonError::into_inner);
        sleep.sleepers += 1;
        loop {
            let now = self.round.load(Ordering::Acquire);
            if now != round {
                sleep.sleepers -= 1;
                return verdict(now);
            }
            sleep.since.get_or_insert_with(Instant::now);
            sleep = self.woken.wait(sleep).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Decides the verdict of `round` and releases all threads, for the one that arrived last.
    fn open(&self, round: u32) -> Verdict {
        self.arrived.store(0, Ordering::Relaxed);
        // A thread that falls asleep holds the lock while it reads the round, so none misses the call.
        let mut sleep = self.sleep.lock().unwrap_or_else(PoisonError::into_inner);
        let verdict = self.decide(&mut sleep);
        self.round.store((round & !3).wrapping_add(4) | verdict as u32, Ordering::Release);
        if sleep.sleepers > 0 {
            self.woken.notify_all();
        }
        verdict
    }

    /// The verdict of a round.
    fn decide(&self, sleep: &mut Sleep) -> Verdict {
        if let Some(since) = sleep.since.take() {
            sleep.total += since.elapsed();
            if sleep.total > FORGIVEN + self.began.elapsed() / SLEEPY {
                return Verdict::Late;
            }
        }
        self.verdict_by_time()
    }

    /// Whether the team's time is up.
    fn verdict_by_time(&self) -> Verdict {
        if self.until.is_some_and(|until| Instant::now() >= until) { Verdict::Up } else { Verdict::On }
    }
}

/// The verdict in [`Barrier::round`].
fn verdict(round: u32) -> Verdict {
    match round & 3 {
        0 => Verdict::On,
        1 => Verdict::Up,
        _ => Verdict::Late,
    }
}
