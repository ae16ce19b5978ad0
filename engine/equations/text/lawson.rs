//! Lawson's rule of six stages, and the same with a second stage that spares its exponentials.
//!
//! ```text
//! k₂ at  ½: k₁/2                       k₅ at ¾: (-3 k₂ + 6 k₃ + 9 k₄)/16
//! k₃ at  ¼: (3 k₁ + k₂)/16             k₆ at 1: (k₁ + 4 k₂ + 6 k₃ - 12 k₄ + 8 k₅)/7
//! k₄ at  ½: k₃/2                       the end: (7 k₁ + 32 k₃ + 12 k₄ + 32 k₅ + 7 k₆)/90
//! ```
//!
//! Of fifth order, and stable for decays up to 5.6 over a step, where the classical rule ends at 2.8 (Lawson 1966, SIAM Journal
//! on Numerical Analysis 3:593-597). What k₂ does to k₃, k₅ and k₆ cancels in the end: Σ bᵢaᵢ₂ = Σ bᵢcᵢaᵢ₂ = Σ bᵢaᵢⱼaⱼ₂ = 0. So a k₂
//! that is only right to h costs no more than h⁵ in a step: the rule is then of fourth order.

use crate::equations::text::solve::Stages;
use crate::equations::{Function, Graph, Id, Op};

impl Stages<'_> {
    /// The states a time h later; `held` is whether the second stage takes exponentials and logarithms from the first.
    pub(super) fn lawson(&self, graph: &mut Graph, k1: &[Id], h: Id, held: bool) -> Vec<Id> {
        let half = self.stage(graph, h, 0.5, &[(0.5, k1)]);
        let k2 = &if held { self.rates_holding(graph, &half) } else { self.rates_at(graph, &half) };
        let quarter = self.stage(graph, h, 0.25, &[(3.0 / 16.0, k1), (1.0 / 16.0, k2)]);
        let k3 = &self.rates_at(graph, &quarter);
        let half = self.stage(graph, h, 0.5, &[(0.5, k3)]);
        let k4 = &self.rates_at(graph, &half);
        let three_quarters = self.stage(graph, h, 0.75, &[(-3.0 / 16.0, k2), (6.0 / 16.0, k3), (9.0 / 16.0, k4)]);
        let k5 = &self.rates_at(graph, &three_quarters);
        let all = [(1.0 / 7.0, k1), (4.0 / 7.0, k2), (6.0 / 7.0, k3), (-12.0 / 7.0, k4), (8.0 / 7.0, k5)];
        let end = self.stage(graph, h, 1.0, &all);
        let k6 = &self.rates_at(graph, &end);
        let (ends, quarters) = (sums(graph, k1, k6), sums(graph, k3, k5));
        self.stage(graph, h, 1.0, &[(7.0 / 90.0, &ends), (32.0 / 90.0, &quarters), (12.0 / 90.0, k4)])
    }

    /// The states after a part `at` of h, where the others move by rates times parts of h.
    fn stage(&self, graph: &mut Graph, h: Id, at: f64, terms: &[(f64, &[Id])]) -> Vec<Id> {
        let part = |graph: &mut Graph, of: f64| {
            let of = graph.constant(of);
            graph.push(Op::Mul(h, of))
        };
        let times: Vec<Id> = terms.iter().map(|(of, _)| part(graph, *of)).collect();
        let mut changes = Vec::new();
        for k in 0..self.others.len() {
            let each: Vec<Id> =
                (terms.iter().zip(&times)).map(|((_, rates), &time)| graph.push(Op::Mul(rates[k], time))).collect();
            let sum = each.iter().copied().reduce(|sum, term| graph.push(Op::Add(sum, term)));
            changes.extend(sum);
        }
        let time = if at == 1.0 { h } else { part(graph, at) };
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

/// Sums of rates.
fn sums(graph: &mut Graph, a: &[Id], b: &[Id]) -> Vec<Id> {
    a.iter().zip(b).map(|(&a, &b)| graph.push(Op::Add(a, b))).collect()
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
        found.push(function.graph.arguments(id as Id).into_iter().fold(own, |(state, more, costly), of| {
            let (other, others, also) = found[of as usize];
            let two = matches!((state, other), (Some(a), Some(b)) if a != b);
            (state.or(other), more || others || two, costly || also)
        }));
    }
    found.into_iter().map(|(state, more, costly)| state.is_some() && !more && costly).collect()
}
