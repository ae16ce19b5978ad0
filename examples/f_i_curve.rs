//! An f-I curve: how often a neuron fires for a constant current, with a short and a long refractory period.
//!
//!     cargo run --release --example f_i_curve

use neuropil::prelude::*;
use neuropil::record::analysis::spike_counts;
use neuropil::record::pictures::curves::{self, Curve, Curves};

/// Neurons, each with its own current.
const POINTS: u32 = 41;

fn main() -> neuropil::Result<()> {
    let currents: Vec<f64> = (0..POINTS).map(|i| 300.0 + 15.0 * f64::from(i)).collect();
    let mut net = Network::new(0.1.ms());
    let mut recorders = Vec::new();
    for (name, t_ref) in [("short", 2.0), ("long", 10.0)] {
        let neurons = net.add(name, POINTS, IafPscExp { t_ref, ..default() })?;
        net.set(name, "I_e", Value::each(currents.clone()))?;
        recorders.push((t_ref, net.record(&neurons, Spikes)?));
    }
    let mut sim = net.build(Device::cpu(), Seed(1))?;
    sim.run(1.0.s())?;

    let mut drawn = Curves { across: "I_e (pA)".into(), up: "rate (spikes/s)".into(), curves: Vec::new() };
    for (t_ref, recorder) in recorders {
        let name = format!("t_ref = {t_ref} ms");
        let counts = spike_counts(&sim.spikes(recorder)?, None);
        let points: Vec<(f64, f64)> = currents.iter().zip(counts).map(|(&i, n)| (i, f64::from(n))).collect();
        if let Some((current, rate)) = points.iter().find(|point| point.1 > 0.0) {
            println!("{name}: fires from {current} pA on, there {rate} spikes/s");
        }
        drawn.curves.push(Curve { name, points });
    }
    let path = std::env::args().nth(1).unwrap_or("target/f_i_curve.png".into());
    curves::draw(&drawn, "Leaky integrate-and-fire: rate over current")?.save(path)
}
