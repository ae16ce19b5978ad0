//! The net: its design, its parameters, and its forward pass on a tape.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use super::law::{Law, Nature, Trace};
use super::neurons::{Carried, Neurons};
use crate::error::{Error, Result};
use crate::number::math;
use crate::train::Array;
use crate::train::array::same_shape;
use crate::train::fit::{Initial, Parameter, Parameters};
use crate::train::tape::{Add, Datum, Embedding, Linear, Route, Tape, Value};

/// The design of a net.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// The characters that it reads; a symbol is a place in this list.
    pub alphabet: Vec<char>,
    /// Pairs of neighbouring symbols that have input neurons of their own, sorted.
    pub pairs: Vec<[u32; 2]>,
    /// The number of delays, from 0 steps on, by which a character reaches each neuron.
    pub delays: usize,
    /// The number of delays by which a pair reaches the first layer and the output.
    pub pair_delays: usize,
    /// Neurons of each layer.
    pub hidden: Vec<usize>,
    /// Neurons of an astrocyte.
    pub domain: usize,
    /// The share of a slow trace that is left after a step.
    pub keeps: f64,
    /// The trace that moves thresholds.
    pub trace: Trace,
}

/// The initial values of an array of parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum InitialValues {
    /// Normal numbers of this standard deviation.
    Normal(f64),
    /// Logits of the shares of potentials that are left after a step.
    Decays,
    /// Zeros: no astrocyte moves a threshold.
    Kappas,
}

/// A net's states between two steps, layer by layer; a forward pass starts from them and leaves its last ones there.
pub type States = Vec<Arc<Mutex<Carried<f32>>>>;

impl Design {
    /// Checks all numbers and pairs.
    ///
    /// # Errors
    /// A number out of its bounds; pairs that are not sorted or not of the alphabet.
    pub fn check(&self) -> Result<()> {
        let wrong = |problem: String| Err(Error::invalid("language", problem));
        if self.delays == 0 || self.delays > 64 || self.pair_delays > 64 {
            return wrong(format!(
                "characters have {} delays and pairs {}; take 1 to 64",
                self.delays, self.pair_delays
            ));
        }
        if self.alphabet.is_empty() || self.hidden.is_empty() || self.hidden.iter().any(|&units| units > 1 << 16) {
            return wrong("a net needs an alphabet and layers of at most 65,536 neurons".into());
        }
        if !self.pairs.is_sorted() || self.pairs.iter().flatten().any(|&symbol| symbol as usize >= self.alphabet.len())
        {
            return wrong("its pairs are not in order, or not of its alphabet".into());
        }
        self.hidden.iter().try_for_each(|&units| self.law().domains(units).map(|_| ()))
    }

    /// The equations of its neurons and astrocytes.
    pub(super) fn law(&self) -> Law {
        Law { domain: self.domain, keeps: self.keeps, steepness: 2.0, trace: self.trace, nature: Nature::Spiking }
    }

    /// The number of rows of a table of input weights: one that is always active, one for each symbol at each delay,
    /// and, with `pairs`, one for each pair and one for all other pairs at each delay.
    pub fn input_rows(&self, pairs: bool) -> usize {
        1 + self.delays * self.alphabet.len() + if pairs { self.pair_delays * (self.pairs.len() + 1) } else { 0 }
    }

    /// The number of rows that are active in a step; those of pairs are the last.
    pub fn active_rows(&self, pairs: bool) -> usize {
        1 + self.delays + if pairs { self.pair_delays } else { 0 }
    }

    /// The number of last symbols that a step depends on, the newest included.
    pub fn history(&self) -> usize {
        self.delays.max(self.pair_delays + 1)
    }

    /// Appends to `to` the rows that are active after the symbols `history`, of which there are [`Design::history`],
    /// the newest last.
    pub(super) fn push_active_rows(&self, history: &[u32], to: &mut Vec<u32>) {
        let back = |delay: usize| history[history.len() - 1 - delay];
        to.push(0);
        let mut first = 1;
        for delay in 0..self.delays {
            to.push(first + back(delay));
            first += self.alphabet.len() as u32;
        }
        for delay in 0..self.pair_delays {
            let pair = self.pairs.binary_search(&[back(delay + 1), back(delay)]).unwrap_or(self.pairs.len());
            to.push(first + pair as u32);
            first += self.pairs.len() as u32 + 1;
        }
    }

    /// The states of `samples` texts side by side, with all neurons at rest.
    pub fn rest(&self, samples: usize) -> States {
        let rest = |&units: &usize| Arc::new(Mutex::new(Carried::rest(samples, units, units / self.domain)));
        self.hidden.iter().map(rest).collect()
    }

    /// Name, shape and initial values of each array of parameters, in order.
    fn array_specs(&self) -> Vec<(String, Vec<usize>, InitialValues)> {
        let symbols = self.alphabet.len();
        let mut all = Vec::new();
        for (layer, &units) in self.hidden.iter().enumerate() {
            // The drive has variance 1; where there are layers before, about half of it is from the input.
            let share = if layer == 0 { 1.0 } else { 0.5 };
            let (rows, each) = (self.input_rows(layer == 0), self.active_rows(layer == 0) as f64);
            all.push((format!("input.{layer}"), vec![rows, units], InitialValues::Normal(f64::sqrt(share / each))));
            for (before, &sources) in self.hidden[..layer].iter().enumerate() {
                let sd = ((1.0 - share) / (0.15 * sources as f64 * layer as f64)).sqrt();
                all.push((format!("from.{before}.{layer}"), vec![sources, units], InitialValues::Normal(sd)));
            }
            all.push((format!("out.{layer}"), vec![units, symbols], InitialValues::Normal(0.02)));
        }
        all.push(("input.out".into(), vec![self.input_rows(true), symbols], InitialValues::Normal(0.0)));
        for (layer, &units) in self.hidden.iter().enumerate() {
            all.push((format!("decay.{layer}"), vec![units], InitialValues::Decays));
            all.push((format!("kappa.{layer}"), vec![units], InitialValues::Kappas));
        }
        all
    }

    /// The number of parameters, all arrays together.
    pub fn parameter_count(&self) -> u64 {
        let product =
            |shape: &Vec<usize>| shape.iter().fold(1u64, |product, &axis| product.saturating_mul(axis as u64));
        self.array_specs().iter().fold(0, |sum, (_, shape, _)| sum.saturating_add(product(shape)))
    }

    /// Initial parameters, drawn from `seed`. Time constants of a layer's neurons lie evenly on a logarithmic axis from
    /// half a step to 32.
    ///
    /// # Errors
    /// As [`Design::check`].
    pub fn parameters(&self, seed: u64) -> Result<Parameters<f32>> {
        self.parameters_from(|name, shape, begin, count| match begin {
            InitialValues::Normal(sd) => Initial::Normal(0.0, sd).array(name, shape, seed, count),
            InitialValues::Kappas => Array::zeros(name, shape),
            InitialValues::Decays => {
                let units = shape.iter().product::<usize>();
                let tau = |unit: usize| 0.5 * math::exp(64f64.ln() * (unit * 7 % units) as f64 / units as f64);
                // The logit of exp(-1/tau), the share that is left after a step.
                let logit = |unit| -math::ln(math::exp(1.0 / tau(unit)) - 1.0) as f32;
                Array::new(name, shape, (0..units).map(logit).collect())
            }
        })
    }

    /// Parameters whose arrays are given by `fill`, from name, shape, initial values and place of each.
    ///
    /// # Errors
    /// As [`Design::check`]; the error of `fill`.
    pub(super) fn parameters_from(
        &self,
        mut fill: impl FnMut(&str, &[usize], InitialValues, u32) -> Result<Array<f32>>,
    ) -> Result<Parameters<f32>> {
        self.check()?;
        let mut all = Parameters::new();
        for ((name, shape, begin), count) in self.array_specs().into_iter().zip(0..) {
            let parameter = Parameter::new(&name, fill(&name, &shape, begin, count)?)?;
            all.add(match begin {
                InitialValues::Normal(_) => parameter,
                InitialValues::Decays => parameter.unpenalised(),
                InitialValues::Kappas if self.trace == Trace::None => parameter.unpenalised().frozen(),
                InitialValues::Kappas => parameter.unpenalised().at_rate(10.0)?,
            })?;
        }
        Ok(all)
    }

    /// Checks the design, and that parameters have its shapes.
    ///
    /// # Errors
    /// As [`Design::check`]; a parameter that is missing or has another shape.
    pub(super) fn check_parameters(&self, parameters: &Parameters<f32>) -> Result<()> {
        self.check()?;
        let specs = self.array_specs();
        specs.iter().try_for_each(|(name, shape, _)| same_shape(name, shape, parameters.named(name)?.value().shape()))
    }

    /// Checks that all symbols of a text are of the alphabet.
    ///
    /// # Errors
    /// A symbol that is not.
    pub(super) fn check_text(&self, text: &[u32]) -> Result<()> {
        let symbols = self.alphabet.len();
        match text.iter().position(|&symbol| symbol as usize >= symbols) {
            None => Ok(()),
            Some(place) => {
                let problem = format!("symbol {place} is {}, and the alphabet has {symbols}", text[place]);
                Err(Error::invalid("language", format!("{problem}; they count from 0")))
            }
        }
    }

    /// The logits of the next symbol, [samples, steps, symbols], and the spikes of each layer, from the active rows
    /// `entries`, [samples, steps, active rows], and from `states` on, where the last states are left. `values` are the
    /// parameters on the tape, `route` is how spikes pass through weights.
    ///
    /// # Errors
    /// Parameters or states of another net.
    pub(super) fn forward(
        &self,
        tape: &mut Tape<f32>,
        values: &BTreeMap<String, Value>,
        (samples, steps, entries): (usize, usize, Vec<u32>),
        states: &States,
        route: Route,
    ) -> Result<(Value, Vec<Value>)> {
        let of = |name: String| {
            values.get(&name).copied().ok_or_else(|| Error::Internal(format!("language: no parameter '{name}'")))
        };
        let (each, few) = (self.active_rows(true), self.active_rows(false));
        let letters = entries.chunks(each).flat_map(|entries| &entries[..few]).copied().collect();
        let letters = Embedding::sums([samples, steps, few], letters)?;
        let input = Embedding::sums([samples, steps, each], entries)?;
        let mut spikes: Vec<Value> = Vec::new();
        let mut said = vec![tape.apply(input.clone(), &[of("input.out".into())?])?];
        for (layer, state) in states.iter().enumerate() {
            let own = if layer == 0 { &input } else { &letters };
            let mut drives = vec![tape.apply(own.clone(), &[of(format!("input.{layer}"))?])?];
            for (before, &source) in spikes.iter().enumerate() {
                let weights = of(format!("from.{before}.{layer}"))?;
                drives.push(tape.apply(Linear::new(0).by(route), &[source, weights])?);
            }
            let drive = if drives.len() > 1 { tape.apply(Add, &drives)? } else { drives[0] };
            let neurons = Neurons::new(self.law(), state);
            let fired = tape.apply(neurons, &[drive, of(format!("decay.{layer}"))?, of(format!("kappa.{layer}"))?])?;
            said.push(tape.apply(Linear::new(0).by(route), &[fired, of(format!("out.{layer}"))?])?);
            spikes.push(fired);
        }
        Ok((tape.apply(Add, &said)?, spikes))
    }
}

/// The pairs of neighbouring symbols that a text has at least `least` times, sorted.
pub fn pairs(text: &[u32], least: u32) -> Vec<[u32; 2]> {
    let mut counts = BTreeMap::new();
    for pair in text.array_windows() {
        *counts.entry(*pair).or_insert(0u32) += 1;
    }
    counts.into_iter().filter(|(_, count)| *count >= least).map(|(pair, _)| pair).collect()
}

/// Parameters on a tape, by their names; `put` is given whether a parameter is trained, and its value.
pub(super) fn on_tape(
    parameters: &Parameters<f32>,
    mut put: impl FnMut(bool, Array<f32>) -> Value,
) -> BTreeMap<String, Value> {
    parameters.iter().map(|own| (own.name().to_owned(), put(own.is_trained(), own.value().clone()))).collect()
}

/// The numbers that a datum holds.
///
/// # Errors
/// [`Error::Internal`] alone.
pub(super) fn into_numbers(datum: Datum<f32>) -> Result<Array<f32>> {
    match datum {
        Datum::Numbers(array) => Ok(array),
        Datum::Spikes(_) => Err(Error::Internal("language: spikes in the place of numbers".into())),
    }
}
