//! Rows that are drawn again at each spike: the pass `propagate` without memory. A row is drawn once for each delay
//! block that its projection reaches, in every shard that it reaches.

use std::ops::Range;

use crate::device::cpu::deliver::Due;
use crate::device::cpu::ring::Ring;
use crate::number::Fixed;
use crate::plan::draw::{LANES, Lanes, Take};
use crate::plan::wiring::{Wired, Wiring};
use crate::plan::{Plan, Shard};
use crate::simd::{Level, Work, vectorised};

/// What a shard draws.
#[derive(Debug)]
pub struct Drawn {
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
    fn of<F: Fixed>(plan: &Plan<F>, shard: &Shard<F>, index: u32, projection: &Wired<F>) -> Option<Reach> {
        let block = |delay: u32| (delay - plan.min_delay) / plan.block;
        let (first, last) = projection.delay_range();
        let parts = projection.landings.iter().filter_map(|landing| {
            let low = landing.part.first.max(shard.ids.start);
            let high = (landing.part.first + landing.part.count).min(shard.ids.end);
            let at = |id: u32| landing.index + (id - landing.part.first);
            (low < high).then(|| at(low)..at(high))
        });
        let within = parts.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))?;
        Some(Reach { index, blocks: (block(first), block(last)), within })
    }
}

impl Drawn {
    /// The projections of `plan` that are drawn and reach `shard`.
    pub fn new<F: Fixed>(plan: &Plan<F>, shard: &Shard<F>) -> Drawn {
        let Some(wiring) = &plan.wiring else { return Drawn { projections: vec![] } };
        let reach = |&index: &u32| Reach::of(plan, shard, index, &wiring.projections[index as usize]);
        Drawn { projections: wiring.drawn.iter().map(|list| list.iter().filter_map(reach).collect()).collect() }
    }

    /// Draws the segments that are due, and adds what arrives after `after`.
    pub fn deliver<F: Fixed>(&self, plan: &Plan<F>, shard: &Shard<F>, due: &[Due], ring: &mut Ring<F>, after: u32) {
        let Some(wiring) = &plan.wiring else { return };
        vectorised(Draw { projections: &self.projections, plan, shard, wiring, due, ring, after });
    }
}

/// The rows of the spikes of an epoch, into a ring.
struct Draw<'a, F> {
    projections: &'a [Vec<Reach>],
    plan: &'a Plan<F>,
    shard: &'a Shard<F>,
    wiring: &'a Wiring<F>,
    due: &'a [Due],
    ring: &'a mut Ring<F>,
    after: u32,
}

impl<F: Fixed> Work for Draw<'_, F> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let (plan, shard) = (self.plan, self.shard);
        let mut add = Add {
            ring: self.ring,
            first: shard.ids.start,
            neurons: shard.neurons(),
            width: plan.lanes(shard) as usize,
            slots: plan.slots(),
            delay: 0,
            block: plan.block,
            arrival: 0,
            after: self.after,
        };
        for due in self.due {
            let (source, block) = (due.segment / plan.blocks, due.segment % plan.blocks);
            (add.delay, add.arrival) = (plan.min_delay + block * plan.block, due.arrival);
            for reach in &self.projections[due.population as usize] {
                let projection = &self.wiring.projections[reach.index as usize];
                let reached = reach.blocks.0 <= block && block <= reach.blocks.1;
                if let Some(s) = projection.from.index_of(source).filter(|_| reached) {
                    projection.draw(s, source, &reach.within, &mut add);
                }
            }
        }
    }
}

/// Adds the synapses of a delay block that land in a shard into its ring; all else into lanes that are never read.
struct Add<'a, F> {
    ring: &'a mut Ring<F>,
    /// The shard's first neuron.
    first: u32,
    neurons: u32,
    /// Lanes of a slot.
    width: usize,
    slots: u32,
    /// The first delay of the block, and its steps.
    delay: u32,
    block: u32,
    /// When the first delay arrives.
    arrival: u32,
    /// The last step that is over.
    after: u32,
}

impl<F: Fixed> Take<F> for Add<'_, F> {
    #[inline(always)]
    fn take(&mut self, synapses: &Lanes<F>) {
        let (mut slots, mut lanes) = ([0u32; LANES], [0u32; LANES]);
        for i in 0..LANES {
            let neuron = synapses.targets[i].wrapping_sub(self.first);
            let within = synapses.delays[i].wrapping_sub(self.delay);
            let arrival = self.arrival.wrapping_add(within);
            let added = (i < synapses.count) & (neuron < self.neurons) & (within < self.block) & (arrival > self.after);
            let lane = synapses.channels[i].wrapping_mul(self.neurons).wrapping_add(neuron);
            slots[i] = if added { arrival & (self.slots - 1) } else { self.slots };
            lanes[i] = if added { lane } else { i as u32 };
        }
        self.ring.add_lanes(self.width, &slots, &lanes, &synapses.weights);
    }
}
