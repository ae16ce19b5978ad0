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
