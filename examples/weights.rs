//! Weights before and after learning: inputs compete for when a neuron fires, and part into strong and weak ones, as in
//! Song, Miller and Abbott (2000).
//!
//!     cargo run --release --example weights

use neuropil::prelude::*;
use neuropil::record::analysis;
use neuropil::record::pictures::weights;

/// The largest weight, nS.
const LARGEST: f64 = 0.15;

fn main() -> neuropil::Result<()> {
    let mut net = Network::new(1.0.ms());
    let membrane = IafCondExp { C_m: 200.0, g_L: 10.0, E_L: -70.0, V_th: -54.0, V_reset: -60.0, ..default() };
    let synapses = IafCondExp { E_ex: 0.0, E_in: -70.0, tau_syn_ex: 5.0, tau_syn_in: 5.0, ..membrane };
    let neurons = net.add("neurons", 10, synapses)?;
    let inputs = net.add("inputs", 1_000, ParrotNeuron::default())?;
    net.stimulate(&inputs, PoissonGenerator::new(15.0), Static::new(1.0, 1.0))?;
    // Two hundred inhibitory inputs at 10 spikes/s.
    net.stimulate(&neurons, PoissonGenerator::new(2_000.0), Static::new(-0.5, 1.0))?;
    // Additive: a change does not depend on the weight, and depression is a little stronger.
    let rule = [("mu_plus", 0.0), ("mu_minus", 0.0), ("lambda", 0.01), ("alpha", 1.05), ("Wmax", LARGEST)];
    let mut learning = Plastic::new("stdp_synapse", Value::uniform(0.0, LARGEST), 1.0)?;
    for (name, value) in rule {
        learning = learning.with(name, value)?;
    }
    net.connect(&inputs, &neurons, AllToAll, learning)?;
    let spikes = net.record(&neurons, Spikes)?;

    let mut sim = net.build(Device::cpu(), Seed(1))?;
    sim.run(200.0.s())?;
    let (before, after) = (sim.weights_at_first(0)?, sim.synapses(0)?.state.swap_remove(0));
    for (name, weights) in [("before", &before), ("after", &after)] {
        let share = |chosen: &[u64]| 100.0 * chosen.iter().sum::<u64>() as f64 / weights.len() as f64;
        let tenths = analysis::histogram(weights, (0.0, LARGEST), 10);
        let (weak, strong) = (share(&tenths[..1]), share(&tenths[9..]));
        println!("{name}: {weak:.0} % in the lowest tenth, {strong:.0} % in the highest");
    }
    println!("{:.1} spikes/s in the mean", sim.rate(spikes)?);
    let path = std::env::args().nth(1).unwrap_or("target/weights.png".into());
    let title = "10,000 synapses before and after 200 s of additive STDP";
    weights::draw(&[("before", &before), ("after", &after)], "nS", title)?.save(path)
}
