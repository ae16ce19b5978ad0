//! Steps of current, and what membranes of three time constants make of them.
//!
//!     cargo run --release --example step_current

use neuropil::prelude::*;
use neuropil::record::pictures::traces;

fn main() -> neuropil::Result<()> {
    let mut net = Network::new(0.1.ms());
    let neurons = net.add("tau_m", 3, IafPscExp { C_m: 250.0, ..default() })?;
    net.set("tau_m", "tau_m", Value::each(vec![5.0, 10.0, 30.0]))?;
    let steps =
        StepCurrentGenerator { times: vec![20.0, 70.0, 120.0, 170.0], amplitudes: vec![200.0, 420.0, -200.0, 0.0] };
    net.stimulate(&neurons, steps, Static::new(1.0, 0.1))?;
    net.record(&neurons, Variable::every("V_m", 0.1))?;
    let spikes = net.record(&neurons, Spikes)?;

    let mut sim = net.build(Device::cpu(), Seed(1))?;
    sim.run(220.0.ms())?;
    println!("{} spikes", sim.spikes(spikes)?.steps.len());
    let path = std::env::args().nth(1).unwrap_or("target/step_current.png".into());
    for trace in sim.recorded_traces()? {
        traces::draw(&trace, "Steps of 200, 420, -200 and 0 pA; tau_m = 5, 10 and 30 ms")?.save(&path)?;
    }
    Ok(())
}
