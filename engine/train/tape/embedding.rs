//! Embeddings: rows of a table by number.

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::share;
use crate::train::tape::needs;
use crate::train::tape::rows::{Lists, Rows, Sorter, add_rows};
use crate::train::tape::{Datum, Given, Operation};

/// y[sample, step] = the row of a table with the number that is given for this step, or the sum of several rows. Input:
/// the table, [entries, width]; output: [samples, steps, width].
#[derive(Debug, Clone)]
pub struct Embedding {
    samples: usize,
    steps: usize,
    /// The number of rows that are added in each step.
    each: usize,
    /// The rows, [samples, steps, each].
    entries: Vec<u32>,
}

const NAME: &str = "embedding";
/// How many steps of samples a thread takes at a time.
const PLACES: usize = 128;
/// How many rows of a table a thread takes at a time.
const ROWS: usize = 64;

impl Embedding {
    /// An embedding with one entry for each step, [samples, steps].
    ///
    /// # Errors
    /// Another number of entries than samples times steps.
    pub fn new(samples: usize, steps: usize, entries: Vec<u32>) -> Result<Embedding> {
        Embedding::sums([samples, steps, 1], entries)
    }

    /// An embedding with `each` entries for each step, [samples, steps, each], whose rows are added in their order: the
    /// product of as many events with the table.
    ///
    /// # Errors
    /// Another number of entries; `each` of 0; 2³² entries or more.
    pub fn sums([samples, steps, each]: [usize; 3], entries: Vec<u32>) -> Result<Embedding> {
        let needed = samples.checked_mul(steps).and_then(|places| places.checked_mul(each));
        if needed != Some(entries.len()) || each == 0 || u32::try_from(entries.len()).is_err() {
            let problem = format!("{} entries do not fill {samples} samples of {steps} steps", entries.len());
            let each = if each < 2 { "one".to_owned() } else { each.to_string() };
            return Err(Error::invalid(NAME, format!("{problem}; give {each} for each")));
        }
        Ok(Embedding { samples, steps, each, entries })
    }

    /// The axes of a table, which must have all entries.
    fn check_table(&self, shape: &[usize]) -> Result<[usize; 2]> {
        let [rows, width] = *shape else { return Err(needs::shape(NAME, "table", shape, "[entries, width]")) };
        match self.entries.iter().position(|&entry| entry as usize >= rows) {
            None => Ok([rows, width]),
            Some(place) => {
                let place_of = place / self.each;
                let [sample, step] = [place_of / self.steps, place_of % self.steps];
                let entry = self.entries[place];
                let problem =
                    format!("sample {sample} asks for entry {entry} at step {step}, and the table has {rows}");
                Err(Error::invalid(NAME, format!("{problem}; they are counted from 0")))
            }
        }
    }
}

impl<T: Float> Operation<T> for Embedding {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let [table] = needs::exactly(NAME, inputs, "a table")?;
        let table = table.numbers(NAME)?;
        let [_, width] = self.check_table(table.shape())?;
        let mut to = Array::zeros(NAME, &[self.samples, self.steps, width])?;
        share::blocks(threads, to.data_mut(), PLACES * width, |block, to| {
            let mut lists = Lists::default();
            let entries = self.entries.chunks(self.each).skip(block * PLACES).take(PLACES);
            entries.for_each(|entries| lists.row(entries));
            add_rows(to, width, Rows { numbers: table.data(), width, first: 0 }, &lists);
            Ok(())
        })?;
        Ok(Datum::Numbers(to))
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let [rows, width] = self.check_table(given.inputs[0].shape())?;
        let mut to = Array::zeros(NAME, &[rows, width])?;
        let mut sorter = Sorter::new(rows);
        self.entries.iter().for_each(|&entry| sorter.count(entry as usize));
        let mut sorted = sorter.sorted();
        let places = self.entries.chunks(self.each).zip(0..);
        places.for_each(|(entries, place)| entries.iter().for_each(|&entry| sorted.add(entry as usize, place)));
        let lists = sorted.lists();
        share::blocks(threads, to.data_mut(), ROWS * width, |block, to| {
            let lists = lists.part(block * ROWS..rows.min((block + 1) * ROWS));
            add_rows(to, width, Rows { numbers: given.bar.data(), width, first: 0 }, &lists);
            Ok(())
        })?;
        Ok(vec![Some(to)])
    }
}
