//! Options that every command which simulates has.

use clap::Args;
use neuropil::device::{Kind, Precision};
use neuropil::experiment::{Experiment, SimulationKeys, Whole};
use neuropil::{Error, Result};

use super::value_parsers::{one_of, parse_number, parse_size, parse_threads, parse_whole_number};

/// Options on the device, the size, the seed and the memory.
#[derive(Debug, Clone, Args)]
pub struct Shared {
    /// Who simulates; auto takes a GPU where it is expected to be faster
    #[arg(long, value_parser = one_of(Kind::ALL, Kind::name))]
    pub device: Option<Kind>,
    /// Part of the name of the GPU to take, where there are several
    #[arg(long, value_name = "NAME")]
    pub adapter: Option<String>,
    /// Most threads of the CPU, of which as many play as there are free cores; as many as the network keeps busy unless given
    #[arg(long, value_name = "N", value_parser = parse_threads, allow_negative_numbers = true)]
    pub threads: Option<u64>,
    /// Number type; f64 on the CPU only
    #[arg(long, value_parser = one_of(Precision::ALL, Precision::name))]
    pub precision: Option<Precision>,
    /// Size relative to the published one, for presets that have a scale
    #[arg(long, value_name = "X", value_parser = parse_number, allow_negative_numbers = true)]
    pub scale: Option<f64>,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", value_parser = parse_whole_number, allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Most memory to use, such as 6GiB; synapses that do not fit are drawn again at each spike
    #[arg(long, value_name = "SIZE", value_parser = parse_size, allow_hyphen_values = true)]
    pub memory: Option<String>,
}

impl Shared {
    /// Writes the options that were given into the experiment.
    ///
    /// # Errors
    /// A scale for an experiment that starts from no preset, a seed that an experiment file cannot hold.
    pub fn apply(&self, experiment: &mut Experiment) -> Result<()> {
        if let Some(scale) = self.scale {
            let Some(preset) = &mut experiment.content.preset else {
                let problem = "this experiment does not start from a preset; change the sizes in its file";
                return Err(Error::invalid(format!("--scale {scale}"), problem));
            };
            preset.scale = Some(scale);
        }
        let memory = &mut experiment.content.plan.memory;
        *memory = self.memory.clone().or(memory.take());
        let keys = &mut experiment.content.simulation;
        set_device(keys, self.device, &self.adapter, self.threads);
        if let Some(precision) = self.precision {
            keys.precision = Some(precision.name().into());
        }
        if let Some(seed) = self.seed {
            if i64::try_from(seed).is_err() {
                let problem = format!("{seed} must be at most {}", i64::MAX);
                return Err(Error::invalid("--seed", problem));
            }
            keys.seed = Some(Whole(seed));
        }
        Ok(())
    }

    /// The options that were given, each with the setting of an experiment that it stands for.
    pub fn settings(&self) -> Vec<(&'static str, &'static str)> {
        let given = [
            ("--device", "simulation.device", self.device.is_some()),
            ("--adapter", "simulation.adapter", self.adapter.is_some()),
            ("--threads", "simulation.threads", self.threads.is_some()),
            ("--precision", "simulation.precision", self.precision.is_some()),
            ("--scale", "preset.scale", self.scale.is_some()),
            ("--seed", "simulation.seed", self.seed.is_some()),
            ("--memory", "plan.memory", self.memory.is_some()),
        ];
        given.into_iter().filter(|(.., given)| *given).map(|(option, setting, _)| (option, setting)).collect()
    }

    /// The options that were given as arguments for another process.
    pub fn arguments(&self) -> Vec<String> {
        let given = [
            ("--device", self.device.map(|device| device.name().to_owned())),
            ("--adapter", self.adapter.clone()),
            ("--threads", self.threads.map(|n| n.to_string())),
            ("--precision", self.precision.map(|precision| precision.name().to_owned())),
            ("--scale", self.scale.map(|x| x.to_string())),
            ("--seed", self.seed.map(|n| n.to_string())),
            ("--memory", self.memory.clone()),
        ];
        given.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect()
    }
}

/// Writes the device, the adapter and the number of threads, as far as they are given, into an experiment.
pub fn set_device(keys: &mut SimulationKeys, device: Option<Kind>, adapter: &Option<String>, threads: Option<u64>) {
    keys.device = device.map(|device| device.name().into()).or(keys.device.take());
    keys.adapter = adapter.clone().or(keys.adapter.take());
    keys.threads = threads.map(Whole).or(keys.threads);
}
