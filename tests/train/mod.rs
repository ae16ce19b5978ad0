//! Training.

mod ops;
