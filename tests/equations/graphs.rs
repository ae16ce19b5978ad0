//! Graphs to test with, and their plainest meaning in f64.

use neuropil::equations::{Function, Graph, Id, Op, Repeat};
use neuropil::random::Draws;

/// What a value is in f64.
#[derive(Clone, Debug)]
enum Value {
    Number(f64),
    Truth(bool),
    Word(i64),
    Results(Vec<f64>),
}

impl Value {
    fn number(&self) -> f64 {
        let Value::Number(value) = self else { panic!("{self:?} is no number") };
        *value
    }
    fn truth(&self) -> bool {
        let Value::Truth(value) = self else { panic!("{self:?} is no truth") };
        *value
    }
    fn word(&self) -> i64 {
        let Value::Word(value) = self else { panic!("{self:?} is no word") };
        *value
    }
}

/// The outputs of a function, with a spike as this function of its margin.
pub fn outputs(function: &Function, inputs: &[f64], spike: fn(f64) -> f64) -> Vec<f64> {
    let all = values(function, inputs, spike);
    function.outputs.iter().map(|(_, id)| all[*id as usize].number()).collect()
}

fn values(function: &Function, inputs: &[f64], spike: fn(f64) -> f64) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for &op in function.graph.ops() {
        let value = value(function, op, &all, inputs, spike);
        all.push(value);
    }
    all
}

fn value(function: &Function, op: Op, all: &[Value], inputs: &[f64], spike: fn(f64) -> f64) -> Value {
    use Value::{Number, Results, Truth, Word};
    let n = |id: Id| all[id as usize].number();
    let t = |id: Id| all[id as usize].truth();
    let w = |id: Id| all[id as usize].word();
    match op {
        Op::Input(place) => Number(inputs[place as usize]),
        Op::Constant(bits) => Number(f64::from_bits(bits)),
        Op::Add(a, b) => Number(n(a) + n(b)),
        Op::Sub(a, b) => Number(n(a) - n(b)),
        Op::Mul(a, b) => Number(n(a) * n(b)),
        Op::Div(a, b) => Number(n(a) / n(b)),
        Op::Neg(a) => Number(-n(a)),
        Op::Sqrt(a) => Number(n(a).sqrt()),
        Op::Exp(a) => Number(n(a).exp()),
        Op::Ln(a) => Number(n(a).ln()),
        Op::Spike(a) => Number(spike(n(a))),
        Op::Above(a, b) => Truth(n(a) > n(b)),
        Op::And(a, b) => Truth(t(a) && t(b)),
        Op::Or(a, b) => Truth(t(a) || t(b)),
        Op::Not(a) => Truth(!t(a)),
        Op::Choose(c, a, b) => Number(if t(c) { n(a) } else { n(b) }),
        Op::Bits(a) => Word(n(a).to_bits() as i64),
        Op::OfBits(a) => Number(f64::from_bits(w(a) as u64)),
        Op::Word(a) => Word(a),
        Op::Plus(a, b) => Word(w(a).wrapping_add(w(b))),
        Op::Minus(a, b) => Word(w(a).wrapping_sub(w(b))),
        Op::Both(a, b) => Word(w(a) & w(b)),
        Op::Left(a, by) => Word(w(a) << by),
        Op::Right(a, by) => Word(w(a) >> by),
        Op::Repeat(place) => {
            let repeat = &function.graph.repeats()[place as usize];
            let mut carried: Vec<f64> = repeat.start.iter().map(|&id| n(id)).collect();
            for _ in 0..repeat.times {
                let given: Vec<f64> = carried.into_iter().chain(repeat.fixed.iter().map(|&id| n(id))).collect();
                carried = outputs(&repeat.body, &given, spike);
            }
            Results(carried)
        }
        Op::Result(of, k) => match &all[of as usize] {
            Results(results) => Number(results[k as usize]),
            other => panic!("{other:?} has no results"),
        },
    }
}

/// A function in the making, with short names for its operations.
pub struct Maker {
    pub graph: Graph,
    pub inputs: Vec<Id>,
}

impl Maker {
    pub fn new(inputs: usize) -> Maker {
        let mut graph = Graph::default();
        let inputs = (0..inputs).map(|place| graph.push(Op::Input(place as u32))).collect();
        Maker { graph, inputs }
    }

    pub fn push(&mut self, op: Op) -> Id {
        self.graph.push(op)
    }

    pub fn function(self, outputs: &[Id]) -> Function {
        let inputs = (0..self.inputs.len()).map(|k| format!("x{k}")).collect();
        let outputs = outputs.iter().enumerate().map(|(k, &id)| (format!("y{k}"), id)).collect();
        Function { inputs, graph: self.graph, outputs }
    }

    /// Operations inside those of a repetition counted, too.
    pub fn count(function: &Function) -> usize {
        let bodies: usize = function.graph.repeats().iter().map(|repeat| Maker::count(&repeat.body)).sum();
        function.graph.ops().len() + bodies
    }
}

/// The same with every repetition written out.
pub fn unrolled(function: &Function) -> Function {
    let mut graph = Graph::default();
    let mut new: Vec<Id> = Vec::new();
    let mut results: std::collections::HashMap<Id, Vec<Id>> = Default::default();
    for (id, &op) in function.graph.ops().iter().enumerate() {
        let here = |ids: &[Id]| ids.iter().map(|&id| new[id as usize]).collect::<Vec<Id>>();
        let value = match op {
            Op::Repeat(place) => {
                let Repeat { times, body, start, fixed, rests: _ } = &function.graph.repeats()[place as usize];
                let (mut carried, fixed, body) = (here(start), here(fixed), unrolled(body));
                for _ in 0..*times {
                    carried.extend(&fixed);
                    carried = body.call(&mut graph, &carried);
                }
                results.insert(id as Id, carried);
                Id::MAX
            }
            Op::Result(of, k) => results[&of][k as usize],
            _ => graph.copy(&function.graph, id as Id, &new),
        };
        new.push(value);
    }
    let outputs = function.outputs.iter().map(|(name, id)| (name.clone(), new[*id as usize])).collect();
    Function { inputs: function.inputs.clone(), graph, outputs }.pruned()
}

/// Random graphs that are smooth around a point, with values of moderate size there.
pub struct Random {
    draws: Draws,
}

impl Random {
    pub fn new(seed: u32) -> Random {
        Random { draws: Draws::new(u64::from(seed), 1, 7) }
    }

    pub fn number(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.draws.uniform()
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.draws.uniform() * count as f64) as usize % count
    }

    /// A function of some inputs at a point, of so many operations, with repetitions within repetitions to this depth.
    pub fn function(&mut self, point: &[f64], operations: usize, outputs: usize, depth: u32) -> Function {
        let mut maker = Maker::new(point.len());
        let mut known: Vec<(Id, f64)> = maker.inputs.iter().copied().zip(point.iter().copied()).collect();
        while known.len() < point.len() + operations {
            let before = maker.graph.clone();
            let id = if depth > 0 && self.below(10) == 0 {
                self.repeat(&mut maker, &known, depth)
            } else {
                self.operation(&mut maker, &known)
            };
            let function = Function { inputs: vec![], graph: maker.graph.clone(), outputs: vec![(String::new(), id)] };
            let value = super::graphs::outputs(&function, point, sigmoid)[0];
            if calm(&function, point)
                && value.abs() > 1e-2
                && value.abs() < 10.0
                && known.iter().all(|(_, other)| (other - value).abs() > 1e-4)
            {
                known.push((id, value));
            } else {
                maker.graph = before;
            }
        }
        let last: Vec<Id> = known.iter().rev().take(outputs).map(|(id, _)| *id).collect();
        maker.function(&last)
    }

    fn one(&mut self, known: &[(Id, f64)]) -> Id {
        known[self.below(known.len())].0
    }

    fn operation(&mut self, maker: &mut Maker, known: &[(Id, f64)]) -> Id {
        let (a, b, c, d) = (self.one(known), self.one(known), self.one(known), self.one(known));
        let one = maker.push(Op::Constant(1f64.to_bits()));
        let number = self.number(-2.0, 2.0).to_bits();
        // Above zero, whatever b is.
        let positive = |maker: &mut Maker| {
            let square = maker.push(Op::Mul(b, b));
            maker.push(Op::Add(one, square))
        };
        match self.below(13) {
            0 => maker.push(Op::Constant(number)),
            1 => maker.push(Op::Add(a, b)),
            2 => maker.push(Op::Sub(a, b)),
            3 | 4 => maker.push(Op::Mul(a, b)),
            5 => {
                let divisor = positive(maker);
                maker.push(Op::Div(a, divisor))
            }
            6 => maker.push(Op::Neg(a)),
            7 => {
                let a = positive(maker);
                maker.push(Op::Sqrt(a))
            }
            8 => maker.push(Op::Exp(a)),
            9 => {
                let a = positive(maker);
                maker.push(Op::Ln(a))
            }
            10 => maker.push(Op::Spike(a)),
            11 => {
                let which = maker.push(Op::Above(a, b));
                maker.push(Op::Choose(which, c, d))
            }
            _ => {
                let (first, second) = (maker.push(Op::Above(a, b)), maker.push(Op::Above(c, d)));
                let not = maker.push(Op::Not(second));
                let which = maker.push(if self.below(2) == 0 { Op::And(first, not) } else { Op::Or(first, not) });
                maker.push(Op::Choose(which, c, b))
            }
        }
    }

    /// A function of any operations at all, of which nothing is known but that no comparison is of constants alone.
    pub fn any(&mut self, inputs: usize, operations: usize, outputs: usize, depth: u32) -> Function {
        let mut maker = Maker::new(inputs);
        let mut numbers = maker.inputs.clone();
        let mut truths: Vec<Id> = Vec::new();
        let mut words: Vec<Id> = Vec::new();
        for _ in 0..operations {
            let (a, b) = (numbers[self.below(numbers.len())], numbers[self.below(numbers.len())]);
            let input = maker.inputs[self.below(inputs)];
            match self.below(14) {
                0 => {
                    let number = [0.0, 1.0, -1.0, 0.1, 1e-7, 3e30, -2.5, 16_777_217.0][self.below(8)];
                    numbers.push(maker.graph.constant(number));
                }
                1 => numbers.push(maker.push(Op::Add(a, b))),
                2 => numbers.push(maker.push(Op::Sub(a, b))),
                3 => numbers.push(maker.push(Op::Mul(a, b))),
                4 => numbers.push(maker.push(Op::Div(a, b))),
                5 => numbers.push(maker.push([Op::Neg(a), Op::Sqrt(a), Op::Exp(a), Op::Ln(a)][self.below(4)])),
                6 => {
                    let sum = maker.push(Op::Add(input, a));
                    numbers.push(maker.push(Op::Spike(sum)));
                }
                7 => truths.push(maker.push(Op::Above(input, a))),
                8 => truths.push(maker.push(Op::Above(a, input))),
                9 if !truths.is_empty() => {
                    let (p, q) = (truths[self.below(truths.len())], truths[self.below(truths.len())]);
                    truths.push(maker.push([Op::And(p, q), Op::Or(p, q), Op::Not(p)][self.below(3)]));
                }
                10 if !truths.is_empty() => {
                    let which = truths[self.below(truths.len())];
                    numbers.push(maker.push(Op::Choose(which, a, b)));
                }
                11 => {
                    let word = [0, 1, -1, i64::from(i32::MIN), 0x7fff_ffff, 8_388_608, 1 << 40][self.below(7)];
                    words.push(maker.push([Op::Bits(a), Op::Word(word)][self.below(2)]));
                }
                12 if !words.is_empty() => {
                    let (v, w, by) =
                        (words[self.below(words.len())], words[self.below(words.len())], self.below(32) as u32);
                    let ops = [Op::Plus(v, w), Op::Minus(v, w), Op::Both(v, w), Op::Left(v, by), Op::Right(v, by)];
                    words.push(maker.push(ops[self.below(5)]));
                    numbers.push(maker.push(Op::OfBits(v)));
                }
                13 if depth > 0 => {
                    let (carried, stay) = (1 + self.below(3), self.below(3));
                    let operations = 3 + self.below(6);
                    let body = self.any(carried + stay, operations, carried, depth - 1);
                    let mut some = |count| (0..count).map(|_| numbers[self.below(numbers.len())]).collect::<Vec<Id>>();
                    let (start, fixed) = (some(carried), some(stay));
                    let times = self.below(5) as u32;
                    numbers.extend(maker.graph.repeat(Repeat { times, body, start, fixed, rests: None }));
                }
                _ => {}
            }
        }
        let found: Vec<Id> = (0..outputs).map(|k| numbers[numbers.len() - 1 - k % numbers.len()]).collect();
        maker.function(&found)
    }

    fn repeat(&mut self, maker: &mut Maker, known: &[(Id, f64)], depth: u32) -> Id {
        let (carried, stay) = (1 + self.below(3), self.below(3));
        let start: Vec<Id> = (0..carried).map(|_| self.one(known)).collect();
        let fixed: Vec<Id> = (0..stay).map(|_| self.one(known)).collect();
        let point: Vec<f64> = (0..carried + stay).map(|_| self.number(0.1, 1.0)).collect();
        let operations = 4 + self.below(5);
        let body = self.function(&point, operations, carried, depth - 1);
        let times = 1 + self.below(7) as u32;
        let results = maker.graph.repeat(Repeat { times, body, start, fixed, rests: None });
        results[self.below(carried)]
    }
}

/// No value on the way runs off, also in the turns of a repetition.
fn calm(function: &Function, point: &[f64]) -> bool {
    let written_out = unrolled(function);
    let all = values(&written_out, point, sigmoid);
    all.iter().all(|value| if let Value::Number(x) = value { x.abs() < 100.0 } else { true })
}

/// The primitive of [`neuropil::equations::derivative::Surrogate::Atan`] of scale 2: a spike that is smooth.
pub fn sigmoid(margin: f64) -> f64 {
    (std::f64::consts::PI * margin).atan() / std::f64::consts::PI + 0.5
}
