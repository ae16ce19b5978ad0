//! `raster.png`: all spikes as dots in bands of populations, with the rates over time below and those of neurons
//! beside.

mod dots;
mod labels;

use self::dots::Dots;
use self::labels::{Labels, population_rows};
use crate::error::Result;
use crate::record::SpikeRecord;
use crate::record::analysis::{grouped_rates, mean_rate, rate_histogram, spike_counts};
use crate::record::pictures::axis::{self, Scale};
use crate::record::pictures::canvas::{Align, Canvas, FINE, Picture, Style};
use crate::record::pictures::palette::{self, AXIS, Colour, Colouring, GRID, INK, MUTED};
use crate::text::counted;

/// The name of the file in an output folder.
pub const FILE: &str = "raster.png";

const WIDTH: u32 = 1600;
const HEIGHT: u32 = 1000;
/// Top and bottom of the raster, pixels.
const RASTER: [f64; 2] = [108.0, 736.0];
/// Top and bottom of the rates over time, pixels.
const RATES: [f64; 2] = [760.0, 900.0];
/// Left and right end of the rates of neurons, pixels.
const PROFILE: [f64; 2] = [1472.0, 1570.0];
/// Leftmost begin of the raster, and its right end, pixels.
const ACROSS: [f64; 2] = [115.0, PROFILE[0] - 22.0];
/// Least width of the labels, pixels.
const MIN_LABELS: f64 = 58.0;
/// Bytes of memory that drawing takes: three colours for each fine pixel, and a count of dots for those of the raster.
pub(super) const BYTES: u64 = {
    let dots = (ACROSS[1] - ACROSS[0]) * (RASTER[1] - RASTER[0]);
    (3 * WIDTH as u64 * HEIGHT as u64 + Dots::BYTES * dots as u64) * (FINE * FINE) as u64
};
/// Largest width of a name in the legend, pixels.
const LEGEND_WIDTH: f64 = 190.0;
/// Largest number of colours whose rates are drawn as lines.
const MAX_LINES: usize = 4;

/// Draws a raster, 1600 × 1000 pixels. All spikes are drawn: where dots overlap, darker means more.
///
/// # Errors
/// A record that is not consistent ([`SpikeRecord::check`]).
pub fn draw(record: &SpikeRecord, title: &str) -> Result<Picture> {
    record.check()?;
    let mut sheet = Sheet::new(record)?;
    sheet.draw_header(title)?;
    sheet.draw_bands()?;
    sheet.draw_spikes()?;
    sheet.draw_labels()?;
    sheet.draw_profile()?;
    sheet.draw_rates()?;
    sheet.draw_footer();
    Ok(sheet.canvas.finish(title))
}

/// A raster that is being drawn.
struct Sheet<'a> {
    record: &'a SpikeRecord,
    canvas: Canvas,
    colours: Colouring,
    /// `None` where the axis counts the neurons of one population.
    labels: Option<Labels>,
    /// The axis of time, in `unit`.
    across: Scale,
    /// The axis of neurons, which are rows from the top.
    down: Scale,
    ms_per_unit: f64,
    unit: &'static str,
    /// What a reader needs to know to understand the picture, for the footer.
    notes: Vec<String>,
}

impl<'a> Sheet<'a> {
    /// An empty sheet with its scales: time to the right in a unit that suits the duration, neurons downwards.
    fn new(record: &'a SpikeRecord) -> Result<Sheet<'a>> {
        let canvas = Canvas::new(WIDTH, HEIGHT)?;
        let colours = palette::colouring(&record.populations);
        let labels = Labels::new(record, &colours, &canvas, RASTER);
        let left = ACROSS[0] - MIN_LABELS + labels.as_ref().map_or(0.0, |labels| labels.width).max(MIN_LABELS);
        let (ms_per_unit, unit) = axis::time_unit(record.duration_ms);
        let duration = if record.duration_ms > 0.0 { record.duration_ms } else { record.dt_ms };
        let (pixels, (start, _)) = ([left, ACROSS[1]], record.window_ms());
        Ok(Sheet {
            record,
            canvas,
            colours,
            labels,
            across: Scale { low: start / ms_per_unit, high: (start + duration) / ms_per_unit, pixels },
            down: Scale { low: 0.0, high: record.neurons().max(1) as f64, pixels: RASTER },
            ms_per_unit,
            unit,
            notes: Vec::new(),
        })
    }

    /// Draws title, facts and legend.
    fn draw_header(&mut self, title: &str) -> Result<()> {
        let record = self.record;
        let style = Style::new(26.0, INK).bold();
        let left = 30.0;
        let title = self.canvas.shorten(title, &style, f64::from(WIDTH) - 2.0 * left);
        self.canvas.text(left, 38.0, &title, style);
        let recorded =
            if record.populations.iter().any(|p| p.part_of.is_some()) { "recorded neuron" } else { "neuron" };
        let mut facts = vec![counted(record.neurons(), recorded), counted(record.steps.len() as u64, "spike")];
        facts.extend(mean_rate(record, None).map(|rate| format!("mean rate {} Hz", axis::short_number(rate))));
        facts.push(format!("{} recorded", axis::duration_text(record.duration_ms)));
        self.canvas.text(left, 72.0, &facts.join("  ·  "), Style::new(16.0, MUTED));
        let mut right = PROFILE[1];
        for group in (0..self.colours.legend.len()).rev() {
            let style = Style::new(15.0, INK).align(Align::Right);
            let name = self.canvas.shorten(&self.colours.legend[group], &style, LEGEND_WIDTH);
            self.canvas.text(right, 72.0, &name, style);
            right -= self.canvas.text_width(&name, &style) + 8.0;
            self.canvas.fill([right - 14.0, right], [65.0, 79.0], palette::series(group))?;
            right -= 14.0 + 20.0;
        }
        Ok(())
    }

    /// The colour of a population.
    fn colour(&self, population: usize) -> Colour {
        palette::series(usize::from(self.colour_index(population)))
    }

    /// The index of a population's colour in the palette.
    fn colour_index(&self, population: usize) -> u8 {
        palette::colour_index(self.colours.group.get(population).copied().unwrap_or_default())
    }

    /// Draws grid, frame, lines between bands and the coloured strip at the left.
    fn draw_bands(&mut self) -> Result<()> {
        let ticks = self.across.ticks(10);
        axis::draw_grid(&mut self.canvas, &ticks, &self.across, RASTER)?;
        let [left, right] = self.across.pixels;
        for (population, rows) in population_rows(self.record).into_iter().enumerate() {
            let y = rows.map(|row| self.down.at(row as f64));
            let apart = y[1] - y[0] >= 6.0 && y[0] > RASTER[0] + 1.0;
            if apart {
                self.canvas.fill([left, right], [y[0] - 0.5, y[0] + 0.5], GRID)?;
            }
            if self.labels.is_some() {
                let from = if apart { y[0] + 0.5 } else { y[0] };
                self.canvas.fill([left - 9.0, left - 3.0], [from, y[1]], self.colour(population))?;
            }
        }
        for y in RASTER {
            self.canvas.fill([left - 0.5, right + 0.5], [y - 0.5, y + 0.5], AXIS)?;
        }
        for x in [left, right] {
            self.canvas.fill([x - 0.5, x + 0.5], RASTER, AXIS)?;
        }
        Ok(())
    }

    /// Draws the spikes: shades each fine pixel by its number of dots, so that a million spikes still show their
    /// structure.
    fn draw_spikes(&mut self) -> Result<()> {
        let record = self.record;
        if record.steps.is_empty() {
            let x = (self.across.pixels[0] + self.across.pixels[1]) / 2.0;
            let text = format!("no spikes in {}", axis::duration_text(record.duration_ms));
            let style = Style::new(20.0, MUTED).align(Align::Centre);
            let (y, half) = ((RASTER[0] + RASTER[1]) / 2.0, self.canvas.text_width(&text, &style) / 2.0 + 16.0);
            self.canvas.fill([x - half, x + half], [y - 18.0, y + 18.0], palette::WHITE)?;
            self.canvas.text(x, y, &text, style);
            return Ok(());
        }
        let colour = |population| self.colour_index(population);
        let dots = Dots::count(record, (&self.across, &self.down), self.ms_per_unit, colour);
        let opacity = dots.opacity();
        if opacity < 1.0 {
            self.notes.push("every spike is drawn; darker means more spikes".into());
        }
        for (at, &count) in dots.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let shade = 1.0 - (1.0 - opacity).powi(i32::from(count));
            let (x, y) = (dots.corner.0 + (at % dots.width) as i64, dots.corner.1 + (at / dots.width) as i64);
            self.canvas.blend(x, y, palette::series(usize::from(dots.colours[at])), shade);
        }
        Ok(())
    }

    /// Draws the axis of neurons: names, or indices where these do not fit.
    fn draw_labels(&mut self) -> Result<()> {
        let y = (RASTER[0] + RASTER[1]) / 2.0;
        let style = Style::new(axis::TITLE_SIZE, INK).align(Align::Centre).upright();
        if let Some(labels) = self.labels.take() {
            let notes = labels.draw(&mut self.canvas, &self.down, self.across.pixels[0])?;
            self.notes.extend(notes);
            self.canvas.text(24.0, y, labels.title, style);
            return Ok(());
        }
        let ticks = self.down.ticks(8).into_iter().filter(|(v, _)| v.fract() == 0.0).collect::<Vec<_>>();
        axis::draw_left(&mut self.canvas, &ticks, &self.down, self.across.pixels[0])?;
        let name = self.record.populations.first().map_or("", |p| p.name.as_str());
        let title = if ["neuron", "neurons"].contains(&name) { "neuron".into() } else { format!("neuron of {name}") };
        let title = self.canvas.shorten(&title, &style, RASTER[1] - RASTER[0]);
        self.canvas.text(24.0, y, &title, style);
        Ok(())
    }

    /// Draws the mean rate of each neuron, or of the neurons that share three pixels.
    fn draw_profile(&mut self) -> Result<()> {
        let seconds = self.record.duration_ms / 1000.0;
        let counts = spike_counts(self.record, None);
        let mut bars: Vec<([f64; 2], f64, Colour)> = Vec::new();
        for (population, [first, end]) in population_rows(self.record).into_iter().enumerate() {
            let height = self.down.at(end as f64) - self.down.at(first as f64);
            let parts = ((height / 3.0).floor().max(1.0) as u64).min(end - first);
            for part in 0..parts {
                let rows = [part, part + 1].map(|p| first + (end - first) * p / parts);
                let spikes: u64 = counts[rows[0] as usize..rows[1] as usize].iter().map(|&c| u64::from(c)).sum();
                let rate = spikes as f64 / ((rows[1] - rows[0]) as f64 * seconds);
                let rate = if rate.is_finite() { rate } else { 0.0 };
                bars.push((rows.map(|row| self.down.at(row as f64)), rate, self.colour(population)));
            }
        }
        let highest = bars.iter().map(|bar| bar.1).fold(0.0, f64::max);
        let high = if highest > 0.0 { 1.04 * highest } else { 1.0 };
        let across = Scale { low: 0.0, high, pixels: PROFILE };
        let ticks = across.ticks(3);
        axis::draw_grid(&mut self.canvas, &ticks, &across, RASTER)?;
        for (y, rate, colour) in bars {
            self.canvas.fill([PROFILE[0], across.at(rate)], y, palette::tint(colour, 0.8))?;
        }
        axis::draw_below(&mut self.canvas, &ticks, &across, RASTER[1], "")?;
        self.canvas.fill([PROFILE[0] - 0.5, PROFILE[0] + 0.5], RASTER, AXIS)?;
        let middle = (PROFILE[0] + PROFILE[1]) / 2.0;
        let style = Style::new(axis::TITLE_SIZE, INK).align(Align::Centre);
        self.canvas.text(middle, RASTER[1] + 42.0, "mean rate (Hz)", style);
        Ok(())
    }

    /// Draws rates over time: of all neurons as a filled histogram, of each colour as a line where there are few
    /// colours.
    fn draw_rates(&mut self) -> Result<()> {
        let bin = self.bin_ms();
        let all = rate_histogram(self.record, None, bin);
        let lines = self.group_rates(bin);
        let highest = lines.iter().map(|(_, rates)| rates).chain([&all]).flatten().fold(0.0, |a: f64, &b| a.max(b));
        let high = if highest > 0.0 { highest * 1.06 } else { 1.0 };
        let up = Scale { low: 0.0, high, pixels: [RATES[1], RATES[0]] };
        let (ticks, time) = (up.ticks(5), self.across.ticks(10));
        axis::draw_grid(&mut self.canvas, &time, &self.across, RATES)?;
        let alone = if self.record.populations.len() == 1 { self.colour(0) } else { MUTED };
        let shade = palette::tint(alone, if lines.is_empty() { 0.75 } else { 0.3 });
        for (i, &rate) in all.iter().enumerate().filter(|(_, rate)| **rate > 0.0) {
            self.canvas.fill(self.bin_pixels(i, bin), [up.at(rate), RATES[1]], shade)?;
        }
        for (group, rates) in &lines {
            let mut points = Vec::with_capacity(2 * rates.len());
            for (i, &rate) in rates.iter().enumerate() {
                points.extend(self.bin_pixels(i, bin).map(|x| (x, up.at(rate))));
            }
            self.canvas.path(&points, 1.0, palette::series(*group))?;
        }
        axis::draw_left(&mut self.canvas, &ticks, &up, self.across.pixels[0])?;
        let style = Style::new(axis::TITLE_SIZE, INK).align(Align::Centre).upright();
        self.canvas.text(24.0, (RATES[0] + RATES[1]) / 2.0, "rate (Hz)", style);
        axis::draw_below(&mut self.canvas, &time, &self.across, RATES[1], &format!("time ({})", self.unit))?;
        let what = if lines.is_empty() { "" } else { ": a line per colour, grey for all neurons" };
        self.notes.push(format!("rates in bins of {}{what}", axis::duration_text(bin)));
        Ok(())
    }

    /// The left and the right edge of a bin of the rate, pixels; the end of the record cuts the last bin.
    fn bin_pixels(&self, bin: usize, bin_ms: f64) -> [f64; 2] {
        let [start, end] = [self.across.low, self.across.high].map(|time| time * self.ms_per_unit);
        [bin, bin + 1].map(|i| self.across.at((start + i as f64 * bin_ms).min(end) / self.ms_per_unit))
    }

    /// The width of the bins of rates, ms: about a round number, in whole steps, with at most 250 bins and about twenty
    /// spikes in each.
    fn bin_ms(&self) -> f64 {
        let record = self.record;
        let spikes = record.steps.len().max(1) as f64;
        let wanted =
            (record.duration_ms / 250.0).max((20.0 * record.duration_ms / spikes).min(record.duration_ms / 40.0));
        let bin = axis::round_up(wanted.max(record.dt_ms));
        crate::record::analysis::bin_steps(record, bin) as f64 * record.dt_ms
    }

    /// The index and the rates over time of each colour; empty for a single colour or more than [`MAX_LINES`].
    fn group_rates(&self, bin: f64) -> Vec<(usize, Vec<f64>)> {
        if !(2..=MAX_LINES).contains(&self.colours.groups) || self.record.steps.is_empty() {
            return Vec::new();
        }
        grouped_rates(self.record, &self.colours.group, self.colours.groups, bin).into_iter().enumerate().collect()
    }

    /// Draws the notes.
    fn draw_footer(&mut self) {
        let style = Style::new(13.0, MUTED).align(Align::Right);
        self.canvas.text(PROFILE[1], f64::from(HEIGHT) - 24.0, &self.notes.join("  ·  "), style);
    }
}
