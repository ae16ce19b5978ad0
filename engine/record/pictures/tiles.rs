//! Small pictures side by side, row by row, such as receptive fields of neurons.

use super::canvas::{Align, Canvas, Picture, Style};
use super::palette::{Colour, INK, MUTED};
use crate::error::{Error, Result};

const WIDTH: u32 = 1000;
/// Left and right end of a row of tiles, pixels.
const ACROSS: [f64; 2] = [30.0, 970.0];
/// Top of the first row, pixels.
const TOP: f64 = 100.0;
/// Height of the name of a row, pixels.
const ROW_NAME: f64 = 28.0;
/// Height of the name of a tile, pixels.
const TILE_NAME: f64 = 22.0;
/// Height between two rows, pixels.
const ROW_GAP: f64 = 14.0;
/// Width between two tiles, pixels.
const GAP: f64 = 8.0;
/// Width of the colours of the key, pixels.
const KEY: f64 = 160.0;

/// A small picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Text below the tile; may be empty.
    pub name: String,
    /// Number of pixels across.
    pub width: usize,
    /// Red, green and blue of each pixel, row by row from the top.
    pub pixels: Vec<[u8; 3]>,
}

/// Tiles side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Text above the tiles; may be empty.
    pub name: String,
    /// Tiles from left to right, each scaled to an equal share of the width.
    pub tiles: Vec<Tile>,
}

/// The key that explains colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Texts left and right of the colours.
    pub ends: [String; 2],
    /// Colours from left to right; none for no key.
    pub colours: Vec<[u8; 3]>,
}

/// Draws rows of tiles below a title and a key, 1000 pixels wide and as high as the rows need.
///
/// # Errors
/// A tile whose pixels are not a rectangle.
pub fn draw(rows: &[Row], key: &Key, title: &str) -> Result<Picture> {
    let heights: Vec<f64> = rows.iter().map(row_height).collect::<Result<_>>()?;
    let bottom = TOP + heights.iter().map(|height| height + ROW_GAP).sum::<f64>();
    let mut canvas = Canvas::new(WIDTH, bottom as u32 + 10)?;
    let style = Style::new(26.0, INK).bold();
    let shown = canvas.shorten(title, &style, f64::from(WIDTH) - 60.0);
    canvas.text(ACROSS[0], 38.0, &shown, style);
    draw_key(&mut canvas, key)?;
    let mut top = TOP;
    for (row, height) in rows.iter().zip(heights) {
        draw_row(&mut canvas, row, top)?;
        top += height + ROW_GAP;
    }
    Ok(canvas.finish(title))
}

/// The width of a tile in a row, pixels of the picture.
fn tile_width(row: &Row) -> f64 {
    let count = row.tiles.len().max(1) as f64;
    (ACROSS[1] - ACROSS[0] - GAP * (count - 1.0)) / count
}

/// The height of a row with its names, pixels.
fn row_height(row: &Row) -> Result<f64> {
    let mut tallest = 0.0f64;
    for tile in &row.tiles {
        if tile.width == 0 || tile.pixels.is_empty() || !tile.pixels.len().is_multiple_of(tile.width) {
            let problem = format!("{} pixels are no rows of {}", tile.pixels.len(), tile.width);
            return Err(Error::invalid(format!("tile '{}'", tile.name), problem));
        }
        let high = (tile.pixels.len() / tile.width) as f64 / tile.width as f64 * tile_width(row);
        tallest = tallest.max(high + if tile.name.is_empty() { 0.0 } else { TILE_NAME });
    }
    Ok(tallest + if row.name.is_empty() { 0.0 } else { ROW_NAME })
}

/// Draws the colours of the key between their texts.
fn draw_key(canvas: &mut Canvas, key: &Key) -> Result<()> {
    if key.colours.is_empty() {
        return Ok(());
    }
    let style = Style::new(15.0, MUTED);
    canvas.text(ACROSS[0], 72.0, &key.ends[0], style);
    let left = ACROSS[0] + canvas.text_width(&key.ends[0], &style) + 10.0;
    let each = KEY / key.colours.len() as f64;
    for (number, &colour) in key.colours.iter().enumerate() {
        let left = left + each * number as f64;
        canvas.fill([left, left + each], [65.0, 79.0], colour)?;
    }
    canvas.text(left + KEY + 10.0, 72.0, &key.ends[1], style);
    Ok(())
}

/// Draws the tiles of a row with their names, from the height `top` on.
fn draw_row(canvas: &mut Canvas, row: &Row, top: f64) -> Result<()> {
    let top = if row.name.is_empty() { top } else { top + ROW_NAME };
    canvas.text(ACROSS[0], top - 15.0, &row.name, Style::new(16.0, INK));
    let each = tile_width(row);
    for (number, tile) in row.tiles.iter().enumerate() {
        let left = ACROSS[0] + (each + GAP) * number as f64;
        let pixel = each / tile.width as f64;
        let down = tile.pixels.len() / tile.width;
        // The colour of the first pixel, which is often that of most pixels, is drawn once below the others.
        let background: Colour = tile.pixels.first().copied().unwrap_or_default();
        canvas.fill([left, left + each], [top, top + pixel * down as f64], background)?;
        for (place, &colour) in tile.pixels.iter().enumerate().filter(|(_, colour)| **colour != background) {
            let (x, y) = ((place % tile.width) as f64, (place / tile.width) as f64);
            let [x, y] = [left + pixel * x, top + pixel * y];
            canvas.fill([x, x + pixel], [y, y + pixel], colour)?;
        }
        let style = Style::new(13.0, MUTED).align(Align::Centre);
        canvas.text(left + each / 2.0, top + pixel * down as f64 + 12.0, &tile.name, style);
    }
    Ok(())
}
