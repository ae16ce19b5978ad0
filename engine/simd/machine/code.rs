//! Code that lies in memory, ready to be run.

use crate::simd::machine::memory::Pages;
use crate::simd::machine::translate::translate;
pub use crate::simd::machine::writer::Described;
use crate::simd::machine::{Body, Kind, Marks, Step};
use crate::simd::{Vectors, found};

/// What is done with each item of some columns, as instructions of this machine.
#[derive(Debug)]
pub struct Code {
    pages: Pages,
    level: Vectors,
    width: usize,
    columns: usize,
    frame: usize,
    written: Marks,
}

/// Where items begin and end for masks of AVX2.
static LANES: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

impl Code {
    /// A body for some vectors, numbers of so many bytes, and shared columns of `columns`; none if this machine lacks the
    /// vectors or gives no memory, or if the body goes beyond the columns, or takes one for shared that is not or the other way
    /// round.
    pub fn of(body: &Body, (level, width, shared): Kind, columns: usize, described: Described) -> Option<Code> {
        let mut written = Marks::default();
        for step in body.steps() {
            let (column, is_shared) = match *step {
                Step::Load(column) => (column, false),
                Step::Same(column) => (column, true),
                Step::Store(column, _) => {
                    written.set(column as usize, true);
                    (column, false)
                }
                _ => continue,
            };
            if column as usize >= columns || shared.has(column as usize) != is_shared {
                return None;
            }
        }
        if level == Vectors::Baseline || level > found() || columns > Marks::MOST {
            return None;
        }
        let translated = translate(body, level, width, described)?;
        Some(Code { pages: Pages::of(&translated.bytes)?, level, width, columns, frame: translated.frame, written })
    }

    /// Columns that it goes over.
    #[inline]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Bytes of the frame that it needs.
    #[inline]
    pub fn frame(&self) -> usize {
        self.frame
    }

    /// Columns that it writes.
    #[inline]
    pub fn written(&self) -> &Marks {
        &self.written
    }

    /// Does it with `count` items of the columns that are described there.
    ///
    /// # Safety
    /// The columns are as many as it was made for, and described as it was told; those that it was told are shared have
    /// their number there, the others point to as many numbers as there are items, and those that it writes are nobody
    /// else's. The frame has as many bytes as it needs.
    #[inline]
    pub unsafe fn run(&self, columns: *const u8, frame: *mut u8, count: usize) {
        let lanes = if self.level == Vectors::Avx512 { 64 } else { 32 } / self.width;
        let (whole, rest) = (count / lanes * lanes, count % lanes);
        let mask = match (rest, self.level) {
            (0, _) => 0,
            (_, Vectors::Avx512) => (1 << rest) - 1,
            // A mask of as many lanes, each as wide as a number.
            _ => LANES[8 - rest * self.width / 4..].as_ptr().expose_provenance() as u64,
        };
        // SAFETY: the pages hold a function of this kind, and the caller has promised what it relies upon.
        unsafe {
            let function: extern "sysv64" fn(*const u8, *mut u8, usize, usize, u64) =
                std::mem::transmute(self.pages.start());
            function(columns, frame, whole * self.width, 0, mask);
        }
    }

    /// Bytes that somebody has written, which need no frame.
    #[cfg(test)]
    pub fn of_bytes(bytes: &[u8], level: Vectors, width: usize) -> Option<Code> {
        let written = Marks::default();
        Some(Code { pages: Pages::of(bytes)?, level, width, columns: 0, frame: 0, written })
    }

    /// Where it lies.
    #[cfg(test)]
    pub fn start(&self) -> *const u8 {
        self.pages.start()
    }
}
