//! A simulation that is ready to run, and what comes of it: checkpoints on the way, the output folder, the summary.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use neuropil::experiment::{Carried, INPUTS, Setup};
use neuropil::files::atomic_write;
use neuropil::record::pictures::{raster, traces};
use neuropil::record::stream::Streamed;
use neuropil::record::{SpikeRecord, Summary, TraceRecord, summary};
use neuropil::simulation::{Progress, Recorded, Simulation};
use neuropil::{Error, Result};

use super::checkpoints::Checkpoints;
use super::folder::Folder;
use super::{against, measures, progress, report, style, weights};

/// The experiment's name in an output folder.
pub const EXPERIMENT: &str = "experiment.toml";

/// A simulation that is ready to run.
#[derive(Debug)]
pub struct Job {
    /// Title of pictures, to which they add the trial.
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
    /// Where several runs share the files they are made from: these, in the folder above.
    pub shared: Option<Arc<Carried>>,
    /// Whether the twin without perturbations is played, too.
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

    /// Simulates to the end, or until `watch` says stop.
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
            let leg = self.checkpoints.as_ref().map_or(end, |c| c.after(now).min(end)).saturating_sub(now);
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

    /// Ends the stream of spikes and writes the folder.
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

    /// Writes all results into the folder and gives the facts for the summary.
    fn write_results(self, streamed: Option<Streamed>) -> Result<(PathBuf, report::Facts)> {
        let Job { name, setup, mut simulation, folder, spikes: file, shared, against, .. } = self;
        let titled = if setup.trial > 0 { format!("{name}, trial {}", setup.trial) } else { name.clone() };
        let mut resolved = setup.resolved.clone();
        // An interrupted run repeats as far as it came, unless nothing is recorded until then.
        let came = setup.network.grid().time(simulation.steps());
        let network = &setup.network;
        if network.recorders().iter().all(|recorder| recorder.records_until(network, simulation.steps())) && came > 0.0
        {
            resolved.content.simulation.duration = Some(came);
        }
        let mut facts = report::Facts::new(&name, &setup, &simulation, &folder.path);
        let learned = if setup.weights { weights::learned(&mut simulation)? } else { Vec::new() };
        let (steps, time_ms, window_ms) = (simulation.steps(), simulation.time_ms(), simulation.window_ms());
        let Recorded { spikes, traces: records, series, weights: over_time } = simulation.into_recorded()?;
        let measured = measures::measured(&setup, &series);
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
                facts.streamed(streamed, file);
                Evaluated::of_stream(&name, streamed, file, steps, &records)?
            }
            _ => {
                let spikes = spikes.filter(|_| setup.spikes);
                spikes.iter().for_each(|spikes| facts.kept(spikes));
                Evaluated::of_spikes(&name, spikes, (setup.network.dt(), time_ms), &records)
            }
        };
        let Evaluated { summary, shown, sample } = evaluated;
        let title = format!("{titled}{sample}");
        let mut summary = summary.recorded(time_ms, window_ms);
        let twin = shown.as_ref().filter(|_| against && !facts.interrupted);
        let twin = twin.map(|spikes| against::compare(&setup, spikes, steps)).transpose()?;
        let picture = shown.as_ref().map(|spikes| raster::draw(spikes, &title)).transpose()?;
        folder.remove_results()?;
        folder.carry(&own)?;
        if let Some(picture) = picture {
            picture.save(folder.path.join(raster::FILE))?;
        }
        for (entry, record) in summary.traces.iter().zip(&records) {
            traces::draw(record, &titled)?.save(folder.path.join(traces::file_name(&entry.file)))?;
        }
        if let (Some(twin), Some(spikes)) = (twin.filter(|_| !progress::interrupted()), &shown) {
            twin.write(&folder.path, spikes, &titled)?;
            facts.against = Some(twin);
        }
        for (measured, tables) in measured {
            tables.write(&folder.path, &titled)?;
            facts.measured.push(measured);
        }
        for (learned, table) in learned {
            table.write(&folder.path.join(&learned.file), &learned.title(&titled))?;
            facts.learned.push(learned);
        }
        for (number, record) in over_time.iter().enumerate() {
            let own = weights::OverTime::new(number, record);
            own.write(&folder.path, record, &titled)?;
            facts.weights.push(own);
        }
        write_experiment(&folder.path.join(EXPERIMENT), &experiment)?;
        // Statistics and pictures count, too.
        facts.peak_memory_bytes = neuropil::bench::machine::peak_memory();
        summary.run = facts.map()?;
        // The summary is written last: where it is, the run is whole.
        summary::write_tables(&folder.path, &summary, shown.as_ref(), &records)?;
        Ok((folder.keep(), facts))
    }
}

/// What comes of the spikes of a run: their summary, those that are drawn, and what the title says of them.
struct Evaluated {
    summary: Summary,
    shown: Option<SpikeRecord>,
    sample: String,
}

impl Evaluated {
    /// Of spikes that were streamed to `file`.
    fn of_stream(
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
        let said = if some { sample_title(&sample, tally.spikes()) } else { String::new() };
        Ok(Evaluated { summary, shown: Some(sample), sample: said })
    }

    /// Of spikes that were kept, or of none where they were only counted, in so many ms by steps of dt.
    fn of_spikes(
        name: &str,
        spikes: Option<SpikeRecord>,
        (dt, time_ms): (f64, f64),
        records: &[TraceRecord],
    ) -> Evaluated {
        let summary = match &spikes {
            None => Summary::counted(name, dt, time_ms, records, BTreeMap::new()),
            Some(spikes) => Summary::new(name, spikes, records, BTreeMap::new()),
        };
        Evaluated { summary, shown: spikes, sample: String::new() }
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

/// Says which spikes a picture shows.
fn sample_title(sample: &SpikeRecord, all: u64) -> String {
    let (from, _) = sample.window_ms();
    let (shown, all) = (super::tables::count(sample.steps.len() as u64), super::tables::count(all));
    format!(", from {from} ms on: the last {shown} of {all} spikes")
}
