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
use super::{Connectome, Edge, EdgeKind, ReadOptions};
use crate::Result;

/// Rows that are held in memory at a time.
const BATCH: usize = 1 << 16;

/// Reads an edge list; a row whose kind is a mirror image (Varshney's R and Rp) is left out.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let file = ParquetFile::open(source)?;
    let header = file.header();
    let layout = Layout::new(&header, &options.columns, &source.path.display().to_string())?;
    let used = layout.used();
    file.check(&used)?;
    for id in [layout.source, layout.target] {
        if file.holds_reals(id) {
            let problem =
                "holds floating-point numbers, in which ids above 2^53 lose digits; store it as integers or text";
            return Err(source.error(format!("the column '{}' {problem}", header[id])));
        }
    }
    if let Some(list) = used.iter().find(|c| file.holds_lists(**c)) {
        let problem = "holds lists; expected one number or text in each row";
        return Err(source.error(format!("the column '{}' {problem}", header[*list])));
    }
    let mut rows = Rows { builder: Builder::new(options)?, layout, sources: HashMap::new(), targets: HashMap::new() };
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
    if done == 0 {
        return Err(source.error("it has no rows; expected one edge in each"));
    }
    Ok(rows.builder.finish(source, "Parquet edge list", options.sum_repeated))
}

/// Turns rows into edges.
struct Rows {
    builder: Builder,
    layout: Layout,
    /// Integer ids that were met, so that each is turned into text once.
    sources: HashMap<i64, u32>,
    targets: HashMap<i64, u32>,
}

impl Rows {
    fn add(&mut self, batch: &[Values], row: usize) -> Result<(), String> {
        let column = |index: Option<usize>| index.and_then(|i| batch.get(i));
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
        let sign = sign(column(self.layout.sign), row)?;
        let (source, target) = (&batch[self.layout.source], &batch[self.layout.target]);
        let source = node(&mut self.builder, &mut self.sources, source, row, "source")?;
        let target = node(&mut self.builder, &mut self.targets, target, row, "target")?;
        self.builder.edge(Edge { source, target, weight, kind, sign, length, transmitter });
        Ok(())
    }
}

/// The node in a column of ids.
fn node(
    builder: &mut Builder,
    seen: &mut HashMap<i64, u32>,
    values: &Values,
    row: usize,
    what: &str,
) -> Result<u32, String> {
    let whole = match values {
        Values::Signed(values) | Values::Unsigned(values) => values.get(row).copied().flatten(),
        _ => None,
    };
    if let Some(index) = whole.and_then(|id| seen.get(&id)) {
        return Ok(*index);
    }
    let text = values.text(row)?.ok_or_else(|| format!("its {what} is empty"))?;
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

/// Excitatory (+1), inhibitory (-1) or unknown (0), from a number, a truth value (excitatory or not) or a word.
fn sign(values: Option<&Values>, row: usize) -> Result<i8, String> {
    match values {
        None => Ok(0),
        Some(Values::Flag(flags)) => Ok(flags.get(row).copied().flatten().map_or(0, |yes| if yes { 1 } else { -1 })),
        Some(values) => columns::sign(&values.text(row)?.unwrap_or_default()),
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
