//! A model in text beside the same model in Rust: wall time of 100 ms of 10,000 neurons on one thread, in epochs of 10 steps;
//! and the time from the text of a model to the end of the first step of a neuron.
//!
//! `cargo bench --features bench --bench models` prints the least wall times of runs that take turns, so that both of a pair are
//! measured under the same load, and their ratio.
#![allow(missing_docs, clippy::print_stdout)]

use std::sync::Arc;
use std::time::Instant;

use neuropil::device::Precision;
use neuropil::equations::text;
use neuropil::network::Population;
use neuropil::prelude::*;
use neuropil::tile::{Interpreted, Model, Of};

#[path = "../tests/equations/printed/aeif_printed.rs"]
mod aeif_printed;

use aeif_printed::AeifPrinted;

/// Turns that each of a pair takes.
const TURNS: usize = 15;

/// The model of a text.
fn read(text: &str) -> Result<Arc<dyn Model>> {
    let mut models = text::Model::of_file("bench", text)?;
    Ok(Arc::new(Interpreted::new(models.remove(0))?))
}

/// The text that `aeif_printed` was printed from.
fn aeif() -> Result<Arc<dyn Model>> {
    let text = include_str!("../tests/equations/texts/aeif.toml").replace("aeif_mine", "aeif_printed");
    let text = text.replace("-60 mV:", "-60 mV < V_th:");
    read(&text.replace("refractory = \"", "substeps = 9\nrefractory = \""))
}

/// 10,000 neurons under a current that none fires at, and spikes that nobody hears, whose delay makes epochs of 10 steps.
fn network(model: Arc<dyn Model>) -> Result<Network> {
    let mut net = Network::new(0.1.ms());
    let mut neurons = Population::new("neurons", 10_000, model)?;
    neurons.set("I_e", 100.0)?;
    let neurons = net.add_population(neurons)?;
    net.connect(neurons.slice(0..1), neurons.slice(0..1), AllToAll, Static::new(0.0, 1.0))?;
    Ok(net)
}

/// The least wall time of 100 ms of each, in turns.
fn least(models: [Arc<dyn Model>; 2], precision: Precision) -> Result<[f64; 2]> {
    // Neurons under a steady current come to rest, and would be left out.
    let options = PlanOptions { skip_idle: false, ..PlanOptions::default() };
    let mut simulations = Vec::new();
    for model in models {
        let device = Device::cpu().threads(1).precision(precision);
        let mut simulation = Simulation::new(network(model)?, device, Seed(1), &options)?;
        simulation.run(100.0.ms())?;
        simulations.push(simulation);
    }
    let mut least = [f64::INFINITY; 2];
    for _ in 0..TURNS {
        for (simulation, least) in simulations.iter_mut().zip(&mut least) {
            let started = Instant::now();
            simulation.run(100.0.ms())?;
            *least = least.min(started.elapsed().as_secs_f64());
        }
    }
    Ok(least)
}

/// The least and the median time, ms, from a text to the end of the first step of one neuron.
fn first_step(text: &str) -> Result<[f64; 2]> {
    let mut times = Vec::new();
    for _ in 0..TURNS {
        let started = Instant::now();
        let mut net = Network::new(0.1.ms());
        net.add_population(Population::new("neuron", 1, read(text)?)?)?;
        let mut simulation = Simulation::new(net, Device::cpu().threads(1), Seed(1), &PlanOptions::default())?;
        simulation.run(0.1.ms())?;
        times.push(1e3 * started.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok([times[0], times[times.len() / 2]])
}

fn main() -> Result<()> {
    println!("model: ms from its text to the end of the first step, least and median");
    for (name, text) in [
        ("iaf_psc_exp", include_str!("../tests/equations/texts/iaf_psc_exp.toml")),
        ("aeif_cond_exp", include_str!("../models/neurons/aeif_cond_exp.toml")),
        ("hh_cond_exp_traub", include_str!("../models/neurons/hh_cond_exp_traub.toml")),
    ] {
        let [least, median] = first_step(text)?;
        println!("{name}: {least:.2}, {median:.2}");
    }
    let light = || -> Result<[Arc<dyn Model>; 2]> {
        let text = read(include_str!("../tests/equations/texts/iaf_psc_exp.toml"))?;
        Ok([text, Arc::new(Of::<IafPscExp>::new())])
    };
    let heavy = || -> Result<[Arc<dyn Model>; 2]> { Ok([aeif()?, Arc::new(Of::<AeifPrinted>::new())]) };
    println!("model, precision: ns a neuron and step in text, in Rust, ratio");
    for precision in [Precision::F32, Precision::F64] {
        for (name, models) in [("iaf_psc_exp", light()?), ("aeif, 9 substeps", heavy()?)] {
            let [text, rust] = least(models, precision)?;
            let ns = |seconds: f64| seconds / 1e7 * 1e9;
            println!("{name}, {precision:?}: {:.2}, {:.2}, {:.2}", ns(text), ns(rust), text / rust);
        }
    }
    Ok(())
}
