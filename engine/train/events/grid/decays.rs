//! What is left of potentials and currents after a number of steps: tables, so that an event costs a look-up.

use crate::number::Number;
use crate::train::events::grid::constants::{Constants, Kinetics};

/// What is smaller than e to this does not count.
const VANISHED: f64 = -60.0;
/// Entries of all tables at most; where kinetics differ from neuron to neuron, exponentials are computed instead.
const MOST_ENTRIES: u64 = 4 << 20;

/// What is left after a number of steps: of a potential (mV/mV), of a current (pA/pA), and what a current does to the
/// potential (mV/pA).
#[derive(Debug, Clone, Copy)]
pub(in crate::train::events) struct Left<R> {
    pub potential: R,
    pub current: R,
    pub response: R,
}

/// The decay of one kind of neuron.
#[derive(Debug)]
pub(in crate::train::events) struct Decay<R> {
    /// Per channel, by steps.
    tables: [Vec<Left<R>>; 2],
    /// Where there are no tables.
    computed: Option<(Kinetics, f64)>,
    /// 1/τ_syn, 1/ms.
    pub rates: [R; 2],
    /// 1/C_m, 1/pF.
    pub inverse_c: R,
    /// The value of one count of each channel, pA.
    pub units: [R; 2],
}

/// The decays of all kinds of neurons of a network.
#[derive(Debug)]
pub(in crate::train::events) struct Decays<R>(pub Vec<Decay<R>>);

impl<R: Number> Decays<R> {
    /// For a run of `steps` steps.
    pub fn new(constants: &Constants, dt: f64, steps: u64) -> Decays<R> {
        let slowest = |k: &Kinetics| k.membrane.tau_m.max(k.membrane.tau_syn[0]).max(k.membrane.tau_syn[1]);
        let length = |k: &Kinetics| ((-VANISHED * slowest(k) / dt) as u64 + 1).min(steps + 1);
        let entries: u64 = constants.kinetics.iter().map(|k| 2 * length(k)).sum();
        let tabled = entries <= MOST_ENTRIES;
        let decay = |own: &Kinetics| {
            let left = |channel: usize| (0..length(own)).map(move |n| left(own, channel, n as f64 * dt)).collect();
            Decay {
                tables: if tabled { [left(0), left(1)] } else { Default::default() },
                computed: (!tabled).then_some((*own, dt)),
                rates: own.membrane.tau_syn.map(|tau| R::of(1.0 / tau)),
                inverse_c: R::of(1.0 / own.membrane.c_m),
                units: own.units.map(R::of),
            }
        };
        Decays(constants.kinetics.iter().map(decay).collect())
    }
}

impl<R: Number> Decay<R> {
    /// What is left after `n` steps.
    #[inline(always)]
    pub fn after(&self, channel: usize, n: u32) -> Left<R> {
        match self.tables[channel & 1].get(n as usize) {
            Some(found) => *found,
            None => self.beyond(channel, n),
        }
    }

    #[cold]
    fn beyond(&self, channel: usize, n: u32) -> Left<R> {
        let none = R::of(0.0);
        match &self.computed {
            Some((own, dt)) => left(own, channel, f64::from(n) * dt),
            None => Left { potential: none, current: none, response: none },
        }
    }
}

fn left<R: Number>(own: &Kinetics, channel: usize, ms: f64) -> Left<R> {
    let (current, response) = own.membrane.response(channel, ms);
    Left { potential: R::of((-ms / own.membrane.tau_m).exp()), current: R::of(current), response: R::of(response) }
}
