//! The spikes of targets that their synapses have yet to see, with the state at the target after each. The last few of a
//! target lie side by side: nearly always these are all that a spike of a source asks for.

use crate::number::Number;
use crate::plan::plastic::RECENT;
use crate::simd::{Baseline, Level};

/// Steps of the last spikes of a target, the latest last; 0 where there are fewer.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
pub struct Steps([u32; RECENT]);

impl Steps {
    /// All of them.
    #[inline(always)]
    pub fn steps(&self) -> &[u32; RECENT] {
        &self.0
    }
}

/// The spikes of targets in order, and a few numbers after each.
#[derive(Debug, Clone)]
pub struct Past<R> {
    /// The numbers at first.
    start: Vec<R>,
    recent: Vec<Steps>,
    /// Per target, the numbers after each of these; those at first where there are fewer.
    states: Vec<R>,
    /// Per target, those before: steps, and the numbers after each.
    older: Vec<(Vec<u32>, Vec<R>)>,
}

impl<R: Number> Past<R> {
    /// Of so many targets that have not spiked, with these numbers.
    pub fn new(targets: usize, start: &[R]) -> Past<R> {
        Past {
            start: start.to_vec(),
            recent: vec![Steps::default(); targets],
            states: start.iter().copied().cycle().take(targets * RECENT * start.len()).collect(),
            older: vec![Default::default(); targets],
        }
    }

    /// Targets.
    pub fn targets(&self) -> usize {
        self.recent.len()
    }

    /// How many spikes of target `n` are kept.
    pub fn count(&self, n: usize) -> usize {
        self.since(n, 0) as usize
    }

    /// The spikes of target `n`, the oldest first.
    pub fn spikes(&self, n: usize) -> impl Iterator<Item = (u32, &[R])> {
        (1..=self.since(n, 0)).rev().map(move |back| self.at(n, back))
    }

    /// Adds a spike of target `n`, no earlier than its last, and the state after it.
    pub fn push(&mut self, n: usize, step: u32, state: &[R]) {
        let Past { recent, states, older, start } = self;
        let (steps, size) = (&mut recent[n].0, start.len());
        let states = &mut states[n * RECENT * size..(n + 1) * RECENT * size];
        if steps[0] > 0 {
            older[n].0.push(steps[0]);
            older[n].1.extend_from_slice(&states[..size]);
        }
        steps.copy_within(1.., 0);
        states.copy_within(size.., 0);
        steps[RECENT - 1] = step;
        states[(RECENT - 1) * size..].copy_from_slice(&state[..size]);
    }

    /// Forgets all spikes of target `n`.
    pub fn clear(&mut self, n: usize) {
        let size = self.start.len();
        self.recent[n] = Steps::default();
        self.older[n] = Default::default();
        let states = &mut self.states[n * RECENT * size..(n + 1) * RECENT * size];
        states.iter_mut().zip(self.start.iter().cycle()).for_each(|(state, &start)| *state = start);
    }

    /// The spike of target `n` that is the `back`-th from the end, counted from 1, and the numbers after it; step 0 and the
    /// numbers at first where there are fewer.
    #[inline(always)]
    pub fn at(&self, n: usize, back: u32) -> (u32, &[R]) {
        let (size, back) = (self.start.len(), back as usize);
        if back <= RECENT {
            let place = n * RECENT + RECENT - back;
            return (self.recent[n].0[RECENT - back], &self.states[place * size..(place + 1) * size]);
        }
        self.before_recent(n, back - RECENT)
    }

    #[cold]
    fn before_recent(&self, n: usize, back: usize) -> (u32, &[R]) {
        let (size, (steps, states)) = (self.start.len(), &self.older[n]);
        match steps.len().checked_sub(back) {
            Some(k) => (steps[k], &states[k * size..(k + 1) * size]),
            None => (0, &self.start),
        }
    }

    /// How many spikes of target `n` come after a step.
    pub fn since(&self, n: usize, step: u32) -> u32 {
        self.later::<Baseline>(n, step)
    }

    /// The same in a loop: without a branch, since where a step lies among the last is as good as random.
    #[inline(always)]
    pub fn later<L: Level>(&self, n: usize, step: u32) -> u32 {
        let recent = L::count_larger(&self.recent[n].0, step);
        if recent == RECENT as u32 { recent + self.older_since(n, step) } else { recent }
    }

    #[cold]
    fn older_since(&self, n: usize, step: u32) -> u32 {
        self.older[n].0.iter().rev().take_while(|spike| **spike > step).count() as u32
    }

    /// Target by target, the steps of its last spikes.
    #[inline(always)]
    pub fn all_recent(&self) -> &[Steps] {
        &self.recent
    }

    /// How many spikes of target `n` are needed by those who have seen them until and with step `until`: those after it, and the
    /// last of the others.
    pub fn needed(&self, n: usize, until: i64) -> usize {
        let all = self.count(n);
        let after = if until < 0 { all } else { self.since(n, until.min(u32::MAX.into()) as u32) as usize };
        all.min(after + 1)
    }

    /// Forgets spikes of target `n` until and with step `until` but for the last of them, after which the state is still
    /// needed.
    pub fn forget(&mut self, n: usize, until: i64) {
        let (kept, all) = (self.needed(n, until), self.count(n));
        if kept >= all {
            return;
        }
        let size = self.start.len();
        let (steps, states) = &mut self.older[n];
        let gone = (all - kept).min(steps.len());
        steps.drain(..gone);
        states.drain(..gone * size);
        if kept < RECENT {
            let gone = RECENT - kept;
            self.recent[n].0[..gone].fill(0);
            let states = &mut self.states[n * RECENT * size..][..gone * size];
            states.iter_mut().zip(self.start.iter().cycle()).for_each(|(state, &start)| *state = start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Past, RECENT};

    fn spikes(past: &Past<f64>) -> Vec<(u32, f64)> {
        past.spikes(1).map(|(step, state)| (step, state[0])).collect()
    }

    #[test]
    fn spikes_are_counted_from_the_end_however_many_are_kept() {
        let mut past = Past::new(3, &[-1.0]);
        let steps: Vec<u32> = (1..=2 * RECENT as u32 + 3).map(|k| 10 * (k / 2)).collect();
        for (kept, &step) in (1..).zip(&steps) {
            past.push(1, step.max(1), &[kept as f64]);
            for after in 0..200 {
                let expected = steps[..kept].iter().filter(|&&step| step.max(1) > after).count() as u32;
                assert_eq!(past.since(1, after), expected, "{kept} spikes, after {after}");
            }
            assert_eq!(past.at(1, 1), (step.max(1), [kept as f64].as_slice()));
            assert_eq!(past.at(1, kept as u32), (1, [1.0].as_slice()), "the first of {kept}");
            assert_eq!(past.at(1, kept as u32 + 1), (0, [-1.0].as_slice()), "there is none before");
        }
        assert_eq!((past.count(0), past.count(1), past.count(2)), (0, steps.len(), 0), "targets are apart");
    }

    #[test]
    fn what_is_forgotten_is_as_if_it_had_never_been_but_for_the_last() {
        for count in 1..=2 * RECENT as u32 {
            for until in -1..=i64::from(count) + 1 {
                let mut past = Past::new(2, &[0.5]);
                (1..=count).for_each(|step| past.push(1, step, &[f64::from(step)]));
                past.forget(1, until);
                let kept = |step: &u32| i64::from(*step) >= until;
                let expected: Vec<(u32, f64)> =
                    (1..=count).filter(|step| kept(step) || *step == count).map(|k| (k, f64::from(k))).collect();
                assert_eq!(spikes(&past), expected, "{count} spikes, until {until}");
                let mut fresh = Past::new(2, &[0.5]);
                expected.iter().for_each(|&(step, state)| fresh.push(1, step, &[state]));
                for back in 1..=count + 2 {
                    assert_eq!(past.at(1, back), fresh.at(1, back), "{count} spikes, until {until}, {back} back");
                }
            }
        }
        let mut past = Past::new(2, &[0.5]);
        past.push(1, 7, &[3.0]);
        past.clear(1);
        assert_eq!((past.count(1), past.at(1, 1)), (0, (0, [0.5].as_slice())));
    }
}
