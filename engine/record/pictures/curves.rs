//! Curves of one quantity over another, such as a rate over a current.

use super::axis::{self, Scale};
use super::canvas::{Align, Canvas, Picture, Style};
use super::palette::{self, Colour, GRID, INK, MUTED};
use crate::error::Result;

const WIDTH: u32 = 1000;
const HEIGHT: u32 = 640;
/// Left and right end of the curves, pixels.
const ACROSS: [f64; 2] = [100.0, 970.0];
/// Bottom and top of the curves, pixels.
const UP: [f64; 2] = [566.0, 104.0];
/// Height of one of several panels, pixels.
const PANEL: f64 = 270.0;
/// Height between two panels, pixels.
const GAP: f64 = 36.0;
/// Half the side of the square that marks a point, pixels.
const MARK: f64 = 4.0;
/// Curves with more points than this have no marks.
const MAX_MARKED: usize = 100;
/// Largest width of a name in the legend, pixels.
const NAME_WIDTH: f64 = 240.0;

/// Curves over one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// Title of the horizontal axis, such as "I_e (pA)".
    pub across: String,
    /// Title of the vertical axis, such as "rate (spikes/s)".
    pub up: String,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// One curve; a point that is not a number breaks it in two.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Name in the legend; empty for a curve without an entry.
    pub name: String,
    /// Points (across, up), in the order in which they are joined.
    pub points: Vec<(f64, f64)>,
}

/// Draws curves, 1000 × 640 pixels. The vertical axis begins at zero where no value is below.
///
/// # Errors
/// [`Error::Internal`](crate::Error::Internal) alone.
pub fn draw(curves: &Curves, title: &str) -> Result<Picture> {
    draw_one(curves, MAX_MARKED, title)
}

/// As [`draw`], without marks on points, such as for [`steps`].
///
/// # Errors
/// As [`draw`].
pub fn draw_lines(curves: &Curves, title: &str) -> Result<Picture> {
    draw_one(curves, 0, title)
}

/// The points of a curve of `values` in bins, which is level within each: bins are `width` wide, and the first of them begins at
/// `first`.
pub fn steps(first: f64, width: f64, values: impl IntoIterator<Item = f64>) -> Vec<(f64, f64)> {
    let edges = |bin: usize| [bin, bin + 1].map(|edge| first + edge as f64 * width);
    values.into_iter().enumerate().flat_map(|(bin, value)| edges(bin).map(|edge| (edge, value))).collect()
}

/// Draws one panel of curves, of which those with up to `marked` points have marks.
fn draw_one(curves: &Curves, marked: usize, title: &str) -> Result<Picture> {
    let mut canvas = begin(HEIGHT, curves, title)?;
    let across = scale(finite(&curves.curves).map(|point| point.0), ACROSS, 0.0);
    let ticks = across.ticks(10);
    draw_panel(&mut canvas, curves, UP, (&across, &ticks), marked)?;
    axis::draw_below(&mut canvas, &ticks, &across, UP[0], &curves.across)?;
    Ok(canvas.finish(title))
}

/// Draws panels of curves one below the other over one horizontal axis, 1000 pixels wide and 306 pixels higher for each
/// panel. Title of the axis and legend are those of the first panel; the k-th curves of all panels have the same
/// colour. Where all values across are whole numbers, so are the numbers at the axis.
///
/// # Errors
/// [`Error::Internal`](crate::Error::Internal) alone.
pub fn draw_stacked(panels: &[Curves], title: &str) -> Result<Picture> {
    let none = Curves { across: String::new(), up: String::new(), curves: Vec::new() };
    let panels = if panels.is_empty() { std::slice::from_ref(&none) } else { panels };
    let first = panels.first().unwrap_or(&none);
    let top = |k: usize| UP[1] + k as f64 * (PANEL + GAP);
    let bottom = top(panels.len()) - GAP;
    let mut canvas = begin((bottom + 74.0) as u32, first, title)?;
    let all = || panels.iter().flat_map(|panel| finite(&panel.curves)).map(|point| point.0);
    let across = scale(all(), ACROSS, 0.0);
    let intervals = if all().all(|x| x.fract() == 0.0) { (across.high - across.low).clamp(1.0, 10.0) } else { 10.0 };
    let ticks = across.ticks(intervals as usize);
    for (k, panel) in panels.iter().enumerate() {
        let up = [top(k) + PANEL, top(k)];
        draw_panel(&mut canvas, panel, up, (&across, &ticks), MAX_MARKED)?;
        if k + 1 < panels.len() {
            axis::draw_below(&mut canvas, &[], &across, up[0], "")?;
        }
    }
    axis::draw_below(&mut canvas, &ticks, &across, bottom, &first.across)?;
    Ok(canvas.finish(title))
}

/// A canvas with the title and the legend.
fn begin(height: u32, curves: &Curves, title: &str) -> Result<Canvas> {
    let mut canvas = Canvas::new(WIDTH, height)?;
    let style = Style::new(26.0, INK).bold();
    let title_shown = canvas.shorten(title, &style, f64::from(WIDTH) - 60.0);
    canvas.text(30.0, 38.0, &title_shown, style);
    draw_legend(&mut canvas, curves)?;
    Ok(canvas)
}

/// Those points of all curves that are numbers.
pub(super) fn finite(curves: &[Curve]) -> impl Iterator<Item = (f64, f64)> {
    curves.iter().flat_map(|curve| &curve.points).copied().filter(|(x, y)| (x + y).is_finite())
}

/// Draws curves with their grid and the vertical axis, and marks on those with up to `marked` points; `pixels` are the
/// bottom and the top of the panel.
fn draw_panel(
    canvas: &mut Canvas,
    curves: &Curves,
    pixels: [f64; 2],
    (across, ticks): (&Scale, &[(f64, String)]),
    marked: usize,
) -> Result<()> {
    let up = scale(finite(&curves.curves).map(|point| point.1), pixels, 0.05);
    axis::draw_grid(canvas, ticks, across, [pixels[1], pixels[0]])?;
    let ticks_up = up.ticks(6);
    for (value, _) in &ticks_up {
        let y = up.at(*value);
        canvas.fill(ACROSS, [y - 0.5, y + 0.5], GRID)?;
    }
    axis::draw_left(canvas, &ticks_up, &up, ACROSS[0])?;
    let style = Style::new(axis::TITLE_SIZE, INK).align(Align::Centre).upright();
    canvas.text(24.0, (pixels[0] + pixels[1]) / 2.0, &curves.up, style);
    for (i, curve) in curves.curves.iter().enumerate() {
        draw_curve(canvas, curve, palette::series(i), (across, &up), marked)?;
    }
    if finite(&curves.curves).next().is_none() {
        let style = Style::new(20.0, MUTED).align(Align::Centre);
        canvas.text((ACROSS[0] + ACROSS[1]) / 2.0, (pixels[0] + pixels[1]) / 2.0, "no points", style);
    }
    Ok(())
}

/// Draws the names of the curves beside squares of their colours.
fn draw_legend(canvas: &mut Canvas, curves: &Curves) -> Result<()> {
    let mut left = 30.0;
    for (i, curve) in curves.curves.iter().enumerate().filter(|(_, curve)| !curve.name.is_empty()) {
        canvas.fill([left, left + 14.0], [65.0, 79.0], palette::series(i))?;
        let style = Style::new(15.0, INK);
        let name = canvas.shorten(&curve.name, &style, NAME_WIDTH);
        canvas.text(left + 22.0, 72.0, &name, style);
        left += 22.0 + canvas.text_width(&name, &style) + 24.0;
    }
    Ok(())
}

/// A scale that holds all values, extended by the share `room` of their range on both sides. With room, it begins at
/// zero where no value is below.
pub(super) fn scale(values: impl Iterator<Item = f64>, pixels: [f64; 2], room: f64) -> Scale {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return Scale { low: 0.0, high: 1.0, pixels };
    }
    let low = if room > 0.0 && low >= 0.0 { 0.0 } else { low };
    let span = if high > low { high - low } else { low.abs().max(1.0) };
    let below = if low == 0.0 { 0.0 } else { room * span };
    Scale { low: low - below, high: high.max(low + span) + room * span, pixels }
}

/// Draws a curve, and marks on its points where these are at most `most`.
fn draw_curve(
    canvas: &mut Canvas,
    curve: &Curve,
    colour: Colour,
    (across, up): (&Scale, &Scale),
    most: usize,
) -> Result<()> {
    let points: Vec<(f64, f64)> = curve.points.iter().map(|&(x, y)| (across.at(x), up.at(y))).collect();
    canvas.path(&points, 2.0, colour)?;
    let marked = || points.iter().filter(|(x, y)| (x + y).is_finite());
    if marked().count() <= most {
        for (x, y) in marked() {
            canvas.fill([x - MARK, x + MARK], [y - MARK, y + MARK], colour)?;
        }
    }
    Ok(())
}
