//! Inputs and outputs of graphs as tables.

use std::path::Path;

use super::play::Signals;
use crate::data::table::Table;
use crate::error::Result;
use crate::files::atomic_write;

/// Reads an input of `units` units over `steps` steps from a CSV file with the columns `step` (from 1), `unit` (from 0) and,
/// unless all are 1, `value`; what is not listed is 0, what is listed twice is added: values at [step, unit].
///
/// # Errors
/// A file that cannot be read; a step or a unit that does not exist.
pub fn read_signal(path: &Path, (steps, units): (usize, usize)) -> Result<Vec<f64>> {
    let table = Table::read(path, &["step", "unit", "value"], false)?;
    let unit = table.indices("unit", u32::try_from(units).unwrap_or(u32::MAX), "the input")?;
    let (step, value) = (table.required("step")?, table.column("value"));
    let mut values = vec![0.0; steps * units];
    for (row, (&step, &unit)) in step.iter().zip(&unit).enumerate() {
        if step.fract() != 0.0 || !(1.0..=steps as f64).contains(&step) {
            return Err(table.error(row, format!("step {step} is none from 1 to {steps}, which are played")));
        }
        values[(step as usize - 1) * units + unit as usize] += value.map_or(1.0, |value| value[row]);
    }
    Ok(values)
}

/// Writes values at [step, unit] as a CSV file with the columns `node`, `step` (from 1), `unit` (from 0) and `value`; those that
/// are 0 are left out.
///
/// # Errors
/// A file that cannot be written; nothing is left behind.
pub fn write_signals(path: &Path, signals: &Signals, steps: usize) -> Result<()> {
    atomic_write(path, |file| {
        let mut table = csv::Writer::from_writer(file);
        table.write_record(["node", "step", "unit", "value"])?;
        for (name, values) in signals {
            let units = (values.len() / steps.max(1)).max(1);
            for (at, value) in values.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                let [step, unit] = [at / units + 1, at % units].map(|number| number.to_string());
                table.write_record([name, &step, &unit, &value.to_string()])?;
            }
        }
        table.flush()
    })
}
