//! The pass `propagate_procedural`: rows generated again at each spike, without memory. A row is generated once for each delay
//! block that its projection reaches, in every shard that it reaches.

use std::ops::Range;

use crate::device::cpu::propagate_sorted::{EventBuckets, Writer};
use crate::device::cpu::propagate_stored::Due;
use crate::number::Fixed;
use crate::plan::connectivity::generate_row::{DRAW_BATCH, SynapseBatch, SynapseSink};
use crate::plan::connectivity::procedural::{Connectivity, ProceduralProjection};
use crate::plan::{Plan, Shard};
use crate::simd::{Level, Work, vectorised};
use crate::tile::ring::Ring;

/// What a shard draws.
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
    /// Indices of its targets in the shard, and of those between them.
    within: Range<u32>,
}

impl Reach {
    /// Nothing where it does not.
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

    /// Draws the row blocks that are due, and adds what arrives after `after`.
    pub fn deliver<F: Fixed>(&self, plan: &Plan<F>, shard: &Shard<F>, due: &[Due], ring: &mut Ring<F>, after: u32) {
        let Some(connectivity) = &plan.connectivity else { return };
        let (width, slots) = (plan.accumulators(shard) as usize, plan.slots());
        let into = RingSink { ring, width, slots, neurons: shard.neurons() };
        vectorised(PropagateProcedural { projections: &self.projections, plan, shard, connectivity, due, into, after });
    }

    /// Draws the row blocks that are due, and writes what arrives after `after` into buckets.
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

/// Where drawn synapses go, accumulator by accumulator.
trait EventSink<F> {
    /// Those that are `added`; the neurons of the others may be anything.
    fn add(
        &mut self,
        neurons: &[u32; DRAW_BATCH],
        arrivals: &[u32; DRAW_BATCH],
        added: &[bool; DRAW_BATCH],
        synapses: &SynapseBatch<F>,
    );
}

/// A ring, and what its places are made from.
struct RingSink<'a, F> {
    ring: &'a mut Ring<F>,
    /// Accumulators of a slot.
    width: usize,
    slots: u32,
    neurons: u32,
}

impl<F: Fixed> EventSink<F> for RingSink<'_, F> {
    /// What is not added goes into accumulators that are never read.
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

impl<F: Fixed> EventSink<F> for Writer<'_> {
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

/// The rows of the spikes of an epoch.
struct PropagateProcedural<'a, F, I> {
    projections: &'a [Vec<Reach>],
    plan: &'a Plan<F>,
    shard: &'a Shard<F>,
    connectivity: &'a Connectivity<F>,
    due: &'a [Due],
    into: I,
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

/// Adds the synapses of a delay block that land in a shard.
struct AddSynapses<I> {
    into: I,
    /// The shard's first neuron.
    first: u32,
    neurons: u32,
    /// The first delay of the block, and its steps.
    delay: u32,
    block: u32,
    /// When the first delay arrives.
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
