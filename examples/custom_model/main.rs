//! A neuron model of one's own in Rust, for CPU and GPU.
//!
//!     cargo run --release --example custom_model

mod izhikevich;

use izhikevich::Izhikevich;
use neuropil::prelude::*;
use neuropil::record::pictures::traces;

fn main() -> neuropil::Result<()> {
    let mut net = Network::new(0.5.ms());
    let neurons = net.add("izhikevich", 3, Izhikevich { I_e: 10.0, ..default() })?;
    for (name, values) in [("a", [0.02, 0.1, 0.02]), ("c", [-65.0, -65.0, -50.0]), ("d", [8.0, 2.0, 2.0])] {
        net.set("izhikevich", name, Value::each(values.to_vec()))?;
    }
    net.record(&neurons, Variable::every("V_m", 0.5))?;
    let mut sim = net.build(Device::best()?, Seed(1))?;
    sim.run(300.0.ms())?;
    println!("{}: {} spikes", sim.device(), sim.spike_count());
    let path = std::env::args().nth(1).unwrap_or("target/custom_model.png".into());
    for trace in sim.recorded_traces()? {
        traces::draw(&trace, "Izhikevich's neuron: regular spiking, fast spiking, chattering")?.save(&path)?;
    }
    Ok(())
}
