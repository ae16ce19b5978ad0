//! Writers: edge list and node table in CSV (gzip where the name ends in .gz), and a dense NPY matrix.

use std::io::Write;
use std::path::Path;

use npyz::WriterBuilder;

use super::{Connectome, EdgeKind, Orientation, Side};
use crate::files::atomic_write;
use crate::{Error, Result};

impl Connectome {
    /// Writes `source,target,weight,kind,sign,length,transmitter`, one edge per line, nodes by name.
    ///
    /// Nodes without an edge are lost unless the node table is written too ([`Connectome::write_nodes`]).
    pub fn write_edge_list(&self, path: impl AsRef<Path>) -> Result<()> {
        self.check()?;
        let name = |index: u32| self.nodes.get(index as usize).map(|n| n.name.as_str()).unwrap_or_default();
        write_csv(path.as_ref(), &["source", "target", "weight", "kind", "sign", "length", "transmitter"], |csv| {
            for edge in &self.edges {
                csv.write_record([
                    name(edge.source),
                    name(edge.target),
                    &edge.weight.to_string(),
                    if edge.kind == EdgeKind::Gap { "gap" } else { "chemical" },
                    &edge.sign.to_string(),
                    &edge.length.map(|l| l.to_string()).unwrap_or_default(),
                    edge.transmitter.as_deref().unwrap_or_default(),
                ])?;
            }
            Ok(())
        })
    }

    /// Writes `name,kind,category,side,x,y,z`, one node per line.
    pub fn write_nodes(&self, path: impl AsRef<Path>) -> Result<()> {
        self.check()?;
        write_csv(path.as_ref(), &["name", "kind", "category", "side", "x", "y", "z"], |csv| {
            for node in &self.nodes {
                let [x, y, z] = match node.position {
                    Some(position) => position.map(|p| p.to_string()),
                    None => [const { String::new() }; 3],
                };
                let [kind, category] = [&node.kind, &node.category].map(|t| t.as_deref().unwrap_or_default());
                let side = match node.side {
                    Some(Side::Left) => "left",
                    Some(Side::Right) => "right",
                    None => "",
                };
                csv.write_record([&node.name, kind, category, side, &x, &y, &z])?;
            }
            Ok(())
        })
    }

    /// Writes a dense float64 NPY matrix of the summed weights of one kind; `max_bytes` bounds its size.
    pub fn write_npy(
        &self,
        path: impl AsRef<Path>,
        kind: EdgeKind,
        orientation: Orientation,
        max_bytes: u64,
    ) -> Result<()> {
        self.check()?;
        let count = self.nodes.len() as u64;
        let size = count.saturating_mul(count).saturating_mul(8);
        if size > max_bytes {
            let what = format!("a dense matrix of {count} x {count}");
            let hint = "write an edge list instead, or raise max_bytes".to_owned();
            return Err(Error::Memory { what, needed: size, available: max_bytes, hint });
        }
        let mut matrix = vec![0.0; (count * count) as usize];
        for edge in self.edges.iter().filter(|e| e.kind == kind) {
            let (row, column) = match orientation {
                Orientation::RowIsSource => (edge.source, edge.target),
                Orientation::ColumnIsSource => (edge.target, edge.source),
            };
            matrix[row as usize * count as usize + column as usize] += edge.weight;
        }
        atomic_write(path.as_ref(), |file| {
            let options = npyz::WriteOptions::new().default_dtype().shape(&[count, count]).writer(file);
            let mut writer = options.begin_nd()?;
            writer.extend(matrix)?;
            writer.finish()
        })
    }
}

type Csv<'a> = csv::Writer<Box<dyn Write + 'a>>;

fn write_csv(path: &Path, header: &[&str], rows: impl FnOnce(&mut Csv) -> csv::Result<()>) -> Result<()> {
    let packed = path.extension().is_some_and(|e| e == "gz");
    atomic_write(path, |file| {
        let stream: Box<dyn Write + '_> = match packed {
            true => Box::new(flate2::write::GzEncoder::new(file, flate2::Compression::best())),
            false => Box::new(file),
        };
        let mut csv = csv::Writer::from_writer(stream);
        csv.write_record(header)?;
        rows(&mut csv)?;
        csv.flush()
    })
}
