//! A sweep: the rate of a recurrent network over its drive, for three strengths of inhibition.
//!
//!     cargo run --release --example sweep

use neuropil::prelude::*;
use neuropil::record::pictures::curves::{self, Curve, Curves};

fn main() -> neuropil::Result<()> {
    let mut drawn =
        Curves { across: "drive (spikes/s per neuron)".into(), up: "rate (spikes/s)".into(), curves: Vec::new() };
    for inhibition in [-80.0, -160.0, -320.0] {
        let mut points = Vec::new();
        for drive in (4..=16).map(|i| 1_000.0 * f64::from(i)) {
            points.push((drive, rate(drive, inhibition)?));
        }
        let name = format!("inhibition {inhibition} pA");
        println!("{name}: {:.1} to {:.1} spikes/s", points[0].1, points[points.len() - 1].1);
        drawn.curves.push(Curve { name, points });
    }
    let path = std::env::args().nth(1).unwrap_or("target/sweep.png".into());
    curves::draw(&drawn, "Rate over drive")?.save(path)
}

/// Mean rate of the excitatory neurons between 50 and 250 ms.
fn rate(drive: f64, inhibition: f64) -> neuropil::Result<f64> {
    let mut net = Network::new(0.1.ms());
    let exc = net.add("exc", 400, IafPscExp::default())?;
    let inh = net.add("inh", 100, IafPscExp::default())?;
    let all = exc.and(&inh);
    net.connect(&exc, &all, FixedIndegree(40), Static::new(30.0, 1.5))?;
    net.connect(&inh, &all, FixedIndegree(10), Static::new(inhibition, 1.0))?;
    net.stimulate(&all, PoissonGenerator::new(drive), Static::new(25.0, 0.1))?;
    let spikes = net.record(&exc, Spikes.between(50.0, 250.0))?;
    let mut sim = net.build(Device::cpu(), Seed(1))?;
    sim.run(250.0.ms())?;
    sim.rate(spikes)
}
