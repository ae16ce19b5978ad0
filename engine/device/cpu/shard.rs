//! A shard in the hands of its owner: ring, state, and the passes over them.

use crate::device::cpu::history::History;
use crate::device::cpu::integrate::Patch;
use crate::number::{Fixed, Number};
use crate::plan::{LANE_BITS, Plan, PoissonTarget, Segment, Shard};
use crate::random::{key, poisson_words};
use crate::schedule::Epoch;

/// The mutable side of a [`Shard`].
#[derive(Debug)]
pub struct OwnedShard<R: Number> {
    first: u32,
    /// `slots` times `lanes` input sums.
    ring: Vec<R::Fixed>,
    segments: Vec<OwnedSegment<R>>,
    /// Per probe, samples of this shard's neurons since the batch began.
    samples: Vec<Samples>,
    fault: Option<(u32, u32)>,
}

#[derive(Debug)]
struct OwnedSegment<R> {
    derived: Vec<R>,
    state: Vec<R>,
    units: Vec<R>,
    current: Vec<R>,
    /// The amplitudes that `current` was made from.
    amplitudes: Vec<f64>,
}

/// Samples of one probe in one shard.
#[derive(Debug, Default)]
struct Samples {
    neurons: usize,
    values: Vec<f64>,
}

impl<R: Number> OwnedShard<R> {
    /// The initial state of `shard`.
    pub fn new(plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>) -> OwnedShard<R> {
        let segments = shard.segments.iter().map(|segment| OwnedSegment {
            derived: segment.derived.iter().map(|&v| R::of(v)).collect(),
            state: segment.state.iter().map(|&v| R::of(v)).collect(),
            units: plan.populations[segment.population].units.iter().map(|&v| R::of(v)).collect(),
            current: if segment.currents.is_empty() { vec![] } else { vec![R::of(0.0); segment.count as usize] },
            amplitudes: vec![0.0; segment.currents.len()],
        });
        OwnedShard {
            first: shard.ids.start,
            ring: vec![R::Fixed::default(); plan.slots() as usize * shard.lanes as usize],
            segments: segments.collect(),
            samples: plan.probes.iter().map(|_| Samples::default()).collect(),
            fault: None,
        }
    }

    /// Which shard of the plan this is.
    pub fn index(&self, plan: &Plan<R::Fixed>) -> usize {
        plan.shards.partition_point(|s| s.ids.start < self.first)
    }

    /// Delivers what spikes of earlier epochs send by delay blocks beyond the first, due in this epoch.
    pub fn deliver_older(&mut self, plan: &Plan<R::Fixed>, rows: &Shard<R::Fixed>, history: &History, epoch: Epoch) {
        for block in 1..u64::from(plan.blocks) {
            for due in epoch.first..epoch.first + u64::from(epoch.steps) {
                if let Some(step) = due.checked_sub(block * u64::from(plan.block)).filter(|&s| s > 0) {
                    self.deliver(plan, rows, history.at(step), block as u32, due);
                }
            }
        }
    }

    /// Delivers the first delay block of this epoch's spikes.
    pub fn deliver_new(&mut self, plan: &Plan<R::Fixed>, rows: &Shard<R::Fixed>, history: &History, epoch: Epoch) {
        for step in epoch.first + 1..=epoch.first + u64::from(epoch.steps) {
            self.deliver(plan, rows, history.at(step), 0, step);
        }
    }

    /// The pass `propagate`: segment (source, block) of each source into the ring; `due` = step + block * B.
    fn deliver(&mut self, plan: &Plan<R::Fixed>, rows: &Shard<R::Fixed>, sources: &[u32], block: u32, due: u64) {
        let lanes = rows.lanes as usize;
        let mask = plan.slots() - 1;
        let base = due as u32 + 1;
        for &source in sources {
            let at = source as usize * plan.blocks as usize + block as usize;
            let (start, end) = (rows.offsets[at] as usize, rows.offsets[at + 1] as usize);
            for (&target, &weight) in rows.targets[start..end].iter().zip(&rows.weights[start..end]) {
                let lane = (target & ((1 << LANE_BITS) - 1)) as usize;
                let slot = ((base + (target >> LANE_BITS)) & mask) as usize;
                let sum = &mut self.ring[slot * lanes + lane];
                *sum = sum.plus(weight);
            }
        }
    }

    /// The passes `stimulate`, `integrate` and `record` for every step of an epoch; spikes go to `published`.
    pub fn integrate(
        &mut self,
        plan: &Plan<R::Fixed>,
        rows: &Shard<R::Fixed>,
        epoch: Epoch,
        published: &mut Vec<Vec<u32>>,
    ) {
        published.resize_with((epoch.steps as usize).max(published.len()), Vec::new);
        let lanes = rows.lanes as usize;
        for k in 0..epoch.steps {
            let step = epoch.first + 1 + u64::from(k);
            let slot = (step as u32 & (plan.slots() - 1)) as usize;
            let spikes = &mut published[k as usize];
            spikes.clear();
            let ring = &mut self.ring[slot * lanes..(slot + 1) * lanes];
            let from = rows.events.partition_point(|e| u64::from(e.step) < step);
            for event in rows.events[from..].iter().take_while(|e| u64::from(e.step) == step) {
                let sum = &mut ring[event.lane as usize];
                *sum = sum.plus(event.weight);
            }
            let mut fault = None;
            for (segment, own) in rows.segments.iter().zip(&mut self.segments) {
                let population = &plan.populations[segment.population];
                let lane = segment.lane as usize;
                let input = &mut ring[lane..lane + population.units.len() * segment.count as usize];
                for target in &segment.poisson {
                    stimulate::<R>(plan, segment, target, step, input);
                }
                own.set_current(plan, segment, step);
                let patch = Patch {
                    count: segment.count as usize,
                    derived: &own.derived,
                    derived_stride: segment.derived_stride as usize,
                    state: &mut own.state,
                    input,
                    units: &own.units,
                    current: &own.current,
                    first: segment.first,
                    most: population.most,
                    spikes,
                    fault: &mut fault,
                };
                R::integrate(population.model.as_ref(), patch);
            }
            if let (None, Some(id)) = (self.fault, fault) {
                self.fault = Some((step as u32, id));
            }
            self.sample(plan, rows, step);
        }
    }

    /// The pass `record`.
    fn sample(&mut self, plan: &Plan<R::Fixed>, rows: &Shard<R::Fixed>, step: u64) {
        for (probe, samples) in plan.probes.iter().zip(&mut self.samples) {
            if !step.is_multiple_of(u64::from(probe.interval)) {
                continue;
            }
            samples.neurons = 0;
            for (segment, own) in rows.segments.iter().zip(&self.segments) {
                if segment.population != probe.population {
                    continue;
                }
                let low = probe.ids.start.max(segment.first);
                let high = probe.ids.end.min(segment.first + segment.count);
                if low < high {
                    let start = probe.variable * segment.count as usize;
                    let column =
                        &own.state[start + (low - segment.first) as usize..start + (high - segment.first) as usize];
                    samples.values.extend(column.iter().map(|v| v.value()));
                    samples.neurons += column.len();
                }
            }
        }
    }

    /// The first fault since last asked: (step, neuron).
    pub fn take_fault(&mut self) -> Option<(u32, u32)> {
        self.fault.take()
    }

    /// A state variable of this shard's part of a population.
    pub fn state(&self, rows: &Shard<R::Fixed>, population: usize, variable: usize) -> Vec<f64> {
        let parts = rows.segments.iter().zip(&self.segments).filter(|(s, _)| s.population == population);
        parts
            .flat_map(|(s, own)| own.state[variable * s.count as usize..(variable + 1) * s.count as usize].iter())
            .map(|v| v.value())
            .collect()
    }
}

impl<R: Number> OwnedSegment<R> {
    /// Brings the injected currents up to `step`; they change seldom.
    fn set_current<F: Fixed>(&mut self, plan: &Plan<F>, segment: &Segment<F>, step: u64) {
        let now = |t: &crate::plan::CurrentTarget| plan.currents[t.stimulus as usize].amplitude(step);
        if segment.currents.iter().zip(&self.amplitudes).all(|(target, &known)| now(target) == known) {
            return;
        }
        self.amplitudes = segment.currents.iter().map(now).collect();
        self.current = segment.current_at(plan, step).into_iter().map(R::of).collect();
    }
}

/// The pass `stimulate`: Poisson counts of this step into the input slot. One random block serves four neurons.
fn stimulate<R: Number>(
    plan: &Plan<R::Fixed>,
    segment: &Segment<R::Fixed>,
    target: &PoissonTarget<R::Fixed>,
    step: u64,
    input: &mut [R::Fixed],
) {
    let poisson = &plan.poisson[target.stimulus as usize];
    if !poisson.steps.contains(&step) {
        return;
    }
    let key = key(plan.seed);
    let mut words = [0u32; 4];
    let base = target.channel as usize * segment.count as usize;
    for i in target.neurons.clone() {
        let id = segment.first + i;
        if id & 3 == 0 || i == target.neurons.start {
            words = poisson_words(key, poisson.stream, id >> 2, step as u32);
        }
        let count = poisson.table.count(words[(id & 3) as usize]);
        if count > 0 {
            let weight =
                target.weights[if target.weights.len() == 1 { 0 } else { (i - target.neurons.start) as usize }];
            let sum = &mut input[base + i as usize];
            *sum = sum.plus(weight.times(count));
        }
    }
}

/// Samples of probe `p` from all shards, time-major; empties them.
pub fn join_samples<R: Number>(shards: &mut [OwnedShard<R>], p: usize) -> Vec<f64> {
    let samples = shards.iter().filter_map(|s| {
        let own = &s.samples[p];
        (own.neurons > 0).then(|| own.values.len() / own.neurons)
    });
    let times = samples.max().unwrap_or(0);
    let mut joined = Vec::new();
    for t in 0..times {
        for shard in shards.iter() {
            let own = &shard.samples[p];
            joined.extend_from_slice(&own.values[t * own.neurons..(t + 1) * own.neurons]);
        }
    }
    shards.iter_mut().for_each(|s| s.samples[p].values.clear());
    joined
}
