//! The pass `couple`: the current that flows into neurons by the signals of others at the end of earlier steps.

use std::ops::Range;
use std::sync::Arc;

use crate::exchange::History;
use crate::number::Number;
use crate::plan::{Course, PopulationSlice, Reaching};

/// The couplings that reach a slice.
#[derive(Debug)]
pub struct Coupled<R> {
    /// Per link, its weight.
    weights: Vec<R>,
    /// Per neuron, the current that does not change, pA.
    constants: Vec<R>,
    /// The signals of links, where all links are alike.
    alike: Option<Alike>,
    /// Per neuron, the current from stimuli and couplings in the step that is played, pA.
    pub current: Vec<R>,
    /// The links and constants in force, where they are not those of the beginning.
    now: Option<Arc<Reaching>>,
}

/// Links that all take a single value of their signal, the same number of steps back.
#[derive(Debug)]
struct Alike {
    back: u32,
    /// Per link, the place of its signal.
    signals: Vec<u32>,
}

impl Alike {
    /// The signals of links that are alike; `None` where they are not.
    fn new(reaching: &Reaching) -> Option<Alike> {
        let links = &reaching.links;
        let back = links.first()?.back;
        if links.iter().any(|link| link.course != Course::Last || link.back != back) {
            return None;
        }
        Some(Alike { back, signals: links.iter().map(|link| link.signal).collect() })
    }
}

impl<R: Number> Coupled<R> {
    /// The couplings of `reaching`; `None` where none reaches the slice.
    pub fn new(reaching: &Reaching) -> Option<Coupled<R>> {
        let constants: Vec<R> = reaching.constants.iter().map(|&current| R::of(current)).collect();
        let weights = reaching.links.iter().map(|link| R::of(link.weight)).collect();
        let current = vec![R::of(0.0); constants.len()];
        let own = Coupled { weights, constants, current, alike: Alike::new(reaching), now: None };
        Some(own).filter(|own| !own.constants.is_empty())
    }

    /// Replaces links and constants by those of `now`.
    pub fn change(&mut self, now: &Arc<Reaching>) {
        self.constants = now.constants.iter().map(|&current| R::of(current)).collect();
        self.weights = now.links.iter().map(|link| R::of(link.weight)).collect();
        self.alike = Alike::new(now);
        self.now = Some(now.clone());
    }

    /// Sets the currents of `neurons` of the slice in `step`: what flows through links and the current of `stimuli`,
    /// one entry per neuron or none. Returns whether any has changed.
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

    /// The current of couplings into neuron `n` through links that are alike: `places` of their signals, and all
    /// `signals` of the step that they take.
    fn sum_alike(&self, reaching: &Reaching, places: &[u32], signals: &[f64], n: usize) -> R {
        let range = reaching.starts[n] as usize..reaching.starts[n + 1] as usize;
        let links = places[range.clone()].iter().zip(&self.weights[range]);
        links.fold(self.constants[n], |sum, (&signal, &weight)| sum + weight * R::of(signals[signal as usize]))
    }

    /// The current of couplings into neuron `n` in `step`.
    fn sum(&self, reaching: &Reaching, history: &History, step: u64, n: usize) -> R {
        let (more, half) = (R::of(1.5), R::of(0.5));
        let range = reaching.starts[n] as usize..reaching.starts[n + 1] as usize;
        let links = reaching.links[range.clone()].iter().zip(&self.weights[range]);
        links.fold(self.constants[n], |sum, (link, &weight)| {
            let last = step.saturating_sub(1 + u64::from(link.back));
            let seen = |step: u64| R::of(history.signals(step)[link.signal as usize]);
            let before = || seen(last.saturating_sub(1));
            let value = match link.course {
                Course::Last => seen(last),
                Course::Ahead => more * seen(last) - half * before(),
                Course::Between => half * seen(last) + half * before(),
            };
            sum + weight * value
        })
    }
}
