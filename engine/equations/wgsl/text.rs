//! Operations in WGSL, and functions of numbers and arrays.

use super::names::argument;
use crate::equations::graph::{Function, Id, Op};
use crate::equations::statements::{Form, Language, Statements};
use crate::equations::{Traced, trace};
use crate::error::{Error, Result};
use crate::math;

/// The language WGSL, and which functions of ours the text has called so far.
#[derive(Default)]
pub(super) struct Wgsl {
    /// Whether `div` or `root` is called.
    divides: bool,
    /// Whether `exponential` is called.
    exp: bool,
    /// Whether `logarithm` is called.
    ln: bool,
    /// Whether random numbers are drawn.
    pub noise: bool,
    /// What the names of `exponential` and `logarithm` begin with, so that several texts can be joined.
    pub prefix: &'static str,
}

/// WGSL in the making.
pub(super) type Text = Statements<Wgsl>;

/// The WGSL function `name` that computes `function`, of numbers and with one output; with the imports and functions
/// that it needs.
///
/// # Errors
/// A function with other than one output; shifts beyond 31 bits.
pub fn function(name: &str, function: &Function) -> Result<String> {
    let mut text = Text::default();
    write_function(&mut text, name, function)?;
    with_imports(text)
}

/// Writes the WGSL function `name` that computes `function`, of numbers and with one output.
pub(super) fn write_function(text: &mut Text, name: &str, function: &Function) -> Result<()> {
    let inputs: Vec<String> = function.inputs.iter().map(|input| argument(input)).collect();
    let arguments: Vec<String> = inputs.iter().map(|input| format!("{input}: f32")).collect();
    text.line(0, &format!("fn {name}({}) -> f32 {{", arguments.join(", ")));
    let inputs: Vec<Form> = inputs.into_iter().map(Form::name).collect();
    let found = text.function(&function.pruned(), &inputs, 1)?;
    let [result] = &found[..] else {
        return Err(not_in_wgsl(format!("{name} has {} results: it must have one", found.len())));
    };
    text.line(1, &format!("return {};", result.text));
    text.line(0, "}");
    Ok(())
}

/// A WGSL function of arrays of numbers that returns an array: a number for each output of `function`, or a zero if it
/// has none.
#[derive(Debug, Clone, Copy)]
pub struct ArrayFunction<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it computes.
    pub function: &'a Function,
    /// Names and lengths of the arrays that hold its inputs, one behind the other. An array of length 0 has one number
    /// in WGSL.
    pub arrays: &'a [(&'a str, usize)],
}

/// Functions of arrays, with the imports and functions that they need.
///
/// # Errors
/// Shifts beyond 31 bits.
pub fn array_functions(all: &[ArrayFunction<'_>]) -> Result<String> {
    let mut text = Text::default();
    for ArrayFunction { name, function, arrays } in all {
        let argument = |(name, length): &(&str, usize)| format!("{name}: array<f32, {}>", (*length).max(1));
        let arguments: Vec<String> = arrays.iter().map(argument).collect();
        let results = function.outputs.len().max(1);
        text.line(0, &format!("fn {name}({}) -> array<f32, {results}> {{", arguments.join(", ")));
        let inputs =
            arrays.iter().flat_map(|(name, length)| (0..*length).map(move |k| Form::name(format!("{name}[{k}u]"))));
        let found = text.function(&function.pruned(), &inputs.collect::<Vec<_>>(), 1)?;
        let mut found: Vec<String> = found.into_iter().map(|form| form.text).collect();
        found.resize(results, "0.0".to_owned());
        text.line(1, &format!("return array<f32, {results}>({});", found.join(", ")));
        text.line(0, "}");
        text.line(0, "");
    }
    with_imports(text)
}

/// The imports that a text needs, then the functions of ours that it calls, then the text.
pub(super) fn with_imports(text: Text) -> Result<String> {
    let mut called = Text::default();
    let Wgsl { divides, exp, ln, noise, prefix } = text.language;
    if exp {
        write_math_function(&mut called, &format!("{prefix}exponential"), math::exp)?;
    }
    if ln {
        write_math_function(&mut called, &format!("{prefix}logarithm"), math::ln)?;
    }
    let divides = divides || called.language.divides;
    let division = if divides { "import division;\n" } else { "" };
    let noise = if noise { "import noise;\n" } else { "" };
    Ok(format!("import exact;\n{division}{noise}\n{}{}", called.text, text.text))
}

/// Writes a function of [`crate::number::math`] of one number as the WGSL function `name`.
pub(super) fn write_math_function(text: &mut Text, name: &str, function: fn(Traced) -> Traced) -> Result<()> {
    let traced = trace(vec!["x".to_owned()], |x| vec![("y".to_owned(), function(x[0]))]);
    write_function(text, name, &traced)?;
    text.line(0, "");
    Ok(())
}

impl Language for Wgsl {
    fn operation(&mut self, op: Op, forms: &[Form]) -> Result<Form> {
        let t = |id: Id| forms[id as usize].text.as_str();
        self.divides |= matches!(op, Op::Div(..) | Op::Sqrt(_));
        self.exp |= matches!(op, Op::Exp(_));
        self.ln |= matches!(op, Op::Ln(_));
        let text = match op {
            Op::Constant(bits) => return Ok(number_literal(f64::from_bits(bits) as f32)),
            Op::Neg(a) => return Ok(Form { text: negated(t(a)), known: None, ..forms[a as usize].clone() }),
            Op::Not(a) => return Ok(Form { text: format!("!({})", t(a)), known: None, ..forms[a as usize].clone() }),
            Op::Add(a, b) => format!("add({}, {})", t(a), t(b)),
            Op::Sub(a, b) => format!("add({}, {})", t(a), negated(t(b))),
            Op::Mul(a, b) => format!("mul({}, {})", t(a), t(b)),
            Op::Div(a, b) => format!("div({}, {})", t(a), t(b)),
            Op::Sqrt(a) => format!("root({})", t(a)),
            Op::Exp(a) => format!("{}exponential({})", self.prefix, t(a)),
            Op::Ln(a) => format!("{}logarithm({})", self.prefix, t(a)),
            Op::Spike(a) => format!("select(1.0, 0.0, {} < 0.0)", t(a)),
            Op::Above(a, b) => format!("{} > {}", t(a), t(b)),
            // Not `&&` and `||`, which evaluate their second side only where they must.
            Op::And(a, b) => format!("{} & {}", t(a), t(b)),
            Op::Or(a, b) => format!("{} | {}", t(a), t(b)),
            Op::Choose(which, yes, no) => format!("select({}, {}, {})", t(no), t(yes), t(which)),
            op => return word_operation(op, forms),
        };
        Ok(Form::long(text))
    }

    fn variable(&self, name: &str, start: &str) -> String {
        format!("var {name} = {start};")
    }

    fn loop_head(&self, turn: &str, times: u32) -> String {
        format!("for (var {turn} = 0u; {turn} < {times}u; {turn}++) {{")
    }

    fn early_exit(&self, value: &str) -> Option<String> {
        Some(format!("if !({value} > 0.0) {{ break; }}"))
    }
}

/// A literal of type i32, known at compile time.
fn integer_literal(value: i32) -> Form {
    // The lowest one has no literal.
    let text = if value == i32::MIN { "i32(-2147483648)".to_owned() } else { format!("{value}i") };
    Form { known: Some(value), ..Form::name(text) }
}

/// A literal of type f32, known by its bits.
fn number_literal(value: f32) -> Form {
    Form { known: Some(value.to_bits() as i32), ..Form::name(literal(value)) }
}

/// An operation on words. Operations on constants alone are done here, since WGSL refuses constants that overflow.
fn word_operation(op: Op, forms: &[Form]) -> Result<Form> {
    let form = |id: Id| &forms[id as usize];
    let t = |id: Id| form(id).text.as_str();
    let known = |a: Id, b: Id| Some((form(a).known?, form(b).known?));
    let text = match op {
        Op::Left(_, by) | Op::Right(_, by) if by > 31 => {
            return Err(not_in_wgsl(format!("a word of a GPU has 32 bits, and is not shifted by {by}")));
        }
        Op::Word(value) => return Ok(integer_literal(value as i32)),
        Op::Bits(a) => match form(a).known {
            Some(bits) => return Ok(integer_literal(bits)),
            None => format!("bitcast<i32>({})", t(a)),
        },
        Op::OfBits(a) => match form(a).known {
            Some(bits) => return Ok(number_literal(f32::from_bits(bits as u32))),
            None => format!("bitcast<f32>({})", t(a)),
        },
        Op::Plus(a, b) => match known(a, b) {
            Some((a, b)) => return Ok(integer_literal(a.wrapping_add(b))),
            None => format!("{} + {}", t(a), t(b)),
        },
        Op::Minus(a, b) => match known(a, b) {
            Some((a, b)) => return Ok(integer_literal(a.wrapping_sub(b))),
            None => format!("{} - {}", t(a), t(b)),
        },
        Op::Both(a, b) => match known(a, b) {
            Some((a, b)) => return Ok(integer_literal(a & b)),
            None => format!("{} & {}", t(a), t(b)),
        },
        Op::Left(a, by) => match form(a).known {
            Some(a) => return Ok(integer_literal(a << by)),
            None => format!("{} << {by}u", t(a)),
        },
        Op::Right(a, by) => match form(a).known {
            Some(a) => return Ok(integer_literal(a >> by)),
            None => format!("{} >> {by}u", t(a)),
        },
        op => return Err(Error::Internal(format!("{op:?} is no operation of WGSL"))),
    };
    Ok(Form::long(text))
}

/// The text of a number, which reads back as the same bits. Numbers for which WGSL has no literal become expressions
/// that a compiler cannot evaluate.
fn literal(value: f32) -> String {
    if !value.is_finite() || (value == 0.0 && value.is_sign_negative()) {
        return format!("bitcast<f32>({:#010x}u ^ step.zero)", value.to_bits());
    }
    let short = format!("{value:?}");
    // WGSL reads a number as f64 and rounds it to f32.
    let same = short.parse::<f64>().is_ok_and(|read| (read as f32).to_bits() == value.to_bits());
    if same { short } else { format!("{:?}", f64::from(value)) }
}

/// The negative of a literal or of an expression.
fn negated(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest.to_owned(),
        Some(_) => format!("-({text})"),
        None => format!("-{text}"),
    }
}

/// The error of a function that has no form in WGSL.
fn not_in_wgsl(problem: String) -> Error {
    Error::invalid("WGSL of a function", problem)
}
