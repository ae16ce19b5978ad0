//! Trials and a PSTH: one neuron of a network in 60 trials, whose rates the picture adds up below.
//!
//!     cargo run --release --example trials

use neuropil::prelude::*;
use neuropil::record::pictures::raster;
use neuropil::record::{PopulationLabel, SpikeRecord};

const TRIALS: u64 = 60;

fn main() -> neuropil::Result<()> {
    let mut net = Network::new(0.1.ms());
    let exc = net.add("exc", 400, IafPscExp::default())?;
    let inh = net.add("inh", 100, IafPscExp::default())?;
    let all = exc.and(&inh);
    net.set("exc", "V_m", Value::uniform(-70.0, -55.0))?;
    net.connect(&exc, &all, FixedIndegree(40), Static::new(30.0, 1.5))?;
    net.connect(&inh, &all, FixedIndegree(10), Static::new(-160.0, 1.0))?;
    net.stimulate(&all, PoissonGenerator::new(9_000.0), Static::new(25.0, 0.1))?;
    let more = PoissonGenerator { start: 100.0, stop: 130.0, ..PoissonGenerator::new(9_000.0) };
    net.stimulate(&all, more, Static::new(25.0, 0.1))?;
    let one = net.record(exc.slice(7..8), Spikes)?;

    // The wiring is one; Poisson trains and initial potentials are each trial's own.
    let trials = net.trials(2, Device::cpu(), Seed(1))?;
    let trains: Vec<Vec<u32>> = trials.run(TRIALS, |mut sim| {
        sim.run(300.0.ms())?;
        Ok(sim.spikes(one)?.steps)
    })?;

    let mut spikes: Vec<(u32, u32)> = Vec::new();
    for (trial, steps) in (0..).zip(&trains) {
        spikes.extend(steps.iter().map(|&step| (step, trial)));
    }
    spikes.sort_unstable();
    let (steps, ids): (Vec<u32>, Vec<u32>) = spikes.into_iter().unzip();
    println!("{} spikes of exc[7] in {TRIALS} trials", steps.len());
    let name = "exc[7] by trial".into();
    let label = PopulationLabel { name, first: 0, size: TRIALS as u32, part_of: None, names: None };
    let record = SpikeRecord::new(0.1, 300.0, vec![label], steps, ids)?;
    let path = std::env::args().nth(1).unwrap_or("target/trials.png".into());
    raster::draw(&record, "One neuron in 60 trials; more drive from 100 to 130 ms")?.save(path)
}
