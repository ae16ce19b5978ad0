//! Pictures of curves as files of studies. `undrawn` stands in for it without the feature `pictures`.

use crate::error::Result;
use crate::record::pictures::curves::{draw, draw_stacked};
use crate::train::study::File;

pub use crate::record::pictures::curves::{Curve, Curves};

/// A picture of one panel of curves, as a file of this name.
///
/// # Errors
/// What drawing refuses.
pub fn one(name: &str, curves: &Curves, title: &str) -> Result<Vec<File>> {
    Ok(vec![File { name: name.into(), bytes: draw(curves, title)?.png()? }])
}

/// A picture of panels of curves, one below the other, as a file of this name.
///
/// # Errors
/// What drawing refuses.
pub fn stacked(name: &str, panels: &[Curves], title: &str) -> Result<Vec<File>> {
    Ok(vec![File { name: name.into(), bytes: draw_stacked(panels, title)?.png()? }])
}
