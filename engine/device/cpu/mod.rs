//! The native player: threads own shards, so no atomics; the same spikes for any number of threads.

pub mod integrate;
