//! Counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
//!
//! A number is a pure function of (seed, stream, id, draw), never of thread, shard, rank or layout. The WGSL twin is
//! `shaders/random.wgsl`; draws that both players make use integers only (see [`CountTable`]).

use std::convert::Infallible;

pub(crate) const MULTIPLY: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// One block of Philox 4x32-10: four independent 32-bit words for a 128-bit counter and a 64-bit key.
#[inline(always)]
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let low = u64::from(MULTIPLY[0]) * u64::from(counter[0]);
        let high = u64::from(MULTIPLY[1]) * u64::from(counter[2]);
        counter = [
            (high >> 32) as u32 ^ counter[1] ^ key[0],
            high as u32,
            (low >> 32) as u32 ^ counter[3] ^ key[1],
            low as u32,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// The key of each round of [`philox`]: the first words of all rounds, then the second words.
pub fn rounds(key: [u32; 2]) -> [[u32; 10]; 2] {
    [0, 1].map(|word| std::array::from_fn(|round| key[word].wrapping_add(WEYL[word].wrapping_mul(round as u32))))
}

/// `N` blocks of [`philox`] at once, lane by lane: straight arithmetic that compilers turn into vector instructions.
#[inline(always)]
pub fn philox_lanes<const N: usize>(counter: [[u32; N]; 4], key: [u32; 2]) -> [[u32; N]; 4] {
    let mut blocks = [[0u32; N]; 4];
    for lane in 0..N {
        let block = philox(std::array::from_fn(|word| counter[word][lane]), key);
        for word in 0..4 {
            blocks[word][lane] = block[word];
        }
    }
    blocks
}

/// What a stream of random numbers is for; streams of different purposes never overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Which neurons a connection rule joins.
    Connect = 1,
    /// Weights of synapses.
    Weight = 2,
    /// Delays of synapses.
    Delay = 3,
    /// Parameters and initial states of neurons.
    State = 4,
    /// Poisson stimuli.
    Poisson = 5,
    /// What one synapse draws: its target, its weight, its delay.
    Synapse = 6,
    /// How many synapses each source of a projection has.
    Share = 7,
    /// Seeds of trials.
    Trial = 8,
    /// Random numbers that the step of a neuron takes.
    Noise = 9,
    /// Parameters and initial states of synapses that learn.
    Rule = 10,
    /// Which astrocytes take part in which synapses.
    Third = 11,
    /// Currents of stimuli.
    Current = 12,
    /// Orders of samples, and which are set apart.
    Shuffle = 13,
    /// Spikes that samples are encoded as.
    Encode = 14,
    /// Parameters that training begins with.
    Initial = 15,
    /// Noise that images are made of.
    Diffusion = 16,
    /// Textures, movies and where they are looked at.
    Movie = 21,
}

/// The number of a stream: its purpose, and the index of the projection, field or stimulus that it serves (below 2²⁴).
pub fn stream(purpose: Purpose, index: u32) -> u32 {
    ((purpose as u32) << 24) | (index & 0x00FF_FFFF)
}

/// The two key words of a seed.
pub fn key(seed: u64) -> [u32; 2] {
    [seed as u32, (seed >> 32) as u32]
}

/// The sequence of random numbers that belongs to one (seed, stream, id); it implements `rand`'s traits.
#[derive(Debug, Clone)]
pub struct Draws {
    key: [u32; 2],
    /// The counter of the next block.
    counter: [u32; 4],
    /// The words of the last block.
    block: [u32; 4],
    /// How many of them have been given.
    used: usize,
}

impl Draws {
    /// The sequence that belongs to `seed`, `stream` and `id` (of a neuron, a synapse...), from its beginning.
    pub fn new(seed: u64, stream: u32, id: u64) -> Draws {
        Draws { key: key(seed), counter: [0, (id >> 32) as u32, id as u32, stream], block: [0; 4], used: 4 }
    }

    /// The next 32 random bits.
    #[inline]
    pub fn word(&mut self) -> u32 {
        if self.used == 4 {
            self.block = philox(self.counter, self.key);
            self.counter[0] = self.counter[0].wrapping_add(1);
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// A uniform integer below `n` (> 0), without bias (Lemire 2019, "Fast random integer generation in an interval").
    #[inline]
    pub fn below(&mut self, n: u32) -> u32 {
        let mut product = u64::from(self.word()) * u64::from(n);
        if (product as u32) < n {
            let reject = n.wrapping_neg() % n;
            while (product as u32) < reject {
                product = u64::from(self.word()) * u64::from(n);
            }
        }
        (product >> 32) as u32
    }

    /// A uniform number in [0, 1) with 53 bits.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        let bits = (u64::from(self.word()) << 32) | u64::from(self.word());
        (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

impl rand_core::TryRng for Draws {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.word())
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok((u64::from(self.word()) << 32) | u64::from(self.word()))
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            let word = self.word().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

/// A table that turns 16 random bits, seldom 32 more, into Poisson counts. Most of the 65,536 values of 16 bits belong
/// to one count each; the few that are left need a further word, so that the distribution is exact to 2⁻⁴⁸. All is done
/// in integers, so that both players draw the same counts on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountTable {
    /// The count of the lowest values.
    pub least: u32,
    /// Rising, at least one: the count of a value is `least`, plus one for each threshold that it reaches; for values
    /// that reach the last threshold, `rest` decides.
    pub thresholds: Vec<u16>,
    /// Rising: the count is the number of these that a further word reaches.
    pub rest: Vec<u32>,
}

/// Counts with fewer values of 16 bits than this get none: each threshold costs a comparison in every step.
const FEW: f64 = 8.0;

impl CountTable {
    /// The table of a Poisson distribution of mean `mean` (0 to about 700, beyond which exp(-mean) underflows).
    ///
    /// The tail beyond 2⁻⁴⁸ is added to the last count.
    pub fn poisson(mean: f64) -> CountTable {
        let mut probabilities = vec![(-mean).exp()];
        while probabilities.len() as f64 <= mean || probabilities[probabilities.len() - 1] > 1e-18 {
            probabilities.push(probabilities[probabilities.len() - 1] * mean / probabilities.len() as f64);
        }
        // One number at least is left, so that the last threshold is below 2¹⁶.
        let own = |p: &f64| Some((p * 65_535.0).floor()).filter(|&numbers| numbers >= FEW).unwrap_or(0.0);
        let mut table = CountTable { least: 0, thresholds: Vec::new(), rest: Vec::new() };
        let mut sum = 0.0;
        for numbers in probabilities.iter().map(own) {
            sum += numbers;
            if numbers > 0.0 {
                table.thresholds.push(sum as u16);
            } else if sum == 0.0 {
                table.least += 1;
            }
        }
        let left = 65_536.0 - sum;
        let mut cumulative = 0.0;
        for p in &probabilities {
            cumulative += (p * 65_536.0 - own(p)) / left;
            if cumulative * 4_294_967_296.0 >= 4_294_967_295.5 {
                break;
            }
            table.rest.push((cumulative * 4_294_967_296.0).round() as u32);
        }
        table
    }

    /// The count that 16 random bits `half` draw; `word` gives a further random word where it is needed.
    #[inline]
    pub fn count(&self, half: u16, word: impl FnOnce() -> u32) -> u32 {
        if self.thresholds.last().is_none_or(|&last| half >= last) {
            return self.left(word());
        }
        self.least + self.thresholds.iter().map(|&t| u32::from(half >= t)).sum::<u32>()
    }

    /// The count of values that reach the last threshold, from a further random word.
    pub fn left(&self, word: u32) -> u32 {
        self.rest.partition_point(|&threshold| threshold <= word) as u32
    }

    /// The largest count the table can give.
    pub fn largest(&self) -> u32 {
        (self.least + self.thresholds.len() as u32 - 1).max(self.rest.len() as u32)
    }
}

/// 16 random bits for each of the neurons `8 * group` to `8 * group + 7` at `step` in a Poisson stream: one block
/// serves eight neurons. The vector code of [`crate::simd`] draws the same bits, many blocks at a time.
#[inline]
pub fn poisson_halves(key: [u32; 2], stream: u32, group: u32, step: u32) -> [u16; 8] {
    let block = philox([step, 0, group, stream], key);
    std::array::from_fn(|i| (block[i / 2] >> (16 * (i % 2))) as u16)
}

/// The further random word of neuron `id` at `step` in a Poisson stream, see [`CountTable::count`].
#[inline]
pub fn poisson_word(key: [u32; 2], stream: u32, id: u32, step: u32) -> u32 {
    philox([step, 1, id, stream], key)[0]
}

/// How many of `count` spikes of neuron `id` at `step` in a stream are kept: each if a random word of its own is below
/// `threshold`, or all if that is the largest word. One block serves four spikes.
pub fn thinned(key: [u32; 2], (stream, id, step): (u32, u32, u32), count: u32, threshold: u32) -> u32 {
    if threshold == u32::MAX {
        return count;
    }
    let kept = |first: u32| {
        let words = philox([step, 2 + first / 4, id, stream], key);
        words.iter().take((count - first) as usize).filter(|word| **word < threshold).count() as u32
    };
    (0..count).step_by(4).map(kept).sum()
}
