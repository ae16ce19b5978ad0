//! A piece of a population in the hands of its owner: state, currents, Poisson stimuli, tiles.

use std::ops::Range;

use crate::device::cpu::integrate::{Input, TILE};
use crate::device::cpu::stimulate::Stimulate;
use crate::number::Number;
use crate::plan::{Plan, PoissonTarget, Segment};
use crate::random::key;
use crate::simd::{huge, vectorised};

/// The mutable side of a [`Segment`].
#[derive(Debug)]
pub struct OwnedSegment<R> {
    /// Derived values, field by field.
    pub derived: Vec<R>,
    /// State, field by field.
    pub state: Vec<R>,
    /// Per channel, the value of one count.
    pub units: Vec<R>,
    /// Current from stimuli, pA: one entry each, or empty for none.
    pub current: Vec<R>,
    /// The amplitudes that `current` was made from.
    amplitudes: Vec<f64>,
    /// Weights of its Poisson stimuli.
    poisson: Vec<Vec<R>>,
    /// Its tiles.
    pub tiles: Vec<Tile>,
    /// State of a tile before a step that looks for rest.
    before: Vec<R>,
}

/// Neurons that are stepped together.
#[derive(Debug)]
pub struct Tile {
    /// By their place in the piece.
    pub neurons: Range<usize>,
    /// The last step that looked for rest had no input and changed nothing.
    pub asleep: bool,
}

/// Tiles of `count` neurons from global id `first` on: they are cut at multiples of a tile, so that no random block is
/// shared by two.
fn tiles(first: u32, count: u32) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let mut start = 0usize;
    while start < count as usize {
        let end = (start + TILE - (first as usize + start) % TILE).min(count as usize);
        tiles.push(Tile { neurons: start..end, asleep: false });
        start = end;
    }
    tiles
}

impl<R: Number> OwnedSegment<R> {
    /// Its initial state.
    pub fn new<F>(plan: &Plan<F>, segment: &Segment) -> OwnedSegment<R> {
        OwnedSegment {
            derived: segment.derived.iter().map(|&v| R::of(v)).collect(),
            state: huge(segment.state.iter().map(|&v| R::of(v))),
            units: plan.populations[segment.population].units.iter().map(|&v| R::of(v)).collect(),
            current: if segment.currents.is_empty() { vec![] } else { vec![R::of(0.0); segment.count as usize] },
            amplitudes: vec![0.0; segment.currents.len()],
            poisson: segment.poisson.iter().map(|p| p.weights.iter().map(|&w| R::of(w)).collect()).collect(),
            tiles: tiles(segment.first, segment.count),
            before: Vec::new(),
        }
    }

    /// Brings the injected currents up to `step`; they change seldom, and wake everybody.
    pub fn set_current<F>(&mut self, plan: &Plan<F>, segment: &Segment, step: u64) {
        let now = |t: &crate::plan::CurrentTarget| plan.currents[t.stimulus as usize].amplitude(step);
        if segment.currents.iter().zip(&self.amplitudes).all(|(target, &known)| now(target) == known) {
            return;
        }
        self.amplitudes = segment.currents.iter().map(now).collect();
        self.current = segment.current_at(plan, step).into_iter().map(R::of).collect();
        self.tiles.iter_mut().for_each(|tile| tile.asleep = false);
    }

    /// Whether no Poisson stimulus reaches a tile in `step`.
    pub fn untouched<F>(&self, plan: &Plan<F>, segment: &Segment, tile: &Range<usize>, step: u64) -> bool {
        !segment
            .poisson
            .iter()
            .any(|p| plan.poisson[p.stimulus as usize].steps.contains(&step) && reached(p, tile).is_some())
    }

    /// Poisson input of a step, the `k`th of the epoch.
    pub fn stimulate<F>(
        &self,
        plan: &Plan<F>,
        segment: &Segment,
        tile: &Range<usize>,
        (k, step): (u32, u64),
        input: &mut Input<R>,
    ) {
        for (target, weights) in segment.poisson.iter().zip(&self.poisson) {
            let poisson = &plan.poisson[target.stimulus as usize];
            let Some(neurons) = reached(target, tile).filter(|_| poisson.steps.contains(&step)) else { continue };
            let skipped = tile.start + neurons.start - target.neurons.start as usize;
            vectorised(Stimulate {
                key: key(plan.dynamics),
                stream: poisson.stream,
                step: step as u32,
                first: segment.first + tile.start as u32,
                weights: if weights.len() == 1 { weights } else { &weights[skipped..skipped + neurons.len()] },
                neurons,
                thresholds: &poisson.table.thresholds,
                input: input.row(k as usize, target.channel as usize),
            });
        }
    }

    /// Keeps the state of a tile, to compare it later.
    pub fn remember(&mut self, tile: &Range<usize>, count: usize) {
        self.before.clear();
        for column in self.state.chunks_exact(count) {
            self.before.extend_from_slice(&column[tile.clone()]);
        }
    }

    /// Whether the state of a tile is the one that was kept.
    pub fn unchanged(&self, tile: &Range<usize>, count: usize) -> bool {
        let columns = self.state.chunks_exact(count).zip(self.before.chunks_exact(tile.len()));
        columns.into_iter().all(|(column, before)| column[tile.clone()] == *before)
    }
}

/// The neurons of a tile that a Poisson stimulus reaches, by their place in the tile.
fn reached(target: &PoissonTarget, tile: &Range<usize>) -> Option<Range<usize>> {
    let low = tile.start.max(target.neurons.start as usize);
    let high = tile.end.min(target.neurons.end as usize);
    (low < high).then(|| low - tile.start..high - tile.start)
}
