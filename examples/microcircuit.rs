//! The cortical microcircuit of Potjans & Diesmann (2014), at 5 % of its size.
//!
//!     cargo run --release --example microcircuit

use neuropil::experiment::Experiment;
use neuropil::prelude::*;
use neuropil::record::analysis::mean_rate;
use neuropil::record::pictures::raster;

fn main() -> neuropil::Result<()> {
    let mut experiment = Experiment::preset("microcircuit");
    experiment.set("preset.scale=0.05")?;
    experiment.set("simulation.transient=100")?;
    let setup = experiment.setup()?;
    let mut sim = setup.network.build(Device::best()?, setup.seed)?;
    sim.run(400.0.ms())?;

    let spikes = sim.recorded_spikes()?;
    for (i, population) in spikes.populations.iter().enumerate() {
        let rate = mean_rate(&spikes, Some(i)).unwrap_or_default();
        println!("{:>5} {:6} neurons {rate:6.2} spikes/s", population.name, population.size);
    }
    let path = std::env::args().nth(1).unwrap_or("target/microcircuit.png".into());
    raster::draw(&spikes, "Cortical microcircuit, 5 % of its size")?.save(path)
}
