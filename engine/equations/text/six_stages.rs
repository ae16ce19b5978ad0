//! A rule of six stages, and the same with a second stage that spares its exponentials.
//!
//! Of fifth order, of the family of Butcher (1964) and Lawson (1966, SIAM Journal on Numerical Analysis 3:593-597): the stages
//! from the third on are right to second order (Σ aᵢⱼcⱼ = cᵢ²/2), Σ bᵢaᵢⱼ = bⱼ(1 - cⱼ), and b₂ = 0. Its nodes are chosen for a small error
//! on Hodgkin and Huxley's equations; it is stable for decays of up to 6.0 over a step, where the classical rule ends at 2.8.
//!
//! What the second stage does to the later ones cancels in the end: Σ bᵢaᵢ₂ = Σ bᵢcᵢaᵢ₂ = Σ bᵢaᵢⱼaⱼ₂ = 0. So a second stage that is
//! only right to h costs no more than h⁵ in a step, and the rule is then of fourth order.

use crate::equations::text::solve::Stages;
use crate::equations::{Function, Graph, Id, Op};

/// A stage, or the end: where in the step it is, and for which part of the step each of the stages before goes into it.
type Stage = (f64, &'static [(usize, f64)]);

/// The stages behind the first.
const STAGES: [Stage; 5] = [
    (2.0 / 3.0, &[(0, 2.0 / 3.0)]),
    (2.0 / 9.0, &[(0, 5.0 / 27.0), (1, 1.0 / 27.0)]),
    (1.0 / 2.0, &[(0, -1.0 / 16.0), (2, 9.0 / 16.0)]),
    (5.0 / 7.0, &[(0, -61.0 / 4116.0), (1, -9.0 / 98.0), (2, 465.0 / 1372.0), (3, 496.0 / 1029.0)]),
    (1.0, &[(0, 21.0 / 220.0), (1, 27.0 / 110.0), (2, 6183.0 / 6820.0), (3, -16.0 / 11.0), (4, 2058.0 / 1705.0)]),
];
const END: Stage =
    (1.0, &[(0, 37.0 / 600.0), (2, 2187.0 / 6200.0), (3, 8.0 / 75.0), (4, 2401.0 / 6200.0), (5, 11.0 / 120.0)]);

impl Stages<'_> {
    /// The states a time h later; `held` is whether the second stage takes exponentials and logarithms from the first.
    pub(super) fn six_stages(&self, graph: &mut Graph, first: &[Id], h: Id, held: bool) -> Vec<Id> {
        let mut rates = vec![first.to_vec()];
        for stage in STAGES {
            let states = self.after_stages(graph, &rates, h, stage);
            rates.push(match rates.len() {
                1 if held => self.rates_holding(graph, &states),
                _ => self.rates_at(graph, &states),
            });
        }
        self.after_stages(graph, &rates, h, END)
    }

    /// The states at a stage, where the others have moved at the rates of those before for parts of h.
    fn after_stages(&self, graph: &mut Graph, rates: &[Vec<Id>], h: Id, (node, weights): Stage) -> Vec<Id> {
        let mut changes: Vec<Id> = Vec::new();
        for (place, &(stage, weight)) in weights.iter().enumerate() {
            let time = part(graph, h, weight);
            for (k, &rate) in rates[stage].iter().enumerate() {
                let change = graph.push(Op::Mul(rate, time));
                match place {
                    0 => changes.push(change),
                    _ => changes[k] = graph.push(Op::Add(changes[k], change)),
                }
            }
        }
        let time = if node == 1.0 { h } else { part(graph, h, node) };
        self.changed(graph, &changes, time)
    }

    /// The rates of the others at some states, but what needs an exponential or a logarithm and is made of one state keeps the
    /// value that it has at the start.
    fn rates_holding(&self, graph: &mut Graph, states: &[Id]) -> Vec<Id> {
        let rates = &self.system.rates;
        let at_start = rates.values(graph, &self.start.with(&self.start.states), &[]);
        let first = self.start.fixed.len();
        let held = of_one_state(rates, first..first + states.len());
        let known: Vec<Option<Id>> = held.iter().zip(at_start).map(|(held, id)| held.then_some(id)).collect();
        let values = rates.values(graph, &self.start.with(states), &known);
        self.of_others(rates.outputs.iter().map(|(_, id)| values[*id as usize]))
    }
}

/// A part of h.
fn part(graph: &mut Graph, h: Id, of: f64) -> Id {
    let of = graph.constant(of);
    graph.push(Op::Mul(h, of))
}

/// Which values need an exponential or a logarithm, and depend on one of the inputs at these places alone.
fn of_one_state(function: &Function, states: std::ops::Range<usize>) -> Vec<bool> {
    // The first state that a value depends on, whether there is another, and whether it needs an exponential.
    let mut found: Vec<(Option<u32>, bool, bool)> = Vec::new();
    for (id, op) in function.graph.ops().iter().enumerate() {
        let own = match *op {
            Op::Input(place) if states.contains(&(place as usize)) => (Some(place), false, false),
            _ => (None, false, matches!(op, Op::Exp(_) | Op::Ln(_))),
        };
        found.push(function.graph.arguments(id as Id).fold(own, |(state, more, costly), of| {
            let (other, others, also) = found[of as usize];
            let two = matches!((state, other), (Some(a), Some(b)) if a != b);
            (state.or(other), more || others || two, costly || also)
        }));
    }
    found.into_iter().map(|(state, more, costly)| state.is_some() && !more && costly).collect()
}
