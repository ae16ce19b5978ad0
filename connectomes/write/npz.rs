//! NumPy arrays: the edges one by one as a sparse matrix of scipy's kind COO, and beside it what is known of nodes and
//! edges; [`npz`](crate::connectomes::npz) reads it.

use std::io::{self, Cursor, Write};
use std::path::Path;

use npyz::{AutoSerialize, DType, Serialize, WriteOptions, WriterBuilder};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::check_size;
use crate::Result;
use crate::connectomes::options::MAX_BYTES;
use crate::connectomes::{Connectome, EdgeKind, Part, Side};
use crate::files::atomic_write;

/// Writes the arrays that `npz::read` takes; those that no node or edge fills are left out.
pub(super) fn write(connectome: &Connectome, path: &Path) -> Result<()> {
    let (nodes, edges) = (&connectome.nodes, &connectome.edges);
    let labels = Texts::new(nodes.iter().map(|node| Some(node.name.as_str())));
    let kinds = Texts::new(nodes.iter().map(|node| node.kind.as_deref()));
    let categories = Texts::new(nodes.iter().map(|node| node.category.as_deref()));
    let sides = Texts::new(nodes.iter().map(|node| node.side.map(Side::name)));
    let transmitters = Texts::new(edges.iter().map(|edge| edge.transmitter.as_deref()));
    for texts in [&labels, &kinds, &categories, &transmitters] {
        texts.check_size(path)?;
    }
    let holds = |part| connectome.count(part) > 0;
    atomic_write(path, |file| {
        // The archive is made in memory: it is far smaller than the connectome, and a writer of archives that fails
        // says so on standard error by itself.
        let mut npz = Npz(ZipWriter::new(Cursor::new(Vec::new())));
        let (n, m) = (nodes.len() as u64, edges.len() as u64);
        npz.write_array::<[u8]>("format", "|S3", &[], [&b"coo"[..]].into_iter())?;
        npz.write_numbers("shape", &[2], [n as i64, n as i64])?;
        npz.write_numbers("row", &[m], edges.iter().map(|edge| i64::from(edge.source)))?;
        npz.write_numbers("col", &[m], edges.iter().map(|edge| i64::from(edge.target)))?;
        npz.write_numbers("data", &[m], edges.iter().map(|edge| edge.weight))?;
        npz.write_texts("labels", &labels)?;
        if holds(Part::Gap) {
            npz.write_numbers("gap", &[m], edges.iter().map(|edge| edge.kind == EdgeKind::Gap))?;
        }
        if holds(Part::Sign) {
            npz.write_numbers("sign", &[m], edges.iter().map(|edge| edge.sign.signum()))?;
        }
        if holds(Part::Length) {
            npz.write_numbers("length", &[m], edges.iter().map(|edge| edge.length.unwrap_or(f64::NAN)))?;
        }
        if holds(Part::Position) {
            let positions = nodes.iter().flat_map(|node| node.position.unwrap_or([f64::NAN; 3]));
            npz.write_numbers("position", &[n, 3], positions)?;
        }
        if holds(Part::Area) {
            npz.write_numbers("area", &[n], nodes.iter().map(|node| node.area.unwrap_or(f64::NAN)))?;
        }
        if holds(Part::Cortical) {
            npz.write_numbers("cortical", &[n], nodes.iter().map(|node| node.cortical.map_or(-1, i8::from)))?;
        }
        let texts = [
            (Part::Transmitter, "transmitter", &transmitters),
            (Part::Kind, "kind", &kinds),
            (Part::Category, "category", &categories),
            (Part::Side, "side", &sides),
        ];
        for (_, name, texts) in texts.iter().filter(|(part, ..)| holds(*part)) {
            npz.write_texts(name, texts)?;
        }
        file.write_all(npz.0.finish()?.get_ref())
    })
}

/// Texts, empty where there is none, and the characters of the longest.
struct Texts<'c> {
    texts: Vec<&'c str>,
    longest: u64,
}

impl<'c> Texts<'c> {
    /// The texts, and the length of the longest in characters: NumPy's type `<U` has one width for all.
    fn new(texts: impl Iterator<Item = Option<&'c str>>) -> Texts<'c> {
        let texts: Vec<&str> = texts.map(Option::unwrap_or_default).collect();
        let longest = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1) as u64;
        Texts { texts, longest }
    }

    /// Refuses texts of which one is so long that the array, padded to it, would be too large to read back.
    fn check_size(&self, path: &Path) -> Result<()> {
        let size = (self.texts.len() as u64).saturating_mul(self.longest).saturating_mul(8);
        check_size(
            path,
            &format!("an array of {} texts of {} characters", self.texts.len(), self.longest),
            size,
            MAX_BYTES,
        )
    }
}

struct Npz(ZipWriter<Cursor<Vec<u8>>>);

impl Npz {
    /// Writes an array of numbers in their own type.
    fn write_numbers<T: AutoSerialize>(
        &mut self,
        name: &str,
        shape: &[u64],
        values: impl IntoIterator<Item = T>,
    ) -> io::Result<()> {
        let options = WriteOptions::<T>::new().default_dtype().shape(shape);
        let mut array = options.writer(self.start_member(name)?).begin_nd()?;
        array.extend(values)?;
        array.finish()
    }

    /// Writes an array of texts as NumPy's `<U`.
    fn write_texts(&mut self, name: &str, texts: &Texts) -> io::Result<()> {
        self.write_array::<str>(
            name,
            &format!("<U{}", texts.longest),
            &[texts.texts.len() as u64],
            texts.texts.iter().copied(),
        )
    }

    /// Writes an array whose NumPy type is named.
    fn write_array<'v, T: Serialize + ?Sized + 'v>(
        &mut self,
        name: &str,
        kind: &str,
        shape: &[u64],
        values: impl Iterator<Item = &'v T>,
    ) -> io::Result<()> {
        let kind = DType::Plain(kind.parse().map_err(io::Error::other)?);
        let options = WriteOptions::<T>::new().dtype(kind).shape(shape);
        let mut array = options.writer(self.start_member(name)?).begin_nd()?;
        for value in values {
            array.push(value)?;
        }
        array.finish()
    }

    /// Starts a member; one of more than 4 GiB is allowed.
    fn start_member(&mut self, name: &str) -> io::Result<&mut ZipWriter<Cursor<Vec<u8>>>> {
        self.0.start_file(format!("{name}.npy"), SimpleFileOptions::default().large_file(true))?;
        Ok(&mut self.0)
    }
}
