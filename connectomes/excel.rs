//! Workbooks: adjacency sheets (Cook et al. 2019, SI 5) and sheets of one edge per row (Witvliet et al. 2021, Varshney
//! et al. 2011).
//!
//! Cells are streamed: a sheet whose corners lie a million rows apart costs what its filled cells cost.

use std::collections::{BTreeMap, BTreeSet};

use calamine::{DataRef, Reader, SheetVisible, Xlsx, XlsxError};

use super::archive::Archive;
use super::builder::Builder;
use super::columns::Layout;
use super::source::{ReadSeek, Source, finite, guarded};
use super::{Connectome, Edge, EdgeKind, ReadOptions, Reading, ids};
use crate::{Error, Result};

/// Rows of a list by which its columns are told apart.
const SAMPLE: usize = 200;

const DATE: &str = "it is a date, as Excel makes of names such as SEP2; keep names as text";

/// Reads a workbook.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let mut book = Workbook::open(source)?;
    let mut builder = Builder::new(options)?;
    let (main, gap) = choose(&mut book, options, &mut builder.reading)?;
    let used = [Some(&main), gap.as_ref()].map(|sheet| sheet.map(|sheet| sheet.name.as_str()));
    for name in book.xlsx.sheet_names().iter().filter(|name| !used.contains(&Some(name.as_str()))) {
        builder.reading.leave(format!("sheet '{name}'"));
    }
    let header = main.header();
    if Layout::fits(&header, &options.columns) {
        main.read_list(source, &header, options, &mut builder)?;
    } else {
        const TAKEN: [&str; 6] = ["sheet", "gap_sheet", "nodes", "size", "sum_repeated", "worm_names"];
        let refused = options.refuse_all_but(&TAKEN, &format!("the adjacency matrix of sheet '{}'", main.name));
        refused.map_err(|problem| source.error(problem))?;
        // "gap" in its name says what the edges of a sheet are that was asked for alone.
        let alone = if main.name.to_lowercase().contains("gap") { EdgeKind::Gap } else { EdgeKind::Chemical };
        builder.reading.take("edges", format!("sheet '{}', rows are sources", main.name));
        main.read_adjacency(source, alone, &mut builder)?;
    }
    if let Some(gap) = gap {
        builder.reading.take("gap junctions", format!("sheet '{}'", gap.name));
        gap.read_adjacency(source, EdgeKind::Gap, &mut builder)?;
    }
    Ok(builder.finish(source, &format!("sheet '{}'", main.name), options.sum_repeated))
}

/// The sheet to read and the one with gap junctions: as given, else by their names, else the first sheet with the columns
/// of an edge list, else the first sheet. Hidden sheets are read only where they are asked for.
fn choose(book: &mut Workbook, options: &ReadOptions, reading: &mut Reading) -> Result<(Sheet, Option<Sheet>)> {
    let names = book.visible(reading);
    let gap = options.gap_sheet.as_ref().map(|name| book.sheet(name)).transpose()?;
    if let Some(name) = &options.sheet {
        return Ok((book.sheet(name)?, gap));
    }
    let Some(first) = names.first() else { return Err(book.source.error("it has no sheets that are not hidden")) };
    if let Some(chemical) = one_of(book.source, &names, "sheet", is_chemical, reading)? {
        let beside: Vec<String> = names.iter().filter(|name| animal(name) == animal(&chemical)).cloned().collect();
        let gap = match gap {
            Some(gap) => Some(gap),
            None => match one_of(book.source, &beside, "gap_sheet", is_gap, reading)? {
                Some(name) => Some(book.sheet(&name)?),
                None => None,
            },
        };
        return Ok((book.sheet(&chemical)?, gap));
    }
    for name in &names {
        let lists_edges = |sheet: &Sheet| Layout::is_among(&sheet.header(), &options.columns);
        if let Some(sheet) = book.filled(name)?.filter(lists_edges) {
            if names.len() > 1 {
                reading.guess(format!("sheet '{name}' is the one, the first that lists edges"), "sheet = \"...\"");
            }
            return Ok((sheet, gap));
        }
    }
    if names.len() > 1 {
        reading.guess(format!("sheet '{first}' is the one, the first"), "sheet = \"...\"");
    }
    Ok((book.sheet(first)?, gap))
}

/// Adjacency of chemical synapses, in the wordings of the tables of Cook et al. 2019: "hermaphrodite chemical", "herm chem
/// synapse adjacency"; sums over groups of cells ("herm chem grouped") are another thing.
fn is_chemical(name: &str) -> bool {
    let name = name.to_lowercase();
    let word = name.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with("chem"));
    word && !name.contains("gap") && !name.contains("group")
}

/// Adjacency of gap junctions: "hermaphrodite gap jn symmetric", "herm gap jn synapse adjacency"; the asymmetric one lists
/// each junction once.
fn is_gap(name: &str) -> bool {
    let name = name.to_lowercase();
    let gap = name.contains("gap") || name.contains("electrical");
    gap && !name.contains("asymmetric") && !name.contains("group")
}

/// Whose sheet it is.
fn animal(name: &str) -> &'static str {
    let name = name.to_lowercase();
    ["herm", "male"].into_iter().find(|animal| name.contains(animal)).unwrap_or_default()
}

/// The sheet that fits: the first animal's, which must have one only.
fn one_of(
    source: &Source,
    names: &[String],
    option: &'static str,
    fits: fn(&str) -> bool,
    reading: &mut Reading,
) -> Result<Option<String>> {
    let found: Vec<&String> = names.iter().filter(|name| fits(name)).collect();
    let Some(first) = found.first() else { return Ok(None) };
    let same: Vec<&str> = found.iter().filter(|n| animal(n) == animal(first)).map(|n| n.as_str()).collect();
    if same.len() > 1 {
        let problem = format!("several sheets may be the one; say {option} = \"...\", one of: {}", same.join(", "));
        return Err(source.error(problem));
    }
    if found.len() > 1 {
        reading.guess(format!("sheet '{first}' is the one"), format!("{option} = \"...\""));
    }
    Ok(Some((*first).clone()))
}

/// An open workbook.
struct Workbook<'a> {
    source: &'a Source,
    xlsx: Xlsx<Box<dyn ReadSeek + 'a>>,
}

impl<'a> Workbook<'a> {
    fn open(source: &'a Source) -> Result<Workbook<'a>> {
        let mut archive = Archive::open(source)?;
        archive.check_all(check_counts)?;
        let archive = archive.into_inner()?;
        let xlsx = guarded(|| Xlsx::new(archive)).map_err(|e| {
            source.error(format!("it is not a workbook that can be read ({e}); save it again as .xlsx"))
        })?;
        Ok(Workbook { source, xlsx })
    }

    /// Names of the sheets that are not hidden.
    fn visible(&self, reading: &mut Reading) -> Vec<String> {
        let (shown, hidden): (Vec<_>, Vec<_>) =
            self.xlsx.sheets_metadata().iter().partition(|sheet| sheet.visible == SheetVisible::Visible);
        if !hidden.is_empty() {
            reading.guess("hidden sheets are not meant", "sheet = \"...\"");
        }
        shown.into_iter().map(|sheet| sheet.name.clone()).collect()
    }

    /// A sheet that must be there and hold something.
    fn sheet(&mut self, name: &str) -> Result<Sheet> {
        let names = self.xlsx.sheet_names();
        if !names.iter().any(|n| n == name) {
            return Err(Error::unknown("sheet", name, self.source.path.display().to_string(), &names));
        }
        let sheet = self.filled(name)?;
        sheet.ok_or_else(|| self.source.error(format!("sheet '{name}' is empty; say sheet = \"...\" for another one")))
    }

    /// A sheet, unless it is empty.
    fn filled(&mut self, name: &str) -> Result<Option<Sheet>> {
        let sheet = guarded(|| Sheet::read(&mut self.xlsx, name))
            .map_err(|e| self.source.error(format!("sheet '{name}' cannot be read ({e}); save it again as .xlsx")))?;
        Ok(Some(sheet).filter(|sheet| !sheet.cells.is_empty()))
    }
}

/// Refuses a table of strings that declares more entries than fit in it (`<si/>` has five bytes): the reader of workbooks
/// reserves room for all of them.
fn check_counts(member: &Source, content: &[u8]) -> Result<()> {
    const WORD: &[u8] = b"uniqueCount";
    for (at, _) in content.windows(WORD.len()).enumerate().filter(|(_, word)| *word == WORD) {
        let after = content[at + WORD.len()..].iter().skip_while(|b| !b.is_ascii_digit() && **b != b'>');
        let digits: Vec<u8> = after.copied().take_while(u8::is_ascii_digit).collect();
        let count = std::str::from_utf8(&digits).ok().filter(|d| !d.is_empty()).map(|d| d.parse::<u64>());
        if count.is_some_and(|c| c.map_or(true, |c| c > content.len() as u64 / 5)) {
            return Err(member.error("it declares more strings than fit in it; save the workbook again"));
        }
    }
    Ok(())
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

/// The filled cells of a sheet, by row and column counted from 0.
struct Sheet {
    name: String,
    cells: BTreeMap<(u32, u32), String>,
    /// Cells that are no names, and why: numbers that have lost digits, dates.
    inexact: BTreeMap<(u32, u32), String>,
}

/// The nodes that name the rows (or columns) of an adjacency sheet.
type Labels = BTreeMap<u32, u32>;

impl Sheet {
    fn read(book: &mut Xlsx<Box<dyn ReadSeek + '_>>, name: &str) -> Result<Sheet, XlsxError> {
        let mut sheet = Sheet { name: name.to_owned(), cells: BTreeMap::new(), inexact: BTreeMap::new() };
        let mut reader = match book.worksheet_cells_reader(name) {
            // A sheet that is a chart has no cells.
            Err(XlsxError::NotAWorksheet(_)) => return Ok(sheet),
            reader => reader?,
        };
        while let Some(cell) = reader.next_cell()? {
            let named = match cell.get_value() {
                DataRef::Float(number) => ids::of_number(*number, ids::EXACT).map(drop),
                DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => Err(DATE.to_owned()),
                _ => Ok(()),
            };
            if let Err(problem) = named {
                sheet.inexact.insert(cell.get_position(), problem);
            }
            if let Some(text) = cell_text(cell.get_value()) {
                sheet.cells.insert(cell.get_position(), text);
            }
        }
        Ok(sheet)
    }

    /// The first row with anything in it.
    fn header(&self) -> Vec<String> {
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

    fn error(&self, source: &Source, (row, column): (u32, u32), problem: &str) -> Error {
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
        let rows: BTreeSet<u32> = self.cells.keys().map(|(row, _)| *row).collect();
        let mut rows = rows.into_iter().collect::<Vec<u32>>().into_iter();
        let first = rows.next().unwrap_or_default();
        // The first column may be a bare index, as pandas writes it; elsewhere a gap means a header of several rows.
        if let Some(gap) = header.iter().skip(1).position(String::is_empty) {
            let problem = "the column has no name; give every column one, in one row at the top";
            return Err(self.error(source, (first, gap as u32 + 1), problem));
        }
        let sample: Vec<Vec<String>> = rows.as_slice().iter().take(SAMPLE).map(|row| self.row(*row)).collect();
        let layout = Layout::new(header, &sample, &options.columns, &place)?;
        layout.account(&mut builder.reading);
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
        Ok(())
    }

    /// A matrix of weights under a row and beside a column of names; rows are sources. What stands before the names
    /// ("PHARYNX", "SENSORY NEURONS"...) is the category of the nodes from there on.
    fn read_adjacency(&self, source: &Source, kind: EdgeKind, builder: &mut Builder) -> Result<()> {
        let (Some(header), Some(label)) = (self.most_names(|(row, _)| row), self.most_names(|(_, column)| column))
        else {
            if self.read_under_ids(source, kind, builder)? {
                return Ok(());
            }
            return Err(source
                .error(format!("sheet '{}' has no names of nodes; say sheet = \"...\" for another one", self.name)));
        };
        let names = self.cells.iter().filter(|(_, text)| is_name(text));
        let (mut rows, mut columns) = (BTreeMap::new(), BTreeMap::new());
        for ((row, column), text) in names {
            if *row == header && *column > label {
                columns.insert((*row, *column), text.as_str());
            } else if *column == label && *row > header {
                rows.insert((*row, *column), text.as_str());
            }
        }
        if rows.is_empty() || columns.is_empty() {
            let advice = "expected columns of an edge list, or names in a row and in a column";
            return Err(source.error(format!("sheet '{}' is no adjacency matrix; {advice}", self.name)));
        }
        let sources = self.label(source, builder, &rows, |(row, _)| row, |at| (at, 0))?;
        let targets = self.label(source, builder, &columns, |(_, column)| column, |at| (0, at))?;
        self.add_weights(source, builder, (&sources, &targets), kind)
    }

    /// A square matrix under a row of ids, with a column of the same ids beside it or without; false if it is none.
    fn read_under_ids(&self, source: &Source, kind: EdgeKind, builder: &mut Builder) -> Result<bool> {
        let rows: BTreeSet<u32> = self.cells.keys().map(|(row, _)| *row).collect();
        let columns: BTreeSet<u32> = self.cells.keys().map(|(_, column)| *column).collect();
        let (Some(top), Some(left)) = (rows.first().copied(), columns.first().copied()) else { return Ok(false) };
        let above: BTreeMap<(u32, u32), &str> =
            self.cells.range((top, 0)..(top + 1, 0)).map(|(at, text)| (*at, text.as_str())).collect();
        // The corner is empty where the ids stand beside the matrix, too.
        let beside = !above.contains_key(&(top, left));
        let distinct: BTreeSet<&str> = above.values().copied().collect();
        let square = above.len() + 1 == rows.len() && above.len() + usize::from(beside) == columns.len();
        if !square || distinct.len() != above.len() || !distinct.iter().all(|text| ids::is_id(text)) {
            return Ok(false);
        }
        let targets = self.label(source, builder, &above, |(_, column)| column, |_| (u32::MAX, u32::MAX))?;
        let order: Vec<u32> = targets.values().copied().collect();
        for (row, from) in rows.iter().skip(1).zip(&order) {
            let name = self.cells.get(&(*row, left)).filter(|_| beside);
            if let Some(name) = name.filter(|name| builder.node(name) != Ok(*from)) {
                let problem = format!(
                    "the row is called '{name}', and another column stands in its place; their order must agree"
                );
                return Err(self.error(source, (*row, left), &problem));
            }
        }
        let sources: Labels = rows.iter().skip(1).copied().zip(order).collect();
        builder.reading.guess("the first row holds the ids of the nodes", "sheet = \"...\"");
        self.add_weights(source, builder, (&sources, &targets), kind)?;
        Ok(true)
    }

    fn add_weights(
        &self,
        source: &Source,
        builder: &mut Builder,
        (sources, targets): (&Labels, &Labels),
        kind: EdgeKind,
    ) -> Result<()> {
        for (at, text) in &self.cells {
            let (Some(from), Some(to)) = (sources.get(&at.0), targets.get(&at.1)) else { continue };
            let weight = finite(text, "weight").map_err(|problem| self.error(source, *at, &problem))?;
            if weight != 0.0 {
                builder.edge(Edge { source: *from, target: *to, weight, kind, ..Edge::default() });
            }
        }
        Ok(())
    }

    /// The nodes that these cells name, by their row (or column), with the groups named at `group`.
    fn label(
        &self,
        source: &Source,
        builder: &mut Builder,
        names: &BTreeMap<(u32, u32), &str>,
        line: fn((u32, u32)) -> u32,
        group: fn(u32) -> (u32, u32),
    ) -> Result<Labels> {
        let mut labels = Labels::new();
        let mut seen = BTreeMap::new();
        let mut category = None;
        let mut next = 0;
        for (at, name) in names {
            for place in next..=line(*at) {
                let found = self.cells.get(&group(place)).filter(|text| is_name(text) && group(place) != *at);
                category = found.cloned().or(category);
            }
            next = line(*at) + 1;
            if let Some(problem) = self.inexact.get(at) {
                return Err(self.error(source, *at, problem));
            }
            let node = builder.node(name).map_err(|problem| self.error(source, *at, &problem))?;
            if let Some((row, column)) = seen.insert(node, *at) {
                let problem =
                    format!("the name '{name}' stands in {} too; names must be unique", cell_name(row, column));
                return Err(self.error(source, *at, &problem));
            }
            if let Some(node) = builder.node_mut(node).filter(|node| node.category.is_none()) {
                node.category.clone_from(&category);
            }
            labels.insert(line(*at), node);
        }
        Ok(labels)
    }

    /// The first row (or column) that holds most distinct names.
    fn most_names(&self, line: fn((u32, u32)) -> u32) -> Option<u32> {
        let mut names: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
        for (position, text) in self.cells.iter().filter(|(_, text)| is_name(text)) {
            names.entry(line(*position)).or_default().insert(text);
        }
        names.into_iter().max_by_key(|(line, names)| (names.len(), std::cmp::Reverse(*line))).map(|(line, _)| line)
    }
}

fn is_name(text: &str) -> bool {
    text.parse::<f64>().is_err()
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
