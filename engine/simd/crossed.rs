//! Neurons that spike, or whose state is no longer a number, by their margins.

use crate::simd::vector::{Level, Vector, Wide};
use crate::simd::{Fields, Items, Work, vectorised};

/// Appends the places of numbers that are not both finite and below zero: of margins, those of neurons that spike, or whose
/// state is no longer one.
pub fn crossed<R: Wide>(numbers: &[R], places: &mut Vec<u32>) {
    vectorised(Loud(numbers, places));
}

struct Loud<'a, R>(&'a [R], &'a mut Vec<u32>);

impl<R: Wide> Work for Loud<'_, R> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let Loud(numbers, places) = self;
        let fields = Fields::new(numbers, 1, numbers.len());
        let mut first = 0;
        while first < numbers.len() {
            let count = (numbers.len() - first).min(<R::Side<L>>::LANES);
            let side: R::Side<L> = fields.load(0, Items { first, count });
            let mut crossed = side.crossed() & ((1u64 << count) - 1) as u32;
            while crossed != 0 {
                places.push(first as u32 + crossed.trailing_zeros());
                crossed &= crossed - 1;
            }
            first += count;
        }
    }
}
