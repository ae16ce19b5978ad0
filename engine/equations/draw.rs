//! Random numbers that a step takes.

/// The law of a random number that a step of a neuron takes, anew for each neuron and step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// Of mean 0 and standard deviation 1.
    Normal,
    /// From 0 up to, but not including, 1.
    Uniform,
}

impl Draw {
    /// The names of all, and what they name.
    pub(crate) const NAMES: [(&str, Draw); 2] = [("normal", Draw::Normal), ("uniform", Draw::Uniform)];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Draw::Normal => "normal",
            Draw::Uniform => "uniform",
        }
    }

    /// By its name.
    pub(crate) fn named(name: &str) -> Option<Draw> {
        Draw::NAMES.iter().find(|(known, _)| *known == name).map(|(_, draw)| *draw)
    }

    /// What the `k`-th number of a step, counted from 0, is called among its inputs; no name that a user may choose.
    pub(crate) fn input(self, k: usize) -> String {
        format!("{}({})", self.name(), k + 1)
    }
}
