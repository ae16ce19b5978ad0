//! A hundred regions of a human brain, each excitatory and inhibitory neurons, joined by tracts with their delays.
//!
//!     cargo run --release --example human_regions

use neuropil::experiment::Experiment;
use neuropil::prelude::*;
use neuropil::record::analysis;
use neuropil::record::pictures::raster;

fn main() -> neuropil::Result<()> {
    let mut experiment = Experiment::preset("human-dti");
    experiment.set("preset.velocity=6")?;
    experiment.set("preset.scale=0.4")?;
    let setup = experiment.setup()?;
    let mut sim = setup.network.build(Device::best()?, setup.seed)?;
    sim.run(150.0.ms())?;
    let spikes = sim.recorded_spikes()?;
    let found = analysis::statistics_by_population(&spikes);
    let rates = spikes.populations.iter().zip(&found).filter_map(|(p, found)| Some((found.rate_hz?, &p.name)));
    if let Some((rate, name)) = rates.max_by(|a, b| a.0.total_cmp(&b.0)) {
        println!("{} populations; the busiest is {name}, {rate:.1} spikes/s", found.len());
    }
    let path = std::env::args().nth(1).unwrap_or("target/human_regions.png".into());
    raster::draw(&spikes, "A hundred regions of a human brain")?.save(path)
}
