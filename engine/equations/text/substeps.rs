//! The equations over one step, part by part: parts of equal length or each of its own, with the spikes within them.

use crate::equations::text::dynamics::{function_over, graph_and_inputs, joined};
use crate::equations::text::hoist::hoist;
use crate::equations::text::source::Section;
use crate::equations::text::step::{Moment, Parts};
use crate::equations::text::system::Start;
use crate::equations::text::units::{Name, Unit};
use crate::equations::{Function, Graph, Id, Op, Repeat};
use crate::error::Result;

/// The most parts that are written out; more become a repetition, as do parts of their own lengths, of which some may
/// not be needed.
const MAX_WRITTEN: u32 = 4;

impl Parts {
    /// Appends the equations over a step to `graph`, part by part: the states after it, and the number of spikes where
    /// they count.
    pub(super) fn play_parts(
        &self,
        graph: &mut Graph,
        now: &Moment,
        dynamics: &Section,
    ) -> Result<(Vec<Id>, Option<Id>)> {
        let counts = self.stepping.spike_in_substep;
        let part = self.part_function(dynamics)?;
        let hoisted = hoist(&part, self.fixed.len());
        let fixed = hoisted.derive.call(graph, &now.fixed);
        let mut carried = now.states.clone();
        if counts {
            carried.push(graph.constant(0.0));
        }
        if self.part.is_some() {
            carried.push(self.dt(now));
            carried.push(graph.constant(f64::from(self.stepping.substeps)));
        }
        if self.part.is_some() || self.stepping.substeps > MAX_WRITTEN {
            // Once no time is left, parts change nothing.
            let rests = self.part.as_ref().map(|_| now.states.len() as u32 + u32::from(counts));
            let turns = (self.stepping.substeps, rests);
            carried = push_repeated(graph, &hoisted.rest, turns, carried, [&fixed, &now.steady]);
        } else {
            for _ in 0..self.stepping.substeps {
                let inputs: Vec<Id> = fixed.iter().chain(&carried).chain(&now.steady).copied().collect();
                carried = hoisted.rest.call(graph, &inputs);
            }
        }
        let count = if counts { Some(carried[now.states.len()]) } else { None };
        carried.truncate(now.states.len());
        Ok((carried, count))
    }

    /// The function of one part of a step: from fixed inputs, states, what else is carried from part to part (the
    /// number of spikes, the time left, the parts left), states before the step where they are used, and steady inputs,
    /// to states and what else is carried.
    fn part_function(&self, dynamics: &Section) -> Result<Function> {
        let count: &[Name] = if self.stepping.spike_in_substep { &[("count".into(), Unit::ONE)] } else { &[] };
        let left: &[Name] =
            if self.part.is_some() { &[("left".into(), Unit::MS), ("parts".into(), Unit::ONE)] } else { &[] };
        let carried = joined(&[&self.states, count, left]);
        let inputs = joined(&[&self.fixed, &carried, &self.before, &self.steady]);
        let (mut graph, ids) = graph_and_inputs(&inputs);
        let (fixed, rest) = ids.split_at(self.fixed.len());
        let (states, rest) = rest.split_at(self.states.len());
        let (count, rest) = rest.split_at(count.len());
        let (time, steady) = rest.split_at(left.len());
        let before: Vec<Id> = states.iter().chain(count).chain(time).copied().collect();
        let now = Moment { fixed: fixed.to_vec(), states: states.to_vec(), steady: steady.to_vec() };
        let start = Start { fixed: now.fixed.clone(), states: now.states.clone(), steady: now.steady.clone() };
        let hold = self.held(&mut graph, &now);
        let (h, left) = self.part_length(&mut graph, &now, time);
        let solved = self.system.advance(&mut graph, &start, &hold, h, self.stepping.method);
        let mut states = solved.map_err(|unsolved| self.unsolved(dynamics, &unsolved))?;
        if let Some(&count) = count.first() {
            let count = self.spike_within(&mut graph, &now, &mut states, count);
            states.push(count);
        }
        states.extend(left);
        if let Some(&time) = time.first() {
            // Parts behind the last change nothing, not even the sign of a zero.
            let zero = graph.constant(0.0);
            let open = graph.push(Op::Above(time, zero));
            for (new, &old) in states.iter_mut().zip(&before) {
                *new = graph.push(Op::Choose(open, *new, old));
            }
        }
        let outputs = carried.into_iter().map(|(name, _)| name).zip(states).collect();
        Ok(function_over(&inputs, graph, outputs))
    }

    /// The length of a part, and, where parts have their own lengths, the time and the parts left after it. Parts of
    /// equal length take dt over their number; of `left`, the time and parts left, a part takes as much time as the
    /// model says, and the last all of it.
    fn part_length(&self, graph: &mut Graph, now: &Moment, left: &[Id]) -> (Id, Vec<Id>) {
        let dt = self.dt(now);
        if let (Some(part), &[time, parts]) = (&self.part, left) {
            let wanted = part.call(graph, &now.inputs_with(&now.steady))[0];
            let one = graph.constant(1.0);
            let more = graph.push(Op::Above(parts, one));
            let less = graph.push(Op::Above(time, wanted));
            let some = graph.push(Op::And(more, less));
            let h = graph.push(Op::Choose(some, wanted, time));
            return (h, vec![graph.push(Op::Sub(time, h)), graph.push(Op::Sub(parts, one))]);
        }
        if self.stepping.substeps == 1 {
            return (dt, Vec::new());
        }
        let parts = graph.constant(f64::from(self.stepping.substeps));
        (graph.push(Op::Div(dt, parts)), Vec::new())
    }

    /// Lets a spike within a part take effect on `states` at the end of the part; the new number of spikes.
    fn spike_within(&self, graph: &mut Graph, now: &Moment, states: &mut [Id], count: Id) -> Id {
        let margin = self.margin(graph, now, states);
        let after = Moment { states: states.to_vec(), ..now.clone() };
        let mut reset = self.reset(graph, &after);
        if self.refractory {
            // One more, since the end of this step counts one down.
            let last = reset.len() - 1;
            let (zero, one) = (graph.constant(0.0), graph.constant(1.0));
            let any = graph.push(Op::Above(reset[last], zero));
            let more = graph.push(Op::Add(reset[last], one));
            reset[last] = graph.push(Op::Choose(any, more, zero));
        }
        let zero = graph.constant(0.0);
        let below = graph.push(Op::Above(zero, margin));
        for (state, reset) in states.iter_mut().zip(reset) {
            *state = graph.push(Op::Choose(below, *state, reset));
        }
        let spike = graph.push(Op::Spike(margin));
        graph.push(Op::Add(count, spike))
    }
}

/// Appends a repetition of `part`, a function of derived values, carried values and steady inputs in this order, with
/// `times` turns and the place `rests` of [`Repeat::rests`]; the carried values after it. `start` are those before it,
/// `fixed` the derived values.
fn push_repeated(
    graph: &mut Graph,
    part: &Function,
    (times, rests): (u32, Option<u32>),
    start: Vec<Id>,
    [fixed, steady]: [&[Id]; 2],
) -> Vec<Id> {
    let (d, c) = (fixed.len(), start.len());
    // The body of a repetition takes carried values first.
    let mut body = Graph::default();
    let ids: Vec<Id> = (0..part.inputs.len()).map(|place| body.push(Op::Input(place as u32))).collect();
    let order: Vec<Id> = ids[c..c + d].iter().chain(&ids[..c]).chain(&ids[c + d..]).copied().collect();
    let after = part.call(&mut body, &order);
    let names = &part.inputs;
    let inputs = names[d..d + c].iter().chain(&names[..d]).chain(&names[d + c..]).cloned().collect();
    let outputs = part.outputs.iter().zip(after).map(|((name, _), id)| (name.clone(), id)).collect();
    let body = Function { inputs, graph: body, outputs };
    graph.repeat(Repeat { times, body, start, fixed: fixed.iter().chain(steady).copied().collect(), rests })
}
