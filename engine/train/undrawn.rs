//! Stands in for `drawn` without the feature `pictures`: the same types and functions, but no files.

use crate::error::Result;
use crate::train::study::File;

/// A panel of curves, as `record::pictures::curves` has it.
#[expect(dead_code, reason = "nobody draws it")]
pub struct Curves {
    pub across: String,
    pub up: String,
    pub curves: Vec<Curve>,
}

/// A curve, as `record::pictures::curves` has it.
#[expect(dead_code, reason = "nobody draws it")]
pub struct Curve {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// No file.
pub fn one(_: &str, _: &Curves, _: &str) -> Result<Vec<File>> {
    Ok(Vec::new())
}

/// No file.
pub fn stacked(_: &str, _: &[Curves], _: &str) -> Result<Vec<File>> {
    Ok(Vec::new())
}
