//! `weights-<n>.csv`: the plastic synapses of projection n at the end of a run, in the columns that `file = ...` of
//! `[[projection]]` reads; `weights-over-time-<n>.csv`: what the n-th recorder of weights has sampled. Each has
//! histograms beside it.

use std::io::Write;
use std::path::Path;

use neuropil::device::PlasticSynapses;
use neuropil::files::atomic_write;
use neuropil::network::Selection;
use neuropil::record::WeightRecord;
use neuropil::record::analysis::mean;
use neuropil::record::pictures::weights;
use neuropil::simulation::Simulation;
use neuropil::text::counted;
use neuropil::time::Grid;
use neuropil::{Error, Result};
use serde::Serialize;

use super::tables::{count, short};

/// The weights of a plastic projection at the end of a run, for the summary.
#[derive(Debug, Serialize)]
pub struct Learned {
    /// Index of the projection in the network.
    projection: usize,
    /// Source and target populations.
    place: String,
    /// The model of its synapses.
    synapse: String,
    synapses: usize,
    /// Statistics of the weights; `None` without synapses.
    mean: Option<f64>,
    sd: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    /// The table beside the summary.
    pub file: String,
}

/// What a recorder of weights has sampled, for the summary.
#[derive(Debug, Serialize)]
pub struct OverTime {
    projection: usize,
    place: String,
    synapse: String,
    synapses: usize,
    samples: usize,
    interval_ms: f64,
    /// The mean weight at the first and the last sample.
    mean: Option<(f64, f64)>,
    /// The table beside the summary.
    file: String,
}

impl OverTime {
    /// The facts of what the `number`-th recorder has sampled.
    pub fn new(number: usize, record: &WeightRecord) -> OverTime {
        let last = record.rows().checked_sub(1);
        let mean = last.and_then(|last| Some((mean(record.row(0))?, mean(record.row(last))?)));
        OverTime {
            projection: record.projection,
            place: record.place.clone(),
            synapse: record.synapse.clone(),
            synapses: record.ends.len(),
            samples: record.rows(),
            interval_ms: record.interval_ms(),
            mean,
            file: format!("weights-over-time-{number}.csv"),
        }
    }

    /// A label and a line for the summary that people read.
    pub fn row(&self) -> (&'static str, String) {
        let OverTime { place, synapse, synapses, samples, interval_ms, mean, file, .. } = self;
        let mean = mean.map_or(String::new(), |(first, last)| format!(", mean {} to {}", short(first), short(last)));
        let (synapses, times) = (count(*synapses as u64), counted(*samples, "time"));
        (
            "weights",
            format!("{place}: {synapses} {synapse}, {times}, every {} ms{mean}, in {file}", short(*interval_ms)),
        )
    }

    /// Writes the table and the picture of `record` into `folder`; `title` heads the picture.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &Path, record: &WeightRecord, title: &str) -> Result<()> {
        let path = folder.join(&self.file);
        weights::draw_over_time(record, title)?.save(path.with_extension("png"))?;
        record.write(&path)
    }
}

/// The synapses of a plastic projection, to be written as a table.
pub struct Table {
    /// Source neurons; the table counts within them.
    from: Selection,
    /// Target neurons; the table counts within them.
    to: Selection,
    grid: Grid,
    /// Which state variable of a synapse is the weight.
    weight: usize,
    /// Unit of the weights; empty for pure numbers.
    unit: &'static str,
    synapses: PlasticSynapses,
    /// The weights before the run.
    initial: Vec<f64>,
}

/// The facts and tables of all plastic projections.
///
/// # Errors
/// A device that fails.
pub fn learned(simulation: &mut Simulation) -> Result<Vec<(Learned, Table)>> {
    let grid = simulation.network().grid();
    let mut all = Vec::new();
    for projection in 0..simulation.network().projections().len() {
        let own = simulation.network().projections()[projection].clone();
        let Some(plasticity) = own.synapse.model.plasticity() else { continue };
        let synapses = simulation.synapses(projection)?;
        let place = own.place(simulation.network());
        let place = place.strip_prefix("projection ").map_or(place.clone(), str::to_owned);
        let weight = plasticity.rule.weight();
        let facts = Learned::new(projection, place, own.synapse.model.name(), &synapses.state[weight]);
        let initial = simulation.weights_at_first(projection)?;
        let unit = own.weight_unit(simulation.network()).unwrap_or_default();
        all.push((facts, Table { from: own.from, to: own.to, grid, weight, unit, synapses, initial }));
    }
    Ok(all)
}

impl Learned {
    /// The facts of the projection with this index, its `place` in words, and the `weights` of its synapses.
    fn new(projection: usize, place: String, synapse: &str, weights: &[f64]) -> Learned {
        let n = weights.len() as f64;
        let mean = weights.iter().sum::<f64>() / n;
        let variance = weights.iter().map(|w| (w - mean) * (w - mean)).sum::<f64>() / n;
        let finite = |value: f64| Some(value).filter(|value| value.is_finite());
        Learned {
            projection,
            place,
            synapse: synapse.to_owned(),
            synapses: weights.len(),
            mean: finite(mean),
            sd: finite(variance.sqrt()),
            min: finite(weights.iter().copied().fold(f64::INFINITY, f64::min)),
            max: finite(weights.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
            file: format!("weights-{projection}.csv"),
        }
    }

    /// The title of the picture of its weights, in a run titled `run`.
    pub fn title(&self, run: &str) -> String {
        format!("{run}: {}", self.place)
    }

    /// A label and a line for the summary that people read.
    pub fn row(&self) -> (&'static str, String) {
        let Learned { place, synapse, synapses, mean, sd, min, max, file, .. } = self;
        let [mean, sd, min, max] = [mean, sd, min, max].map(|value| value.map_or("-".into(), short));
        let synapses = count(*synapses as u64);
        ("learned", format!("{place}: {synapses} {synapse}, weight {mean} ± {sd}, {min} to {max}, in {file}"))
    }
}

impl Table {
    /// Writes the table to `path`, and a picture of the weights before and after the run beside it.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path, title: &str) -> Result<()> {
        let after = &self.synapses.state[self.weight];
        let histograms = weights::draw(&[("before", &self.initial), ("after", after)], self.unit, title)?;
        histograms.save(path.with_extension("png"))?;
        self.write_table(path)
    }

    /// Writes the table alone.
    fn write_table(&self, path: &Path) -> Result<()> {
        let index = |selection: &Selection, id: u32| {
            selection.index_of(id).ok_or_else(|| Error::Internal(format!("neuron {id} is not of its projection")))
        };
        let PlasticSynapses { sources, targets, delays, state } = &self.synapses;
        let mut lines = Vec::with_capacity(sources.len());
        for (k, (&source, &target)) in sources.iter().zip(targets).enumerate() {
            lines.push((index(&self.from, source)?, index(&self.to, target)?, k));
        }
        atomic_write(path, |file| {
            writeln!(file, "source,target,weight,delay_ms")?;
            for (source, target, k) in &lines {
                let delay = self.grid.time(u64::from(delays[*k]));
                writeln!(file, "{source},{target},{},{delay}", state[self.weight][*k])?;
            }
            Ok(())
        })
    }
}
