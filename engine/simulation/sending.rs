//! What synapses that learn send, spike by spike: they are played once more from the spikes of each batch, since a player
//! only knows what the last spike of each source has left.

use crate::device::cpu::replay::{self, Replay, Sent};
use crate::error::Result;
use crate::network::{Network, Probe};
use crate::plan::Plan;
use crate::record::{SendRecord, SentSpike};
use crate::simulation::parts;
use crate::simulation::watched::{Chosen, chosen};
use crate::spike::Spike;
use crate::tile::Stepped;

/// Numbers that are kept of a spike that is sent: its step, the synapse, and the weight.
const NUMBERS: usize = 3;

/// The synapses of a recorder of what is sent.
#[derive(Debug)]
pub(super) struct SendingSynapses {
    /// Index of the recorder in the network.
    pub recorder: usize,
    /// Index of the projection in the network.
    projection: usize,
    /// Indices of the recorded synapses among all of the projection.
    numbers: Vec<u32>,
    /// Sources and targets of these synapses: indices in the projection.
    ends: Vec<(u32, u32)>,
    /// Delays, steps.
    delays: Vec<u32>,
    /// Those of each plan of the projection, and the place of the first among all of these.
    pub played: Vec<(Box<dyn Replay>, u32)>,
    /// The steps that are recorded: after the first number, up to and including the second.
    window: (u64, u64),
}

/// The synapses of all recorders of what is sent.
///
/// # Errors
/// A recorder that records no synapse.
pub(super) fn find_sending<R: Stepped>(plan: &Plan<R::Fixed>, network: &Network) -> Result<Vec<SendingSynapses>> {
    let mut all = Vec::new();
    for (recorder, own) in network.recorders().iter().enumerate() {
        let Probe::Sends(sends) = &own.probe else { continue };
        let Chosen { numbers, ends, delays, plans } =
            chosen(plan, network, own, (sends.projection, sends.to.as_ref()))?;
        let onto = sends.to.as_ref().unwrap_or(&network.projections()[sends.projection].to);
        let mut played = Vec::new();
        for (index, first) in plans {
            played.extend(replay::of_plan::<R>(plan, index, (&own.from, onto))?.map(|replay| (replay, first)));
        }
        let (projection, window) = (sends.projection, own.window(network)?);
        all.push(SendingSynapses { recorder, projection, numbers, ends, delays, played, window });
    }
    Ok(all)
}

impl SendingSynapses {
    /// Plays the spikes of a batch, and appends what is sent to `samples`: by step, source and synapse.
    pub fn play(&mut self, spikes: &[Spike], samples: &mut Vec<f64>) {
        let (mut sent, (start, stop)): (Vec<Sent>, _) = (Vec::new(), self.window);
        for (replay, first) in &mut self.played {
            replay.play(spikes, &mut |own| {
                if start < u64::from(own.step) && u64::from(own.step) <= stop {
                    sent.push(Sent { synapse: *first + own.synapse, ..own });
                }
            });
        }
        sent.sort_by_key(|own| (own.step, own.source, own.synapse));
        samples.extend(sent.iter().flat_map(|own| [f64::from(own.step), f64::from(own.synapse), own.weight]));
    }

    /// The record of the recorder's `samples` so far.
    pub fn to_record(&self, network: &Network, samples: &[f64]) -> SendRecord {
        let projection = &network.projections()[self.projection];
        let send = |own: &[f64; NUMBERS]| SentSpike { step: own[0] as u32, synapse: own[1] as u32, weight: own[2] };
        SendRecord {
            projection: self.projection,
            place: parts::ends(projection, network),
            synapse: projection.synapse.model.name().to_owned(),
            unit: projection.weight_unit(network).unwrap_or_default().to_owned(),
            dt_ms: network.dt(),
            ends: self.ends.clone(),
            numbers: self.numbers.clone(),
            delays: self.delays.clone(),
            sends: samples.as_chunks::<NUMBERS>().0.iter().map(send).collect(),
        }
    }

    /// Whether these are samples of it at the end of `step`.
    pub fn fit(&self, samples: &[f64], step: u64) -> bool {
        let (sends, rest) = samples.as_chunks::<NUMBERS>();
        let (start, stop) = (self.window.0 as f64, self.window.1.min(step) as f64);
        let within = |own: &[f64; NUMBERS]| {
            let [step, synapse, _] = own.map(f64::fract);
            let steps = start < own[0] && own[0] <= stop;
            step == 0.0 && synapse == 0.0 && steps && 0.0 <= own[1] && own[1] < self.ends.len() as f64
        };
        rest.is_empty() && sends.iter().all(within) && sends.is_sorted_by(|a, b| a[0] <= b[0])
    }
}

/// The records of all recorders of what is sent.
pub(super) fn send_records(network: &Network, sending: &[SendingSynapses], samples: &[Vec<f64>]) -> Vec<SendRecord> {
    sending.iter().map(|own| own.to_record(network, &samples[own.recorder])).collect()
}
