//! Vectors in the registers of x86-64, of AVX2 and of AVX-512.

use std::arch::x86_64::*;
use std::ops::{Add, Mul, Neg, Sub};

use crate::number::{Number, Real};
use crate::simd::vector::Vector;

// SAFETY of all that follows: only `vectorised_at` names these levels, once it has found their instructions on this
// processor; for loads and stores the caller vouches, and slices are measured.
//
// `vector!` implements `Vector` for a register: the names of its instructions, then the expressions of what takes more
// than one.
macro_rules! vector {
    ($name:ident: $lanes:literal of $number:ident in $register:ident, $mask:ident, $word:ident;
     $splat:ident, $load:ident, $store:ident, $add:ident, $sub:ident, $mul:ident, $div:ident, $sqrt:ident;
     above $above:expr; choose($which:ident, $yes:ident, $no:ident) $choose:expr; crossed($value:ident) $crossed:expr;
     truths($a:ident, $b:ident) $and:expr, $or:expr, $not:expr;
     words($by:ident) $bits:ident, $of_bits:ident, $integer:ident $integer_type:ident, $plus:ident, $minus:ident, $both:ident, $left:ident, $right:expr;
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
            type Word = $word;
            const FRACTION: u32 = <$number as Real>::FRACTION;
            #[inline(always)]
            fn of(value: f64) -> Self {
                $name::splat(value as $number)
            }
            #[inline(always)]
            fn over(self, other: Self) -> Self {
                $name(unsafe { $div(self.0, other.0) })
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $name(unsafe { $sqrt(self.0) })
            }
            #[inline(always)]
            fn above(self, other: Self) -> $mask {
                unsafe { $above(self.0, other.0) }
            }
            #[inline(always)]
            fn and($a: $mask, $b: $mask) -> $mask {
                unsafe { $and }
            }
            #[inline(always)]
            fn or($a: $mask, $b: $mask) -> $mask {
                unsafe { $or }
            }
            #[inline(always)]
            fn not($a: $mask) -> $mask {
                unsafe { $not }
            }
            #[inline(always)]
            fn choose($which: $mask, $yes: Self, $no: Self) -> Self {
                $name(unsafe { $choose })
            }
            #[inline(always)]
            fn bits(self) -> $word {
                unsafe { $bits(self.0) }
            }
            #[inline(always)]
            fn of_bits(word: $word) -> Self {
                $name(unsafe { $of_bits(word) })
            }
            #[inline(always)]
            fn word(value: i64) -> $word {
                unsafe { $integer(value as $integer_type) }
            }
            #[inline(always)]
            fn plus(a: $word, b: $word) -> $word {
                unsafe { $plus(a, b) }
            }
            #[inline(always)]
            fn minus(a: $word, b: $word) -> $word {
                unsafe { $minus(a, b) }
            }
            #[inline(always)]
            fn both(a: $word, b: $word) -> $word {
                unsafe { $both(a, b) }
            }
            #[inline(always)]
            fn left(a: $word, by: u32) -> $word {
                unsafe { $left(a, _mm_cvtsi32_si128(by as i32)) }
            }
            #[inline(always)]
            fn right($a: $word, $by: u32) -> $word {
                unsafe { $right }
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
            fn crossed(self) -> u32 {
                let $value = self.0;
                unsafe { $crossed }
            }
        }
    };
}

/// The numbers at `from` whose bit in `mask` is set; the other lanes are zero.
#[inline(always)]
unsafe fn masked_load_ps(from: *const f32, mask: __mmask16) -> __m512 {
    unsafe { _mm512_maskz_loadu_ps(mask, from) }
}
/// As [`masked_load_ps`], of `f64`.
#[inline(always)]
unsafe fn masked_load_pd(from: *const f64, mask: __mmask8) -> __m512d {
    unsafe { _mm512_maskz_loadu_pd(mask, from) }
}

/// 64-bit integers shifted right with their sign. AVX2 has no such instruction: the copies of the sign come from a
/// comparison.
#[inline(always)]
unsafe fn shifted_right(a: __m256i, by: u32) -> __m256i {
    unsafe {
        let sign = _mm256_cmpgt_epi64(_mm256_setzero_si256(), a);
        // Shifts by all 64 bits give zero.
        let above = _mm256_sll_epi64(sign, _mm_cvtsi32_si128(64 - by as i32));
        _mm256_or_si256(_mm256_srl_epi64(a, _mm_cvtsi32_si128(by as i32)), above)
    }
}

/// The bits of the greatest `f32` below zero. Read as unsigned integers, exactly the bits of finite numbers below zero
/// lie between these and those of minus [`Number::LARGEST`]; NaN and numbers from zero on lie outside.
const QUIET_32: u32 = 0x8000_0001;
/// The same of `f64`.
const QUIET_64: u64 = 0x8000_0000_0000_0001;

vector!(F32x16: 16 of f32 in __m512, __mmask16, __m512i;
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps, _mm512_div_ps, _mm512_sqrt_ps;
    above _mm512_cmp_ps_mask::<_CMP_GT_OQ>; choose(which, yes, no) _mm512_mask_blend_ps(which, no.0, yes.0);
    crossed(value) u32::from(_mm512_cmpge_epu32_mask(
        _mm512_sub_epi32(_mm512_castps_si512(value), _mm512_set1_epi32(QUIET_32 as i32)),
        _mm512_set1_epi32(((-f32::LARGEST).to_bits() - QUIET_32) as i32),
    ));
    truths(a, b) _kand_mask16(a, b), _kor_mask16(a, b), _knot_mask16(a);
    words(by) _mm512_castps_si512, _mm512_castsi512_ps, _mm512_set1_epi32 i32, _mm512_add_epi32, _mm512_sub_epi32, _mm512_and_si512, _mm512_sll_epi32, _mm512_sra_epi32(a, _mm_cvtsi32_si128(by as i32));
    some(count) ((1u32 << count) - 1) as __mmask16, masked_load_ps, _mm512_mask_storeu_ps;
    sums(from) _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from.cast()))),
    _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_loadu_si256(from.cast()))),
    _mm512_cvtepi32_ps(_mm512_loadu_si512(from.cast())));
vector!(F64x8: 8 of f64 in __m512d, __mmask8, __m512i;
    _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_add_pd, _mm512_sub_pd, _mm512_mul_pd, _mm512_div_pd, _mm512_sqrt_pd;
    above _mm512_cmp_pd_mask::<_CMP_GT_OQ>; choose(which, yes, no) _mm512_mask_blend_pd(which, no.0, yes.0);
    crossed(value) u32::from(_mm512_cmpge_epu64_mask(
        _mm512_sub_epi64(_mm512_castpd_si512(value), _mm512_set1_epi64(QUIET_64 as i64)),
        _mm512_set1_epi64(((-f64::LARGEST).to_bits() - QUIET_64) as i64),
    ));
    truths(a, b) _kand_mask8(a, b), _kor_mask8(a, b), _knot_mask8(a);
    words(by) _mm512_castpd_si512, _mm512_castsi512_pd, _mm512_set1_epi64 i64, _mm512_add_epi64, _mm512_sub_epi64, _mm512_and_si512, _mm512_sll_epi64, _mm512_sra_epi64(a, _mm_cvtsi32_si128(by as i32));
    some(count) ((1u32 << count) - 1) as __mmask8, masked_load_pd, _mm512_mask_storeu_pd;
    sums(from) _mm512_cvtepi32_pd(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast()))),
    _mm512_cvtepi32_pd(_mm256_cvtepi16_epi32(_mm_loadu_si128(from.cast()))),
    _mm512_cvtepi64_pd(_mm512_loadu_si512(from.cast())));
vector!(F32x8: 8 of f32 in __m256, __m256, __m256i;
    _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps, _mm256_div_ps, _mm256_sqrt_ps;
    above _mm256_cmp_ps::<_CMP_GT_OQ>; choose(which, yes, no) _mm256_blendv_ps(no.0, yes.0, which);
    crossed(value) !_mm256_movemask_ps(_mm256_and_ps(
        _mm256_cmp_ps::<_CMP_LT_OQ>(value, _mm256_setzero_ps()),
        _mm256_cmp_ps::<_CMP_GT_OQ>(value, _mm256_set1_ps(-f32::LARGEST)),
    )) as u32 & 0xFF;
    truths(a, b) _mm256_and_ps(a, b), _mm256_or_ps(a, b), _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi8(-1)));
    words(by) _mm256_castps_si256, _mm256_castsi256_ps, _mm256_set1_epi32 i32, _mm256_add_epi32, _mm256_sub_epi32, _mm256_and_si256, _mm256_sll_epi32, _mm256_sra_epi32(a, _mm_cvtsi32_si128(by as i32));
    some(count) _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)),
    _mm256_maskload_ps, _mm256_maskstore_ps;
    sums(from) _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast()))),
    _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_loadu_si128(from.cast()))),
    _mm256_cvtepi32_ps(_mm256_loadu_si256(from.cast())));
vector!(F64x4: 4 of f64 in __m256d, __m256d, __m256i;
    _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_add_pd, _mm256_sub_pd, _mm256_mul_pd, _mm256_div_pd, _mm256_sqrt_pd;
    above _mm256_cmp_pd::<_CMP_GT_OQ>; choose(which, yes, no) _mm256_blendv_pd(no.0, yes.0, which);
    crossed(value) !_mm256_movemask_pd(_mm256_and_pd(
        _mm256_cmp_pd::<_CMP_LT_OQ>(value, _mm256_setzero_pd()),
        _mm256_cmp_pd::<_CMP_GT_OQ>(value, _mm256_set1_pd(-f64::LARGEST)),
    )) as u32 & 0xF;
    truths(a, b) _mm256_and_pd(a, b), _mm256_or_pd(a, b), _mm256_xor_pd(a, _mm256_castsi256_pd(_mm256_set1_epi8(-1)));
    words(by) _mm256_castpd_si256, _mm256_castsi256_pd, _mm256_set1_epi64x i64, _mm256_add_epi64, _mm256_sub_epi64, _mm256_and_si256, _mm256_sll_epi64, shifted_right(a, by);
    some(count) _mm256_cmpgt_epi64(_mm256_set1_epi64x(count as i64), _mm256_setr_epi64x(0, 1, 2, 3)),
    _mm256_maskload_pd, _mm256_maskstore_pd;
    sums(from) _mm256_set_pd((*from.add(3)).into(), (*from.add(2)).into(), (*from.add(1)).into(), (*from).into()),
    _mm256_cvtepi32_pd(_mm_cvtepi16_epi32(_mm_loadl_epi64(from.cast()))),
    _mm256_set_pd(*from.add(3) as f64, *from.add(2) as f64, *from.add(1) as f64, *from as f64));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::lanes::Baseline;
    use crate::simd::{Level, Vectors, Wide, Work, avx2, avx512, detected};

    /// Whether each number is crossed, see [`Vector::crossed`].
    struct Crossed<'a, R>(&'a [R]);

    impl<R: Wide> Work for Crossed<'_, R> {
        type Out = Vec<bool>;
        #[inline(always)]
        fn run<L: Level>(self) -> Vec<bool> {
            let lanes = <R::Side<L>>::LANES;
            let mut all = Vec::new();
            for numbers in self.0.chunks(lanes) {
                // SAFETY: there are so many numbers.
                let crossed = unsafe { <R::Side<L>>::load_some(numbers.as_ptr(), numbers.len()) }.crossed();
                all.extend((0..numbers.len()).map(|lane| crossed >> lane & 1 == 1));
            }
            all
        }
    }

    fn check<R: Wide>(numbers: &[R]) {
        let quiet = |number: &R| *number < R::of(0.0) && number.finite();
        let expected: Vec<bool> = numbers.iter().map(|number| !quiet(number)).collect();
        assert!(expected.contains(&true) && expected.contains(&false));
        assert_eq!(Crossed(numbers).run::<Baseline>(), expected);
        if detected() >= Vectors::Avx2 {
            // SAFETY: the instructions have been found.
            assert_eq!(unsafe { avx2(Crossed(numbers)) }, expected);
        }
        if detected() >= Vectors::Avx512 {
            // SAFETY: as above.
            assert_eq!(unsafe { avx512(Crossed(numbers)) }, expected);
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

    /// The work of finding numbers within two bounds.
    struct Within<'a>(&'a [u32; 16], u32, u32);

    impl Work for Within<'_> {
        type Out = [u32; 2];
        #[inline(always)]
        fn run<L: Level>(self) -> [u32; 2] {
            L::within(self.0, self.1, self.2)
        }
    }

    #[test]
    fn numbers_between_two_are_found_without_a_sign() {
        let mut numbers = [0u32; 16];
        for (place, number) in numbers.iter_mut().enumerate() {
            *number = (place as u32).wrapping_mul(0x3000_0001);
        }
        for (after, until) in numbers.into_iter().flat_map(|after| numbers.map(|until| (after, until))) {
            let bits = |is: &dyn Fn(u32) -> bool| (0..16).map(|i| u32::from(is(numbers[i])) << i).sum::<u32>();
            let expected = [bits(&|x| x > after), bits(&|x| x > after && x <= until)];
            assert_eq!(Within(&numbers, after, until).run::<Baseline>(), expected);
            if detected() >= Vectors::Avx2 {
                // SAFETY: the instructions have been found.
                assert_eq!(unsafe { avx2(Within(&numbers, after, until)) }, expected);
            }
            if detected() >= Vectors::Avx512 {
                // SAFETY: as above.
                assert_eq!(unsafe { avx512(Within(&numbers, after, until)) }, expected);
            }
        }
    }

    /// The work of counting the numbers larger than another.
    struct Larger<'a>(&'a [u32; 16], u32);

    impl Work for Larger<'_> {
        type Out = u32;
        #[inline(always)]
        fn run<L: Level>(self) -> u32 {
            L::count_larger(self.0, self.1)
        }
    }

    #[test]
    fn larger_numbers_are_counted_without_a_sign() {
        let mut numbers = [0u32; 16];
        for (place, number) in numbers.iter_mut().enumerate() {
            *number = (place as u32).wrapping_mul(0x3000_0001);
        }
        for than in numbers.into_iter().flat_map(|number| [number, number.wrapping_sub(1), number.wrapping_add(1)]) {
            let expected = numbers.iter().filter(|&&number| number > than).count() as u32;
            assert_eq!(Larger(&numbers, than).run::<Baseline>(), expected);
            if detected() >= Vectors::Avx2 {
                // SAFETY: the instructions have been found.
                assert_eq!(unsafe { avx2(Larger(&numbers, than)) }, expected);
            }
            if detected() >= Vectors::Avx512 {
                // SAFETY: as above.
                assert_eq!(unsafe { avx512(Larger(&numbers, than)) }, expected);
            }
        }
    }
}
