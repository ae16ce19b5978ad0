//! Rows that are drawn again at each spike: the pass `propagate` without memory. A row is drawn once for each delay
//! block that its projection reaches, in every shard that it reaches.

use crate::device::cpu::deliver::Due;
use crate::device::cpu::ring::Ring;
use crate::number::Fixed;
use crate::plan::wiring::{Row, Wiring};
use crate::plan::{Plan, Shard};
use crate::simd::{Work, vectorised};

/// What a shard draws.
#[derive(Debug)]
pub struct Drawn<F> {
    /// Per source population, the projections that reach the shard: first and last delay block, and index.
    projections: Vec<Vec<(u32, u32, u32)>>,
    row: Row<F>,
}

impl<F: Fixed> Drawn<F> {
    /// The projections of `plan` that are drawn and reach `shard`.
    pub fn new(plan: &Plan<F>, shard: &Shard<F>) -> Drawn<F> {
        let Some(wiring) = &plan.wiring else { return Drawn { projections: vec![], row: Row::default() } };
        let block = |delay: u32| (delay - plan.min_delay) / plan.block;
        let reaches = |index: &u32| {
            let landings = &wiring.projections[*index as usize].landings;
            landings.iter().any(|l| l.part.first < shard.ids.end && l.part.first + l.part.count > shard.ids.start)
        };
        let entry = |index: u32| {
            let (first, last) = wiring.projections[index as usize].delay_range();
            (block(first), block(last), index)
        };
        let lists = wiring.drawn.iter().map(|list| list.iter().copied().filter(reaches).map(entry).collect());
        Drawn { projections: lists.collect(), row: Row::default() }
    }

    /// Draws the segments that are due, and adds what arrives after `after`.
    pub fn deliver(&mut self, plan: &Plan<F>, shard: &Shard<F>, due: &[Due], ring: &mut Ring<F>, after: u32) {
        let Some(wiring) = &plan.wiring else { return };
        for &due in due {
            let (source, block) = (due.segment / plan.blocks, due.segment % plan.blocks);
            let list = &self.projections[due.population as usize];
            for &(.., index) in list.iter().filter(|p| (p.0..=p.1).contains(&block)) {
                self.row.clear();
                let work = Draw { plan, shard, wiring, index, source, due, block, after, row: &mut self.row, ring };
                vectorised(work);
            }
        }
    }
}

/// One row of one projection into a ring.
struct Draw<'a, F> {
    plan: &'a Plan<F>,
    shard: &'a Shard<F>,
    wiring: &'a Wiring<F>,
    index: u32,
    source: u32,
    due: Due,
    block: u32,
    after: u32,
    row: &'a mut Row<F>,
    ring: &'a mut Ring<F>,
}

impl<F: Fixed> Work for Draw<'_, F> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let (plan, shard) = (self.plan, self.shard);
        let projection = &self.wiring.projections[self.index as usize];
        let Some(s) = projection.from.index_of(self.source) else { return };
        projection.draw(s, self.source, self.row);
        let (neurons, lanes, mask) = (shard.neurons(), plan.lanes(shard) as usize, plan.slots() - 1);
        let first_delay = plan.min_delay + self.block * plan.block;
        let row = &*self.row;
        for i in 0..row.targets.len() {
            let local = row.targets[i].wrapping_sub(shard.ids.start);
            let within = row.delays[i].wrapping_sub(first_delay);
            let arrival = self.due.arrival.wrapping_add(within);
            if local < neurons && within < plan.block && arrival > self.after {
                let lane = u32::from(row.channels[i]) * neurons + local;
                self.ring.add((arrival & mask) as usize * lanes + lane as usize, row.weights[i]);
            }
        }
    }
}
