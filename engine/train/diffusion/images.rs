//! Images as numbers from -1 to 1: resizing, and many of them in one picture.

use crate::error::{Error, Result};
use crate::train::fit::Samples;

/// Square images of one channel, whose brightness from 0 to 1 is held as -1 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    size: usize,
    pixels: Vec<f32>,
}

impl Images {
    /// Images of `size` x `size` pixels, [images, size, size], row by row.
    ///
    /// # Errors
    /// A size of 0; pixels that do not fill whole images.
    pub fn new(size: usize, pixels: Vec<f32>) -> Result<Images> {
        if size == 0 || !pixels.len().is_multiple_of(size * size) {
            let problem = format!("{} numbers are no whole images of {size} x {size}", pixels.len());
            return Err(Error::invalid("images", problem));
        }
        Ok(Images { size, pixels })
    }

    /// The images of the samples with these numbers, resized to `size` x `size`.
    ///
    /// # Errors
    /// Samples that are no square images of brightness; a sample that does not exist; a size of 0.
    pub fn of(samples: &Samples, numbers: &[u32], size: usize) -> Result<Images> {
        samples.check_brightness(numbers)?;
        let (&[rows, columns] | &[1, rows, columns]) = samples.shape() else {
            return Err(Error::invalid("images", format!("samples of the shape {:?} are no images", samples.shape())));
        };
        if rows != columns || size == 0 {
            let problem = format!("{rows} x {columns} pixels cannot be made {size} x {size}; take square images");
            return Err(Error::invalid("images", problem));
        }
        let mut pixels = Vec::with_capacity(numbers.len() * size * size);
        for &number in numbers {
            let sample = samples.sample(number);
            if sample.is_empty() {
                return Err(Error::invalid("images", format!("there is no sample {number}")));
            }
            pixels.extend(resized(sample, rows, size).into_iter().map(|pixel| 2.0 * pixel - 1.0));
        }
        Images::new(size, pixels)
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.pixels.len() / (self.size * self.size)
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// Rows and columns of an image.
    pub fn size(&self) -> usize {
        self.size
    }

    /// All pixels, [images, size, size].
    pub fn pixels(&self) -> &[f32] {
        &self.pixels
    }

    /// The pixels of one image, row by row.
    ///
    /// # Panics
    /// There is no image of this number.
    pub fn image(&self, number: usize) -> &[f32] {
        &self.pixels[number * self.size * self.size..][..self.size * self.size]
    }

    /// The same images, resized to `size` x `size`.
    ///
    /// # Errors
    /// A size of 0.
    pub fn resized(&self, size: usize) -> Result<Images> {
        if size == 0 {
            return Err(Error::invalid("images", "a size of 0 has no pixels".to_owned()));
        }
        let all = self.pixels.chunks(self.size * self.size);
        Images::new(size, all.flat_map(|image| resized(image, self.size, size)).collect())
    }

    /// All images side by side in a square, each pixel `scale` x `scale`, white on black with grey gaps: width, height,
    /// and a byte for each place, row by row.
    pub fn sheet(&self, scale: usize) -> (usize, usize, Vec<u8>) {
        let (scale, gap) = (scale.max(1), 2);
        let across = (1..).find(|n| n * n >= self.len()).unwrap_or(1);
        let down = self.len().div_ceil(across).max(1);
        let cell = self.size * scale + gap;
        let (width, height) = (across * cell + gap, down * cell + gap);
        let mut bytes = vec![48; width * height];
        for number in 0..self.len() {
            let (top, left) = (gap + number / across * cell, gap + number % across * cell);
            for (place, &pixel) in self.image(number).iter().enumerate() {
                let byte = ((pixel.clamp(-1.0, 1.0) + 1.0) * 127.5).round() as u8;
                let (row, column) = (top + place / self.size * scale, left + place % self.size * scale);
                for row in row..row + scale {
                    bytes[row * width + column..][..scale].fill(byte);
                }
            }
        }
        (width, height, bytes)
    }
}

/// An image of `from` x `from` pixels, resized to `to` x `to`: means over areas where it becomes smaller, linear
/// interpolation between centres of pixels where it becomes larger; first along columns, then along rows.
fn resized(image: &[f32], from: usize, to: usize) -> Vec<f32> {
    if from == to {
        return image.to_vec();
    }
    let weights = resampling_weights(from, to);
    let mut rows = vec![0.0; to * from];
    for (to, weights) in rows.chunks_mut(from).zip(&weights) {
        for &(row, weight) in weights {
            to.iter_mut().zip(&image[row * from..]).for_each(|(to, &pixel)| *to += weight * pixel);
        }
    }
    let row = |row: &[f32]| -> Vec<f32> {
        weights.iter().map(|all| all.iter().map(|&(column, weight)| weight * row[column]).sum()).collect()
    };
    rows.chunks(from).flat_map(row).collect()
}

/// For each of the `to` places of a new axis, the places of the old axis of `from` that it is a weighted sum of, and
/// their weights.
fn resampling_weights(from: usize, to: usize) -> Vec<Vec<(usize, f32)>> {
    let ratio = from as f64 / to as f64;
    let area = |place: usize| {
        let (begin, end) = (place as f64 * ratio, (place + 1) as f64 * ratio);
        let share = |old: usize| (end.min(old as f64 + 1.0) - begin.max(old as f64)).max(0.0) / ratio;
        let seen = begin as usize..from.min(end.ceil() as usize);
        seen.map(|old| (old, share(old) as f32)).filter(|(_, share)| *share > 0.0).collect()
    };
    let line = |place: usize| {
        let centre = ((place as f64 + 0.5) * ratio - 0.5).clamp(0.0, from as f64 - 1.0);
        let (low, share) = (centre as usize, centre.fract() as f32);
        vec![(low, 1.0 - share), ((low + 1).min(from - 1), share)]
    };
    (0..to).map(|place| if ratio > 1.0 { area(place) } else { line(place) }).collect()
}
