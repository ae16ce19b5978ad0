//! Reads synapses: a state of their own, states that they share at their source and at their target, and what spikes
//! there do.
//!
//! Between events all of these states follow exact solutions, over whatever time has passed. A variable is held within
//! its range (`from a to b`) after each statement of an event that changes it, so that a weight that is sent is within
//! its range.

use crate::equations::Function;
use crate::equations::text::declarations::Declarations;
use crate::equations::text::declare::{self, Declared};
use crate::equations::text::dynamics::{
    Equations, apply_change, function_over, graph_and_inputs, graph_and_scope, joined, names, ranges,
};
use crate::equations::text::expression::{Scope, Value, scaled, value};
use crate::equations::text::hoist::hoist_together;
use crate::equations::text::parse::{Parser, Statement, StatementKind};
use crate::equations::text::solve::{Hold, Method};
use crate::equations::text::source::{Section, Source};
use crate::equations::text::system::Start;
use crate::equations::text::units::{Name, Unit};
use crate::equations::text::{Functions, Model, Parameter, Trace, Variable};
use crate::equations::{Graph, Id, Op};
use crate::error::Result;

/// A state that moves by itself between events.
struct MovingState {
    declared: Vec<Declared<Variable>>,
    names: Vec<Name>,
    /// The function of fixed inputs, the state and `elapsed` (ms) to the state after that time.
    advance: Function,
}

/// Reads the synapse `name` of a section.
pub(crate) fn read(name: &str, section: &Section) -> Result<Model> {
    section.only(&["kind", "about", "parameters", "state", "source", "target", "dynamics", "events"])?;
    let declared = Declarations::read(name, section)?;
    let (parameters, fixed) = (&declared.parameters, declared.fixed.clone());
    let dynamics = section.section("dynamics")?;
    if let Some(dynamics) = dynamics {
        dynamics.only(&["equations", "begins"])?;
    }
    let mut own = moving_state(section, dynamics, parameters, &fixed, &[])?;
    let (source, source_spike) = shared_at_end(section, "source", parameters, &fixed, &[&own.names])?;
    let (target, target_spike) = shared_at_end(section, "target", parameters, &fixed, &[&own.names, &source.names])?;
    let Some(events) = section.section("events")? else {
        return Err(section.refuse("a synapse has a table events with what a spike does: pre = \"send weight\""));
    };
    events.only(&["pre", "post", "modulator"])?;
    let inputs = joined(&[&fixed, &own.names, &source.names, &target.names]);
    let begins_at_first_spike = dynamics.map_or(Ok(false), begins_at_first_spike)?;
    let ranges = ranges(&own.declared, &fixed, &own.names)?;
    if let Some(ranges) = ranges
        .as_ref()
        .filter(|_| dynamics.is_some_and(|dynamics| dynamics.text("equations").is_ok_and(|text| text.is_some())))
    {
        own.advance = advance_within_ranges(&own.advance, ranges, fixed.len());
    }
    let event = Event { inputs: &inputs, fixed: fixed.len(), own: &own.names, ranges: ranges.clone() };
    let pre = event.function(events, "pre")?;
    let post = event.function(events, "post")?;
    let modulator = event.function(events, "modulator")?;
    let modulated = events.text("modulator")?.is_some();
    let functions = [source.advance, source_spike, target.advance, target_spike, own.advance, pre, post, modulator];
    let (derive, functions) = hoist_together(&functions, fixed.len());
    let [source_advance, source_spike, target_advance, target_spike, advance, pre, post, modulator] = functions;
    let of = |state: Vec<Declared<Variable>>| state.into_iter().map(|declared| declared.of).collect();
    let functions = Functions::Synapse {
        source: Trace { state: of(source.declared), advance: source_advance, spike: source_spike },
        target: Trace { state: of(target.declared), advance: target_advance, spike: target_spike },
        advance,
        pre,
        post,
        modulator: Some(modulator).filter(|_| modulated),
    };
    Ok(Model { ranges, begins_at_first_spike, ..declared.model(own.declared, derive, functions)? })
}

/// The function `advance`, with the state held within its ranges afterwards.
fn advance_within_ranges(advance: &Function, ranges: &Function, fixed: usize) -> Function {
    let mut graph = Graph::default();
    let ids: Vec<Id> = (0..advance.inputs.len()).map(|place| graph.push(Op::Input(place as u32))).collect();
    let after = advance.call(&mut graph, &ids);
    let given: Vec<Id> = ids[..fixed].iter().copied().chain(after).collect();
    let kept = ranges.call(&mut graph, &given);
    let outputs = advance.outputs.iter().map(|(name, _)| name.clone()).zip(kept).collect();
    Function { inputs: advance.inputs.clone(), graph, outputs }.pruned()
}

/// Reads the key `begins`: whether states start with the first spike of the source, and not at time 0.
fn begins_at_first_spike(dynamics: &Section) -> Result<bool> {
    match dynamics.text("begins")? {
        None => Ok(false),
        Some(source) => match source.text() {
            "time 0" => Ok(false),
            "first spike" => Ok(true),
            other => Err(source.unknown(0, "start", other, &["time 0".into(), "first spike".into()])),
        },
    }
}

/// Reads the state in `section` and the equations in `dynamics`; `taken` are names that it may not have.
fn moving_state(
    section: &Section,
    dynamics: Option<&Section>,
    parameters: &[Declared<Parameter>],
    fixed: &[Name],
    taken: &[&[Name]],
) -> Result<MovingState> {
    let taken: Vec<&str> = taken.iter().flat_map(|names| names.iter().map(|(name, _)| name.as_str())).collect();
    let declared = declare::state(section.section("state")?, parameters, &taken)?;
    let states = names(&declared, |variable| &variable.name);
    let elapsed = [("elapsed".to_owned(), Unit::MS)];
    let system = Equations::read(dynamics)?.system(fixed, &states, &[], &elapsed)?;
    let inputs = joined(&[fixed, &states, &elapsed]);
    let (mut graph, ids) = graph_and_inputs(&inputs);
    let (fixed_ids, rest) = ids.split_at(fixed.len());
    let (state_ids, steady) = rest.split_at(states.len());
    let start = Start { fixed: fixed_ids.to_vec(), states: state_ids.to_vec(), steady: steady.to_vec() };
    let after = system.advance(&mut graph, &start, &Hold::default(), steady[0], Method::Exact).map_err(|unsolved| {
        let name = &states[unsolved.place].0;
        let rule = "between spikes the state of a synapse follows an exact solution";
        dynamics.unwrap_or(section).refuse(format!("{rule}, which {name}' has not: {}", unsolved.why))
    })?;
    let outputs = states.iter().zip(after).map(|((name, _), id)| (name.clone(), id)).collect();
    Ok(MovingState { declared, advance: function_over(&inputs, graph, outputs).pruned(), names: states })
}

/// Reads the state that synapses share at the end `key`, "source" or "target", and what a spike there does to it, as a
/// function of fixed inputs and the state to the state.
fn shared_at_end(
    section: &Section,
    key: &str,
    parameters: &[Declared<Parameter>],
    fixed: &[Name],
    taken: &[&[Name]],
) -> Result<(MovingState, Function)> {
    let none = Section { place: section.place.clone(), entries: Vec::new() };
    let section = section.section(key)?.unwrap_or(&none);
    section.only(&["state", "equations", "spike"])?;
    let moving = moving_state(section, Some(section), parameters, fixed, taken)?;
    let inputs = joined(&[fixed, &moving.names]);
    let empty = Source::new(&section.place, "");
    let source = section.text("spike")?.unwrap_or(&empty);
    let statements = Parser::new(source)?.statements()?;
    let spike = Equations::default().function_of_changes(source, &statements, &inputs, &moving.names)?;
    Ok((moving, spike))
}

/// The names that the text of an event may use, and what it may change.
struct Event<'a> {
    /// The inputs: fixed ones, then the state of the synapse, that at its source, and that at its target.
    inputs: &'a [Name],
    /// How many inputs are fixed.
    fixed: usize,
    /// The state of the synapse, which events change.
    own: &'a [Name],
    /// The function that holds it within its ranges.
    ranges: Option<Function>,
}

impl Event<'_> {
    /// Reads the event at `key`: the function to the state of the synapse and, for a spike of the source, the weight
    /// that is sent.
    fn function(&self, events: &Section, key: &str) -> Result<Function> {
        let (mut graph, mut scope) = graph_and_scope(self.inputs);
        let mut sent = None;
        let text = events.text(key)?;
        for statement in text.map_or(Ok(Vec::new()), |source| Parser::new(source)?.statements())? {
            let Some(source) = text else { break };
            if statement.kind == StatementKind::Send && key == "pre" {
                sent = Some(self.send(&mut graph, &scope, source, &statement, sent.is_some())?);
            } else if statement.kind == StatementKind::Send {
                return Err(source.refuse(statement.at, "only a spike of the source sends; send stands in pre"));
            } else {
                apply_change(&mut graph, &mut scope, source, &statement, self.own)?;
                self.hold_in_range(&mut graph, &mut scope, &statement.name);
            }
        }
        let mut outputs = Vec::new();
        for (name, unit) in self.own {
            outputs.push((name.clone(), scaled(&mut graph, scope.names[name].id, 1.0 / unit.scale)));
        }
        match (key, sent) {
            ("pre", Some(sent)) => outputs.push(("send".into(), sent)),
            ("pre", None) => {
                return Err(events.refuse("a spike of the source sends a weight; add a line to pre: send weight"));
            }
            _ => (),
        }
        Ok(function_over(self.inputs, graph, outputs).pruned())
    }

    /// The weight that a spike sends, in the unit of the synapse's own weight; `again` says whether the spike has sent
    /// one before.
    fn send(
        &self,
        graph: &mut Graph,
        scope: &Scope,
        source: &Source,
        statement: &Statement,
        again: bool,
    ) -> Result<Id> {
        if again {
            return Err(source.refuse(statement.at, "a spike sends one weight; leave one send"));
        }
        let sent = value(graph, source, &statement.value, scope)?;
        if sent.truth {
            return Err(source.refuse(statement.at, "a weight is a number, but this is true or false"));
        }
        // A weight is sent in the unit of the synapse's own weight.
        let weight = self.own.iter().find(|(name, unit)| name == "weight" && unit.fits(sent.unit));
        Ok(scaled(graph, sent.id, weight.map_or(1.0, |(_, unit)| 1.0 / unit.scale)))
    }

    /// Holds the variable `name` within its range, if it has one.
    fn hold_in_range(&self, graph: &mut Graph, scope: &mut Scope, name: &str) {
        let (Some(ranges), Some(place)) = (&self.ranges, self.own.iter().position(|(own, _)| own == name)) else {
            return;
        };
        let mut ids: Vec<Id> = (0..self.fixed).map(|place| graph.push(Op::Input(place as u32))).collect();
        for (name, unit) in self.own {
            ids.push(scaled(graph, scope.names[name].id, 1.0 / unit.scale));
        }
        let unit = self.own[place].1;
        let held = ranges.call(graph, &ids)[place];
        let held = scaled(graph, held, unit.scale);
        scope.names.insert(name.to_owned(), Value::number(held, unit));
    }
}
