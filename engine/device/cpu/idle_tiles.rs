//! Neurons at rest: tiles whose state no longer changes are skipped until input arrives, with the same bits as if all
//! were stepped.
//!
//! A decaying value never quite reaches zero, so every [`IDLE_CHECK_STEPS`] steps values below [`Number::TINY`] become
//! zero, in every player and whether tiles are skipped or not. After such a step a tile is idle if there was no input
//! and nothing in it has changed: to step it again would change nothing either, until its ring holds a sum that is not
//! zero, a Poisson stimulus reaches it, or its current changes. Where events are sorted, it is known for a whole epoch
//! whether a sum may not be zero ([`crate::tile::dirty::Dirty`]); elsewhere sums are checked step by step.

use std::ops::Range;

use crate::device::cpu::state::State;
use crate::number::Fixed;
use crate::plan::IDLE_CHECK_STEPS;
use crate::simd::{Level, Wide, Work};
use crate::tile::ring::{Ring, Sum};

/// Whether tiny values become zero, and tiles may become idle, in `step`.
pub fn is_check_step(step: u64) -> bool {
    step.is_multiple_of(u64::from(IDLE_CHECK_STEPS))
}

/// Sets tiny values of the state of neurons `tile` to zero; the result is whether there were any.
pub struct SnapToRest<'a, R> {
    pub state: &'a mut State<R>,
    pub tile: Range<usize>,
}

impl<R: Wide> Work for SnapToRest<'_, R> {
    type Out = bool;

    #[inline(always)]
    fn run<L: Level>(self) -> bool {
        let mut settled = false;
        for field in 0..self.state.fields() {
            for value in &mut self.state.field_mut(field)[self.tile.clone()] {
                let tiny = (*value < R::TINY) & (-*value < R::TINY) & (*value != R::of(0.0));
                settled |= tiny;
                *value = if tiny { R::of(0.0) } else { *value };
            }
        }
        settled
    }
}

/// Whether `count` sums of a ring from `from` on are all zero.
pub struct AllZero<'a, F> {
    pub ring: &'a Ring<F>,
    pub from: usize,
    pub count: usize,
}

impl<F: Fixed> Work for AllZero<'_, F> {
    type Out = bool;

    #[inline(always)]
    fn run<L: Level>(self) -> bool {
        let range = self.from..self.from + self.count;
        match self.ring {
            Ring::I8(sums) => all_zero::<F, i8>(&sums[range]),
            Ring::I16(sums) => all_zero::<F, i16>(&sums[range]),
            Ring::Full(sums) => all_zero::<F, F>(&sums[range]),
        }
    }
}

#[inline(always)]
fn all_zero<F: Fixed, C: Sum<F> + PartialEq>(sums: &[C]) -> bool {
    sums.iter().fold(true, |all_zero, &sum| all_zero & (sum == C::default()))
}
