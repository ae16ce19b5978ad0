//! Synapses with memory, compiled: what time and spikes do to many of them side by side.
//!
//! **In this order**, for a spike of the source at t over a synapse of delay d (NEST 3.10): each spike of the target at s
//! with t' < s + d <= t, where t' is the source's spike before (`post`, the oldest first); then the spike itself, which sees
//! the target as it was just before t - d (`pre`), and what it sends; then the trace of the source takes it in. The delay is
//! wholly dendritic. Between events states follow their equations over whatever time has passed.

use crate::equations::text::{self, Functions, Trace};
use crate::equations::wgsl::{ArrayFunction, array_functions};
use crate::equations::{Function, Graph, Id, Op, Program, evaluate};
use crate::error::{Error, Result};
use crate::number::Number;

/// A synapse model read from text, and its programs.
#[derive(Debug)]
pub struct SynapseRule {
    text: text::Model,
    /// Where in the state the weight is.
    weight: usize,
    source: Shared,
    target: Shared,
    pre: Event,
    post: Option<Event>,
    modulator: Option<Event>,
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

/// The state that synapses share at one end.
#[derive(Debug)]
struct Shared {
    /// After some time and then a spike: from derived values, state and elapsed time.
    spiked: Function,
    start: Vec<f64>,
    /// Which derived values it needs.
    needs: Vec<usize>,
}

/// The parts of the text's functions that [`SynapseRule`] puts together.
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
    /// The rule of a text that declares a synapse.
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
        let still = !(0..own).any(|k| changes(post, k));
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
            post: (!still).then(|| event(post)),
            modulator: modulator.as_ref().map(event),
            settle: Program::new(advance, &over),
            moves,
            learns,
            text,
        })
    }

    /// What was read.
    pub fn text(&self) -> &text::Model {
        &self.text
    }
    /// Where in the state the weight is.
    pub fn weight(&self) -> usize {
        self.weight
    }
    /// The program of a spike of the source: derived values, state (written over), state at the source, at the target, the
    /// times since these three were last brought up to date (ms); then what is sent.
    pub fn pre(&self) -> &Program {
        &self.pre.program
    }
    /// The program of a spike of the target: the same without what is sent; nothing where these change nothing.
    pub fn post(&self) -> Option<&Program> {
        self.post.as_ref().map(|event| &event.program)
    }
    /// Whether spikes of the source, and those of the target, do anything that depends on the target's state.
    pub fn see_target(&self) -> [bool; 2] {
        [self.pre.sees_target, self.post.as_ref().is_some_and(|event| event.sees_target)]
    }
    /// The program of a spike of the third factor: as that of the target; nothing where there is none.
    pub fn modulator(&self) -> Option<&Program> {
        self.modulator.as_ref().map(|event| &event.program)
    }
    /// The functions `pre`, `post`, `modulate`, `source_spiked` and `target_spiked` for the GPU, with the imports they need, and how
    /// many values they go over.
    ///
    /// # Errors
    /// Equations that have no such form.
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
    /// The program that brings a synapse up to date: derived values, state (written over), time.
    pub fn settle(&self) -> &Program {
        &self.settle
    }
    /// Whether the step up to which a synapse is brought is other than its source's last spike: its state changes between
    /// events, and there are others than spikes of the source.
    pub fn keeps_time(&self) -> bool {
        self.moves && (self.post.is_some() || self.modulator.is_some())
    }
    /// Whether its weight ever changes.
    pub fn learns(&self) -> bool {
        self.learns
    }
    /// The ends between which weights stay with these parameters, in a step of `dt` ms; infinite where there is none.
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
    /// States that start with the source's first spike, not at time 0.
    pub fn begins_at_first_spike(&self) -> bool {
        self.text.begins_at_first_spike
    }
    /// A number that tells what it does from what others do.
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

    /// The state at the source at first.
    pub fn source_start(&self) -> &[f64] {
        &self.source.start
    }
    /// The state at the target at first.
    pub fn target_start(&self) -> &[f64] {
        &self.target.start
    }
    /// Derived values that states at the ends need: those must be the same for all synapses there.
    pub fn shared_derived(&self) -> impl Iterator<Item = usize> {
        self.source.needs.iter().chain(&self.target.needs).copied()
    }
    /// The state at the source `elapsed` ms later, after a spike.
    pub fn source_spike<R: Number>(&self, derived: &[R], state: &[R], elapsed: R) -> Vec<R> {
        self.source.spike(derived, state, elapsed)
    }
    /// The state at the target `elapsed` ms later, after a spike.
    pub fn target_spike<R: Number>(&self, derived: &[R], state: &[R], elapsed: R) -> Vec<R> {
        self.target.spike(derived, state, elapsed)
    }
}

impl Shared {
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

    fn spike<R: Number>(&self, derived: &[R], state: &[R], elapsed: R) -> Vec<R> {
        let inputs: Vec<R> = derived.iter().chain(state).copied().chain([elapsed]).collect();
        evaluate(&self.spiked, &inputs)
    }
}

impl Parts<'_> {
    /// An event of the text, before which all states are brought up to date.
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
