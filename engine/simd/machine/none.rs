//! Machines for which no code is made.

use crate::simd::machine::{Body, Kind, Marks};

/// How a column lies in memory.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    /// Bytes of its description.
    pub size: usize,
    /// Where in it the address is.
    pub at: usize,
    /// Where in it the number is.
    pub value: usize,
}

/// Code; there is none.
#[derive(Debug)]
pub enum Code {}

impl Code {
    /// None.
    pub fn of(_: &Body, _: Kind, _: usize, _: Described) -> Option<Code> {
        None
    }

    /// Columns that it goes over.
    pub fn columns(&self) -> usize {
        match *self {}
    }

    /// Bytes of the frame that it needs.
    pub fn frame(&self) -> usize {
        match *self {}
    }

    /// Columns that it writes.
    pub fn written(&self) -> &Marks {
        match *self {}
    }

    /// Runs it.
    ///
    /// # Safety
    /// There is none.
    pub unsafe fn run(&self, _: *const u8, _: *mut u8, _: usize) {
        match *self {}
    }
}
