//! Memory on huge pages, where the system allows them: of memory that is read at random, pages of 4 KiB cover too
//! little.

use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};

/// Bytes of a huge page.
const HUGE: usize = 2 << 20;
/// From this many bytes on a buffer is worth a huge page: the processor caches the addresses of some 64 pages only.
const WORTH: usize = 256 << 10;
/// Bytes of a line of cache.
const LINE: usize = 64;

/// A list of `count` zeros; on huge pages if it fills at least one.
pub fn zeros<T: Copy + Default>(count: usize) -> Vec<T> {
    let mut items = vec![T::default(); count];
    if std::mem::size_of_val(items.as_slice()) >= HUGE {
        advise_huge(&mut items);
    }
    items
}

/// A list of items of which the first begins a line of cache, or a huge page.
#[derive(Debug)]
pub struct Buffer<T> {
    all: Vec<T>,
    first: usize,
    count: usize,
}

/// The bytes of memory that a [`Buffer::for_random_access`] of `bytes` bytes takes, of which `used` are used: whole
/// huge pages where it lies on some.
pub fn backing(bytes: u64, used: u64) -> u64 {
    let huge = cfg!(target_os = "linux") && used >= WORTH as u64;
    if huge { bytes.div_ceil(HUGE as u64).saturating_mul(HUGE as u64) } else { bytes }
}

impl<T: Copy + Default> Buffer<T> {
    /// A buffer of `count` zeros that are read in order; on huge pages if it fills at least one.
    pub fn zeros(count: usize) -> Buffer<T> {
        Buffer::aligned(count, count.saturating_mul(std::mem::size_of::<T>()) >= HUGE)
    }

    /// A buffer of `count` zeros of which the first `used` are read and written in random order; on huge pages even if
    /// it fills only part of one.
    pub fn for_random_access(count: usize, used: usize) -> Buffer<T> {
        Buffer::aligned(count, used.saturating_mul(std::mem::size_of::<T>()) >= WORTH)
    }

    /// A buffer of `count` zeros that begins a huge page or, if not `huge`, a line of cache.
    fn aligned(count: usize, huge: bool) -> Buffer<T> {
        let size = std::mem::size_of::<T>().max(1);
        let unit = if huge { HUGE } else { LINE };
        // Room before the first whole page, and behind the last.
        let mut all = vec![T::default(); count + 2 * (unit / size)];
        let first = all.as_ptr().align_offset(unit).min(unit / size);
        if huge {
            let pages = (count * size).next_multiple_of(HUGE) / size;
            advise_huge(&mut all[first..first + pages]);
        }
        Buffer { all, first, count }
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        &self.all[self.first..self.first + self.count]
    }
}

impl<T> DerefMut for Buffer<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.all[self.first..self.first + self.count]
    }
}

/// Numbers that are made block by block: whoever makes a block clears it first, so that what is cleared is near when it is made,
/// and as many threads clear as make.
///
/// ```
/// let mut blank = neuropil::simd::Blank::<f32>::new(10);
/// for (place, block) in blank.blocks(4).into_iter().enumerate() {
///     block.cleared().fill(place as f32);
/// }
/// assert_eq!(blank.made()?, [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0]);
/// # Ok::<(), neuropil::Error>(())
/// ```
#[derive(Debug)]
pub struct Blank<T> {
    /// Memory for the numbers, as a list that is empty until all are made.
    room: Vec<T>,
    count: usize,
    /// Numbers of blocks that have been cleared.
    cleared: AtomicUsize,
}

/// A block of a [`Blank`].
#[derive(Debug)]
pub struct Block<'a, T> {
    numbers: &'a mut [MaybeUninit<T>],
    cleared: &'a AtomicUsize,
}

impl<T: Copy + Default> Blank<T> {
    /// Room for so many numbers.
    pub fn new(count: usize) -> Blank<T> {
        Blank { room: Vec::with_capacity(count), count, cleared: AtomicUsize::new(0) }
    }

    /// Its blocks of so many numbers each, the last of which may have fewer.
    pub fn blocks(&mut self, length: usize) -> Vec<Block<'_, T>> {
        *self.cleared.get_mut() = 0;
        let (cleared, room) = (&self.cleared, &mut self.room.spare_capacity_mut()[..self.count]);
        room.chunks_mut(length.max(1)).map(|numbers| Block { numbers, cleared }).collect()
    }

    /// All numbers.
    ///
    /// # Errors
    /// A block that was not cleared, whose numbers are not made.
    pub fn made(mut self) -> Result<Vec<T>> {
        let left = self.count - *self.cleared.get_mut();
        if left > 0 {
            return Err(Error::Internal(format!("{left} of {} numbers were not made", self.count)));
        }
        // SAFETY: there is room for so many, and blocks do not overlap, of which each is cleared once at most: so all are.
        unsafe { self.room.set_len(self.count) };
        Ok(self.room)
    }
}

impl<'a, T: Copy + Default> Block<'a, T> {
    /// Its numbers, all zero.
    pub fn cleared(self) -> &'a mut [T] {
        for number in self.numbers.iter_mut() {
            number.write(T::default());
        }
        self.cleared.fetch_add(self.numbers.len(), Ordering::Relaxed);
        // SAFETY: each number has been written just now.
        unsafe { &mut *(std::ptr::from_mut(self.numbers) as *mut [T]) }
    }
}

/// Lets freed memory stay with this process from now on, up to a GiB, where glibc is the allocator: for programs that
/// allocate arrays of the same sizes again and again. Otherwise the system takes it back and clears it each time, which
/// was a third of the time of a layer of 512 neurons forward and backward (`cargo bench --bench training`).
pub fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: two settings of the allocator, which takes its own lock; a refusal is of no consequence.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 30);
    }
}

/// Asks the system for huge pages under `items`.
#[cfg(target_os = "linux")]
fn advise_huge<T>(items: &mut [T]) {
    let start = (items.as_mut_ptr() as usize).next_multiple_of(4096);
    let end = items.as_ptr() as usize + std::mem::size_of_val(items);
    // SAFETY: the range lies within memory that `items` owns, and the advice changes how pages are mapped, not what
    // they hold. A refusal is of no consequence.
    unsafe { libc::madvise(start as *mut libc::c_void, end.saturating_sub(start) & !4095, libc::MADV_HUGEPAGE) };
}

/// Other systems have no such advice.
#[cfg(not(target_os = "linux"))]
fn advise_huge<T>(_: &mut [T]) {}

#[cfg(test)]
mod tests {
    use super::{Blank, Buffer, HUGE, LINE, WORTH};

    #[test]
    fn what_is_behind_a_buffer_is_whole_huge_pages() {
        let cases = [
            (0, 0, 0),
            (WORTH, WORTH - 1, WORTH),
            (WORTH, WORTH, HUGE),
            (HUGE, HUGE, HUGE),
            (HUGE + 1, HUGE, 2 * HUGE),
        ];
        for (bytes, used, expected) in cases {
            let expected = if cfg!(target_os = "linux") { expected } else { bytes };
            assert_eq!(super::backing(bytes as u64, used as u64), expected as u64);
        }
        assert!(super::backing(u64::MAX, u64::MAX) >= u64::MAX - HUGE as u64);
    }

    #[test]
    fn blocks_that_nobody_clears_are_an_error() -> crate::error::Result<()> {
        let filled = |skipped: usize| {
            let mut blank = Blank::<u32>::new(1000);
            // Of a first cut nothing is left.
            blank.blocks(1000).into_iter().for_each(|block| block.cleared().fill(9));
            for (place, block) in blank.blocks(300).into_iter().enumerate().filter(|(place, _)| *place != skipped) {
                block.cleared().fill(place as u32 + 1);
            }
            blank.made()
        };
        assert!(filled(2).is_err());
        let made = filled(usize::MAX)?;
        assert_eq!([made[0], made[299], made[300], made[999], made.len() as u32], [1, 1, 2, 4, 1000]);
        assert!(Blank::<u32>::new(0).made()?.is_empty());
        Ok(())
    }

    #[test]
    fn buffers_begin_lines_and_if_large_huge_pages() {
        for (count, unit) in [(0, LINE), (7, LINE), (WORTH / 4 - 1, LINE), (WORTH / 4, HUGE), (HUGE, HUGE)] {
            let mut buffer = Buffer::<u32>::for_random_access(count, count);
            assert_eq!(buffer.len(), count);
            assert!(buffer.iter().all(|&item| item == 0));
            assert!(buffer.as_ptr().addr().is_multiple_of(unit), "{count}");
            buffer.fill(7);
            assert!(buffer.iter().all(|&item| item == 7));
        }
    }
}
