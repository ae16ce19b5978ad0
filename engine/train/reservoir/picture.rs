//! Pictures of trials and of sweeps.

use super::tasks::Trial;
use crate::error::Result;
use crate::record::pictures::Picture;
use crate::record::pictures::curves::{self, Curve, Curves};

/// The curves of a trial, 1000 pixels wide; where they are two, target and output, their difference below them.
///
/// # Errors
/// `Error::Internal` alone.
pub fn draw(trial: &Trial, title: &str) -> Result<Picture> {
    let [across, up] = trial.axes.map(str::to_owned);
    let curve = |(name, points): &(&'static str, Vec<(f64, f64)>)| Curve {
        name: if trial.shown.len() > 1 { (*name).into() } else { String::new() },
        points: points.clone(),
    };
    let all = Curves { across: across.clone(), up, curves: trial.shown.iter().map(curve).collect() };
    let [(_, target), (_, output)] = trial.shown.as_slice() else { return curves::draw(&all, title) };
    let points = target.iter().zip(output).map(|((x, target), (_, output))| (*x, output - target)).collect();
    let difference = Curve { name: String::new(), points };
    curves::draw_stacked(&[all, Curves { across, up: "difference".into(), curves: vec![difference] }], title)
}

/// A measure over the balance that all units have, or begin with, 1000 x 640 pixels: a curve for each of `rules`, by
/// name.
///
/// # Errors
/// `Error::Internal` alone.
pub fn draw_sweep(measure: &str, rules: &[(String, Vec<(f64, f64)>)], title: &str) -> Result<Picture> {
    let curve = |(name, points): &(String, Vec<(f64, f64)>)| Curve { name: name.clone(), points: points.clone() };
    let curves = rules.iter().map(curve).collect();
    let across = "balance of inhibition and excitation, at the beginning".into();
    curves::draw(&Curves { across, up: measure.into(), curves }, title)
}
