//! One step, made of its parts: equations, arriving spikes, ranges, held variables, the condition of a spike.

use crate::equations::text::dynamics::{function_over, graph_and_inputs, joined};
use crate::equations::text::expression::MAX_OPERATIONS;
use crate::equations::text::solve::{Hold, Method, Unsolved};
use crate::equations::text::source::Section;
use crate::equations::text::system::{Start, System};
use crate::equations::text::units::Name;
use crate::equations::{Function, Graph, Id, Op, words};
use crate::error::{Error, Result};

/// The most parts of a step.
const MAX_SUBSTEPS: u32 = 1000;

/// The magnitude of a state that only a diverging run reaches, see [`crate::number::Number::LARGEST`].
const DIVERGED: f64 = 1.267_650_600_228_229_4e30;

/// How a model is stepped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stepping {
    /// How equations without an exact solution are followed.
    pub(crate) method: Method,
    /// How many parts a step has, at most.
    pub(crate) substeps: u32,
    /// Whether a spike and its reset take effect at the end of a part, instead of the step.
    pub(crate) spike_in_substep: bool,
    /// The most spikes of a step; more are a fault.
    pub(crate) max_spikes: u32,
    /// Whether input arrives before the equations.
    pub(crate) input_first: bool,
}

impl Stepping {
    /// Reads the keys `method`, `input`, `substeps`, `spike_in_substep` and `spikes`.
    pub(crate) fn read(section: &Section) -> Result<Stepping> {
        let method = match section.text("method")? {
            None => Method::default(),
            Some(source) => {
                let found = Method::NAMES.iter().find(|(name, _)| *name == source.text());
                let names = Method::NAMES.map(|(name, _)| name.to_owned());
                found.ok_or_else(|| source.unknown(0, "method", source.text(), &names))?.1
            }
        };
        let input_first = match section.text("input")? {
            None => false,
            Some(source) => match source.text() {
                "before" => true,
                "after" => false,
                other => return Err(source.unknown(0, "input", other, &["before".into(), "after".into()])),
            },
        };
        let substeps = section.count("substeps", MAX_SUBSTEPS)?;
        let spike_in_substep = section.flag("spike_in_substep")?;
        if section.get("spikes").is_some() && !spike_in_substep {
            return Err(section.refuse("'spikes' goes with spike_in_substep = true; else a step has one spike at most"));
        }
        let max_spikes = match (spike_in_substep, section.get("spikes")) {
            (false, _) => 1,
            (true, None) => substeps,
            (true, Some(_)) => section.count("spikes", substeps)?,
        };
        Ok(Stepping { method, substeps, spike_in_substep, max_spikes, input_first })
    }
}

/// All that a step is made of.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    /// Parameters, dt and, where there is a refractory period, its steps.
    pub(crate) fixed: Vec<Name>,
    /// State variables; `refractory` is the last where there is a refractory period.
    pub(crate) states: Vec<Name>,
    pub(crate) receptors: Vec<Name>,
    /// Other inputs that do not change within a step.
    pub(crate) steady: Vec<Name>,
    /// The states before the step, where the equations use them; they are inputs of the rates before the steady ones.
    pub(crate) before: Vec<Name>,
    /// How many of the steady inputs, the last, are random numbers.
    pub(crate) draws: usize,
    /// The differential equations.
    pub(crate) system: System,
    /// What arriving spikes do: from fixed inputs, states and receptors to states.
    pub(crate) arrive: Option<Function>,
    /// What holds states within their ranges: from fixed inputs and states to states.
    pub(crate) ranges: Option<Function>,
    /// The condition of a spike: from fixed inputs, states, states before the step, and random numbers to the margin.
    pub(crate) spike: Option<Function>,
    /// What a spike does: from fixed inputs and states to states.
    pub(crate) reset: Option<Function>,
    /// Variables that are held while the neuron is refractory, and functions of fixed inputs and states to their
    /// values.
    pub(crate) holds: Vec<(usize, Function)>,
    /// Whether there is a refractory period.
    pub(crate) refractory: bool,
    pub(crate) stepping: Stepping,
    /// The length of the next part of a step where parts differ: from the inputs of the rates, ms.
    pub(crate) part: Option<Function>,
}

/// Refuses functions of more than [`MAX_OPERATIONS`] operations.
pub(crate) fn bounded<'a>(dynamics: &Section, functions: impl IntoIterator<Item = &'a Function>) -> Result<()> {
    let large = functions.into_iter().any(|function| operations(function) > MAX_OPERATIONS);
    let problem = format!("a step has more than {MAX_OPERATIONS} operations; make the equations simpler");
    if large { Err(dynamics.refuse(problem)) } else { Ok(()) }
}

/// The number of operations of a function, those of repetitions counted once.
fn operations(function: &Function) -> usize {
    let inner: usize = function.graph.repeats().iter().map(|repeat| operations(&repeat.body)).sum();
    function.graph.ops().len() + inner
}

/// The values, in a graph, of the inputs of a step at some moment of it.
#[derive(Clone)]
pub(super) struct Moment {
    /// Those of [`Parts::fixed`].
    pub(super) fixed: Vec<Id>,
    /// Those of [`Parts::states`].
    pub(super) states: Vec<Id>,
    /// Those of [`Parts::before`] and [`Parts::steady`].
    pub(super) steady: Vec<Id>,
}

impl Moment {
    /// The inputs of a function of fixed inputs, states and then `more`.
    pub(super) fn inputs_with(&self, more: &[Id]) -> Vec<Id> {
        self.fixed.iter().chain(&self.states).chain(more).copied().collect()
    }
}

impl Parts {
    /// The error of a variable that the method cannot follow.
    pub(super) fn unsolved(&self, dynamics: &Section, unsolved: &Unsolved) -> Error {
        let name = &self.states[unsolved.place].0;
        let problem = format!("{name}' has no exact solution: {}; choose another method, such as rk4", unsolved.why);
        match dynamics.text("method") {
            Ok(Some(source)) => source.refuse(0, problem),
            _ => dynamics.refuse(problem),
        }
    }

    /// The function of a step: from fixed inputs, states, receptors and steady inputs to states and margin.
    ///
    /// # Errors
    /// A variable that the method cannot follow.
    pub(crate) fn step(&self, dynamics: &Section) -> Result<Function> {
        let inputs = joined(&[&self.fixed, &self.states, &self.receptors, &self.steady]);
        let (mut graph, ids) = graph_and_inputs(&inputs);
        let (fixed, rest) = ids.split_at(self.fixed.len());
        let (states, rest) = rest.split_at(self.states.len());
        let (receptors, steady) = rest.split_at(self.receptors.len());
        let now = Moment { fixed: fixed.to_vec(), states: states.to_vec(), steady: steady.to_vec() };
        let (after, margin) = self.after_step(&mut graph, &now, receptors, dynamics)?;
        let outputs = self.named(after).chain([("margin".into(), margin)]).collect();
        Ok(function_over(&inputs, graph, outputs).pruned())
    }

    /// The function of what a spike does after a step: from fixed inputs and states to states.
    pub(crate) fn after_spike(&self) -> Function {
        let inputs = joined(&[&self.fixed, &self.states]);
        let (mut graph, ids) = graph_and_inputs(&inputs);
        let (fixed, states) = ids.split_at(self.fixed.len());
        let now = Moment { fixed: fixed.to_vec(), states: states.to_vec(), steady: Vec::new() };
        // Where spikes take effect in parts of a step, the reset has been done there.
        let after = if self.stepping.spike_in_substep { now.states } else { self.reset(&mut graph, &now) };
        function_over(&inputs, graph, self.named(after).collect()).pruned()
    }

    /// The states as outputs, with the names of the variables.
    fn named(&self, states: Vec<Id>) -> impl Iterator<Item = (String, Id)> {
        self.states.iter().map(|(name, _)| name.clone()).zip(states)
    }

    /// Appends a step to `graph`: the states and the margin after it.
    fn after_step(
        &self,
        graph: &mut Graph,
        now: &Moment,
        receptors: &[Id],
        dynamics: &Section,
    ) -> Result<(Vec<Id>, Id)> {
        let arrived = |graph: &mut Graph, states: Vec<Id>| match &self.arrive {
            Some(arrive) => arrive.call(graph, &Moment { states, ..now.clone() }.inputs_with(receptors)),
            None => states,
        };
        let mut before = now.clone();
        if self.stepping.input_first {
            before.states = arrived(graph, before.states);
        }
        if !self.before.is_empty() {
            before.steady = now.states.iter().chain(&now.steady).copied().collect();
        }
        let (mut states, count) = self.play_parts(graph, &before, dynamics)?;
        if !self.stepping.input_first {
            states = arrived(graph, states);
        }
        if let Some(ranges) = &self.ranges {
            states = ranges.call(graph, &Moment { states, ..now.clone() }.inputs_with(&[]));
        }
        let Some(count) = count else {
            self.held(graph, now).apply(graph, &mut states);
            let mut margin = self.margin(graph, now, &states);
            if self.draws > 0 || self.spike.is_none() {
                margin = self.or_fault(graph, &states, margin);
            }
            self.count_down(graph, now.states.last().copied(), &mut states);
            return Ok((states, margin));
        };
        let counter = states.last().copied();
        self.held(graph, &Moment { states: states.clone(), ..now.clone() }).apply(graph, &mut states);
        self.count_down(graph, counter, &mut states);
        let one = graph.constant(1.0);
        let margin = graph.push(Op::Sub(count, one));
        let margin = self.or_fault(graph, &states, margin);
        Ok((states, margin))
    }

    /// The margin, or, where the magnitude of a state is beyond [`DIVERGED`], one that players take for a fault. It
    /// serves margins that are not computed from the states alone, such as numbers of spikes.
    fn or_fault(&self, graph: &mut Graph, states: &[Id], margin: Id) -> Id {
        let (least, most) = (graph.constant(-DIVERGED), graph.constant(DIVERGED));
        let fault = graph.constant(2.0 * DIVERGED);
        states.iter().fold(margin, |margin, &state| {
            let above = graph.push(Op::Above(state, least));
            let below = graph.push(Op::Above(most, state));
            let within = graph.push(Op::And(above, below));
            graph.push(Op::Choose(within, margin, fault))
        })
    }

    /// The differential equations, as lines.
    pub(crate) fn equations(&self) -> Vec<String> {
        let mut rates = self.system.rates.clone();
        for (&i, (name, _)) in self.system.moving.iter().zip(&mut rates.outputs) {
            *name = format!("{}'", self.states[i].0);
        }
        words::lines(&rates).into_iter().map(|line| line.replacen("' <- ", "' = ", 1)).collect()
    }

    /// How each equation is followed, in words.
    pub(crate) fn solution(&self) -> Vec<String> {
        let (mut graph, ids) = graph_and_inputs(&joined(&[&self.fixed, &self.states, &self.before, &self.steady]));
        let (fixed, rest) = ids.split_at(self.fixed.len());
        let (states, steady) = rest.split_at(self.states.len());
        let now = Moment { fixed: fixed.to_vec(), states: states.to_vec(), steady: steady.to_vec() };
        let start = Start { fixed: now.fixed.clone(), states: now.states.clone(), steady: now.steady.clone() };
        let hold = self.held(&mut graph, &now);
        let linear = self.system.linear(&mut graph, &start, &hold);
        let (exact, others): (Vec<usize>, Vec<usize>) = self.system.moving.iter().partition(|&&i| linear.exact[i]);
        let mut lines = Vec::new();
        if !exact.is_empty() {
            let names: Vec<&str> = exact.iter().map(|&i| self.states[i].0.as_str()).collect();
            lines.push(format!("exactly: {}", names.join(", ")));
        }
        if !others.is_empty() {
            let method =
                Method::NAMES.iter().find(|(_, method)| *method == self.stepping.method).map_or("", |(name, _)| name);
            let parts = match self.stepping.substeps {
                1 => String::new(),
                parts if self.part.is_some() => format!(" in up to {parts} parts of a step, each of its own length"),
                parts => format!(" in {parts} parts of a step"),
            };
            let names = others.iter().map(|&i| format!("{} ({})", self.states[i].0, linear.why[i]));
            lines.push(format!("by {method}{parts}: {}", names.collect::<Vec<_>>().join(", ")));
        }
        lines
    }

    /// The value of dt (ms), one of the fixed inputs.
    pub(super) fn dt(&self, now: &Moment) -> Id {
        self.fixed.iter().position(|(name, _)| name == "dt").map_or(0, |place| now.fixed[place])
    }

    /// The variables that are held if the neuron is refractory at the moment `now`.
    pub(super) fn held(&self, graph: &mut Graph, now: &Moment) -> Hold {
        let silent = self.is_refractory(graph, now);
        let at =
            self.holds.iter().map(|(place, value)| (*place, value.call(graph, &now.inputs_with(&[]))[0])).collect();
        Hold { silent, at }
    }

    /// Whether the neuron is refractory at the moment `now`; `None` if it has no refractory period.
    fn is_refractory(&self, graph: &mut Graph, now: &Moment) -> Option<Id> {
        let counter = now.states.last().copied().filter(|_| self.refractory)?;
        let zero = graph.constant(0.0);
        Some(graph.push(Op::Above(counter, zero)))
    }

    /// The margin at `states`, where `now` has the states before the step; below 0 while the neuron is refractory.
    pub(super) fn margin(&self, graph: &mut Graph, now: &Moment, states: &[Id]) -> Id {
        let never = graph.constant(-1.0);
        let Some(spike) = &self.spike else { return never };
        let drawn = &now.steady[now.steady.len() - self.draws..];
        let more: Vec<Id> = now.states.iter().chain(drawn).copied().collect();
        let inputs = Moment { states: states.to_vec(), ..now.clone() }.inputs_with(&more);
        let margin = spike.call(graph, &inputs)[0];
        match self.is_refractory(graph, now) {
            Some(silent) => graph.push(Op::Choose(silent, never, margin)),
            None => margin,
        }
    }

    /// The states after a spike at the moment `now`, with the refractory period begun.
    pub(super) fn reset(&self, graph: &mut Graph, now: &Moment) -> Vec<Id> {
        let mut states = match &self.reset {
            Some(reset) => reset.call(graph, &now.inputs_with(&[])),
            None => now.states.clone(),
        };
        if let (true, Some(last), Some(&steps)) = (self.refractory, states.last_mut(), now.fixed.last()) {
            *last = steps;
        }
        states
    }

    /// Sets the counter of the refractory period to one less than `counter`, if that is above 0.
    fn count_down(&self, graph: &mut Graph, counter: Option<Id>, states: &mut [Id]) {
        let (true, Some(counter), Some(last)) = (self.refractory, counter, states.last_mut()) else { return };
        let (zero, one) = (graph.constant(0.0), graph.constant(1.0));
        let silent = graph.push(Op::Above(counter, zero));
        let less = graph.push(Op::Sub(counter, one));
        *last = graph.push(Op::Choose(silent, less, counter));
    }
}
