//! Edge lists in Parquet: columns by name, read in batches, 64-bit ids exact.
//!
//! Known by their names are the columns of Shiu et al. 2024 (Presynaptic_ID, Postsynaptic_ID, Connectivity,
//! Excitatory), of FlyWire and Codex (pre_root_id, post_root_id, syn_count, nt_type) and of Janelia (body_pre,
//! body_post, weight); any others are named in the options.

use std::borrow::Cow;
use std::collections::HashMap;

use super::builder::Builder;
use super::columns::{self, Layout};
use super::parquet_columns::{Chunk, ParquetFile, Values};
use super::source::Source;
use super::{Connectome, Edge, EdgeKind, ReadOptions, ids};
use crate::Result;

/// Rows that are held in memory at a time.
const BATCH: usize = 1 << 16;
/// Rows by which columns are told apart.
const SAMPLE: usize = 200;

/// Reads an edge list; a row whose kind is a mirror image (Varshney's R and Rp) is left out.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let file = ParquetFile::open(source)?;
    let header = file.header();
    let layout = Layout::new(&header, &sample(&file, &header), &options.columns, &source.path.display().to_string())?;
    let used = layout.used();
    file.check(&used)?;
    if let Some(list) = used.iter().find(|c| file.holds_lists(**c)) {
        let problem = "holds lists; expected one number or text in each row";
        return Err(source.error(format!("the column '{}' {problem}", header[*list])));
    }
    let mut builder = Builder::new(options)?;
    layout.account(&mut builder.reading);
    let exact = [layout.source, layout.target].map(|c| if file.holds_singles(c) { ids::EXACT_32 } else { ids::EXACT });
    let mut rows = Rows { builder, layout, header: &header, exact, sources: HashMap::new(), targets: HashMap::new() };
    let mut done = 0u64;
    for group in 0..file.groups() {
        let mut chunks: Vec<Chunk> = used.iter().map(|c| file.chunk(group, *c)).collect::<Result<_>>()?;
        let mut left = file.rows(group)?;
        while left > 0 {
            let wanted = left.min(BATCH);
            let mut batch = vec![Values::default(); header.len()];
            for (column, chunk) in used.iter().zip(&mut chunks) {
                batch[*column] = chunk.next(wanted).map_err(|problem| source.error(problem))?;
            }
            for row in 0..wanted {
                let added = rows.add(&batch, row);
                added.map_err(|problem| source.error(format!("row {}: {problem}", done + row as u64 + 1)))?;
            }
            left -= wanted;
            done += wanted as u64;
        }
    }
    if done == 0 && options.nodes.is_none() {
        return Err(source.error("it has no rows; expected one edge in each"));
    }
    Ok(rows.builder.finish(source, "Parquet edge list", options.sum_repeated))
}

/// The first rows, as text; a column that holds neither numbers nor text is empty here, and refused where it is used.
fn sample(file: &ParquetFile, header: &[String]) -> Vec<Vec<String>> {
    let count = if file.groups() > 0 { file.rows(0).map_or(0, |rows| rows.min(SAMPLE)) } else { 0 };
    let mut rows = vec![vec![String::new(); header.len()]; count];
    for column in 0..header.len() {
        let small = file.check(&[column]).is_ok() && count > 0;
        let values = small.then(|| file.chunk(0, column).ok().and_then(|mut chunk| chunk.next(count).ok())).flatten();
        let Some(values) = values else { continue };
        for (row, fields) in rows.iter_mut().enumerate() {
            fields[column] = values.text(row).ok().flatten().map(Cow::into_owned).unwrap_or_default();
        }
    }
    rows
}

/// Turns rows into edges.
struct Rows<'h> {
    builder: Builder,
    layout: Layout,
    header: &'h [String],
    /// Where the numbers of the two columns of ids stop to be exact.
    exact: [f64; 2],
    /// Integer ids that were met, so that each is turned into text once.
    sources: HashMap<i64, u32>,
    targets: HashMap<i64, u32>,
}

impl Rows<'_> {
    fn add(&mut self, batch: &[Values], row: usize) -> Result<(), String> {
        let column = |index: Option<usize>| index.and_then(|i| batch.get(i));
        if let Some(values) = column(self.layout.unkind()) {
            self.layout.still_unkind(&values.text(row)?.unwrap_or_default())?;
        }
        let Some(kind) = kind(column(self.layout.kind), row)? else { return Ok(()) };
        let length = match column(self.layout.length) {
            Some(values) => length(values, row)?,
            None => None,
        };
        let weight = match column(self.layout.weight) {
            Some(values) => values.number(row, "weight")?.ok_or("its weight is empty")?,
            None => 1.0,
        };
        if !weight.is_finite() {
            return Err(format!("weight is {weight}; it must be finite"));
        }
        let transmitter = match column(self.layout.transmitter) {
            Some(values) => values.text(row)?.map(Cow::into_owned).filter(|t| !t.is_empty()),
            None => None,
        };
        let sign = match column(self.layout.sign) {
            Some(values) => self.layout.sign(&values.text(row)?.unwrap_or_default())?,
            None => 0,
        };
        let both = match column(self.layout.direction) {
            Some(values) => {
                let word = values.text(row)?.unwrap_or_default();
                self.layout.goes_both_ways(|_| &word)?
            }
            None => false,
        };
        let (from, to) = (self.layout.source, self.layout.target);
        let header = self.header;
        let named = |column: usize| move |problem: String| format!("column '{}': {problem}", header[column]);
        let (of_from, of_to) = (named(from), named(to));
        let source = node(&mut self.builder, &mut self.sources, &batch[from], row, ("source", self.exact[0]))
            .map_err(of_from)?;
        let target =
            node(&mut self.builder, &mut self.targets, &batch[to], row, ("target", self.exact[1])).map_err(of_to)?;
        self.builder.edge_or_both(Edge { source, target, weight, kind, sign, length, transmitter }, both);
        Ok(())
    }
}

/// The node in a column of ids.
fn node(
    builder: &mut Builder,
    seen: &mut HashMap<i64, u32>,
    values: &Values,
    row: usize,
    (what, exact): (&str, f64),
) -> Result<u32, String> {
    let whole = match values {
        Values::Signed(values) | Values::Unsigned(values) => values.get(row).copied().flatten(),
        _ => None,
    };
    if let Some(index) = whole.and_then(|id| seen.get(&id)) {
        return Ok(*index);
    }
    let text = match values {
        Values::Real(values) => {
            values.get(row).copied().flatten().map(|id| ids::of_number(id, exact)).transpose()?.map(Cow::from)
        }
        values => values.text(row)?,
    };
    let text = text.ok_or_else(|| format!("its {what} is empty"))?;
    let index = builder.node(&text)?;
    if let Some(id) = whole {
        seen.insert(id, index);
    }
    Ok(index)
}

fn kind(values: Option<&Values>, row: usize) -> Result<Option<EdgeKind>, String> {
    match values {
        Some(values) => columns::kind(&values.text(row)?.unwrap_or_default()),
        None => Ok(Some(EdgeKind::Chemical)),
    }
}

fn length(values: &Values, row: usize) -> Result<Option<f64>, String> {
    match values.number(row, "length")? {
        Some(length) if !length.is_finite() || length < 0.0 => {
            Err(format!("length is {length} mm; it must be finite and not negative"))
        }
        length => Ok(length),
    }
}
