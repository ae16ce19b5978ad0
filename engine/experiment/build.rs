//! From tables to a network, one table after the other.

use std::collections::BTreeSet;

use crate::connectomes::EdgeKind;
use crate::connectomes::networks::{self, Preset, PresetOptions};
use crate::error::{Error, Result};
use crate::experiment::builder::Builder;
use crate::experiment::connectome::FileRead;
use crate::experiment::keys::{Content, RecordKeys};
use crate::experiment::select::select;
use crate::experiment::source_map::SourceMap;
use crate::experiment::value::Texts;
use crate::experiment::{couplings, input, neurons, perturbations, projections};
use crate::network::{Network, Probe, RecorderId, Selection, Spikes, Variable};
use crate::time::Time;
use crate::time::short;

/// What is recorded where weights are written at the end.
pub(crate) const WEIGHTS: &str = "weights";

/// The preset an experiment starts from.
pub(crate) fn preset(content: &Content, origin: &SourceMap) -> Result<Option<&'static Preset>> {
    let Some(keys) = &content.preset else { return Ok(None) };
    networks::named(&keys.name).map(Some).map_err(|error| error.at(origin.table("preset", 0)))
}

/// The network an experiment describes.
pub(crate) fn network(
    content: &Content,
    origin: &SourceMap,
    preset: Option<&Preset>,
    (dt, steps): (f64, u64),
) -> Result<(Network, Vec<FileRead>)> {
    let network = match (preset, &content.preset) {
        (Some(preset), Some(keys)) => {
            let options = PresetOptions { scale: keys.scale.unwrap_or(1.0), velocity: keys.velocity };
            preset.network(&options).map_err(|error| error.at(origin.table("preset", 0)))?
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
        neurons::population(&mut builder, keys, preset.is_some())
            .map_err(|e| e.at(origin.table("population", index)))?;
    }
    for (index, keys) in content.projection.iter().enumerate() {
        projections::projection(&mut builder, keys).map_err(|e| e.at(origin.table("projection", index)))?;
    }
    for (index, keys) in content.coupling.iter().enumerate() {
        couplings::coupling(&mut builder, keys).map_err(|e| e.at(origin.table("coupling", index)))?;
    }
    for (index, keys) in content.stimulus.iter().enumerate() {
        input::stimulus(&mut builder.network, keys).map_err(|e| e.at(origin.table("stimulus", index)))?;
    }
    for (index, keys) in content.perturb.iter().enumerate() {
        perturbations::perturb(&mut builder.network, keys, steps).map_err(|e| e.at(origin.table("perturb", index)))?;
    }
    add_recorders(&mut builder.network, content, origin, steps)?;
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
    Ok((builder.network, files))
}

/// The recorders: of the spikes of all neurons, unless tables say of which, and of what else there are tables.
fn add_recorders(network: &mut Network, content: &Content, origin: &SourceMap, steps: u64) -> Result<()> {
    network.clear_recorders();
    let transient = content.simulation.transient;
    let before = |e: Error| e.at(origin.table("simulation", 0));
    if let Some(ms) = transient.filter(|ms| network.grid().on(*ms).is_none()) {
        let (ms, dt) = (short(ms), network.dt());
        let problem = format!("transient = {ms} ms is not a whole number of steps of {dt} ms from 0 on");
        return Err(before(Error::invalid("simulation", problem)));
    }
    if !content.record.iter().any(|keys| keys.what == "spikes") {
        let all = select(network, &every_population(), "record")?;
        let spikes = Spikes.between(transient.unwrap_or(0.0), f64::INFINITY);
        network.record(all, spikes).and_then(|id| refuse_empty_recorder(network, id, steps)).map_err(before)?;
    }
    for (index, keys) in content.record.iter().enumerate() {
        if keys.what == "spikes" && content.simulation.spikes == Some(false) {
            let problem = "spikes = false in [simulation] says that spikes are counted and not kept, and this table \
                           that they are; take one of them out";
            return Err(Error::invalid("record", problem).at(origin.table("record", index)));
        }
        if keys.what == WEIGHTS {
            check_weights(network, keys).map_err(|e| e.at(origin.table("record", index)))?;
            continue;
        }
        add_recorder(network, keys, transient, steps).map_err(|e| e.at(origin.table("record", index)))?;
    }
    Ok(())
}

/// Checks a table `[[record]]` of weights, which are written at the end, all of them.
fn check_weights(network: &Network, keys: &RecordKeys) -> Result<()> {
    let alone = RecordKeys { what: keys.what.clone(), ..RecordKeys::default() };
    if *keys != alone {
        let problem =
            "weights are written once, at the end of the run, of all projections that learn; leave out the other keys";
        return Err(Error::invalid("record", problem));
    }
    match network.projections().iter().any(|projection| projection.synapse.model.plasticity().is_some()) {
        true => Ok(()),
        false => {
            let problem = "no projection has synapses with memory; give one a model, as in synapse = \"stdp_synapse\"";
            Err(Error::invalid("record", problem))
        }
    }
}

/// Adds the recorder of a table `[[record]]`: of spikes, or of a state variable for each population.
fn add_recorder(network: &mut Network, keys: &RecordKeys, transient: Option<f64>, steps: u64) -> Result<()> {
    let (start, stop) = (keys.start.or(transient).unwrap_or(0.0), keys.stop.unwrap_or(f64::INFINITY));
    let from = select(network, keys.from.as_ref().unwrap_or(&every_population()), "record")?;
    if keys.what == "spikes" {
        if keys.interval.is_some() {
            return Err(Error::invalid("record", "interval goes with a state variable, spikes are kept one by one"));
        }
        let id = network.record(from, Spikes.between(start, stop))?;
        return refuse_empty_recorder(network, id, steps);
    }
    let variable = Variable::every(&keys.what, keys.interval.unwrap_or(1.0));
    for part in from.parts() {
        let part = Selection::of(part.population, part.first, part.count);
        let id = network.record(part, variable.clone().between(start, stop))?;
        refuse_empty_recorder(network, id, steps)?;
    }
    Ok(())
}

/// Refuses a recorder that can find nothing in a run of so many steps.
fn refuse_empty_recorder(network: &Network, id: RecorderId, steps: u64) -> Result<()> {
    let recorder = &network.recorders()[id.0];
    if recorder.records_until(network, steps) {
        return Ok(());
    }
    let (start, end) = (short(recorder.start), short(network.grid().time(steps)));
    let problem = match &recorder.probe {
        Probe::Variable(variable) if recorder.window(network)?.0 < steps => {
            let interval = short(variable.interval);
            format!(
                "no sample falls into the recorded time, since there is one every {interval} ms from 0 on; make \
                     the interval shorter, or the time longer"
            )
        }
        _ => format!(
            "recording begins at {start} ms, and the run ends at {end} ms; make the transient or start shorter, \
             or the duration longer"
        ),
    };
    Err(Error::invalid("record", problem))
}

/// The selection `*`.
fn every_population() -> Texts {
    Texts(vec!["*".into()])
}
