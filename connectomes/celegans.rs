//! The two tables of Simeon et al. 2024 (arXiv 2411.12091) for C. elegans: the consensus connectome and neural activity.

use std::path::Path;

use super::builder::Builder;
use super::source::{Source, finite};
use super::table::Table;
use super::{Connectome, Edge, EdgeKind, ReadOptions};
use crate::{Error, Result};

/// The name of a neuron without zero padding: VC01 becomes VC1; body-wall muscles (MDL01...) keep theirs.
///
/// ```
/// use neuropil::connectomes::celegans::normalise_name;
/// assert_eq!(normalise_name("VC01"), "VC1");
/// assert_eq!(normalise_name("MDL01"), "MDL01");
/// ```
pub fn normalise_name(name: &str) -> String {
    let letters = name.bytes().take_while(u8::is_ascii_uppercase).count();
    let (prefix, rest) = name.split_at(letters);
    let number = rest.trim_start_matches('0');
    let muscle = matches!(prefix, "MDL" | "MDR" | "MVL" | "MVR");
    match !prefix.is_empty() && !muscle && number.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("{prefix}{number}"),
        false => name.to_owned(),
    }
}

/// The consensus connectome: wiring averaged over data sets, with functional weights beside it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Consensus {
    /// Mean chemical and gap-junction weights as edges, with positions and cell types of the neurons.
    pub connectome: Connectome,
    /// Functional weights (signal propagation) by source and target index.
    pub functional: Vec<(u32, u32, f64)>,
}

const COLUMNS: [&str; 9] = [
    "from_neuron",
    "to_neuron",
    "from_pos",
    "to_pos",
    "from_type",
    "to_type",
    "mean_gap_weight",
    "mean_chem_weight",
    "functional_weight",
];

/// Whether these column names are those of the consensus table.
pub(super) fn recognise(header: &[String]) -> bool {
    ["from_neuron", "to_neuron", "mean_chem_weight"].iter().all(|c| header.iter().any(|h| h == c))
}

/// Reads the consensus table; the columns are found by name.
pub fn read_consensus(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Consensus> {
    consensus(&Source::file(path.as_ref(), options.max_bytes)?, options)
}

pub(super) fn consensus(source: &Source, options: &ReadOptions) -> Result<Consensus> {
    let mut table = Table::open(source, Some(b','), None)?;
    let header: Vec<String> = match table.next_row()? {
        Some(row) => row.iter().map(str::to_owned).collect(),
        None => return Err(source.error("it is empty; expected the consensus table")),
    };
    let place = source.path.display().to_string();
    let mut columns = [0; COLUMNS.len()];
    for (column, name) in columns.iter_mut().zip(COLUMNS) {
        let found = header.iter().position(|h| h == name);
        *column = found.ok_or_else(|| Error::unknown("column", name, &place, &header))?;
    }
    let mut builder = Builder::new(options)?;
    let mut functional = Vec::new();
    while let Some(row) = table.next_row()? {
        let fields = columns.map(|column| row.get(column).unwrap_or_default());
        let added = add_row(fields, &mut builder, &mut functional);
        added.map_err(|problem| table.error(problem))?;
    }
    Ok(Consensus { connectome: builder.finish(source, "consensus connectome", options.sum_repeated), functional })
}

fn add_row(fields: [&str; 9], builder: &mut Builder, functional: &mut Vec<(u32, u32, f64)>) -> Result<(), String> {
    let [from, to, from_position, to_position, from_type, to_type, gap, chemical, function] = fields;
    let mut end = |name: &str, position: &str, kind: &str| {
        let index = builder.node(name)?;
        let position = tuple(position)?;
        if let Some(node) = builder.node_mut(index) {
            node.position = node.position.or(position);
            node.kind = node.kind.take().or_else(|| Some(kind.to_owned()).filter(|k| !k.is_empty()));
        }
        Ok::<u32, String>(index)
    };
    let (source, target) = (end(from, from_position, from_type)?, end(to, to_position, to_type)?);
    for (text, kind) in [(chemical, EdgeKind::Chemical), (gap, EdgeKind::Gap)] {
        match number(text, "weight")? {
            Some(weight) if weight != 0.0 => builder.edge(Edge { source, target, weight, kind, ..Edge::default() }),
            _ => {}
        }
    }
    functional.extend(number(function, "functional weight")?.map(|weight| (source, target, weight)));
    Ok(())
}

/// An empty field is pandas' missing value.
fn number(text: &str, what: &str) -> Result<Option<f64>, String> {
    if text.is_empty() || text.eq_ignore_ascii_case("nan") { Ok(None) } else { finite(text, what).map(Some) }
}

/// A Python tuple of three numbers.
fn tuple(text: &str) -> Result<Option<[f64; 3]>, String> {
    let inner = text.trim().trim_start_matches(['(', '[']).trim_end_matches([')', ']']);
    if inner.trim().is_empty() || inner.contains("nan") {
        return Ok(None);
    }
    let values: Vec<f64> = inner.split(',').map(|t| finite(t, "coordinate")).collect::<Result<_, _>>()?;
    values.try_into().map(Some).map_err(|_| format!("'{text}' is no position; expected (x, y, z)"))
}

/// Neural activity of several worms.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Activity {
    /// One recording per worm and data set, in the order of the file.
    pub recordings: Vec<Recording>,
}

/// The activity of one worm.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recording {
    /// The study, such as "Kato2015".
    pub source_dataset: String,
    /// The worm; unique within the study only.
    pub worm: String,
    /// One trace per neuron.
    pub traces: Vec<Trace>,
}

/// The calcium trace of one neuron.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// Name of the neuron; a slot number, which means nothing in another worm, where `labelled` is false.
    pub neuron: String,
    /// Whether the neuron was identified.
    pub labelled: bool,
    /// Resampled and normalised calcium signal.
    pub calcium: Vec<f32>,
    /// Time of each sample, s.
    pub time: Vec<f32>,
}

#[cfg(feature = "formats")]
mod activity {
    use std::collections::BTreeMap;

    use parquet::record::Field;

    use super::super::parquet::ParquetTable;
    use super::super::read::guarded;
    use super::*;

    const COLUMNS: [&str; 6] =
        ["source_dataset", "worm", "neuron", "is_labeled_neuron", "calcium_data", "time_in_seconds"];

    impl Activity {
        /// Reads the parquet file of the activity set; columns are found by name.
        pub fn read(path: impl AsRef<Path>, max_bytes: u64) -> Result<Activity> {
            let source = Source::file(path.as_ref(), max_bytes)?;
            guarded(&source, || Activity::read_source(&source))
        }

        fn read_source(source: &Source) -> Result<Activity> {
            let table = ParquetTable::open(source)?;
            let mut used = Vec::new();
            for name in COLUMNS {
                let found = table.columns.iter().position(|c| c == name);
                let place = source.path.display().to_string();
                used.push(found.ok_or_else(|| Error::unknown("column", name, place, &table.columns))?);
            }
            used.sort_unstable();
            let mut activity = Activity::default();
            let mut places = BTreeMap::new();
            table.rows(&used, |row| {
                let fields: BTreeMap<&str, &Field> = row.get_column_iter().map(|(n, f)| (n.as_str(), f)).collect();
                activity.add(&fields, &mut places)
            })?;
            Ok(activity)
        }

        fn add(
            &mut self,
            fields: &BTreeMap<&str, &Field>,
            places: &mut BTreeMap<(String, String), usize>,
        ) -> Result<(), String> {
            let [dataset, worm, neuron] = ["source_dataset", "worm", "neuron"].map(|name| match fields.get(name) {
                Some(Field::Str(text)) => Ok(text.clone()),
                other => Err(format!("the column {name} holds {other:?}; expected text")),
            });
            let (dataset, worm, neuron) = (dataset?, worm?, neuron?);
            let calcium = list(fields.get("calcium_data"), "calcium_data")?;
            let time = list(fields.get("time_in_seconds"), "time_in_seconds")?;
            if calcium.len() != time.len() {
                let (samples, times) = (calcium.len(), time.len());
                return Err(format!("{neuron} of {worm} has {samples} samples and {times} times; they must agree"));
            }
            let labelled = matches!(fields.get("is_labeled_neuron"), Some(Field::Bool(true)));
            let at = *places.entry((dataset.clone(), worm.clone())).or_insert(self.recordings.len());
            if at == self.recordings.len() {
                self.recordings.push(Recording { source_dataset: dataset, worm, traces: Vec::new() });
            }
            self.recordings[at].traces.push(Trace { neuron, labelled, calcium, time });
            Ok(())
        }
    }

    fn list(field: Option<&&Field>, name: &str) -> Result<Vec<f32>, String> {
        let Some(Field::ListInternal(list)) = field else {
            return Err(format!("the column {name} does not hold lists of numbers"));
        };
        let number = |field: &Field| match field {
            Field::Float(value) => Ok(*value),
            Field::Double(value) => Ok(*value as f32),
            other => Err(format!("the column {name} holds {other}; expected numbers")),
        };
        list.elements().iter().map(number).collect()
    }
}

#[cfg(not(feature = "formats"))]
impl Activity {
    /// Reads the parquet file of the activity set; this build has no Parquet reader and says so.
    pub fn read(path: impl AsRef<Path>, max_bytes: u64) -> Result<Activity> {
        Err(super::read::needs_formats(&Source::file(path.as_ref(), max_bytes)?, "Parquet"))
    }
}
