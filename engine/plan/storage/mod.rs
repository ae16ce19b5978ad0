//! Which rows are stored, and how: `encoding` of a synapse with the search for the best, `choose` which rows to store,
//! `partition` into shards, `csr` (compressed sparse rows), and `read_back`.

pub(crate) mod choose;
pub(crate) mod csr;
pub mod encoding;
pub(crate) mod partition;
pub(crate) mod read_back;
