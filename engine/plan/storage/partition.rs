//! Shards and their slices: where the network is cut, and the initial states of neurons.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::network::Population;
use crate::number::Fixed;
use crate::plan::connectivity::procedural::Connectivity;
use crate::plan::cost::model::CostModel;
use crate::plan::input::Input;
use crate::plan::perturbations::perturbed;
use crate::plan::resolve::Resolved;
use crate::plan::stimuli::reach;
use crate::plan::{Perturbed, Plan, PopulationSlice, Reaching, Shard, StoredRows};
use crate::threads::{BUILDING, together};

/// `shards` ranges of neurons of about equal expected work by the cost model `machine`, of at most `most` neurons.
/// Where rows are drawn at each spike, ranges end where populations do if there are enough populations: a thread then
/// need not draw rows that reach none of its neurons.
pub(crate) fn cuts<F: Fixed>(
    network: &Resolved<'_>,
    connectivity: &Connectivity<F>,
    shards: u64,
    most: u64,
    machine: &CostModel,
) -> Vec<Range<u32>> {
    let populations = network.populations;
    let mut degree = vec![0.0; populations.len()];
    for projection in &connectivity.projections {
        let targets: f64 = projection.target_ranges.iter().map(|l| f64::from(l.part.count)).sum();
        for target_range in &projection.target_ranges {
            let size = f64::from(populations[target_range.part.population].size);
            degree[target_range.part.population] +=
                projection.synapses as f64 * f64::from(target_range.part.count) / targets.max(1.0) / size;
        }
    }
    let own = |(degree, population): (f64, &Population)| {
        let update = machine.update(population.model.as_ref());
        machine.neuron_work * update + degree + machine.population_work / f64::from(population.size.max(1))
    };
    let mut cost: Vec<f64> = degree.into_iter().zip(populations).map(own).collect();
    for stimulus in &network.stimuli {
        let Input::Poisson(poisson) = &stimulus.input else { continue };
        let thresholds = poisson.own_table().map_or(0, |table| table.thresholds.len());
        let own = machine.poisson_work + machine.threshold_work * thresholds as f64;
        for part in stimulus.to.parts() {
            cost[part.population] += own * f64::from(part.count) / f64::from(populations[part.population].size);
        }
    }
    let shards = shards.clamp(1, u64::from(network.neurons));
    // A shard of cheap neurons may have more of them than its words can name; then their number counts, too.
    let whole = connectivity.any_procedural() && populations.len() as u64 >= 4 * shards;
    let mean = mean(populations, &cost);
    for (even, whole) in [(0.0, whole), (0.3, false), (0.6, false), (0.9, false)] {
        let cost: Vec<f64> = cost.iter().map(|cost| cost + even * (mean - cost)).collect();
        let cuts = by_cost(populations, &cost, shards, if whole { Cut::Between } else { Cut::Lines });
        if cuts.iter().all(|cut| u64::from(cut.end - cut.start) <= most) {
            return cuts;
        }
    }
    by_cost(populations, &vec![1.0; cost.len()], shards, Cut::Anywhere)
}

/// The mean cost of a neuron, where `cost` is that of a neuron of each population.
fn mean(populations: &[Population], cost: &[f64]) -> f64 {
    let (all, neurons) = populations.iter().zip(cost).fold((0.0, 0.0), |(all, neurons), (population, cost)| {
        let size = f64::from(population.size);
        (all + size * cost, neurons + size)
    });
    all / f64::max(neurons, 1.0)
}

/// Where ranges of neurons may end.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cut {
    /// Where populations do.
    Between,
    /// Where cache lines do, if ranges are long.
    Lines,
    /// At any neuron.
    Anywhere,
}

/// A number of neurons whose values fill whole cache lines.
const LINE: u32 = 64;

/// Up to `shards` ranges of about equal cost, where `cost` is that of a neuron of each population.
fn by_cost(populations: &[Population], cost: &[f64], shards: u64, cut: Cut) -> Vec<Range<u32>> {
    let neurons: u32 = populations.iter().map(|p| p.size).sum();
    let total = mean(populations, cost) * f64::from(neurons);
    let mut ends: Vec<u32> = Vec::new();
    let (mut spent, mut next) = (0.0, 1u64);
    for (population, cost) in populations.iter().zip(cost) {
        let own = f64::from(population.size) * cost;
        while next < shards && spent + own >= total * next as f64 / shards as f64 {
            let into = (total * next as f64 / shards as f64 - spent) / cost;
            let end = population.first + into.round().min(f64::from(population.size)) as u32;
            let line = |end: u32| (end + LINE / 2) / LINE * LINE;
            ends.push(match cut {
                Cut::Between => population.first + population.size,
                Cut::Lines if u64::from(neurons / LINE / LINE) >= shards => line(end).min(neurons),
                Cut::Lines | Cut::Anywhere => end,
            });
            next += 1;
        }
        spent += own;
    }
    ends.push(neurons);
    ends.dedup();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, &end)| start..end).filter(|r| !r.is_empty()).collect()
}

/// The shards of `plan`, one for each range of neurons in `cuts`, with its `rows`, built on `threads` threads.
///
/// # Errors
/// States, parameters or weights that are drawn out of bounds; a system that gives no more threads.
pub(crate) fn shards<F: Fixed>(
    network: &Resolved<'_>,
    plan: &Plan<F>,
    cuts: Vec<Range<u32>>,
    rows: Vec<StoredRows<F>>,
    threads: u32,
) -> Result<Vec<Shard<F>>> {
    let next = AtomicUsize::new(0);
    let built: Mutex<Vec<(u32, Result<Shard<F>>)>> = Mutex::new(Vec::new());
    let work = || {
        while let Some(ids) = cuts.get(next.fetch_add(1, Ordering::Relaxed)).cloned() {
            let start = ids.start;
            let shard = shard(network, plan, ids);
            built.lock().unwrap_or_else(PoisonError::into_inner).push((start, shard));
        }
    };
    together((threads as usize).min(cuts.len()), BUILDING, |_| work(), work)?;
    let mut built = built.into_inner().unwrap_or_else(PoisonError::into_inner);
    built.sort_by_key(|(start, _)| *start);
    let shards = built.into_iter().zip(rows).map(|((_, shard), rows)| shard.map(|shard| Shard { rows, ..shard }));
    shards.collect()
}

/// The shard of neurons `ids` of `plan`, without stored rows.
fn shard<F: Fixed>(network: &Resolved<'_>, plan: &Plan<F>, ids: Range<u32>) -> Result<Shard<F>> {
    let mut slices: Vec<PopulationSlice> = Vec::new();
    let mut events = Vec::new();
    for (index, population) in plan.populations.iter().enumerate() {
        let own = population.first.max(ids.start)..(population.first + population.size).min(ids.end);
        if own.is_empty() {
            continue;
        }
        let reach = reach::<F>(network, plan.seed, population, &own, &ids)?;
        events.extend(reach.events);
        let mut slice = slice(&network.populations[index], plan, index, own)?;
        (slice.poisson, slice.currents, slice.waves) = (reach.poisson, reach.currents, reach.waves);
        slice.couplings = plan.couplings.reaching(&(slice.first..slice.first + slice.count));
        slice.weight_error = reach.weight_error;
        slice.perturbed = perturbed(network, plan, index, &(slice.first..slice.first + slice.count))?;
        slices.push(slice);
    }
    events.sort_by_key(|e| (e.step, e.accumulator));
    let plastic = plan.plastic.iter().map(|own| own.rows(&ids).map(Arc::new)).collect::<Result<_>>()?;
    Ok(Shard { ids, slices, rows: StoredRows::default(), events, plastic, cuts: Vec::new() })
}

/// The slice of neurons `ids` of `population`, the `index`-th of the plan, with parameters and initial states, but
/// without stimuli, couplings and perturbations.
///
/// # Errors
/// Parameters or initial states that are drawn out of bounds.
pub(crate) fn slice<F>(
    population: &Population,
    plan: &Plan<F>,
    index: usize,
    ids: Range<u32>,
) -> Result<PopulationSlice> {
    let planned = &plan.populations[index];
    let declaration = planned.model.declaration();
    let count = ids.len();
    let uniform = population.uniform() && !planned.conductance && !planned.changes;
    let stride = if uniform { 1 } else { count };
    let mut derived = vec![0.0; declaration.derived.len() * stride];
    let mut state = vec![0.0; declaration.state.len() * count];
    let mut parameters = population.parameters_of(ids.start - population.first, plan.seed)?;
    for (slot, id) in ids.clone().enumerate() {
        let i = id - population.first;
        if !uniform {
            parameters = population.parameters_of(i, plan.seed)?;
        }
        if slot < stride {
            for (field, value) in plan.derived_of((index, i), &parameters, 0).into_iter().enumerate() {
                derived[field * stride + slot] = value;
            }
        }
        let start = population.start_of(i, &parameters, plan.run_seed)?;
        for (variable, value) in start.into_iter().enumerate() {
            if !value.is_finite() {
                let place = format!("{}.{}", population.name, declaration.state[variable].name);
                return Err(Error::invalid(place, "no draw falls into its range; widen the range"));
            }
            state[variable * count + slot] = value - planned.offset_of(variable, i);
        }
    }
    let derived_stride = stride as u32;
    let (first, count) = (ids.start, count as u32);
    Ok(PopulationSlice {
        population: index,
        first,
        count,
        derived,
        derived_stride,
        state,
        poisson: vec![],
        currents: vec![],
        waves: vec![],
        couplings: Reaching::default(),
        perturbed: Perturbed::default(),
        weight_error: 0.0,
    })
}
