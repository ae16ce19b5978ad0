//! The net: what it is, and what a tape does with it.

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

/// What a net is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// Its alphabet.
    pub alphabet: Vec<char>,
    /// Pairs of neighbouring symbols that have an input neuron of their own, in order.
    pub pairs: Vec<[u32; 2]>,
    /// Delays by which a character reaches each neuron, from 0 to below this.
    pub delays: usize,
    /// Delays by which a pair reaches the first layer and what is said.
    pub pair_delays: usize,
    /// Neurons of each layer.
    pub hidden: Vec<usize>,
    /// Neurons of an astrocyte.
    pub domain: usize,
    /// What a step leaves of a slow trace.
    pub keeps: f64,
    /// Whose trace is felt.
    pub trace: Trace,
}

/// What an array begins with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Begin {
    /// Normal numbers of this standard deviation.
    Normal(f64),
    /// Logits of what a step leaves of potentials.
    Decays,
    /// Nothing: no astrocyte moves a threshold.
    Kappas,
}

/// A net's states between two steps, layer by layer, which what is on a tape takes and leaves.
pub type States = Vec<Arc<Mutex<Carried<f32>>>>;

impl Design {
    /// What is possible.
    ///
    /// # Errors
    /// What is not.
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

    pub(super) fn law(&self) -> Law {
        Law { domain: self.domain, keeps: self.keeps, steepness: 2.0, trace: self.trace, nature: Nature::Spiking }
    }

    /// Rows of a table of input: one that always counts, one for each symbol at each delay, and, where pairs reach, too, one for
    /// each pair, and for all others, at each delay.
    pub fn rows(&self, pairs: bool) -> usize {
        1 + self.delays * self.alphabet.len() + if pairs { self.pair_delays * (self.pairs.len() + 1) } else { 0 }
    }

    /// Rows that count in a step; those of pairs are the last.
    pub fn each(&self, pairs: bool) -> usize {
        1 + self.delays + if pairs { self.pair_delays } else { 0 }
    }

    /// Symbols, the last one among them, that a step needs to know.
    pub fn history(&self) -> usize {
        self.delays.max(self.pair_delays + 1)
    }

    /// The rows that count where the last symbols are these, of which there are [`Design::history`], the newest last.
    pub(super) fn entries(&self, history: &[u32], to: &mut Vec<u32>) {
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

    /// States at rest of so many texts side by side.
    pub fn rest(&self, samples: usize) -> States {
        let rest = |&units: &usize| Arc::new(Mutex::new(Carried::rest(samples, units, units / self.domain)));
        self.hidden.iter().map(rest).collect()
    }

    /// Its arrays in order, by name and shape, and what they begin with. Time constants of a layer's neurons lie evenly on a
    /// logarithmic axis from half a step to 32.
    fn places(&self) -> Vec<(String, Vec<usize>, Begin)> {
        let symbols = self.alphabet.len();
        let mut all = Vec::new();
        for (layer, &units) in self.hidden.iter().enumerate() {
            // Of a drive of variance 1, about half is the input's where there are layers before.
            let share = if layer == 0 { 1.0 } else { 0.5 };
            let (rows, each) = (self.rows(layer == 0), self.each(layer == 0) as f64);
            all.push((format!("input.{layer}"), vec![rows, units], Begin::Normal(f64::sqrt(share / each))));
            for (before, &sources) in self.hidden[..layer].iter().enumerate() {
                let sd = ((1.0 - share) / (0.15 * sources as f64 * layer as f64)).sqrt();
                all.push((format!("from.{before}.{layer}"), vec![sources, units], Begin::Normal(sd)));
            }
            all.push((format!("out.{layer}"), vec![units, symbols], Begin::Normal(0.02)));
        }
        all.push(("input.out".into(), vec![self.rows(true), symbols], Begin::Normal(0.0)));
        for (layer, &units) in self.hidden.iter().enumerate() {
            all.push((format!("decay.{layer}"), vec![units], Begin::Decays));
            all.push((format!("kappa.{layer}"), vec![units], Begin::Kappas));
        }
        all
    }

    /// Numbers of all arrays.
    pub fn numbers(&self) -> u64 {
        let product =
            |shape: &Vec<usize>| shape.iter().fold(1u64, |product, &axis| product.saturating_mul(axis as u64));
        self.places().iter().fold(0, |sum, (_, shape, _)| sum.saturating_add(product(shape)))
    }

    /// What training begins with.
    ///
    /// # Errors
    /// See [`Design::check`].
    pub fn parameters(&self, seed: u64) -> Result<Parameters<f32>> {
        self.filled(|name, shape, begin, count| match begin {
            Begin::Normal(sd) => Initial::Normal(0.0, sd).array(name, shape, seed, count),
            Begin::Kappas => Array::zeros(name, shape),
            Begin::Decays => {
                let units = shape.iter().product::<usize>();
                let tau = |unit: usize| 0.5 * math::exp(64f64.ln() * (unit * 7 % units) as f64 / units as f64);
                // Of exp(-1/tau), which is what a step leaves.
                let logit = |unit| -math::ln(math::exp(1.0 / tau(unit)) - 1.0) as f32;
                Array::new(name, shape, (0..units).map(logit).collect())
            }
        })
    }

    /// Parameters of its shapes with numbers from elsewhere: by name, shape, what they would begin with, and place.
    ///
    /// # Errors
    /// See [`Design::check`]; what `fill` says.
    pub(super) fn filled(
        &self,
        mut fill: impl FnMut(&str, &[usize], Begin, u32) -> Result<Array<f32>>,
    ) -> Result<Parameters<f32>> {
        self.check()?;
        let mut all = Parameters::new();
        for ((name, shape, begin), count) in self.places().into_iter().zip(0..) {
            let parameter = Parameter::new(&name, fill(&name, &shape, begin, count)?)?;
            all.add(match begin {
                Begin::Normal(_) => parameter,
                Begin::Decays => parameter.unpenalised(),
                Begin::Kappas if self.trace == Trace::None => parameter.unpenalised().frozen(),
                Begin::Kappas => parameter.unpenalised().at_rate(10.0)?,
            })?;
        }
        Ok(all)
    }

    /// Refuses parameters of other shapes.
    ///
    /// # Errors
    /// The first that differs.
    pub(super) fn fits(&self, parameters: &Parameters<f32>) -> Result<()> {
        self.check()?;
        let places = self.places();
        places.iter().try_for_each(|(name, shape, _)| same_shape(name, shape, parameters.named(name)?.value().shape()))
    }

    /// Refuses a text with symbols that are not of its alphabet.
    ///
    /// # Errors
    /// The first of them.
    pub(super) fn reads(&self, text: &[u32]) -> Result<()> {
        let symbols = self.alphabet.len();
        match text.iter().position(|&symbol| symbol as usize >= symbols) {
            None => Ok(()),
            Some(place) => {
                let problem = format!("symbol {place} is {}, and the alphabet has {symbols}", text[place]);
                Err(Error::invalid("language", format!("{problem}; they count from 0")))
            }
        }
    }

    /// From the rows that count, [samples, steps, each], to what is said of the next symbol: [samples, steps, symbols], before a
    /// softmax; and spikes of each layer.
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
        let (each, few) = (self.each(true), self.each(false));
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

/// Pairs of neighbours that a text has at least so often, in order.
pub fn pairs(text: &[u32], least: u32) -> Vec<[u32; 2]> {
    let mut counts = BTreeMap::new();
    for pair in text.array_windows() {
        *counts.entry(*pair).or_insert(0u32) += 1;
    }
    counts.into_iter().filter(|(_, count)| *count >= least).map(|(pair, _)| pair).collect()
}

/// Parameters on a tape by their names.
pub(super) fn on_tape(
    parameters: &Parameters<f32>,
    mut put: impl FnMut(bool, Array<f32>) -> Value,
) -> BTreeMap<String, Value> {
    parameters.iter().map(|own| (own.name().to_owned(), put(own.is_trained(), own.value().clone()))).collect()
}

/// Numbers of a datum.
pub(super) fn numbers(datum: Datum<f32>) -> Result<Array<f32>> {
    match datum {
        Datum::Numbers(array) => Ok(array),
        Datum::Spikes(_) => Err(Error::Internal("language: spikes in the place of numbers".into())),
    }
}
