//! `raster.png`: every spike as a dot, populations as coloured bands, their rates over time below and per neuron beside.

use super::analysis::{mean_rate, rate_histogram, spike_counts};
use super::axis::{self, Scale};
use super::canvas::{Align, Canvas, FINE, Picture, Style};
use super::palette::{self, AXIS, Colour, Colouring, GRID, INK, MUTED};
use super::{PopulationLabel, SpikeRecord};
use crate::error::Result;

/// The file's name in an output folder.
pub const FILE: &str = "raster.png";

const WIDTH: u32 = 1600;
const HEIGHT: u32 = 1000;
/// Top and bottom of the raster.
const RASTER: [f64; 2] = [108.0, 736.0];
/// Top and bottom of the rate histogram.
const RATES: [f64; 2] = [760.0, 900.0];
/// Left and right of the rate per neuron.
const PROFILE: [f64; 2] = [1472.0, 1570.0];
/// Height of a line of labels.
const LINE: f64 = 17.0;
const LABEL_SIZE: f64 = 14.0;
/// Widest label of a population.
const LABEL_WIDTH: f64 = 190.0;
/// Most colours whose rates are told apart in the histogram.
const MOST_LINES: usize = 4;

/// Draws a raster, 1600 × 1000 pixels. No spike is left out: where they crowd, darker means more.
///
/// # Errors
/// A broken record ([`SpikeRecord::check`]).
pub fn draw(record: &SpikeRecord, title: &str) -> Result<Picture> {
    record.check()?;
    let mut sheet = Sheet::new(record)?;
    sheet.header(title)?;
    sheet.bands()?;
    sheet.spikes();
    sheet.labels()?;
    sheet.profile()?;
    sheet.rates()?;
    sheet.footer();
    Ok(sheet.canvas.finish(title))
}

/// A run of neighbouring rows under one label.
struct Band {
    label: String,
    /// Rows, counted over all populations.
    rows: [u64; 2],
    colour: Option<Colour>,
}

struct Sheet<'a> {
    record: &'a SpikeRecord,
    canvas: Canvas,
    colours: Colouring,
    /// Time axis, in `unit`.
    across: Scale,
    /// Rows, from the top.
    down: Scale,
    ms_per_unit: f64,
    unit: &'static str,
    /// What the reader must know to read the picture.
    notes: Vec<String>,
}

impl<'a> Sheet<'a> {
    fn new(record: &'a SpikeRecord) -> Result<Sheet<'a>> {
        let canvas = Canvas::new(WIDTH, HEIGHT)?;
        let style = Style::new(LABEL_SIZE, INK);
        let widest = |texts: &[String]| texts.iter().map(|t| canvas.text_width(t, &style)).fold(0.0, f64::max);
        let names: Vec<String> = record.populations.iter().map(|p| p.name.clone()).collect();
        let left = 66.0 + widest(&names).clamp(56.0, LABEL_WIDTH);
        let (ms_per_unit, unit) = axis::time_unit(record.duration_ms);
        let duration = if record.duration_ms > 0.0 { record.duration_ms } else { record.dt_ms };
        let pixels = [left, PROFILE[0] - 22.0];
        Ok(Sheet {
            record,
            canvas,
            colours: palette::colouring(&record.populations),
            across: Scale { low: 0.0, high: duration / ms_per_unit, pixels },
            down: Scale { low: 0.0, high: record.neurons().max(1) as f64, pixels: RASTER },
            ms_per_unit,
            unit,
            notes: Vec::new(),
        })
    }

    fn header(&mut self, title: &str) -> Result<()> {
        let record = self.record;
        let style = Style::new(26.0, INK).bold();
        let left = 30.0;
        let title = self.canvas.shorten(title, &style, f64::from(WIDTH) - 2.0 * left);
        self.canvas.text(left, 38.0, &title, style);
        let facts = [
            axis::counted(record.neurons(), "neuron"),
            axis::counted(record.steps.len() as u64, "spike"),
            format!("mean rate {} Hz", axis::brief(mean_rate(record, None))),
            format!("{} simulated", axis::duration(record.duration_ms)),
        ];
        self.canvas.text(left, 72.0, &facts.join("  ·  "), Style::new(16.0, MUTED));
        let mut right = PROFILE[1];
        for group in (0..self.colours.legend.len()).rev() {
            let style = Style::new(15.0, INK).align(Align::Right);
            let name = self.canvas.shorten(&self.colours.legend[group], &style, LABEL_WIDTH);
            self.canvas.text(right, 72.0, &name, style);
            right -= self.canvas.text_width(&name, &style) + 8.0;
            self.canvas.fill([right - 14.0, right], [65.0, 79.0], palette::series(group))?;
            right -= 14.0 + 20.0;
        }
        Ok(())
    }

    fn colour(&self, population: usize) -> Colour {
        palette::series(self.colours.group.get(population).copied().unwrap_or_default())
    }

    /// Rows of each population.
    fn population_rows(&self) -> Vec<[u64; 2]> {
        let mut end = 0;
        let rows = |p: &PopulationLabel| {
            let first = end;
            end += u64::from(p.size);
            [first, end]
        };
        self.record.populations.iter().map(rows).collect()
    }

    /// Grid, frame, lines between bands and the coloured strip at the left.
    fn bands(&mut self) -> Result<()> {
        let ticks = self.across.ticks(10);
        axis::grid(&mut self.canvas, &ticks, &self.across, RASTER)?;
        let [left, right] = self.across.pixels;
        for (population, rows) in self.population_rows().into_iter().enumerate() {
            let y = rows.map(|row| self.down.at(row as f64));
            let apart = y[1] - y[0] >= 6.0 && y[0] > RASTER[0] + 1.0;
            self.canvas.fill([left - 9.0, left - 3.0], y, self.colour(population))?;
            if apart {
                self.canvas.fill([left, right], [y[0] - 0.5, y[0] + 0.5], GRID)?;
                self.canvas.fill([left - 9.0, left - 3.0], [y[0] - 0.5, y[0] + 0.5], palette::WHITE)?;
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

    /// Counts the dots on every fine pixel and shades by the count, so that a million spikes still show their structure.
    fn spikes(&mut self) {
        let record = self.record;
        if record.steps.is_empty() {
            let x = (self.across.pixels[0] + self.across.pixels[1]) / 2.0;
            let text = format!("no spikes in {}", axis::duration(record.duration_ms));
            let y = (RASTER[0] + RASTER[1]) / 2.0;
            self.canvas.text(x, y, &text, Style::new(20.0, MUTED).align(Align::Centre));
            return;
        }
        let dots = Dots::count(record, &self.across, &self.down, self.ms_per_unit);
        let opacity = dots.opacity();
        if opacity < 1.0 {
            self.notes.push("every spike is drawn; darker means more spikes".into());
        }
        for (at, &(count, population)) in dots.pixels.iter().enumerate().filter(|(_, (count, _))| *count > 0) {
            let shade = 1.0 - (1.0 - opacity).powi(i32::from(count));
            let (x, y) = (dots.corner.0 + (at % dots.width) as i64, dots.corner.1 + (at / dots.width) as i64);
            let colour = self.colour(usize::from(population));
            self.canvas.blend(x, y, colour, shade);
        }
    }

    /// Names of neurons where they fit, else of populations, else of the stems they share; never one over another.
    fn labels(&mut self) -> Result<()> {
        let (bands, noun) = self.labelled_bands();
        let left = self.across.pixels[0];
        let middle = |band: &Band| self.down.at((band.rows[0] + band.rows[1]) as f64 / 2.0);
        let mut order: Vec<usize> = (0..bands.len()).collect();
        order.sort_by_key(|&i| (std::cmp::Reverse(bands[i].rows[1] - bands[i].rows[0]), i));
        let mut placed: Vec<f64> = Vec::new();
        for i in order {
            let band = &bands[i];
            // Thin bands at the ends keep their label inside the frame.
            let y = middle(band).clamp(RASTER[0] + 6.0, RASTER[1] - 6.0);
            if placed.iter().any(|other| (other - y).abs() < LINE) {
                continue;
            }
            placed.push(y);
            let style = Style::new(LABEL_SIZE, band.colour.unwrap_or(INK)).align(Align::Right);
            let name = self.canvas.shorten(&band.label, &style, LABEL_WIDTH);
            let tall = self.down.at(band.rows[1] as f64) - self.down.at(band.rows[0] as f64) >= 2.6 * LINE;
            let counts = noun != "neuron" && tall;
            self.canvas.text(left - 17.0, if counts { y - 9.0 } else { y }, &name, style);
            if counts {
                let size = axis::number((band.rows[1] - band.rows[0]) as f64, 0);
                self.canvas.text(left - 17.0, y + 9.0, &size, Style::new(12.0, MUTED).align(Align::Right));
            }
        }
        if placed.len() < bands.len() {
            let (shown, all) = (placed.len(), axis::counted(bands.len() as u64, noun));
            self.notes.push(format!("{shown} of {all} labelled"));
        }
        let y = (RASTER[0] + RASTER[1]) / 2.0;
        let style = Style::new(axis::TITLE_SIZE, INK).align(Align::Centre).upright();
        self.canvas.text(24.0, y, if noun == "neuron" { "neuron" } else { "population" }, style);
        Ok(())
    }

    fn labelled_bands(&self) -> (Vec<Band>, &'static str) {
        let record = self.record;
        let rows = self.population_rows();
        let fits = |bands: u64| (RASTER[1] - RASTER[0]) / bands.max(1) as f64 >= LINE;
        let named = record.populations.iter().all(|p| p.names.is_some() || p.size == 1);
        if fits(record.neurons()) && named {
            let neuron = |(p, label): (usize, &PopulationLabel)| {
                let (colour, first) = (self.colour(p), rows[p][0]);
                let names = label.names.clone().unwrap_or_else(|| vec![label.name.clone()]);
                names.into_iter().zip(first..).map(move |(label, row)| Band {
                    label,
                    rows: [row, row + 1],
                    colour: Some(colour),
                })
            };
            return (record.populations.iter().enumerate().flat_map(neuron).collect(), "neuron");
        }
        let smallest = rows.iter().map(|r| r[1] - r[0]).filter(|&size| size > 0).min().unwrap_or(1);
        let whole = self.colours.legend.is_empty() || smallest as f64 * (self.down.at(1.0) - RASTER[0]) >= LINE;
        let mut bands: Vec<Band> = Vec::new();
        for (p, rows) in rows.into_iter().enumerate().filter(|(_, rows)| rows[1] > rows[0]) {
            let label = if whole { &record.populations[p].name } else { &self.colours.stem[p] };
            match bands.last_mut() {
                Some(band) if !whole && band.label == *label => band.rows[1] = rows[1],
                _ => bands.push(Band { label: label.clone(), rows, colour: whole.then(|| self.colour(p)) }),
            }
        }
        (bands, if whole { "population" } else { "group" })
    }

    /// The mean rate of each neuron, or of the neurons that share three pixels.
    fn profile(&mut self) -> Result<()> {
        let seconds = self.record.duration_ms / 1000.0;
        let counts = spike_counts(self.record, None);
        let mut bars: Vec<([f64; 2], f64, Colour)> = Vec::new();
        for (population, [first, end]) in self.population_rows().into_iter().enumerate() {
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
        let high = if highest > 0.0 { axis::round_up(highest) } else { 1.0 };
        let across = Scale { low: 0.0, high, pixels: PROFILE };
        let ticks: Vec<(f64, String)> = [0.0, high].map(|v| (v, axis::brief(v))).into();
        axis::grid(&mut self.canvas, &ticks, &across, RASTER)?;
        for (y, rate, colour) in bars {
            self.canvas.fill([PROFILE[0], across.at(rate)], y, palette::tint(colour, 0.8))?;
        }
        axis::below(&mut self.canvas, &ticks, &across, RASTER[1], "")?;
        self.canvas.fill([PROFILE[0] - 0.5, PROFILE[0] + 0.5], RASTER, AXIS)?;
        let middle = (PROFILE[0] + PROFILE[1]) / 2.0;
        let style = Style::new(axis::TITLE_SIZE, INK).align(Align::Centre);
        self.canvas.text(middle, RASTER[1] + 42.0, "mean rate (Hz)", style);
        Ok(())
    }

    /// Rates over time: all neurons filled, each colour as a line where they are few.
    fn rates(&mut self) -> Result<()> {
        let bin = self.bin_ms();
        let all = rate_histogram(self.record, None, bin);
        let lines = self.group_rates(bin);
        let highest = lines.iter().map(|(_, rates)| rates).chain([&all]).flatten().fold(0.0, |a: f64, &b| a.max(b));
        let high = if highest > 0.0 { highest * 1.06 } else { 1.0 };
        let up = Scale { low: 0.0, high, pixels: [RATES[1], RATES[0]] };
        let (ticks, time) = (up.ticks(4), self.across.ticks(10));
        axis::grid(&mut self.canvas, &time, &self.across, RATES)?;
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
        axis::left(&mut self.canvas, &ticks, &up, self.across.pixels[0])?;
        let style = Style::new(axis::TITLE_SIZE, INK).align(Align::Centre).upright();
        self.canvas.text(24.0, (RATES[0] + RATES[1]) / 2.0, "rate (Hz)", style);
        axis::below(&mut self.canvas, &time, &self.across, RATES[1], &format!("time ({})", self.unit))?;
        let what = if lines.is_empty() { "" } else { " of each colour; grey: of all neurons" };
        self.notes.push(format!("rates{what} in bins of {}", axis::duration(bin)));
        Ok(())
    }

    fn bin_pixels(&self, bin: usize, bin_ms: f64) -> [f64; 2] {
        let end = self.across.high * self.ms_per_unit;
        [bin, bin + 1].map(|i| self.across.at((i as f64 * bin_ms).min(end) / self.ms_per_unit))
    }

    /// A round bin of whole steps: at most 250 of them, and wide enough for some twenty spikes each.
    fn bin_ms(&self) -> f64 {
        let record = self.record;
        let spikes = record.steps.len().max(1) as f64;
        let wanted =
            (record.duration_ms / 250.0).max((20.0 * record.duration_ms / spikes).min(record.duration_ms / 40.0));
        let bin = axis::round_up(wanted.max(record.dt_ms));
        super::analysis::bin_steps(record, bin) as f64 * record.dt_ms
    }

    /// The rate of each colour over time, where there are two or more and few enough to tell apart.
    fn group_rates(&self, bin: f64) -> Vec<(usize, Vec<f64>)> {
        if !(2..=MOST_LINES).contains(&self.colours.groups) {
            return Vec::new();
        }
        let rates = |group: usize| {
            let mut neurons = 0.0;
            let mut sum: Vec<f64> = Vec::new();
            for (p, label) in
                self.record.populations.iter().enumerate().filter(|(p, _)| self.colours.group[*p] == group)
            {
                let size = f64::from(label.size);
                neurons += size;
                let part = rate_histogram(self.record, Some(p), bin);
                sum.resize(part.len(), 0.0);
                sum.iter_mut().zip(part).for_each(|(sum, rate)| *sum += rate * size);
            }
            (group, sum.into_iter().map(|s| if neurons > 0.0 { s / neurons } else { 0.0 }).collect())
        };
        (0..self.colours.groups).map(rates).collect()
    }

    fn footer(&mut self) {
        let style = Style::new(13.0, MUTED).align(Align::Right);
        self.canvas.text(PROFILE[1], f64::from(HEIGHT) - 24.0, &self.notes.join("  ·  "), style);
    }
}

/// How many dots lie on each fine pixel of the raster, and the population of the last.
struct Dots {
    /// Fine pixel of the top left.
    corner: (i64, i64),
    width: usize,
    pixels: Vec<(u16, u16)>,
}

impl Dots {
    fn count(record: &SpikeRecord, across: &Scale, down: &Scale, ms_per_unit: f64) -> Dots {
        let fine = |v: f64| (v * FINE as f64).round() as i64;
        let corner = (fine(across.pixels[0]) + 1, fine(down.pixels[0]) + 1);
        let width = (fine(across.pixels[1]) - corner.0 - 1).max(1);
        let height = (fine(down.pixels[1]) - corner.1 - 1).max(1);
        let row_height = height as f64 / down.high;
        let (dot_width, dot_height) = Dots::size(record.steps.len(), row_height);
        let mut pixels = vec![(0u16, 0u16); (width * height) as usize];
        let rows = record.rows();
        for (&step, &id) in record.steps.iter().zip(&record.ids) {
            let Some((population, row)) = rows.find(id) else { continue };
            let x = fine(across.at(f64::from(step) * record.dt_ms / ms_per_unit)) - corner.0 - dot_width / 2;
            let y = fine(down.at(row as f64 + 0.5)) - corner.1 - dot_height / 2;
            for y in y.max(0)..(y + dot_height).min(height) {
                for x in x.max(0)..(x + dot_width).min(width) {
                    let pixel = &mut pixels[(y * width + x) as usize];
                    *pixel = (pixel.0.saturating_add(1), population.min(usize::from(u16::MAX)) as u16);
                }
            }
        }
        Dots { corner, width: width as usize, pixels }
    }

    /// Width and height of a dot in fine pixels: a tick where rows are tall, a point where they are many.
    fn size(spikes: usize, row_height: f64) -> (i64, i64) {
        let height = (0.62 * row_height).round().clamp(2.0, 200.0) as i64;
        let width = match spikes {
            0..20_000 => 4,
            20_000..100_000 => 3,
            _ => 2,
        };
        (width.min(height.max(3)), height.max(width.min(4)))
    }

    /// Opacity of one dot: full where dots seldom overlap, else such that a typical pixel is neither empty nor full.
    fn opacity(&self) -> f64 {
        let counts = || self.pixels.iter().map(|(count, _)| f64::from(*count));
        let typical = counts().map(|c| c * c).sum::<f64>() / counts().sum::<f64>().max(1.0);
        if typical < 1.8 { 1.0 } else { (1.5 / typical).max(0.02) }
    }
}
