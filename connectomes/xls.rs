//! Workbooks of Excel 97 to 2003 (.xls: BIFF8 in a compound file, MS-XLS), record by record.
//!
//! Read here and not by calamine, which makes room for what the file declares and for every cell between two corners.

use std::collections::BTreeSet;

use calamine::{CellErrorType, DataRef, ExcelDateTime, ExcelDateTimeType};

use super::ole::{Ole, WORKBOOKS, u16_at, u32_at};
use super::sheet::Sheet;
use super::source::Source;
use crate::Result;

/// Kinds of records.
mod kind {
    pub const FORMULA: u16 = 0x0006;
    pub const EOF: u16 = 0x000a;
    pub const FILE_PASS: u16 = 0x002f;
    pub const CONTINUE: u16 = 0x003c;
    pub const BOUND_SHEET: u16 = 0x0085;
    pub const MUL_RK: u16 = 0x00bd;
    pub const R_STRING: u16 = 0x00d6;
    pub const XF: u16 = 0x00e0;
    pub const SST: u16 = 0x00fc;
    pub const LABEL_SST: u16 = 0x00fd;
    pub const NUMBER: u16 = 0x0203;
    pub const LABEL: u16 = 0x0204;
    pub const BOOL_ERR: u16 = 0x0205;
    pub const STRING: u16 = 0x0207;
    pub const RK: u16 = 0x027e;
    pub const FORMAT: u16 = 0x041e;
    pub const BOF: u16 = 0x0809;
}

const BIFF8: u16 = 0x0600;
const CUT: &str = "a record of it is cut off";

type Part<T> = std::result::Result<T, &'static str>;

/// A cell: row and column, and what stands there.
type Place<'x> = ((u32, u32), Option<DataRef<'x>>);

/// An open workbook.
pub(super) struct Xls {
    stream: Vec<u8>,
    /// Names, where their records begin, and whether they are shown.
    sheets: Vec<(String, usize, bool)>,
    strings: Vec<String>,
    /// Whether a number of this format (XF) is a date.
    dates: Vec<bool>,
}

impl Xls {
    /// Reads what holds for all sheets: their names, shared texts and formats of dates; cells are read sheet by sheet.
    pub fn open(source: &Source) -> Result<Xls> {
        let content = source.read()?;
        let ole = Ole::open(source, &content)?;
        if let Some((what, advice)) = ole.foreign() {
            return Err(source.error(format!("it is {what}, which is not read; {advice}")));
        }
        let stream = ole.stream(source, &WORKBOOKS)?.unwrap_or_default();
        let mut xls = Xls { stream, sheets: Vec::new(), strings: Vec::new(), dates: Vec::new() };
        xls.read_globals().map_err(|problem| source.error(problem))?;
        Ok(xls)
    }

    /// Names of the sheets, and whether they are shown.
    pub fn sheets(&self) -> impl Iterator<Item = (String, bool)> + '_ {
        self.sheets.iter().map(|(name, _, shown)| (name.clone(), *shown))
    }

    /// Reads what holds for the whole workbook: its sheets, shared strings, and which formats are dates.
    fn read_globals(&mut self) -> Part<()> {
        const COPY: &str = "it is not a whole workbook; get a whole copy";
        let stream = std::mem::take(&mut self.stream);
        let mut records = Records(&stream);
        let mut formats = Vec::new();
        let mut dated = BTreeSet::new();
        while let Some((kind, data)) = records.next_record().map_err(|_| COPY)? {
            match kind {
                kind::BOF if u16_at(data, 0) != Some(BIFF8) => {
                    return Err("it is a workbook of Excel 95 or before, which is not read; save it as .xlsx");
                }
                kind::FILE_PASS => {
                    return Err("it is a workbook protected by a password, which is not read; \
                                remove the password in Excel and save it again as .xlsx");
                }
                kind::BOUND_SHEET => self.sheets.extend(bound_sheet(data).ok_or(COPY)?),
                kind::XF => formats.push(u16_at(data, 2).ok_or(COPY)?),
                kind::FORMAT => {
                    let text = Pieces::of_one(data.get(2..).unwrap_or_default()).text(2).map_err(|_| COPY)?;
                    dated.extend(u16_at(data, 0).filter(|_| is_date(&text)));
                }
                kind::SST => self.strings = read_shared_strings(data, &mut records).map_err(|_| COPY)?,
                kind::EOF => break,
                _ => {}
            }
        }
        self.dates = formats.iter().map(|format| is_built_in_date(*format) || dated.contains(format)).collect();
        self.stream = stream;
        Ok(())
    }

    /// Fills a sheet with the cells of that name.
    pub fn read(&self, sheet: &mut Sheet) -> Part<()> {
        let place = self.sheets.iter().find(|(name, ..)| *name == sheet.name).map_or(0, |(_, place, _)| *place);
        let mut records = Records(self.stream.get(place..).ok_or(CUT)?);
        // Charts within a sheet have records of their own between a beginning and an end.
        let mut depth = 0u32;
        let mut text_at = None;
        while let Some((kind, data)) = records.next_record()? {
            match kind {
                kind::BOF => depth += 1,
                kind::EOF if depth <= 1 => break,
                kind::EOF => depth -= 1,
                _ if depth != 1 => {}
                kind::STRING => {
                    let text = records.with_continuations(data).text(2)?;
                    if let Some(at) = text_at.take() {
                        sheet.add(at, &DataRef::String(text));
                    }
                }
                kind::MUL_RK => self.read_packed_numbers(data, sheet)?,
                _ => {
                    let Some((at, value)) = self.read_cell(kind, data, &mut records)? else { continue };
                    match value {
                        Some(value) => sheet.add(at, &value),
                        None => text_at = Some(at),
                    }
                }
            }
        }
        Ok(())
    }

    /// A cell; one of a formula whose value is a text comes without it.
    fn read_cell<'s>(&self, kind: u16, data: &'s [u8], records: &mut Records<'s>) -> Part<Option<Place<'_>>> {
        let number = |at: usize| u16_at(data, at).ok_or(CUT);
        let byte = |at: usize| data.get(at).copied().ok_or(CUT);
        let real = || data.get(6..14).and_then(|b| b.try_into().ok()).map(f64::from_le_bytes).ok_or(CUT);
        let value = match kind {
            kind::NUMBER => Some(self.cell_number(real()?, number(4)?)),
            kind::RK => Some(self.cell_number(decode_rk(u32_at(data, 6).ok_or(CUT)?), number(4)?)),
            kind::LABEL_SST => {
                let string = self.strings.get(u32_at(data, 6).ok_or(CUT)? as usize);
                Some(DataRef::SharedString(string.ok_or("a cell of it names a text that is not there")?))
            }
            kind::LABEL | kind::R_STRING => {
                Some(DataRef::String(records.with_continuations(data.get(6..).ok_or(CUT)?).text(2)?))
            }
            kind::BOOL_ERR if byte(7)? == 0 => Some(DataRef::Bool(byte(6)? != 0)),
            kind::BOOL_ERR => Some(DataRef::Error(cell_error(byte(6)?))),
            kind::FORMULA if number(12)? == 0xffff => match byte(6)? {
                0 => None,
                1 => Some(DataRef::Bool(byte(8)? != 0)),
                2 => Some(DataRef::Error(cell_error(byte(8)?))),
                _ => Some(DataRef::Empty),
            },
            kind::FORMULA => Some(self.cell_number(real()?, number(4)?)),
            _ => return Ok(None),
        };
        Ok(Some(((u32::from(number(0)?), u32::from(number(2)?)), value)))
    }

    /// Several numbers in a row.
    fn read_packed_numbers(&self, data: &[u8], sheet: &mut Sheet) -> Part<()> {
        let (row, first) = u16_at(data, 0).zip(u16_at(data, 2)).ok_or(CUT)?;
        let cells = data.get(4..data.len().saturating_sub(2)).ok_or(CUT)?.chunks_exact(6);
        for (cell, column) in cells.zip(u32::from(first)..) {
            let (format, packed) = u16_at(cell, 0).zip(u32_at(cell, 2)).ok_or(CUT)?;
            sheet.add((u32::from(row), column), &self.cell_number(decode_rk(packed), format));
        }
        Ok(())
    }

    /// A number, or a date if the cell's format is one of dates.
    fn cell_number(&self, value: f64, format: u16) -> DataRef<'static> {
        match self.dates.get(usize::from(format)) {
            Some(true) => DataRef::DateTime(ExcelDateTime::new(value, ExcelDateTimeType::DateTime, false)),
            _ => DataRef::Float(value),
        }
    }
}

/// The records of a stream: kind and content.
#[derive(Clone)]
struct Records<'s>(&'s [u8]);

impl<'s> Records<'s> {
    /// The next record: its kind and data; None at the end.
    fn next_record(&mut self) -> Part<Option<(u16, &'s [u8])>> {
        let (Some(kind), Some(length)) = (u16_at(self.0, 0), u16_at(self.0, 2)) else { return Ok(None) };
        let data = self.0.get(4..4 + usize::from(length)).ok_or(CUT)?;
        self.0 = &self.0[4 + usize::from(length)..];
        Ok(Some((kind, data)))
    }

    /// A record with the records that continue it.
    fn with_continuations(&mut self, first: &'s [u8]) -> Pieces<'s> {
        let mut pieces = Pieces { now: first, rest: Vec::new() };
        let mut ahead = self.clone();
        while let Ok(Some((kind::CONTINUE, data))) = ahead.next_record() {
            pieces.rest.push(data);
            *self = ahead.clone();
        }
        pieces.rest.reverse();
        pieces
    }
}

/// A record in several pieces; a text that goes on in the next one begins there with its width anew.
struct Pieces<'s> {
    now: &'s [u8],
    /// Those to come, the next one last.
    rest: Vec<&'s [u8]>,
}

impl<'s> Pieces<'s> {
    /// Data in one record alone.
    fn of_one(now: &'s [u8]) -> Pieces<'s> {
        Pieces { now, rest: Vec::new() }
    }

    /// The next `count` bytes, an error where they lie across two records.
    fn take(&mut self, count: usize) -> Part<&'s [u8]> {
        if self.now.is_empty() {
            self.now = self.rest.pop().ok_or(CUT)?;
        }
        let taken = self.now.get(..count).ok_or(CUT)?;
        self.now = &self.now[count..];
        Ok(taken)
    }

    /// Moves on by `count` bytes, across records.
    fn skip(&mut self, mut count: usize) -> Part<()> {
        while count > 0 {
            if self.now.is_empty() {
                self.now = self.rest.pop().ok_or(CUT)?;
            }
            let step = count.min(self.now.len());
            self.now = &self.now[step..];
            count -= step;
        }
        Ok(())
    }

    /// Whether no byte is left in any record.
    fn is_at_end(&self) -> bool {
        self.now.is_empty() && self.rest.iter().all(|piece| piece.is_empty())
    }

    /// A text behind its length, of one or two bytes, and its flags.
    fn text(&mut self, bytes: usize) -> Part<String> {
        let mut left = self.take(bytes)?.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let flags = self.take(1)?[0];
        let runs = if flags & 8 != 0 { u16_at(self.take(2)?, 0).unwrap_or_default() } else { 0 };
        let extra = if flags & 4 != 0 { u32_at(self.take(4)?, 0).unwrap_or_default() } else { 0 };
        let mut wide = flags & 1 != 0;
        let mut units = Vec::new();
        while left > 0 {
            if self.now.is_empty() {
                self.now = self.rest.pop().ok_or(CUT)?;
                wide = self.take(1)?[0] & 1 != 0;
            }
            let width = if wide { 2 } else { 1 };
            let count = left.min(self.now.len() / width);
            if count == 0 {
                return Err(CUT);
            }
            let part = self.take(count * width)?;
            match wide {
                true => units.extend((0..count).filter_map(|at| u16_at(part, 2 * at))),
                false => units.extend(part.iter().map(|byte| u16::from(*byte))),
            }
            left -= count;
        }
        self.skip(4 * usize::from(runs) + extra as usize)?;
        Ok(String::from_utf16_lossy(&units))
    }
}

/// The texts that cells share.
fn read_shared_strings<'s>(data: &'s [u8], records: &mut Records<'s>) -> Part<Vec<String>> {
    let mut pieces = records.with_continuations(data);
    pieces.take(8)?;
    let mut strings = Vec::new();
    while !pieces.is_at_end() {
        strings.push(pieces.text(2)?);
    }
    Ok(strings)
}

/// A sheet of cells: its name, its place and whether it is shown. Charts and macros are none.
fn bound_sheet(data: &[u8]) -> Option<Option<(String, usize, bool)>> {
    let (place, shown, sort) = (u32_at(data, 0)?, data.get(4)? & 3 == 0, *data.get(5)?);
    let name = Pieces::of_one(data.get(6..)?).text(1).ok()?;
    Some((sort == 0).then_some((name, place as usize, shown)))
}

/// A number in 30 bits: whole or real, and perhaps a hundredth of it.
fn decode_rk(packed: u32) -> f64 {
    let value = match packed & 2 {
        0 => f64::from_bits(u64::from(packed & !3) << 32),
        _ => f64::from(packed.cast_signed() >> 2),
    };
    if packed & 1 != 0 { value / 100.0 } else { value }
}

/// The error value of a cell ([MS-XLS] 2.5.10 BErr).
fn cell_error(code: u8) -> CellErrorType {
    match code {
        0x00 => CellErrorType::Null,
        0x07 => CellErrorType::Div0,
        0x17 => CellErrorType::Ref,
        0x1d => CellErrorType::Name,
        0x24 => CellErrorType::Num,
        0x2a => CellErrorType::NA,
        _ => CellErrorType::Value,
    }
}

/// Whether a built-in format shows a date or a time ([MS-XLS] 2.4.126 Format).
fn is_built_in_date(format: u16) -> bool {
    matches!(format, 14..=22 | 27..=36 | 45..=47 | 50..=58)
}

/// Whether a format is one of dates: a letter of them outside quotes, brackets and escapes.
fn is_date(format: &str) -> bool {
    let (mut quoted, mut bracketed) = (false, false);
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => quoted = !quoted,
            '\\' | '_' | '*' if !quoted => drop(letters.next()),
            '[' if !quoted => bracketed = true,
            ']' if !quoted => bracketed = false,
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' | 's' | 'S' if !quoted && !bracketed => return true,
            _ => {}
        }
    }
    false
}
