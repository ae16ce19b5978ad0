//! The same network on the CPU and on the GPU: the same spikes, bit for bit.
//!
//!     cargo run --release --example two_devices

use neuropil::prelude::*;
use neuropil::record::pictures::raster;

fn main() -> neuropil::Result<()> {
    let net = network()?;
    let mut cpu = net.build(Device::cpu(), Seed(1))?;
    cpu.run(200.0.ms())?;
    println!("{}: {} spikes in {:.2?}", cpu.device(), cpu.all_spikes().len(), cpu.run_time());
    match net.build(Device::gpu(), Seed(1)) {
        Ok(mut gpu) => {
            gpu.run(200.0.ms())?;
            println!("{}: {} spikes in {:.2?}", gpu.device(), gpu.all_spikes().len(), gpu.run_time());
            let same = cpu.all_spikes() == gpu.all_spikes();
            println!("{}", if same { "every spike is the same" } else { "the spikes differ: please report it" });
        }
        Err(error @ Error::NoDevice(_)) => println!("{error}"),
        Err(error) => return Err(error),
    }
    let path = std::env::args().nth(1).unwrap_or("target/two_devices.png".into());
    raster::draw(&cpu.recorded_spikes()?, "The same spikes on two devices")?.save(path)
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
