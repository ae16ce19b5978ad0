//! Curves as files that studies leave. Its twin without the feature `pictures` leaves none.

use crate::error::Result;
use crate::record::pictures::curves::{draw, draw_stacked};
use crate::train::study::File;

pub use crate::record::pictures::curves::{Curve, Curves};

/// A panel of curves.
pub fn one(name: &str, curves: &Curves, title: &str) -> Result<Vec<File>> {
    Ok(vec![File { name: name.into(), bytes: draw(curves, title)?.png()? }])
}

/// Panels of curves, one below the other.
pub fn stacked(name: &str, panels: &[Curves], title: &str) -> Result<Vec<File>> {
    Ok(vec![File { name: name.into(), bytes: draw_stacked(panels, title)?.png()? }])
}
