//! A trained network as files that anyone runs: an experiment, and a table of synapses for each projection.

use crate::error::Result;
use crate::network::{Spikes as Spiking, Variable};
use crate::train::Spikes;
use crate::train::files;
pub use crate::train::files::{Files, write};
use crate::train::fit::Parameters;
use crate::train::gemm::Float;
use crate::train::layer::Shows;
use crate::train::net::{Net, play};

/// The files of a trained network, to be run by `neuropil run experiment.toml`: the experiment, its synapses layer by
/// layer as `LAYER.csv`, and the spikes of some samples as `input.csv`, [samples, steps, inputs].
///
/// `about` goes into the experiment as comments.
///
/// # Errors
/// What [`play::network`] and [`files::files`] refuse.
pub fn files<T: Float>(net: &Net<T>, parameters: &Parameters<T>, input: &Spikes, about: &str) -> Result<Files> {
    let mut played = play::network(net, parameters, input)?;
    for layer in net.layers() {
        let neurons = played.network.population(&layer.population.name, "trained network")?;
        match layer.neurons.shows() {
            Shows::Spikes => played.network.record(&neurons, Spiking)?,
            Shows::State(variable) => played.network.record(&neurons, Variable::every(variable, net.dt()))?,
        };
    }
    let (steps, period) = (played.steps, played.period);
    let samples = format!("Samples of {steps} steps, the first behind {period} steps and the others as far apart.");
    files::files(&played.network, played.length() as u64, &format!("{about}\n{samples}"))
}
