//! Compound files (OLE, MS-CFB), in which old and encrypted workbooks lie, and much else: the streams of their root.
//!
//! No chain of sectors is followed further than the file is long, so that a damaged one ends.

use super::source::Source;
use crate::Result;

const END: u32 = 0xffff_fffe;
/// Streams below this size lie in small sectors.
const SMALL: u64 = 4096;
const SMALL_SECTOR: usize = 64;
const ENTRY: usize = 128;

/// What a compound file holds, and what to do about it.
pub(super) const WORKBOOKS: [&str; 2] = ["Workbook", "Book"];
const OTHERS: [(&str, &str, &str); 4] = [
    (
        "EncryptedPackage",
        "a workbook or document protected by a password",
        "remove the password in the program that made it, and save it again as .xlsx",
    ),
    ("WordDocument", "a Word document", "save its table as .csv"),
    ("PowerPoint Document", "a PowerPoint presentation", "save its table as .csv"),
    ("__properties_version1.0", "an Outlook message", "save the file that is attached to it"),
];

/// An open compound file.
pub(super) struct Ole<'a> {
    content: &'a [u8],
    sector: usize,
    next: Vec<u32>,
    small_next: Vec<u32>,
    small: Vec<u8>,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    start: u32,
    size: u64,
    /// Entries beside and below it.
    left: u32,
    right: u32,
    child: u32,
}

type Part<T> = std::result::Result<T, &'static str>;

impl<'a> Ole<'a> {
    /// Reads the directory.
    pub fn open(source: &Source, content: &'a [u8]) -> Result<Ole<'a>> {
        Ole::parse(content).map_err(|problem| source.error(format!("{problem}; get a whole copy")))
    }

    /// Reads header, directory and the chains of small sectors ([MS-CFB] 2.2, 2.6).
    fn parse(content: &'a [u8]) -> Part<Ole<'a>> {
        let sector = match u16_at(content, 30) {
            Some(9) => 512,
            Some(12) => 4096,
            _ => return Err("it begins as a compound file (.xls) and is none"),
        };
        let none = Vec::new;
        let mut ole = Ole { content, sector, next: none(), small_next: none(), small: Vec::new(), entries: Vec::new() };
        let number = |at: usize| u32_at(content, at).ok_or("it ends within its header");
        ole.next = ole.read_sector_table(number(68)?)?;
        let directory = ole.chain(number(48)?, u64::MAX)?;
        ole.entries = directory.chunks_exact(ENTRY).map(|entry| Entry::new(entry, sector)).collect();
        let root = ole.entries.first().ok_or("it has no directory")?;
        let (start, size) = (root.start, root.size);
        ole.small_next = little_endian_words(&ole.chain(number(60)?, u64::MAX)?).collect();
        ole.small = if ole.small_next.is_empty() { Vec::new() } else { ole.chain(start, size)? };
        Ok(ole)
    }

    /// Which sector follows which: the table lies in sectors of its own, listed in the header and in a chain behind it.
    fn read_sector_table(&self, mut more: u32) -> Part<Vec<u32>> {
        let all = self.content.len() / self.sector;
        let listed = self.content.get(76..512).ok_or("it ends within its header")?;
        let mut places: Vec<u32> = little_endian_words(listed).collect();
        while more < END - 4 {
            let list: Vec<u32> = little_endian_words(self.sector(more)?).collect();
            let (following, list) = list.split_last().ok_or("its table of sectors is cut off")?;
            places.extend(list);
            more = *following;
            if places.len() > all + 2 * self.sector {
                return Err("its table of sectors runs in a circle");
            }
        }
        places.retain(|place| *place < END - 4);
        if places.len() > all {
            return Err("its table of sectors is larger than itself");
        }
        let mut next = Vec::new();
        for place in places {
            next.extend(little_endian_words(self.sector(place)?));
        }
        Ok(next)
    }

    /// The bytes of a sector; the last of a file may be shorter.
    fn sector(&self, number: u32) -> Part<&'a [u8]> {
        let start = (number as usize).saturating_add(1).saturating_mul(self.sector);
        let end = start.saturating_add(self.sector).min(self.content.len());
        self.content.get(start..end).filter(|bytes| !bytes.is_empty()).ok_or("a part of it lies behind its end")
    }

    /// Up to `size` bytes of a chain of sectors.
    fn chain(&self, mut number: u32, size: u64) -> Part<Vec<u8>> {
        let mut data = Vec::new();
        while number < END - 4 && (data.len() as u64) < size {
            data.extend_from_slice(self.sector(number)?);
            if data.len() > self.content.len() {
                return Err("a chain of its sectors runs in a circle");
            }
            number = *self.next.get(number as usize).ok_or("a chain of its sectors is cut off")?;
        }
        data.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        Ok(data)
    }

    /// The first `size` bytes of a stream in small sectors, which streams below 4096 bytes use.
    fn small_chain(&self, mut number: u32, size: u64) -> Part<Vec<u8>> {
        let mut data = Vec::new();
        while number < END - 4 && (data.len() as u64) < size {
            let start = (number as usize).saturating_mul(SMALL_SECTOR);
            let end = start.saturating_add(SMALL_SECTOR).min(self.small.len());
            data.extend_from_slice(self.small.get(start..end).ok_or("a part of it lies behind its end")?);
            if data.len() > self.small.len() {
                return Err("a chain of its sectors runs in a circle");
            }
            number = *self.small_next.get(number as usize).ok_or("a chain of its sectors is cut off")?;
        }
        data.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        Ok(data)
    }

    /// The entries of the root: those within its folders belong to things that are embedded.
    fn root_entries(&self) -> Vec<&Entry> {
        let mut found = Vec::new();
        let mut open: Vec<u32> = self.entries.first().map(|root| root.child).into_iter().collect();
        let mut seen = vec![false; self.entries.len()];
        while let Some(at) = open.pop() {
            let Some(entry) =
                self.entries.get(at as usize).filter(|_| !std::mem::replace(&mut seen[at as usize], true))
            else {
                continue;
            };
            found.push(entry);
            open.extend([entry.left, entry.right]);
        }
        found
    }

    /// The stream of the first of these names.
    pub fn stream(&self, source: &Source, names: &[&str]) -> Result<Option<Vec<u8>>> {
        let roots = self.root_entries();
        let found = names.iter().find_map(|name| roots.iter().find(|entry| entry.name.eq_ignore_ascii_case(name)));
        let Some(entry) = found else { return Ok(None) };
        let stream = match entry.size < SMALL {
            true => self.small_chain(entry.start, entry.size),
            false => self.chain(entry.start, entry.size),
        };
        stream.map(Some).map_err(|problem| source.error(format!("{problem}; get a whole copy")))
    }

    /// What it is and what to do about it, unless it is a workbook.
    pub fn foreign(&self) -> Option<(&'static str, &'static str)> {
        let names: Vec<&str> = self.root_entries().iter().map(|entry| entry.name.as_str()).collect();
        let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
        if WORKBOOKS.iter().any(|name| has(name)) {
            return None;
        }
        let known = OTHERS.iter().find(|(name, ..)| has(name)).map(|(_, what, advice)| (*what, *advice));
        Some(known.unwrap_or(("a compound file (OLE) without a workbook", "give the file with the connectome itself")))
    }
}

impl Entry {
    /// Reads an entry of the directory; in files with sectors of 512 bytes sizes have 32 bits ([MS-CFB] 2.6.1).
    fn new(entry: &[u8], sector: usize) -> Entry {
        let number = |at| u32_at(entry, at).unwrap_or(END);
        let length = usize::from(u16_at(entry, 64).unwrap_or_default()).clamp(2, 64) - 2;
        let units: Vec<u16> = (0..length / 2).filter_map(|at| u16_at(entry, 2 * at)).collect();
        let high = if sector == 512 { 0 } else { u64::from(number(124)) << 32 };
        Entry {
            name: String::from_utf16_lossy(&units),
            start: number(116),
            size: high | u64::from(number(120)),
            left: number(68),
            right: number(72),
            child: number(76),
        }
    }
}

/// A number of 16 bits.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// A number of 32 bits.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The bytes as 32-bit numbers.
fn little_endian_words(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks_exact(4).filter_map(|number| u32_at(number, 0))
}
