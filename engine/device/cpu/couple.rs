//! The pass `couple`: what flows into neurons by what others were at the end of the last step.

use std::ops::Range;

use crate::exchange::History;
use crate::number::Number;
use crate::plan::{PopulationSlice, Reaching};

/// What reaches a slice.
#[derive(Debug)]
pub struct Coupled<R> {
    weights: Vec<R>,
    constants: Vec<R>,
    /// Current from stimuli and couplings in the step that is played, pA.
    pub current: Vec<R>,
}

impl<R: Number> Coupled<R> {
    /// Nothing where no coupling reaches the slice.
    pub fn new(reaching: &Reaching) -> Option<Coupled<R>> {
        let constants: Vec<R> = reaching.constants.iter().map(|&current| R::of(current)).collect();
        let weights = reaching.links.iter().map(|link| R::of(link.weight)).collect();
        let current = vec![R::of(0.0); constants.len()];
        Some(Coupled { weights, constants, current }).filter(|own| !own.constants.is_empty())
    }

    /// Adds up what flows into some neurons of the slice in `step`, beside the current of stimuli; whether it is other than
    /// it was.
    pub fn couple(
        &mut self,
        slice: &PopulationSlice,
        history: &History,
        stimuli: &[R],
        neurons: &Range<usize>,
        step: u64,
    ) -> bool {
        let Reaching { starts, links, .. } = &slice.couplings;
        let (more, half) = (R::of(1.5), R::of(0.5));
        let mut changed = false;
        for n in neurons.clone() {
            let mut sum = self.constants[n];
            let range = starts[n] as usize..starts[n + 1] as usize;
            for (link, &weight) in links[range.clone()].iter().zip(&self.weights[range]) {
                let last = step.saturating_sub(1 + u64::from(link.back));
                let seen = |step: u64| R::of(history.signals(step)[link.signal as usize]);
                let value = match link.straight {
                    true => more * seen(last) - half * seen(last.saturating_sub(1)),
                    false => seen(last),
                };
                sum = sum + weight * value;
            }
            if let Some(&stimulus) = stimuli.get(n) {
                sum = sum + stimulus;
            }
            changed |= sum != self.current[n];
            self.current[n] = sum;
        }
        changed
    }
}
