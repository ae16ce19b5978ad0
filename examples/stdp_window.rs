//! STDP windows: how a weight changes with the time between a spike of the source and one of the target, by four rules.
//!
//!     cargo run --release --example stdp_window

use neuropil::prelude::*;
use neuropil::record::pictures::curves::{self, Curve, Curves};

/// Pairs of neurons, 2 ms of difference each.
const PAIRS: u32 = 41;
/// The spike of each source, ms; the targets fire up to 40 ms before and after.
const AT: f64 = 100.0;
const DELAY: f64 = 1.0;
const WEIGHT: f64 = 50.0;

fn main() -> neuropil::Result<()> {
    let differences: Vec<f64> = (0..PAIRS).map(|pair| 2.0 * f64::from(pair) - 40.0).collect();
    let mut net = Network::new(0.1.ms());
    let sources = net.add("sources", PAIRS, ParrotNeuron::default())?;
    let targets = net.add("targets", PAIRS, IafPscDelta { V_th: 1000.0, ..default() })?;
    // Each source fires once more, much later: weights move when it does.
    let twice = (0..PAIRS).flat_map(|pair| [(pair, AT), (pair, AT + 500.0)]);
    net.stimulate(&sources, SpikeGenerator::listed(twice), Static::new(1.0, DELAY))?;
    // The delay is dendritic: a spike of the target reaches the synapse so much later.
    let told = (0..PAIRS).zip(&differences).map(|(pair, difference)| (pair, AT + difference - DELAY));
    net.stimulate(&targets, SpikeGenerator::listed(told), Static::new(5000.0, DELAY))?;
    let rules = [
        ("additive", "stdp_synapse", vec![("mu_plus", 0.0), ("mu_minus", 0.0)]),
        ("multiplicative", "stdp_synapse", vec![("alpha", 1.2)]),
        ("power law", "stdp_pl_synapse_hom", vec![("lambda", 0.05), ("alpha", 0.11)]),
        ("symmetric", "vogels_sprekeler_synapse", vec![("eta", 0.5), ("alpha", 0.4), ("Wmax", 100.0)]),
    ];
    for (_, model, parameters) in &rules {
        let mut synapse = Plastic::new(model, WEIGHT, DELAY)?;
        for (name, value) in parameters {
            synapse = synapse.with(name, *value)?;
        }
        net.connect(&sources, &targets, OneToOne, synapse)?;
    }
    let mut sim = net.build(Device::cpu(), Seed(1))?;
    sim.run(700.0.ms())?;

    let (across, up) = ("target after source (ms)", "change of weight (%)");
    let mut drawn = Curves { across: across.into(), up: up.into(), curves: Vec::new() };
    for (projection, (name, ..)) in rules.iter().enumerate() {
        let weights = sim.synapses(projection)?.state.swap_remove(0);
        let change = |weight: &f64| 100.0 * (weight / WEIGHT - 1.0);
        let points: Vec<(f64, f64)> = differences.iter().copied().zip(weights.iter().map(change)).collect();
        println!("{name}: {:+.2} % at -4 ms, {:+.2} % at +4 ms", points[18].1, points[22].1);
        drawn.curves.push(Curve { name: (*name).into(), points });
    }
    let path = std::env::args().nth(1).unwrap_or("target/stdp_window.png".into());
    curves::draw(&drawn, "STDP: change of a weight over the time between two spikes")?.save(path)
}
