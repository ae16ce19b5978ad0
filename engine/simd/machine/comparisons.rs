//! Comparisons: which mask registers, or in AVX2 the spare register, hold whether one value is above another.

use crate::simd::Vectors;
use crate::simd::machine::body::Value;
use crate::simd::machine::writer::Writer;

impl Writer<'_> {
    /// The register that holds whether a > b, if one does.
    pub fn known_comparison(&self, a: Value, b: Value) -> Option<u8> {
        let at = self.masks.iter().position(|&known| known == Some((a, b)))?;
        Some(if self.level == Vectors::Avx512 { at as u8 } else { Writer::spare_of(self.level) })
    }

    /// The register into which whether a > b is to be written next: one of the mask registers 1 to 6 in turn, or the
    /// spare register.
    pub fn new_comparison(&mut self, a: Value, b: Value) -> u8 {
        if self.level == Vectors::Avx512 {
            self.next_mask = self.next_mask % 6 + 1;
            self.masks[self.next_mask] = Some((a, b));
            return self.next_mask as u8;
        }
        self.masks[0] = Some((a, b));
        Writer::spare_of(self.level)
    }

    /// The register that a comparison may use for one instruction, once all others are forgotten.
    pub fn spare_mask(&self) -> u8 {
        if self.level == Vectors::Avx512 { 1 } else { Writer::spare_of(self.level) }
    }

    /// Forgets which registers hold comparisons: the instructions that follow may be reached from elsewhere, too.
    pub fn forget_comparisons(&mut self) {
        self.masks = [None; 7];
    }
}
