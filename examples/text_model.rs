//! A model of one's own as text: an adaptive exponential neuron, read from a file, with its potential and its adaptation.
//!
//!     cargo run --release --example text_model

use neuropil::experiment::Experiment;
use neuropil::prelude::*;
use neuropil::record::pictures::curves::{self, Curve, Curves};

fn main() -> neuropil::Result<()> {
    let setup = Experiment::parse("adex.toml", include_bytes!("models/adex.toml"))?.setup()?;
    let mut sim = setup.network.build(Device::cpu(), setup.seed)?;
    sim.run(setup.duration)?;
    println!("{} spikes of {} neurons", sim.all_spikes().len(), setup.network.neurons());

    // The phase plane of one neuron: adaptation over potential.
    let traces = sim.recorded_traces()?;
    let of = |name: &str| -> Vec<f64> {
        let found = traces.iter().filter(|trace| trace.variable == name);
        found.flat_map(|trace| trace.series(5)).collect()
    };
    let points = of("V_m").into_iter().zip(of("w")).collect();
    let drawn = Curves {
        across: "V_m (mV)".into(),
        up: "w (pA)".into(),
        curves: vec![Curve { name: "I_e = 210 pA".into(), points }],
    };
    let path = std::env::args().nth(1).unwrap_or("target/text_model.png".into());
    curves::draw(&drawn, "Bursts of an adaptive exponential neuron")?.save(path)
}
