//! Machine code for what is done with each item of some columns: one loop in which intermediate results stay in
//! registers, where [`crate::simd::Table::apply`] goes over all items for each operation.
//!
//! A [`Body`] says what is done; [`crate::simd::Table::play`] has it translated for the instructions of this machine,
//! once for each pattern of columns that all items share, and runs it. The results have the same bits: each step is
//! rounded alone, in its order. There is such code on x86-64 with AVX2 or AVX-512 where the system gives memory for it.

#[cfg(all(target_arch = "x86_64", unix))]
mod assembler;
mod body;
#[cfg(all(target_arch = "x86_64", unix))]
mod code;
#[cfg(not(all(target_arch = "x86_64", unix)))]
#[path = "none.rs"]
mod code;
mod codes;
mod columns;
#[cfg(all(target_arch = "x86_64", unix))]
mod comparisons;
#[cfg(all(target_arch = "x86_64", unix))]
mod home;
#[cfg(all(target_arch = "x86_64", unix))]
mod homes;
#[cfg(all(target_arch = "x86_64", unix))]
mod loops;
#[cfg(all(target_arch = "x86_64", unix))]
mod memory;
#[cfg(all(target_arch = "x86_64", unix))]
mod select;
#[cfg(all(test, target_arch = "x86_64", unix))]
#[expect(clippy::unwrap_used, reason = "a test that fails says where")]
mod tests;
#[cfg(all(target_arch = "x86_64", unix))]
mod translate;
#[cfg(all(target_arch = "x86_64", unix))]
mod writer;

pub(crate) use body::find_or_push;
pub use body::{Body, Step, Value};
pub use code::Code;
pub use codes::{Codes, LastCode};
pub use columns::{CodeKind, ColumnLayout, ColumnSet};
