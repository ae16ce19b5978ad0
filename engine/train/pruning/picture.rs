//! Accuracy against operations, as a picture.

use crate::error::Result;
use crate::train::drawn::{self, Curve};
use crate::train::pruning::curve::{Curves, NETWORKS, Point, Rule};
use crate::train::study::File;

/// The picture `pruning.png`: the curves of both networks, each point a mean over seeds, one network below the other.
///
/// # Errors
/// `Error::Internal` alone.
pub fn files(all: &[Vec<Curves>; 2]) -> Result<Vec<File>> {
    let panel = |(name, runs): (&str, &Vec<Curves>)| {
        let curve = |(k, rule): (usize, Rule)| {
            let places = runs.first().map_or(0, |curves| curves[k].1.len());
            let mean = |place: usize, of: fn(&Point) -> f64| {
                100.0 * runs.iter().map(|curves| of(&curves[k].1[place])).sum::<f64>() / runs.len() as f64
            };
            let point = |place| (mean(place, |point| point.operations), mean(place, |point| point.accuracy));
            Curve { name: rule.name().into(), points: (0..places).map(point).collect() }
        };
        drawn::Curves {
            across: "operations (% of the whole network)".into(),
            up: format!("{name}: right (%)"),
            curves: Rule::ALL.into_iter().enumerate().map(curve).collect(),
        }
    };
    let panels: Vec<_> = NETWORKS.into_iter().zip(all).map(panel).collect();
    drawn::stacked("pruning.png", &panels, "Right answers by the operations that are done")
}
