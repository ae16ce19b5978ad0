//! A wave of calcium through a sheet of astrocytes: from the cell that is driven to the edge, cell by cell.
//!
//!     cargo run --release --example calcium

use neuropil::connectomes::networks::{self, PresetOptions};
use neuropil::prelude::*;
use neuropil::record::pictures::traces;
use neuropil::text::counted;

/// The driven cell of the 256, and how many there are from it to the edge of its row.
const DRIVEN: u32 = 8 * 16 + 8;
const CELLS: u32 = 8;

fn main() -> neuropil::Result<()> {
    let mut net = networks::named("calcium-waves")?.network(&PresetOptions::default())?;
    let cells = net.population("astrocytes", "the example")?;
    net.record(cells.slice(DRIVEN..DRIVEN + CELLS), Variable::every("Ca_astro", 10.0))?;
    let mut sim = net.build(Device::cpu(), Seed(1))?;
    sim.run(30.0.s())?;

    let first = |cell: u32| {
        sim.all_spikes().iter().find(|spike| spike.id == cell).map(|spike| f64::from(spike.step) * net.dt())
    };
    if let (Some(from), Some(to)) = (first(DRIVEN), first(DRIVEN + CELLS - 1)) {
        let speed = f64::from(CELLS - 1) / (to - from) * 1e3;
        println!("driven from 1 s on, it fires at {:.1} s; the front moves at {speed:.2} cells/s", from / 1e3);
    }
    let path = std::env::args().nth(1).unwrap_or("target/calcium.png".into());
    for mut trace in sim.recorded_traces()? {
        let away = |cell: u32| if cell == 0 { "driven cell".into() } else { format!("{} away", counted(cell, "cell")) };
        trace.names = Some((0..CELLS).map(away).collect());
        traces::draw(&trace, "A wave of calcium through astrocytes that exchange IP3")?.save(&path)?;
    }
    Ok(())
}
