//! The mutable side of a shard, which its owner holds: ring and state, and the delivery of events to them. They are
//! stepped in [`super::integrate`].

use crate::device::PopulationState;
use crate::device::cpu::give::{Giving, giving};
use crate::device::cpu::learn_rows::Arrivals;
use crate::device::cpu::learning::Learning;
use crate::device::cpu::population_slice::{OwnedSlice, processes};
use crate::device::cpu::propagate_procedural::ProceduralRows;
use crate::device::cpu::propagate_sorted::{BucketEvents, EventBuckets};
use crate::device::cpu::propagate_stored::{Due, PropagateStored};
use crate::device::cpu::record::Samples;
use crate::device::plastic::memory::Pending;
use crate::exchange::History;
use crate::number::Fixed as _;
use crate::plan::{Plan, Shard};
use crate::random::{key, rounds};
use crate::schedule::Epoch;
use crate::simd::vectorised;
use crate::spike::Spike;
use crate::tile::input::Input;
use crate::tile::ring::Ring;
use crate::tile::superposed::Processes;
use crate::tile::{PoissonTarget, Stepped};

/// The mutable side of a [`Shard`]. Shards lie side by side and may have different owners, so that none may share a
/// cache line with another (a pair of lines, which processors fetch together).
#[derive(Debug)]
#[repr(align(128))]
pub struct OwnedShard<R: Stepped> {
    pub(super) ring: Ring<R::Fixed>,
    /// Where events are sorted, those that have yet to arrive; the ring is that of one group then.
    pub(super) buckets: Option<EventBuckets>,
    /// Where events are sorted and few, which sums of that ring may not be zero; see
    /// [`Dirty`](crate::tile::dirty::Dirty).
    pub(super) dirty: Vec<u64>,
    pub(super) slices: Vec<OwnedSlice<R>>,
    /// Per slice, its neurons that give signals; and the number of signals of a step.
    pub(super) giving: (Vec<Option<Giving>>, usize),
    /// Rows that are drawn at each spike.
    procedural: ProceduralRows,
    /// Synapses that learn.
    pub learning: Learning<R>,
    /// Per probe, samples of this shard's neurons since the batch began.
    pub samples: Vec<Samples>,
    /// The first fault that was not yet taken.
    pub(super) fault: Option<Spike>,
    /// Room for the input of a tile.
    pub(super) input: Input<R>,
    /// The keys of all random numbers of the run, round by round.
    pub(super) rounds: [[u32; 10]; 2],
}

impl<R: Stepped> OwnedShard<R> {
    /// The initial state of `shard`.
    pub fn new(plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>) -> OwnedShard<R> {
        let slices = shard.slices.iter().map(|slice| OwnedSlice::new(plan, slice));
        OwnedShard {
            ring: Ring::new(plan.sum_width, plan.slots() as usize * plan.ring_accumulators(shard) as usize),
            dirty: Vec::new(),
            buckets: plan.group.map(|group| EventBuckets::new(plan, shard, group)),
            slices: slices.collect(),
            giving: giving(plan, shard),
            procedural: ProceduralRows::new(plan, shard),
            learning: Learning::new(plan, shard),
            samples: plan.probes.iter().map(|_| Samples::default()).collect(),
            fault: None,
            input: Input::new(plan.longest_epoch(), plan.channels),
            rounds: rounds(key(plan.run_seed)),
        }
    }

    /// The pass `propagate`: adds the events of the row blocks that are due into the ring, or, where events are sorted,
    /// writes those after step `after` into buckets.
    pub fn deliver(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>, due: &[Due], after: u64) {
        let (rows, encoding, source_layouts) = (&shard.rows, plan.encoding, plan.source_layouts.as_slice());
        if let Some(buckets) = &mut self.buckets {
            if !rows.is_empty() {
                vectorised(BucketEvents {
                    buckets,
                    rows,
                    due,
                    encoding,
                    source_layouts,
                    neurons: shard.neurons(),
                    after,
                });
            }
            return self.procedural.sort(plan, shard, due, buckets, after);
        }
        if !rows.is_empty() {
            vectorised(PropagateStored {
                ring: &mut self.ring,
                rows,
                due,
                encoding,
                source_layouts,
                neurons: shard.neurons() as usize,
                accumulators: plan.accumulators(shard) as usize,
                mask: plan.slots() - 1,
            });
        }
        self.procedural.deliver(plan, shard, due, &mut self.ring, 0);
    }

    /// The pass `learn`, whose events are added into the ring.
    pub fn learn(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>, history: &History, epoch: Epoch) {
        let arrivals = Arrivals {
            ring: &mut self.ring,
            mask: plan.slots() - 1,
            neurons: shard.neurons() as usize,
            accumulators: plan.accumulators(shard) as usize,
            first: shard.ids.start,
        };
        self.learning.learn((plan, shard), history, epoch, arrivals);
    }

    /// What synapses that learn have sent and that arrives after `step`, as words of [`Pending`]: the sums in the ring
    /// less those of `due`, the row blocks of other synapses that were added by then.
    pub fn pending(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>, due: &[Due], step: u64) -> Vec<u64> {
        let fresh = || Ring::new(plan.sum_width, plan.slots() as usize * plan.ring_accumulators(shard) as usize);
        let all = std::mem::replace(&mut self.ring, fresh());
        self.deliver_after(plan, shard, due, step as u32);
        let others = std::mem::replace(&mut self.ring, all);
        let mut words = Vec::new();
        for arrival in step + 1..=step + u64::from(plan.slots()) {
            let slot = (arrival as u32 & (plan.slots() - 1)) as usize * plan.accumulators(shard) as usize;
            for sum in 0..plan.accumulators(shard) {
                let at = slot + sum as usize;
                let sent: R::Fixed = self.ring.at(at).plus(others.at(at).negated());
                if sent != <R::Fixed as Default>::default() {
                    let (n, channel) = (sum % shard.neurons(), sum / shard.neurons());
                    let pending = Pending { step: arrival as u32, id: shard.ids.start + n, channel, sum: sent };
                    words.extend(pending.words());
                }
            }
        }
        words
    }

    /// Adds a sum that has yet to arrive at a neuron of this shard into the ring.
    pub fn add_pending(
        &mut self,
        plan: &Plan<R::Fixed>,
        shard: &Shard<R::Fixed>,
        Pending { step, id, channel, sum }: Pending<R::Fixed>,
    ) {
        let slot = (step & (plan.slots() - 1)) as usize * plan.accumulators(shard) as usize;
        self.ring.add(slot + (channel * shard.neurons() + id - shard.ids.start) as usize, sum);
    }

    /// Adds the events of `due`, row blocks that were delivered by `step`, that arrive after it.
    pub fn deliver_after(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>, due: &[Due], step: u32) {
        if plan.group.is_some() {
            return self.deliver(plan, shard, due, u64::from(step));
        }
        let (accumulators, mask, encoding) = (plan.accumulators(shard) as usize, plan.slots() - 1, plan.encoding);
        for due in due.iter().filter(|_| !shard.rows.is_empty()) {
            let source = plan.source_layouts[due.population as usize];
            let base = usize::from(source.channel.unwrap_or(0)) * shard.neurons() as usize;
            let range = shard.rows.topology.offsets[due.row_block as usize]
                ..shard.rows.topology.offsets[due.row_block as usize + 1];
            for at in range {
                let word = shard.rows.topology.words.get(at as usize);
                let arrival = due.arrival + encoding.within(word);
                if arrival > step {
                    let weight = shard.rows.weight(encoding, at as usize, source.weight);
                    self.ring.add(
                        (arrival & mask) as usize * accumulators + base + encoding.accumulator(word) as usize,
                        weight,
                    );
                }
            }
        }
        self.procedural.deliver(plan, shard, due, &mut self.ring, step);
    }

    /// The first fault since the last call, as step and neuron.
    pub fn take_fault(&mut self) -> Option<Spike> {
        self.fault.take()
    }

    /// The values of state variable `variable` of the neurons of `population` in this shard, as stored.
    pub fn state(&self, shard: &Shard<R::Fixed>, population: usize, variable: usize) -> Vec<f64> {
        let parts = shard.slices.iter().zip(&self.slices).filter(|(s, _)| s.population == population);
        parts.flat_map(|(_, own)| own.state.field(variable)).map(|v| v.value()).collect()
    }

    /// Sets all state variables from `state[population][variable][neuron]`, as stored. Input, synapses that learn and
    /// processes are set to their initial states.
    pub fn set_state(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>, state: &[PopulationState]) {
        self.ring.clear();
        self.learning = Learning::new(plan, shard);
        self.buckets.iter_mut().for_each(EventBuckets::clear);
        for (slice, own) in shard.slices.iter().zip(&mut self.slices) {
            let first = (slice.first - plan.populations[slice.population].first) as usize;
            for (field, values) in state[slice.population].iter().enumerate() {
                own.state.set(field, &values[first..first + slice.count as usize]);
            }
            own.processes = processes(plan, slice);
            own.tiles.iter_mut().for_each(|tile| tile.idle = false);
        }
    }

    /// Per Poisson stimulus and slice that it reaches, its target and processes, to be read or set.
    pub fn processes<'a>(
        &'a mut self,
        shard: &'a Shard<R::Fixed>,
    ) -> impl Iterator<Item = (&'a PoissonTarget, &'a mut Processes)> {
        let slices = shard.slices.iter().zip(&mut self.slices);
        slices.flat_map(|(slice, own)| slice.poisson.iter().zip(&mut own.processes))
    }
}
