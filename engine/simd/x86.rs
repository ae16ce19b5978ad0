//! The kinds of x86-64: AVX2 and AVX-512.

use std::arch::x86_64::*;

use crate::random::MULTIPLY;
use crate::simd::registers::{F32x8, F32x16, F64x4, F64x8};
use crate::simd::two::Two;
use crate::simd::vector::{Level, Work};

/// AVX2: 256 bits.
#[derive(Debug)]
pub struct Avx2;

impl Level for Avx2 {
    type F32 = Two<F32x8>;
    type F64 = F64x4;
    #[inline(always)]
    fn out_of_line<W: Work>(work: W) -> W::Out {
        // SAFETY: only `vectorised` names this level, once it has found its instructions on this processor.
        unsafe { avx2(work) }
    }
    #[inline(always)]
    fn philox(counter: [u32; 4], key: &[[u32; 10]; 2]) -> [u16; 64] {
        let mut all = [0; 64];
        // SAFETY: as of `apart`; 64 numbers of 16 bits have four registers.
        unsafe {
            let [a, b, d] = [counter[0], counter[1], counter[3]].map(|word| _mm256_set1_epi32(word as i32));
            let order = _mm256_setr_epi32(0, 0, 2, 0, 1, 0, 3, 0);
            let [low, high] = MULTIPLY.map(|factor| _mm256_set1_epi64x(factor.into()));
            let first = [0, 4].map(|half| _mm256_set1_epi32(counter[2].wrapping_add(half) as i32));
            let mut halves = first.map(|first| [a, b, _mm256_add_epi32(first, order), d]);
            for (k, l) in key[0].iter().zip(key[1]) {
                let (k, l) = (_mm256_set1_epi32(*k as i32), _mm256_set1_epi32(l as i32));
                // Both side by side: each waits for its own products.
                for words in &mut halves {
                    let (low, high) = (_mm256_mul_epu32(words[0], low), _mm256_mul_epu32(words[2], high));
                    let first = _mm256_xor_si256(_mm256_srli_epi64::<32>(high), _mm256_xor_si256(words[1], k));
                    let third = _mm256_xor_si256(_mm256_srli_epi64::<32>(low), _mm256_xor_si256(words[3], l));
                    *words = [first, high, third, low];
                }
            }
            for (half, [a, b, c, d]) in halves.into_iter().enumerate() {
                let left = _mm256_blend_epi32::<0xAA>(a, _mm256_shuffle_epi32::<0xA0>(b));
                let right = _mm256_blend_epi32::<0xAA>(c, _mm256_shuffle_epi32::<0xA0>(d));
                let to = all.as_mut_ptr().add(32 * half);
                _mm256_storeu_si256(to.cast(), _mm256_unpacklo_epi64(left, right));
                _mm256_storeu_si256(to.add(16).cast(), _mm256_unpackhi_epi64(left, right));
            }
        }
        all
    }
    #[inline(always)]
    fn count(numbers: &[u16; 64], thresholds: &[u16], counts: &mut [u16; 64]) -> bool {
        // SAFETY: as of `apart`; 64 numbers of 16 bits have four registers.
        unsafe {
            let last = _mm256_set1_epi16(thresholds.last().map_or(0, |last| last - 1) as i16);
            let mut beyond = _mm256_setzero_si256();
            for register in 0..4 {
                let numbers = _mm256_loadu_si256(numbers.as_ptr().add(16 * register).cast());
                let to = counts.as_mut_ptr().add(16 * register).cast();
                let mut sum = _mm256_loadu_si256(to);
                for threshold in thresholds {
                    let over = _mm256_subs_epu16(numbers, _mm256_set1_epi16((threshold - 1) as i16));
                    sum = _mm256_add_epi16(sum, _mm256_min_epu16(over, _mm256_set1_epi16(1)));
                }
                beyond = _mm256_or_si256(beyond, _mm256_subs_epu16(numbers, last));
                _mm256_storeu_si256(to, sum);
            }
            _mm256_testz_si256(beyond, beyond) == 0
        }
    }
    #[inline(always)]
    fn larger(numbers: &[u32; 16], than: u32) -> u32 {
        // SAFETY: as of `apart`; 16 numbers of 32 bits have two registers.
        unsafe {
            // There is a comparison of signed numbers alone.
            let sign = _mm256_set1_epi32(i32::MIN);
            let than = _mm256_xor_si256(_mm256_set1_epi32(than as i32), sign);
            let mut count = 0;
            for half in 0..2 {
                let own = _mm256_xor_si256(_mm256_loadu_si256(numbers.as_ptr().add(8 * half).cast()), sign);
                let larger = _mm256_castsi256_ps(_mm256_cmpgt_epi32(own, than));
                count += _mm256_movemask_ps(larger).count_ones();
            }
            count
        }
    }
}

/// AVX-512: 512 bits, and masks.
#[derive(Debug)]
pub struct Avx512;

impl Level for Avx512 {
    type F32 = Two<F32x16>;
    type F64 = F64x8;
    #[inline(always)]
    fn out_of_line<W: Work>(work: W) -> W::Out {
        // SAFETY: only `vectorised` names this level, once it has found its instructions on this processor.
        unsafe { avx512(work) }
    }
    #[inline(always)]
    fn philox(counter: [u32; 4], key: &[[u32; 10]; 2]) -> [u16; 64] {
        let mut all = [0; 64];
        // SAFETY: as of `apart`; 64 numbers of 16 bits have two registers.
        unsafe {
            let [a, b, c, d] = counter.map(|word| _mm512_set1_epi32(word as i32));
            let order = _mm512_setr_epi32(0, 0, 4, 0, 1, 0, 5, 0, 2, 0, 6, 0, 3, 0, 7, 0);
            let [low, high] = MULTIPLY.map(|factor| _mm512_set1_epi64(factor.into()));
            let mut words = [a, b, _mm512_add_epi32(c, order), d];
            for (k, l) in key[0].iter().zip(key[1]) {
                let (k, l) = (_mm512_set1_epi32(*k as i32), _mm512_set1_epi32(l as i32));
                let (low, high) = (_mm512_mul_epu32(words[0], low), _mm512_mul_epu32(words[2], high));
                let first = _mm512_ternarylogic_epi32::<0x96>(_mm512_srli_epi64::<32>(high), words[1], k);
                let third = _mm512_ternarylogic_epi32::<0x96>(_mm512_srli_epi64::<32>(low), words[3], l);
                words = [first, high, third, low];
            }
            let [a, b, c, d] = words;
            let left = _mm512_mask_shuffle_epi32::<0xA0>(a, 0xAAAA, b);
            let right = _mm512_mask_shuffle_epi32::<0xA0>(c, 0xAAAA, d);
            _mm512_storeu_si512(all.as_mut_ptr().cast(), _mm512_unpacklo_epi64(left, right));
            _mm512_storeu_si512(all.as_mut_ptr().add(32).cast(), _mm512_unpackhi_epi64(left, right));
        }
        all
    }
    #[inline(always)]
    fn count(numbers: &[u16; 64], thresholds: &[u16], counts: &mut [u16; 64]) -> bool {
        // SAFETY: as of `apart`; 64 numbers of 16 bits have two registers.
        unsafe {
            let [a, b] = [0, 32].map(|at| _mm512_loadu_si512(numbers.as_ptr().add(at).cast()));
            let to = counts.as_mut_ptr();
            let (mut first, mut second) = (_mm512_loadu_si512(to.cast()), _mm512_loadu_si512(to.add(32).cast()));
            let one = _mm512_set1_epi16(1);
            for threshold in thresholds {
                let below = _mm512_set1_epi16((threshold - 1) as i16);
                first = _mm512_add_epi16(first, _mm512_min_epu16(_mm512_subs_epu16(a, below), one));
                second = _mm512_add_epi16(second, _mm512_min_epu16(_mm512_subs_epu16(b, below), one));
            }
            let last = _mm512_set1_epi16(thresholds.last().map_or(0, |last| last - 1) as i16);
            let beyond = _mm512_or_si512(_mm512_subs_epu16(a, last), _mm512_subs_epu16(b, last));
            _mm512_storeu_si512(to.cast(), first);
            _mm512_storeu_si512(to.add(32).cast(), second);
            _mm512_test_epi32_mask(beyond, beyond) != 0
        }
    }
    #[inline(always)]
    fn larger(numbers: &[u32; 16], than: u32) -> u32 {
        // SAFETY: as of `apart`; 16 numbers of 32 bits have one register.
        unsafe {
            let own = _mm512_loadu_si512(numbers.as_ptr().cast());
            _mm512_cmpgt_epu32_mask(own, _mm512_set1_epi32(than as i32)).count_ones()
        }
    }
}

/// A function that has one on its stack puts it, and the registers that it keeps there, where lines of cache begin. Else
/// they straddle two lines on some threads and not on others, by chance (`sparse-1m`: 15 % on two threads).
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "it is only a place")] u8);

#[inline(never)]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) fn avx2<W: Work>(work: W) -> W::Out {
    std::hint::black_box(&mut Line(0));
    work.run::<Avx2>()
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) fn avx512<W: Work>(work: W) -> W::Out {
    std::hint::black_box(&mut Line(0));
    work.run::<Avx512>()
}
