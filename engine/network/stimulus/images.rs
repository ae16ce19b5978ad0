//! Images as input: each pixel drives a target of its own, the earlier or the stronger the brighter it is, image after
//! image.

use super::{InhomogeneousPoissonGenerator, SpikeGenerator};
use crate::math::ln;
use crate::time::Grid;

/// Images with the same number of pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    /// Number of pixels of an image.
    pub pixels: usize,
    /// Brightness from 0 (dark) to 1, pixel by pixel and image by image.
    pub values: Vec<f64>,
}

/// When a pixel's spike comes after its image appears, as `spikegen.latency` of snnTorch has it (Eshraghian et al.
/// 2023, "Training spiking neural networks using lessons from deep learning"): when a membrane that is charged by its
/// brightness x reaches a threshold, tau ln(x / (x - threshold)); or, linear, at tau (1 - x).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// Time constant, ms.
    pub tau: f64,
    /// The brightness that just reaches the threshold.
    pub threshold: f64,
    /// Whether times fall linearly with brightness.
    pub linear: bool,
    /// Whether pixels below the threshold are silent; else they fire last.
    pub clip: bool,
}

impl Default for Latency {
    /// As snnTorch's, where a step is 1 ms.
    fn default() -> Latency {
        Latency { tau: 1.0, threshold: 0.01, linear: false, clip: false }
    }
}

impl Latency {
    /// The least distance of a brightness above the threshold that is used.
    const ABOVE: f64 = 1e-7;

    /// The time from the image to the spike of a pixel of brightness `x`, ms; `None` where the pixel is silent.
    pub fn of(&self, x: f64) -> Option<f64> {
        let Latency { tau, threshold, linear, clip } = *self;
        if clip && x < threshold {
            return None;
        }
        if linear {
            return Some(tau * (1.0 - x).min(1.0 - threshold));
        }
        let x = x.max(threshold + Latency::ABOVE);
        Some(tau * ln(x / (x - threshold)))
    }
}

/// When images are shown, one after another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Show {
    /// The time at which the first image appears, ms.
    pub start: f64,
    /// How long each image is shown, ms.
    pub interval: f64,
}

impl Images {
    /// The number of images.
    pub fn count(&self) -> usize {
        self.values.len().checked_div(self.pixels).unwrap_or(0)
    }

    /// A Poisson train for each pixel, whose rate is its brightness times `rate` spikes/s, and 0 after the last image;
    /// `dt` is the length of a step, ms.
    pub fn rates(&self, rate: f64, show: Show, dt: f64) -> InhomogeneousPoissonGenerator {
        // What happens in a step is noted at its end.
        let times: Vec<f64> = (0..=self.count()).map(|k| show.start + k as f64 * show.interval + dt).collect();
        let rates = self.values.iter().map(|x| x * rate).chain(std::iter::repeat_n(0.0, self.pixels));
        InhomogeneousPoissonGenerator::new(&times, &rates.collect::<Vec<f64>>())
    }

    /// One spike for each pixel and image, at the nearest step after the one in which the image appears; none for
    /// spikes that would come after the image.
    pub fn latencies(&self, latency: Latency, show: Show, grid: Grid) -> SpikeGenerator {
        let mut spikes = Vec::new();
        for (k, image) in self.values.chunks(self.pixels.max(1)).enumerate() {
            let begin = show.start + k as f64 * show.interval;
            let first = grid.nearest(begin).unwrap_or(0);
            for (pixel, x) in (0..).zip(image) {
                let Some(after) = latency.of(*x).filter(|after| *after <= show.interval) else { continue };
                let step = grid.nearest(begin + after).unwrap_or(0).max(first + 1);
                spikes.push((pixel, grid.time(step)));
            }
        }
        SpikeGenerator::listed(spikes)
    }
}
