//! Delays of a projection in steps.

use crate::error::{Error, Result};
use crate::network::{Delay, Network, Projection, Shape, Value};
use crate::plan::connectivity::distribution::Distribution;
use crate::plan::connectivity::explicit::Explicit;
use crate::plan::connectivity::procedural::Delays;
use crate::plan::connectivity::quantiles::StepTable;
use crate::time::Grid;

/// The share of draws below half a step that are drawn again without a word of the user's: the tail of a normal distribution,
/// 3 % in the delays of Potjans & Diesmann 2014.
const MAX_LOST: f64 = 0.05;

/// The delays of `projection`, whose pairs are `pairs` where they are listed.
///
/// # Errors
/// Delays below a step, or distributions out of range.
pub(crate) fn delays(network: &Network, projection: &Projection, pairs: Option<&Explicit>) -> Result<Delays> {
    let dt = network.dt();
    let place = projection.place(network);
    match &projection.synapse.delay {
        Delay::Value(Value::Constant(ms)) => Ok(Delays::Same(network.delay_steps(*ms, &place)?)),
        Delay::Value(Value::Each(all)) => {
            let steps = all.iter().map(|ms| network.delay_steps(*ms, &place));
            Ok(Delays::Each(steps.collect::<Result<_>>()?))
        }
        Delay::Value(Value::Random { shape, min, max, factor }) => {
            let all = Distribution::new(*shape, *min, *max, *factor).map(|all| all.below(0.5 * dt)).unwrap_or(0.0);
            if all > MAX_LOST {
                let problem = format!(
                    "{:.1} % of the draws of its delay lie below half a step and would be drawn again; say so by \
                     min = {dt} beside the distribution, or choose another",
                    100.0 * all
                );
                return Err(Error::invalid(projection.place(network), problem));
            }
            let distribution = Distribution::new(*shape, min.max(least(shape, network.grid(), *factor)), *max, *factor);
            let table = distribution.and_then(|distribution| match distribution {
                Distribution::Continuous(continuous) => StepTable::new(&continuous, dt),
                Distribution::Discrete(discrete) => StepTable::discrete(&discrete, dt),
            });
            Ok(Delays::Table(table.map_err(|p| Error::invalid(projection.place(network), format!("delay: {p}")))?))
        }
        Delay::Distance { velocity, offset } => {
            let Some(pairs) = pairs else { return Ok(Delays::Each(Vec::new())) };
            by_distance(network, projection, pairs, *velocity, *offset)
        }
    }
}

/// The least draw that becomes a step; below it delays are drawn again.
fn least(shape: &Shape, grid: Grid, factor: f64) -> f64 {
    let half = 0.5 * grid.dt() / factor;
    match shape {
        // A whole number may lie on the half itself, and that is rounded up.
        Shape::Binomial { .. } | Shape::UniformInt { .. } => {
            let below = half.floor();
            if grid.nearest(below * factor) > Some(0) { below } else { below + 1.0 }
        }
        _ => half,
    }
}

fn by_distance(
    network: &Network,
    projection: &Projection,
    pairs: &Explicit,
    velocity: f64,
    offset: f64,
) -> Result<Delays> {
    let place = projection.place(network);
    let mut steps = vec![1; pairs.targets.len()];
    for s in 0..projection.from.len() {
        let from = position(network, projection.from.id(s));
        for k in pairs.of(s) {
            let to = position(network, projection.to.id(pairs.targets[k as usize]));
            let distance = match (from, to) {
                (Some(a), Some(b)) => a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt(),
                _ => f64::NAN,
            };
            steps[k as usize] = network.delay_steps((distance / velocity + offset).max(network.dt()), &place)?;
        }
    }
    Ok(Delays::Each(steps))
}

fn position(network: &Network, id: u32) -> Option<[f64; 3]> {
    let population = network.populations().iter().rfind(|p| p.first <= id)?;
    population.positions.as_ref()?.get((id - population.first) as usize).copied()
}
