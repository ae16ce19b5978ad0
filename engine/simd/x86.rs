//! The registers of x86-64: AVX2 and AVX-512.

use std::arch::x86_64::*;
use std::ops::{Add, Mul, Neg, Sub};

use crate::number::{Number, Real};
use crate::simd::vector::{Level, Two, Vector};

/// AVX2: 256 bits.
#[derive(Debug)]
pub struct Avx2;

impl Level for Avx2 {
    type F32 = Two<F32x8>;
    type F64 = F64x4;
    #[inline(always)]
    fn interleave(words: &[[u32; 16]; 4]) -> [u32; 64] {
        let mut all = [0; 64];
        for half in 0..2 {
            // SAFETY: see below; each word has two registers, and each of four rows of 16 words, too.
            unsafe {
                let [a, b, c, d] = [
                    _mm256_loadu_si256(words[0].as_ptr().add(8 * half).cast()),
                    _mm256_loadu_si256(words[1].as_ptr().add(8 * half).cast()),
                    _mm256_loadu_si256(words[2].as_ptr().add(8 * half).cast()),
                    _mm256_loadu_si256(words[3].as_ptr().add(8 * half).cast()),
                ];
                let low = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
                let high = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
                let rows = [
                    _mm256_unpacklo_epi64(low.0, high.0),
                    _mm256_unpackhi_epi64(low.0, high.0),
                    _mm256_unpacklo_epi64(low.1, high.1),
                    _mm256_unpackhi_epi64(low.1, high.1),
                ];
                let mut to = all.as_mut_ptr().add(8 * half);
                for row in rows {
                    _mm256_storeu_si256(to.cast(), row);
                    to = to.wrapping_add(16);
                }
            }
        }
        all
    }
    #[inline(always)]
    fn largest(words: &[u32; 64]) -> u32 {
        let mut eight = [0u32; 8];
        // SAFETY: see below; there are eight registers of words.
        unsafe {
            let mut most = _mm256_loadu_si256(words.as_ptr().cast());
            for register in 1..8 {
                most = _mm256_max_epu32(most, _mm256_loadu_si256(words.as_ptr().add(8 * register).cast()));
            }
            _mm256_storeu_si256(eight.as_mut_ptr().cast(), most);
        }
        eight.iter().fold(0, |largest, &word| largest.max(word))
    }
}

/// AVX-512: 512 bits, and masks.
#[derive(Debug)]
pub struct Avx512;

impl Level for Avx512 {
    type F32 = Two<F32x16>;
    type F64 = F64x8;
    #[inline(always)]
    fn interleave(words: &[[u32; 16]; 4]) -> [u32; 64] {
        let mut all = [0; 64];
        // SAFETY: see below; each word has a register, and each of four rows of 16 words, too.
        unsafe {
            let [a, b, c, d] = [
                _mm512_loadu_si512(words[0].as_ptr().cast()),
                _mm512_loadu_si512(words[1].as_ptr().cast()),
                _mm512_loadu_si512(words[2].as_ptr().cast()),
                _mm512_loadu_si512(words[3].as_ptr().cast()),
            ];
            let low = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
            let high = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
            let to = all.as_mut_ptr();
            _mm512_storeu_si512(to.cast(), _mm512_unpacklo_epi64(low.0, high.0));
            _mm512_storeu_si512(to.add(16).cast(), _mm512_unpackhi_epi64(low.0, high.0));
            _mm512_storeu_si512(to.add(32).cast(), _mm512_unpacklo_epi64(low.1, high.1));
            _mm512_storeu_si512(to.add(48).cast(), _mm512_unpackhi_epi64(low.1, high.1));
        }
        all
    }
    #[inline(always)]
    fn largest(words: &[u32; 64]) -> u32 {
        // SAFETY: see below; there are four registers of words.
        unsafe {
            let mut most = _mm512_loadu_si512(words.as_ptr().cast());
            for register in 1..4 {
                most = _mm512_max_epu32(most, _mm512_loadu_si512(words.as_ptr().add(16 * register).cast()));
            }
            _mm512_reduce_max_epu32(most)
        }
    }
}

// SAFETY of all that follows: only `vectorised` names these levels, once it has found their instructions on this
// processor; loads and stores are the caller's care, and slices are
// measured.
macro_rules! vector {
    ($name:ident: $lanes:literal of $number:ident in $register:ident, $mask:ident;
     $splat:ident, $load:ident, $store:ident, $add:ident, $sub:ident, $mul:ident;
     above $above:expr; choose($which:ident, $yes:ident, $no:ident) $choose:expr; bits($bit:ident) $bits:expr;
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
                // Finite and below zero is between the two; NaN is above nothing.
                let (zero, least) = (Self::splat(0.0), Self::splat(-$number::LARGEST));
                let (below, finite) = (zero.above(self), self.above(least));
                !($name::bits(below) & $name::bits(finite)) & ((1 << $lanes) - 1)
            }
        }
        impl $name {
            #[inline(always)]
            fn bits($bit: $mask) -> u32 {
                $bits
            }
        }
    };
}

vector!(F32x16: 16 of f32 in __m512, __mmask16;
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps;
    above _mm512_cmp_ps_mask::<_CMP_GT_OQ>; choose(which, yes, no) _mm512_mask_blend_ps(which, no.0, yes.0);
    bits(mask) u32::from(mask);
    sums(from) _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from.cast()))),
    _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_loadu_si256(from.cast()))),
    _mm512_cvtepi32_ps(_mm512_loadu_si512(from.cast())));
vector!(F64x8: 8 of f64 in __m512d, __mmask8;
    _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_add_pd, _mm512_sub_pd, _mm512_mul_pd;
    above _mm512_cmp_pd_mask::<_CMP_GT_OQ>; choose(which, yes, no) _mm512_mask_blend_pd(which, no.0, yes.0);
    bits(mask) u32::from(mask);
    sums(from) _mm512_cvtepi32_pd(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast()))),
    _mm512_cvtepi32_pd(_mm256_cvtepi16_epi32(_mm_loadu_si128(from.cast()))),
    _mm512_cvtepi64_pd(_mm512_loadu_si512(from.cast())));
vector!(F32x8: 8 of f32 in __m256, __m256;
    _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps;
    above _mm256_cmp_ps::<_CMP_GT_OQ>; choose(which, yes, no) _mm256_blendv_ps(no.0, yes.0, which);
    bits(mask) unsafe { _mm256_movemask_ps(mask) as u32 };
    sums(from) _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast()))),
    _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_loadu_si128(from.cast()))),
    _mm256_cvtepi32_ps(_mm256_loadu_si256(from.cast())));
vector!(F64x4: 4 of f64 in __m256d, __m256d;
    _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_add_pd, _mm256_sub_pd, _mm256_mul_pd;
    above _mm256_cmp_pd::<_CMP_GT_OQ>; choose(which, yes, no) _mm256_blendv_pd(no.0, yes.0, which);
    bits(mask) unsafe { _mm256_movemask_pd(mask) as u32 };
    sums(from) _mm256_set_pd((*from.add(3)).into(), (*from.add(2)).into(), (*from.add(1)).into(), (*from).into()),
    _mm256_cvtepi32_pd(_mm_cvtepi16_epi32(_mm_loadl_epi64(from.cast()))),
    _mm256_set_pd(*from.add(3) as f64, *from.add(2) as f64, *from.add(1) as f64, *from as f64));
