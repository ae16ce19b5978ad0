//! The filled cells of a sheet of a workbook, and lists of one edge per row (Witvliet et al. 2021, Varshney et al. 2011).

use std::collections::{BTreeMap, BTreeSet};

use calamine::DataRef;

use super::builder::Builder;
use super::columns::Layout;
use super::source::Source;
use super::{EdgeKind, ReadOptions, Reading, ids};
use crate::error::{Error, Result};

/// Rows of a list by which its columns are told apart.
const SAMPLE: usize = 200;

const DATE: &str = "it is a date, as Excel makes of names such as SEP2; keep names as text";

const UNCALCULATED: &str = "it is a formula without its value; open the workbook in a spreadsheet program, which calculates it, and save it again";

/// The filled cells of a sheet, by row and column counted from 0: one whose corners lie a million rows apart costs what
/// its filled cells cost.
#[derive(Clone, Default)]
pub(super) struct Sheet {
    pub name: String,
    pub cells: BTreeMap<(u32, u32), String>,
    /// Cells that are no names, and why: numbers that have lost digits, dates.
    pub inexact: BTreeMap<(u32, u32), String>,
    /// Cells of formulas that no program has calculated: they look empty, and are not.
    pub uncalculated: BTreeSet<(u32, u32)>,
}

impl Sheet {
    /// An empty sheet.
    pub fn new(name: impl Into<String>) -> Sheet {
        Sheet { name: name.into(), ..Sheet::default() }
    }

    /// Fills a cell.
    pub fn add(&mut self, at: (u32, u32), value: &DataRef) {
        let named = match value {
            DataRef::Float(number) => ids::of_number(*number, ids::EXACT).map(drop),
            DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => Err(DATE.to_owned()),
            _ => Ok(()),
        };
        if let Err(problem) = named {
            self.inexact.insert(at, problem);
        }
        if let Some(text) = cell_text(value) {
            self.cells.insert(at, text);
        }
    }

    /// Refuses a sheet with formulas that no program has calculated.
    pub fn check_calculated(&self, source: &Source) -> Result<()> {
        match self.uncalculated.first() {
            Some(at) => Err(self.error(source, *at, UNCALCULATED)),
            None => Ok(()),
        }
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.uncalculated.is_empty()
    }

    /// The first row with anything in it.
    pub fn header(&self) -> Vec<String> {
        self.row(self.cells.keys().next().map_or(0, |(row, _)| *row))
    }

    /// The cells of a row from column 0 on, empty ones included.
    fn row(&self, row: u32) -> Vec<String> {
        let mut fields = Vec::new();
        for ((_, column), text) in self.cells.range((row, 0)..=(row, u32::from(u16::MAX))) {
            fields.resize(*column as usize, String::new());
            fields.push(text.clone());
        }
        fields
    }

    /// An error that names the cell.
    pub fn error(&self, source: &Source, (row, column): (u32, u32), problem: &str) -> Error {
        source.error(format!("sheet '{}', cell {}: {problem}", self.name, cell_name(row, column)))
    }

    /// Whether its first row names the columns of a list of edges.
    pub fn is_list(&self, options: &ReadOptions) -> bool {
        Layout::is_among(&self.header(), &options.columns)
    }

    /// One edge per row under a header; `kind` is what edges are made of where no column says so.
    pub fn read_list(
        &self,
        source: &Source,
        options: &ReadOptions,
        kind: EdgeKind,
        builder: &mut Builder,
    ) -> Result<Reading> {
        let header = self.header();
        let place = format!("{}, sheet '{}'", source.path.display(), self.name);
        let rows: BTreeSet<u32> = self.cells.keys().map(|(row, _)| *row).collect();
        let mut rows = rows.into_iter().collect::<Vec<u32>>().into_iter();
        let first = rows.next().unwrap_or_default();
        // The first column may be a bare index, as pandas writes it; elsewhere a gap means a header of several rows.
        if let Some(gap) = header.iter().skip(1).position(String::is_empty) {
            let problem = "the column has no name; give every column one, in one row at the top";
            return Err(self.error(source, (first, gap as u32 + 1), problem));
        }
        let sample: Vec<Vec<String>> = rows.as_slice().iter().take(SAMPLE).map(|row| self.row(*row)).collect();
        let mut layout = Layout::new(&header, &sample, &options.columns, &place)?;
        layout.otherwise = kind;
        for row in rows {
            let fields = self.row(row);
            for at in [layout.source, layout.target].map(|column| (row, column as u32)) {
                if let Some(problem) = self.inexact.get(&at) {
                    return Err(self.error(source, at, problem));
                }
            }
            let added = layout.add(builder, |column| fields.get(column).map_or("", String::as_str));
            added.map_err(|problem| source.error(format!("sheet '{}', row {}: {problem}", self.name, row + 1)))?;
        }
        let mut reading = Reading::default();
        layout.account(&mut reading);
        if layout.kind.is_none() && kind == EdgeKind::Gap {
            reading.take("kind", "the sheet's name: gap junctions");
        }
        Ok(reading)
    }
}

/// The text of a cell; nothing for an empty one.
fn cell_text(value: &DataRef) -> Option<String> {
    let text = match value {
        DataRef::Empty => return None,
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::DateTime(date) => format!("the date {}", date.as_f64()),
        DataRef::DateTimeIso(date) | DataRef::DurationIso(date) => format!("the date {date}"),
        DataRef::Error(error) => error.to_string(),
    };
    Some(text).filter(|text| !text.is_empty())
}

/// Excel's name of a cell, such as "C12".
pub(super) fn cell_name(row: u32, column: u32) -> String {
    let mut letters = String::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.insert(0, char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    format!("{letters}{}", row + 1)
}
