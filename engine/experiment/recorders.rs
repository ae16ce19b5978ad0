//! `[[record]]`: the recorders of a run.

use crate::error::{Error, Result};
use crate::experiment::keys::{Content, RecordKeys};
use crate::experiment::measures::{self, Measure};
use crate::experiment::select::{every_population, select};
use crate::experiment::source_map::SourceMap;
use crate::network::{
    Network, Probe, Projection, Recorder, RecorderId, Recording, Selection, Sends, Spikes, Variable, Weights,
};
use crate::time::short;

/// The name of weights in `what`.
pub(crate) const WEIGHTS: &str = "weights";

/// Replaces the recorders of the network by those of the tables `[[record]]`, and by one of all spikes where no table
/// is of spikes; gives the measures of rates, field potentials and BOLD. Where there is no table, the state variables
/// that a preset records are recorded. The run has `steps` steps.
pub(crate) fn add_recorders(
    network: &mut Network,
    content: &Content,
    origin: &SourceMap,
    steps: u64,
) -> Result<Vec<Measure>> {
    let of_preset = |own: &&Recorder| content.record.is_empty() && matches!(own.probe, Probe::Variable(_));
    let of_preset: Vec<Recorder> = network.recorders().iter().filter(of_preset).cloned().collect();
    network.clear_recorders();
    let mut measures: Vec<Measure> = Vec::new();
    let transient = content.simulation.transient;
    let in_simulation = |e: Error| e.at(origin.place_in_file("simulation", 0));
    if let Some(ms) = transient.filter(|ms| network.grid().on(*ms).is_none()) {
        let (ms, dt) = (short(ms), network.dt());
        let problem = format!("transient = {ms} ms is not a whole number of steps of {dt} ms from 0 on");
        return Err(in_simulation(Error::invalid("simulation", problem)));
    }
    if !content.record.iter().any(|keys| keys.is_of("spikes")) {
        let spikes = Spikes.between(transient.unwrap_or(0.0), f64::INFINITY);
        let recorded = network.record(all_that_fire(network)?, spikes);
        recorded.and_then(|id| refuse_empty_recorder(network, id, steps)).map_err(in_simulation)?;
    }
    for Recorder { from, probe, start, stop } in of_preset {
        let recording = Recording { probe, start: transient.unwrap_or(0.0).max(start), stop };
        network.record(from, recording).map_err(in_simulation)?;
    }
    for (index, keys) in content.record.iter().enumerate() {
        if keys.is_of("spikes") && content.simulation.spikes == Some(false) {
            let problem = "spikes = false in [simulation] says that spikes are counted and not kept, and this table \
                           that they are; take one of them out";
            return Err(Error::invalid("record", problem).at(origin.place_in_file("record", index)));
        }
        let added = match keys.what.0.as_slice() {
            [what] if what == WEIGHTS => add_weights(network, keys, transient, steps),
            [what] if measures::KINDS.contains(&what.as_str()) => {
                let number = measures.iter().filter(|measure: &&Measure| measure.what == *what).count();
                measures::add_measure(network, keys, number, (transient, steps)).and_then(|measure| {
                    refuse_empty_recorder(network, measure.recorder, steps)?;
                    measures.push(measure);
                    Ok(())
                })
            }
            _ => add_recorder(network, keys, transient, steps),
        };
        added.map_err(|e| e.at(origin.place_in_file("record", index)))?;
    }
    Ok(measures)
}

/// All populations but those of astrocytes, which never fire; all where there is no other.
fn all_that_fire(network: &Network) -> Result<Selection> {
    let fires = |index: usize| network.populations()[index].model.signals().is_none();
    let all = select(network, &every_population(), "record")?;
    let parts = all.parts().iter().filter(|part| fires(part.population));
    let firing = parts.map(|part| Selection::of(part.population, part.first, part.count));
    Ok(firing.reduce(|own, other| own.and(&other)).unwrap_or(all))
}

/// Adds the recorders of a table `[[record]]` of weights, one for each plastic projection; none where neither an interval
/// nor `each_send` is given, since then all weights are written at the end of the run.
fn add_weights(network: &mut Network, keys: &RecordKeys, transient: Option<f64>, steps: u64) -> Result<()> {
    if !network.learns() {
        let problem = "no projection has synapses with memory; give one a model, as in synapse = \"stdp_synapse\"";
        return Err(Error::invalid("record", problem));
    }
    measures::refuse_measure_keys(keys)?;
    let each_send = keys.each_send == Some(true);
    let of_others = [("interval", keys.interval.is_some()), ("up_to_date", keys.up_to_date.is_some())];
    if let Some((name, _)) = of_others.iter().find(|(_, given)| *given && each_send) {
        let problem = format!(
            "{name} goes with weights at equal intervals, and each_send with those of each spike; make two tables"
        );
        return Err(Error::invalid("record", problem));
    }
    let Some(interval) = keys.interval.or(each_send.then_some(0.0)) else {
        let alone = RecordKeys { what: keys.what.clone(), ..RecordKeys::default() };
        let problem = "without interval, weights are written once, at the end of the run, of all projections that learn; \
                       give interval or each_send, or leave out the other keys";
        return if *keys == alone { Ok(()) } else { Err(Error::invalid("record", problem)) };
    };
    let (start, stop) = (keys.start.or(transient).unwrap_or(0.0), keys.stop.unwrap_or(f64::INFINITY));
    let ends = [&keys.from, &keys.to].map(|named| named.clone().unwrap_or_else(every_population));
    let [from, to] = [select(network, &ends[0], "record")?, select(network, &ends[1], "record")?];
    let joins = |own: &Projection| own.learns() && own.from.meets(&from) && own.to.meets(&to);
    let which = network.projections().iter().enumerate().filter(|(_, own)| joins(own));
    let which: Vec<usize> = which.map(|(number, _)| number).collect();
    if which.is_empty() {
        let problem = format!("no projection that learns leads from {} to {}; name others", ends[0], ends[1]);
        return Err(Error::invalid("record", problem));
    }
    for projection in which {
        let recording = if each_send {
            Sends::of(projection).onto(&to).between(start, stop)
        } else {
            let weights = Weights::every(projection, interval).onto(&to);
            let weights = if keys.up_to_date == Some(true) { weights.up_to_date() } else { weights };
            weights.between(start, stop)
        };
        let id = network.record(&from, recording)?;
        refuse_empty_recorder(network, id, steps)?;
    }
    Ok(())
}

/// Adds the recorder of a table `[[record]]`: of spikes, or of a state variable for each population.
fn add_recorder(network: &mut Network, keys: &RecordKeys, transient: Option<f64>, steps: u64) -> Result<()> {
    let (start, stop) = (keys.start.or(transient).unwrap_or(0.0), keys.stop.unwrap_or(f64::INFINITY));
    let from = select(network, keys.from.as_ref().unwrap_or(&every_population()), "record")?;
    measures::refuse_measure_keys(keys)?;
    measures::refuse_weight_keys(keys)?;
    if keys.is_of("spikes") {
        if keys.interval.is_some() {
            return Err(Error::invalid("record", "interval goes with a state variable, spikes are kept one by one"));
        }
        let id = network.record(from, Spikes.between(start, stop))?;
        return refuse_empty_recorder(network, id, steps);
    }
    if let Some(alone) = keys
        .what
        .0
        .iter()
        .find(|what| *what == "spikes" || *what == WEIGHTS || measures::KINDS.contains(&what.as_str()))
    {
        let problem = format!(
            "{alone} has a table of its own, and others may stand in a list with each other only where they are state variables"
        );
        return Err(Error::invalid("record", problem));
    }
    for what in &keys.what.0 {
        let variable = Variable::every(what, keys.interval.unwrap_or(1.0));
        for part in from.parts() {
            let part = Selection::of(part.population, part.first, part.count);
            let id = network.record(part, variable.clone().between(start, stop))?;
            refuse_empty_recorder(network, id, steps)?;
        }
    }
    Ok(())
}

/// Refuses a recorder that would record nothing in a run of `steps` steps.
fn refuse_empty_recorder(network: &Network, id: RecorderId, steps: u64) -> Result<()> {
    let recorder = &network.recorders()[id.0];
    if recorder.records_until(network, steps) {
        return Ok(());
    }
    let (start, end) = (short(recorder.start), short(network.grid().time(steps)));
    let problem = match &recorder.probe {
        Probe::Variable(_) | Probe::Lfp(_) | Probe::Weights(_) if recorder.window(network)?.0 < steps => {
            let interval = short(recorder.probe.interval().unwrap_or(0.0));
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
