//! Delays: the same volley reaches three groups over synapses whose delays are equal, uniform, or gamma-distributed.
//!
//!     cargo run --release --example delays

use neuropil::prelude::*;
use neuropil::record::pictures::raster;

const SIZE: u32 = 200;

fn main() -> neuropil::Result<()> {
    let mut net = Network::new(0.1.ms());
    let source = net.add("source", SIZE, ParrotNeuron::default())?;
    let volleys = SpikeGenerator::at(&[5.0, 45.0]);
    net.stimulate(&source, volleys, Static::new(1.0, 1.0))?;
    let mut all = source.clone();
    for (name, delay) in [
        ("equal", Value::from(10.0)),
        ("uniform", Value::uniform(1.0, 19.0)),
        ("gamma", Value::gamma(2.0, 5.0).within(0.1, 40.0)),
    ] {
        let group = net.add(name, SIZE, ParrotNeuron::default())?;
        net.connect(&source, &group, OneToOne, Static::new(1.0, delay))?;
        all = all.and(group);
    }
    let spikes = net.record(&all, Spikes)?;
    let mut sim = net.build(Device::cpu(), Seed(1))?;
    sim.run(90.0.ms())?;

    let record = sim.spikes(spikes)?;
    let times = record.times_ms();
    for population in &record.populations {
        let ids = population.first..population.first + population.size;
        let own = record.ids.iter().zip(&times).filter(|(id, _)| ids.contains(id)).map(|(_, &time)| time);
        let (first, last) = own.fold((f64::INFINITY, 0.0), |(first, last), t| (t.min(first), t.max(last)));
        println!("{:>8}: spikes from {first} to {last} ms", population.name);
    }
    let path = std::env::args().nth(1).unwrap_or("target/delays.png".into());
    raster::draw(&record, "Two volleys through delays of 10 ms, 1 to 19 ms, and gamma-distributed ones")?.save(path)
}
