//! Synapses with memory, compiled: what time and spikes do to many of them side by side.
//!
//! **In this order**, for a spike of the source at t over a synapse of delay d (NEST 3.10): each spike of the target at
//! s with t' < s + d <= t, where t' is the source's spike before (`post`, the oldest first); then the spike itself,
//! which sees the target as it was just before t - d (`pre`), and what it sends; then the trace of the source takes it
//! in. The delay is wholly dendritic. Between events states follow their equations over whatever time has passed.

use crate::equations::text::{self, Functions, Trace};
use crate::equations::wgsl::{ArrayFunction, array_functions};
use crate::equations::{Function, Graph, Id, Op, Program, evaluate};
use crate::error::{Error, Result};
use crate::number::Number;

/// A synapse model read from text, and its programs.
#[derive(Debug)]
pub struct SynapseRule {
    text: text::Model,
    /// The place of the weight in the state.
    weight: usize,
    /// The state that synapses share at their source, and at their target.
    source: Shared,
    target: Shared,
    /// What a spike of the source does, one of the target, and one of the third factor; `None` where it does nothing.
    pre: Event,
    post: Option<Event>,
    modulator: Option<Event>,
    /// The program that lets time pass for the state of a synapse.
    settle: Program,
    /// Whether the state of a synapse changes between events.
    moves: bool,
    /// Whether its weight ever changes.
    learns: bool,
}

/// What an event does: as a function, and as the program that is made of it.
#[derive(Debug)]
struct Event {
    function: Function,
    program: Program,
    /// Whether it depends on the target's state.
    sees_target: bool,
}

/// The state that synapses share at one end, their source or their target.
#[derive(Debug)]
struct Shared {
    /// Time passes and then a spike comes: from derived values, the state and the elapsed time (ms) to the state.
    spiked: Function,
    /// The state at time 0.
    start: Vec<f64>,
    /// Places of the derived values that `spiked` reads.
    needs: Vec<usize>,
}

/// The functions of the text that [`SynapseRule`] puts together into events, and the number of derived values.
struct Parts<'a> {
    source: &'a Trace,
    target: &'a Trace,
    advance: &'a Function,
    derived: usize,
}

impl PartialEq for SynapseRule {
    fn eq(&self, other: &SynapseRule) -> bool {
        self.text == other.text
    }
}

impl SynapseRule {
    /// The rule of the synapse that `text` declares.
    ///
    /// # Errors
    /// A neuron or an astrocyte; a synapse without a weight.
    pub fn new(text: text::Model) -> Result<SynapseRule> {
        let refuse = |problem: &str| Error::invalid(format!("model '{}'", text.name), problem);
        let Functions::Synapse { source, target, advance, pre, post, modulator } = &text.functions else {
            return Err(refuse("it is no synapse; name a model of kind = \"synapse\""));
        };
        let Some(weight) = text.state.iter().position(|variable| variable.name == "weight") else {
            return Err(refuse("a synapse has a weight; add one to its state: weight = \"1 pA: weight\""));
        };
        let parts = Parts { source, target, advance, derived: text.derive.outputs.len() };
        let own = text.state.len();
        let changes = |function: &Function, k: usize| {
            let (_, id) = function.outputs[k];
            function.graph.ops()[id as usize] != Op::Input((parts.derived + k) as u32)
        };
        let moves = (0..own).any(|k| changes(advance, k));
        let post_changes = (0..own).any(|k| changes(post, k));
        let learns = [pre, post, advance].into_iter().chain(modulator).any(|function| changes(function, weight));
        let over: Vec<Option<u32>> = (0..own).map(|k| Some((parts.derived + k) as u32)).collect();
        let event = |event: &Function| {
            let function = parts.event(event);
            let at_target =
                parts.derived + own + source.state.len()..parts.derived + own + source.state.len() + target.state.len();
            let sees = |op: &Op| matches!(op, Op::Input(place) if at_target.contains(&(*place as usize)));
            let sees_target = function.graph.ops().iter().any(sees);
            Event { program: Program::new(&function, &over), function, sees_target }
        };
        Ok(SynapseRule {
            weight,
            source: Shared::new(&parts, source),
            target: Shared::new(&parts, target),
            pre: event(pre),
            post: post_changes.then(|| event(post)),
            modulator: modulator.as_ref().map(event),
            settle: Program::new(advance, &over),
            moves,
            learns,
            text,
        })
    }

    /// The model that was read.
    pub fn text(&self) -> &text::Model {
        &self.text
    }
    /// The place of the weight in the state.
    pub fn weight(&self) -> usize {
        self.weight
    }
    /// The program of a spike of the source. Its columns are the derived values, the state (written over), the state at
    /// the source, that at the target, the times (ms) since these three were last brought up to date, and the weight
    /// that is sent (written).
    pub fn pre(&self) -> &Program {
        &self.pre.program
    }
    /// The program of a spike of the target, with the columns of [`SynapseRule::pre`] without the weight that is sent;
    /// `None` if such a spike changes nothing.
    pub fn post(&self) -> Option<&Program> {
        self.post.as_ref().map(|event| &event.program)
    }
    /// Whether what a spike of the source does depends on the target's state, and whether what one of the target does.
    pub fn see_target(&self) -> [bool; 2] {
        [self.pre.sees_target, self.post.as_ref().is_some_and(|event| event.sees_target)]
    }
    /// The program of a spike of the third factor, with the columns of [`SynapseRule::post`]; `None` if there is none.
    pub fn modulator(&self) -> Option<&Program> {
        self.modulator.as_ref().map(|event| &event.program)
    }
    /// The functions `pre`, `source_spiked`, `target_spiked` and, where these spikes do something, `post` and
    /// `modulate` for the GPU, with the imports they need. They take and give arrays.
    ///
    /// # Errors
    /// Shifts beyond 31 bits.
    pub fn wgsl(&self) -> Result<String> {
        let (derived, states) = (self.text.derive.outputs.len(), self.text.state.len());
        let (source, target) = (self.source.start.len(), self.target.start.len());
        let ends =
            [("derived", derived), ("state", states), ("at_source", source), ("at_target", target), ("elapsed", 3)];
        let own = |state: &'static str, count| [("derived", derived), (state, count), ("elapsed", 1)];
        let (at_source, at_target) = (own("at_source", source), own("at_target", target));
        let mut all = vec![
            ArrayFunction { name: "pre", function: &self.pre.function, arrays: &ends },
            ArrayFunction { name: "source_spiked", function: &self.source.spiked, arrays: &at_source },
            ArrayFunction { name: "target_spiked", function: &self.target.spiked, arrays: &at_target },
        ];
        for (name, event) in [("post", &self.post), ("modulate", &self.modulator)] {
            all.extend(event.as_ref().map(|event| ArrayFunction { name, function: &event.function, arrays: &ends }));
        }
        array_functions(&all)
    }
    /// The program that brings the state of a synapse up to date. Its columns are the derived values, the state
    /// (written over) and the elapsed time (ms).
    pub fn settle(&self) -> &Program {
        &self.settle
    }
    /// Whether a synapse has to keep the step up to which its state is known: its state changes between events, and not
    /// all events are spikes of its source, whose last step is known anyway.
    pub fn keeps_time(&self) -> bool {
        self.moves && (self.post.is_some() || self.modulator.is_some())
    }
    /// Whether its weight ever changes.
    pub fn learns(&self) -> bool {
        self.learns
    }
    /// The lowest and the highest weight with these parameters and a step of `dt` ms; infinite where the weight has no
    /// range.
    pub fn weight_range(&self, parameters: &[f64], dt: f64) -> (f64, f64) {
        let Some(ranges) = &self.text.ranges else { return (f64::NEG_INFINITY, f64::INFINITY) };
        let end = |far: f64| {
            let inputs: Vec<f64> =
                parameters.iter().copied().chain([dt]).chain(self.text.state.iter().map(|_| far)).collect();
            let kept = evaluate(ranges, &inputs)[self.weight];
            if kept == far { far * f64::INFINITY } else { kept }
        };
        (end(-f64::MAX), end(f64::MAX))
    }
    /// Whether states start with the first spike of the source, and not at time 0.
    pub fn begins_at_first_spike(&self) -> bool {
        self.text.begins_at_first_spike
    }
    /// A hash of what it computes, the same on every machine.
    pub fn digest(&self) -> u64 {
        let Functions::Synapse { source, target, advance, pre, post, modulator } = &self.text.functions else {
            return 0;
        };
        let functions =
            [&self.text.derive, &source.advance, &source.spike, &target.advance, &target.spike, advance, pre, post];
        let begins = u64::from(self.text.begins_at_first_spike);
        functions
            .into_iter()
            .chain(modulator)
            .fold(begins, |digest, function| digest.rotate_left(1) ^ function.digest())
    }

    /// The state at the source at time 0.
    pub fn source_start(&self) -> &[f64] {
        &self.source.start
    }
    /// The state at the target at time 0.
    pub fn target_start(&self) -> &[f64] {
        &self.target.start
    }
    /// Places of the derived values that the states at source and target depend on: these values must be the same for
    /// all synapses that share such a state.
    pub fn shared_derived(&self) -> impl Iterator<Item = usize> {
        self.source.needs.iter().chain(&self.target.needs).copied()
    }
    /// The state at the source after `elapsed` ms and then a spike.
    pub fn source_spike<R: Number>(&self, derived: &[R], state: &[R], elapsed: R) -> Vec<R> {
        self.source.spike(derived, state, elapsed)
    }
    /// The state at the target after `elapsed` ms and then a spike.
    pub fn target_spike<R: Number>(&self, derived: &[R], state: &[R], elapsed: R) -> Vec<R> {
        self.target.spike(derived, state, elapsed)
    }
}

impl Shared {
    /// The state that `trace` describes, with its two functions put together.
    fn new(parts: &Parts<'_>, trace: &Trace) -> Shared {
        let states = trace.state.len();
        let mut graph = Graph::default();
        let ids: Vec<Id> = (0..parts.derived + states + 1).map(|place| graph.push(Op::Input(place as u32))).collect();
        let after = trace.advance.call(&mut graph, &ids);
        let given: Vec<Id> = ids[..parts.derived].iter().copied().chain(after).collect();
        let spiked = trace.spike.call(&mut graph, &given);
        let outputs = trace.state.iter().map(|variable| variable.name.clone()).zip(spiked).collect();
        let spiked = Function { inputs: vec![String::new(); ids.len()], graph, outputs }.pruned();
        let read = |function: &Function| -> Vec<usize> {
            let places = function
                .graph
                .ops()
                .iter()
                .filter_map(|op| if let Op::Input(place) = op { Some(*place as usize) } else { None });
            places.filter(|place| *place < parts.derived).collect()
        };
        let start = trace.state.iter().map(|variable| match variable.start {
            text::Start::At(value) => value,
            text::Start::Parameter(_) => f64::NAN,
        });
        Shared { needs: read(&spiked), start: start.collect(), spiked }
    }

    /// The state after `elapsed` ms and then a spike.
    fn spike<R: Number>(&self, derived: &[R], state: &[R], elapsed: R) -> Vec<R> {
        let inputs: Vec<R> = derived.iter().chain(state).copied().chain([elapsed]).collect();
        evaluate(&self.spiked, &inputs)
    }
}

impl Parts<'_> {
    /// An event of the text as a function that brings all states up to date first; inputs as those of
    /// [`SynapseRule::pre`].
    fn event(&self, event: &Function) -> Function {
        let (own, source, target) = (self.advance.outputs.len(), self.source.state.len(), self.target.state.len());
        let inputs = self.derived + own + source + target + 3;
        let mut graph = Graph::default();
        let ids: Vec<Id> = (0..inputs).map(|place| graph.push(Op::Input(place as u32))).collect();
        let (derived, rest) = ids.split_at(self.derived);
        let (states, elapsed) = rest.split_at(own + source + target);
        let ends = [
            (self.advance, 0..own),
            (&self.source.advance, own..own + source),
            (&self.target.advance, own + source..states.len()),
        ];
        let mut given = derived.to_vec();
        for ((advance, range), elapsed) in ends.into_iter().zip(elapsed) {
            let inputs: Vec<Id> = derived.iter().chain(&states[range]).chain([elapsed]).copied().collect();
            given.extend(advance.call(&mut graph, &inputs));
        }
        let values = event.call(&mut graph, &given);
        let outputs = event.outputs.iter().map(|(name, _)| name.clone()).zip(values).collect();
        Function { inputs: vec![String::new(); inputs], graph, outputs }.pruned()
    }
}
