//! A user's mistakes, made with the real program: one sentence, exit code 2, nothing left behind.

mod convert;
mod files;
mod networks;
mod plasticity;
mod program;
mod tissue;
