//! The signals that a model gives its couplings: functions of its state at the end of a step.

use std::ops::Range;

use crate::equations::text::Signal;
use crate::equations::{Function, Interpret, Program};
use crate::simd::Workspace;

/// The signals of a model, and the function that computes them.
#[derive(Debug)]
pub struct Signals {
    /// Names and units, in the order of the function's outputs.
    pub signals: Vec<Signal>,
    equations: Function,
    program: Program,
}

/// Derived values and state of the neurons of a piece of a population, field by field.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a, R> {
    /// Derived values, field by field; one entry for each field where all neurons have the same.
    pub derived: &'a [R],
    /// Entries of each derived field: 1, or the number of neurons of the piece.
    pub derived_stride: usize,
    /// State variables, field by field.
    pub state: &'a [R],
    /// The distance from a field of the state to the next.
    pub stride: usize,
}

/// The signals of some neurons, a column for each signal, with the memory that computing them needs.
#[derive(Debug, Default)]
pub struct SignalColumns<R> {
    workspace: Option<Workspace<R>>,
    /// For each signal, its values by neuron.
    pub values: Vec<Vec<R>>,
}

impl Signals {
    /// The signals that `equations` computes from derived values and state, an output for each of `signals`.
    pub fn new(signals: &[Signal], equations: &Function) -> Signals {
        Signals { signals: signals.to_vec(), equations: equations.clone(), program: Program::new(equations, &[]) }
    }

    /// The function from derived values and state to the signals.
    pub fn equations(&self) -> &Function {
        &self.equations
    }

    /// Computes the signals of `neurons`, places in the piece whose values are `fields`, and writes them to `columns`,
    /// which are resized to them.
    ///
    /// # Panics
    /// If the piece has fewer neurons.
    pub fn fill<R: Interpret>(&self, fields: Piece<'_, R>, neurons: &Range<usize>, columns: &mut SignalColumns<R>) {
        let most = Program::tile::<R>();
        let SignalColumns { workspace, values } = columns;
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
