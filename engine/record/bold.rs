//! The BOLD signal of recorded rates; while a network runs, [`Bold`](crate::network::Bold) gives the same.
//!
//! Activity is constant within a bin of rates, and each bin is one step of [`Balloon`], from rest on. So a signal
//! depends on the rates alone, and not on how a run was divided.

pub use crate::balloon::Balloon;
use crate::error::{Error, Result};
use crate::record::SeriesRecord;

impl Balloon {
    /// The BOLD signals of populations from their rates (spikes/s), with one sample every `every` bins.
    ///
    /// # Errors
    /// Constants or rates that are not valid, activity beyond what the model can follow.
    pub fn bold(&self, rates: &SeriesRecord, every: u32) -> Result<SeriesRecord> {
        self.check()?;
        rates.check()?;
        let interval_steps = rates.interval_steps.saturating_mul(every.max(1));
        let (columns, h) = (rates.names.len(), rates.interval_ms() * 1e-3);
        let samples = rates.rows() / every.max(1) as usize;
        let mut values = vec![0.0; samples * columns];
        for column in 0..columns {
            let mut state = Balloon::REST;
            for (bin, rate) in rates.column(column).take(samples * every.max(1) as usize).enumerate() {
                let wrong = |problem| Error::invalid(format!("BOLD of {}", rates.names[column]), problem);
                state = self.step(state, rate, h).map_err(wrong)?;
                if (bin + 1) % every.max(1) as usize == 0 {
                    values[bin / every.max(1) as usize * columns + column] = self.signal(state);
                }
            }
        }
        Ok(SeriesRecord {
            quantity: "BOLD".into(),
            unit: "signal change".into(),
            interval_steps,
            first_step: rates.first_step + u64::from(interval_steps - rates.interval_steps),
            values,
            ..rates.clone()
        })
    }
}
