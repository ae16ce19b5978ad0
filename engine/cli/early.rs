//! What `--early-exit` finds: when each sample of the test set may be left.

use neuropil::Result;
use neuropil::record::pictures::curves::{Curve, Curves, draw_stacked};
use neuropil::train::exit::{
    Answers, Exits, Perturbed, Point, choose, noisy, pareto, running, slowed, sureness, thresholds,
};
use neuropil::train::fit::encode::Draw;
use neuropil::train::fit::{Parameters, Samples};
use neuropil::train::net::Classify;
use neuropil::train::tasks::Ready;
use serde::Serialize;

use super::folder::Folder;
use super::progress::spin;
use super::tables::short;

/// Accuracy on the samples for calibration that may be lost.
const LOSS: f64 = 0.005;
/// Bins of the expected calibration error.
const BINS: usize = 15;
/// Sizes of the noise on brightness, how often each is drawn, and on how many samples of the test set at most.
const NOISE: [f64; 3] = [0.1, 0.2, 0.4];
const DRAWS: u64 = 5;
const NOISY: usize = 1000;

/// The result of leaving early: when the samples of the test set are left, and how often the answer is right then.
#[derive(Debug, Serialize)]
pub struct Early {
    steps: usize,
    calibration_samples: usize,
    temperature: f64,
    threshold: f64,
    mean_steps: f64,
    accuracy: f64,
    accuracy_at_end: f64,
    /// Left as soon as the answer is right: a bound.
    oracle_steps: f64,
    oracle_accuracy: f64,
    /// Expected calibration error after the last step, as learned and at the temperature.
    calibration_error: [f64; 2],
    perturbed: Vec<Noisy>,
}

/// The test set with changed samples: by noise, and on purpose.
#[derive(Debug, Serialize)]
struct Noisy {
    size: f64,
    mean_steps: f64,
    accuracy: f64,
    /// In the draw of noise in which each sample was looked at longest.
    longest_steps: f64,
    /// Where each number is changed by derivatives, as far, so that the network is unsure.
    slowed_steps: f64,
    slowed_accuracy: f64,
}

/// Sets temperature and threshold on the samples for calibration, leaves those of the test set by them, with noise and without,
/// and draws accuracy against steps.
///
/// # Errors
/// What the network refuses; a picture that cannot be written.
pub fn exit(
    (ready, learning): (&Ready<f32>, &Classify<'_, f32>),
    parameters: &Parameters<f32>,
    threads: usize,
    folder: &Folder,
) -> Result<Early> {
    let draw = Draw { seed: ready.settings.seed, number: 0 };
    let [calibration, test] = spin("finding when samples may be left", || {
        Ok([
            answers(ready, learning, &ready.samples, parameters, (&ready.split.calibration, draw))?,
            answers(ready, learning, &ready.samples, parameters, (&ready.split.validation, draw))?,
        ])
    })?;
    let steps = test.steps();
    let temperature = calibration.temperature();
    let curve = pareto(&calibration.curve(temperature, &thresholds())?);
    let least = calibration.accuracy(steps)? - LOSS;
    let threshold = choose(&curve, least).map_or(1.0, |point| point.threshold);
    let (left, oracle) = (test.exits(temperature, threshold)?, test.oracle());
    let changed = Changed { ready, parameters, temperature, threshold, threads };
    let perturbed =
        spin("leaving changed samples", || NOISE.into_iter().map(|size| changed.of(size)).collect::<Result<_>>())?;
    let shown = pareto(&test.curve(temperature, &thresholds())?);
    picture(ready, &[("calibration", &curve), ("test", &shown)], &oracle)?.save(folder.path.join("early-exit.png"))?;
    Ok(Early {
        steps,
        calibration_samples: calibration.samples(),
        temperature,
        threshold,
        mean_steps: left.mean_steps(),
        accuracy: left.accuracy(),
        accuracy_at_end: test.accuracy(steps)?,
        oracle_steps: oracle.mean_steps(),
        oracle_accuracy: oracle.accuracy(),
        calibration_error: [
            test.calibration_error(steps, 1.0, BINS)?,
            test.calibration_error(steps, temperature, BINS)?,
        ],
        perturbed,
    })
}

/// What a network answers after each step of some samples.
fn answers(
    ready: &Ready<f32>,
    learning: &Classify<'_, f32>,
    samples: &Samples,
    parameters: &Parameters<f32>,
    (which, draw): (&[u32], Draw),
) -> Result<Answers> {
    let shown = learning.shown(parameters, which, draw)?;
    let classes = samples.classes() as usize;
    let mut logits = Vec::with_capacity(shown.data().len());
    for sample in shown.data().chunks(ready.steps * classes) {
        let numbers: Vec<f64> = sample.iter().map(|&number| f64::from(number)).collect();
        logits.extend(running(&ready.readout, &numbers, classes)?);
    }
    let labels = which.iter().filter_map(|&sample| samples.labels().get(sample as usize).copied());
    Answers::new(logits, (ready.steps, classes), labels.collect())
}

/// A test set that is changed, and how it is left.
struct Changed<'a> {
    ready: &'a Ready<f32>,
    parameters: &'a Parameters<f32>,
    temperature: f64,
    threshold: f64,
    threads: usize,
}

impl Changed<'_> {
    /// When changed samples are left.
    fn left(&self, samples: &Samples, seed: u64) -> Result<Exits> {
        let all: Vec<u32> = (0..samples.len() as u32).collect();
        let learning = self.learning(samples)?;
        answers(self.ready, &learning, samples, self.parameters, (&all, Draw { seed, number: 0 }))?
            .exits(self.temperature, self.threshold)
    }

    fn learning<'b>(&'b self, samples: &'b Samples) -> Result<Classify<'b, f32>> {
        let Ready { net, code, steps, readout, .. } = self.ready;
        Classify::new((net, samples), (*code, *steps), readout.clone(), self.threads)
    }

    /// With noise of a size, and with changes on purpose of the same.
    fn of(&self, size: f64) -> Result<Noisy> {
        let test = &self.ready.split.validation;
        let which = &test[..NOISY.min(test.len())];
        let draws = (0..DRAWS).map(|number| {
            let seed = self.ready.settings.seed.wrapping_add(number);
            self.left(&noisy(&self.ready.samples, which, size, seed)?, seed)
        });
        let Perturbed { size, steps, accuracy, longest } =
            Perturbed::of(size, &draws.collect::<Result<Vec<Exits>>>()?)?;
        let slow = slowed(&self.ready.samples, which, size, |samples, round| self.slopes(samples, round))?;
        let slow = self.left(&slow, self.ready.settings.seed)?;
        Ok(Noisy {
            size,
            mean_steps: steps,
            accuracy,
            longest_steps: longest,
            slowed_steps: slow.mean_steps(),
            slowed_accuracy: slow.accuracy(),
        })
    }

    /// Derivatives of how sure the network is by the numbers of samples; the spikes of each round are another draw than those
    /// that samples are judged by.
    fn slopes(&self, samples: &Samples, round: u32) -> Result<Vec<f64>> {
        let all: Vec<u32> = (0..samples.len() as u32).collect();
        let draw = Draw { seed: self.ready.settings.seed, number: round + 1 };
        let classes = samples.classes() as usize;
        let slopes = self.learning(samples)?.slopes(self.parameters, &all, draw, |shown| {
            let shown: Vec<f64> = shown.iter().map(|&number| f64::from(number)).collect();
            let bars = sureness(&self.ready.readout, &shown, classes, self.temperature)?;
            Ok(bars.into_iter().map(|bar| bar as f32).collect())
        })?;
        Ok(slopes.data().iter().map(|&slope| f64::from(slope)).collect())
    }
}

/// Accuracy against steps.
fn picture(
    ready: &Ready<f32>,
    curves: &[(&str, &[Point])],
    oracle: &Exits,
) -> Result<neuropil::record::pictures::Picture> {
    let percent = |point: &Point| (point.steps, 100.0 * point.accuracy);
    let mut all: Vec<Curve> = curves
        .iter()
        .map(|(name, points)| Curve { name: (*name).into(), points: points.iter().map(percent).collect() })
        .collect();
    // A bound is one point; from it on the accuracy is had.
    let bound = [oracle.mean_steps(), ready.steps as f64].map(|steps| (steps, 100.0 * oracle.accuracy()));
    all.push(Curve { name: "oracle".into(), points: bound.to_vec() });
    let panel = Curves { across: "steps of a sample".into(), up: "accuracy (%)".into(), curves: all };
    draw_stacked(&[panel], &format!("{}: leaving early", ready.task.name()))
}

impl Early {
    /// Rows of the summary, for people.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let percent = |share: f64| format!("{:.2} %", 100.0 * share);
        let share = |steps: f64| format!("{} steps ({:.0} %)", short(steps), 100.0 * steps / self.steps as f64);
        let mut rows = vec![
            (
                "early exit",
                format!(
                    "{} at {} of {}; {} at the end",
                    percent(self.accuracy),
                    share(self.mean_steps),
                    self.steps,
                    percent(self.accuracy_at_end)
                ),
            ),
            (
                "set by",
                format!(
                    "{} samples apart: temperature {}, threshold {}",
                    self.calibration_samples,
                    short(self.temperature),
                    short(self.threshold)
                ),
            ),
            ("bound", format!("{} at {}, if one knew", percent(self.oracle_accuracy), share(self.oracle_steps))),
            (
                "calibration",
                format!(
                    "off by {} as learned, by {} at the temperature",
                    percent(self.calibration_error[0]),
                    percent(self.calibration_error[1])
                ),
            ),
        ];
        for noisy in &self.perturbed {
            let Noisy { size, mean_steps, accuracy, longest_steps, slowed_steps, slowed_accuracy } = noisy;
            let (steps, longest) = (share(*mean_steps), share(*longest_steps));
            let noise =
                format!("of {size}: {} at {steps}; {longest} in the longest of {DRAWS} draws", percent(*accuracy));
            let slowed = format!("by {size} a number: {} at {}", percent(*slowed_accuracy), share(*slowed_steps));
            rows.extend([("noise", noise), ("on purpose", slowed)]);
        }
        rows
    }
}
