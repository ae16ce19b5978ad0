//! A sparse matrix in a form for many products with vectors: 32 rows side by side.
//!
//! Sources are taken in groups as large as two of the widest registers. Of each row, the entries of a group lie in slots, as
//! many as the fullest of the 32 rows has: in a slot each row has one weight, and the place in the group of the number that
//! it is multiplied with, which a permutation of two registers finds without going to memory. Where there are no such registers,
//! or most slots would be empty, rows lie one behind the other. A row's sum has the same order, and the same bits, both ways.

use super::sparse::Sparse;
use crate::simd::pick::{Pick, ROWS};
use crate::simd::{Vectors, vectors};
use crate::train::gemm::Float;

/// The most slots for each entry, by the mean, of the form with rows side by side.
const MAX_SLOTS_PER_ENTRY: usize = 6;

/// A matrix to be multiplied with vectors of numbers of type `T`.
#[derive(Debug, Clone)]
pub(super) struct Rows<T> {
    columns: usize,
    form: Form<T>,
}

/// How the rows lie in memory.
#[derive(Debug, Clone)]
enum Form<T> {
    /// One behind the other.
    Sequential(Sequential<T>),
    /// In blocks of 32 rows side by side.
    SideBySide(Vec<Block<T>>),
}

/// The slots of 32 rows.
#[derive(Debug, Clone)]
struct Block<T> {
    /// The number of slots of each group.
    slots: Vec<u32>,
    /// Slot by slot and row by row, the place in the group of the number to multiply with.
    places: Vec<u8>,
    /// The weight for each of `places`.
    weights: Vec<T>,
}

/// Rows one behind the other.
#[derive(Debug, Clone)]
struct Sequential<T> {
    /// Where each row begins, and where the last ends.
    starts: Vec<usize>,
    /// The column of each entry.
    places: Vec<u32>,
    /// The weight of each entry.
    weights: Vec<T>,
}

impl<T: Float + Pick> Rows<T> {
    /// The form of a matrix that is fastest on this machine.
    pub(super) fn new(matrix: &Sparse) -> Rows<T> {
        let form = match vectors() {
            Vectors::Avx512 => side_by_side(matrix).map(Form::SideBySide),
            _ => None,
        };
        Rows { columns: matrix.columns(), form: form.unwrap_or_else(|| Form::Sequential(sequential(matrix))) }
    }

    /// How many numbers a product reads: the number of columns, rounded up to whole groups.
    pub(super) fn width(&self) -> usize {
        self.columns.next_multiple_of(T::GROUP)
    }

    /// Adds the product of the matrix with `numbers`, [`Rows::width`] of them, to `to`, a number for each row.
    pub(super) fn add_product(&self, numbers: &[T], to: &mut [T]) {
        let blocks = match &self.form {
            Form::Sequential(rows) => return rows.add_product(numbers, to),
            Form::SideBySide(blocks) => blocks,
        };
        for (block, to) in blocks.iter().zip(to.chunks_mut(ROWS)) {
            let mut sums = [T::of(0.0); ROWS];
            sums[..to.len()].copy_from_slice(to);
            T::pick(&mut sums, numbers, &block.slots, &block.places, &block.weights);
            to.copy_from_slice(&sums[..to.len()]);
        }
    }
}

/// How many rows are summed at the same time, as each sum waits for its last addition.
const ROWS_AT_ONCE: usize = 4;

impl<T: Float> Sequential<T> {
    /// The columns and weights of a row.
    fn row(&self, row: usize) -> (&[u32], &[T]) {
        let own = self.starts[row]..self.starts[row + 1];
        (&self.places[own.clone()], &self.weights[own])
    }

    /// See [`Rows::add_product`].
    fn add_product(&self, numbers: &[T], to: &mut [T]) {
        for (first, to) in (0..).step_by(ROWS_AT_ONCE).zip(to.chunks_mut(ROWS_AT_ONCE)) {
            let mut from = 0;
            if let [a, b, c, d] = to {
                let rows: [_; ROWS_AT_ONCE] = std::array::from_fn(|row| self.row(first + row));
                from = rows.iter().map(|(places, _)| places.len()).min().unwrap_or(0);
                let [w, x, y, z] = rows.map(|(places, weights)| places[..from].iter().zip(&weights[..from]));
                for (((w, x), y), z) in w.zip(x).zip(y).zip(z) {
                    *a += *w.1 * numbers[*w.0 as usize];
                    *b += *x.1 * numbers[*x.0 as usize];
                    *c += *y.1 * numbers[*y.0 as usize];
                    *d += *z.1 * numbers[*z.0 as usize];
                }
            }
            for (row, to) in (first..).zip(to) {
                let (places, weights) = self.row(row);
                let left = places[from..].iter().zip(&weights[from..]);
                *to = left.fold(*to, |sum, (&place, &weight)| sum + weight * numbers[place as usize]);
            }
        }
    }
}

/// The rows of a matrix one behind the other.
fn sequential<T: Float>(matrix: &Sparse) -> Sequential<T> {
    let mut rows = Sequential { starts: vec![0], places: Vec::new(), weights: Vec::new() };
    for row in 0..matrix.rows() {
        let (places, weights) = matrix.row(row);
        rows.places.extend_from_slice(places);
        rows.weights.extend(weights.iter().map(|&weight| T::of(weight)));
        rows.starts.push(rows.places.len());
    }
    rows
}

/// The rows of a matrix in blocks side by side, unless too many slots would be empty.
fn side_by_side<T: Float + Pick>(matrix: &Sparse) -> Option<Vec<Block<T>>> {
    let (mut blocks, mut slots) = (Vec::new(), 0);
    for first in (0..matrix.rows()).step_by(ROWS) {
        let block = block(matrix, first);
        slots += block.places.len();
        blocks.push(block);
    }
    (slots <= MAX_SLOTS_PER_ENTRY * matrix.entries()).then_some(blocks)
}

/// The block of the 32 rows from `first` on, fewer at the end.
fn block<T: Float + Pick>(matrix: &Sparse, first: usize) -> Block<T> {
    let rows: Vec<(&[u32], &[f64])> = (first..matrix.rows().min(first + ROWS)).map(|row| matrix.row(row)).collect();
    let mut at = vec![0; rows.len()];
    let mut block = Block { slots: Vec::new(), places: Vec::new(), weights: Vec::new() };
    for group in 0..matrix.columns().div_ceil(T::GROUP) {
        let (low, high) = (group * T::GROUP, (group + 1) * T::GROUP);
        let end = |places: &[u32]| places.partition_point(|&place| (place as usize) < high);
        let ends: Vec<usize> = rows.iter().map(|(places, _)| end(places)).collect();
        let slots = ends.iter().zip(&at).map(|(end, at)| end - at).max().unwrap_or(0);
        block.slots.push(slots as u32);
        for slot in 0..slots {
            for row in 0..ROWS {
                let entry = rows.get(row).and_then(|(places, weights)| {
                    let entry = at[row] + slot;
                    (entry < ends[row]).then(|| (places[entry] as usize - low, weights[entry]))
                });
                // Where a row has no entry, 0 times the group's first number is added.
                let (place, weight) = entry.unwrap_or((0, 0.0));
                block.places.push(place as u8);
                block.weights.push(T::of(weight));
            }
        }
        at = ends;
    }
    block
}
