//! Counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
//!
//! A number is a pure function of (seed, stream, id, draw), never of thread, shard, rank or layout. The WGSL twin is
//! `shaders/random.wgsl`; draws that both players make use integers only (see [`CountTable`]).

use std::convert::Infallible;

const MULTIPLY: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
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

/// What a stream of random numbers is for; streams never overlap.
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
}

/// The number of a stream: its purpose, and the index of the projection, field or stimulus it serves (below 2²⁴).
pub fn stream(purpose: Purpose, index: u32) -> u32 {
    ((purpose as u32) << 24) | (index & 0x00FF_FFFF)
}

/// The two key words of a seed.
pub fn key(seed: u64) -> [u32; 2] {
    [seed as u32, (seed >> 32) as u32]
}

/// The numbers of one (seed, stream, first id, second id), in order; implements `rand`'s traits.
#[derive(Debug, Clone)]
pub struct Draws {
    key: [u32; 2],
    counter: [u32; 4],
    block: [u32; 4],
    used: usize,
}

impl Draws {
    /// The sequence that belongs to `seed`, `stream` and the ids (a neuron, a synapse...).
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
    pub fn unit(&mut self) -> f64 {
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

/// Poisson counts from one 32-bit random number: `thresholds[k]` = 2³² · P(count ≤ k), so the count is how many
/// thresholds the number reaches. Integers only, so both players draw the same counts on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountTable {
    /// Rising thresholds; a word at or above all of them counts `thresholds.len()`.
    pub thresholds: Vec<u32>,
}

impl CountTable {
    /// The table of a Poisson distribution with this mean (0 to about 700, beyond which exp(-mean) underflows).
    ///
    /// The tail beyond 2⁻³² is folded into the last count.
    pub fn poisson(mean: f64) -> CountTable {
        let mut probability = (-mean).exp();
        let mut cumulative = probability;
        let mut thresholds = Vec::new();
        let mut k = 0.0;
        while k < mean || cumulative * 4_294_967_296.0 < 4_294_967_295.5 {
            thresholds.push((cumulative * 4_294_967_296.0).round().min(4_294_967_295.0) as u32);
            k += 1.0;
            probability *= mean / k;
            cumulative += probability;
            if probability < 1e-18 && k > mean {
                break;
            }
        }
        CountTable { thresholds }
    }

    /// The count that belongs to a random word.
    #[inline]
    pub fn count(&self, word: u32) -> u32 {
        self.thresholds.iter().map(|&t| u32::from(word >= t)).sum()
    }

    /// The largest count the table can give.
    pub fn largest(&self) -> u32 {
        self.thresholds.len() as u32
    }
}

/// The random words of neurons `4 * group ..` at `step` in a Poisson stream: one block serves four neighbours.
#[inline]
pub fn poisson_words(key: [u32; 2], stream: u32, group: u32, step: u32) -> [u32; 4] {
    philox([step, 0, group, stream], key)
}
