//! Finds the neurons that spike, or whose state is no longer finite, by their margins.

use crate::simd::vector::{Level, Vector, Wide};
use crate::simd::{Fields, Items, Work, vectorised};

/// Appends to `places` the place of each of `numbers` that is not both finite and below zero. Of margins these are the
/// neurons that spike, or whose state is no longer finite.
pub fn crossed<R: Wide>(numbers: &[R], places: &mut Vec<u32>) {
    vectorised(Crossed(numbers, places));
}

/// The work of [`crossed`].
struct Crossed<'a, R>(&'a [R], &'a mut Vec<u32>);

impl<R: Wide> Work for Crossed<'_, R> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let Crossed(numbers, places) = self;
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
