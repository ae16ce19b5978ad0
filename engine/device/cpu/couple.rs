//! The pass `couple`: what flows into neurons by what others were at the end of the last step.

use std::ops::Range;
use std::sync::Arc;

use crate::exchange::History;
use crate::number::Number;
use crate::plan::{PopulationSlice, Reaching};

/// What reaches a slice.
#[derive(Debug)]
pub struct Coupled<R> {
    weights: Vec<R>,
    constants: Vec<R>,
    alike: Option<Alike>,
    /// Current from stimuli and couplings in the step that is played, pA.
    pub current: Vec<R>,
    /// What reaches it now, where that is not what reaches it at first.
    now: Option<Arc<Reaching>>,
}

/// Links that all take one value each, equally many steps back.
#[derive(Debug)]
struct Alike {
    back: u32,
    /// Per link, its signal.
    signals: Vec<u32>,
}

impl Alike {
    /// Nothing where they are not alike.
    fn new(reaching: &Reaching) -> Option<Alike> {
        let links = &reaching.links;
        let back = links.first()?.back;
        if links.iter().any(|link| link.straight || link.back != back) {
            return None;
        }
        Some(Alike { back, signals: links.iter().map(|link| link.signal).collect() })
    }
}

impl<R: Number> Coupled<R> {
    /// Nothing where no coupling reaches the slice.
    pub fn new(reaching: &Reaching) -> Option<Coupled<R>> {
        let constants: Vec<R> = reaching.constants.iter().map(|&current| R::of(current)).collect();
        let weights = reaching.links.iter().map(|link| R::of(link.weight)).collect();
        let current = vec![R::of(0.0); constants.len()];
        let own = Coupled { weights, constants, current, alike: Alike::new(reaching), now: None };
        Some(own).filter(|own| !own.constants.is_empty())
    }

    /// From now on something else reaches it.
    pub fn change(&mut self, now: &Arc<Reaching>) {
        self.constants = now.constants.iter().map(|&current| R::of(current)).collect();
        self.weights = now.links.iter().map(|link| R::of(link.weight)).collect();
        self.alike = Alike::new(now);
        self.now = Some(now.clone());
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
        let reaching = self.now.as_deref().unwrap_or(&slice.couplings);
        let alike = self.alike.as_ref();
        let signals = alike.map(|alike| history.signals(step.saturating_sub(1 + u64::from(alike.back))));
        let mut changed = false;
        for n in neurons.clone() {
            let mut sum = match (alike, signals) {
                (Some(alike), Some(signals)) => self.sum_alike(reaching, &alike.signals, signals, n),
                _ => self.sum(reaching, history, step, n),
            };
            if let Some(&stimulus) = stimuli.get(n) {
                sum = sum + stimulus;
            }
            changed |= sum != self.current[n];
            self.current[n] = sum;
        }
        changed
    }

    /// What flows into neuron `n` through links that are alike.
    fn sum_alike(&self, reaching: &Reaching, places: &[u32], signals: &[f64], n: usize) -> R {
        let range = reaching.starts[n] as usize..reaching.starts[n + 1] as usize;
        let links = places[range.clone()].iter().zip(&self.weights[range]);
        links.fold(self.constants[n], |sum, (&signal, &weight)| sum + weight * R::of(signals[signal as usize]))
    }

    /// What flows into neuron `n` in `step`.
    fn sum(&self, reaching: &Reaching, history: &History, step: u64, n: usize) -> R {
        let (more, half) = (R::of(1.5), R::of(0.5));
        let range = reaching.starts[n] as usize..reaching.starts[n + 1] as usize;
        let links = reaching.links[range.clone()].iter().zip(&self.weights[range]);
        links.fold(self.constants[n], |sum, (link, &weight)| {
            let last = step.saturating_sub(1 + u64::from(link.back));
            let seen = |step: u64| R::of(history.signals(step)[link.signal as usize]);
            let value = match link.straight {
                true => more * seen(last) - half * seen(last.saturating_sub(1)),
                false => seen(last),
            };
            sum + weight * value
        })
    }
}
