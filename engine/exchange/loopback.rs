//! An exchange between players that each own shards and share nothing: by messages, as between the processes of a
//! cluster, but within one process. For tests that results do not depend on where shards are.

use std::sync::mpsc::{Receiver, Sender, channel};

use crate::error::{Error, Result};
use crate::exchange::{Exchange, Given, History, Verdict};
use crate::schedule::Epoch;
use crate::spike::Spike;

/// The message of a player: the spikes of its shards in an epoch, sorted by shard, step and neuron, and their signals,
/// step by step.
type Message = (Vec<Spike>, Vec<Vec<f64>>);
/// Another player: its number, and the channels to it and from it.
type Other = (usize, Sender<Message>, Receiver<Message>);

/// One player's end of a loop-back exchange.
#[derive(Debug)]
pub struct Loopback {
    /// Number of this player.
    number: usize,
    /// All other players; there is a channel for each pair and direction, since one player may be an epoch ahead.
    others: Vec<Other>,
    /// This player's message on the present epoch.
    own: Message,
    /// The messages of all players on the last epoch, by number.
    received: Vec<Message>,
}

/// The ends of the exchange of `members` players, in the order of their neurons.
pub fn ends(members: usize) -> Vec<Loopback> {
    let end = |number| Loopback {
        number,
        others: Vec::new(),
        own: Message::default(),
        received: vec![Message::default(); members],
    };
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
            self.received[*number] = from.recv().map_err(|_| gone())?;
        }
        self.received[self.number] = std::mem::take(&mut self.own);
        Ok(Verdict::On)
    }

    fn note(&mut self, epoch: Epoch, history: &mut History) -> Result<()> {
        history.begin_epoch(epoch);
        for (spikes, signals) in &self.received {
            spikes.iter().for_each(|spike| history.extend(u64::from(spike.step), &[spike.id]));
            for (step, signals) in (epoch.first + 1..).zip(signals) {
                history.extend_signals(step, signals);
            }
        }
        Ok(())
    }
}
