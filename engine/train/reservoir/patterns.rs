//! The task of telling spike trains apart (after Maass, Natschläger & Markram 2002, "Real-time computing without stable
//! states"): four patterns of Poisson trains, whose spikes move by chance each time that a pattern comes.

use super::dynamics::Machine;
use super::readout::{outputs, ridge_chosen, rows, with_one};
use super::spiking::Spiking;
use super::tasks::{Curve, Learner, Score, Trial};
use crate::error::{Error, Result};
use crate::number::math::{exp, ln, normal};
use crate::random::{Draws, Purpose, stream};
use crate::train::Array;
use crate::train::array::argmax;

/// The number of patterns.
const PATTERNS: usize = 4;
/// The number of channels.
const CHANNELS: usize = 8;
/// The rate of a channel, spikes/s.
const RATE: f64 = 20.0;
/// The length of a pattern, ms.
const LENGTH: f64 = 300.0;
/// The standard deviation by which spikes move, ms.
const JITTER: f64 = 5.0;
/// The silence between a pattern and the time at which states are read, ms.
const WAIT: f64 = 50.0;
/// The silence after that, ms.
const PAUSE: f64 = 150.0;
/// Samples by patterns; of five samples, four are learned from.
const REPEATS: usize = 50;

/// The spikes of all samples, each a channel and a time in ms, and the pattern of each sample.
fn samples(seed: u64) -> (Vec<(u32, f64)>, Vec<usize>) {
    let draws = |index: u32, id: usize| Draws::new(seed, stream(Purpose::Encode, index), id as u64);
    let template = |pattern: usize| -> Vec<(u32, f64)> {
        let channel = |channel: usize| {
            let (mut draws, mut time, mut times) = (draws(0, pattern * CHANNELS + channel), 0.0, Vec::new());
            loop {
                time -= ln(1.0 - draws.uniform()) / RATE * 1000.0;
                if time >= LENGTH {
                    return times;
                }
                times.push((channel as u32, time));
            }
        };
        (0..CHANNELS).flat_map(channel).collect()
    };
    let templates: Vec<_> = (0..PATTERNS).map(template).collect();
    let (mut spikes, mut labels) = (Vec::new(), Vec::new());
    for sample in 0..PATTERNS * REPEATS {
        let mut draws = draws(1, sample);
        let pattern = draws.below(PATTERNS as u32) as usize;
        labels.push(pattern);
        let begin = sample as f64 * (LENGTH + WAIT + PAUSE);
        for &(channel, time) in &templates[pattern] {
            let word = draws.word();
            let moved = time + JITTER * normal(f64::from(word >> 16), f64::from(word & 0xFFFF) + 0.5);
            // On the grid of the simulation, within the pattern.
            spikes.push((channel, begin + (2.0 * moved.clamp(0.5, LENGTH)).round() / 2.0));
        }
    }
    (spikes, labels)
}

/// The channels' spikes, filtered as those of neurons are with the time constant `tau`, at the end of each of `steps`
/// steps of `step` ms: [steps, channels].
fn filtered(spikes: &[(u32, f64)], steps: usize, step: f64, tau: f64) -> Result<Array<f64>> {
    let mut states = Array::zeros("states", &[steps, CHANNELS])?;
    let mut sorted = spikes.to_vec();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let (mut now, mut next) = ([0.0; CHANNELS], sorted.iter().peekable());
    let decay = exp(-step / tau);
    for (t, row) in (1u32..).zip(states.data_mut().chunks_exact_mut(CHANNELS)) {
        let end = f64::from(t) * step;
        now.iter_mut().for_each(|x| *x *= decay);
        while let Some((channel, time)) = next.next_if(|spike| spike.1 <= end) {
            now[*channel as usize] += exp((time - end) / tau);
        }
        row.copy_from_slice(&now);
    }
    Ok(states)
}

/// The trial of [`super::trial`] for [`super::tasks::Task::Patterns`]. Of a delay line, the filtered channels
/// themselves are read.
pub(super) fn trial(machine: &Machine, learner: &Learner, seed: u64) -> Result<Trial> {
    let Learner::Ridge(alphas) = learner else {
        return Err(Error::invalid("patterns", "their readout learns from few samples at once; choose ridge"));
    };
    let (spikes, labels) = samples(seed);
    let (step, filter) = match machine {
        Machine::Spiking { neurons, .. } => (neurons.step, neurons.filter),
        _ => (10.0, 20.0),
    };
    let period = LENGTH + WAIT + PAUSE;
    if (LENGTH + WAIT) % step != 0.0 || period % step != 0.0 {
        return Err(Error::invalid("patterns", format!("inputs of {step} ms do not divide their times; use 10 ms")));
    }
    let steps = (labels.len() as f64 * period / step) as usize;
    let states = match machine {
        Machine::Spiking { graph, neurons } => {
            Spiking::new(graph, CHANNELS, neurons, seed)?.run_spikes(&spikes, steps)?
        }
        Machine::Taps(_) => filtered(&spikes, steps, step, filter)?,
        _ => return Err(Error::invalid("patterns", "they are spikes, which rate units do not take; say --spiking")),
    };
    let [_, units] = super::axes("states", &states)?;
    let (every, at) = ((period / step) as usize, ((LENGTH + WAIT) / step) as usize);
    let data: Vec<f64> = (0..labels.len())
        .flat_map(|sample| states.data()[(sample * every + at - 1) * units..][..units].to_vec())
        .collect();
    let states = with_one(&Array::new("states", &[labels.len(), units], data)?)?;
    let targets: Vec<f64> =
        labels.iter().flat_map(|&own| (0..PATTERNS).map(move |p| f64::from(u8::from(p == own)))).collect();
    let targets = Array::new("targets", &[labels.len(), PATTERNS], targets)?;
    let learned = labels.len() / 5 * 4;
    let (s, y) = (rows(&states, 0, learned)?, rows(&targets, 0, learned)?);
    let chosen = ridge_chosen(&s, &y, alphas, learned / 5)?;
    let answers = outputs(&rows(&states, learned, labels.len())?, &chosen.weights)?;
    let said: Vec<usize> = answers.data().chunks_exact(PATTERNS).map(argmax).collect();
    let right = said.iter().zip(&labels[learned..]).filter(|(said, label)| said == label).count();
    let value = right as f64 / (labels.len() - learned) as f64;
    let score = Score { name: "right", value, more_is_better: true, last_value: Some(1.0 / PATTERNS as f64) };
    let shown = shown(&said, &labels[learned..]);
    Ok(Trial { scores: vec![score], shown, axes: ["sample", "pattern"], alpha: chosen.alpha })
}

/// The patterns of samples, from 1, as points: those that were said and right, those that were said and wrong, and
/// what was right there.
fn shown(said: &[usize], labels: &[usize]) -> Vec<Curve> {
    let points = |of: &dyn Fn(usize, usize) -> Option<usize>| {
        let all = (0u32..).zip(said.iter().zip(labels));
        let some = all.filter_map(|(sample, (&said, &label))| Some((f64::from(sample), of(said, label)? as f64 + 1.0)));
        // Samples have nothing to do with each other: a point that is no number keeps a line from joining them.
        some.flat_map(|point| [point, (point.0, f64::NAN)]).collect()
    };
    vec![
        ("right", points(&|said, label| (said == label).then_some(said))),
        ("said, and wrong", points(&|said, label| (said != label).then_some(said))),
        ("what was right there", points(&|said, label| (said != label).then_some(label))),
    ]
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn right_and_wrong_are_points_of_their_own() {
        let found = shown(&[0, 3, 2], &[0, 1, 2]);
        let numbers = |k: usize| found[k].1.iter().filter(|point| point.1.is_finite()).copied().collect::<Vec<_>>();
        assert_eq!(numbers(0), [(0.0, 1.0), (2.0, 3.0)]);
        assert_eq!((numbers(1), numbers(2)), (vec![(1.0, 4.0)], vec![(1.0, 2.0)]));
        assert!(found.iter().all(|(_, points)| points.iter().skip(1).step_by(2).all(|point| point.1.is_nan())));
    }
}
