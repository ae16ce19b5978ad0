//! Stores potentials as differences from where they rest, if the equations allow it: f32 resolves 1e-6 mV near 0 mV,
//! but not near -70 mV.
//!
//! A variable that starts at a parameter is stored as its difference from it. This is possible where equations only
//! subtract the variable from potentials, add to it, compare it with potentials or choose between it and potentials:
//! then x - y, where x is stored so and y is a parameter, becomes the stored value plus a difference of parameters. A
//! variable that is multiplied, or is the argument of a function, is stored as it is.

use crate::equations::text::hoist::fixed_values;
use crate::equations::text::simple::simply;
use crate::equations::text::step::Parts;
use crate::equations::{Function, Graph, Id, Op};

/// Which inputs are stored as differences, and from what.
struct Shift<'a> {
    /// The place, among the inputs, of the parameter from which they are differences.
    from: usize,
    /// How many inputs, the first, do not change while a model runs.
    fixed: usize,
    /// Places of the inputs that are differences.
    inputs: &'a [usize],
}

/// A value in the graph that is being made.
#[derive(Debug, Clone, Copy)]
enum Value {
    /// The value as it was.
    Plain(Id),
    /// The value less the parameter.
    Less(Id),
}

impl Value {
    /// The value in the new graph, whichever of the two it is.
    fn id(self) -> Id {
        match self {
            Value::Plain(id) | Value::Less(id) => id,
        }
    }
}

impl Parts {
    /// The parts with the variables at these places stored as differences from the fixed input at `from`; `None` if
    /// that is not possible.
    pub(crate) fn relative_to(&self, from: usize, variables: &[usize]) -> Option<Parts> {
        let fixed = self.fixed.len();
        let states: Vec<usize> = variables.iter().map(|&i| fixed + i).collect();
        let before = states.iter().map(|place| place + self.states.len());
        let both: Vec<usize> = states.iter().copied().chain(before).collect();
        let of_states = Shift { from, fixed, inputs: &states };
        let of_both = Shift { from, fixed, inputs: &both };
        let changed = |function: &Option<Function>| match function {
            Some(function) => Some(Some(of_states.in_differences(function, |place| variables.contains(&place))?)),
            None => Some(None),
        };
        let of_rates = if self.before.is_empty() { &of_states } else { &of_both };
        let part = match &self.part {
            Some(part) => Some(of_rates.in_differences(part, |_| false)?),
            None => None,
        };
        let mut holds = Vec::new();
        for (place, value) in &self.holds {
            holds.push((*place, of_states.in_differences(value, |_| variables.contains(place))?));
        }
        let mut parts = Parts {
            arrive: changed(&self.arrive)?,
            ranges: changed(&self.ranges)?,
            reset: changed(&self.reset)?,
            part,
            holds,
            ..self.clone()
        };
        parts.system.rates = of_rates.in_differences(&self.system.rates, |_| false)?;
        if let Some(spike) = &self.spike {
            parts.spike = Some(of_both.in_differences(spike, |_| false)?);
        }
        Some(parts)
    }
}

impl Shift<'_> {
    /// The same function of inputs that are differences; `difference` says which outputs are to be differences, too.
    /// `None` if that is not possible.
    fn in_differences(&self, function: &Function, difference: impl Fn(usize) -> bool) -> Option<Function> {
        let is_fixed = fixed_values(&function.graph, self.fixed);
        let mut graph = Graph::default();
        let from = graph.push(Op::Input(self.from as u32));
        let mut new: Vec<Value> = Vec::new();
        // There are no repetitions before a step is put together.
        for &op in function.graph.ops() {
            new.push(self.operation(&mut graph, op, &new, &|of| is_fixed[of as usize], from)?);
        }
        let mut outputs = Vec::new();
        for (place, (name, id)) in function.outputs.iter().enumerate() {
            let value = match (new[*id as usize], difference(place)) {
                (Value::Less(id), true) | (Value::Plain(id), false) => id,
                (Value::Plain(value), true) if is_fixed[*id as usize] => simply(&mut graph, Op::Sub(value, from)),
                _ => return None,
            };
            outputs.push((name.clone(), value));
        }
        Some(Function { inputs: function.inputs.clone(), graph, outputs }.pruned())
    }

    /// An operation on the new values `new`; `None` where it would need the value itself of a difference.
    fn operation(
        &self,
        graph: &mut Graph,
        op: Op,
        new: &[Value],
        is_fixed: &dyn Fn(Id) -> bool,
        from: Id,
    ) -> Option<Value> {
        use Value::{Less, Plain};
        let at = |id: Id| new[id as usize];
        // A fixed value less the parameter.
        let less = |graph: &mut Graph, id: Id| match at(id) {
            Less(value) => Some(value),
            Plain(value) => is_fixed(id).then(|| simply(graph, Op::Sub(value, from))),
        };
        if let Op::Input(place) = op {
            let id = graph.push(op);
            return Some(if self.inputs.contains(&(place as usize)) { Less(id) } else { Plain(id) });
        }
        let differences = op.arguments().filter(|&of| matches!(at(of), Less(_))).count();
        if differences == 0 {
            return Some(Plain(graph.push(op.map(|of| at(of).id()))));
        }
        Some(match op {
            Op::Add(a, b) if differences == 1 => Less(graph.push(Op::Add(at(a).id(), at(b).id()))),
            // A value that changes, and is no potential, is subtracted from a potential.
            Op::Sub(a, b) if differences == 1 && matches!(at(a), Less(_)) && !is_fixed(b) => {
                Less(graph.push(Op::Sub(at(a).id(), at(b).id())))
            }
            Op::Sub(a, b) => {
                let (a, b) = (less(graph, a)?, less(graph, b)?);
                Plain(simply(graph, Op::Sub(a, b)))
            }
            Op::Above(a, b) => {
                let (a, b) = (less(graph, a)?, less(graph, b)?);
                Plain(graph.push(Op::Above(a, b)))
            }
            Op::Choose(condition, a, b) => {
                let Plain(condition) = at(condition) else { return None };
                let (a, b) = (less(graph, a)?, less(graph, b)?);
                Less(graph.push(Op::Choose(condition, a, b)))
            }
            _ => return None,
        })
    }
}
