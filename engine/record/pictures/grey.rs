//! PNG pictures, read in shades of grey.

use png::{BitDepth, Decoder, DecodingError, Transformations};

/// The pixels of a picture, and how bright each is, from 0 to 1: of colours 0.299 red + 0.587 green + 0.114 blue.
///
/// # Errors
/// What is no whole PNG picture, as a part of a sentence.
pub fn decode(content: &[u8]) -> Result<(usize, Vec<f64>), String> {
    decoded(content).map_err(|reason| reason.to_string())
}

fn decoded(content: &[u8]) -> Result<(usize, Vec<f64>), DecodingError> {
    let mut decoder = Decoder::new(std::io::Cursor::new(content));
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info()?;
    let mut bytes = vec![0; reader.output_buffer_size().unwrap_or(0)];
    let frame = reader.next_frame(&mut bytes)?;
    let (size, most) = if frame.bit_depth == BitDepth::Sixteen { (2, 65_535.0) } else { (1, 255.0) };
    let sample = |bytes: &[u8]| bytes.iter().fold(0.0, |all, byte| 256.0 * all + f64::from(*byte)) / most;
    let pixel = |bytes: &[u8]| {
        let all: Vec<f64> = bytes.chunks(size).map(sample).collect();
        match all.as_slice() {
            [red, green, blue, ..] => 0.299 * red + 0.587 * green + 0.114 * blue,
            [grey, ..] => *grey,
            [] => 0.0,
        }
    };
    let pixels = frame.width as usize * frame.height as usize;
    let bytes_each = frame.color_type.samples() * size;
    Ok((pixels, bytes.chunks(bytes_each).take(pixels).map(pixel).collect()))
}
