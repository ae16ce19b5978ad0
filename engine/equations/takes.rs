//! Which weights of synapses a receptor takes.

/// Which weights a channel takes, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Every weight, with its sign.
    All,
    /// Weights of zero and more; where the receptor is named, every weight (a current).
    Positive,
    /// Weights below zero, with their sign; where the receptor is named, every weight (a current).
    Negative,
    /// Weights of zero and more, by name no others either (a conductance).
    NonNegative,
    /// Weights below zero, as their magnitude, by name no others either (a conductance).
    Magnitude,
    /// Every spike as 1, whatever its weight (a relay).
    Count,
}

impl Takes {
    /// Whether a channel that is chosen by the sign of a weight takes this one.
    pub fn by_sign(self, weight: f64) -> bool {
        match self {
            Takes::All | Takes::Count => true,
            Takes::Positive | Takes::NonNegative => weight >= 0.0,
            Takes::Negative | Takes::Magnitude => weight < 0.0,
        }
    }

    /// Whether a channel that is chosen by its name takes this weight. A conductance is never negative, and what
    /// inhibits is written below zero everywhere.
    pub fn by_name(self, weight: f64) -> bool {
        match self {
            Takes::Magnitude => weight <= 0.0,
            Takes::NonNegative => weight >= 0.0,
            Takes::All | Takes::Positive | Takes::Negative | Takes::Count => true,
        }
    }

    /// A weight as a channel takes it.
    #[inline(always)]
    pub fn apply(self, weight: f64) -> f64 {
        match self {
            Takes::All | Takes::Positive | Takes::Negative | Takes::NonNegative => weight,
            Takes::Magnitude => weight.abs(),
            Takes::Count => 1.0,
        }
    }
}
