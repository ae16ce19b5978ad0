//! Labelled recordings of an event camera.

use std::fs;
use std::path::{Path, PathBuf};

use crate::data::aer::read_binary_events;
use crate::data::arrays::Array;
use crate::data::events::{COLUMNS, event_columns};
use crate::data::table::Table;
use crate::error::{Error, Result};
use crate::files::failed;
use crate::quote;
use crate::text::counted;
use crate::train::Spikes;

/// An event of the camera: a pixel that got brighter or darker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// Time, µs.
    pub time: f64,
    /// Column of the pixel.
    pub x: u32,
    /// Row of the pixel.
    pub y: u32,
    /// Whether it got brighter.
    pub brighter: bool,
}

/// Reads the events of a file: N-MNIST's binary form (`.bin`), NPY, or CSV with columns t (µs), x, y and p.
///
/// # Errors
/// A file that cannot be read or is cut off; a column that is missing; pixels that are no whole numbers, times that are
/// not finite.
pub fn read_events(path: &Path) -> Result<Vec<Event>> {
    let wrong = |problem: String| Error::file(path, problem);
    let end = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let found: [Vec<f64>; 4] = match end.as_str() {
        "bin" => read_binary_events(path)?,
        "csv" => {
            let table = Table::read(path, &COLUMNS, false)?;
            let [t, x, y, p] = COLUMNS.map(|name| table.required(name).map(<[f64]>::to_vec));
            [t?, x?, y?, p?]
        }
        "npy" => {
            let [t, x, y, p] = event_columns(&Array::read(path)?, path)?;
            let needed = |k: usize, column: Option<Vec<f64>>| {
                column.ok_or_else(|| wrong(format!("its events have no {}; give t, x, y and p", COLUMNS[k])))
            };
            [needed(0, t)?, needed(1, x)?, needed(2, y)?, needed(3, p)?]
        }
        _ => {
            return Err(wrong(
                "events are read of .bin (as N-MNIST has them), .npy and .csv files; save them so".into(),
            ));
        }
    };
    let [times, x, y, p] = found;
    let whole = |value: f64| (value >= 0.0 && value.fract() == 0.0 && value < 65_536.0).then_some(value as u32);
    let pixels = x.iter().zip(&y);
    let events = times.iter().zip(pixels).zip(&p).enumerate().map(|(k, ((&time, (&x, &y)), &p))| {
        match (whole(x), whole(y), time.is_finite()) {
            (Some(x), Some(y), true) => Ok(Event { time, x, y, brighter: p > 0.0 }),
            (_, _, false) => Err(wrong(format!("event {k}: t = {time} is no time"))),
            _ => Err(wrong(format!("event {k}: x = {x}, y = {y} is no pixel"))),
        }
    });
    events.collect()
}

/// Recordings of one camera, each with its class.
#[derive(Debug, Clone, PartialEq)]
pub struct Recordings {
    /// Columns and rows of the camera.
    pub size: [u32; 2],
    /// The events of each recording.
    pub events: Vec<Vec<Event>>,
    /// The number of the class of each recording.
    pub labels: Vec<u32>,
    /// The names of the classes, by their numbers.
    pub classes: Vec<String>,
}

impl Recordings {
    /// The recordings in a folder that has a folder of files for each class. Classes and files are sorted by their
    /// names, those whose name is a number first and by its value. `size` holds columns and rows of the camera.
    ///
    /// # Errors
    /// A folder that cannot be read, or has no folders with files in them; a file that is no recording; a pixel outside
    /// the camera.
    pub fn of_folder(folder: &Path, size: [u32; 2]) -> Result<Recordings> {
        let classes = entries(folder)?.into_iter().filter(|path| path.is_dir()).collect::<Vec<_>>();
        let mut all = Recordings { size, events: Vec::new(), labels: Vec::new(), classes: Vec::new() };
        for (label, class) in (0..).zip(&classes) {
            all.classes.push(class.file_name().unwrap_or_default().to_string_lossy().into_owned());
            for file in entries(class)?.into_iter().filter(|path| path.is_file()) {
                let events = read_events(&file)?;
                check_pixels(&events, size, &file)?;
                all.events.push(events);
                all.labels.push(label);
            }
        }
        match all.events.is_empty() {
            true => Err(Error::file(folder, "it has no folders with recordings in them; give one for each class")),
            false => Ok(all),
        }
    }

    /// The number of recordings.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is no recording.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The events of the recordings with the numbers `samples` as spikes, [sample, step, polarity, row, column], darker
    /// before brighter. Step k, counted from 0, holds the events from k to k + 1 times `step` µs after the recording's
    /// first event; events after the last step are left out.
    ///
    /// # Errors
    /// A duration `step` that is not above 0; no steps; a recording that does not exist.
    pub fn spikes(&self, samples: &[u32], steps: usize, step: f64) -> Result<Spikes> {
        let what = "spikes of events";
        if !(step > 0.0 && step.is_finite()) || steps == 0 {
            return Err(Error::invalid(what, format!("{steps} steps of {step} us hold no events; give more than 0")));
        }
        let [columns, rows] = self.size.map(|side| side as usize);
        let mut spikes = Spikes::silent(what, &[samples.len(), steps, 2, rows, columns])?;
        for (place, &sample) in samples.iter().enumerate() {
            let events = self.events.get(sample as usize).ok_or_else(|| {
                Error::invalid(
                    what,
                    format!("recording {sample} is none of {}", counted(self.len() as u64, "recording")),
                )
            })?;
            let first = events.iter().map(|event| event.time).fold(f64::INFINITY, f64::min);
            for event in events {
                let at = (event.time - first) / step;
                let inside = (event.x as usize) < columns && (event.y as usize) < rows;
                if inside && at < steps as f64 {
                    let unit = (usize::from(event.brighter) * rows + event.y as usize) * columns + event.x as usize;
                    spikes.set(place, at as usize, unit);
                }
            }
        }
        Ok(spikes)
    }
}

/// Checks that all pixels lie within the camera's columns and rows, `size`.
fn check_pixels(events: &[Event], size: [u32; 2], path: &Path) -> Result<()> {
    match events.iter().position(|event| event.x >= size[0] || event.y >= size[1]) {
        None => Ok(()),
        Some(k) => {
            let Event { x, y, .. } = events[k];
            let [columns, rows] = size;
            Err(Error::file(path, format!("event {k}: x = {x}, y = {y} is no pixel of {columns} x {rows}")))
        }
    }
}

/// The entries of a folder but hidden ones, those whose name is a number first, by its value, then by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = fs::read_dir(folder).map_err(|reason| failed(folder, reason))?;
    let all = read.map(|entry| entry.map(|entry| entry.path()).map_err(|reason| failed(folder, reason)));
    let mut all = all.collect::<Result<Vec<_>>>()?;
    let key = |path: &PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        (name.parse::<u64>().unwrap_or(u64::MAX), name)
    };
    all.sort_by_cached_key(key);
    all.retain(|path| !quote::path(path).rsplit('/').next().is_some_and(|name| name.starts_with('.')));
    Ok(all)
}
