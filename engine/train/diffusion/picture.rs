//! Images as a picture.

use super::images::Images;
use crate::error::{Error, Result};
use crate::record::pictures::Picture;

/// Rows and columns of the picture for each pixel of an image.
const SCALE: usize = 4;

/// A picture of images side by side in a square, white on black, with this title.
///
/// # Errors
/// More pixels than a picture can have.
pub fn draw(images: &Images, title: &str) -> Result<Picture> {
    let (width, height, grey) = images.sheet(SCALE);
    match (u32::try_from(width), u32::try_from(height)) {
        (Ok(width), Ok(height)) => Picture::grey(width, height, &grey, title),
        _ => Err(Error::invalid("picture", format!("{width} x {height} pixels are too many; draw fewer images"))),
    }
}
