//! The learning curve as a picture.

use super::history::{Epoch, Tally};
use crate::error::Result;
use crate::record::pictures::Picture;
use crate::record::pictures::curves::{Curve, Curves, draw_stacked};

/// Draws loss and accuracy over the epochs, of the samples that were learned from and of those for validation, 1000 x
/// 760 pixels; where no sample has a right answer, the loss alone.
///
/// # Errors
/// `Error::Internal` alone.
pub fn draw(history: &[Epoch], title: &str) -> Result<Picture> {
    let curves = |up: &str, of: &dyn Fn(&Tally) -> Option<f64>| {
        let point = |epoch: &Epoch, tally: Option<&Tally>| Some((f64::from(epoch.epoch), of(tally?)?));
        let train = history.iter().filter_map(|epoch| point(epoch, Some(&epoch.train))).collect();
        let validation = history.iter().filter_map(|epoch| point(epoch, epoch.validation.as_ref())).collect();
        let all = [("train", train), ("validation", validation)]
            .map(|(name, points): (&str, Vec<(f64, f64)>)| Curve { name: name.into(), points });
        let there = all.into_iter().filter(|curve| !curve.points.is_empty());
        Curves { across: "epoch".into(), up: up.into(), curves: there.collect() }
    };
    let loss = curves("loss", &|tally| Some(tally.mean_loss()));
    let accuracy = curves("accuracy (%)", &|tally| Some(100.0 * tally.accuracy()?));
    let panels = [loss, accuracy].into_iter().filter(|panel| !panel.curves.is_empty()).collect::<Vec<_>>();
    draw_stacked(&panels, title)
}
