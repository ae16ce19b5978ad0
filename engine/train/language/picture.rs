//! Learning curves of nets, as a picture.

use crate::error::Result;
use crate::train::drawn::{self, Curve, Curves};
use crate::train::study::File;

/// The file `language.png`: bits per character over the times that the text was read, variant by variant, with those of
/// n-grams as lines, and below it the difference of each variant from the second; no file without the feature
/// `pictures`. All variants must have been judged at the same points.
///
/// # Errors
/// `Error::Internal` alone.
pub fn files(variants: &[(&str, Vec<(f64, f64)>)], grams: &[(usize, f64)]) -> Result<Vec<File>> {
    let across = "times that the text was read";
    let mut curves: Vec<Curve> =
        variants.iter().map(|(name, points)| Curve { name: (*name).into(), points: points.clone() }).collect();
    let ends = || variants.iter().flat_map(|(_, points)| points).map(|point| point.0);
    let (low, high) = (ends().fold(f64::INFINITY, f64::min), ends().fold(f64::NEG_INFINITY, f64::max));
    for (n, bits) in grams {
        curves.push(Curve { name: format!("{n}-gram"), points: vec![(low, *bits), (high, *bits)] });
    }
    let first = Curves { across: across.into(), up: "bits per character".into(), curves };
    let mut panels = vec![first];
    if let Some((name, base)) = variants.get(1) {
        let away = |points: &Vec<(f64, f64)>| -> Vec<(f64, f64)> {
            points.iter().zip(base).map(|((x, bits), (_, other))| (*x, bits - other)).collect()
        };
        let curves = variants.iter().map(|(_, points)| Curve { name: String::new(), points: away(points) }).collect();
        panels.push(Curves { across: across.into(), up: format!("less those of {name}"), curves });
    }
    drawn::stacked("language.png", &panels, "Characters told by spiking neurons")
}
