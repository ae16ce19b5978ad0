//! Synchrony of a spiking reservoir's traces as features of a readout, beside the traces themselves.

use super::pairs::Synchrony;
use crate::error::Result;
use crate::random::{Draws, Purpose, stream};
use crate::train::Array;
use crate::train::reservoir::{
    ALPHAS, Graph, Neurons, Spiking, outputs, ridge_chosen, rows,
    signals::{bits, narma10, nrmse, parity, squared_correlation, uniform},
    with_one,
};

/// The number of neurons.
const UNITS: usize = 200;
/// The steps that are left out first, then learned from, then judged by.
const STEPS: [usize; 3] = [100, 2000, 1000];
/// The largest delay of the memory task.
const DELAYS: usize = 20;
/// The random stream of this file.
const STREAM: u32 = 0xc74;

/// The features that a readout is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Features {
    /// All traces.
    Traces,
    /// As many synchronies as there are traces.
    Synchrony,
    /// Half of the traces, and as many synchronies.
    Both,
    /// Half of the traces, and as many products of two at the same time: synchrony that forgets at once.
    Products,
    /// All traces, and as many synchronies: twice as many numbers.
    Twice,
}

impl Features {
    /// All kinds of features.
    pub const ALL: [Features; 5] =
        [Features::Traces, Features::Synchrony, Features::Both, Features::Products, Features::Twice];

    /// The name of the kind in tables, for 200 neurons.
    pub fn name(self) -> &'static str {
        match self {
            Features::Traces => "200 traces",
            Features::Synchrony => "200 synchronies",
            Features::Both => "100 traces, 100 synchronies",
            Features::Products => "100 traces, 100 products",
            Features::Twice => "200 traces, 200 synchronies",
        }
    }

    /// The number of traces and of synchronies.
    fn counts(self, units: usize) -> [usize; 2] {
        match self {
            Features::Traces => [units, 0],
            Features::Synchrony => [0, units],
            Features::Both | Features::Products => [units / 2, units / 2],
            Features::Twice => [units, units],
        }
    }

    /// The features [step, feature] of traces [step, neuron], each less its mean and over its standard deviation in the
    /// steps `learned`: the first traces, then synchronies of random pairs, with decays in equal steps up to 1 (15 for
    /// products).
    ///
    /// # Errors
    /// Traces of another shape, or that are not finite.
    pub fn of_traces(self, traces: &Array<f64>, learned: std::ops::Range<usize>, seed: u64) -> Result<Array<f64>> {
        let z = standardised(traces, learned)?;
        let &[steps, units] = z.shape() else { return Ok(z) };
        let [plain, pairs] = self.counts(units);
        let mut draws = Draws::new(seed, stream(Purpose::Initial, STREAM), 0);
        let mut one = || draws.below(units as u32) as usize;
        let chosen: Vec<(usize, usize)> = (0..pairs).map(|_| (one(), one())).collect();
        let decay = |k: usize| if self == Features::Products { 15.0 } else { (k + 1) as f64 / pairs as f64 };
        let decays: Vec<f64> = (0..pairs).map(decay).collect();
        let synchronies = if pairs > 0 { Synchrony::new(&chosen, &decays)?.over(&z)?.into_data() } else { Vec::new() };
        let mut data = Vec::with_capacity(steps * (plain + pairs));
        for step in 0..steps {
            data.extend_from_slice(&z.data()[step * units..step * units + plain]);
            data.extend_from_slice(&synchronies[step * pairs..(step + 1) * pairs]);
        }
        Array::new("features", &[steps, plain + pairs], data)
    }
}

/// Traces [step, neuron], each less its mean and over its standard deviation in the steps `learned`; zeros where that
/// is 0.
fn standardised(traces: &Array<f64>, learned: std::ops::Range<usize>) -> Result<Array<f64>> {
    let part = rows(traces, learned.start, learned.end)?;
    let mut z = traces.clone();
    let (count, units) = (part.shape()[0] as f64, part.shape()[1]);
    for unit in 0..units {
        let column = || part.data().iter().skip(unit).step_by(units);
        let mean = column().sum::<f64>() / count;
        let sd = (column().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt();
        let over = if sd > 0.0 { 1.0 / sd } else { 0.0 };
        z.data_mut().iter_mut().skip(unit).step_by(units).for_each(|x| *x = (*x - mean) * over);
    }
    Ok(z)
}

/// How well readouts of one kind do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// The share of right answers to the parity of three bits, up to now and up to a step ago.
    pub parity: [f64; 2],
    /// The memory capacity: the sum of squared correlations over 20 delays.
    pub memory: f64,
    /// The NRMSE of NARMA-10.
    pub narma: f64,
}

/// Plays a spiking reservoir twice, on bits and on uniform numbers, and learns readouts of all kinds of features: the
/// scores of each, in the order of [`Features::ALL`].
///
/// # Errors
/// `Error::Internal` alone.
pub fn readout_scores(seed: u64) -> Result<Vec<Scores>> {
    let [washout, learned, judged] = STEPS;
    let (to, end) = (washout + learned, washout + learned + judged);
    let graph = Graph::Random { units: UNITS, degree: UNITS as f64 / 10.0 };
    let spiking = Spiking::new(&graph, 1, &Neurons::default(), seed)?;
    let (coins, uniform_inputs) = (bits(end, seed), uniform(end, (-1.0, 1.0), seed));
    let play = |inputs: &[f64]| spiking.run(&Array::new("input", &[end, 1], inputs.to_vec())?);
    let (of_coins, of_uniform) = (play(&coins)?, play(&uniform_inputs)?);
    // From 0 to 0.5, as the task takes it.
    let narma = narma10(&uniform_inputs.iter().map(|u| 0.25 * (u + 1.0)).collect::<Vec<_>>())?;
    Features::ALL
        .iter()
        .map(|kind| {
            let outputs_of = |traces: &Array<f64>, target: &[f64]| -> Result<Vec<f64>> {
                let all = with_one(&kind.of_traces(traces, washout..to, seed)?)?;
                let target = Array::new("target", &[end, 1], target.to_vec())?;
                let chosen =
                    ridge_chosen(&rows(&all, washout, to)?, &rows(&target, washout, to)?, &alphas(), learned / 5)?;
                Ok(outputs(&rows(&all, to, end)?, &chosen.weights)?.into_data())
            };
            let right = |delay: usize| -> Result<f64> {
                let target = parity(&coins, 3, delay);
                let outputs = outputs_of(&of_coins, &target)?;
                Ok(outputs.iter().zip(&target[to..]).filter(|(o, y)| **o * **y > 0.0).count() as f64 / judged as f64)
            };
            let recalled = |delay: usize| -> Result<f64> {
                let target: Vec<f64> =
                    (0..end).map(|t| t.checked_sub(delay).map_or(0.0, |past| uniform_inputs[past])).collect();
                squared_correlation(&outputs_of(&of_uniform, &target)?, &target[to..])
            };
            let memory = (1..=DELAYS).map(recalled).sum::<Result<f64>>()?;
            let narma = nrmse(&outputs_of(&of_uniform, &narma)?, &narma[to..])?;
            Ok(Scores { parity: [right(0)?, right(1)?], memory, narma })
        })
        .collect()
}

/// The penalties to choose from: those of [`ALPHAS`], and larger ones, for 200 features are many for 2,000 steps.
fn alphas() -> Vec<f64> {
    ALPHAS.into_iter().chain([10.0, 100.0, 1000.0]).collect()
}
