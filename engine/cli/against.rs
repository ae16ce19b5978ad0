//! `--against-unperturbed`: the twin of a run, of the same seed and without its perturbations, and what is different.

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
use super::tables::grid;

/// The table in an output folder.
pub const TABLE: &str = "against.csv";
/// The rates of both runs over time.
pub const CURVES: &str = "against.png";
/// The spikes of the twin.
pub const RASTER: &str = "raster-unperturbed.png";
/// All files of it.
pub const FILES: [&str; 3] = [TABLE, CURVES, RASTER];

/// Points of a curve.
const BINS: f64 = 100.0;

/// A run beside its twin.
#[derive(Debug, Serialize)]
pub struct Against {
    /// Time of the first and the last perturbation, ms.
    perturbed_ms: (f64, f64),
    /// Spikes of the twin.
    unperturbed_spikes: u64,
    rates: Vec<Rates>,
    #[serde(skip)]
    twin: Option<SpikeRecord>,
}

/// The rates of a population in both runs, spikes/s; none where no time was recorded.
#[derive(Debug, Serialize)]
struct Rates {
    population: String,
    when: &'static str,
    rate_hz: Option<f64>,
    unperturbed_hz: Option<f64>,
}

/// Refuses what cannot be compared.
///
/// # Errors
/// Nothing to compare with, or spikes that are not kept.
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

/// Plays the twin of a run that has given `spikes` and sets it beside.
///
/// # Errors
/// As running it did; an end that somebody asked for.
pub fn compare(setup: &Setup, spikes: &SpikeRecord, steps: u64) -> Result<Against> {
    let perturbed_ms = perturbed(&setup.network, spikes.window_ms().1);
    let mut setup = setup.clone();
    setup.network.clear_perturbations();
    let recorded = progress::spin("the same without perturbations", || {
        let mut twin = setup.simulation()?;
        twin.run_steps(steps, &mut |_: Progress| {
            if progress::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        twin.into_recorded()
    })?;
    let twin = recorded.spikes.ok_or_else(|| Error::Internal("the twin kept no spikes".into()))?;
    let rates = rates(spikes, &twin, perturbed_ms);
    Ok(Against { perturbed_ms, unperturbed_spikes: twin.ids.len() as u64, rates, twin: Some(twin) })
}

/// From when to when anything is perturbed.
fn perturbed(network: &Network, end: f64) -> (f64, f64) {
    let windows = network.perturbations().iter().map(|own| (own.start, own.stop.min(end)));
    windows.fold((end, 0.0), |(start, stop), own| (f64::min(start, own.0), f64::max(stop, own.1)))
}

/// The rates of each population, and of all where there are several, before, in and after a time.
fn rates(spikes: &SpikeRecord, twin: &SpikeRecord, (start, stop): (f64, f64)) -> Vec<Rates> {
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
            let (rate_hz, unperturbed_hz) = (rate(spikes), rate(twin));
            rates.push(Rates { population: name.to_owned(), when, rate_hz, unperturbed_hz });
        }
    }
    rates
}

impl Against {
    /// Writes table and pictures into a folder.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &Path, spikes: &SpikeRecord, title: &str) -> Result<()> {
        let Some(twin) = &self.twin else { return Ok(()) };
        raster::draw(twin, &format!("{title}, unperturbed"))?.save(folder.join(RASTER))?;
        curves::draw(&self.curves(spikes, twin), title)?.save(folder.join(CURVES))?;
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

    fn curves(&self, spikes: &SpikeRecord, twin: &SpikeRecord) -> Curves {
        let (start, stop) = spikes.window_ms();
        let bin = ((stop - start) / BINS / spikes.dt_ms).ceil().max(1.0) * spikes.dt_ms;
        let curve = |name: &str, record: &SpikeRecord| {
            let rates = rate_histogram(record, None, bin);
            let points = rates.into_iter().enumerate().map(|(k, rate)| (start + (k as f64 + 0.5) * bin, rate));
            Curve { name: name.to_owned(), points: points.collect() }
        };
        Curves {
            across: "time (ms)".into(),
            up: "mean rate (spikes/s)".into(),
            curves: vec![curve("perturbed", spikes), curve("unperturbed", twin)],
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
        format!("Perturbed from {start} to {stop} ms, against the same run without:\n{}", grid(&rows))
    }
}
