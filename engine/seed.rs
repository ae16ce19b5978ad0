//! Seeds, and trials: what makes one run differ from another.

use crate::random::{Draws, Purpose, stream};

/// The seed of all random numbers of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

/// One of the runs of a network that differ in chance alone.
///
/// The seed decides what the network is: connections, weights, delays and parameters of neurons. Seed and number
/// together decide what happens in a run of it: Poisson trains, and initial states that are drawn. A [`Seed`] alone
/// stands for trial 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// Seed of the network.
    pub seed: Seed,
    /// Number of the trial.
    pub number: u64,
}

impl Seed {
    /// Trial `number` of the network of this seed.
    pub fn trial(self, number: u64) -> Trial {
        Trial { seed: self, number }
    }
}

impl From<Seed> for Trial {
    fn from(seed: Seed) -> Trial {
        seed.trial(0)
    }
}

impl Trial {
    /// The seed of the random numbers of a run of this trial; that of the network for trial 0.
    pub fn run_seed(self) -> u64 {
        if self.number == 0 {
            return self.seed.0;
        }
        let mut draws = Draws::new(self.seed.0, stream(Purpose::Trial, 0), self.number);
        (u64::from(draws.word()) << 32) | u64::from(draws.word())
    }
}
