//! Graphs of operations: a list of values, each made once by an operation on earlier ones.

use std::collections::HashMap;

use foldhash::fast::FixedState;

/// A value of a graph, by its place in the list.
pub type Id = u32;

/// Something for some values of a graph.
pub(super) type ById<T> = HashMap<Id, T, FixedState>;

/// The operation that makes a value, on the values a, b, c in order. A value is a number, a truth or a word (the bits
/// of a number, as an integer of its width).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// The input of the function at this place.
    Input(u32),
    /// A number, by the bits of its `f64`; rounded once to the number type in which it is used.
    Constant(u64),
    /// a + b
    Add(Id, Id),
    /// a - b
    Sub(Id, Id),
    /// a · b
    Mul(Id, Id),
    /// a / b, rounded as IEEE 754 says.
    Div(Id, Id),
    /// -a
    Neg(Id),
    /// √a, rounded as IEEE 754 says.
    Sqrt(Id),
    /// eᵃ, with the same bits everywhere.
    Exp(Id),
    /// ln a, with the same bits everywhere.
    Ln(Id),
    /// 1 where the margin a is zero or more, else 0; derivatives see it as smooth.
    Spike(Id),
    /// Truth: a > b.
    Above(Id, Id),
    /// Truth: a and b.
    And(Id, Id),
    /// Truth: a or b, or both.
    Or(Id, Id),
    /// Truth: not a.
    Not(Id),
    /// b where a is true, else c.
    Choose(Id, Id, Id),
    /// Word: the bits of a.
    Bits(Id),
    /// The number with the bits a.
    OfBits(Id),
    /// Word: a constant.
    Word(i64),
    /// Word: a + b, wrapping.
    Plus(Id, Id),
    /// Word: a - b, wrapping.
    Minus(Id, Id),
    /// Word: the bits that a and b share.
    Both(Id, Id),
    /// Word: a shifted left by this many bits.
    Left(Id, u32),
    /// Word: a shifted right by this many bits, with copies of its sign.
    Right(Id, u32),
    /// The repetition at this place of [`Graph::repeats`]; [`Op::Result`] takes its results.
    Repeat(u32),
    /// The result of the repetition a at this place, counted from 0.
    Result(Id, u32),
}

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number.
    Number,
    /// A truth.
    Truth,
    /// The bits of a number as an integer.
    Word,
    /// The results of a repetition.
    Results,
}

impl Op {
    /// The kind of its value.
    pub fn kind(self) -> Kind {
        match self {
            Op::Above(..) | Op::And(..) | Op::Or(..) | Op::Not(_) => Kind::Truth,
            Op::Bits(_) | Op::Word(_) | Op::Plus(..) | Op::Minus(..) | Op::Both(..) | Op::Left(..) | Op::Right(..) => {
                Kind::Word
            }
            Op::Repeat(_) => Kind::Results,
            _ => Kind::Number,
        }
    }

    /// The values that it is made of, in order; for those of a repetition see [`Graph::arguments`].
    pub fn arguments(self) -> impl Iterator<Item = Id> {
        use Op::*;
        let places = match self {
            Input(_) | Constant(_) | Word(_) | Repeat(_) => [None; 3],
            Neg(a)
            | Sqrt(a)
            | Exp(a)
            | Ln(a)
            | Spike(a)
            | Not(a)
            | Bits(a)
            | OfBits(a)
            | Left(a, _)
            | Right(a, _)
            | Result(a, _) => [Some(a), None, None],
            Add(a, b)
            | Sub(a, b)
            | Mul(a, b)
            | Div(a, b)
            | Above(a, b)
            | And(a, b)
            | Or(a, b)
            | Plus(a, b)
            | Minus(a, b)
            | Both(a, b) => [Some(a), Some(b), None],
            Choose(a, b, c) => [Some(a), Some(b), Some(c)],
        };
        places.into_iter().flatten()
    }

    /// The same operation on other values: `of` gives the one in place of each. A repetition stays as it is.
    #[must_use]
    pub fn map(self, mut of: impl FnMut(Id) -> Id) -> Op {
        use Op::*;
        match self {
            Input(_) | Constant(_) | Word(_) | Repeat(_) => self,
            Neg(a) => Neg(of(a)),
            Sqrt(a) => Sqrt(of(a)),
            Exp(a) => Exp(of(a)),
            Ln(a) => Ln(of(a)),
            Spike(a) => Spike(of(a)),
            Not(a) => Not(of(a)),
            Bits(a) => Bits(of(a)),
            OfBits(a) => OfBits(of(a)),
            Left(a, by) => Left(of(a), by),
            Right(a, by) => Right(of(a), by),
            Result(a, k) => Result(of(a), k),
            Add(a, b) => Add(of(a), of(b)),
            Sub(a, b) => Sub(of(a), of(b)),
            Mul(a, b) => Mul(of(a), of(b)),
            Div(a, b) => Div(of(a), of(b)),
            Above(a, b) => Above(of(a), of(b)),
            And(a, b) => And(of(a), of(b)),
            Or(a, b) => Or(of(a), of(b)),
            Plus(a, b) => Plus(of(a), of(b)),
            Minus(a, b) => Minus(of(a), of(b)),
            Both(a, b) => Both(of(a), of(b)),
            Choose(a, b, c) => Choose(of(a), of(b), of(c)),
        }
    }
}

/// A repetition: numbers that are carried through a function a fixed number of times.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Repeat {
    /// The number of turns.
    pub times: u32,
    /// The function of a turn: from the carried values and then the fixed ones to the carried values.
    pub body: Function,
    /// The carried values before the first turn.
    pub start: Vec<Id>,
    /// The values that are the same in all turns.
    pub fixed: Vec<Id>,
    /// The place of a carried value, if there is one, such that turns change nothing once it is not above zero: players
    /// may end the repetition then, with the same bits.
    pub rests: Option<u32>,
}

/// A list of operations, each on values of earlier ones; no operation is there twice.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    ops: Vec<Op>,
    repeats: Vec<Repeat>,
    /// The value of each operation that is there.
    known: HashMap<Op, Id, FixedState>,
}

impl PartialEq for Graph {
    fn eq(&self, other: &Graph) -> bool {
        self.ops == other.ops && self.repeats == other.repeats
    }
}

impl Eq for Graph {}

impl std::hash::Hash for Graph {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.ops.hash(state);
        self.repeats.hash(state);
    }
}

impl Graph {
    /// The operations that make the values, by place.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// The repetitions, to which [`Op::Repeat`] refers.
    pub fn repeats(&self) -> &[Repeat] {
        &self.repeats
    }

    /// The value of an operation, which is appended unless it is there.
    pub fn push(&mut self, op: Op) -> Id {
        *self.known.entry(op).or_insert_with(|| {
            self.ops.push(op);
            self.ops.len() as Id - 1
        })
    }

    /// The value of a constant, which is appended unless it is there.
    pub fn constant(&mut self, value: f64) -> Id {
        self.push(Op::Constant(value.to_bits()))
    }

    /// Appends a repetition; its results, one for each carried value.
    pub fn repeat(&mut self, repeat: Repeat) -> Vec<Id> {
        let carried = repeat.start.len() as u32;
        let results = self.push_repeat(repeat);
        (0..carried).map(|k| self.push(Op::Result(results, k))).collect()
    }

    /// The value of a repetition; equal ones are kept once.
    fn push_repeat(&mut self, repeat: Repeat) -> Id {
        let place = self.repeats.iter().position(|known| *known == repeat).unwrap_or_else(|| {
            self.repeats.push(repeat);
            self.repeats.len() - 1
        });
        self.push(Op::Repeat(place as u32))
    }

    /// The values that a value is made of, in order.
    pub fn arguments(&self, id: Id) -> impl Iterator<Item = Id> {
        let op = self.ops[id as usize];
        let repeat = if let Op::Repeat(place) = op { Some(&self.repeats[place as usize]) } else { None };
        op.arguments().chain(repeat.into_iter().flat_map(|repeat| repeat.start.iter().chain(&repeat.fixed).copied()))
    }

    /// A graph without operations, with room for `count`.
    fn with_room(count: usize) -> Graph {
        let known = HashMap::with_capacity_and_hasher(count, FixedState::default());
        Graph { ops: Vec::with_capacity(count), repeats: Vec::new(), known }
    }

    /// Whether the value `id` is the constant `value`, bit by bit.
    pub fn is(&self, id: Id, value: f64) -> bool {
        self.ops[id as usize] == Op::Constant(value.to_bits())
    }

    /// Copies the value `id` of the graph `from` into this one. `new` holds, by place in `from`, the values here that
    /// are copies of those it is made of.
    pub fn copy(&mut self, from: &Graph, id: Id, new: &[Id]) -> Id {
        match from.ops[id as usize] {
            Op::Repeat(place) => {
                let repeat = &from.repeats[place as usize];
                let here = |ids: &[Id]| ids.iter().map(|&id| new[id as usize]).collect();
                self.push_repeat(Repeat { start: here(&repeat.start), fixed: here(&repeat.fixed), ..repeat.clone() })
            }
            op => self.push(op.map(|id| new[id as usize])),
        }
    }
}

/// A graph with named inputs and outputs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Function {
    /// Names of the inputs, by place.
    pub inputs: Vec<String>,
    /// The operations from inputs to outputs.
    pub graph: Graph,
    /// Names of the outputs, and their values.
    pub outputs: Vec<(String, Id)>,
}

impl Function {
    /// The same function without values that no output needs; the others keep their order.
    #[must_use]
    pub fn pruned(&self) -> Function {
        let mut live = vec![false; self.graph.ops.len()];
        for &(_, id) in &self.outputs {
            live[id as usize] = true;
        }
        for id in (0..live.len()).rev() {
            if live[id] {
                for argument in self.graph.arguments(id as Id) {
                    live[argument as usize] = true;
                }
            }
        }
        let mut graph = Graph::with_room(live.iter().filter(|live| **live).count());
        let mut new = vec![0; live.len()];
        for id in (0..live.len()).filter(|&id| live[id]) {
            new[id] = graph.copy(&self.graph, id as Id, &new);
        }
        let outputs = self.outputs.iter().map(|(name, id)| (name.clone(), new[*id as usize])).collect();
        Function { inputs: self.inputs.clone(), graph, outputs }
    }

    /// Calls it within another graph, whose values `inputs` it is given: the values of its outputs there.
    pub fn call(&self, graph: &mut Graph, inputs: &[Id]) -> Vec<Id> {
        let new = self.values(graph, inputs, &[]);
        self.outputs.iter().map(|(_, id)| new[*id as usize]).collect()
    }

    /// All its values within another graph, whose values `inputs` it is given; those `known` there are taken as they are.
    pub fn values(&self, graph: &mut Graph, inputs: &[Id], known: &[Option<Id>]) -> Vec<Id> {
        let mut new: Vec<Id> = Vec::with_capacity(self.graph.ops.len());
        for (id, op) in self.graph.ops.iter().enumerate() {
            new.push(match (known.get(id).copied().flatten(), *op) {
                (Some(known), _) => known,
                (None, Op::Input(place)) => inputs[place as usize],
                _ => graph.copy(&self.graph, id as Id, &new),
            });
        }
        new
    }
}
