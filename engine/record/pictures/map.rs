//! Maps, which show numbers as colours: matrices, populations and histograms over time.

use super::axis::{self, Scale};
use super::canvas::{Align, Canvas, Picture, Style};
use super::curves::{self, Curve, Curves};
use super::palette::{self, AXIS, Colour, GRID, INK, MUTED};
use crate::error::Result;
use crate::record::SeriesRecord;
use crate::record::functional::Matrix;

const HEIGHT: u32 = 760;
/// Top and bottom of the map, pixels.
pub(super) const DOWN: [f64; 2] = [84.0, 684.0];
/// Left end of the map, pixels.
const LEFT: f64 = 200.0;
/// Right end of a map over time, pixels.
const RIGHT: f64 = 1000.0;
/// Distance from the map to its colour key, and width of the key, pixels.
const KEY: [f64; 2] = [30.0, 18.0];
/// Distance from a map to the next, pixels: room for the key of the first.
const BETWEEN: f64 = 150.0;
/// Largest number of names beside the rows.
const MAX_NAMES: usize = 40;
/// Largest number of columns of a map over time.
pub(super) const MAX_COLUMNS: usize = 800;
/// Largest number of populations that are drawn as curves.
const MAX_CURVES: usize = 7;

/// Draws a matrix, 960 × 760 pixels: blue below zero, orange above, light grey for unknown values. Colours are scaled
/// to the values off the diagonal.
///
/// # Errors
/// [`Error::Internal`](crate::Error::Internal) alone.
pub fn draw_matrix(matrix: &Matrix, quantity: &str, title: &str) -> Result<Picture> {
    draw_matrices(&[(quantity, matrix)], title)
}

/// Draws matrices of the same rows side by side, each as [`draw_matrix`] does under what it holds; those behind the first
/// with colours that end at the 95th percentile, since strengths of connections have long tails.
///
/// # Errors
/// As [`draw_matrix`].
pub fn draw_matrices(matrices: &[(&str, &Matrix)], title: &str) -> Result<Picture> {
    let side = DOWN[1] - DOWN[0];
    let more = matrices.len().saturating_sub(1) as f64 * (side + BETWEEN);
    let mut canvas = Canvas::new(960 + more as u32, HEIGHT)?;
    for (place, (quantity, matrix)) in matrices.iter().enumerate() {
        let left = LEFT + place as f64 * (side + BETWEEN);
        let across = [left, left + side];
        let size = matrix.size();
        let different = (0..size * size).filter(|k| k % (size + 1) != 0).map(|k| matrix.values[k]);
        let colours = if place == 0 { Colours::of(different) } else { Colours::of_most(different) };
        let row = |i: usize| (0..size).map(|j| matrix.at(i, j)).collect();
        let names = if place == 0 { matrix.names.clone() } else { vec![String::new(); size] };
        draw_rows(&mut canvas, &names, row, across, &colours)?;
        let at = if place == 0 { 30.0 } else { left };
        canvas.text(at, 62.0, quantity, Style::new(15.0, MUTED));
        draw_frame(&mut canvas, &colours, across)?;
    }
    let width = LEFT + side + more + 60.0;
    Ok(finish_under(canvas, title, width))
}

/// Draws populations over time: up to seven as curves, which are level within bins, more as rows of a map.
///
/// # Errors
/// [`Error::Internal`](crate::Error::Internal) alone.
pub fn draw_series(series: &SeriesRecord, title: &str) -> Result<Picture> {
    let times = series.times_ms();
    let (first, last) = (times.first().copied().unwrap_or(0.0), times.last().copied().unwrap_or(1.0));
    let (ms, unit) = axis::time_unit(last - first);
    let quantity = format!("{} ({})", series.quantity, series.unit);
    if series.names.len() <= MAX_CURVES {
        let width = series.interval_ms() / ms;
        let points = |column: usize| match series.is_binned() {
            true => curves::steps(first / ms - width, width, series.column(column)),
            false => times.iter().map(|time| time / ms).zip(series.column(column)).collect(),
        };
        let curve = |(column, name): (usize, &String)| Curve { name: name.clone(), points: points(column) };
        let curves = series.names.iter().enumerate().map(curve).collect();
        let curves = Curves { across: format!("time ({unit})"), up: quantity, curves };
        return if series.is_binned() { curves::draw_lines(&curves, title) } else { curves::draw(&curves, title) };
    }
    let mut canvas = Canvas::new(1160, HEIGHT)?;
    let colours = Colours::of(series.values.iter().copied());
    let columns = series.rows().min(MAX_COLUMNS);
    // In a long record each column of the map is the mean of several rows.
    let row = |i: usize| {
        let values: Vec<f64> = series.column(i).collect();
        let range = |k: usize| k * values.len() / columns..(k + 1) * values.len() / columns;
        (0..columns).map(|k| values[range(k)].iter().sum::<f64>() / range(k).len() as f64).collect()
    };
    draw_rows(&mut canvas, &series.names, row, [LEFT, RIGHT], &colours)?;
    let low = first - series.interval_ms();
    let across = Scale { low: low / ms, high: last.max(low + series.dt_ms) / ms, pixels: [LEFT, RIGHT] };
    axis::draw_below(&mut canvas, &across.ticks(10), &across, DOWN[1], &format!("time ({unit})"))?;
    finish(canvas, (&quantity, title), &colours, [LEFT, RIGHT])
}

/// Draws `rows` rows of numbers over time as a map, beside the vertical axis `up` of this title; `row` gives the numbers of a
/// row, which go over the time from `from` to `to` in `unit`. The strongest colour is for the highest twentieth of numbers above 0.
pub(super) fn draw_over_time(
    (rows, row): (usize, impl Fn(usize) -> Vec<f64>),
    (from, to, unit): (f64, f64, &str),
    (up, up_title): (Scale, &str),
    (quantity, title): (&str, &str),
) -> Result<Picture> {
    let mut canvas = Canvas::new(1160, HEIGHT)?;
    let all = || (0..rows).flat_map(&row).filter(|value| *value > 0.0);
    let colours = Colours::of_most(all());
    let highest = all().fold(0.0, f64::max);
    let beyond = format!(
        "{quantity}, the strongest colour for {} to {}",
        axis::short_number(colours.high),
        axis::short_number(highest)
    );
    let quantity = if highest > colours.high { &beyond } else { quantity };
    draw_rows(&mut canvas, &vec![String::new(); rows], row, [LEFT, RIGHT], &colours)?;
    axis::draw_left(&mut canvas, &up.ticks(10), &up, LEFT)?;
    let style = Style::new(axis::TITLE_SIZE, INK).align(Align::Centre).upright();
    canvas.text(LEFT - 80.0, (DOWN[0] + DOWN[1]) / 2.0, up_title, style);
    let across = Scale { low: from, high: to, pixels: [LEFT, RIGHT] };
    axis::draw_below(&mut canvas, &across.ticks(10), &across, DOWN[1], &format!("time ({unit})"))?;
    finish(canvas, (quantity, title), &colours, [LEFT, RIGHT])
}

/// The colours of numbers, from `low` to `high`.
struct Colours {
    low: f64,
    high: f64,
}

impl Colours {
    /// Colours for these values: from 0 to the highest; where some are below 0, as far below as above.
    fn of(values: impl Iterator<Item = f64>) -> Colours {
        let finite = values.filter(|value| value.is_finite());
        let (low, high) = finite.fold((0.0, 0.0), |(l, h): (f64, f64), v| (l.min(v), h.max(v)));
        let high = if high > low { high } else { low + 1.0 };
        if low < 0.0 { Colours { low: -high.max(-low), high: high.max(-low) } } else { Colours { low, high } }
    }

    /// The same, but to the 95th percentile of magnitudes, whose colour all above have.
    fn of_most(values: impl Iterator<Item = f64>) -> Colours {
        let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        values.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
        values.truncate((values.len() * 19).div_ceil(20));
        Colours::of(values.into_iter())
    }

    /// The colour of a value.
    fn at(&self, value: f64) -> Colour {
        if !value.is_finite() {
            return GRID;
        }
        let share = if value < 0.0 { value / self.low } else { value / self.high };
        palette::tint(palette::series(usize::from(value >= 0.0)), share.clamp(0.0, 1.0))
    }
}

/// Draws the rows between `across`, and at most [`MAX_NAMES`] of the names beside them; `row` gives the numbers of a
/// row.
fn draw_rows(
    canvas: &mut Canvas,
    names: &[String],
    row: impl Fn(usize) -> Vec<f64>,
    across: [f64; 2],
    colours: &Colours,
) -> Result<()> {
    let place = |range: [f64; 2], k: usize, of: usize| range[0] + (range[1] - range[0]) * k as f64 / of.max(1) as f64;
    for i in 0..names.len() {
        let down = [place(DOWN, i, names.len()), place(DOWN, i + 1, names.len())];
        let values = row(i);
        for (k, value) in values.iter().enumerate() {
            let own = [place(across, k, values.len()), place(across, k + 1, values.len())];
            canvas.fill(own, down, colours.at(*value))?;
        }
    }
    let every = names.len().div_ceil(MAX_NAMES).max(1);
    let style = Style::new(12.0, INK).align(Align::Right);
    for (i, name) in names.iter().enumerate().step_by(every) {
        let middle = 0.5 * (place(DOWN, i, names.len()) + place(DOWN, i + 1, names.len()));
        let name = canvas.shorten(name, &style, LEFT - 20.0);
        canvas.text(LEFT - 8.0, middle, &name, style);
    }
    Ok(())
}

/// Draws title, frame and colour key, and finishes the picture.
fn finish(mut canvas: Canvas, (quantity, title): (&str, &str), colours: &Colours, across: [f64; 2]) -> Result<Picture> {
    canvas.text(30.0, 62.0, quantity, Style::new(15.0, MUTED));
    draw_frame(&mut canvas, colours, across)?;
    Ok(finish_under(canvas, title, across[1] + 60.0))
}

/// Draws the title, `width` pixels wide at most, and finishes the picture.
fn finish_under(mut canvas: Canvas, title: &str, width: f64) -> Picture {
    let style = Style::new(24.0, INK).bold();
    let shown = canvas.shorten(title, &style, width);
    canvas.text(30.0, 34.0, &shown, style);
    canvas.finish(title)
}

/// Draws the frame of a map, and its colour key.
fn draw_frame(canvas: &mut Canvas, colours: &Colours, across: [f64; 2]) -> Result<()> {
    for x in across {
        canvas.fill([x - 0.5, x + 0.5], DOWN, AXIS)?;
    }
    for y in DOWN {
        canvas.fill(across, [y - 0.5, y + 0.5], AXIS)?;
    }
    let key = [across[1] + KEY[0], across[1] + KEY[0] + KEY[1]];
    let up = Scale { low: colours.low, high: colours.high, pixels: [DOWN[1], DOWN[0]] };
    for k in 0..(DOWN[1] - DOWN[0]) as u32 {
        let y = DOWN[0] + f64::from(k);
        let value = colours.high + (colours.low - colours.high) * (f64::from(k) + 0.5) / (DOWN[1] - DOWN[0]);
        canvas.fill(key, [y, y + 1.0], colours.at(value))?;
    }
    for (value, label) in up.ticks(8) {
        let y = up.at(value);
        canvas.fill([key[1], key[1] + 5.0], [y - 0.5, y + 0.5], AXIS)?;
        canvas.text(key[1] + 9.0, y, &label, Style::new(13.0, INK));
    }
    Ok(())
}
