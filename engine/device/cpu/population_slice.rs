//! The mutable side of a population slice, which the owner of its shard holds: state, current, Poisson stimuli, tiles.

use std::ops::Range;

use crate::device::cpu::injected::Injected;
use crate::device::cpu::state::State;
use crate::number::Fixed;
use crate::plan::{Clamp, Perturbed, Plan, PopulationSlice};
use crate::simd::{Wide, prefetch};
use crate::tile::input::tile_size;
use crate::tile::poisson::{BLOCK, PoissonTarget};
use crate::tile::superposed::Processes;
use crate::tile::{Scratch, SignalColumns};

/// The mutable side of a [`PopulationSlice`].
#[derive(Debug)]
pub struct OwnedSlice<R> {
    /// Derived values, field by field.
    pub derived: Vec<R>,
    /// State variables.
    pub state: State<R>,
    /// Per channel, the value of one count.
    pub units: Vec<R>,
    /// Current into its neurons.
    pub injected: Injected<R>,
    /// Indices of the derived values, and of the couplings, of [`Perturbed`] that are in force, if any.
    in_force: [Option<usize>; 2],
    /// Whether the current may change with each step, or there are perturbations.
    pub watched: bool,
    /// Per Poisson stimulus that reaches it, the weights.
    pub poisson: Vec<Vec<R>>,
    /// See [`processes`].
    pub processes: Vec<Processes>,
    /// Its tiles.
    pub tiles: Vec<Tile>,
    /// Room for the state of a tile before a step after which it may be idle.
    pub before: Vec<R>,
    /// Room for a model that is interpreted.
    pub scratch: Scratch<R>,
    /// Room for the signals that its neurons give.
    pub signals: SignalColumns<R>,
}

/// Neurons that are stepped together.
#[derive(Debug)]
pub struct Tile {
    /// The neurons, by their index in the slice.
    pub neurons: Range<usize>,
    /// Whether the last check for rest found no input and no change.
    pub idle: bool,
}

/// `count` neurons from global id `first` on in as few tiles as possible, of at most about `size` neurons and of about
/// the same size. Tiles end at multiples of the neurons that a block of random numbers serves, so that no two share
/// one, and at multiples of `group` where events are sorted by groups.
fn split_into_tiles(first: u32, count: u32, size: usize, group: Option<u32>) -> Vec<Tile> {
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

/// Per Poisson stimulus that reaches `slice`, the processes it is made of, as they are before the first step; empty
/// where it is made of none. An empty list where no stimulus is made of any.
pub fn processes<F: Fixed>(plan: &Plan<F>, slice: &PopulationSlice) -> Vec<Processes> {
    if slice.poisson.iter().all(|target| plan.poisson[target.stimulus as usize].superposed().is_none()) {
        return Vec::new();
    }
    let of_target = |target: &PoissonTarget| {
        let own = plan.poisson[target.stimulus as usize].superposed();
        own.map_or_else(Processes::default, |own| Processes::new(own, target.neurons.len()))
    };
    slice.poisson.iter().map(of_target).collect()
}

impl<R: Wide> OwnedSlice<R> {
    /// Advances the processes that drive `neurons` by `steps` of an epoch whose first step is `step`; `rounds` are the
    /// keys of random numbers.
    #[inline]
    pub fn advance_processes<F>(
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

    /// The initial state of `slice`.
    pub fn new<F: Fixed>(plan: &Plan<F>, slice: &PopulationSlice) -> OwnedSlice<R> {
        let tiles = split_into_tiles(slice.first, slice.count, tile_size(plan.longest_epoch()), plan.group);
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

    /// Asks for the cache lines that the beginning of an epoch reads of this slice, and of `slice`, its side in the plan:
    /// where a network has hundreds of small populations, waiting for them would be the cost of a step.
    #[inline]
    pub fn ask_for(&self, slice: &PopulationSlice) {
        prefetch(&slice.poisson, 0);
        prefetch(&self.tiles, 0);
        prefetch(&self.poisson, 0);
        prefetch(&self.units, 0);
        prefetch(&self.derived, 0);
    }

    /// Sets the current that is held for many steps to that of `step`; a change wakes all tiles.
    pub fn set_current<F>(&mut self, plan: &Plan<F>, slice: &PopulationSlice, step: u64) {
        if !slice.currents.is_empty() && self.injected.set_held(plan, slice, step) {
            self.tiles.iter_mut().for_each(|tile| tile.idle = false);
        }
    }

    /// Sets derived values, couplings and held variables to those of `step`, which begins an epoch; a change wakes all
    /// tiles.
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
            changed |= self.clamp(clamp, &(0..slice.count as usize));
        }
        if changed {
            self.tiles.iter_mut().for_each(|tile| tile.idle = false);
        }
    }

    /// Sets the variable of those of `neurons` that `clamp` holds to its values, and returns whether that changed any.
    pub fn clamp(&mut self, clamp: &Clamp, neurons: &Range<usize>) -> bool {
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

    /// Whether no Poisson stimulus reaches neurons `tile` in `step`.
    pub fn no_poisson<F>(&self, plan: &Plan<F>, slice: &PopulationSlice, tile: &Range<usize>, step: u64) -> bool {
        !slice
            .poisson
            .iter()
            .any(|p| plan.poisson[p.stimulus as usize].steps.contains(&step) && p.among(tile).is_some())
    }
}
