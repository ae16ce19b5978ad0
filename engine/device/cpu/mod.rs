//! The native player: threads own shards, so no atomics; the same spikes for any number of threads.
//!
//! An epoch is as many steps as the shortest delay allows, up to 16. Each thread delivers to its shards what earlier
//! spikes send into the epoch (`propagate_stored`, and `propagate_procedural` for rows generated again, both into a
//! `ring`; or `propagate_sorted`: all events of the last epoch's spikes, by when and where they arrive), steps them
//! through it tile by tile (`waves`, `couple` by what neurons `give`, `input` with `poisson`, `integrate` on `state`,
//! `record`; `idle_tiles` says which can be skipped), publishes their spikes, waits once for the others, and notes all
//! spikes in a history of its own ([`crate::exchange`]). Only a shard's owner writes its ring. How many threads play,
//! and so which owns what, follows the load of the machine (`crew`).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::device::plastic::{Held, memory};
use crate::device::processes::ProcessWords;
use crate::device::{PassTime, PlasticSynapses, Played, Player, PopulationState, WeightsAt, signals_of_others};
use crate::error::Result;
use crate::exchange::threads::Threads;
use crate::exchange::{Exchange, Given, History, Verdict};
use crate::plan::Plan;
use crate::schedule::{Epoch, epochs};
use crate::spike::Spike;
use crate::text::counted;
use crate::threads::together;
use crate::tile::Stepped;

mod couple;
mod crew;
mod due;
mod give;
mod idle_tiles;
mod injected;
mod integrate;
pub(super) mod learn;
mod learn_batch;
mod learn_rows;
mod learn_seen;
mod learning;
mod paged_lists;
mod pass_timer;
mod population_slice;
mod propagate_procedural;
mod propagate_sorted;
mod propagate_stored;
mod record;
pub(crate) mod replay;
mod shard;
mod state;
mod waves;

use crew::Crew;
use due::{arriving, delivered, emitted};
use pass_timer::{PassTimer, Phase};
use shard::OwnedShard;

/// The native player of a plan.
#[derive(Debug)]
pub struct Cpu<R: Stepped> {
    plan: Plan<R::Fixed>,
    shards: Vec<OwnedShard<R>>,
    history: History,
    crew: Crew,
    /// The last step that was played.
    step: u64,
    /// Where events are sorted, the last step whose spikes' events have been.
    sorted: u64,
    timer: PassTimer,
    /// The results of batches that were played and not yet taken.
    played: VecDeque<Played>,
    /// This player's end of an exchange with players that own the other shards.
    beyond: Option<Box<dyn Exchange>>,
}

impl<R: Stepped> Cpu<R> {
    /// A player on up to `threads` threads (at least 1), as the load of the machine allows.
    pub fn new(plan: Plan<R::Fixed>, threads: u32) -> Cpu<R> {
        Cpu::with(plan, Crew::new(threads.max(1) as usize))
    }

    /// A player on teams of `sizes` threads in turn, each for `epochs` epochs, whatever the load of the machine: for
    /// tests that results do not depend on it.
    pub fn in_turn(plan: Plan<R::Fixed>, sizes: &[u32], epochs: usize) -> Cpu<R> {
        Cpu::with(plan, Crew::in_turn(sizes.iter().map(|&n| n.max(1) as usize).collect(), epochs))
    }

    /// A player of a plan of some shards ([`crate::plan::PlanOptions::part`]) on up to `threads` threads; the players
    /// of the other shards hold the other ends of `exchange`. All must be given the same batches; each gives back the
    /// spikes of all.
    pub fn among(plan: Plan<R::Fixed>, threads: u32, exchange: Box<dyn Exchange>) -> Cpu<R> {
        Cpu { beyond: Some(exchange), ..Cpu::new(plan, threads) }
    }

    /// A player at time 0 whose threads are `crew`.
    fn with(mut plan: Plan<R::Fixed>, crew: Crew) -> Cpu<R> {
        let shards = plan.shards.iter().map(|shard| OwnedShard::new(&plan, shard)).collect();
        // The shards have them now.
        for slice in plan.shards.iter_mut().flat_map(|shard| &mut shard.slices) {
            (slice.state, slice.derived) = (Vec::new(), Vec::new());
        }
        let mut history = History::new(plan.history());
        history.begin_signals(0).extend(plan.couplings.at_start::<R>(&plan.populations));
        Cpu {
            crew,
            shards,
            history,
            plan,
            step: 0,
            sorted: 0,
            timer: PassTimer::default(),
            played: VecDeque::new(),
            beyond: None,
        }
    }
}

impl<R: Stepped> Player for Cpu<R> {
    /// Plays the batch before it returns.
    fn submit(&mut self, steps: u32) -> Result<()> {
        let until = self.step + u64::from(steps);
        for shard in &mut self.shards {
            shard.samples.iter_mut().zip(&self.plan.probes).for_each(|(samples, p)| samples.begin(p, self.step));
        }
        let epochs: Vec<Epoch> = epochs(self.step, until, self.plan.longest_epoch()).collect();
        let (mut played, mut spikes) = (0, Vec::new());
        while played < epochs.len() {
            played += self.stint(&epochs[played..], &mut spikes)?;
        }
        self.step = until;
        let samples = (0..self.plan.probes.len()).map(|p| join_samples(&self.shards, p)).collect();
        let fault = self.shards.iter_mut().filter_map(|s| s.take_fault()).min();
        let overflow = self.shards.iter_mut().filter_map(|s| s.learning.take_overflow()).min();
        let projection = |(spike, index): (Spike, usize)| (spike, self.plan.plastic[index].projection);
        self.played.push_back(Played { steps, spikes, samples, fault, overflow: overflow.map(projection) });
        Ok(())
    }

    fn take(&mut self) -> Result<Option<Played>> {
        Ok(self.played.pop_front())
    }

    fn under_way(&self) -> usize {
        self.played.len()
    }

    fn restore(&mut self, step: u64, state: &[PopulationState], recent: &[Spike]) -> Result<()> {
        self.step = step;
        self.history = History::new(self.plan.history());
        for past in step.saturating_sub(u64::from(self.plan.max_delay))..=step {
            let from = recent.partition_point(|spike| u64::from(spike.step) < past);
            let fired = recent[from..].iter().take_while(|spike| u64::from(spike.step) == past);
            self.history.begin_step(past).extend(fired.map(|spike| spike.id));
        }
        let mut due = Vec::new();
        if self.plan.group.is_some() {
            emitted(&self.plan, &self.history, step.saturating_sub(u64::from(self.plan.max_delay)), step, &mut due);
            self.sorted = step;
        } else {
            delivered(&self.plan, &self.history, step, &mut due);
        }
        for (shard, own) in self.plan.shards.iter().zip(&mut self.shards) {
            own.set_state(&self.plan, shard, state);
            own.deliver_after(&self.plan, shard, &due, step as u32);
        }
        Ok(())
    }

    fn state(&mut self, population: usize, variable: usize) -> Result<Vec<f64>> {
        let parts = self.plan.shards.iter().zip(&self.shards);
        Ok(parts.flat_map(|(plan, shard)| shard.state(plan, population, variable)).collect())
    }

    fn signals(&mut self) -> Result<Vec<Vec<f64>>> {
        let depth = u64::from(self.plan.couplings.depth);
        let steps = (self.step + 1).saturating_sub(depth)..=self.step;
        Ok(steps.filter(|_| depth > 0).map(|step| self.history.signals(step).to_vec()).collect())
    }

    fn restore_signals(&mut self, signals: &[Vec<f64>]) -> Result<()> {
        let kept = u64::from(self.plan.couplings.depth).min(self.step + 1);
        let width = self.plan.couplings.signals as usize;
        if signals.len() as u64 != kept || signals.iter().any(|row| row.len() != width) {
            return Err(signals_of_others());
        }
        for (step, row) in (self.step + 1 - kept..).zip(signals) {
            self.history.begin_signals(step).extend_from_slice(row);
        }
        Ok(())
    }

    fn synapses(&mut self, projection: usize) -> Result<PlasticSynapses> {
        let (plan, known) = self.known(projection, None);
        Ok(memory::synapses(plan, projection, &known))
    }

    fn weights(&mut self, projection: usize, at: WeightsAt<'_>) -> Result<Vec<f64>> {
        if at == WeightsAt::Start {
            return Ok(memory::weights_at_first::<R>(&self.plan, projection));
        }
        let (plan, known) = self.known(projection, at.recent());
        Ok(memory::weights(plan, projection, &known))
    }

    fn memory(&mut self) -> Result<Vec<u64>> {
        let mut words = self.process_words();
        if self.plan.plastic.is_empty() {
            return Ok(words);
        }
        let mut due = Vec::new();
        delivered(&self.plan, &self.history, self.step, &mut due);
        let mut pending = Vec::new();
        for (shard, own) in self.plan.shards.iter().zip(&mut self.shards) {
            pending.extend(own.pending(&self.plan, shard, &due, self.step));
        }
        let (plan, held) = self.held();
        words.extend(memory::joined(memory::write(plan, &held), pending));
        Ok(words)
    }

    fn plastic_memory(&mut self, index: usize) -> Result<Vec<u64>> {
        let (plan, held) = self.held();
        Ok(memory::write_plan(plan, index, &held))
    }

    fn recall(&mut self, words: &[u64]) -> Result<()> {
        let process_words = ProcessWords::new(&self.plan);
        let (processes, words) = process_words.split(words)?;
        for (shard, own) in self.plan.shards.iter().zip(&mut self.shards) {
            for (target, own) in own.processes(shard) {
                let words = &processes[process_words.of(target)];
                own.occupied.iter_mut().zip(words).for_each(|(own, word)| *own = *word as u32);
            }
        }
        let (held, pending) = memory::parted(words, self.plan.plastic.is_empty())?;
        memory::read(
            &self.plan,
            &mut self.shards.iter_mut().map(|shard| shard.learning.held_mut()).collect::<Vec<_>>(),
            self.step,
            held,
        )?;
        let (plan, shards) = (&self.plan, &mut self.shards);
        memory::read_pending(plan, self.step, pending, |at, sum| shards[at].add_pending(plan, &plan.shards[at], sum))?;
        self.shards.iter_mut().for_each(|shard| shard.learning.has_seen(self.step));
        Ok(())
    }

    fn profile(&mut self) -> Result<()> {
        self.timer = PassTimer::running();
        Ok(())
    }

    fn pass_times(&self) -> Vec<PassTime> {
        self.timer.times()
    }

    fn longest_batch(&self) -> u32 {
        1000
    }

    fn describe(&self) -> String {
        let (threads, bits) = (self.crew.most(), 8 * std::mem::size_of::<R>());
        format!("CPU, {}, f{bits}", counted(threads, "thread"))
    }

    fn dispatches_per_step(&self) -> f64 {
        0.0
    }
}

impl<R: Stepped> Cpu<R> {
    /// The words of all processes of stimuli, at the places that [`ProcessWords`] gives them.
    fn process_words(&mut self) -> Vec<u64> {
        let places = ProcessWords::new(&self.plan);
        let mut words = vec![0; places.len];
        for (shard, own) in self.plan.shards.iter().zip(&mut self.shards) {
            for (target, own) in own.processes(shard) {
                words[places.of(target)].iter_mut().zip(&own.occupied).for_each(|(word, own)| *word = (*own).into());
            }
        }
        words
    }

    /// The plan, and what synapses that learn hold, shard by shard, with the spikes of their targets so far that matter.
    fn held(&mut self) -> (&Plan<R::Fixed>, Vec<Vec<&Held<R>>>) {
        let (plan, history, step) = (&self.plan, &self.history, self.step);
        for (shard, own) in plan.shards.iter().zip(&mut self.shards) {
            own.learning.see(plan, shard, history, step);
            own.learning.forget(plan, shard);
        }
        (plan, self.shards.iter().map(|shard| shard.learning.held()).collect())
    }

    /// The plan, and what is known of the synapses of `projection`, which learns, shard by shard; up to date if `recent`
    /// spikes are given.
    fn known(&mut self, projection: usize, recent: Option<&[Spike]>) -> (&Plan<R::Fixed>, memory::Known<'_, R>) {
        let (plan, step) = (&self.plan, self.step);
        let shards = plan.shards.iter().zip(&mut self.shards);
        let known = shards.map(|(shard, own)| {
            own.learning.see(plan, shard, &self.history, step);
            own.learning.known((plan, shard), projection, step, recent)
        });
        (plan, known.collect())
    }

    /// Plays as many of `epochs` as the next team stays together for, appends their spikes to `spikes`, and returns the
    /// number of epochs.
    ///
    /// # Errors
    /// As [`Player::submit`].
    fn stint(&mut self, epochs: &[Epoch], spikes: &mut Vec<Spike>) -> Result<usize> {
        let stint = self.crew.next();
        let share = self.shards.len().div_ceil(stint.threads).max(1);
        let shards = self.shards.len();
        let shares: Vec<_> = self.shards.chunks_mut(share).map(Mutex::new).collect();
        let beyond = self.beyond.as_mut().map(|exchange| &mut **exchange as &mut dyn Exchange);
        let threads = Threads::new(shards, shares.len(), stint.until, beyond);
        let team = Team::<R> { plan: &self.plan, epochs: &epochs[..stint.epochs.min(epochs.len())], threads: &threads };
        let (history, sorted) = (&self.history, self.sorted);
        let help = |member: usize| {
            // An error of a helper is one of the leader, too.
            let _ = team.work(
                &mut shares[member].lock().unwrap_or_else(PoisonError::into_inner),
                member * share,
                history.clone(),
                sorted,
                None,
            );
        };
        let own = || {
            let leader = Some((spikes, &mut self.timer));
            team.work(&mut shares[0].lock().unwrap_or_else(PoisonError::into_inner), 0, history.clone(), sorted, leader)
        };
        let ended = together(shares.len(), "play the network", help, own)??;
        drop(shares);
        self.sorted = epochs[ended.played - 1].first;
        self.history = ended.history;
        if ended.late {
            self.crew.note_late();
        }
        Ok(ended.played)
    }
}

/// The state at the end of a stint.
struct Ended {
    history: History,
    /// Number of epochs played.
    played: usize,
    /// Whether the team had to wait for one of its threads for long.
    late: bool,
}

/// What the threads of one stint share.
struct Team<'a, R: Stepped> {
    plan: &'a Plan<R::Fixed>,
    epochs: &'a [Epoch],
    threads: &'a Threads<'a>,
}

impl<R: Stepped> Team<'_, R> {
    /// Plays the epochs for the shards of one thread, the first of which is shard `first` of the plan. `sorted` is the
    /// last step whose spikes' events have been sorted; the thread with `leader` appends the spikes of all shards to
    /// its list, and is timed.
    fn work(
        &self,
        shards: &mut [OwnedShard<R>],
        first: usize,
        mut history: History,
        mut sorted: u64,
        mut leader: Option<(&mut Vec<Spike>, &mut PassTimer)>,
    ) -> Result<Ended> {
        let mut exchange = self.threads.member(first);
        let (mut played, mut late) = (0, false);
        let mut due = Vec::new();
        let mut given: Vec<Given> = shards.iter().map(|_| Given::default()).collect();
        for &epoch in self.epochs {
            let mut lap = |pass| leader.iter_mut().for_each(|(_, timer)| timer.lap(pass));
            lap(Phase::Start);
            if self.plan.group.is_some() {
                emitted(self.plan, &history, sorted, epoch.first, &mut due);
                sorted = epoch.first;
            } else {
                arriving(self.plan, &history, epoch, &mut due);
            }
            for (i, (shard, given)) in shards.iter_mut().zip(&mut given).enumerate() {
                let rows = &self.plan.shards[first + i];
                shard.deliver(self.plan, rows, &due, epoch.first);
                if !self.plan.plastic.is_empty() {
                    shard.learn(self.plan, rows, &history, epoch);
                }
                lap(Phase::Propagate);
                shard.integrate((self.plan, rows), (epoch, &history), given, &mut lap);
                exchange.publish(epoch, i, given);
                lap(Phase::Integrate);
            }
            let verdict = exchange.wait()?;
            lap(Phase::Wait);
            exchange.note(epoch, &mut history)?;
            if let Some((spikes, timer)) = &mut leader {
                for step in epoch.first + 1..=epoch.first + u64::from(epoch.steps) {
                    spikes.extend(history.at(step).iter().map(|&id| Spike::new(step as u32, id)));
                }
                timer.lap(Phase::Note);
            }
            played += 1;
            if verdict != Verdict::On {
                late = verdict == Verdict::Late;
                break;
            }
        }
        Ok(Ended { history, played, late })
    }
}

/// The samples of probe `p` from all shards, time-major.
fn join_samples<R: Stepped>(shards: &[OwnedShard<R>], p: usize) -> Vec<f64> {
    let rows = shards.iter().map(|s| s.samples[p].row_count()).max().unwrap_or(0);
    let parts = |t: usize| {
        shards.iter().map(move |s| &s.samples[p]).filter(move |s| s.row_count() > 0).flat_map(move |s| s.row(t))
    };
    (0..rows).flat_map(|t| parts(t).copied()).collect()
}
