//! States of Brunel's network (2000): what inhibition and drive make of one and the same wiring.
//!
//!     cargo run --release --example brunel_states

use neuropil::network::RecorderId;
use neuropil::prelude::*;
use neuropil::record::pictures::raster;

/// Excitatory weight, mV.
const J: f64 = 0.5;

fn main() -> neuropil::Result<()> {
    let mut net = Network::new(0.1.ms());
    let mut recorders: Vec<(&str, RecorderId)> = Vec::new();
    // g is the strength of inhibition, eta the drive relative to the one that alone reaches threshold.
    let states = [("regular", 3.0, 2.0), ("irregular", 5.0, 2.0), ("fast", 6.0, 4.0), ("slow", 4.5, 0.9)];
    let mut shown: Option<Selection> = None;
    for (name, g, eta) in states {
        let neuron = IafPscDelta { E_L: 0.0, V_th: 20.0, V_reset: 0.0, tau_m: 20.0, t_ref: 2.0, C_m: 1.0, ..default() };
        let exc = net.add(name, 800, neuron)?;
        let inh = net.add(&format!("{name} inh"), 200, neuron)?;
        let all = exc.and(&inh);
        net.connect(&exc, &all, FixedIndegree(80), Static::new(J, 1.5))?;
        net.connect(&inh, &all, FixedIndegree(20), Static::new(-g * J, 1.5))?;
        net.stimulate(&all, PoissonGenerator::new(eta * 2_000.0), Static::new(J, 1.5))?;
        recorders.push((name, net.record(&exc, Spikes)?));
        let some = exc.slice(0..60);
        shown = Some(shown.map_or(some.clone(), |others| others.and(some)));
    }
    let picture = shown.map(|shown| net.record(shown, Spikes)).transpose()?;
    let mut sim = net.build(Device::cpu(), Seed(3))?;
    sim.run(400.0.ms())?;
    for (name, recorder) in recorders {
        println!("{name:>9}: {:5.1} spikes/s", sim.rate(recorder)?);
    }
    let path = std::env::args().nth(1).unwrap_or("target/brunel_states.png".into());
    match picture {
        Some(recorder) => raster::draw(&sim.spikes(recorder)?.between(200.0, 400.0), "Brunel's network")?.save(path),
        None => Ok(()),
    }
}
