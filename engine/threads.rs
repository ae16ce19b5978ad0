//! Threads: how many cores are free, and work that several threads do at once.

use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::Builder;

use crate::error::{Error, Result};

/// Looks at the load before a core counts as taken: what runs for microseconds now and then takes none.
const LOOKS: u32 = 3;

/// What threads do that build a network.
pub const BUILDING: &str = "build the network";

/// Cores that this process may use and nobody else does at this moment, the caller's among them. Where the system does
/// not tell its load, as only Linux does, all that it may use.
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

/// Threads of the whole machine that run or want to, the caller among them: "1" of `0.24 0.40 0.44 1/93 21182`.
fn running() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().nth(3)?.split('/').next()?.parse().ok()
}

/// Cores of the whole machine: 6 where the system says `0-3,6-7`.
fn online() -> Option<usize> {
    let text = std::fs::read_to_string("/sys/devices/system/cpu/online").ok()?;
    let count = |range: &str| -> Option<usize> {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        (last.parse::<usize>().ok()? + 1).checked_sub(first.parse().ok()?)
    };
    text.trim().split(',').map(count).sum()
}

/// Does `own` on this thread and `help` on `members - 1` more, with numbers from 1, at the same time; returns what `own`
/// makes once all have ended. `what` says what they do.
///
/// # Errors
/// A system that gives no more threads; nothing has been begun then.
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
                    gate.0.store(HOME, Ordering::Release);
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

const SHUT: u8 = 0;
const OPEN: u8 = 1;
const HOME: u8 = 2;

/// Where threads wait until it is known that there are enough of them.
struct Gate(AtomicU8);

impl Gate {
    /// Waits; whether there is anything to do.
    fn pass(&self) -> bool {
        loop {
            match self.0.load(Ordering::Acquire) {
                SHUT => std::thread::yield_now(),
                told => return told == OPEN,
            }
        }
    }
}
