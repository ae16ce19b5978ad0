//! The spikes of a neuron that its synapses have yet to see, with the state at the target after each.

use crate::simd::prefetch;

/// Spikes in order, and a few numbers after each.
#[derive(Debug, Clone)]
pub struct Past<R> {
    steps: Vec<u32>,
    states: Vec<R>,
}

impl<R> Default for Past<R> {
    fn default() -> Past<R> {
        Past { steps: Vec::new(), states: Vec::new() }
    }
}

impl<R: Copy> Past<R> {
    /// Spikes.
    #[inline(always)]
    pub fn steps(&self) -> &[u32] {
        &self.steps
    }

    /// The numbers after each, spike by spike.
    pub fn states(&self) -> &[R] {
        &self.states
    }

    /// Adds a spike, no earlier than the last, and the state after it.
    pub fn push(&mut self, step: u32, state: &[R]) {
        self.steps.push(step);
        self.states.extend_from_slice(state);
    }

    /// The step of spike `before - 1` and the `size` numbers after it; time 0 and nothing where there is none.
    #[inline(always)]
    pub fn ahead_of(&self, before: usize, size: usize) -> (u32, Option<&[R]>) {
        match before.checked_sub(1) {
            Some(k) => (self.steps[k], Some(&self.states[k * size..(k + 1) * size])),
            None => (0, None),
        }
    }

    /// The numbers after the last spike.
    pub fn last(&self, size: usize) -> (u32, Option<&[R]>) {
        self.ahead_of(self.steps.len(), size)
    }

    /// Asks for the last spike and the `size` numbers after it ahead of their use.
    #[inline(always)]
    pub fn fetch(&self, size: usize) {
        prefetch(&self.steps, self.steps.len().saturating_sub(1));
        prefetch(&self.states, (self.steps.len().saturating_sub(1)) * size);
    }

    /// The spikes after step `after` until and with step `until`, as the first and the one behind the last, and how many lie
    /// before `until`. Looked for from the end, since they are the latest.
    #[inline(always)]
    pub fn window(&self, after: i64, until: i64) -> [u32; 3] {
        let mut end = self.steps.len();
        while end > 0 && i64::from(self.steps[end - 1]) > until {
            end -= 1;
        }
        let mut start = end;
        while start > 0 && i64::from(self.steps[start - 1]) > after {
            start -= 1;
        }
        let mut before = end;
        while before > 0 && i64::from(self.steps[before - 1]) == until {
            before -= 1;
        }
        [start as u32, end as u32, before as u32]
    }

    /// Forgets spikes until and with step `until` but for the last of them, after which the state is still needed.
    pub fn forget(&mut self, until: i64, size: usize) {
        let seen = self.steps.partition_point(|&step| i64::from(step) <= until);
        let gone = seen.saturating_sub(1);
        self.steps.drain(..gone);
        self.states.drain(..gone * size);
    }
}

#[cfg(test)]
mod tests {
    use super::Past;

    #[test]
    fn windows_are_open_at_the_past_and_closed_at_the_present() {
        let mut past = Past::default();
        for (k, step) in [3, 5, 5, 9].into_iter().enumerate() {
            past.push(step, &[k as f64, -(k as f64)]);
        }
        for ((after, until), window) in [
            ((0, 2), [0, 0, 0]),
            ((0, 3), [0, 1, 0]),
            ((3, 5), [1, 3, 1]),
            ((2, 8), [0, 3, 3]),
            ((5, 9), [3, 4, 3]),
            ((i64::MIN, 99), [0, 4, 4]),
            ((9, 99), [4, 4, 4]),
        ] {
            assert_eq!(past.window(after, until), window, "({after}, {until}]");
        }
        assert_eq!(past.ahead_of(0, 2), (0, None));
        assert_eq!(past.ahead_of(3, 2), (5, Some([2.0, -2.0].as_slice())));
        past.forget(4, 2);
        assert_eq!(past.steps(), [3, 5, 5, 9]);
        past.forget(5, 2);
        assert_eq!((past.steps(), past.last(2)), ([5, 9].as_slice(), (9, Some([3.0, -3.0].as_slice()))));
    }
}
