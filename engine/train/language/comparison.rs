//! Comparison of two kinds of nets over several seeds.

use crate::error::{Error, Result};

/// Two kinds of nets, compared by the same seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The mean of the first less that of the second: below 0 where the first has fewer bits.
    pub difference: f64,
    /// The sum of the standard deviations over seeds (n - 1) of both.
    pub spread: f64,
    /// Whether the difference is larger than the spread; never for two or fewer seeds.
    pub beyond: bool,
}

impl Comparison {
    /// The comparison of values `one` with values `other`, each seed by seed.
    ///
    /// # Errors
    /// Different numbers of seeds, no seeds, or a value that is not finite.
    pub fn new(one: &[f64], other: &[f64]) -> Result<Comparison> {
        let wrong = |problem: String| Err(Error::invalid("comparison", problem));
        if one.len() != other.len() || one.is_empty() {
            return wrong(format!("{} and {} seeds; take as many of both, one or more", one.len(), other.len()));
        }
        if one.iter().chain(other).any(|value| !value.is_finite()) {
            return wrong("a value is not finite, and compares with nothing".into());
        }
        let ([mean, sd], [other_mean, other_sd]) = (mean_and_sd(one), mean_and_sd(other));
        let (difference, spread) = (mean - other_mean, sd + other_sd);
        Ok(Comparison { difference, spread, beyond: one.len() > 2 && difference.abs() > spread })
    }

    /// The result as a sentence about bits per character; `one` and `other` name the kinds of nets.
    pub fn words(&self, one: &str, other: &str, seeds: usize) -> String {
        let Comparison { difference, spread, beyond } = *self;
        let found = format!("{one} has {:.3} bits {} than {other}", difference.abs(), less_or_more(difference));
        let over = if seeds == 1 { "With one seed".to_owned() } else { format!("Over {seeds} seeds") };
        match beyond {
            true => format!("{over} {found}, more than the spread over seeds ({spread:.3})."),
            false if seeds > 2 => {
                format!("{over} {found}, within the spread over seeds ({spread:.3}): no claim is made.")
            }
            false => format!("{over} {found}; of fewer than 3 no claim is made."),
        }
    }
}

/// The word for the sign of a difference.
fn less_or_more(difference: f64) -> &'static str {
    if difference < 0.0 { "less" } else { "more" }
}

/// Mean and standard deviation of a sample (n - 1), 0 for one value.
fn mean_and_sd(values: &[f64]) -> [f64; 2] {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    [mean, (squares / (count - 1.0).max(1.0)).sqrt()]
}
