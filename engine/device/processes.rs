//! The processes of superposed trains as words of a checkpoint: by stimulus, target and phase, whatever the layout. A
//! word is the number of a target's processes that are in a phase.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::tile::PoissonTarget;
use crate::tile::superposed::Superposition;

/// The places of each stimulus's words in a checkpoint.
#[derive(Debug)]
pub struct ProcessWords<'a> {
    /// Per stimulus of trains, the index of its first word, and its processes; `None` where it has no processes.
    stimuli: Vec<Option<(usize, &'a Superposition)>>,
    /// The number of words of all stimuli.
    pub len: usize,
}

impl<'a> ProcessWords<'a> {
    /// The places for the stimuli of `plan`.
    pub fn new<F>(plan: &'a Plan<F>) -> ProcessWords<'a> {
        let mut targets = vec![0; plan.poisson.len()];
        for target in plan.shards.iter().flat_map(|shard| &shard.slices).flat_map(|slice| &slice.poisson) {
            let own: &mut u32 = &mut targets[target.stimulus as usize];
            *own = (*own).max(target.item + target.neurons.len() as u32);
        }
        let mut words = ProcessWords { stimuli: Vec::new(), len: 0 };
        for (train, targets) in plan.poisson.iter().zip(targets) {
            let own = train.superposed().map(|own| (words.len, own));
            words.len += own.map_or(0, |(_, own)| (targets * own.phases) as usize);
            words.stimuli.push(own);
        }
        words
    }

    /// The indices of the words of the neurons of `target`; an empty range where its stimulus has no processes.
    pub fn of(&self, target: &PoissonTarget) -> Range<usize> {
        let Some((first, own)) = self.stimuli[target.stimulus as usize] else { return 0..0 };
        let word = |item: u32| first + (item * own.phases) as usize;
        word(target.item)..word(target.item + target.neurons.len() as u32)
    }

    /// Splits `words` into those of processes, which it checks, and the rest.
    ///
    /// # Errors
    /// Too few words, or phases of a target that do not add up to its number of processes.
    pub fn split<'b>(&self, words: &'b [u64]) -> Result<(&'b [u64], &'b [u64])> {
        let wrong =
            || Error::invalid("checkpoint", "it has not the processes of this network's stimuli; take an earlier copy");
        let (own, rest) = words.split_at_checked(self.len).ok_or_else(wrong)?;
        for (first, of) in self.stimuli.iter().flatten() {
            let until = self.stimuli.iter().flatten().map(|(next, _)| *next).find(|next| next > first);
            let mut targets = own[*first..until.unwrap_or(self.len)].chunks_exact(of.phases as usize);
            let whole = |phases: &[u64]| {
                phases.iter().try_fold(0u64, |sum, own| sum.checked_add(*own)) == Some(of.processes.into())
            };
            if !targets.all(whole) {
                return Err(wrong());
            }
        }
        Ok((own, rest))
    }
}
