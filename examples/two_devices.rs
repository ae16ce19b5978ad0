//! The same network on the CPU and on the GPU: the same spikes, bit for bit.
//!
//!     cargo run --release --example two_devices

use neuropil::prelude::*;

fn main() -> neuropil::Result<()> {
    let net = network()?;
    let mut cpu = net.build(Device::cpu(), Seed(1))?;
    let mut gpu = match net.build(Device::gpu(), Seed(1)) {
        Ok(gpu) => gpu,
        Err(error @ Error::NoDevice(_)) => {
            println!("{error}");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for sim in [&mut cpu, &mut gpu] {
        sim.run(200.0.ms())?;
        println!("{}: {} spikes in {:.2?}", sim.device(), sim.all_spikes().len(), sim.run_time());
    }
    let same = cpu.all_spikes() == gpu.all_spikes();
    println!("{}", if same { "every spike is the same" } else { "the spikes differ: please report it" });
    Ok(())
}

/// 1,000 neurons with delays and weights of their own for each synapse.
fn network() -> neuropil::Result<Network> {
    let mut net = Network::new(0.1.ms());
    let exc = net.add("exc", 800, IafPscExp::default())?;
    let inh = net.add("inh", 200, IafPscExp::default())?;
    let all = exc.and(&inh);
    let excitatory = Static::new(Value::lognormal(3.0, 0.5), Value::uniform(0.5, 15.0));
    net.connect(&exc, &all, FixedIndegree(80), excitatory)?;
    net.connect(&inh, &all, FixedIndegree(20), Static::new(-120.0, Value::normal(1.5, 0.5)))?;
    net.stimulate(&all, PoissonGenerator::new(8_000.0), Static::new(25.0, 0.1))?;
    net.record(&all, Spikes)?;
    Ok(net)
}
