//! The one conversion between milliseconds and steps: a grid of dt.
//!
//! Times are decimals to their users and binary numbers here, so `ms / dt` carries dirt: 0.15 / 0.1 is
//! 1.4999999999999998. A ratio that lies within that dirt of a whole or a half step is that whole or half; nothing else
//! decides, at any time.

use crate::error::{Error, Result};

mod span;

pub use span::{Time, TimeUnits};

/// How far a time may lie from a step, in steps, and still be on it: times are sums and products of decimals, and these
/// stay below it; nobody who means another time writes so small a difference.
const DIRT: f64 = 1e-6;

/// Relative error of a quotient of two rounded decimals: three roundings of half a unit in the last place, doubled. It
/// adds 4e-6 of a step at the longest run (2³² steps).
const ROUNDING: f64 = 3.0 * f64::EPSILON;

/// NEST's tics in a ms.
const TICS: f64 = 1000.0;
/// 2⁵²: from here on every f64 is a whole number.
const MAX_WHOLE: f64 = 4_503_599_627_370_496.0;

/// Steps that no run reaches: a time so late that it never comes.
pub const NEVER: u64 = 1 << 60;

/// What is done with a time between two steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OffGrid {
    /// It is refused.
    #[default]
    Refuse,
    /// The nearest step is taken, the later of two as near.
    Round,
    /// The next step is taken.
    Up,
}

impl OffGrid {
    /// The names of all, in the order of declaration.
    pub const NAMES: [&str; 3] = ["refuse", "round", "up"];

    /// By name.
    ///
    /// # Errors
    /// A name that is none of [`OffGrid::NAMES`]; `place` says where it was given.
    pub fn named(name: &str, place: &str) -> Result<OffGrid> {
        match name {
            "refuse" => Ok(OffGrid::Refuse),
            "round" => Ok(OffGrid::Round),
            "up" => Ok(OffGrid::Up),
            _ => Err(Error::unknown("way", name, format!("{place}, off_grid"), &OffGrid::NAMES)),
        }
    }
}

/// Steps of dt: step k ends at k·dt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    dt: f64,
    /// dt as mantissa / 10^decimals, so that k·dt is a product of integers.
    mantissa: u64,
    decimals: usize,
}

/// Where a time lies: on a step, or between two.
enum Place {
    On(f64),
    Between { below: f64, half_or_more: bool },
}

impl Grid {
    /// The grid of `dt` ms, read from the shortest decimal that means this number.
    pub fn new(dt: f64) -> Grid {
        let text = format!("{dt}");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        // More digits than a u64 holds come from dt below 1e-19 ms only; those times are products of f64.
        let mantissa = format!("{whole}{fraction}").parse().unwrap_or(0);
        Grid { dt, mantissa, decimals: fraction.len() }
    }

    /// Length of a step, ms.
    pub fn dt(&self) -> f64 {
        self.dt
    }

    /// The step that ends at `ms`; none for a time that is negative, not a number, or between two steps. A time that no
    /// run reaches, infinity included, is [`NEVER`].
    pub fn on(&self, ms: f64) -> Option<u64> {
        match self.place(ms)? {
            Place::On(step) => Some(whole(step)),
            Place::Between { .. } => None,
        }
    }

    /// The step nearest to `ms`, a half rounded up, as NEST counts delays; none as in [`Grid::on`], but for times between
    /// steps.
    pub fn nearest(&self, ms: f64) -> Option<u64> {
        Some(match self.place(ms)? {
            Place::On(step) => whole(step),
            Place::Between { below, half_or_more } => whole(below) + u64::from(half_or_more),
        })
    }

    /// Steps of a refractory period of `ms` as NEST 3.10 counts them: it holds times in tics of 1 us, to the nearest one,
    /// and rounds these up to steps; where a step is no whole number of tics, `ms` itself is rounded up. None as in
    /// [`Grid::nearest`].
    pub fn refractory(&self, ms: f64) -> Option<u64> {
        let tics = (ms * TICS + 0.5).floor();
        if self.decimals > 3 || tics >= MAX_WHOLE {
            return self.up(ms);
        }
        let step = self.mantissa * 10u64.pow(3 - self.decimals as u32);
        (ms >= 0.0 && step > 0).then(|| (tics as u64).div_ceil(step))
    }

    /// The first step that ends at or after `ms`; none as in [`Grid::nearest`].
    pub fn up(&self, ms: f64) -> Option<u64> {
        Some(match self.place(ms)? {
            Place::On(step) => whole(step),
            Place::Between { below, .. } => whole(below) + 1,
        })
    }

    /// `ms` moved onto the grid as asked; a time that cannot be, or must not be moved, as it is.
    pub fn settled(&self, ms: f64, off_grid: OffGrid) -> f64 {
        let step = match off_grid {
            OffGrid::Refuse => None,
            OffGrid::Round => self.nearest(ms),
            OffGrid::Up => self.up(ms),
        };
        step.filter(|step| *step < NEVER).map_or(ms, |step| self.time(step))
    }

    /// Whole steps in a span.
    ///
    /// # Errors
    /// When the span is negative, not finite, beyond 2⁵³ steps, or not a whole number of steps.
    pub fn steps(&self, span: Time, what: &str) -> Result<u64> {
        let ms = span.as_ms();
        let dt = self.dt;
        let problem = match self.on(ms) {
            Some(steps) if steps < NEVER => return Ok(steps),
            _ if ms.is_nan() => format!("{what} is not a number; give it in ms"),
            Some(_) => format!("{what} = {} ms is longer than any run; is its unit ms?", short(ms)),
            None => format!("{what} = {} ms is not a whole number of steps of {dt} ms", short(ms)),
        };
        Err(Error::invalid("time", problem))
    }

    /// k·dt in ms, correctly rounded.
    pub fn time(&self, step: u64) -> f64 {
        let product = u128::from(self.mantissa) * u128::from(step);
        // Both operands are exact below these bounds, so the quotient is the nearest f64.
        if product > 0 && product < 1 << 53 && self.decimals <= 22 {
            product as f64 / 10f64.powi(self.decimals as i32)
        } else {
            step as f64 * self.dt
        }
    }

    /// k·dt as text with the decimals of dt: step 3 of 0.1 ms is "0.3", never 0.30000000000000004.
    pub fn text(&self, step: u64) -> String {
        if self.mantissa == 0 {
            return format!("{}", step as f64 * self.dt);
        }
        let digits = format!("{:0width$}", u128::from(self.mantissa) * u128::from(step), width = self.decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.decimals);
        if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
    }

    /// The step at a time written by [`Grid::text`]; none where it lies between steps or is no time.
    pub fn step(&self, text: &str) -> Option<u64> {
        self.on(text.trim().parse().ok()?).filter(|step| *step < NEVER)
    }

    fn place(&self, ms: f64) -> Option<Place> {
        let steps = ms / self.dt;
        let dirt = DIRT + steps.abs() * ROUNDING;
        if steps.is_nan() || steps < -DIRT {
            return None;
        }
        let nearest = steps.round().max(0.0);
        // No run goes beyond the first.
        if steps >= MAX_WHOLE || (steps - nearest).abs() <= dirt {
            return Some(Place::On(nearest));
        }
        let below = steps.floor();
        Some(Place::Between { below, half_or_more: steps - below >= 0.5 - dirt })
    }
}

fn whole(steps: f64) -> u64 {
    if steps < MAX_WHOLE { steps as u64 } else { NEVER }
}

/// A number of ms for a sentence: not 300 digits, and without the dirt of sums and products of decimals.
pub(crate) fn short(ms: f64) -> String {
    let ms = format!("{ms:.14e}").parse().unwrap_or(ms);
    if ms.abs() < 1e15 { format!("{ms}") } else { format!("{ms:e}") }
}
