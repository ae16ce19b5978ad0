//! Rows: the synapses of each shard, sorted by (source, delay block).

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::network::Network;
use crate::number::Fixed;
use crate::plan::draw::visit;
use crate::plan::drive::reach;
use crate::plan::survey::{channel_of, stopped};
use crate::plan::unit::quantise;
use crate::plan::{LANE_BITS, Plan, PopulationPlan, Segment, Shard};

/// A synapse on its way into a row.
struct Loose<F> {
    /// source * blocks + block.
    segment: u32,
    target: u32,
    weight: F,
}

/// A shard and the largest relative error that quantisation made in it.
type Built<F> = Result<(Shard<F>, f64)>;

/// Builds the shards `cuts` on `threads` threads; returns them and the largest relative error of a weight.
pub(crate) fn build<F: Fixed>(
    network: &Network,
    plan: &Plan<F>,
    cuts: &[Range<u32>],
    threads: u32,
) -> Result<(Vec<Shard<F>>, f64)> {
    let next = AtomicUsize::new(0);
    let built: Mutex<Vec<(usize, Built<F>)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, cuts.len() as u32) {
            scope.spawn(|| {
                while let Some(ids) = cuts.get(next.fetch_add(1, Ordering::Relaxed)).cloned() {
                    let start = ids.start;
                    let shard = shard(network, plan, ids);
                    built.lock().unwrap_or_else(PoisonError::into_inner).push((start as usize, shard));
                }
            });
        }
    });
    let mut built = built.into_inner().unwrap_or_else(PoisonError::into_inner);
    if built.len() != cuts.len() {
        return Err(stopped());
    }
    built.sort_by_key(|(start, _)| *start);
    let mut shards = Vec::with_capacity(built.len());
    let mut worst = 0.0f64;
    for (_, shard) in built {
        let (shard, error) = shard?;
        shards.push(shard);
        worst = worst.max(error);
    }
    Ok((shards, worst))
}

fn shard<F: Fixed>(network: &Network, plan: &Plan<F>, ids: Range<u32>) -> Built<F> {
    let mut segments: Vec<Segment<F>> = Vec::new();
    let mut events = Vec::new();
    let (mut lanes, mut worst) = (0, 0.0f64);
    for (index, population) in plan.populations.iter().enumerate() {
        let own = population.first.max(ids.start)..(population.first + population.size).min(ids.end);
        if own.is_empty() {
            continue;
        }
        let reach = reach::<F>(network, plan.seed, population, &own, lanes)?;
        events.extend(reach.events);
        worst = worst.max(reach.weight_error);
        let mut segment = segment::<F>(network, plan, index, own, lanes)?;
        (segment.poisson, segment.currents) = (reach.poisson, reach.currents);
        lanes += segment.count * population.units.len() as u32;
        segments.push(segment);
    }
    events.sort_by_key(|e| (e.step, e.lane));
    let (offsets, targets, weights, error) = rows(network, plan, &ids, &segments)?;
    Ok((Shard { ids, segments, lanes, offsets, targets, weights, events }, worst.max(error)))
}

fn segment<F: Fixed>(
    network: &Network,
    plan: &Plan<F>,
    index: usize,
    ids: Range<u32>,
    lane: u32,
) -> Result<Segment<F>> {
    let population = &network.populations()[index];
    let declaration = population.model.declaration();
    let count = ids.len();
    let uniform = population.uniform();
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
            for (field, value) in population.model.derive(&parameters, plan.dt).into_iter().enumerate() {
                derived[field * stride + slot] = value;
            }
        }
        let start = population.start_of(i, &parameters, plan.seed);
        for (variable, value) in start.into_iter().enumerate() {
            if !value.is_finite() {
                let place = format!("{}.{}", population.name, declaration.state[variable].name);
                return Err(Error::Network { place, problem: "no draw falls into its range; widen the range".into() });
            }
            state[variable * count + slot] = value - relative(&plan.populations[index], variable, i);
        }
    }
    let derived_stride = stride as u32;
    let (first, count) = (ids.start, count as u32);
    Ok(Segment {
        population: index,
        first,
        count,
        lane,
        derived,
        derived_stride,
        state,
        poisson: vec![],
        currents: vec![],
    })
}

/// What the stored value of a state variable is relative to.
fn relative(population: &PopulationPlan, variable: usize, i: u32) -> f64 {
    match population.relative[variable].as_slice() {
        [] => 0.0,
        [one] => *one,
        each => each[i as usize],
    }
}

/// Offsets, packed targets, weights, largest relative error of a weight.
type Rows<F> = (Vec<u32>, Vec<u32>, Vec<F>, f64);

fn rows<F: Fixed>(network: &Network, plan: &Plan<F>, ids: &Range<u32>, segments: &[Segment<F>]) -> Result<Rows<F>> {
    let mut loose: Vec<Loose<F>> = Vec::new();
    let mut worst = 0.0f64;
    for index in 0..network.projections().len() {
        let place = || network.projections()[index].place(network);
        visit(network, index, plan.seed, ids, &mut |synapse| {
            let (channel, weight) = channel_of(network, index, &synapse)?;
            let segment = &segments[segments.partition_point(|s| s.first <= synapse.target) - 1];
            let unit = plan.populations[segment.population].units[channel];
            let quantised = quantise::<F>(weight, unit, place, &mut worst)?;
            let lane = segment.lane + channel as u32 * segment.count + (synapse.target - segment.first);
            let (block, within) = ((synapse.delay - 1) / plan.block, (synapse.delay - 1) % plan.block);
            let key = u64::from(synapse.source) * u64::from(plan.blocks) + u64::from(block);
            loose.push(Loose { segment: key as u32, target: lane | within << LANE_BITS, weight: quantised });
            Ok(())
        })?;
    }
    Ok(sorted(loose, plan.neurons as usize * plan.blocks as usize, worst))
}

/// Counting sort by segment; order within a segment is the order of drawing.
fn sorted<F: Fixed>(loose: Vec<Loose<F>>, segments: usize, worst: f64) -> Rows<F> {
    let mut offsets = vec![0u32; segments + 1];
    for synapse in &loose {
        offsets[synapse.segment as usize + 1] += 1;
    }
    for i in 0..segments {
        offsets[i + 1] += offsets[i];
    }
    let mut next = offsets.clone();
    let mut targets = vec![0u32; loose.len()];
    let mut weights = vec![F::default(); loose.len()];
    for synapse in loose {
        let at = &mut next[synapse.segment as usize];
        targets[*at as usize] = synapse.target;
        weights[*at as usize] = synapse.weight;
        *at += 1;
    }
    (offsets, targets, weights, worst)
}
