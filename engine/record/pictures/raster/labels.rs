//! Names at the left of a raster: as many as there is room for, without overlaps.

use crate::error::Result;
use crate::record::pictures::axis::{self, Scale};
use crate::record::pictures::canvas::{Align, Canvas, Style};
use crate::record::pictures::palette::{AXIS, Colour, Colouring, INK, MUTED, series};
use crate::record::{PopulationLabel, SpikeRecord};
use crate::text::counted;

/// Text size and height of a line, pixels, where all names fit.
const LARGE: (f64, f64) = (14.0, 17.0);
/// Text size and height of a line, pixels, where not all names fit.
const SMALL: (f64, f64) = (12.0, 13.5);
/// Half the distance from a name to the number below it, pixels.
const LINES: f64 = 9.0;
/// Largest width of a name in one column, pixels.
const WIDEST: f64 = 190.0;
/// Largest width of a name in two columns, pixels.
const WIDEST_OF_TWO: f64 = 84.0;
/// Least distance between the line to a name in the second column and a name in the first, pixels.
const CLEARANCE: f64 = 6.5;

/// First row and end of the rows of each population, counted over all populations.
pub(super) fn population_rows(record: &SpikeRecord) -> Vec<[u64; 2]> {
    let mut end = 0;
    let rows = |p: &PopulationLabel| {
        let first = end;
        end += u64::from(p.size);
        [first, end]
    };
    record.populations.iter().map(rows).collect()
}

/// A run of neighbouring rows under one name.
struct Band {
    name: String,
    /// Rows, counted over all populations.
    rows: [u64; 2],
    colour: Colour,
}

/// The names at the left of the raster.
pub(super) struct Labels {
    bands: Vec<Band>,
    /// What a band is: "neuron", "population" or "group".
    noun: &'static str,
    /// The title of the axis.
    pub title: &'static str,
    /// Text size and height of a line, pixels.
    text: (f64, f64),
    /// Width of a column of names, pixels.
    column: f64,
    /// Number of columns of names, 1 or 2.
    columns: usize,
    /// Width of all columns, pixels.
    pub width: f64,
}

impl Labels {
    /// Names of neurons where they fit between `y[0]` and `y[1]`, else of populations, else of the stems that
    /// populations share. `None` for a single population whose neurons do not fit: its axis counts them instead.
    pub(super) fn new(record: &SpikeRecord, colours: &Colouring, canvas: &Canvas, y: [f64; 2]) -> Option<Labels> {
        let fits = |bands: u64| bands as f64 * LARGE.1 <= y[1] - y[0];
        let named = record.populations.iter().all(|p| p.names.is_some() || p.size == 1);
        let (bands, noun) = if fits(record.neurons()) && named {
            (bands_of_neurons(record, colours), "neuron")
        } else if record.populations.len() == 1 {
            return None;
        } else if colours.legend.is_empty() || fits(record.populations.len() as u64) {
            (bands_of_populations(record, colours), "population")
        } else {
            (bands_of_stems(record, colours), "group")
        };
        let text = if fits(bands.len() as u64) { LARGE } else { SMALL };
        let style = Style::new(text.0, INK);
        let widest = bands.iter().map(|b| canvas.text_width(&b.name, &style)).fold(0.0, f64::max);
        let columns = if text == SMALL && widest <= WIDEST_OF_TWO { 2 } else { 1 };
        let column = widest.clamp(40.0, WIDEST);
        let width = column * columns as f64 + 24.0 * (columns - 1) as f64;
        let title = if noun == "neuron" { "neuron" } else { "population" };
        Some(Labels { bands, noun, title, text, column, columns, width })
    }

    /// Draws the names left of `x`, those of the largest bands first; returns a note where some were left out.
    pub(super) fn draw(&self, canvas: &mut Canvas, down: &Scale, x: f64) -> Result<Option<String>> {
        let mut order: Vec<usize> = (0..self.bands.len()).collect();
        order.sort_by_key(|&i| (std::cmp::Reverse(self.bands[i].rows[1] - self.bands[i].rows[0]), i));
        let mut placed: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
        let mut shown = 0;
        for i in order {
            let [top, bottom] = self.bands[i].rows.map(|row| down.at(row as f64));
            // Thin bands at the ends keep their name beside the frame.
            let y = ((top + bottom) / 2.0).clamp(down.pixels[0] + 5.0, down.pixels[1] - 5.0);
            let clear =
                |column: usize, distance: f64, y: f64| placed[column].iter().all(|other| (other - y).abs() >= distance);
            let free = |y: &f64| clear(0, self.text.1, *y) && clear(1, CLEARANCE, *y);
            let mut places = self.places(y).into_iter().filter(|y| *y <= down.pixels[1] + 5.0);
            if let Some(y) = places.find(free) {
                let lines = if self.is_high(bottom - top) { vec![y - LINES, y + LINES] } else { vec![y] };
                placed[0].extend(lines);
                self.write_name(canvas, &self.bands[i], x - 17.0, y, bottom - top);
            } else if self.columns == 2 && clear(1, self.text.1, y) && clear(0, CLEARANCE, y) {
                placed[1].push(y);
                let end = x - 17.0 - self.column - 8.0;
                canvas.fill([end, x - 12.0], [y - 0.5, y], AXIS)?;
                self.write_name(canvas, &self.bands[i], end - 4.0, y, bottom - top);
            } else {
                continue;
            }
            shown += 1;
        }
        let all = self.bands.len();
        Ok((shown < all).then(|| format!("{shown} of {} labelled", counted(all as u64, self.noun))))
    }

    /// Where the name of a band around `y` may stand, best first: where there is room for all names, up to a line away.
    fn places(&self, y: f64) -> Vec<f64> {
        let away = if self.text == LARGE { self.text.1 as i32 } else { 0 };
        (0..=away).flat_map(|by| [y - f64::from(by), y + f64::from(by)]).collect()
    }

    /// Whether a band of this height has the number of its neurons below its name.
    fn is_high(&self, height: f64) -> bool {
        self.noun != "neuron" && height >= 2.6 * self.text.1
    }

    /// Draws a name that ends at `x`, and the number of its neurons below it where the band is high.
    fn write_name(&self, canvas: &mut Canvas, band: &Band, x: f64, y: f64, height: f64) {
        let style = Style::new(self.text.0, band.colour).align(Align::Right);
        let name = canvas.shorten(&band.name, &style, self.column);
        if !self.is_high(height) {
            canvas.text(x, y, &name, style);
            return;
        }
        canvas.text(x, y - LINES, &name, style);
        let size = axis::number_text((band.rows[1] - band.rows[0]) as f64, 0);
        canvas.text(x, y + LINES, &size, Style::new(12.0, MUTED).align(Align::Right));
    }
}

/// A band for each neuron, with its name.
fn bands_of_neurons(record: &SpikeRecord, colours: &Colouring) -> Vec<Band> {
    let rows = population_rows(record);
    let names = |(p, label): (usize, &crate::record::PopulationLabel)| {
        let (colour, first) = (series(colours.group[p]), rows[p][0]);
        let names = label.names.clone().unwrap_or_else(|| vec![label.name.clone()]);
        names.into_iter().zip(first..).map(move |(name, row)| Band { name, rows: [row, row + 1], colour })
    };
    record.populations.iter().enumerate().flat_map(names).collect()
}

/// A band for each population that has neurons.
fn bands_of_populations(record: &SpikeRecord, colours: &Colouring) -> Vec<Band> {
    let labelled = population_rows(record).into_iter().zip(&record.populations).zip(&colours.group);
    labelled
        .filter(|((rows, _), _)| rows[1] > rows[0])
        .map(|((rows, label), group)| Band { name: label.name.clone(), rows, colour: series(*group) })
        .collect()
}

/// A band for each group of neighbouring populations whose names share a stem, such as `L4E` and `L4I`.
fn bands_of_stems(record: &SpikeRecord, colours: &Colouring) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    for (rows, stem) in population_rows(record).into_iter().zip(&colours.stem).filter(|(rows, _)| rows[1] > rows[0]) {
        match bands.last_mut() {
            Some(band) if band.name == *stem => band.rows[1] = rows[1],
            _ => bands.push(Band { name: stem.clone(), rows, colour: INK }),
        }
    }
    bands
}
