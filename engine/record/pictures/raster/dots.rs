//! Counts how many spikes, drawn as dots, lie on each fine pixel.

use crate::record::SpikeRecord;
use crate::record::pictures::axis::Scale;
use crate::record::pictures::canvas::FINE;

/// The number of dots on each fine pixel of the raster, and the colour of the last one.
pub(super) struct Dots {
    /// The fine pixel at the top left.
    pub corner: (i64, i64),
    /// Fine pixels of a row.
    pub width: usize,
    /// Number of dots on each fine pixel.
    pub counts: Vec<u16>,
    /// Index of the colour of the last dot on each fine pixel.
    pub colours: Vec<u8>,
}

impl Dots {
    /// Bytes of memory for a fine pixel.
    pub(super) const BYTES: u64 = 2 + 1;

    /// Counts the dots of a record; `across` is the axis of time, in units of `ms_per_unit` ms, `down` that of neurons,
    /// and `colour` gives the index of a population's colour.
    pub(super) fn count(
        record: &SpikeRecord,
        (across, down): (&Scale, &Scale),
        ms_per_unit: f64,
        colour: impl Fn(usize) -> u8,
    ) -> Dots {
        let fine = |v: f64| (v * FINE as f64).round() as i64;
        let corner = (fine(across.pixels[0]) + 1, fine(down.pixels[0]) + 1);
        let width = (fine(across.pixels[1]) - corner.0 - 1).max(1);
        let height = (fine(down.pixels[1]) - corner.1 - 1).max(1);
        let row_height = height as f64 / down.high;
        let (dot_width, dot_height) = Dots::dot_size(record.steps.len(), row_height);
        let (mut counts, mut colours) = (vec![0u16; (width * height) as usize], vec![0u8; (width * height) as usize]);
        let rows = record.rows();
        for (&step, &id) in record.steps.iter().zip(&record.ids) {
            let Some((population, row)) = rows.find(id) else { continue };
            let own = colour(population);
            let time = (record.start_step + u64::from(step)) as f64 * record.dt_ms;
            let x = fine(across.at(time / ms_per_unit)) - corner.0 - dot_width / 2;
            let y = fine(down.at(row as f64 + 0.5)) - corner.1 - dot_height / 2;
            for y in y.max(0)..(y + dot_height).min(height) {
                for x in x.max(0)..(x + dot_width).min(width) {
                    let at = (y * width + x) as usize;
                    (counts[at], colours[at]) = (counts[at].saturating_add(1), own);
                }
            }
        }
        Dots { corner, width: width as usize, counts, colours }
    }

    /// Width and height of a dot in fine pixels: smaller for more spikes, and high where rows are high.
    fn dot_size(spikes: usize, row_height: f64) -> (i64, i64) {
        let least = match spikes {
            0..8_000 => 5,
            8_000..20_000 => 4,
            20_000..100_000 => 3,
            _ => 2,
        };
        (least, ((0.62 * row_height).round() as i64).clamp(least, 200))
    }

    /// The opacity of a dot: 1 where dots seldom overlap, else so low that a typical pixel is neither white nor
    /// saturated.
    pub(super) fn opacity(&self) -> f64 {
        let counts = || self.counts.iter().map(|&count| f64::from(count));
        let typical = counts().map(|c| c * c).sum::<f64>() / counts().sum::<f64>().max(1.0);
        if typical < 1.8 { 1.0 } else { (1.5 / typical).max(0.02) }
    }
}
