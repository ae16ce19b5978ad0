//! OpenDocument workbooks (.ods), element by element: a row or cell that is repeated where it is empty costs nothing.
//!
//! Read here and not by calamine, which makes room for every cell between two corners.

use std::collections::HashMap;

use calamine::DataRef;

use super::archive::Archive;
use super::sheet::Sheet;
use super::source::finite;
use super::xml::{self, Elements, Tag};
use crate::Result;

/// What a filled cell costs at least, bytes.
const CELL: u64 = 64;
/// Blanks that stand for one element at most.
const BLANKS: u64 = 1000;

/// Whether it is protected by a password: then its content is no XML.
pub(super) fn is_encrypted(archive: &mut Archive) -> Result<bool> {
    const MANIFEST: &str = "META-INF/manifest.xml";
    let names = archive.names();
    if names.iter().any(|name| name == "encrypted-package") {
        return Ok(true);
    }
    if !names.iter().any(|name| name == MANIFEST) {
        return Ok(false);
    }
    let manifest = archive.member(MANIFEST)?;
    Ok(String::from_utf8_lossy(manifest.content()).contains("encryption-data"))
}

/// All sheets, and whether each is shown.
pub(super) fn read(archive: &mut Archive) -> Result<Vec<(Sheet, bool)>> {
    let content = archive.member("content.xml")?;
    let mut parser = Parser { left: content.limit / CELL, ..Parser::default() };
    xml::walk(&content, &mut parser)?;
    Ok(parser.sheets)
}

/// What was read, and where the reader stands.
#[derive(Default)]
struct Parser {
    sheets: Vec<(Sheet, bool)>,
    /// Styles of tables that are not shown.
    hidden: HashMap<String, bool>,
    style: String,
    /// Tables within each other; only the outermost one is a sheet.
    depth: u32,
    row: u64,
    rows: u64,
    column: u64,
    /// The filled cells of this row.
    filled: Vec<(u32, DataRef<'static>)>,
    cell: Option<Cell>,
    /// Cells that still fit.
    left: u64,
}

#[derive(Default)]
struct Cell {
    repeated: u64,
    sort: String,
    value: Option<String>,
    text: String,
    paragraphs: u32,
    /// Whether the reader stands in a paragraph, and in how many notes on the cell.
    inside: bool,
    notes: u32,
    formula: bool,
}

impl Elements for Parser {
    fn start(&mut self, tag: &Tag, _: u64) -> Result<(), String> {
        match tag.name() {
            "style" => self.style = tag.get("style:name")?.unwrap_or_default(),
            "table-properties" => {
                let hidden = tag.get("table:display")?.is_some_and(|shown| shown == "false");
                self.hidden.insert(self.style.clone(), hidden);
            }
            "table" => {
                self.depth += 1;
                if self.depth == 1 {
                    let style = tag.get("table:style-name")?.unwrap_or_default();
                    let shown = !self.hidden.get(&style).copied().unwrap_or(false);
                    self.sheets.push((Sheet::new(tag.need("table:name")?), shown));
                    self.row = 0;
                }
            }
            _ if self.depth != 1 => {}
            "table-row" => (self.rows, self.column) = (repetitions(tag, "table:number-rows-repeated")?, 0),
            "table-cell" | "covered-table-cell" => {
                let value = ["value", "date-value", "time-value", "boolean-value", "string-value"];
                let mut cell = Cell { repeated: repetitions(tag, "table:number-columns-repeated")?, ..Cell::default() };
                for name in value.map(|name| format!("office:{name}")) {
                    cell.value = cell.value.or(tag.get(&name)?.filter(|text| !text.is_empty()));
                }
                cell.sort = tag.get("office:value-type")?.unwrap_or_default();
                cell.formula = tag.get("table:formula")?.is_some();
                self.cell = Some(cell);
            }
            name => self.cell.as_mut().map_or(Ok(()), |cell| cell.start_element(name, tag))?,
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(cell) = self.cell.as_mut().filter(|cell| cell.inside && cell.notes == 0) {
            cell.text.push_str(text);
        }
    }

    fn end(&mut self, name: &str, _: &str) -> Result<(), String> {
        match name {
            "table" => self.depth = self.depth.saturating_sub(1),
            _ if self.depth != 1 => {}
            "table-row" => self.end_row()?,
            "table-cell" | "covered-table-cell" => {
                if let Some(cell) = self.cell.take() {
                    self.end_cell(cell)?;
                }
            }
            name => self.cell.iter_mut().for_each(|cell| cell.end_element(name)),
        }
        Ok(())
    }
}

impl Parser {
    /// Keeps the cell as often as it is repeated; a formula without a value is remembered, to be refused later.
    fn end_cell(&mut self, cell: Cell) -> Result<(), String> {
        let (first, count) = (self.column, cell.repeated);
        self.column = self.column.saturating_add(count);
        let uncalculated = cell.formula && cell.sort != "string";
        let value = cell.into_value()?;
        if let (true, DataRef::Empty, Some((sheet, _))) = (uncalculated, &value, self.sheets.last_mut()) {
            sheet.uncalculated.extend(u32::try_from(self.row).ok().zip(u32::try_from(first).ok()));
        }
        if !matches!(value, DataRef::Empty) {
            self.spend(count)?;
            let last = u32::try_from(self.column).map_err(|_| "it has more columns than a sheet".to_owned())?;
            self.filled.extend((first as u32..last).map(|column| (column, value.clone())));
        }
        Ok(())
    }

    /// Gives the sheet the row's cells as often as the row is repeated.
    fn end_row(&mut self) -> Result<(), String> {
        let first = self.row;
        self.row = self.row.saturating_add(self.rows);
        let filled = std::mem::take(&mut self.filled);
        if filled.is_empty() {
            return Ok(());
        }
        self.spend((self.rows - 1).saturating_mul(filled.len() as u64))?;
        let last = u32::try_from(self.row).map_err(|_| "it has more rows than a sheet".to_owned())?;
        if let Some((sheet, _)) = self.sheets.last_mut() {
            for row in first as u32..last {
                filled.iter().for_each(|(column, value)| sheet.add((row, *column), value));
            }
        }
        Ok(())
    }

    /// Counts repeated cells against the limit of memory: a few bytes of XML may stand for millions.
    fn spend(&mut self, cells: u64) -> Result<(), String> {
        match self.left.checked_sub(cells) {
            Some(left) => self.left = left,
            None => {
                return Err("its repeated cells unpack to more than the limit; raise max_bytes if you trust it".into());
            }
        }
        Ok(())
    }
}

impl Cell {
    /// Begins an element inside a cell; the text of annotations is no value.
    fn start_element(&mut self, name: &str, tag: &Tag) -> Result<(), String> {
        match name {
            "annotation" => self.notes += 1,
            _ if self.notes > 0 => {}
            "p" => {
                if self.paragraphs > 0 {
                    self.text.push('\n');
                }
                (self.paragraphs, self.inside) = (self.paragraphs + 1, true);
            }
            "s" => match tag.get("text:c")?.map_or(Ok(1), |count| count.parse::<u64>()) {
                Ok(count) if count <= BLANKS => self.text.extend((0..count).map(|_| ' ')),
                _ => return Err(format!("a cell holds more than {BLANKS} blanks in a row; remove them")),
            },
            "tab" => self.text.push('\t'),
            "line-break" => self.text.push('\n'),
            _ => {}
        }
        Ok(())
    }

    /// Ends an element inside a cell.
    fn end_element(&mut self, name: &str) {
        match name {
            "annotation" => self.notes = self.notes.saturating_sub(1),
            "p" if self.notes == 0 => self.inside = false,
            _ => {}
        }
    }

    /// What the cell holds, by the type that the file states.
    fn into_value(self) -> Result<DataRef<'static>, String> {
        let Cell { sort, value, text, .. } = self;
        Ok(match (sort.as_str(), value) {
            ("float" | "currency" | "percentage", Some(value)) => {
                DataRef::Float(finite(&value, "the value of a cell")?)
            }
            ("date" | "time", Some(value)) => DataRef::DateTimeIso(value),
            ("boolean", Some(value)) => DataRef::Bool(value == "true"),
            (_, Some(value)) => DataRef::String(value),
            (_, None) if text.trim().is_empty() => DataRef::Empty,
            (_, None) => DataRef::String(text),
        })
    }
}

/// How often a row or a cell stands there.
fn repetitions(tag: &Tag, name: &str) -> Result<u64, String> {
    match tag.get(name)?.map_or(Ok(1), |count| count.parse::<u64>()) {
        Ok(count @ 1..) => Ok(count),
        _ => Err(format!("{name} is not a whole number from 1")),
    }
}
