//! The pass `learn`: spikes of synapses with memory, and what both ends' spikes do to them (see [`crate::tile::SynapseRule`]). A spike is
//! taken when the shortest delay of the network has passed, so when all that it depends on is known; only the owner of a
//! target reads its spikes and writes its synapses, so that the same is done in the same order on any number of threads.

mod sources;

use std::borrow::Cow;
use std::ops::Range;

use crate::device::cpu::learn_batch::Batch;
use crate::device::cpu::learn_rows::{Between, Gather, Look, Moment, Window};
use crate::device::cpu::learn_seen::Seen;
use crate::device::plastic::held::Held;
use crate::equations::{Interpret, Program};
use crate::number::Number;
use crate::plan::PlasticCut;
use crate::plan::plastic::PlasticPlan;
use crate::plan::plastic_rows::PlasticRows;
use crate::simd::{Workspace, vectorised};
use crate::spike::Spike;

/// Tiles of synapses whose targets' spikes are taken together.
const TOGETHER: usize = 4;

/// Kinds of events between spikes of a source, by their place in a list.
const TARGET: usize = 0;
const MODULATOR: usize = 1;

/// The synapses of one plan in one shard, in the hands of their owner.
#[derive(Debug)]
pub struct OwnedPlastic<R: Number> {
    held: Held<R>,
    seen: Seen<R>,
    work: Work<R>,
}

/// Room for what is in between.
#[derive(Debug)]
struct Work<R: Number> {
    pre: Workspace<R>,
    post: Option<Workspace<R>>,
    modulator: Option<Workspace<R>>,
    settle: Workspace<R>,
    batch: Batch<R>,
    /// Synapses with something between the last two spikes of the source.
    windows: Vec<Window>,
    /// Those with one more spike of the target, and those with one of the third factor that comes first.
    which: [Vec<Between>; 2],
    columns: Columns<R>,
    /// What the source's spike sees of the target, state by state, and time since then, ms.
    sees: Vec<Vec<R>>,
    since: Vec<R>,
    sent: Vec<R>,
    counts: Vec<R::Fixed>,
}

/// What a program goes over, but for what is read where it is.
#[derive(Debug)]
struct Columns<R> {
    derived: Vec<Vec<R>>,
    state: Vec<Vec<R>>,
    /// State at the source, where there are several, and at the target.
    source: Vec<Vec<R>>,
    target: Vec<Vec<R>>,
    /// Time since states of the synapse, the source and the target were brought up to date, ms.
    elapsed: [Vec<R>; 3],
}

impl<R: Interpret> OwnedPlastic<R> {
    /// At time 0.
    pub fn new(plan: &PlasticPlan, rows: &PlasticRows, targets: usize) -> OwnedPlastic<R> {
        OwnedPlastic::of(plan, Held::new(plan, rows, targets))
    }

    /// With what is held of them.
    pub fn of(plan: &PlasticPlan, held: Held<R>) -> OwnedPlastic<R> {
        let rule = &plan.rule;
        let (tile, most) = (Program::tile::<R>(), TOGETHER * Program::tile::<R>());
        let columns = |count: usize| vec![vec![R::default(); most]; count];
        OwnedPlastic {
            held,
            seen: Seen::new(rule.target_start().len()),
            work: Work {
                pre: rule.pre().workspace(tile),
                post: rule.post().map(|post| post.workspace(most)),
                modulator: rule.modulator().map(|modulator| modulator.workspace(tile)),
                settle: rule.settle().workspace(tile),
                batch: Batch::new(most, rule.source_start().len()),
                windows: Vec::new(),
                which: Default::default(),
                columns: Columns {
                    derived: columns(plan.derived.len()),
                    state: columns(plan.start.len()),
                    source: columns(rule.source_start().len()),
                    target: columns(rule.target_start().len()),
                    elapsed: std::array::from_fn(|_| vec![R::default(); most]),
                },
                sees: vec![vec![R::default(); tile]; rule.target_start().len()],
                since: vec![R::default(); tile],
                sent: vec![R::default(); tile],
                counts: vec![R::Fixed::default(); tile],
            },
        }
    }

    /// The states of synapses and neurons, and their past spikes.
    pub fn held(&self) -> &Held<R> {
        &self.held
    }

    /// As [`OwnedPlastic::held`], to be set, as from a checkpoint. What spikes have seen of the targets is forgotten, since
    /// it was computed from what was held before.
    pub fn held_mut(&mut self) -> &mut Held<R> {
        self.seen.forget();
        &mut self.held
    }

    /// A spike of target `n` of the plan's in `step`.
    pub fn target_spike(&mut self, plan: &PlasticPlan, n: usize, step: u32, dt: f64) {
        self.held.target_spike(plan, n, step, dt);
        self.seen.push(n, step);
    }

    /// A spike of modulating neuron `m`, which arrives in step `at`.
    pub fn modulator_spike(&mut self, plan: &PlasticPlan, m: u32, at: u32) {
        self.held.modulator_spike(plan, m, at);
    }

    /// Forgets spikes that no longer matter; targets begin at `first_target` of the shard.
    pub fn forget(&mut self, rows: &PlasticRows, first_target: usize) {
        self.held.forget(rows, first_target);
    }

    /// Takes away what synapses of neuron `source` send that are cut; `first` is the shard's first neuron.
    fn cut(&mut self, moment: &Moment<'_, R>, synapses: Range<usize>, (source, first): (u32, u32)) {
        let active = |cut: &&PlasticCut| cut.steps.contains(&(moment.step as u64)) && cut.of.index_of(source).is_some();
        for cut in moment.plan.cuts.iter().filter(active) {
            for (at, sent) in synapses.clone().zip(&mut self.work.sent) {
                if cut.to.index_of(first + moment.rows.targets[at]).is_some() {
                    *sent = R::default();
                }
            }
        }
    }

    /// Finds the spikes of the targets and of the third factor between the last two spikes of the source, as they arrive.
    fn look_back(&mut self, moment: &Moment<'_, R>, synapses: Range<usize>) {
        let windows = &mut self.work.windows;
        let posts = moment.plan.rule.post().is_some();
        let (past, modulated) = (&self.held.past, &self.held.modulated);
        let same = modulated.first().filter(|_| moment.rows.domains.is_empty()).map(|steps| moment.between(steps));
        vectorised(Look { moment, past, synapses, posts, modulated, same, windows });
    }

    /// The spikes of the targets and of the third factor, the oldest of each synapse first; of two at a time that of the third
    /// factor.
    fn between(&mut self, moment: &Moment<'_, R>, first: usize) {
        while !self.work.windows.is_empty() {
            self.next_events(moment, first);
            for kind in [MODULATOR, TARGET] {
                if !self.work.which[kind].is_empty() {
                    self.gather(moment, first, kind);
                    self.event(moment, first, kind);
                }
            }
        }
    }

    /// Takes the next event of each synapse that has one.
    fn next_events(&mut self, moment: &Moment<'_, R>, first: usize) {
        let Work { windows, which, .. } = &mut self.work;
        which.iter_mut().for_each(Vec::clear);
        for window in windows.iter_mut() {
            let Window { synapse, target, modulator } = window;
            let at = first + *synapse as usize;
            let back = target[0];
            let fired =
                (back > target[1]).then(|| self.held.past.at(moment.target(at), back).0 + moment.rows.delay(at));
            let modulated = || &self.held.modulated[moment.rows.domain(moment.target(at))];
            match (modulator[0] < modulator[1]).then(|| modulated()[modulator[0] as usize]) {
                Some(step) if fired.is_none_or(|fired| step <= fired) => {
                    which[MODULATOR].push(Between { synapse: *synapse, back, step });
                    modulator[0] += 1;
                }
                _ => {
                    which[TARGET].push(Between { synapse: *synapse, back, step: fired.unwrap_or_default() });
                    target[0] -= 1;
                }
            }
        }
        windows.retain(|window| window.target[0] > window.target[1] || window.modulator[0] < window.modulator[1]);
    }

    /// The events of a kind that were gathered.
    fn event(&mut self, moment: &Moment<'_, R>, first: usize, kind: usize) {
        let Work { post, modulator, columns, which, .. } = &mut self.work;
        let rule = &moment.plan.rule;
        let played = if kind == TARGET { (rule.post(), post) } else { (rule.modulator(), modulator) };
        let (Some(program), Some(workspace)) = played else { return };
        let (which, Columns { derived, state, target, elapsed, .. }) = (&which[kind], columns);
        let mut table = workspace.table(which.len());
        for (same, each) in self.held.derived.iter().zip(derived.iter()) {
            if same.len() == 1 { table.share(same[0]) } else { table.read(each) }
        }
        state.iter_mut().for_each(|column| table.write(column));
        moment.trace.iter().for_each(|&value| table.share(value));
        target.iter().chain(elapsed.iter()).for_each(|column| table.read(column));
        program.run(&mut table);
        for (own, column) in self.held.state.iter_mut().zip(state.iter()) {
            which.iter().zip(column).for_each(|(event, &value)| own[first + event.synapse as usize] = value);
        }
    }

    /// Puts together what events of a kind meet.
    fn gather(&mut self, moment: &Moment<'_, R>, first: usize, kind: usize) {
        let Work { which, columns, .. } = &mut self.work;
        let (which, Columns { derived, state, target, elapsed, .. }) = (&which[kind], columns);
        let gather = |to: &mut Vec<R>, from: &[R]| {
            to.iter_mut().zip(which).for_each(|(to, event)| *to = from[first + event.synapse as usize]);
        };
        for (to, from) in derived.iter_mut().zip(&self.held.derived).filter(|(_, from)| from.len() > 1) {
            gather(to, from);
        }
        state.iter_mut().zip(&self.held.state).for_each(|(to, from)| gather(to, from));
        let (sees, modulated) = (moment.plan.rule.see_target()[1], moment.plan.modulator.is_some());
        let target = if sees || modulated { target.as_mut_slice() } else { &mut [] };
        let (past, updated) = (&self.held.past, &mut self.held.updated);
        vectorised(Gather { moment, past, first, which, updated, target, elapsed });
    }

    /// Per state variable, that of all synapses at the end of step `step`: as the last spikes of their sources left it;
    /// with a third factor, with what has happened since; or, if spikes that are `pending` are given, with these, too.
    pub fn known(
        &mut self,
        (plan, rows): (&PlasticPlan, &PlasticRows),
        first_target: usize,
        now: (u32, f64),
        pending: Option<&[Spike]>,
    ) -> Cow<'_, [Vec<R>]> {
        match (plan.modulator.is_some(), pending) {
            (false, None) => Cow::Borrowed(&self.held.state),
            _ => Cow::Owned(self.settled((plan, rows), first_target, now, pending.unwrap_or_default())),
        }
    }

    /// As it is with what sources have done by `pending` spikes, and their targets and the third factor since.
    fn settled(
        &mut self,
        (plan, rows): (&PlasticPlan, &PlasticRows),
        first_target: usize,
        (step, dt): (u32, f64),
        pending: &[Spike],
    ) -> Vec<Vec<R>> {
        let kept = self.held.clone();
        for spike in pending {
            if let Some(s) = plan.from.index_of(spike.id) {
                self.source_spike_alone((plan, rows), first_target, (s as usize, spike.step, dt), false, |_, _| {});
            }
        }
        for (s, ends) in rows.offsets.windows(2).enumerate() {
            let (last, trace) = self.held.source(plan, s);
            if last.is_none() {
                continue;
            }
            let moment = Moment { plan, rows, first_target, step: step.into(), last, trace: &trace, dt };
            let (start, end) = (ends[0] as usize, ends[1] as usize);
            for first in (start..end).step_by(Program::tile::<R>()) {
                let synapses = first..end.min(first + Program::tile::<R>());
                self.look_back(&moment, synapses.clone());
                self.between(&moment, first);
                self.settle(&moment, synapses);
            }
        }
        std::mem::replace(&mut self.held, kept).state
    }

    /// A spike of source `s` in `step`, which changes its synapses and is sent nowhere; `each` is told what they would send,
    /// some side by side at a time. Where spikes come `in_order`, what is seen of targets is kept from one to the next.
    pub fn source_spike_alone(
        &mut self,
        (plan, rows): (&PlasticPlan, &PlasticRows),
        first_target: usize,
        (s, step, dt): (usize, u32, f64),
        in_order: bool,
        mut each: impl FnMut(Range<usize>, &[R]),
    ) {
        let (last, trace) = self.held.source(plan, s);
        let moment = Moment { plan, rows, first_target, step: step.into(), last, trace: &trace, dt };
        let (start, end) = (rows.offsets[s] as usize, rows.offsets[s + 1] as usize);
        for first in (start..end).step_by(Program::tile::<R>()) {
            let synapses = first..end.min(first + Program::tile::<R>());
            self.look_back(&moment, synapses.clone());
            self.between(&moment, first);
            self.see(&moment, synapses.clone(), in_order);
            self.pre(&moment, synapses.clone());
            each(synapses.clone(), &self.work.sent[..synapses.len()]);
        }
        self.held.source_spike(plan, s, step, dt);
    }

    /// Lets time pass for some synapses.
    fn settle(&mut self, moment: &Moment<'_, R>, synapses: Range<usize>) {
        let Work { settle, columns, .. } = &mut self.work;
        let own = &mut columns.elapsed[0];
        let since =
            |at: usize| self.held.updated.get(at).map_or(moment.last.unwrap_or(moment.step), |&step| step.into());
        own.iter_mut().zip(synapses.clone()).for_each(|(own, at)| *own = moment.ms(moment.step - since(at)));
        let mut table = settle.table(synapses.len());
        for same in &self.held.derived {
            if same.len() == 1 { table.share(same[0]) } else { table.read(&same[synapses.clone()]) }
        }
        self.held.state.iter_mut().for_each(|column| table.write(&mut column[synapses.clone()]));
        table.read(own);
        moment.plan.rule.settle().run(&mut table);
    }

    /// The spike itself.
    fn pre(&mut self, moment: &Moment<'_, R>, synapses: Range<usize>) {
        let Work { pre, columns, sees, since, sent, .. } = &mut self.work;
        let ms = |since: Option<i64>| moment.ms(since.map_or(0, |since| moment.step - since));
        let own = &mut columns.elapsed[0];
        let updated = self.held.updated.get(synapses.clone()).into_iter().flatten();
        own.iter_mut().zip(updated).for_each(|(own, &updated)| *own = ms(Some(updated.into())));
        let mut table = pre.table(synapses.len());
        for same in &self.held.derived {
            if same.len() == 1 { table.share(same[0]) } else { table.read(&same[synapses.clone()]) }
        }
        self.held.state.iter_mut().for_each(|column| table.write(&mut column[synapses.clone()]));
        moment.trace.iter().for_each(|&value| table.share(value));
        sees.iter().for_each(|column| table.read(column));
        if self.held.updated.is_empty() {
            table.share(ms(moment.last))
        } else {
            table.read(own)
        }
        table.share(ms(moment.last));
        table.read(since);
        table.write(sent);
        moment.plan.rule.pre().run(&mut table);
        let step = moment.step as u32;
        self.held.updated.get_mut(synapses).into_iter().flatten().for_each(|updated| *updated = step);
    }
}
