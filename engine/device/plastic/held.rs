//! The synapses of a plan onto the neurons of one shard: their states, and what their rule needs of spikes that have been.

use std::ops::Range;

use crate::device::plastic::past::Past;
use crate::number::Number;
use crate::plan::Shard;
use crate::plan::plastic::PlasticPlan;
use crate::plan::plastic_rows::PlasticRows;

/// A source that has not fired, where states begin with its first spike.
pub const NEVER_FIRED: u32 = u32::MAX;

/// The targets of a plan in a shard, by global id.
pub fn targets<F>(plan: &PlasticPlan, shard: &Shard<F>) -> Range<u32> {
    let end = (plan.part.first + plan.part.count).min(shard.ids.end);
    let start = plan.part.first.max(shard.ids.start);
    start..end.max(start)
}

/// What is held of them.
#[derive(Debug, Clone)]
pub struct Held<R> {
    /// Per state variable, those of all synapses.
    pub state: Vec<Vec<R>>,
    /// Per derived value, that of all synapses, or one for each.
    pub derived: Vec<Vec<R>>,
    /// The step up to which each synapse is brought; empty where that is the source's last spike.
    pub updated: Vec<u32>,
    /// Per source, its last spike, and the state that its synapses share there.
    pub fired: Vec<u32>,
    /// See `fired`, source by source.
    pub traces: Vec<R>,
    /// The spikes of targets that still matter.
    pub past: Past<R>,
    /// Per domain, when spikes of the third factor arrive, as far as they still matter.
    pub modulated: Vec<Vec<u32>>,
}

impl<R: Number> Held<R> {
    /// At time 0.
    pub fn new(plan: &PlasticPlan, rows: &PlasticRows, targets: usize) -> Held<R> {
        let state = (0..plan.start.len()).map(|place| at_first(plan, rows, place));
        let derived = plan.derived.iter().enumerate();
        let derived = derived.map(|(k, &same)| own(&rows.derived, k).unwrap_or_else(|| numbers(&[same])));
        let rule = &plan.rule;
        let sources = plan.from.len() as usize;
        let start: Vec<R> = numbers(rule.source_start());
        Held {
            state: state.collect(),
            derived: derived.collect(),
            updated: if rule.keeps_time() { vec![0; rows.len()] } else { Vec::new() },
            fired: vec![if rule.begins_at_first_spike() { NEVER_FIRED } else { 0 }; sources],
            traces: start.iter().copied().cycle().take(sources * start.len()).collect(),
            past: Past::new(targets, &numbers::<R>(rule.target_start())),
            modulated: vec![Vec::new(); plan.domains.count()],
        }
    }

    /// Derived values that all synapses share; of others the first.
    pub fn shared(&self) -> Vec<R> {
        self.derived.iter().map(|values| values.first().copied().unwrap_or_default()).collect()
    }

    /// A spike of target `n` of the plan's in `step`.
    pub fn target_spike(&mut self, plan: &PlasticPlan, n: usize, step: u32, dt: f64) {
        let rule = &plan.rule;
        if rule.target_start().is_empty() {
            return self.past.push(n, step, &[]);
        }
        let (before, state) = self.past.at(n, 1);
        let spiked = rule.target_spike(&self.shared(), state, ms(i64::from(step - before), dt));
        self.past.push(n, step, &spiked);
    }

    /// The last spike of source `s`, if there is one, and the state that its synapses share there since.
    pub fn source(&self, plan: &PlasticPlan, s: usize) -> (Option<i64>, Vec<R>) {
        let states = plan.rule.source_start().len();
        let last = Some(i64::from(self.fired[s])).filter(|_| self.fired[s] != NEVER_FIRED);
        (last, self.traces[s * states..(s + 1) * states].to_vec())
    }

    /// A spike of source `s` in `step`, after its synapses have taken it.
    pub fn source_spike(&mut self, plan: &PlasticPlan, s: usize, step: u32, dt: f64) {
        if !plan.rule.source_start().is_empty() {
            let (last, trace) = self.source(plan, s);
            let elapsed = last.map_or(0, |last| i64::from(step) - last);
            let spiked = plan.rule.source_spike(&self.shared(), &trace, ms(elapsed, dt));
            self.traces[s * trace.len()..(s + 1) * trace.len()].copy_from_slice(&spiked);
        }
        self.fired[s] = step;
    }

    /// A spike of modulating neuron `m`, which arrives in step `at`.
    pub fn modulator_spike(&mut self, plan: &PlasticPlan, m: u32, at: u32) {
        plan.domains.reached_by(m).iter().for_each(|&domain| self.modulated[domain as usize].push(at));
    }

    /// Spikes of targets that are kept.
    pub fn spikes(&self) -> usize {
        (0..self.past.targets()).map(|n| self.past.count(n)).sum()
    }

    /// Per target, the step until which all of its synapses have seen its spikes.
    pub fn seen(&self, rows: &PlasticRows, first_target: usize) -> Vec<i64> {
        let mut until: Vec<i64> = vec![i64::MAX; self.past.targets()];
        for (s, ends) in rows.offsets.windows(2).enumerate() {
            // Where states begin with the first spike, those of the target before it count, too.
            let last = if self.fired[s] == NEVER_FIRED { -1 } else { i64::from(self.fired[s]) };
            for at in ends[0] as usize..ends[1] as usize {
                let until = &mut until[rows.targets[at] as usize - first_target];
                *until = (*until).min(last - i64::from(rows.delay(at)));
            }
        }
        until
    }

    /// Forgets spikes of targets that all of their synapses have seen.
    pub fn forget(&mut self, rows: &PlasticRows, first_target: usize) {
        let until = self.seen(rows, first_target);
        let oldest = self.fired.iter().map(|&fired| if fired == NEVER_FIRED { 0 } else { fired }).min().unwrap_or(0);
        self.modulated.iter_mut().for_each(|steps| drop(steps.drain(..steps.partition_point(|&at| at <= oldest))));
        until.into_iter().enumerate().for_each(|(n, until)| self.past.forget(n, until));
    }
}

/// State variable `place` of all synapses at time 0.
pub fn at_first<R: Number>(plan: &PlasticPlan, rows: &PlasticRows, place: usize) -> Vec<R> {
    own(&rows.start, place).unwrap_or_else(|| vec![R::of(plan.start[place]); rows.len()])
}

/// What differs from synapse to synapse, if it does.
fn own<R: Number>(columns: &[(usize, Vec<f64>)], place: usize) -> Option<Vec<R>> {
    columns.iter().find(|(own, _)| *own == place).map(|(_, each)| numbers(each))
}

/// Steps as ms.
#[inline(always)]
pub fn ms<R: Number>(steps: i64, dt: f64) -> R {
    R::of(steps as f64) * R::of(dt)
}

/// Values in the numbers of a player.
pub fn numbers<R: Number>(values: &[f64]) -> Vec<R> {
    values.iter().map(|&value| R::of(value)).collect()
}
