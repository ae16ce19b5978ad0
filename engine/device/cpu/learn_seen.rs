//! The state of each target that spikes of sources see, where all synapses have one delay: kept from step to step, since few
//! targets fire in between.

use std::collections::VecDeque;

use crate::device::plastic::past::Past;
use crate::number::Number;

/// Target by target, its last spike before a step, and the state after it.
#[derive(Debug)]
pub struct Seen<R> {
    /// The step that it holds for; `None` before the first, and after [`Seen::forget`].
    until: Option<i64>,
    /// The step of the last spike of each target before that step; 0 where there is none.
    pub before: Vec<u32>,
    /// The state after that spike, a list over targets for each variable.
    pub state: Vec<Vec<R>>,
    /// Spikes from that step on: their steps, in order, and targets.
    ahead: VecDeque<(u32, u32)>,
}

impl<R: Number> Seen<R> {
    /// Knows nothing yet; targets have `states` variables.
    pub fn new(states: usize) -> Seen<R> {
        Seen { until: None, before: Vec::new(), state: vec![Vec::new(); states], ahead: VecDeque::new() }
    }

    /// Notes a spike of target `n` in `step`, which is no earlier than any before it.
    pub fn push(&mut self, n: usize, step: u32) {
        if self.until.is_none() {
            return;
        }
        // So many that a fresh look at all targets is cheaper.
        if self.ahead.len() > 4 * self.before.len() {
            return self.forget();
        }
        self.ahead.push_back((step, n as u32));
    }

    /// Forgets all, since `past` is another.
    pub fn forget(&mut self) {
        self.until = None;
        self.ahead.clear();
    }

    /// Advances to step `until`, by what `past` knows.
    pub fn advance(&mut self, past: &Past<R>, until: i64) {
        if self.until.is_some_and(|now| now <= until) {
            while let Some((_, n)) = self.ahead.pop_front_if(|(step, _)| i64::from(*step) < until) {
                self.look(past, n as usize, until);
            }
        } else {
            self.forget();
            self.before.resize(past.targets(), 0);
            self.state.iter_mut().for_each(|column| column.resize(past.targets(), R::default()));
            for n in 0..past.targets() {
                self.look(past, n, until);
                let later = (1..=past.since(n, (until - 1).max(0) as u32)).map(|back| (past.at(n, back).0, n as u32));
                self.ahead.extend(later);
            }
            self.ahead.make_contiguous().sort_unstable();
        }
        self.until = Some(until);
    }

    /// Looks up target `n` alone, before step `until`.
    fn look(&mut self, past: &Past<R>, n: usize, until: i64) {
        let (before, state) = past.at(n, past.since(n, (until - 1).max(0) as u32) + 1);
        self.before[n] = before;
        self.state.iter_mut().zip(state).for_each(|(column, &value)| column[n] = value);
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;
    use crate::device::plastic::past::Past;

    #[test]
    fn what_is_kept_is_what_a_fresh_look_finds() {
        let mut past = Past::new(3, &[-1.0]);
        let mut seen = Seen::new(1);
        seen.advance(&past, -2);
        // A partner: spikes that are not noted are not seen.
        let (mut deaf, mut differs) = (Seen::new(1), false);
        deaf.advance(&past, -2);
        let mut random = 1u32;
        for step in 1..400u32 {
            for n in 0..3 {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                for _ in 0..[0, 0, 0, 0, 1, 2, 0, 0][(random >> 29) as usize] {
                    past.push(n, step, &[f64::from(step) + n as f64 / 4.0]);
                    seen.push(n, step);
                }
            }
            let until = i64::from(step) - i64::from(random >> 16 & 3) / 2 * 2 - 15;
            let later = seen.until.is_none_or(|now| now <= until);
            // Back, ahead, or not asked for.
            if later || step % 50 == 0 {
                seen.advance(&past, until);
                let mut fresh = Seen::new(1);
                fresh.advance(&past, until);
                deaf.advance(&past, until);
                differs |= deaf.before != fresh.before;
                assert_eq!((&seen.before, &seen.state), (&fresh.before, &fresh.state), "step {step}, until {until}");
            }
        }
        assert!(differs);
    }
}
