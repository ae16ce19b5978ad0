//! A sparse matrix as it is multiplied again and again: 32 rows side by side.
//!
//! Sources are taken in groups as large as two of the widest registers. Of each row, the entries of a group lie in slots, as
//! many as the fullest of the 32 rows has: in a slot each row has one weight, and the place in the group of the number that
//! it is multiplied with, which a permutation of two registers finds without going to memory. Where there are no such registers,
//! or most slots would be empty, rows lie one behind the other. A row's sum has the same order, and the same bits, both ways.

use super::sparse::Sparse;
use crate::simd::pick::{Pick, ROWS};
use crate::simd::{Vectors, vectors};
use crate::train::gemm::Float;

/// Slots for one entry at most.
const MOST: usize = 6;

/// A matrix that is multiplied with numbers of type `T`.
#[derive(Debug, Clone)]
pub(super) struct Rows<T> {
    columns: usize,
    form: Form<T>,
}

#[derive(Debug, Clone)]
enum Form<T> {
    Behind(Behind<T>),
    /// 32 rows each.
    Beside(Vec<Block<T>>),
}

/// Slots of 32 rows.
#[derive(Debug, Clone)]
struct Block<T> {
    /// Slots of each group.
    slots: Vec<u32>,
    places: Vec<u8>,
    weights: Vec<T>,
}

/// Rows one behind the other.
#[derive(Debug, Clone)]
struct Behind<T> {
    starts: Vec<usize>,
    places: Vec<u32>,
    weights: Vec<T>,
}

impl<T: Float + Pick> Rows<T> {
    /// Of a matrix.
    pub(super) fn new(matrix: &Sparse) -> Rows<T> {
        let form = match vectors() {
            Vectors::Avx512 => beside(matrix).map(Form::Beside),
            _ => None,
        };
        Rows { columns: matrix.columns(), form: form.unwrap_or_else(|| Form::Behind(behind(matrix))) }
    }

    /// Numbers that a product reads: the columns, rounded up to whole groups.
    pub(super) fn width(&self) -> usize {
        self.columns.next_multiple_of(T::GROUP)
    }

    /// Adds the product with `numbers`, of which there are [`Rows::width`], to what is there.
    pub(super) fn add_product(&self, numbers: &[T], to: &mut [T]) {
        let blocks = match &self.form {
            Form::Behind(rows) => return rows.add_product(numbers, to),
            Form::Beside(blocks) => blocks,
        };
        for (block, to) in blocks.iter().zip(to.chunks_mut(ROWS)) {
            let mut sums = [T::of(0.0); ROWS];
            sums[..to.len()].copy_from_slice(to);
            T::pick(&mut sums, numbers, &block.slots, &block.places, &block.weights);
            to.copy_from_slice(&sums[..to.len()]);
        }
    }
}

/// Rows whose sums are made side by side, as each waits for its last addition.
const SIDE: usize = 4;

impl<T: Float> Behind<T> {
    fn row(&self, row: usize) -> (&[u32], &[T]) {
        let own = self.starts[row]..self.starts[row + 1];
        (&self.places[own.clone()], &self.weights[own])
    }

    fn add_product(&self, numbers: &[T], to: &mut [T]) {
        for (first, to) in (0..).step_by(SIDE).zip(to.chunks_mut(SIDE)) {
            let mut from = 0;
            if let [a, b, c, d] = to {
                let rows: [_; SIDE] = std::array::from_fn(|row| self.row(first + row));
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

fn behind<T: Float>(matrix: &Sparse) -> Behind<T> {
    let mut rows = Behind { starts: vec![0], places: Vec::new(), weights: Vec::new() };
    for row in 0..matrix.rows() {
        let (places, weights) = matrix.row(row);
        rows.places.extend_from_slice(places);
        rows.weights.extend(weights.iter().map(|&weight| T::of(weight)));
        rows.starts.push(rows.places.len());
    }
    rows
}

/// All rows in slots, unless most would be empty.
fn beside<T: Float + Pick>(matrix: &Sparse) -> Option<Vec<Block<T>>> {
    let (mut blocks, mut room) = (Vec::new(), 0);
    for first in (0..matrix.rows()).step_by(ROWS) {
        let block = block(matrix, first);
        room += block.places.len();
        blocks.push(block);
    }
    (room <= MOST * matrix.entries()).then_some(blocks)
}

/// The rows from `first` on.
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
                // Nothing times the group's first number is added where there is none.
                let (place, weight) = entry.unwrap_or((0, 0.0));
                block.places.push(place as u8);
                block.weights.push(T::of(weight));
            }
        }
        at = ends;
    }
    block
}
