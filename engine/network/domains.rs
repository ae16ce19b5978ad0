//! Domains of a third factor: which synapses of a projection hear which of the modulating neurons.

use crate::error::{Error, Result};
use crate::network::{Explicit, Rule};

/// Which targets lie in the domain of which modulating neuron, so that synapses onto them receive its spikes.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Domains {
    /// All targets lie in the domain of each modulating neuron, as with NEST's volume transmitter.
    #[default]
    All,
    /// Modulating neurons and targets are cut into blocks, as many as the fewer of both, and belong together block by
    /// block: target i of N to neuron ⌊i·M/N⌋ of M, or, of more neurons than targets, neuron k to target ⌊k·N/M⌋. These
    /// are the block pools of `third_factor_bernoulli_with_pool`.
    Block,
    /// Pairs of a modulating neuron and a target, by index. A pair that is listed twice counts once; synapses onto a
    /// target that is not listed receive no spikes.
    Listed(Explicit),
}

impl Domains {
    /// The largest number of domains of targets.
    pub(crate) fn at_most(&self, modulators: u32, targets: u32) -> u32 {
        match self {
            Domains::All => 1,
            Domains::Block => modulators.min(targets),
            Domains::Listed(_) => targets,
        }
    }

    /// Checks the indices of listed pairs.
    ///
    /// # Errors
    /// [`Error::Invalid`] where one is too large.
    pub(crate) fn check(&self, modulators: u32, targets: u32, place: &str) -> Result<()> {
        let Domains::Listed(pairs) = self else { return Ok(()) };
        match Rule::from(pairs.clone()).problem(modulators, targets, 0) {
            Some(problem) => Err(Error::invalid(format!("{place}, domains of the modulator"), problem)),
            None => Ok(()),
        }
    }
}
