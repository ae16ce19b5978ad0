//! Bounds of weights that learn, known before they are laid out.

use crate::network::Plasticity;

/// The bound of weights that have none, in units of the largest initial weight.
const ROOM: f64 = 16.0;
/// The largest bound of a rule that is used as it is, in units of the largest initial weight: sums of 32 bits resolve
/// weights below it finely enough.
const IN_REACH: f64 = 1024.0;

/// The bounds of the weights of a projection that learns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Learned {
    /// The ends between which weights stay.
    pub range: (f64, f64),
}

impl Learned {
    /// The bounds of weights whose initial values lie between the ends of `start`.
    pub fn new(plasticity: &Plasticity, start: (f64, f64), dt: f64) -> Learned {
        let ends = [0, 1].map(|end| plasticity.rule.weight_range(&plasticity.at_end(end), dt));
        let (low, high) = (ends[0].0.min(ends[1].0), ends[0].1.max(ends[1].1));
        let largest = start.0.abs().max(start.1.abs());
        if !plasticity.rule.learns() {
            return Learned { range: start };
        }
        let room = plasticity.most.unwrap_or(ROOM * largest);
        // Unless the user gives one, the bound is that of the rule, if it is within reach.
        let within = |end: f64| match plasticity.most {
            None if largest == 0.0 && end.is_finite() || end.abs() <= IN_REACH * largest => end,
            _ => end.clamp(-room, room),
        };
        Learned { range: (within(low), within(high)) }
    }

    /// Whether no weight can be above zero and some can be below, so that a weight of zero counts as inhibitory, too.
    pub fn inhibits(self) -> bool {
        self.range.0 < 0.0 && self.range.1 <= 0.0
    }

    /// The largest magnitude of a weight.
    pub fn most(self) -> f64 {
        self.range.0.abs().max(self.range.1.abs())
    }
}
