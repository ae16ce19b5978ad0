//! Products of matrices: the one place that knows who multiplies.

use faer::linalg::matmul::matmul;
use faer::traits::ComplexField;
use faer::{Accum, MatMut, MatRef, Par};

use crate::equations::Interpret;

/// A number type that trains: `f32` runs, `f64` is the referee.
pub trait Float: Interpret + ComplexField {}

impl Float for f32 {}
impl Float for f64 {}

/// A matrix in a slice, its rows one behind the other.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a, T> {
    numbers: &'a [T],
    rows: usize,
    columns: usize,
    /// The columns of it that count: the first and how many.
    part: (usize, usize),
    transposed: bool,
}

impl<'a, T: Float> Matrix<'a, T> {
    /// The first `rows` · `columns` numbers of a slice.
    ///
    /// # Panics
    /// Fewer numbers than that.
    pub fn new(numbers: &'a [T], rows: usize, columns: usize) -> Matrix<'a, T> {
        Matrix { numbers: &numbers[..rows * columns], rows, columns, part: (0, columns), transposed: false }
    }

    /// `count` columns of it, from `first` on; before it is transposed.
    ///
    /// # Panics
    /// It has fewer.
    #[must_use]
    pub fn columns(self, first: usize, count: usize) -> Matrix<'a, T> {
        assert!(!self.transposed && first + count <= self.columns, "a matrix has no such columns");
        Matrix { part: (first, count), ..self }
    }

    /// Its rows as columns.
    #[must_use]
    pub fn transposed(self) -> Matrix<'a, T> {
        Matrix { transposed: !self.transposed, ..self }
    }

    fn view(self) -> MatRef<'a, T> {
        let view = MatRef::from_row_major_slice(self.numbers, self.rows, self.columns);
        let view = view.subcols(self.part.0, self.part.1);
        if self.transposed { view.transpose() } else { view }
    }
}

/// Whether a product is added to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Into {
    /// What is there is overwritten.
    Place,
    /// What is there is added to.
    Sum,
}

/// `to` (row-major) = or += `left` · `right`, on this thread: whoever calls shares rows out, so that the sums of a place have
/// one order for any number of threads.
///
/// # Panics
/// Matrices that do not fit, or another number of places in `to`.
pub fn product<T: Float>(to: &mut [T], into: Into, left: Matrix<'_, T>, right: Matrix<'_, T>) {
    let (left, right) = (left.view(), right.view());
    if left.ncols() == 0 && into == Into::Place {
        to.fill(T::of(0.0));
    }
    if left.ncols() == 0 || left.nrows() == 0 || right.ncols() == 0 {
        return;
    }
    let to = MatMut::from_row_major_slice_mut(to, left.nrows(), right.ncols());
    let accum = match into {
        Into::Place => Accum::Replace,
        Into::Sum => Accum::Add,
    };
    matmul(to, accum, left, right, T::of(1.0), Par::Seq);
}
