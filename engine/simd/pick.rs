//! Weighted sums of numbers that are picked from small groups by place: products of rows of a sparse matrix with a
//! vector, 32 rows side by side.
//!
//! Each product and each sum is rounded by itself, in the order of the slots, so that any processor gives the same
//! bits.

use crate::simd::{Vectors, vectors};

/// How many rows are summed side by side.
pub const ROWS: usize = 32;

/// A number type of which numbers can be picked.
pub trait Pick: Copy {
    /// The size of a group, from which a place picks a number: what two of the widest registers hold.
    const GROUP: usize;
    /// Adds to each sum, group by group and within a group slot by slot, the weight of the row in the slot times the
    /// number of the group at the row's place. `slots` has the number of slots of each group, `numbers` [`Pick::GROUP`]
    /// numbers for each group, `places` and `weights` [`ROWS`] entries for each slot.
    ///
    /// # Panics
    /// If there are fewer numbers, or other than that many places or weights.
    fn pick(sums: &mut [Self; ROWS], numbers: &[Self], slots: &[u32], places: &[u8], weights: &[Self]);
}

macro_rules! pick {
    ($number:ty, $group:literal, $wide:ident) => {
        impl Pick for $number {
            const GROUP: usize = $group;
            fn pick(sums: &mut [Self; ROWS], numbers: &[Self], slots: &[u32], places: &[u8], weights: &[Self]) {
                let all = ROWS * slots.iter().map(|&slots| slots as usize).sum::<usize>();
                let fits = numbers.len() / $group >= slots.len() && places.len() == all && weights.len() == all;
                assert!(fits, "places and weights that are not those of the slots");
                #[cfg(target_arch = "x86_64")]
                if vectors() == Vectors::Avx512 {
                    // SAFETY: the instructions have been found, and the slices measured.
                    unsafe { wide::$wide(sums, numbers, slots, places, weights) };
                    return;
                }
                pick_plain(sums, numbers, slots, (places, weights), $group);
            }
        }
    };
}
pick!(f32, 32, pick_f32);
pick!(f64, 16, pick_f64);

/// [`Pick::pick`] without vector instructions.
fn pick_plain<T: Copy + std::ops::Add<Output = T> + std::ops::Mul<Output = T>>(
    sums: &mut [T; ROWS],
    numbers: &[T],
    slots: &[u32],
    (places, weights): (&[u8], &[T]),
    group: usize,
) {
    let mut lines = places.chunks_exact(ROWS).zip(weights.chunks_exact(ROWS));
    for (numbers, &slots) in numbers.chunks_exact(group).zip(slots) {
        for (places, weights) in lines.by_ref().take(slots as usize) {
            for ((sum, &place), &weight) in sums.iter_mut().zip(places).zip(weights) {
                *sum = *sum + weight * numbers[place as usize % group];
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use super::ROWS;
    use std::arch::x86_64::*;

    /// [`Pick::pick`](super::Pick::pick) of `f32` with AVX-512.
    ///
    /// # Safety
    /// The processor has AVX-512 F, and there are as many numbers, places and weights as `slots` ask for.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn pick_f32(sums: &mut [f32; ROWS], numbers: &[f32], slots: &[u32], places: &[u8], weights: &[f32]) {
        let (mut place, mut weight, mut number) = (places.as_ptr(), weights.as_ptr(), numbers.as_ptr());
        // SAFETY: two registers hold the 32 sums; pointers go as far as the caller has measured.
        unsafe {
            let mut sum = [_mm512_loadu_ps(sums.as_ptr()), _mm512_loadu_ps(sums.as_ptr().add(16))];
            for &slots in slots {
                let (low, high) = (_mm512_loadu_ps(number), _mm512_loadu_ps(number.add(16)));
                for _ in 0..slots {
                    for (half, sum) in sum.iter_mut().enumerate() {
                        let at = _mm512_cvtepu8_epi32(_mm_loadu_si128(place.add(16 * half).cast()));
                        let picked = _mm512_permutex2var_ps(low, at, high);
                        let term = _mm512_mul_ps(_mm512_loadu_ps(weight.add(16 * half)), picked);
                        *sum = _mm512_add_ps(*sum, term);
                    }
                    (place, weight) = (place.add(ROWS), weight.add(ROWS));
                }
                number = number.add(32);
            }
            _mm512_storeu_ps(sums.as_mut_ptr(), sum[0]);
            _mm512_storeu_ps(sums.as_mut_ptr().add(16), sum[1]);
        }
    }

    /// [`Pick::pick`](super::Pick::pick) of `f64` with AVX-512.
    ///
    /// # Safety
    /// As of [`pick_f32`].
    #[target_feature(enable = "avx512f")]
    pub unsafe fn pick_f64(sums: &mut [f64; ROWS], numbers: &[f64], slots: &[u32], places: &[u8], weights: &[f64]) {
        let (mut place, mut weight, mut number) = (places.as_ptr(), weights.as_ptr(), numbers.as_ptr());
        // SAFETY: four registers hold the 32 sums; pointers go as far as the caller has measured.
        unsafe {
            let mut sum = [0, 8, 16, 24].map(|first| _mm512_loadu_pd(sums.as_ptr().add(first)));
            for &slots in slots {
                let (low, high) = (_mm512_loadu_pd(number), _mm512_loadu_pd(number.add(8)));
                for _ in 0..slots {
                    for (quarter, sum) in sum.iter_mut().enumerate() {
                        let at = _mm512_cvtepu8_epi64(_mm_loadl_epi64(place.add(8 * quarter).cast()));
                        let picked = _mm512_permutex2var_pd(low, at, high);
                        let term = _mm512_mul_pd(_mm512_loadu_pd(weight.add(8 * quarter)), picked);
                        *sum = _mm512_add_pd(*sum, term);
                    }
                    (place, weight) = (place.add(ROWS), weight.add(ROWS));
                }
                number = number.add(16);
            }
            for (quarter, sum) in sum.into_iter().enumerate() {
                _mm512_storeu_pd(sums.as_mut_ptr().add(8 * quarter), sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pick, ROWS, pick_plain};
    use std::fmt::Debug;
    use std::ops::{Add, Mul};

    fn check<T: Pick + PartialEq + Debug + From<f32> + Add<Output = T> + Mul<Output = T>>() {
        let slots = [3u32, 0, 7];
        let noise = |k: usize| T::from(((k * 7919 % 997) as f32 - 498.0) / 31.0);
        let numbers: Vec<T> = (0..3 * T::GROUP).map(noise).collect();
        let places: Vec<u8> = (0..10 * ROWS).map(|k| (k * 31 % T::GROUP) as u8).collect();
        let weights: Vec<T> = (0..10 * ROWS).map(|k| noise(k + 5)).collect();
        let mut expected = [T::from(0.5); ROWS];
        pick_plain(&mut expected, &numbers, &slots, (&places, &weights), T::GROUP);
        let mut sums = [T::from(0.5); ROWS];
        T::pick(&mut sums, &numbers, &slots, &places, &weights);
        assert_eq!(sums, expected);
        // Another place gives another sum.
        let mut other = places.clone();
        other[40] = (other[40] + 1) % T::GROUP as u8;
        let mut sums = [T::from(0.5); ROWS];
        T::pick(&mut sums, &numbers, &slots, &other, &weights);
        assert_ne!(sums, expected);
    }

    #[test]
    fn registers_pick_what_memory_does() {
        check::<f32>();
        check::<f64>();
    }

    #[test]
    #[should_panic(expected = "not those of the slots")]
    fn missing_weights_are_refused() {
        f32::pick(&mut [0.0; ROWS], &[0.0; 32], &[1], &[0; ROWS], &[0.0; 31]);
    }
}
