//! Signals that reservoirs are tested on, by the equations of their papers; and how far an output is from one.

use std::path::Path;

use crate::error::{Error, Result};
use crate::files::{Input, Limit};
use crate::number::math::powi;
use crate::random::{Draws, Purpose, stream};
use crate::record::functional::correlation;

/// `steps` numbers drawn uniformly from `low` to `high`.
pub fn uniform(steps: usize, (low, high): (f64, f64), seed: u64) -> Vec<f64> {
    let mut draws = Draws::new(seed, stream(Purpose::Current, 0), 0);
    (0..steps).map(|_| low + (high - low) * draws.uniform()).collect()
}

/// `steps` random bits, -1 and 1 with the same probability.
pub fn bits(steps: usize, seed: u64) -> Vec<f64> {
    let mut draws = Draws::new(seed, stream(Purpose::Current, 1), 0);
    (0..steps).map(|_| if draws.word() >> 31 == 1 { 1.0 } else { -1.0 }).collect()
}

/// NARMA-10 (Atiya & Parlos 2000, "New results on recurrent network training"), of an input from 0 to 0.5: y(t+1) =
/// 0.3·y(t) + 0.05·y(t)·Σ y(t-i) + 1.5·u(t-9)·u(t) + 0.1, the sum over i from 0 to 9. It is as long as the input; y(0)
/// = 0, and so are all values before time 0.
///
/// # Errors
/// Input that is not finite; an output that grows without bounds, as it does now and then where the input comes near
/// 0.5.
pub fn narma10(input: &[f64]) -> Result<Vec<f64>> {
    super::check_finite_list("input of NARMA-10", input)?;
    let mut y = vec![0.0f64; input.len()];
    for t in 0..input.len().saturating_sub(1) {
        let sum: f64 = y[t.saturating_sub(9)..=t].iter().sum();
        let before = if t >= 9 { input[t - 9] } else { 0.0 };
        y[t + 1] = 0.3 * y[t] + 0.05 * y[t] * sum + 1.5 * before * input[t] + 0.1;
        if y[t + 1].is_nan() || y[t + 1].abs() >= 1e3 {
            let problem =
                format!("it grows without bounds at step {}; take another seed, or an input below 0.5", t + 1);
            return Err(Error::invalid("NARMA-10", problem));
        }
    }
    Ok(y)
}

/// The delay differential equation of Mackey & Glass (1977, "Oscillation and chaos in physiological control systems"):
/// dx/dt = β·x(t-τ) / (1 + x(t-τ)ⁿ) - γ·x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MackeyGlass {
    /// The delay τ; chaotic from about 17 on.
    pub tau: f64,
    /// β, the rate of production.
    pub beta: f64,
    /// γ, the rate of decay.
    pub gamma: f64,
    /// n, the exponent.
    pub power: u32,
    /// x at all times up to 0.
    pub start: f64,
    /// The step of the integration; τ and 1 are whole multiples of it.
    pub dt: f64,
}

impl Default for MackeyGlass {
    fn default() -> MackeyGlass {
        MackeyGlass { tau: 17.0, beta: 0.2, gamma: 0.1, power: 10, start: 1.2, dt: 0.1 }
    }
}

/// x at the times 0, 1, 2, ... `steps` - 1 of a Mackey-Glass system, by Runge & Kutta's rule of fourth order; in the
/// middle of a step, the delayed x is the mean of those at its ends.
///
/// # Errors
/// τ or 1 that are not multiples of dt; parameters that are not finite.
pub fn mackey_glass(steps: usize, system: &MackeyGlass) -> Result<Vec<f64>> {
    let MackeyGlass { tau, beta, gamma, power, start, dt } = *system;
    let (lag, every) = ((tau / dt).round(), (1.0 / dt).round());
    let multiple = |x: f64, n: f64| (n * dt - x).abs() < 1e-9 && n >= 1.0;
    let numbers = [beta, gamma, start].iter().all(|x| x.is_finite());
    if !(numbers && dt > 0.0 && tau < 1e6 && multiple(tau, lag) && multiple(1.0, every) && every <= 1e6) {
        let problem = format!("tau = {tau} and 1 must be multiples of dt = {dt}, and all parameters finite numbers");
        return Err(Error::invalid("Mackey-Glass", problem));
    }
    let (lag, every) = (lag as usize, every as usize);
    let slope = |x: f64, delayed: f64| beta * delayed / (1.0 + powi(delayed, power)) - gamma * x;
    // A ring of x at time 0 and in the `lag` steps before.
    let mut past = vec![start; lag + 1];
    let (mut x, mut at, mut out) = (start, 0, Vec::with_capacity(steps));
    for step in 0..steps.saturating_mul(every) {
        if step.is_multiple_of(every) {
            out.push(x);
        }
        // `at` is the place of the newest, after which the oldest comes.
        let (old, next) = (past[(at + 1) % (lag + 1)], past[(at + 2) % (lag + 1)]);
        let middle = 0.5 * (old + next);
        let a = slope(x, old);
        let b = slope(x + 0.5 * dt * a, middle);
        let c = slope(x + 0.5 * dt * b, middle);
        let d = slope(x + dt * c, next);
        x += dt / 6.0 * (a + 2.0 * b + 2.0 * c + d);
        at = (at + 1) % (lag + 1);
        past[at] = x;
    }
    Ok(out)
}

/// `steps` points (x, y, z) of the system of Lorenz (1963, "Deterministic nonperiodic flow") with σ = 10, ρ = 28, β =
/// 8/3, from `start` on, every `dt`, by Runge & Kutta's rule of fourth order with steps of `dt` / 4.
pub fn lorenz(steps: usize, dt: f64, start: [f64; 3]) -> Vec<[f64; 3]> {
    let slope = |[x, y, z]: [f64; 3]| [10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z];
    let along = |p: [f64; 3], s: [f64; 3], h: f64| [p[0] + h * s[0], p[1] + h * s[1], p[2] + h * s[2]];
    let h = dt / 4.0;
    let mut p = start;
    (0..steps)
        .map(|_| {
            let now = p;
            for _ in 0..4 {
                let a = slope(p);
                let b = slope(along(p, a, h / 2.0));
                let c = slope(along(p, b, h / 2.0));
                let d = slope(along(p, c, h));
                let mean = std::array::from_fn(|i| (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]) / 6.0);
                p = along(p, mean, h);
            }
            now
        })
        .collect()
}

/// The parity of `count` bits, -1 and 1, of which the last came `delay` steps ago: their product (Bertschinger &
/// Natschläger 2004, "Real-time computation at the edge of chaos in recurrent neural networks"). Before that many bits
/// have come it is 1.
pub fn parity(bits: &[f64], count: usize, delay: usize) -> Vec<f64> {
    let product = |t: usize| match (t + 1).checked_sub(count + delay) {
        Some(first) => bits[first..first + count].iter().product(),
        None => 1.0,
    };
    (0..bits.len()).map(product).collect()
}

/// The root of the mean squared error over the standard deviation of the targets. An output that is always the mean of
/// the targets has 1.
///
/// # Errors
/// Numbers that are not finite, lists of two lengths or without numbers, targets that are all the same.
pub fn nrmse(outputs: &[f64], targets: &[f64]) -> Result<f64> {
    check_pair(outputs, targets)?;
    let (mean, count) = (mean(targets), targets.len() as f64);
    let variance = targets.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / count;
    if variance <= 0.0 {
        return Err(Error::invalid("targets", "they are all the same, so that no error can be normalised by them"));
    }
    let error = outputs.iter().zip(targets).map(|(o, y)| (o - y).powi(2)).sum::<f64>() / count;
    Ok((error / variance).sqrt())
}

/// The squared correlation of two signals; 0 where one of them is constant.
///
/// # Errors
/// Numbers that are not finite, lists of two lengths or without numbers.
pub fn squared_correlation(a: &[f64], b: &[f64]) -> Result<f64> {
    check_pair(a, b)?;
    Ok(correlation(a, b).map_or(0.0, |correlation| correlation * correlation))
}

/// The mean of some numbers.
fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

/// Refuses lists of two lengths, without numbers, or with numbers that are not finite.
fn check_pair(a: &[f64], b: &[f64]) -> Result<()> {
    if a.len() != b.len() || a.is_empty() {
        let problem = format!("{} outputs and {} targets must be as many, and at least one", a.len(), b.len());
        return Err(Error::invalid("outputs", problem));
    }
    super::check_finite_list("outputs", a)?;
    super::check_finite_list("targets", b)
}

/// What a series is read from.
const SERIES: &str = "a series is a text file with a number a line";

/// The text of the file of a series.
fn series_text(path: &Path) -> Result<String> {
    if !path.exists() {
        return Err(Error::file(path, format!("there is no such file; {SERIES}")));
    }
    let content = Input::open(path, Limit::list()?, "the file of a series")?.whole()?;
    if content.starts_with(b"\x1f\x8b") {
        return Err(Error::file(path, format!("it is packed by gzip, and {SERIES}; unpack it")));
    }
    String::from_utf8(content).map_err(|_| Error::file(path, format!("it is not UTF-8 text, and {SERIES}")))
}

/// A series of numbers from a text file, one on each line; of several columns, the last one. A first line that is not a
/// number is a heading.
///
/// # Errors
/// A file that cannot be read, lines that hold no finite number.
pub fn read_series(path: &Path) -> Result<Vec<f64>> {
    let text = series_text(path)?;
    let mut series = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let last = text.rsplit([',', ';', '\t']).next().unwrap_or_default().trim();
        match last.parse::<f64>() {
            Ok(value) if value.is_finite() => series.push(value),
            Err(_) if line == 1 => {}
            _ => {
                return Err(Error::file_line(
                    path,
                    line,
                    format!("'{last}' is not a finite number; mend or remove the line"),
                ));
            }
        }
    }
    Ok(series)
}
