//! The pass `propagate_procedural`: rows that are not stored but generated again at each spike. A row is generated once
//! for each delay block that its projection has, in every shard that it reaches.

use std::ops::Range;

use crate::device::cpu::propagate_sorted::{EventBuckets, EventWriter};
use crate::device::cpu::propagate_stored::Due;
use crate::number::Fixed;
use crate::plan::connectivity::generate_row::{DRAW_BATCH, SynapseBatch, SynapseSink};
use crate::plan::connectivity::procedural::{Connectivity, ProceduralProjection};
use crate::plan::{Plan, Shard};
use crate::simd::{Level, Work, vectorised};
use crate::tile::ring::Ring;

/// The projections that are drawn for a shard.
#[derive(Debug)]
pub struct ProceduralRows {
    /// Per source population, the projections that reach the shard.
    projections: Vec<Vec<Reach>>,
}

/// How a projection reaches a shard.
#[derive(Debug)]
struct Reach {
    /// Index of the projection.
    index: u32,
    /// First and last delay block.
    blocks: (u32, u32),
    /// The least range of target indices that has all targets in the shard.
    within: Range<u32>,
}

impl Reach {
    /// How projection `index` reaches `shard`; `None` where it does not.
    fn of<F: Fixed>(
        plan: &Plan<F>,
        shard: &Shard<F>,
        index: u32,
        projection: &ProceduralProjection<F>,
    ) -> Option<Reach> {
        let block = |delay: u32| (delay - plan.min_delay) / plan.block;
        let (first, last) = projection.delay_range();
        let parts = projection.target_ranges.iter().filter_map(|target_range| {
            let low = target_range.part.first.max(shard.ids.start);
            let high = (target_range.part.first + target_range.part.count).min(shard.ids.end);
            let at = |id: u32| target_range.index + (id - target_range.part.first);
            (low < high).then(|| at(low)..at(high))
        });
        let within = parts.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))?;
        Some(Reach { index, blocks: (block(first), block(last)), within })
    }
}

impl ProceduralRows {
    /// The projections of `plan` that are drawn and reach `shard`.
    pub fn new<F: Fixed>(plan: &Plan<F>, shard: &Shard<F>) -> ProceduralRows {
        let Some(connectivity) = &plan.connectivity else { return ProceduralRows { projections: vec![] } };
        let reach = |&index: &u32| Reach::of(plan, shard, index, &connectivity.projections[index as usize]);
        ProceduralRows {
            projections: connectivity.procedural.iter().map(|list| list.iter().filter_map(reach).collect()).collect(),
        }
    }

    /// Draws the row blocks that are due, and adds their events after step `after` into `ring`.
    pub fn deliver<F: Fixed>(&self, plan: &Plan<F>, shard: &Shard<F>, due: &[Due], ring: &mut Ring<F>, after: u32) {
        let Some(connectivity) = &plan.connectivity else { return };
        let (width, slots) = (plan.accumulators(shard) as usize, plan.slots());
        let into = RingSink { ring, width, slots, neurons: shard.neurons() };
        vectorised(PropagateProcedural { projections: &self.projections, plan, shard, connectivity, due, into, after });
    }

    /// Draws the row blocks that are due, and writes their events after step `after` into buckets.
    pub fn sort<F: Fixed>(
        &self,
        plan: &Plan<F>,
        shard: &Shard<F>,
        due: &[Due],
        buckets: &mut EventBuckets,
        after: u64,
    ) {
        let Some(connectivity) = &plan.connectivity else { return };
        let into = buckets.writer(after);
        vectorised(PropagateProcedural {
            projections: &self.projections,
            plan,
            shard,
            connectivity,
            due,
            into,
            after: after as u32,
        });
    }
}

/// A receiver of the events of drawn synapses.
trait EventSink<F> {
    /// Receives the events that are `added`: per synapse the index of the neuron in the shard and the step of arrival;
    /// what is said of the others is of no meaning.
    fn add(
        &mut self,
        neurons: &[u32; DRAW_BATCH],
        arrivals: &[u32; DRAW_BATCH],
        added: &[bool; DRAW_BATCH],
        synapses: &SynapseBatch<F>,
    );
}

/// A ring as a receiver of events.
struct RingSink<'a, F> {
    ring: &'a mut Ring<F>,
    /// Number of accumulators of a slot.
    width: usize,
    /// Number of slots, a power of two.
    slots: u32,
    /// Number of neurons of the shard.
    neurons: u32,
}

impl<F: Fixed> EventSink<F> for RingSink<'_, F> {
    /// Other events than those that are added go into accumulators behind the ring, which are never read.
    #[inline(always)]
    fn add(
        &mut self,
        neurons: &[u32; DRAW_BATCH],
        arrivals: &[u32; DRAW_BATCH],
        added: &[bool; DRAW_BATCH],
        synapses: &SynapseBatch<F>,
    ) {
        let (mut slots, mut accumulators) = ([0u32; DRAW_BATCH], [0u32; DRAW_BATCH]);
        for i in 0..DRAW_BATCH {
            let accumulator = synapses.channels[i].wrapping_mul(self.neurons).wrapping_add(neurons[i]);
            slots[i] = if added[i] { arrivals[i] & (self.slots - 1) } else { self.slots };
            accumulators[i] = if added[i] { accumulator } else { i as u32 };
        }
        self.ring.add_batch(self.width, &slots, &accumulators, &synapses.weights);
    }
}

impl<F: Fixed> EventSink<F> for EventWriter<'_> {
    #[inline(always)]
    fn add(
        &mut self,
        neurons: &[u32; DRAW_BATCH],
        arrivals: &[u32; DRAW_BATCH],
        added: &[bool; DRAW_BATCH],
        synapses: &SynapseBatch<F>,
    ) {
        for i in (0..DRAW_BATCH).filter(|&i| added[i]) {
            self.write(neurons[i], synapses.channels[i], arrivals[i], synapses.weights[i]);
        }
    }
}

/// Row blocks that are due and drawn for a shard, and the receiver of their events.
struct PropagateProcedural<'a, F, I> {
    projections: &'a [Vec<Reach>],
    plan: &'a Plan<F>,
    shard: &'a Shard<F>,
    connectivity: &'a Connectivity<F>,
    due: &'a [Due],
    into: I,
    /// The last step that is over.
    after: u32,
}

impl<F: Fixed, I: EventSink<F>> Work for PropagateProcedural<'_, F, I> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let (plan, shard) = (self.plan, self.shard);
        let mut add = AddSynapses {
            into: self.into,
            first: shard.ids.start,
            neurons: shard.neurons(),
            delay: 0,
            block: plan.block,
            arrival: 0,
            after: self.after,
        };
        for due in self.due {
            let (source, block) = (due.row_block / plan.blocks, due.row_block % plan.blocks);
            (add.delay, add.arrival) = (plan.min_delay + block * plan.block, due.arrival);
            for reach in &self.projections[due.population as usize] {
                let projection = &self.connectivity.projections[reach.index as usize];
                let reached = reach.blocks.0 <= block && block <= reach.blocks.1;
                if let Some(s) = projection.from.index_of(source).filter(|_| reached) {
                    projection.draw(s, source, &reach.within, &mut add);
                }
            }
        }
    }
}

/// Gives the synapses of one delay block whose targets lie in a shard to a receiver of events.
struct AddSynapses<I> {
    into: I,
    /// Global id of the shard's first neuron, and the number of its neurons.
    first: u32,
    neurons: u32,
    /// The first delay of the block, and the number of its delays, steps.
    delay: u32,
    block: u32,
    /// The step in which an event of the first delay arrives.
    arrival: u32,
    /// The last step that is over.
    after: u32,
}

impl<F: Fixed, I: EventSink<F>> SynapseSink<F> for AddSynapses<I> {
    #[inline(always)]
    fn push_batch(&mut self, synapses: &SynapseBatch<F>) {
        let (mut neurons, mut arrivals, mut added) = ([0u32; DRAW_BATCH], [0u32; DRAW_BATCH], [false; DRAW_BATCH]);
        for i in 0..DRAW_BATCH {
            neurons[i] = synapses.targets[i].wrapping_sub(self.first);
            let within = synapses.delays[i].wrapping_sub(self.delay);
            arrivals[i] = self.arrival.wrapping_add(within);
            added[i] =
                (i < synapses.count) & (neurons[i] < self.neurons) & (within < self.block) & (arrivals[i] > self.after);
        }
        self.into.add(&neurons, &arrivals, &added, synapses);
    }
}
