//! `--against-unperturbed`: a run is repeated with the same seed and without its perturbations, and the two are
//! compared.

use std::ops::ControlFlow;
use std::path::Path;

use neuropil::experiment::Setup;
use neuropil::files::atomic_write;
use neuropil::network::Network;
use neuropil::record::SpikeRecord;
use neuropil::record::analysis::{mean_rate, rate_histogram};
use neuropil::record::pictures::curves::{self, Curve, Curves};
use neuropil::record::pictures::raster;
use neuropil::simulation::Progress;
use neuropil::{Error, Result};
use serde::Serialize;

use super::progress;
use super::tables::aligned_columns;

/// The table of rates in an output folder.
pub const TABLE: &str = "against.csv";
/// The picture of the mean rates of both runs over time.
pub const CURVES: &str = "against.png";
/// The picture of the spikes of the unperturbed run.
pub const RASTER: &str = "raster-unperturbed.png";
/// All files that a comparison writes.
pub const FILES: [&str; 3] = [TABLE, CURVES, RASTER];

/// Time bins, and so points, that a curve of rates has at most.
const BINS: f64 = 100.0;

/// A run beside the unperturbed run of the same seed; also its facts for JSON.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// When the first perturbation starts and the last one stops, ms.
    perturbed_ms: (f64, f64),
    /// Number of recorded spikes of the unperturbed run.
    unperturbed_spikes: u64,
    rates: Vec<PhaseRates>,
    /// The spikes of the unperturbed run.
    #[serde(skip)]
    unperturbed: Option<SpikeRecord>,
}

/// The rates of a population in both runs, spikes/s, before, during or after the perturbed time; `None` where no time
/// was recorded.
#[derive(Debug, Serialize)]
struct PhaseRates {
    /// The name of a population, or "all".
    population: String,
    /// "before", "in" or "after".
    when: &'static str,
    rate_hz: Option<f64>,
    unperturbed_hz: Option<f64>,
}

/// Refuses a run that cannot be compared; `streamed` says that its spikes go into a file while they come.
///
/// # Errors
/// A network without perturbations, or spikes that are not kept in memory.
pub fn check(setup: &Setup, streamed: bool) -> Result<()> {
    let wrong = |problem: &str| Err(Error::invalid("--against-unperturbed", problem));
    if setup.network.perturbations().is_empty() {
        return wrong("nothing is perturbed; add a table [[perturb]]");
    }
    if streamed || !setup.spikes {
        return wrong("it compares spikes, and none are kept; leave --spikes out, and spikes = false in [simulation]");
    }
    Ok(())
}

/// Repeats `setup` without its perturbations for `steps` steps, and compares the rates with those of `spikes`, which
/// the perturbed run gave.
///
/// # Errors
/// A network or a device that fails, as in the perturbed run.
pub fn compare(setup: &Setup, spikes: &SpikeRecord, steps: u64) -> Result<Comparison> {
    let perturbed_ms = perturbed_window(&setup.network, spikes.window_ms().1);
    let mut setup = setup.clone();
    setup.network.clear_perturbations();
    let recorded = progress::spin("the same without perturbations", || {
        let mut unperturbed = setup.simulation()?;
        unperturbed.run_steps(steps, &mut |_: Progress| {
            if progress::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        unperturbed.into_recorded()
    })?;
    let unperturbed = recorded.spikes.ok_or_else(|| Error::Internal("the unperturbed run kept no spikes".into()))?;
    let rates = phase_rates(spikes, &unperturbed, perturbed_ms);
    Ok(Comparison {
        perturbed_ms,
        unperturbed_spikes: unperturbed.ids.len() as u64,
        rates,
        unperturbed: Some(unperturbed),
    })
}

/// From when until when anything is perturbed, in ms, at most until `end`.
fn perturbed_window(network: &Network, end: f64) -> (f64, f64) {
    let windows = network.perturbations().iter().map(|one| (one.start, one.stop.min(end)));
    windows.fold((end, 0.0), |(start, stop), one| (f64::min(start, one.0), f64::max(stop, one.1)))
}

/// The rates of each population, and first of all together where there are several, before, in and after the time from
/// `start` to `stop` (ms).
fn phase_rates(spikes: &SpikeRecord, unperturbed: &SpikeRecord, (start, stop): (f64, f64)) -> Vec<PhaseRates> {
    let (begin, end) = spikes.window_ms();
    let mut rates = Vec::new();
    let several = (spikes.populations.len() > 1).then_some(None);
    let populations = several.into_iter().chain((0..spikes.populations.len()).map(Some));
    for population in populations {
        let name = population.map_or("all", |index| spikes.populations[index].name.as_str());
        for (when, from, to) in [("before", begin, start), ("in", start, stop), ("after", stop, end)] {
            if to.min(end) <= from.max(begin) {
                continue;
            }
            let rate = |record: &SpikeRecord| mean_rate(&record.between(from, to), population);
            let (rate_hz, unperturbed_hz) = (rate(spikes), rate(unperturbed));
            rates.push(PhaseRates { population: name.to_owned(), when, rate_hz, unperturbed_hz });
        }
    }
    rates
}

impl Comparison {
    /// Writes the table and the pictures into `folder`, beside the `spikes` of the perturbed run; `title` heads the
    /// pictures.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &Path, spikes: &SpikeRecord, title: &str) -> Result<()> {
        let Some(unperturbed) = &self.unperturbed else { return Ok(()) };
        raster::draw(unperturbed, &format!("{title}, unperturbed"))?.save(folder.join(RASTER))?;
        curves::draw_lines(&self.curves(spikes, unperturbed), title)?.save(folder.join(CURVES))?;
        atomic_write(&folder.join(TABLE), |file| {
            let mut table = csv::Writer::from_writer(file);
            table.write_record(["population", "when", "rate_hz", "unperturbed_rate_hz"])?;
            let number = |rate: Option<f64>| rate.map_or(String::new(), |rate| rate.to_string());
            for own in &self.rates {
                let numbers = [number(own.rate_hz), number(own.unperturbed_hz)];
                table.write_record([own.population.as_str(), own.when, &numbers[0], &numbers[1]])?;
            }
            table.flush()
        })
    }

    /// The mean rates of both runs over time.
    fn curves(&self, spikes: &SpikeRecord, unperturbed: &SpikeRecord) -> Curves {
        let (start, stop) = spikes.window_ms();
        let bin = ((stop - start) / BINS / spikes.dt_ms).ceil().max(1.0) * spikes.dt_ms;
        let curve = |name: &str, record: &SpikeRecord| {
            // The last bin ends with the record.
            let points = curves::steps(start, bin, rate_histogram(record, None, bin)).into_iter();
            Curve { name: name.to_owned(), points: points.map(|(time, rate)| (time.min(stop), rate)).collect() }
        };
        Curves {
            across: "time (ms)".into(),
            up: "mean rate (spikes/s)".into(),
            curves: vec![curve("perturbed", spikes), curve("unperturbed", unperturbed)],
        }
    }

    /// The rates as a table for people.
    pub fn table(&self) -> String {
        let mut rows = vec![["population", "when", "Hz", "unperturbed", "difference"].map(str::to_owned).to_vec()];
        let two = |rate: Option<f64>| rate.map_or("-".to_owned(), |rate| format!("{rate:.2}"));
        for own in &self.rates {
            let difference = own.rate_hz.zip(own.unperturbed_hz).map(|(a, b)| a - b);
            let signed = difference.map_or("-".to_owned(), |by| format!("{by:+.2}"));
            rows.push(vec![own.population.clone(), own.when.into(), two(own.rate_hz), two(own.unperturbed_hz), signed]);
        }
        let (start, stop) = self.perturbed_ms;
        format!("Perturbed from {start} to {stop} ms, against the same run without:\n{}", aligned_columns(&rows))
    }
}
