//! The registers of x86-64: AVX2 and AVX-512.

use std::arch::x86_64::*;
use std::ops::{Add, Mul, Neg, Sub};

use crate::number::{Number, Real};
use crate::random::MULTIPLY;
use crate::simd::vector::{Level, Two, Vector};
use crate::simd::{Work, avx2, avx512};

/// AVX2: 256 bits.
#[derive(Debug)]
pub struct Avx2;

impl Level for Avx2 {
    type F32 = Two<F32x8>;
    type F64 = F64x4;
    #[inline(always)]
    fn apart<W: Work>(work: W) -> W::Out {
        // SAFETY: see below.
        unsafe { avx2(work) }
    }
    #[inline(always)]
    fn philox(counter: [u32; 4], key: &[[u32; 10]; 2]) -> [u16; 64] {
        let mut all = [0; 64];
        for half in 0..2 {
            // SAFETY: see below; 64 numbers of 16 bits have four registers.
            unsafe {
                let first = counter[2].wrapping_add(4 * half);
                let [a, b, d] = [counter[0], counter[1], counter[3]].map(|word| _mm256_set1_epi32(word as i32));
                let blocks =
                    _mm256_add_epi32(_mm256_set1_epi32(first as i32), _mm256_setr_epi32(0, 0, 2, 0, 1, 0, 3, 0));
                let [low, high] = MULTIPLY.map(|factor| _mm256_set1_epi64x(factor.into()));
                let mut words = [a, b, blocks, d];
                for (k, l) in key[0].iter().zip(key[1]) {
                    let (k, l) = (_mm256_set1_epi32(*k as i32), _mm256_set1_epi32(l as i32));
                    let (low, high) = (_mm256_mul_epu32(words[0], low), _mm256_mul_epu32(words[2], high));
                    let first = _mm256_xor_si256(_mm256_srli_epi64::<32>(high), _mm256_xor_si256(words[1], k));
                    let third = _mm256_xor_si256(_mm256_srli_epi64::<32>(low), _mm256_xor_si256(words[3], l));
                    words = [first, high, third, low];
                }
                let [a, b, c, d] = words;
                let left = _mm256_blend_epi32::<0xAA>(a, _mm256_shuffle_epi32::<0xA0>(b));
                let right = _mm256_blend_epi32::<0xAA>(c, _mm256_shuffle_epi32::<0xA0>(d));
                let to = all.as_mut_ptr().add(32 * half as usize);
                _mm256_storeu_si256(to.cast(), _mm256_unpacklo_epi64(left, right));
                _mm256_storeu_si256(to.add(16).cast(), _mm256_unpackhi_epi64(left, right));
            }
        }
        all
    }
    #[inline(always)]
    fn count(numbers: &[u16; 64], thresholds: &[u16], counts: &mut [u16; 64]) -> bool {
        // SAFETY: see below; 64 numbers of 16 bits have four registers.
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
}

/// AVX-512: 512 bits, and masks.
#[derive(Debug)]
pub struct Avx512;

impl Level for Avx512 {
    type F32 = Two<F32x16>;
    type F64 = F64x8;
    #[inline(always)]
    fn apart<W: Work>(work: W) -> W::Out {
        // SAFETY: see below.
        unsafe { avx512(work) }
    }
    #[inline(always)]
    fn philox(counter: [u32; 4], key: &[[u32; 10]; 2]) -> [u16; 64] {
        let mut all = [0; 64];
        // SAFETY: see below; 64 numbers of 16 bits have two registers.
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
        // SAFETY: see below; 64 numbers of 16 bits have two registers.
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
}

// SAFETY of all that follows: only `vectorised` names these levels, once it has found their instructions on this
// processor; loads and stores are the caller's care, and slices are
// measured.
macro_rules! vector {
    ($name:ident: $lanes:literal of $number:ident in $register:ident, $mask:ident;
     $splat:ident, $load:ident, $store:ident, $add:ident, $sub:ident, $mul:ident;
     above $above:expr; choose($which:ident, $yes:ident, $no:ident) $choose:expr; loud($value:ident) $loud:expr;
     some($count:ident) $first:expr, $load_some:ident, $store_some:ident;
     sums($from:ident) $bytes:expr, $shorts:expr, $full:expr) => {
        #[derive(Debug, Clone, Copy)]
        pub struct $name($register);

        impl Add for $name {
            type Output = Self;
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                $name(unsafe { $add(self.0, other.0) })
            }
        }
        impl Sub for $name {
            type Output = Self;
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                $name(unsafe { $sub(self.0, other.0) })
            }
        }
        impl Mul for $name {
            type Output = Self;
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                $name(unsafe { $mul(self.0, other.0) })
            }
        }
        impl Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                $name::splat(-0.0) - self
            }
        }
        impl Real for $name {
            type Truth = $mask;
            #[inline(always)]
            fn of(value: f64) -> Self {
                $name::splat(value as $number)
            }
            #[inline(always)]
            fn above(self, other: Self) -> $mask {
                unsafe { $above(self.0, other.0) }
            }
            #[inline(always)]
            fn choose($which: $mask, $yes: Self, $no: Self) -> Self {
                $name(unsafe { $choose })
            }
        }
        impl Vector for $name {
            type Number = $number;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn splat(value: $number) -> Self {
                $name(unsafe { $splat(value) })
            }
            #[inline(always)]
            unsafe fn load(from: *const $number) -> Self {
                $name(unsafe { $load(from) })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $number) {
                unsafe { $store(to, self.0) };
            }
            #[inline(always)]
            unsafe fn load_some(from: *const $number, $count: usize) -> Self {
                $name(unsafe { $load_some(from, $first) })
            }
            #[inline(always)]
            unsafe fn store_some(self, to: *mut $number, $count: usize) {
                unsafe { $store_some(to, $first, self.0) };
            }
            #[inline(always)]
            fn bytes(sums: &[i8]) -> Self {
                let $from = sums[..$lanes].as_ptr();
                $name(unsafe { $bytes })
            }
            #[inline(always)]
            fn shorts(sums: &[i16]) -> Self {
                let $from = sums[..$lanes].as_ptr();
                $name(unsafe { $shorts })
            }
            #[inline(always)]
            fn full(sums: &[<$number as Number>::Fixed]) -> Self {
                let $from = sums[..$lanes].as_ptr();
                $name(unsafe { $full })
            }
            #[inline(always)]
            fn loud(self) -> u32 {
                let $value = self.0;
                unsafe { $loud }
            }
        }
    };
}

#[inline(always)]
unsafe fn masked_load_ps(from: *const f32, mask: __mmask16) -> __m512 {
    unsafe { _mm512_maskz_loadu_ps(mask, from) }
}
#[inline(always)]
unsafe fn masked_load_pd(from: *const f64, mask: __mmask8) -> __m512d {
    unsafe { _mm512_maskz_loadu_pd(mask, from) }
}

/// The bits of the greatest number below zero. Those of finite numbers below it follow, as integers without a sign, and no
/// others do before those of minus [`Number::LARGEST`]; NaN and numbers from zero on lie outside.
const QUIET_32: u32 = 0x8000_0001;
const QUIET_64: u64 = 0x8000_0000_0000_0001;

vector!(F32x16: 16 of f32 in __m512, __mmask16;
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps;
    above _mm512_cmp_ps_mask::<_CMP_GT_OQ>; choose(which, yes, no) _mm512_mask_blend_ps(which, no.0, yes.0);
    loud(value) u32::from(_mm512_cmpge_epu32_mask(
        _mm512_sub_epi32(_mm512_castps_si512(value), _mm512_set1_epi32(QUIET_32 as i32)),
        _mm512_set1_epi32(((-f32::LARGEST).to_bits() - QUIET_32) as i32),
    ));
    some(count) ((1u32 << count) - 1) as __mmask16, masked_load_ps, _mm512_mask_storeu_ps;
    sums(from) _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from.cast()))),
    _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_loadu_si256(from.cast()))),
    _mm512_cvtepi32_ps(_mm512_loadu_si512(from.cast())));
vector!(F64x8: 8 of f64 in __m512d, __mmask8;
    _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_add_pd, _mm512_sub_pd, _mm512_mul_pd;
    above _mm512_cmp_pd_mask::<_CMP_GT_OQ>; choose(which, yes, no) _mm512_mask_blend_pd(which, no.0, yes.0);
    loud(value) u32::from(_mm512_cmpge_epu64_mask(
        _mm512_sub_epi64(_mm512_castpd_si512(value), _mm512_set1_epi64(QUIET_64 as i64)),
        _mm512_set1_epi64(((-f64::LARGEST).to_bits() - QUIET_64) as i64),
    ));
    some(count) ((1u32 << count) - 1) as __mmask8, masked_load_pd, _mm512_mask_storeu_pd;
    sums(from) _mm512_cvtepi32_pd(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast()))),
    _mm512_cvtepi32_pd(_mm256_cvtepi16_epi32(_mm_loadu_si128(from.cast()))),
    _mm512_cvtepi64_pd(_mm512_loadu_si512(from.cast())));
vector!(F32x8: 8 of f32 in __m256, __m256;
    _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps;
    above _mm256_cmp_ps::<_CMP_GT_OQ>; choose(which, yes, no) _mm256_blendv_ps(no.0, yes.0, which);
    loud(value) !_mm256_movemask_ps(_mm256_and_ps(
        _mm256_cmp_ps::<_CMP_LT_OQ>(value, _mm256_setzero_ps()),
        _mm256_cmp_ps::<_CMP_GT_OQ>(value, _mm256_set1_ps(-f32::LARGEST)),
    )) as u32 & 0xFF;
    some(count) _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)),
    _mm256_maskload_ps, _mm256_maskstore_ps;
    sums(from) _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast()))),
    _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_loadu_si128(from.cast()))),
    _mm256_cvtepi32_ps(_mm256_loadu_si256(from.cast())));
vector!(F64x4: 4 of f64 in __m256d, __m256d;
    _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_add_pd, _mm256_sub_pd, _mm256_mul_pd;
    above _mm256_cmp_pd::<_CMP_GT_OQ>; choose(which, yes, no) _mm256_blendv_pd(no.0, yes.0, which);
    loud(value) !_mm256_movemask_pd(_mm256_and_pd(
        _mm256_cmp_pd::<_CMP_LT_OQ>(value, _mm256_setzero_pd()),
        _mm256_cmp_pd::<_CMP_GT_OQ>(value, _mm256_set1_pd(-f64::LARGEST)),
    )) as u32 & 0xF;
    some(count) _mm256_cmpgt_epi64(_mm256_set1_epi64x(count as i64), _mm256_setr_epi64x(0, 1, 2, 3)),
    _mm256_maskload_pd, _mm256_maskstore_pd;
    sums(from) _mm256_set_pd((*from.add(3)).into(), (*from.add(2)).into(), (*from.add(1)).into(), (*from).into()),
    _mm256_cvtepi32_pd(_mm_cvtepi16_epi32(_mm_loadl_epi64(from.cast()))),
    _mm256_set_pd(*from.add(3) as f64, *from.add(2) as f64, *from.add(1) as f64, *from as f64));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::vector::Baseline;
    use crate::simd::{Vectors, Wide, detected};

    /// The lanes that are loud, number by number.
    struct Loud<'a, R>(&'a [R]);

    impl<R: Wide> Work for Loud<'_, R> {
        type Out = Vec<bool>;
        #[inline(always)]
        fn run<L: Level>(self) -> Vec<bool> {
            let lanes = <R::Side<L>>::LANES;
            let mut all = Vec::new();
            for numbers in self.0.chunks(lanes) {
                // SAFETY: there are so many numbers.
                let loud = unsafe { <R::Side<L>>::load_some(numbers.as_ptr(), numbers.len()) }.loud();
                all.extend((0..numbers.len()).map(|lane| loud >> lane & 1 == 1));
            }
            all
        }
    }

    fn check<R: Wide>(numbers: &[R]) {
        let quiet = |number: &R| *number < R::of(0.0) && number.finite();
        let expected: Vec<bool> = numbers.iter().map(|number| !quiet(number)).collect();
        assert!(expected.contains(&true) && expected.contains(&false));
        assert_eq!(Loud(numbers).run::<Baseline>(), expected);
        if detected() >= Vectors::Avx2 {
            // SAFETY: the instructions have been found.
            assert_eq!(unsafe { avx2(Loud(numbers)) }, expected);
        }
        if detected() >= Vectors::Avx512 {
            // SAFETY: as above.
            assert_eq!(unsafe { avx512(Loud(numbers)) }, expected);
        }
    }

    #[test]
    fn neurons_are_loud_from_zero_on_and_where_they_are_not_finite() {
        let edge = -f32::LARGEST;
        let mut numbers = vec![-1.0, -0.0, 0.0, 1.0, f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY, edge];
        numbers.extend([edge.next_up(), edge.next_down(), -f32::from_bits(1), f32::from_bits(1), -f32::MIN_POSITIVE]);
        check(&numbers);
        check(&numbers.repeat(5));
        let edge = -f64::LARGEST;
        let mut numbers: Vec<f64> = numbers.iter().map(|&number| f64::from(number)).collect();
        numbers.extend([edge, edge.next_up(), edge.next_down(), -f64::from_bits(1), f64::from_bits(1)]);
        check(&numbers);
    }
}
