//! What stands for `drawn` without the feature `pictures`.

use crate::error::Result;
use crate::train::study::File;

/// A panel of curves.
#[expect(dead_code, reason = "nobody draws it")]
pub struct Curves {
    pub across: String,
    pub up: String,
    pub curves: Vec<Curve>,
}

/// A curve.
#[expect(dead_code, reason = "nobody draws it")]
pub struct Curve {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// No file of a panel.
pub fn one(_: &str, _: &Curves, _: &str) -> Result<Vec<File>> {
    Ok(Vec::new())
}

/// No file of panels.
pub fn stacked(_: &str, _: &[Curves], _: &str) -> Result<Vec<File>> {
    Ok(Vec::new())
}
