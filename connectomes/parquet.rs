//! Edge lists in Parquet: columns by name, read in batches, 64-bit ids exact.
//!
//! Known by their names are the columns of Shiu et al. 2024 (Presynaptic_ID, Postsynaptic_ID, Connectivity,
//! Excitatory), of FlyWire and Codex (pre_root_id, post_root_id, syn_count, nt_type) and of Janelia (body_pre,
//! body_post, weight); any others are named in the options.

use std::borrow::Cow;

use super::columns::Layout;
use super::parquet_columns::{Chunk, ParquetFile, Values};
use super::rows::Rows;
use super::source::Source;
use super::{Connectome, ReadOptions, headings};
use crate::Result;

/// Rows that are held in memory at a time.
const BATCH: usize = 1 << 16;
/// Rows by which columns are told apart.
const SAMPLE: usize = 200;

/// Reads an edge list.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let file = ParquetFile::open(source)?;
    let header = file.header();
    let structure = |column| file.structure(column).filter(|name| headings::is_used(name, &options.columns));
    if let Some(odd) = (0..header.len()).find_map(structure) {
        let advice = format!("name a column in an option, such as one of its fields ({odd}.x), or \"\" for none");
        return Err(
            source.error(format!("the column '{odd}' is a structure and neither a number nor a text; {advice}"))
        );
    }
    let layout =
        Layout::new(&header, &first_rows(&file, &header), &options.columns, &source.path.display().to_string())?;
    let used = layout.used();
    file.check(&used)?;
    let needed = |column: &usize| used.contains(column) || headings::is_used(&header[*column], &options.columns);
    if let Some(list) = (0..header.len()).filter(needed).find(|column| file.holds_lists(*column)) {
        let problem = "holds lists; expected one number or text in each row";
        return Err(source.error(format!("the column '{}' {problem}", header[list])));
    }
    let mut rows = Rows::new(options, &header, layout, |column| file.holds_singles(column))?;
    for group in 0..file.groups() {
        let mut chunks: Vec<Chunk> = used.iter().map(|c| file.chunk(group, *c)).collect::<Result<_>>()?;
        let mut left = file.rows(group)?;
        while left > 0 {
            let wanted = left.min(BATCH);
            let mut batch = vec![Values::default(); header.len()];
            for (column, chunk) in used.iter().zip(&mut chunks) {
                batch[*column] = chunk.next(wanted).map_err(|problem| source.error(problem))?;
            }
            rows.add_all(source, &batch, wanted)?;
            left -= wanted;
        }
    }
    rows.finish(source, "Parquet edge list", options)
}

/// The first rows, as text; a column that holds neither numbers nor text is empty here, and refused where it is used.
fn first_rows(file: &ParquetFile, header: &[String]) -> Vec<Vec<String>> {
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
