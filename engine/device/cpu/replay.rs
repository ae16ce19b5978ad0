//! Some synapses that learn, played once more from the spikes of a run: what each of these has sent is known then, and not only
//! what the last of a batch has left. It is computed as the players do, so that it has the same bits.

use std::fmt::Debug;
use std::ops::Range;

use crate::device::cpu::learn::OwnedPlastic;
use crate::device::plastic::{Held, memory, pending};
use crate::error::Result;
use crate::network::Selection;
use crate::plan::Plan;
use crate::plan::plastic::PlasticPlan;
use crate::plan::plastic_rows::PlasticRows;
use crate::spike::Spike;
use crate::tile::Stepped;

/// A spike that a synapse sends: the step of the source's spike, the source's global id, the synapse, counted among those
/// that are played, and the weight it is sent with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sent {
    pub step: u32,
    pub source: u32,
    pub synapse: u32,
    pub weight: f64,
}

/// Synapses of one plan that are played once more, in the order in which they are drawn, whatever the precision.
pub trait Replay: Debug + Send {
    /// Index of their plan among those that learn.
    fn plan(&self) -> usize;
    /// Takes the spikes of some steps, sorted, and tells `each` what the synapses send.
    fn play(&mut self, spikes: &[Spike], each: &mut dyn FnMut(Sent));
    /// Goes on at the end of step `step`, as a player with the words `memory` of the plan does, which knows the `recent`
    /// spikes.
    ///
    /// # Errors
    /// Words of another network.
    fn recall(&mut self, step: u64, memory: &[u64], recent: &[Spike]) -> Result<()>;
}

/// The synapses of a plan from and onto some neurons.
#[derive(Debug)]
struct Replayed<R: Stepped> {
    index: usize,
    plan: PlasticPlan,
    between: [Selection; 2],
    /// The neurons among which their targets are, by global id.
    ids: Range<u32>,
    rows: PlasticRows,
    own: OwnedPlastic<R>,
    dt: f64,
    min_delay: u32,
    /// Spikes of targets since those were looked for that no longer matter, and how many make it worth to look.
    since: usize,
    crowded: usize,
}

/// Spikes of targets below which it is not worth looking for those that no longer matter.
const CROWDED: usize = 1 << 12;

/// The synapses that lead from neurons of `from` to neurons of `to` in the plan with this index; none if there are none.
///
/// # Errors
/// As the rows of the plan.
pub fn of_plan<R: Stepped>(
    plan: &Plan<R::Fixed>,
    index: usize,
    (from, to): (&Selection, &Selection),
) -> Result<Option<Box<dyn Replay>>> {
    let own = &plan.plastic[index];
    let (first, end) = (own.part.first, own.part.first + own.part.count);
    let within = |part: &crate::network::Part| part.first.max(first)..(part.first + part.count).min(end);
    let ranges = || to.parts().iter().map(within).filter(|ids| !ids.is_empty());
    let (Some(first), Some(end)) = (ranges().map(|ids| ids.start).min(), ranges().map(|ids| ids.end).max()) else {
        return Ok(None);
    };
    let (ids, plan_of, between) = (first..end, own.clone(), [from.clone(), to.clone()]);
    let rows = own.rows_of(&ids, keep(&plan_of, &between))?;
    if rows.is_empty() {
        return Ok(None);
    }
    let own = OwnedPlastic::<R>::of(&plan_of, Held::new(&plan_of, &rows, ids.len()));
    let (dt, min_delay) = (plan.dt, plan.min_delay);
    let replayed =
        Replayed { index, plan: plan_of, between, ids, rows, own, dt, min_delay, since: 0, crowded: CROWDED };
    Ok(Some(Box::new(replayed)))
}

/// Whether a synapse of `plan` leads from neurons to neurons, by index of its source and id of its target.
fn keep<'a>(plan: &'a PlasticPlan, [from, to]: &'a [Selection; 2]) -> impl Fn(u32, u32) -> bool + 'a {
    |s, target| from.index_of(plan.from.id(s)).is_some() && to.index_of(target).is_some()
}

impl<R: Stepped> Replay for Replayed<R> {
    fn plan(&self) -> usize {
        self.index
    }

    fn play(&mut self, spikes: &[Spike], each: &mut dyn FnMut(Sent)) {
        for spikes in spikes.chunk_by(|a, b| a.step == b.step) {
            for spike in spikes {
                self.source_spike(*spike, each);
            }
            self.see(spikes);
        }
        // Counted only now and then: all targets are asked.
        if self.since > self.crowded {
            self.own.forget(&self.rows, 0);
            (self.since, self.crowded) = (0, CROWDED.max(self.own.held().spikes()));
        }
    }

    fn recall(&mut self, step: u64, words: &[u64], recent: &[Spike]) -> Result<()> {
        let Replayed { plan, ids, own, between, .. } = self;
        memory::read_some(plan, (ids.clone(), own.held_mut()), keep(plan, between), step, words)?;
        for spike in pending(recent, step, self.min_delay) {
            self.source_spike(*spike, &mut |_| {});
        }
        Ok(())
    }
}

impl<R: Stepped> Replayed<R> {
    /// A spike, if it is of a source.
    fn source_spike(&mut self, Spike { step, id }: Spike, each: &mut dyn FnMut(Sent)) {
        let Replayed { plan, ids, rows, own, dt, .. } = self;
        let Some(s) = plan.from.index_of(id) else { return };
        let active = |cut: &&crate::plan::PlasticCut| cut.steps.contains(&step.into()) && cut.of.index_of(id).is_some();
        let cuts: Vec<_> = plan.cuts.iter().filter(active).collect();
        own.source_spike_alone((plan, rows), 0, (s as usize, step, *dt), true, |synapses, sent| {
            for (at, weight) in synapses.zip(sent) {
                if !cuts.iter().any(|cut| cut.to.index_of(ids.start + rows.targets[at]).is_some()) {
                    each(Sent { step, source: id, synapse: at as u32, weight: weight.value() });
                }
            }
        });
    }

    /// Spikes of one step, as the targets' and the third factor's.
    fn see(&mut self, spikes: &[Spike]) {
        let Replayed { plan, ids, own, between: [_, to], dt, since, .. } = self;
        for &Spike { step, id } in spikes {
            if ids.contains(&id) && to.index_of(id).is_some() {
                own.target_spike(plan, (id - ids.start) as usize, step, *dt);
                *since += 1;
            }
            if let Some((from, delay)) = &plan.modulator
                && let Some(m) = from.index_of(id)
            {
                own.modulator_spike(plan, m, step + delay);
            }
        }
    }
}
