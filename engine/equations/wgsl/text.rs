//! Statements of a function: every operation a `let`, in the order of the graph.

use std::collections::HashMap;

use super::names::{self, argument};
use crate::equations::graph::{Function, Id, Op, Repeat};
use crate::equations::{Traced, trace};
use crate::error::{Error, Result};
use crate::math;

/// Text in the making.
#[derive(Default)]
pub(super) struct Text {
    text: String,
    /// Values named so far.
    count: u32,
    /// Whether `div` or `root` is called, `exponential`, `logarithm`.
    divides: bool,
    exp: bool,
    ln: bool,
}

/// How a value is written where it is used.
#[derive(Clone)]
struct Form {
    text: String,
    /// A name that nothing changes, or a literal: may be read at any later place.
    settled: bool,
    /// The bits, where they are known.
    known: Option<i32>,
}

impl Form {
    fn name(text: String) -> Form {
        Form { text, settled: true, known: None }
    }
    fn within(text: String) -> Form {
        Form { text, settled: false, known: None }
    }
    fn word(value: i32) -> Form {
        // The least integer has no literal.
        let text = if value == i32::MIN { "i32(-2147483648)".to_owned() } else { format!("{value}i") };
        Form { text, settled: true, known: Some(value) }
    }
    fn number(value: f32) -> Form {
        Form { text: literal(value), settled: true, known: Some(value.to_bits() as i32) }
    }
}

/// A function of numbers with one result.
///
/// # Errors
/// A function with several results; shifts beyond 31 bits.
pub fn function(name: &str, function: &Function) -> Result<String> {
    let mut text = Text::default();
    text.define(name, function)?;
    text.with_imports()
}

impl Text {
    pub fn line(&mut self, depth: usize, line: &str) {
        if !line.is_empty() {
            self.text += &"    ".repeat(depth);
        }
        self.text += line;
        self.text.push('\n');
    }

    /// The place where the next line begins.
    pub fn mark(&self) -> usize {
        self.text.len()
    }

    /// Inserts a line at a place if what follows reads `name`.
    pub fn insert_if_read(&mut self, place: usize, name: &str, line: &str) {
        if self.text[place..].contains(name) {
            self.text.insert_str(place, line);
        }
    }

    /// What is imported, then the functions that are called, then the text.
    pub fn with_imports(self) -> Result<String> {
        let mut called = Text::default();
        for (name, function, is) in
            [("exponential", math::exp as fn(Traced) -> Traced, self.exp), ("logarithm", math::ln, self.ln)]
        {
            if is {
                let traced = trace(vec!["x".to_owned()], |x| vec![("y".to_owned(), function(x[0]))]);
                called.define(name, &traced)?;
                called.line(0, "");
            }
        }
        let division = if self.divides || called.divides { "import division;\n" } else { "" };
        Ok(format!("import exact;\n{division}\n{}{}", called.text, self.text))
    }

    fn define(&mut self, name: &str, function: &Function) -> Result<()> {
        let inputs: Vec<String> = function.inputs.iter().map(|input| argument(input)).collect();
        let arguments: Vec<String> = inputs.iter().map(|input| format!("{input}: f32")).collect();
        self.line(0, &format!("fn {name}({}) -> f32 {{", arguments.join(", ")));
        let found = self.body(&function.pruned(), &inputs, 1)?;
        let [result] = &found[..] else {
            return Err(refused(format!("{name} has {} results: it must have one", found.len())));
        };
        self.line(1, &format!("return {result};"));
        self.line(0, "}");
        Ok(())
    }

    /// Statements that make the values of a function, without values that nothing needs; how its outputs are written.
    pub fn body(&mut self, function: &Function, inputs: &[String], depth: usize) -> Result<Vec<String>> {
        let inputs: Vec<Form> = inputs.iter().map(|input| Form::name(input.clone())).collect();
        let found = self.forms(function, &inputs, depth)?;
        Ok(found.into_iter().map(|form| form.text).collect())
    }

    fn forms(&mut self, function: &Function, inputs: &[Form], depth: usize) -> Result<Vec<Form>> {
        let outputs: HashMap<Id, &str> = function.outputs.iter().map(|(name, id)| (*id, name.as_str())).collect();
        let mut forms: Vec<Form> = Vec::new();
        let mut results: HashMap<Id, Vec<Form>> = HashMap::new();
        for (id, &op) in function.graph.ops().iter().enumerate() {
            let form = match op {
                Op::Input(place) => inputs[place as usize].clone(),
                Op::Repeat(place) => {
                    let repeat = &function.graph.repeats()[place as usize];
                    let carried = self.repeat(repeat, &forms, depth)?;
                    results.insert(id as Id, carried);
                    Form::within(String::new())
                }
                Op::Result(of, k) => results[&of][k as usize].clone(),
                op => {
                    let form = self.operation(op, &forms)?;
                    let inline = form.known.is_some() || matches!(op, Op::Constant(_) | Op::Neg(_) | Op::Not(_));
                    if inline {
                        form
                    } else {
                        let hint = outputs.get(&(id as Id)).map_or_else(|| hint(op, &forms), |name| (*name).to_owned());
                        self.bind(&hint, &form.text, depth)
                    }
                }
            };
            forms.push(form);
        }
        Ok(function.outputs.iter().map(|(_, id)| forms[*id as usize].clone()).collect())
    }

    /// A `let`, and its name.
    fn bind(&mut self, hint: &str, value: &str, depth: usize) -> Form {
        let name = self.fresh(hint);
        self.line(depth, &format!("let {name} = {value};"));
        Form::name(name)
    }

    /// A name that nothing else has: what users name has no such number at its end.
    fn fresh(&mut self, hint: &str) -> String {
        self.count += 1;
        let own = hint.rsplit('.').next().unwrap_or(hint);
        format!("{}_{}", names::field(own).trim_end_matches('_'), self.count)
    }

    fn operation(&mut self, op: Op, forms: &[Form]) -> Result<Form> {
        let t = |id: Id| forms[id as usize].text.as_str();
        self.divides |= matches!(op, Op::Div(..) | Op::Sqrt(_));
        self.exp |= matches!(op, Op::Exp(_));
        self.ln |= matches!(op, Op::Ln(_));
        let text = match op {
            Op::Constant(bits) => return Ok(Form::number(f64::from_bits(bits) as f32)),
            Op::Add(a, b) => format!("add({}, {})", t(a), t(b)),
            Op::Sub(a, b) => format!("add({}, {})", t(a), negated(t(b))),
            Op::Mul(a, b) => format!("mul({}, {})", t(a), t(b)),
            Op::Div(a, b) => format!("div({}, {})", t(a), t(b)),
            Op::Neg(a) => negated(t(a)),
            Op::Sqrt(a) => format!("root({})", t(a)),
            Op::Exp(a) => format!("exponential({})", t(a)),
            Op::Ln(a) => format!("logarithm({})", t(a)),
            Op::Spike(a) => format!("select(1.0, 0.0, {} < 0.0)", t(a)),
            Op::Above(a, b) => format!("{} > {}", t(a), t(b)),
            Op::And(a, b) => format!("{} & {}", t(a), t(b)),
            Op::Or(a, b) => format!("{} | {}", t(a), t(b)),
            Op::Not(a) => format!("!({})", t(a)),
            Op::Choose(which, yes, no) => format!("select({}, {}, {})", t(no), t(yes), t(which)),
            op => return word(op, forms),
        };
        Ok(Form::within(text))
    }

    /// A loop; how its results are written.
    fn repeat(&mut self, repeat: &Repeat, forms: &[Form], depth: usize) -> Result<Vec<Form>> {
        let body = repeat.body.pruned();
        let mut carried = Vec::new();
        for (&start, (name, _)) in repeat.start.iter().zip(&body.outputs) {
            let name = self.fresh(if name.is_empty() { "carried" } else { name });
            self.line(depth, &format!("var {name} = {};", forms[start as usize].text));
            carried.push(name);
        }
        let turn = self.fresh("turn");
        self.line(depth, &format!("for (var {turn} = 0u; {turn} < {}u; {turn}++) {{", repeat.times));
        let mut inputs: Vec<Form> = carried.iter().map(|name| Form::within(name.clone())).collect();
        inputs.extend(repeat.fixed.iter().map(|&id| forms[id as usize].clone()));
        let found = self.forms(&body, &inputs, depth + 1)?;
        // Read before any is written.
        let mut next = Vec::new();
        for form in found {
            next.push(if form.settled { form } else { self.bind("next", &form.text, depth + 1) });
        }
        for (name, form) in carried.iter().zip(next) {
            self.line(depth + 1, &format!("{name} = {};", form.text));
        }
        self.line(depth, "}");
        Ok(carried.into_iter().map(Form::name).collect())
    }
}

/// An operation on words. What is made of constants alone is made here: WGSL refuses constants that overflow.
fn word(op: Op, forms: &[Form]) -> Result<Form> {
    let form = |id: Id| &forms[id as usize];
    let t = |id: Id| form(id).text.as_str();
    let known = |a: Id, b: Id| Some((form(a).known?, form(b).known?));
    let text = match op {
        Op::Left(_, by) | Op::Right(_, by) if by > 31 => {
            return Err(refused(format!("a word of a GPU has 32 bits, and is not shifted by {by}")));
        }
        Op::Word(value) => return Ok(Form::word(value as i32)),
        Op::Bits(a) => match form(a).known {
            Some(bits) => return Ok(Form::word(bits)),
            None => format!("bitcast<i32>({})", t(a)),
        },
        Op::OfBits(a) => match form(a).known {
            Some(bits) => return Ok(Form::number(f32::from_bits(bits as u32))),
            None => format!("bitcast<f32>({})", t(a)),
        },
        Op::Plus(a, b) => match known(a, b) {
            Some((a, b)) => return Ok(Form::word(a.wrapping_add(b))),
            None => format!("{} + {}", t(a), t(b)),
        },
        Op::Minus(a, b) => match known(a, b) {
            Some((a, b)) => return Ok(Form::word(a.wrapping_sub(b))),
            None => format!("{} - {}", t(a), t(b)),
        },
        Op::Both(a, b) => match known(a, b) {
            Some((a, b)) => return Ok(Form::word(a & b)),
            None => format!("{} & {}", t(a), t(b)),
        },
        Op::Left(a, by) => match form(a).known {
            Some(a) => return Ok(Form::word(a << by)),
            None => format!("{} << {by}u", t(a)),
        },
        Op::Right(a, by) => match form(a).known {
            Some(a) => return Ok(Form::word(a >> by)),
            None => format!("{} >> {by}u", t(a)),
        },
        op => return Err(Error::Internal(format!("{op:?} is no operation of WGSL"))),
    };
    Ok(Form::within(text))
}

/// A number that reads back as itself. What WGSL has no literal for is unknown to the compiler.
fn literal(value: f32) -> String {
    if !value.is_finite() || (value == 0.0 && value.is_sign_negative()) {
        return format!("bitcast<f32>({:#010x}u ^ step.zero)", value.to_bits());
    }
    let short = format!("{value:?}");
    // WGSL reads a number as f64 and rounds it to f32.
    let same = short.parse::<f64>().is_ok_and(|read| (read as f32).to_bits() == value.to_bits());
    if same { short } else { format!("{:?}", f64::from(value)) }
}

fn negated(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest.to_owned(),
        Some(_) => format!("-({text})"),
        None => format!("-{text}"),
    }
}

/// What a value is called, before its number.
fn hint(op: Op, forms: &[Form]) -> String {
    let short = |id: Id| {
        let text = &forms[id as usize].text;
        let name = text.rsplit('.').next().unwrap_or(text);
        let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        (text.contains('.') && plain).then(|| name.to_owned())
    };
    let word = match op {
        Op::Mul(a, b) => match (short(a), short(b)) {
            (Some(a), Some(b)) => return format!("{a}_{b}"),
            _ => "product",
        },
        Op::Add(..) => "sum",
        Op::Sub(..) => "difference",
        Op::Div(..) => "ratio",
        Op::Sqrt(_) => "root",
        Op::Exp(_) => "exponential",
        Op::Ln(_) => "logarithm",
        Op::Spike(_) => "spike",
        Op::Above(..) | Op::And(..) | Op::Or(..) | Op::Not(_) => "truth",
        Op::Choose(..) => "chosen",
        Op::OfBits(_) => "number",
        _ => "word",
    };
    word.to_owned()
}

fn refused(problem: String) -> Error {
    Error::Network { place: "WGSL of a function".to_owned(), problem }
}
