//! Reads PNG pictures in shades of grey.

use png::{BitDepth, Decoder, DecodingError, Transformations};

/// The number of pixels of a PNG picture, and the brightness of each from 0 to 1; that of a colour is 0.299 red + 0.587
/// green + 0.114 blue.
///
/// # Errors
/// A content that is not a complete PNG picture; the error is part of a sentence.
pub fn decode(content: &[u8]) -> Result<(usize, Vec<f64>), String> {
    decode_png(content).map_err(|reason| reason.to_string())
}

/// As [`decode`], with the error of the decoder.
fn decode_png(content: &[u8]) -> Result<(usize, Vec<f64>), DecodingError> {
    let mut decoder = Decoder::new(std::io::Cursor::new(content));
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info()?;
    let mut bytes = vec![0; reader.output_buffer_size().unwrap_or(0)];
    let frame = reader.next_frame(&mut bytes)?;
    let (bytes_per_sample, max) = if frame.bit_depth == BitDepth::Sixteen { (2, 65_535.0) } else { (1, 255.0) };
    let sample = |bytes: &[u8]| bytes.iter().fold(0.0, |all, byte| 256.0 * all + f64::from(*byte)) / max;
    let pixel = |bytes: &[u8]| {
        let all: Vec<f64> = bytes.chunks(bytes_per_sample).map(sample).collect();
        match all.as_slice() {
            [red, green, blue, ..] => 0.299 * red + 0.587 * green + 0.114 * blue,
            [grey, ..] => *grey,
            [] => 0.0,
        }
    };
    let pixels = frame.width as usize * frame.height as usize;
    let bytes_per_pixel = frame.color_type.samples() * bytes_per_sample;
    Ok((pixels, bytes.chunks(bytes_per_pixel).take(pixels).map(pixel).collect()))
}
