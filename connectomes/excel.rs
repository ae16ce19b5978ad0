//! Workbooks: adjacency sheets (Cook et al. 2019, SI 5) and sheets of one edge per row (Witvliet et al. 2021, Varshney
//! et al. 2011).
//!
//! Cells are streamed: a sheet whose corners lie a million rows apart costs what its filled cells cost.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx};

use super::archive::Archive;
use super::builder::Builder;
use super::columns::Layout;
use super::source::{Source, finite};
use super::{Connectome, Edge, EdgeKind, ReadOptions};
use crate::{Error, Result};

type Workbook = Xlsx<Cursor<Vec<u8>>>;

/// The filled cells of a sheet, by row and column counted from 0.
struct Sheet {
    name: String,
    cells: BTreeMap<(u32, u32), String>,
}

/// Reads a workbook.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let mut archive = Archive::open(source)?;
    archive.check_all(check_counts)?;
    let mut book = Workbook::new(archive.into_inner())
        .map_err(|e| source.error(format!("it is not a workbook that can be read ({e}); save it again as .xlsx")))?;
    let names = book.sheet_names();
    let (main, gap) = choose(&names, options, source)?;
    let sheet = Sheet::read(&mut book, &main, source)?;
    let mut builder = Builder::new(options)?;
    let header = sheet.row(sheet.first_row());
    if Layout::fits(&header, &options.columns) {
        sheet.read_list(source, &header, options, &mut builder)?;
    } else {
        sheet.read_adjacency(source, EdgeKind::Chemical, &mut builder)?;
    }
    if let Some(gap) = gap {
        Sheet::read(&mut book, &gap, source)?.read_adjacency(source, EdgeKind::Gap, &mut builder)?;
    }
    Ok(builder.finish(source, &format!("sheet '{main}'"), options.sum_repeated))
}

/// Refuses a table of strings that declares more entries than it has bytes: the crate reserves room for all of them.
fn check_counts(member: &Source, content: &[u8]) -> Result<()> {
    const WORD: &[u8] = b"uniqueCount";
    for (at, _) in content.windows(WORD.len()).enumerate().filter(|(_, word)| *word == WORD) {
        let after = content[at + WORD.len()..].iter().skip_while(|b| !b.is_ascii_digit() && **b != b'>');
        let digits: Vec<u8> = after.copied().take_while(u8::is_ascii_digit).collect();
        let count = std::str::from_utf8(&digits).ok().filter(|d| !d.is_empty()).map(|d| d.parse::<u64>());
        if count.is_some_and(|c| c.map_or(true, |c| c > content.len() as u64)) {
            return Err(member.error("it declares more strings than it has bytes; save the workbook again"));
        }
    }
    Ok(())
}

/// The sheet to read and the one with gap junctions: as given, else by name (Cook's "hermaphrodite chemical" and
/// "hermaphrodite gap jn symmetric"), else the first sheet alone.
fn choose(names: &[String], options: &ReadOptions, source: &Source) -> Result<(String, Option<String>)> {
    let place = source.path.display().to_string();
    let known = |wanted: &String| match names.contains(wanted) {
        true => Ok(wanted.clone()),
        false => Err(Error::unknown("sheet", wanted, &place, names)),
    };
    let gap = options.gap_sheet.as_ref().map(known).transpose()?;
    if let Some(sheet) = &options.sheet {
        return Ok((known(sheet)?, gap));
    }
    let chemical = names.iter().find(|n| n.to_lowercase().ends_with("chemical"));
    let Some(main) = chemical.or(names.first()) else { return Err(source.error("it has no sheets")) };
    let beside = chemical.and_then(|name| {
        let animal = name.to_lowercase();
        let wanted = format!("{}gap jn symmetric", animal.trim_end_matches("chemical"));
        names.iter().find(|n| n.to_lowercase() == wanted)
    });
    Ok((main.clone(), gap.or(beside.cloned())))
}

impl Sheet {
    fn read(book: &mut Workbook, name: &str, source: &Source) -> Result<Sheet> {
        let fault = |e: &dyn std::fmt::Display| source.error(format!("sheet '{name}' cannot be read ({e})"));
        let mut reader = book.worksheet_cells_reader(name).map_err(|e| fault(&e))?;
        let mut cells = BTreeMap::new();
        while let Some(cell) = reader.next_cell().map_err(|e| fault(&e))? {
            let text = match cell.get_value() {
                DataRef::Empty => continue,
                DataRef::String(text) => text.clone(),
                DataRef::SharedString(text) => (*text).to_owned(),
                DataRef::Error(error) => error.to_string(),
                value => match calamine::DataType::as_f64(value) {
                    Some(number) => number.to_string(),
                    None => continue,
                },
            };
            let text = text.trim();
            if !text.is_empty() {
                cells.insert(cell.get_position(), text.to_owned());
            }
        }
        match cells.is_empty() {
            true => Err(source.error(format!("sheet '{name}' is empty; choose another one"))),
            false => Ok(Sheet { name: name.to_owned(), cells }),
        }
    }

    fn first_row(&self) -> u32 {
        self.cells.keys().next().map_or(0, |(row, _)| *row)
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

    fn error(&self, source: &Source, row: u32, column: u32, problem: &str) -> Error {
        source.error(format!("sheet '{}', cell {}: {problem}", self.name, cell_name(row, column)))
    }

    /// One edge per row under a header.
    fn read_list(
        &self,
        source: &Source,
        header: &[String],
        options: &ReadOptions,
        builder: &mut Builder,
    ) -> Result<()> {
        let place = format!("{}, sheet '{}'", source.path.display(), self.name);
        let layout = Layout::new(header, &options.columns, &place)?;
        let rows: BTreeSet<u32> = self.cells.keys().map(|(row, _)| *row).collect();
        for row in rows.into_iter().skip(1) {
            let fields = self.row(row);
            let added = layout.add(builder, |column| fields.get(column).map_or("", String::as_str));
            added.map_err(|problem| self.error(source, row, 0, &problem))?;
        }
        Ok(())
    }

    /// A matrix of weights under a row and beside a column of names; rows are sources.
    fn read_adjacency(&self, source: &Source, kind: EdgeKind, builder: &mut Builder) -> Result<()> {
        let (Some(header), Some(label)) = (self.most_names(|(row, _)| row), self.most_names(|(_, column)| column))
        else {
            return Err(source.error(format!("sheet '{}' has no names of nodes; choose another one", self.name)));
        };
        let is_name = |text: &String| text.parse::<f64>().is_err();
        let names = self.cells.iter().filter(|(_, text)| is_name(text));
        let mut rows = BTreeMap::new();
        let mut columns = BTreeMap::new();
        for ((row, column), text) in names {
            if *row == header && *column > label {
                columns.insert(*column, text.as_str());
            } else if *column == label && *row > header {
                rows.insert(*row, text.as_str());
            }
        }
        let node = |name: &str, builder: &mut Builder| {
            builder.node(name).map_err(|problem| self.error(source, header, label, &problem))
        };
        let mut sources = BTreeMap::new();
        for (row, name) in &rows {
            sources.insert(*row, node(name, builder)?);
        }
        let mut targets = BTreeMap::new();
        for (column, name) in &columns {
            targets.insert(*column, node(name, builder)?);
        }
        for ((row, column), text) in &self.cells {
            let (Some(from), Some(to)) = (sources.get(row), targets.get(column)) else { continue };
            let weight = finite(text, "weight").map_err(|problem| self.error(source, *row, *column, &problem))?;
            if weight != 0.0 {
                builder.edge(Edge { source: *from, target: *to, weight, kind, ..Edge::default() });
            }
        }
        Ok(())
    }

    /// The first row (or column) that holds most distinct names.
    fn most_names(&self, line: fn((u32, u32)) -> u32) -> Option<u32> {
        let mut names: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
        for (position, text) in self.cells.iter().filter(|(_, text)| text.parse::<f64>().is_err()) {
            names.entry(line(*position)).or_default().insert(text);
        }
        names.into_iter().max_by_key(|(line, names)| (names.len(), std::cmp::Reverse(*line))).map(|(line, _)| line)
    }
}

/// Excel's name of a cell, such as "C12".
fn cell_name(row: u32, column: u32) -> String {
    let mut letters = String::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.insert(0, char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    format!("{letters}{}", row + 1)
}
