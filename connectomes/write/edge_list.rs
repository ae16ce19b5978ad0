//! Edge lists and tables of nodes in CSV, packed by gzip where the name ends in .gz.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::shortest_number;
use crate::Result;
use crate::connectomes::{Connectome, EdgeKind, Part, Side};
use crate::files::atomic_write;

type Csv<'a> = csv::Writer<&'a mut dyn Write>;

/// Columns beside source, target and weight: only those that say something.
const COLUMNS: [(Part, &str); 4] =
    [(Part::Gap, "kind"), (Part::Sign, "sign"), (Part::Length, "length"), (Part::Transmitter, "transmitter")];

/// Writes source, target and weight, and kind, sign, length and transmitter where an edge has them; nodes by name.
pub(super) fn write(connectome: &Connectome, file: &mut BufWriter<File>, path: &Path) -> io::Result<()> {
    let name = |index: u32| connectome.nodes.get(index as usize).map(|n| n.name.as_str()).unwrap_or_default();
    let columns: Vec<(Part, &str)> = COLUMNS.into_iter().filter(|(part, _)| connectome.count(*part) > 0).collect();
    let header = ["source", "target", "weight"].into_iter().chain(columns.iter().map(|(_, name)| *name));
    write_table(file, path, |csv| {
        csv.write_record(header)?;
        for edge in &connectome.edges {
            [name(edge.source), name(edge.target), &shortest_number(edge.weight)]
                .into_iter()
                .try_for_each(|f| csv.write_field(f))?;
            for (part, _) in &columns {
                match part {
                    Part::Gap => csv.write_field(if edge.kind == EdgeKind::Gap { "gap" } else { "chemical" })?,
                    Part::Sign => csv.write_field(edge.sign.signum().to_string())?,
                    Part::Length => csv.write_field(edge.length.map(shortest_number).unwrap_or_default())?,
                    _ => csv.write_field(edge.transmitter.as_deref().unwrap_or_default())?,
                }
            }
            csv.write_record(None::<&[u8]>)?;
        }
        Ok(())
    })
}

impl Connectome {
    /// Writes the table of nodes `name,kind,category,side,x,y,z,area,cortical`, one node per line, in CSV, packed by gzip
    /// where the name ends in .gz.
    ///
    /// # Errors
    /// Names that are not unique, a file that cannot be written.
    pub fn write_nodes(&self, path: impl AsRef<Path>) -> Result<()> {
        self.check()?;
        let path = path.as_ref();
        let nodes = |csv: &mut Csv| {
            csv.write_record(["name", "kind", "category", "side", "x", "y", "z", "area", "cortical"])?;
            for node in &self.nodes {
                let [x, y, z] = match node.position {
                    Some(position) => position.map(shortest_number),
                    None => [const { String::new() }; 3],
                };
                let [kind, category] = [&node.kind, &node.category].map(|t| t.as_deref().unwrap_or_default());
                let side = node.side.map(Side::name).unwrap_or_default();
                let area = node.area.map(shortest_number).unwrap_or_default();
                let cortical = node.cortical.map(|c| c.to_string()).unwrap_or_default();
                csv.write_record([&node.name, kind, category, side, &x, &y, &z, &area, &cortical])?;
            }
            Ok(())
        };
        atomic_write(path, |file| write_table(file, path, nodes))
    }
}

/// Fills a table; what our readers would take for a comment stands in quotes.
fn write_table(
    file: &mut BufWriter<File>,
    path: &Path,
    rows: impl FnOnce(&mut Csv) -> csv::Result<()>,
) -> io::Result<()> {
    let fill = |out: &mut dyn Write| {
        let mut csv = csv::WriterBuilder::new().comment(Some(b'#')).from_writer(out);
        rows(&mut csv).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(reason) => reason,
            other => io::Error::other(format!("{other:?}")),
        })?;
        csv.flush()
    };
    if path.to_string_lossy().to_lowercase().ends_with(".gz") {
        let mut packed = GzEncoder::new(file, Compression::default());
        fill(&mut packed)?;
        packed.finish().map(drop)
    } else {
        fill(file)
    }
}
