//! Parses tokens into expressions and statements.
//!
//! The nodes of an expression are in one list, each behind those that it is made of, so that it can be evaluated
//! without recursion. Operators bind, from loose to tight: `a if c else b`, `or`, `and`, `not`, comparisons, `+ -`, `*
//! /`, `-a`, `^`.

use crate::equations::text::lex::{PlacedToken, Token, tokens};
use crate::equations::text::source::Source;
use crate::equations::text::units::{self, Unit};
use crate::error::{Error, Result};

mod unit;

/// The deepest nesting of parentheses, signs and conditions.
const DEEPEST: usize = 64;

/// A node, by its place in the list.
pub(crate) type At = usize;

/// An operator on two values.
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

/// A node of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// A number in base units, and the unit that it was written with.
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

/// An expression: its nodes, each with the byte of the text at which it stands; the last is the whole expression.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Expression {
    pub(crate) nodes: Vec<(Node, usize)>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatementKind {
    /// `x' = ...`
    Rate,
    /// `x = ...`
    Set,
    /// `x += ...`
    Add,
    /// `send ...`
    Send,
}

/// A statement, one line.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    /// What it does.
    pub(crate) kind: StatementKind,
    /// The variable that it is about.
    pub(crate) name: String,
    /// The byte of the text at which it stands.
    pub(crate) at: usize,
    /// The expression on its right side.
    pub(crate) value: Expression,
}

/// Parses the tokens of a text, one after the other.
pub(crate) struct Parser<'a> {
    /// The text.
    pub(crate) source: &'a Source,
    tokens: Vec<PlacedToken>,
    /// The place of the next token.
    next: usize,
    /// How many values within each other are being parsed.
    depth: usize,
    /// The nodes of the expression so far.
    nodes: Vec<(Node, usize)>,
}

impl<'a> Parser<'a> {
    /// A parser before the first token of a text.
    ///
    /// # Errors
    /// A text that does not consist of tokens.
    pub(crate) fn new(source: &'a Source) -> Result<Parser<'a>> {
        Ok(Parser { source, tokens: tokens(source)?, next: 0, depth: 0, nodes: Vec::new() })
    }

    /// The next token.
    pub(crate) fn peek(&self) -> &Token {
        &self.tokens[self.next].token
    }

    /// The byte at which the next token stands.
    pub(crate) fn at(&self) -> usize {
        self.tokens[self.next].at
    }

    /// Returns the next token and moves on behind it; the last one, the end of the text, stays the next.
    pub(crate) fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    /// Moves on behind a sign if it is next; whether it was.
    pub(crate) fn accept_sign(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Token::Sign(next) if *next == sign);
        if is {
            self.advance();
        }
        is
    }

    /// Moves on behind a word if it is next; whether it was.
    pub(crate) fn accept_word(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Token::Name(next) if next == word);
        if is {
            self.advance();
        }
        is
    }

    /// Moves on behind ends of lines.
    pub(crate) fn skip_lines(&mut self) {
        while *self.peek() == Token::Line {
            self.advance();
        }
    }

    /// The error of a next token that is not `what` was expected.
    pub(crate) fn expected(&self, what: &str) -> Error {
        self.source.refuse(self.at(), format!("expected {what}, not {}", self.peek().words()))
    }

    /// The error of a parenthesis, opened at byte `at`, behind which `expected` was expected: at the end of the text it
    /// points at the parenthesis.
    fn unclosed(&self, at: usize, expected: &str) -> Error {
        match self.peek() {
            Token::End => self.source.refuse(at, "the parenthesis that is opened here is not closed"),
            _ => self.expected(expected),
        }
    }

    /// Refuses anything but the end of the text.
    pub(crate) fn expect_end(&mut self) -> Result<()> {
        self.skip_lines();
        if *self.peek() == Token::End { Ok(()) } else { Err(self.expected("an operator or the end of the text")) }
    }

    /// Parses an expression.
    pub(crate) fn expression(&mut self) -> Result<Expression> {
        self.nodes.clear();
        self.depth = 0;
        self.value(0)?;
        Ok(Expression { nodes: std::mem::take(&mut self.nodes) })
    }

    /// Parses an operand of a comparison: an expression without comparisons, conditions and truths.
    pub(crate) fn sum(&mut self) -> Result<Expression> {
        self.nodes.clear();
        self.depth = 0;
        self.value(COMPARISON)?;
        Ok(Expression { nodes: std::mem::take(&mut self.nodes) })
    }

    /// Parses the statements of a text, one a line, up to its end.
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

    /// Parses one statement: `name = value`, `name += value`, `name' = value` or `send value`.
    fn statement(&mut self) -> Result<Statement> {
        let at = self.at();
        let Token::Name(name) = self.peek().clone() else {
            return Err(self.expected("a name and ="));
        };
        self.advance();
        if name == "send" && !matches!(self.peek(), Token::Sign("=" | "+=" | "'")) {
            return Ok(Statement { kind: StatementKind::Send, name, at, value: self.expression()? });
        }
        let kind = match self.peek() {
            Token::Sign("'") => StatementKind::Rate,
            Token::Sign("+=") => StatementKind::Add,
            Token::Sign("=") => StatementKind::Set,
            _ => return Err(self.expected("=")),
        };
        self.advance();
        if kind == StatementKind::Rate && !self.accept_sign("=") {
            return Err(self.expected("="));
        }
        Ok(Statement { kind, name, at, value: self.expression()? })
    }

    /// Appends a node, whose operands are there; its place.
    fn push(&mut self, node: Node, at: usize) -> At {
        self.nodes.push((node, at));
        self.nodes.len() - 1
    }

    /// Parses a value whose operators all bind tighter than `least` (Pratt 1973); the place of its node.
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
            self.advance();
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

    /// Parses the rest of `yes if condition else no`.
    fn choice(&mut self, yes: At) -> Result<At> {
        let at = self.at();
        self.advance();
        let condition = self.value(1)?;
        if !self.accept_word("else") {
            return Err(self.expected("else, as in a if condition else b"));
        }
        let no = self.value(0)?;
        Ok(self.push(Node::Choose { condition, yes, no }, at))
    }

    /// Parses a number, a name, a call or a value in parentheses, with the sign or `not` before it.
    fn operand(&mut self) -> Result<At> {
        let at = self.at();
        match self.peek().clone() {
            Token::Number(value) => {
                self.advance();
                let unit = self.unit_of_number()?;
                let number = value * unit.map_or(1.0, |unit| unit.scale);
                Ok(self.push(Node::Number(number, unit), at))
            }
            Token::Name(word) if word == "not" => {
                self.advance();
                let of = self.value(4)?;
                Ok(self.push(Node::Not(of), at))
            }
            Token::Name(word) if units::RESERVED.contains(&word.as_str()) => Err(self.expected("a value")),
            Token::Name(name) => {
                self.advance();
                if self.accept_sign("(") { self.call(name, at) } else { Ok(self.push(Node::Name(name), at)) }
            }
            Token::Sign("-") => {
                self.advance();
                let of = self.value(MINUS)?;
                Ok(self.push(Node::Minus(of), at))
            }
            Token::Sign("(") => {
                self.advance();
                let inner = self.value(0)?;
                if self.accept_sign(")") { Ok(inner) } else { Err(self.unclosed(at, "an operator or )")) }
            }
            _ => Err(self.expected("a number, a name or (")),
        }
    }

    /// Parses the arguments of a call of `name`, up to the closing parenthesis.
    fn call(&mut self, name: String, at: usize) -> Result<At> {
        let mut arguments = Vec::new();
        if !self.accept_sign(")") {
            arguments.push(self.value(0)?);
            while self.accept_sign(",") {
                arguments.push(self.value(0)?);
            }
            if !self.accept_sign(")") {
                return Err(self.unclosed(at, "an operator, a comma or )"));
            }
        }
        Ok(self.push(Node::Call(name, arguments), at))
    }
}

/// How tightly comparisons bind.
const COMPARISON: u8 = 5;
/// How tightly `-a` binds: tighter than a product, less than a power.
const MINUS: u8 = 8;

/// How tightly the operator that a token is binds; `None` if it is none.
fn binding_power(token: &Token) -> Option<u8> {
    operator(token).map(|(_, power)| power)
}

/// The operator that a token is, and how tightly it binds; `None` if it is none.
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
