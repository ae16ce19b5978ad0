//! The synapses whose weights are recorded: which they are, and when.

use crate::error::{Error, Result};
use crate::network::{Network, Probe, Projection};
use crate::plan::Plan;
use crate::record::WeightRecord;

/// The synapses of a recorder of weights.
#[derive(Debug)]
pub(super) struct Watched {
    pub recorder: usize,
    pub projection: usize,
    /// Numbers of those that are recorded, among all of the projection.
    pub numbers: Vec<u32>,
    /// Their sources and targets, by index in the projection.
    ends: Vec<(u32, u32)>,
    /// Steps.
    interval: u64,
    /// The steps that are recorded: after the first number, until and with the second.
    window: (u64, u64),
}

/// The synapses of all recorders of weights.
///
/// # Errors
/// A recorder of no synapse.
pub(super) fn watched<F>(plan: &Plan<F>, network: &Network) -> Result<Vec<Watched>> {
    let mut all = Vec::new();
    for (recorder, own) in network.recorders().iter().enumerate() {
        let Probe::Weights(weights) = &own.probe else { continue };
        let projection = &network.projections()[weights.projection];
        let onto = weights.to.as_ref().unwrap_or(&projection.to);
        let (mut numbers, mut ends, mut number) = (Vec::new(), Vec::new(), 0);
        for plan in plan.plastic.iter().filter(|plan| plan.projection == weights.projection) {
            plan.for_each(&(0..u32::MAX), |s, target, _| {
                if own.from.index_of(plan.from.id(s)).is_some() && onto.index_of(target).is_some() {
                    numbers.push(number);
                    ends.push((s, projection.to.index_of(target).unwrap_or_default()));
                }
                number += 1;
            });
        }
        if numbers.is_empty() {
            let (from, to) = (network.describe(&own.from), network.describe(onto));
            let problem = format!("none of its synapses leads from {from} to {to}; record others");
            return Err(Error::invalid(projection.place(network), problem));
        }
        let (interval, window) = (own.interval_steps(network)?.into(), own.window(network)?);
        all.push(Watched { recorder, projection: weights.projection, numbers, ends, interval, window });
    }
    Ok(all)
}

impl Watched {
    /// The next step after `step` at whose end its weights are recorded.
    pub fn next(&self, step: u64) -> Option<u64> {
        let (start, stop) = self.window;
        let next = (step.max(start) / self.interval + 1).checked_mul(self.interval)?;
        (next <= stop).then_some(next)
    }

    /// Whether they are recorded at the end of `step`.
    pub fn is_due(&self, step: u64) -> bool {
        step.checked_sub(1).and_then(|before| self.next(before)) == Some(step)
    }

    pub fn record(&self, network: &Network, samples: Vec<f64>) -> WeightRecord {
        let projection = &network.projections()[self.projection];
        WeightRecord {
            projection: self.projection,
            place: joined(projection, network),
            synapse: projection.synapse.model.name().to_owned(),
            dt_ms: network.dt(),
            interval_steps: self.interval as u32,
            first_step: (self.window.0 / self.interval + 1) * self.interval,
            ends: self.ends.clone(),
            samples,
        }
    }
}

/// "exc -> inh".
fn joined(projection: &Projection, network: &Network) -> String {
    format!("{} -> {}", network.describe(&projection.from), network.describe(&projection.to))
}

/// What all recorders of weights have taken.
pub(super) fn recorded(network: &Network, watched: &[Watched], samples: &mut [Vec<f64>]) -> Vec<WeightRecord> {
    watched.iter().map(|own| own.record(network, std::mem::take(&mut samples[own.recorder]))).collect()
}
