//! Samples with labels, from files.

use std::io::Read;
use std::path::Path;

use super::table;
use crate::data::arrays::Array;
use crate::error::{Error, Result};
use crate::files::Checksum;
use crate::quote;
use crate::text::{count, counted};
use crate::train::array::words;

/// The handwritten digits of Alpaydin & Kaynak 1998, see `engine/train/data/README.md`.
const DIGITS: &[u8] = include_bytes!("../data/digits.csv.gz");
/// The brightest pixel of these.
const DIGITS_MOST: f32 = 16.0;

/// Samples of equally many numbers, each with the number of its class.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    shape: Vec<usize>,
    units: usize,
    values: Vec<f32>,
    labels: Vec<u32>,
    classes: u32,
}

impl Samples {
    /// Samples of one shape, one after the other, with a label each. Where the number of classes is not given, it is the largest
    /// label and one.
    ///
    /// # Errors
    /// No samples, or ones without numbers; numbers that do not fill whole samples or are not finite; another number of labels;
    /// labels out of range. `what` says of what.
    pub fn new(
        what: &str,
        shape: &[usize],
        values: Vec<f32>,
        labels: Vec<u32>,
        classes: Option<u32>,
    ) -> Result<Samples> {
        let wrong = |problem: String| Err(Error::invalid(what, problem));
        let units = shape.iter().try_fold(1usize, |product, &axis| product.checked_mul(axis)).unwrap_or(0);
        if values.is_empty() && labels.is_empty() {
            return wrong("there are no samples; give some".into());
        }
        if units == 0 {
            return wrong(format!("samples of the shape {} hold no numbers", words(shape)));
        }
        if !values.len().is_multiple_of(units) {
            let problem =
                format!("{} numbers are no whole samples of the shape {}", count(values.len() as u64), words(shape));
            return wrong(problem);
        }
        let samples = values.len() / units;
        if samples != labels.len() || u32::try_from(samples).is_err() {
            let (samples, labels) = (counted(samples as u64, "sample"), counted(labels.len() as u64, "label"));
            return wrong(format!("there are {samples} and {labels}; give one label for each sample"));
        }
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            return wrong(format!("sample {} holds {}, which is not finite", place / units, values[place]));
        }
        let classes = classes.unwrap_or_else(|| labels.iter().max().map_or(0, |most| most.saturating_add(1)));
        check_labels(what, &labels, classes)?;
        Ok(Samples { shape: shape.to_vec(), units, values, labels, classes })
    }

    /// The 1,797 handwritten digits of 8 x 8 pixels that come with the library (Alpaydin & Kaynak 1998), brightness from 0 to 1.
    ///
    /// # Errors
    /// None that a user can cause.
    pub fn digits() -> Result<Samples> {
        let mut text = Vec::new();
        let unpacked = flate2::read::GzDecoder::new(DIGITS).read_to_end(&mut text);
        unpacked.map_err(|reason| Error::Internal(format!("digits: {reason}")))?;
        let path = Path::new("digits.csv.gz");
        of_rows(table::parse(&text, path, None)?, path, Some(&[8, 8]), DIGITS_MOST, Some(10))
    }

    /// Images and labels in two IDX (as MNIST comes) or NPY files, plain or gzipped; unsigned whole numbers are divided by the
    /// largest that their type holds, others are taken as they are.
    ///
    /// # Errors
    /// A file that cannot be read, is cut off or another kind; labels that are no list of whole numbers; see [`Samples::new`].
    pub fn arrays(images: &Path, labels: &Path, classes: Option<u32>) -> Result<Samples> {
        let (x, y) = (Array::read(images)?, Array::read(labels)?);
        let names = [quote::path(images), quote::path(labels)];
        of_arrays((&x, &names[0]), (&y, &names[1]), classes)
    }

    /// The arrays `x` (samples along the first axis) and `y` (labels) of an NPZ archive, taken as those of [`Samples::arrays`].
    ///
    /// # Errors
    /// An archive without one of them, with the names that it has; as [`Samples::arrays`].
    pub fn npz(path: &Path, x: &str, y: &str, classes: Option<u32>) -> Result<Samples> {
        let [samples, labels] = Array::read_npz(path, [x, y])?;
        let names = [x, y].map(|name| format!("{}, array '{}'", quote::path(path), quote::name(name)));
        of_arrays((&samples, &names[0]), (&labels, &names[1]), classes)
    }

    /// A table of a sample in each row, plain or gzipped: CSV, with or without a header line. The label stands in the column
    /// called `label`, or, unless one is named, in the last. All other numbers are divided by `most`.
    ///
    /// # Errors
    /// A file that cannot be read or is no table of numbers, with the line; no column of this name; labels that are no whole
    /// numbers; see [`Samples::new`].
    pub fn csv(path: &Path, label: Option<&str>, most: f32, classes: Option<u32>) -> Result<Samples> {
        of_rows(table::read(path, label)?, path, None, most, classes)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The axes of one sample.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Numbers of one sample.
    pub fn units(&self) -> usize {
        self.units
    }

    /// How many classes there are.
    pub fn classes(&self) -> u32 {
        self.classes
    }

    /// The class of each sample.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The numbers of a sample; none beyond the last.
    pub fn sample(&self, sample: u32) -> &[f32] {
        let first = sample as usize * self.units;
        self.values.get(first..first + self.units).unwrap_or_default()
    }

    /// The numbers of all samples, one after the other.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// CRC-32 of axes, numbers, labels and classes: what tells these samples from others of the same number.
    pub fn checksum(&self) -> u32 {
        let mut checksum = Checksum::default();
        self.shape.iter().for_each(|&axis| checksum.update(&(axis as u64).to_le_bytes()));
        checksum.update(&self.classes.to_le_bytes());
        let mut bytes = Vec::with_capacity(4 * self.units);
        for values in self.values.chunks(self.units.max(1)) {
            bytes.clear();
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            checksum.update(&bytes);
        }
        self.labels.iter().for_each(|label| checksum.update(&label.to_le_bytes()));
        checksum.sum()
    }

    /// Some of the samples, in the order that they are named in, with the classes of all.
    ///
    /// # Errors
    /// A sample that is not there; none at all.
    pub fn chosen(&self, which: &[u32]) -> Result<Samples> {
        let mut labels = Vec::with_capacity(which.len());
        for &sample in which {
            let Some(&label) = self.labels.get(sample as usize) else {
                let held = counted(self.len() as u64, "sample");
                return Err(Error::invalid("samples", format!("sample {sample} is none of {held}, counted from 0")));
            };
            labels.push(label);
        }
        let values = which.iter().flat_map(|&sample| self.sample(sample)).copied().collect();
        Samples::new("samples", &self.shape, values, labels, Some(self.classes))
    }

    /// The same samples with other numbers.
    ///
    /// # Errors
    /// As [`Samples::new`].
    pub fn with_values(self, values: Vec<f32>) -> Result<Samples> {
        Samples::new("samples", &self.shape, values, self.labels, Some(self.classes))
    }

    /// The same numbers by other axes.
    ///
    /// # Errors
    /// A shape with another number of places.
    pub fn reshaped(self, shape: &[usize]) -> Result<Samples> {
        if shape.iter().product::<usize>() != self.units {
            let problem = format!("samples of the shape {} do not fit into {}", words(&self.shape), words(shape));
            return Err(Error::invalid("samples", problem));
        }
        Ok(Samples { shape: shape.to_vec(), ..self })
    }

    /// These and then others of the same shape, with the classes of both.
    ///
    /// # Errors
    /// Samples of another shape.
    pub fn and(mut self, others: Samples) -> Result<Samples> {
        if self.shape != others.shape {
            let problem =
                format!("samples of the shapes {} and {} are of two kinds", words(&self.shape), words(&others.shape));
            return Err(Error::invalid("samples", problem));
        }
        self.values.extend(others.values);
        self.labels.extend(others.labels);
        self.classes = self.classes.max(others.classes);
        Ok(self)
    }

    /// Refuses samples of `wanted` that are no brightness.
    ///
    /// # Errors
    /// A number below 0 or above 1, with its sample.
    pub fn check_brightness(&self, wanted: &[u32]) -> Result<()> {
        for &sample in wanted {
            if let Some(value) = self.sample(sample).iter().find(|value| !(0.0..=1.0).contains(*value)) {
                let problem = format!(
                    "sample {sample} holds {value}, and brightness lies between 0 and 1; divide by the largest"
                );
                return Err(Error::invalid("samples", problem));
            }
        }
        Ok(())
    }
}

/// Samples of two arrays and their names.
fn of_arrays((x, x_name): (&Array, &str), (y, y_name): (&Array, &str), classes: Option<u32>) -> Result<Samples> {
    let numbers = |array: &'_ Array, name: &str| match array.numbers().is_some() {
        true => Ok(()),
        false => Err(Error::invalid(name, "it holds records; save one array of numbers")),
    };
    numbers(x, x_name)?;
    numbers(y, y_name)?;
    let [samples, shape @ ..] = x.shape.as_slice() else {
        return Err(Error::invalid(x_name, "it is a single number; samples lie along the first axis"));
    };
    if y.shape.len() != 1 {
        let problem = format!("its shape is {}, and labels are a list; take the file of labels", words(&y.shape));
        return Err(Error::invalid(y_name, problem));
    }
    if y.shape != [*samples] {
        let labels = counted(y.shape.iter().product::<usize>() as u64, "label");
        let problem = format!(
            "it has {}, and {x_name} has {}; give the labels of these",
            labels,
            counted(*samples as u64, "sample")
        );
        return Err(Error::invalid(y_name, problem));
    }
    let most = x.largest_possible().unwrap_or(1.0);
    let values = x.numbers().into_iter().flatten().map(|value| (value / most) as f32).collect();
    let labels = y.numbers().into_iter().flatten().enumerate().map(|(sample, label)| class(label, sample, y_name));
    let labels: Vec<u32> = labels.collect::<Result<_>>()?;
    classes.map_or(Ok(()), |classes| check_labels(y_name, &labels, classes))?;
    Samples::new(x_name, if shape.is_empty() { &[1] } else { shape }, values, labels, classes)
}

/// Samples of the rows of a table, of one axis unless a shape is given.
fn of_rows(
    rows: table::Rows,
    path: &Path,
    shape: Option<&[usize]>,
    most: f32,
    classes: Option<u32>,
) -> Result<Samples> {
    let place = quote::path(path);
    if !(most > 0.0 && most.is_finite()) {
        return Err(Error::invalid(place, format!("features cannot be divided by {most}; give their largest")));
    }
    let labels = rows.labels.iter().enumerate().map(|(sample, &label)| class(label, sample, &place));
    let labels = labels.collect::<Result<Vec<u32>>>()?;
    let values = rows.values.into_iter().map(|value| value / most).collect();
    Samples::new(&place, shape.unwrap_or(&[rows.features]), values, labels, classes)
}

/// Refuses labels that are none of the classes.
fn check_labels(what: &str, labels: &[u32], classes: u32) -> Result<()> {
    let Some(sample) = labels.iter().position(|&label| label >= classes) else { return Ok(()) };
    let (label, last) = (labels[sample], classes.saturating_sub(1));
    let problem = format!("the label {label} of sample {sample} is none of {classes} classes, 0 to {last}");
    Err(Error::invalid(what, problem))
}

/// The class that a number means.
fn class(label: f64, sample: usize, place: &str) -> Result<u32> {
    match label >= 0.0 && label.fract() == 0.0 && label < f64::from(u32::MAX) {
        true => Ok(label as u32),
        false => {
            Err(Error::invalid(place, format!("the label {label} of sample {sample} is no whole number of at least 0")))
        }
    }
}
