//! Windows over images: which rows and columns a kernel's places see, and images unfolded into windows.

use crate::error::{Error, Result};
use crate::simd::{Level, Work, vectorised};
use crate::train::gemm::Float;

/// How windows lie along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    /// The number of places of the image.
    pub(super) length: usize,
    /// The number of places of a window.
    pub(super) size: usize,
    /// The distance from a window to the next.
    pub(super) stride: usize,
    /// The number of zeros at each end of the image.
    pub(super) padding: usize,
    /// The distance from a place of a window to the next.
    pub(super) dilation: usize,
}

impl Axis {
    /// The number of windows; `name` is that of the operation, for errors.
    ///
    /// # Errors
    /// A size, stride or dilation of 0; a window that is wider than the image with its padding.
    pub(super) fn windows(&self, name: &str) -> Result<usize> {
        let Axis { length, size, stride, padding, dilation } = *self;
        if size == 0 || stride == 0 || dilation == 0 {
            let problem = format!("size {size}, stride {stride} and dilation {dilation} of windows must be 1 or more");
            return Err(Error::invalid(name, problem));
        }
        let whole = padding.checked_mul(2).and_then(|both| both.checked_add(length));
        let span = (size - 1).checked_mul(dilation).and_then(|span| span.checked_add(1));
        match (whole, span) {
            (Some(whole), Some(span)) if span <= whole => Ok((whole - span) / stride + 1),
            _ => {
                let problem = format!(
                    "a window of {size} places, {dilation} apart, is wider than {length} with {padding} zeros at each end"
                );
                Err(Error::invalid(name, format!("{problem}; use a smaller one, or more padding")))
            }
        }
    }

    /// The windows, of `count`, whose place `at` lies in the image, not in its padding: the first of them, the first
    /// beyond, and the place of the image that the first sees.
    pub(super) fn seen(&self, at: usize, count: usize) -> [usize; 3] {
        let ahead = at * self.dilation;
        let first = self.padding.saturating_sub(ahead).div_ceil(self.stride);
        let end = (self.length + self.padding).saturating_sub(ahead).div_ceil(self.stride).min(count);
        [first.min(end), end, (first * self.stride + ahead).saturating_sub(self.padding)]
    }
}

/// Windows over images of some channels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patches {
    pub(super) channels: usize,
    pub(super) vertical: Axis,
    pub(super) horizontal: Axis,
    /// The number of windows along both axes.
    pub(super) windows: [usize; 2],
}

impl Patches {
    /// The windows over images with these axes.
    ///
    /// # Errors
    /// As [`Axis::windows`].
    pub(super) fn new(name: &str, channels: usize, vertical: Axis, horizontal: Axis) -> Result<Patches> {
        let windows = [vertical.windows(name)?, horizontal.windows(name)?];
        Ok(Patches { channels, vertical, horizontal, windows })
    }

    /// How many numbers an image has.
    pub(super) fn image(&self) -> usize {
        self.channels * self.vertical.length * self.horizontal.length
    }

    /// The number of windows of an image.
    pub(super) fn count(&self) -> usize {
        self.windows[0] * self.windows[1]
    }

    /// The number of places of a window, in all channels.
    pub(super) fn places(&self) -> usize {
        self.channels * self.vertical.size * self.horizontal.size
    }

    /// Unfolds an image into its windows: sets `to`, [channels, places of a window, windows], to what each place of
    /// each window sees.
    pub(super) fn spread<T: Float>(&self, image: &[T], to: &mut [T]) {
        vectorised(Spread { patches: self, image, to });
    }

    /// The transpose of [`Patches::spread`]: adds each number of `from` to the place of the image that it would have
    /// been unfolded from.
    pub(super) fn gather<T: Float>(&self, from: &[T], image: &mut [T]) {
        vectorised(Gather { patches: self, from, image });
    }
}

/// See [`Patches::spread`].
struct Spread<'a, T> {
    patches: &'a Patches,
    image: &'a [T],
    to: &'a mut [T],
}

impl<T: Float> Work for Spread<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let Patches { vertical, horizontal, windows: [rows, columns], .. } = *self.patches;
        let plane = vertical.length * horizontal.length;
        let mut to = self.to.chunks_exact_mut(rows * columns);
        for image in self.image.chunks_exact(plane) {
            for y in 0..vertical.size {
                let [first, end, top] = vertical.seen(y, rows);
                for x in 0..horizontal.size {
                    let [left, right, start] = horizontal.seen(x, columns);
                    let Some(to) = to.next() else { return };
                    to[..first * columns].fill(T::of(0.0));
                    to[end * columns..].fill(T::of(0.0));
                    for (row, to) in to[first * columns..end * columns].chunks_exact_mut(columns).enumerate() {
                        let from = &image[(top + row * vertical.stride) * horizontal.length..][..horizontal.length];
                        to[..left].fill(T::of(0.0));
                        to[right..].fill(T::of(0.0));
                        if horizontal.stride == 1 {
                            copy(&mut to[left..right], &from[start..start + right - left]);
                        } else {
                            let from = from.get(start..).unwrap_or_default();
                            for (to, &from) in to[left..right].iter_mut().zip(from.iter().step_by(horizontal.stride)) {
                                *to = from;
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Copies a few numbers without a call of `memcpy`.
#[inline(always)]
#[allow(clippy::manual_memcpy)]
fn copy<T: Copy>(to: &mut [T], from: &[T]) {
    let mut whole = to.chunks_exact_mut(8);
    let mut others = from.chunks_exact(8);
    for (to, from) in (&mut whole).zip(&mut others) {
        for place in 0..8 {
            to[place] = from[place];
        }
    }
    for (to, from) in whole.into_remainder().iter_mut().zip(others.remainder()) {
        *to = *from;
    }
}

/// See [`Patches::gather`].
struct Gather<'a, T> {
    patches: &'a Patches,
    from: &'a [T],
    image: &'a mut [T],
}

impl<T: Float> Work for Gather<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let Patches { vertical, horizontal, windows: [rows, columns], .. } = *self.patches;
        let plane = vertical.length * horizontal.length;
        let mut from = self.from.chunks_exact(rows * columns);
        for image in self.image.chunks_exact_mut(plane) {
            for y in 0..vertical.size {
                let [first, end, top] = vertical.seen(y, rows);
                for x in 0..horizontal.size {
                    let [left, right, start] = horizontal.seen(x, columns);
                    let Some(from) = from.next() else { return };
                    for (row, from) in from[first * columns..end * columns].chunks_exact(columns).enumerate() {
                        let to = &mut image[(top + row * vertical.stride) * horizontal.length..][..horizontal.length];
                        let to = to.get_mut(start..).unwrap_or_default();
                        if horizontal.stride == 1 {
                            for (to, &from) in to.iter_mut().zip(&from[left..right]) {
                                *to += from;
                            }
                        } else {
                            for (to, &from) in to.iter_mut().step_by(horizontal.stride).zip(&from[left..right]) {
                                *to += from;
                            }
                        }
                    }
                }
            }
        }
    }
}
