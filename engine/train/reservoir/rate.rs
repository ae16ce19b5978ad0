//! Reservoirs of rate units.

use std::fmt::Debug;

use super::rows::Rows;
use super::sparse::{Sparse, check_units};
use crate::error::{Error, Result};
use crate::number::math::tanh;
use crate::simd::pick::Pick;
use crate::simd::{Fields, FieldsMut, Items, Level, Vector, Wide, Work, vectorised};
use crate::text::counted;
use crate::train::Array;
use crate::train::gemm::Float;

/// A number type of rate units: `f64`, and `f32` where speed counts.
pub trait Unit: Float + Pick + Wide {}

impl<T: Float + Pick + Wide> Unit for T {}

/// Leaky units (Jaeger 2001, "The echo state approach to analysing and training recurrent neural networks"; Jaeger et al. 2007
/// with a leak): x(t) = (1 - a)·x(t-1) + a·tanh(W x(t-1) + W_in u(t) + b), all zero before the first step.
///
/// With delays, what unit i receives from j is x_j(t - d_ij), where d = 1 is the line above.
#[derive(Debug, Clone)]
pub struct Reservoir<T> {
    units: usize,
    inputs: usize,
    /// Each delay with the connections that have it, the shortest first.
    parts: Vec<(usize, Rows<T>)>,
    w_in: Rows<T>,
    bias: Vec<T>,
    /// The leak a.
    leak: T,
}

/// The state of a reservoir between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct State<T> {
    /// A ring of the units' states of the last steps, as many as the longest delay has, `width` numbers each.
    past: Vec<T>,
    /// The number of units, rounded up as [`Rows::width`] has it.
    width: usize,
    /// The place of the newest states in the ring.
    newest: usize,
    /// Space for the input, rounded up as [`Rows::width`] has it.
    input: Vec<T>,
    /// Space for the units' input sums.
    sums: Vec<T>,
}

impl<T: Unit> State<T> {
    /// Sets the newest states of all units; earlier ones, which delays read, stay.
    ///
    /// # Panics
    /// Another number of units.
    pub fn set(&mut self, states: &[T]) {
        assert!(states.len() == self.sums.len(), "the states of another reservoir");
        self.past[self.newest * self.width..][..states.len()].copy_from_slice(states);
    }
}

impl<T: Unit> Reservoir<T> {
    /// A reservoir with matrices `w` [units, units], a row for each target, `w_in` [units, inputs], a bias for each
    /// unit, and a leak above 0 and at most 1.
    ///
    /// # Errors
    /// Sizes that do not fit, numbers that are not finite, a leak out of its range.
    pub fn from_matrices(w: &Array<f64>, w_in: &Array<f64>, bias: &[f64], leak: f64) -> Result<Reservoir<T>> {
        Reservoir::new(&Sparse::from_dense(w)?, &Sparse::from_dense(w_in)?, bias, leak)
    }

    /// The reservoir of [`Reservoir::from_matrices`] with sparse matrices.
    ///
    /// # Errors
    /// As [`Reservoir::from_matrices`].
    pub fn new(w: &Sparse, w_in: &Sparse, bias: &[f64], leak: f64) -> Result<Reservoir<T>> {
        Reservoir::from_parts(vec![(1, w.clone())], w_in, bias, leak)
    }

    /// A reservoir with a delay for each entry of `w`, row by row, in steps from 1 on.
    ///
    /// # Errors
    /// As [`Reservoir::from_matrices`]; delays that are not as many as entries, or not from 1 to 10,000.
    pub fn with_delays(w: &Sparse, delays: &[u32], w_in: &Sparse, bias: &[f64], leak: f64) -> Result<Reservoir<T>> {
        if delays.len() != w.entries() {
            let problem = format!("{} do not fit {} entries", counted(delays.len() as u64, "delay"), w.entries());
            return Err(Error::invalid("reservoir", problem));
        }
        if let Some(delay) = delays.iter().find(|delay| !(1..=10_000).contains(*delay)) {
            return Err(Error::invalid("reservoir", format!("a delay of {delay} steps must be from 1 to 10,000")));
        }
        let mut entries: std::collections::BTreeMap<u32, Vec<(u32, u32, f64)>> = std::collections::BTreeMap::new();
        let mut delays = delays.iter();
        for row in 0..w.rows() {
            let (places, weights) = w.row(row);
            for ((&place, &weight), &delay) in places.iter().zip(weights).zip(delays.by_ref()) {
                entries.entry(delay).or_default().push((row as u32, place, weight));
            }
        }
        let part = |(delay, entries)| Ok((delay as usize, Sparse::new(w.rows(), w.columns(), entries)?));
        let parts = entries.into_iter().map(part).collect::<Result<Vec<_>>>()?;
        let none = || Ok(vec![(1, Sparse::new(w.rows(), w.columns(), Vec::new())?)]);
        Reservoir::from_parts(if parts.is_empty() { none()? } else { parts }, w_in, bias, leak)
    }

    /// A reservoir with connections by delay, the shortest first.
    fn from_parts(parts: Vec<(usize, Sparse)>, w_in: &Sparse, bias: &[f64], leak: f64) -> Result<Reservoir<T>> {
        let units = bias.len();
        check_units(units)?;
        let fits = parts.iter().all(|(_, w)| (w.rows(), w.columns()) == (units, units)) && w_in.rows() == units;
        if !fits || w_in.columns() == 0 {
            let w = &parts[0].1;
            let problem = format!(
                "W {} x {}, W_in {} x {} and {} biases do not fit; give n x n, n x inputs and n",
                w.rows(),
                w.columns(),
                w_in.rows(),
                w_in.columns(),
                units
            );
            return Err(Error::invalid("reservoir", problem));
        }
        if bias.iter().any(|b| !b.is_finite()) || !(leak > 0.0 && leak <= 1.0) {
            let problem = format!("biases must be finite, and the leak {leak} above 0 and at most 1");
            return Err(Error::invalid("reservoir", problem));
        }
        Ok(Reservoir {
            units,
            inputs: w_in.columns(),
            parts: parts.iter().map(|(delay, w)| (*delay, Rows::new(w))).collect(),
            w_in: Rows::new(w_in),
            bias: bias.iter().map(|&b| T::of(b)).collect(),
            leak: T::of(leak),
        })
    }

    /// The number of units.
    pub fn units(&self) -> usize {
        self.units
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The state before the first step: all units at zero.
    pub fn start(&self) -> State<T> {
        let width = self.parts[0].1.width();
        let longest = self.parts.last().map_or(1, |part| part.0);
        State {
            past: vec![T::of(0.0); width * longest],
            width,
            newest: 0,
            input: vec![T::of(0.0); self.w_in.width()],
            sums: vec![T::of(0.0); self.units],
        }
    }

    /// Takes a step from `state`, and gives the units' states after it, \[units\].
    ///
    /// # Panics
    /// Another number of inputs, or the state of another reservoir.
    pub fn step<'a>(&self, state: &'a mut State<T>, input: &[T]) -> &'a [T] {
        assert!(
            input.len() == self.inputs && state.sums.len() == self.units,
            "the state or input of another reservoir"
        );
        let State { past, width, newest, input: padded, sums } = state;
        let kept = past.len() / *width;
        padded[..input.len()].copy_from_slice(input);
        sums.copy_from_slice(&self.bias);
        self.w_in.add_product(padded, sums);
        for (delay, rows) in &self.parts {
            let place = (*newest + kept + 1 - delay) % kept;
            rows.add_product(&past[place * *width..][..*width], sums);
        }
        let next = (*newest + 1) % kept;
        if next != *newest {
            past.copy_within(*newest * *width..(*newest + 1) * *width, next * *width);
        }
        *newest = next;
        let own = &mut past[next * *width..][..self.units];
        vectorised(Leaky { states: own, sums, leak: self.leak });
        own
    }

    /// The states of all units after each step, [steps, units], for inputs [steps, inputs], from zero.
    ///
    /// # Errors
    /// Inputs of another shape, or that are not finite; more states than memory holds.
    pub fn run(&self, inputs: &Array<T>) -> Result<Array<T>> {
        self.run_on(&mut self.start(), inputs)
    }

    /// As [`Reservoir::run`], from `state` on, which is at the last step afterwards.
    ///
    /// # Errors
    /// As [`Reservoir::run`].
    pub fn run_on(&self, state: &mut State<T>, inputs: &Array<T>) -> Result<Array<T>> {
        let [steps, width] = super::axes("input", inputs)?;
        if width != self.inputs {
            let problem = format!("it has {width} a step, and the reservoir takes {}", self.inputs);
            return Err(Error::invalid("input", problem));
        }
        super::check_finite("input", inputs)?;
        super::check_memory("states", &[[steps, self.units]])?;
        let mut states = Array::zeros("states", &[steps, self.units])?;
        for (input, to) in inputs.data().chunks_exact(width).zip(states.data_mut().chunks_exact_mut(self.units)) {
            to.copy_from_slice(self.step(state, input));
        }
        Ok(states)
    }
}

/// Sets states x to (1 - a)·x + a·tanh(s), for sums s and leak a, unit by unit.
struct Leaky<'a, T> {
    states: &'a mut [T],
    sums: &'a [T],
    leak: T,
}

impl<T: Unit> Work for Leaky<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let units = self.states.len();
        let (mut states, sums) = (FieldsMut::new(self.states, 1, units), Fields::new(self.sums, 1, units));
        let leak = <T::Side<L> as Vector>::splat(self.leak);
        let kept = <T::Side<L> as Vector>::splat(T::of(1.0) - self.leak);
        let mut first = 0;
        while first < units {
            let items = Items { first, count: (units - first).min(<T::Side<L>>::LANES) };
            let (x, sum): (T::Side<L>, T::Side<L>) = (states.fields().load(0, items), sums.load(0, items));
            states.store(0, items, kept * x + leak * tanh(sum));
            first += items.count;
        }
    }
}
