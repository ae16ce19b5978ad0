//! Experiment files: a network and how to run it, as TOML.
//!
//! `keys` declares the tables and their keys, `value` what values are; `source_map` parses a file and remembers its
//! lines. `build` and `builder` make a [`Network`] of it with `model`, `neurons`, `select`, `projections`, `pairs`,
//! `connectome`, `edges`, `couplings`, `input`, `rates`, `events`, `images`, `perturbations`, `recorders` and
//! `measures`; `layout` makes the options of the plan. `set` changes values from the command line, `sweep` row by row;
//! `carry` copies the files of an experiment, `format` explains the format. Relative paths are relative to the
//! experiment file. Names and units are NEST's.

use std::path::{Path, PathBuf};

use crate::device::{Device, Kind, Precision};
use crate::error::{Error, Result};
use crate::files::{Input, Limit};
use crate::network::{Network, Probe};
use crate::plan::PlanOptions;
use crate::plan::cost::memory::Kept;
use crate::seed::Seed;
use crate::simulation::Simulation;
use crate::time::Time;

mod build;
mod builder;
mod carry;
mod connectome;
mod couplings;
mod edges;
mod events;
mod format;
mod images;
mod input;
mod keys;
mod layout;
mod located;
mod measures;
mod model;
mod neurons;
mod pairs;
mod perturbations;
mod projections;
mod rates;
mod recorders;
mod select;
mod set;
mod source_map;
mod sweep;
mod value;

pub use carry::{Carried, INPUTS, Inputs, MAX_COPIED, SWEEP};
pub use connectome::FileRead;
pub use format::{EXAMPLE, NEURONS, VALUES, format};
pub use keys::{
    ConnectomeKeys, Content, CouplingKeys, Key, Named, NodeKeys, PerturbKeys, PopulationKeys, PresetKeys,
    ProjectionKeys, RecordKeys, SECTIONS, Section, SimulationKeys, StimulusKeys, ThirdKeys,
};
pub use measures::Measure;
pub use model::models_in;
use source_map::SourceMap;
pub use sweep::{Sweep, SweepRow};
pub use value::{Amount, AmountKeys, Ends, Middle, Spread, Texts, Whole};
use value::{chosen, is_path};

/// An experiment as written: a file, or a preset.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// The tables of the file.
    pub content: Content,
    /// Where they stand, for errors.
    origin: SourceMap,
}

/// An experiment made ready: the network, and how to run it.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The network, with its recorders.
    pub network: Network,
    /// The files of connectomes it is made from, and how they were read.
    pub connectomes: Vec<FileRead>,
    /// Measures of the activity of populations: rates, field potentials and BOLD.
    pub measures: Vec<Measure>,
    /// Biological time of the run.
    pub duration: Time,
    /// Seed of all random numbers.
    pub seed: Seed,
    /// Which trial of this seed.
    pub trial: u64,
    /// Whether spikes are kept or streamed, and not only counted.
    pub spikes: bool,
    /// Whether weights are written at the end.
    pub weights: bool,
    /// What simulates.
    pub device: Device,
    /// How the network is laid out.
    pub options: PlanOptions,
    /// The experiment with every default of `[simulation]` written out.
    pub resolved: Experiment,
    /// The files that the experiment is made from.
    pub inputs: Inputs,
}

impl Experiment {
    /// Reads an experiment file.
    ///
    /// # Errors
    /// A file that cannot be read, is not TOML, or holds a key or a value that is not understood, with its line.
    pub fn read(path: impl AsRef<Path>) -> Result<Experiment> {
        let path = path.as_ref();
        let bytes = Input::open(path, Limit::experiment()?, "an experiment file")?.text()?;
        Experiment::parse(path, &bytes)
    }

    /// Reads the text of an experiment file that stands, or would stand, at `path`.
    ///
    /// # Errors
    /// As [`Experiment::read`].
    pub fn parse(path: impl AsRef<Path>, text: &[u8]) -> Result<Experiment> {
        let path = path.as_ref();
        let (mut content, origin) = source_map::parse(path, text)?;
        if !content.model.is_empty() {
            model::check_models(path, &String::from_utf8_lossy(text))?;
        }
        let folder = std::path::absolute(path).map_err(|source| Error::io(path, source))?;
        make_paths_absolute(&mut content, folder.parent().unwrap_or(Path::new("/")));
        Ok(Experiment { content, origin })
    }

    /// The experiment that runs a preset.
    pub fn preset(name: &str) -> Experiment {
        let preset = Some(PresetKeys { name: name.to_owned(), ..PresetKeys::default() });
        Experiment { content: Content { preset, ..Content::default() }, origin: SourceMap::default() }
    }

    /// A short name: as `[simulation]` says, the file's without its ending, or the preset's.
    pub fn name(&self) -> String {
        if let Some(name) = &self.content.simulation.name {
            return name.clone();
        }
        let file = self.origin.path.as_ref().and_then(|p| p.file_stem()).map(|s| s.to_string_lossy().into_owned());
        let preset = self.content.preset.as_ref().map(|p| p.name.clone());
        file.or(preset).unwrap_or_else(|| "experiment".into())
    }

    /// The experiment as TOML, with absolute paths.
    ///
    /// # Errors
    /// A number that TOML cannot hold (a whole number beyond 2⁶³ - 1).
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(&self.content).map_err(|error| Error::invalid(self.origin.file(), error.to_string()))
    }

    /// The files that the experiment is made from, each once.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = std::collections::BTreeSet::new();
        each_path(&mut self.content.clone(), &mut |path| {
            files.insert(PathBuf::from(&*path));
        });
        files.into_iter().collect()
    }

    /// Changes one value: "exc.V_th=-52", "simulation.dt=0.05", "preset.scale=0.5", "exc->inh.weight=30",
    /// "poisson_generator->exc.rate=9000", `projection[0].weight=30` where several tables have the same ends.
    ///
    /// # Errors
    /// A table or a key that does not exist, a value that the key does not take.
    pub fn set(&mut self, assignment: &str) -> Result<()> {
        set::apply_all(&mut self.content, [assignment])
    }

    /// Changes several values as [`Experiment::set`] does, one after the other.
    ///
    /// # Errors
    /// As [`Experiment::set`], and an assignment that a later one would override.
    pub fn set_all<'a>(&mut self, assignments: impl IntoIterator<Item = &'a str>) -> Result<()> {
        set::apply_all(&mut self.content, assignments)
    }

    /// Sets the duration to `ms`; errors about it name the program's option `option`.
    pub fn run_for(&mut self, ms: f64, option: &'static str) {
        self.content.simulation.duration = Some(ms);
        self.origin.duration = Some(option);
    }

    /// Builds the network and checks all settings; nothing is allocated for synapses.
    ///
    /// # Errors
    /// A mistake in the experiment, with the line of its table; a file that cannot be read.
    pub fn setup(&self) -> Result<Setup> {
        let (keys, inputs) = (&self.content.simulation, Inputs::of(self));
        let place = || self.origin.place("simulation", 0);
        let preset = build::find_preset(&self.content, &self.origin)?;
        if keys.name.as_ref().is_some_and(|name| name.len() > 200 || name.chars().any(char::is_control)) {
            return Err(Error::invalid(place(), "name must be one line of at most 200 bytes"));
        }
        let dt = self.dt(preset)?;
        let duration = keys.duration.or(preset.map(|p| p.seconds * 1000.0));
        let duration = duration.ok_or_else(|| Error::invalid(place(), "duration is missing; give it in ms"))?;
        if !(duration > 0.0 && duration.is_finite()) {
            return Err(Error::invalid(place(), format!("duration = {duration} ms must be a number greater than 0")));
        }
        let steps = Time::from_ms(duration).steps(dt, self.origin.duration.unwrap_or("duration"))?;
        let device = self.device()?;
        let options = layout::plan_options(&self.content.plan, &self.origin.place("plan", 0))?;
        let seed = keys.seed.map_or(1, |seed| seed.0);
        let mut resolved = self.clone();
        resolved.content.simulation = SimulationKeys {
            name: Some(self.name()),
            dt: Some(dt),
            duration: Some(duration),
            seed: Some(Whole(seed)),
            device: Some(device.kind.name().into()),
            precision: Some(device.precision.name().into()),
            ..keys.clone()
        };
        let (network, connectomes, measures) = build::build_network(&self.content, &self.origin, preset, (dt, steps))?;
        let (duration, seed, trial) = (Time::from_ms(duration), Seed(seed), keys.trial.map_or(0, |trial| trial.0));
        let spikes = keys.spikes.unwrap_or(true);
        let at_the_end = |keys: &RecordKeys| keys.interval.is_none() && keys.each_send != Some(true);
        let weights = self.content.record.iter().any(|keys| keys.is_of(recorders::WEIGHTS) && at_the_end(keys));
        Ok(Setup {
            network,
            connectomes,
            measures,
            duration,
            seed,
            trial,
            spikes,
            weights,
            device,
            options,
            resolved,
            inputs,
        })
    }

    /// The step in ms; that of a preset cannot be changed.
    fn dt(&self, preset: Option<&crate::connectomes::networks::Preset>) -> Result<f64> {
        let place = self.origin.place("simulation", 0);
        let dt = self.content.simulation.dt.or(preset.map(|p| p.dt)).unwrap_or(0.1);
        if !(dt > 0.0 && dt.is_finite()) {
            return Err(Error::invalid(&place, format!("dt = {dt} ms must be a number greater than 0")));
        }
        match preset {
            Some(preset) if preset.dt != dt => {
                let problem =
                    format!("dt = {dt} ms, and the preset {} has dt = {} ms; leave dt out", preset.name, preset.dt);
                Err(Error::invalid(&place, problem))
            }
            _ => Ok(dt),
        }
    }

    /// The device that `[simulation]` asks for, with the defaults `auto` and `f32`.
    fn device(&self) -> Result<Device> {
        let keys = &self.content.simulation;
        let place = self.origin.place("simulation", 0);
        let mut device = Device::cpu();
        device.kind = chosen("device", &keys.device, &place, Kind::ALL, Kind::name)?.unwrap_or_default();
        device.precision =
            chosen("precision", &keys.precision, &place, Precision::ALL, Precision::name)?.unwrap_or_default();
        if let (Kind::Cpu, Some(adapter)) = (device.kind, &keys.adapter) {
            let problem = format!("adapter = \"{adapter}\" chooses a GPU, and device is cpu; leave one of them out");
            return Err(Error::invalid(&place, problem));
        }
        device.adapter.clone_from(&keys.adapter);
        match keys.threads {
            Some(Whole(threads @ 1..=4096)) => device.threads = Some(threads as u32),
            Some(Whole(threads)) => {
                return Err(Error::invalid(&place, format!("threads = {threads} must lie between 1 and 4096")));
            }
            None => {}
        }
        Ok(device)
    }
}

impl Setup {
    /// Builds the simulation, at its start.
    ///
    /// # Errors
    /// A network that cannot be built or needs too much memory, a device that is missing or fails.
    pub fn simulation(&self) -> Result<Simulation> {
        let trial = self.seed.trial(self.trial);
        let built = Simulation::new(self.network.clone(), self.device.clone(), trial, &self.options);
        self.recording(built.map_err(|error| self.in_file(error))?)
    }

    /// Refuses to stream spikes to `path` where they are only counted.
    ///
    /// # Errors
    /// Spikes that are only counted.
    pub fn check_streamed(&self, path: &Path) -> Result<()> {
        if self.spikes {
            return Ok(());
        }
        let problem = "no spikes would go there, since spikes = false in [simulation] says that they are only counted; \
                       take that out, or leave --spikes out";
        Err(Error::file(path, problem))
    }

    /// What a run keeps in memory beside the network; with `streamed`, spikes go to a file and are not kept.
    ///
    /// # Errors
    /// A duration or an interval off the grid.
    pub fn kept(&self, streamed: bool) -> Result<Kept> {
        let steps = self.duration.steps(self.network.dt(), "duration")?;
        let (start, stop) = self.network.spike_window();
        let mut kept = Kept::default();
        if self.spikes && !streamed {
            kept.spike_steps = steps.min(stop).saturating_sub(start);
        }
        for recorder in self.network.recorders() {
            let rows = recorder.rows(&self.network, 0, steps)?;
            let rows = rows.end - rows.start;
            kept.samples += rows * u64::from(recorder.width()) + recorder.initial_state().len() as u64;
            let Some((which, share)) = recorder.share_of_weights(&self.network) else { continue };
            let mut samples = rows;
            if let Probe::Sends(_) = recorder.probe {
                let spikes = rows as f64 * self.network.dt() * 1e-3 * self.options.cost.rate_expected;
                samples = REPLAYED[0] + 3 * spikes.ceil() as u64;
                let projection = &self.network.projections()[which];
                kept.samples += u64::from(projection.from.len()) + REPLAYED[1] * u64::from(projection.to.len());
            }
            kept.weights.push((which, share, samples));
        }
        kept.picture = self.spikes || kept.samples > 0 || !kept.weights.is_empty();
        Ok(kept)
    }

    /// Makes `simulation`, which is at its start, keep its spikes or only count them, as this setup says.
    ///
    /// # Errors
    /// A simulation that has made steps.
    pub fn recording(&self, mut simulation: Simulation) -> Result<Simulation> {
        if !self.spikes {
            simulation.count_spikes()?;
        }
        Ok(simulation)
    }
}

/// Values of eight bytes that a synapse and a target take, of which it is recorded what is sent, beside what is recorded:
/// they are played once more. A target has the steps of its last 16 spikes, with a number for each.
const REPLAYED: [u64; 2] = [8, 28];

/// Makes the paths of an experiment absolute; relative ones are relative to `folder`.
fn make_paths_absolute(content: &mut Content, folder: &Path) {
    each_path(content, &mut |path| *path = PathBuf::from(folder).join(&*path).to_string_lossy().into_owned());
}

/// Calls `each` with every path in the tables of an experiment.
fn each_path(content: &mut Content, each: &mut dyn FnMut(&mut String)) {
    for population in &mut content.population {
        population.model.iter_mut().filter(|model| is_path(model)).for_each(&mut *each);
        population.neurons.iter_mut().for_each(&mut *each);
        population.connectome.iter_mut().for_each(|connectome| connectome.each_path(each));
        for amount in population.params.values_mut().chain(population.initial.values_mut()) {
            if let Amount::Table(AmountKeys { file: Some(file), .. }) = amount {
                each(file);
            }
        }
    }
    for projection in &mut content.projection {
        projection.file.iter_mut().for_each(&mut *each);
        let named = projection.synapse.iter_mut().chain(&mut projection.modulator_domains);
        named.filter(|name| is_path(name)).for_each(&mut *each);
        projection.connectome.iter_mut().for_each(|connectome| connectome.each_path(each));
    }
    for coupling in &mut content.coupling {
        coupling.file.iter_mut().for_each(&mut *each);
        coupling.connectome.iter_mut().for_each(|connectome| connectome.each_path(each));
    }
    for stimulus in &mut content.stimulus {
        stimulus.file.iter_mut().for_each(&mut *each);
    }
    for record in &mut content.record {
        [&mut record.structure, &mut record.empirical].into_iter().flatten().for_each(|named| named.each_path(each));
    }
    for amount in content.perturb.iter_mut().flat_map(|keys| keys.params.values_mut()) {
        if let Amount::Table(AmountKeys { file: Some(file), .. }) = amount {
            each(file);
        }
    }
}
