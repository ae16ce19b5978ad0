//! Axes of pictures: ticks at round numbers, labels, lines.

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
    /// The position of a value, pixels.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        self.pixels[0] + share * (self.pixels[1] - self.pixels[0])
    }

    /// Round values in the range, 1, 2 or 5 times a power of ten apart in at most `intervals` intervals, and their
    /// labels.
    pub(super) fn ticks(&self, intervals: usize) -> Vec<(f64, String)> {
        let span = self.high - self.low;
        if !(span.is_finite() && span > 0.0) {
            return Vec::new();
        }
        let step = round_up(span / intervals.max(1) as f64);
        let decimals = (-(step * 1.000_001).log10().floor()).max(0.0) as usize;
        let slack = 1e-9 * span;
        let first = ((self.low - slack) / step).ceil();
        let last = ((self.high + slack) / step).floor();
        let count = (last - first).max(-1.0) as usize + usize::from(last >= first);
        (0..count).map(|i| (first + i as f64) * step).map(|value| (value, number_text(value, decimals))).collect()
    }
}

/// The smallest 1, 2 or 5 times a power of ten that is not below a positive value.
pub(super) fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().find(|m| m * power >= value * (1.0 - 1e-9)).unwrap_or(10.0);
    step * power
}

/// A number as text with `decimals` decimals, a minus sign and groups of thousands: "−1,234.5".
pub(super) fn number_text(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = whole.parse().map_or_else(|_| whole.to_owned(), crate::text::count);
    if !fraction.is_empty() {
        grouped = format!("{grouped}.{fraction}");
    }
    let zero = text.chars().all(|c| "0.".contains(c));
    if value < 0.0 && !zero { format!("−{grouped}") } else { grouped }
}

/// A number as text with up to three significant digits and no trailing zeros: "15.9", "0.032", "250".
pub(super) fn short_number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return number_text(value, 0);
    }
    let decimals = (2.0 - value.abs().log10().floor()).clamp(0.0, 9.0) as usize;
    let text = number_text(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A time as text, in s from 1000 ms on, else in ms: "250 ms", "1 s", "12.5 s".
pub(super) fn duration_text(ms: f64) -> String {
    if ms >= 1000.0 { format!("{} s", short_number(ms / 1000.0)) } else { format!("{} ms", short_number(ms)) }
}

/// The unit of a time axis of `ms` ms: (ms per unit, name).
pub(super) fn time_unit(ms: f64) -> (f64, &'static str) {
    if ms > 5000.0 { (1000.0, "s") } else { (1.0, "ms") }
}

/// Draws vertical grid lines at the ticks, from the height `y[0]` to `y[1]`.
pub(super) fn draw_grid(canvas: &mut Canvas, ticks: &[(f64, String)], across: &Scale, y: [f64; 2]) -> Result<()> {
    for (value, _) in ticks {
        let x = across.at(*value);
        canvas.fill([x - 0.5, x + 0.5], y, GRID)?;
    }
    Ok(())
}

/// Draws a horizontal axis at the height `y`, with ticks, numbers and title below it.
pub(super) fn draw_below(
    canvas: &mut Canvas,
    ticks: &[(f64, String)],
    across: &Scale,
    y: f64,
    title: &str,
) -> Result<()> {
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

/// Draws a vertical axis at `x`, with ticks and numbers left of it.
pub(super) fn draw_left(canvas: &mut Canvas, ticks: &[(f64, String)], up: &Scale, x: f64) -> Result<()> {
    let [bottom, top] = up.pixels;
    canvas.fill([x - 0.5, x + 0.5], [bottom.min(top) - 0.5, bottom.max(top) + 0.5], AXIS)?;
    for (value, label) in ticks {
        let y = up.at(*value);
        canvas.fill([x - 6.0, x], [y - 0.5, y + 0.5], AXIS)?;
        canvas.text(x - 11.0, y, label, Style::new(TICK_SIZE, INK).align(Align::Right));
    }
    Ok(())
}
