//! The synapses of a shard that learn, in the hands of its owner.

use std::borrow::Cow;

use crate::device::cpu::learn::OwnedPlastic;
use crate::device::cpu::learn_rows::Arrivals;
use crate::device::plastic::{Held, pending, targets};
use crate::exchange::History;
use crate::plan::{Plan, Shard};
use crate::schedule::Epoch;
use crate::spike::Spike;
use crate::tile::Stepped;

/// Those of each plan, and what is known of spikes.
#[derive(Debug)]
pub struct Learning<R: Stepped> {
    /// In the order of the plan.
    plastic: Vec<OwnedPlastic<R>>,
    /// The step until which they know the spikes of their targets.
    learned: u64,
    /// Spikes of their targets since those were looked for that no longer matter, and how many make it worth to look.
    since: usize,
    crowded: usize,
    overflow: Option<(Spike, usize)>,
}

/// Spikes of targets below which it is not worth looking for those that no longer matter.
const CROWDED: usize = 1 << 16;

impl<R: Stepped> Learning<R> {
    /// At time 0.
    pub fn new(plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>) -> Learning<R> {
        let plans = plan.plastic.iter().zip(&shard.plastic);
        let plastic = plans.map(|(p, rows)| OwnedPlastic::new(p, rows, targets(p, shard).len())).collect();
        Learning { plastic, learned: 0, since: 0, crowded: CROWDED, overflow: None }
    }

    /// Takes in the spikes of the targets of synapses that learn, as `history` has them, until step `until`.
    pub fn see(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>, history: &History, until: u64) {
        for (own, p) in self.plastic.iter_mut().zip(&plan.plastic) {
            let targets = targets(p, shard);
            for step in self.learned + 1..=until {
                let fired = history.at(step);
                let own_spikes = &fired[fired.partition_point(|id| *id < targets.start)..];
                for id in own_spikes.iter().take_while(|id| **id < targets.end) {
                    own.target_spike(p, (id - targets.start) as usize, step as u32, plan.dt);
                    self.since += 1;
                }
                if let Some((from, delay)) = &p.modulator {
                    let modulating = fired.iter().filter_map(|id| from.index_of(*id));
                    modulating.for_each(|m| own.modulator_spike(p, m, step as u32 + delay));
                }
            }
        }
        self.learned = until;
    }

    /// The pass `learn`: spikes of targets before the epoch, then the spikes of sources of which the first can arrive in it.
    pub fn learn(
        &mut self,
        (plan, shard): (&Plan<R::Fixed>, &Shard<R::Fixed>),
        history: &History,
        epoch: Epoch,
        mut arrivals: Arrivals<'_, R>,
    ) {
        self.see(plan, shard, history, epoch.first);
        for arrival in epoch.first + 1..=epoch.first + u64::from(epoch.steps) {
            let Some(step) = arrival.checked_sub(plan.min_delay.into()).filter(|step| *step > 0) else { continue };
            for (index, (own, p)) in self.plastic.iter_mut().zip(&plan.plastic).enumerate() {
                let sources: Vec<u32> = history.at(step).iter().filter_map(|id| p.from.index_of(*id)).collect();
                let rows = (p, &*shard.plastic[index]);
                let over = own.source_spikes(rows, (&sources, step as u32), plan.dt, &mut arrivals);
                self.overflow = self.overflow.into_iter().chain(over.map(|spike| (spike, index))).min();
            }
        }
        // Counted only now and then: all targets are asked.
        if self.since > self.crowded {
            self.forget(plan, shard);
            self.crowded = CROWDED.max(self.plastic.iter().map(|own| own.held().spikes()).sum());
        }
    }

    /// Forgets spikes of targets that all of their synapses have seen.
    pub fn forget(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>) {
        for (index, (own, p)) in self.plastic.iter_mut().zip(&plan.plastic).enumerate() {
            own.forget(&shard.plastic[index], (targets(p, shard).start - shard.ids.start) as usize);
        }
        self.since = 0;
    }

    /// Plan by plan of a projection, the states of its synapses at the end of step `step`: as the last spikes of their
    /// sources left them; with a third factor, with what has happened since; or, if `recent` spikes are given, with
    /// those of sources that have not been taken, too.
    pub fn known(
        &mut self,
        (plan, shard): (&Plan<R::Fixed>, &Shard<R::Fixed>),
        projection: usize,
        step: u64,
        recent: Option<&[Spike]>,
    ) -> Vec<Cow<'_, [Vec<R>]>> {
        let pending = recent.map(|recent| pending(recent, step, plan.min_delay));
        let plans = self.plastic.iter_mut().zip(&plan.plastic).zip(&shard.plastic);
        let plans = plans.filter(|((_, p), _)| p.projection == projection);
        let known = plans.map(|((own, p), rows)| {
            let first_target = (targets(p, shard).start - shard.ids.start) as usize;
            own.known((p, rows), first_target, (step as u32, plan.dt), pending)
        });
        known.collect()
    }

    /// What is held of synapses that learn, in the order of the plan.
    pub fn held(&self) -> Vec<&Held<R>> {
        self.plastic.iter().map(OwnedPlastic::held).collect()
    }

    /// As `held`, to be set, as from a checkpoint.
    pub fn held_mut(&mut self) -> Vec<&mut Held<R>> {
        self.plastic.iter_mut().map(OwnedPlastic::held_mut).collect()
    }

    /// Goes on at step `step` with what knows of the spikes of its targets until then.
    pub fn has_seen(&mut self, step: u64) {
        self.learned = step;
    }

    /// The first time that a synapse sent more than sums have room for, since last asked, and its plan's index.
    pub fn take_overflow(&mut self) -> Option<(Spike, usize)> {
        self.overflow.take()
    }
}
