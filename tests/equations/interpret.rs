//! Programs against the plainest meaning of their functions, bit for bit.

use neuropil::equations::text::Functions;
use neuropil::equations::{Function, Graph, Id, Interpret, Op, Program, Repeat, Traced, evaluate, masked, trace};
use neuropil::models::{
    IafCondAlpha, IafCondExp, IafPscAlpha, IafPscDelta, IafPscExp, Neuron, ParrotNeuron, equations,
};
use neuropil::number::Real;
use neuropil::random::Draws;
use neuropil::simd::{Vectors, found};

use super::models::{inputs, reordered, same};
use super::text::{AEIF, HH, Played};

const LEVELS: [Vectors; 3] = [Vectors::Baseline, Vectors::Avx2, Vectors::Avx512];

/// Who plays a program.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Player {
    Interpreter,
    Machine,
}

/// All that can play on this machine.
pub fn players() -> Vec<(Player, Vectors)> {
    let levels = LEVELS.into_iter().filter(|&level| level <= found());
    let machine = |&level: &Vectors| cfg!(unix) && level > Vectors::Baseline;
    let all = levels.clone().map(|level| (Player::Interpreter, level));
    all.chain(levels.filter(machine).map(|level| (Player::Machine, level))).collect()
}

/// Columns of inputs: a number for each item, or one.
pub type Inputs<R> = Vec<Vec<R>>;

/// The outputs of a program, in the order of the function, over `count` items; where an output is written over an input, that
/// is a column of all items.
pub fn played<R: Interpret>(
    function: &Function,
    over: &[Option<u32>],
    inputs: &Inputs<R>,
    count: usize,
    (player, level): (Player, Vectors),
) -> Vec<Vec<R>> {
    let program = Program::new(function, over);
    let mut workspace = program.workspace::<R>(count);
    let mut inputs = inputs.clone();
    let written = |input: usize| over.contains(&Some(input as u32));
    let mut apart = vec![vec![R::of(7.0); count]; function.outputs.len()];
    let mut table = workspace.table(count);
    for (k, input) in inputs.iter_mut().enumerate() {
        match input.len() {
            _ if written(k) => table.write(input),
            1 => table.share(input[0]),
            _ => table.read(input),
        }
    }
    for (_, column) in apart.iter_mut().enumerate().filter(|(output, _)| over.get(*output).copied().flatten().is_none())
    {
        table.write(column);
    }
    match player {
        Player::Interpreter => R::run(&program, &mut table, level),
        Player::Machine => assert!(R::play(&program, &mut table, level), "no machine code"),
    }
    let outputs = apart.into_iter().enumerate();
    outputs
        .map(|(k, apart)| over.get(k).copied().flatten().map_or(apart, |input| inputs[input as usize].clone()))
        .collect()
}

/// For how many items the outputs of a program are other than those of a function.
pub fn differing<R: Interpret<Word: PartialEq>>(
    (program, function): (&Function, &Function),
    over: &[Option<u32>],
    inputs: &Inputs<R>,
    count: usize,
) -> usize {
    let item = |item: usize| -> Vec<R> { inputs.iter().map(|column| column[item % column.len()]).collect() };
    let expected: Vec<Vec<R>> = (0..count).map(|k| evaluate(function, &item(k))).collect();
    let mut differing = 0;
    for player in players() {
        let outputs = played(program, over, inputs, count, player);
        for (item, expected) in expected.iter().enumerate() {
            let all = outputs.iter().zip(expected).all(|(column, &expected)| same(column[item], expected));
            differing += usize::from(!all);
        }
    }
    differing
}

/// Random states of a model, the derived values the same for all or not, in a tile of so many.
fn columns<N: Neuron, R: Interpret>(count: usize, shared: bool) -> Inputs<R> {
    let mut draws = Draws::new(12, 2, count as u64);
    let rows: Vec<Vec<R>> = (0..count).map(|_| inputs::<N, R>(&mut draws)).collect();
    let derived = N::DECLARATION.derived.len();
    let column = |k: usize| match shared && (k < derived || k == rows[0].len() - 1) {
        true => vec![rows[0][k]],
        false => rows.iter().map(|row| row[k]).collect(),
    };
    (0..rows[0].len()).map(column).collect()
}

fn model<N: Neuron, R: Interpret<Word: PartialEq>>() {
    let (derived, state) = (N::DECLARATION.derived.len(), N::DECLARATION.state.len());
    let equations = equations::<N>();
    let over: Vec<Option<u32>> = (0..state).map(|k| Some((derived + k) as u32)).collect();
    for (count, shared) in [(1, true), (7, false), (64, true), (512, true), (512, false), (333, true)] {
        let inputs = columns::<N, R>(count, shared);
        let step = &equations.step;
        assert_eq!(differing((step, step), &over, &inputs, count), 0, "{}", N::DECLARATION.name);
        // The margin comes after the state.
        let mut reset: Inputs<R> = inputs[..derived + state].to_vec();
        reset.push(played(step, &over, &inputs, count, (Player::Interpreter, Vectors::Avx512)).remove(state));
        let masked = masked(&equations.reset);
        assert_eq!(differing((&masked, &masked), &over, &reset, count), 0, "{}", N::DECLARATION.name);
    }
}

#[test]
fn programs_of_the_models_have_the_bits_of_their_equations() {
    model::<IafCondAlpha, f32>();
    model::<IafCondAlpha, f64>();
    model::<IafCondExp, f32>();
    model::<IafCondExp, f64>();
    model::<IafPscAlpha, f32>();
    model::<IafPscAlpha, f64>();
    model::<IafPscDelta, f32>();
    model::<IafPscDelta, f64>();
    model::<IafPscExp, f32>();
    model::<IafPscExp, f64>();
    model::<ParrotNeuron, f32>();
    model::<ParrotNeuron, f64>();
}

/// Neurons of a text, each with a current of its own, through some steps: how many spikes there were.
fn neurons<R: Interpret<Word: PartialEq>>(text: &str) -> usize {
    const COUNT: usize = 70;
    let neuron = Played::new(text, 0.1, &[]);
    let Functions::Neuron { step, reset, .. } = &neuron.model.functions else { panic!("a neuron") };
    let reset = masked(reset);
    let of = |values: &[f64], count: usize| values.iter().map(move |&value| vec![R::of(value); count]).collect();
    let (derived, mut state): (Inputs<R>, Inputs<R>) = (of(&neuron.derived, 1), of(&neuron.state, COUNT));
    let mut draws = Draws::new(12, 6, 0);
    let mut spikes = 0;
    for _ in 0..60 {
        let mut arriving = vec![vec![R::of(0.0); COUNT]; neuron.model.receptors.len() + 1];
        arriving.iter_mut().flatten().for_each(|input| *input = R::of(draws.uniform()));
        (0..COUNT).for_each(|k| arriving[neuron.model.receptors.len()][k] = R::of(30.0 * k as f64));
        let inputs = [derived.clone(), state.clone(), arriving].concat();
        let over: Vec<Option<u32>> = (0..state.len()).map(|k| Some((derived.len() + k) as u32)).collect();
        assert_eq!(differing((step, step), &over, &inputs, COUNT), 0);
        let next = played(step, &over, &inputs, COUNT, (Player::Interpreter, Vectors::Avx512));
        spikes += next[state.len()].iter().filter(|margin| **margin >= R::of(0.0)).count();
        let inputs = [derived.clone(), next].concat();
        assert_eq!(differing((&reset, &reset), &over, &inputs, COUNT), 0);
        state = played(&reset, &over, &inputs, COUNT, (Player::Interpreter, Vectors::Avx512));
    }
    spikes
}

#[test]
fn programs_of_models_from_text_have_the_bits_of_their_equations() {
    let often = AEIF.replace("\nspike = ", "\nsubsteps = 4\nspike = ");
    for text in [AEIF, &often, HH] {
        let spikes = (neurons::<f32>(text), neurons::<f64>(text));
        assert!(spikes.0 > 0 && spikes.1 > 0, "{spikes:?}");
    }
}

#[test]
fn a_masked_reset_leaves_alone_what_is_below_threshold() {
    let reset = masked(&equations::<IafPscExp>().reset);
    let declared = IafPscExp::DECLARATION;
    let (derived, state) = (declared.derived.len(), declared.state.len());
    let mut inputs: Vec<f64> = (0..derived + state).map(|k| k as f64).collect();
    inputs.push(-1e-30);
    assert_eq!(evaluate(&reset, &inputs), inputs[derived..derived + state]);
    inputs[derived + state] = 0.0;
    let [theta, refractory] = ["reset", "refractory"]
        .map(|name| declared.derived.iter().position(|&derived| derived == name).unwrap() as f64);
    let untouched = [derived as f64 + 1.0, derived as f64 + 2.0];
    assert_eq!(evaluate(&reset, &inputs), [theta, untouched[0], untouched[1], refractory]);
}

#[test]
fn a_program_with_a_sum_in_another_order_is_seen() {
    let right = equations::<IafPscExp>().step;
    let wrong = reordered(&right);
    let inputs = columns::<IafPscExp, f32>(512, true);
    assert!(differing((&wrong, &right), &[], &inputs, 512) > 10);
    let inputs = columns::<IafPscExp, f64>(512, true);
    assert!(differing((&wrong, &right), &[], &inputs, 512) > 10);
}

#[test]
fn instructions_do_two_operations_where_they_can() {
    use neuropil::equations::program::Code;
    let codes = |function: &Function| -> Vec<Code> {
        Program::new(function, &[]).instructions().iter().map(|instruction| instruction.code).collect()
    };
    let of = |f: fn(&[Traced]) -> Traced| {
        let inputs = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        codes(&trace(inputs, |x| vec![("y".to_owned(), f(x))]))
    };
    assert_eq!(of(|x| x[0] * x[1] + x[2] * x[3]), [Code::MulMulAdd]);
    assert_eq!(of(|x| x[3] - x[1] * x[2]), [Code::SubMul]);
    assert_eq!(of(|x| x[0] + (x[1] + x[2]) + x[3]), [Code::Add, Code::AddAdd]);
    // A product that is needed twice is made once.
    assert_eq!(of(|x| (x[0] * x[1] + x[2]) * (x[0] * x[1])), [Code::Mul, Code::Add, Code::Mul]);
    let three = |x: &[Traced]| {
        let [a, b, c] = [x[0].above(x[1]), x[1].above(x[2]), x[2].above(x[3])];
        Traced::choose(Traced::or(Traced::and(a, b), Traced::not(c)), x[0], x[3])
    };
    assert_eq!(of(three), [Code::Choose; 3]);
    // A truth that two choices need has a column.
    assert_eq!(
        of(|x| {
            let both = Traced::and(x[0].above(x[1]), x[1].above(x[2]));
            Traced::choose(both, x[0], x[3]) - Traced::choose(both, x[1], x[2])
        }),
        [Code::Choose, Code::Choose, Code::Mul, Code::Choose, Code::Choose, Code::Sub]
    );
}

/// Random functions of all operations.
pub struct Random(pub Draws);

impl Random {
    pub fn below(&mut self, count: usize) -> usize {
        self.0.below(count as u32) as usize
    }

    fn one(&mut self, ids: &[Id]) -> Id {
        let k = self.below(ids.len());
        // Often one of the last, so that values are made of each other.
        ids[if self.below(2) == 0 { k } else { ids.len() - 1 - k.min(3).min(ids.len() - 1) }]
    }

    fn value(&mut self) -> f64 {
        let size = [2.0, 20.0][self.below(2)];
        let value = size * self.0.uniform() - size / 2.0;
        [0.0, 1.0, -0.5, value][self.below(10).min(3)]
    }

    pub fn function(&mut self, inputs: usize, operations: usize, outputs: usize, depth: u32) -> Function {
        let mut graph = Graph::default();
        let mut numbers: Vec<Id> = (0..inputs).map(|place| graph.push(Op::Input(place as u32))).collect();
        let mut truths = vec![graph.push(Op::Above(numbers[0], numbers[inputs - 1]))];
        let mut words = vec![graph.push(Op::Word(self.0.word().into()))];
        for _ in 0..operations {
            match self.below(12) {
                0 | 1 => truths.push(self.truth(&mut graph, &numbers, &truths)),
                2 | 3 => words.push(self.word(&mut graph, &numbers, &words)),
                4 if depth > 0 => numbers.extend(self.repeat(&mut graph, &numbers, depth)),
                _ => numbers.push(self.number(&mut graph, &numbers, &truths, &words)),
            }
        }
        let mut named = Vec::new();
        for k in 0..outputs {
            let id = match self.below(12) {
                0 => self.one(&truths),
                1 => self.one(&words),
                2 => numbers[self.below(inputs)],
                _ => self.one(&numbers),
            };
            named.push((format!("y{k}"), id));
        }
        Function { inputs: (0..inputs).map(|k| format!("x{k}")).collect(), graph, outputs: named }
    }

    fn number(&mut self, graph: &mut Graph, numbers: &[Id], truths: &[Id], words: &[Id]) -> Id {
        let (a, b) = (self.one(numbers), self.one(numbers));
        let value = self.value();
        let op = match self.below(16) {
            0..=2 => Op::Add(a, b),
            3 | 4 => Op::Sub(a, b),
            5..=7 => Op::Mul(a, b),
            8 => Op::Div(a, b),
            9 => Op::Neg(a),
            10 => [Op::Sqrt(a), Op::Spike(a)][self.below(2)],
            11 => Op::Exp(a),
            12 => Op::Ln(a),
            13 => Op::OfBits(self.one(words)),
            14 => Op::Constant(value.to_bits()),
            _ => Op::Choose(self.one(truths), a, b),
        };
        graph.push(op)
    }

    fn truth(&mut self, graph: &mut Graph, numbers: &[Id], truths: &[Id]) -> Id {
        let (a, b) = (self.one(truths), self.one(truths));
        let op = match self.below(5) {
            0 => Op::And(a, b),
            1 => Op::Or(a, b),
            2 => Op::Not(a),
            _ => Op::Above(self.one(numbers), self.one(numbers)),
        };
        graph.push(op)
    }

    /// The bits of what is no number are not held to anything, and not looked at.
    fn word(&mut self, graph: &mut Graph, numbers: &[Id], words: &[Id]) -> Id {
        let (a, b, by) = (self.one(words), self.one(words), self.0.below(32));
        let op = match self.below(8) {
            0 => Op::Plus(a, b),
            1 => Op::Minus(a, b),
            2 => Op::Both(a, b),
            3 => Op::Left(a, by),
            4 => Op::Right(a, by),
            5 => Op::Word(self.0.word() as i32 as i64),
            _ => {
                let number = self.one(numbers);
                let low = graph.constant(-1e30);
                let some = graph.push(Op::Above(number, low));
                Op::Bits(graph.push(Op::Choose(some, number, low)))
            }
        };
        graph.push(op)
    }

    fn repeat(&mut self, graph: &mut Graph, numbers: &[Id], depth: u32) -> Vec<Id> {
        let (carried, stay, times) = (1 + self.below(4), self.below(3), self.0.below(5));
        let operations = 4 + self.below(10);
        let body = self.function(carried + stay, operations, carried, depth - 1);
        let start = (0..carried).map(|_| self.one(numbers)).collect();
        let fixed = (0..stay).map(|_| self.one(numbers)).collect();
        graph.repeat(Repeat { times, body, start, fixed, rests: None })
    }

    /// Outputs over some inputs, no two over the same.
    pub fn over(&mut self, inputs: usize, outputs: usize) -> Vec<Option<u32>> {
        let mut left: Vec<u32> = (0..inputs as u32).collect();
        (0..outputs)
            .map(|_| (self.below(3) > 0 && !left.is_empty()).then(|| left.swap_remove(self.below(left.len()))))
            .collect()
    }

    /// Columns of random numbers; those that are not written over may be one number.
    pub fn inputs<R: Real>(&mut self, inputs: usize, over: &[Option<u32>], count: usize) -> Inputs<R> {
        (0..inputs)
            .map(|k| {
                let one = !over.contains(&Some(k as u32)) && self.below(2) == 0;
                (0..if one { 1 } else { count }).map(|_| R::of(self.value())).collect()
            })
            .collect()
    }
}

/// Random functions: how many there were, and how many of those with a sum of three in another order were seen.
fn random<R: Interpret<Word: PartialEq>>(stream: u32) -> (usize, usize, usize) {
    let (mut all, mut reorderable, mut seen) = (0, 0, 0);
    for graph in 0..2000 {
        let mut random = Random(Draws::new(12, stream, graph));
        let (inputs, operations, outputs) = (1 + random.below(6), 1 + random.below(50), 1 + random.below(6));
        let function = random.function(inputs, operations, outputs, 2);
        let over = random.over(inputs, outputs);
        let count = if graph % 50 == 0 { 512 } else { [1, 7, 64][graph as usize % 3] };
        let columns = random.inputs::<R>(inputs, &over, count);
        assert_eq!(differing((&function, &function), &over, &columns, count), 0, "{graph}: {function:#?}");
        all += 1;
        let function = function.pruned();
        let inner = |id: Id| matches!(function.graph.ops()[id as usize], Op::Add(..));
        if function.graph.ops().iter().any(|op| matches!(*op, Op::Add(a, _) if inner(a))) {
            let wrong = reordered(&function);
            reorderable += 1;
            seen += usize::from(differing((&wrong, &function), &over, &columns, count) > 0);
        }
    }
    (all, reorderable, seen)
}

#[test]
fn programs_of_random_functions_have_the_bits_of_their_graphs_in_f32() {
    let (all, reorderable, seen) = random::<f32>(3);
    assert!(all == 2000 && seen > reorderable / 20, "{reorderable} {seen}");
}

#[test]
fn programs_of_random_functions_have_the_bits_of_their_graphs_in_f64() {
    let (all, reorderable, seen) = random::<f64>(4);
    assert!(all == 2000 && seen > reorderable / 20, "{reorderable} {seen}");
}
