//! The type [`Code`] on machines for which no code is made.

use crate::simd::machine::{Body, CodeKind, ColumnLayout, ColumnSet};

/// Machine code; there is no value of this type.
#[derive(Debug)]
pub enum Code {}

impl Code {
    /// Always `None`: no code is made for this machine.
    pub fn of(_: &Body, _: CodeKind, _: usize, _: ColumnLayout) -> Option<Code> {
        None
    }

    /// How many columns it goes over.
    pub fn columns(&self) -> usize {
        match *self {}
    }

    /// The bytes of the frame that it needs.
    pub fn frame(&self) -> usize {
        match *self {}
    }

    /// The columns that it writes.
    pub fn written(&self) -> &ColumnSet {
        match *self {}
    }

    /// Never called, since there is no code.
    ///
    /// # Safety
    /// Nothing to keep.
    pub unsafe fn run(&self, _: *const u8, _: *mut u8, _: usize) {
        match *self {}
    }
}
