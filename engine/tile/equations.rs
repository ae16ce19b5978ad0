//! The equations of a neuron as graphs.

use crate::equations::{Function, Traced, trace};
use crate::tile::{Columns, Neuron};

/// The functions of a neuron model. Their inputs and outputs are in the declared order; a name says what it belongs to
/// (`derived.`, `state.`, `input.`), since a derived value and a state variable may have the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equations {
    /// From the derived values, the state, what arrives on each channel, the current (pA) and the random numbers it
    /// takes, to the state a step later and the margin.
    pub step: Function,
    /// From the derived values and the state to the state after a spike.
    pub reset: Function,
}

impl Equations {
    /// A hash of both functions, see [`Function::digest`].
    pub fn digest(&self) -> u64 {
        // Rotated, so that exchanging step and reset changes the hash.
        self.step.digest().rotate_left(1) ^ self.reset.digest()
    }
}

/// The equations of the neuron `N`, traced from its functions `advance`, `margin` and `reset`.
pub fn equations<N: Neuron>() -> Equations {
    let declared = N::DECLARATION;
    let derived = declared.derived.iter().map(|name| format!("derived.{name}"));
    let state = declared.state.iter().map(|variable| format!("state.{}", variable.name));
    let kept: Vec<String> = derived.chain(state).collect();
    let mut inputs = kept.clone();
    inputs.extend(declared.channels.iter().map(|channel| format!("input.{}", channel.name)));
    inputs.push("current".to_owned());
    let (first, end) = (declared.derived.len(), kept.len());
    let step = trace(inputs, |values| {
        let derived = N::Derived::gather(values, 1, 0);
        let mut state = N::State::gather(&values[first..], 1, 0);
        let channels = end + declared.channels.len();
        N::advance(&derived, &mut state, &values[end..channels], values[channels]);
        let margin = N::margin(&derived, &state);
        let mut outputs = state_outputs::<N>(state);
        outputs.push(("margin".to_owned(), margin));
        outputs
    });
    let reset = trace(kept, |values| {
        let derived = N::Derived::gather(values, 1, 0);
        let mut state = N::State::gather(&values[first..], 1, 0);
        N::reset(&derived, &mut state);
        state_outputs::<N>(state)
    });
    Equations { step, reset }
}

/// The state as named outputs of a function.
fn state_outputs<N: Neuron>(state: N::State<Traced>) -> Vec<(String, Traced)> {
    let names = N::DECLARATION.state.iter().map(|variable| format!("state.{}", variable.name));
    names.zip(state.list()).collect()
}
