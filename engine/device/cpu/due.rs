//! The row blocks whose events are to be delivered: those of spikes whose delays have passed.

use crate::device::cpu::propagate_stored::Due;
use crate::exchange::History;
use crate::plan::Plan;
use crate::schedule::Epoch;

/// Sets `due` to the row blocks whose shortest delay arrives in an epoch.
pub fn arriving<F>(plan: &Plan<F>, history: &History, epoch: Epoch, due: &mut Vec<Due>) {
    due.clear();
    for arrival in epoch.first + 1..=epoch.first + u64::from(epoch.steps) {
        for block in 0..plan.blocks {
            push_due(plan, history, arrival, block, 0, due);
        }
    }
}

/// Appends to `due` the row blocks whose shortest delay has arrived by `step`, but perhaps not the longest.
pub fn delivered<F>(plan: &Plan<F>, history: &History, step: u64, due: &mut Vec<Due>) {
    for arrival in (step + 1).saturating_sub(u64::from(plan.block))..=step {
        for block in 0..plan.blocks {
            push_due(plan, history, arrival, block, step, due);
        }
    }
}

/// Sets `due` to all row blocks of the spikes of steps `after + 1 ..= step`.
pub fn emitted<F>(plan: &Plan<F>, history: &History, after: u64, step: u64, due: &mut Vec<Due>) {
    due.clear();
    for spiked in after + 1..=step {
        for block in 0..plan.blocks {
            push_due(plan, history, spiked + u64::from(plan.min_delay + block * plan.block), block, step, due);
        }
    }
}

/// Appends to `due` the row blocks of delay block `block` whose shortest delay arrives in step `arrival`, of spikes
/// that still have events after step `after`.
fn push_due<F>(plan: &Plan<F>, history: &History, arrival: u64, block: u32, after: u64, due: &mut Vec<Due>) {
    let delay = u64::from(plan.min_delay + block * plan.block);
    let within = |step: &u64| *step > 0 && *step + u64::from(plan.max_delay) > after;
    let Some(step) = arrival.checked_sub(delay).filter(within) else { return };
    let mut population = 0;
    for &source in history.at(step) {
        while population + 1 < plan.populations.len() && plan.populations[population + 1].first <= source {
            population += 1;
        }
        due.push(Due {
            row_block: source * plan.blocks + block,
            arrival: arrival as u32,
            population: population as u32,
        });
    }
}
