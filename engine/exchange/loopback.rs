//! The exchange of players that own shards each and share nothing: by messages, as between the processes of a cluster, but
//! within one process. For tests of what may not depend on where shards are.

use std::sync::mpsc::{Receiver, Sender, channel};

use crate::error::{Error, Result};
use crate::exchange::{Exchange, Fired, History, Verdict};
use crate::schedule::Epoch;
use crate::spike::Spike;

/// Another player, by number, with the way to it and from it.
type Other = (usize, Sender<Vec<Spike>>, Receiver<Vec<Spike>>);

/// One player's end.
#[derive(Debug)]
pub struct Loopback {
    number: usize,
    /// To and from each other player, by number; a channel for each pair, since one player may be an epoch ahead.
    others: Vec<Other>,
    /// What this player's shards fired in the epoch, by shard, step and neuron.
    own: Vec<Spike>,
    /// What each player fired, in their order.
    heard: Vec<Vec<Spike>>,
}

/// The ends of `members` players, in the order of their neurons.
pub fn ends(members: usize) -> Vec<Loopback> {
    let end = |number| Loopback { number, others: Vec::new(), own: Vec::new(), heard: vec![Vec::new(); members] };
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
    fn publish(&mut self, epoch: Epoch, _: usize, fired: &mut Fired) {
        for (k, ids) in fired.iter().enumerate().take(epoch.steps as usize) {
            let step = (epoch.first + 1 + k as u64) as u32;
            self.own.extend(ids.iter().map(|&id| Spike { step, id }));
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
        for spike in self.heard.iter().flatten() {
            history.extend(u64::from(spike.step), &[spike.id]);
        }
        Ok(())
    }
}
