//! Numbers side by side: model equations run on a register of them, one neuron a lane.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::{Add, Mul, Neg, Sub};

use crate::number::{Fixed, Number, Real};

/// Several numbers that are advanced together. Each lane rounds as the number alone would.
pub trait Vector: Real {
    /// What a lane holds.
    type Number: Number;
    /// Lanes.
    const LANES: usize;
    /// The same number in each lane.
    fn splat(value: Self::Number) -> Self;
    /// From a number for each lane.
    ///
    /// # Safety
    /// There are as many numbers at `from` as there are lanes.
    unsafe fn load(from: *const Self::Number) -> Self;
    /// Writes a number for each lane.
    ///
    /// # Safety
    /// There is room at `to` for as many numbers as there are lanes.
    unsafe fn store(self, to: *mut Self::Number);
    /// From the first sums of 8 bits, in counts.
    ///
    /// # Panics
    /// Here and below, if there are fewer than lanes.
    fn bytes(sums: &[i8]) -> Self;
    /// From the first sums of 16 bits.
    fn shorts(sums: &[i16]) -> Self;
    /// From the first sums that are as wide as weights.
    fn full(sums: &[<Self::Number as Number>::Fixed]) -> Self;
    /// The lanes that are not both finite and below zero, a bit each.
    fn loud(self) -> u32;
}

/// Numbers in fields of equal length, one behind the other: number `i` of field `f` at `f * stride + i`. Bounds are checked
/// once for all fields of some items, which the compiler cannot find out by itself.
#[derive(Debug)]
pub struct Fields<'a, R> {
    first: *const R,
    count: usize,
    stride: usize,
    numbers: PhantomData<&'a [R]>,
}

impl<'a, R: Copy + Default> Fields<'a, R> {
    /// The first `count` fields of `stride` numbers each.
    ///
    /// # Panics
    /// If there are fewer numbers.
    #[inline(always)]
    pub fn new(numbers: &'a [R], count: usize, stride: usize) -> Fields<'a, R> {
        assert!(count.checked_mul(stride).is_some_and(|all| all <= numbers.len()), "fewer numbers than fields");
        Fields { first: numbers.as_ptr(), count, stride, numbers: PhantomData }
    }

    /// Where some items of a field are, counted from the first number.
    #[inline(always)]
    fn place(&self, field: usize, items: Items) -> usize {
        let Items { first, count } = items;
        assert!(field < self.count && count <= self.stride && first <= self.stride - count, "no such items");
        field * self.stride + first
    }

    /// Items of a field side by side, at most as many as there are lanes; the other lanes are zero.
    #[inline(always)]
    pub fn load<V: Vector<Number = R>>(&self, field: usize, items: Items) -> V {
        let from = self.first.wrapping_add(self.place(field, items));
        if items.count >= V::LANES {
            // SAFETY: the items lie in the field, and the field in what `new` was given.
            return unsafe { V::load(from) };
        }
        let mut some = [R::default(); MOST_LANES];
        // SAFETY: as above; the copy has room for any vector.
        unsafe {
            std::ptr::copy_nonoverlapping(from, some.as_mut_ptr(), items.count);
            V::load(some.as_ptr())
        }
    }
}

/// Items of [`Fields`]. Not a range, whose length the compiler would not know.
#[derive(Debug, Clone, Copy)]
pub struct Items {
    /// The first.
    pub first: usize,
    /// How many.
    pub count: usize,
}

/// [`Fields`] that can be written.
#[derive(Debug)]
pub struct FieldsMut<'a, R> {
    first: *mut R,
    fields: Fields<'a, R>,
}

impl<'a, R: Copy + Default> FieldsMut<'a, R> {
    /// As [`Fields::new`].
    #[inline(always)]
    pub fn new(numbers: &'a mut [R], count: usize, stride: usize) -> FieldsMut<'a, R> {
        let first = numbers.as_mut_ptr();
        FieldsMut { fields: Fields { first, ..Fields::new(numbers, count, stride) }, first }
    }

    /// The fields.
    #[inline(always)]
    pub fn fields(&self) -> &Fields<'a, R> {
        &self.fields
    }

    /// All numbers.
    #[inline(always)]
    pub fn numbers(&mut self) -> &mut [R] {
        // SAFETY: `new` has found so many, and the borrow of `self` keeps others away.
        unsafe { std::slice::from_raw_parts_mut(self.first, self.fields.count * self.fields.stride) }
    }

    /// Writes items of a field, at most as many as there are lanes.
    #[inline(always)]
    pub fn store<V: Vector<Number = R>>(&mut self, field: usize, items: Items, values: V) {
        let to = self.first.wrapping_add(self.fields.place(field, items));
        if items.count >= V::LANES {
            // SAFETY: as in `load`.
            return unsafe { values.store(to) };
        }
        let mut some = [R::default(); MOST_LANES];
        // SAFETY: as in `load`.
        unsafe {
            values.store(some.as_mut_ptr());
            std::ptr::copy_nonoverlapping(some.as_ptr(), to, items.count);
        }
    }
}

/// The most lanes a vector has.
const MOST_LANES: usize = 32;

/// Vectors that a kind of processor has.
pub trait Level {
    /// Of `f32`.
    type F32: Vector<Number = f32>;
    /// Of `f64`.
    type F64: Vector<Number = f64>;
    /// The four words of 16 blocks, block by block in the order of [`INTERLEAVED`]'s numbers.
    #[inline(always)]
    fn interleave(words: &[[u32; 16]; 4]) -> [u32; 64] {
        let mut all = [0; 64];
        for (lane, block) in INTERLEAVED.into_iter().enumerate() {
            all[4 * block as usize..][..4].copy_from_slice(&words.map(|word| word[lane]));
        }
        all
    }
    /// The largest of 64 words.
    #[inline(always)]
    fn largest(words: &[u32; 64]) -> u32 {
        words.iter().fold(0, |largest, &word| largest.max(word))
    }
}

/// The block whose words are in each lane when four registers of words are interleaved within quarters of a register, which
/// processors do in one instruction: lane 4 i + r has block 4 r + i.
pub const INTERLEAVED: [u32; 16] = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15];

/// What every processor has: the compiler chooses the instructions.
#[derive(Debug)]
pub struct Baseline;

impl Level for Baseline {
    type F32 = Lanes<f32, 4>;
    type F64 = Lanes<f64, 2>;
}

/// Numbers side by side in memory.
#[derive(Debug, Clone, Copy)]
pub struct Lanes<R, const N: usize>([R; N]);

macro_rules! lanewise {
    ($($trait:ident, $method:ident, $sign:tt;)*) => {$(
        impl<R: Number, const N: usize> $trait for Lanes<R, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Lanes(std::array::from_fn(|i| self.0[i] $sign other.0[i]))
            }
        }
    )*};
}
lanewise! { Add, add, +; Sub, sub, -; Mul, mul, *; }

impl<R: Number, const N: usize> Neg for Lanes<R, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Lanes(self.0.map(|v| -v))
    }
}

impl<R: Number, const N: usize> Real for Lanes<R, N> {
    type Truth = [bool; N];
    #[inline(always)]
    fn of(value: f64) -> Self {
        Lanes([R::of(value); N])
    }
    #[inline(always)]
    fn above(self, other: Self) -> [bool; N] {
        std::array::from_fn(|i| self.0[i] > other.0[i])
    }
    #[inline(always)]
    fn choose(which: [bool; N], yes: Self, no: Self) -> Self {
        Lanes(std::array::from_fn(|i| if which[i] { yes.0[i] } else { no.0[i] }))
    }
}

impl<R: Number, const N: usize> Vector for Lanes<R, N> {
    type Number = R;
    const LANES: usize = N;
    #[inline(always)]
    fn splat(value: R) -> Self {
        Lanes([value; N])
    }
    #[inline(always)]
    unsafe fn load(from: *const R) -> Self {
        // SAFETY: the caller's.
        Lanes(unsafe { from.cast::<[R; N]>().read() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut R) {
        // SAFETY: the caller's.
        unsafe { to.cast::<[R; N]>().write(self.0) };
    }
    #[inline(always)]
    fn bytes(sums: &[i8]) -> Self {
        Lanes(std::array::from_fn(|i| R::of_fixed(R::Fixed::wide(sums[i].into()), R::of(1.0))))
    }
    #[inline(always)]
    fn shorts(sums: &[i16]) -> Self {
        Lanes(std::array::from_fn(|i| R::of_fixed(R::Fixed::wide(sums[i].into()), R::of(1.0))))
    }
    #[inline(always)]
    fn full(sums: &[R::Fixed]) -> Self {
        Lanes(std::array::from_fn(|i| R::of_fixed(sums[i], R::of(1.0))))
    }
    #[inline(always)]
    fn loud(self) -> u32 {
        (0..N).fold(0, |bits, i| bits | u32::from(!(self.0[i] < R::of(0.0) && self.0[i].finite())) << i)
    }
}

/// Two vectors as one: each step of a neuron waits for the one before, so that two are advanced in the time of one.
#[derive(Debug, Clone, Copy)]
pub struct Two<V>(V, V);

macro_rules! both {
    ($($trait:ident, $method:ident, $sign:tt;)*) => {$(
        impl<V: Vector> $trait for Two<V> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Two(self.0 $sign other.0, self.1 $sign other.1)
            }
        }
    )*};
}
both! { Add, add, +; Sub, sub, -; Mul, mul, *; }

impl<V: Vector> Neg for Two<V> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Two(-self.0, -self.1)
    }
}

impl<V: Vector> Real for Two<V> {
    type Truth = (V::Truth, V::Truth);
    #[inline(always)]
    fn of(value: f64) -> Self {
        Two(V::of(value), V::of(value))
    }
    #[inline(always)]
    fn above(self, other: Self) -> Self::Truth {
        (self.0.above(other.0), self.1.above(other.1))
    }
    #[inline(always)]
    fn choose(which: Self::Truth, yes: Self, no: Self) -> Self {
        Two(V::choose(which.0, yes.0, no.0), V::choose(which.1, yes.1, no.1))
    }
}

// SAFETY of what follows: the second vector lies behind the first, and the caller's promise covers both.
impl<V: Vector> Vector for Two<V> {
    type Number = V::Number;
    const LANES: usize = 2 * V::LANES;
    #[inline(always)]
    fn splat(value: V::Number) -> Self {
        Two(V::splat(value), V::splat(value))
    }
    #[inline(always)]
    unsafe fn load(from: *const V::Number) -> Self {
        unsafe { Two(V::load(from), V::load(from.add(V::LANES))) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut V::Number) {
        unsafe {
            self.0.store(to);
            self.1.store(to.add(V::LANES));
        }
    }
    #[inline(always)]
    fn bytes(sums: &[i8]) -> Self {
        Two(V::bytes(sums), V::bytes(&sums[V::LANES..]))
    }
    #[inline(always)]
    fn shorts(sums: &[i16]) -> Self {
        Two(V::shorts(sums), V::shorts(&sums[V::LANES..]))
    }
    #[inline(always)]
    fn full(sums: &[<V::Number as Number>::Fixed]) -> Self {
        Two(V::full(sums), V::full(&sums[V::LANES..]))
    }
    #[inline(always)]
    fn loud(self) -> u32 {
        self.0.loud() | self.1.loud() << V::LANES
    }
}

#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::*;

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
}
