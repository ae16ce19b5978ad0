//! Convolution of images whose windows lie one place apart, without laying an image out: each place of the kernel reads the
//! padded image at an offset of its own, as many windows side by side as registers hold.
//!
//! Windows are counted along padded rows, so those that begin in the padding at the end of a row are computed, too, and left
//! out. Products and sums round one after the other, so a result has the same bits on any processor with as many lanes.

use crate::simd::{Buffer, Fields, FieldsMut, Items, Level, Vector, Work, vectorised};
use crate::train::gemm::Float;
use crate::train::tape::patches::Patches;

/// Outputs whose windows are summed together, and for which weights lie side by side.
const OUTS: usize = 8;
/// Lanes of the widest registers: so much is read and written beyond the last window.
const LANES: usize = 32;

/// A convolution from images of some channels to images of others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Direct {
    channels: usize,
    outs: usize,
    /// Rows and columns of the kernel, and from one of them to the next.
    kernel: [usize; 2],
    dilation: [usize; 2],
    padding: [usize; 2],
    /// Rows and columns of an image that is read, and of one that is made.
    image: [usize; 2],
    windows: [usize; 2],
}

impl Direct {
    /// From `patches` to images of `outs` channels; none where windows lie further apart, or begin so far outside that the way
    /// back would read beyond the padding.
    pub(super) fn new(patches: &Patches, outs: usize) -> Option<Direct> {
        let axes = [patches.vertical, patches.horizontal];
        let fits = axes.iter().all(|axis| axis.stride == 1 && axis.padding <= (axis.size - 1) * axis.dilation);
        fits.then(|| Direct {
            channels: patches.channels,
            outs,
            kernel: axes.map(|axis| axis.size),
            dilation: axes.map(|axis| axis.dilation),
            padding: axes.map(|axis| axis.padding),
            image: axes.map(|axis| axis.length),
            windows: patches.windows,
        })
    }

    /// The way back to the image: the same with inputs and outputs exchanged, and the kernel turned about.
    pub(super) fn back(&self) -> Direct {
        let padding = std::array::from_fn(|axis| (self.kernel[axis] - 1) * self.dilation[axis] - self.padding[axis]);
        let Direct { channels, outs, image, windows, .. } = *self;
        Direct { channels: outs, outs: channels, padding, image: windows, windows: image, ..*self }
    }

    /// Weights [outs, channels, kernel] of the way there as those of the way back, whose outs are the channels.
    pub(super) fn turned<T: Float>(&self, weights: &[T]) -> Vec<T> {
        let size = self.kernel[0] * self.kernel[1];
        let mut turned = Vec::with_capacity(weights.len());
        for channel in 0..self.channels {
            for out in 0..self.outs {
                let own = &weights[(out * self.channels + channel) * size..][..size];
                turned.extend(own.iter().rev());
            }
        }
        turned
    }

    /// Weights [outs, channels, kernel] in blocks of [`OUTS`]: [block, channels, kernel, out of the block], the last with zeros.
    pub(super) fn packed<T: Float>(&self, weights: &[T]) -> Vec<T> {
        let places = self.places();
        let mut packed = vec![T::of(0.0); self.outs.div_ceil(OUTS) * places * OUTS];
        for (out, weights) in weights.chunks_exact(places).enumerate() {
            let block = &mut packed[out / OUTS * places * OUTS..];
            weights.iter().enumerate().for_each(|(place, &weight)| block[place * OUTS + out % OUTS] = weight);
        }
        packed
    }

    /// The number of places of a kernel, in all channels.
    fn places(&self) -> usize {
        self.channels * self.kernel[0] * self.kernel[1]
    }

    /// The number of columns of a padded image.
    fn width(&self) -> usize {
        self.image[1] + 2 * self.padding[1]
    }

    /// The number of windows along padded rows, up to the last.
    fn count(&self) -> usize {
        (self.windows[0] - 1) * self.width() + self.windows[1]
    }

    /// Where in a padded image each place of the kernel lies for the first window.
    fn offsets(&self) -> Vec<usize> {
        let plane = (self.image[0] + 2 * self.padding[0]) * self.width();
        let [rows, columns] = self.kernel;
        let place = |place: usize| {
            let (column, row, channel) = (place % columns, place / columns % rows, place / columns / rows);
            channel * plane + row * self.dilation[0] * self.width() + column * self.dilation[1]
        };
        (0..self.places()).map(place).collect()
    }
}

/// Room for what a [`Direct`] reads and makes.
pub(super) struct Rooms<T> {
    direct: Direct,
    offsets: Vec<usize>,
    /// A padded image; what is around it stays zero.
    image: Buffer<T>,
    /// What is made, along padded rows.
    made: Buffer<T>,
    /// Numbers from one channel of it to the next: whole lines of cache.
    pitch: usize,
}

impl<T: Float> Rooms<T> {
    pub(super) fn new(direct: Direct) -> Rooms<T> {
        let plane = (direct.image[0] + 2 * direct.padding[0]) * direct.width();
        let pitch = direct.count().next_multiple_of(LANES);
        Rooms {
            direct,
            offsets: direct.offsets(),
            image: Buffer::zeros(direct.channels * plane + LANES),
            made: Buffer::zeros(direct.outs * pitch),
            pitch,
        }
    }

    /// Takes an image in.
    fn pad(&mut self, image: &[T]) {
        let Direct { image: [height, width], padding: [top, left], .. } = self.direct;
        let (pitch, plane) = (self.direct.width(), (height + 2 * top) * self.direct.width());
        for (image, to) in image.chunks_exact(height * width).zip(self.image.chunks_exact_mut(plane)) {
            let to = to[top * pitch..].chunks_exact_mut(pitch);
            image.chunks_exact(width).zip(to).for_each(|(row, to)| to[left..left + width].copy_from_slice(row));
        }
    }

    /// Adds to `to` what weights that are [`Direct::packed`] make of an image.
    pub(super) fn forward(&mut self, image: &[T], weights: &[T], to: &mut [T]) {
        self.pad(image);
        let Direct { windows: [rows, columns], .. } = self.direct;
        vectorised(Forward { rooms: self, weights });
        let width = self.direct.width();
        for (to, made) in to.chunks_exact_mut(rows * columns).zip(self.made.chunks_exact(self.pitch)) {
            for (to, made) in to.chunks_exact_mut(columns).zip(made.chunks(width)) {
                to.iter_mut().zip(made).for_each(|(to, &made)| *to += made);
            }
        }
    }

    /// Adds to `sums` ([`Sums`]) the adjoint of the weights by an image and the adjoint of what was made of it.
    pub(super) fn backward(&mut self, image: &[T], bar: &[T], sums: &mut Sums<T>) {
        self.pad(image);
        let (width, [rows, columns]) = (self.direct.width(), self.direct.windows);
        // Between rows it stays zero, so what begins there counts nothing.
        for (bar, made) in bar.chunks_exact(rows * columns).zip(self.made.chunks_exact_mut(self.pitch)) {
            let made = made.chunks_mut(width);
            bar.chunks_exact(columns).zip(made).for_each(|(bar, made)| made[..columns].copy_from_slice(bar));
        }
        vectorised(ToWeights { rooms: self, sums });
    }
}

/// Sums of weights' adjoints, lane by lane.
pub(super) struct Sums<T>(Vec<T>);

impl<T: Float> Sums<T> {
    /// Sums of zero for the weights of a convolution.
    pub(super) fn new(direct: &Direct) -> Sums<T> {
        Sums(vec![T::of(0.0); direct.outs * direct.places() * LANES])
    }

    /// The adjoint of the weights, [outs, channels, kernel]: lanes are added in pairs.
    pub(super) fn total(mut self) -> Vec<T> {
        let one = |lanes: &mut [T]| {
            let mut half = LANES / 2;
            while half > 0 {
                let (low, high) = lanes.split_at_mut(half);
                low.iter_mut().zip(high).for_each(|(low, &mut high)| *low += high);
                half /= 2;
            }
            lanes[0]
        };
        self.0.chunks_exact_mut(LANES).map(one).collect()
    }
}

struct Forward<'a, T> {
    rooms: &'a mut Rooms<T>,
    weights: &'a [T],
}

impl<T: Float> Work for Forward<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let Rooms { direct, offsets, image, made, pitch } = self.rooms;
        let image = Fields::new(image, 1, image.len());
        let mut to = FieldsMut::new(made, direct.outs, *pitch);
        for (block, weights) in self.weights.chunks_exact(offsets.len() * OUTS).enumerate() {
            let count = OUTS.min(direct.outs - block * OUTS);
            let mut own = 0;
            while own < count {
                let place = [block * OUTS + own, own];
                own += match count - own {
                    OUTS.. => windows::<T::Side<L>, OUTS>(&mut to, &image, (offsets, weights), place, direct.count()),
                    4.. => windows::<T::Side<L>, 4>(&mut to, &image, (offsets, weights), place, direct.count()),
                    _ => windows::<T::Side<L>, 1>(&mut to, &image, (offsets, weights), place, direct.count()),
                };
            }
        }
    }
}

/// Computes all `count` windows of `N` outputs, from output `first` on, whose place in its block of weights is `place`;
/// gives `N`.
#[inline(always)]
// Registers by number: what an iterator goes over would lie in memory.
#[allow(clippy::needless_range_loop)]
fn windows<V: Vector, const N: usize>(
    to: &mut FieldsMut<'_, V::Number>,
    image: &Fields<'_, V::Number>,
    (offsets, weights): (&[usize], &[V::Number]),
    [first, place]: [usize; 2],
    count: usize,
) -> usize {
    for at in (0..count).step_by(V::LANES) {
        let mut sums = [V::of(0.0); N];
        for (&offset, weights) in offsets.iter().zip(weights.chunks_exact(OUTS)) {
            let seen = image.load::<V>(0, Items { first: at + offset, count: V::LANES });
            for out in 0..N {
                sums[out] = sums[out] + seen * V::splat(weights[place + out]);
            }
        }
        for out in 0..N {
            to.store(first + out, Items { first: at, count: V::LANES }, sums[out]);
        }
    }
    N
}

struct ToWeights<'a, T> {
    rooms: &'a Rooms<T>,
    sums: &'a mut Sums<T>,
}

impl<T: Float> Work for ToWeights<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let Rooms { direct, offsets, image, made, pitch } = self.rooms;
        let image = Fields::new(image, 1, image.len());
        let bars = Fields::new(made, direct.outs, *pitch);
        let mut sums = FieldsMut::new(&mut self.sums.0, direct.outs * offsets.len(), LANES);
        let mut out = 0;
        while out < direct.outs {
            let mut place = 0;
            while place < offsets.len() {
                let (own, at) = (&offsets[place..], [out, place]);
                let (all, count) = (offsets.len(), direct.count());
                place += match (direct.outs - out >= 4, own.len() >= 3) {
                    (true, true) => weights::<T::Side<L>, 4, 3>(&mut sums, (&bars, &image), own, at, [all, count]),
                    (true, false) => weights::<T::Side<L>, 4, 1>(&mut sums, (&bars, &image), own, at, [all, count]),
                    (false, true) => weights::<T::Side<L>, 1, 3>(&mut sums, (&bars, &image), own, at, [all, count]),
                    (false, false) => weights::<T::Side<L>, 1, 1>(&mut sums, (&bars, &image), own, at, [all, count]),
                };
            }
            out += if direct.outs - out >= 4 { 4 } else { 1 };
        }
    }
}

/// Adds the adjoints of the weights of `N` outputs, from `first` on, at `M` places of the kernel, from `place` on of
/// `all`, over `count` windows; gives `M`.
#[inline(always)]
#[allow(clippy::needless_range_loop)]
fn weights<V: Vector, const N: usize, const M: usize>(
    to: &mut FieldsMut<'_, V::Number>,
    (bars, image): (&Fields<'_, V::Number>, &Fields<'_, V::Number>),
    offsets: &[usize],
    [first, place]: [usize; 2],
    [all, count]: [usize; 2],
) -> usize {
    let mut sums = [[V::of(0.0); M]; N];
    for at in (0..count).step_by(V::LANES) {
        let mut seen = [V::of(0.0); M];
        for own in 0..M {
            seen[own] = image.load(0, Items { first: at + offsets[own], count: V::LANES });
        }
        for out in 0..N {
            let bar: V = bars.load(first + out, Items { first: at, count: V::LANES });
            for own in 0..M {
                sums[out][own] = sums[out][own] + bar * seen[own];
            }
        }
    }
    for out in 0..N {
        for own in 0..M {
            let (row, items) = ((first + out) * all + place + own, Items { first: 0, count: V::LANES });
            let before: V = to.fields().load(row, items);
            to.store(row, items, before + sums[out][own]);
        }
    }
    M
}
