//! Domains of a third factor: which synapses hear which of the modulating neurons.

use neuropil::experiment::Experiment;
use neuropil::network::{Domains, Explicit};
use neuropil::prelude::*;

use super::invariance::{bits, domains};

const DT: f64 = 0.1;
const TAU: f64 = 20.0;
const TAU_C: f64 = 1000.0;
const TAU_N: f64 = 200.0;
const TARGETS: u32 = 4;
const END: f64 = 400.0;
const START: f64 = 5.0;
/// When modulating neurons fire, ms; their spikes take another 2.
const RELEASES: [f64; 3] = [101.0, 130.0, 130.5];

/// Weights of the synapses onto four targets that have fired after the source, where one of `modulators` neurons fires.
fn learned(domains: Domains, modulators: u32, active: u32) -> Vec<f64> {
    let mut net = Network::new(DT.ms());
    let source = net.add("source", 1, ParrotNeuron {}).unwrap();
    let targets = net.add("targets", TARGETS, IafPscDelta::default()).unwrap();
    let glia = net.add("glia", modulators, ParrotNeuron {}).unwrap();
    let synapse = Plastic::new("stdp_dopamine_synapse", START, 1.0).unwrap().with("Wmax", 1000.0).unwrap();
    net.connect(&source, &targets, AllToAll, synapse.modulated_in(domains, &glia, 2.0)).unwrap();
    net.stimulate(&source, SpikeGenerator::at(&[20.0]), Static::new(1.0, 1.0)).unwrap();
    net.stimulate(&targets, SpikeGenerator::at(&[29.0]), Static::new(500.0, 1.0)).unwrap();
    let releases = RELEASES.map(|at| at - 1.0);
    net.stimulate(glia.slice(active..active + 1), SpikeGenerator::at(&releases), Static::new(1.0, 1.0)).unwrap();
    let mut sim = net.build(Device::cpu().threads(2).precision(Precision::F64), Seed(1)).unwrap();
    sim.run(END.ms()).unwrap();
    sim.synapses(0).unwrap().state[0].clone()
}

/// The weight of a synapse that hears the releases: each turns the eligibility there is into weight as both decay.
fn moved() -> f64 {
    // A stimulus takes 1 ms: the source fires at 21, a target at 30, and this reaches the synapse 1 ms later.
    let (source_fires, target_arrives) = (21.0, 31.0);
    let both = 1.0 / (1.0 / TAU_C + 1.0 / TAU_N);
    let each = RELEASES.map(|release| {
        let at = release + 2.0;
        let eligibility = (-(target_arrives - source_fires) / TAU).exp() * (-(at - target_arrives) / TAU_C).exp();
        eligibility / TAU_N * both * (1.0 - (-(END - at) / both).exp())
    });
    START + each.iter().sum::<f64>()
}

/// Which synapses have moved, and that these are where plain Rust has them.
fn who_moved(domains: Domains, modulators: u32, active: u32) -> Vec<usize> {
    let weights = learned(domains, modulators, active);
    assert_eq!(weights.len(), TARGETS as usize);
    let exact = moved();
    let others = weights.iter().filter(|weight| **weight != START);
    others.for_each(|weight| assert!((weight - exact).abs() < 1e-9, "{weight}, {exact}"));
    (0..weights.len()).filter(|&k| weights[k] != START).collect()
}

fn listed(pairs: &[(u32, u32)]) -> Domains {
    let (sources, targets): (Vec<u32>, Vec<u32>) = pairs.iter().copied().unzip();
    Domains::Listed(Explicit::new(sources, targets))
}

#[test]
fn a_modulating_neuron_moves_the_synapses_of_its_domain_alone() {
    assert!(moved() > START + 0.3, "{}", moved());
    assert_eq!(who_moved(Domains::Block, 2, 0), [0, 1]);
    assert_eq!(who_moved(Domains::Block, 2, 1), [2, 3]);
    assert_eq!(who_moved(Domains::Block, 8, 5), [2]);
    let pairs = [(0, 3), (0, 1), (1, 1), (0, 1)];
    assert_eq!(who_moved(listed(&pairs), 2, 0), [1, 3]);
    assert_eq!(who_moved(listed(&pairs), 2, 1), [1]);
    // As NEST's volume transmitter.
    assert_eq!(who_moved(Domains::All, 2, 1), [0, 1, 2, 3]);
}

#[test]
fn other_domains_make_another_network_that_learns_other_weights() {
    let nets = [Domains::All, Domains::Block, listed(&[(0, 0)])].map(domains);
    let all: Vec<_> = nets
        .iter()
        .map(|net| {
            let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
            sim.run(300.0.ms()).unwrap();
            (net.digest(), bits(&sim.synapses(0).unwrap()))
        })
        .collect();
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        assert!(all[a].0 != all[b].0, "digests of {a} and {b}");
        assert!(all[a].1 != all[b].1, "weights of {a} and {b}");
    }
}

#[test]
fn domains_are_read_from_an_experiment_and_a_file_of_its_folder() {
    let folder = std::env::temp_dir().join(format!("neuropil-domains-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("own.csv"), "source,target\n1,0\n1,2\n").unwrap();
    let text = |domains: &str| {
        format!(
            "[[population]]\nname = \"cells\"\nsize = 4\nmodel = \"iaf_psc_exp\"\n\
             [[population]]\nname = \"glia\"\nsize = 2\nmodel = \"parrot_neuron\"\n\
             [[projection]]\nfrom = \"cells\"\nto = \"cells\"\nrule = \"all_to_all\"\nsynapse = \"stdp_dopamine_synapse\"\n\
             modulator = \"glia\"\n{domains}\n[simulation]\nduration = 1.0\n"
        )
    };
    let read = |domains: &str| {
        let experiment = Experiment::parse(folder.join("net.toml"), text(domains).as_bytes()).unwrap();
        let network = experiment.setup().unwrap().network;
        network.projections()[0].synapse.model.plasticity().unwrap().modulator.clone().unwrap().domains
    };
    assert_eq!(read(""), Domains::All);
    assert_eq!(read("modulator_domains = \"block\""), Domains::Block);
    assert_eq!(read("modulator_domains = \"own.csv\""), listed(&[(1, 0), (1, 2)]));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn listed_domains_name_neurons_that_there_are() {
    let mut net = Network::new(DT.ms());
    let cells = net.add("cells", 3, IafPscExp::default()).unwrap();
    let synapse = Plastic::new("stdp_dopamine_synapse", 1.0, 1.0).unwrap();
    let synapse = synapse.modulated_in(listed(&[(0, 1), (3, 0)]), &cells, 1.0);
    let problem = net.connect(&cells, &cells, AllToAll, synapse).unwrap_err().to_string();
    assert!(problem.contains("domains of the modulator") && problem.contains("names source 3"), "{problem}");
}
