//! Published network models: functions that return a network, each documented in the Markdown file beside it.
//!
//! One preset is two files, `<name>.rs` (the network) and `<name>.md` (equations, parameters with units and sources,
//! what is real and what is assumed, how to cite), and one line in [`all`]. What may not live here: readers of files
//! and anything that knows a device.

use crate::error::{Error, Result};
use crate::models;
use crate::network::{Network, Population, Selection, Spikes};

mod astrocyte_brunel;
mod brunel;
mod c_elegans;
mod c_elegans_graded;
mod calcium_waves;
mod coba_hh;
mod column;
mod cuba_coba;
mod fly_scale;
mod heavy_tailed;
mod hpc_benchmark;
mod human_dti;
mod larva;
mod microcircuit;
mod microcircuit_thalamic;
mod multi_area;
mod optic_lobe;
mod sparse;
mod stdp_balance;
mod vogels_abbott;
mod wiring;
mod working_memory;

/// A network model that has a name.
#[derive(Debug)]
pub struct Preset {
    /// The name it is run by, such as "c-elegans".
    pub name: &'static str,
    /// One line.
    pub title: &'static str,
    /// Markdown: equations, parameters with units and sources, what is real and what is assumed, how to cite.
    pub documentation: &'static str,
    /// Builds the network, with a recorder of the spikes of all its neurons.
    pub build: fn(&PresetOptions) -> Result<Network>,
    /// Biological time of a run, unless another is asked for, s.
    pub seconds: f64,
    /// Step, ms.
    pub dt: f64,
}

/// What can be changed of a preset without changing its parameters one by one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PresetOptions {
    /// Size relative to the published one; only 1 for networks that are one given connectome.
    pub scale: f64,
    /// Conduction velocity in mm/ms of the long-range fibres of `human-dti`; 3 mm/ms unless given.
    pub velocity: Option<f64>,
}

impl Default for PresetOptions {
    fn default() -> PresetOptions {
        PresetOptions { scale: 1.0, velocity: None }
    }
}

/// All presets, in the order in which they are listed.
pub fn all() -> &'static [Preset] {
    const ALL: &[Preset] = &[
        c_elegans::PRESET,
        c_elegans::WITH_GAPS,
        c_elegans_graded::PRESET,
        larva::PRESET,
        optic_lobe::PRESET,
        human_dti::PRESET,
        brunel::PRESET,
        vogels_abbott::CURRENT,
        vogels_abbott::CONDUCTANCE,
        cuba_coba::CUBA_4K,
        cuba_coba::COBA_4K,
        cuba_coba::CUBA_40K,
        coba_hh::PRESET,
        hpc_benchmark::PRESET,
        stdp_balance::PRESET,
        astrocyte_brunel::PRESET,
        calcium_waves::PRESET,
        working_memory::PRESET,
        microcircuit::PRESET,
        microcircuit_thalamic::PRESET,
        sparse::PRESET,
        fly_scale::PRESET,
        multi_area::PRESET,
    ];
    ALL
}

/// The preset of this name.
///
/// # Errors
/// [`Error::Unknown`] with the nearest name.
pub fn named(name: &str) -> Result<&'static Preset> {
    let found = all().iter().find(|preset| preset.name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = all().iter().map(|preset| preset.name).collect();
        Error::unknown("preset", name, "the list of presets", &names)
    })
}

impl Preset {
    /// The network, with these options.
    ///
    /// # Errors
    /// An option that is out of bounds, or that this preset does not have.
    pub fn network(&self, options: &PresetOptions) -> Result<Network> {
        (self.build)(options)
    }
}

impl PresetOptions {
    /// `full * scale`, rounded as NumPy does (halves to even): a number of neurons.
    fn scaled(&self, preset: &str, full: u32) -> Result<u32> {
        let size = (f64::from(full) * self.scale).round_ties_even();
        if size >= 1.0 && size <= f64::from(u32::MAX) {
            return Ok(size as u32);
        }
        let problem = format!(
            "scale = {} makes {size} of {full} neurons; it must be greater than 0 and leave 1 to 4,294,967,295 neurons",
            self.scale
        );
        Err(Error::invalid(format!("preset {preset}"), problem))
    }

    /// Refuses options that a preset of fixed size and delays does not have.
    fn fixed_size(&self, preset: &str) -> Result<()> {
        if self.scale != 1.0 {
            let problem = format!("it is one given connectome, so scale = {} must be left at 1", self.scale);
            return Err(Error::invalid(format!("preset {preset}"), problem));
        }
        self.no_velocity(preset)
    }

    /// Refuses a velocity.
    fn no_velocity(&self, preset: &str) -> Result<()> {
        if self.velocity.is_none() {
            return Ok(());
        }
        let problem = "its delays do not come from tract lengths; leave velocity out, or run human-dti";
        Err(Error::invalid(format!("preset {preset}"), problem))
    }
}

/// A population of a model with some parameters set, by NEST name.
fn population(name: &str, size: u32, model: &str, parameters: &[(&str, f64)]) -> Result<Population> {
    let mut population = Population::new(name, size, models::named(model, name)?)?;
    for (parameter, value) in parameters {
        population.set(parameter, *value)?;
    }
    Ok(population)
}

/// Records the spikes of everything.
fn record_all(network: &mut Network, all: &Selection) -> Result<()> {
    network.record(all, Spikes).map(drop)
}
