//! The levels of x86-64 beyond its baseline: AVX2 and AVX-512.

use std::arch::x86_64::*;

use crate::random::MULTIPLY;
use crate::simd::registers::{F32x8, F32x16, F64x4, F64x8};
use crate::simd::two::Two;
use crate::simd::vector::{Halves, Level, Work};

/// The level AVX2: registers of 256 bits.
#[derive(Debug)]
pub struct Avx2;

impl Level for Avx2 {
    type F32 = Two<F32x8>;
    type F64 = F64x4;
    #[inline(always)]
    fn out_of_line<W: Work>(work: W) -> W::Out {
        // SAFETY: only `vectorised_at` names this level, once it has found its instructions on this processor.
        unsafe { avx2(work) }
    }
    type Halves = [__m256i; 4];
    #[inline(always)]
    fn philox<const N: usize>(counters: [[u32; 4]; N], keys: &[[u32; 10]; 2]) -> [[__m256i; 4]; N] {
        // SAFETY: as in `out_of_line`.
        unsafe {
            let order = _mm256_setr_epi32(0, 0, 2, 0, 1, 0, 3, 0);
            let [low, high] = MULTIPLY.map(|factor| _mm256_set1_epi64x(factor.into()));
            let mut each = [[[order; 4]; 2]; N];
            for (counter, halves) in counters.iter().zip(&mut each) {
                for (half, words) in halves.iter_mut().enumerate() {
                    for (word, number) in words.iter_mut().zip(counter) {
                        *word = _mm256_set1_epi32(*number as i32);
                    }
                    words[2] = _mm256_add_epi32(words[2], _mm256_add_epi32(order, _mm256_set1_epi32(4 * half as i32)));
                }
            }
            for (k, l) in keys[0].iter().zip(keys[1]) {
                let (k, l) = (_mm256_set1_epi32(*k as i32), _mm256_set1_epi32(l as i32));
                for words in each.as_flattened_mut() {
                    let (low, high) = (_mm256_mul_epu32(words[0], low), _mm256_mul_epu32(words[2], high));
                    let first = _mm256_xor_si256(_mm256_srli_epi64::<32>(high), _mm256_xor_si256(words[1], k));
                    let third = _mm256_xor_si256(_mm256_srli_epi64::<32>(low), _mm256_xor_si256(words[3], l));
                    *words = [first, high, third, low];
                }
            }
            // Not `map`: nothing obliges the compiler to inline what it calls.
            let mut all = [[_mm256_setzero_si256(); 4]; N];
            for (words, halves) in each.iter().zip(&mut all) {
                for (k, &[a, b, c, d]) in words.iter().enumerate() {
                    let left = _mm256_blend_epi32::<0xAA>(a, _mm256_shuffle_epi32::<0xA0>(b));
                    let right = _mm256_blend_epi32::<0xAA>(c, _mm256_shuffle_epi32::<0xA0>(d));
                    halves[2 * k] = _mm256_unpacklo_epi64(left, right);
                    halves[2 * k + 1] = _mm256_unpackhi_epi64(left, right);
                }
            }
            all
        }
    }
    #[inline(always)]
    fn count_thresholds(numbers: [__m256i; 4], thresholds: &[u16], least: u16) -> ([__m256i; 4], bool) {
        // SAFETY: as in `out_of_line`.
        unsafe {
            let last = _mm256_set1_epi16(thresholds.last().map_or(0, |last| last - 1) as i16);
            let (mut beyond, mut counts) = (_mm256_setzero_si256(), [_mm256_set1_epi16(least as i16); 4]);
            for (numbers, sum) in numbers.into_iter().zip(&mut counts) {
                for threshold in thresholds {
                    let over = _mm256_subs_epu16(numbers, _mm256_set1_epi16((threshold - 1) as i16));
                    *sum = _mm256_add_epi16(*sum, _mm256_min_epu16(over, _mm256_set1_epi16(1)));
                }
                beyond = _mm256_or_si256(beyond, _mm256_subs_epu16(numbers, last));
            }
            (counts, _mm256_testz_si256(beyond, beyond) == 0)
        }
    }
    #[inline(always)]
    fn halves(numbers: [__m256i; 4]) -> Halves {
        // SAFETY: 64 numbers of 16 bits have four registers.
        unsafe { std::mem::transmute(numbers) }
    }
    #[inline(always)]
    fn count_larger(numbers: &[u32; 16], than: u32) -> u32 {
        // SAFETY: as in `out_of_line`; 16 numbers of 32 bits have two registers.
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
    #[inline(always)]
    fn within(numbers: &[u32; 16], after: u32, until: u32) -> [u32; 2] {
        // SAFETY: as in `count_larger`.
        unsafe {
            let sign = _mm256_set1_epi32(i32::MIN);
            let ends = [
                _mm256_xor_si256(_mm256_set1_epi32(after as i32), sign),
                _mm256_xor_si256(_mm256_set1_epi32(until as i32), sign),
            ];
            let mut bits = [0, 0];
            for half in 0..2 {
                let own = _mm256_xor_si256(_mm256_loadu_si256(numbers.as_ptr().add(8 * half).cast()), sign);
                for (bits, end) in bits.iter_mut().zip(ends) {
                    let larger = _mm256_castsi256_ps(_mm256_cmpgt_epi32(own, end));
                    *bits |= (_mm256_movemask_ps(larger) as u32) << (8 * half);
                }
            }
            [bits[0], bits[0] & !bits[1]]
        }
    }
}

/// The level AVX-512: registers of 512 bits, and masks.
#[derive(Debug)]
pub struct Avx512;

impl Level for Avx512 {
    type F32 = Two<F32x16>;
    type F64 = F64x8;
    #[inline(always)]
    fn out_of_line<W: Work>(work: W) -> W::Out {
        // SAFETY: only `vectorised_at` names this level, once it has found its instructions on this processor.
        unsafe { avx512(work) }
    }
    type Halves = [__m512i; 2];
    #[inline(always)]
    fn philox<const N: usize>(counters: [[u32; 4]; N], keys: &[[u32; 10]; 2]) -> [[__m512i; 2]; N] {
        // SAFETY: as in `out_of_line`.
        unsafe {
            let order = _mm512_setr_epi32(0, 0, 4, 0, 1, 0, 5, 0, 2, 0, 6, 0, 3, 0, 7, 0);
            let [low, high] = MULTIPLY.map(|factor| _mm512_set1_epi64(factor.into()));
            let mut each = [[order; 4]; N];
            for (counter, words) in counters.iter().zip(&mut each) {
                for (word, number) in words.iter_mut().zip(counter) {
                    *word = _mm512_set1_epi32(*number as i32);
                }
                words[2] = _mm512_add_epi32(words[2], order);
            }
            for (k, l) in keys[0].iter().zip(keys[1]) {
                let (k, l) = (_mm512_set1_epi32(*k as i32), _mm512_set1_epi32(l as i32));
                for words in &mut each {
                    let (low, high) = (_mm512_mul_epu32(words[0], low), _mm512_mul_epu32(words[2], high));
                    let first = _mm512_ternarylogic_epi32::<0x96>(_mm512_srli_epi64::<32>(high), words[1], k);
                    let third = _mm512_ternarylogic_epi32::<0x96>(_mm512_srli_epi64::<32>(low), words[3], l);
                    *words = [first, high, third, low];
                }
            }
            // Not `map`: nothing obliges the compiler to inline what it calls.
            let mut all = [[_mm512_setzero_si512(); 2]; N];
            for (&[a, b, c, d], halves) in each.iter().zip(&mut all) {
                let left = _mm512_mask_shuffle_epi32::<0xA0>(a, 0xAAAA, b);
                let right = _mm512_mask_shuffle_epi32::<0xA0>(c, 0xAAAA, d);
                *halves = [_mm512_unpacklo_epi64(left, right), _mm512_unpackhi_epi64(left, right)];
            }
            all
        }
    }
    #[inline(always)]
    fn count_thresholds([a, b]: [__m512i; 2], thresholds: &[u16], least: u16) -> ([__m512i; 2], bool) {
        // SAFETY: as in `out_of_line`.
        unsafe {
            let [mut first, mut second] = [_mm512_set1_epi16(least as i16); 2];
            let one = _mm512_set1_epi16(1);
            for threshold in thresholds {
                let below = _mm512_set1_epi16((threshold - 1) as i16);
                first = _mm512_add_epi16(first, _mm512_min_epu16(_mm512_subs_epu16(a, below), one));
                second = _mm512_add_epi16(second, _mm512_min_epu16(_mm512_subs_epu16(b, below), one));
            }
            let last = _mm512_set1_epi16(thresholds.last().map_or(0, |last| last - 1) as i16);
            let beyond = _mm512_or_si512(_mm512_subs_epu16(a, last), _mm512_subs_epu16(b, last));
            ([first, second], _mm512_test_epi32_mask(beyond, beyond) != 0)
        }
    }
    #[inline(always)]
    fn halves(numbers: [__m512i; 2]) -> Halves {
        // SAFETY: 64 numbers of 16 bits have two registers.
        unsafe { std::mem::transmute(numbers) }
    }
    #[inline(always)]
    fn count_larger(numbers: &[u32; 16], than: u32) -> u32 {
        // SAFETY: as in `out_of_line`; 16 numbers of 32 bits have one register.
        unsafe {
            let own = _mm512_loadu_si512(numbers.as_ptr().cast());
            _mm512_cmpgt_epu32_mask(own, _mm512_set1_epi32(than as i32)).count_ones()
        }
    }
    #[inline(always)]
    fn within(numbers: &[u32; 16], after: u32, until: u32) -> [u32; 2] {
        // SAFETY: as in `count_larger`.
        unsafe {
            let own = _mm512_loadu_si512(numbers.as_ptr().cast());
            let later = u32::from(_mm512_cmpgt_epu32_mask(own, _mm512_set1_epi32(after as i32)));
            [later, later & u32::from(_mm512_cmple_epu32_mask(own, _mm512_set1_epi32(until as i32)))]
        }
    }
}

/// A value that aligns the stack: a function that has one on its stack aligns it, and the registers that it spills
/// there, to lines of cache. Otherwise they straddle two lines on some threads and not on others, by chance
/// (`sparse-1m`: 15 % on two threads).
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "only its alignment counts")] u8);

/// Does `work` at the level AVX2.
#[inline(never)]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) fn avx2<W: Work>(work: W) -> W::Out {
    std::hint::black_box(&mut Line(0));
    work.run::<Avx2>()
}

/// Does `work` at the level AVX-512.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) fn avx512<W: Work>(work: W) -> W::Out {
    std::hint::black_box(&mut Line(0));
    work.run::<Avx512>()
}
