//! `weights-sent-<n>.csv`: the spikes that the synapses of the n-th recorder of what is sent have sent, and a picture beside
//! it of the weights of some of them.

use std::path::Path;

use neuropil::Result;
use neuropil::record::SendRecord;
use neuropil::record::analysis::mean;
use neuropil::record::pictures::weights;
use neuropil::text::counted;
use serde::Serialize;

use super::tables::{count, short};

/// What the synapses of a recorder have sent, for the summary.
#[derive(Debug, Serialize)]
pub struct Sending {
    projection: usize,
    place: String,
    synapse: String,
    synapses: usize,
    spikes: usize,
    /// The mean weight with which they were sent; `None` without spikes.
    mean: Option<f64>,
    /// The table beside the summary.
    file: String,
}

impl Sending {
    /// The facts of what the `number`-th recorder has recorded.
    pub fn new(number: usize, record: &SendRecord) -> Sending {
        let sent: Vec<f64> = record.sends.iter().map(|send| send.weight).collect();
        Sending {
            projection: record.projection,
            place: record.place.clone(),
            synapse: record.synapse.clone(),
            synapses: record.ends.len(),
            spikes: sent.len(),
            mean: mean(&sent),
            file: format!("weights-sent-{number}.csv"),
        }
    }

    /// A label and a line for the summary that people read.
    pub fn row(&self) -> (&'static str, String) {
        let Sending { place, synapse, synapses, spikes, mean, file, .. } = self;
        let mean = mean.map_or(String::new(), |mean| format!(", mean weight {}", short(mean)));
        let (synapses, spikes) = (count(*synapses as u64), counted(*spikes, "spike"));
        ("sent", format!("{place}: {spikes} of {synapses} {synapse}{mean}, in {file}"))
    }

    /// Writes the table and the picture of `record` into `folder`; `title` heads the picture.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &Path, record: &SendRecord, title: &str) -> Result<()> {
        let path = folder.join(&self.file);
        weights::draw_sent(record, title)?.save(path.with_extension("png"))?;
        record.write(&path)
    }
}
