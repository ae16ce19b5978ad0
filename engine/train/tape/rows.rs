//! Sums of rows: what an event does, on the way there (a spike adds a row of weights) and back (a weight's row adds the
//! adjoints of the steps in which its unit fired).

use std::ops::Range;

use crate::simd::{Fields, FieldsMut, Items, Level, Vector, Work, vectorised};
use crate::train::gemm::Float;

/// For each of some rows, which other rows are added to it, in order.
#[derive(Debug, Default, Clone)]
pub(in crate::train) struct Lists {
    places: Vec<u32>,
    ends: Vec<usize>,
}

impl Lists {
    /// One more place that is added to the next row.
    #[inline(always)]
    pub(super) fn add(&mut self, place: u32) {
        self.places.push(place);
    }

    /// The next row, with all its places.
    pub(in crate::train) fn row(&mut self, places: &[u32]) {
        self.places.extend_from_slice(places);
        self.end();
    }

    /// Those of some of the rows.
    pub(super) fn part(&self, rows: Range<usize>) -> Lists {
        let end = |row: usize| row.checked_sub(1).map_or(0, |before| self.ends[before]);
        let first = end(rows.start);
        Lists {
            places: self.places[first..end(rows.end)].to_vec(),
            ends: self.ends[rows].iter().map(|end| end - first).collect(),
        }
    }

    /// The next row has all its places.
    pub(super) fn end(&mut self) {
        self.ends.push(self.places.len());
    }
}

/// [`Lists`] of what comes in another order: first how much each row has is counted, then it is sorted in.
pub(super) struct Sorter {
    counted: Vec<usize>,
}

impl Sorter {
    /// For so many rows.
    pub(super) fn new(rows: usize) -> Sorter {
        Sorter { counted: vec![0; rows] }
    }

    /// A place will come for this row.
    #[inline(always)]
    pub(super) fn count(&mut self, row: usize) {
        self.counted[row] += 1;
    }

    /// All are counted.
    pub(super) fn sorted(self) -> Sorted {
        let mut ends = self.counted;
        let mut sum = 0;
        for end in &mut ends {
            // The first place of the row, which moves on to its end as places come.
            sum += std::mem::replace(end, sum);
        }
        Sorted { lists: Lists { places: vec![0; sum], ends } }
    }
}

/// [`Lists`] that places are sorted into.
pub(super) struct Sorted {
    lists: Lists,
}

impl Sorted {
    /// The next place of a row.
    #[inline(always)]
    pub(super) fn add(&mut self, row: usize, place: u32) {
        let end = &mut self.lists.ends[row];
        self.lists.places[*end] = place;
        *end += 1;
    }

    /// All have come.
    pub(super) fn lists(self) -> Lists {
        self.lists
    }
}

/// Does `work` with each place of bits that is set, in order: faster than an iterator where there are many.
#[inline(always)]
pub(super) fn each(row: &[u64], mut work: impl FnMut(usize)) {
    for (word, &bits) in row.iter().enumerate() {
        let mut left = bits;
        while left != 0 {
            work(word * 64 + left.trailing_zeros() as usize);
            left &= left - 1;
        }
    }
}

/// Rows of numbers, one behind the other.
#[derive(Debug, Clone, Copy)]
pub(in crate::train) struct Rows<'a, T> {
    pub(in crate::train) numbers: &'a [T],
    /// Numbers of a row.
    pub(in crate::train) width: usize,
    /// The first number of each that counts; as many count as the row has that it is added to.
    pub(in crate::train) first: usize,
}

/// Adds to each row of `to`, `width` numbers wide, the rows that `lists` says, one after the other.
///
/// # Panics
/// Rows that are not there.
pub(in crate::train) fn add_rows<T: Float>(to: &mut [T], width: usize, from: Rows<'_, T>, lists: &Lists) {
    add_columns(to, [width, 0, width], from, lists);
}

/// As [`add_rows`], to some columns of `to` alone: its width, the first of them and how many.
pub(super) fn add_columns<T: Float>(to: &mut [T], columns: [usize; 3], from: Rows<'_, T>, lists: &Lists) {
    if columns[2] > 0 && !lists.places.is_empty() {
        vectorised(AddRows { to, columns, from, lists });
    }
}

struct AddRows<'a, T> {
    to: &'a mut [T],
    columns: [usize; 3],
    from: Rows<'a, T>,
    lists: &'a Lists,
}

/// Registers of columns that are gone over together, and of the last ones.
const WIDE: usize = 4;

impl<T: Float> Work for AddRows<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let AddRows { to, columns: [width, first, all], from, lists } = self;
        let mut sums = FieldsMut::new(to, lists.ends.len(), width);
        let lanes = <T::Side<L>>::LANES;
        let mut room = Vec::new();
        let mut at = 0;
        while at + WIDE * lanes <= all {
            let own = [first + at, from.first + at, WIDE * lanes];
            columns::<T::Side<L>, WIDE>(&mut sums, &from, lists, own, &mut room);
            at += WIDE * lanes;
        }
        while at < all {
            let some = lanes.min(all - at);
            columns::<T::Side<L>, 1>(&mut sums, &from, lists, [first + at, from.first + at, some], &mut room);
            at += some;
        }
    }
}

/// `N` registers of columns, `count` of them, of all rows, which are laid out side by side first where they are used more than
/// once: few columns of all rows stay in the cache, which rows far from each other would share less of.
#[inline(always)]
// Registers by number: what an iterator goes over would lie in memory.
#[allow(clippy::needless_range_loop)]
fn columns<V: Vector, const N: usize>(
    sums: &mut FieldsMut<'_, V::Number>,
    from: &Rows<'_, V::Number>,
    lists: &Lists,
    [to, first, count]: [usize; 3],
    room: &mut Vec<V::Number>,
) {
    let (rows, pitch) = (from.numbers.len() / from.width, N * V::LANES);
    let apart = lists.places.len() < 2 * rows;
    if !apart {
        room.resize(rows * pitch, V::Number::default());
        for (row, to) in from.numbers.chunks_exact(from.width).zip(room.chunks_exact_mut(pitch)) {
            to[..count].copy_from_slice(&row[first..first + count]);
        }
        let rows = Fields::new(room, rows, pitch);
        return sums_of::<V, N>(
            sums,
            |row, register| rows.load(row, Items { first: register * V::LANES, count: V::LANES }),
            lists,
            [to, count],
        );
    }
    let rows = Fields::new(from.numbers, rows, from.width);
    let count_of = |register: usize| count.saturating_sub(register * V::LANES).min(V::LANES);
    sums_of::<V, N>(
        sums,
        |row, register| rows.load(row, Items { first: first + register * V::LANES, count: count_of(register) }),
        lists,
        [to, count],
    );
}

/// Adds to `count` columns of sums, from `to` on, the rows that are said; `load` gives a register of a row.
#[inline(always)]
#[allow(clippy::needless_range_loop)]
fn sums_of<V: Vector, const N: usize>(
    sums: &mut FieldsMut<'_, V::Number>,
    load: impl Fn(usize, usize) -> V,
    lists: &Lists,
    [to, count]: [usize; 2],
) {
    let items = |register: usize| {
        let own = if N == 1 { count } else { V::LANES };
        Items { first: to + register * V::LANES, count: own }
    };
    let mut first = 0;
    for (row, &end) in lists.ends.iter().enumerate() {
        if first == end {
            continue;
        }
        let mut own = [V::of(0.0); N];
        for register in 0..N {
            own[register] = sums.fields().load(row, items(register));
        }
        for &place in &lists.places[first..end] {
            for register in 0..N {
                own[register] = own[register] + load(place as usize, register);
            }
        }
        for register in 0..N {
            sums.store(row, items(register), own[register]);
        }
        first = end;
    }
}

/// The sum of numbers, in an order that depends on how many there are alone.
pub(super) fn total<T: Float>(numbers: &[T]) -> T {
    let mut sums = [T::of(0.0); 16];
    let mut whole = numbers.chunks_exact(16);
    for some in &mut whole {
        for (sum, &number) in sums.iter_mut().zip(some) {
            *sum += number;
        }
    }
    for (sum, &number) in sums.iter_mut().zip(whole.remainder()) {
        *sum += number;
    }
    sums.iter().fold(T::of(0.0), |total, &sum| total + sum)
}
