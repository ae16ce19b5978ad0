//! Reads neurons: their equations, the condition and the effect of a spike, and the refractory period.

use crate::equations::text::declarations::Declarations;
use crate::equations::text::declare::{self, Declared};
use crate::equations::text::draws;
use crate::equations::text::dynamics::{
    Equations, function_of_arrivals, function_over, graph_and_scope, joined, names, ranges,
};
use crate::equations::text::expression::number;
use crate::equations::text::hoist::hoist_together;
use crate::equations::text::lex::Token;
use crate::equations::text::parse::Parser;
use crate::equations::text::source::{Section, Source};
use crate::equations::text::step::{Parts, Stepping, bounded};
use crate::equations::text::system::System;
use crate::equations::text::units::{Name, Unit};
use crate::equations::text::{Functions, Model, Start, Variable};
use crate::equations::{Draw, Function, Graph, Id, Op};
use crate::error::Result;

/// A refractory period, as in "t_ref holds V_m at V_reset".
struct Refractory {
    /// The parameter that is its length.
    time: String,
    /// Places of the variables that are held, and functions of fixed inputs and states to the values they are held at.
    holds: Vec<(usize, Function)>,
}

/// The name of the potential, by which a leak is defined.
const POTENTIAL: &str = "V_m";
/// The name of the conductance of a leak, which no user can write.
const CONDUCTANCE: &str = "g coupled";

/// A conductance through which current leaves the potential.
struct Leak {
    /// The parameter at which no current flows; `None` for a potential of 0.
    to: Option<String>,
}

/// Reads the neuron `name` of a section.
pub(crate) fn read(name: &str, section: &Section) -> Result<Model> {
    build(name, section, None)
}

/// The neuron `model`, read again from its section with a conductance from its potential; see
/// [`Model::with_conductance`].
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

/// Reads a neuron; with `leak`, the conductance of the leak is one more parameter.
fn build(name: &str, section: &Section, leak: Option<&Leak>) -> Result<Model> {
    section.only(&["kind", "about", "parameters", "state", "receptors", "dynamics"])?;
    let declared = Declarations::read(name, section)?;
    let mut state = declare::state(section.section("state")?, &declared.parameters, &[])?;
    let dynamics = dynamics_section(section)?;
    let period = dynamics.text("refractory")?;
    let fixed = fixed_inputs(&declared, leak, period.is_some());
    state.extend(period.map(counter));
    let states = names(&state, |variable| &variable.name);
    let refractory =
        period.map(|source| read_refractory(source, &declared.parameter_names, &fixed, &states)).transpose()?;
    let taken: Vec<&str> = fixed.iter().chain(&states).map(|(name, _)| name.as_str()).collect();
    let arrivals = declare::receptors(section.section("receptors")?, &taken)?;
    let receptors: Vec<Name> = arrivals.iter().map(|a| (a.declared.of.name.clone(), a.declared.unit)).collect();
    let mut equations = Equations::read(Some(dynamics))?;
    let mut draws = Vec::new();
    equations.name_draws(&mut draws)?;
    let (spike, reset) = read_spike_and_reset(dynamics, &equations, &fixed, &states, &mut draws)?;
    let steady = joined(&[&[("I".into(), Unit::PA)], &draws::input_names(&draws)]);
    let before = equations.before_names(&states);
    let (part, moment) = (dynamics.text("part")?, joined(&[&fixed, &states, &before, &steady]));
    let parts = Parts {
        system: with_leak(equations.system(&fixed, &states, &before, &steady)?, leak),
        part: part.map(|source| equations.part_length(source, &moment)).transpose()?,
        before,
        arrive: function_of_arrivals(&equations, &arrivals, &fixed, &states, &receptors)?,
        ranges: ranges(&state, &fixed, &states)?,
        spike,
        reset,
        refractory: refractory.is_some(),
        holds: refractory.as_ref().map_or(Vec::new(), |refractory| refractory.holds.clone()),
        stepping: Stepping::read(dynamics)?,
        fixed,
        states,
        receptors,
        steady,
        draws: draws.len(),
    };
    let in_words = parts.equations();
    let parts = with_relative_potentials(parts, &mut state);
    let (derive, functions) = functions(&parts, dynamics)?;
    Ok(Model {
        equations: in_words,
        solution: parts.solution(),
        draws,
        receptors: arrivals.into_iter().map(|arrival| arrival.declared.of).collect(),
        refractory: refractory.map(|refractory| refractory.time),
        ..declared.model(state, derive, functions)?
    })
}

/// The table `dynamics` of a neuron, with keys that it may have.
fn dynamics_section(section: &Section) -> Result<&Section> {
    let dynamics = section.section("dynamics")?;
    let dynamics = dynamics.ok_or_else(|| section.refuse("a neuron has a table dynamics with its equations"))?;
    let keys = [
        "equations",
        "spike",
        "reset",
        "refractory",
        "method",
        "substeps",
        "part",
        "spike_in_substep",
        "spikes",
        "input",
    ];
    dynamics.only(&keys)?;
    Ok(dynamics)
}

/// The inputs that do not change while a model runs: the parameters, the conductance of a leak, dt, and the steps of a
/// refractory period.
fn fixed_inputs(declared: &Declarations, leak: Option<&Leak>, refractory: bool) -> Vec<Name> {
    let mut fixed = declared.fixed.clone();
    if leak.is_some() {
        fixed.insert(declared.parameters.len(), (CONDUCTANCE.into(), Unit::PA.over(Unit::MV).unwrap_or(Unit::ONE)));
    }
    if refractory {
        fixed.push(("refractory_steps".into(), Unit::ONE));
    }
    fixed
}

/// The function that derives values from fixed inputs, and the functions of a neuron with these parts.
fn functions(parts: &Parts, dynamics: &Section) -> Result<(Function, Functions)> {
    let (derive, [step, reset]) = hoist_together(&[parts.step(dynamics)?, parts.after_spike()], parts.fixed.len());
    bounded(dynamics, [&derive, &step, &reset])?;
    Ok((derive, Functions::Neuron { step, reset, max_spikes: parts.stepping.max_spikes }))
}

/// The equations with the current through a leak, if there is one, subtracted from `I`.
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

/// The parts with the potentials that start at a parameter stored as differences from it, if the equations allow it;
/// notes this in `state`.
fn with_relative_potentials(parts: Parts, state: &mut [Declared<Variable>]) -> Parts {
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

/// The declaration of the state variable that counts the steps of the refractory period.
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

/// Reads the condition of a spike, as a margin, and what a spike does to the state.
fn read_spike_and_reset(
    dynamics: &Section,
    equations: &Equations,
    fixed: &[Name],
    states: &[Name],
    draws: &mut Vec<Draw>,
) -> Result<(Option<Function>, Option<Function>)> {
    let inputs = joined(&[fixed, states]);
    let spike = match dynamics.text("spike")? {
        Some(source) => Some(equations.margin_of_condition(source, &inputs, states, draws)?),
        None => None,
    };
    let reset = match dynamics.text("reset")? {
        Some(source) if spike.is_some() => {
            let statements = Parser::new(source)?.statements()?;
            Some(equations.function_of_changes(source, &statements, &inputs, states)?)
        }
        Some(source) => return Err(source.refuse(0, "there is no spike to reset after; add spike = \"V_m >= V_th\"")),
        None => None,
    };
    Ok((spike, reset))
}

/// Reads a refractory period, as "t_ref holds V_m at V_reset and w at 0 pA"; without "holds" nothing is held, and only
/// spikes are left out.
fn read_refractory(source: &Source, parameters: &[Name], fixed: &[Name], states: &[Name]) -> Result<Refractory> {
    let mut parser = Parser::new(source)?;
    let at = parser.at();
    let Token::Name(time) = parser.peek().clone() else {
        return Err(parser.expected("the parameter that is the refractory period"));
    };
    parser.advance();
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
    let mut more = parser.accept_word("holds");
    while more {
        holds.push(read_hold(&mut parser, fixed, states)?);
        more = parser.accept_word("and") || parser.accept_sign(",");
    }
    parser.skip_lines();
    if *parser.peek() != Token::End {
        return Err(parser.expected("the form t_ref holds V_m at V_reset"));
    }
    Ok(Refractory { time, holds })
}

/// Reads one variable that is held and the value it is held at, as "V_m at V_reset".
fn read_hold(parser: &mut Parser<'_>, fixed: &[Name], states: &[Name]) -> Result<(usize, Function)> {
    let at = parser.at();
    let Token::Name(variable) = parser.advance() else {
        return Err(parser.source.refuse(at, "expected the state variable that is held"));
    };
    let Some(place) = states.iter().position(|(name, _)| *name == variable) else {
        let known: Vec<String> = states.iter().map(|(name, _)| name.clone()).collect();
        return Err(parser.source.unknown(at, "state variable", &variable, &known));
    };
    if !parser.accept_word("at") {
        return Err(parser.expected("at, as in t_ref holds V_m at V_reset"));
    }
    let from = parser.at();
    let value = parser.sum()?;
    let inputs = joined(&[fixed, states]);
    let (mut graph, scope) = graph_and_scope(&inputs);
    let what = (variable.as_str(), from, states[place].1);
    let id = number(&mut graph, parser.source, &value, &scope, what)?;
    Ok((place, function_over(&inputs, graph, vec![(variable, id)]).pruned()))
}
