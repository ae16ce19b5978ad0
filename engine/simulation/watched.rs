//! The synapses whose weights are recorded, and the steps at which they are.

use crate::error::{Error, Result};
use crate::network::{Network, Probe, Recorder, Selection};
use crate::plan::Plan;
use crate::record::WeightRecord;
use crate::simulation::parts;

/// The synapses of a recorder of weights.
#[derive(Debug)]
pub(super) struct WatchedSynapses {
    /// Index of the recorder in the network.
    pub recorder: usize,
    /// Index of the projection in the network.
    pub projection: usize,
    /// Indices of the recorded synapses among all of the projection.
    pub numbers: Vec<u32>,
    /// Sources and targets of these synapses: indices in the projection.
    ends: Vec<(u32, u32)>,
    /// Whether weights are read with all that has happened by then.
    pub up_to_date: bool,
    /// Steps between samples.
    interval: u64,
    /// The steps that are recorded: after the first number, up to and including the second.
    window: (u64, u64),
}

/// Synapses of a projection that learns, which a recorder records.
pub(super) struct Chosen {
    /// Indices among all of the projection.
    pub numbers: Vec<u32>,
    /// Sources and targets: indices in the projection.
    pub ends: Vec<(u32, u32)>,
    /// Delays, steps.
    pub delays: Vec<u32>,
    /// Per plan of the projection, its index among those that learn, and how many are of plans before it.
    pub plans: Vec<(usize, u32)>,
}

/// The synapses of `projection` from the neurons of the recorder `own` onto those of `to`, all unless given.
///
/// # Errors
/// A projection without such a synapse.
pub(super) fn chosen<F>(
    plan: &Plan<F>,
    network: &Network,
    own: &Recorder,
    (projection, to): (usize, Option<&Selection>),
) -> Result<Chosen> {
    let declared = &network.projections()[projection];
    let onto = to.unwrap_or(&declared.to);
    let mut found = Chosen { numbers: Vec::new(), ends: Vec::new(), delays: Vec::new(), plans: Vec::new() };
    let mut number = 0;
    for (index, plan) in plan.plastic.iter().enumerate().filter(|(_, plan)| plan.projection == projection) {
        found.plans.push((index, found.ends.len() as u32));
        plan.for_each(&(0..u32::MAX), |s, target, delay| {
            if own.from.index_of(plan.from.id(s)).is_some() && onto.index_of(target).is_some() {
                found.numbers.push(number);
                found.ends.push((s, declared.to.index_of(target).unwrap_or_default()));
                found.delays.push(delay);
            }
            number += 1;
        });
    }
    if found.numbers.is_empty() {
        let (from, to) = (network.describe(&own.from), network.describe(onto));
        let problem = format!("none of its synapses leads from {from} to {to}; record others");
        return Err(Error::invalid(declared.place(network), problem));
    }
    Ok(found)
}

/// The synapses of all recorders of weights.
///
/// # Errors
/// A recorder that records no synapse.
pub(super) fn find_watched<F>(plan: &Plan<F>, network: &Network) -> Result<Vec<WatchedSynapses>> {
    let mut all = Vec::new();
    for (recorder, own) in network.recorders().iter().enumerate() {
        let Probe::Weights(weights) = &own.probe else { continue };
        let Chosen { numbers, ends, .. } = chosen(plan, network, own, (weights.projection, weights.to.as_ref()))?;
        let (interval, window) = (own.interval_steps(network)?.into(), own.window(network)?);
        let (projection, up_to_date) = (weights.projection, weights.up_to_date);
        all.push(WatchedSynapses { recorder, projection, numbers, ends, up_to_date, interval, window });
    }
    Ok(all)
}

impl WatchedSynapses {
    /// The next step after `step` at whose end weights are recorded; `None` if there is none.
    pub fn next(&self, step: u64) -> Option<u64> {
        let (start, stop) = self.window;
        let next = (step.max(start) / self.interval + 1).checked_mul(self.interval)?;
        (next <= stop).then_some(next)
    }

    /// Whether weights are recorded at the end of `step`.
    pub fn is_due(&self, step: u64) -> bool {
        step.checked_sub(1).and_then(|before| self.next(before)) == Some(step)
    }

    /// The record of the recorder's `samples` so far.
    pub fn to_record(&self, network: &Network, samples: Vec<f64>) -> WeightRecord {
        let projection = &network.projections()[self.projection];
        WeightRecord {
            projection: self.projection,
            place: parts::ends(projection, network),
            synapse: projection.synapse.model.name().to_owned(),
            unit: projection.weight_unit(network).unwrap_or_default().to_owned(),
            dt_ms: network.dt(),
            interval_steps: self.interval as u32,
            first_step: (self.window.0 / self.interval + 1) * self.interval,
            ends: self.ends.clone(),
            samples,
        }
    }
}

/// The records of all recorders of weights, whose samples are taken out of `samples`.
pub(super) fn weight_records(
    network: &Network,
    watched: &[WatchedSynapses],
    samples: &mut [Vec<f64>],
) -> Vec<WeightRecord> {
    watched.iter().map(|own| own.to_record(network, std::mem::take(&mut samples[own.recorder]))).collect()
}
