//! The distributions of random numbers that a step takes.

/// The distribution of a random number that a step of a neuron takes, drawn anew for each neuron and step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// Normal, of mean 0 and standard deviation 1.
    Normal,
    /// Uniform, from 0 up to, but not including, 1.
    Uniform,
}

impl Draw {
    /// All distributions with their names.
    pub(crate) const NAMES: [(&str, Draw); 2] = [("normal", Draw::Normal), ("uniform", Draw::Uniform)];

    /// Its name in the text of models.
    pub fn name(self) -> &'static str {
        match self {
            Draw::Normal => "normal",
            Draw::Uniform => "uniform",
        }
    }

    /// The distribution of this name, if there is one.
    pub(crate) fn named(name: &str) -> Option<Draw> {
        Draw::NAMES.iter().find(|(known, _)| *known == name).map(|(_, draw)| *draw)
    }

    /// The name of the `k`-th random number of a step, counted from 0, among the inputs; a user cannot choose such a
    /// name.
    pub(crate) fn input(self, k: usize) -> String {
        format!("{}({})", self.name(), k + 1)
    }
}
