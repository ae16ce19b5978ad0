//! Current into the neurons of a slice: what stimuli hold for many steps, what changes from step to step, what couplings bring.

use std::ops::Range;
use std::sync::Arc;

use crate::device::cpu::couple::Coupled;
use crate::device::cpu::waves::Waves;
use crate::exchange::History;
use crate::plan::{CurrentTarget, Plan, PopulationSlice, Reaching};
use crate::simd::Wide;

/// Current into the neurons of a slice.
#[derive(Debug)]
pub struct Injected<R> {
    /// What stimuli hold for many steps, pA: one entry each, or empty for none.
    held: Vec<R>,
    /// The amplitudes that it was made from.
    amplitudes: Vec<f64>,
    /// Currents that change from step to step, with it, where some reach the slice.
    waves: Option<Waves<R>>,
    /// What couplings bring, with all of that, where some reach it.
    coupled: Option<Coupled<R>>,
}

impl<R: Wide> Injected<R> {
    /// That of the first step; `tiles` in the slice.
    pub fn new(slice: &PopulationSlice, tiles: usize) -> Injected<R> {
        Injected {
            held: if slice.currents.is_empty() { vec![] } else { vec![R::of(0.0); slice.count as usize] },
            amplitudes: vec![0.0; slice.currents.len()],
            waves: Waves::new(slice, tiles),
            coupled: Coupled::new(&slice.couplings),
        }
    }

    /// All of it in the step that is played, pA: one entry each, or empty for none.
    pub fn current(&self) -> &[R] {
        match (&self.coupled, &self.waves) {
            (Some(coupled), _) => &coupled.current,
            (None, Some(waves)) => &waves.current,
            (None, None) => &self.held,
        }
    }

    /// From now on couplings bring something else.
    pub fn change_couplings(&mut self, now: &Arc<Reaching>) {
        self.coupled.iter_mut().for_each(|coupled| coupled.change(now));
    }

    /// Whether it can change with each step.
    pub fn changes_each_step(&self) -> bool {
        self.coupled.is_some() || self.waves.is_some()
    }

    /// Brings what is held for many steps up to `step`; whether it has changed.
    pub fn hold<F>(&mut self, plan: &Plan<F>, slice: &PopulationSlice, step: u64) -> bool {
        let now = |t: &CurrentTarget| plan.currents[t.stimulus as usize].amplitude(step);
        if slice.currents.iter().zip(&self.amplitudes).all(|(target, &known)| now(target) == known) {
            return false;
        }
        self.amplitudes = slice.currents.iter().map(now).collect();
        self.held = slice.current_at(plan, step).into_iter().map(R::of).collect();
        true
    }

    /// Brings what changes from step to step into the neurons of a tile up to `step`; whether it is other than it was.
    pub fn change<F>(
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
            changed |= waves.flow((plan, slice), rounds, held, (tile, neurons), step);
            stimuli = &waves.current;
        }
        if let Some(coupled) = coupled {
            changed |= coupled.couple(slice, history, stimuli, neurons, step);
        }
        changed
    }
}
