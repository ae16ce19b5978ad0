//! The operations of the tape: each against differences in `f64`, `f32` against `f64`, one, two and three threads against each
//! other, and each check against an operation that is broken on purpose.

pub(super) mod check;
mod dense;
mod images;
mod losses;
mod misfits;
mod simple;
mod sparse;
mod tape;
