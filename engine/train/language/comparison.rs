//! Whether one net is better than another, or only luckier.

use crate::error::{Error, Result};

/// Two kinds of net by the same seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The mean of one less that of the other: below 0 where the first has fewer bits.
    pub difference: f64,
    /// The sum of the standard deviations over seeds (n - 1) of both.
    pub spread: f64,
    /// Whether the difference is larger than the spread. Of two or fewer seeds it never is.
    pub beyond: bool,
}

impl Comparison {
    /// Of values seed by seed.
    ///
    /// # Errors
    /// Another number of seeds for the one than for the other, none, or a value that is not finite.
    pub fn new(one: &[f64], other: &[f64]) -> Result<Comparison> {
        let wrong = |problem: String| Err(Error::invalid("comparison", problem));
        if one.len() != other.len() || one.is_empty() {
            return wrong(format!("{} and {} seeds; take as many of both, one or more", one.len(), other.len()));
        }
        if one.iter().chain(other).any(|value| !value.is_finite()) {
            return wrong("a value is not finite, and compares with nothing".into());
        }
        let ([mean, sd], [other_mean, other_sd]) = (moments(one), moments(other));
        let (difference, spread) = (mean - other_mean, sd + other_sd);
        Ok(Comparison { difference, spread, beyond: one.len() > 2 && difference.abs() > spread })
    }

    /// What may be said of it, as a sentence about bits per character.
    pub fn words(&self, one: &str, other: &str, seeds: usize) -> String {
        let Comparison { difference, spread, beyond } = *self;
        let found = format!("{one} has {:.3} bits {} than {other}", difference.abs(), less(difference));
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

fn less(difference: f64) -> &'static str {
    if difference < 0.0 { "less" } else { "more" }
}

/// Mean and standard deviation; of one value none.
fn moments(values: &[f64]) -> [f64; 2] {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    [mean, (squares / (count - 1.0).max(1.0)).sqrt()]
}
