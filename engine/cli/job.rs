//! A simulation that is ready to run, and its results: checkpoints on the way, the output folder, the summary.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use neuropil::experiment::{Carried, Experiment, INPUTS, Setup};
use neuropil::files::atomic_write;
use neuropil::record::pictures::{raster, traces};
use neuropil::record::stream::Streamed;
use neuropil::record::{SpikeRecord, Summary, TraceRecord, WeightRecord, summary};
use neuropil::simulation::{Progress, Recorded, Simulation};
use neuropil::{Error, Result};

use super::checkpoints::Checkpoints;
use super::folder::Folder;
use super::sends::Sending;
use super::{against, measures, progress, report, style, weights};

/// The name of the experiment file in an output folder.
pub const EXPERIMENT: &str = "experiment.toml";

/// A simulation that is ready to run.
#[derive(Debug)]
pub struct Job {
    /// Name of the run, which titles its pictures together with the trial.
    pub name: String,
    /// What to simulate, and until when.
    pub setup: Setup,
    /// The simulation, at its start or on its way.
    pub simulation: Simulation,
    /// Where results go.
    pub folder: Folder,
    /// Where to write checkpoints, and how often.
    pub checkpoints: Option<Checkpoints>,
    /// The file that spikes are streamed to.
    pub spikes: Option<PathBuf>,
    /// The files that several runs are made from and share, which lie in the folder above; `None` for a run of its own.
    pub shared: Option<Arc<Carried>>,
    /// Whether the run is repeated without its perturbations and compared.
    pub against: bool,
}

impl Job {
    /// Simulates to the end, writes the folder and prints the summary.
    ///
    /// # Errors
    /// A device, a stream, a checkpoint or a folder that fails.
    pub fn run(mut self, json: bool) -> Result<ExitCode> {
        super::print_cautions(&self.setup, &self.simulation);
        let mut bar = progress::Bar::new(self.setup.network.dt());
        let simulated = self.simulate(&mut |progress| bar.watch(progress));
        bar.end();
        simulated?;
        let (folder, facts) = self.finish()?;
        if json {
            super::print_json(&facts)?;
        } else {
            super::print(&report::table(&facts, &folder, style::output()))?;
        }
        Ok(if facts.interrupted { ExitCode::from(130) } else { ExitCode::SUCCESS })
    }

    /// Simulates to the end, or until `watch` or Ctrl-C asks for one, and writes checkpoints on the way and at the end.
    ///
    /// # Errors
    /// A device, a stream or a checkpoint that fails.
    pub fn simulate(&mut self, watch: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Result<()> {
        let simulation = &mut self.simulation;
        let dt = self.setup.network.dt();
        let (begin, end) = (simulation.steps(), self.setup.duration.steps(dt, "duration")?);
        let of = end.saturating_sub(begin);
        simulation.check_steps(of)?;
        loop {
            let now = simulation.steps();
            let leg = self.checkpoints.as_ref().map_or(end, |c| c.next_after(now).min(end)).saturating_sub(now);
            let ran = simulation.run_steps(leg, &mut |leg| -> ControlFlow<()> {
                watch(Progress { done: now - begin + leg.done, of, ..leg })
            });
            let written = ran.and_then(|()| match &self.checkpoints {
                Some(checkpoints) => checkpoints.write(simulation),
                None => Ok(()),
            });
            if written.is_err() || simulation.steps() >= end || progress::interrupted() {
                return written;
            }
        }
    }

    /// Ends the stream of spikes, writes the results into the folder, and gives the folder and the facts of the run.
    ///
    /// # Errors
    /// A stream or a folder that fails.
    pub fn finish(mut self) -> Result<(PathBuf, report::Facts)> {
        let streamed = match self.spikes {
            Some(_) => Some(self.simulation.finish_stream()?),
            None => None,
        };
        self.write_results(streamed)
    }

    /// Removes the results of an earlier run from the folder, writes those of this one, and gives the folder and the
    /// facts for the summary. `streamed` is what the stream of spikes gave, if there was one.
    fn write_results(self, streamed: Option<Streamed>) -> Result<(PathBuf, report::Facts)> {
        let Job { name, setup, mut simulation, folder, spikes: file, shared, against, .. } = self;
        let titled = if setup.trial > 0 { format!("{name}, trial {}", setup.trial) } else { name.clone() };
        let resolved = repeatable_experiment(&setup, &simulation);
        let mut facts = report::Facts::new(&name, &setup, &simulation, &folder.path);
        let learned = if setup.weights { weights::learned(&mut simulation)? } else { Vec::new() };
        let (steps, time_ms, window_ms) = (simulation.steps(), simulation.time_ms(), simulation.window_ms());
        let Recorded { spikes, traces: records, series, weights: over_time, sends } = simulation.into_recorded()?;
        let measured = measures::evaluate(&setup, &series);
        // Read before anything is cleared: these may be the copies of the run that is replaced.
        let own = if shared.is_some() { Carried::default() } else { setup.inputs.read()? };
        let (carried, inputs) = match &shared {
            Some(shared) => (shared.as_ref(), format!("../{INPUTS}")),
            None => (&own, INPUTS.to_owned()),
        };
        facts.inputs_left = carried.left().to_vec();
        let experiment = carried.experiment(&resolved, &inputs).to_toml()?;
        let evaluated = match (&streamed, &file) {
            (Some(streamed), Some(file)) => {
                facts.add_streamed(streamed, file);
                Evaluated::from_stream(&name, streamed, file, steps, &records)?
            }
            _ => {
                let spikes = spikes.filter(|_| setup.spikes);
                spikes.iter().for_each(|spikes| facts.add_kept(spikes));
                Evaluated::from_record(&name, spikes, (setup.network.dt(), time_ms), &records)
            }
        };
        let Evaluated { summary, shown, title_end } = evaluated;
        let mut summary = summary.recorded(time_ms, window_ms);
        let compared = shown.as_ref().filter(|_| against && !facts.interrupted);
        let compared = compared.map(|spikes| against::compare(&setup, spikes, steps)).transpose()?;
        let picture = shown.as_ref().map(|spikes| raster::draw(spikes, &format!("{titled}{title_end}"))).transpose()?;
        folder.remove_results()?;
        folder.write_inputs(&own)?;
        if let Some(picture) = picture {
            picture.save(folder.path.join(raster::FILE))?;
        }
        for (entry, record) in summary.traces.iter().zip(&records) {
            traces::draw(record, &titled)?.save(folder.path.join(traces::file_name(&entry.file)))?;
        }
        if let (Some(compared), Some(spikes)) = (compared.filter(|_| !progress::interrupted()), &shown) {
            compared.write(&folder.path, spikes, &titled)?;
            facts.against = Some(compared);
        }
        write_measures(&folder.path, &titled, measured, &mut facts)?;
        write_weights(&folder.path, &titled, (learned, &over_time), &mut facts)?;
        for (number, record) in sends.iter().enumerate() {
            let sending = Sending::new(number, record);
            sending.write(&folder.path, record, &titled)?;
            facts.sent.push(sending);
        }
        write_experiment(&folder.path.join(EXPERIMENT), &experiment)?;
        // The peak includes statistics and pictures.
        facts.peak_memory_bytes = neuropil::bench::machine::peak_memory();
        summary.run = facts.to_map()?;
        // The summary is written last: a folder that holds it is complete.
        summary::write_tables(&folder.path, &summary, shown.as_ref(), &records)?;
        Ok((folder.keep(), facts))
    }
}

/// The experiment that repeats a run: where it was interrupted, only for as long as it came, unless one of its
/// recorders would then record nothing.
fn repeatable_experiment(setup: &Setup, simulation: &Simulation) -> Experiment {
    let mut experiment = setup.resolved.clone();
    let (network, steps) = (&setup.network, simulation.steps());
    let reached_ms = network.grid().time(steps);
    if network.recorders().iter().all(|recorder| recorder.records_until(network, steps)) && reached_ms > 0.0 {
        experiment.content.simulation.duration = Some(reached_ms);
    }
    experiment
}

/// Writes the tables and pictures of measures into `folder`, and adds the measures to `facts`.
fn write_measures(
    folder: &Path,
    title: &str,
    measured: Vec<(measures::Measured, measures::Tables)>,
    facts: &mut report::Facts,
) -> Result<()> {
    for (measured, tables) in measured {
        tables.write(folder, title)?;
        facts.measured.push(measured);
    }
    Ok(())
}

/// Writes the tables and pictures of the `learned` weights at the end, and of those that were recorded `over_time`,
/// into `folder`, and adds their facts to `facts`.
fn write_weights(
    folder: &Path,
    title: &str,
    (learned, over_time): (Vec<(weights::Learned, weights::Table)>, &[WeightRecord]),
    facts: &mut report::Facts,
) -> Result<()> {
    for (learned, table) in learned {
        table.write(&folder.join(&learned.file), &learned.title(title))?;
        facts.learned.push(learned);
    }
    for (number, record) in over_time.iter().enumerate() {
        let recorded = weights::OverTime::new(number, record);
        recorded.write(folder, record, title)?;
        facts.weights.push(recorded);
    }
    Ok(())
}

/// The spikes of a run, evaluated.
struct Evaluated {
    summary: Summary,
    /// The spikes that the raster shows; `None` where they were only counted.
    shown: Option<SpikeRecord>,
    /// What the title of the raster adds where it shows only some spikes; else empty.
    title_end: String,
}

impl Evaluated {
    /// The evaluation of spikes that were streamed to `file` in a run of `steps` steps; `records` are the recorded
    /// traces.
    fn from_stream(
        name: &str,
        streamed: &Streamed,
        file: &Path,
        steps: u64,
        records: &[TraceRecord],
    ) -> Result<Evaluated> {
        let tally = &streamed.tally;
        let file = std::path::absolute(file).map_err(|reason| Error::io(file, reason))?;
        let summary = Summary::streamed(name, tally, steps, &file, records, BTreeMap::new());
        let (sample, some) = tally.sample(steps)?;
        let title_end = if some { sample_title(&sample, tally.spikes()) } else { String::new() };
        Ok(Evaluated { summary, shown: Some(sample), title_end })
    }

    /// The evaluation of spikes that were kept, or only counted (`None`), in a run of `time_ms` in steps of `dt` ms;
    /// `records` are the recorded traces.
    fn from_record(
        name: &str,
        spikes: Option<SpikeRecord>,
        (dt, time_ms): (f64, f64),
        records: &[TraceRecord],
    ) -> Evaluated {
        let summary = match &spikes {
            None => Summary::counted(name, dt, time_ms, records, BTreeMap::new()),
            Some(spikes) => Summary::new(name, spikes, records, BTreeMap::new()),
        };
        Evaluated { summary, shown: spikes, title_end: String::new() }
    }
}

/// Writes the experiment that repeats a run.
fn write_experiment(path: &Path, experiment: &str) -> Result<()> {
    atomic_write(path, |file| {
        use std::io::Write;
        writeln!(
            file,
            "# Written by neuropil {}: `neuropil run` on this file gives the same spikes.",
            env!("CARGO_PKG_VERSION")
        )?;
        file.write_all(experiment.as_bytes())
    })
}

/// The words of a title for a picture of `sample`, the last of `all` spikes.
fn sample_title(sample: &SpikeRecord, all: u64) -> String {
    let (from, _) = sample.window_ms();
    let (shown, all) = (super::tables::count(sample.steps.len() as u64), super::tables::count(all));
    format!(", from {from} ms on: the last {shown} of {all} spikes")
}
