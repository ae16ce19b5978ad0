//! Reverse mode: from adjoints of the outputs to adjoints of the inputs (Griewank & Walther 2008, chapter 3).

use super::repeat::Backward;
use super::surrogate::Surrogate;
use super::{Activity, activity};
use crate::equations::graph::{Function, Graph, Id, Op};
use crate::error::Result;

/// The adjoint of a function: its inputs are those of the function and then `bar.<output>` for each output, its outputs
/// `bar.<input>` for each of the inputs at the places `wanted`: Σ over the outputs of their bar times their derivative.
///
/// Where a value is chosen, the branch that is not chosen does not contribute, even where its own derivative is
/// infinite.
///
/// # Errors
/// A place that is not one of an input, or that is named twice; a wanted input that flows into a word.
pub fn adjoint(function: &Function, wanted: &[usize], surrogate: &Surrogate) -> Result<Function> {
    let function = function.pruned();
    let activity = activity(&function, wanted)?;
    let values = function.graph.ops().len();
    let graph = function.graph.clone();
    let risky = may_be_infinite(&graph);
    let mut reverse = Reverse { function: &function, activity, risky, surrogate, graph, bars: vec![None; values] };
    let mut inputs = function.inputs.clone();
    for (name, id) in &function.outputs {
        let value = reverse.graph.push(Op::Input(inputs.len() as u32));
        inputs.push(format!("bar.{name}"));
        reverse.accumulate(*id, Bar { value, gate: None });
    }
    for id in (0..values as Id).rev() {
        reverse.pass_on(id)?;
    }
    let outputs = wanted.iter().map(|&place| reverse.input_adjoint(place)).collect();
    Ok(Function { inputs, graph: reverse.graph, outputs }.pruned())
}

/// The adjoint of a value, or a contribution to it.
#[derive(Debug, Clone, Copy)]
struct Bar {
    /// The adjoint.
    value: Id,
    /// A truth; where it is false the value is not chosen, and its adjoint is zero.
    gate: Option<Id>,
}

/// For each value, whether it may be infinite or NaN where it is not chosen, though all inputs are finite.
fn may_be_infinite(graph: &Graph) -> Vec<bool> {
    let mut risky: Vec<bool> = Vec::with_capacity(graph.ops().len());
    for (id, op) in graph.ops().iter().enumerate() {
        let itself = matches!(op, Op::Div(..) | Op::Ln(_) | Op::Sqrt(_) | Op::OfBits(_) | Op::Repeat(_));
        risky.push(itself || graph.arguments(id as Id).any(|a| risky[a as usize]));
    }
    risky
}

/// An adjoint that is being made.
struct Reverse<'a> {
    function: &'a Function,
    activity: Activity,
    /// See [`may_be_infinite`].
    risky: Vec<bool>,
    surrogate: &'a Surrogate,
    /// The values of the function, at the same places, and then those of the adjoint.
    graph: Graph,
    /// The adjoint of each value of the function so far; `None` where nothing has contributed.
    bars: Vec<Option<Bar>>,
}

impl Reverse<'_> {
    /// Adds a contribution to the adjoint of `to`, if that depends on a wanted input.
    fn accumulate(&mut self, to: Id, bar: Bar) {
        if !self.activity.is_active(to) {
            return;
        }
        let sum = match self.bars[to as usize] {
            None => bar,
            Some(known) => Bar {
                value: self.graph.push(Op::Add(known.value, bar.value)),
                gate: self.either_gate(known.gate, bar.gate),
            },
        };
        self.bars[to as usize] = Some(sum);
    }

    /// The gate of a sum of two contributions: open where one of theirs is; `None` if one is always open.
    fn either_gate(&mut self, a: Option<Id>, b: Option<Id>) -> Option<Id> {
        match (a?, b?) {
            (a, b) if a == b => Some(a),
            (a, b) => Some(self.graph.push(Op::Or(a, b))),
        }
    }

    /// The adjoint as zero where its gate is shut, where 0·∞ may have made it NaN.
    fn gated(&mut self, bar: Bar) -> Bar {
        let Some(gate) = bar.gate else { return bar };
        let zero = self.graph.constant(0.0);
        Bar { value: self.graph.push(Op::Choose(gate, bar.value, zero)), ..bar }
    }

    /// Adds to the adjoints of the values that `id` is made of what its own adjoint contributes.
    fn pass_on(&mut self, id: Id) -> Result<()> {
        if let Op::Repeat(place) = self.function.graph.ops()[id as usize] {
            return self.pass_on_repeat(id, place as usize);
        }
        let Some(bar) = self.bars[id as usize] else { return Ok(()) };
        match self.function.graph.ops()[id as usize] {
            Op::Add(a, b) => {
                self.accumulate(a, bar);
                self.accumulate(b, bar);
            }
            Op::Sub(a, b) => {
                self.accumulate(a, bar);
                self.add_negative(b, bar);
            }
            Op::Mul(a, b) => {
                self.add_product(a, bar, b);
                self.add_product(b, bar, a);
            }
            Op::Div(a, b) => self.divide(a, b, id, bar),
            Op::Neg(a) => self.add_negative(a, bar),
            Op::Sqrt(a) => {
                let twice = self.graph.push(Op::Add(id, id));
                let ratio = self.divided(bar, twice);
                self.accumulate(a, ratio);
            }
            Op::Exp(a) => self.add_product(a, bar, id),
            Op::Ln(a) => {
                let ratio = self.divided(bar, a);
                self.accumulate(a, ratio);
            }
            Op::Spike(margin) => {
                let slope = self.surrogate.value(&mut self.graph, margin);
                let value = self.graph.push(Op::Mul(bar.value, slope));
                self.accumulate(margin, Bar { value, ..bar });
            }
            Op::Choose(which, yes, no) => self.add_choice(which, yes, no, bar),
            _ => {}
        }
        Ok(())
    }

    /// Adds the negative of a contribution to the adjoint of `to`.
    fn add_negative(&mut self, to: Id, bar: Bar) {
        let value = self.graph.push(Op::Neg(bar.value));
        self.accumulate(to, Bar { value, ..bar });
    }

    /// Adds a contribution times a partial derivative to the adjoint of `to`.
    fn add_product(&mut self, to: Id, bar: Bar, factor: Id) {
        let bar = self.times(bar, factor);
        self.accumulate(to, bar);
    }

    /// The contribution times a factor; gated where the factor may be infinite, since 0·∞ is NaN.
    fn times(&mut self, bar: Bar, factor: Id) -> Bar {
        let value = self.graph.push(Op::Mul(bar.value, factor));
        if self.risky[factor as usize] { self.gated(Bar { value, ..bar }) } else { Bar { value, ..bar } }
    }

    /// Adds to the adjoints of a and b, whose quotient has the adjoint `bar`: bar / b to that of a, and -bar / b times
    /// the quotient to that of b.
    fn divide(&mut self, a: Id, b: Id, quotient: Id, bar: Bar) {
        let ratio = self.divided(bar, b);
        self.accumulate(a, ratio);
        let product = self.times(ratio, quotient);
        self.add_negative(b, product);
    }

    /// The contribution divided by a value; gated, since the divisor may be 0.
    fn divided(&mut self, bar: Bar, divisor: Id) -> Bar {
        let value = self.graph.push(Op::Div(bar.value, divisor));
        self.gated(Bar { value, ..bar })
    }

    /// Adds to the adjoints of the two branches of a choice: the one that is chosen gets the contribution, the other
    /// one zero.
    fn add_choice(&mut self, which: Id, yes: Id, no: Id, bar: Bar) {
        let zero = self.graph.constant(0.0);
        let not = self.graph.push(Op::Not(which));
        for (to, open, op) in
            [(yes, which, Op::Choose(which, bar.value, zero)), (no, not, Op::Choose(which, zero, bar.value))]
        {
            let value = self.graph.push(op);
            let gate = match bar.gate {
                None => open,
                Some(outer) => self.graph.push(Op::And(outer, open)),
            };
            self.accumulate(to, Bar { value, gate: Some(gate) });
        }
    }

    /// Adds to the adjoints of the start and of the fixed values of a repetition what those of its results contribute.
    fn pass_on_repeat(&mut self, id: Id, place: usize) -> Result<()> {
        let repeat = &self.function.graph.repeats()[place];
        let zero = self.graph.constant(0.0);
        let mut results: Vec<Option<Bar>> = vec![None; repeat.start.len()];
        for (at, op) in self.function.graph.ops().iter().enumerate() {
            if let Op::Result(of, k) = *op
                && of == id
            {
                results[k as usize] = self.bars[at];
            }
        }
        let known: Vec<Bar> = results.iter().flatten().copied().collect();
        let Some(first) = known.first() else { return Ok(()) };
        let mut gate = first.gate;
        for bar in &known {
            gate = self.either_gate(gate, bar.gate);
        }
        let active: Vec<bool> =
            self.activity.repeats[place].iter().flat_map(|r| &r.inputs).map(Option::is_some).collect();
        let used = results.iter().map(Option::is_some).collect();
        let backward = Backward::new(repeat, &active, used, self.surrogate)?;
        let bars: Vec<Id> = results.iter().map(|bar| bar.map_or(zero, |bar| bar.value)).collect();
        for (to, value) in backward.call(&mut self.graph, repeat, &bars) {
            let bar = self.gated(Bar { value, gate });
            self.accumulate(to, bar);
        }
        Ok(())
    }

    /// The adjoint of the input at `place`, named `bar.<input>`; 0 if no output depends on it.
    fn input_adjoint(&mut self, place: usize) -> (String, Id) {
        let name = format!("bar.{}", self.function.inputs[place]);
        let input = Op::Input(place as u32);
        let at = self.function.graph.ops().iter().position(|op| *op == input);
        let bar = at.and_then(|at| self.bars[at]);
        (name, bar.map_or_else(|| self.graph.constant(0.0), |bar| bar.value))
    }
}
