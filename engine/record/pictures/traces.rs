//! `traces_<population>_<variable>.png`: a lane for each neuron, all with the same scale.

use super::axis::{self, Scale};
use super::canvas::{Align, Canvas, Picture, Style};
use super::palette::{self, GRID, INK, MUTED};
use crate::error::Result;
use crate::record::TraceRecord;
use crate::text::counted;

const WIDTH: u32 = 1600;
/// Largest number of lanes; of more neurons, so many are shown, evenly spaced.
const MAX_LANES: usize = 12;
const TOP: f64 = 108.0;
const RIGHT: f64 = 1570.0;
const LABEL_SIZE: f64 = 14.0;
const LABEL_WIDTH: f64 = 190.0;

/// The name of the picture beside a table, such as "traces_exc_V_m.png" beside "traces_exc_V_m.csv".
pub fn file_name(table: &str) -> String {
    format!("{}.png", table.strip_suffix(".csv").unwrap_or(table))
}

/// Draws traces, 1600 pixels wide and as high as the lanes need.
///
/// # Errors
/// A record that is not consistent ([`TraceRecord::check`]).
pub fn draw(record: &TraceRecord, title: &str) -> Result<Picture> {
    record.check()?;
    let all = record.neurons.len();
    let lanes = all.min(MAX_LANES);
    let lane = if lanes <= 4 { 150.0 } else { 840.0 / lanes as f64 };
    let bottom = TOP + lane * lanes.max(1) as f64;
    let mut canvas = Canvas::new(WIDTH, (bottom + 92.0) as u32)?;
    draw_header(&mut canvas, record, title);
    let label = Style::new(LABEL_SIZE, INK);
    let chosen: Vec<usize> = (0..lanes).map(|i| i * all / lanes).collect();
    let widest = chosen.iter().map(|&n| canvas.text_width(&record.label(n), &label)).fold(0.0, f64::max);
    let left = 112.0 + widest.clamp(40.0, LABEL_WIDTH);
    let times = record.times_ms();
    let (first, last) = (times.first().copied().unwrap_or(0.0), times.last().copied().unwrap_or(1.0));
    let (ms_per_unit, unit) = axis::time_unit(last - first);
    // The first sample ends the first interval; the axis begins where that interval does.
    let first = if first <= 0.01 * last { 0.0 } else { first };
    let (low, high) = (first / ms_per_unit, last.max(first + record.dt_ms) / ms_per_unit);
    let across = Scale { low, high, pixels: [left, RIGHT] };
    let ticks = across.ticks(10);
    axis::draw_grid(&mut canvas, &ticks, &across, [TOP, bottom])?;
    let range = sample_range(record, &chosen);
    for (i, &n) in chosen.iter().enumerate() {
        let top = TOP + lane * i as f64;
        let gap = lane * 0.08;
        let up = Scale { low: range[0], high: range[1], pixels: [top + lane - gap, top + gap] };
        draw_lane(&mut canvas, record, n, &times, &Scale { low: first, high: high * ms_per_unit, ..across }, &up)?;
    }
    if times.is_empty() || lanes == 0 {
        let style = Style::new(20.0, MUTED).align(Align::Centre);
        canvas.text((left + RIGHT) / 2.0, (TOP + bottom) / 2.0, "no samples", style);
    }
    axis::draw_below(&mut canvas, &ticks, &across, bottom, &format!("time ({unit})"))?;
    let style = Style::new(axis::TITLE_SIZE, INK).align(Align::Centre).upright();
    canvas.text(24.0, (TOP + bottom) / 2.0, &quantity(record), style);
    if lanes < all {
        let note = format!("{lanes} of {} shown, evenly spaced", counted(all as u64, "neuron"));
        canvas.text(RIGHT, bottom + 68.0, &note, Style::new(13.0, MUTED).align(Align::Right));
    }
    Ok(canvas.finish(title))
}

/// The variable and its unit, as the title of an axis.
fn quantity(record: &TraceRecord) -> String {
    if record.unit.is_empty() { record.variable.clone() } else { format!("{} ({})", record.variable, record.unit) }
}

/// Writes the title, and below it what was recorded.
fn draw_header(canvas: &mut Canvas, record: &TraceRecord, title: &str) {
    let style = Style::new(26.0, INK).bold();
    let title = canvas.shorten(title, &style, f64::from(WIDTH) - 60.0);
    canvas.text(30.0, 38.0, &title, style);
    let interval = f64::from(record.interval_steps) * record.dt_ms;
    let facts = [
        format!("{} of '{}'", quantity(record), record.population),
        counted(record.neurons.len() as u64, "neuron"),
        format!("a sample every {}", axis::duration_text(interval)),
    ];
    let style = Style::new(16.0, MUTED);
    let text = canvas.shorten(&facts.join("  ·  "), &style, f64::from(WIDTH) - 60.0);
    canvas.text(30.0, 72.0, &text, style);
}

/// The lowest and the highest finite sample of the `chosen` neurons; wider where they are almost equal.
fn sample_range(record: &TraceRecord, chosen: &[usize]) -> [f64; 2] {
    let finite = || chosen.iter().flat_map(|&n| record.series(n)).filter(|v| v.is_finite());
    let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return [0.0, 1.0];
    }
    let least = 1e-3 * low.abs().max(high.abs()).max(1e-3);
    if high - low < least { [low - least, high + least] } else { [low, high] }
}

/// Draws the lane of the `n`-th recorded neuron: grid, trace, axis and name.
fn draw_lane(
    canvas: &mut Canvas,
    record: &TraceRecord,
    n: usize,
    times: &[f64],
    across: &Scale,
    up: &Scale,
) -> Result<()> {
    let [bottom, top] = up.pixels;
    let ticks = up.ticks(if bottom - top > 100.0 { 4 } else { 2 });
    for (value, _) in &ticks {
        let y = up.at(*value);
        canvas.fill(across.pixels, [y - 0.5, y + 0.5], GRID)?;
    }
    let points: Vec<(f64, f64)> = times.iter().zip(record.series(n)).map(|(&t, v)| (across.at(t), up.at(v))).collect();
    canvas.path(&thinned(&points), 1.5, palette::series(0))?;
    axis::draw_left(canvas, &ticks, up, across.pixels[0])?;
    let style = Style::new(LABEL_SIZE, INK).align(Align::Right);
    let label = canvas.shorten(&record.label(n), &style, LABEL_WIDTH);
    canvas.text(across.pixels[0] - 62.0, (top + bottom) / 2.0, &label, style);
    Ok(())
}

/// The first, lowest, highest and last point of every half pixel, so that a long trace keeps its spikes and is quick to
/// draw.
pub(super) fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept = Vec::new();
    for column in points.chunk_by(|a, b| (a.0 * 2.0).floor() == (b.0 * 2.0).floor()) {
        if column.len() <= 4 || column.iter().any(|p| !p.1.is_finite()) {
            kept.extend_from_slice(column);
            continue;
        }
        let by_height = |a: &usize, b: &usize| column[*a].1.total_cmp(&column[*b].1);
        let lowest = (0..column.len()).min_by(by_height).unwrap_or(0);
        let highest = (0..column.len()).max_by(by_height).unwrap_or(0);
        kept.extend([0, lowest.min(highest), lowest.max(highest), column.len() - 1].map(|i| column[i]));
    }
    kept
}
