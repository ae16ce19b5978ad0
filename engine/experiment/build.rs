//! Builds the network from the tables of an experiment, one after the other.

use std::collections::BTreeSet;

use crate::connectomes::EdgeKind;
use crate::connectomes::networks::{self, Preset, PresetOptions};
use crate::error::{Error, Result};
use crate::experiment::builder::Builder;
use crate::experiment::connectome::FileRead;
use crate::experiment::keys::Content;
use crate::experiment::measures::Measure;
use crate::experiment::source_map::SourceMap;
use crate::experiment::{couplings, input, neurons, perturbations, projections, recorders};
use crate::network::Network;
use crate::time::Time;

/// The preset that an experiment starts from, if it names one.
pub(crate) fn find_preset(content: &Content, origin: &SourceMap) -> Result<Option<&'static Preset>> {
    let Some(keys) = &content.preset else { return Ok(None) };
    networks::named(&keys.name).map(Some).map_err(|error| error.at(origin.place_in_file("preset", 0)))
}

/// The network that an experiment describes, the files of connectomes it is made from, and the measures of its
/// recorders. `dt` is the step in ms, `steps` the length of the run.
pub(crate) fn build_network(
    content: &Content,
    origin: &SourceMap,
    preset: Option<&Preset>,
    (dt, steps): (f64, u64),
) -> Result<(Network, Vec<FileRead>, Vec<Measure>)> {
    let network = match (preset, &content.preset) {
        (Some(preset), Some(keys)) => {
            let options = PresetOptions { scale: keys.scale.unwrap_or(1.0), velocity: keys.velocity };
            preset.network(&options).map_err(|error| error.at(origin.place_in_file("preset", 0)))?
        }
        _ if content.population.is_empty() => {
            let problem = "there is neither a [[population]] nor a [preset]; \
                           `neuropil run --help-format` shows what an experiment file holds";
            return Err(Error::invalid(origin.file(), problem));
        }
        _ => Network::new(Time::from_ms(dt)),
    };
    let nodes = vec![None; network.populations().len()];
    let mut builder = Builder {
        network,
        models: content.model.clone(),
        nodes,
        connectomes: Vec::new(),
        straight: BTreeSet::new(),
        wired: BTreeSet::new(),
        coupled: BTreeSet::new(),
    };
    for (index, keys) in content.population.iter().enumerate() {
        neurons::add_population(&mut builder, keys, preset.is_some())
            .map_err(|e| e.at(origin.place_in_file("population", index)))?;
    }
    for (index, keys) in content.projection.iter().enumerate() {
        projections::add_projection(&mut builder, keys).map_err(|e| e.at(origin.place_in_file("projection", index)))?;
    }
    for (index, keys) in content.coupling.iter().enumerate() {
        couplings::add_couplings(&mut builder, keys).map_err(|e| e.at(origin.place_in_file("coupling", index)))?;
    }
    for (index, keys) in content.stimulus.iter().enumerate() {
        input::add_stimulus(&mut builder.network, keys).map_err(|e| e.at(origin.place_in_file("stimulus", index)))?;
    }
    for (index, keys) in content.perturb.iter().enumerate() {
        perturbations::add_perturbations(&mut builder.network, keys)
            .map_err(|e| e.at(origin.place_in_file("perturb", index)))?;
    }
    let measures = recorders::add_recorders(&mut builder.network, content, origin, steps)?;
    let files = files_read(&builder);
    Ok((builder.network, files, measures))
}

/// The files of connectomes that were read, and built-in connectomes of which something was guessed or left out.
fn files_read(builder: &Builder) -> Vec<FileRead> {
    let mut files = Vec::new();
    for (at, (named, read)) in builder.connectomes.iter().enumerate() {
        let mut reading = read.reading.clone();
        if builder.straight.contains(&at) {
            let what = "delays by velocity follow straight lines between positions, since no edge has a tract length";
            reading.guess(what, "lengths = \"...\", or delay in ms");
        }
        let gaps = read.edges.iter().filter(|edge| edge.kind == EdgeKind::Gap).count();
        let gaps = if builder.wired.contains(&at) && !builder.coupled.contains(&at) { gaps } else { 0 };
        if gaps > 0 {
            reading.leave(format!("{gaps} gap junctions, which no [[coupling]] takes"));
        }
        if named.is_file() || builder.straight.contains(&at) || gaps > 0 {
            files.push(FileRead { file: named.name().to_owned(), reading });
        }
    }
    files
}
