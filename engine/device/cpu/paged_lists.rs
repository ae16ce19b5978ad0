//! Many lists that grow by a few words at a time and are read and emptied whole. New words of a list are collected in a
//! cache line of its own, and full lines are streamed to memory, into pages that lie together on huge pages: separate
//! vectors would lie on more pages of memory than a processor keeps translations for.

use crate::plan::storage::encoding::PAGE_BYTES;
use crate::simd::{Buffer, stream};

/// Number of words of a cache line.
const LINE: usize = 16;
/// Number of words of a page, which is some lines.
const PAGE: usize = PAGE_BYTES as usize / 4;
/// Number of pages that fill a huge page of memory.
const HUGE_PAGE: usize = (2 << 20) / PAGE_BYTES as usize;
/// The largest number of huge pages of a stack.
const HUGE_PAGES: usize = 4;
/// With fewer lists than this, a stack has one page for each of them, on common pages of memory.
const FEW: usize = HUGE_PAGE / 4;
/// The number that stands for no page.
const NONE: u32 = u32::MAX;

/// Many lists of words.
#[derive(Debug)]
pub struct PagedLists {
    /// Stacks of pages: to add pages never moves one.
    stacks: Vec<Buffer<u32>>,
    /// Number of pages of a stack.
    stack_pages: usize,
    /// Per page, the one that continues its list.
    next: Vec<u32>,
    /// Pages that were used and are empty; the one that was read last comes last, and is used first.
    free: Vec<u32>,
    lists: Vec<List>,
    /// Per list, its last words, which are not yet in a page.
    lines: Vec<Line>,
}

/// A cache line. Until it is full, its last word counts those before, so that to add to a list touches one line only.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line([u32; LINE]);

/// Where the words of a list lie.
#[derive(Debug, Clone, Copy)]
struct List {
    /// Number of full lines.
    full: u32,
    /// Its first page, and its last.
    first: u32,
    last: u32,
    /// The stack of the last page.
    stack: u32,
    /// Where the next line goes in that stack, and where the page ends.
    at: u32,
    end: u32,
}

const EMPTY: List = List { full: 0, first: NONE, last: NONE, stack: 0, at: 0, end: 0 };
/// Index of the word of a line that counts the others.
const COUNT: usize = LINE - 1;

impl PagedLists {
    /// `lists` empty lists.
    pub fn new(lists: usize) -> PagedLists {
        PagedLists {
            stacks: Vec::new(),
            stack_pages: if lists < FEW { lists.max(1) } else { lists.div_ceil(HUGE_PAGE).min(HUGE_PAGES) * HUGE_PAGE },
            next: Vec::new(),
            free: Vec::new(),
            lists: vec![EMPTY; lists],
            lines: vec![Line([0; LINE]); lists],
        }
    }

    /// Appends an item to list `list`: 1, 2 or 4 words, the same number for all items of a list.
    #[inline(always)]
    pub fn push<const N: usize>(&mut self, list: usize, item: [u32; N]) {
        const { assert!(LINE.is_multiple_of(N), "no item lies across two lines") };
        let line = &mut self.lines[list].0;
        let count = line[COUNT] as usize % LINE;
        for (k, word) in item.into_iter().enumerate() {
            line[(count + k) % LINE] = word;
        }
        if count + N == LINE {
            self.write_line(list);
        } else {
            line[COUNT] = (count + N) as u32;
        }
    }

    /// Writes the line of list `list`, which is full, to its page.
    #[inline(never)]
    fn write_line(&mut self, list: usize) {
        if self.lists[list].at == self.lists[list].end {
            self.add_page(list);
        }
        let own = &mut self.lists[list];
        let at = own.at as usize;
        stream(&mut self.stacks[own.stack as usize][at..at + LINE], &self.lines[list].0);
        (own.at, own.full) = (own.at + LINE as u32, own.full + 1);
        self.lines[list].0[COUNT] = 0;
    }

    /// Appends a page to list `list`: an empty one that was used before, or a new one.
    #[cold]
    fn add_page(&mut self, list: usize) {
        let page = self.free.pop().unwrap_or_else(|| {
            if self.next.len() == self.stacks.len() * self.stack_pages {
                let words = self.stack_pages * PAGE;
                self.stacks.push(Buffer::for_random_access(words, if self.stack_pages < FEW { 0 } else { words }));
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
        let (stack, at) = (page as usize / self.stack_pages, page as usize % self.stack_pages * PAGE);
        (own.last, own.stack) = (page, stack as u32);
        (own.at, own.end) = (at as u32, (at + PAGE) as u32);
    }

    /// The number of words of list `list`.
    pub fn len(&self, list: usize) -> usize {
        self.lists[list].full as usize * LINE + self.unwritten(list).len()
    }

    /// The words of list `list` that are not yet in a page.
    fn unwritten(&self, list: usize) -> &[u32] {
        let line = &self.lines[list].0;
        &line[..line[COUNT] as usize % LINE]
    }

    /// The words of list `list` in order, page by page.
    pub fn read(&self, list: usize) -> impl Iterator<Item = &[u32]> {
        let own = self.lists[list];
        let mut page = own.first;
        let pages = std::iter::from_fn(move || {
            let number = (page != NONE).then_some(page as usize)?;
            let start = number % self.stack_pages * PAGE;
            let end = if page == own.last { own.at as usize } else { start + PAGE };
            page = self.next[number];
            Some(&self.stacks[number / self.stack_pages][start..end])
        });
        pages.chain(std::iter::once(self.unwritten(list)))
    }

    /// Empties list `list`.
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
