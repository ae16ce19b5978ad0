//! Networks written as an experiment with tables, and read again.

use neuropil::experiment::Experiment;
use neuropil::network::{Perturb, Rate, RecorderId};
use neuropil::prelude::*;
use neuropil::train::files::{files, write};

use crate::support::room::Room;

/// Neurons that differ and start apart, under names that one file cannot have both, joined in part and to one receptor.
fn network(change: f64) -> Network {
    let mut net = Network::new(0.1.ms());
    let inputs = net.add("in", 4, ParrotNeuron {}).unwrap();
    let first = net.add("a b", 5, IafPscExp { I_e: 300.0, ..default() }).unwrap();
    let second = net.add("A_b", 3, IafPscExp { tau_syn_ex: 3.0, ..default() }).unwrap();
    net.set("a b", "V_th", Value::each([-60.0, -58.5, -61.25, -57.0, -60.0 + change])).unwrap();
    net.set("a b", "V_m", Value::each([-70.0, -66.0, -68.0, -69.5, -65.0])).unwrap();
    net.set("A_b", "V_m", -66.5).unwrap();
    let all = |from: u32, to: u32| (0..from).flat_map(|i| (0..to).map(move |j| (i, j))).unzip::<_, _, Vec<_>, Vec<_>>();
    let (sources, targets) = all(4, 5);
    let delays = Value::each((0..20).map(|i| 0.1 + f64::from(i % 4) * 0.7).collect::<Vec<_>>());
    net.connect(&inputs, &first, Explicit::new(sources, targets), Static::new(700.0, delays)).unwrap();
    net.connect(first.slice(1..4), &second, AllToAll, Static::new(900.0, 1.5).at_receptor("ex")).unwrap();
    net.connect(first.slice(0..2).and(second.slice(1..3)), first.slice(0..4), OneToOne, Static::new(-50.5, 0.3))
        .unwrap();
    net.connect(&first, &first, AllToAll, Static::new(1.0 / 3.0, 0.2)).unwrap();
    let spikes = (0..60).map(|i| (i % 4, f64::from(i + 1) * 0.5));
    net.stimulate(&inputs, SpikeGenerator::listed(spikes), Static::new(1.0, 0.1)).unwrap();
    net.stimulate(&second, SpikeGenerator::at(&[3.0, 7.1]), Static::new(5000.0, 0.4)).unwrap();
    net.perturb(&second, Perturb::Clamp { variable: "V_m".into(), value: -80.0 }, 10.0..12.0).unwrap();
    net.record(first.and(&second), Spikes).unwrap();
    net.record(first.slice(2..5), Variable::every("V_m", 0.5).between(1.0, 30.0)).unwrap();
    net
}

/// The spikes of 40 ms, and the bits of potentials.
fn played(net: Network) -> (Vec<(u32, u32)>, Vec<u64>) {
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(40.0.ms()).unwrap();
    let spikes = sim.all_spikes().iter().map(|spike| (spike.step, spike.id)).collect();
    (spikes, sim.samples(RecorderId(1)).unwrap().iter().map(|value| value.to_bits()).collect())
}

#[test]
fn a_network_is_written_and_read_with_the_same_spikes_and_potentials() {
    let room = Room::new("train_files_of_a_network");
    let read = |net: &Network, folder: &str| {
        write(&files(net, 400, "two\nlines").unwrap(), &room.path(folder)).unwrap();
        let setup = Experiment::read(room.path(&format!("{folder}/experiment.toml"))).unwrap().setup().unwrap();
        assert_eq!(setup.duration, 40.0.ms());
        setup.network
    };
    let again = read(&network(0.0), "net");
    let expected = played(network(0.0));
    assert!(expected.0.len() > 50 && expected.1.len() > 100, "{} {}", expected.0.len(), expected.1.len());
    assert_eq!(played(again), expected);
    assert_ne!(played(read(&network(0.5), "other")), expected, "another threshold is seen");
    for file in ["in.csv", "a_b.csv", "A_b-2.csv", "a_b-3.csv", "A_b-4.csv", "a_b-among.csv", "a_b-neurons.csv"] {
        assert!(room.path("net").join(file).exists(), "{file}");
    }
    assert!(std::fs::read_to_string(room.path("net/experiment.toml")).unwrap().starts_with("# two\n# lines\n["));
}

#[test]
fn what_is_not_listed_is_a_sentence() {
    let refused = |change: &dyn Fn(&mut Network), words: &str| {
        let mut net = network(0.0);
        change(&mut net);
        let sentence = files(&net, 400, "").unwrap_err().to_string();
        assert!(sentence.contains(words), "{sentence}");
    };
    let ends = |net: &Network| ["in", "a b"].map(|name| net.population(name, "test").unwrap());
    refused(&|net| net.set("a b", "V_th", Value::normal(-50.0, 1.0)).unwrap(), "population 'a b': V_th is drawn");
    let join = |net: &mut Network, synapse: Synapse| {
        let [from, to] = ends(net);
        net.connect(from, to, AllToAll, synapse).unwrap();
    };
    refused(&|net| join(net, Static::new(Value::normal(1.0, 0.1), 1.0).into()), "its weights or delays are drawn");
    refused(
        &|net| join(net, Plastic::new("stdp_synapse", 1.0, 1.0).unwrap().into()),
        "projection in -> a b: its synapses learn",
    );
    let draw = |net: &mut Network| {
        let [from, to] = ends(net);
        net.connect(from, to, FixedIndegree(2), Static::new(1.0, 1.0)).unwrap();
    };
    refused(&draw, "projection in -> a b: its pairs are drawn by a rule");
    let drive = |net: &mut Network| {
        let [_, to] = ends(net);
        net.stimulate(to, PoissonGenerator::new(10.0), Static::new(1.0, 1.0)).unwrap();
    };
    refused(&drive, "only listed spikes of one weight are written");
    let silence = |net: &mut Network| {
        let [_, of] = ends(net);
        net.perturb(&of, Perturb::Silence, 1.0..2.0).unwrap();
    };
    refused(&silence, "perturbation of a b: only clamps are written");
    let record = |net: &mut Network| {
        let [_, of] = ends(net);
        net.record(&of, Rate::every(10.0)).unwrap();
    };
    refused(&record, "recorder of a b: only spikes and state variables are written");
    let couple = |net: &mut Network| {
        let [_, of] = ends(net);
        net.couple(&of, &of, AllToAll, GapJunction::new(1.0)).unwrap();
    };
    refused(&couple, "it has continuous couplings");
}
