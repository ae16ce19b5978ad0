//! The cost of a function: its operations by kind, and a rough time.

use crate::equations::graph::{Function, Op, Repeat};

/// The number of operations of a function by kind; those within a repetition count once for each turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sums and differences.
    pub sums: u64,
    /// Products.
    pub products: u64,
    /// Quotients.
    pub quotients: u64,
    /// Square roots.
    pub roots: u64,
    /// Exponentials.
    pub exponentials: u64,
    /// Logarithms.
    pub logarithms: u64,
    /// Comparisons, and, or, not, choices and spikes.
    pub choices: u64,
    /// Negations and operations on words.
    pub words: u64,
    /// Random numbers.
    pub draws: u64,
}

/// Times of operations in nanoseconds of one processor core, for one neuron of many, in `f32`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Reading and writing the state of a neuron.
    pub neuron: f64,
    /// A sum, product, comparison, choice, or operation on words.
    pub operation: f64,
    /// A quotient.
    pub quotient: f64,
    /// A square root.
    pub root: f64,
    /// An exponential.
    pub exponential: f64,
    /// A logarithm.
    pub logarithm: f64,
    /// A random number.
    pub draw: f64,
}

impl Cost {
    /// A Zen 4 with AVX-512 at about 4 GHz and 10,000 neurons a thread; fitted to the built-in models, within a third.
    pub const ZEN4: Cost = Cost {
        neuron: 0.15,
        operation: 0.01,
        quotient: 0.1,
        root: 0.12,
        exponential: 0.34,
        logarithm: 0.38,
        draw: 2.0,
    };

    /// The time of a step with these operations, ns per neuron.
    pub fn of(&self, counts: &Counts) -> f64 {
        let Counts { sums, products, quotients, roots, exponentials, logarithms, choices, words, draws } = *counts;
        let plain = (sums + products + choices + words) as f64;
        self.neuron
            + self.operation * plain
            + self.quotient * quotients as f64
            + self.root * roots as f64
            + self.exponential * exponentials as f64
            + self.logarithm * logarithms as f64
            + self.draw * draws as f64
    }
}

/// The turns of a repetition that may rest, for a neuron far from its threshold: such models then take a step in two
/// halves.
const QUIET_TURNS: u32 = 2;

impl Counts {
    /// The usual number of operations of a function, without values that no output needs: a repetition that may rest
    /// counts with the turns of a neuron far from its threshold.
    pub fn of(function: &Function) -> Counts {
        Counts::with_turns(function, &|repeat| if repeat.rests.is_some() { QUIET_TURNS } else { repeat.times })
    }

    /// The largest number of operations of a function: every repetition counts with all its turns.
    pub fn largest(function: &Function) -> Counts {
        Counts::with_turns(function, &|repeat| repeat.times)
    }

    /// The number of operations of a function, where `turns` gives the turns of a repetition.
    fn with_turns(function: &Function, turns: &dyn Fn(&Repeat) -> u32) -> Counts {
        let function = function.pruned();
        let mut counts = Counts::default();
        for op in function.graph.ops() {
            match *op {
                Op::Input(_) | Op::Constant(_) | Op::Word(_) | Op::Result(..) => {}
                Op::Add(..) | Op::Sub(..) => counts.sums += 1,
                Op::Mul(..) => counts.products += 1,
                Op::Div(..) => counts.quotients += 1,
                Op::Sqrt(_) => counts.roots += 1,
                Op::Exp(_) => counts.exponentials += 1,
                Op::Ln(_) => counts.logarithms += 1,
                Op::Above(..) | Op::And(..) | Op::Or(..) | Op::Not(_) | Op::Choose(..) | Op::Spike(_) => {
                    counts.choices += 1;
                }
                Op::Repeat(place) => {
                    let repeat = &function.graph.repeats()[place as usize];
                    counts.add_times(Counts::with_turns(&repeat.body, turns), u64::from(turns(repeat)));
                }
                _ => counts.words += 1,
            }
        }
        counts
    }

    /// The number of all operations, without random numbers.
    pub fn total(&self) -> u64 {
        let Counts { sums, products, quotients, roots, exponentials, logarithms, choices, words, draws: _ } = *self;
        sums + products + quotients + roots + exponentials + logarithms + choices + words
    }

    /// Adds the operations of a part that runs `times` times.
    fn add_times(&mut self, other: Counts, times: u64) {
        self.sums += times * other.sums;
        self.products += times * other.products;
        self.quotients += times * other.quotients;
        self.roots += times * other.roots;
        self.exponentials += times * other.exponentials;
        self.logarithms += times * other.logarithms;
        self.choices += times * other.choices;
        self.words += times * other.words;
        self.draws += times * other.draws;
    }
}
