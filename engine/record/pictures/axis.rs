//! Axes: round ticks, readable numbers, frames.

use super::canvas::{Align, Canvas, Style};
use super::palette::{AXIS, GRID, INK};
use crate::error::Result;

/// Size of the numbers at ticks, pixels.
pub(super) const TICK_SIZE: f64 = 14.0;
/// Size of axis titles, pixels.
pub(super) const TITLE_SIZE: f64 = 15.0;

/// A range of values over a range of pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub low: f64,
    pub high: f64,
    /// Pixel of `low` and pixel of `high`.
    pub pixels: [f64; 2],
}

impl Scale {
    /// The pixel of a value.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        self.pixels[0] + share * (self.pixels[1] - self.pixels[0])
    }

    /// At most `most` round values in the range, 1, 2 or 5 times a power of ten apart, and their labels.
    pub(super) fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        let span = self.high - self.low;
        if !(span.is_finite() && span > 0.0) {
            return Vec::new();
        }
        let step = round_up(span / most.max(1) as f64);
        let decimals = (-(step * 1.000_001).log10().floor()).max(0.0) as usize;
        let slack = 1e-9 * span;
        let first = ((self.low - slack) / step).ceil();
        let last = ((self.high + slack) / step).floor();
        let count = (last - first).max(-1.0) as usize + usize::from(last >= first);
        (0..count).map(|i| (first + i as f64) * step).map(|value| (value, number(value, decimals))).collect()
    }
}

/// The smallest 1, 2 or 5 times a power of ten that is not below a positive value.
pub(super) fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().find(|m| m * power >= value * (1.0 - 1e-9)).unwrap_or(10.0);
    step * power
}

/// A number with fixed decimals, a true minus sign and thousands apart: "−1,234.5".
pub(super) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = whole.parse().map_or_else(|_| whole.to_owned(), crate::text::count);
    if !fraction.is_empty() {
        grouped = format!("{grouped}.{fraction}");
    }
    let zero = text.chars().all(|c| "0.".contains(c));
    if value < 0.0 && !zero { format!("−{grouped}") } else { grouped }
}

/// A number with up to three significant digits and no trailing zeros: "15.9", "0.032", "250".
pub(super) fn brief(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return number(value, 0);
    }
    let decimals = (2.0 - value.abs().log10().floor()).clamp(0.0, 9.0) as usize;
    let text = number(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A time in the unit people would use: "250 ms", "1 s", "12.5 s".
pub(super) fn duration(ms: f64) -> String {
    if ms >= 1000.0 { format!("{} s", brief(ms / 1000.0)) } else { format!("{} ms", brief(ms)) }
}

/// The unit of a time axis of this length: (ms per unit, name).
pub(super) fn time_unit(ms: f64) -> (f64, &'static str) {
    if ms > 5000.0 { (1000.0, "s") } else { (1.0, "ms") }
}

/// Vertical grid lines behind one panel.
pub(super) fn grid(canvas: &mut Canvas, ticks: &[(f64, String)], across: &Scale, y: [f64; 2]) -> Result<()> {
    for (value, _) in ticks {
        let x = across.at(*value);
        canvas.fill([x - 0.5, x + 0.5], y, GRID)?;
    }
    Ok(())
}

/// The horizontal axis: line, ticks, numbers and title below `y`.
pub(super) fn below(canvas: &mut Canvas, ticks: &[(f64, String)], across: &Scale, y: f64, title: &str) -> Result<()> {
    let [left, right] = across.pixels;
    canvas.fill([left - 0.5, right + 0.5], [y - 0.5, y + 0.5], AXIS)?;
    for (value, label) in ticks {
        let x = across.at(*value);
        canvas.fill([x - 0.5, x + 0.5], [y, y + 6.0], AXIS)?;
        canvas.text(x, y + 18.0, label, Style::new(TICK_SIZE, INK).align(Align::Centre));
    }
    if !title.is_empty() {
        canvas.text((left + right) / 2.0, y + 44.0, title, Style::new(TITLE_SIZE, INK).align(Align::Centre));
    }
    Ok(())
}

/// The vertical axis: line, ticks and numbers left of `x`.
pub(super) fn left(canvas: &mut Canvas, ticks: &[(f64, String)], up: &Scale, x: f64) -> Result<()> {
    let [bottom, top] = up.pixels;
    canvas.fill([x - 0.5, x + 0.5], [bottom.min(top) - 0.5, bottom.max(top) + 0.5], AXIS)?;
    for (value, label) in ticks {
        let y = up.at(*value);
        canvas.fill([x - 6.0, x], [y - 0.5, y + 0.5], AXIS)?;
        canvas.text(x - 11.0, y, label, Style::new(TICK_SIZE, INK).align(Align::Right));
    }
    Ok(())
}
