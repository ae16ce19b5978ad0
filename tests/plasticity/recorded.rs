//! Weights over time: those that are read at these times, however a run is cut.

use neuropil::network::{Probe, RecorderId, Weights};
use neuropil::prelude::*;
use neuropil::record::WeightRecord;

use super::invariance::networks;
use super::nest::stdp50;

const EVERY: f64 = 20.0;

/// A network of this name, with a recorder of the weights of projection 0.
pub fn recorded(name: &str) -> (Network, RecorderId) {
    recorded_as(name, Weights::every(0, EVERY))
}

/// The same, with its weights read up to date.
pub fn recorded_up_to_date(name: &str) -> (Network, RecorderId) {
    recorded_as(name, Weights::every(0, EVERY).up_to_date())
}

fn recorded_as(name: &str, weights: Weights) -> (Network, RecorderId) {
    let (_, mut net) = networks().into_iter().find(|(own, _)| *own == name).unwrap();
    let from = net.projections()[0].from.clone();
    let recorder = net.record(from, weights.between(30.0, 110.0)).unwrap();
    (net, recorder)
}

pub fn played(net: &Network, recorder: RecorderId, device: Device, options: &PlanOptions, batch: u32) -> WeightRecord {
    let mut sim = Simulation::new(net.clone(), device, Seed(1), options).unwrap();
    sim.set_batch(batch);
    sim.run(150.0.ms()).unwrap();
    sim.weights(recorder).unwrap()
}

#[test]
fn weights_over_time_are_those_that_are_read_at_these_times() {
    for name in ["guetig", "dopamine", "drawn", "tsodyks"] {
        let (net, recorder) = recorded(name);
        let found = played(&net, recorder, Device::cpu(), &PlanOptions::default(), u32::MAX);
        assert_eq!(found.times_ms(), [40.0, 60.0, 80.0, 100.0], "{name}");
        let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
        let weight = net.projections()[0].synapse.model.plasticity().unwrap().rule.weight();
        sim.run(40.0.ms()).unwrap();
        for row in 0..4 {
            let synapses = sim.synapses(0).unwrap();
            assert!(found.row(row) == synapses.state[weight], "{name}, row {row}");
            let projection = &net.projections()[0];
            let ends: Vec<(u32, u32)> =
                found.ends.iter().map(|&(s, t)| (projection.from.id(s), projection.to.id(t))).collect();
            assert!(ends == synapses.sources.into_iter().zip(synapses.targets).collect::<Vec<_>>(), "{name}");
            sim.run(EVERY.ms()).unwrap();
        }
        let learned = name != "tsodyks";
        assert_eq!(found.row(0) != found.row(3), learned, "{name}");
        assert_eq!(sim.weights_at_first(0).unwrap() != found.row(0), learned, "{name}");
        assert!(sim.weights(RecorderId(0)).is_err() && sim.samples(recorder).is_err());
    }
}

/// Spikes of a source and of a target, ms, that pair in all ways, and the synapse between them.
fn pair_of_spikes(model: &str) -> (Network, [RecorderId; 2]) {
    let mut net = Network::new(0.1.ms());
    let ends = net.add("ends", 2, ParrotNeuron::default()).unwrap();
    let (source, target) = (ends.slice(0..1), ends.slice(1..2));
    net.stimulate(&source, SpikeGenerator::at(&[10.0, 20.0, 34.0]), Static::new(1.0, 0.1)).unwrap();
    net.stimulate(&target, SpikeGenerator::at(&[15.0, 16.5, 19.5, 30.0]), Static::new(1.0, 0.1)).unwrap();
    let cell = net.add("cell", 1, IafPscExp::default()).unwrap();
    net.connect(&target, &cell, OneToOne, Static::new(1e5, 1.0)).unwrap();
    let weight = if model == "vogels_sprekeler_synapse" { 0.5 } else { 40.0 };
    net.connect(&source, &cell, OneToOne, Plastic::new(model, weight, 1.0).unwrap()).unwrap();
    let every = || Weights::every(1, 0.5);
    let id = |net: &mut Network, weights: Weights| net.record(&source, weights.between(0.0, 60.0)).unwrap();
    let ids = [every(), every().up_to_date()].map(|weights| id(&mut net, weights));
    (net, ids)
}

#[test]
fn weights_up_to_date_are_those_that_are_read_when_the_source_has_spiked_again() {
    for model in ["stdp_synapse", "stdp_nn_symm_synapse", "stdp_triplet_synapse", "vogels_sprekeler_synapse"] {
        let (net, [by_spikes, up_to_date]) = pair_of_spikes(model);
        let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
        sim.run(60.0.ms()).unwrap();
        let [by_spikes, up_to_date] = [by_spikes, up_to_date].map(|id| sim.weights(id).unwrap());
        let at = |record: &WeightRecord, ms: f64| record.row((ms / 0.5) as usize - 1)[0];
        // Before any pair, and where all has been taken and nothing has happened since.
        assert_eq!(at(&by_spikes, 14.5), at(&up_to_date, 14.5), "{model}");
        // The source's spike at 20.1 ms is taken 1 ms later; what is read before is what it leaves.
        assert_eq!(at(&up_to_date, 20.5), at(&by_spikes, 22.0), "{model}");
        assert_ne!(at(&by_spikes, 20.5), at(&by_spikes, 22.0), "{model}");
        // The target's spike of 16.2 ms has come back by 17.5 ms, before the source spikes again.
        assert_ne!(at(&up_to_date, 17.5), at(&up_to_date, 14.5), "{model}");
        assert_eq!(at(&by_spikes, 17.5), at(&by_spikes, 14.5), "{model}");
        // To read changes nothing.
        let mut unread = pair_of_spikes(model).0.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
        unread.run(60.0.ms()).unwrap();
        assert_eq!(unread.synapses(1).unwrap().state, sim.synapses(1).unwrap().state, "{model}");
    }
}

/// What 150 ms of a network give, which is the same on any threads, shards and batches, and after a stop at any time.
pub fn however_cut<T: PartialEq>(name: &str, net: &Network, of: impl Fn(&Simulation) -> T) -> T {
    let play = |threads: u32, shards: u32, batch: u32| {
        let (device, options) = (Device::cpu().threads(threads), PlanOptions { shards, ..PlanOptions::default() });
        let mut sim = Simulation::new(net.clone(), device, Seed(1), &options).unwrap();
        sim.set_batch(batch);
        sim.run(150.0.ms()).unwrap();
        of(&sim)
    };
    let whole = play(1, 1, u32::MAX);
    for (threads, shards, batch) in [(1, 3, 7), (2, 2, 33), (2, 7, u32::MAX)] {
        assert!(play(threads, shards, batch) == whole, "{name}");
    }
    for stop in [0.1, 39.9, 40.0, 70.3, 104.0, 140.0] {
        let mut first = net.build(Device::cpu(), Seed(1)).unwrap();
        first.run(stop.ms()).unwrap();
        let kept = first.checkpoint().unwrap();
        let options = PlanOptions { shards: 3, ..PlanOptions::default() };
        let mut rest = Simulation::resume(net.clone(), Device::cpu(), Seed(1), &options, &kept).unwrap();
        rest.run((150.0 - stop).ms()).unwrap();
        assert!(of(&rest) == whole, "{name} stopped at {stop} ms");
    }
    whole
}

#[test]
fn weights_over_time_do_not_depend_on_how_a_run_is_cut() {
    let names = ["guetig", "dopamine", "drawn"];
    let all = names.iter().flat_map(|name| [recorded, recorded_up_to_date].map(|with| (*name, with(name))));
    for (name, (net, recorder)) in all {
        let whole = however_cut(name, &net, |sim| sim.weights(recorder).unwrap());
        let mut other = net.build(Device::cpu(), Seed(1).trial(1)).unwrap();
        other.run(150.0.ms()).unwrap();
        // The networks that are listed draw nothing.
        assert_eq!(other.weights(recorder).unwrap() != whole, name == "drawn", "{name}: another trial");
    }
}

#[test]
fn a_checkpoint_that_lacks_recorded_weights_is_refused() {
    let (net, recorder) = recorded("guetig");
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(70.0.ms()).unwrap();
    let mut kept = sim.checkpoint().unwrap();
    kept.samples[recorder.0].pop();
    let problem = Simulation::resume(net, Device::cpu(), Seed(1), &PlanOptions::default(), &kept).unwrap_err();
    assert!(problem.to_string().contains("its samples are not those"), "{problem}");
}

#[test]
fn a_part_of_a_projection_is_the_same_part_of_the_whole() {
    let (mut net, recorder) = recorded("drawn");
    let all = net.population("neurons", "").unwrap();
    let part = Weights::every(0, EVERY).onto(all.slice(10..50)).between(30.0, 110.0);
    let part = net.record(all.slice(100..120), part).unwrap();
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(120.0.ms()).unwrap();
    let (whole, part) = (sim.weights(recorder).unwrap(), sim.weights(part).unwrap());
    let within = |&(source, target): &(u32, u32)| (100..120).contains(&source) && (10..50).contains(&target);
    let places: Vec<usize> = (0..whole.ends.len()).filter(|&k| within(&whole.ends[k])).collect();
    assert!(places.len() > 20 && places.len() < whole.ends.len() / 5);
    for row in 0..4 {
        let expected: Vec<f64> = places.iter().map(|&k| whole.row(row)[k]).collect();
        assert_eq!(part.row(row), expected);
    }
    assert_eq!(part.ends, places.iter().map(|&k| whole.ends[k]).collect::<Vec<_>>());
}

#[test]
fn recorders_of_no_weights_are_told() {
    let mut net = stdp50("guetig");
    let all = net.population("neurons", "").unwrap();
    let refused = net.record(&all, Weights::every(7, 1.0)).unwrap_err().to_string();
    assert!(refused.contains("projection 7 has no synapses that learn; those that learn are 0"), "{refused}");
    assert!(net.record(&all, Weights::every(0, 0.05)).unwrap_err().to_string().contains("interval = 0.05 ms"));
    let mut net = Network::new(0.1.ms());
    let cells = net.add("cells", 4, IafPscExp::default()).unwrap();
    let synapse = Plastic::new("stdp_synapse", 20.0, 1.0).unwrap();
    net.connect(cells.slice(0..2), cells.slice(2..4), AllToAll, synapse).unwrap();
    net.record(&cells, Weights::every(0, 1.0).onto(cells.slice(0..2))).unwrap();
    assert!(net.recorders().iter().any(|recorder| matches!(recorder.probe, Probe::Weights(_))));
    let refused = net.build(Device::cpu(), Seed(1)).unwrap_err().to_string();
    assert!(refused.contains("none of its synapses leads from cells to cells"), "{refused}");
}
