//! Philox and the draws made of it.

use super::measures::{ACCEPT, REJECT, correlation, counts, even, kolmogorov_smirnov};
use neuropil::random::{Draws, Purpose, key, philox, stream};
use rand_core::TryRng;

/// Counter, key and block of Random123's `kat_vectors` (Salmon et al. 2011), philox4x32-10.
const KNOWN: [([u32; 4], [u32; 2], [u32; 4]); 3] = [
    ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
    ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
    (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
        [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
    ),
];

fn flipped(mut counter: [u32; 4], mut key: [u32; 2], bit: usize) -> ([u32; 4], [u32; 2]) {
    match bit / 32 {
        word @ 0..4 => counter[word] ^= 1 << (bit % 32),
        word => key[word - 4] ^= 1 << (bit % 32),
    }
    (counter, key)
}

#[test]
fn philox_matches_the_published_vectors() {
    for (counter, key, block) in KNOWN {
        assert_eq!(philox(counter, key), block);
    }
}

#[test]
fn philox_vectors_see_every_bit_of_counter_and_key() {
    for (counter, key, block) in KNOWN {
        for bit in 0..192 {
            let (counter, key) = flipped(counter, key, bit);
            let other = philox(counter, key);
            assert!((0..4).all(|w| other[w] != block[w]), "bit {bit}");
        }
    }
}

#[test]
fn philox_spreads_one_bit_over_half_the_block() {
    let mut draws = Draws::new(1, 0, 0);
    let mut changed = counts([], 128);
    let rounds = 4000;
    for round in 0..rounds {
        let counter = [0; 4].map(|_: u32| draws.word());
        let key = [0; 2].map(|_: u32| draws.word());
        let (near_counter, near_key) = flipped(counter, key, round % 192);
        let (a, b) = (philox(counter, key), philox(near_counter, near_key));
        for (bit, changed) in changed.iter_mut().enumerate() {
            *changed += f64::from((a[bit / 32] ^ b[bit / 32]) >> (bit % 32) & 1);
        }
    }
    // Each bit changes in half of the rounds: binomial, standard deviation √(n/4).
    let sd = (rounds as f64 / 4.0).sqrt();
    for (bit, n) in changed.iter().enumerate() {
        assert!((n - rounds as f64 / 2.0).abs() < 5.0 * sd, "bit {bit} changed {n} times");
    }
}

#[test]
fn draws_are_blocks_of_their_counter_in_order() {
    let (seed, id) = (0x0123_4567_89ab_cdef, 0xfeed_0000_beef);
    let stream = stream(Purpose::Delay, 5);
    let mut draws = Draws::new(seed, stream, id);
    for n in 0..3 {
        let block = philox([n, (id >> 32) as u32, id as u32, stream], key(seed));
        assert_eq!(block, [0; 4].map(|_: u32| draws.word()));
    }
    let mut words = Draws::new(seed, stream, id);
    let mut random = Draws::new(seed, stream, id);
    assert_eq!(random.try_next_u32(), Ok(words.word()));
    assert_eq!(random.try_next_u64(), Ok(u64::from(words.word()) << 32 | u64::from(words.word())));
    let mut bytes = [0; 6];
    random.try_fill_bytes(&mut bytes).unwrap();
    assert_eq!(bytes[..4], words.word().to_le_bytes());
    assert_eq!(bytes[4..], words.word().to_le_bytes()[..2]);
}

#[test]
fn below_is_even() {
    for n in [1u32, 2, 3, 7, 10, 1000] {
        let mut draws = Draws::new(2, 0, u64::from(n));
        let found = counts((0..200_000).map(|_| draws.below(n) as usize), n as usize);
        assert!(even(&found) > ACCEPT, "below {n}: {}", even(&found));
    }
    // Where 2^32 is no multiple of n the remainders tell whether draws are rejected as they must be.
    assert!(even(&remainders(|draws, n| draws.below(n))) > ACCEPT);
}

#[test]
fn below_without_rejection_is_seen() {
    let biased = remainders(|draws, n| ((u64::from(draws.word()) * u64::from(n)) >> 32) as u32);
    assert!(even(&biased) < REJECT);
    assert!(even(&remainders(|draws, n| draws.word() % n)) > ACCEPT, "modulo is biased elsewhere: in the halves");
    let mut draws = Draws::new(4, 0, 0);
    let n = 3 << 30;
    let halves = counts((0..30_000).map(|_| usize::from(draws.word() % n < n / 2)), 2);
    assert!(even(&halves) < REJECT);
}

/// Draws below 3·2³⁰ by their remainder of three; without rejection those of remainder 0 come twice as often.
fn remainders(draw: impl Fn(&mut Draws, u32) -> u32) -> Vec<f64> {
    let mut draws = Draws::new(3, 0, 0);
    counts((0..30_000).map(|_| draw(&mut draws, 3 << 30) as usize % 3), 3)
}

fn units(id: u64, n: usize) -> Vec<f64> {
    let mut draws = Draws::new(5, stream(Purpose::Weight, 0), id);
    (0..n).map(|_| draws.uniform()).collect()
}

#[test]
fn unit_is_uniform() {
    let sample = units(0, 200_000);
    assert!(sample.iter().all(|u| (0.0..1.0).contains(u)));
    assert!(kolmogorov_smirnov(sample.iter().copied(), |x| x) > ACCEPT);
    // Its last bits are random too: 53 bits, not 32.
    let low = sample.iter().map(|u| (u * (1u64 << 53) as f64) as usize % 64);
    assert!(even(&counts(low, 64)) > ACCEPT);
    let z = correlation(&sample[1..], &sample[..sample.len() - 1]);
    assert!(z.abs() < 4.0, "serial correlation {z}");
}

#[test]
fn unit_of_fewer_bits_or_another_shape_is_seen() {
    let sample = units(0, 200_000);
    let skewed = sample.iter().map(|u| u * (0.95 + 0.05 * u));
    assert!(kolmogorov_smirnov(skewed, |x| x) < REJECT);
    let coarse = sample.iter().map(|&u| (f64::from(u as f32) * (1u64 << 53) as f64) as usize % 64);
    assert!(even(&counts(coarse, 64)) < REJECT);
}

/// The largest correlation, in standard errors, of a stream with its neighbours by id, index, purpose and seed.
fn kinship(other: impl Fn(usize) -> Draws, n: usize) -> f64 {
    let take = |mut draws: Draws| (0..n).map(|_| draws.uniform()).collect::<Vec<f64>>();
    let own = take(Draws::new(6, stream(Purpose::Connect, 0), 0));
    (0..6).map(|i| correlation(&own, &take(other(i))).abs()).fold(0.0, f64::max)
}

#[test]
fn streams_are_independent() {
    let neighbours = |i: usize| match i {
        0 => Draws::new(6, stream(Purpose::Connect, 0), 1),
        1 => Draws::new(6, stream(Purpose::Connect, 0), 1 << 32),
        2 => Draws::new(6, stream(Purpose::Connect, 1), 0),
        3 => Draws::new(6, stream(Purpose::Weight, 0), 0),
        4 => Draws::new(7, stream(Purpose::Connect, 0), 0),
        _ => Draws::new(6 | 1 << 32, stream(Purpose::Connect, 0), 0),
    };
    assert!(kinship(neighbours, 50_000) < 4.0);
    // Across ids: the first number of each of many neighbouring streams.
    let first: Vec<f64> = (0..50_000).map(|id| Draws::new(6, stream(Purpose::Delay, 0), id).uniform()).collect();
    assert!(kolmogorov_smirnov(first.iter().copied(), |x| x) > ACCEPT);
    assert!(correlation(&first[1..], &first[..first.len() - 1]).abs() < 4.0);
}

#[test]
fn a_shared_stream_is_seen() {
    assert!(kinship(|_| Draws::new(6, stream(Purpose::Connect, 0), 0), 50_000) > 200.0);
}
