//! Which column of an edge list means what, and what the words in it mean.

use super::builder::Builder;
use super::source::finite;
use super::{Columns, Edge, EdgeKind};
use crate::{Error, Result};

const SOURCE: &[&str] = &[
    "source",
    "pre",
    "from",
    "src",
    "pre_root_id",
    "pre_pt_root_id",
    "presynaptic_id",
    "body_pre",
    "bodyid_pre",
    "from_neuron",
    "presynaptic",
    "neuron 1",
    "stim",
];
const TARGET: &[&str] = &[
    "target",
    "post",
    "to",
    "tar",
    "dst",
    "post_root_id",
    "post_pt_root_id",
    "postsynaptic_id",
    "body_post",
    "bodyid_post",
    "to_neuron",
    "postsynaptic",
    "neuron 2",
    "resp",
];
const WEIGHT: &[&str] =
    &["weight", "synapses", "syn_count", "connectivity", "count", "n_synapses", "n_syn", "nbr", "number_of_fibers"];
const KIND: &[&str] = &["kind", "type", "edge_type", "synapse_type"];
const SIGN: &[&str] = &["sign", "excitatory"];
const LENGTH: &[&str] = &["length", "tract_length", "length_mm", "fiber_length", "fiber_length_mean"];
const TRANSMITTER: &[&str] = &["transmitter", "nt_type", "neurotransmitter", "nt", "nt1"];

/// Words for chemical synapses: plain ones, OpenWorm's, Varshney's (S, Sp, NMJ), Winding's compartments.
const CHEMICAL: &[&str] =
    &["", "chemical", "chem", "generic_cs", "synapse", "c", "s", "sp", "nmj", "ad", "aa", "dd", "da"];
/// Words for gap junctions.
const GAP: &[&str] =
    &["gap", "electrical", "gap junction", "gap_junction", "gapjunction", "generic_gj", "ej", "e", "gj"];
/// Varshney's mirror images (received by ...) of S and Sp, which would count every synapse twice.
const MIRROR: &[&str] = &["r", "rp"];

/// Positions of the columns that matter.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Layout {
    pub source: usize,
    pub target: usize,
    pub weight: Option<usize>,
    pub kind: Option<usize>,
    pub sign: Option<usize>,
    pub length: Option<usize>,
    pub transmitter: Option<usize>,
}

impl Layout {
    /// Whether these column names are those of an edge list.
    pub fn fits(header: &[String], columns: &Columns) -> bool {
        let has = |wanted: &Option<String>, known| wanted.is_some() || find(header, known).is_some();
        has(&columns.source, SOURCE) && has(&columns.target, TARGET)
    }

    /// Finds the columns by the names given, else by those in common use.
    pub fn new(header: &[String], columns: &Columns, place: &str) -> Result<Layout> {
        let get = |wanted: &Option<String>, known: &[&str]| match wanted {
            None => Ok(find(header, known)),
            Some(name) if name.is_empty() => Ok(None),
            Some(name) => match find(header, &[name.to_lowercase().as_str()]) {
                Some(column) => Ok(Some(column)),
                None => Err(Error::unknown("column", name, place, header)),
            },
        };
        let need = |found: Option<usize>, what: &str| {
            found.ok_or_else(|| {
                Error::file(
                    place,
                    format!("no column is called '{what}'; say which one it is, out of: {}", header.join(", ")),
                )
            })
        };
        Ok(Layout {
            source: need(get(&columns.source, SOURCE)?, "source")?,
            target: need(get(&columns.target, TARGET)?, "target")?,
            weight: get(&columns.weight, WEIGHT)?,
            kind: get(&columns.kind, KIND)?,
            sign: get(&columns.sign, SIGN)?,
            length: get(&columns.length, LENGTH)?,
            transmitter: get(&columns.transmitter, TRANSMITTER)?,
        })
    }

    /// The layout of a list without column names: source, target and weight come first unless the options say else.
    pub fn headless(width: usize, columns: &Columns, place: &str) -> Result<Layout> {
        let header: Vec<String> = (1..=width).map(|c| c.to_string()).collect();
        let mut columns = columns.clone();
        columns.source.get_or_insert_with(|| "1".into());
        columns.target.get_or_insert_with(|| "2".into());
        let third = Some("3".to_owned());
        let others = [&columns.kind, &columns.sign, &columns.length, &columns.transmitter];
        if columns.weight.is_none() && width >= 3 && others.iter().all(|c| **c != third) {
            columns.weight = third;
        }
        Layout::new(&header, &columns, place)
    }

    /// The columns in use, in ascending order.
    #[cfg(feature = "formats")]
    pub fn used(&self) -> Vec<usize> {
        let optional = [self.weight, self.kind, self.sign, self.length, self.transmitter];
        let mut used: Vec<usize> =
            [self.source, self.target].into_iter().chain(optional.into_iter().flatten()).collect();
        used.sort_unstable();
        used.dedup();
        used
    }

    /// Adds the edge of one row.
    pub fn add<'r>(&self, builder: &mut Builder, field: impl Fn(usize) -> &'r str) -> Result<(), String> {
        if let Some(edge) = self.edge(&field)? {
            let (source, target) = (builder.node(field(self.source))?, builder.node(field(self.target))?);
            builder.edge(Edge { source, target, ..edge });
        }
        Ok(())
    }

    /// Adds the edge of one row whose nodes are known by their index.
    #[cfg(feature = "formats")]
    pub fn add_between<'r>(
        &self,
        builder: &mut Builder,
        [source, target]: [u32; 2],
        field: impl Fn(usize) -> &'r str,
    ) -> Result<(), String> {
        if let Some(edge) = self.edge(field)? {
            builder.edge(Edge { source, target, ..edge });
        }
        Ok(())
    }

    /// What a row says about its edge but for the nodes; `None` for a mirror image that is to be left out.
    fn edge<'r>(&self, field: impl Fn(usize) -> &'r str) -> Result<Option<Edge>, String> {
        let get = |column: Option<usize>| column.map(&field).unwrap_or_default();
        let Some(kind) = kind(get(self.kind))? else { return Ok(None) };
        let length = match get(self.length).trim() {
            "" => None,
            text => match finite(text, "length")? {
                length if length < 0.0 => return Err(format!("length is {length} mm; it must not be negative")),
                length => Some(length),
            },
        };
        Ok(Some(Edge {
            weight: self.weight.map_or(Ok(1.0), |column| finite(field(column), "weight"))?,
            kind,
            sign: sign(get(self.sign))?,
            length,
            transmitter: Some(get(self.transmitter).trim()).filter(|t| !t.is_empty()).map(str::to_owned),
            ..Edge::default()
        }))
    }
}

fn find(header: &[String], names: &[&str]) -> Option<usize> {
    names.iter().find_map(|name| header.iter().position(|h| h.trim().to_lowercase() == **name))
}

/// Chemical or gap junction; `None` for a mirror image that is to be left out.
pub(super) fn kind(text: &str) -> Result<Option<EdgeKind>, String> {
    let word = text.trim().to_lowercase();
    let is = |words: &[&str]| words.contains(&word.as_str());
    match () {
        _ if is(CHEMICAL) => Ok(Some(EdgeKind::Chemical)),
        _ if is(GAP) => Ok(Some(EdgeKind::Gap)),
        _ if is(MIRROR) => Ok(None),
        _ => Err(format!("'{}' is no kind of edge; write chemical or gap", text.trim())),
    }
}

pub(super) fn sign(text: &str) -> Result<i8, String> {
    match text.trim().to_lowercase().as_str() {
        "+" | "1" | "+1" | "1.0" | "excitatory" | "exc" => Ok(1),
        "-" | "-1" | "-1.0" | "inhibitory" | "inh" => Ok(-1),
        "" | "0" | "0.0" | "none" | "complex" | "unknown" => Ok(0),
        other => Err(format!("'{other}' is no sign; write +, - or nothing")),
    }
}
