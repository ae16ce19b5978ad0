//! How many of its threads a player uses at a moment. Threads wait for each other at every epoch, so one that the system
//! has taken off its core makes all of them lose what another program gets at a time: 3 to 4 ms, a thousand epochs.
//!
//! The rule: as many play as there are free cores, by the system's count of threads that want to run (`threads`); where
//! that is fewer than asked for, the count is asked again after 10 ms. Where they had to wait for one another for long all
//! the same (`barrier`), half as many play for 10 ms, and for twice as long each time that happens again soon. Spikes do
//! not depend on any of this.

use std::time::{Duration, Instant};

use crate::threads;

/// For how long fewer threads play before more are tried.
const PAUSE: Duration = Duration::from_millis(10);
/// The longest such time.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The threads of a player.
#[derive(Debug)]
pub struct Crew {
    most: usize,
    rule: Rule,
}

#[derive(Debug)]
enum Rule {
    Load(Load),
    /// Sizes that take turns, each for so many epochs.
    Turns {
        sizes: Vec<usize>,
        epochs: usize,
        turn: usize,
    },
}

/// What the load of the machine allows.
#[derive(Debug)]
struct Load {
    size: usize,
    /// When more threads may be tried; never where all play.
    again: Option<Instant>,
    /// Since when so many play.
    since: Instant,
    pause: Duration,
}

/// How a team plays.
#[derive(Debug, Clone, Copy)]
pub struct Stint {
    /// Threads.
    pub threads: usize,
    /// The most epochs.
    pub epochs: usize,
    /// When it ends; not before its epochs are over if absent.
    pub until: Option<Instant>,
}

impl Crew {
    /// Up to `most` threads, as the load of the machine allows.
    pub fn new(most: usize) -> Crew {
        let now = Instant::now();
        Crew { most, rule: Rule::Load(Load { size: 0, again: Some(now), since: now, pause: PAUSE }) }
    }

    /// Teams of these sizes in turn, whatever the load.
    pub fn in_turn(sizes: Vec<usize>, epochs: usize) -> Crew {
        let most = sizes.iter().copied().max().unwrap_or(1);
        Crew { most, rule: Rule::Turns { sizes, epochs: epochs.max(1), turn: 0 } }
    }

    /// The most threads that may play.
    pub fn most(&self) -> usize {
        self.most
    }

    /// The next team.
    pub fn next(&mut self) -> Stint {
        let whole = Stint { threads: self.most, epochs: usize::MAX, until: None };
        match &mut self.rule {
            _ if self.most <= 1 => whole,
            Rule::Load(load) => {
                load.look(self.most);
                Stint { threads: load.size, until: load.again, ..whole }
            }
            Rule::Turns { sizes, epochs, turn } => {
                *turn += 1;
                Stint { threads: sizes[(*turn - 1) % sizes.len()], epochs: *epochs, ..whole }
            }
        }
    }

    /// The last team had to wait for one of its own for long.
    pub fn late(&mut self) {
        if let Rule::Load(load) = &mut self.rule {
            load.late();
        }
    }
}

impl Load {
    fn look(&mut self, most: usize) {
        let now = Instant::now();
        if self.again.is_none_or(|again| now < again) {
            return;
        }
        let size = most.min(threads::free_cores());
        if size != self.size {
            (self.size, self.since) = (size, now);
        }
        self.again = (size < most).then(|| now + PAUSE);
    }

    fn late(&mut self) {
        let now = Instant::now();
        self.pause = if now - self.since > self.pause { PAUSE } else { LONGEST_PAUSE.min(2 * self.pause) };
        (self.size, self.since, self.again) = ((self.size / 2).max(1), now, Some(now + self.pause));
    }
}
