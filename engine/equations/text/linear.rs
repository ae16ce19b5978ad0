//! Exact propagators of linear equations with constant coefficients (Rotter & Diesmann 1999).
//!
//! For x' = A·x + b with A triangular in some order of the variables, each element of the propagator exp(h·A) is a sum
//! over the paths from one variable to the other: the product of the coefficients on the path, times the divided
//! difference of e^(h·a) at the diagonal elements along it. For b, the path has one more node of 0 at its end.

use crate::equations::derivative::{Surrogate, tangent};
use crate::equations::text::functions::exprel;
use crate::equations::text::simple::{call, dependent, jumps, simply};
use crate::equations::text::system::{Start, System};
use crate::equations::{Graph, Id, Op};

/// The most variables on a path, and the most paths from a variable: what has more is left to the numerical method.
const LONGEST_PATH: usize = 6;
/// See [`LONGEST_PATH`].
const MAX_PATHS: usize = 600;
/// How often the step is halved before the series, and the terms of the series: enough for time constants of 1/256 of a
/// step.
const HALVINGS: u32 = 8;
/// See [`HALVINGS`].
const TERMS: u32 = 16;

/// The variables that can be followed exactly.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    /// For each variable, whether it can; variables without an equation can.
    pub(crate) exact: Vec<bool>,
    /// For each variable that cannot, why.
    pub(crate) why: Vec<&'static str>,
    /// The Jacobian: the derivative of the rate of the first variable by the second, where it is not 0.
    pub(crate) slopes: Vec<Vec<Option<Id>>>,
    /// The part of each rate that does not depend on exact variables, where it is not 0.
    rest: Vec<Option<Id>>,
    /// For each variable, whether it is held at a value while the neuron is refractory.
    held: Vec<bool>,
}

impl Linear {
    /// Finds the variables that can be followed exactly; one that depends on another that cannot be is itself left to
    /// the method.
    pub(crate) fn find(graph: &mut Graph, system: &System, start: &Start, held: Vec<bool>) -> Linear {
        let count = start.states.len();
        let slopes = jacobian(graph, system, start);
        let mut linear =
            Linear { exact: vec![true; count], why: vec![""; count], slopes, rest: vec![None; count], held };
        linear.drop_nonlinear(graph, system, start);
        while let Some((i, why)) = (0..count).find_map(|i| linear.obstacle(i).map(|why| (i, why))) {
            linear.mark_inexact(i, why);
        }
        let zero = graph.constant(0.0);
        let states: Vec<Id> = (0..count).map(|i| if linear.exact[i] { zero } else { start.states[i] }).collect();
        let rest = call(&system.rates, graph, &start.with(&states));
        for (&i, rest) in system.moving.iter().zip(rest) {
            linear.rest[i] = Some(rest).filter(|&rest| !graph.is(rest, 0.0) && !graph.is(rest, -0.0));
        }
        linear
    }

    /// Leaves variable `i` to the numerical method, for the reason `why`.
    fn mark_inexact(&mut self, i: usize, why: &'static str) {
        self.exact[i] = false;
        self.why[i] = why;
    }

    /// Leaves variables whose rates are not linear, or whose coefficients change, to the numerical method.
    fn drop_nonlinear(&mut self, graph: &mut Graph, system: &System, start: &Start) {
        let rates = system.rates.call(graph, &start.with(&start.states));
        let of_states = dependent(graph, &start.states);
        let changing: Vec<Id> = start.states.iter().chain(&start.steady).copied().collect();
        let changes = dependent(graph, &changing);
        for (&i, &rate) in system.moving.iter().zip(&rates) {
            if jumps(graph, rate, &of_states) {
                self.mark_inexact(i, "its rate compares state variables");
            } else if self.slopes[i].iter().flatten().any(|&slope| changes[slope as usize]) {
                self.mark_inexact(i, "its rate is not linear with constant coefficients");
            }
        }
    }

    /// Why variable `i`, though its rate is linear, cannot be followed exactly; `None` if it can, or if it is not exact
    /// already.
    fn obstacle(&self, i: usize) -> Option<&'static str> {
        if !self.exact[i] {
            return None;
        }
        let others = || (0..self.exact.len()).filter(|&j| j != i && self.slopes[i][j].is_some());
        if others().any(|j| !self.exact[j]) {
            return Some("its rate depends on a variable that is not exact");
        }
        if others().any(|j| self.held[j]) {
            return Some("its rate depends on a variable that is held");
        }
        let mut paths = Vec::new();
        match self.find_paths(i, &mut vec![i], &mut paths) {
            true => None,
            false => Some("variables depend on each other in a circle, or on too many"),
        }
    }

    /// Appends to `found` the path `path`, which ends at `from`, and all paths that continue it; false if there is a
    /// circle, or if paths are too long or too many.
    fn find_paths(&self, from: usize, path: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) -> bool {
        found.push(path.clone());
        if path.len() > LONGEST_PATH || found.len() > MAX_PATHS {
            return false;
        }
        for next in (0..self.exact.len()).filter(|&next| next != from && self.slopes[from][next].is_some()) {
            if path.contains(&next) {
                return false;
            }
            path.push(next);
            let fits = self.find_paths(next, path, found);
            path.pop();
            if !fits {
                return false;
            }
        }
        true
    }

    /// Variable `i`, an exact one, a time `h` after the states `states`.
    pub(crate) fn after(&self, graph: &mut Graph, i: usize, states: &[Id], h: Id) -> Id {
        let mut paths = Vec::new();
        self.find_paths(i, &mut vec![i], &mut paths);
        let count = states.len();
        // The coefficients of the variables, then those of `rest`.
        let mut coefficients: Vec<Option<Id>> = vec![None; 2 * count];
        for path in &paths {
            let Some(&last) = path.last() else { continue };
            let factor = self.path_product(graph, path);
            let mut nodes: Vec<Id> = path.iter().map(|&k| self.diagonal(graph, k)).collect();
            add_term(graph, &mut coefficients[last], factor, &nodes, h);
            if self.rest[last].is_some() {
                nodes.push(graph.constant(0.0));
                add_term(graph, &mut coefficients[count + last], factor, &nodes, h);
            }
        }
        // The part of the variable itself comes first in the sum.
        let order = std::iter::once(i).chain((0..2 * count).filter(|&k| k != i));
        let mut sum = None;
        for k in order {
            let value = if k < count { Some(states[k]) } else { self.rest[k - count] };
            let (Some(coefficient), Some(value)) = (coefficients[k], value) else { continue };
            let term = simply(graph, Op::Mul(value, coefficient));
            sum = Some(sum.map_or(term, |sum| graph.push(Op::Add(sum, term))));
        }
        sum.unwrap_or(states[i])
    }

    /// The coefficient of a variable in its own equation; 0 where it has none.
    fn diagonal(&self, graph: &mut Graph, i: usize) -> Id {
        self.slopes[i][i].unwrap_or_else(|| graph.constant(0.0))
    }

    /// The product of the coefficients on a path.
    fn path_product(&self, graph: &mut Graph, path: &[usize]) -> Id {
        let mut product = graph.constant(1.0);
        for pair in path.windows(2) {
            if let Some(slope) = self.slopes[pair[0]][pair[1]] {
                product = simply(graph, Op::Mul(product, slope));
            }
        }
        product
    }
}

/// The Jacobian: the derivatives of all rates by all states, where they are not 0.
fn jacobian(graph: &mut Graph, system: &System, start: &Start) -> Vec<Vec<Option<Id>>> {
    let count = start.states.len();
    let mut slopes = vec![vec![None; count]; count];
    let one = graph.constant(1.0);
    for (j, _) in start.states.iter().enumerate() {
        // Rates hold neither words nor spikes, so there is a tangent, and the surrogate does not matter.
        let Ok(tangent) = tangent(&system.rates, &[start.fixed.len() + j], &Surrogate::Triangle(1.0)) else { continue };
        let mut inputs = start.with(&start.states);
        inputs.push(one);
        let dots = call(&tangent, graph, &inputs);
        for (&i, dot) in system.moving.iter().zip(dots) {
            slopes[i][j] = Some(dot).filter(|&dot| !graph.is(dot, 0.0) && !graph.is(dot, -0.0));
        }
    }
    slopes
}

/// Adds to `sum` the term of a path: `factor` times the divided difference of e^(h·a) at `nodes`.
fn add_term(graph: &mut Graph, sum: &mut Option<Id>, factor: Id, nodes: &[Id], h: Id) {
    let difference = divided_difference(graph, nodes, h);
    let term = simply(graph, Op::Mul(factor, difference));
    *sum = Some(sum.map_or(term, |sum| simply(graph, Op::Add(sum, term))));
}

/// The divided difference of e^(h·a) at `nodes`: the integral over the times within h at which a path can be walked. It
/// never subtracts nearly equal numbers, whatever the nodes.
fn divided_difference(graph: &mut Graph, nodes: &[Id], h: Id) -> Id {
    let zero = graph.constant(0.0);
    match *nodes {
        [a] if a == zero => graph.constant(1.0),
        [a] => exponential(graph, a, h),
        [a, b] if a == zero && b == zero => h,
        [a, b] if a == b => {
            let growth = exponential(graph, a, h);
            simply(graph, Op::Mul(h, growth))
        }
        [a, b] if b == zero || a == zero => {
            let z = simply(graph, Op::Mul(h, if b == zero { a } else { b }));
            let mean = exprel(graph, z);
            simply(graph, Op::Mul(h, mean))
        }
        // From the larger of the two, so that nothing overflows.
        [a, b] => {
            let above = graph.push(Op::Above(a, b));
            let larger = graph.push(Op::Choose(above, a, b));
            let smaller = graph.push(Op::Choose(above, b, a));
            let apart = graph.push(Op::Sub(smaller, larger));
            let z = graph.push(Op::Mul(h, apart));
            let mean = exprel(graph, z);
            let growth = exponential(graph, larger, h);
            let product = graph.push(Op::Mul(h, growth));
            graph.push(Op::Mul(product, mean))
        }
        _ => last_of_exponential(graph, nodes, h),
    }
}

/// Appends e^(h·a) to the graph.
fn exponential(graph: &mut Graph, a: Id, h: Id) -> Id {
    let z = simply(graph, Op::Mul(h, a));
    graph.push(Op::Exp(z))
}

/// The last element of the first row of exp(h·Z), where Z has the nodes on its diagonal and ones above it: their
/// divided difference (Opitz 1964). It is computed by the series of exp(h·Z/2ⁿ), squared n times.
fn last_of_exponential(graph: &mut Graph, nodes: &[Id], h: Id) -> Id {
    let size = nodes.len();
    let part = graph.constant(0.5_f64.powi(HALVINGS as i32));
    let small = simply(graph, Op::Mul(h, part));
    let diagonal: Vec<Id> = nodes.iter().map(|&node| simply(graph, Op::Mul(small, node))).collect();
    let mut power = identity(graph, size);
    for term in (1..=TERMS).rev() {
        power = one_plus(graph, &diagonal, small, &power, term);
    }
    for _ in 0..HALVINGS {
        power = squared(graph, &power);
    }
    power[0][size - 1]
}

/// The identity matrix of `size` rows, as constants of the graph.
fn identity(graph: &mut Graph, size: usize) -> Vec<Vec<Id>> {
    let (zero, one) = (graph.constant(0.0), graph.constant(1.0));
    (0..size).map(|i| (0..size).map(|j| if i == j { one } else { zero }).collect()).collect()
}

/// 1 + Z·matrix/k, where Z has `diagonal` on its diagonal and `above` above it; both matrices are upper triangular.
fn one_plus(graph: &mut Graph, diagonal: &[Id], above: Id, matrix: &[Vec<Id>], k: u32) -> Vec<Vec<Id>> {
    let size = diagonal.len();
    let mut new = identity(graph, size);
    let part = graph.constant(1.0 / f64::from(k));
    for i in 0..size {
        for j in i..size {
            let mut sum = simply(graph, Op::Mul(diagonal[i], matrix[i][j]));
            if i + 1 < size {
                let next = simply(graph, Op::Mul(above, matrix[i + 1][j]));
                sum = simply(graph, Op::Add(sum, next));
            }
            let sum = simply(graph, Op::Mul(sum, part));
            new[i][j] = simply(graph, Op::Add(sum, new[i][j]));
        }
    }
    new
}

/// The square of an upper triangular matrix.
fn squared(graph: &mut Graph, matrix: &[Vec<Id>]) -> Vec<Vec<Id>> {
    let size = matrix.len();
    let zero = graph.constant(0.0);
    let mut new = vec![vec![zero; size]; size];
    for i in 0..size {
        for j in i..size {
            for (k, row) in matrix.iter().enumerate().take(j + 1).skip(i) {
                let product = simply(graph, Op::Mul(matrix[i][k], row[j]));
                new[i][j] = simply(graph, Op::Add(new[i][j], product));
            }
        }
    }
    new
}
