//! Delays of a projection in steps.

use crate::error::Result;
use crate::network::{Delay, Network, Projection, Value};
use crate::plan::pairs::Pairs;
use crate::plan::place_error;
use crate::plan::table::{StepTable, Truncated};
use crate::plan::wiring::Delays;

/// The delays of `projection`, whose pairs are `pairs` where they are listed.
///
/// # Errors
/// Delays below a step, or distributions out of range.
pub(crate) fn delays(network: &Network, projection: &Projection, pairs: Option<&Pairs>) -> Result<Delays> {
    let dt = network.dt();
    let place = projection.place(network);
    match &projection.synapse.delay {
        Delay::Value(Value::Constant(ms)) => Ok(Delays::Same(network.delay_steps(*ms, &place)?)),
        Delay::Value(Value::Each(all)) => {
            let steps = all.iter().map(|ms| network.delay_steps(*ms, &place));
            Ok(Delays::Each(steps.collect::<Result<_>>()?))
        }
        Delay::Value(Value::Random { shape, min, max, factor }) => {
            let table =
                Truncated::new(*shape, min.max(0.5 * dt / factor), *max, *factor).and_then(|d| StepTable::new(&d, dt));
            Ok(Delays::Table(table.map_err(|p| place_error(network, projection, format!("delay: {p}")))?))
        }
        Delay::Distance { velocity, offset } => {
            let Some(pairs) = pairs else { return Ok(Delays::Each(Vec::new())) };
            by_distance(network, projection, pairs, *velocity, *offset)
        }
    }
}

fn by_distance(
    network: &Network,
    projection: &Projection,
    pairs: &Pairs,
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
