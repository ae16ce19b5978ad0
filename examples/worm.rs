//! One second of the worm: the 302 neurons of C. elegans and their chemical synapses.
//!
//!     cargo run --release --example worm

use neuropil::experiment::Experiment;
use neuropil::prelude::*;
use neuropil::record::analysis::spike_counts;
use neuropil::record::pictures::raster;

fn main() -> neuropil::Result<()> {
    let setup = Experiment::preset("c-elegans").setup()?;
    let mut sim = setup.network.build(Device::best()?, setup.seed)?;
    sim.run(1.0.s())?;
    let spikes = sim.recorded_spikes()?;

    // Who is the busiest, by name?
    let counts = spike_counts(&spikes, None);
    let names = spikes.populations.iter().flat_map(|population| population.names.iter().flatten());
    let mut busy: Vec<(u32, &String)> = counts.into_iter().zip(names).collect();
    busy.sort_by(|a, b| b.cmp(a));
    let first: Vec<String> = busy.iter().take(5).map(|(count, name)| format!("{name} {count}")).collect();
    println!("{} spikes in a second; most by {}", spikes.steps.len(), first.join(", "));

    let path = std::env::args().nth(1).unwrap_or("target/worm.png".into());
    raster::draw(&spikes, "C. elegans, 302 neurons")?.save(path)
}
