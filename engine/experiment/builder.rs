//! What is kept while a network is made of tables.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::connectomes::Connectome;
use crate::error::{Error, Result};
use crate::experiment::keys::Named;
use crate::network::Network;

/// A network in the making.
pub(crate) struct Builder {
    pub(crate) network: Network,
    /// The tables `[model.NAME]`.
    pub(crate) models: toml::Table,
    /// Per population, the place of the connectome its neurons come from, and their nodes.
    pub(crate) nodes: Vec<Option<(usize, Vec<u32>)>>,
    /// Those read so far, each way once.
    pub(crate) connectomes: Vec<(Named, Arc<Connectome>)>,
    /// Places of those whose edges have no tract length, and delays by distance.
    pub(crate) straight: BTreeSet<usize>,
    /// Places of those whose edges are synapses.
    pub(crate) wired: BTreeSet<usize>,
    /// Places of those whose gap junctions are simulated.
    pub(crate) coupled: BTreeSet<usize>,
}

impl Builder {
    /// A connectome and its place, read once. A file named alone is the one that another table says how to read.
    pub(crate) fn connectome(&mut self, named: &Named, place: &str) -> Result<(usize, Arc<Connectome>)> {
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
