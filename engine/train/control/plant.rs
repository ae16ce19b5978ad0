//! Plants, which are controlled: a population of spiking neurons, or a first-order linear one for comparison.

use std::sync::Arc;

use crate::equations::derivative::Surrogate;
use crate::error::{Error, Result};
use crate::models;
use crate::network::{Population, Value};
use crate::random::{Draws, Purpose, stream};
use crate::seed::Seed;
use crate::train::layer::{Neurons, Options, Shows, Walk, WayBack};

/// Steps of 1 ms in a window.
pub const WINDOW: usize = 20;
/// Steps of 1 ms before the first window, without drive.
pub const REST: usize = 20;
/// Membrane time constant, ms.
const TAU: f64 = 20.0;
/// Refractory time, ms.
const REFRACTORY: f64 = 2.0;
/// The drives of the neurons' own constant currents lie between this and its negative.
const SPREAD: f64 = 0.3;

/// A plant that is stepped window by window for several samples side by side, and then back from the last window to the
/// first.
pub trait Plant {
    /// The rates of the next window, spikes/s, from its drives, one for each sample.
    ///
    /// # Errors
    /// Another number of samples; a state that is no longer finite.
    fn window(&mut self, drives: &[f64]) -> Result<Vec<f64>>;
    /// One window back: from the derivatives of a loss by the rates of that window to those by its drives, effects
    /// through later windows' states included. The first call is for the last window.
    ///
    /// # Errors
    /// No window is left.
    fn back(&mut self, rates: &[f64]) -> Result<Vec<f64>>;
}

/// A first-order linear plant, r(k) = keeps · r(k-1) + (1 - keeps) · gain · u(k) from r = 0 on: its loops have closed
/// forms.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The share of a rate that is left a window later.
    pub keeps: f64,
    /// Spikes/s for each unit of a steady drive.
    pub gain: f64,
    rates: Vec<f64>,
    bars: Vec<f64>,
}

impl Line {
    /// A plant with `(keeps, gain)` at rest, for `samples` samples.
    pub fn new((keeps, gain): (f64, f64), samples: usize) -> Line {
        Line { keeps, gain, rates: vec![0.0; samples], bars: vec![0.0; samples] }
    }
}

impl Plant for Line {
    fn window(&mut self, drives: &[f64]) -> Result<Vec<f64>> {
        let Line { keeps, gain, .. } = *self;
        self.rates
            .iter_mut()
            .zip(drives)
            .for_each(|(rate, drive)| *rate = keeps * *rate + (1.0 - keeps) * gain * drive);
        Ok(self.rates.clone())
    }

    fn back(&mut self, rates: &[f64]) -> Result<Vec<f64>> {
        let Line { keeps, gain, .. } = *self;
        let both = self.bars.iter_mut().zip(rates);
        Ok(both
            .map(|(bar, rate)| {
                let sum = *bar + rate;
                *bar = keeps * sum;
                (1.0 - keeps) * gain * sum
            })
            .collect())
    }
}

/// A population of `lif_neuron`s that are driven by one number, in which 1 takes a membrane just to its threshold; each
/// has a drive of its own beside it.
#[derive(Debug, Clone)]
pub struct Neuropil {
    /// Its neurons, as the engine has them.
    pub population: Population,
    neurons: Arc<Neurons<f64>>,
    /// What adjoints of spikes are multiplied by, so that the derivative of a steady rate by the drive is the true one:
    /// a surrogate counts a neuron in each step near its threshold, and not once.
    damping: f64,
}

/// The two drives between whose steady rates the true slope is taken.
const BETWEEN: [f64; 2] = [1.2, 1.4];
/// Windows over which a steady rate is averaged.
const STEADY: usize = 20;

impl Neuropil {
    /// A population of `neurons` neurons, whose own drives are drawn from `seed`.
    ///
    /// # Errors
    /// No neurons.
    pub fn new(neurons: u32, seed: u64) -> Result<Neuropil> {
        if neurons == 0 {
            return Err(Error::invalid("population", "it has no neurons; give it some"));
        }
        let mut population = Population::new("population", neurons, models::named("lif_neuron", "population")?)?;
        population.set("tau_m", TAU)?;
        population.set("t_ref", REFRACTORY)?;
        let mut draws = Draws::new(seed, stream(Purpose::State, 1), 0);
        let own = (0..neurons).map(|_| current(SPREAD * (2.0 * draws.uniform() - 1.0)));
        population.set("I_e", Value::each(own.collect::<Vec<_>>()))?;
        let options = Options {
            surrogate: Surrogate::Atan(2.0),
            attached: false,
            receptors: vec!["in".into()],
            shows: Shows::Spikes,
        };
        let neurons = Arc::new(Neurons::new(&population, 1.0, Seed(seed), &options)?);
        let mut plant = Neuropil { population, neurons, damping: 1.0 };
        plant.damping = plant.slope_by_differences()? / plant.slope_by_adjoints()?;
        Ok(plant)
    }

    /// The mean rate over [`STEADY`] windows at a constant drive, spikes/s.
    fn steady(&self, drive: f64, way: &mut Moving<'_>) -> Result<f64> {
        let rates = (0..STEADY).map(|_| way.window(&[drive]).map(|rates| rates[0]));
        Ok(rates.sum::<Result<f64>>()? / STEADY as f64)
    }

    /// The slope of the steady rate by the drive, spikes/s per unit of drive, by finite differences.
    ///
    /// # Errors
    /// A state that is no longer finite.
    pub fn slope_by_differences(&self) -> Result<f64> {
        let [low, high] = BETWEEN.map(|drive| self.steady(drive, &mut self.begin(1)?));
        Ok((high? - low?) / (BETWEEN[1] - BETWEEN[0]))
    }

    /// The slope of the steady rate by the drive, spikes/s per unit of drive, by adjoints: with damping 1 that of the
    /// surrogate alone.
    ///
    /// # Errors
    /// A state that is no longer finite.
    pub fn slope_by_adjoints(&self) -> Result<f64> {
        let mut way = self.begin(1)?;
        self.steady((BETWEEN[0] + BETWEEN[1]) / 2.0, &mut way)?;
        (0..STEADY).map(|_| way.back(&[1.0 / STEADY as f64]).map(|drives| drives[0])).sum()
    }

    /// The population at rest, ready for its first window, once for each of `samples` samples.
    ///
    /// # Errors
    /// No samples.
    pub fn begin(&self, samples: usize) -> Result<Moving<'_>> {
        let mut walk = Walk::new(&self.neurons, samples)?;
        for _ in 0..REST {
            walk.step(&vec![0.0; samples * self.neurons.units()])?;
        }
        Ok(Moving { way: Way::There(Box::new(walk)), samples, units: self.neurons.units(), damping: self.damping })
    }
}

/// The current that makes a drive, pA, with a capacitance of 1 pF and a threshold of 1 mV.
pub fn current(drive: f64) -> f64 {
    drive / TAU
}

/// By how much a drive of 1 moves a membrane in a step of 1 ms, mV: what its current would do, integrated exactly.
fn jump() -> f64 {
    1.0 - crate::number::math::exp(-1.0 / TAU)
}

/// Which way a population is stepped; `Turning` stands for the moment between the two.
enum Way<'n> {
    There(Box<Walk<'n, f64>>),
    Back(Box<WayBack<'n, f64>>),
    Turning,
}

/// A population being stepped, for each sample on its own; see [`Plant`].
pub struct Moving<'n> {
    way: Way<'n>,
    samples: usize,
    units: usize,
    damping: f64,
}

impl Plant for Moving<'_> {
    fn window(&mut self, drives: &[f64]) -> Result<Vec<f64>> {
        let (samples, units) = (self.samples, self.units);
        let Way::There(walk) = &mut self.way else {
            return Err(Error::invalid("population", "it has turned back; begin anew"));
        };
        let arriving: Vec<f64> = drives.iter().flat_map(|drive| std::iter::repeat_n(jump() * drive, units)).collect();
        let mut counts = vec![0u32; samples];
        for _ in 0..WINDOW {
            walk.step(&arriving)?.iter().for_each(|&item| counts[item as usize / units] += 1);
        }
        Ok(counts.into_iter().map(|count| rate(count, units)).collect())
    }

    fn back(&mut self, rates: &[f64]) -> Result<Vec<f64>> {
        if let Way::There(_) = &self.way
            && let Way::There(walk) = std::mem::replace(&mut self.way, Way::Turning)
        {
            self.way = Way::Back(Box::new(walk.back()));
        }
        let Way::Back(back) = &mut self.way else {
            return Err(Error::Internal("a population that neither comes nor goes".into()));
        };
        let each = self.damping * rate(1, self.units);
        let spikes: Vec<f64> = rates.iter().flat_map(|bar| std::iter::repeat_n(bar * each, self.units)).collect();
        let mut drives = vec![0.0; self.samples];
        for _ in 0..WINDOW {
            let arrived = back.step(&spikes)?;
            for (drive, bars) in drives.iter_mut().zip(arrived.chunks(self.units)) {
                *drive += jump() * bars.iter().sum::<f64>();
            }
        }
        Ok(drives)
    }
}

/// The mean rate, spikes/s, of `units` neurons that fire `spikes` spikes in one window together.
pub fn rate(spikes: u32, units: usize) -> f64 {
    f64::from(spikes) / (units as f64 * WINDOW as f64 * 1e-3)
}
