//! Connectivities of The Virtual Brain: a zip of weights.txt, tract_lengths.txt, centres.txt and others (Sanz-Leon et
//! al. 2013, Front Neuroinform 7:10), plain or packed by bzip2, in a folder or not. `weights[i, j]` is from j to i.

use super::archive::Archive;
use super::dense::{self, Matrix};
use super::source::{Source, finite};
use super::table::Table;
use super::{Connectome, Node, Orientation, Reading, Side};
use crate::Result;

/// Whether the members of an archive are those of a connectivity.
pub(super) fn recognise(names: &[String]) -> bool {
    names.iter().any(|n| stem(n) == Some("weights"))
}

/// Reads a connectivity.
pub(super) fn read(source: &Source) -> Result<Connectome> {
    let mut archive = Archive::open(source)?;
    let weights = match member(&mut archive, &["weights"])? {
        Some(member) => matrix(&member)?,
        None => return Err(source.error("it has no member weights.txt; expected a connectivity of The Virtual Brain")),
    };
    let lengths = member(&mut archive, &["tract_lengths"])?.map(|m| matrix(&m)).transpose()?;
    let count = weights.rows;
    let about = format!("TVB connectivity read from {}", source.path.display());
    let mut connectome = dense::connectome(
        source,
        weights,
        lengths,
        Orientation::ColumnIsSource,
        about,
        Reading::of("TVB connectivity"),
    )?;
    if let Some(member) = member(&mut archive, &["centres", "centers"])? {
        read_centres(&member, &mut connectome.nodes)?;
    }
    for (names, set) in COLUMNS {
        if let Some(member) = member(&mut archive, names)? {
            let values = matrix(&member)?.values;
            if values.len() != count {
                return Err(member.error(format!("it has {} values for {count} regions", values.len())));
            }
            connectome.nodes.iter_mut().zip(values).for_each(|(node, value)| set(node, value));
        }
    }
    connectome.check()?;
    Ok(connectome)
}

/// A member's names, and what its values say about a region.
type Column = (&'static [&'static str], fn(&mut Node, f64));

const COLUMNS: &[Column] = &[
    (&["areas"], |node, value| node.area = Some(value)),
    (&["cortical"], |node, value| node.cortical = Some(value != 0.0)),
    (&["hemisphere", "hemispheres"], |node, value| {
        node.side = Some(if value != 0.0 { Side::Right } else { Side::Left });
    }),
];

fn stem(name: &str) -> Option<&str> {
    let file = name.rsplit('/').next()?;
    file.strip_suffix(".bz2").unwrap_or(file).strip_suffix(".txt")
}

/// The first member with one of these names, unpacked.
fn member(archive: &mut Archive, stems: &[&str]) -> Result<Option<Source>> {
    let found = archive.names().into_iter().find(|n| stem(n).is_some_and(|s| stems.contains(&s)));
    found.map(|name| unpacked(archive.member(&name)?)).transpose()
}

#[cfg(feature = "formats")]
fn unpacked(member: Source) -> Result<Source> {
    use std::io::Read;
    let content = member.read()?;
    if !content.starts_with(b"BZh") {
        return Ok(member);
    }
    let mut text = Vec::new();
    let packed = bzip2::read::MultiBzDecoder::new(content.as_slice());
    super::source::Capped::new(packed, member.limit).read_to_end(&mut text).map_err(|e| member.io(e))?;
    Ok(Source::bytes(member.path.clone(), text, member.limit))
}

#[cfg(not(feature = "formats"))]
fn unpacked(member: Source) -> Result<Source> {
    match member.head()?.starts_with(b"BZh") {
        true => Err(super::read::needs_formats(&member, "bzip2")),
        false => Ok(member),
    }
}

/// Numbers separated by blanks or commas.
fn matrix(source: &Source) -> Result<Matrix> {
    let mut table = Table::open(source, None, Some(b'#'))?;
    let mut matrix = Matrix::default();
    while let Some(row) = table.next_row()? {
        let values: Result<Vec<f64>, String> = row.iter().map(|t| finite(t, "value")).collect();
        let values = values.map_err(|problem| table.error(problem))?;
        if matrix.rows == 0 {
            matrix.columns = values.len();
            source.check_matrix(values.len() as u64, values.len() as u64)?;
        } else if values.len() != matrix.columns {
            let problem = format!("it has {} values, the rows before have {}", values.len(), matrix.columns);
            return Err(table.error(problem));
        }
        matrix.values.extend(values);
        matrix.rows += 1;
    }
    Ok(matrix)
}

/// Names and positions: label x y z, and whatever follows on the line.
fn read_centres(source: &Source, nodes: &mut [Node]) -> Result<()> {
    let mut table = Table::open(source, None, Some(b'#'))?;
    let mut count = 0;
    while let Some(row) = table.next_row()? {
        let axis = |column: usize| match row.get(column) {
            Some(text) => finite(text, "coordinate"),
            None => Err(format!("it has {} fields; expected label x y z", row.len())),
        };
        let position = axis(1).and_then(|x| Ok([x, axis(2)?, axis(3)?]));
        let name = row.get(0).unwrap_or_default().to_owned();
        let position = position.map_err(|problem| table.error(problem))?;
        if let Some(node) = nodes.get_mut(count) {
            node.name = name;
            node.position = Some(position);
        }
        count += 1;
    }
    match count == nodes.len() {
        true => Ok(()),
        false => Err(source.error(format!("it has {count} lines for {} regions", nodes.len()))),
    }
}
