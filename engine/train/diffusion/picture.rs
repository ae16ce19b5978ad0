//! Images as a picture.

use super::images::Images;
use crate::error::{Error, Result};
use crate::record::pictures::Picture;

/// Pixels of a picture for each of an image.
const SCALE: usize = 4;

/// Images side by side in a square, white on black.
///
/// # Errors
/// More pixels than a picture has.
pub fn draw(images: &Images, title: &str) -> Result<Picture> {
    let (width, height, grey) = images.sheet(SCALE);
    match (u32::try_from(width), u32::try_from(height)) {
        (Ok(width), Ok(height)) => Picture::grey(width, height, &grey, title),
        _ => Err(Error::invalid("picture", format!("{width} x {height} pixels are too many; draw fewer images"))),
    }
}
