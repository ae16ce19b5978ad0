//! Which rows are stored, and how: `encoding` of a synapse, `weigh` for the best of them, `choose` which rows to store,
//! `partition` into shards, compressed sparse `rows` and how `csr` fills them, and
//! `read_back`.

pub(crate) mod choose;
pub(crate) mod csr;
pub mod encoding;
pub(crate) mod partition;
pub(crate) mod read_back;
pub(crate) mod rows;
pub(crate) mod weigh;
