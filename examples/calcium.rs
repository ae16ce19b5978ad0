//! A wave of calcium through a sheet of astrocytes: from the cell that is driven to the corners, as a microscope would see it.
//!
//!     cargo run --release --example calcium

use neuropil::connectomes::networks::{self, PresetOptions};
use neuropil::prelude::*;
use neuropil::record::pictures::tiles::{self, Key, Row, Tile};

/// Cells of a row, and the driven cell.
const COLUMNS: usize = 16;
const DRIVEN: u32 = 8 * 16 + 8;
/// Times of the pictures, s, and how many stand side by side.
const TIMES: [u32; 10] = [1, 3, 6, 9, 12, 15, 17, 19, 21, 24];
const SIDE_BY_SIDE: usize = 5;
/// Calcium of the brightest colour, uM.
const BRIGHT: f64 = 0.8;

/// The colour of a concentration, uM: from the dark over red to a bright yellow.
fn colour(calcium: f64) -> [u8; 3] {
    let ramp = [[13.0, 17.0, 43.0], [190.0, 55.0, 40.0], [255.0, 232.0, 140.0]];
    let place = 2.0 * (calcium / BRIGHT).clamp(0.0, 1.0);
    let from = (place as usize).min(1);
    [0, 1, 2].map(|c| (ramp[from][c] + (place - from as f64) * (ramp[from + 1][c] - ramp[from][c])) as u8)
}

fn main() -> neuropil::Result<()> {
    let net = networks::named("calcium-waves")?.network(&PresetOptions::default())?;
    let mut sim = net.build(Device::cpu(), Seed(1))?;
    let mut sheets = Vec::new();
    for (k, seconds) in TIMES.into_iter().enumerate() {
        let before = if k == 0 { 0 } else { TIMES[k - 1] };
        sim.run(f64::from(seconds - before).s())?;
        let pixels = sim.state("astrocytes", "Ca_astro")?.into_iter().map(colour).collect();
        sheets.push(Tile { name: format!("{seconds} s"), width: COLUMNS, pixels });
    }

    let first = |cell: u32| {
        sim.all_spikes().iter().find(|spike| spike.id == cell).map(|spike| f64::from(spike.step) * net.dt() / 1e3)
    };
    if let (Some(from), Some(to)) = (first(DRIVEN), first(DRIVEN + 7)) {
        let speed = 7.0 / (to - from);
        println!("driven from 1 s on, it fires at {from:.1} s; the front moves at {speed:.2} cells/s");
    }
    let rows = sheets.chunks(SIDE_BY_SIDE).map(|tiles| Row { name: String::new(), tiles: tiles.to_vec() });
    let rows: Vec<Row> = rows.collect();
    let ends = ["calcium 0".into(), format!("{BRIGHT} uM and more")];
    let key = Key { ends, colours: (0..=20).map(|k| colour(BRIGHT * f64::from(k) / 20.0)).collect() };
    let path = std::env::args().nth(1).unwrap_or("target/calcium.png".into());
    tiles::draw(&rows, &key, "A wave of calcium through 256 astrocytes that exchange IP3")?.save(path)
}
