//! Rows of a table by number.

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::tape::needs;
use crate::train::tape::rows::{Rows, Sorter, add_rows};
use crate::train::tape::{Datum, Given, Operation};

/// y[sample, step] = the row of a table that is asked for there. Input: the table, [entries, width].
#[derive(Debug, Clone)]
pub struct Embedding {
    samples: usize,
    steps: usize,
    entries: Vec<u32>,
}

const NAME: &str = "embedding";

impl Embedding {
    /// With the entry of each step of each sample, sample by sample.
    ///
    /// # Errors
    /// Another number of entries than samples times steps.
    pub fn new(samples: usize, steps: usize, entries: Vec<u32>) -> Result<Embedding> {
        if samples.checked_mul(steps) != Some(entries.len()) {
            let problem = format!("{} entries do not fill {samples} samples of {steps} steps", entries.len());
            return Err(Error::invalid(NAME, format!("{problem}; give one for each")));
        }
        Ok(Embedding { samples, steps, entries })
    }

    fn fit(&self, shape: &[usize]) -> Result<[usize; 2]> {
        let [rows, width] = *shape else { return Err(needs::shape(NAME, "table", shape, "[entries, width]")) };
        match self.entries.iter().position(|&entry| entry as usize >= rows) {
            None => Ok([rows, width]),
            Some(place) => {
                let [sample, step] = [place / self.steps, place % self.steps];
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

    fn forward(&mut self, inputs: &[&Datum<T>], _threads: usize) -> Result<Datum<T>> {
        let [table] = needs::exactly(NAME, inputs, "a table")?;
        let table = table.numbers(NAME)?;
        let [_, width] = self.fit(table.shape())?;
        let mut to = Array::zeros(NAME, &[self.samples, self.steps, width])?;
        for (to, &entry) in to.data_mut().chunks_mut(width.max(1)).zip(&self.entries) {
            to.copy_from_slice(&table.data()[entry as usize * width..][..width]);
        }
        Ok(Datum::Numbers(to))
    }

    fn backward(&mut self, given: Given<'_, T>, _threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let [rows, width] = self.fit(given.inputs[0].shape())?;
        let mut to = Array::zeros(NAME, &[rows, width])?;
        let mut sorter = Sorter::new(rows);
        self.entries.iter().for_each(|&entry| sorter.count(entry as usize));
        let mut sorted = sorter.sorted();
        self.entries.iter().zip(0..).for_each(|(&entry, place)| sorted.add(entry as usize, place));
        let lists = sorted.lists();
        add_rows(to.data_mut(), width, Rows { numbers: given.bar.data(), width, first: 0 }, &lists);
        Ok(vec![Some(to)])
    }
}
