//! Whole-brain calcium activity of C. elegans in the layout of Simeon et al. 2024 (arXiv:2411.12091), a Parquet file
//! with one row for each neuron of each worm.

use std::path::Path;

#[cfg(feature = "formats")]
use super::parquet_columns::{Chunk, ParquetFile, Values};
use super::source::Source;
#[cfg(feature = "formats")]
use crate::Error;
use crate::Result;
#[cfg(feature = "formats")]
use crate::text::counted;

/// Rows that are held in memory at a time; each holds whole traces.
#[cfg(feature = "formats")]
const BATCH: usize = 64;

/// The activity of one neuron, resampled by the source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// Name of the neuron; of an unlabelled one its slot number, which is no identity across worms.
    pub neuron: String,
    /// Whether the name is an identity.
    pub labelled: bool,
    /// Calcium signal, z-scored by the source; NaN where it is missing.
    pub calcium: Vec<f32>,
    /// Time of each value, s.
    pub time: Vec<f32>,
    /// Calcium signal as recorded, where asked for.
    pub original_calcium: Vec<f32>,
    /// Time of each recorded value, s.
    pub original_time: Vec<f32>,
}

/// The activity of one worm; its name alone ("worm0") repeats between data sets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recording {
    /// Source data set, such as "Kato2015".
    pub source_dataset: String,
    /// Name of the worm within the data set.
    pub worm: String,
    /// Traces in the order of the file.
    pub traces: Vec<Trace>,
}

/// Recorded activity of many worms, in the order in which the file first names them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Activity {
    /// One for each worm; data set and worm together are unique.
    pub recordings: Vec<Recording>,
}

/// What to read of an activity file.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityOptions {
    /// Whether neurons without an identity are kept.
    pub unlabelled: bool,
    /// Whether the traces as recorded are read too.
    pub original: bool,
    /// Files that unpack to more than this many bytes are refused.
    pub max_bytes: u64,
}

impl Default for ActivityOptions {
    fn default() -> Self {
        ActivityOptions { unlabelled: false, original: false, max_bytes: super::options::MAX_BYTES }
    }
}

impl Recording {
    /// The trace of a neuron.
    pub fn trace(&self, neuron: &str) -> Option<&Trace> {
        self.traces.iter().find(|t| t.neuron == neuron)
    }
}

impl Activity {
    /// Reads a Parquet file with the columns source_dataset, worm, neuron, calcium_data and time_in_seconds;
    /// is_labeled_neuron (or is_named_neuron) says which names are identities, else those that are no slot numbers.
    ///
    /// Fails on a missing column, traces whose values and times differ in number, and a damaged file; needs the
    /// feature `formats`.
    pub fn read(path: impl AsRef<Path>, options: &ActivityOptions) -> Result<Activity> {
        let source = Source::file(path.as_ref(), options.max_bytes)?;
        #[cfg(not(feature = "formats"))]
        return Err(source.needs_formats("Parquet"));
        #[cfg(feature = "formats")]
        read_traces(&source, options)
    }

    /// The recording of a worm of a data set.
    pub fn recording(&self, source_dataset: &str, worm: &str) -> Option<&Recording> {
        self.recordings.iter().find(|r| r.source_dataset == source_dataset && r.worm == worm)
    }

    /// Number of traces of all worms.
    pub fn traces(&self) -> usize {
        self.recordings.iter().map(|r| r.traces.len()).sum()
    }
}

/// Reads the file row group by row group, so that no more than one batch of rows is unpacked at once.
#[cfg(feature = "formats")]
fn read_traces(source: &Source, options: &ActivityOptions) -> Result<Activity> {
    let file = ParquetFile::open(source)?;
    let columns = Columns::find(&file.header(), source, options)?;
    let used = columns.used_columns();
    file.check(&used)?;
    let mut activity = Activity::default();
    let mut done = 0u64;
    for group in 0..file.groups() {
        let mut chunks: Vec<Chunk> = used.iter().map(|c| file.chunk(group, *c)).collect::<Result<_>>()?;
        let mut left = file.rows(group)?;
        while left > 0 {
            let wanted = left.min(BATCH);
            let mut batch = Vec::new();
            for chunk in &mut chunks {
                batch.push(chunk.next(wanted).map_err(|problem| source.error(problem))?);
            }
            for row in 0..wanted {
                let added = columns.add(&mut activity, &mut batch, row, options);
                added.map_err(|problem| source.error(format!("row {}: {problem}", done + row as u64 + 1)))?;
            }
            left -= wanted;
            done += wanted as u64;
        }
    }
    match activity.recordings.is_empty() {
        true if done == 0 => Err(source.error("it has no rows; expected one neuron in each")),
        true => Err(source.error("none of its neurons is labelled; keep the unlabelled ones if that is meant")),
        false => Ok(activity),
    }
}

/// Places of the columns, first those of text, then lists in pairs of values and times, then what is optional.
#[cfg(feature = "formats")]
struct Columns {
    text: [usize; 3],
    traces: Vec<usize>,
    labelled: Option<usize>,
}

#[cfg(feature = "formats")]
impl Columns {
    /// The columns by their names in the header; the original traces are needed only where the options ask for them.
    fn find(header: &[String], source: &Source, options: &ActivityOptions) -> Result<Columns> {
        let get = |name: &str| header.iter().position(|h| h == name);
        let place = source.path.display().to_string();
        let need = |name: &str| get(name).ok_or_else(|| Error::unknown("column", name, place.as_str(), header));
        let mut traces = vec![need("calcium_data")?, need("time_in_seconds")?];
        if options.original {
            traces.extend([need("original_calcium_data")?, need("original_time_in_seconds")?]);
        }
        let text = [need("source_dataset")?, need("worm")?, need("neuron")?];
        Ok(Columns { text, traces, labelled: get("is_labeled_neuron").or_else(|| get("is_named_neuron")) })
    }

    /// All columns that are read, in the order in which their chunks are opened.
    fn used_columns(&self) -> Vec<usize> {
        self.text.iter().chain(&self.traces).copied().chain(self.labelled).collect()
    }

    /// Adds the trace of one row of a batch, whose columns are in the order of `used`.
    fn add(
        &self,
        activity: &mut Activity,
        batch: &mut [Values],
        row: usize,
        options: &ActivityOptions,
    ) -> Result<(), String> {
        let text = |column: usize, name: &str| match batch[column].text(row)? {
            Some(text) if !text.is_empty() => Ok(text.into_owned()),
            _ => Err(format!("its {name} is empty")),
        };
        let (dataset, worm, neuron) = (text(0, "source_dataset")?, text(1, "worm")?, text(2, "neuron")?);
        let lists = 3 + self.traces.len();
        let numbered = || neuron.bytes().all(|b| b.is_ascii_digit());
        let labelled = self.labelled.and_then(|_| batch[lists].flag(row)).unwrap_or_else(|| !numbered());
        if !labelled && !options.unlabelled {
            return Ok(());
        }
        let mut lists: Vec<Vec<f32>> = batch[3..lists].iter_mut().map(|values| values.take_list(row)).collect();
        for (pair, name) in lists.chunks(2).zip(["calcium_data", "original_calcium_data"]) {
            if let [values, times] = pair
                && values.len() != times.len()
            {
                return Err(format!(
                    "{name} of {neuron} has {values} and {times}",
                    values = counted(values.len(), "value"),
                    times = counted(times.len(), "time")
                ));
            }
        }
        let mut list = |index: usize| lists.get_mut(index).map(std::mem::take).unwrap_or_default();
        let (calcium, time, original_calcium, original_time) = (list(0), list(1), list(2), list(3));
        let trace = Trace { neuron, labelled, calcium, time, original_calcium, original_time };
        match activity.recordings.iter_mut().rfind(|r| r.source_dataset == dataset && r.worm == worm) {
            Some(recording) => recording.traces.push(trace),
            None => activity.recordings.push(Recording { source_dataset: dataset, worm, traces: vec![trace] }),
        }
        Ok(())
    }
}
