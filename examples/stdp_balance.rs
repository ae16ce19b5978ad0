//! A memory in balance: inhibition learns to hold an assembly of neurons silent, and a quarter of it recalls the rest.
//!
//!     cargo run --release --example stdp_balance

use neuropil::connectomes::networks::{self, PresetOptions};
use neuropil::prelude::*;
use neuropil::record::pictures::curves::{self, Curve, Curves};

/// A fifth of the preset: an assembly of 160 of 1,600 excitatory neurons, of which the first 40 are stimulated.
const SCALE: f64 = 0.2;
const GROUPS: [(&str, std::ops::Range<u32>); 3] =
    [("stimulated quarter", 0..40), ("rest of the assembly", 40..160), ("other neurons", 160..1600)];
/// Width of a bin, ms, and bins.
const BIN: f64 = 100.0;
const BINS: usize = 120;

fn main() -> neuropil::Result<()> {
    let net = networks::named("stdp-balance")?.network(&PresetOptions { scale: SCALE, ..default() })?;
    let mut sim = net.build(Device::cpu(), Seed(1))?;
    sim.run((BIN * BINS as f64).ms())?;

    let (across, up) = ("time (s)", "spikes/s of a neuron");
    let mut drawn = Curves { across: across.into(), up: up.into(), curves: Vec::new() };
    for (name, neurons) in GROUPS {
        let mut counts = [0.0; BINS];
        for spike in sim.all_spikes().iter().filter(|spike| neurons.contains(&spike.id)) {
            counts[(f64::from(spike.step - 1) * net.dt() / BIN) as usize] += 1e3 / BIN / neurons.len() as f64;
        }
        let points: Vec<(f64, f64)> = (0..BINS).map(|bin| ((bin as f64 + 0.5) * BIN / 1e3, counts[bin])).collect();
        let recalled = points[110..115].iter().map(|point| point.1).sum::<f64>() / 5.0;
        println!(
            "{name}: {:.0} spikes/s at first, {:.1} after 10 s, {recalled:.1} in the recall",
            points[0].1, points[100].1
        );
        drawn.curves.push(Curve { name: name.into(), points });
    }

    // What has been learnt, by target.
    let synapses = sim.synapses(1)?;
    for (name, neurons) in [("the assembly", 0..160), ("other neurons", 160..1600)] {
        let onto = synapses.targets.iter().zip(&synapses.state[0]).filter(|(target, _)| neurons.contains(*target));
        let weights: Vec<f64> = onto.map(|(_, weight)| -weight).collect();
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        println!("inhibition onto {name}: 0 nS at first, {mean:.2} nS in the mean at the end");
    }
    let path = std::env::args().nth(1).unwrap_or("target/stdp_balance.png".into());
    curves::draw(&drawn, "Balance by inhibition that learns, and a memory")?.save(path)
}
