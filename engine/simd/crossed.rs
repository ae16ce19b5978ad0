//! Finds the neurons that spike, or whose state is no longer finite, by their margins.

use crate::number::Real;
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

/// Sets a bit for each number that is not both finite and below zero, number k the bit k % 64 of word k / 64; whether all are
/// finite.
///
/// # Panics
/// Fewer bits than numbers.
pub fn crossed_bits<R: Wide>(numbers: &[R], words: &mut [u64]) -> bool {
    vectorised(Bits(numbers, words))
}

struct Bits<'a, R>(&'a [R], &'a mut [u64]);

impl<R: Wide> Work for Bits<'_, R> {
    type Out = bool;
    #[inline(always)]
    fn run<L: Level>(self) -> bool {
        let Bits(numbers, words) = self;
        let fields = Fields::new(numbers, 1, numbers.len());
        let mut odd = 0;
        for (place, word) in words[..numbers.len().div_ceil(64)].iter_mut().enumerate() {
            let mut at = 64 * place;
            let end = numbers.len().min(at + 64);
            while at < end {
                let count = (end - at).min(<R::Side<L>>::LANES);
                let side: R::Side<L> = fields.load(0, Items { first: at, count });
                *word |= (u64::from(side.crossed()) & ((1 << count) - 1)) << (at % 64);
                // Below zero, but of what is not finite, which times zero is no number.
                odd |= (side * <R::Side<L>>::of(0.0) - <R::Side<L>>::of(1.0)).crossed();
                at += count;
            }
        }
        odd == 0
    }
}

#[cfg(test)]
mod tests {
    use super::{crossed, crossed_bits};

    #[test]
    fn bits_are_places() {
        for count in [0usize, 1, 5, 63, 64, 65, 100, 200] {
            let mut margins: Vec<f32> = (0..count).map(|k| (k * 37 % 11) as f32 - 5.5).collect();
            let (mut places, mut words) = (Vec::new(), vec![0; count.div_ceil(64)]);
            crossed(&margins, &mut places);
            assert!(crossed_bits(&margins, &mut words));
            let set =
                |words: &[u64]| (0..count as u32).filter(|k| words[*k as usize / 64] >> (k % 64) & 1 == 1).collect();
            let found: Vec<u32> = set(&words);
            assert_eq!(found, places, "{count}");
            let Some(last) = count.checked_sub(1) else { continue };
            for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                margins[last] = odd;
                words.fill(0);
                assert!(!crossed_bits(&margins, &mut words));
                let found: Vec<u32> = set(&words);
                assert_eq!(found.last(), Some(&(last as u32)));
                margins[last] = -1.0;
            }
        }
    }
}
