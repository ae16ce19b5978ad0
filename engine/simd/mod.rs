//! What the processor offers beyond its baseline: wide vector instructions found at run time, prefetching, huge pages.
//!
//! This is the one folder with `unsafe` in it, and each use says why it is sound. Without wide vectors
//! (`NEUROPIL_VECTORS=none`) one thread of an EPYC with AVX-512 takes 2.9 times as long for a tenth of the cortical
//! microcircuit, 3.2 for `cuba-4k`, 6.3 for `coba-4k`, and 1.5 for `brunel`; with AVX2 it takes 1.0 to 1.7 times as
//! long (`neuropil bench`).
#![allow(unsafe_code)]

use std::sync::OnceLock;

mod crossed;
mod fields;
mod lanes;
pub mod machine;
mod pages;
mod pass;
pub mod pick;
#[cfg(target_arch = "x86_64")]
mod registers;
mod table;
mod two;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use crossed::{crossed, crossed_bits};
pub use fields::{Fields, FieldsMut, Items};
pub use lanes::Baseline;
pub use pages::{Blank, Block, Buffer, backing, keep_freed, zeros};
pub use pass::Elementwise;
pub use table::{Table, Workspace};
pub use vector::{Halves, Level, Vector, Wide, Work};
#[cfg(target_arch = "x86_64")]
use x86::{avx2, avx512};

/// Vector instructions that code is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vectors {
    /// The instructions that every processor of the architecture has.
    Baseline,
    /// AVX2: eight 32-bit lanes.
    Avx2,
    /// AVX-512 F, VL, DQ, BW: sixteen 32-bit lanes and masks.
    Avx512,
}

/// The instructions to use: the widest of this machine, or narrower ones where `NEUROPIL_VECTORS=none` or `=avx2` asks
/// for them. The results are the same with all.
pub fn vectors() -> Vectors {
    static FOUND: OnceLock<Vectors> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let most = match std::env::var("NEUROPIL_VECTORS").as_deref() {
            Ok("none") => Vectors::Baseline,
            Ok("avx2") => Vectors::Avx2,
            _ => Vectors::Avx512,
        };
        found().min(most)
    })
}

/// The widest instructions that this machine has.
pub fn found() -> Vectors {
    static FOUND: OnceLock<Vectors> = OnceLock::new();
    *FOUND.get_or_init(detected)
}

/// The widest instructions that the processor says it has.
#[cfg(target_arch = "x86_64")]
fn detected() -> Vectors {
    let wide = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw");
    match (wide, is_x86_feature_detected!("avx2")) {
        (true, true) => Vectors::Avx512,
        (false, true) => Vectors::Avx2,
        _ => Vectors::Baseline,
    }
}

/// No instructions beyond the baseline are used on other architectures.
#[cfg(not(target_arch = "x86_64"))]
fn detected() -> Vectors {
    Vectors::Baseline
}

/// Does `work` with the instructions that [`vectors`] names; returns its result.
#[inline]
pub fn vectorised<W: Work>(work: W) -> W::Out {
    vectorised_at(vectors(), work)
}

/// Does `work` with the instructions `level`, or with the widest of this machine if it lacks them; returns its result.
#[inline]
pub fn vectorised_at<W: Work>(level: Vectors, work: W) -> W::Out {
    match level.min(found()) {
        // SAFETY: `found` has found these instructions on this processor.
        #[cfg(target_arch = "x86_64")]
        Vectors::Avx512 => unsafe { avx512(work) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Vectors::Avx2 => unsafe { avx2(work) },
        _ => work.run::<Baseline>(),
    }
}

/// Asks the processor to fetch the cache line of `items[at]` ahead of its use; does nothing beyond the end.
#[inline(always)]
pub fn prefetch<T>(items: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    if at < items.len() {
        // SAFETY: the address lies within the slice, and a prefetch reads nothing.
        unsafe { std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(items.as_ptr().add(at).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (items, at);
}

/// As [`prefetch`], for data that is used once and must not displace other data from the second-level cache.
#[inline(always)]
pub fn prefetch_once<T>(items: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    if at < items.len() {
        // SAFETY: as of `prefetch`.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_NTA }>(items.as_ptr().add(at).cast())
        };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (items, at);
}

/// Copies a line of cache to the first 16 words of `to`, which will not be read soon, without fetching what is there
/// first.
///
/// # Panics
/// If `to` is shorter.
#[inline(always)]
pub fn stream(to: &mut [u32], line: &[u32; 16]) {
    let to = &mut to[..16];
    #[cfg(target_arch = "x86_64")]
    if to.as_ptr().addr().is_multiple_of(16) {
        use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_stream_si128};
        for quarter in 0..4 {
            // SAFETY: every x86-64 has these instructions; both sides have 16 words, and the address is a multiple of
            // 16.
            unsafe {
                let words = _mm_loadu_si128(line.as_ptr().add(4 * quarter).cast());
                _mm_stream_si128(to.as_mut_ptr().add(4 * quarter).cast::<__m128i>(), words);
            }
        }
        return;
    }
    to.copy_from_slice(line);
}
