//! The state of building a network from tables.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::connectomes::Connectome;
use crate::error::{Error, Result};
use crate::experiment::keys::Named;
use crate::network::Network;

/// A network that is being built, and what its tables share.
pub(crate) struct Builder {
    pub(crate) network: Network,
    /// The tables `[model.NAME]`.
    pub(crate) models: toml::Table,
    /// For each population whose neurons are nodes of a connectome: the index in `connectomes`, and the node of each
    /// neuron.
    pub(crate) nodes: Vec<Option<(usize, Vec<u32>)>>,
    /// The connectomes that were read so far; one that is read in several ways is there as often.
    pub(crate) connectomes: Vec<(Named, Arc<Connectome>)>,
    /// Indices of connectomes whose edges have no tract length, so that delays follow the distance.
    pub(crate) straight: BTreeSet<usize>,
    /// Indices of connectomes whose edges became synapses.
    pub(crate) wired: BTreeSet<usize>,
    /// Indices of connectomes whose gap junctions became couplings.
    pub(crate) coupled: BTreeSet<usize>,
}

impl Builder {
    /// The index of a connectome in `connectomes`, and the connectome, which is read only once. A file that is named
    /// alone is the one that another table says how to read. `place` is the table, for errors.
    pub(crate) fn read_connectome(&mut self, named: &Named, place: &str) -> Result<(usize, Arc<Connectome>)> {
        let same = |known: &Named| match named {
            Named::Plain(name) => known.name() == name,
            Named::Table(_) => known == named,
        };
        let mut known = self.connectomes.iter().enumerate().filter(|(_, (known, _))| same(known));
        match (known.next(), known.next()) {
            (Some((at, (_, connectome))), None) => return Ok((at, connectome.clone())),
            (None, _) => {}
            (Some(_), Some(_)) => {
                let problem = format!(
                    "{named} is read in several ways; say which, as in connectome = {{ file = ..., array = ... }}"
                );
                return Err(Error::invalid(place, problem));
            }
        }
        let connectome = Arc::new(named.read(place)?);
        self.connectomes.push((named.clone(), connectome.clone()));
        Ok((self.connectomes.len() - 1, connectome))
    }
}
