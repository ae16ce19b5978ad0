//! A dense matrix of weights in NPY.

use std::path::Path;

use npyz::WriterBuilder;

use crate::connectomes::{Connectome, EdgeKind, Orientation};
use crate::error::{Error, Result};
use crate::files::atomic_write;

impl Connectome {
    /// Writes a dense float64 NPY matrix of the summed weights of one kind; `max_bytes` bounds its size.
    ///
    /// # Errors
    /// A matrix over that size, a file that cannot be written.
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
