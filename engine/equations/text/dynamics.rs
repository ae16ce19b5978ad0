//! Equations and other statements of a model to functions over its names.

use crate::equations::text::declare::{Bound, Declared, Relation, check_name};
use crate::equations::text::draws;
use crate::equations::text::expression::{Scope, Value, number, scaled, value};
use crate::equations::text::margin::margin;
use crate::equations::text::parse::{Deed, Expression, Node, Operator, Parser, Statement};
use crate::equations::text::source::{Section, Source};
use crate::equations::text::system::System;
use crate::equations::text::units::{Name, TOO_HIGH, Unit};
use crate::equations::text::{Rule, Rules, Variable};
use crate::equations::{Draw, Function, Graph, Id, Op};
use crate::error::Result;

/// The names of what is declared.
pub(crate) fn names<T>(declared: &[Declared<T>], name: impl Fn(&T) -> &str) -> Vec<Name> {
    declared.iter().map(|declared| (name(&declared.of).to_owned(), declared.unit)).collect()
}

/// Lists of names as one.
pub(crate) fn joined(lists: &[&[Name]]) -> Vec<Name> {
    lists.iter().flat_map(|list| list.iter().cloned()).collect()
}

/// A graph whose inputs are some names, and what the names mean there.
pub(crate) fn opened(inputs: &[Name]) -> (Graph, Scope) {
    let (mut graph, _) = begun(inputs);
    let mut scope = Scope::default();
    for (place, (name, unit)) in inputs.iter().enumerate() {
        scope.names.insert(name.clone(), Scope::input(&mut graph, place, *unit));
    }
    (graph, scope)
}

/// A graph whose inputs are some names, and their values.
pub(crate) fn begun(inputs: &[Name]) -> (Graph, Vec<Id>) {
    let mut graph = Graph::default();
    let ids = (0..inputs.len()).map(|place| graph.push(Op::Input(place as u32))).collect();
    (graph, ids)
}

/// A function over some names.
pub(crate) fn closed(inputs: &[Name], graph: Graph, outputs: Vec<(String, Id)>) -> Function {
    Function { inputs: inputs.iter().map(|(name, _)| name.clone()).collect(), graph, outputs }
}

/// What the states before the step are called among inputs.
fn before(states: &[Name]) -> Vec<Name> {
    states.iter().map(|(name, unit)| (before_name(name), *unit)).collect()
}

/// A name that nobody can write.
fn before_name(name: &str) -> String {
    format!("before {name}")
}

/// The differential equations and definitions of a model.
#[derive(Debug, Clone, Default)]
pub(crate) struct Equations {
    statements: Vec<Statement>,
    source: Option<Source>,
}

impl Equations {
    /// Those at the key `equations` of a section, if it has any.
    pub(crate) fn read(section: Option<&Section>) -> Result<Equations> {
        let source = section.map_or(Ok(None), |section| section.text("equations"))?;
        let statements = source.map_or(Ok(Vec::new()), |source| Parser::new(source)?.statements())?;
        Ok(Equations { statements, source: source.cloned() })
    }

    /// Gives each random number a name; what is defined by one is the same wherever it is used.
    pub(crate) fn draw(&mut self, draws: &mut Vec<Draw>) -> Result<()> {
        let Some(source) = &self.source else { return Ok(()) };
        self.statements.iter_mut().try_for_each(|statement| draws::named(source, &mut statement.value, draws))
    }

    /// Names of the states before the step, if the equations ask for any of them.
    pub(crate) fn before(&self, states: &[Name]) -> Vec<Name> {
        let asks = |node: &Node| matches!(node, Node::Call(name, _) if name == "before");
        let nodes = self.statements.iter().flat_map(|statement| &statement.value.nodes);
        match nodes.map(|(node, _)| node).any(asks) {
            true => before(states),
            false => Vec::new(),
        }
    }

    /// The rates as functions of fixed inputs, states, perhaps the states before the step, and steady inputs.
    pub(crate) fn system(&self, fixed: &[Name], states: &[Name], before: &[Name], steady: &[Name]) -> Result<System> {
        let inputs = joined(&[fixed, states, before, steady]);
        let (mut graph, mut scope) = opened(&inputs);
        scope.take_before(states);
        let mut rates: Vec<Option<Id>> = vec![None; states.len()];
        let Some(source) = &self.source else {
            return Ok(System { rates: closed(&inputs, graph, Vec::new()), moving: Vec::new() });
        };
        let sets = self.statements.iter().filter(|statement| statement.deed == Deed::Set);
        scope.later = sets.map(|statement| statement.name.clone()).collect();
        for statement in &self.statements {
            match statement.deed {
                Deed::Set => self.define(&mut graph, &mut scope, statement)?,
                Deed::Rate => {
                    let (i, rate) = rate_of_change(&mut graph, &scope, source, statement, states)?;
                    if rates[i].replace(rate).is_some() {
                        let problem = format!("{}' has an equation above; leave one", statement.name);
                        return Err(source.refuse(statement.at, problem));
                    }
                }
                Deed::Add | Deed::Send => {
                    let problem = "equations are of the form x' = ... or x = ...";
                    return Err(source.refuse(statement.at, problem));
                }
            }
        }
        let moving: Vec<usize> = (0..states.len()).filter(|&i| rates[i].is_some()).collect();
        let outputs = states.iter().zip(rates).filter_map(|((name, _), rate)| Some((name.clone(), rate?))).collect();
        Ok(System { rates: closed(&inputs, graph, outputs).pruned(), moving })
    }

    /// Defines a name of `[where]` from those above it.
    fn define(&self, graph: &mut Graph, scope: &mut Scope, statement: &Statement) -> Result<()> {
        let Some(source) = &self.source else { return Ok(()) };
        let taken: Vec<&str> = scope.names.keys().map(String::as_str).collect();
        check_name(&statement.name, &taken, |problem| source.refuse(statement.at, problem))?;
        let value = value(graph, source, &statement.value, scope)?;
        scope.names.insert(statement.name.clone(), value);
        scope.later.retain(|later| *later != statement.name);
        Ok(())
    }

    /// Adds the definitions to a scope, as far as they can be made of its names.
    fn define_all(&self, graph: &mut Graph, scope: &mut Scope) {
        for statement in self.statements.iter().filter(|statement| statement.deed == Deed::Set) {
            // What is made of other names, such as the current, has no meaning here, and is unknown if it is used.
            let _ = self.define(graph, scope, statement);
        }
    }

    /// Statements that change states: a function of `inputs`, of which some are the states, to the states.
    pub(crate) fn changed(
        &self,
        source: &Source,
        statements: &[Statement],
        inputs: &[Name],
        states: &[Name],
    ) -> Result<Function> {
        let (mut graph, mut scope) = opened(inputs);
        let mut outputs = Vec::new();
        self.define_all(&mut graph, &mut scope);
        for statement in statements {
            change(&mut graph, &mut scope, source, statement, states)?;
        }
        for (name, unit) in states {
            let value = scope.names[name];
            outputs.push((name.clone(), scaled(&mut graph, value.id, 1.0 / unit.scale)));
        }
        Ok(closed(inputs, graph, outputs).pruned())
    }

    /// A condition as a margin. Its inputs are the names, then the states as they were before, and then the random
    /// numbers, to which its own are added.
    pub(crate) fn condition(
        &self,
        source: &Source,
        names: &[Name],
        states: &[Name],
        draws: &mut Vec<Draw>,
    ) -> Result<Function> {
        let mut parser = Parser::new(source)?;
        parser.skip_lines();
        let mut expression = parser.expression()?;
        parser.end()?;
        draws::named(source, &mut expression, draws)?;
        let inputs = joined(&[names, &before(states), &draws::names(draws)]);
        let (mut graph, mut scope) = opened(&inputs);
        scope.take_before(states);
        self.define_all(&mut graph, &mut scope);
        let margin = margin(&mut graph, source, &expression, &scope)?;
        Ok(closed(&inputs, graph, vec![("margin".into(), margin)]).pruned())
    }

    /// A time in ms as a function of some names.
    pub(crate) fn time(&self, source: &Source, inputs: &[Name]) -> Result<Function> {
        let (function, units) = self.values(&[("part", source)], inputs)?;
        match units.first() {
            Some(unit) if unit.fits(Unit::MS) => Ok(function),
            Some(unit) => {
                Err(source.refuse(0, format!("the length of a part is a time, but this is {}", unit.words())))
            }
            None => Ok(function),
        }
    }

    /// Values of names, one for each text.
    pub(crate) fn values(&self, texts: &[(&str, &Source)], inputs: &[Name]) -> Result<(Function, Vec<Unit>)> {
        let (mut graph, mut scope) = opened(inputs);
        self.define_all(&mut graph, &mut scope);
        let mut outputs = Vec::new();
        let mut units = Vec::new();
        for (name, source) in texts {
            let mut parser = Parser::new(source)?;
            parser.skip_lines();
            let expression = parser.expression()?;
            parser.end()?;
            let value = value(&mut graph, source, &expression, &scope)?;
            if value.truth {
                return Err(source.refuse(0, "this is true or false; expected a number, such as 1 if ... else 0"));
            }
            units.push(value.unit);
            outputs.push(((*name).to_owned(), value.id));
        }
        Ok((closed(inputs, graph, outputs).pruned(), units))
    }
}

impl Scope {
    /// Makes inputs that are states before the step what `before(...)` means.
    fn take_before(&mut self, states: &[Name]) {
        for (name, _) in states {
            if let Some(value) = self.names.remove(&before_name(name)) {
                self.before.insert(name.clone(), value);
            }
        }
    }
}

/// The place of the state variable that a statement is of.
fn place_of_state(source: &Source, statement: &Statement, states: &[Name]) -> Result<usize> {
    let found = states.iter().position(|(name, _)| *name == statement.name);
    found.ok_or_else(|| {
        let known: Vec<String> = states.iter().map(|(name, _)| name.clone()).collect();
        source.unknown(statement.at, "state variable", &statement.name, &known)
    })
}

/// The rate of one state variable, with its place; its unit is the variable's per ms.
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

/// What a statement makes of a state variable.
pub(crate) fn change(
    graph: &mut Graph,
    scope: &mut Scope,
    source: &Source,
    statement: &Statement,
    states: &[Name],
) -> Result<()> {
    if !matches!(statement.deed, Deed::Set | Deed::Add) {
        return Err(source.refuse(statement.at, "expected x = ... or x += ..., where x is a state variable"));
    }
    let i = place_of_state(source, statement, states)?;
    let unit = Unit { scale: 1.0, ..states[i].1 };
    let mut id = number(graph, source, &statement.value, scope, (&statement.name, statement.at, unit))?;
    if statement.deed == Deed::Add {
        let old = scope.names[&statement.name];
        id = graph.push(Op::Add(old.id, id));
    }
    scope.names.insert(statement.name.clone(), Value::number(id, unit));
    Ok(())
}

/// The rules that some declarations make, over the names in `inputs`.
pub(crate) fn rules<T>(declared: &[Declared<T>], name: impl Fn(&T) -> &str, inputs: &[Name]) -> Result<Rules> {
    let (mut graph, scope) = opened(inputs);
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
    Ok(Rules { rules, function: closed(inputs, graph, outputs).pruned() })
}

/// a <= b, also true where one of them is NaN.
fn not_above(graph: &mut Graph, a: Id, b: Id) -> Id {
    let above = graph.push(Op::Above(a, b));
    graph.push(Op::Not(above))
}

/// A limit in base units.
fn limit_value(
    graph: &mut Graph,
    source: &Source,
    limit: &Expression,
    scope: &Scope,
    (name, at, unit): (&str, usize, Unit),
) -> Result<Id> {
    number(graph, source, limit, scope, (name, at, Unit { scale: 1.0, ..unit }))
}

/// The limits of a range, each with the side on which it lies.
fn limits(bound: &Bound) -> Vec<(Operator, &Expression)> {
    match &bound.of {
        Relation::To(operator, limit) => vec![(*operator, limit)],
        Relation::Between(low, high) => vec![(Operator::NotBelow, low), (Operator::NotAbove, high)],
    }
}

/// A function that holds state variables within their ranges; none if none has one. Its inputs are the fixed ones and
/// the states.
pub(crate) fn ranges(state: &[Declared<Variable>], fixed: &[Name], states: &[Name]) -> Result<Option<Function>> {
    let inputs = joined(&[fixed, states]);
    let (mut graph, mut scope) = opened(&inputs);
    // A range is of parameters alone.
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
    Ok(any.then(|| closed(&inputs, graph, outputs).pruned()))
}
