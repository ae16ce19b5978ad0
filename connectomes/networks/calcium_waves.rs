#![doc = include_str!("calcium_waves.md")]

use super::{Preset, PresetOptions, population, record_all};
use crate::error::Result;
use crate::network::{DcGenerator, Explicit, GapJunction, Network, Static};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "calcium-waves",
    title: "A wave of calcium through a sheet of 256 astrocytes that exchange IP3",
    documentation: include_str!("calcium_waves.md"),
    build,
    seconds: 30.0,
    dt: 1.0,
};

/// Rows of the sheet, and columns unless it is scaled.
const ROWS: u32 = 16;
/// IP3 that calcium makes at most, uM/ms, and calcium at which it makes half of that, uM.
const PRODUCTION: (f64, f64) = (0.0006, 0.6);
/// Calcium at which a cell releases, uM.
const RELEASE: f64 = 0.3;
/// Share of a difference of IP3 that flows from cell to cell, 1/ms.
const EXCHANGE: f64 = 0.0003;
/// IP3 that is brought to one cell, uM/ms, from when until when, ms.
const DRIVE: (f64, f64, f64) = (0.004, 1000.0, 3000.0);

/// Makes the sheet.
fn build(options: &PresetOptions) -> Result<Network> {
    options.no_velocity(PRESET.name)?;
    let columns = options.scaled(PRESET.name, ROWS)?;
    let mut network = Network::new(PRESET.dt.ms());
    let own = [("rate_PLC", PRODUCTION.0), ("K_PLC", PRODUCTION.1), ("Ca_th", RELEASE)];
    let cells = network.add_population(population("astrocytes", ROWS * columns, "astrocyte_release", &own)?)?;
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for cell in 0..ROWS * columns {
        let right = (cell % columns + 1 < columns).then_some(cell + 1);
        let below = (cell / columns + 1 < ROWS).then_some(cell + columns);
        for neighbour in right.into_iter().chain(below) {
            from.push(cell);
            to.push(neighbour);
        }
    }
    network.couple(&cells, &cells, Explicit::new(from, to), GapJunction::new(EXCHANGE).of("IP3"))?;
    let middle = ROWS / 2 * columns + columns / 2;
    let (amplitude, start, stop) = DRIVE;
    network.stimulate(
        cells.slice(middle..middle + 1),
        DcGenerator { amplitude, start, stop },
        Static::new(1.0, 1.0),
    )?;
    record_all(&mut network, &cells)?;
    Ok(network)
}
