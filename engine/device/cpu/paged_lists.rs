//! Many lists that grow a word at a time and are read and emptied whole. Their words wait in a line of cache of their own,
//! are written to memory a line at a time without reading it first, and lie in pages on huge pages: lists of their own would
//! lie on more pages than a processor keeps the addresses of.

use crate::plan::storage::encoding::PAGE_BYTES;
use crate::simd::{Buffer, stream};

/// Words of a line.
const LINE: usize = 16;
/// Words of a page: some lines.
const PAGE: usize = PAGE_BYTES as usize / 4;
/// Pages that fill a huge page.
const HUGE_PAGE: usize = (2 << 20) / PAGE_BYTES as usize;
/// Huge pages of a stack, at most.
const HUGE_PAGES: usize = 4;
/// Fewer lists have a stack of one page each, on common pages.
const FEW: usize = HUGE_PAGE / 4;
/// No page.
const NONE: u32 = u32::MAX;

/// The lists.
#[derive(Debug)]
pub struct PagedLists {
    /// Pages lie in stacks, so that more of them move none.
    stacks: Vec<Buffer<u32>>,
    /// Pages of a stack.
    high: usize,
    /// Per page, the one that goes on from it.
    next: Vec<u32>,
    /// Pages that were used and are empty; the last is the one that was read last.
    free: Vec<u32>,
    lists: Vec<List>,
    /// Per list, its last words.
    lines: Vec<Line>,
}

/// A line of cache. Until it is full, its last word counts those before, so that a list touches one line and no other.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line([u32; LINE]);

/// A list: its lines that are full, its first and its last page, and where its next line goes in the stack of the last.
#[derive(Debug, Clone, Copy)]
struct List {
    full: u32,
    first: u32,
    last: u32,
    stack: u32,
    at: u32,
    end: u32,
}

const EMPTY: List = List { full: 0, first: NONE, last: NONE, stack: 0, at: 0, end: 0 };
/// Where a line counts its words.
const COUNT: usize = LINE - 1;

impl PagedLists {
    /// Empty lists.
    pub fn new(lists: usize) -> PagedLists {
        PagedLists {
            stacks: Vec::new(),
            high: if lists < FEW { lists.max(1) } else { lists.div_ceil(HUGE_PAGE).min(HUGE_PAGES) * HUGE_PAGE },
            next: Vec::new(),
            free: Vec::new(),
            lists: vec![EMPTY; lists],
            lines: vec![Line([0; LINE]); lists],
        }
    }

    /// Adds an item to a list: 1, 2 or 4 words, the same for all items of a list.
    #[inline(always)]
    pub fn push<const N: usize>(&mut self, list: usize, item: [u32; N]) {
        const { assert!(LINE.is_multiple_of(N), "no item goes on from one line to the next") };
        let line = &mut self.lines[list].0;
        let count = line[COUNT] as usize % LINE;
        for (k, word) in item.into_iter().enumerate() {
            line[(count + k) % LINE] = word;
        }
        if count + N == LINE {
            self.write(list);
        } else {
            line[COUNT] = (count + N) as u32;
        }
    }

    /// Writes the line of a list, which is full.
    #[inline(never)]
    fn write(&mut self, list: usize) {
        if self.lists[list].at == self.lists[list].end {
            self.turn(list);
        }
        let own = &mut self.lists[list];
        let at = own.at as usize;
        stream(&mut self.stacks[own.stack as usize][at..at + LINE], &self.lines[list].0);
        (own.at, own.full) = (own.at + LINE as u32, own.full + 1);
        self.lines[list].0[COUNT] = 0;
    }

    /// Gives a list another page.
    #[cold]
    fn turn(&mut self, list: usize) {
        let page = self.free.pop().unwrap_or_else(|| {
            if self.next.len() == self.stacks.len() * self.high {
                let words = self.high * PAGE;
                self.stacks.push(Buffer::for_random_access(words, if self.high < FEW { 0 } else { words }));
            }
            self.next.push(NONE);
            self.next.len() as u32 - 1
        });
        self.next[page as usize] = NONE;
        let own = &mut self.lists[list];
        match own.first {
            NONE => own.first = page,
            _ => self.next[own.last as usize] = page,
        }
        let (stack, at) = (page as usize / self.high, page as usize % self.high * PAGE);
        (own.last, own.stack) = (page, stack as u32);
        (own.at, own.end) = (at as u32, (at + PAGE) as u32);
    }

    /// Words of a list.
    pub fn len(&self, list: usize) -> usize {
        self.lists[list].full as usize * LINE + self.open(list).len()
    }

    /// The words of a list that are not written yet.
    fn open(&self, list: usize) -> &[u32] {
        let line = &self.lines[list].0;
        &line[..line[COUNT] as usize % LINE]
    }

    /// The words of a list, page by page.
    pub fn read(&self, list: usize) -> impl Iterator<Item = &[u32]> {
        let own = self.lists[list];
        let mut page = own.first;
        let pages = std::iter::from_fn(move || {
            let number = (page != NONE).then_some(page as usize)?;
            let start = number % self.high * PAGE;
            let end = if page == own.last { own.at as usize } else { start + PAGE };
            page = self.next[number];
            Some(&self.stacks[number / self.high][start..end])
        });
        pages.chain(std::iter::once(self.open(list)))
    }

    /// Empties a list.
    pub fn clear(&mut self, list: usize) {
        self.lines[list].0[COUNT] = 0;
        let mut page = std::mem::replace(&mut self.lists[list], EMPTY).first;
        while page != NONE {
            self.free.push(page);
            page = self.next[page as usize];
        }
    }

    /// Empties all lists.
    pub fn clear_all(&mut self) {
        (0..self.lists.len()).for_each(|list| self.clear(list));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_their_words_in_order_and_give_their_pages_back() {
        let mut pages = PagedLists::new(3);
        let read = |pages: &PagedLists, list| pages.read(list).flatten().copied().collect::<Vec<u32>>();
        for round in 0..5u32 {
            (0..20_000u32).for_each(|i| pages.push(i as usize % 3, [i, i + round]));
            for list in 0..3 {
                let expected = (0..20_000u32).filter(|i| *i as usize % 3 == list).flat_map(|i| [i, i + round]);
                assert_eq!(read(&pages, list), expected.collect::<Vec<u32>>());
            }
            let page_count = pages.next.len();
            pages.clear_all();
            assert!((0..3).all(|list| read(&pages, list).is_empty()));
            assert!(round == 0 || page_count == pages.next.len(), "pages are used again");
            assert_eq!(pages.free.len(), page_count, "all pages are free again");
        }
    }
}
