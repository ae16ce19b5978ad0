//! Spikes of the sources of a step, row by row in batches.

use std::ops::Range;

use super::{Columns, OwnedPlastic, TOGETHER, Work};
use crate::device::cpu::learn_batch::{Later, Meet, Open};
use crate::device::cpu::learn_rows::{Arrivals, Moment, See, Send};
use crate::device::plastic::held::Held;
use crate::equations::{Interpret, Program};
use crate::plan::plastic::PlasticPlan;
use crate::plan::plastic_rows::PlasticRows;
use crate::simd::vectorised;
use crate::spike::Spike;

/// A source that spikes, its last spike, and the state that its synapses share there since.
struct Source<R> {
    s: u32,
    last: Option<i64>,
    trace: Vec<R>,
}

/// A source by its place in a list, and some of its synapses.
type Piece = (usize, Range<usize>);

/// Where and when sources spike.
struct At<'a> {
    plan: &'a PlasticPlan,
    rows: &'a PlasticRows,
    first_target: usize,
    step: u32,
    dt: f64,
}

impl<'a> At<'a> {
    fn moment<R>(&self, source: &'a Source<R>) -> Moment<'a, R> {
        let At { plan, rows, first_target, step, dt } = *self;
        Moment { plan, rows, first_target, step: i64::from(step), last: source.last, trace: &source.trace, dt }
    }
}

impl<R> Source<R> {
    fn of(s: u32, (last, trace): (Option<i64>, Vec<R>)) -> Source<R> {
        Source { s, last, trace }
    }
}

/// Some items of a column.
fn gather<R: Copy>(to: &mut [R], from: &[R], at: &[u32]) {
    to.iter_mut().zip(at).for_each(|(to, &at)| *to = from[at as usize]);
}

impl<R: Interpret> OwnedPlastic<R> {
    /// Spikes of `sources` in `step`, those of one side by side, into the sums of the targets. Gives when and where more is sent than sums have room for,
    /// if so.
    pub fn source_spikes(
        &mut self,
        (plan, rows): (&PlasticPlan, &PlasticRows),
        (sources, step): (&[u32], u32),
        dt: f64,
        arrivals: &mut Arrivals<'_, R>,
    ) -> Option<Spike> {
        let first_target = (plan.part.first.max(arrivals.first) - arrivals.first) as usize;
        let at = At { plan, rows, first_target, step, dt };
        let (mut fault, mut rest) = (None, sources);
        while !rest.is_empty() {
            // A source that spikes twice finds what its first spike has left.
            let twice = rest.windows(2).position(|pair| pair[0] == pair[1]);
            let (these, others) = rest.split_at(twice.map_or(rest.len(), |k| k + 1));
            let over = self.spikes(&at, these, arrivals);
            fault = fault.into_iter().chain(over).min();
            rest = others;
        }
        fault
    }

    /// The same of sources that differ.
    fn spikes(&mut self, at: &At<'_>, sources: &[u32], arrivals: &mut Arrivals<'_, R>) -> Option<Spike> {
        let row = |s: u32| at.rows.offsets[s as usize] as usize..at.rows.offsets[s as usize + 1] as usize;
        let sources = sources.iter().filter(|s| !row(**s).is_empty());
        let sources: Vec<Source<R>> = sources.map(|&s| Source::of(s, self.held.source(at.plan, s as usize))).collect();
        let (tile, mut pieces) = (Program::tile::<R>(), Vec::new());
        for (index, Range { start, end }) in sources.iter().map(|source| row(source.s)).enumerate() {
            pieces.extend((start..end).step_by(tile).map(|first| (index, first..end.min(first + tile))));
        }
        let mut over = vec![None; sources.len()];
        let mut rest = pieces.as_slice();
        while !rest.is_empty() {
            let mut room = TOGETHER * tile;
            let fits = |(_, synapses): &&Piece| {
                let less = room.checked_sub(synapses.len());
                room = less.unwrap_or(room);
                less.is_some()
            };
            let count = rest.iter().take_while(fits).count();
            self.open(at, &sources, rest, count);
            self.rounds(at);
            for (index, synapses) in &rest[..count] {
                let sent =
                    self.send(&at.moment(&sources[*index]), synapses, at.plan.from.id(sources[*index].s), arrivals);
                over[*index] = over[*index].or(sent);
            }
            rest = &rest[count..];
        }
        sources.iter().for_each(|source| self.held.source_spike(at.plan, source.s as usize, at.step, at.dt));
        over.into_iter().flatten().min()
    }

    /// Looks back along some of the pieces.
    fn open(&mut self, at: &At<'_>, sources: &[Source<R>], pieces: &[Piece], count: usize) {
        self.work.batch.clear();
        if at.plan.modulator.is_some() || at.plan.rule.post().is_none() {
            return;
        }
        for (k, (index, synapses)) in pieces[..count].iter().enumerate() {
            let moment = at.moment(&sources[*index]);
            let next = pieces.get(k + 1).map_or(0..0, |(_, synapses)| synapses.clone());
            let Work { batch, windows, .. } = &mut self.work;
            batch.source(moment.last, moment.trace);
            let (past, state) = (&self.held.past, &self.held.state);
            let synapses = synapses.clone();
            let first = synapses.start;
            vectorised(Open { moment: &moment, past, synapses, batch, windows, state, next });
            self.between(&moment, first);
        }
    }

    /// The spikes of the targets that were found, the oldest of each synapse first.
    fn rounds(&mut self, at: &At<'_>) {
        let Work { batch, post, columns, .. } = &mut self.work;
        let (Some(program), Some(workspace)) = (at.plan.rule.post(), post) else { return };
        let Columns { derived, state, source, target, elapsed } = columns;
        let (rows, first_target) = (at.rows, at.first_target);
        let sees = at.plan.rule.see_target()[1];
        while batch.len > 0 {
            let Held { past, updated, derived: own_derived, state: own_state, .. } = &mut self.held;
            for (to, from) in derived.iter_mut().zip(&*own_derived).filter(|(_, from)| from.len() > 1) {
                gather(to, from, &batch.at[..batch.len]);
            }
            for (to, from) in state.iter_mut().zip(&*own_state) {
                gather(to, from, &batch.at[..batch.len]);
            }
            let met = if sees { target.as_mut_slice() } else { &mut [] };
            let meet = Meet { rows, first_target, past, batch, dt: at.dt, updated, source, target: met, elapsed };
            vectorised(meet);
            let mut table = workspace.table(batch.len);
            for (same, each) in own_derived.iter().zip(derived.iter()) {
                if same.len() == 1 { table.share(same[0]) } else { table.read(each) }
            }
            state.iter_mut().for_each(|column| table.write(column));
            source.iter().chain(target.iter()).chain(elapsed.iter()).for_each(|column| table.read(column));
            program.run(&mut table);
            for (own, column) in own_state.iter_mut().zip(state.iter()) {
                batch.at[..batch.len].iter().zip(column).for_each(|(&at, &value)| own[at as usize] = value);
            }
            vectorised(Later { rows, first_target, past, batch });
        }
    }

    /// What some synapses of neuron `source` send, after what has happened at their targets and to the third factor.
    fn send(
        &mut self,
        moment: &Moment<'_, R>,
        synapses: &Range<usize>,
        source: u32,
        arrivals: &mut Arrivals<'_, R>,
    ) -> Option<Spike> {
        if moment.plan.modulator.is_some() {
            self.look_back(moment, synapses.clone());
            self.between(moment, synapses.start);
        }
        self.see(moment, synapses.clone(), true);
        self.pre(moment, synapses.clone());
        self.cut(moment, synapses.clone(), (source, arrivals.first));
        let Work { sent, counts, .. } = &mut self.work;
        let synapses = synapses.clone();
        let (sent, counts) = (&sent[..synapses.len()], &mut counts[..synapses.len()]);
        vectorised(Send { moment, synapses, sent, counts, arrivals })
    }

    /// What the source's spike sees of the targets. Where `in_order`, no later spike asks for what is seen at an earlier
    /// time, so that it is kept from spike to spike.
    pub(super) fn see(&mut self, moment: &Moment<'_, R>, synapses: Range<usize>, in_order: bool) {
        if !moment.plan.rule.see_target()[0] {
            return;
        }
        let (past, rows) = (&self.held.past, moment.rows);
        let seen = (in_order && rows.delays.len() == 1).then_some(&mut self.seen);
        let seen = seen.map(|seen| {
            seen.advance(past, moment.step - i64::from(rows.delay(0)));
            &*seen
        });
        let Work { sees: state, since, .. } = &mut self.work;
        vectorised(See { moment, past, seen, synapses, state, since });
    }
}
