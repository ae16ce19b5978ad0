//! The exchange of players that own shards each and share nothing: by messages, as between the processes of a cluster, but
//! within one process. For tests of what may not depend on where shards are.

use std::sync::mpsc::{Receiver, Sender, channel};

use crate::error::{Error, Result};
use crate::exchange::{Exchange, Given, History, Verdict};
use crate::schedule::Epoch;
use crate::spike::Spike;

/// What a player's shards gave of an epoch: spikes by shard, step and neuron; signals step by step.
type Said = (Vec<Spike>, Vec<Vec<f64>>);
/// Another player, by number, with the way to it and from it.
type Other = (usize, Sender<Said>, Receiver<Said>);

/// One player's end.
#[derive(Debug)]
pub struct Loopback {
    number: usize,
    /// To and from each other player, by number; a channel for each pair, since one player may be an epoch ahead.
    others: Vec<Other>,
    /// What this player's shards gave of the epoch.
    own: Said,
    /// What each player gave, in their order.
    heard: Vec<Said>,
}

/// The ends of `members` players, in the order of their neurons.
pub fn ends(members: usize) -> Vec<Loopback> {
    let end =
        |number| Loopback { number, others: Vec::new(), own: Said::default(), heard: vec![Said::default(); members] };
    let mut ends: Vec<Loopback> = (0..members).map(end).collect();
    for one in 0..members {
        for two in one + 1..members {
            let ((to_two, from_one), (to_one, from_two)) = (channel(), channel());
            ends[one].others.push((two, to_two, from_two));
            ends[two].others.push((one, to_one, from_one));
        }
    }
    ends
}

impl Exchange for Loopback {
    fn publish(&mut self, epoch: Epoch, _: usize, given: &mut Given) {
        let (spikes, signals) = &mut self.own;
        signals.resize(epoch.steps as usize, Vec::new());
        for (k, ids) in given.fired.iter().enumerate().take(epoch.steps as usize) {
            let step = (epoch.first + 1 + k as u64) as u32;
            spikes.extend(ids.iter().map(|&id| Spike { step, id }));
            signals[k].extend_from_slice(given.signals_of(k, epoch.steps));
        }
    }

    fn wait(&mut self) -> Result<Verdict> {
        let gone = || Error::Device("another player of this network has ended; see its own message".into());
        for (_, to, _) in &self.others {
            to.send(self.own.clone()).map_err(|_| gone())?;
        }
        for (number, _, from) in &self.others {
            self.heard[*number] = from.recv().map_err(|_| gone())?;
        }
        self.heard[self.number] = std::mem::take(&mut self.own);
        Ok(Verdict::On)
    }

    fn note(&mut self, epoch: Epoch, history: &mut History) -> Result<()> {
        history.begin_epoch(epoch);
        for (spikes, signals) in &self.heard {
            spikes.iter().for_each(|spike| history.extend(u64::from(spike.step), &[spike.id]));
            for (step, signals) in (epoch.first + 1..).zip(signals) {
                history.extend_signals(step, signals);
            }
        }
        Ok(())
    }
}
