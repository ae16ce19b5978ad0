//! Functions as statements of a programming language, in the order of the graph: a `let` for every operation that is
//! not short.

use super::graph::{ById, Function, Id, Op, Repeat};
use crate::error::Result;

/// A programming language, as far as statements need it.
pub(super) trait Language {
    /// The form of an operation, where `forms` are those of all earlier values.
    fn operation(&mut self, op: Op, forms: &[Form]) -> Result<Form>;
    /// The statement that declares a variable with its first value.
    fn variable(&self, name: &str, start: &str) -> String;
    /// The head of a loop of `times` turns; `turn` is a name that nothing else has.
    fn loop_head(&self, turn: &str, times: u32) -> String;
    /// The statement that leaves a loop if `value` is not above zero; `None` if the language cannot say this.
    fn early_exit(&self, value: &str) -> Option<String>;
}

/// How a value is written where it is used.
#[derive(Clone)]
pub(super) struct Form {
    /// The text.
    pub text: String,
    /// Whether it is short enough to be written where it is used, instead of being named.
    pub inline: bool,
    /// Whether no later statement changes it: it is a constant, or a name that is never assigned again.
    pub settled: bool,
    /// The bits of a constant, where the language asks for them.
    pub known: Option<i32>,
}

impl Form {
    /// A name or a constant, which no later statement changes.
    pub fn name(text: String) -> Form {
        Form { text, inline: true, settled: true, known: None }
    }
    /// A name that a later statement may change.
    pub fn passing(text: String) -> Form {
        Form { text, inline: true, settled: false, known: None }
    }
    /// An expression that has to be named.
    pub fn long(text: String) -> Form {
        Form { text, inline: false, settled: false, known: None }
    }
}

/// Writes statements.
#[derive(Default)]
pub(super) struct Statements<L> {
    /// The language.
    pub language: L,
    /// The statements so far.
    pub text: String,
    /// How many names have been made so far.
    count: u32,
}

impl<L: Language> Statements<L> {
    /// Adds a line, indented by four blanks per level.
    pub fn line(&mut self, depth: usize, line: &str) {
        if !line.is_empty() {
            self.text += &"    ".repeat(depth);
        }
        self.text += line;
        self.text.push('\n');
    }

    /// Writes statements that compute `function`, which should be pruned, from inputs of these forms; the forms of its
    /// outputs.
    pub fn function(&mut self, function: &Function, inputs: &[Form], depth: usize) -> Result<Vec<Form>> {
        let outputs: ById<&str> = function.outputs.iter().map(|(name, id)| (*id, name.as_str())).collect();
        let mut forms: Vec<Form> = Vec::new();
        let mut results: ById<Vec<Form>> = ById::default();
        for (id, &op) in function.graph.ops().iter().enumerate() {
            let form = match op {
                Op::Input(place) => inputs[place as usize].clone(),
                Op::Repeat(place) => {
                    let repeat = &function.graph.repeats()[place as usize];
                    let carried = self.repeat(repeat, &forms, depth)?;
                    results.insert(id as Id, carried);
                    Form::passing(String::new())
                }
                Op::Result(of, k) => results[&of][k as usize].clone(),
                op => {
                    let form = self.language.operation(op, &forms)?;
                    match outputs.get(&(id as Id)) {
                        _ if form.inline => form,
                        Some(output) => self.bind(output, &form, depth),
                        None => self.bind(&name_hint(op, &forms), &form, depth),
                    }
                }
            };
            forms.push(form);
        }
        Ok(function.outputs.iter().map(|(_, id)| forms[*id as usize].clone()).collect())
    }

    /// Writes a statement that names `value`; the name.
    pub fn bind(&mut self, hint: &str, value: &Form, depth: usize) -> Form {
        let name = self.fresh(hint);
        self.line(depth, &format!("let {name} = {};", value.text));
        Form::name(name)
    }

    /// A name that nothing else has, since it ends with its own number.
    fn fresh(&mut self, hint: &str) -> String {
        self.count += 1;
        let own = hint.rsplit('.').next().unwrap_or(hint).trim_end_matches('_');
        let plain = own.starts_with(|c: char| c.is_ascii_alphabetic()) && own.chars().all(is_in_names);
        format!("{}_{}", if plain { own } else { "value" }, self.count)
    }

    /// Writes a repetition as a loop; the forms of its results.
    fn repeat(&mut self, repeat: &Repeat, forms: &[Form], depth: usize) -> Result<Vec<Form>> {
        let body = repeat.body.pruned();
        let mut carried = Vec::new();
        for (&start, (name, _)) in repeat.start.iter().zip(&body.outputs) {
            let name = self.fresh(name);
            let variable = self.language.variable(&name, &forms[start as usize].text);
            self.line(depth, &variable);
            carried.push(name);
        }
        let turn = self.fresh("turn");
        let head = self.language.loop_head(&turn, repeat.times);
        self.line(depth, &head);
        let mut inputs: Vec<Form> = carried.iter().map(|name| Form::passing(name.clone())).collect();
        inputs.extend(repeat.fixed.iter().map(|&id| forms[id as usize].clone()));
        let found = self.function(&body, &inputs, depth + 1)?;
        // All are read before any is written.
        let mut next = Vec::new();
        for form in found {
            next.push(if form.settled { form } else { self.bind("next", &form, depth + 1) });
        }
        for (name, form) in carried.iter().zip(next) {
            self.line(depth + 1, &format!("{name} = {};", form.text));
        }
        let rests = repeat.rests.and_then(|k| self.language.early_exit(&carried[k as usize]));
        if let Some(leave) = rests {
            self.line(depth + 1, &leave);
        }
        self.line(depth, "}");
        Ok(carried.into_iter().map(Form::name).collect())
    }
}

/// Whether a character may stand in a name.
fn is_in_names(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// What the name of a value begins with, before its number.
fn name_hint(op: Op, forms: &[Form]) -> String {
    let field = |id: Id| {
        let (_, name) = forms[id as usize].text.rsplit_once('.')?;
        name.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(name).filter(|name| name.chars().all(is_in_names))
    };
    let word = match op {
        Op::Mul(a, b) => match (field(a), field(b)) {
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
