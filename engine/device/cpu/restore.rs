//! A player that goes on where another stopped.

use crate::device::cpu::Cpu;
use crate::device::cpu::history::History;
use crate::number::Number;

/// Sets step, states and history, and fills the ring by delivering again what `recent` had delivered by `step`: the first
/// delay block of every spike, and block b >= 1 of a spike of step s where s + b * B < step (later ones are due yet).
/// What so arrives in steps that are over goes; no other input shares its slots, since the ring has 2B of them.
pub(super) fn restore<R: Number>(cpu: &mut Cpu<R>, step: u64, state: &[Vec<Vec<f64>>], recent: &[(u32, u32)]) {
    let (plan, block) = (&cpu.plan, u64::from(cpu.plan.block));
    cpu.step = step;
    cpu.history = History::new(plan.blocks * plan.block + plan.block);
    for fired in recent.chunk_by(|a, b| a.0 == b.0) {
        cpu.history.start(u64::from(fired[0].0)).extend(fired.iter().map(|&(_, id)| id));
    }
    for (shard, rows) in cpu.shards.iter_mut().zip(&plan.shards) {
        for (own, segment) in shard.segments.iter_mut().zip(&rows.segments) {
            let from = (segment.first - plan.populations[segment.population].first) as usize;
            let count = segment.count as usize;
            for (column, values) in own.state.chunks_mut(count.max(1)).zip(&state[segment.population]) {
                column.iter_mut().zip(&values[from..from + count]).for_each(|(v, &value)| *v = R::of(value));
            }
        }
        shard.ring.fill(R::Fixed::default());
        for fired in recent.chunk_by(|a, b| a.0 == b.0).map(|fired| u64::from(fired[0].0)) {
            let sources = cpu.history.at(fired);
            for part in 0..u64::from(plan.blocks) {
                let due = fired + part * block;
                let delivered = if part == 0 { due <= step } else { due < step };
                if delivered && due + block > step {
                    shard.deliver(plan, rows, sources, part as u32, due);
                }
            }
        }
        for over in step.saturating_sub(block) + 1..=step {
            let slot = (over as u32 & (plan.slots() - 1)) as usize * rows.lanes as usize;
            shard.ring[slot..slot + rows.lanes as usize].fill(R::Fixed::default());
        }
    }
}
