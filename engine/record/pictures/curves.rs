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
    let mut canvas = Canvas::new(WIDTH, HEIGHT)?;
    let style = Style::new(26.0, INK).bold();
    let title_shown = canvas.shorten(title, &style, f64::from(WIDTH) - 60.0);
    canvas.text(30.0, 38.0, &title_shown, style);
    legend(&mut canvas, curves)?;
    let finite = || curves.curves.iter().flat_map(|curve| &curve.points).filter(|(x, y)| (x + y).is_finite());
    let across = scale(finite().map(|point| point.0), ACROSS, 0.0);
    let up = scale(finite().map(|point| point.1), UP, 0.05);
    let ticks = across.ticks(10);
    axis::grid(&mut canvas, &ticks, &across, [UP[1], UP[0]])?;
    let ticks_up = up.ticks(6);
    for (value, _) in &ticks_up {
        let y = up.at(*value);
        canvas.fill(ACROSS, [y - 0.5, y + 0.5], GRID)?;
    }
    axis::below(&mut canvas, &ticks, &across, UP[0], &curves.across)?;
    axis::left(&mut canvas, &ticks_up, &up, ACROSS[0])?;
    let style = Style::new(axis::TITLE_SIZE, INK).align(Align::Centre).upright();
    canvas.text(24.0, (UP[0] + UP[1]) / 2.0, &curves.up, style);
    for (i, curve) in curves.curves.iter().enumerate() {
        draw_curve(&mut canvas, curve, i, &across, &up)?;
    }
    if finite().next().is_none() {
        let style = Style::new(20.0, MUTED).align(Align::Centre);
        canvas.text((ACROSS[0] + ACROSS[1]) / 2.0, (UP[0] + UP[1]) / 2.0, "no points", style);
    }
    Ok(canvas.finish(title))
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
    if points.len() <= MOST_MARKED {
        for (x, y) in points.iter().filter(|(x, y)| (x + y).is_finite()) {
            canvas.fill([x - POINT, x + POINT], [y - POINT, y + POINT], colour)?;
        }
    }
    Ok(())
}
