//! The signals that a model gives its couplings: functions of its state at the end of a step.

use std::ops::Range;

use crate::equations::text::Signal;
use crate::equations::{Function, Interpret, Program};
use crate::simd::Workspace;

/// The signals of a model.
#[derive(Debug)]
pub struct Gives {
    /// Which there are.
    pub signals: Vec<Signal>,
    function: Function,
    program: Program,
}

/// Neurons of a piece of a population, field by field.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a, R> {
    /// Derived values.
    pub derived: &'a [R],
    /// Entries for each: 1, or the neurons of the piece.
    pub derived_stride: usize,
    /// State.
    pub state: &'a [R],
    /// From a field of it to the next.
    pub stride: usize,
}

/// SignalColumns for the signals of some neurons.
#[derive(Debug, Default)]
pub struct SignalColumns<R> {
    workspace: Option<Workspace<R>>,
    /// Per signal, one for each neuron.
    pub values: Vec<Vec<R>>,
}

impl Gives {
    /// From derived values and state to the signals.
    pub fn new(signals: &[Signal], gives: &Function) -> Gives {
        Gives { signals: signals.to_vec(), function: gives.clone(), program: Program::new(gives, &[]) }
    }

    /// From derived values and state to the signals.
    pub fn function(&self) -> &Function {
        &self.function
    }

    /// The signals of some neurons into `room`.
    pub fn fill<R: Interpret>(&self, fields: Piece<'_, R>, neurons: &Range<usize>, room: &mut SignalColumns<R>) {
        let most = Program::tile::<R>();
        let SignalColumns { workspace, values } = room;
        let workspace = workspace.get_or_insert_with(|| self.program.workspace(most));
        values.resize_with(self.signals.len(), Vec::new);
        values.iter_mut().for_each(|values| values.resize(neurons.len(), R::default()));
        for start in (0..neurons.len()).step_by(most) {
            let own = start..neurons.len().min(start + most);
            let mut table = workspace.table(own.len());
            for derived in fields.derived.chunks(fields.derived_stride.max(1)) {
                match derived {
                    [value] => table.share(*value),
                    each => table.read(&each[neurons.start + start..]),
                }
            }
            for field in fields.state.chunks(fields.stride.max(1)) {
                table.read(&field[neurons.start + start..][..own.len()]);
            }
            values.iter_mut().for_each(|values| table.write(&mut values[own.clone()]));
            self.program.run(&mut table);
        }
    }
}
