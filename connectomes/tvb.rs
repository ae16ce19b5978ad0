//! Connectivities of The Virtual Brain: a zip of weights.txt, tract_lengths.txt, centres.txt and others (Sanz-Leon et
//! al. 2013, Front Neuroinform 7:10), plain or packed by bzip2, in a folder or not. `weights[i, j]` is from j to i.

use super::archive::Archive;
use super::dense;
use super::grid::Grid;
use super::matrix::Matrix;
use super::source::{Source, finite};
use super::table::Table;
use super::{Connectome, Node, Orientation, ReadOptions, Reading, Side, ids};
use crate::Result;
use crate::text::counted;

/// What members are told by: a part of their names, in any case, as in The Virtual Brain's own reader.
const MEMBERS: [&str; 6] = ["weight", "tract", "centre", "area", "cortical", "hemisphere"];

/// Whether the members of an archive are those of a connectivity.
pub(super) fn recognise(names: &[String]) -> bool {
    names.iter().any(|n| is_member(n, "weight"))
}

/// Reads a connectivity.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let mut archive = Archive::open(source)?;
    let mut reading = Reading::of("TVB connectivity");
    let weights = match read_member(&mut archive, "weight", &mut reading)? {
        Some(member) => read_matrix(&member)?,
        None => return Err(source.error("it has no member weights.txt; expected a connectivity of The Virtual Brain")),
    };
    let lengths = match read_member(&mut archive, "tract", &mut reading)? {
        Some(member) => Some(read_matrix(&member)?),
        None => {
            reading.take("length", "none; edges have no tract lengths");
            None
        }
    };
    let about = format!("TVB connectivity read from {}", source.path.display());
    if options.orientation.is_none() {
        reading.guess("columns are sources, rows targets", "orientation = \"row_is_source\"");
    }
    let orientation = options.orientation.unwrap_or(Orientation::ColumnIsSource);
    let centres = read_member(&mut archive, "centre", &mut reading)?;
    let mut values = Vec::new();
    for (name, set) in COLUMNS {
        if let Some(member) = read_member(&mut archive, name, &mut reading)? {
            values.push((read_matrix(&member)?.values, member, set));
        }
    }
    for name in archive.names().iter().filter(|name| !MEMBERS.iter().any(|member| is_member(name, member))) {
        reading.leave(format!("member {name}"));
    }
    let count = weights.rows;
    let (weights, lengths) = (Grid::Dense(weights), lengths.map(Grid::Dense));
    let mut connectome = dense::connectome(source, weights, lengths, orientation, about, reading)?;
    match centres {
        Some(member) => read_centres(&member, &mut connectome.nodes)?,
        None => connectome.reading.take("names", "none; the places 0, 1, 2..."),
    }
    for (values, member, set) in values {
        if values.len() != count {
            return Err(member.error(format!(
                "it has {values} for {regions}",
                values = counted(values.len(), "value"),
                regions = counted(count, "region")
            )));
        }
        connectome.nodes.iter_mut().zip(values).for_each(|(node, value)| set(node, value));
    }
    connectome.check()?;
    Ok(connectome)
}

/// A part of a member's name, and what its values say about a region.
type Column = (&'static str, fn(&mut Node, f64));

const COLUMNS: &[Column] = &[
    ("area", |node, value| node.area = Some(value)),
    ("cortical", |node, value| node.cortical = Some(value != 0.0)),
    ("hemisphere", |node, value| {
        node.side = Some(if value != 0.0 { Side::Right } else { Side::Left });
    }),
];

/// Whether a member's name holds `part`, and its content may be numbers.
fn is_member(name: &str, part: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let stem = file.strip_suffix(".bz2").unwrap_or(&file);
    let text = [".txt", ".csv", ".tsv", ".dat"].iter().any(|ending| stem.ends_with(ending));
    text && (stem.contains(part) || (part == "centre" && stem.contains("center")))
}

/// The one member whose name holds `part`, unpacked; what is empty is none.
fn read_member(archive: &mut Archive, part: &str, reading: &mut Reading) -> Result<Option<Source>> {
    let found: Vec<String> = archive.names().into_iter().filter(|name| is_member(name, part)).collect();
    let [name] = found.as_slice() else {
        let problem = format!("several members may hold {part}s ({}); keep one of them", found.join(", "));
        return if found.is_empty() { Ok(None) } else { Err(archive.error(problem)) };
    };
    let member = unpack_bzip2(archive.member(name)?)?;
    if member.head()?.trim_ascii().is_empty() && part != "weight" {
        reading.leave(format!("member {name}, which is empty"));
        return Ok(None);
    }
    let what = match part {
        "centre" => "names and positions",
        "tract" => "length",
        part => part,
    };
    reading.take(what, format!("member {name}"));
    Ok(Some(member))
}

/// The member, unpacked if it is a bzip2 stream, as old data sets of TVB are.
#[cfg(feature = "formats")]
fn unpack_bzip2(member: Source) -> Result<Source> {
    use std::io::Read;
    let content = member.content();
    if !content.starts_with(b"BZh") {
        return Ok(member);
    }
    let mut text = Vec::new();
    let packed = bzip2::read::MultiBzDecoder::new(content);
    super::capped::Capped::new(packed, member.limit).read_to_end(&mut text).map_err(|e| member.io(e))?;
    Ok(Source::bytes(member.path.clone(), text, member.limit))
}

/// Without the feature `formats`: refuses a bzip2 stream.
#[cfg(not(feature = "formats"))]
fn unpack_bzip2(member: Source) -> Result<Source> {
    match member.head()?.starts_with(b"BZh") {
        true => Err(member.needs_formats("bzip2")),
        false => Ok(member),
    }
}

/// Numbers separated by blanks or commas.
fn read_matrix(source: &Source) -> Result<Matrix> {
    let mut table = Table::open(source, None, Some(b'#'))?;
    let mut matrix = Matrix::default();
    while let Some(row) = table.next_row()? {
        let values: Result<Vec<f64>, String> = row.iter().map(|t| finite(t, "value")).collect();
        let values = values.map_err(|problem| table.error(problem))?;
        if matrix.rows == 0 {
            matrix.columns = values.len();
            source.check_matrix(values.len() as u64, values.len() as u64)?;
        } else if values.len() != matrix.columns {
            let problem = format!(
                "it has {values}, the rows before have {}",
                matrix.columns,
                values = counted(values.len(), "value")
            );
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
            None => Err(format!("it has {fields}; expected label x y z", fields = counted(row.len(), "field"))),
        };
        let position = axis(1).and_then(|x| Ok([x, axis(2)?, axis(3)?]));
        let name = ids::exact(row.get(0).unwrap_or_default()).map(str::to_owned);
        let name = name.map_err(|problem| table.error(problem))?;
        let position = position.map_err(|problem| table.error(problem))?;
        if let Some(node) = nodes.get_mut(count) {
            node.name = name;
            node.position = Some(position);
        }
        count += 1;
    }
    match count == nodes.len() {
        true => Ok(()),
        false => Err(source.error(format!(
            "it has {lines} for {regions}",
            lines = counted(count, "line"),
            regions = counted(nodes.len(), "region")
        ))),
    }
}
