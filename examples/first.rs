//! A first network: 8,000 excitatory and 2,000 inhibitory neurons under Poisson drive.
//!
//!     cargo run --release --example first

use neuropil::prelude::*;

fn main() -> neuropil::Result<()> {
    let mut net = Network::new(0.1.ms());
    let exc = net.add("exc", 8_000, IafPscExp::default())?;
    let inh = net.add("inh", 2_000, IafPscExp { tau_m: 8.0, ..default() })?;
    let all = exc.and(&inh);

    // Weights in pA, delays in ms; negative weights reach the inhibitory receptor.
    let excitatory = Static::new(Value::normal(20.0, 2.0).within(0.0, 40.0), Value::uniform(0.5, 2.0));
    net.connect(&exc, &all, FixedIndegree(80), excitatory)?;
    net.connect(&inh, &all, FixedIndegree(20), Static::new(-120.0, 0.8))?;
    net.stimulate(&all, PoissonGenerator::new(7_000.0), Static::new(25.0, 0.1))?;
    let spikes = net.record(exc.slice(0..800).and(inh.slice(0..200)), Spikes)?;

    // Everything has been checked; the best device of this machine plays the network.
    let mut sim = net.build(Device::best()?, Seed(42))?;
    sim.run(200.0.ms())?;
    println!("{}: {} synapses, {:.1} spikes/s", sim.device(), sim.facts().synapses, sim.rate(spikes)?);

    let path = std::env::args().nth(1).unwrap_or("target/first.png".into());
    sim.raster(spikes)?.save(path)
}
