//! Endless, huge and odd files, threads and outputs.
