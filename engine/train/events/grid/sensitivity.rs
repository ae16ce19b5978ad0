//! What a loss depends on: the times of spikes and the potentials at the ends of steps.

use crate::number::Number;
use crate::time::Grid;
use crate::train::events::grid::laid::Laid;
use crate::train::events::grid::replay::{Readout, Replay};
use crate::train::events::grid::times::Times;
use crate::train::events::loss::{Loss, Term};

/// How a loss changes with what a run gives: all that a gradient needs of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sensitivity {
    /// dL/dt of each spike of the run, 1/ms, in the order of the spikes.
    pub spikes: Vec<f64>,
    /// dL/dV of potentials: neuron, step, 1/mV. Those of a neuron that is refractory do not count.
    pub potentials: Vec<(u32, u32, f64)>,
}

/// The value of a loss, and how it changes.
pub(super) fn of_loss<R: Number>(
    owner: &Laid<R>,
    loss: &Loss,
    times: &Times,
    replay: &Replay<R>,
) -> (f64, Sensitivity) {
    let dt = owner.plan.dt;
    let grid = Grid::new(dt);
    let mut value = 0.0;
    let mut by_place = vec![0.0; times.steps.len()];
    let mut potentials = Vec::new();
    for term in loss.terms() {
        let neuron = term.neuron();
        let (own, first) = (times.of(neuron), times.starts[neuron as usize] as usize);
        if let Some(number) = term.spike() {
            let (part, slope) = term.of_spike(grid.time(own[number as usize].into()));
            value += part;
            by_place[first + number as usize] += slope;
            continue;
        }
        let (Some(membrane), Some(readout)) = (owner.constants.membrane(neuron), readout(replay, neuron)) else {
            continue;
        };
        match *term {
            Term::Integral { factor, .. } => {
                value += factor * (readout.area + membrane.e_l * dt * f64::from(times.run));
                let spans = (0..).zip(&readout.spans).skip(1);
                potentials.extend(spans.map(|(step, span)| (neuron, step, factor * span)));
                let jump = factor * (membrane.threshold - membrane.reset);
                by_place[first..first + own.len()].iter_mut().for_each(|late| *late += jump);
            }
            Term::Peak { factor, .. } if own.is_empty() => {
                let (step, v) = largest(&readout.course);
                value += factor * (v + membrane.e_l);
                if step > 0 {
                    potentials.push((neuron, step, factor));
                }
            }
            // Nothing moves the potential of threshold.
            Term::Peak { factor, .. } => value += factor * (membrane.threshold + membrane.e_l),
            _ => {}
        }
    }
    let spikes = times.place.iter().map(|&place| by_place[place as usize]).collect();
    (value, Sensitivity { spikes, potentials })
}

fn readout<R>(replay: &Replay<R>, neuron: u32) -> Option<&Readout> {
    replay.readouts.iter().find(|own| own.0 == neuron).map(|own| &own.1)
}

/// The step of the largest potential, and how large it is.
fn largest(course: &[f64]) -> (u32, f64) {
    let start = (0, f64::NEG_INFINITY);
    (0..).zip(course).fold(start, |best, (step, &v)| if v > best.1 { (step, v) } else { best })
}
