//! Parses units, such as `uM/ms`.

use crate::equations::text::lex::Token;
use crate::equations::text::parse::Parser;
use crate::equations::text::units::{self, Unit};
use crate::error::Result;

impl Parser<'_> {
    /// Parses a unit, if one is next: `pF`, `uM/ms`, `/ms`, `1/ms`. Where `tight`, its parts must stand without blanks
    /// between them.
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

    /// Parses the power behind a unit, as in `mm^2` and `ms^-1`; 1 where there is none.
    fn unit_power(&mut self, tight: bool) -> Result<i32> {
        let power = matches!(self.peek(), Token::Sign("^")) && (!tight || self.touches(self.next));
        if !power {
            return Ok(1);
        }
        self.advance();
        let sign = if self.accept_sign("-") { -1 } else { 1 };
        match *self.peek() {
            Token::Number(n) if n.fract() == 0.0 && (1.0..=9.0).contains(&n) => {
                self.advance();
                Ok(sign * n as i32)
            }
            _ => Err(self.expected("the power of a unit, a whole number from 1 to 9")),
        }
    }

    /// Whether the token at `place` stands right behind the one before it.
    fn touches(&self, place: usize) -> bool {
        place > 0 && self.tokens[place].at == self.tokens[place - 1].end
    }

    /// Parses the unit behind a number in an expression, if there is one.
    pub(super) fn unit_of_number(&mut self) -> Result<Option<Unit>> {
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
}
