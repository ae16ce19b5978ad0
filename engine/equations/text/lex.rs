//! Splits a text into tokens, each with the byte at which it stands.

use crate::equations::text::source::{Source, shortened};
use crate::error::Result;

/// The longest name, characters.
const LONGEST_NAME: usize = 60;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Number(f64),
    Name(String),
    /// A sign, such as `+` or `>=`.
    Sign(&'static str),
    /// The end of a line, outside of parentheses.
    Line,
    /// The end of the text.
    End,
}

impl Token {
    /// The token as errors name it.
    pub(crate) fn words(&self) -> String {
        match self {
            Token::Number(value) => format!("{value}"),
            Token::Name(name) => format!("'{}'", shortened(name)),
            Token::Sign(sign) => format!("'{sign}'"),
            Token::Line => "the end of the line".into(),
            Token::End => "the end of the text".into(),
        }
    }
}

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlacedToken {
    pub(crate) token: Token,
    /// Its first byte.
    pub(crate) at: usize,
    /// The first byte behind it.
    pub(crate) end: usize,
}

/// All signs; longer ones stand before those that they begin with.
const SIGNS: [&str; 20] =
    ["+=", ">=", "<=", "==", "!=", "+", "-", "*", "/", "^", "(", ")", ",", ":", ">", "<", "=", "'", "[", "]"];

/// The tokens of a text; the last is [`Token::End`].
pub(crate) fn tokens(source: &Source) -> Result<Vec<PlacedToken>> {
    let text = source.text();
    let mut lexer = Lexer { source, text, at: 0, open: 0, tokens: Vec::new() };
    while lexer.at < text.len() {
        lexer.read_token()?;
    }
    lexer.push(Token::End, text.len(), text.len());
    Ok(lexer.tokens)
}

/// Reads tokens from a text.
struct Lexer<'a> {
    source: &'a Source,
    text: &'a str,
    /// The first byte that has not been read.
    at: usize,
    /// How many parentheses are open there.
    open: usize,
    tokens: Vec<PlacedToken>,
}

impl Lexer<'_> {
    /// Adds a token and moves on to its end.
    fn push(&mut self, token: Token, at: usize, end: usize) {
        self.tokens.push(PlacedToken { token, at, end });
        self.at = end;
    }

    /// Reads one token, or skips one blank or comment.
    fn read_token(&mut self) -> Result<()> {
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else { return Ok(()) };
        let second = rest.chars().nth(1);
        match first {
            '\n' if self.open == 0 => self.push(Token::Line, self.at, self.at + 1),
            '#' => self.at += rest.find('\n').unwrap_or(rest.len()),
            c if c.is_whitespace() => self.at += c.len_utf8(),
            c if c.is_ascii_digit() => self.read_number(rest)?,
            '.' if second.is_some_and(|c| c.is_ascii_digit()) => self.read_number(rest)?,
            c if c.is_ascii_alphabetic() || c == '_' => self.read_name(rest)?,
            _ => self.read_sign(rest, first)?,
        }
        Ok(())
    }

    /// Reads a name.
    fn read_name(&mut self, rest: &str) -> Result<()> {
        let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        if length > LONGEST_NAME {
            return Err(self.source.refuse(self.at, format!("a name has at most {LONGEST_NAME} characters")));
        }
        self.push(Token::Name(rest[..length].to_owned()), self.at, self.at + length);
        Ok(())
    }

    /// Reads a number; one that f32 cannot hold is refused.
    fn read_number(&mut self, rest: &str) -> Result<()> {
        let bytes = rest.as_bytes();
        let digits = |from: usize| bytes.get(from..).map_or(0, |b| b.iter().take_while(|b| b.is_ascii_digit()).count());
        let mut length = digits(0);
        if bytes.get(length) == Some(&b'.') {
            length += 1 + digits(length + 1);
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits(length + 1 + sign);
            if exponent > 0 {
                length += 1 + sign + exponent;
            }
        }
        let value = rest[..length].parse::<f64>().ok().filter(|value| value.abs() <= f64::from(f32::MAX));
        match value {
            Some(value) => self.push(Token::Number(value), self.at, self.at + length),
            None => return Err(self.source.refuse(self.at, "this number is larger than 3.4e38")),
        }
        Ok(())
    }

    /// Reads a sign, and counts open parentheses, within which lines do not end.
    fn read_sign(&mut self, rest: &str, first: char) -> Result<()> {
        let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) else {
            return Err(self.source.refuse(self.at, advice_on_character(first)));
        };
        match sign {
            "(" => self.open += 1,
            ")" => self.open = self.open.saturating_sub(1),
            _ => (),
        }
        self.push(Token::Sign(sign), self.at, self.at + sign.len());
        Ok(())
    }
}

/// What to write in place of a character that has no meaning here.
fn advice_on_character(c: char) -> String {
    let advice = match c {
        'µ' | 'μ' => "write u for micro, as in uM",
        '·' | '×' => "write * for a product",
        '−' | '–' => "write - for minus",
        '≥' => "write >=",
        '≤' => "write <=",
        '²' | '³' => "write ^2 or ^3 for a power",
        '&' => "write and",
        '|' => "write or",
        '!' | '~' => "write not",
        '%' => "write a fraction of 1",
        ';' => "write one statement on a line",
        '{' | '}' => "write parentheses",
        _ => "names are of the letters a to z, digits and _",
    };
    format!("'{}' has no meaning here; {advice}", c.escape_debug())
}
