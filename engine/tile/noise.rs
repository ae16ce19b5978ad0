//! Random numbers of neurons and steps, for models that take some. One random block serves four neighbours.
//!
//! A number is a function of the seed, the global id of the neuron, the step, and which number of the step it is. Its
//! first 32 bits are the same in `f32` and in `f64`, which takes 21 more from a further block.

use crate::equations::Draw;
use crate::math;
use crate::number::Real;
use crate::random::{Purpose, stream};
use crate::simd::{Fields, FieldsMut, Halves, Items, Level, Vector, Wide, Work, vectorised};

/// Neurons that eight random blocks, which are drawn together, serve.
const BLOCK: usize = 32;
/// The value of the lowest of 53 bits where the upper 32 are a whole number.
const LOWEST: f64 = 1.0 / (1u64 << 21) as f64;

/// The random stream of this noise.
pub fn noise_stream() -> u32 {
    stream(Purpose::Noise, 0)
}

/// Where the random numbers of an epoch come from.
#[derive(Debug, Clone, Copy)]
pub struct Noise<'a> {
    /// The key of each round of Philox, its two words apart; made of the seed.
    pub rounds: &'a [[u32; 10]; 2],
    /// The first step of the epoch.
    pub step: u64,
}

impl Noise<'_> {
    /// Draws the `k`-th random number of a step, counted from 0 and distributed as `draw`, in `step` of the epoch: into
    /// `numbers` those of the neurons from global id `first` on.
    pub fn fill<R: Wide>(&self, (k, draw): (usize, Draw), step: usize, first: u32, numbers: &mut [R]) {
        let step = (self.step + step as u64) as u32;
        vectorised(Fill {
            rounds: self.rounds,
            stream: noise_stream(),
            number: 2 * k as u32,
            draw,
            step,
            first,
            numbers,
        });
    }
}

/// Draws the normally distributed numbers of `stream` in `step`: into `numbers` those of the neurons from global id
/// `first` on.
pub fn normals<R: Wide>(rounds: &[[u32; 10]; 2], stream: u32, step: u32, first: u32, numbers: &mut [R]) {
    vectorised(Fill { rounds, stream, number: 0, draw: Draw::Normal, step, first, numbers });
}

/// The work of drawing one random number for each of some neurons.
struct Fill<'a, R> {
    rounds: &'a [[u32; 10]; 2],
    stream: u32,
    /// The number, within a step, of the random block with the first 32 bits; the next block has the rest.
    number: u32,
    draw: Draw,
    step: u32,
    first: u32,
    numbers: &'a mut [R],
}

impl<R: Wide> Work for Fill<'_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Fill { rounds, stream, number, draw, step, first, numbers } = self;
        let long = R::FRACTION > f32::FRACTION;
        let mut before = first as usize % BLOCK;
        let mut block = first - before as u32;
        let mut done = 0;
        while done < numbers.len() {
            let [upper] = L::philox([[step, number, block >> 2, stream]], rounds);
            let (upper, mut lower) = (L::halves(upper), Halves([0; 64]));
            if long {
                let [numbers] = L::philox([[step, number + 1, block >> 2, stream]], rounds);
                lower = L::halves(numbers);
            }
            let mut drawn = [R::default(); BLOCK];
            match draw {
                Draw::Uniform => uniform(&upper, &lower, long, &mut drawn),
                Draw::Normal => normal::<R, L>(&upper, &lower, long, &mut drawn),
            }
            let count = (BLOCK - before).min(numbers.len() - done);
            numbers[done..done + count].copy_from_slice(&drawn[before..before + count]);
            (done, before, block) = (done + count, 0, block + BLOCK as u32);
        }
    }
}

/// The 21 bits of number `k` behind its first 32, as a whole number.
#[inline(always)]
fn low_bits(lower: &[u16; 64], k: usize) -> f64 {
    f64::from((u32::from(lower[2 * k + 1]) << 5) | u32::from(lower[2 * k] >> 11))
}

/// Numbers from 0 up to, but not including, 1, of 24 bits or, where `long`, 53; in `upper`, as in `lower`, the lower
/// half of a word comes before its upper half.
#[inline(always)]
fn uniform<R: Wide>(Halves(upper): &Halves, Halves(lower): &Halves, long: bool, drawn: &mut [R; BLOCK]) {
    for (k, number) in drawn.iter_mut().enumerate() {
        let high = f64::from(upper[2 * k + 1]) / 65_536.0;
        let low = if long {
            (f64::from(upper[2 * k]) + low_bits(lower, k) * LOWEST) / 4_294_967_296.0
        } else {
            f64::from(upper[2 * k] >> 8) / 16_777_216.0
        };
        *number = R::of(high + low);
    }
}

/// Numbers of mean 0 and standard deviation 1, see [`math::normal`]; arguments as those of [`uniform`].
#[inline(always)]
fn normal<R: Wide, L: Level>(Halves(upper): &Halves, Halves(lower): &Halves, long: bool, drawn: &mut [R; BLOCK]) {
    let (mut high, mut low) = ([R::default(); BLOCK], [R::default(); BLOCK]);
    for k in 0..BLOCK {
        let rest = if long { (low_bits(lower, k) + 0.5) * LOWEST } else { 0.5 };
        high[k] = R::of(f64::from(upper[2 * k + 1]));
        low[k] = R::of(f64::from(upper[2 * k]) + rest);
    }
    let (high, low) = (Fields::new(&high, 1, BLOCK), Fields::new(&low, 1, BLOCK));
    let mut drawn = FieldsMut::new(drawn, 1, BLOCK);
    let mut first = 0;
    while first < BLOCK {
        let items = Items { first, count: <R::Side<L>>::LANES.min(BLOCK - first) };
        let numbers: R::Side<L> = math::normal(high.load(0, items), low.load(0, items));
        drawn.store(0, items, numbers);
        first += items.count;
    }
}
