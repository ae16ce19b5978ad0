//! Tokens to expressions and statements.
//!
//! The nodes of an expression lie in one list, each behind those it is made of, so that whoever walks one needs no
//! recursion. From loose to tight: `a if c else b`, `or`, `and`, `not`, comparisons, `+ -`, `* /`, `-a`, `^`.

use crate::equations::text::lex::{Placed, Token, tokens};
use crate::equations::text::source::Source;
use crate::equations::text::units::{self, Unit};
use crate::error::{Error, Result};

/// Parentheses, signs and conditions within each other.
const DEEPEST: usize = 64;

/// A node by its place.
pub(crate) type At = usize;

/// An operator of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Power,
    /// `>`
    Above,
    /// `>=`
    NotBelow,
    /// `<`
    Below,
    /// `<=`
    NotAbove,
    Equal,
    Unequal,
    And,
    Or,
}

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Number(f64, Option<Unit>),
    Name(String),
    /// A function and its arguments.
    Call(String, Vec<At>),
    Minus(At),
    Not(At),
    Binary(Operator, At, At),
    /// `yes if condition else no`
    Choose {
        condition: At,
        yes: At,
        no: At,
    },
}

/// An expression: nodes and where they stand in the text; the last is the whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Expression {
    pub(crate) nodes: Vec<(Node, usize)>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// `x' = ...`
    Rate,
    /// `x = ...`
    Set,
    /// `x += ...`
    Add,
    /// `send ...`
    Send,
}

/// A line of equations.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) deed: Deed,
    pub(crate) name: String,
    pub(crate) at: usize,
    pub(crate) value: Expression,
}

/// Reads tokens one after the other.
pub(crate) struct Parser<'a> {
    pub(crate) source: &'a Source,
    tokens: Vec<Placed>,
    next: usize,
    depth: usize,
    nodes: Vec<(Node, usize)>,
}

impl<'a> Parser<'a> {
    /// A parser at the first token of a text.
    pub(crate) fn new(source: &'a Source) -> Result<Parser<'a>> {
        Ok(Parser { source, tokens: tokens(source)?, next: 0, depth: 0, nodes: Vec::new() })
    }

    /// The token that comes next.
    pub(crate) fn peek(&self) -> &Token {
        &self.tokens[self.next].token
    }

    /// Where the next token stands.
    pub(crate) fn at(&self) -> usize {
        self.tokens[self.next].at
    }

    /// The next token, which is then passed; the last one, the end of the text, stays.
    pub(crate) fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    /// Takes a sign if it is next.
    pub(crate) fn sign(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Token::Sign(next) if *next == sign);
        if is {
            self.take();
        }
        is
    }

    /// Takes a word if it is next.
    pub(crate) fn word(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Token::Name(next) if next == word);
        if is {
            self.take();
        }
        is
    }

    /// Passes the ends of lines before the next statement.
    pub(crate) fn skip_lines(&mut self) {
        while *self.peek() == Token::Line {
            self.take();
        }
    }

    /// The next token is not what it should be.
    pub(crate) fn expected(&self, what: &str) -> Error {
        self.source.refuse(self.at(), format!("expected {what}, not {}", self.peek().words()))
    }

    /// A parenthesis that is not closed: where the text ends, what matters is where it is opened.
    fn open(&self, at: usize, expected: &str) -> Error {
        match self.peek() {
            Token::End => self.source.refuse(at, "the parenthesis that is opened here is not closed"),
            _ => self.expected(expected),
        }
    }

    /// Refuses what stands behind the last thing.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.skip_lines();
        if *self.peek() == Token::End { Ok(()) } else { Err(self.expected("an operator or the end of the text")) }
    }

    /// A unit, if one is next: `pF`, `uM/ms`, `/ms`, `1/ms`. Where `tight`, its parts stand without blanks.
    pub(crate) fn unit(&mut self, tight: bool) -> Result<Option<Unit>> {
        let mut unit: Option<Unit> = None;
        loop {
            let over = match self.peek() {
                Token::Sign("/") => -1,
                Token::Sign("*") if unit.is_some() => 1,
                Token::Number(1.0) if unit.is_none() && !tight => 0,
                Token::Name(_) if unit.is_none() => 0,
                _ => return Ok(unit),
            };
            let place = self.next + usize::from(over != 0);
            let named = match self.tokens.get(place).map(|placed| &placed.token) {
                Some(Token::Number(1.0)) if over == 0 => Unit::ONE,
                Some(Token::Name(name)) if let Some(named) = units::named(name) => named,
                _ => return Ok(unit),
            };
            if tight && over != 0 && (unit.is_none() || !self.touches(self.next) || !self.touches(place)) {
                return Ok(unit);
            }
            let at = self.tokens[place].at;
            self.next = place + 1;
            let power = self.unit_power(tight)?;
            let sum = named.power(power).and_then(|named| {
                let one = unit.unwrap_or(Unit::ONE);
                if over < 0 { one.over(named) } else { one.times(named) }
            });
            unit = Some(sum.ok_or_else(|| self.source.refuse(at, units::TOO_HIGH))?);
        }
    }

    /// The power behind a unit, as in `mm^2` and `ms^-1`.
    fn unit_power(&mut self, tight: bool) -> Result<i32> {
        let power = matches!(self.peek(), Token::Sign("^")) && (!tight || self.touches(self.next));
        if !power {
            return Ok(1);
        }
        self.take();
        let sign = if self.sign("-") { -1 } else { 1 };
        match *self.peek() {
            Token::Number(n) if n.fract() == 0.0 && (1.0..=9.0).contains(&n) => {
                self.take();
                Ok(sign * n as i32)
            }
            _ => Err(self.expected("the power of a unit, a whole number from 1 to 9")),
        }
    }

    /// Whether a token stands right behind the one before it.
    fn touches(&self, place: usize) -> bool {
        place > 0 && self.tokens[place].at == self.tokens[place - 1].end
    }

    /// An expression.
    pub(crate) fn expression(&mut self) -> Result<Expression> {
        self.nodes.clear();
        self.depth = 0;
        self.value(0)?;
        Ok(Expression { nodes: std::mem::take(&mut self.nodes) })
    }

    /// An operand of `+`: an expression without comparisons, conditions and truths.
    pub(crate) fn sum(&mut self) -> Result<Expression> {
        self.nodes.clear();
        self.depth = 0;
        self.value(COMPARISON)?;
        Ok(Expression { nodes: std::mem::take(&mut self.nodes) })
    }

    /// The statements of a text, one a line.
    pub(crate) fn statements(&mut self) -> Result<Vec<Statement>> {
        let mut statements = Vec::new();
        self.skip_lines();
        while *self.peek() != Token::End {
            statements.push(self.statement()?);
            if !matches!(self.peek(), Token::Line | Token::End) {
                return Err(self.expected("an operator or the end of the line"));
            }
            self.skip_lines();
        }
        Ok(statements)
    }

    /// Reads one statement: `name = value`, `name += value`, `name' = value` or `send value`.
    fn statement(&mut self) -> Result<Statement> {
        let at = self.at();
        let Token::Name(name) = self.peek().clone() else {
            return Err(self.expected("a name and ="));
        };
        self.take();
        if name == "send" && !matches!(self.peek(), Token::Sign("=" | "+=" | "'")) {
            return Ok(Statement { deed: Deed::Send, name, at, value: self.expression()? });
        }
        let deed = match self.peek() {
            Token::Sign("'") => Deed::Rate,
            Token::Sign("+=") => Deed::Add,
            Token::Sign("=") => Deed::Set,
            _ => return Err(self.expected("=")),
        };
        self.take();
        if deed == Deed::Rate && !self.sign("=") {
            return Err(self.expected("="));
        }
        Ok(Statement { deed, name, at, value: self.expression()? })
    }

    /// Adds a node behind its operands and gives its place.
    fn push(&mut self, node: Node, at: usize) -> At {
        self.nodes.push((node, at));
        self.nodes.len() - 1
    }

    /// A value whose operators all bind tighter than `least`.
    fn value(&mut self, least: u8) -> Result<At> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let problem = format!("this lies {DEEPEST} levels deep; give parts of it names of their own");
            return Err(self.source.refuse(self.at(), problem));
        }
        let mut left = self.operand()?;
        loop {
            let at = self.at();
            let Some((operator, power)) = operator(self.peek()) else { break };
            if power <= least {
                break;
            }
            self.take();
            // Powers associate to the right, all else to the left.
            let right = self.value(if operator == Operator::Power { power - 1 } else { power })?;
            left = self.push(Node::Binary(operator, left, right), at);
            if power == COMPARISON && binding_power(self.peek()) == Some(COMPARISON) {
                return Err(self.source.refuse(self.at(), "comparisons do not chain; write a < b and b < c"));
            }
        }
        if least == 0 && matches!(self.peek(), Token::Name(word) if word == "if") {
            left = self.choice(left)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// Reads the rest of `yes if condition else no`.
    fn choice(&mut self, yes: At) -> Result<At> {
        let at = self.at();
        self.take();
        let condition = self.value(1)?;
        if !self.word("else") {
            return Err(self.expected("else, as in a if condition else b"));
        }
        let no = self.value(0)?;
        Ok(self.push(Node::Choose { condition, yes, no }, at))
    }

    /// Reads a number, a name, a call or what stands in brackets, with the sign or `not` before it.
    fn operand(&mut self) -> Result<At> {
        let at = self.at();
        match self.peek().clone() {
            Token::Number(value) => {
                self.take();
                let unit = self.unit_of_number()?;
                let number = value * unit.map_or(1.0, |unit| unit.scale);
                Ok(self.push(Node::Number(number, unit), at))
            }
            Token::Name(word) if word == "not" => {
                self.take();
                let of = self.value(4)?;
                Ok(self.push(Node::Not(of), at))
            }
            Token::Name(word) if units::RESERVED.contains(&word.as_str()) => Err(self.expected("a value")),
            Token::Name(name) => {
                self.take();
                if self.sign("(") { self.call(name, at) } else { Ok(self.push(Node::Name(name), at)) }
            }
            Token::Sign("-") => {
                self.take();
                let of = self.value(MINUS)?;
                Ok(self.push(Node::Minus(of), at))
            }
            Token::Sign("(") => {
                self.take();
                let inner = self.value(0)?;
                if self.sign(")") { Ok(inner) } else { Err(self.open(at, "an operator or )")) }
            }
            _ => Err(self.expected("a number, a name or (")),
        }
    }

    /// The unit behind a number in an expression, if there is one.
    fn unit_of_number(&mut self) -> Result<Option<Unit>> {
        match self.peek() {
            Token::Name(name) if !units::RESERVED.contains(&name.as_str()) => {
                if units::named(name).is_none() {
                    return Err(self.source.unknown(self.at(), "unit", name, &units::names()));
                }
                self.unit(true)
            }
            _ => Ok(None),
        }
    }

    /// Reads the arguments of a call, up to the closing bracket.
    fn call(&mut self, name: String, at: usize) -> Result<At> {
        let mut arguments = Vec::new();
        if !self.sign(")") {
            arguments.push(self.value(0)?);
            while self.sign(",") {
                arguments.push(self.value(0)?);
            }
            if !self.sign(")") {
                return Err(self.open(at, "an operator, a comma or )"));
            }
        }
        Ok(self.push(Node::Call(name, arguments), at))
    }
}

const COMPARISON: u8 = 5;
/// How tight `-a` binds: tighter than a product, less than a power.
const MINUS: u8 = 8;

/// How strongly an operator binds (Pratt 1973); None if the token is none.
fn binding_power(token: &Token) -> Option<u8> {
    operator(token).map(|(_, power)| power)
}

/// The operator that a token is, and how tight it binds.
fn operator(token: &Token) -> Option<(Operator, u8)> {
    Some(match token {
        Token::Name(word) if word == "or" => (Operator::Or, 2),
        Token::Name(word) if word == "and" => (Operator::And, 3),
        Token::Sign(">") => (Operator::Above, COMPARISON),
        Token::Sign(">=") => (Operator::NotBelow, COMPARISON),
        Token::Sign("<") => (Operator::Below, COMPARISON),
        Token::Sign("<=") => (Operator::NotAbove, COMPARISON),
        Token::Sign("==") => (Operator::Equal, COMPARISON),
        Token::Sign("!=") => (Operator::Unequal, COMPARISON),
        Token::Sign("+") => (Operator::Add, 6),
        Token::Sign("-") => (Operator::Sub, 6),
        Token::Sign("*") => (Operator::Mul, 7),
        Token::Sign("/") => (Operator::Div, 7),
        Token::Sign("^") => (Operator::Power, 9),
        _ => return None,
    })
}
