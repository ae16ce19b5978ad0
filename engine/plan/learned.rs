//! What is known of weights that learn before they are laid out.

use crate::network::Plasticity;

/// Room for weights that have no bound: so many times the largest at first.
const ROOM: f64 = 16.0;

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
        Learned { range: (low.max(-room), high.min(room)) }
    }

    /// The largest magnitude.
    pub fn most(self) -> f64 {
        self.range.0.abs().max(self.range.1.abs())
    }
}
