//! The convolution of a movie with a kernel: the evidence at all places, and where it lets a class fire.

use super::kernel::Kernel;
use super::movie::check_memory;
use super::patch::Movie;
use crate::error::Result;
use crate::train::{Array, Spikes};

/// The evidence for each class at each place that the kernel fits around, [steps, rows, columns, classes]; there are no
/// events before the first step. For a kernel [`on_grid`](Kernel::on_grid) the sums are exact, whatever their order.
///
/// # Errors
/// Events of another shape than [1, steps, 2, height, width]; a field smaller than the kernel.
pub fn convolve(kernel: &Kernel, events: &Spikes) -> Result<Array<f32>> {
    let movie = Movie::new(events)?;
    let (extent, classes) = (kernel.extent(), kernel.classes());
    let [rows, columns] = movie.checked_valid(extent)?;
    let weights = kernel.columns();
    check_memory("evidence", &[movie.steps, rows, columns, classes], 32)?;
    let mut evidence = Array::zeros("evidence", &[movie.steps, rows, columns, classes])?;
    evidence.data_mut().chunks_exact_mut(classes).for_each(|own| own.copy_from_slice(kernel.bias()));
    let pixels = movie.height * movie.width;
    for step in 0..movie.steps {
        for unit in events.firing(0, step) {
            let (polarity, pixel) = (unit / pixels, unit % pixels);
            let (row, column) = (pixel / movie.width, pixel % movie.width);
            for delay in 0..extent.delays.min(movie.steps - step) {
                // Places that see this pixel: down and across in the kernel is how far they lie behind it.
                for down in within(row, extent.height, movie.height) {
                    let at = row + down + 1 - extent.height;
                    for across in within(column, extent.width, movie.width) {
                        let to = ((step + delay) * rows + at) * columns + column + across + 1 - extent.width;
                        let from = extent.feature(polarity, delay, [down, across]);
                        let to = &mut evidence.data_mut()[to * classes..][..classes];
                        let from = &weights[from * classes..][..classes];
                        to.iter_mut().zip(from).for_each(|(sum, weight)| *sum += weight);
                    }
                }
            }
        }
    }
    Ok(evidence)
}

/// The indices in a kernel of `length` pixels at which places that it fits around see pixel `pixel` of `all`, along one
/// axis.
fn within(pixel: usize, length: usize, all: usize) -> std::ops::Range<usize> {
    (length - 1).saturating_sub(pixel)..length.min(all - pixel)
}

/// Spikes where the evidence of [`convolve`] is 0 or more, [1, steps, rows, columns, classes].
///
/// # Errors
/// As [`convolve`].
pub fn fire(kernel: &Kernel, events: &Spikes) -> Result<Spikes> {
    let evidence = convolve(kernel, events)?;
    let mut spikes = Spikes::silent("output", &[&[1], evidence.shape()].concat())?;
    let places: usize = evidence.shape()[1..].iter().product();
    for (number, _) in evidence.data().iter().enumerate().filter(|(_, evidence)| **evidence >= 0.0) {
        spikes.set(0, number / places, number % places);
    }
    Ok(spikes)
}
