//! A memory of sequences (Hawkins & Ahmad 2016, "Why neurons have thousands of synapses, a theory of sequence memory in
//! neocortex"): mini-columns of cells. Of an active column those cells fire that expect it by a segment, or all where
//! none does.
//!
//! Learning is here, on the host; [`super::play`] lets the engine's neurons recall.

use std::collections::BTreeSet;

use super::segments::chosen;
use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};

/// The first random stream of this file among those of [`Purpose::Encode`].
const STREAM: u32 = 0x5eb;
/// The strength of a new synapse.
const INITIAL_STRENGTH: f64 = 0.25;
/// The strength from which on a synapse counts.
const CONNECTED: f64 = 0.5;
/// What learning adds to the strength of a synapse from a cell that was active.
const STRENGTHENING: f64 = 0.1;
/// What learning takes from the strength of a synapse from a cell that was not active.
const WEAKENING: f64 = 0.05;
/// What a wrong expectation takes from the strength of each synapse that led to it.
const PUNISHMENT: f64 = 0.02;

/// The size of a memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The number of mini-columns.
    pub columns: u32,
    /// The cells of each mini-column.
    pub cells: u32,
    /// The mini-columns that a symbol makes active.
    pub active: u32,
    /// The most synapses of a segment.
    pub synapses: u32,
    /// The number of spikes from which on a segment answers.
    pub theta: u32,
    /// The most segments of a cell.
    pub segments: u32,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape { columns: 256, cells: 8, active: 12, synapses: 12, theta: 8, segments: 8 }
    }
}

impl Shape {
    /// The number of cells.
    pub fn size(&self) -> u32 {
        self.columns * self.cells
    }

    /// Checks the sizes, for a memory of `symbols` symbols.
    fn check(&self, symbols: usize) -> Result<()> {
        let Shape { columns, cells, active, synapses, theta, segments } = *self;
        let wrong = |problem: &str| Err(Error::invalid("sequence memory", problem));
        if columns == 0 || cells == 0 || u64::from(columns) * u64::from(cells) > 1 << 20 || symbols > 1 << 20 {
            return wrong("columns times cells must be from 1 to 2^20, and so must be symbols");
        }
        if active == 0 || active > columns {
            return wrong("a symbol must make from 1 to all columns active");
        }
        if theta == 0 || theta > synapses || synapses > 12 {
            return wrong(
                "synapses of a segment must be from theta to 12, so that their spikes can be counted, and theta 1 or more",
            );
        }
        if segments == 0 || segments > 64 {
            return wrong("segments of a cell must be from 1 to 64");
        }
        Ok(())
    }
}

/// A segment: the cells that its synapses are from, and how strong each synapse is, from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Segment {
    pub(super) from: Vec<u32>,
    strength: Vec<f64>,
}

impl Segment {
    /// The cells whose synapses are strong enough to count.
    pub(super) fn connected(&self) -> impl Iterator<Item = u32> {
        self.from.iter().zip(&self.strength).filter(|(_, own)| **own >= CONNECTED).map(|(cell, _)| *cell)
    }

    /// The number of synapses from `cells`, whether they count or not.
    fn matching(&self, cells: &BTreeSet<u32>) -> usize {
        self.from.iter().filter(|cell| cells.contains(cell)).count()
    }

    /// Hebb's rule: synapses from cells that were active before are strengthened, the others weakened.
    fn learn(&mut self, before: &BTreeSet<u32>) {
        for (cell, own) in self.from.iter().zip(&mut self.strength) {
            let by = if before.contains(cell) { STRENGTHENING } else { -WEAKENING };
            *own = (*own + by).clamp(0.0, 1.0);
        }
    }

    /// Weakens synapses from cells that were active before: the segment has led to a wrong expectation.
    fn punish(&mut self, before: &BTreeSet<u32>) {
        for (cell, own) in self.from.iter().zip(&mut self.strength) {
            *own = if before.contains(cell) { (*own - PUNISHMENT).max(0.0) } else { *own };
        }
    }
}

/// Which cells fired, and which expect the next element, both in ascending order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Moment {
    /// The cells that fired.
    pub active: Vec<u32>,
    /// The cells with a segment that answered.
    pub expecting: Vec<u32>,
}

/// A memory of sequences: its symbols, its cells and their segments.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory {
    shape: Shape,
    /// The columns of each symbol, in ascending order.
    symbols: Vec<Vec<u32>>,
    /// The segments of each cell.
    pub(super) segments: Vec<Vec<Segment>>,
    /// A random number for each cell: the lower comes first among cells with equally many segments.
    order: Vec<u32>,
    /// How many segments have grown.
    grown: u64,
    seed: u64,
}

impl Memory {
    /// A memory that has learned nothing, with `symbols` symbols, each of random columns.
    ///
    /// # Errors
    /// Sizes out of their range.
    pub fn new(shape: &Shape, symbols: usize, seed: u64) -> Result<Memory> {
        shape.check(symbols)?;
        let draws = |id: usize, index: u32| Draws::new(seed, stream(Purpose::Encode, STREAM + index), id as u64);
        let symbols = (0..symbols).map(|id| chosen(shape.columns, shape.active, &mut draws(id, 0))).collect();
        let mut order = draws(0, 1);
        Ok(Memory {
            shape: *shape,
            symbols,
            segments: vec![Vec::new(); shape.size() as usize],
            order: (0..shape.size()).map(|_| order.word()).collect(),
            grown: 0,
            seed,
        })
    }

    /// The size of the memory.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The columns of a symbol, in ascending order.
    ///
    /// # Errors
    /// A symbol that does not exist.
    pub fn columns_of(&self, symbol: usize) -> Result<&[u32]> {
        let unknown = || {
            Error::invalid("sequence memory", format!("there is no symbol {symbol} among its {}", self.symbols.len()))
        };
        self.symbols.get(symbol).map(Vec::as_slice).ok_or_else(unknown)
    }

    /// The number of segments of all cells.
    pub fn segments(&self) -> usize {
        self.segments.iter().map(Vec::len).sum()
    }

    /// The number of segments that can answer: those with theta synapses that count, or more.
    pub fn segments_that_can_answer(&self) -> usize {
        let able = |segment: &&Segment| segment.connected().count() >= self.shape.theta as usize;
        self.segments.iter().flatten().filter(able).count()
    }

    /// The columns of `cells`, which must ascend; in ascending order.
    pub fn columns_with(&self, cells: &[u32]) -> Vec<u32> {
        let mut columns: Vec<u32> = cells.iter().map(|cell| cell / self.shape.cells).collect();
        columns.dedup();
        columns
    }

    /// The cells that expect the next element after the cells `active` fired, in ascending order: those with a segment
    /// of which theta synapses that count, or more, are from these.
    pub fn expecting(&self, active: &[u32]) -> Vec<u32> {
        let active: BTreeSet<u32> = active.iter().copied().collect();
        (0..self.shape.size()).filter(|&cell| self.answering(cell, &active).next().is_some()).collect()
    }

    /// The places of the segments of a cell that answer where the cells `active` fired.
    fn answering(&self, cell: u32, active: &BTreeSet<u32>) -> impl Iterator<Item = usize> {
        let answers = |segment: &Segment| {
            segment.connected().filter(|cell| active.contains(cell)).count() >= self.shape.theta as usize
        };
        self.segments[cell as usize].iter().enumerate().filter(move |(_, own)| answers(own)).map(|(place, _)| place)
    }

    /// The cells that fire where `columns` are active: of each column those in `expecting`, or all where none is.
    fn firing(&self, columns: &[u32], expecting: &[u32]) -> Vec<u32> {
        let mut firing = Vec::new();
        for &column in columns {
            let cells = column * self.shape.cells..(column + 1) * self.shape.cells;
            let expected: Vec<u32> = cells.clone().filter(|cell| expecting.binary_search(cell).is_ok()).collect();
            if expected.is_empty() { firing.extend(cells) } else { firing.extend(expected) }
        }
        firing
    }

    /// Plays a sequence from silence, each element given by its columns, without learning. Gives the moment after each
    /// element.
    ///
    /// # Errors
    /// Columns that do not exist, or are not in ascending order.
    pub fn recall(&self, elements: &[Vec<u32>]) -> Result<Vec<Moment>> {
        let mut expecting = Vec::new();
        elements
            .iter()
            .map(|columns| {
                self.check_columns(columns)?;
                let active = self.firing(columns, &expecting);
                expecting = self.expecting(&active);
                Ok(Moment { active, expecting: expecting.clone() })
            })
            .collect()
    }

    /// Checks that columns exist and ascend.
    pub(super) fn check_columns(&self, columns: &[u32]) -> Result<()> {
        let ascend = columns.windows(2).all(|pair| pair[0] < pair[1]);
        if ascend && columns.last().is_none_or(|last| *last < self.shape.columns) {
            return Ok(());
        }
        Err(Error::invalid("sequence memory", format!("columns must ascend and be below {}", self.shape.columns)))
    }

    /// Learns a sequence of symbols from silence, once. In each active column the expected cells learn; or where none
    /// is, the cell whose segment matches best; or else the cell with the fewest segments. A learning cell strengthens
    /// the segment that answered or matched, or grows one onto cells that learned at the element before. Segments that
    /// expected another element are punished.
    ///
    /// # Errors
    /// A symbol that does not exist; a cell that has no room for another segment.
    pub fn learn(&mut self, sequence: &[usize]) -> Result<()> {
        let (mut active, mut learned) = (BTreeSet::new(), BTreeSet::new());
        for &symbol in sequence {
            let columns = self.columns_of(symbol)?.to_vec();
            let ascending: Vec<u32> = active.iter().copied().collect();
            let expecting = if active.is_empty() { Vec::new() } else { self.expecting(&ascending) };
            let firing = self.firing(&columns, &expecting);
            let mut learning = BTreeSet::new();
            for &column in &columns {
                self.learn_column(column, &expecting, (&active, &learned), &mut learning)?;
            }
            for &cell in expecting.iter().filter(|cell| columns.binary_search(&(**cell / self.shape.cells)).is_err()) {
                let wrong: Vec<usize> = self.answering(cell, &active).collect();
                wrong.into_iter().for_each(|place| self.segments[cell as usize][place].punish(&active));
            }
            (active, learned) = (firing.into_iter().collect(), learning);
        }
        Ok(())
    }

    /// Lets a cell of an active column learn, or all that expected it, and adds them to `learning`; `active` and
    /// `learned` are the cells that fired, and that learned, at the element before.
    fn learn_column(
        &mut self,
        column: u32,
        expecting: &[u32],
        (active, learned): (&BTreeSet<u32>, &BTreeSet<u32>),
        learning: &mut BTreeSet<u32>,
    ) -> Result<()> {
        let cells = column * self.shape.cells..(column + 1) * self.shape.cells;
        let expected: Vec<u32> = cells.clone().filter(|cell| expecting.binary_search(cell).is_ok()).collect();
        for &cell in &expected {
            let right: Vec<usize> = self.answering(cell, active).collect();
            right.into_iter().for_each(|place| self.segments[cell as usize][place].learn(active));
        }
        if !expected.is_empty() {
            learning.extend(expected);
            return Ok(());
        }
        let known = |cell: u32| {
            let matches = self.segments[cell as usize].iter().enumerate().map(move |(place, own)| (own, cell, place));
            matches.map(|(own, cell, place)| (own.matching(learned), cell, place))
        };
        let best = cells.clone().flat_map(known).max_by_key(|&(matching, ..)| matching);
        if let Some((_, cell, place)) = best.filter(|&(matching, ..)| matching >= self.shape.theta as usize) {
            self.segments[cell as usize][place].learn(learned);
            learning.insert(cell);
            return Ok(());
        }
        // At the first element of a sequence all cells are alike: it is always the same cell, by `order` alone.
        let count = |cell: u32| if learned.is_empty() { 0 } else { self.segments[cell as usize].len() };
        let fewest = |cell: &u32| (count(*cell), self.order[*cell as usize]);
        let cell = cells.min_by_key(fewest).unwrap_or(0);
        learning.insert(cell);
        if learned.len() >= self.shape.theta as usize { self.grow(cell, learned) } else { Ok(()) }
    }

    /// Grows a segment of a cell, onto random cells of `onto`.
    fn grow(&mut self, cell: u32, onto: &BTreeSet<u32>) -> Result<()> {
        if self.segments[cell as usize].len() >= self.shape.segments as usize {
            let problem = format!("cell {cell} has no room for another segment; give it more, or columns more cells");
            return Err(Error::invalid("sequence memory", problem));
        }
        let mut draws = Draws::new(self.seed, stream(Purpose::Encode, STREAM + 2), self.grown);
        let onto: Vec<u32> = onto.iter().copied().collect();
        let count = onto.len().min(self.shape.synapses as usize);
        let places = chosen(onto.len() as u32, count as u32, &mut draws);
        let from: Vec<u32> = places.into_iter().map(|place| onto[place as usize]).collect();
        self.segments[cell as usize].push(Segment { strength: vec![INITIAL_STRENGTH; from.len()], from });
        self.grown += 1;
        Ok(())
    }
}
