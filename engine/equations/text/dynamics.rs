//! Equations and other statements of a model as functions of its names.

use crate::equations::text::declare::{Arrival, Bound, Declared, Relation, check_name};
use crate::equations::text::draws;
use crate::equations::text::expression::{Scope, Value, number, scaled, value};
use crate::equations::text::margin::margin;
use crate::equations::text::parse::{Expression, Node, Operator, Parser, Statement, StatementKind};
use crate::equations::text::source::{Section, Source};
use crate::equations::text::system::System;
use crate::equations::text::units::{Name, TOO_HIGH, Unit};
use crate::equations::text::{Rule, Rules, Variable};
use crate::equations::{Draw, Function, Graph, Id, Op};
use crate::error::Result;

/// The names and units of what is declared.
pub(crate) fn names<T>(declared: &[Declared<T>], name: impl Fn(&T) -> &str) -> Vec<Name> {
    declared.iter().map(|declared| (name(&declared.of).to_owned(), declared.unit)).collect()
}

/// Lists of names, one behind the other.
pub(crate) fn joined(lists: &[&[Name]]) -> Vec<Name> {
    lists.iter().flat_map(|list| list.iter().cloned()).collect()
}

/// A graph whose inputs are `inputs`, and a scope in which their names stand for them, in base units.
pub(crate) fn graph_and_scope(inputs: &[Name]) -> (Graph, Scope) {
    let (mut graph, _) = graph_and_inputs(inputs);
    let mut scope = Scope::default();
    for (place, (name, unit)) in inputs.iter().enumerate() {
        scope.names.insert(name.clone(), Scope::input(&mut graph, place, *unit));
    }
    (graph, scope)
}

/// A graph whose inputs are `inputs`, and their values, in the units of the names.
pub(crate) fn graph_and_inputs(inputs: &[Name]) -> (Graph, Vec<Id>) {
    let mut graph = Graph::default();
    let ids = (0..inputs.len()).map(|place| graph.push(Op::Input(place as u32))).collect();
    (graph, ids)
}

/// The function of `inputs` with this graph and these outputs.
pub(crate) fn function_over(inputs: &[Name], graph: Graph, outputs: Vec<(String, Id)>) -> Function {
    Function { inputs: inputs.iter().map(|(name, _)| name.clone()).collect(), graph, outputs }
}

/// The names of the states before the step among the inputs.
fn before_names(states: &[Name]) -> Vec<Name> {
    states.iter().map(|(name, unit)| (before_name(name), *unit)).collect()
}

/// The name of an input that is a state before the step, which no user can write.
fn before_name(name: &str) -> String {
    format!("before {name}")
}

/// The differential equations and definitions of a model.
#[derive(Debug, Clone, Default)]
pub(crate) struct Equations {
    statements: Vec<Statement>,
    /// The text that they stand in; `None` where there are none.
    source: Option<Source>,
}

impl Equations {
    /// Reads the equations at the key `equations` of a section; none where there is no such section or key.
    pub(crate) fn read(section: Option<&Section>) -> Result<Equations> {
        let source = section.map_or(Ok(None), |section| section.text("equations"))?;
        let statements = source.map_or(Ok(Vec::new()), |source| Parser::new(source)?.statements())?;
        Ok(Equations { statements, source: source.cloned() })
    }

    /// Replaces each random number in them by the name of an input, and appends its distribution to `draws`. So a
    /// definition that holds one has the same value wherever it is used.
    pub(crate) fn name_draws(&mut self, draws: &mut Vec<Draw>) -> Result<()> {
        let Some(source) = &self.source else { return Ok(()) };
        self.statements.iter_mut().try_for_each(|statement| draws::name_draws(source, &mut statement.value, draws))
    }

    /// The names of the states before the step among the inputs, if the equations hold `before(...)`; else none.
    pub(crate) fn before_names(&self, states: &[Name]) -> Vec<Name> {
        let asks = |node: &Node| matches!(node, Node::Call(name, _) if name == "before");
        let nodes = self.statements.iter().flat_map(|statement| &statement.value.nodes);
        match nodes.map(|(node, _)| node).any(asks) {
            true => before_names(states),
            false => Vec::new(),
        }
    }

    /// The rates of change as a function of fixed inputs, states, the states before the step (where `before` names
    /// them), and steady inputs.
    pub(crate) fn system(&self, fixed: &[Name], states: &[Name], before: &[Name], steady: &[Name]) -> Result<System> {
        let inputs = joined(&[fixed, states, before, steady]);
        let (mut graph, mut scope) = graph_and_scope(&inputs);
        scope.move_before(states);
        let mut rates: Vec<Option<Id>> = vec![None; states.len()];
        let Some(source) = &self.source else {
            return Ok(System { rates: function_over(&inputs, graph, Vec::new()), moving: Vec::new() });
        };
        let sets = self.statements.iter().filter(|statement| statement.kind == StatementKind::Set);
        scope.later = sets.map(|statement| statement.name.clone()).collect();
        for statement in &self.statements {
            match statement.kind {
                StatementKind::Set => self.define(&mut graph, &mut scope, statement)?,
                StatementKind::Rate => {
                    let (i, rate) = rate_of_change(&mut graph, &scope, source, statement, states)?;
                    if rates[i].replace(rate).is_some() {
                        let problem = format!("{}' has an equation above; leave one", statement.name);
                        return Err(source.refuse(statement.at, problem));
                    }
                }
                StatementKind::Add | StatementKind::Send => {
                    let problem = "equations are of the form x' = ... or x = ...";
                    return Err(source.refuse(statement.at, problem));
                }
            }
        }
        let moving: Vec<usize> = (0..states.len()).filter(|&i| rates[i].is_some()).collect();
        let outputs = states.iter().zip(rates).filter_map(|((name, _), rate)| Some((name.clone(), rate?))).collect();
        Ok(System { rates: function_over(&inputs, graph, outputs).pruned(), moving })
    }

    /// Adds the definition `x = ...` to the scope, made of names that are in it.
    fn define(&self, graph: &mut Graph, scope: &mut Scope, statement: &Statement) -> Result<()> {
        let Some(source) = &self.source else { return Ok(()) };
        let taken: Vec<&str> = scope.names.keys().map(String::as_str).collect();
        check_name(&statement.name, &taken, |problem| source.refuse(statement.at, problem))?;
        let value = value(graph, source, &statement.value, scope)?;
        scope.names.insert(statement.name.clone(), value);
        scope.later.retain(|later| *later != statement.name);
        Ok(())
    }

    /// Adds all definitions to the scope, as far as they can be made of names that are in it.
    fn define_all(&self, graph: &mut Graph, scope: &mut Scope) {
        for statement in self.statements.iter().filter(|statement| statement.kind == StatementKind::Set) {
            // A definition by other names, such as the current, is left out, and is unknown if it is used.
            let _ = self.define(graph, scope, statement);
        }
    }

    /// The function that `statements` compute, which change states: from `inputs`, of which some are the states, to the
    /// states.
    pub(crate) fn function_of_changes(
        &self,
        source: &Source,
        statements: &[Statement],
        inputs: &[Name],
        states: &[Name],
    ) -> Result<Function> {
        let (mut graph, mut scope) = graph_and_scope(inputs);
        let mut outputs = Vec::new();
        self.define_all(&mut graph, &mut scope);
        for statement in statements {
            apply_change(&mut graph, &mut scope, source, statement, states)?;
        }
        for (name, unit) in states {
            let value = scope.names[name];
            outputs.push((name.clone(), scaled(&mut graph, value.id, 1.0 / unit.scale)));
        }
        Ok(function_over(inputs, graph, outputs).pruned())
    }

    /// The margin of the condition in `source`, as a function of `names`, then the states before the step, and then the
    /// random numbers, to which those of the condition are appended.
    pub(crate) fn margin_of_condition(
        &self,
        source: &Source,
        names: &[Name],
        states: &[Name],
        draws: &mut Vec<Draw>,
    ) -> Result<Function> {
        let mut parser = Parser::new(source)?;
        parser.skip_lines();
        let mut expression = parser.expression()?;
        parser.expect_end()?;
        draws::name_draws(source, &mut expression, draws)?;
        let inputs = joined(&[names, &before_names(states), &draws::input_names(draws)]);
        let (mut graph, mut scope) = graph_and_scope(&inputs);
        scope.move_before(states);
        self.define_all(&mut graph, &mut scope);
        let margin = margin(&mut graph, source, &expression, &scope)?;
        Ok(function_over(&inputs, graph, vec![("margin".into(), margin)]).pruned())
    }

    /// The length in ms of a part of a step, which `source` gives, as a function of `inputs`.
    pub(crate) fn part_length(&self, source: &Source, inputs: &[Name]) -> Result<Function> {
        let (function, units) = self.function_of_texts(&[("part", source)], inputs)?;
        match units.first() {
            Some(unit) if unit.fits(Unit::MS) => Ok(function),
            Some(unit) => {
                Err(source.refuse(0, format!("the length of a part is a time, but this is {}", unit.words())))
            }
            None => Ok(function),
        }
    }

    /// A function of `inputs` with an output for each of `texts`, a name and an expression; and the units of the
    /// outputs.
    pub(crate) fn function_of_texts(
        &self,
        texts: &[(&str, &Source)],
        inputs: &[Name],
    ) -> Result<(Function, Vec<Unit>)> {
        let (mut graph, mut scope) = graph_and_scope(inputs);
        self.define_all(&mut graph, &mut scope);
        let mut outputs = Vec::new();
        let mut units = Vec::new();
        for (name, source) in texts {
            let mut parser = Parser::new(source)?;
            parser.skip_lines();
            let expression = parser.expression()?;
            parser.expect_end()?;
            let value = value(&mut graph, source, &expression, &scope)?;
            if value.truth {
                return Err(source.refuse(0, "this is true or false; expected a number, such as 1 if ... else 0"));
            }
            units.push(value.unit);
            outputs.push(((*name).to_owned(), value.id));
        }
        Ok((function_over(inputs, graph, outputs).pruned(), units))
    }
}

impl Scope {
    /// Makes the inputs that are states before the step the meaning of `before(...)`, instead of names.
    fn move_before(&mut self, states: &[Name]) {
        for (name, _) in states {
            if let Some(value) = self.names.remove(&before_name(name)) {
                self.before.insert(name.clone(), value);
            }
        }
    }
}

/// The place of the state variable that a statement sets or changes.
fn place_of_state(source: &Source, statement: &Statement, states: &[Name]) -> Result<usize> {
    let found = states.iter().position(|(name, _)| *name == statement.name);
    found.ok_or_else(|| {
        let known: Vec<String> = states.iter().map(|(name, _)| name.clone()).collect();
        source.unknown(statement.at, "state variable", &statement.name, &known)
    })
}

/// The place of the state variable whose rate of change a statement gives, and the rate, in the variable's unit per ms.
fn rate_of_change(
    graph: &mut Graph,
    scope: &Scope,
    source: &Source,
    statement: &Statement,
    states: &[Name],
) -> Result<(usize, Id)> {
    let i = place_of_state(source, statement, states)?;
    let unit = states[i].1.over(Unit::MS).ok_or_else(|| source.refuse(statement.at, TOO_HIGH))?;
    let name = format!("{}'", statement.name);
    Ok((i, number(graph, source, &statement.value, scope, (&name, statement.at, unit))?))
}

/// Gives a state variable in the scope the value that a statement sets, or its old value plus what the statement adds.
pub(crate) fn apply_change(
    graph: &mut Graph,
    scope: &mut Scope,
    source: &Source,
    statement: &Statement,
    states: &[Name],
) -> Result<()> {
    if !matches!(statement.kind, StatementKind::Set | StatementKind::Add) {
        return Err(source.refuse(statement.at, "expected x = ... or x += ..., where x is a state variable"));
    }
    let i = place_of_state(source, statement, states)?;
    let unit = Unit { scale: 1.0, ..states[i].1 };
    let mut id = number(graph, source, &statement.value, scope, (&statement.name, statement.at, unit))?;
    if statement.kind == StatementKind::Add {
        let old = scope.names[&statement.name];
        id = graph.push(Op::Add(old.id, id));
    }
    scope.names.insert(statement.name.clone(), Value::number(id, unit));
    Ok(())
}

/// The function of fixed inputs, states and receptors to the states after everything has arrived, receptor by receptor;
/// `None` where there are no receptors.
pub(crate) fn function_of_arrivals(
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
        let one = equations.function_of_changes(&arrival.source, &arrival.does, &inputs, states)?;
        whole = Some(match whole {
            None => one,
            Some(before) => one_after_the_other(&before, &one, &inputs, fixed.len()),
        });
    }
    Ok(whole)
}

/// Two functions that change states, one after the other; the states are inputs behind the `fixed` ones.
fn one_after_the_other(first: &Function, second: &Function, inputs: &[Name], fixed: usize) -> Function {
    let (mut graph, ids) = graph_and_inputs(inputs);
    let states = first.call(&mut graph, &ids);
    let mut between = ids.clone();
    between[fixed..fixed + states.len()].copy_from_slice(&states);
    let states = second.call(&mut graph, &between);
    let outputs = second.outputs.iter().zip(states).map(|((name, _), id)| (name.clone(), id)).collect();
    function_over(inputs, graph, outputs).pruned()
}

/// The rules of the bounds of `declared`, and the function of `inputs` that evaluates them; `name` gives the name of a
/// declaration.
pub(crate) fn rules<T>(declared: &[Declared<T>], name: impl Fn(&T) -> &str, inputs: &[Name]) -> Result<Rules> {
    let (mut graph, scope) = graph_and_scope(inputs);
    let (one, zero) = (graph.constant(1.0), graph.constant(0.0));
    let mut rules = Vec::new();
    let mut outputs = Vec::new();
    for declared in declared {
        for bound in &declared.bounds {
            let of = name(&declared.of);
            let mut kept = graph.push(Op::Above(one, zero));
            for (operator, limit) in limits(bound) {
                let limit = limit_value(&mut graph, &declared.source, limit, &scope, (of, bound.at, declared.unit))?;
                let value = scope.names[of].id;
                let holds = match operator {
                    Operator::Above => graph.push(Op::Above(value, limit)),
                    Operator::Below => graph.push(Op::Above(limit, value)),
                    Operator::NotBelow => not_above(&mut graph, limit, value),
                    _ => not_above(&mut graph, value, limit),
                };
                kept = graph.push(Op::And(kept, holds));
            }
            rules.push(Rule { name: of.to_owned(), words: bound.words.clone() });
            outputs.push((of.to_owned(), graph.push(Op::Choose(kept, one, zero))));
        }
    }
    Ok(Rules { rules, function: function_over(inputs, graph, outputs).pruned() })
}

/// a <= b, also true where one of them is NaN.
fn not_above(graph: &mut Graph, a: Id, b: Id) -> Id {
    let above = graph.push(Op::Above(a, b));
    graph.push(Op::Not(above))
}

/// The value, in base units, of a limit of the variable `name`, which has the unit `unit`.
fn limit_value(
    graph: &mut Graph,
    source: &Source,
    limit: &Expression,
    scope: &Scope,
    (name, at, unit): (&str, usize, Unit),
) -> Result<Id> {
    number(graph, source, limit, scope, (name, at, Unit { scale: 1.0, ..unit }))
}

/// The limits of a bound, each with the relation that a value must have to it.
fn limits(bound: &Bound) -> Vec<(Operator, &Expression)> {
    match &bound.of {
        Relation::To(operator, limit) => vec![(*operator, limit)],
        Relation::Between(low, high) => vec![(Operator::NotBelow, low), (Operator::NotAbove, high)],
    }
}

/// The function of fixed inputs and states to the states within their ranges; `None` if no state variable has a range.
pub(crate) fn ranges(state: &[Declared<Variable>], fixed: &[Name], states: &[Name]) -> Result<Option<Function>> {
    let inputs = joined(&[fixed, states]);
    let (mut graph, mut scope) = graph_and_scope(&inputs);
    // The ends of a range depend on parameters alone.
    for (name, _) in states {
        scope.names.remove(name);
    }
    let mut outputs = Vec::new();
    let mut any = false;
    for (i, declared) in state.iter().enumerate() {
        let mut id = graph.push(Op::Input((fixed.len() + i) as u32));
        for bound in &declared.bounds {
            let Relation::Between(low, high) = &bound.of else { continue };
            any = true;
            let what = (declared.of.name.as_str(), bound.at, declared.unit);
            let low = number(&mut graph, &declared.source, low, &scope, what)?;
            let high = number(&mut graph, &declared.source, high, &scope, what)?;
            let below = graph.push(Op::Above(low, id));
            id = graph.push(Op::Choose(below, low, id));
            let above = graph.push(Op::Above(id, high));
            id = graph.push(Op::Choose(above, high, id));
        }
        outputs.push((declared.of.name.clone(), id));
    }
    Ok(any.then(|| function_over(&inputs, graph, outputs).pruned()))
}
