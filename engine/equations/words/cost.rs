//! What a function costs: its operations by kind, and a rough time.

use crate::equations::graph::{Function, Op, Repeat};

/// Operations of a function by kind; within a repetition they count as often as they are done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// + and -
    pub sums: u64,
    /// ·
    pub products: u64,
    /// /
    pub quotients: u64,
    /// Square roots.
    pub roots: u64,
    /// Exponentials.
    pub exponentials: u64,
    /// Logarithms.
    pub logarithms: u64,
    /// Comparisons, what is made of them, choices and spikes.
    pub choices: u64,
    /// Signs and operations on words.
    pub words: u64,
    /// Random numbers.
    pub draws: u64,
}

/// Nanoseconds of one processor core for one neuron of many, in `f32`.
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
    /// AVX-512 on a Zen 4 at about 4 GHz, 10,000 neurons a thread: fitted to the built-in models within a third.
    pub const ZEN4: Cost = Cost {
        neuron: 0.15,
        operation: 0.01,
        quotient: 0.1,
        root: 0.12,
        exponential: 0.34,
        logarithm: 0.38,
        draw: 2.0,
    };

    /// What these operations cost, ns per neuron and step.
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

/// Parts of a step that models with parts of their own lengths take where little happens: halves.
const QUIET_TURNS: u32 = 2;

impl Counts {
    /// Of a function, without values that no output needs; of a repetition that may rest, as many turns as are left to
    /// a neuron far from its threshold.
    pub fn of(function: &Function) -> Counts {
        Counts::with(function, &|repeat| if repeat.rests.is_some() { QUIET_TURNS } else { repeat.times })
    }

    /// The most there may be.
    pub fn most(function: &Function) -> Counts {
        Counts::with(function, &|repeat| repeat.times)
    }

    fn with(function: &Function, turns: &dyn Fn(&Repeat) -> u32) -> Counts {
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
                    counts.add_times(Counts::with(&repeat.body, turns), u64::from(turns(repeat)));
                }
                _ => counts.words += 1,
            }
        }
        counts
    }

    /// All operations.
    pub fn total(&self) -> u64 {
        let Counts { sums, products, quotients, roots, exponentials, logarithms, choices, words, draws: _ } = *self;
        sums + products + quotients + roots + exponentials + logarithms + choices + words
    }

    /// Adds the counts of a part that runs so many times.
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
