//! The adjoint of a repetition.
//!
//! The adjoint takes the turns from the last to the first, and needs the values before each. These are not stored but
//! recomputed, by halving the repetition (Griewank 1992): first the second half from the middle, then the first half
//! from the start, each halved likewise. So n turns cost n adjoints of the body and n/2·log2(n) bodies, and the graph
//! holds at most 2·log2(n) bodies; unrolled it would hold n.

use super::adjoint::adjoint;
use super::surrogate::Surrogate;
use crate::equations::graph::{Function, Graph, Id, Op, Repeat};
use crate::error::Result;

/// The turns of a repetition backwards.
pub(super) struct Backward {
    /// The function of a turn.
    body: Function,
    /// The adjoint of the body: from its inputs and the bars of active carried values to bars of active inputs.
    once: Function,
    /// Places of the active inputs of the body: those that depend on a wanted input, and on which a used result
    /// depends. Carried values first, then fixed ones.
    carried: Vec<usize>,
    fixed: Vec<usize>,
    /// The number of carried values.
    start: usize,
}

impl Backward {
    /// The turns of `repeat` backwards; `active` says which inputs of the body depend on wanted inputs, `used` which
    /// results have an adjoint.
    ///
    /// # Errors
    /// Those of [`adjoint`] for the body.
    pub fn new(repeat: &Repeat, active: &[bool], used: Vec<bool>, surrogate: &Surrogate) -> Result<Backward> {
        let start = repeat.start.len();
        let needed = needed_inputs(&repeat.body, used);
        let taken = (0..active.len()).filter(|&place| active[place] && needed[place]);
        let (carried, fixed): (Vec<usize>, Vec<usize>) = taken.partition(|&place| place < start);
        let mut body = repeat.body.clone();
        body.outputs = carried.iter().map(|&k| repeat.body.outputs[k].clone()).collect();
        let wanted: Vec<usize> = carried.iter().chain(&fixed).copied().collect();
        let once = adjoint(&body, &wanted, surrogate)?;
        Ok(Backward { body: repeat.body.clone(), once, carried, fixed, start })
    }

    /// Appends the adjoint of `repeat` to `graph`, where `bars` are the adjoints of its results: pairs of a value that
    /// the repetition is made of and its adjoint.
    pub fn call(&self, graph: &mut Graph, repeat: &Repeat, bars: &[Id]) -> Vec<(Id, Id)> {
        let zero = graph.constant(0.0);
        let mut inputs: Vec<Id> = repeat.start.iter().chain(&repeat.fixed).copied().collect();
        let made_of = inputs.clone();
        inputs.extend(self.carried.iter().map(|&k| bars[k]));
        inputs.extend(self.fixed.iter().map(|_| zero));
        let found = self.turns_backward(repeat.times).call(graph, &inputs);
        let places = self.carried.iter().chain(&self.fixed);
        places.zip(found).map(|(&place, bar)| (made_of[place], bar)).collect()
    }

    /// The function of `times` turns backwards: from the carried values before them, the fixed values, the adjoints of
    /// active carried values after them and the sums of adjoints of active fixed values, to these adjoints before them
    /// and these sums.
    fn turns_backward(&self, times: u32) -> Function {
        let mut turns = Turns::new(self);
        let given = turns.bars.clone();
        let outputs = match times {
            0 => given,
            1 => turns.turn_backward(self, &turns.values.clone(), given),
            _ if times % 2 == 1 => {
                let last = turns.forward(self, times - 1);
                let bars = turns.turn_backward(self, &last, given);
                turns.call(&self.turns_backward(times - 1), &turns.values.clone(), bars)
            }
            _ => turns.half_by_half(self, times / 2),
        };
        let outputs = outputs.into_iter().map(|id| (String::new(), id)).collect();
        Function { inputs: turns.inputs, graph: turns.graph, outputs }.pruned()
    }
}

/// For each input of a body, whether the results that are `used` depend on it, over any number of turns.
fn needed_inputs(body: &Function, mut used: Vec<bool>) -> Vec<bool> {
    loop {
        let mut part = body.clone();
        let mut place = 0..;
        part.outputs.retain(|_| place.next().is_some_and(|k: usize| used[k]));
        let part = part.pruned();
        let has = |place: usize| part.graph.ops().contains(&Op::Input(place as u32));
        let needed: Vec<bool> =
            (0..body.inputs.len()).map(|place| has(place) || used.get(place) == Some(&true)).collect();
        if needed[..used.len()] == used {
            return needed;
        }
        used = needed[..used.len()].to_vec();
    }
}

/// A function of turns backwards that is being made.
struct Turns {
    /// The names of its inputs.
    inputs: Vec<String>,
    graph: Graph,
    /// The carried values before the turns.
    values: Vec<Id>,
    /// The fixed values.
    fixed: Vec<Id>,
    /// The adjoints of active carried values after the turns, and the sums of adjoints of active fixed values.
    bars: Vec<Id>,
}

impl Turns {
    /// A function without operations yet: its inputs are those of the body, the adjoints and the sums.
    fn new(of: &Backward) -> Turns {
        let mut inputs = of.body.inputs.clone();
        let mut graph = Graph::default();
        let mut values: Vec<Id> = (0..inputs.len()).map(|place| graph.push(Op::Input(place as u32))).collect();
        let fixed = values.split_off(of.start);
        let mut bars = Vec::new();
        for _ in of.carried.iter().chain(&of.fixed) {
            bars.push(graph.push(Op::Input(inputs.len() as u32)));
            inputs.push(String::new());
        }
        Turns { inputs, graph, values, fixed, bars }
    }

    /// The carried values after `times` turns.
    fn forward(&mut self, of: &Backward, times: u32) -> Vec<Id> {
        let (body, start, fixed) = (of.body.clone(), self.values.clone(), self.fixed.clone());
        self.graph.repeat(Repeat { times, body, start, fixed, rests: None })
    }

    /// The outputs of `function` for these carried values, the fixed values, and these adjoints.
    fn call(&mut self, function: &Function, values: &[Id], bars: Vec<Id>) -> Vec<Id> {
        let inputs: Vec<Id> = values.iter().chain(&self.fixed).copied().chain(bars).collect();
        function.call(&mut self.graph, &inputs)
    }

    /// One turn backwards: from the carried values before it and the adjoints and sums after it to these before it.
    fn turn_backward(&mut self, of: &Backward, values: &[Id], mut bars: Vec<Id>) -> Vec<Id> {
        let sums = bars.split_off(of.carried.len());
        let mut found = self.call(&of.once, values, bars);
        for (sum, bar) in sums.into_iter().zip(&mut found[of.carried.len()..]) {
            *bar = self.graph.push(Op::Add(sum, *bar));
        }
        found
    }

    /// `2 * times` turns backwards, as a repetition of two turns: the second half, from the middle, then the first
    /// half, from the start.
    fn half_by_half(&mut self, of: &Backward, times: u32) -> Vec<Id> {
        let middle = self.forward(of, times);
        let (count, stay) = (self.values.len(), self.fixed.len());
        let half = of.turns_backward(times);
        let mut graph = Graph::default();
        let carried = 1 + self.bars.len();
        let inputs: Vec<Id> =
            (0..carried + 2 * count + stay).map(|place| graph.push(Op::Input(place as u32))).collect();
        let (zero, second) = (graph.constant(0.0), inputs[0]);
        let second = graph.push(Op::Above(second, zero));
        let (first_values, rest) = inputs[carried..].split_at(count);
        let (middle_values, fixed) = rest.split_at(count);
        let mut given: Vec<Id> = Vec::new();
        for (&first, &middle) in first_values.iter().zip(middle_values) {
            given.push(graph.push(Op::Choose(second, middle, first)));
        }
        given.extend(fixed);
        given.extend(&inputs[1..carried]);
        let found = half.call(&mut graph, &given);
        let outputs = std::iter::once(zero).chain(found).map(|id| (String::new(), id)).collect();
        let body = Function { inputs: vec![String::new(); inputs.len()], graph, outputs }.pruned();
        let one = self.graph.constant(1.0);
        let start = std::iter::once(one).chain(self.bars.iter().copied()).collect();
        let fixed = self.values.iter().chain(&middle).chain(&self.fixed).copied().collect();
        self.graph.repeat(Repeat { times: 2, body, start, fixed, rests: None }).split_off(1)
    }
}
