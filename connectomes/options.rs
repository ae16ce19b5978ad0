//! How to read a file that does not say everything about itself.

use std::path::PathBuf;

/// The largest unpacked size that is read unless told otherwise, bytes.
pub const MAX_BYTES: u64 = 2 << 30;

/// What a file holds; found by its content unless given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// One edge per line: comma, semicolon, tab or blank separated text.
    EdgeList,
    /// A square matrix: text, NPY, NPZ (also scipy's sparse ones), MATLAB (version 4 to 7.3, and other HDF5) or Matrix
    /// Market.
    Matrix,
    /// A zip archive in the layout of The Virtual Brain.
    Tvb,
    /// GraphML.
    GraphMl,
    /// GEXF, Gephi's own format.
    Gexf,
    /// GML.
    Gml,
    /// A Pajek network.
    Pajek,
    /// JSON of nodes and links, as networkx and d3 write it.
    NodeLink,
    /// A workbook (.xlsx, .xlsb, .xls, .ods): adjacency sheets or edge lists.
    Excel,
    /// An edge list in Parquet.
    Parquet,
    /// An edge list in Feather of version 2 or an Arrow stream.
    Arrow,
    /// A zip or tar archive that holds a connectome among other files.
    Archive,
    /// The consensus table of Simeon et al. 2024 for C. elegans.
    Consensus,
    /// The type-level description of flyvis, unrolled on a hexagonal lattice.
    Flyvis,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 14] = [
        Format::EdgeList,
        Format::Matrix,
        Format::Tvb,
        Format::GraphMl,
        Format::Gexf,
        Format::Gml,
        Format::Pajek,
        Format::NodeLink,
        Format::Excel,
        Format::Parquet,
        Format::Arrow,
        Format::Archive,
        Format::Consensus,
        Format::Flyvis,
    ];

    /// The name by which an experiment file asks for it.
    pub fn name(self) -> &'static str {
        match self {
            Format::EdgeList => "edge_list",
            Format::Matrix => "matrix",
            Format::Tvb => "tvb",
            Format::GraphMl => "graphml",
            Format::Gexf => "gexf",
            Format::Gml => "gml",
            Format::Pajek => "pajek",
            Format::NodeLink => "node_link",
            Format::Excel => "excel",
            Format::Parquet => "parquet",
            Format::Arrow => "arrow",
            Format::Archive => "archive",
            Format::Consensus => "consensus",
            Format::Flyvis => "flyvis",
        }
    }

    /// The options that its reader takes, beside the format itself and the largest size.
    pub(super) fn takes(self) -> Vec<&'static str> {
        const TEXT: &[&str] = &["header", "separator", "comment"];
        const ENDS: &[&str] = &["source", "target"];
        const COLUMNS: &[&str] = &["weight", "kind", "sign", "length", "transmitter"];
        const NODES: &[&str] = &["nodes", "size", "sum_repeated", "worm_names"];
        const MATRIX: &[&str] = &["array", "labels", "lengths", "orientation"];
        match self {
            Format::EdgeList => [TEXT, ENDS, COLUMNS, NODES].concat(),
            Format::Matrix => [TEXT, MATRIX].concat(),
            Format::Tvb => vec!["orientation"],
            Format::GraphMl | Format::NodeLink => [&["directed"], COLUMNS, NODES].concat(),
            Format::Gexf | Format::Gml | Format::Pajek => [COLUMNS, NODES].concat(),
            Format::Archive => vec!["member"],
            Format::Excel => [&["sheet", "gap_sheet"], ENDS, COLUMNS, NODES].concat(),
            Format::Parquet | Format::Arrow => [ENDS, COLUMNS, NODES].concat(),
            Format::Consensus => NODES.to_vec(),
            Format::Flyvis => vec!["extent", "hull_fill"],
        }
    }
}

/// What the rows and columns of a matrix mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Orientation {
    /// `matrix[i, j]` is the edge from i to j.
    #[default]
    RowIsSource,
    /// `matrix[i, j]` is the edge from j to i, as in The Virtual Brain.
    ColumnIsSource,
}

/// Names of the columns of an edge list; those left out are looked for under the names in common use, and an empty name
/// says that there is no such column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Source (presynaptic) node.
    pub source: Option<String>,
    /// Target (postsynaptic) node.
    pub target: Option<String>,
    /// Weight; 1 for each row where there is no such column.
    pub weight: Option<String>,
    /// Chemical or gap junction.
    pub kind: Option<String>,
    /// Sign.
    pub sign: Option<String>,
    /// Length, mm.
    pub length: Option<String>,
    /// Transmitter.
    pub transmitter: Option<String>,
}

/// How to read a connectome; the default finds out by itself.
///
/// ```
/// use neuropil::connectomes::{Columns, ReadOptions};
/// let options = ReadOptions {
///     columns: Columns { weight: Some("syn_count".into()), ..Columns::default() },
///     sum_repeated: true,
///     ..ReadOptions::default()
/// };
/// assert_eq!(options.header, None);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ReadOptions {
    /// The format, where the content should not decide.
    pub format: Option<Format>,
    /// Names of the columns of an edge list. Without a header line the columns are called "1", "2", "3"...
    pub columns: Columns,
    /// Whether a text starts with a line of names: of the columns of an edge list, or of the nodes of a matrix. Found by
    /// its content unless given; without one, columns 1, 2, 3 of a list are source, target, weight.
    pub header: Option<bool>,
    /// Whether a first row of whole numbers is never taken for the ids of nodes, as one above a square matrix is: for
    /// matrices that are no connectomes.
    pub plain: bool,
    /// Separator of text files; what splits all lines alike unless given.
    pub separator: Option<u8>,
    /// Lines that start with this are skipped.
    pub comment: Option<u8>,
    /// Whether repeated edges (same source, target and kind) become one: weights add, and a sign, length or
    /// transmitter that differs between them becomes unknown.
    pub sum_repeated: bool,
    /// A table of all nodes (columns name, kind, category, side, x, y, z, area, cortical); edges may then name no others.
    pub nodes: Option<PathBuf>,
    /// Number of nodes, where an edge list names them by their index 0..size.
    pub size: Option<u64>,
    /// A file of node names for a matrix.
    pub labels: Option<PathBuf>,
    /// A matrix of tract lengths in mm, in any matrix format.
    pub lengths: Option<PathBuf>,
    /// What rows and columns of a matrix mean; rows are sources unless given, and columns in an archive of The Virtual
    /// Brain.
    pub orientation: Option<Orientation>,
    /// Whether edges have a direction, where GraphML or node-link JSON does not say.
    pub directed: Option<bool>,
    /// The array of an NPZ or MATLAB file that holds the weights; found by its name or shape unless given.
    pub array: Option<String>,
    /// The member of a zip or tar archive to read; the only connectome in it unless given.
    pub member: Option<String>,
    /// The sheet of a workbook; found by its name unless given.
    pub sheet: Option<String>,
    /// The sheet of a workbook that holds gap junctions; found by its name where `sheet` is not given either.
    pub gap_sheet: Option<String>,
    /// Whether names of C. elegans neurons lose their zero padding: VC01 becomes VC1.
    pub worm_names: bool,
    /// Radius of the flyvis lattice in columns; 15 gives 721 columns.
    pub extent: u32,
    /// Whether gaps within the convex hull of a flyvis filter count as one synapse, as flyvis itself does.
    pub hull_fill: bool,
    /// Files that unpack to more than this many bytes are refused.
    pub max_bytes: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            format: None,
            columns: Columns::default(),
            header: None,
            plain: false,
            separator: None,
            comment: Some(b'#'),
            sum_repeated: false,
            nodes: None,
            size: None,
            labels: None,
            lengths: None,
            orientation: None,
            directed: None,
            array: None,
            member: None,
            sheet: None,
            gap_sheet: None,
            worm_names: false,
            extent: 15,
            hull_fill: true,
            max_bytes: MAX_BYTES,
        }
    }
}

impl ReadOptions {
    /// Names of the options that differ from the default, beside the format and the largest size.
    pub(super) fn given(&self) -> Vec<&'static str> {
        let (plain, columns) = (ReadOptions::default(), &self.columns);
        let given = [
            ("source", columns.source.is_some()),
            ("target", columns.target.is_some()),
            ("weight", columns.weight.is_some()),
            ("kind", columns.kind.is_some()),
            ("sign", columns.sign.is_some()),
            ("length", columns.length.is_some()),
            ("transmitter", columns.transmitter.is_some()),
            ("header", self.header.is_some()),
            ("separator", self.separator.is_some()),
            ("comment", self.comment != plain.comment),
            ("sum_repeated", self.sum_repeated),
            ("nodes", self.nodes.is_some()),
            ("size", self.size.is_some()),
            ("labels", self.labels.is_some()),
            ("lengths", self.lengths.is_some()),
            ("orientation", self.orientation.is_some()),
            ("directed", self.directed.is_some()),
            ("array", self.array.is_some()),
            ("member", self.member.is_some()),
            ("sheet", self.sheet.is_some()),
            ("gap_sheet", self.gap_sheet.is_some()),
            ("worm_names", self.worm_names),
            ("extent", self.extent != plain.extent),
            ("hull_fill", self.hull_fill != plain.hull_fill),
        ];
        given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }

    /// The first option that is given and not among `taken`, as a sentence on a file that holds `what`.
    pub(super) fn refuse_all_but(&self, taken: &[&str], what: &str) -> Result<(), String> {
        match self.given().into_iter().find(|name| !taken.contains(name)) {
            Some(name) => Err(format!("it is read as {what}, which takes no option {name}; leave {name} out")),
            None => Ok(()),
        }
    }
}
