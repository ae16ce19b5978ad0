//! The current into the neurons of a slice: of stimuli that hold it for many steps, of stimuli that change it from step
//! to step, and of couplings.

use std::ops::Range;
use std::sync::Arc;

use crate::device::cpu::couple::Coupled;
use crate::device::cpu::waves::Waves;
use crate::exchange::History;
use crate::plan::{CurrentTarget, Plan, PopulationSlice, Reaching};
use crate::simd::Wide;

/// The current into the neurons of a slice.
#[derive(Debug)]
pub struct Injected<R> {
    /// Current of stimuli that hold it for many steps, pA: one entry per neuron, or empty where there are none.
    held: Vec<R>,
    /// The amplitudes of these stimuli from which `held` was made, pA.
    amplitudes: Vec<f64>,
    /// Currents that change from step to step, and the sum of these and `held`; `None` where none reaches the slice.
    waves: Option<Waves<R>>,
    /// Couplings, and the sum of all currents; `None` where none reaches the slice.
    coupled: Option<Coupled<R>>,
}

impl<R: Wide> Injected<R> {
    /// The currents of `slice`, which has `tiles` tiles, before the first step.
    pub fn new(slice: &PopulationSlice, tiles: usize) -> Injected<R> {
        Injected {
            held: if slice.currents.is_empty() { vec![] } else { vec![R::of(0.0); slice.count as usize] },
            amplitudes: vec![0.0; slice.currents.len()],
            waves: Waves::new(slice, tiles),
            coupled: Coupled::new(&slice.couplings),
        }
    }

    /// The whole current in the step that is played, pA: one entry per neuron, or empty where there is none.
    pub fn current(&self) -> &[R] {
        match (&self.coupled, &self.waves) {
            (Some(coupled), _) => &coupled.current,
            (None, Some(waves)) => &waves.current,
            (None, None) => &self.held,
        }
    }

    /// Replaces the couplings that reach the slice by those of `now`.
    pub fn change_couplings(&mut self, now: &Arc<Reaching>) {
        self.coupled.iter_mut().for_each(|coupled| coupled.change(now));
    }

    /// Whether the current can change with each step.
    pub fn changes_each_step(&self) -> bool {
        self.coupled.is_some() || self.waves.is_some()
    }

    /// Sets the current that is held for many steps to that of `step`, and returns whether it has changed.
    pub fn set_held<F>(&mut self, plan: &Plan<F>, slice: &PopulationSlice, step: u64) -> bool {
        let now = |t: &CurrentTarget| plan.currents[t.stimulus as usize].amplitude(step);
        if slice.currents.iter().zip(&self.amplitudes).all(|(target, &known)| now(target) == known) {
            return false;
        }
        self.amplitudes = slice.currents.iter().map(now).collect();
        self.held = slice.current_at(plan, step).into_iter().map(R::of).collect();
        true
    }

    /// Sets the current that changes from step to step, into the neurons of a tile, to that of `step`, and returns
    /// whether it has changed. `rounds` are the keys of random numbers, `tile` is the index of the tile.
    pub fn set_changing<F>(
        &mut self,
        (plan, slice): (&Plan<F>, &PopulationSlice),
        (rounds, history): (&[[u32; 10]; 2], &History),
        (tile, neurons): (usize, &Range<usize>),
        step: u64,
    ) -> bool {
        let Injected { held, waves, coupled, .. } = self;
        let mut changed = false;
        let mut stimuli = &*held;
        if let Some(waves) = waves {
            changed |= waves.set_current((plan, slice), rounds, held, (tile, neurons), step);
            stimuli = &waves.current;
        }
        if let Some(coupled) = coupled {
            changed |= coupled.couple(slice, history, stimuli, neurons, step);
        }
        changed
    }
}
