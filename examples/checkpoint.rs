//! A checkpoint: half a run, a file, and the other half on another number of threads; the spikes are those of a whole run.
//!
//!     cargo run --release --example checkpoint

use neuropil::checkpoint::Checkpoint;
use neuropil::experiment::Experiment;
use neuropil::prelude::*;
use neuropil::record::pictures::raster;

fn main() -> neuropil::Result<()> {
    let net = Experiment::preset("vogels-abbott").setup()?.network;
    let file = std::env::temp_dir().join(format!("neuropil-example-{}.checkpoint", std::process::id()));

    let mut whole = net.build(Device::cpu(), Seed(1))?;
    whole.run(200.0.ms())?;

    let mut first = net.build(Device::cpu(), Seed(1))?;
    first.run(100.0.ms())?;
    first.checkpoint()?.write(&file)?;
    drop(first);

    let checkpoint = Checkpoint::read(&file)?;
    let mut second = Simulation::resume(net, Device::cpu().threads(1), Seed(1), &PlanOptions::default(), &checkpoint)?;
    second.run(100.0.ms())?;
    // A file that stays in the temporary folder does no harm.
    let _ = std::fs::remove_file(&file);

    let same = second.all_spikes() == whole.all_spikes();
    println!(
        "{} spikes, {}",
        whole.all_spikes().len(),
        if same { "all the same" } else { "which differ: please report it" }
    );
    let path = std::env::args().nth(1).unwrap_or("target/checkpoint.png".into());
    raster::draw(&second.recorded_spikes()?, "Vogels & Abbott, gone on with at 100 ms")?.save(path)
}
