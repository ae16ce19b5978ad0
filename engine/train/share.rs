//! Work shared out among threads in fixed blocks, so that results do not depend on how many there are.

use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::simd::Blank;
use crate::threads::together;

/// What threads do here.
const WHAT: &str = "train";

/// Does `work` on each block of `length` numbers of `data`, with the block's number; as many threads as `threads` take the
/// next block that is left.
///
/// # Errors
/// The first error of `work`, by the block's number; a system that gives no threads.
pub fn blocks<T: Send>(
    threads: usize,
    data: &mut [T],
    length: usize,
    work: impl Fn(usize, &mut [T]) -> Result<()> + Sync,
) -> Result<()> {
    let blocks: Vec<(usize, &mut [T])> = data.chunks_mut(length.max(1)).enumerate().collect();
    items(threads, blocks, |(place, block)| work(place, block))
}

/// `count` numbers, which `work` makes of zeros, block by block of `length` of them, with the block's number.
///
/// # Errors
/// As [`blocks`].
pub fn made<T: Copy + Default + Send>(
    threads: usize,
    count: usize,
    length: usize,
    work: impl Fn(usize, &mut [T]) -> Result<()> + Sync,
) -> Result<Vec<T>> {
    let mut blank = Blank::new(count);
    let blocks = blank.blocks(length).into_iter().enumerate().collect();
    items(threads, blocks, |(place, block)| work(place, block.cleared()))?;
    blank.made()
}

/// Does `work` on each item, as many threads as `threads` taking the next one that is left.
///
/// # Errors
/// The error of `work` at the lowest place; a system that gives no threads.
pub fn items<I: Send>(threads: usize, items: Vec<I>, work: impl Fn(I) -> Result<()> + Sync) -> Result<()> {
    let members = threads.clamp(1, items.len().max(1));
    let queue = Mutex::new(items.into_iter().enumerate());
    let failed: Mutex<Option<(usize, Error)>> = Mutex::new(None);
    let run = || {
        loop {
            let next = queue.lock().ok().and_then(|mut queue| queue.next());
            let Some((place, item)) = next else { break };
            if let Err(error) = work(item)
                && let Ok(mut failed) = failed.lock()
                && failed.as_ref().is_none_or(|(first, _)| place < *first)
            {
                *failed = Some((place, error));
            }
        }
    };
    together(members, WHAT, |_| run(), run)?;
    match failed.into_inner() {
        Ok(Some((_, error))) => Err(error),
        _ => Ok(()),
    }
}
