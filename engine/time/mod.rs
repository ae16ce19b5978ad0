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

/// A step that no run reaches: that of a time that never comes.
pub const NEVER: u64 = 1 << 60;

/// What is done with a time that lies between two steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OffGrid {
    /// It is refused.
    #[default]
    Refuse,
    /// It moves to the nearest step, the later of two as near.
    Round,
    /// It moves to the next step.
    Up,
}

impl OffGrid {
    /// The names of all variants, in the order of declaration.
    pub const NAMES: [&str; 3] = ["refuse", "round", "up"];

    /// The variant called `name`; `place` says where the name was given, for the error.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a name that is none of [`OffGrid::NAMES`].
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
    /// dt is `mantissa` / 10^`decimals`, so that k·dt is a product of integers; 0 where 64 bits do not hold it.
    mantissa: u64,
    decimals: usize,
}

/// Where a time lies on a grid.
enum Place {
    /// On this step.
    On(f64),
    /// Between step `below` and the next, in the second half or in its middle if `half_or_more`.
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

    /// The step that ends at `ms`; `None` for a time that is negative, not a number, or between two steps. For a time
    /// that no run reaches, infinity included, it is [`NEVER`].
    pub fn on(&self, ms: f64) -> Option<u64> {
        match self.place(ms)? {
            Place::On(step) => Some(whole(step)),
            Place::Between { .. } => None,
        }
    }

    /// The step nearest to `ms`, a half rounded up, as NEST counts delays; `None` for a time that is negative or not a
    /// number.
    pub fn nearest(&self, ms: f64) -> Option<u64> {
        Some(match self.place(ms)? {
            Place::On(step) => whole(step),
            Place::Between { below, half_or_more } => whole(below) + u64::from(half_or_more),
        })
    }

    /// The number of steps of a refractory period of `ms` as NEST 3.10 counts them: it holds times in tics of 1 us, to
    /// the nearest one, and rounds these up to steps; where a step is no whole number of tics, `ms` itself is rounded
    /// up. `None` for a time that is negative or not a number.
    pub fn refractory(&self, ms: f64) -> Option<u64> {
        let tics = (ms * TICS + 0.5).floor();
        if self.decimals > 3 || tics >= MAX_WHOLE {
            return self.up(ms);
        }
        let step = self.mantissa * 10u64.pow(3 - self.decimals as u32);
        (ms >= 0.0 && step > 0).then(|| (tics as u64).div_ceil(step))
    }

    /// The first step that ends at or after `ms`; `None` for a time that is negative or not a number.
    pub fn up(&self, ms: f64) -> Option<u64> {
        Some(match self.place(ms)? {
            Place::On(step) => whole(step),
            Place::Between { below, .. } => whole(below) + 1,
        })
    }

    /// `ms` moved onto the grid as `off_grid` says; unchanged where it is to be refused, is negative, not a number, or
    /// beyond any run.
    pub fn settled(&self, ms: f64, off_grid: OffGrid) -> f64 {
        let step = match off_grid {
            OffGrid::Refuse => None,
            OffGrid::Round => self.nearest(ms),
            OffGrid::Up => self.up(ms),
        };
        step.filter(|step| *step < NEVER).map_or(ms, |step| self.time(step))
    }

    /// The number of steps in `span`; `what` names the span in the error.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the span is negative, not finite, longer than any run, or not a whole number of steps.
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

    /// The time at the end of `step`, k·dt in ms, correctly rounded.
    pub fn time(&self, step: u64) -> f64 {
        let product = u128::from(self.mantissa) * u128::from(step);
        // Both operands are exact below these bounds, so the quotient is the nearest f64.
        if product > 0 && product < 1 << 53 && self.decimals <= 22 {
            product as f64 / 10f64.powi(self.decimals as i32)
        } else {
            step as f64 * self.dt
        }
    }

    /// The time at the end of `step` in ms, as text with the decimals of dt: step 3 of 0.1 ms is "0.3", never
    /// 0.30000000000000004.
    pub fn text(&self, step: u64) -> String {
        if self.mantissa == 0 {
            return format!("{}", step as f64 * self.dt);
        }
        let digits = format!("{:0width$}", u128::from(self.mantissa) * u128::from(step), width = self.decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.decimals);
        if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
    }

    /// The step that ends at a time written by [`Grid::text`]; `None` where it lies between steps or is no time.
    pub fn step(&self, text: &str) -> Option<u64> {
        self.on(text.trim().parse().ok()?).filter(|step| *step < NEVER)
    }

    /// Where `ms` lies; `None` for a time that is negative or not a number.
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

/// A whole number of steps as an integer, [`NEVER`] where it is too large.
fn whole(steps: f64) -> u64 {
    if steps < MAX_WHOLE { steps as u64 } else { NEVER }
}

/// `ms` as text for a message: not 300 digits, and without the rounding errors of sums and products of decimals.
pub(crate) fn short(ms: f64) -> String {
    let ms = format!("{ms:.14e}").parse().unwrap_or(ms);
    if ms.abs() < 1e15 { format!("{ms}") } else { format!("{ms:e}") }
}
