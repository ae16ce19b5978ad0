//! Curves side by side: a panel for each, with a vertical scale of its own, over one horizontal axis.

use super::axis::{self, Scale};
use super::canvas::{Align, Canvas, Picture, Style};
use super::curves::{self, Curve, Curves};
use super::palette::{self, GRID, INK, MUTED};
use super::traces;
use crate::error::Result;

const WIDTH: u32 = 1000;
/// Left end of the first panel with its numbers, and right end of the last panel, pixels.
const ACROSS: [f64; 2] = [48.0, 980.0];
/// Width of the numbers left of each panel, pixels.
const NUMBERS: f64 = 48.0;
/// Top of the first row, pixels.
const TOP: f64 = 88.0;
/// Height of a row, of the name within it, and of the room below its curve, pixels.
const ROW: [f64; 3] = [112.0, 24.0, 12.0];
/// Height of what is below the last row, pixels.
const BELOW: f64 = 64.0;

/// Draws each curve in a panel of its own, `columns` side by side, 1000 pixels wide and as high as the rows need.
///
/// # Errors
/// [`Error::Internal`](crate::Error::Internal) alone.
pub fn draw(curves: &Curves, columns: usize, title: &str) -> Result<Picture> {
    let count = curves.curves.len();
    let columns = columns.clamp(1, count.max(1));
    let rows = count.div_ceil(columns).max(1);
    let bottom = TOP + ROW[0] * rows as f64;
    let mut canvas = Canvas::new(WIDTH, (bottom + BELOW) as u32)?;
    let style = Style::new(26.0, INK).bold();
    let shown = canvas.shorten(title, &style, f64::from(WIDTH) - 60.0);
    canvas.text(30.0, 34.0, &shown, style);
    canvas.text(30.0, 64.0, "Each panel has a vertical scale of its own.", Style::new(15.0, MUTED));
    let style = Style::new(axis::TITLE_SIZE, INK).align(Align::Centre).upright();
    canvas.text(20.0, (TOP + bottom) / 2.0, &curves.up, style);
    let across = curves::scale(curves::finite(&curves.curves).map(|point| point.0), [0.0, 1.0], 0.0);
    let width = (ACROSS[1] - ACROSS[0]) / columns as f64;
    for (i, curve) in curves.curves.iter().enumerate() {
        let left = ACROSS[0] + width * (i % columns) as f64;
        let across = Scale { pixels: [left + NUMBERS, left + width - 8.0], ..across };
        let top = TOP + ROW[0] * (i / columns) as f64;
        draw_panel(&mut canvas, curve, &across, [top + ROW[0] - ROW[2], top + ROW[1]])?;
        // The lowest panel of its column has the axis.
        if i + columns >= count {
            let ticks = across.ticks(4);
            axis::draw_below(&mut canvas, &ticks, &across, top + ROW[0] - ROW[2] + 4.0, "")?;
        }
    }
    let style = Style::new(axis::TITLE_SIZE, INK).align(Align::Centre);
    canvas.text((ACROSS[0] + ACROSS[1]) / 2.0, bottom + 42.0, &curves.across, style);
    Ok(canvas.finish(title))
}

/// Draws one curve between the bottom `up[0]` and the top `up[1]`, below its name.
fn draw_panel(canvas: &mut Canvas, curve: &Curve, across: &Scale, up: [f64; 2]) -> Result<()> {
    let [left, right] = across.pixels;
    let style = Style::new(14.0, INK).bold();
    let name = canvas.shorten(&curve.name, &style, right - left);
    canvas.text(left, up[1] - 12.0, &name, style);
    axis::draw_grid(canvas, &across.ticks(4), across, [up[1], up[0]])?;
    let up = curves::scale(curves::finite(std::slice::from_ref(curve)).map(|point| point.1), up, 0.08);
    let ticks = up.ticks(3);
    for (value, _) in &ticks {
        let y = up.at(*value);
        canvas.fill([left, right], [y - 0.5, y + 0.5], GRID)?;
    }
    let points: Vec<(f64, f64)> = curve.points.iter().map(|&(x, y)| (across.at(x), up.at(y))).collect();
    canvas.path(&traces::thinned(&points), 1.5, palette::series(0))?;
    axis::draw_left(canvas, &ticks, &up, left)
}
