//! Threads: how many cores are free, and work that several threads do at once.

use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::Builder;

use crate::error::{Error, Result};

/// How often the load is read before a core counts as taken: a program that runs for microseconds now and then takes
/// none.
const LOOKS: u32 = 3;

/// The work of threads that build a network, for messages.
pub const BUILDING: &str = "build the network";

/// The number of cores that this process may use and that no other program uses at this moment, the caller's core
/// included. Where the system does not say its load (only Linux does), all cores that it may use.
pub fn free_cores() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let most = online().unwrap_or(cores);
    let free = |running: usize| (most + 1).saturating_sub(running).clamp(1, cores);
    let mut found = 1;
    for _ in 0..LOOKS {
        let Some(running) = running() else { return cores };
        found = found.max(free(running));
        if found == cores {
            break;
        }
    }
    found
}

/// The number of threads of the whole machine that run or are ready to, the caller included: 1 where the system says
/// `0.24 0.40 0.44 1/93 21182`.
fn running() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().nth(3)?.split('/').next()?.parse().ok()
}

/// The number of cores of the whole machine: 6 where the system says `0-3,6-7`.
fn online() -> Option<usize> {
    let text = std::fs::read_to_string("/sys/devices/system/cpu/online").ok()?;
    let count = |range: &str| -> Option<usize> {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        (last.parse::<usize>().ok()? + 1).checked_sub(first.parse().ok()?)
    };
    text.trim().split(',').map(count).sum()
}

/// Runs `own` on this thread and at the same time `help` on `members - 1` others, with their numbers from 1 on. Returns
/// the result of `own` once all have ended. `what` says what they do, for messages.
///
/// # Errors
/// [`Error::Threads`] where the system gives no more threads; nothing has been begun then. [`Error::Internal`] where a
/// thread panicked.
pub fn together<T>(members: usize, what: &str, help: impl Fn(usize) + Sync, own: impl FnOnce() -> T) -> Result<T> {
    if members <= 1 {
        return Ok(own());
    }
    let gate = Gate(AtomicU8::new(SHUT));
    std::thread::scope(|scope| {
        let mut others = Vec::new();
        for member in 1..members {
            let (help, gate) = (&help, &gate);
            let work = move || {
                if gate.pass() {
                    help(member)
                }
            };
            match Builder::new().name(what.into()).spawn_scoped(scope, work) {
                Ok(other) => others.push(other),
                Err(reason) => {
                    gate.0.store(CANCELLED, Ordering::Release);
                    return Err(Error::threads(format!("{what}, {member} of {members}"), reason));
                }
            }
        }
        gate.0.store(OPEN, Ordering::Release);
        let made = own();
        let ended = others.into_iter().all(|other| other.join().is_ok());
        if ended { Ok(made) } else { Err(Error::Internal(format!("a thread stopped: {what}"))) }
    })
}

/// States of a [`Gate`]: threads wait, threads work, threads end without working.
const SHUT: u8 = 0;
const OPEN: u8 = 1;
const CANCELLED: u8 = 2;

/// Where threads wait until it is known that there are enough of them.
struct Gate(AtomicU8);

impl Gate {
    /// Waits until the gate is open or cancelled, and returns whether it is open.
    fn pass(&self) -> bool {
        loop {
            match self.0.load(Ordering::Acquire) {
                SHUT => std::thread::yield_now(),
                state => return state == OPEN,
            }
        }
    }
}
