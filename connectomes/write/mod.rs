//! Writers: a file that is read back as the same connectome, or a sentence on what its format does not hold.

mod edge_list;
#[cfg(feature = "formats")]
mod graphml;
mod matlab;
mod matrix;
mod npz;
#[cfg(feature = "formats")]
mod parquet;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{Connectome, Part, Reading, ids};
use crate::error::{Error, Result};
use crate::files::atomic_write;
use crate::quote;
use crate::text::bytes;

/// A format that connectomes are written in, by the ending of the file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteFormat {
    /// One edge per line; what is known of nodes goes into a table of its own.
    EdgeList,
    /// GraphML, which holds everything.
    GraphMl,
    /// NumPy arrays which hold everything; the edges are a sparse matrix that scipy.sparse.load_npz reads.
    Npz,
    /// A sparse matrix of weights, and one of lengths, with names, for MATLAB.
    Matlab,
    /// The edge list as Parquet.
    Parquet,
}

/// Endings and their formats; the longer before those it ends in.
const ENDINGS: [(&str, WriteFormat); 6] = [
    (".csv.gz", WriteFormat::EdgeList),
    (".csv", WriteFormat::EdgeList),
    (".graphml", WriteFormat::GraphMl),
    (".npz", WriteFormat::Npz),
    (".mat", WriteFormat::Matlab),
    (".parquet", WriteFormat::Parquet),
];

impl WriteFormat {
    /// The format of a file's ending.
    ///
    /// # Errors
    /// An ending of none, and a format that this build leaves out.
    pub fn of(path: &Path) -> Result<WriteFormat> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        match ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)) {
            Some((_, WriteFormat::GraphMl | WriteFormat::Parquet)) if cfg!(not(feature = "formats")) => {
                let problem = "this build does not write such files; build with the cargo feature 'formats'";
                Err(Error::file(path, problem))
            }
            Some((_, format)) => Ok(*format),
            None => {
                let problem = "the ending of its name says no format that is written";
                let known = ENDINGS.map(|(ending, _)| ending).join(", ");
                Err(Error::file(path, format!("{problem}; end it in one of {known}")))
            }
        }
    }

    /// What it is, in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            WriteFormat::EdgeList => "an edge list",
            WriteFormat::GraphMl => "GraphML",
            WriteFormat::Npz => "an NPZ network",
            WriteFormat::Matlab => "a MATLAB matrix",
            WriteFormat::Parquet => "a Parquet edge list",
        }
    }

    /// Whether what is known of nodes goes into a table beside it.
    pub fn has_node_table(self) -> bool {
        matches!(self, WriteFormat::EdgeList | WriteFormat::Parquet)
    }

    /// What it does not hold.
    fn lacks(self, node_table: bool) -> &'static [Part] {
        use Part::{Area, Category, Cortical, Gap, Isolated, Kind, Parallel, Position, Side, Sign, Transmitter, Zero};
        match self {
            WriteFormat::EdgeList | WriteFormat::Parquet if !node_table => {
                &[Kind, Category, Position, Area, Cortical, Side, Isolated]
            }
            WriteFormat::Matlab => {
                &[Gap, Parallel, Zero, Sign, Transmitter, Kind, Category, Position, Area, Cortical, Side]
            }
            _ => &[],
        }
    }
}

impl Connectome {
    /// Writes a file that is read back as this connectome, whole or not at all, in the format of the name's ending; beside
    /// an edge list `nodes`, the table of nodes that [`ReadOptions::nodes`](super::ReadOptions::nodes) reads.
    ///
    /// ```no_run
    /// use neuropil::connectomes::Connectome;
    /// # fn main() -> neuropil::Result<()> {
    /// let worm = Connectome::named("cook2019")?;
    /// worm.write("worm.graphml", None)?;
    /// worm.write("worm.csv", Some("neurons.csv".as_ref()))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// An ending of no format, what the format does not hold ([`Connectome::leave_out`] does without), a file that cannot
    /// be written.
    pub fn write(&self, path: impl AsRef<Path>, nodes: Option<&Path>) -> Result<()> {
        let path = path.as_ref();
        let format = WriteFormat::of(path)?;
        self.check()?;
        self.check_parts(format, path, nodes)?;
        self.check_texts(format, path, nodes.is_some())?;
        match format {
            WriteFormat::EdgeList => self.write_both(path, nodes, |file| edge_list::write(self, file, path)),
            WriteFormat::Npz => npz::write(self, path),
            WriteFormat::Matlab => matlab::write(self, path),
            _ => self.write_heavy(format, path, nodes),
        }
    }

    /// The formats that need the feature `formats`.
    #[cfg(feature = "formats")]
    fn write_heavy(&self, format: WriteFormat, path: &Path, nodes: Option<&Path>) -> Result<()> {
        match format {
            WriteFormat::GraphMl => atomic_write(path, |file| graphml::write(self, file)),
            _ => self.write_both(path, nodes, |file| parquet::write(self, file)),
        }
    }

    /// Without the feature `formats`: the sentence on the format that is missing.
    #[cfg(not(feature = "formats"))]
    fn write_heavy(&self, _: WriteFormat, path: &Path, _: Option<&Path>) -> Result<()> {
        WriteFormat::of(path).map(drop)
    }

    /// What a file of this format is without, and nobody misses: said, not refused.
    pub fn unwritten(&self, format: WriteFormat, node_table: bool) -> Vec<String> {
        let mut left = Vec::new();
        if self.reading == Reading::default() {
            left.push("the title and the line on its source".to_owned());
        }
        if format.has_node_table() && !node_table && !self.nodes_come_as_named() {
            left.push("the order of the nodes, which is that of the edges (--node-table keeps it)".to_owned());
        }
        if format == WriteFormat::Matlab && !self.edges.is_sorted_by_key(|edge| (edge.source, edge.target)) {
            left.push("the order of the edges, which is that of a matrix".to_owned());
        }
        left
    }

    /// Whether edges name the nodes in their order.
    fn nodes_come_as_named(&self) -> bool {
        let mut next = 0;
        self.edges.iter().flat_map(|edge| [edge.source, edge.target]).all(|node| {
            next += u32::from(node == next);
            node < next
        })
    }

    /// Writes a file of edges, and the table of nodes before that takes its place: both or none.
    fn write_both(
        &self,
        path: &Path,
        nodes: Option<&Path>,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<()> {
        let mut table = Ok(());
        let written = atomic_write(path, |file| {
            write(file)?;
            file.flush()?;
            table = nodes.map_or(Ok(()), |nodes| self.write_nodes(nodes));
            if table.is_ok() { Ok(()) } else { Err(io::Error::other("the table of nodes is not written")) }
        });
        table.and(written)
    }

    /// Refuses what the format does not hold.
    fn check_parts(&self, format: WriteFormat, path: &Path, nodes: Option<&Path>) -> Result<()> {
        if self.nodes.is_empty() {
            return Err(Error::file(path, "nothing is left to be written"));
        }
        if nodes.is_some() && !format.has_node_table() {
            let problem = format!("{} needs no table of nodes beside it; leave --node-table out", format.name());
            return Err(Error::file(path, problem));
        }
        let mut lost: Vec<Part> = format.lacks(nodes.is_some()).to_vec();
        // A matrix has a length everywhere or nowhere.
        if format == WriteFormat::Matlab && self.count(Part::Length) < self.edges.len() as u64 {
            lost.push(Part::Length);
        }
        let lost: Vec<(Part, u64)> = lost.into_iter().map(|part| (part, self.count(part))).collect();
        let lost: Vec<(Part, u64)> = lost.into_iter().filter(|(_, count)| *count > 0).collect();
        if lost.is_empty() {
            return Ok(());
        }
        let what: Vec<String> = lost.iter().map(|(part, count)| format!("{} ({count})", part.about())).collect();
        let names: Vec<&str> = lost.iter().map(|(part, _)| part.name()).collect();
        let table = if format.has_node_table() { "give --node-table nodes.csv, " } else { "" };
        Err(Error::file(
            path,
            format!(
                "{} does not hold {}; {table}say --without {} to leave them out, or write .graphml or .npz",
                format.name(),
                what.join(", "),
                names.join(",")
            ),
        ))
    }

    /// Refuses names and other texts that would not come back.
    fn check_texts(&self, format: WriteFormat, path: &Path, node_table: bool) -> Result<()> {
        for node in &self.nodes {
            if ids::exact(&node.name) != Ok(&*node.name) {
                let name = quote::name(&node.name);
                let problem = format!("the name '{name}' would not be read back as it is; give the node another");
                return Err(Error::file(path, problem));
            }
        }
        let of_nodes =
            self.nodes.iter().flat_map(|node| [Some(&node.name), node.kind.as_ref(), node.category.as_ref()]);
        let mut texts = of_nodes.chain(self.edges.iter().map(|edge| edge.transmitter.as_ref())).flatten();
        let (holds, what): (fn(char) -> bool, &str) = match format {
            WriteFormat::GraphMl => (is_xml, "XML"),
            WriteFormat::Matlab => (|_| true, ""),
            WriteFormat::Parquet if !node_table => (|_| true, ""),
            _ => (|c| c != '\0', "such a file"),
        };
        match texts.find_map(|text| Some((text, text.chars().find(|c| !holds(*c))?))) {
            None => Ok(()),
            Some((text, c)) => {
                let (text, c) = (quote::name(text), c.escape_default());
                let problem =
                    format!("{what} does not hold the character {c} of '{text}'; change it, or write .parquet alone");
                Err(Error::file(path, problem))
            }
        }
    }
}

/// A character of XML 1.0.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The shortest text that is read back as the same number.
fn shortest_number(value: f64) -> String {
    let (plain, scientific) = (value.to_string(), format!("{value:e}"));
    if plain.len() <= scientific.len() { plain } else { scientific }
}

/// Refuses what would be larger than its format, or our own readers, bear.
fn check_size(path: &Path, what: &str, size: u64, most: u64) -> Result<()> {
    if size <= most {
        return Ok(());
    }
    let (size, most) = (bytes(size), bytes(most));
    Err(Error::file(path, format!("{what} would take {size}, more than the {most} that it may; write .parquet")))
}
