//! Reading character by character, at constant memory.

use std::collections::BTreeMap;

use super::law::{Advance, Trace};
use super::model::{Design, into_numbers, on_tape};
use super::neurons::Carried;
use super::text::symbol;
use crate::error::{Error, Result};
use crate::number::math;
use crate::random::{Draws, Purpose, stream};
use crate::train::Array;
use crate::train::fit::Parameters;
use crate::train::tape::rows::{Lists, Rows, add_rows};
use crate::train::tape::{Datum, Route, Tape};

/// A net with its parameters.
#[derive(Debug, Clone)]
pub struct Model {
    design: Design,
    parameters: Parameters<f32>,
    /// β and √(1 - β²) of each layer, see [`super::Law`].
    leaks: Vec<[Vec<f32>; 2]>,
}

/// The state of a [`Reader`]. Its size does not depend on how much was read.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The last symbols, the newest last.
    history: Vec<u32>,
    layers: Vec<Carried<f32>>,
}

impl State {
    /// The size of the state, bytes.
    pub fn bytes(&self) -> usize {
        let layers = self.layers.iter().map(|layer| 4 * (layer.potential.len() + layer.trace.len()));
        4 * self.history.len() + layers.sum::<usize>()
    }

    /// The slow traces of a layer's astrocytes, domain by domain; `None` for a layer that does not exist.
    pub fn trace(&self, layer: usize) -> Option<&[f32]> {
        self.layers.get(layer).map(|layer| layer.trace.as_slice())
    }
}

impl Model {
    /// The net of a design with these parameters.
    ///
    /// # Errors
    /// An invalid design, or parameters of another one.
    pub fn new(design: Design, parameters: Parameters<f32>) -> Result<Model> {
        design.check_parameters(&parameters)?;
        let law = design.law();
        let leak = |layer: usize| -> Result<[Vec<f32>; 2]> {
            let [beta, gain, _] = law.leak(parameters.named(&format!("decay.{layer}"))?.value().data());
            Ok([beta, gain])
        };
        let leaks = (0..design.hidden.len()).map(leak).collect::<Result<_>>()?;
        Ok(Model { design, parameters, leaks })
    }

    /// The design of the net.
    pub fn design(&self) -> &Design {
        &self.design
    }

    /// The parameters of the net.
    pub fn parameters(&self) -> &Parameters<f32> {
        &self.parameters
    }

    /// The symbol of a character: its place in the alphabet.
    ///
    /// # Errors
    /// A character that is not of the alphabet.
    pub fn symbol(&self, letter: char) -> Result<u32> {
        symbol(&self.design.alphabet, letter).ok_or_else(|| {
            Error::invalid("language", format!("{letter:?} is not of the alphabet that was learned; leave it out"))
        })
    }

    /// A reader that has read nothing yet; it starts as if the symbols before were all the first one of the alphabet.
    ///
    /// # Errors
    /// A net whose thresholds are moved by the traces of other texts.
    pub fn reader(&self) -> Result<Reader<'_>> {
        if self.design.trace == Trace::Shuffled {
            let problem = "a net that feels the traces of another text cannot read one alone; take one with its own";
            return Err(Error::invalid("language", problem.to_owned()));
        }
        let most = self.design.hidden.iter().copied().max().unwrap_or(0);
        let rest = |&units: &usize| Carried::rest(1, units, units / self.design.domain);
        let layers = self.design.hidden.iter().map(rest).collect();
        Ok(Reader {
            model: self,
            state: State { history: vec![0; self.design.history()], layers },
            said: vec![0.0; self.design.alphabet.len()],
            fired: vec![Vec::new(); self.design.hidden.len()],
            buffers: [vec![0.0; most], vec![0.0; most], vec![0.0; most], vec![0.0; self.design.alphabet.len()]],
        })
    }

    /// The logarithm of the probability of each next symbol after each symbol of a text, all steps in one pass as in
    /// training: [steps, symbols]. `route` is how spikes pass through weights.
    ///
    /// # Errors
    /// A symbol that is not of the alphabet; a net whose thresholds are moved by the traces of other texts.
    pub fn log_probabilities(&self, text: &[u32], route: Route, threads: usize) -> Result<Array<f32>> {
        let symbols = self.design.alphabet.len();
        let mut reader = self.reader()?;
        let mut entries = Vec::new();
        for &symbol in text {
            reader.state.push_symbol(symbol, symbols)?;
            self.design.push_active_rows(&reader.state.history, &mut entries);
        }
        let mut tape = Tape::new(threads);
        let values: BTreeMap<_, _> = on_tape(&self.parameters, |_, array| tape.constant(Datum::Numbers(array)));
        let call = (1, text.len(), entries);
        let (said, _) = self.design.forward(&mut tape, &values, call, &self.design.rest(1), route)?;
        let mut said = into_numbers(tape.into_datum(said)?)?.reshaped("log-probabilities", &[text.len(), symbols])?;
        said.data_mut().chunks_mut(symbols).for_each(log_softmax);
        Ok(said)
    }

    /// `begin` and `count` more characters that are sampled from the net at a temperature: 1 for its probabilities,
    /// lower to prefer likely characters.
    ///
    /// # Errors
    /// A temperature that is not above 0; characters that are not of the alphabet; as [`Model::reader`].
    pub fn write(&self, begin: &str, count: usize, temperature: f64, seed: u64) -> Result<String> {
        if !(temperature > 0.0 && temperature.is_finite()) {
            return Err(Error::invalid("language", format!("the temperature is {temperature}, and must be above 0")));
        }
        let mut reader = self.reader()?;
        let mut said = vec![0.0; self.design.alphabet.len()];
        for letter in begin.chars() {
            said.copy_from_slice(reader.read(self.symbol(letter)?)?);
        }
        let mut draws = Draws::new(seed, stream(Purpose::Shuffle, 2), 0);
        let mut text = begin.to_owned();
        for _ in 0..count {
            let next = sampled_symbol(&said, temperature, draws.uniform());
            text.push(self.design.alphabet[next]);
            said.copy_from_slice(reader.read(next as u32)?);
        }
        Ok(text)
    }
}

/// The symbol at which the cumulative probabilities at a temperature exceed `at`, from 0 to below 1; `said` are
/// log-probabilities.
fn sampled_symbol(said: &[f32], temperature: f64, at: f64) -> usize {
    let most = said.iter().fold(f32::NEG_INFINITY, |most, &number| most.max(number));
    let weigh = |&number: &f32| math::exp((f64::from(number) - f64::from(most)) / temperature);
    let all: f64 = said.iter().map(weigh).sum();
    let mut left = at * all;
    for (symbol, number) in said.iter().enumerate() {
        left -= weigh(number);
        if left < 0.0 {
            return symbol;
        }
    }
    said.len() - 1
}

impl State {
    /// Appends a symbol to the history, which drops its oldest.
    ///
    /// # Errors
    /// A symbol that is not of an alphabet of this size.
    fn push_symbol(&mut self, symbol: u32, alphabet: usize) -> Result<()> {
        if symbol as usize >= alphabet {
            let problem = format!("symbol {symbol} is not of an alphabet of {alphabet}; they count from 0");
            return Err(Error::invalid("language", problem));
        }
        self.history.rotate_left(1);
        if let Some(last) = self.history.last_mut() {
            *last = symbol;
        }
        Ok(())
    }
}

/// Reads a text symbol by symbol. Each spike adds a row of weights; there are no multiplications but within a neuron.
#[derive(Debug, Clone)]
pub struct Reader<'m> {
    model: &'m Model,
    state: State,
    /// Log-probabilities of the next symbol.
    said: Vec<f32>,
    /// The neurons that fired in the last step, layer by layer.
    fired: Vec<Vec<u32>>,
    /// Buffers for drive, margins, spikes and partial logits.
    buffers: [Vec<f32>; 4],
}

impl Reader<'_> {
    /// The state after the symbols read so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Continues from the state of another reader of the same net.
    ///
    /// # Errors
    /// A state of another net.
    pub fn resume(&mut self, state: State) -> Result<()> {
        let sizes = |state: &State| -> Vec<[usize; 2]> {
            state.layers.iter().map(|layer| [layer.potential.len(), layer.trace.len()]).collect()
        };
        if state.history.len() != self.state.history.len() || sizes(&state) != sizes(&self.state) {
            return Err(Error::invalid("language", "the state is that of another net; take one of this".to_owned()));
        }
        self.state = state;
        Ok(())
    }

    /// The neurons of a layer that fired when the last symbol was read, in order; none for a layer that does not exist.
    pub fn fired(&self, layer: usize) -> &[u32] {
        self.fired.get(layer).map_or(&[], Vec::as_slice)
    }

    /// Reads a symbol; returns the logarithm of the probability of each next one.
    ///
    /// # Errors
    /// A symbol that is not of the alphabet.
    pub fn read(&mut self, symbol: u32) -> Result<&[f32]> {
        let Reader { model, state, said, fired, buffers: [drive, margins, spikes, part] } = self;
        let design = &model.design;
        state.push_symbol(symbol, design.alphabet.len())?;
        let mut entries = Vec::new();
        design.push_active_rows(&state.history, &mut entries);
        model.sum_rows("input.out", &entries, said)?;
        for (layer, carried) in state.layers.iter_mut().enumerate() {
            let units = design.hidden[layer];
            let (drive, own) = (&mut drive[..units], &mut spikes[..units]);
            model.sum_rows(&format!("input.{layer}"), &entries[..design.active_rows(layer == 0)], drive)?;
            for (before, fired) in fired[..layer].iter().enumerate() {
                let arriving = &mut margins[..units];
                model.sum_rows(&format!("from.{before}.{layer}"), fired, arriving)?;
                drive.iter_mut().zip(arriving).for_each(|(drive, arriving)| *drive += *arriving);
            }
            let felt = carried.trace.clone();
            let [beta, gain] = &model.leaks[layer];
            let kappa = model.parameters.named(&format!("kappa.{layer}"))?.value().data();
            let potential = &mut carried.potential;
            let (trace, margins) = (&mut carried.trace, &mut margins[..units]);
            let step = Advance { drive, beta, gain, kappa, felt: &felt, potential, trace, margins, spikes: own };
            design.law().advance(step);
            fired[layer].clear();
            fired[layer].extend((0u32..).zip(&*own).filter(|(_, spike)| **spike > 0.0).map(|(unit, _)| unit));
            model.sum_rows(&format!("out.{layer}"), &fired[layer], part)?;
            said.iter_mut().zip(&*part).for_each(|(said, part)| *said += *part);
        }
        log_softmax(said);
        Ok(said)
    }
}

impl Model {
    /// Writes the sum of the rows `places` of a parameter, in their order, to `to`.
    fn sum_rows(&self, name: &str, places: &[u32], to: &mut [f32]) -> Result<()> {
        let numbers = self.parameters.named(name)?.value().data();
        to.fill(0.0);
        let mut lists = Lists::default();
        lists.row(places);
        add_rows(to, to.len(), Rows { numbers, width: to.len(), first: 0 }, &lists);
        Ok(())
    }
}

/// Replaces logits by the logarithm of their softmax.
pub(super) fn log_softmax(numbers: &mut [f32]) {
    let most = numbers.iter().fold(f32::NEG_INFINITY, |most, &number| if number > most { number } else { most });
    let sum = numbers.iter().fold(0.0, |sum, &number| sum + math::exp(number - most));
    let all = most + math::ln(sum);
    numbers.iter_mut().for_each(|number| *number -= all);
}
