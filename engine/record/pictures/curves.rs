//! Curves of one quantity over another, such as a rate over a current.

use super::axis::{self, Scale};
use super::canvas::{Align, Canvas, Picture, Style};
use super::palette::{self, GRID, INK, MUTED};
use crate::error::Result;

const WIDTH: u32 = 1000;
const HEIGHT: u32 = 640;
/// Left and right of the curves.
const ACROSS: [f64; 2] = [100.0, 970.0];
/// Bottom and top of the curves.
const UP: [f64; 2] = [566.0, 104.0];
/// Height of one of several panels, and what is between two.
const PANEL: f64 = 270.0;
const GAP: f64 = 36.0;
/// Half a side of the square at a point, pixels.
const POINT: f64 = 4.0;
/// Most points of a curve that are marked one by one.
const MOST_MARKED: usize = 100;
/// Widest name of a curve.
const NAME_WIDTH: f64 = 240.0;

/// Curves over one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// What is across, with its unit: "I_e (pA)".
    pub across: String,
    /// What is up, with its unit: "rate (spikes/s)".
    pub up: String,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// One curve; a point that is not a number breaks it in two.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What tells it from the others; empty where there is one alone.
    pub name: String,
    /// Points, in the order in which they are joined.
    pub points: Vec<(f64, f64)>,
}

/// Draws curves, 1000 × 640 pixels. Where nothing is below zero, the vertical axis begins there.
///
/// # Errors
/// None that a user can cause.
pub fn draw(curves: &Curves, title: &str) -> Result<Picture> {
    let mut canvas = begin(HEIGHT, curves, title)?;
    let across = scale(finite(curves).map(|point| point.0), ACROSS, 0.0);
    let ticks = across.ticks(10);
    draw_panel(&mut canvas, curves, UP, (&across, &ticks))?;
    axis::below(&mut canvas, &ticks, &across, UP[0], &curves.across)?;
    Ok(canvas.finish(title))
}

/// Draws panels of curves one below the other over one axis, which is that of the first, 1000 pixels wide and 306 more high for
/// each; curves of the same place have the same colour, and the names are those of the first. Where all values across are
/// whole numbers, so are the numbers at the axis.
///
/// # Errors
/// None that a user can cause.
pub fn draw_stacked(panels: &[Curves], title: &str) -> Result<Picture> {
    let none = Curves { across: String::new(), up: String::new(), curves: Vec::new() };
    let panels = if panels.is_empty() { std::slice::from_ref(&none) } else { panels };
    let first = panels.first().unwrap_or(&none);
    let place = |k: usize| UP[1] + k as f64 * (PANEL + GAP);
    let bottom = place(panels.len()) - GAP;
    let mut canvas = begin((bottom + 74.0) as u32, first, title)?;
    let all = || panels.iter().flat_map(finite).map(|point| point.0);
    let across = scale(all(), ACROSS, 0.0);
    let most = if all().all(|x| x.fract() == 0.0) { (across.high - across.low).clamp(1.0, 10.0) } else { 10.0 };
    let ticks = across.ticks(most as usize);
    for (k, panel) in panels.iter().enumerate() {
        let up = [place(k) + PANEL, place(k)];
        draw_panel(&mut canvas, panel, up, (&across, &ticks))?;
        if k + 1 < panels.len() {
            axis::below(&mut canvas, &[], &across, up[0], "")?;
        }
    }
    axis::below(&mut canvas, &ticks, &across, bottom, &first.across)?;
    Ok(canvas.finish(title))
}

/// A sheet with a title and the names of curves.
fn begin(height: u32, curves: &Curves, title: &str) -> Result<Canvas> {
    let mut canvas = Canvas::new(WIDTH, height)?;
    let style = Style::new(26.0, INK).bold();
    let title_shown = canvas.shorten(title, &style, f64::from(WIDTH) - 60.0);
    canvas.text(30.0, 38.0, &title_shown, style);
    legend(&mut canvas, curves)?;
    Ok(canvas)
}

/// Points that are numbers.
fn finite(curves: &Curves) -> impl Iterator<Item = (f64, f64)> {
    curves.curves.iter().flat_map(|curve| &curve.points).copied().filter(|(x, y)| (x + y).is_finite())
}

/// Curves with their grid and the axis on the left, between two heights.
fn draw_panel(
    canvas: &mut Canvas,
    curves: &Curves,
    pixels: [f64; 2],
    (across, ticks): (&Scale, &[(f64, String)]),
) -> Result<()> {
    let up = scale(finite(curves).map(|point| point.1), pixels, 0.05);
    axis::grid(canvas, ticks, across, [pixels[1], pixels[0]])?;
    let ticks_up = up.ticks(6);
    for (value, _) in &ticks_up {
        let y = up.at(*value);
        canvas.fill(ACROSS, [y - 0.5, y + 0.5], GRID)?;
    }
    axis::left(canvas, &ticks_up, &up, ACROSS[0])?;
    let style = Style::new(axis::TITLE_SIZE, INK).align(Align::Centre).upright();
    canvas.text(24.0, (pixels[0] + pixels[1]) / 2.0, &curves.up, style);
    for (i, curve) in curves.curves.iter().enumerate() {
        draw_curve(canvas, curve, i, across, &up)?;
    }
    if finite(curves).next().is_none() {
        let style = Style::new(20.0, MUTED).align(Align::Centre);
        canvas.text((ACROSS[0] + ACROSS[1]) / 2.0, (pixels[0] + pixels[1]) / 2.0, "no points", style);
    }
    Ok(())
}

/// Names of the curves in their colours.
fn legend(canvas: &mut Canvas, curves: &Curves) -> Result<()> {
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

/// A scale that holds all values, with a share of `room` beyond; from zero where none is below it and there is room.
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

fn draw_curve(canvas: &mut Canvas, curve: &Curve, i: usize, across: &Scale, up: &Scale) -> Result<()> {
    let colour = palette::series(i);
    let points: Vec<(f64, f64)> = curve.points.iter().map(|&(x, y)| (across.at(x), up.at(y))).collect();
    canvas.path(&points, 2.0, colour)?;
    let marked = || points.iter().filter(|(x, y)| (x + y).is_finite());
    if marked().count() <= MOST_MARKED {
        for (x, y) in marked() {
            canvas.fill([x - POINT, x + POINT], [y - POINT, y + POINT], colour)?;
        }
    }
    Ok(())
}
