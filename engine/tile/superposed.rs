//! Superposed renewal processes whose intervals have several phases: how many of a target's processes are in each
//! phase, and how many leave it in a step. Integers only, so both players draw the same on every machine.

use std::ops::Range;
use std::sync::Arc;

use crate::random::philox;
use crate::tile::MAX_EPOCH;

/// Superposed renewal processes with gamma-distributed intervals, by which a stimulus drives each of its targets.
#[derive(Debug, Clone)]
pub struct Superposition {
    /// Processes of each target.
    pub processes: u32,
    /// Phases of an interval; a process fires at the end of the last.
    pub phases: u32,
    /// Row j holds rising thresholds: as many of 2^j processes leave their phase in a step as there are thresholds that
    /// a random word reaches.
    pub rows: Arc<[Vec<u32>]>,
}

impl Superposition {
    /// `processes` for each target, whose intervals have `phases` phases that end in a step with `probability`.
    pub fn new(processes: u32, phases: u32, probability: f64) -> Superposition {
        let rows = (0..u32::BITS - processes.leading_zeros()).map(|j| binomial(1 << j, probability));
        Superposition { processes, phases, rows: rows.collect() }
    }

    /// How many processes are in each phase before the first step: equally many, and the remainder in the last.
    pub fn initial_phases(&self) -> Vec<u32> {
        let mut occupied = vec![self.processes / self.phases; self.phases as usize];
        if let Some(last) = occupied.last_mut() {
            *last += self.processes % self.phases;
        }
        occupied
    }

    /// The most processes that can fire in a step.
    pub fn largest(&self) -> u32 {
        let thresholds: usize = self.rows.iter().map(Vec::len).sum();
        self.processes.min(thresholds as u32)
    }

    /// Lets `step` pass for target `id` of `stream`, with `occupied` processes in each phase, which it updates. How
    /// many fire.
    pub fn pass(&self, key: [u32; 2], (stream, id, step): (u32, u32, u32), occupied: &mut [u32]) -> u32 {
        let (mut words, mut taken) = ([0; 4], 0);
        let mut word = || {
            if taken % 4 == 0 {
                words = philox([step, taken / 4, id, stream], key);
            }
            taken += 1;
            words[(taken as usize - 1) % 4]
        };
        let mut fired = 0;
        // From the last phase back, so that a process passes one phase at most.
        for phase in (0..occupied.len()).rev() {
            let mut leaving = 0;
            for (_, row) in self.rows.iter().enumerate().filter(|(j, _)| occupied[phase] >> j & 1 == 1) {
                let word = word();
                leaving += row.partition_point(|&threshold| threshold <= word) as u32;
            }
            occupied[phase] -= leaving;
            match occupied.get_mut(phase + 1) {
                Some(next) => *next += leaving,
                None => fired = leaving,
            }
        }
        occupied[0] += fired;
        fired
    }
}

/// The processes that drive the targets of a stimulus in a slice, and what they bring in an epoch.
#[derive(Debug, Clone, Default)]
pub struct Processes {
    /// Target by target, how many processes are in each phase.
    pub occupied: Vec<u32>,
    /// Step by step of the epoch and target by target, how many processes fire.
    fired: Vec<u32>,
    targets: usize,
}

impl Processes {
    /// The processes of `targets` targets before the first step.
    pub fn new(own: &Superposition, targets: usize) -> Processes {
        let first = own.initial_phases();
        let occupied = first.iter().copied().cycle().take(targets * first.len()).collect();
        Processes { occupied, fired: vec![0; MAX_EPOCH as usize * targets], targets }
    }

    /// Lets `step`, which is step `k` of the epoch, pass for the targets at `places`; the target at place 0 has global
    /// id `first`.
    pub fn pass(
        &mut self,
        own: &Superposition,
        (key, stream, first): ([u32; 2], u32, u32),
        (k, step): (usize, u32),
        places: Range<usize>,
    ) {
        for place in places {
            let occupied = &mut self.occupied[place * own.phases as usize..(place + 1) * own.phases as usize];
            self.fired[k * self.targets + place] = own.pass(key, (stream, first + place as u32, step), occupied);
        }
    }

    /// How many processes of the target at `place` fire in step `k` of the epoch.
    pub fn fired(&self, k: usize, place: usize) -> u32 {
        self.fired[k * self.targets + place]
    }
}

/// The binomial distribution of `n` trials as rising thresholds of a random word of 32 bits: the count is the number of
/// thresholds that the word reaches. The list ends where no word is left for higher counts.
fn binomial(n: u32, probability: f64) -> Vec<u32> {
    if probability >= 1.0 {
        return vec![0; n as usize];
    }
    let (p, q) = (probability, 1.0 - probability);
    let mut thresholds = Vec::new();
    let (mut term, mut sum) = (f64::from(n) * (-p).ln_1p(), 0.0);
    for k in 0..n {
        // By logarithms: where n is large, the first term may be below the smallest number.
        sum += term.exp();
        if sum * 4_294_967_296.0 >= 4_294_967_295.5 {
            break;
        }
        thresholds.push((sum * 4_294_967_296.0).round() as u32);
        term += (f64::from(n - k) / f64::from(k + 1) * p / q).ln();
    }
    thresholds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_a_binomial_distribution() {
        for (n, p) in [(1, 0.25), (8, 0.1), (64, 0.5), (1024, 0.003), (1 << 20, 3e-4)] {
            let thresholds = binomial(n, p);
            assert!(thresholds.is_sorted(), "{n} {p}");
            let ends = thresholds.iter().map(|&t| f64::from(t) / 4_294_967_296.0).chain([1.0]);
            let (mut before, mut mean, mut square) = (0.0, 0.0, 0.0);
            for (k, end) in ends.enumerate() {
                mean += k as f64 * (end - before);
                square += (k * k) as f64 * (end - before);
                before = end;
            }
            let (n, variance) = (f64::from(n), square - mean * mean);
            assert!((mean - n * p).abs() < 1e-6 * n * p, "{mean}");
            assert!((variance - n * p * (1.0 - p)).abs() < 1e-5 * n * p, "{variance}");
        }
        assert_eq!(binomial(1, 1.0), [0], "all leave");
        assert!(binomial(4, 0.0).is_empty(), "none leaves");
    }

    #[test]
    fn no_process_is_lost() {
        let own = Superposition::new(45, 4, 0.2);
        let mut occupied = own.initial_phases();
        assert_eq!(occupied, [11, 11, 11, 12]);
        let mut fired = 0;
        for step in 0..2000 {
            fired += own.pass([3, 4], (7, 5, step), &mut occupied);
            assert_eq!(occupied.iter().sum::<u32>(), 45);
        }
        assert!((f64::from(fired) / 2000.0 - 45.0 * 0.2 / 4.0).abs() < 0.1, "{fired}");
        assert!(own.largest() == 45 && Superposition::new(1 << 20, 3, 1e-5).largest() < 200);
        let mut all = [2, 3, 4];
        assert_eq!((Superposition::new(9, 3, 1.0).pass([0, 0], (0, 0, 0), &mut all), all), (4, [4, 2, 3]));
    }
}
