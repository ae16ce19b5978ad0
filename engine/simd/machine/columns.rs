//! What machine code is made for: which columns all items share, which are written, and how a column is described in
//! memory.

use crate::simd::Vectors;

/// A set of columns, by their places among those that are bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ColumnSet([u64; 4]);

impl ColumnSet {
    /// Columns from this place on are in no set.
    pub const MAX_COLUMNS: usize = 256;

    /// Puts `column` into the set, or takes it out; does nothing for columns from [`ColumnSet::MAX_COLUMNS`] on.
    #[inline]
    pub fn set(&mut self, column: usize, marked: bool) {
        if let Some(word) = self.0.get_mut(column / 64) {
            *word = *word & !(1 << (column % 64)) | u64::from(marked) << (column % 64);
        }
    }

    /// Whether `column` is in the set.
    #[inline]
    pub fn has(&self, column: usize) -> bool {
        self.0.get(column / 64).is_some_and(|word| word >> (column % 64) & 1 == 1)
    }

    /// Whether all columns of the set are in `other`, too.
    #[inline]
    pub fn within(&self, other: &ColumnSet) -> bool {
        (0..4).all(|k| self.0[k] & !other.0[k] == 0)
    }
}

/// What code is made for: the vectors, the bytes of a number, and the columns that all items share.
pub type CodeKind = (Vectors, usize, ColumnSet);

/// How the description of a column lies in memory, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct ColumnLayout {
    /// The size of a description.
    pub size: usize,
    /// The offset of the address of the items in it.
    pub at: usize,
    /// The offset in it of the number that all items share.
    pub value: usize,
}
