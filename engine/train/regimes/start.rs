//! The initial wirings of networks.

use faer::MatRef;
use rand_distr::{Distribution as _, StandardNormal};

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};
use crate::train::reservoir::{Graph, Sparse};

/// A kind of initial recurrent weights; those of all kinds have the same norm for the same number of units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Start {
    /// A random matrix cut to this rank ([`truncated_to_rank`]).
    Rank(usize),
    /// The connections of a connectome among its busiest neurons ([`connections_of_busiest`]).
    Wired(Graph),
    /// The same weights, each moved to a random place.
    Shuffled(Graph),
}

impl Start {
    /// Its name in tables.
    pub fn name(self) -> String {
        match self {
            Start::Rank(rank) => format!("rank {rank}"),
            Start::Wired(graph) => graph.name().into(),
            Start::Shuffled(graph) => format!("{}, shuffled", graph.name()),
        }
    }

    /// Weights [units, units], a row for each source, of the norm gain · √units: that of independent weights of
    /// standard deviation gain / √units.
    ///
    /// # Errors
    /// A rank that is not from 1 to the units; more units than a connectome has; weights that are all zero.
    pub fn weights(self, units: usize, gain: f64, seed: u64) -> Result<Vec<f64>> {
        let mut draws = Draws::new(seed, stream(Purpose::Initial, 1), 0);
        let mut weights = match self {
            Start::Rank(rank) => {
                let random: Vec<f64> = (0..units * units).map(|_| StandardNormal.sample(&mut draws)).collect();
                truncated_to_rank(&random, units, rank)?
            }
            Start::Wired(graph) | Start::Shuffled(graph) => connections_of_busiest(&graph.wiring(seed)?.w, units)?,
        };
        if matches!(self, Start::Shuffled(_)) {
            for last in (1..weights.len()).rev() {
                weights.swap(last, draws.below(last as u32 + 1) as usize);
            }
        }
        let norm = weights.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
        if !(norm > 0.0 && norm.is_finite()) {
            return Err(Error::invalid("wiring", format!("the norm of its weights is {norm}; give some connections")));
        }
        weights.iter_mut().for_each(|weight| *weight *= gain * (units as f64).sqrt() / norm);
        Ok(weights)
    }
}

/// The matrix of rank `rank` nearest to `matrix`, [units, units] (Eckart & Young 1936): its `rank` largest singular
/// values are kept, and the others are zero.
///
/// # Errors
/// A matrix that is not units · units numbers; a rank that is not from 1 to the units; numbers without singular values.
pub fn truncated_to_rank(matrix: &[f64], units: usize, rank: usize) -> Result<Vec<f64>> {
    if units.checked_mul(units) != Some(matrix.len()) || !(1..=units).contains(&rank) {
        let problem = format!("{} numbers, {units} units, rank {rank}; give a square and a rank from 1", matrix.len());
        return Err(Error::invalid("matrix of a rank", problem));
    }
    if rank == units {
        return Ok(matrix.to_vec());
    }
    let svd = MatRef::from_row_major_slice(matrix, units, units).svd();
    let svd = svd.map_err(|_| Error::invalid("matrix of a rank", "no singular values found; scale the numbers"))?;
    let (left, right, values) = (svd.U(), svd.V(), svd.S().column_vector());
    let at = |i: usize, j: usize| (0..rank).map(|k| left[(i, k)] * values[k] * right[(j, k)]).sum();
    Ok((0..units * units).map(|place| at(place / units, place % units)).collect())
}

/// The connections among the `units` units of a graph that have the most connections, in and out (the first of them
/// where several have equally many): a dense matrix [units, units], a row for each source, units in the order of the
/// graph.
///
/// # Errors
/// More units than the graph has, or none.
pub fn connections_of_busiest(graph: &Sparse, units: usize) -> Result<Vec<f64>> {
    if units == 0 || units > graph.rows() {
        return Err(Error::invalid("wiring", format!("{units} units are asked for, and it has {}", graph.rows())));
    }
    let mut degrees = vec![0usize; graph.rows()];
    for target in 0..graph.rows() {
        let (sources, _) = graph.row(target);
        degrees[target] += sources.len();
        sources.iter().for_each(|&source| degrees[source as usize] += 1);
    }
    let mut order: Vec<usize> = (0..graph.rows()).collect();
    order.sort_by_key(|&unit| std::cmp::Reverse(degrees[unit]));
    order.truncate(units);
    order.sort_unstable();
    let mut dense = vec![0.0; units * units];
    for (column, &target) in order.iter().enumerate() {
        let (sources, weights) = graph.row(target);
        for (&source, &weight) in sources.iter().zip(weights) {
            if let Ok(row) = order.binary_search(&(source as usize)) {
                dense[row * units + column] = weight;
            }
        }
    }
    Ok(dense)
}
