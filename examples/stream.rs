//! Streaming: spikes go to a file while they come, and are counted on the way; memory stays as it is.
//!
//!     cargo run --release --example stream

use neuropil::prelude::*;
use neuropil::record::pictures::raster;
use neuropil::record::stream;

fn main() -> neuropil::Result<()> {
    let mut net = Network::new(0.1.ms());
    let exc = net.add("exc", 300, IafPscExp::default())?;
    net.set("exc", "V_m", Value::uniform(-70.0, -55.0))?;
    net.connect(&exc, &exc, FixedIndegree(50), Static::new(-40.0, Value::uniform(0.5, 3.0)))?;
    net.stimulate(&exc, PoissonGenerator::new(7_000.0), Static::new(30.0, 0.1))?;
    net.record(&exc, Spikes)?;

    let mut sim = net.build(Device::cpu(), Seed(1))?;
    let file = std::env::temp_dir().join(format!("neuropil-example-{}.npy", std::process::id()));
    sim.stream_spikes(stream::create(&file, net.dt(), &sim.recorded_populations())?)?;
    for _ in 0..4 {
        sim.run(250.0.ms())?;
        println!("{} ms: {} spikes so far, none of them kept", sim.time_ms(), sim.spike_count());
    }
    let streamed = sim.finish_stream()?;
    let (of_all, _) = streamed.tally.statistics(sim.steps());
    let bytes = std::fs::metadata(&file).map(|file| file.len()).unwrap_or_default();
    println!("{} spikes in {bytes} bytes, {:.1} spikes/s", of_all.spikes, of_all.rate_hz.unwrap_or_default());
    // A file that stays in the temporary folder does no harm.
    let _ = std::fs::remove_file(&file);

    // What was counted keeps a sample for pictures.
    let (sample, _) = streamed.tally.sample(sim.steps())?;
    let path = std::env::args().nth(1).unwrap_or("target/stream.png".into());
    raster::draw(&sample, "Spikes that were streamed")?.save(path)
}
