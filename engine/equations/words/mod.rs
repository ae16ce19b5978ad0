//! Functions as lines that people read, such as `V_m <- V_m·P22 + (I_e + current)·P20`.
//!
//! The order of operations is that of the computation, so that its rounding can be read off, too; brackets stand where
//! reading from left to right, powers and products first, would give another order.

mod cost;
mod phrase;

pub use cost::{Cost, Counts};

use std::collections::HashSet;

use super::graph::{ById, Function, Id, Op, Repeat};
use phrase::Phrase;

/// A value whose repeated text would take more characters than this gets a line and a name of its own.
const SPARED: usize = 24;
/// A value whose text is longer than this gets a line and a name in any case.
const LONG: usize = 80;

/// The step and the reset of a neuron as text, line by line.
pub fn neuron(step: &Function, reset: &Function) -> String {
    let mut text = String::from("step:\n");
    for line in lines(step) {
        text += &format!("    {line}\n");
    }
    text += "spike, where margin >= 0:\n";
    let changes = lines(reset);
    for line in &changes {
        text += &format!("    {line}\n");
    }
    if changes.is_empty() {
        text += "    nothing changes\n";
    }
    text
}

/// The lines of a function: named values, and then each output. `x = ..` names a value. `x <- ..` changes x; all
/// changes happen at once, so that a name means the value before them, and `new x` the one after. An output that is its
/// own input has no line.
pub fn lines(function: &Function) -> Vec<String> {
    let function = function.pruned();
    let names = input_names(&function.inputs);
    let mut writer = Writer::new(&names);
    let inputs: Vec<Phrase> = names.iter().map(|name| Phrase::atom(name.clone())).collect();
    writer.function(&function, &inputs, 0);
    writer.lines
}

/// The names of inputs without `state.` and `derived.`; where two would be the same, the state variable has the short
/// one.
fn input_names(inputs: &[String]) -> Vec<String> {
    let short = |name: &str| name.strip_prefix("derived.").map(str::to_owned);
    let state: HashSet<&str> = inputs.iter().filter_map(|name| name.strip_prefix("state.")).collect();
    let name = |input: &String| match (input.strip_prefix("state."), short(input)) {
        (Some(state), _) => state.to_owned(),
        (None, Some(derived)) if !state.contains(derived.as_str()) => derived,
        _ => input.clone(),
    };
    inputs.iter().map(name).collect()
}

/// Writes functions as lines.
struct Writer {
    /// The lines so far.
    lines: Vec<String>,
    /// Names that have a meaning.
    taken: HashSet<String>,
    /// How many names have been tried so far.
    count: u32,
}

impl Writer {
    /// A writer without lines yet, which makes none of the names `taken`.
    fn new(taken: &[String]) -> Writer {
        Writer { lines: Vec::new(), taken: taken.iter().cloned().collect(), count: 0 }
    }

    /// Adds a line, indented by four blanks per level.
    fn line(&mut self, depth: usize, line: &str) {
        self.lines.push(format!("{}{line}", "    ".repeat(depth)));
    }

    /// A name that nothing else has.
    fn fresh(&mut self) -> String {
        loop {
            self.count += 1;
            let name = format!("x{}", self.count);
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }

    /// Writes the lines of a function whose inputs read as `inputs`; values used once stand where they are used.
    fn function(&mut self, function: &Function, inputs: &[Phrase], depth: usize) {
        let uses = count_uses(function);
        let outputs: Vec<(String, Id)> = function.outputs.iter().map(|(name, id)| (output_name(name), *id)).collect();
        let mut phrases: Vec<Phrase> = Vec::new();
        // Outputs that have their line already, since later values use them by name.
        let mut changed: HashSet<&str> = HashSet::new();
        let mut results: ById<Vec<Phrase>> = ById::default();
        for (id, &op) in function.graph.ops().iter().enumerate() {
            let id = id as Id;
            let phrase = match op {
                Op::Input(place) => inputs[place as usize].clone(),
                Op::Repeat(place) => {
                    let found = self.repeat(&function.graph.repeats()[place as usize], &phrases, depth);
                    results.insert(id, found);
                    Phrase::atom(String::new())
                }
                Op::Result(of, k) => results[&of][k as usize].clone(),
                op => phrase::operation(op, &function.graph, &phrases),
            };
            let found = outputs.iter().find(|(_, output)| *output == id);
            let again = uses[id as usize].saturating_sub(1) as usize * phrase.length() > SPARED;
            let named = !phrase.is_name();
            let phrase = match found {
                Some((name, _)) if named && again => {
                    changed.insert(name);
                    self.write_change(name, &phrase, depth);
                    Phrase::atom(format!("new {name}"))
                }
                _ if named && (again || phrase.length() > LONG) => {
                    let name = self.fresh();
                    self.line(depth, &format!("{name} = {phrase}"));
                    Phrase::atom(name)
                }
                _ => phrase,
            };
            phrases.push(phrase);
        }
        for (name, id) in outputs.iter().filter(|(name, _)| !changed.contains(name.as_str())) {
            self.write_change(name, &phrases[*id as usize], depth);
        }
    }

    /// Writes the new value of a variable; nothing if it stays as it is.
    fn write_change(&mut self, name: &str, phrase: &Phrase, depth: usize) {
        let sign = if name == "margin" { "=" } else { "<-" };
        if phrase.to_string() != name {
            self.line(depth, &format!("{name} {sign} {phrase}"));
        }
    }

    /// Writes a repetition as a loop; what its results read as.
    fn repeat(&mut self, repeat: &Repeat, phrases: &[Phrase], depth: usize) -> Vec<Phrase> {
        let mut body = repeat.body.pruned();
        let mut carried = Vec::new();
        for (output, &start) in body.outputs.iter_mut().zip(&repeat.start) {
            let name = self.fresh();
            self.line(depth, &format!("{name} = {}", phrases[start as usize]));
            output.0.clone_from(&name);
            carried.push(Phrase::atom(name));
        }
        self.line(depth, &format!("repeat {} times:", repeat.times));
        let fixed = repeat.fixed.iter().map(|&id| phrases[id as usize].clone());
        let inputs: Vec<Phrase> = carried.iter().cloned().chain(fixed).collect();
        self.function(&body, &inputs, depth + 1);
        carried
    }
}

/// For each value, how many operations and outputs use it.
fn count_uses(function: &Function) -> Vec<u32> {
    let mut uses = vec![0; function.graph.ops().len()];
    for id in 0..uses.len() {
        for argument in function.graph.arguments(id as Id) {
            uses[argument as usize] += 1;
        }
    }
    for (_, id) in &function.outputs {
        uses[*id as usize] += 1;
    }
    uses
}

/// The name of an output as people know it, without `state.`.
fn output_name(name: &str) -> String {
    name.strip_prefix("state.").unwrap_or(name).to_owned()
}
