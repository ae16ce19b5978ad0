//! Rows that are drawn again at each spike: the pass `propagate` without memory. A row is drawn once for each delay
//! block that its projection reaches, in every shard that it reaches.

use std::ops::Range;

use crate::device::cpu::deliver::Due;
use crate::device::cpu::inbox::{Inboxes, Writer};
use crate::number::Fixed;
use crate::plan::draw::{LANES, Lanes, Take};
use crate::plan::wiring::{Wired, Wiring};
use crate::plan::{Plan, Shard};
use crate::simd::{Level, Work, vectorised};
use crate::tile::ring::Ring;

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
        let (width, slots) = (plan.lanes(shard) as usize, plan.slots());
        let into = RingOf { ring, width, slots, neurons: shard.neurons() };
        vectorised(Draw { projections: &self.projections, plan, shard, wiring, due, into, after });
    }

    /// Draws the segments that are due, and writes what arrives after `after` into inboxes.
    pub fn sort<F: Fixed>(&self, plan: &Plan<F>, shard: &Shard<F>, due: &[Due], inboxes: &mut Inboxes, after: u64) {
        let Some(wiring) = &plan.wiring else { return };
        let into = inboxes.writer(after);
        vectorised(Draw { projections: &self.projections, plan, shard, wiring, due, into, after: after as u32 });
    }
}

/// Where drawn synapses go, lane by lane.
trait Sink<F> {
    /// Those that are `added`; the neurons of the others may be anything.
    fn add(&mut self, neurons: &[u32; LANES], arrivals: &[u32; LANES], added: &[bool; LANES], synapses: &Lanes<F>);
}

/// A ring, and what its places are made from.
struct RingOf<'a, F> {
    ring: &'a mut Ring<F>,
    /// Lanes of a slot.
    width: usize,
    slots: u32,
    neurons: u32,
}

impl<F: Fixed> Sink<F> for RingOf<'_, F> {
    /// What is not added goes into lanes that are never read.
    #[inline(always)]
    fn add(&mut self, neurons: &[u32; LANES], arrivals: &[u32; LANES], added: &[bool; LANES], synapses: &Lanes<F>) {
        let (mut slots, mut lanes) = ([0u32; LANES], [0u32; LANES]);
        for i in 0..LANES {
            let lane = synapses.channels[i].wrapping_mul(self.neurons).wrapping_add(neurons[i]);
            slots[i] = if added[i] { arrivals[i] & (self.slots - 1) } else { self.slots };
            lanes[i] = if added[i] { lane } else { i as u32 };
        }
        self.ring.add_lanes(self.width, &slots, &lanes, &synapses.weights);
    }
}

impl<F: Fixed> Sink<F> for Writer<'_> {
    #[inline(always)]
    fn add(&mut self, neurons: &[u32; LANES], arrivals: &[u32; LANES], added: &[bool; LANES], synapses: &Lanes<F>) {
        for i in (0..LANES).filter(|&i| added[i]) {
            self.write(neurons[i], synapses.channels[i], arrivals[i], synapses.weights[i]);
        }
    }
}

/// The rows of the spikes of an epoch.
struct Draw<'a, F, I> {
    projections: &'a [Vec<Reach>],
    plan: &'a Plan<F>,
    shard: &'a Shard<F>,
    wiring: &'a Wiring<F>,
    due: &'a [Due],
    into: I,
    after: u32,
}

impl<F: Fixed, I: Sink<F>> Work for Draw<'_, F, I> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let (plan, shard) = (self.plan, self.shard);
        let mut add = Add {
            into: self.into,
            first: shard.ids.start,
            neurons: shard.neurons(),
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

/// Adds the synapses of a delay block that land in a shard.
struct Add<I> {
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

impl<F: Fixed, I: Sink<F>> Take<F> for Add<I> {
    #[inline(always)]
    fn take(&mut self, synapses: &Lanes<F>) {
        let (mut neurons, mut arrivals, mut added) = ([0u32; LANES], [0u32; LANES], [false; LANES]);
        for i in 0..LANES {
            neurons[i] = synapses.targets[i].wrapping_sub(self.first);
            let within = synapses.delays[i].wrapping_sub(self.delay);
            arrivals[i] = self.arrival.wrapping_add(within);
            added[i] =
                (i < synapses.count) & (neurons[i] < self.neurons) & (within < self.block) & (arrivals[i] > self.after);
        }
        self.into.add(&neurons, &arrivals, &added, synapses);
    }
}
