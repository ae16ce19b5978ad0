//! The plainest way to compute a function: its operations one after the other, for one item.

use crate::equations::{Function, Graph, Id, Op};
use crate::number::Real;

/// The outputs of `function` for these inputs, each in its order. An output that is a truth is 1 or 0, and one that is
/// a word the number with these bits.
///
/// # Panics
/// If there are fewer inputs than the function reads.
pub fn evaluate<R: Real>(function: &Function, inputs: &[R]) -> Vec<R> {
    let count = function.graph.ops().len();
    let mut values = Values {
        numbers: Vec::with_capacity(count),
        truths: Vec::with_capacity(count),
        words: Vec::with_capacity(count),
        results: Vec::with_capacity(count),
    };
    for &op in function.graph.ops() {
        let value = values.compute(&function.graph, op, inputs);
        values.keep(value);
    }
    function.outputs.iter().map(|(_, id)| values.number(*id)).collect()
}

/// A value by its kind.
enum Value<R: Real> {
    Number(R),
    Truth(R::Truth),
    Word(R::Word),
    Results(Vec<R>),
}

/// For each value, what it is as a number, as a truth and as a word, and its results where it is a repetition.
struct Values<R: Real> {
    numbers: Vec<R>,
    truths: Vec<R::Truth>,
    words: Vec<R::Word>,
    results: Vec<Vec<R>>,
}

impl<R: Real> Values<R> {
    /// The value as a number.
    fn number(&self, id: Id) -> R {
        self.numbers[id as usize]
    }

    /// The value as true or false.
    fn truth(&self, id: Id) -> R::Truth {
        self.truths[id as usize]
    }

    /// The bits of the value.
    fn word(&self, id: Id) -> R::Word {
        self.words[id as usize]
    }

    /// Appends the value of the next operation as a number, a truth and a word, so that each use finds its kind.
    fn keep(&mut self, value: Value<R>) {
        let zero = R::of(0.0);
        let number = match value {
            Value::Number(number) => number,
            Value::Truth(truth) => R::choose(truth, R::of(1.0), zero),
            Value::Word(word) => R::of_bits(word),
            Value::Results(_) => zero,
        };
        self.numbers.push(number);
        self.truths.push(if let Value::Truth(truth) = value { truth } else { number.above(zero) });
        self.words.push(number.bits());
        self.results.push(if let Value::Results(results) = value { results } else { Vec::new() });
    }

    /// The value of an operation on earlier values.
    fn compute(&self, graph: &Graph, op: Op, inputs: &[R]) -> Value<R> {
        let of = |id| self.number(id);
        let number = match op {
            Op::Input(place) => inputs[place as usize],
            Op::Constant(bits) => R::of(f64::from_bits(bits)),
            Op::Add(a, b) => of(a) + of(b),
            Op::Sub(a, b) => of(a) - of(b),
            Op::Mul(a, b) => of(a) * of(b),
            Op::Div(a, b) => of(a).over(of(b)),
            Op::Neg(a) => -of(a),
            Op::Sqrt(a) => of(a).sqrt(),
            Op::Exp(a) => of(a).exp(),
            Op::Ln(a) => of(a).ln(),
            Op::Spike(a) => R::choose(R::of(0.0).above(of(a)), R::of(0.0), R::of(1.0)),
            Op::Choose(which, yes, no) => R::choose(self.truth(which), of(yes), of(no)),
            Op::OfBits(a) => R::of_bits(self.word(a)),
            Op::Result(a, k) => self.results[a as usize][k as usize],
            Op::Above(a, b) => return Value::Truth(of(a).above(of(b))),
            Op::And(a, b) => return Value::Truth(R::and(self.truth(a), self.truth(b))),
            Op::Or(a, b) => return Value::Truth(R::or(self.truth(a), self.truth(b))),
            Op::Not(a) => return Value::Truth(R::not(self.truth(a))),
            Op::Repeat(place) => return Value::Results(self.repeated(graph, place)),
            _ => return Value::Word(self.word_operation(op)),
        };
        Value::Number(number)
    }

    /// The value of an operation on words.
    fn word_operation(&self, op: Op) -> R::Word {
        match op {
            Op::Bits(a) => self.number(a).bits(),
            Op::Word(value) => R::word(value),
            Op::Plus(a, b) => R::plus(self.word(a), self.word(b)),
            Op::Minus(a, b) => R::minus(self.word(a), self.word(b)),
            Op::Both(a, b) => R::both(self.word(a), self.word(b)),
            Op::Left(a, by) => R::left(self.word(a), by),
            Op::Right(a, by) => R::right(self.word(a), by),
            _ => R::word(0),
        }
    }

    /// The carried values after all turns of the repetition at `place`.
    fn repeated(&self, graph: &Graph, place: u32) -> Vec<R> {
        let repeat = &graph.repeats()[place as usize];
        let mut carried: Vec<R> = repeat.start.iter().map(|&id| self.number(id)).collect();
        for _ in 0..repeat.times {
            carried.extend(repeat.fixed.iter().map(|&id| self.number(id)));
            carried = evaluate(&repeat.body, &carried);
        }
        carried
    }
}
