//! What is known of weights that learn before they are laid out.

use crate::network::Plasticity;

/// Room for weights that have no bound: so many times the largest at first.
const ROOM: f64 = 16.0;
/// A bound that is not beyond so many times the largest at first is one: sums of 32 bits hold what lies below it finely enough.
const IN_REACH: f64 = 1024.0;

/// What is known of the weights of a projection that learns, before it is laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Learned {
    /// The ends between which they stay.
    pub range: (f64, f64),
}

impl Learned {
    /// Of weights that lie in `start` at first.
    pub fn new(plasticity: &Plasticity, start: (f64, f64), dt: f64) -> Learned {
        let ends = [0, 1].map(|end| plasticity.rule.weight_range(&plasticity.at_end(end), dt));
        let (low, high) = (ends[0].0.min(ends[1].0), ends[0].1.max(ends[1].1));
        let largest = start.0.abs().max(start.1.abs());
        if !plasticity.rule.learns() {
            return Learned { range: start };
        }
        let room = plasticity.most.unwrap_or(ROOM * largest);
        // Where nothing else is asked for, a bound of the rule is the room that it takes; one out of reach is none.
        let within = |end: f64| match plasticity.most {
            None if largest == 0.0 && end.is_finite() || end.abs() <= IN_REACH * largest => end,
            _ => end.clamp(-room, room),
        };
        Learned { range: (within(low), within(high)) }
    }

    /// Whether they stay below zero, where one of zero inhibits, too.
    pub fn inhibits(self) -> bool {
        self.range.0 < 0.0 && self.range.1 <= 0.0
    }

    /// The largest magnitude.
    pub fn most(self) -> f64 {
        self.range.0.abs().max(self.range.1.abs())
    }
}
