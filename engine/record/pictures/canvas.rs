//! A canvas for rectangles, lines and text: drawn at twice the final resolution, then averaged, which smooths edges.

use super::palette::{Colour, WHITE};
use crate::error::{Error, Result};
use crate::files::atomic_write;
use crate::quote;
use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _, point};
use plotters::prelude::{BitMapBackend, IntoDrawingArea, PathElement, RGBColor, Rectangle};
use plotters::style::Color as _;
use std::io::Write;
use std::path::Path;

/// Fine pixels for each pixel of the picture, along each side.
pub(super) const FINE: usize = 2;

/// The font of plain text, DejaVu Sans.
static SANS: &[u8] = include_bytes!("font/sans.ttf");
/// The font of bold text.
static SANS_BOLD: &[u8] = include_bytes!("font/sans-bold.ttf");

/// A finished picture, 8-bit RGB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Number of pixels from left to right.
    pub width: u32,
    /// Number of pixels from top to bottom.
    pub height: u32,
    /// Red, green, blue of each pixel, row by row from the top.
    pub rgb: Vec<u8>,
    /// The title, which a PNG file holds as text.
    title: String,
}

impl Picture {
    /// A picture in shades of grey: a byte for each pixel, row by row from the top.
    ///
    /// # Errors
    /// A number of bytes that is not that of pixels.
    pub fn grey(width: u32, height: u32, grey: &[u8], title: &str) -> Result<Picture> {
        if grey.len() as u64 != u64::from(width) * u64::from(height) {
            let problem = format!("{} bytes do not fill {width} x {height} pixels; give one for each", grey.len());
            return Err(Error::invalid("picture", problem));
        }
        let rgb = grey.iter().flat_map(|&byte| [byte; 3]).collect();
        Ok(Picture { width, height, rgb, title: title.to_owned() })
    }

    /// Red, green and blue of a pixel; `None` outside the picture.
    pub fn pixel(&self, x: u32, y: u32) -> Option<[u8; 3]> {
        let at = 3 * (u64::from(y) * u64::from(self.width) + u64::from(x)) as usize;
        let rgb = self.rgb.get(at..at + 3).filter(|_| x < self.width)?;
        Some([rgb[0], rgb[1], rgb[2]])
    }

    /// Writes the picture as PNG.
    ///
    /// # Errors
    /// A file that cannot be written; nothing is left behind.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        atomic_write(path.as_ref(), |file| Ok(self.encode(file)?))
    }

    /// The bytes of a PNG file of the picture.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn png(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.encode(&mut bytes).map_err(|error| Error::Internal(format!("a picture that is no PNG: {error}")))?;
        Ok(bytes)
    }

    /// Writes the picture as PNG, with the title as text.
    fn encode(&self, file: impl Write) -> Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(file, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.add_text_chunk("Software".into(), concat!("Neuropil ", env!("CARGO_PKG_VERSION")).into())?;
        encoder.add_itxt_chunk("Title".into(), self.title.clone())?;
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgb)?;
        writer.finish()
    }
}

/// Which part of a text lies at its point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Size of the em, pixels.
    pub size: f64,
    pub colour: Colour,
    pub bold: bool,
    pub align: Align,
    /// Whether the text reads from bottom to top.
    pub upright: bool,
}

impl Style {
    /// Plain text that begins at its point.
    pub(super) fn new(size: f64, colour: Colour) -> Style {
        Style { size, colour, bold: false, align: Align::Left, upright: false }
    }

    /// The same style, aligned in another way.
    pub(super) fn align(self, align: Align) -> Style {
        Style { align, ..self }
    }

    /// The same style in bold.
    pub(super) fn bold(self) -> Style {
        Style { bold: true, ..self }
    }

    /// The same style, to be read from bottom to top.
    pub(super) fn upright(self) -> Style {
        Style { upright: true, ..self }
    }
}

/// A picture that is being drawn. Positions are in pixels of the finished picture, from the top left.
pub(super) struct Canvas {
    /// In fine pixels, as `height`.
    width: usize,
    height: usize,
    /// Red, green and blue of each fine pixel, row by row.
    pixels: Vec<u8>,
    sans: FontRef<'static>,
    sans_bold: FontRef<'static>,
}

impl Canvas {
    /// A white canvas of `width` × `height` pixels.
    pub(super) fn new(width: u32, height: u32) -> Result<Canvas> {
        let (width, height) = (width as usize * FINE, height as usize * FINE);
        let font = |bytes| FontRef::try_from_slice(bytes).map_err(|e| Error::Internal(format!("font: {e}")));
        let pixels = vec![WHITE[0]; width * height * 3];
        Ok(Canvas { width, height, pixels, sans: font(SANS)?, sans_bold: font(SANS_BOLD)? })
    }

    /// Fills the rectangle from `x[0]` to `x[1]` and `y[0]` to `y[1]`.
    pub(super) fn fill(&mut self, x: [f64; 2], y: [f64; 2], colour: Colour) -> Result<()> {
        let [left, right] = x.map(to_fine);
        let [top, bottom] = y.map(to_fine);
        if right <= left || bottom <= top {
            return Ok(());
        }
        // plotters leaves out the right column and the bottom row of a filled rectangle.
        let corners = [(left, top), (right, bottom)];
        self.draw(|area| area.draw(&Rectangle::new(corners, rgb(colour).filled())))
    }

    /// Draws an open path with a square pen of `width` pixels; a point that is not a number breaks it in two.
    pub(super) fn path(&mut self, points: &[(f64, f64)], width: f64, colour: Colour) -> Result<()> {
        // plotters' own wide strokes shoot far past sharp corners, so the thinnest one is repeated beside itself.
        let pen = ((width * FINE as f64).round() as i32).max(1);
        let offsets = (0..pen * pen).map(|i| (i % pen - pen / 2, i / pen - pen / 2));
        for part in points.split(|(x, y)| !(x.is_finite() && y.is_finite())).filter(|part| part.len() > 1) {
            for (dx, dy) in offsets.clone() {
                let part: Vec<(i32, i32)> = part.iter().map(|&(x, y)| (to_fine(x) + dx, to_fine(y) + dy)).collect();
                self.draw(|area| area.draw(&PathElement::new(part, rgb(colour).stroke_width(1))))?;
            }
        }
        Ok(())
    }

    /// Draws with plotters on the pixels at twice the final resolution.
    fn draw<E: std::fmt::Display>(
        &mut self,
        draw: impl FnOnce(&plotters::prelude::DrawingArea<BitMapBackend<'_>, plotters::coord::Shift>) -> Result<(), E>,
    ) -> Result<()> {
        let size = (self.width as u32, self.height as u32);
        let area = BitMapBackend::with_buffer(&mut self.pixels, size).into_drawing_area();
        draw(&area).map_err(|e| Error::Internal(format!("drawing: {e}")))
    }

    /// Mixes a colour into one fine pixel, `opacity` from 0 to 1.
    pub(super) fn blend(&mut self, x: i64, y: i64, colour: Colour, opacity: f64) {
        if x < 0 || y < 0 || x >= self.width as i64 || y >= self.height as i64 {
            return;
        }
        let at = 3 * (y as usize * self.width + x as usize);
        for (channel, &target) in self.pixels[at..at + 3].iter_mut().zip(&colour) {
            let old = f64::from(*channel);
            *channel = (old + (f64::from(target) - old) * opacity.clamp(0.0, 1.0)).round() as u8;
        }
    }

    /// The font of a style.
    fn font(&self, style: &Style) -> &FontRef<'static> {
        if style.bold { &self.sans_bold } else { &self.sans }
    }

    /// The glyphs of a text with their positions, the width of the text, both in fine pixels, and the scale of the
    /// font; characters that the font lacks become '?'.
    fn layout(&self, text: &str, style: &Style) -> (Vec<(ab_glyph::GlyphId, f32)>, f32, PxScale) {
        let font = self.font(style);
        // ab_glyph scales by the height of a line, `Style::size` is the em.
        let em = font.units_per_em().unwrap_or(1000.0);
        let scale = PxScale::from(style.size as f32 * FINE as f32 * font.height_unscaled() / em);
        let scaled = font.as_scaled(scale);
        let (mut pen, mut last) = (0.0, None);
        let mut glyphs = Vec::new();
        for character in quote::escaped(text).chars() {
            let mut glyph = font.glyph_id(character);
            if glyph.0 == 0 {
                glyph = font.glyph_id('?');
            }
            pen += last.map_or(0.0, |last| scaled.kern(last, glyph));
            glyphs.push((glyph, pen));
            pen += scaled.h_advance(glyph);
            last = Some(glyph);
        }
        (glyphs, pen, scale)
    }

    /// The width of a text, pixels.
    pub(super) fn text_width(&self, text: &str, style: &Style) -> f64 {
        f64::from(self.layout(text, style).1) / FINE as f64
    }

    /// A text that is cut and ended by "…" where it is wider than `width` pixels.
    pub(super) fn shorten(&self, text: &str, style: &Style, width: f64) -> String {
        let text = quote::name(text);
        if self.text_width(&text, style) <= width {
            return text.into_owned();
        }
        let mut characters: Vec<char> = text.chars().collect();
        loop {
            characters.pop();
            let short = characters.iter().collect::<String>().trim_end().to_owned() + "…";
            if characters.is_empty() || self.text_width(&short, style) <= width {
                return short;
            }
        }
    }

    /// Draws a text at a point: aligned along the line as `style` says, with digits and capitals centred across it.
    pub(super) fn text(&mut self, x: f64, y: f64, text: &str, style: Style) {
        let (glyphs, width, scale) = self.layout(text, &style);
        let along = match style.align {
            Align::Left => 0.0,
            Align::Centre => -width / 2.0,
            Align::Right => -width,
        };
        // Capitals of DejaVu Sans are 0.73 em high.
        let baseline = (0.365 * style.size * FINE as f64) as f32;
        let (x, y) = ((x * FINE as f64).round() as i64, (y * FINE as f64).round() as i64);
        let mut covered: Vec<(i64, i64, f32)> = Vec::new();
        for (glyph, pen) in glyphs {
            let glyph = glyph.with_scale_and_position(scale, point(along + pen, baseline));
            if let Some(outline) = self.font(&style).outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                outline.draw(|u, v, cover| {
                    covered.push((corner.x as i64 + i64::from(u), corner.y as i64 + i64::from(v), cover));
                });
            }
        }
        for (u, v, cover) in covered {
            let (u, v) = if style.upright { (v, -u) } else { (u, v) };
            self.blend(x + u, y + v, style.colour, f64::from(cover));
        }
    }

    /// The finished picture, each pixel of which is the mean of its fine pixels.
    pub(super) fn finish(self, title: &str) -> Picture {
        let (width, height) = (self.width / FINE, self.height / FINE);
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                for channel in 0..3 {
                    let fine = |i: usize| {
                        let (dx, dy) = (i % FINE, i / FINE);
                        usize::from(self.pixels[3 * ((y * FINE + dy) * self.width + x * FINE + dx) + channel])
                    };
                    let sum: usize = (0..FINE * FINE).map(fine).sum();
                    rgb.push(((sum + FINE * FINE / 2) / (FINE * FINE)) as u8);
                }
            }
        }
        Picture { width: width as u32, height: height as u32, rgb, title: title.to_owned() }
    }
}

/// A position in fine pixels, from one in pixels of the finished picture.
fn to_fine(position: f64) -> i32 {
    (position * FINE as f64).round() as i32
}

/// A colour as a type of plotters.
fn rgb([r, g, b]: Colour) -> RGBColor {
    RGBColor(r, g, b)
}
