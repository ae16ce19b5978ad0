//! Which weights of synapses a receptor takes.

/// Which weights a channel takes, by their sign or where the receptor is named, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Every weight, with its sign.
    All,
    /// By sign, weights of zero and more; by name, every weight. For a current.
    Positive,
    /// By sign, weights below zero, with their sign; by name, every weight. For a current.
    Negative,
    /// Weights of zero and more, whether by sign or by name. For a conductance.
    NonNegative,
    /// Weights below zero, by name also zero, as their magnitude. For a conductance.
    Magnitude,
    /// Every spike as 1, whatever its weight (a relay).
    Count,
}

impl Takes {
    /// Whether the channel takes `weight` where no receptor is named, so that the sign of the weight chooses.
    pub fn by_sign(self, weight: f64) -> bool {
        match self {
            Takes::All | Takes::Count => true,
            Takes::Positive | Takes::NonNegative => weight >= 0.0,
            Takes::Negative | Takes::Magnitude => weight < 0.0,
        }
    }

    /// Whether the channel takes `weight` where its receptor is named. A conductance is never negative; inhibitory
    /// weights are written below zero everywhere, and a channel takes their magnitude.
    pub fn by_name(self, weight: f64) -> bool {
        match self {
            Takes::Magnitude => weight <= 0.0,
            Takes::NonNegative => weight >= 0.0,
            Takes::All | Takes::Positive | Takes::Negative | Takes::Count => true,
        }
    }

    /// The input that a spike of this weight brings: the weight, its magnitude, or 1.
    #[inline(always)]
    pub fn apply(self, weight: f64) -> f64 {
        match self {
            Takes::All | Takes::Positive | Takes::Negative | Takes::NonNegative => weight,
            Takes::Magnitude => weight.abs(),
            Takes::Count => 1.0,
        }
    }
}
