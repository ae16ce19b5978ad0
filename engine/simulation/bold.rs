//! The BOLD signal of populations while a network runs: the spikes of each bin are counted, and at its end the balloon
//! model makes a step. Memory grows by the samples alone, and results do not depend on batches.

use crate::error::{Error, Result};
use crate::network::{Bold, Network, Recorder};
use crate::simulation::parts::{Columns, label};
use crate::spike::Spike;

/// Number of values kept for each population: four state variables, and the number of spikes in the current bin.
const KEPT: usize = 5;

/// Advances the BOLD signal of a recorder by the `spikes` of the steps after `from`, up to and including `to`. `kept`
/// holds [`KEPT`] values for each population (initially [`Recorder::initial_state`]), and behind them the samples.
pub(super) fn advance(
    network: &Network,
    (recorder, bold): (&Recorder, &Bold),
    kept: &mut Vec<f64>,
    spikes: &[Spike],
    (from, to): (u64, u64),
) -> Result<()> {
    let (start, stop) = recorder.window(network)?;
    let bin = u64::from(recorder.bin_steps(network, bold)?);
    let every = u64::from(recorder.interval_steps(network)?) / bin;
    let columns = Columns::of(recorder);
    let until = |step: u64| spikes.partition_point(|spike| u64::from(spike.step) <= step);
    let (mut step, last) = (from.max(start), to.min(stop));
    while step < last {
        let number = (step - start) / bin + 1;
        let end = (start + number * bin).min(last);
        for column in spikes[until(step)..until(end)].iter().filter_map(|spike| columns.find(spike.id)) {
            kept[column * KEPT + 4] += 1.0;
        }
        if end == start + number * bin {
            end_bin(network, (recorder, bold), kept, bin)?;
            if number.is_multiple_of(every) {
                let states = kept[..recorder.from.parts().len() * KEPT].as_chunks::<KEPT>().0;
                let signals: Vec<f64> =
                    states.iter().map(|[s, f, v, q, _]| bold.balloon.signal([*s, *f, *v, *q])).collect();
                kept.extend(signals);
            }
        }
        step = end;
    }
    Ok(())
}

/// Makes a step of the balloon model for each population with the spikes of a bin of `bin` steps, and begins the next
/// bin.
fn end_bin(network: &Network, (recorder, bold): (&Recorder, &Bold), kept: &mut [f64], bin: u64) -> Result<()> {
    let seconds = bin as f64 * network.dt() * 1e-3;
    let h = network.grid().time(bin) * 1e-3;
    for (part, own) in recorder.from.parts().iter().zip(kept.as_chunks_mut::<KEPT>().0) {
        let [s, f, v, q, spikes] = *own;
        let rate = spikes / f64::from(part.count) / seconds;
        let wrong = |problem| Error::invalid(format!("BOLD of {}", label(network, part)), problem);
        let [s, f, v, q] = bold.balloon.step([s, f, v, q], rate, h).map_err(wrong)?;
        *own = [s, f, v, q, 0.0];
    }
    Ok(())
}
