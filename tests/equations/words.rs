//! Functions in words: what they say for the models, that they read back as the same graph, that no bracket is idle.

use std::collections::HashMap;

use neuropil::equations::graph::Kind;
use neuropil::equations::words::{self, Cost, Counts};
use neuropil::equations::{Function, Graph, Id, Op, Repeat};
use neuropil::models::{
    Equations, IafCondAlpha, IafCondExp, IafPscAlpha, IafPscDelta, IafPscExp, ParrotNeuron, equations,
};

use super::graphs::{Maker, Random, unrolled};

/// Lines read back as a graph.
struct Reader {
    graph: Graph,
    names: HashMap<String, Id>,
}

type Read<T> = Result<T, String>;

/// What is left of a line.
type Rest<'a> = &'a str;

impl Reader {
    fn new(inputs: &[String]) -> Reader {
        let mut reader = Reader { graph: Graph::default(), names: HashMap::new() };
        for (place, name) in inputs.iter().enumerate() {
            let id = reader.graph.push(Op::Input(place as u32));
            reader.names.insert(name.clone(), id);
        }
        reader
    }

    /// Lines of one depth, with what is repeated within them; the names that are changed.
    fn lines(&mut self, lines: &[String]) -> Read<HashMap<String, Id>> {
        let mut changes = HashMap::new();
        let mut at = 0;
        while at < lines.len() {
            let line = &lines[at];
            at += 1;
            if let Some(times) = line.strip_prefix("repeat ").and_then(|rest| rest.strip_suffix(" times:")) {
                let inner: Vec<String> =
                    lines[at..].iter().map_while(|line| line.strip_prefix("    ")).map(str::to_owned).collect();
                at += inner.len();
                for _ in 0..times.parse::<u32>().map_err(|e| e.to_string())? {
                    let next = self.lines(&inner)?;
                    self.names.extend(next);
                }
            } else if let Some((name, value)) = line.split_once(" <- ") {
                let value = self.whole(value)?;
                self.names.insert(format!("new {name}"), value);
                changes.insert(name.to_owned(), value);
            } else {
                let (name, value) = line.split_once(" = ").ok_or("no line")?;
                let value = self.whole(value)?;
                self.names.insert(name.to_owned(), value);
            }
        }
        Ok(changes)
    }

    fn whole(&mut self, text: &str) -> Read<Id> {
        let (value, rest) = self.choice(text)?;
        if rest.is_empty() { Ok(value) } else { Err(format!("{rest} is left")) }
    }

    fn choice<'a>(&mut self, text: Rest<'a>) -> Read<(Id, Rest<'a>)> {
        let (yes, rest) = self.chain(text, 0)?;
        let Some(rest) = rest.strip_prefix(" if ") else { return Ok((yes, rest)) };
        let (which, rest) = self.chain(rest, 0)?;
        let (no, rest) = self.choice(rest.strip_prefix(" else ").ok_or("no else")?)?;
        Ok((self.graph.push(Op::Choose(which, yes, no)), rest))
    }

    /// Operations of one tightness after the other, from the loosest.
    fn chain<'a>(&mut self, text: Rest<'a>, level: usize) -> Read<(Id, Rest<'a>)> {
        const SIGNS: [&[&str]; 6] =
            [&[" or "], &[" and "], &[" > "], &[" & ", " << ", " >> "], &[" + ", " - "], &["·", "/"]];
        if level == 2
            && let Some(rest) = text.strip_prefix("not ")
        {
            let (value, rest) = self.chain(rest, 2)?;
            return Ok((self.graph.push(Op::Not(value)), rest));
        }
        let Some(signs) = SIGNS.get(level) else { return self.power(text) };
        let (mut value, mut rest) = match text.strip_prefix('-') {
            // A sign holds as a product does, and begins one.
            Some(text) if level == 5 => {
                let (value, rest) = self.power(text)?;
                (self.negative(value), rest)
            }
            _ => self.chain(text, level + 1)?,
        };
        while let Some(sign) = signs.iter().find(|sign| rest.starts_with(**sign)) {
            let (other, after) = self.chain_operand(&rest[sign.len()..], level + 1, sign)?;
            value = self.operation(sign, value, other)?;
            rest = after;
        }
        Ok((value, rest))
    }

    fn chain_operand<'a>(&mut self, text: Rest<'a>, level: usize, sign: &str) -> Read<(Id, Rest<'a>)> {
        if text.starts_with('-') {
            return Err(format!("a sign behind{sign}"));
        }
        match sign.trim() {
            "<<" | ">>" => {
                let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
                Ok((text[..end].parse().map_err(|_| "no shift".to_owned())?, &text[end..]))
            }
            _ => self.chain(text, level),
        }
    }

    fn negative(&mut self, value: Id) -> Id {
        match self.graph.ops()[value as usize] {
            Op::Constant(bits) => self.graph.constant(-f64::from_bits(bits)),
            _ => self.graph.push(Op::Neg(value)),
        }
    }

    fn operation(&mut self, sign: &str, a: Id, b: Id) -> Read<Id> {
        let words = self.graph.ops()[a as usize].kind() == Kind::Word;
        let op = match (sign.trim(), words) {
            ("+", true) => Op::Plus(a, b),
            ("-", true) => Op::Minus(a, b),
            ("+", false) => Op::Add(a, b),
            ("-", false) => Op::Sub(a, b),
            ("·", _) => Op::Mul(a, b),
            ("/", _) => Op::Div(a, b),
            (">", _) => Op::Above(a, b),
            ("and", _) => Op::And(a, b),
            ("or", _) => Op::Or(a, b),
            ("&", _) => Op::Both(a, b),
            ("<<", _) => Op::Left(a, b),
            (">>", _) => Op::Right(a, b),
            other => return Err(format!("{other:?}")),
        };
        Ok(self.graph.push(op))
    }

    fn power<'a>(&mut self, text: Rest<'a>) -> Read<(Id, Rest<'a>)> {
        let (value, rest) = self.atom(text)?;
        match rest.strip_prefix('²') {
            Some(rest) if rest.starts_with('²') => Err("two powers".into()),
            Some(rest) => Ok((self.graph.push(Op::Mul(value, value)), rest)),
            None => Ok((value, rest)),
        }
    }

    fn atom<'a>(&mut self, text: Rest<'a>) -> Read<(Id, Rest<'a>)> {
        if let Some(rest) = text.strip_prefix('(') {
            let (value, rest) = self.choice(rest)?;
            return Ok((value, rest.strip_prefix(')').ok_or("no bracket")?));
        }
        if let Some(rest) = text.strip_prefix('|') {
            let (value, rest) = self.choice(rest)?;
            let zero = self.graph.constant(0.0);
            let (below, other) = (self.graph.push(Op::Above(zero, value)), self.graph.push(Op::Neg(value)));
            return Ok((self.graph.push(Op::Choose(below, other, value)), rest.strip_prefix('|').ok_or("no bar")?));
        }
        let end = text.find(|c: char| !(c.is_alphanumeric() && c != '²' || c == '_' || c == '.')).unwrap_or(text.len());
        // 1e-7
        let exponent = text.starts_with(|c: char| c.is_ascii_digit())
            && text[..end].ends_with('e')
            && text[end..].starts_with('-');
        let end = if exponent {
            end + 1 + text[end + 1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len() - end - 1)
        } else {
            end
        };
        let (word, rest) = text.split_at(end);
        if let Some(word) = word.strip_prefix("0x") {
            let value = u64::from_str_radix(word, 16).map_err(|e| e.to_string())?;
            return Ok((self.graph.push(Op::Word(value as i64)), rest));
        }
        if let Ok(value) = word.parse::<f64>() {
            return Ok((self.graph.constant(value), rest));
        }
        if let Some(rest) = rest.strip_prefix('(') {
            return self.call(word, rest);
        }
        if let ("new", Some(rest)) = (word, rest.strip_prefix(' ')) {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let id = self.names.get(&format!("new {}", &rest[..end])).ok_or("not changed before")?;
            return Ok((*id, &rest[end..]));
        }
        Ok((*self.names.get(word).ok_or_else(|| format!("no {word}"))?, rest))
    }

    fn call<'a>(&mut self, name: &str, text: Rest<'a>) -> Read<(Id, Rest<'a>)> {
        let (a, rest) = self.choice(text)?;
        let (op, rest) = match (name, rest.strip_prefix(", ")) {
            ("min" | "max", Some(rest)) => {
                let (b, rest) = self.choice(rest)?;
                let above = self.graph.push(Op::Above(a, b));
                (if name == "max" { Op::Choose(above, a, b) } else { Op::Choose(above, b, a) }, rest)
            }
            ("sqrt", _) => (Op::Sqrt(a), rest),
            ("exp", _) => (Op::Exp(a), rest),
            ("ln", _) => (Op::Ln(a), rest),
            ("spike", _) => (Op::Spike(a), rest),
            ("bits", _) => (Op::Bits(a), rest),
            ("number", _) => (Op::OfBits(a), rest),
            _ => return Err(format!("no function {name}")),
        };
        Ok((self.graph.push(op), rest.strip_prefix(')').ok_or("no bracket")?))
    }
}

/// The outputs of a function in the graph of a reader, a negative constant as it is read.
fn expected(function: &Function, reader: &mut Reader) -> Vec<Id> {
    let function = unrolled(function);
    let mut new: Vec<Id> = Vec::new();
    for op in function.graph.ops() {
        let id = match op.map(|id| new[id as usize]) {
            Op::Neg(a) => reader.negative(a),
            op => reader.graph.push(op),
        };
        new.push(id);
    }
    function.outputs.iter().map(|(_, id)| new[*id as usize]).collect()
}

/// What lines say of the outputs, and what they are.
fn readings(function: &Function, inputs: &[String], lines: &[String]) -> Read<[Vec<Id>; 2]> {
    let mut reader = Reader::new(inputs);
    let changes = reader.lines(lines)?;
    let mut found = Vec::new();
    for (name, _) in &function.outputs {
        let name = name.strip_prefix("state.").unwrap_or(name);
        let value = changes.get(name).or_else(|| reader.names.get(name));
        found.push(*value.ok_or_else(|| format!("no {name}"))?);
    }
    Ok([found, expected(function, &mut reader)])
}

/// The line without the brackets that open at each place where any do, but for those of calls.
fn without_brackets(line: &str) -> Vec<String> {
    let letters: Vec<char> = line.chars().collect();
    let mut fewer = Vec::new();
    for (open, _) in letters.iter().enumerate().filter(|(_, c)| **c == '(') {
        if open > 0 && letters[open - 1].is_alphanumeric() {
            continue;
        }
        let mut depth = 0;
        let close = (open..letters.len()).find(|&k| {
            depth += i32::from(letters[k] == '(') - i32::from(letters[k] == ')');
            depth == 0
        });
        let kept = letters.iter().enumerate().filter(|(k, _)| *k != open && Some(*k) != close);
        fewer.push(kept.map(|(_, c)| *c).collect());
    }
    fewer
}

#[test]
fn words_of_random_graphs_read_back_as_the_same_graph_and_no_bracket_is_idle() {
    let mut brackets = 0;
    for seed in 0..150 {
        let function = Random::new(seed).any(4, 40, 3, 2);
        let lines = words::lines(&function);
        let [found, expected] = readings(&function, &function.inputs, &lines)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", lines.join("\n")));
        assert_eq!(found, expected, "seed {seed}:\n{}", lines.join("\n"));
        let same_with = |at: usize, line: String| {
            let mut other = lines.clone();
            other[at] = line;
            readings(&function, &function.inputs, &other).is_ok_and(|[found, expected]| found == expected)
        };
        for (at, line) in lines.iter().enumerate() {
            let name = line.split_inclusive([' ']).take(2).collect::<String>();
            // Of use only to turns that are never made.
            if line.starts_with(' ') || same_with(at, format!("{name}1.2345")) {
                continue;
            }
            for fewer in without_brackets(line) {
                assert!(!same_with(at, fewer.clone()), "seed {seed}: {line}\n{fewer}");
                brackets += 1;
            }
        }
    }
    assert!(brackets > 200, "{brackets} brackets");
}

#[test]
fn the_step_of_a_model_is_said_in_a_few_lines() {
    let Equations { step, reset } = equations::<IafPscExp>();
    let expected = "step:
    V_m <- V_m if refractory > 0 else V_m·P22 + I_syn_ex·P21_ex + I_syn_in·P21_in + (I_e + current)·P20
    I_syn_ex <- I_syn_ex·P11_ex + input.ex
    I_syn_in <- I_syn_in·P11_in + input.in
    refractory <- refractory - 1 if refractory > 0 else refractory
    margin = new V_m - theta
spike, where margin >= 0:
    V_m <- reset
    refractory <- derived.refractory
";
    assert_eq!(words::neuron(&step, &reset), expected);
    let Equations { step, reset } = equations::<ParrotNeuron>();
    let expected = "step:
    n_spikes <- input.in
    margin = input.in - theta
spike, where margin >= 0:
    nothing changes
";
    assert_eq!(words::neuron(&step, &reset), expected);
}

#[test]
fn words_of_the_models_read_back_as_their_graphs() {
    let all = [
        equations::<IafCondAlpha>(),
        equations::<IafCondExp>(),
        equations::<IafPscAlpha>(),
        equations::<IafPscDelta>(),
        equations::<IafPscExp>(),
        equations::<ParrotNeuron>(),
    ];
    for Equations { step, .. } in all {
        let state: Vec<&str> = step.inputs.iter().filter_map(|name| name.strip_prefix("state.")).collect();
        let inputs: Vec<String> = step
            .inputs
            .iter()
            .map(|name| match (name.strip_prefix("state."), name.strip_prefix("derived.")) {
                (Some(name), _) => name.to_owned(),
                (_, Some(name)) if !state.contains(&name) => name.to_owned(),
                _ => name.clone(),
            })
            .collect();
        let lines = words::lines(&step);
        let [found, expected] = readings(&step, &inputs, &lines).unwrap();
        assert_eq!(found, expected, "{}", lines.join("\n"));
        assert!(lines.iter().all(|line| line.chars().count() < 150), "{}", lines.join("\n"));
        let wrong: Vec<String> = lines.iter().map(|line| line.replacen(" + ", " - ", 1)).collect();
        let [found, expected] = readings(&step, &inputs, &wrong).unwrap();
        assert_eq!(found == expected, wrong == lines);
    }
}

#[test]
fn the_greater_the_smaller_and_the_magnitude_are_said_so() {
    let mut m = Maker::new(2);
    let [a, b] = m.inputs[..] else { panic!("two inputs") };
    let zero = m.graph.constant(0.0);
    let above = m.push(Op::Above(a, b));
    let (most, least) = (m.push(Op::Choose(above, a, b)), m.push(Op::Choose(above, b, a)));
    let (below, other) = (m.push(Op::Above(zero, a)), m.push(Op::Neg(a)));
    let size = m.push(Op::Choose(below, other, a));
    let square = m.push(Op::Mul(size, size));
    let lines = words::lines(&m.function(&[most, least, square]));
    assert_eq!(lines, ["y0 <- max(x0, x1)", "y1 <- min(x0, x1)", "y2 <- |x0|²"]);
}

#[test]
fn operations_are_counted_by_kind_and_in_every_turn() {
    let mut body = Maker::new(2);
    let [a, b] = body.inputs[..] else { panic!("two inputs") };
    let exp = body.push(Op::Exp(a));
    let ratio = body.push(Op::Div(exp, b));
    let root = body.push(Op::Sqrt(ratio));
    let body = body.function(&[root]);
    let mut m = Maker::new(2);
    let (start, fixed) = (vec![m.inputs[0]], vec![m.inputs[1]]);
    let unused = m.push(Op::Add(start[0], fixed[0]));
    m.push(Op::Ln(unused));
    let result = m.graph.repeat(Repeat { times: 5, body, start, fixed, rests: None })[0];
    let above = m.push(Op::Above(result, 0));
    let chosen = m.push(Op::Choose(above, result, 1));
    let counts = Counts::of(&m.function(&[chosen]));
    let expected = Counts { exponentials: 5, quotients: 5, roots: 5, choices: 2, ..Counts::default() };
    assert_eq!((counts, counts.total()), (expected, 17));
    let twice = Cost { exponential: 2.0 * Cost::ZEN4.exponential, ..Cost::ZEN4 };
    let more = twice.of(&counts) - Cost::ZEN4.of(&counts);
    assert!((more - 5.0 * Cost::ZEN4.exponential).abs() < 1e-12);
}

#[test]
fn costs_are_near_those_that_were_measured() {
    // ns per update on a Zen 4 (AVX-512, f32, 10,000 neurons).
    let measured = [(equations::<IafPscExp>(), 0.325), (equations::<IafCondAlpha>(), 1.14)];
    for (equations, ns) in measured {
        let estimate = Cost::ZEN4.of(&Counts::of(&equations.step));
        assert!((estimate / ns - 1.0).abs() < 0.34, "{estimate} ns, {ns} measured");
    }
}
