//! Which rows are stored, and how: the `encoding` of a synapse, `weigh` to find the best one, `choose` to decide which
//! rows are stored, `partition` into shards, compressed sparse `rows`, `csr` to fill them, and `read_back`.

pub(crate) mod choose;
pub(crate) mod csr;
pub mod encoding;
pub(crate) mod partition;
pub(crate) mod read_back;
pub(crate) mod rows;
pub(crate) mod weigh;
