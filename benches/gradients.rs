//! Event-based gradients of a recurrent network: wall time and memory beside those of the simulation itself.
//!
//! `cargo bench --bench gradients [-- neurons out-degree seconds threads]`; 100,000 neurons with 100 synapses each for 1 s of
//! biological time unless told otherwise. Compare the ratio of one run, on a machine that does nothing else: its load is
//! printed.
#![allow(missing_docs, clippy::print_stdout)]

use std::time::Instant;

use neuropil::host::used;
use neuropil::prelude::*;
use neuropil::train::events::{EventProp, Loss, Term};

/// Neurons that fire some 10 spikes/s by currents of their own, a fifth of them inhibitory.
fn network(neurons: u32, degree: u32) -> Result<Network> {
    let mut net = Network::new(0.1.ms());
    let mut population = Population::new("neurons", neurons, named("iaf_psc_exp", "bench")?)?;
    population.set("tau_m", 20.0)?;
    population.set("I_e", Value::uniform(180.0, 200.0))?;
    population.set("V_m", Value::uniform(-70.0, -55.0))?;
    let all = net.add_population(population)?;
    let (exc, inh) = (all.slice(0..neurons / 5 * 4), all.slice(neurons / 5 * 4..neurons));
    let delay = || Value::uniform(0.5, 20.0);
    net.connect(&exc, &all, FixedOutdegree(degree), Static::new(Value::uniform(2.0, 6.0), delay()))?;
    net.connect(&inh, &all, FixedOutdegree(degree), Static::new(Value::uniform(-30.0, -10.0), delay()))?;
    net.record(&all, Spikes)?;
    Ok(net)
}

fn memory() -> f64 {
    used().map_or(f64::NAN, |(_, most)| most as f64 / 1e9)
}

/// Seconds of all cores that this process has had, where the system says so.
fn cores() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    let ticks = fields.filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn main() -> Result<()> {
    let numbers: Vec<f64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let number = |at: usize, default: f64| numbers.get(at).copied().unwrap_or(default);
    let (neurons, degree, seconds) = (number(0, 1e5) as u32, number(1, 100.0) as u32, number(2, 1.0));
    let threads = number(3, f64::from(neuropil::device::cores())) as u32;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{threads} threads, load {}", load.split(' ').next().unwrap_or("unknown"));
    let net = network(neurons, degree)?;
    let mut sim = net.build(Device::cpu().threads(threads), Seed(1))?;
    let before = cores();
    sim.run((1000.0 * seconds).ms())?;
    let (forward, forward_cores) = (sim.run_time().as_secs_f64(), cores() - before);
    let rate = sim.spike_count() as f64 / f64::from(neurons) / seconds;
    println!("{neurons} neurons, {} synapses, {rate:.1} spikes/s, {} events", sim.facts().synapses, sim.events());
    println!("forward {forward:.2} s ({forward_cores:.2} s of cores), at most {:.2} GB so far", memory());
    let started = Instant::now();
    let back = EventProp::<f32>::new(&net, Seed(1))?.with_threads(threads);
    println!("laid out in {:.2} s", started.elapsed().as_secs_f64());
    // The last spike of each neuron that fired, so that gradients go through the whole run.
    let counts = sim.spike_counts().iter().zip(0u32..).filter(|(count, _)| **count > 0);
    let last = |(count, neuron): (&u64, u32)| Term::Time { neuron, number: *count as u32 - 1, factor: 1.0 };
    let loss = Loss::new(counts.map(last).collect::<Vec<Term>>());
    let (started, before) = (Instant::now(), cores());
    let gradient = back.gradient(&sim, &loss)?;
    let (backward, backward_cores) = (started.elapsed().as_secs_f64(), cores() - before);
    let moved = gradient.weights.iter().filter(|slope| **slope != 0.0).count();
    println!("{moved} weights have a gradient; {} spikes graze", gradient.grazing);
    let (ratio, by_cores) = (backward / forward, backward_cores / forward_cores);
    println!(
        "gradient {backward:.2} s ({backward_cores:.2} s of cores), {ratio:.2} x forward ({by_cores:.2} x by cores), at most {:.2} GB",
        memory()
    );
    Ok(())
}
