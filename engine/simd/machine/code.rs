//! Machine code in memory, ready to be run.

use crate::simd::machine::memory::Pages;
use crate::simd::machine::translate::translate;
use crate::simd::machine::{Body, CodeKind, ColumnLayout, ColumnSet, Step};
use crate::simd::{Vectors, found};

/// What is done with each item of some columns, as instructions of this machine.
#[derive(Debug)]
pub struct Code {
    /// The memory that holds the instructions.
    pages: Pages,
    /// The vectors it is made for, and the bytes of a number.
    level: Vectors,
    width: usize,
    /// How many columns it goes over.
    columns: usize,
    /// The bytes of the frame that it needs.
    frame: usize,
    /// The columns that it writes.
    written: ColumnSet,
}

/// Ones before zeros: a mask of AVX2 for the first items of a vector begins as far before the zeros as there are items.
static LANES: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

impl Code {
    /// The code of `body` for vectors `level`, numbers of `width` bytes, and `columns` columns, of which those in
    /// `shared` are one number for all items. `None` if this machine lacks the vectors or gives no memory, if the body
    /// goes beyond the columns, or if it reads or writes a shared column item by item, or one that is not shared as if
    /// it were.
    pub fn of(body: &Body, (level, width, shared): CodeKind, columns: usize, layout: ColumnLayout) -> Option<Code> {
        let mut written = ColumnSet::default();
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
        if level == Vectors::Baseline || level > found() || columns > ColumnSet::MAX_COLUMNS {
            return None;
        }
        let translated = translate(body, level, width, layout)?;
        Some(Code { pages: Pages::of(&translated.bytes)?, level, width, columns, frame: translated.frame, written })
    }

    /// How many columns it goes over.
    #[inline]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The bytes of the frame that it needs: memory for intermediate results.
    #[inline]
    pub fn frame(&self) -> usize {
        self.frame
    }

    /// The columns that it writes.
    #[inline]
    pub fn written(&self) -> &ColumnSet {
        &self.written
    }

    /// Runs over `count` items of the columns whose descriptions begin at `columns`, with the memory at `frame`.
    ///
    /// # Safety
    /// There are [`Code::columns`] descriptions in the layout that it was made for. Those of columns that it was made
    /// for as shared have their number, the others point to `count` numbers, and those in [`Code::written`] are
    /// borrowed by nobody else. The frame has [`Code::frame`] bytes.
    #[inline]
    pub unsafe fn run(&self, columns: *const u8, frame: *mut u8, count: usize) {
        let lanes = if self.level == Vectors::Avx512 { 64 } else { 32 } / self.width;
        let (whole, rest) = (count / lanes * lanes, count % lanes);
        let mask = match (rest, self.level) {
            (0, _) => 0,
            (_, Vectors::Avx512) => (1 << rest) - 1,
            // The address of a mask with `rest` lanes set, each as wide as a number.
            _ => LANES[8 - rest * self.width / 4..].as_ptr().expose_provenance() as u64,
        };
        // SAFETY: the pages hold a function of this type, and the caller has promised what it relies upon.
        unsafe {
            let function: extern "sysv64" fn(*const u8, *mut u8, usize, usize, u64) =
                std::mem::transmute(self.pages.start());
            function(columns, frame, whole * self.width, 0, mask);
        }
    }

    /// Code of instructions that a test has written, which need no frame.
    #[cfg(test)]
    pub fn of_bytes(bytes: &[u8], level: Vectors, width: usize) -> Option<Code> {
        let written = ColumnSet::default();
        Some(Code { pages: Pages::of(bytes)?, level, width, columns: 0, frame: 0, written })
    }

    /// Where the first instruction is.
    #[cfg(test)]
    pub fn start(&self) -> *const u8 {
        self.pages.start()
    }
}
