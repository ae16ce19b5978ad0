//! Follows differential equations over a step.
//!
//! What is linear with constant coefficients follows its propagator, whatever the method; the others take the steps of
//! the method, and see the exact ones as they are at each of its stages.

use crate::equations::text::functions::exprel;
use crate::equations::text::linear::Linear;
use crate::equations::text::simple::simply;
use crate::equations::text::system::{Start, System};
use crate::equations::{Graph, Id, Op};

/// How the equations without an exact solution are followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// Forward Euler.
    Euler,
    /// The midpoint rule (Runge 1895).
    Rk2,
    /// The fourth-order rule of Kutta (1901).
    #[default]
    Rk4,
    /// A rule of fifth order and six stages, of the family of Butcher (1964) and Lawson (1966).
    Rk5,
    /// The same, where the second stage takes exponentials and logarithms of one variable from the first: of fourth order.
    Rk4Held,
    /// x + x'·h·exprel(q·h), with q the derivative of x' by x (Rosenbrock-Euler).
    ExponentialEuler,
    /// None: all equations must have an exact solution.
    Exact,
}

impl Method {
    /// The names of all, and what they name.
    pub(crate) const NAMES: [(&str, Method); 7] = [
        ("euler", Method::Euler),
        ("rk2", Method::Rk2),
        ("rk4", Method::Rk4),
        ("rk5", Method::Rk5),
        ("rk4_held", Method::Rk4Held),
        ("exponential_euler", Method::ExponentialEuler),
        ("exact", Method::Exact),
    ];
}

/// Variables that are held at a value while a truth is true.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hold {
    /// The truth: whether the neuron is refractory; `None` if it has no refractory period.
    pub(crate) silent: Option<Id>,
    /// Places of variables, and the values they are held at.
    pub(crate) at: Vec<(usize, Id)>,
}

impl Hold {
    /// Sets the held variables in `states` to their values where the neuron is refractory.
    pub(crate) fn apply(&self, graph: &mut Graph, states: &mut [Id]) {
        let Some(silent) = self.silent else { return };
        for &(i, value) in &self.at {
            states[i] = graph.push(Op::Choose(silent, value, states[i]));
        }
    }
}

/// A variable that the method cannot follow.
pub(crate) struct Unsolved {
    /// Its place among the states.
    pub(crate) place: usize,
    /// Why it has no exact solution.
    pub(crate) why: &'static str,
}

impl System {
    /// The states a time `h` after `start`.
    ///
    /// # Errors
    /// With [`Method::Exact`], a variable that has no exact solution.
    pub(crate) fn advance(
        &self,
        graph: &mut Graph,
        start: &Start,
        hold: &Hold,
        h: Id,
        method: Method,
    ) -> Result<Vec<Id>, Unsolved> {
        let count = start.states.len();
        let first = self.rates.call(graph, &start.with(&start.states));
        let mut rates = vec![None; count];
        for (&i, &rate) in self.moving.iter().zip(&first) {
            rates[i] = Some(rate);
        }
        let linear = self.linear(graph, start, hold);
        let others: Vec<usize> = self.moving.iter().copied().filter(|&i| !linear.exact[i]).collect();
        if let (Method::Exact, Some(&place)) = (method, others.first()) {
            return Err(Unsolved { place, why: linear.why[place] });
        }
        Ok(Stages { system: self, start, hold, linear, others, rates }.advance(graph, h, method))
    }

    /// The variables that can be followed exactly from `start`, and how.
    pub(crate) fn linear(&self, graph: &mut Graph, start: &Start, hold: &Hold) -> Linear {
        let mut held = vec![false; start.states.len()];
        for &(i, _) in &hold.at {
            held[i] = true;
        }
        Linear::find(graph, self, start, held)
    }
}

/// The stages of a step.
pub(super) struct Stages<'a> {
    pub(super) system: &'a System,
    pub(super) start: &'a Start,
    hold: &'a Hold,
    linear: Linear,
    /// The variables that are not exact.
    pub(super) others: Vec<usize>,
    /// The rates at the start.
    rates: Vec<Option<Id>>,
}

impl Stages<'_> {
    /// The state a time h later, exact where the equations are linear, else by the method.
    fn advance(&self, graph: &mut Graph, h: Id, method: Method) -> Vec<Id> {
        let first: Vec<Id> = self.others.iter().filter_map(|&i| self.rates[i]).collect();
        if self.others.is_empty() {
            return self.moved(graph, &[], h);
        }
        match method {
            Method::Euler | Method::Exact => self.moved(graph, &first, h),
            Method::Rk2 => {
                let half = halved(graph, h);
                let middle = self.moved(graph, &first, half);
                let second = self.rates_at(graph, &middle);
                self.moved(graph, &second, h)
            }
            Method::Rk4 => self.runge_kutta_4(graph, &first, h),
            Method::Rk5 => self.six_stages(graph, &first, h, false),
            Method::Rk4Held => self.six_stages(graph, &first, h, true),
            Method::ExponentialEuler => {
                let means = self.mean_rates(graph, &first, h);
                self.moved(graph, &means, h)
            }
        }
    }

    /// The states after `h`, where the others keep the rates given; what is held is held.
    fn moved(&self, graph: &mut Graph, rates: &[Id], h: Id) -> Vec<Id> {
        let changes: Vec<Id> = rates.iter().map(|&rate| graph.push(Op::Mul(rate, h))).collect();
        self.changed(graph, &changes, h)
    }

    /// The states after `h`, where the others change by what is given; what is held is held.
    pub(super) fn changed(&self, graph: &mut Graph, changes: &[Id], h: Id) -> Vec<Id> {
        let mut states = self.start.states.clone();
        for &i in self.system.moving.iter().filter(|&&i| self.linear.exact[i]) {
            states[i] = self.linear.after(graph, i, &self.start.states, h);
        }
        for (&i, &change) in self.others.iter().zip(changes) {
            states[i] = graph.push(Op::Add(states[i], change));
        }
        self.hold.apply(graph, &mut states);
        states
    }

    /// The rates of the others at some states.
    pub(super) fn rates_at(&self, graph: &mut Graph, states: &[Id]) -> Vec<Id> {
        self.of_others(self.system.rates.call(graph, &self.start.with(states)))
    }

    /// Of the rates of all that moves those of the others.
    pub(super) fn of_others(&self, rates: impl IntoIterator<Item = Id>) -> Vec<Id> {
        let moving = self.system.moving.iter().zip(rates);
        moving.filter(|(i, _)| !self.linear.exact[**i]).map(|(_, rate)| rate).collect()
    }

    /// The classical Runge-Kutta method of fourth order.
    fn runge_kutta_4(&self, graph: &mut Graph, first: &[Id], h: Id) -> Vec<Id> {
        let half = halved(graph, h);
        let middle = self.moved(graph, first, half);
        let second = self.rates_at(graph, &middle);
        let middle = self.moved(graph, &second, half);
        let third = self.rates_at(graph, &middle);
        let end = self.moved(graph, &third, h);
        let fourth = self.rates_at(graph, &end);
        let (two, sixth) = (graph.constant(2.0), graph.constant(1.0 / 6.0));
        let mut means = Vec::new();
        for k in 0..first.len() {
            let middle = graph.push(Op::Add(second[k], third[k]));
            let middle = graph.push(Op::Mul(two, middle));
            let sum = graph.push(Op::Add(first[k], middle));
            means.push(graph.push(Op::Add(sum, fourth[k])));
        }
        let sixth = graph.push(Op::Mul(h, sixth));
        // The exact ones go the whole step; the sums of four rates go a sixth of it.
        let mut states = self.moved(graph, first, h);
        for (&i, &mean) in self.others.iter().zip(&means) {
            let change = graph.push(Op::Mul(mean, sixth));
            states[i] = graph.push(Op::Add(self.start.states[i], change));
        }
        self.hold.apply(graph, &mut states);
        states
    }

    /// The mean rates of the others over `h`: x'·exprel(q·h), with q the derivative of x' by x at the start
    /// (Rosenbrock-Euler); the rate at the start where q is 0.
    fn mean_rates(&self, graph: &mut Graph, first: &[Id], h: Id) -> Vec<Id> {
        let mut means = Vec::new();
        for (&i, &rate) in self.others.iter().zip(first) {
            means.push(match self.linear.slopes[i][i] {
                None => rate,
                Some(slope) => {
                    let z = simply(graph, Op::Mul(slope, h));
                    let mean = exprel(graph, z);
                    simply(graph, Op::Mul(rate, mean))
                }
            });
        }
        means
    }
}

/// h / 2.
fn halved(graph: &mut Graph, h: Id) -> Id {
    let half = graph.constant(0.5);
    graph.push(Op::Mul(h, half))
}
