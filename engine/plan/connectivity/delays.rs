//! Delays of a projection in steps.

use crate::error::{Error, Result};
use crate::network::{Delay, Population, Shape, Value};
use crate::plan::connectivity::distribution::Distribution;
use crate::plan::connectivity::projection::{Delays, Explicit};
use crate::plan::connectivity::quantiles::ThresholdTable;
use crate::plan::resolve::{Resolved, ResolvedProjection};
use crate::time::Grid;

/// The largest share of draws below half a step that are drawn again without being asked for: the tail of a normal
/// distribution, 3 % in the delays of Potjans & Diesmann 2014.
const MAX_LOST: f64 = 0.05;

/// The delays of `projection`; `pairs` are its pairs where it is explicit.
///
/// # Errors
/// [`Error::Invalid`] for delays below a step, off the grid or of too many steps, and for distributions too many of
/// whose draws would be drawn again.
pub(crate) fn delays(
    network: &Resolved<'_>,
    projection: &ResolvedProjection<'_>,
    pairs: Option<&Explicit>,
) -> Result<Delays> {
    let (grid, dt) = (network.grid, network.grid.dt());
    match projection.delay {
        Delay::Value(Value::Constant(ms)) => Ok(Delays::Same(Delay::steps(grid, *ms, &projection.place)?)),
        Delay::Value(Value::Each(all)) => {
            let steps = all.iter().map(|ms| Delay::steps(grid, *ms, &projection.place));
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
                return Err(projection.error(problem));
            }
            let distribution = Distribution::new(*shape, min.max(least(shape, grid, *factor)), *max, *factor);
            let table = distribution.and_then(|distribution| match distribution {
                Distribution::Continuous(continuous) => ThresholdTable::delays(&continuous, dt),
                Distribution::Discrete(discrete) => ThresholdTable::discrete_delays(&discrete, dt),
            });
            Ok(Delays::Table(table.map_err(|p| projection.error(format!("delay: {p}")))?))
        }
        Delay::Distance { velocity, offset } => {
            let Some(pairs) = pairs else {
                return Err(Error::Internal("a delay by distance without its pairs".into()));
            };
            by_distance(network, projection, pairs, *velocity, *offset)
        }
    }
}

/// The least draw of `shape`, before it is multiplied by `factor`, that becomes a delay of a step; smaller ones are
/// drawn again.
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

/// Delays of `distance / velocity + offset` ms, a step at least, with one entry per pair.
///
/// # Errors
/// [`Error::Invalid`] where a delay is not a number or too long.
fn by_distance(
    network: &Resolved<'_>,
    projection: &ResolvedProjection<'_>,
    pairs: &Explicit,
    velocity: f64,
    offset: f64,
) -> Result<Delays> {
    let (from, to) = (&projection.declared.from, &projection.declared.to);
    let mut steps = vec![1; pairs.targets.len()];
    for s in 0..from.len() {
        let source = position(network.populations, from.id(s));
        for k in pairs.of(s) {
            let target = position(network.populations, to.id(pairs.targets[k as usize]));
            let distance = match (source, target) {
                (Some(a), Some(b)) => a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt(),
                _ => f64::NAN,
            };
            let delay = (distance / velocity + offset).max(network.grid.dt());
            steps[k as usize] = Delay::steps(network.grid, delay, &projection.place)?;
        }
    }
    Ok(Delays::Each(steps))
}

/// The position of the neuron of global id `id`, if its population has positions.
fn position(populations: &[Population], id: u32) -> Option<[f64; 3]> {
    let population = populations.iter().rfind(|p| p.first <= id)?;
    population.positions.as_ref()?.get((id - population.first) as usize).copied()
}
