//! The machine: its processor, its load, the bandwidth of its memory, and the memory of this process. `None` where the
//! system gives no value.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::host::{available, used};
use crate::threads::together;

/// Bytes of each of the two arrays of [`copy_bandwidth`]: far beyond any cache.
const COPIED: usize = 256 << 20;
/// Number of copies, of which the fastest counts.
const COPIES: u32 = 6;

/// The name of the processor.
pub fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches([' ', '\t', ':']).trim().to_owned())
}

/// Mean number of processes that were ready to run in the last minute.
pub fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

/// The peak of this process's memory so far, bytes.
pub fn peak_memory() -> Option<u64> {
    used().map(|(_, peak)| peak)
}

/// Bytes of the last-level cache that the first core sees.
pub fn last_level_cache() -> Option<u64> {
    let size = |index: u32| {
        let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/size");
        let text = std::fs::read_to_string(path).ok()?;
        text.trim().strip_suffix('K')?.parse::<u64>().ok().map(|kib| kib * 1024)
    };
    (0..8).filter_map(size).max()
}

/// Bytes per second, read and written together, that `threads` threads reach when they copy 256 MiB (McCalpin 1995,
/// STREAM, "copy"); the best of several copies. `None` where there is too little memory or no thread for it.
pub fn copy_bandwidth(threads: u32) -> Option<f64> {
    if available().is_some_and(|free| free < 3 * COPIED as u64) {
        return None;
    }
    let (from, mut to) = (vec![1u64; COPIED / 8], vec![0u64; COPIED / 8]);
    let share = from.len().div_ceil(threads.max(1) as usize);
    // The first copy touches the pages of the target and is not counted.
    let copies = (0..=COPIES).map(|_| {
        let started = Instant::now();
        let shares: Vec<_> = from.chunks(share).zip(to.chunks_mut(share)).map(Mutex::new).collect();
        let copy = |member: usize| {
            let mut share = shares[member].lock().unwrap_or_else(PoisonError::into_inner);
            let (from, to) = &mut *share;
            to.copy_from_slice(std::hint::black_box(from));
        };
        together(shares.len(), "copy", copy, || copy(0)).ok()?;
        drop(shares);
        std::hint::black_box(&mut to);
        Some(started.elapsed().as_secs_f64())
    });
    let best = copies.skip(1).try_fold(f64::INFINITY, |best, taken| Some(f64::min(best, taken?)))?;
    Some(2.0 * COPIED as f64 / best)
}
