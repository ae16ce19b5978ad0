//! Neurons: spikes, what they do, and the refractory period.

use crate::equations::text::declarations::Declarations;
use crate::equations::text::declare::{self, Arrival, Declared};
use crate::equations::text::draws;
use crate::equations::text::dynamics::{Equations, begun, closed, joined, names, opened, ranges};
use crate::equations::text::expression::number;
use crate::equations::text::hoist::together;
use crate::equations::text::lex::Token;
use crate::equations::text::parse::Parser;
use crate::equations::text::source::{Section, Source};
use crate::equations::text::step::{Parts, Way, bounded};
use crate::equations::text::system::System;
use crate::equations::text::units::{Name, Unit};
use crate::equations::text::{Functions, Model, Start, Variable};
use crate::equations::{Draw, Function, Graph, Id, Op};
use crate::error::Result;

/// "t_ref holds V_m at V_reset".
struct Refractory {
    /// The parameter.
    time: String,
    /// Variables, and functions of fixed inputs and states to their values.
    holds: Vec<(usize, Function)>,
}

/// The potential, through which currents of couplings flow.
const POTENTIAL: &str = "V_m";
/// The conductance that a potential loses current through.
const CONDUCTANCE: &str = "g coupled";

/// A conductance from the potential to a parameter, or to 0.
struct Leak {
    to: Option<String>,
}

/// Reads a neuron.
pub(crate) fn read(name: &str, section: &Section) -> Result<Model> {
    build(name, section, None)
}

/// A neuron that was read, with a conductance from its potential; see [`Model::with_conductance`].
pub(crate) fn with_conductance(model: &Model, section: &Section) -> Result<Option<Model>> {
    let Some(potential) = model.state.iter().find(|variable| variable.name == POTENTIAL) else { return Ok(None) };
    match model.functions {
        Functions::Neuron { .. } => {
            let leak = Leak { to: potential.relative_to.clone() };
            build(&model.name, section, Some(&leak)).map(Some)
        }
        _ => Ok(None),
    }
}

/// A neuron, with a conductance from its potential behind the parameters if it is given one.
fn build(name: &str, section: &Section, leak: Option<&Leak>) -> Result<Model> {
    section.only(&["kind", "about", "parameters", "state", "receptors", "dynamics"])?;
    let declared = Declarations::read(name, section)?;
    let mut state = declare::state(section.section("state")?, &declared.parameters, &[])?;
    let dynamics = section.section("dynamics")?;
    let dynamics = dynamics.ok_or_else(|| section.refuse("a neuron has a table dynamics with its equations"))?;
    let keys = ["equations", "spike", "reset", "refractory", "method", "substeps", "part", "spike_in_substep", "input"];
    dynamics.only(&keys)?;

    let period = dynamics.text("refractory")?;
    let mut fixed = declared.fixed.clone();
    if leak.is_some() {
        fixed.insert(declared.parameters.len(), (CONDUCTANCE.into(), Unit::PA.over(Unit::MV).unwrap_or(Unit::ONE)));
    }
    if let Some(source) = period {
        fixed.push(("refractory_steps".into(), Unit::ONE));
        state.push(counter(source));
    }
    let states = names(&state, |variable| &variable.name);
    let refractory = period.map(|source| refractory(source, &declared.parameter_names, &fixed, &states)).transpose()?;
    let taken: Vec<&str> = fixed.iter().chain(&states).map(|(name, _)| name.as_str()).collect();
    let arrivals = declare::receptors(section.section("receptors")?, &taken)?;
    let receptors: Vec<Name> = arrivals.iter().map(|a| (a.declared.of.name.clone(), a.declared.unit)).collect();

    let mut equations = Equations::read(Some(dynamics))?;
    let mut draws = Vec::new();
    equations.draw(&mut draws)?;
    let (spike, reset) = events(dynamics, &equations, &fixed, &states, &mut draws)?;
    let steady = joined(&[&[("I".into(), Unit::PA)], &draws::names(&draws)]);
    let before = equations.before(&states);
    let parts = Parts {
        system: with_leak(equations.system(&fixed, &states, &before, &steady)?, leak),
        part: dynamics.text("part")?.map(|source| equations.time(source, &joined(&[&fixed, &states]))).transpose()?,
        before,
        arrive: arrive(&equations, &arrivals, &fixed, &states, &receptors)?,
        ranges: ranges(&state, &fixed, &states)?,
        spike,
        reset,
        refractory: refractory.is_some(),
        holds: refractory.as_ref().map_or(Vec::new(), |refractory| refractory.holds.clone()),
        way: Way::read(dynamics)?,
        fixed,
        states,
        receptors,
        steady,
        draws: draws.len(),
    };
    let in_words = parts.equations();
    let parts = stored(parts, &mut state);
    let (derive, mut functions) = together(&[parts.step(dynamics)?, parts.after_spike()], parts.fixed.len());
    bounded(dynamics, [&derive].into_iter().chain(&functions))?;
    let (reset, step) = (functions.pop().unwrap_or_default(), functions.pop().unwrap_or_default());
    let most = if parts.way.spike_in_substep { parts.way.substeps } else { 1 };
    let functions = Functions::Neuron { step, reset, most };
    Ok(Model {
        equations: in_words,
        solution: parts.solution(),
        draws,
        receptors: arrivals.into_iter().map(|arrival| arrival.declared.of).collect(),
        refractory: refractory.map(|refractory| refractory.time),
        ..declared.model(state, derive, functions)?
    })
}

/// The same with the current through a conductance taken from `I`.
fn with_leak(system: System, leak: Option<&Leak>) -> System {
    let Some(leak) = leak else { return system };
    let place = |name: &str| system.rates.inputs.iter().position(|input| input == name);
    let (Some(current), Some(conductance), Some(potential)) = (place("I"), place(CONDUCTANCE), place(POTENTIAL)) else {
        return system;
    };
    let mut graph = Graph::default();
    let mut ids: Vec<Id> = (0..system.rates.inputs.len()).map(|place| graph.push(Op::Input(place as u32))).collect();
    let above = match leak.to.as_deref().and_then(place) {
        Some(rest) => graph.push(Op::Sub(ids[potential], ids[rest])),
        None => ids[potential],
    };
    let lost = graph.push(Op::Mul(ids[conductance], above));
    ids[current] = graph.push(Op::Sub(ids[current], lost));
    let rates = system.rates.call(&mut graph, &ids);
    let outputs = system.rates.outputs.iter().zip(rates).map(|((name, _), id)| (name.clone(), id)).collect();
    System { rates: Function { inputs: system.rates.inputs, graph, outputs }.pruned(), ..system }
}

/// The same with the potentials that start at a parameter counted from it, if that is possible.
fn stored(parts: Parts, state: &mut [Declared<Variable>]) -> Parts {
    let rests = |declared: &Declared<Variable>| match &declared.of.start {
        Start::Parameter(name) if declared.unit == Unit::MV => Some(name.clone()),
        _ => None,
    };
    let Some(from) = state.iter().find_map(rests) else { return parts };
    let variables: Vec<usize> = (0..state.len()).filter(|&i| rests(&state[i]).as_ref() == Some(&from)).collect();
    let place = parts.fixed.iter().position(|(name, _)| *name == from);
    match place.and_then(|place| parts.relative_to(place, &variables)) {
        None => parts,
        Some(parts) => {
            variables.iter().for_each(|&i| state[i].of.relative_to = Some(from.clone()));
            parts
        }
    }
}

/// The counter of the refractory period.
fn counter(source: &Source) -> Declared<Variable> {
    let of = Variable {
        name: "refractory".into(),
        unit: "steps".into(),
        start: Start::At(0.0),
        relative_to: None,
        about: "steps left of the refractory period".into(),
    };
    Declared { of, unit: Unit::ONE, bounds: Vec::new(), source: source.clone() }
}

/// The condition of a spike, and what it does.
fn events(
    dynamics: &Section,
    equations: &Equations,
    fixed: &[Name],
    states: &[Name],
    draws: &mut Vec<Draw>,
) -> Result<(Option<Function>, Option<Function>)> {
    let inputs = joined(&[fixed, states]);
    let spike = match dynamics.text("spike")? {
        Some(source) => Some(equations.condition(source, &inputs, states, draws)?),
        None => None,
    };
    let reset = match dynamics.text("reset")? {
        Some(source) if spike.is_some() => {
            let statements = Parser::new(source)?.statements()?;
            Some(equations.changed(source, &statements, &inputs, states)?)
        }
        Some(source) => return Err(source.refuse(0, "there is no spike to reset after; add spike = \"V_m >= V_th\"")),
        None => None,
    };
    Ok((spike, reset))
}

/// What all that arrives does, receptor by receptor.
pub(crate) fn arrive(
    equations: &Equations,
    arrivals: &[Arrival],
    fixed: &[Name],
    states: &[Name],
    receptors: &[Name],
) -> Result<Option<Function>> {
    let inputs = joined(&[fixed, states, receptors]);
    let mut whole: Option<Function> = None;
    for (arrival, place) in arrivals.iter().zip(fixed.len() + states.len()..) {
        let mut inputs = inputs.clone();
        inputs[place].0.clone_from(&arrival.weight);
        let one = equations.changed(&arrival.source, &arrival.does, &inputs, states)?;
        whole = Some(match whole {
            None => one,
            Some(before) => after_each_other(&before, &one, &inputs, fixed.len()),
        });
    }
    Ok(whole)
}

/// Two changes of states, one after the other.
fn after_each_other(first: &Function, second: &Function, inputs: &[Name], fixed: usize) -> Function {
    let (mut graph, ids) = begun(inputs);
    let states = first.call(&mut graph, &ids);
    let mut between = ids.clone();
    between[fixed..fixed + states.len()].copy_from_slice(&states);
    let states = second.call(&mut graph, &between);
    let outputs = second.outputs.iter().zip(states).map(|((name, _), id)| (name.clone(), id)).collect();
    closed(inputs, graph, outputs).pruned()
}

/// Reads "t_ref holds V_m at V_reset and w at 0 pA"; without "holds", spikes are left out and nothing is held.
fn refractory(source: &Source, parameters: &[Name], fixed: &[Name], states: &[Name]) -> Result<Refractory> {
    let mut parser = Parser::new(source)?;
    let at = parser.at();
    let Token::Name(time) = parser.peek().clone() else {
        return Err(parser.expected("the parameter that is the refractory period"));
    };
    parser.take();
    match parameters.iter().find(|(name, _)| *name == time) {
        Some((_, unit)) if unit.fits(Unit::MS) => (),
        Some((_, unit)) => {
            return Err(source.refuse(at, format!("a refractory period is a time, but {time} is {}", unit.words())));
        }
        None => {
            let known: Vec<String> = parameters.iter().map(|(name, _)| name.clone()).collect();
            return Err(source.unknown(at, "parameter", &time, &known));
        }
    }
    let mut holds = Vec::new();
    let mut more = parser.word("holds");
    while more {
        holds.push(held(&mut parser, fixed, states)?);
        more = parser.word("and") || parser.sign(",");
    }
    parser.skip_lines();
    if *parser.peek() != Token::End {
        return Err(parser.expected("the form t_ref holds V_m at V_reset"));
    }
    Ok(Refractory { time, holds })
}

/// One variable that is held, and at what.
fn held(parser: &mut Parser<'_>, fixed: &[Name], states: &[Name]) -> Result<(usize, Function)> {
    let at = parser.at();
    let Token::Name(variable) = parser.take() else {
        return Err(parser.source.refuse(at, "expected the state variable that is held"));
    };
    let Some(place) = states.iter().position(|(name, _)| *name == variable) else {
        let known: Vec<String> = states.iter().map(|(name, _)| name.clone()).collect();
        return Err(parser.source.unknown(at, "state variable", &variable, &known));
    };
    if !parser.word("at") {
        return Err(parser.expected("at, as in t_ref holds V_m at V_reset"));
    }
    let from = parser.at();
    let value = parser.sum()?;
    let inputs = joined(&[fixed, states]);
    let (mut graph, scope) = opened(&inputs);
    let what = (variable.as_str(), from, states[place].1);
    let id = number(&mut graph, parser.source, &value, &scope, what)?;
    Ok((place, closed(&inputs, graph, vec![(variable, id)]).pruned()))
}
