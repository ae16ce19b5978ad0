//! What a step of current makes of the membrane of each neuron model.
//!
//!     cargo run --release --example neurons

use neuropil::models;
use neuropil::prelude::*;
use neuropil::record::pictures::curves::{Curve, Curves};
use neuropil::record::pictures::panels;

/// The step for a model, pA.
fn current(name: &str) -> f64 {
    match name {
        "li_neuron" => 0.3,
        "adlif_neuron" | "alif_neuron" | "if_neuron" | "li_readout" | "lif_neuron" => 0.15,
        "cuba_lif_neuron" => 1.5,
        "digital_twin_brain" => 1.0,
        "izhikevich" => 10.0,
        "hh_cond_exp_traub" | "hh_psc_alpha_gap" => 200.0,
        "hh_psc_alpha" => 650.0,
        _ if name.starts_with("gif") => 220.0,
        _ if name.starts_with("aeif") => 900.0,
        _ => 450.0,
    }
}

fn main() -> neuropil::Result<()> {
    let mut net = Network::new(0.1.ms());
    // A relay and an astrocyte have no membrane.
    let models = models::all().into_iter().filter(|model| model.declaration().state.iter().any(|v| v.name == "V_m"));
    for model in models {
        let name = model.declaration().name;
        let adapts = name.starts_with("gif");
        let model = if adapts { models::named(&format!("{name}_1_1"), "the example")? } else { model };
        let mut neuron = Population::new(name, 1, model)?;
        for (parameter, value) in [("q_stc_1", 30.0), ("q_sfa_1", 3.0)].into_iter().filter(|_| adapts) {
            neuron.set(parameter, value)?;
        }
        let neuron = net.add_population(neuron)?;
        net.record(&neuron, Variable::every("V_m", 0.1))?;
        // One takes spikes only: forty contacts every 5 ms.
        if name == "shiu_2024" {
            let times: Vec<f64> = (0..40).map(|spike| 50.0 + 5.0 * f64::from(spike)).collect();
            net.stimulate(&neuron, SpikeGenerator::at(&times), Static::new(40.0, 0.1).at_receptor("contacts"))?;
            continue;
        }
        let step = DcGenerator { amplitude: current(name), start: 50.0, stop: 250.0 };
        net.stimulate(&neuron, step, Static::new(1.0, 0.1))?;
    }
    let mut sim = net.build(Device::cpu(), Seed(1))?;
    sim.run(300.0.ms())?;
    println!("{} spikes of {} neurons", sim.all_spikes().len(), net.neurons());
    let curves = sim.recorded_traces()?.into_iter().map(|trace| Curve {
        points: trace.times_ms().into_iter().zip(trace.samples).collect(),
        name: trace.population,
    });
    let (across, up) = ("time (ms)".into(), "membrane potential V_m (mV)".into());
    let drawn = Curves { across, up, curves: curves.collect() };
    panels::draw(&drawn, 3, "A step of current from 50 to 250 ms")?
        .save(std::env::args().nth(1).unwrap_or("target/neurons.png".into()))
}
