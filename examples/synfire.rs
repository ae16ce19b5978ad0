//! A synfire chain: a volley of spikes runs through groups of neurons, each of which excites the next.
//!
//!     cargo run --release --example synfire

use neuropil::prelude::*;
use neuropil::record::pictures::raster;

const GROUPS: u32 = 10;
const SIZE: u32 = 100;

fn main() -> neuropil::Result<()> {
    let mut net = Network::new(0.1.ms());
    let neuron = IafPscAlpha { tau_syn_ex: 0.5, tau_syn_in: 0.5, ..default() };
    let chain = net.add("chain", GROUPS * SIZE, neuron)?;
    net.set("chain", "V_m", Value::uniform(-70.0, -60.0))?;
    let group = |i: u32| chain.slice(i * SIZE..(i + 1) * SIZE);

    for i in 1..GROUPS {
        net.connect(
            group(i - 1),
            group(i),
            FixedIndegree(60),
            Static::new(60.0, Value::normal(3.0, 0.3).within(1.0, 5.0)),
        )?;
    }
    // Background for all, and a volley around 50 ms for the first group.
    net.stimulate(&chain, PoissonGenerator::new(6_000.0), Static::new(34.0, 0.1))?;
    let volley = (0..SIZE).flat_map(|i| (0..20).map(move |k| (i, 49.0 + 0.1 * f64::from((7 * i + 3 * k) % 20))));
    net.stimulate(group(0), SpikeGenerator::listed(volley), Static::new(120.0, 1.0))?;
    let spikes = net.record(&chain, Spikes)?;

    let mut sim = net.build(Device::cpu(), Seed(5))?;
    sim.run(120.0.ms())?;
    let record = sim.spikes(spikes)?;
    for i in 0..GROUPS {
        let own = record.times_ms().into_iter().zip(&record.ids).filter(|(t, id)| **id / SIZE == i && *t > 45.0);
        let times: Vec<f64> = own.map(|(t, _)| t).collect();
        let mean = times.iter().sum::<f64>() / times.len().max(1) as f64;
        println!("group {i}: {} spikes after 45 ms, {mean:.1} ms in the mean", times.len());
    }
    let path = std::env::args().nth(1).unwrap_or("target/synfire.png".into());
    raster::draw(&record.between(20.0, 120.0), "A volley runs through a synfire chain")?.save(path)
}
