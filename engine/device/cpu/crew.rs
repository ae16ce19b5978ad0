//! How many of its threads a player uses at a time. Threads wait for each other at every epoch, so one that the system
//! has taken off its core holds up all of them for the time slice of another program: 3 to 4 ms, a thousand epochs.
//!
//! The rule: as many play as there are free cores, by the system's count of threads that want to run (`threads`). Where
//! they had to wait for one another for long all the same (`barrier`), half as many play. Where fewer play than asked
//! for, cores are counted again after a pause of 10 ms, and of twice as long each time, up to 0.2 s, until all have
//! played for longer than that. Spikes do not depend on any of this.
//!
//! Seconds for one of biological time on two cores beside three to five compilers, three runs each (less is better):
//!
//! | | one thread | two by the rule | two that always play | four by the rule | four that always play |
//! |---|---|---|---|---|---|
//! | `cuba-4k` | 0.37 to 0.41 | 0.40 to 0.44 | 9.0 to 20 | 0.28 to 0.45 | 35 to 44 |
//! | `c-elegans` | 0.03 to 0.07 | 0.03 to 0.05 | 0.7 to 1.3 | 0.03 to 0.07 | 2.6 to 3.2 |
//! | `brunel` | 3.9 to 4.4 | 3.7 to 4.4 | 4.8 to 5.6 | 4.3 to 4.9 | 5.2 to 7.1 |

use std::time::{Duration, Instant};

use crate::threads;

/// The time for which fewer threads play before more are tried, at least.
const PAUSE: Duration = Duration::from_millis(10);
/// The longest such time: to start a team of 64 threads takes 1 ms.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// The threads of a player.
#[derive(Debug)]
pub struct Crew {
    most: usize,
    rule: Rule,
}

/// What decides how many threads play.
#[derive(Debug)]
enum Rule {
    Load(Load),
    /// Teams of `sizes` threads in turn, each for `epochs` epochs; `turn` counts them.
    Turns {
        sizes: Vec<usize>,
        epochs: usize,
        turn: usize,
    },
}

/// What the load of the machine allows.
#[derive(Debug)]
struct Load {
    /// Number of threads that play.
    size: usize,
    /// When more threads may be tried; never where all play.
    again: Option<Instant>,
    /// When all threads last began to play.
    whole: Instant,
    /// How long the next pause is.
    pause: Duration,
}

/// How long a team of threads plays together.
#[derive(Debug, Clone, Copy)]
pub struct Stint {
    /// Number of threads.
    pub threads: usize,
    /// The most epochs that they play.
    pub epochs: usize,
    /// When the stint ends; if absent, when its epochs are over.
    pub until: Option<Instant>,
}

impl Crew {
    /// A crew of up to `most` threads, as the load of the machine allows.
    pub fn new(most: usize) -> Crew {
        Crew { most, rule: Rule::Load(Load::new(Instant::now())) }
    }

    /// A crew of which teams of `sizes` threads play in turn, each for `epochs` epochs, whatever the load.
    pub fn in_turn(sizes: Vec<usize>, epochs: usize) -> Crew {
        let most = sizes.iter().copied().max().unwrap_or(1);
        Crew { most, rule: Rule::Turns { sizes, epochs: epochs.max(1), turn: 0 } }
    }

    /// The most threads that may play.
    pub fn most(&self) -> usize {
        self.most
    }

    /// The number of threads that play next, and how long.
    pub fn next(&mut self) -> Stint {
        let whole = Stint { threads: self.most, epochs: usize::MAX, until: None };
        match &mut self.rule {
            _ if self.most <= 1 => whole,
            Rule::Load(load) => {
                load.update(Instant::now(), self.most, threads::free_cores);
                Stint { threads: load.size, until: load.again, ..whole }
            }
            Rule::Turns { sizes, epochs, turn } => {
                *turn += 1;
                Stint { threads: sizes[(*turn - 1) % sizes.len()], epochs: *epochs, ..whole }
            }
        }
    }

    /// Takes note that the last team had to wait for one of its threads for long: fewer play next.
    pub fn note_late(&mut self) {
        if let Rule::Load(load) = &mut self.rule {
            load.note_late(Instant::now());
        }
    }
}

impl Load {
    /// A load that is not yet known; the first [`Load::update`] reads it.
    fn new(now: Instant) -> Load {
        Load { size: 0, again: Some(now), whole: now, pause: PAUSE }
    }

    /// Decides how many of `most` threads play from now on, unless a pause is on; `free` counts free cores.
    fn update(&mut self, now: Instant, most: usize, free: impl FnOnce() -> usize) {
        if self.again.is_none_or(|again| now < again) {
            return;
        }
        self.size = most.min(free());
        if self.size == most {
            (self.again, self.whole) = (None, now);
        } else {
            self.begin_pause(now);
        }
    }

    /// Halves the number of threads, and begins a pause: the shortest where all had played for longer than the next
    /// one.
    fn note_late(&mut self, now: Instant) {
        if self.again.is_none() && now - self.whole > self.pause {
            self.pause = PAUSE;
        }
        self.size = (self.size / 2).max(1);
        self.begin_pause(now);
    }

    /// Begins a pause; the next will be twice as long.
    fn begin_pause(&mut self, now: Instant) {
        self.again = Some(now + self.pause);
        self.pause = LONGEST_PAUSE.min(2 * self.pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn as_many_play_as_cores_are_free() {
        let start = Instant::now();
        let mut load = Load::new(start);
        load.update(start, 8, || 3);
        assert_eq!((load.size, load.again), (3, Some(start + PAUSE)));
        // Nobody looks before the pause is over, and the next is longer.
        load.update(start + 9 * MS, 8, || 8);
        assert_eq!(load.size, 3);
        load.update(start + 10 * MS, 8, || 5);
        assert_eq!((load.size, load.again), (5, Some(start + 30 * MS)));
        load.update(start + 30 * MS, 8, || 11);
        assert_eq!((load.size, load.again), (8, None));
        // All play until they have to wait, however busy the machine.
        load.update(start + 5000 * MS, 8, || 1);
        assert_eq!(load.size, 8);
    }

    #[test]
    fn half_as_many_play_after_a_long_wait_and_for_longer_if_it_comes_again_soon() {
        let start = Instant::now();
        let mut load = Load::new(start);
        load.update(start, 4, || 4);
        let mut now = start;
        for pause in [10, 20, 40, 80, 160, 200, 200] {
            now += MS;
            load.note_late(now);
            assert_eq!((load.size, load.again), (2, Some(now + pause * MS)));
            now += pause * MS;
            load.update(now, 4, || 4);
            assert_eq!((load.size, load.again), (4, None));
        }
        now += 1000 * MS;
        load.note_late(now);
        assert_eq!((load.size, load.again), (2, Some(now + PAUSE)));
        load.note_late(now);
        assert_eq!((load.size, load.again), (1, Some(now + 2 * PAUSE)));
        load.note_late(now);
        assert_eq!(load.size, 1);
    }
}
