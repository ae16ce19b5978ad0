//! A projection by weights for each delay: y[sample, step] = Σ over delays of x[sample, step - delay] · W[delay], forward,
//! to the weights and to the input.
//!
//! Spikes go as events or, where they are many, as numbers through products of matrices. A place of a result is summed in
//! one order, whatever the number of threads: by delay and input unit in the forward pass, by sample and step in the weights.

use crate::error::Result;
use crate::train::array::places;
use crate::train::gemm::{Float, Into, Matrix, product};
use crate::train::share;
use crate::train::tape::Datum;
use crate::train::tape::rows::{Lists, Rows, Sorter, add_columns, add_rows, each};
use crate::train::{Array, Spikes};

/// Columns of weights whose adjoints are summed together.
const COLUMNS: usize = 128;
/// Rows of adjoints that stay in the cache while they are added to weights.
const ROWS: usize = 512;
/// Samples whose events go together over the same columns of weights, at most.
const SAMPLES: usize = 8;
/// Input units whose weights' adjoints are one product; whole words of spikes.
const UNITS: usize = 128;
/// Rows of an input or output that are one product.
const RUN: usize = 128;

/// Some rows of all samples and steps, a delay away from which something is, and some input units: the first and how many.
#[derive(Clone, Copy)]
struct Run {
    first: usize,
    rows: usize,
    delay: usize,
    units: [usize; 2],
}

/// Axes of a projection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Project {
    pub(super) samples: usize,
    pub(super) steps: usize,
    /// Input units.
    pub(super) units: usize,
    /// Output units.
    pub(super) outs: usize,
    /// The shortest delay, in steps.
    pub(super) first: usize,
    /// How many delays there are, each a step longer.
    pub(super) delays: usize,
}

// `to` is the input, the weights: where an adjoint goes.
#[allow(clippy::wrong_self_convention)]
impl Project {
    fn empty(&self) -> bool {
        [self.samples, self.steps, self.units, self.outs, self.delays].contains(&0)
    }

    /// The delays that act within the steps there are: their place among the weights, and themselves.
    fn acting(&self) -> impl Iterator<Item = (usize, usize)> {
        let first = self.first;
        (0..self.delays.min(self.steps.saturating_sub(first))).map(move |delay| (delay, first + delay))
    }

    /// The weights of a delay.
    fn of<'a, T: Float>(&self, weights: &'a [T], delay: usize) -> Matrix<'a, T> {
        Matrix::new(&weights[delay * self.units * self.outs..], self.units, self.outs)
    }

    /// What `input` gives, [samples, steps, outs], with a bias from a step on, if there is one; spikes `by_events` or by products.
    ///
    /// # Errors
    /// More than memory has addresses; a system that gives no threads.
    pub(super) fn forward<T: Float>(
        &self,
        name: &str,
        (input, weights): (&Datum<T>, &[T]),
        bias: Option<(&[T], usize)>,
        by_events: bool,
        threads: usize,
    ) -> Result<Array<T>> {
        let shape = [self.samples, self.steps, self.outs];
        let (count, sample) = (places(name, &shape)?, self.steps * self.outs);
        let spikes = match input {
            Datum::Spikes(spikes) if by_events => Some(spikes),
            _ => None,
        };
        let together = (self.samples / (4 * threads.max(1))).clamp(1, SAMPLES);
        let length = if spikes.is_some() { together * sample } else { RUN * self.outs };
        let made = share::made(threads, count, length, |block, to| {
            let first = block * length / self.outs.max(1);
            self.biased(to, first, bias);
            match spikes {
                _ if self.empty() => {}
                Some(spikes) => {
                    let lists = self.events(spikes, block * together, to.len() / sample);
                    add_rows(to, self.outs, Rows { numbers: weights, width: self.outs, first: 0 }, &lists);
                }
                None => self.multiplied(to, first, input, weights),
            }
            Ok(())
        })?;
        Array::new(name, &shape, made)
    }

    /// Sets rows from `first` on to the bias that acts from a step on.
    fn biased<T: Float>(&self, to: &mut [T], first: usize, bias: Option<(&[T], usize)>) {
        let Some((bias, from)) = bias else { return };
        for (row, to) in (first..).zip(to.chunks_exact_mut(self.outs.max(1))) {
            if row % self.steps >= from {
                to.copy_from_slice(bias);
            }
        }
    }

    /// Adds to rows from `first` on what is before them, by products.
    fn multiplied<T: Float>(&self, to: &mut [T], first: usize, input: &Datum<T>, weights: &[T]) {
        let (mut room, rows) = (Vec::new(), to.len() / self.outs);
        for (place, delay) in self.acting() {
            let run = Run { first, rows, delay, units: [0, self.units] };
            let input = self.past(input, run, &mut room);
            product(to, Into::Sum, input, self.of(weights, place));
        }
    }

    /// For each step of some samples the rows of weights that are added.
    fn events(&self, spikes: &Spikes, first: usize, samples: usize) -> Lists {
        let mut lists = Lists::default();
        for sample in first..first + samples {
            for step in 0..self.steps {
                for (place, delay) in self.acting().take_while(|&(_, delay)| delay <= step) {
                    let first = (place * self.units) as u32;
                    each(spikes.row(sample, step - delay), |unit| lists.add(first + unit as u32));
                }
                lists.end();
            }
        }
        lists
    }

    /// What some units of the input were, a delay before some rows (of all samples and steps): nothing before its first step.
    fn past<'a, T: Float>(&self, input: &'a Datum<T>, run: Run, room: &'a mut Vec<T>) -> Matrix<'a, T> {
        let Run { first, rows, delay, units: [unit, count] } = run;
        if let (Datum::Numbers(array), 0) = (input, delay) {
            return Matrix::new(&array.data()[first * self.units..], rows, self.units).columns(unit, count);
        }
        room.clear();
        room.resize(rows * count, T::of(0.0));
        for (row, to) in (first..first + rows).zip(room.chunks_mut(count)) {
            if row % self.steps < delay {
                continue;
            }
            let (sample, step) = ((row - delay) / self.steps, (row - delay) % self.steps);
            match input {
                Datum::Numbers(array) => {
                    to.copy_from_slice(&array.data()[(row - delay) * self.units + unit..][..count])
                }
                // Units begin with a whole word.
                Datum::Spikes(spikes) => {
                    let words = &spikes.row(sample, step)[unit / 64..(unit + count).div_ceil(64)];
                    each(words, |unit| to[unit] = T::of(1.0));
                }
            }
        }
        Matrix::new(room, rows, count)
    }

    /// Adjoints of the output a delay after some rows: none after the last step.
    fn future<'a, T: Float>(&self, bar: &'a [T], run: Run, room: &'a mut Vec<T>) -> Matrix<'a, T> {
        let Run { first, rows, delay, .. } = run;
        if delay == 0 {
            return Matrix::new(&bar[first * self.outs..], rows, self.outs);
        }
        room.clear();
        room.resize(rows * self.outs, T::of(0.0));
        for (row, to) in (first..first + rows).zip(room.chunks_mut(self.outs)) {
            if row % self.steps + delay < self.steps {
                to.copy_from_slice(&bar[(row + delay) * self.outs..][..self.outs]);
            }
        }
        Matrix::new(room, rows, self.outs)
    }

    /// The adjoint of the input, of its `shape`.
    ///
    /// # Errors
    /// A system that gives no threads.
    pub(super) fn to_input<T: Float>(
        &self,
        name: &str,
        shape: &[usize],
        (bar, weights): (&[T], &[T]),
        threads: usize,
    ) -> Result<Array<T>> {
        if self.empty() {
            return Array::zeros(name, shape);
        }
        let made = share::made(threads, places(name, shape)?, RUN * self.units, |block, to| {
            let (mut room, rows) = (Vec::new(), to.len() / self.units);
            for (place, delay) in self.acting() {
                let run = Run { first: block * RUN, rows, delay, units: [0, self.units] };
                let bar = self.future(bar, run, &mut room);
                product(to, Into::Sum, bar, self.of(weights, place).transposed());
            }
            Ok(())
        })?;
        Array::new(name, shape, made)
    }

    /// The adjoint of the weights, [delays, units, outs].
    ///
    /// # Errors
    /// A system that gives no threads.
    pub(super) fn to_weights<T: Float>(
        &self,
        to: &mut [T],
        input: &Datum<T>,
        bar: &[T],
        by_events: bool,
        threads: usize,
    ) -> Result<()> {
        if self.empty() {
            return Ok(());
        }
        match input {
            Datum::Spikes(spikes) if by_events => self.to_weights_by_events(to, spikes, bar, threads),
            _ => self.to_weights_by_products(to, input, bar, threads),
        }
    }

    fn to_weights_by_events<T: Float>(&self, to: &mut [T], spikes: &Spikes, bar: &[T], threads: usize) -> Result<()> {
        let together = (ROWS / self.steps).clamp(1, self.samples);
        let mut lists = vec![Lists::default(); self.samples.div_ceil(together)];
        share::blocks(threads, &mut lists, 1, |block, lists| {
            let first = block * together;
            let samples = first..self.samples.min(first + together);
            lists[0] = self.uses(spikes, samples);
            Ok(())
        })?;
        self.sums(to, self.delays * self.units, &lists, together, bar, threads)
    }

    /// For each weight row the rows of adjoints that it acted on, counted from those of the first sample.
    fn uses(&self, spikes: &Spikes, samples: std::ops::Range<usize>) -> Lists {
        let mut sorter = Sorter::new(self.delays * self.units);
        self.each_use(spikes, samples.clone(), |row, _| sorter.count(row));
        let mut sorted = sorter.sorted();
        self.each_use(spikes, samples, |row, place| sorted.add(row, place));
        sorted.lists()
    }

    /// Does `work` with each row of weights and a row of adjoints that it acted on, of one row of weights in their order.
    #[inline(always)]
    fn each_use(&self, spikes: &Spikes, samples: std::ops::Range<usize>, mut work: impl FnMut(usize, u32)) {
        for sample in samples.clone() {
            let first = (sample - samples.start) * self.steps;
            for (place, delay) in self.acting() {
                for step in 0..self.steps - delay {
                    let row = (first + step + delay) as u32;
                    each(spikes.row(sample, step), |unit| work(place * self.units + unit, row));
                }
            }
        }
    }

    /// Adds to zeros `to` rows of `bar` over blocks of `together` samples, one after the other; shared out by columns.
    fn sums<T: Float>(
        &self,
        to: &mut [T],
        count: usize,
        lists: &[Lists],
        together: usize,
        bar: &[T],
        threads: usize,
    ) -> Result<()> {
        // Where [first of the columns, how many] of an array this wide begin in it.
        let add = |to: &mut [T], [wide, at]: [usize; 2], [first, own]: [usize; 2]| {
            for (lists, bar) in lists.iter().zip(bar.chunks(together * self.steps * self.outs)) {
                add_columns(to, [wide, at, own], Rows { numbers: bar, width: self.outs, first }, lists);
            }
        };
        let columns = (0..self.outs).step_by(COLUMNS).map(|first| [first, COLUMNS.min(self.outs - first)]);
        if threads == 1 {
            columns.for_each(|own| add(to, [self.outs, own[0]], own));
            return Ok(());
        }
        let columns: Vec<[usize; 2]> = columns.collect();
        let mut tiles: Vec<Vec<T>> = vec![Vec::new(); columns.len()];
        share::blocks(threads, &mut tiles, 1, |place, tile| {
            let own = columns[place];
            tile[0] = vec![T::of(0.0); count * own[1]];
            add(&mut tile[0], [own[1], 0], own);
            Ok(())
        })?;
        for (column, tile) in tiles.iter().enumerate() {
            let width = COLUMNS.min(self.outs - column * COLUMNS);
            for (to, from) in to.chunks_mut(self.outs).zip(tile.chunks(width)) {
                to[column * COLUMNS..][..width].copy_from_slice(from);
            }
        }
        Ok(())
    }

    fn to_weights_by_products<T: Float>(
        &self,
        to: &mut [T],
        input: &Datum<T>,
        bar: &[T],
        threads: usize,
    ) -> Result<()> {
        let mut blocks: Vec<(usize, usize, &mut [T])> = Vec::new();
        for (delay, to) in to.chunks_mut(self.units * self.outs).enumerate() {
            blocks.extend(to.chunks_mut(UNITS * self.outs).enumerate().map(|(block, to)| (delay, block * UNITS, to)));
        }
        share::items(threads, blocks, |(place, unit, to)| {
            let delay = self.first + place;
            let (mut room, count) = (Vec::new(), to.len() / self.outs);
            let all = if delay < self.steps { self.samples * self.steps } else { 0 };
            for first in (0..all).step_by(ROWS) {
                let run = Run { first, rows: ROWS.min(all - first), delay, units: [unit, count] };
                let bar = Matrix::new(&bar[first * self.outs..], run.rows, self.outs);
                product(to, Into::Sum, self.past(input, run, &mut room).transposed(), bar);
            }
            Ok(())
        })
    }

    /// The adjoint of a bias that acts from the step `from` on.
    ///
    /// # Errors
    /// A system that gives no threads.
    pub(super) fn to_bias<T: Float>(&self, bar: &Array<T>, from: usize, threads: usize) -> Result<Array<T>> {
        let mut to = Array::zeros("bias", &[self.outs])?;
        if self.samples == 0 || self.steps == 0 || self.outs == 0 {
            return Ok(to);
        }
        let together = (ROWS / self.steps).clamp(1, self.samples);
        let blocks = (0..self.samples).step_by(together).map(|first| {
            let samples = together.min(self.samples - first);
            let mut lists = Lists::default();
            for row in 0..samples * self.steps {
                if row % self.steps >= from {
                    lists.add(row as u32);
                }
            }
            lists.end();
            lists
        });
        let lists: Vec<Lists> = blocks.collect();
        self.sums(to.data_mut(), 1, &lists, together, bar.data(), threads)?;
        Ok(to)
    }
}
