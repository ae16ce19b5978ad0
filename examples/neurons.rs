//! What a step of current makes of the membranes of twelve models.
//!
//!     cargo run --release --example neurons

use neuropil::models;
use neuropil::prelude::*;
use neuropil::record::pictures::traces;

/// Models, and the current in pA.
const MODELS: [(&str, f64); 12] = [
    ("iaf_psc_exp", 420.0),
    ("iaf_cond_beta", 300.0),
    ("mat2_psc_exp", 500.0),
    ("gif_psc_exp_1_1", 220.0),
    ("aeif_cond_exp", 900.0),
    ("izhikevich", 10.0),
    ("hh_psc_alpha", 650.0),
    ("hh_psc_alpha_gap", 200.0),
    ("hh_cond_exp_traub", 200.0),
    ("iaf_psc_exp_dendrites", 250.0),
    ("digital_twin_brain", 1.0),
    ("li_neuron", 0.3),
];

fn main() -> neuropil::Result<()> {
    let mut net = Network::new(0.1.ms());
    for (name, current) in MODELS {
        let neuron = net.add_population(Population::new(name, 1, models::named(name, "the example")?)?)?;
        let step = DcGenerator { amplitude: current, start: 50.0, stop: 250.0 };
        net.stimulate(&neuron, step, Static::new(1.0, 0.1))?;
        net.record(&neuron, Variable::every("V_m", 0.1))?;
    }
    net.set("gif_psc_exp_1_1", "q_stc_1", 30.0)?;
    net.set("gif_psc_exp_1_1", "q_sfa_1", 3.0)?;
    // Ten spikes at once on a dendrite, 100 ms after the current begins: the neuron fires sooner for a while.
    let dendrite = net.population("iaf_psc_exp_dendrites", "the example")?;
    net.stimulate(&dendrite, SpikeGenerator::at(&[150.0; 10]), Static::new(1.0, 0.1).at_receptor("1"))?;

    let mut sim = net.build(Device::cpu(), Seed(1))?;
    sim.run(300.0.ms())?;
    println!("{} spikes of {} neurons", sim.all_spikes().len(), net.neurons());
    // One record of all, so that they share a scale.
    let each = sim.recorded_traces()?;
    let mut all = each[0].clone();
    all.population = "all models".into();
    all.neurons = (0..each.len() as u32).collect();
    all.names = Some(each.iter().map(|trace| trace.population.clone()).collect());
    all.samples = (0..each[0].rows()).flat_map(|row| each.iter().map(move |trace| trace.samples[row])).collect();
    let path = std::env::args().nth(1).unwrap_or("target/neurons.png".into());
    traces::draw(&all, "A step of current from 50 to 250 ms")?.save(path)
}
