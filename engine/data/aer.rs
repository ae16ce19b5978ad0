//! Events of a camera in the binary form of N-MNIST (Orchard et al. 2015, "Converting static image datasets to spiking
//! neuromorphic datasets using saccades"): 40 bits for each event, big-endian: 8 of x, 8 of y, 1 of polarity, 23 of the
//! time in microseconds.

use std::path::Path;

use crate::error::{Error, Result};

/// Number of bytes of an event.
const BYTES: usize = 5;

/// Reads the events of a file as columns: t (microseconds), x, y (pixels) and p (polarity, 0 or 1).
///
/// # Errors
/// A file that cannot be read, or ends within an event.
pub(crate) fn read_binary_events(path: &Path) -> Result<[Vec<f64>; 4]> {
    let content = super::read_unpacked(path, "a file of events")?;
    if content.starts_with(b"#!AER-DAT") {
        let problem = "it is AEDAT, of which there are many; save its events as CSV or NPY, with t, x, y and p";
        return Err(Error::file(path, problem));
    }
    let (events, rest) = content.as_chunks::<BYTES>();
    if !rest.is_empty() {
        let problem = format!(
            "it ends within event {}: {} of {BYTES} bytes are there; get a whole copy",
            events.len(),
            rest.len()
        );
        return Err(Error::file(path, problem));
    }
    let mut columns: [Vec<f64>; 4] = std::array::from_fn(|_| Vec::with_capacity(events.len()));
    for &[x, y, high, middle, low] in events {
        let time = u32::from_be_bytes([0, high & 0x7f, middle, low]);
        let event = [f64::from(time), f64::from(x), f64::from(y), f64::from(high >> 7)];
        columns.iter_mut().zip(event).for_each(|(column, value)| column.push(value));
    }
    Ok(columns)
}
