//! Of columns, which all items share, and which are written.

use crate::simd::Vectors;

/// Columns of which something is true, by their places among those that are bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks([u64; 4]);

impl Marks {
    /// No column beyond has a mark.
    pub const MOST: usize = 256;

    /// Marks a column, or takes its mark away; those beyond all marks stay without.
    #[inline]
    pub fn set(&mut self, column: usize, marked: bool) {
        if let Some(word) = self.0.get_mut(column / 64) {
            *word = *word & !(1 << (column % 64)) | u64::from(marked) << (column % 64);
        }
    }

    /// Whether a column is marked.
    #[inline]
    pub fn has(&self, column: usize) -> bool {
        self.0.get(column / 64).is_some_and(|word| word >> (column % 64) & 1 == 1)
    }

    /// Whether all that have a mark have one there, too.
    #[inline]
    pub fn within(&self, other: &Marks) -> bool {
        (0..4).all(|k| self.0[k] & !other.0[k] == 0)
    }
}

/// For which vectors, numbers of which bytes, and which shared columns code is.
pub type Kind = (Vectors, usize, Marks);
