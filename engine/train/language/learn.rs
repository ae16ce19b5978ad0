//! Training on a text, and how well a net predicts another one.

use std::ops::{ControlFlow, Range};

use super::model::{Design, States, into_numbers, on_tape};
use super::reader::log_softmax;
use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};
use crate::train::fit::{AdamW, Clip, Method, OneCycle, Optimiser, Parameters, Schedule};
use crate::train::tape::{CrossEntropy, Datum, Reshape, Route, Tape};

/// Pieces into which a text that is predicted is cut, to be read side by side.
const PIECES: usize = 32;
/// Steps that are predicted in one pass.
const WINDOW: usize = 128;

/// How a net is trained: `batch` places of the text are read on side by side, in windows of `steps` steps. States are
/// carried over from one window to the next, gradients are not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Training {
    /// How many times the text is read.
    pub epochs: u64,
    /// Places of the text that are read on side by side.
    pub batch: usize,
    /// Steps of a window, after which there is an update.
    pub steps: usize,
    /// The largest learning rate of AdamW, which follows the one-cycle schedule.
    pub lr: f64,
    /// Seed of the initial parameters, and of the places at which epochs begin.
    pub seed: u64,
    /// Threads; results do not depend on how many.
    pub threads: usize,
}

impl Training {
    /// The number of updates of an epoch on a text of `symbols` symbols.
    pub fn updates(&self, symbols: usize) -> usize {
        symbols / self.batch.max(1) / self.steps.max(1)
    }

    /// Checks that a text of `symbols` symbols is long enough for an update.
    fn check(&self, symbols: usize) -> Result<()> {
        if self.batch < 2 || self.steps == 0 || self.epochs == 0 || self.updates(symbols) == 0 {
            let problem = format!("{symbols} characters are not {} texts of {} steps", self.batch, self.steps);
            return Err(Error::invalid(
                "language",
                format!("{problem}; take 2 or more, shorter ones, or a longer text"),
            ));
        }
        Ok(())
    }
}

/// How training stands after an update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Update {
    /// Updates so far.
    pub done: u64,
    /// Updates of the whole training.
    pub of: u64,
    /// The mean loss of the last windows, bits per symbol.
    pub bits: f64,
    /// Spikes per neuron and step.
    pub rate: f64,
}

/// Trains the net of a design on `text`, symbols of its alphabet; returns its parameters. After each update `watch` is
/// called with the parameters so far, and may stop.
///
/// # Errors
/// A text that is too short; an invalid design; a loss that is not finite; the error of `watch`.
pub fn learn(
    design: &Design,
    text: &[u32],
    training: &Training,
    mut watch: impl FnMut(&Parameters<f32>, Update) -> Result<ControlFlow<()>>,
) -> Result<Parameters<f32>> {
    training.check(text.len())?;
    design.check_text(text)?;
    let mut parameters = design.parameters(training.seed)?;
    let method = Method::AdamW(AdamW { lr: training.lr, ..AdamW::default() });
    let mut optimiser = Optimiser::new(method, &parameters)?;
    let updates = training.updates(text.len()) as u64;
    let of = updates * training.epochs;
    let schedule = Schedule::OneCycle(OneCycle { pct_start: 0.2, ..OneCycle::default() });
    schedule.check(of)?;
    for epoch in 0..training.epochs {
        let states = design.rest(training.batch);
        let piece = text.len() / training.batch;
        let mut draws = Draws::new(training.seed, stream(Purpose::Shuffle, 1), epoch);
        let first = draws.below(text.len().min(u32::MAX as usize) as u32) as usize;
        for update in 0..updates {
            let starts: Vec<usize> =
                (0..training.batch).map(|b| first + b * piece + update as usize * training.steps).collect();
            let (entries, labels) = window(design, text, &starts, training.steps);
            parameters.zero_gradients();
            let (loss, rate) = gradients(design, &mut parameters, (training, entries, labels), &states)?;
            let done = epoch * updates + update + 1;
            if !loss.is_finite() {
                let problem = format!("the loss of update {done} is {loss}; take a smaller learning rate");
                return Err(Error::invalid("language", problem));
            }
            Clip::Norm(1.0).apply(&mut parameters);
            optimiser.update(&mut parameters, schedule.at(training.lr, done - 1, of));
            let bits = loss / std::f64::consts::LN_2;
            if watch(&parameters, Update { done, of, bits, rate })?.is_break() {
                return Ok(parameters);
            }
        }
    }
    Ok(parameters)
}

/// For `steps` steps from each of `starts` on: the rows of input tables that are active, see
/// [`Design::push_active_rows`], and the symbols that come next. The text continues from its end at its beginning.
fn window(design: &Design, text: &[u32], starts: &[usize], steps: usize) -> (Vec<u32>, Vec<u32>) {
    let (history, length) = (design.history(), text.len());
    let (mut entries, mut labels) = (Vec::new(), Vec::new());
    let mut last = Vec::new();
    for &start in starts {
        for step in 0..steps {
            let end = start + step;
            last.clear();
            last.extend((0..history).rev().map(|back| text[(end + length * history - back) % length]));
            design.push_active_rows(&last, &mut entries);
            labels.push(text[(end + 1) % length]);
        }
    }
    (entries, labels)
}

/// Adds the gradients of a batch of windows; returns the mean loss, nats, and spikes per neuron and step.
fn gradients(
    design: &Design,
    parameters: &mut Parameters<f32>,
    (training, entries, labels): (&Training, Vec<u32>, Vec<u32>),
    states: &States,
) -> Result<(f64, f64)> {
    let mut tape = Tape::new(training.threads);
    let values = on_tape(parameters, |trained, array| match trained {
        true => tape.variable(array),
        false => tape.constant(Datum::Numbers(array)),
    });
    let (said, spikes) =
        design.forward(&mut tape, &values, (training.batch, training.steps, entries), states, Route::ByDensity)?;
    let rows = tape.apply(Reshape(vec![labels.len(), design.alphabet.len()]), &[said])?;
    let loss = tape.apply(CrossEntropy::new(labels), &[rows])?;
    let mean = f64::from(tape.datum(loss).numbers("loss")?.data().first().copied().unwrap_or(f32::NAN));
    let rate = rate(design, spikes.iter().map(|&value| tape.datum(value)));
    let mut adjoints = tape.backward(loss)?;
    for (name, value) in values {
        if let Some(adjoint) = adjoints.take(value) {
            parameters.named_mut(&name)?.gradient_mut().add(&name, &adjoint)?;
        }
    }
    Ok((mean, rate))
}

/// Spikes per neuron and step, all layers together.
fn rate<'a>(design: &Design, spikes: impl Iterator<Item = &'a Datum<f32>>) -> f64 {
    let all: usize = design.hidden.iter().sum();
    let fired = spikes.zip(&design.hidden).map(|(datum, &units)| match datum {
        Datum::Spikes(spikes) => spikes.density() * units as f64,
        Datum::Numbers(_) => f64::NAN,
    });
    fired.sum::<f64>() / all.max(1) as f64
}

/// The cross-entropy, in bits per symbol, of the symbols of `text` in the range `told`, each predicted from those
/// before it. The range is read in 32 pieces side by side, each of which begins with neurons at rest.
///
/// # Errors
/// An empty range, or one beyond the text or too close to its beginning; parameters of another net.
pub fn bits(
    design: &Design,
    parameters: &Parameters<f32>,
    (text, told): (&[u32], Range<usize>),
    threads: usize,
) -> Result<f64> {
    design.check_text(text)?;
    let history = design.history();
    if told.is_empty() || told.end > text.len() || told.start < history {
        let problem = format!("symbols {told:?} of {} cannot be told from those before", text.len());
        return Err(Error::invalid("language", format!("{problem}; take one or more, behind {history} or more")));
    }
    let piece = told.len().div_ceil(PIECES);
    let states = design.rest(PIECES);
    let mut sum = 0.0;
    for first in (0..piece).step_by(WINDOW) {
        let steps = WINDOW.min(piece - first);
        // The symbol that is predicted at a step stands one behind the last one read.
        let starts: Vec<usize> = (0..PIECES).map(|p| told.start + p * piece + first - 1).collect();
        let (entries, labels) = window(design, text, &starts, steps);
        let mut tape = Tape::new(threads);
        let values = on_tape(parameters, |_, array| tape.constant(Datum::Numbers(array)));
        let (said, _) = design.forward(&mut tape, &values, (PIECES, steps, entries), &states, Route::ByDensity)?;
        let said = into_numbers(tape.into_datum(said)?)?;
        let rows = said.data().chunks(design.alphabet.len()).zip(&labels).enumerate();
        for (place, (row, &label)) in rows {
            let at = starts[place / steps] + place % steps + 1;
            // The last places may be beyond the end.
            if at < told.end {
                let mut row = row.to_vec();
                log_softmax(&mut row);
                sum -= f64::from(row[label as usize]);
            }
        }
    }
    let bits = sum / told.len() as f64 / std::f64::consts::LN_2;
    if bits.is_finite() {
        Ok(bits)
    } else {
        Err(Error::invalid("language", "what was learned is not finite".to_owned()))
    }
}
