//! Reservoirs: recurrent networks whose weights stay as they are, and readouts that learn.
//!
//! A [`Reservoir`] of rate units, or a [`Spiking`] one on the simulator, turns inputs into states; [`ridge`], [`Rls`]
//! and [`Force`] fit readouts that are linear in them. [`signals`] holds the series that they are tested on, [`tasks`]
//! the tests, and [`balance`] lets each unit find its own balance of excitation and inhibition. What may not live here:
//! gradients through time, which are those of the layers.

pub mod balance;
mod dynamics;
mod free;
mod graph;
mod measures;
mod online;
mod patterns;
#[cfg(feature = "pictures")]
pub mod picture;
mod rate;
mod readout;
mod rows;
pub mod signals;
mod sparse;
mod spectrum;
mod spiking;
pub mod tasks;
mod trial;
mod trials;

pub use dynamics::{Dynamics, Machine, MachineState};
pub use graph::{Graph, Rates, Wiring};
pub use measures::memory;
pub use online::{Force, Rls};
pub use rate::{Reservoir, State, Unit};
pub use readout::{ALPHAS, Chosen, Normal, outputs, ridge, ridge_chosen, rows, with_one};
pub use sparse::Sparse;
pub use spiking::{Drive, Neurons, Spiking};
pub use trial::trial;
pub use trials::{BALANCES, Job, Sweep, Swept, mean, trials};

use crate::error::{Error, Result};
use crate::number::Number;
use crate::train::Array;

/// Refuses tables of 64-bit numbers, [rows, columns] each, that need more memory than is available.
fn check_memory(what: &str, tables: &[[usize; 2]]) -> Result<()> {
    let product = |&[rows, columns]: &[usize; 2]| (rows as u64).saturating_mul(columns as u64);
    let needed = tables.iter().map(product).fold(0u64, u64::saturating_add).saturating_mul(8);
    match crate::host::available() {
        Some(available) if needed > available => Err(Error::Memory {
            what: what.into(),
            needed,
            available,
            hint: "use fewer units, steps or trials at once".into(),
        }),
        _ => Ok(()),
    }
}

/// The numbers of rows and columns of a table; refuses other shapes.
fn axes<T: Number>(what: &str, table: &Array<T>) -> Result<[usize; 2]> {
    match table.shape() {
        &[rows, columns] => Ok([rows, columns]),
        other => Err(Error::invalid(what, format!("it has {} axes, and two are needed", other.len()))),
    }
}

/// Refuses tables with numbers that are not finite.
fn check_finite<T: Number>(what: &str, table: &Array<T>) -> Result<()> {
    match table.data().iter().position(|value| !value.value().is_finite()) {
        None => Ok(()),
        Some(place) => {
            let width = table.shape().last().copied().unwrap_or(1).max(1);
            let problem = format!(
                "column {} of row {}, counted from 0, is not a number; mend the data",
                place % width,
                place / width
            );
            Err(Error::invalid(what, problem))
        }
    }
}

/// Refuses lists with numbers that are not finite.
fn check_finite_list(what: &str, numbers: &[f64]) -> Result<()> {
    match numbers.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(place) => {
            Err(Error::invalid(what, format!("number {place}, counted from 0, is not a number; mend the data")))
        }
    }
}
