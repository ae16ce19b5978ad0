//! Adjacency matrices in sheets of workbooks, as in SI 5 of Cook et al. 2019: names in a row and in a column.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::Builder;
use super::sheet::{Sheet, cell_name};
use super::source::{Source, finite};
use super::{Edge, EdgeKind, ids};
use crate::Result;

/// Names in a row (or column), by their cell.
type Names<'s> = BTreeMap<(u32, u32), &'s str>;

/// The nodes that name the rows (or columns) of an adjacency sheet.
type Labels = BTreeMap<u32, u32>;

/// A row of ids over a square matrix.
struct UnderIds<'s> {
    rows: Vec<u32>,
    left: u32,
    above: Names<'s>,
    /// Whether the ids stand beside the matrix, too.
    beside: bool,
}

impl Sheet {
    /// Whether it is a matrix of numbers between names in a row and in a column, some of which are the same, or under ids.
    pub fn is_matrix(&self) -> bool {
        let Some((rows, columns)) = self.names() else { return self.under_ids().is_some() };
        let above: BTreeSet<&str> = columns.values().copied().collect();
        let lines: BTreeSet<u32> = rows.keys().map(|(row, _)| *row).collect();
        let places: BTreeSet<u32> = columns.keys().map(|(_, column)| *column).collect();
        let inside = |at: &(u32, u32)| lines.contains(&at.0) && places.contains(&at.1);
        rows.values().any(|name| above.contains(name))
            && self.cells.iter().filter(|(at, _)| inside(at)).all(|(_, text)| !is_word(text))
    }

    /// A matrix of weights under a row and beside a column of names; rows are sources. What stands before the names
    /// ("PHARYNX", "SENSORY NEURONS"...) is the category of the nodes from there on.
    pub fn read_adjacency(&self, source: &Source, kind: EdgeKind, builder: &mut Builder) -> Result<()> {
        let Some((rows, columns)) = self.names() else {
            if let Some(square) = self.under_ids() {
                return self.read_under_ids(source, square, kind, builder);
            }
            return Err(source
                .error(format!("sheet '{}' has no names of nodes; say sheet = \"...\" for another one", self.name)));
        };
        if rows.is_empty() || columns.is_empty() {
            let advice = "expected columns of an edge list, or names in a row and in a column";
            return Err(source.error(format!("sheet '{}' is no adjacency matrix; {advice}", self.name)));
        }
        self.check_labels(source, builder, &rows, &columns)?;
        let sources = self.label(source, builder, &rows, |(row, _)| row, |at| (at, 0))?;
        let targets = self.label(source, builder, &columns, |(_, column)| column, |at| (0, at))?;
        self.add_weights(source, builder, (&sources, &targets), kind)
    }

    /// Names of rows and of columns: what stands, without a gap, in the column and in the row with most words. Behind a
    /// gap only nodes that are named before it go on.
    fn names(&self) -> Option<(Names<'_>, Names<'_>)> {
        let (header, label) = (self.most_words(|(row, _)| row)?, self.most_words(|(_, column)| column)?);
        let mut below = self.cells.iter().filter(|((row, column), _)| *column == label && *row > header);
        let mut right = self.cells.iter().filter(|((row, column), _)| *row == header && *column > label);
        let (mut rows, far_below) = until_gap(&mut below, |(row, _)| row);
        let (mut columns, far_right) = until_gap(&mut right, |(_, column)| column);
        let known: BTreeSet<&str> = rows.values().chain(columns.values()).copied().collect();
        rows.extend(far_below.into_iter().filter(|(_, name)| known.contains(name)));
        columns.extend(far_right.into_iter().filter(|(_, name)| known.contains(name)));
        let named = |names: &Names| names.values().any(|name| is_word(name));
        (named(&rows) && named(&columns)).then_some((rows, columns)).or_else(|| Some((Names::new(), Names::new())))
    }

    /// Refuses numbers in a row or a column that has no name, or whose name stands behind a gap; tells what is left aside.
    fn check_labels(&self, source: &Source, builder: &mut Builder, rows: &Names, columns: &Names) -> Result<()> {
        let (Some(((header, _), _)), Some(((_, label), _))) = (columns.first_key_value(), rows.first_key_value())
        else {
            return Ok(());
        };
        let lines: BTreeSet<u32> = rows.keys().map(|(row, _)| *row).collect();
        let places: BTreeSet<u32> = columns.keys().map(|(_, column)| *column).collect();
        for (at, _) in self.cells.iter().filter(|(at, text)| at.0 > *header && at.1 > *label && !is_word(text)) {
            let (line, name) = match (lines.contains(&at.0), places.contains(&at.1)) {
                (true, false) => ("column", self.cells.get(&(*header, at.1))),
                (false, true) => ("row", self.cells.get(&(at.0, *label))),
                _ => continue,
            };
            let problem = match name {
                Some(name) => format!(
                    "its {line} is called '{name}' and stands behind an empty one; remove the empty one if it is a node, \
                     else remove the {line}"
                ),
                None => format!("its {line} has no name; name the {line}, or remove it if it is no node"),
            };
            return Err(self.error(source, *at, &problem));
        }
        let above: BTreeSet<&str> = columns.values().copied().collect();
        let beside: BTreeSet<&str> = rows.values().copied().collect();
        for (part, names) in [("rows", beside.difference(&above)), ("columns", above.difference(&beside))] {
            let names: Vec<&str> = names.copied().collect();
            if let [first, ..] = names[..] {
                builder
                    .reading
                    .take(format!("nodes that are {part} only"), format!("{}, such as '{first}'", names.len()));
            }
        }
        let notes = self.cells.iter().filter(|(at, _)| at.0 > *header && at.1 == *label && !lines.contains(&at.0));
        let notes = notes.chain(self.cells.range((*header, label + 1)..=(*header, u32::MAX)));
        for (at, text) in notes.filter(|(at, _)| !rows.contains_key(at) && !columns.contains_key(at)) {
            builder.reading.leave(format!("cell {} ('{text}')", cell_name(at.0, at.1)));
        }
        Ok(())
    }

    /// A square matrix under a row of ids, with a column of the same ids beside it or without.
    fn under_ids(&self) -> Option<UnderIds<'_>> {
        let rows: BTreeSet<u32> = self.cells.keys().map(|(row, _)| *row).collect();
        let columns: BTreeSet<u32> = self.cells.keys().map(|(_, column)| *column).collect();
        let (top, left) = (*rows.first()?, *columns.first()?);
        let above: Names = self.cells.range((top, 0)..(top + 1, 0)).map(|(at, text)| (*at, text.as_str())).collect();
        // The corner is empty where the ids stand beside the matrix, too.
        let beside = !above.contains_key(&(top, left));
        let distinct: BTreeSet<&str> = above.values().copied().collect();
        let square = above.len() + 1 == rows.len() && above.len() + usize::from(beside) == columns.len();
        let fits = square && distinct.len() == above.len() && distinct.iter().all(|text| ids::is_id(text));
        fits.then(|| UnderIds { rows: rows.into_iter().skip(1).collect(), left, above, beside })
    }

    /// Reads a matrix whose columns stand under ids: its rows are the same neurons in the same order.
    fn read_under_ids(
        &self,
        source: &Source,
        UnderIds { rows, left, above, beside }: UnderIds,
        kind: EdgeKind,
        builder: &mut Builder,
    ) -> Result<()> {
        let targets = self.label(source, builder, &above, |(_, column)| column, |_| (u32::MAX, u32::MAX))?;
        let order: Vec<u32> = targets.values().copied().collect();
        for (row, from) in rows.iter().zip(&order) {
            let name = self.cells.get(&(*row, left)).filter(|_| beside);
            if let Some(name) = name.filter(|name| builder.node(name) != Ok(*from)) {
                let problem = format!(
                    "the row is called '{name}', and another column stands in its place; their order must agree"
                );
                return Err(self.error(source, (*row, left), &problem));
            }
        }
        let sources: Labels = rows.into_iter().zip(order).collect();
        builder.reading.guess("the first row holds the ids of the nodes", "sheet = \"...\"");
        self.add_weights(source, builder, (&sources, &targets), kind)
    }

    /// Adds an edge for each cell that is not zero and lies under a label of both sides.
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
                let added = builder.edge(Edge { source: *from, target: *to, weight, kind, ..Edge::default() });
                added.map_err(|problem| self.error(source, *at, &problem))?;
            }
        }
        Ok(())
    }

    /// The nodes that these cells name, by their row (or column), with the groups named at `group`.
    fn label(
        &self,
        source: &Source,
        builder: &mut Builder,
        names: &Names,
        line: fn((u32, u32)) -> u32,
        group: fn(u32) -> (u32, u32),
    ) -> Result<Labels> {
        let mut labels = Labels::new();
        let mut seen = BTreeMap::new();
        let mut category = None;
        let mut next = 0;
        for (at, name) in names {
            for place in next..=line(*at) {
                let found = self.cells.get(&group(place)).filter(|text| is_word(text) && group(place) != *at);
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

    /// The first row (or column) that holds most distinct words.
    fn most_words(&self, line: fn((u32, u32)) -> u32) -> Option<u32> {
        let mut words: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
        for (position, text) in self.cells.iter().filter(|(_, text)| is_word(text)) {
            words.entry(line(*position)).or_default().insert(text);
        }
        words.into_iter().max_by_key(|(line, words)| (words.len(), std::cmp::Reverse(*line))).map(|(line, _)| line)
    }
}

/// Cells until the first gap, and those behind it.
fn until_gap<'s>(
    cells: &mut dyn Iterator<Item = (&'s (u32, u32), &'s String)>,
    line: fn((u32, u32)) -> u32,
) -> (Names<'s>, Names<'s>) {
    let mut last = None;
    let mut names = cells.map(|(at, text)| (*at, text.as_str())).peekable();
    let before = std::iter::from_fn(|| {
        names.next_if(|(at, _)| last.replace(line(*at)).is_none_or(|last: u32| last + 1 == line(*at)))
    });
    let before = before.collect();
    (before, names.collect())
}

/// Whether a cell is a label and no number.
fn is_word(text: &str) -> bool {
    text.parse::<f64>().is_err()
}
