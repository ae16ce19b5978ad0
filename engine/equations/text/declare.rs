//! Reads declarations of one line: parameters, state variables and receptors.
//!
//! ```text
//! "281 pF > 0: membrane capacitance"                   value, unit, bounds: meaning
//! "-60 mV < V_th: potential after a spike"             bounds may name parameters
//! "0.073 uM, from 0 uM to Ca_tot: calcium"             a range holds of a state variable at all times, other bounds at 0
//! "true: whether it adapts"                            a parameter that is true or false, 1 or 0 in equations
//! "E_L mV: membrane potential"                         a state variable that starts at a parameter
//! "nS positive: g_ex += ex"                            unit and weights of a receptor: what a spike does
//! "nS positive of nmda_bw_2001_synapse: s += NMDA"     the same, for the spikes of one synapse model alone
//! "pA all: I_syn_1 += weight"                          the same of a receptor that is called by a number
//! ```

use crate::equations::text::functions;
use crate::equations::text::lex::Token;
use crate::equations::text::parse::{Expression, Operator, Parser, Statement, StatementKind};
use crate::equations::text::source::{Section, Source, shortened};
use crate::equations::text::units::{self, Unit};
use crate::equations::text::{Parameter, Receptor, Start, Variable};
use crate::equations::{Draw, Takes};
use crate::error::Result;

/// The most parameters, and the most receptors.
const MAX_ENTRIES: usize = 1024;
/// The most state variables.
const MAX_STATES: usize = 520;

/// The name of the weight where a receptor is named by a number.
const WEIGHT: &str = "weight";
/// What errors expect behind the colon of a parameter or a state variable.
const MEANING: &str = "a meaning, as in 20 ms > 0: time constant";

/// A bound of a value.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    /// The relation that the value must keep.
    pub(crate) of: Relation,
    /// The bound as written.
    pub(crate) words: String,
    /// The byte of the text at which it stands.
    pub(crate) at: usize,
}

/// A relation that a value must keep.
#[derive(Debug, Clone)]
pub(crate) enum Relation {
    /// It compares so with the value of an expression.
    To(Operator, Expression),
    /// It lies between the values of two expressions, or equals one.
    Between(Expression, Expression),
}

/// A parameter, state variable or receptor as it is declared.
#[derive(Debug, Clone)]
pub(crate) struct Declared<T> {
    /// Its public form.
    pub(crate) of: T,
    /// Its unit.
    pub(crate) unit: Unit,
    /// Its bounds.
    pub(crate) bounds: Vec<Bound>,
    /// The text of the declaration before the colon.
    pub(crate) source: Source,
}

/// The part of a text before the first colon, and the part behind it; `what` is what errors expect behind it.
fn split_at_colon<'a>(source: &'a Source, what: &str) -> Result<(Source, &'a str)> {
    let text = source.text();
    let Some((head, tail)) = text.split_once(':') else {
        return Err(source.refuse(text.len(), format!("expected : and {what}")));
    };
    if tail.trim().is_empty() {
        return Err(source.refuse(text.len(), format!("expected {what} behind the colon")));
    }
    Ok((source.cut_to(head.len()), tail))
}

/// Refuses a name that is not spelt as one, that has a meaning of its own, or that is among `taken`; `refuse` makes the
/// error.
pub(crate) fn check_name(name: &str, taken: &[&str], refuse: impl Fn(String) -> crate::Error) -> Result<()> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !name.is_empty() && name.len() <= 60;
    if !plain || name.as_bytes()[0].is_ascii_digit() {
        let rule = "names are of at most 60 of the letters a to z, digits and _, and begin with a letter";
        return Err(refuse(format!("'{}' is no name; {rule}", shortened(name))));
    }
    let language = units::RESERVED.contains(&name) || functions::NAMES.contains(&name) || Draw::named(name).is_some();
    if language || matches!(name, "before" | "dt" | "I" | "refractory" | "refractory_steps" | "elapsed" | "margin") {
        return Err(refuse(format!("the name '{name}' has a meaning of its own; choose another")));
    }
    if taken.contains(&name) {
        return Err(refuse(format!("the name '{name}' is given twice; choose another")));
    }
    Ok(())
}

/// The entries of a section, which are texts, at most `most`.
fn entries(section: Option<&Section>, most: usize) -> Result<Vec<(&str, &Source)>> {
    let Some(section) = section else { return Ok(Vec::new()) };
    let texts = section.texts()?;
    match texts.len() > most {
        true => Err(section.refuse(format!("there are {} entries, and at most {most} may be", texts.len()))),
        false => Ok(texts),
    }
}

/// The entries of a section, at most `most`, whose names pass [`check_name`].
fn named_entries<'a>(section: Option<&'a Section>, taken: &[&str], most: usize) -> Result<Vec<(&'a str, &'a Source)>> {
    let texts = entries(section, most)?;
    for (name, source) in &texts {
        check_name(name, taken, |problem| source.refuse(0, problem))?;
    }
    Ok(texts)
}

/// Whether the name of a receptor is a number from 1 on, as NEST's receptor types are.
fn is_number(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_digit()) && !name.starts_with('0') && !name.is_empty() && name.len() <= 4
}

/// Reads the parameters of a model.
pub(crate) fn parameters(section: Option<&Section>) -> Result<Vec<Declared<Parameter>>> {
    let mut parameters = Vec::new();
    for (name, source) in named_entries(section, &[], MAX_ENTRIES)? {
        let (head, about) = split_at_colon(source, MEANING)?;
        let mut parser = Parser::new(&head)?;
        let flag = read_flag(&mut parser);
        let default = flag.map_or_else(|| read_number(&mut parser), |on| Ok(f64::from(u8::from(on))))?;
        let (unit, unit_words) = read_unit(&mut parser)?;
        let bounds = read_bounds(&mut parser)?;
        let (name, about, flag) = (name.to_owned(), about.trim().to_owned(), flag.is_some());
        let of = Parameter { name, unit: unit_words, default, flag, about };
        parameters.push(Declared { of, unit, bounds, source: head });
    }
    Ok(parameters)
}

/// Reads the state variables of a model, which may start at one of the parameters; `taken` are names that they may not
/// have.
pub(crate) fn state(
    section: Option<&Section>,
    parameters: &[Declared<Parameter>],
    taken: &[&str],
) -> Result<Vec<Declared<Variable>>> {
    let mut taken = taken.to_vec();
    taken.extend(parameters.iter().map(|parameter| parameter.of.name.as_str()));
    let mut state = Vec::new();
    for (name, source) in named_entries(section, &taken, MAX_STATES)? {
        let (head, about) = split_at_colon(source, MEANING)?;
        let mut parser = Parser::new(&head)?;
        let at = parser.at();
        let (start, start_unit) = match parser.peek().clone() {
            Token::Name(start) => {
                parser.advance();
                let known = parameters.iter().find(|parameter| parameter.of.name == start);
                let names: Vec<String> = parameters.iter().map(|parameter| parameter.of.name.clone()).collect();
                let found = known.ok_or_else(|| head.unknown(at, "parameter", &start, &names))?;
                (Start::Parameter(start), Some(found.unit))
            }
            _ => (Start::At(read_number(&mut parser)?), None),
        };
        let (unit, unit_words) = read_unit(&mut parser)?;
        if let Some(other) = start_unit.filter(|other| *other != unit) {
            let problem = format!("{name} has not the unit of the parameter it starts at, {}", other.words());
            return Err(head.refuse(at, problem));
        }
        let bounds = read_bounds(&mut parser)?;
        let about = about.trim().to_owned();
        let of = Variable { name: name.to_owned(), unit: unit_words, start, relative_to: None, about };
        state.push(Declared { of, unit, bounds, source: head });
    }
    Ok(state)
}

/// A receptor with what a spike does there.
pub(crate) struct Arrival {
    /// The receptor.
    pub(crate) declared: Declared<Receptor>,
    /// The name of the weight in `does`.
    pub(crate) weight: String,
    /// What a spike does.
    pub(crate) does: Vec<Statement>,
    /// The text in which these statements stand.
    pub(crate) source: Source,
}

/// Reads the receptors of a model; `taken` are names that they may not have.
pub(crate) fn receptors(section: Option<&Section>, taken: &[&str]) -> Result<Vec<Arrival>> {
    let mut receptors = Vec::new();
    for (name, source) in entries(section, MAX_ENTRIES)? {
        // A number is no name, so the weight has one of its own.
        let weight = if is_number(name) { WEIGHT } else { name };
        check_name(weight, taken, |problem| source.refuse(0, problem))?;
        let (head, _) = split_at_colon(source, "what a spike does, as in nS positive: g += ex")?;
        let mut parser = Parser::new(&head)?;
        let (unit, unit_words) = read_unit(&mut parser)?;
        let takes = read_takes(&mut parser, unit)?;
        let synapse = if parser.accept_word("of") { Some(read_name(&mut parser)?) } else { None };
        parser.expect_end()?;
        // What stands before the statements becomes blank, so that they keep their places in the text.
        let blank = " ".repeat(head.text().len() + 1);
        let does = source.with_text(blank + &source.text()[head.text().len() + 1..]);
        let statements = Parser::new(&does)?.statements()?;
        for statement in &statements {
            if !matches!(statement.kind, StatementKind::Add | StatementKind::Set) {
                return Err(does.refuse(statement.at, "a spike changes state variables: expected x += ... or x = ..."));
            }
        }
        let of = Receptor { name: name.to_owned(), unit: unit_words, takes, synapse };
        let declared = Declared { of, unit, bounds: Vec::new(), source: head };
        receptors.push(Arrival { declared, weight: weight.to_owned(), does: statements, source: does });
    }
    Ok(receptors)
}

/// Reads which weights a receptor with this unit takes.
fn read_takes(parser: &mut Parser<'_>, unit: Unit) -> Result<Takes> {
    let conductance = units::named("nS").is_some_and(|siemens| unit.fits(siemens));
    let at = parser.at();
    let Token::Name(word) = parser.advance() else {
        return Err(parser
            .source
            .refuse(at, "expected which weights go here: all, positive, negative, magnitude or count"));
    };
    match word.as_str() {
        "all" => Ok(Takes::All),
        "positive" if conductance => Ok(Takes::NonNegative),
        "positive" => Ok(Takes::Positive),
        "negative" => Ok(Takes::Negative),
        "magnitude" => Ok(Takes::Magnitude),
        "count" => Ok(Takes::Count),
        word => {
            let known = ["all", "positive", "negative", "magnitude", "count"].map(str::to_owned);
            Err(parser.source.unknown(at, "weights", word, &known))
        }
    }
}

/// Reads a name.
fn read_name(parser: &mut Parser<'_>) -> Result<String> {
    let at = parser.at();
    match parser.advance() {
        Token::Name(name) => Ok(name),
        _ => Err(parser.source.refuse(at, "expected the name of a synapse model")),
    }
}

/// Reads `true` or `false`, if one of them is next.
fn read_flag(parser: &mut Parser<'_>) -> Option<bool> {
    [("true", true), ("false", false)].into_iter().find_map(|(word, flag)| parser.accept_word(word).then_some(flag))
}

/// Reads a number with its sign.
fn read_number(parser: &mut Parser<'_>) -> Result<f64> {
    let sign = if parser.accept_sign("-") { -1.0 } else { 1.0 };
    match *parser.peek() {
        Token::Number(value) => {
            parser.advance();
            Ok(sign * value)
        }
        _ => Err(parser.expected("a number")),
    }
}

/// Reads a unit: the unit, and its text. Where there is none, the unit of plain numbers and an empty text.
fn read_unit(parser: &mut Parser<'_>) -> Result<(Unit, String)> {
    let from = parser.at();
    let unit = parser.unit(false)?;
    let at = parser.at();
    match (unit, parser.peek()) {
        (Some(unit), _) => {
            let words = parser.source.text()[from..at].trim().to_owned();
            Ok((unit, if words == "1" { String::new() } else { words }))
        }
        (None, Token::Name(name)) if !units::RESERVED.contains(&name.as_str()) => {
            Err(parser.source.unknown(at, "unit", name, &units::names()))
        }
        _ => Ok((Unit::ONE, String::new())),
    }
}

/// Reads bounds, with `and` or a comma between them, up to the end of the text.
fn read_bounds(parser: &mut Parser<'_>) -> Result<Vec<Bound>> {
    let mut bounds = Vec::new();
    loop {
        let separated = parser.accept_sign(",") || (!bounds.is_empty() && parser.accept_word("and"));
        let at = parser.at();
        let operator = match parser.peek() {
            Token::Sign(">") => Some(Operator::Above),
            Token::Sign(">=") => Some(Operator::NotBelow),
            Token::Sign("<") => Some(Operator::Below),
            Token::Sign("<=") => Some(Operator::NotAbove),
            _ => None,
        };
        let of = if let Some(operator) = operator {
            parser.advance();
            Relation::To(operator, parser.sum()?)
        } else if parser.accept_word("from") {
            let low = parser.sum()?;
            if !parser.accept_word("to") {
                return Err(parser.expected("to, as in from 0 to 1"));
            }
            Relation::Between(low, parser.sum()?)
        } else if *parser.peek() == Token::End && !separated {
            return Ok(bounds);
        } else {
            return Err(parser.expected("a bound, as > 0 or from 0 to 1, or : and a meaning"));
        };
        let words = parser.source.text()[at..parser.at()].trim().trim_end_matches(',').trim_end();
        let words = words.strip_suffix(" and").unwrap_or(words).to_owned();
        bounds.push(Bound { of, words, at });
    }
}
