//! A piece of a population in the hands of its owner: state, current, Poisson stimuli, tiles.

use std::ops::Range;

use crate::device::cpu::injected::Injected;
use crate::device::cpu::state::State;
use crate::number::Fixed;
use crate::plan::{Clamp, Perturbed, Plan, PopulationSlice};
use crate::simd::Wide;
use crate::tile::input::tile_size;
use crate::tile::poisson::{BLOCK, PoissonTarget};
use crate::tile::superposed::Processes;
use crate::tile::{Scratch, SignalColumns};

/// The mutable side of a [`PopulationSlice`].
#[derive(Debug)]
pub struct OwnedSlice<R> {
    /// Derived values, field by field.
    pub derived: Vec<R>,
    /// State.
    pub state: State<R>,
    /// Per channel, the value of one count.
    pub units: Vec<R>,
    /// Current into its neurons.
    pub injected: Injected<R>,
    /// Which of its derived values, and of its couplings, by time are in force, if any.
    in_force: [Option<usize>; 2],
    /// Whether what flows in may change with each step, or something is done to it at times.
    pub watched: bool,
    /// Weights of its Poisson stimuli.
    pub poisson: Vec<Vec<R>>,
    /// Processes of those that are made of such.
    pub processes: Vec<Processes>,
    /// Its tiles.
    pub tiles: Vec<Tile>,
    /// State of a tile before a step that looks for rest.
    pub before: Vec<R>,
    /// Room for a model that is interpreted.
    pub scratch: Scratch<R>,
    /// Room for the signals it gives.
    pub signals: SignalColumns<R>,
}

/// Neurons that are stepped together.
#[derive(Debug)]
pub struct Tile {
    /// By their place in the piece.
    pub neurons: Range<usize>,
    /// The last step that looked for rest had no input and changed nothing.
    pub idle: bool,
}

/// As few tiles of `count` neurons from global id `first` on as can be, of about the same size. They are cut at multiples of
/// a random block's neurons, so that none is shared by two, and at those of `group`, if events are sorted by groups.
fn tiles(first: u32, count: u32, size: usize, group: Option<u32>) -> Vec<Tile> {
    let (first, last) = (first as usize, (first + count) as usize);
    let mut tiles = Vec::new();
    let mut start = first;
    while start < last {
        let group_end = group.map_or(last, |group| (start + 1).next_multiple_of(group as usize).min(last));
        let parts = (group_end - start).div_ceil(size);
        let end = (start + (group_end - start).div_ceil(parts)).next_multiple_of(BLOCK).min(group_end);
        tiles.push(Tile { neurons: start - first..end - first, idle: false });
        start = end;
    }
    tiles
}

/// The processes of each train that reaches a slice, before the first step; of others none.
pub fn processes<F: Fixed>(plan: &Plan<F>, slice: &PopulationSlice) -> Vec<Processes> {
    let of_target = |target: &PoissonTarget| {
        let own = plan.poisson[target.stimulus as usize].superposed();
        own.map_or_else(Processes::default, |own| Processes::new(own, target.neurons.len()))
    };
    slice.poisson.iter().map(of_target).collect()
}

impl<R: Wide> OwnedSlice<R> {
    /// Lets some steps of an epoch, whose first is `step`, pass for the processes that drive some neurons.
    pub fn pass<F>(
        &mut self,
        (plan, slice): (&Plan<F>, &PopulationSlice),
        rounds: &[[u32; 10]; 2],
        neurons: &Range<usize>,
        (step, steps): (u64, Range<u32>),
    ) {
        let key = [rounds[0][0], rounds[1][0]];
        for (target, processes) in slice.poisson.iter().zip(&mut self.processes) {
            let train = &plan.poisson[target.stimulus as usize];
            let (Some(own), Some(reached)) = (train.superposed(), target.among(neurons)) else { continue };
            let begin = target.neurons.start as usize;
            for k in steps.clone().filter(|k| train.steps.contains(&(step + u64::from(*k)))) {
                let source = (key, train.stream, slice.first + target.neurons.start);
                let now = (k as usize, step as u32 + k);
                processes.pass(own, source, now, reached.start - begin..reached.end - begin);
            }
        }
    }

    /// Its initial state.
    pub fn new<F: Fixed>(plan: &Plan<F>, slice: &PopulationSlice) -> OwnedSlice<R> {
        let tiles = tiles(slice.first, slice.count, tile_size(plan.longest_epoch()), plan.group);
        let injected = Injected::new(slice, tiles.len());
        OwnedSlice {
            derived: slice.derived.iter().map(|&v| R::of(v)).collect(),
            state: State::new(&slice.state, slice.first, slice.count as usize),
            units: plan.populations[slice.population].units.iter().map(|&v| R::of(v)).collect(),
            watched: injected.changes_each_step() || !slice.perturbed.is_empty(),
            injected,
            in_force: [None, None],
            poisson: slice.poisson.iter().map(|p| p.weights.iter().map(|&w| R::of(w)).collect()).collect(),
            processes: processes(plan, slice),
            tiles,
            before: Vec::new(),
            scratch: Scratch::default(),
            signals: SignalColumns::default(),
        }
    }

    /// Brings currents that are held for many steps up to `step`; when they change, they wake everybody.
    pub fn set_current<F>(&mut self, plan: &Plan<F>, slice: &PopulationSlice, step: u64) {
        if self.injected.hold(plan, slice, step) {
            self.tiles.iter_mut().for_each(|tile| tile.idle = false);
        }
    }

    /// Brings derived values and variables that are held up to `step`, which begins an epoch; they change seldom, and wake
    /// everybody.
    pub fn perturb(&mut self, slice: &PopulationSlice, step: u64) {
        let Perturbed { clamps, derived, couplings, .. } = &slice.perturbed;
        let now = [
            derived.partition_point(|own| own.step <= step).checked_sub(1),
            couplings.partition_point(|own| own.step <= step).checked_sub(1),
        ];
        let before = std::mem::replace(&mut self.in_force, now);
        let mut changed = now != before;
        if let Some(k) = now[0].filter(|_| now[0] != before[0]) {
            self.derived = derived[k].derived.iter().map(|&value| R::of(value)).collect();
        }
        if let Some(k) = now[1].filter(|_| now[1] != before[1]) {
            self.injected.change_couplings(&couplings[k].reaching);
        }
        for clamp in clamps.iter().filter(|clamp| clamp.steps.contains(&step)) {
            changed |= self.hold(clamp, &(0..slice.count as usize));
        }
        if changed {
            self.tiles.iter_mut().for_each(|tile| tile.idle = false);
        }
    }

    /// Holds the variable of those of some neurons that are clamped; whether it was anything else.
    pub fn hold(&mut self, clamp: &Clamp, neurons: &Range<usize>) -> bool {
        let (first, last) = (clamp.neurons.start as usize, clamp.neurons.end as usize);
        let (low, high) = (first.max(neurons.start), last.min(neurons.end));
        let mut changed = false;
        let field = self.state.field_mut(clamp.variable);
        let values = clamp.values.get(low.saturating_sub(first)..).unwrap_or_default();
        for (own, &value) in field[low.min(high)..high].iter_mut().zip(values) {
            let value = R::of(value);
            changed |= *own != value;
            *own = value;
        }
        changed
    }

    /// Whether no Poisson stimulus reaches a tile in `step`.
    pub fn no_poisson<F>(&self, plan: &Plan<F>, slice: &PopulationSlice, tile: &Range<usize>, step: u64) -> bool {
        !slice
            .poisson
            .iter()
            .any(|p| plan.poisson[p.stimulus as usize].steps.contains(&step) && p.among(tile).is_some())
    }
}
